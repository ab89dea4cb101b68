//! Captured files, a record to derive others from, and a comparison of captures with answers.

// No test file uses all of it.
#![allow(dead_code)]

use std::collections::BTreeSet;

use invodex::{
    Config, ContentEncoding, DescribeInvocations, ImportOptions, ImportReport, Store, Timestamp,
};
use serde_json::{Value, json};

macro_rules! captured {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../data/captured/", $name)))),+]
    };
}

/// The captured files that can be loaded.
pub(crate) const FILES: [(&str, &str); 12] = captured![
    "describe-invocation-results.json",
    "describe-invocations.json",
    "documented-2019-05-parameters.json",
    "documented-2019-06.json",
    "documented-2021.json",
    "documented-2025.json",
    "documented-results-2020-failed.json",
    "documented-results-2025.json",
    "mocked-period-2022.json",
    "partial-failed-2021.json",
    "recorded-once-failed.json",
    "recorded-period-scheduled.json",
];

pub(crate) fn file(name: &str) -> &'static str {
    FILES.iter().find(|(file, _)| *file == name).unwrap().1
}

pub(crate) fn now() -> Timestamp {
    "2024-05-01T00:00:00Z".parse().unwrap()
}

/// A store whose records never expire.
pub(crate) fn store() -> Store {
    Store::new(Config { retention_seconds: None, ..Config::default() }, now())
}

pub(crate) fn options() -> ImportOptions {
    ImportOptions::new("cn-a")
}

/// A record whose answer does not differ from it.
pub(crate) const RECORD: &str = r#"{
    "InvokeId": "t-0", "CommandId": "c-1", "CommandName": "disk-report",
    "CommandType": "RunShellScript", "CommandDescription": "", "CommandContent": "ZGYgLWg=",
    "Parameters": "{}", "RepeatMode": "Once", "Frequency": "", "Timeout": 60,
    "WorkingDir": "/root", "Username": "root", "ContainerId": "", "ContainerName": "",
    "Launcher": "", "TerminationMode": "Process", "OssOutputDelivery": "",
    "CreationTime": "2024-04-30T00:00:00Z", "InvocationStatus": "Failed",
    "InvokeStatus": "Finished", "Timed": false,
    "Tags": {"Tag": [{"TagKey": "owner", "TagValue": "a"}]},
    "InvokeInstances": {"InvokeInstance": [{
        "InstanceId": "i-1", "InvocationStatus": "Failed", "InstanceInvokeStatus": "Finished",
        "Timed": false, "CreationTime": "2024-04-30T00:00:00Z",
        "UpdateTime": "2024-04-30T00:00:02Z", "StartTime": "2024-04-30T00:00:01Z",
        "FinishTime": "2024-04-30T00:00:02Z", "StopTime": "", "Repeats": 1, "Dropped": 0,
        "ExitCode": -1, "ErrorCode": "ExitCodeNonzero", "ErrorInfo": "not 0", "Output": "bm8=",
        "OssOutputStatus": "", "OssOutputUri": "", "OssOutputErrorCode": "",
        "OssOutputErrorInfo": ""
    }]}
}"#;

pub(crate) fn record(invoke_id: &str) -> Value {
    let mut record: Value = serde_json::from_str(RECORD).unwrap();
    record["InvokeId"] = json!(invoke_id);
    record
}

pub(crate) fn capture(records: &[Value]) -> Vec<u8> {
    let body = json!({
        "RequestId": "R", "PageNumber": 1, "PageSize": 10, "TotalCount": 1, "NextToken": "",
        "Invocations": {"Invocation": records}
    });
    serde_json::to_vec(&body).unwrap()
}

/// `record` with the value at `pointer` set, or removed if there is none.
pub(crate) fn with(mut record: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = record.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    record
}

/// Every record of the store as an answer with Output shows it.
pub(crate) fn answers(store: &Store, encoding: ContentEncoding) -> Vec<Value> {
    let ids: Vec<String> = store.iter().map(|view| view.invoke_id().to_owned()).collect();
    ids.iter()
        .map(|invoke_id| {
            let region = store.get(invoke_id).unwrap().region_id();
            let request = DescribeInvocations::new(region)
                .invoke_id(invoke_id)
                .include_output(true)
                .content_encoding(encoding);
            let mut body = Vec::new();
            store.describe_invocations(&request).unwrap().write_json("R", &mut body);
            let mut body: Value = serde_json::from_slice(&body).unwrap();
            body["Invocations"]["Invocation"][0].take()
        })
        .collect()
}

pub(crate) type Line = (usize, i64, String, Option<String>, Option<String>);

pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The fields in which two objects differ; `null` counts as missing.
pub(crate) fn unequal(
    position: usize,
    run: i64,
    captured: &Value,
    answered: &Value,
) -> BTreeSet<Line> {
    let none = Value::Null;
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut lines = BTreeSet::new();
    for name in names(captured).into_iter().chain(names(answered)) {
        let (mut captured, mut answered) =
            (captured.get(&name).unwrap_or(&none), answered.get(&name).unwrap_or(&none));
        if name == "InvokeInstances" {
            continue;
        }
        if name == "Tags" {
            (captured, answered) =
                (captured.get("Tag").unwrap_or(&none), answered.get("Tag").unwrap_or(&none));
        }
        if captured != answered {
            let captured = match captured {
                // The report does not repeat the text of the object, which is the answer.
                Value::Object(_) if name == "Parameters" => Some("an object".to_owned()),
                captured => scalar(captured),
            };
            lines.insert((position, run, name, captured, scalar(answered)));
        }
    }
    lines
}

/// Compares the captured records with the answers field by field, independently of the import.
pub(crate) fn every_difference(
    text: &[u8],
    store: &Store,
    encoding: ContentEncoding,
) -> BTreeSet<Line> {
    let captured: Value = serde_json::from_slice(text).unwrap();
    let captured = captured["Invocations"]["Invocation"].as_array().unwrap().clone();
    let mut lines = BTreeSet::new();
    for answered in answers(store, encoding) {
        let is_it = |one: &Value| one["InvokeId"] == answered["InvokeId"];
        // If two share an InvokeId, the one further down the list is loaded.
        let position = captured.iter().rposition(is_it).unwrap();
        lines.extend(unequal(position, -1, &captured[position], &answered));
        let runs = |record: &Value| {
            record["InvokeInstances"]["InvokeInstance"].as_array().unwrap().clone()
        };
        let (captured, answered) = (runs(&captured[position]), runs(&answered));
        assert_eq!(captured.len(), answered.len());
        for (at, (captured, answered)) in captured.iter().zip(&answered).enumerate() {
            lines.extend(unequal(position, at as i64, captured, answered));
        }
    }
    lines
}

pub(crate) fn reported(report: &ImportReport) -> BTreeSet<Line> {
    let lines = report.differences.iter().map(|one| {
        let run = one.instance.as_ref().map_or(-1, |(at, _)| *at as i64);
        let field = one.field.to_string();
        (one.place.record.unwrap(), run, field, one.captured.clone(), one.answered.clone())
    });
    lines.collect()
}
