//! Builds captured responses from bytes: records whose answers do not differ, with fields set to
//! values of every type, removed, repeated or unknown.

use arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::{Value, json};

use crate::captures::{capture, record};

const RUN: &str = "/InvokeInstances/InvokeInstance/0";
const FIELDS: [&str; 33] = [
    "InvokeId",
    "CommandId",
    "CommandName",
    "CommandType",
    "CommandDescription",
    "CommandContent",
    "Parameters",
    "RepeatMode",
    "Frequency",
    "Timeout",
    "WorkingDir",
    "Username",
    "ContainerId",
    "ContainerName",
    "Launcher",
    "TerminationMode",
    "OssOutputDelivery",
    "CreationTime",
    "InvocationStatus",
    "InvokeStatus",
    "Timed",
    "Tags",
    "InvokeInstances",
    "RegionId",
    "ResourceGroupId",
    "Extra",
    "invokeId",
    "body",
    "invokeInstances",
    "Repeats",
    "Invocation",
    "磁",
    "",
];
const RUN_FIELDS: [&str; 22] = [
    "InstanceId",
    "InvocationStatus",
    "InstanceInvokeStatus",
    "Timed",
    "CreationTime",
    "UpdateTime",
    "StartTime",
    "FinishTime",
    "StopTime",
    "Repeats",
    "Dropped",
    "ExitCode",
    "ErrorCode",
    "ErrorInfo",
    "Output",
    "OssOutputStatus",
    "OssOutputUri",
    "OssOutputErrorCode",
    "OssOutputErrorInfo",
    "InvokeId",
    "instanceId",
    "Extra",
];
const TEXTS: [&str; 50] = [
    "",
    "t-0",
    "t-1",
    "c-1",
    "Running",
    "Pending",
    "Scheduled",
    "Stopping",
    "Success",
    "Failed",
    "Invalid",
    "Aborted",
    "Error",
    "Timeout",
    "Cancelled",
    "Terminated",
    "Finished",
    "Stopped",
    "PartialFailed",
    "Once",
    "Period",
    "NextRebootOnly",
    "EveryReboot",
    "DryRun",
    "RunBatScript",
    "RunPowerShellScript",
    "RunShellScript",
    "2024-04-30T00:00:00Z",
    "1970-01-01T00:00:01Z",
    "2106-02-07T06:28:15Z",
    "2106-02-07T06:28:16Z",
    "2024-02-30T00:00:00Z",
    "2024-04-30 00:00:00",
    "2024-04-30 00:00:00Z",
    "running",
    "finished",
    "failed",
    "success",
    "bm8=",
    "bm8",
    "bm9=",
    "磁盘 \u{0}\n\"\\",
    "acs:x",
    "http://",
    "i-1",
    "i-2",
    "cn-a",
    "cn-b",
    // Replaced by JSON that no string or number can hold.
    "@half",
    "@huge",
];

/// Reads a captured response, as text.
pub(super) fn response(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut records = Vec::new();
    for number in 0..bytes.int_in_range(0..=4)? {
        let mut record = record(&format!("t-{number}"));
        for _ in 0..bytes.int_in_range(0..=5)? {
            edit(bytes, &mut record)?;
        }
        records.push(record);
    }
    let mut text = form(bytes, &records)?;
    text = text.replace("\"@huge\"", "1e999").replace("@half", "\\ud800");
    for _ in 0..bytes.int_in_range(0..=2)? {
        // Inserts a key before an existing one, so that it is given twice.
        let keys: Vec<_> = text.match_indices("\"Invo").map(|(at, _)| at).collect();
        let at = match keys.len() {
            0 => break,
            count => keys[bytes.choose_index(count)?],
        };
        let more = [
            "\"InvokeId\":\"t-9\",",
            "\"Invocation\":[],",
            "\"InvocationStatus\":\"Success\",",
            "\"Timeout\":null,",
            "\"RequestId\":7,",
            "\"Extra\":{\"a\":[1,{}]},",
            "\u{feff}",
            "[[[[",
        ];
        text.insert_str(at, bytes.choose(&more)?);
    }
    Ok(text.into_bytes())
}

/// The records in one of the forms in which people have them.
fn form(bytes: &mut Unstructured<'_>, records: &[Value]) -> Result<String> {
    let body = |records: &[Value]| -> Value {
        serde_json::from_slice(&capture(records)).expect("it is JSON")
    };
    let (first, rest) = records.split_at(records.len() / 2);
    Ok(match bytes.int_in_range(0..=9)? {
        0..=4 => body(records).to_string(),
        5 => json!({"headers": {}, "statusCode": 200, "body": body(records)}).to_string(),
        6 => json!([body(first), results(rest)]).to_string(),
        7 => format!("{}\n{}\n", results(rest), body(records)),
        8 => printed(&body(records)).to_string(),
        _ => results(records).to_string(),
    })
}

/// The records as DescribeInvocationResults answers them.
fn results(records: &[Value]) -> Value {
    let mut rows = Vec::new();
    for record in records {
        let runs = record.pointer("/InvokeInstances/InvokeInstance").and_then(Value::as_array);
        for run in runs.into_iter().flatten() {
            let (Some(record), Some(run)) = (record.as_object(), run.as_object()) else { continue };
            let mut row = run.clone();
            for (of_run, of_row) in
                [("FinishTime", "FinishedTime"), ("InstanceInvokeStatus", "InvokeRecordStatus")]
            {
                if let Some(value) = row.remove(of_run) {
                    row.insert(of_row.to_owned(), value);
                }
            }
            for name in ["Timed", "CreationTime", "UpdateTime"] {
                row.remove(name);
            }
            for name in ["InvokeId", "CommandId", "Username", "Launcher", "RegionId", "Tags"] {
                record.get(name).map(|value| row.insert(name.to_owned(), value.clone()));
            }
            rows.push(Value::Object(row));
        }
    }
    json!({"Invocation": {"PageSize": 10, "InvocationResults": {"InvocationResult": rows}}})
}

/// `value` as an SDK prints it: names with a lower first letter, lists without their wrapper.
fn printed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(printed).collect(),
        Value::Object(object) => {
            let entries = object.iter().map(|(name, value)| {
                let item = name.strip_suffix('s').unwrap_or_default();
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                let name = first.into_iter().chain(letters).collect();
                (name, printed(value.get(item).filter(|inner| inner.is_array()).unwrap_or(value)))
            });
            Value::Object(entries.collect())
        }
        _ => value.clone(),
    }
}

fn edit(bytes: &mut Unstructured<'_>, record: &mut Value) -> Result<()> {
    let value = value(bytes)?;
    match bytes.int_in_range(0..=9)? {
        0..=3 => set(record, "", bytes.choose(&FIELDS)?, value),
        4..=6 => set(record, RUN, bytes.choose(&RUN_FIELDS)?, value),
        // Adds a run, on another instance or the same.
        7 => {
            let Some(runs) = record.pointer_mut("/InvokeInstances/InvokeInstance") else {
                return Ok(());
            };
            let Some(runs) = runs.as_array_mut() else { return Ok(()) };
            let mut run = runs.first().cloned().unwrap_or(json!({}));
            set(&mut run, "", "InstanceId", value);
            runs.insert(0, run);
        }
        8 => {
            let Some(tags) = record.pointer_mut("/Tags/Tag").and_then(Value::as_array_mut) else {
                return Ok(());
            };
            tags.push(match value {
                Some(value) if bool::arbitrary(bytes)? => json!({"TagKey": value, "Extra": 1}),
                Some(value) => json!({"TagKey": "k", "TagValue": value}),
                None => json!(null),
            });
        }
        _ => set(
            record,
            bytes.choose(&["/Tags", "/InvokeInstances", "/Tags/Tag/0"])?,
            bytes.choose(&["Tag", "InvokeInstance", "TagKey", "TagValue", "Extra"])?,
            value,
        ),
    }
    Ok(())
}

/// Sets or removes a field of the object at `pointer`, if there is one.
fn set(record: &mut Value, pointer: &str, field: &str, value: Option<Value>) {
    let object = record.pointer_mut(pointer).and_then(Value::as_object_mut);
    match (object, value) {
        (Some(object), Some(value)) => drop(object.insert(field.to_owned(), value)),
        (Some(object), None) => drop(object.remove(field)),
        (None, _) => {}
    }
}

/// A value of any type, mostly a text, or `None` for an absent one.
fn value(bytes: &mut Unstructured<'_>) -> Result<Option<Value>> {
    Ok(Some(match bytes.int_in_range(0..=15)? {
        0 => return Ok(None),
        1 => Value::Null,
        2 => json!(bool::arbitrary(bytes)?),
        3 => json!(u8::arbitrary(bytes)?),
        4 => json!(i64::arbitrary(bytes)?),
        5 => json!(u64::arbitrary(bytes)?),
        6 => json!(f64::from(f32::arbitrary(bytes)?)),
        7 => json!([bytes.choose(&TEXTS)?]),
        8 => json!({*bytes.choose(&TEXTS)?: 1}),
        9 => json!("x".repeat(*bytes.choose(&[128, 129, 512, 4_096, 4_097, 24_577])?)),
        10 => json!("AAAA".repeat(*bytes.choose(&[8_192, 8_193])?)),
        11 => json!(String::arbitrary(bytes)?),
        _ => json!(bytes.choose(&TEXTS)?),
    }))
}
