//! Every field of a record, an update and an event, through everything that reads or copies it.
//!
//! The structs are taken apart and put together here without `..`: a new field does not compile
//! until it is added to each function, and then fails every stage that forgets it. This is a unit
//! test of the crate (`src/lib.rs` names it), because outside of the crate `#[non_exhaustive]`
//! structs can be neither taken apart nor put together completely.

use std::any::Any;
use std::fmt::Debug;

use serde_json::{Map, Value, json};

use crate::{
    CommandType, Config, ContentEncoding, DescribeInvocationResults, DescribeInvocations,
    EventData, InstanceRun, Invocation, InvocationResult, InvocationResultView, InvocationStatus,
    InvocationView, OutputUpdate, RepeatMode, RunUpdate, RunView, Store, Tag, TaskEvent, Timestamp,
};

/// The name and the value of each field of a struct, in the form in which `Debug` prints it.
macro_rules! fields {
    ($value:expr, $name:ident { $($field:ident),+ $(,)? }) => {{
        let $name { $($field),+ } = $value;
        vec![$((stringify!($field), printed($field))),+]
    }};
}

type Fields = Vec<(&'static str, String)>;

/// `Debug` of a value, and of bytes as text.
fn printed<T: Debug + Any>(value: &T) -> String {
    match (value as &dyn Any).downcast_ref::<Vec<u8>>() {
        Some(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        None => format!("{value:?}"),
    }
}

fn invocation_fields(record: &Invocation) -> Fields {
    fields!(
        record,
        Invocation {
            region_id,
            resource_group_id,
            invoke_id,
            creation_time,
            command_id,
            command_name,
            command_type,
            command_description,
            command_content,
            parameters,
            repeat_mode,
            frequency,
            timeout,
            working_dir,
            username,
            container_id,
            container_name,
            launcher,
            termination_mode,
            oss_output_delivery,
            tags,
            instances,
        }
    )
}

fn run_fields(run: &InstanceRun) -> Fields {
    fields!(
        run,
        InstanceRun {
            instance_id,
            invocation_status,
            creation_time,
            update_time,
            start_time,
            finish_time,
            stop_time,
            repeats,
            exit_code,
            output,
            dropped,
            error_code,
            error_info,
            oss_output_status,
            oss_output_uri,
            oss_output_error_code,
            oss_output_error_info,
        }
    )
}

fn time(secs: i64) -> Option<Timestamp> {
    Timestamp::from_secs(1_700_000_000 + secs)
}

fn now() -> Timestamp {
    Timestamp::saturating_from_secs(1_700_001_000)
}

/// A run with a value of its own in each field.
fn filled_run() -> InstanceRun {
    InstanceRun {
        instance_id: "i-1".into(),
        invocation_status: InvocationStatus::Failed,
        creation_time: time(2),
        update_time: time(3),
        start_time: time(4),
        finish_time: time(5),
        stop_time: time(6),
        repeats: 7,
        exit_code: Some(8),
        output: b"output".to_vec(),
        dropped: 9,
        error_code: "error code".into(),
        error_info: "error info".into(),
        oss_output_status: "oss status".into(),
        oss_output_uri: "oss uri".into(),
        oss_output_error_code: "oss error code".into(),
        oss_output_error_info: "oss error info".into(),
    }
}

/// A record with a value of its own in each field.
fn filled() -> Invocation {
    Invocation {
        region_id: "region".into(),
        resource_group_id: "resource group".into(),
        invoke_id: "t-1".into(),
        creation_time: time(1),
        command_id: "c-1".into(),
        command_name: "command name".into(),
        command_type: CommandType::RunBatScript,
        command_description: "command description".into(),
        command_content: b"command content".to_vec(),
        parameters: "parameters".into(),
        repeat_mode: RepeatMode::Period,
        frequency: "frequency".into(),
        timeout: Some(10),
        working_dir: "working dir".into(),
        username: "username".into(),
        container_id: "container id".into(),
        container_name: "container name".into(),
        launcher: "launcher".into(),
        termination_mode: "termination mode".into(),
        oss_output_delivery: "oss output delivery".into(),
        tags: vec![Tag::new("key", "value")],
        instances: vec![filled_run()],
    }
}

/// An update with a value of its own in each field, of a run that is Running.
fn filled_update() -> RunUpdate {
    RunUpdate {
        invocation_status: Some(InvocationStatus::Timeout),
        reschedule: true,
        time: time(103),
        start_time: Some(time(104)),
        finish_time: Some(time(105)),
        stop_time: Some(time(106)),
        repeats: Some(107),
        exit_code: Some(Some(108)),
        output: Some(OutputUpdate::Replace(b"new output".to_vec())),
        dropped: Some(109),
        error_code: Some("new error code".into()),
        error_info: Some("new error info".into()),
        oss_output_status: Some("new oss status".into()),
        oss_output_uri: Some("new oss uri".into()),
        oss_output_error_code: Some("new oss error code".into()),
        oss_output_error_info: Some("new oss error info".into()),
    }
}

/// The run after an update that sets every field, with the status in which its execution ended.
fn updated(run: InstanceRun, update: RunUpdate) -> InstanceRun {
    fn set<T>(value: Option<T>) -> T {
        value.expect("the update sets every field")
    }
    let RunUpdate {
        invocation_status,
        reschedule: _,
        time,
        start_time,
        finish_time,
        stop_time,
        repeats,
        exit_code,
        output,
        dropped,
        error_code,
        error_info,
        oss_output_status,
        oss_output_uri,
        oss_output_error_code,
        oss_output_error_info,
    } = update;
    let OutputUpdate::Replace(output) = set(output) else { panic!("the update replaces") };
    InstanceRun {
        instance_id: run.instance_id,
        invocation_status: set(invocation_status),
        creation_time: run.creation_time,
        update_time: Some(set(time)),
        start_time: set(start_time),
        finish_time: set(finish_time),
        stop_time: set(stop_time),
        repeats: set(repeats),
        exit_code: set(exit_code),
        output,
        dropped: set(dropped),
        error_code: set(error_code),
        error_info: set(error_info),
        oss_output_status: set(oss_output_status),
        oss_output_uri: set(oss_output_uri),
        oss_output_error_code: set(oss_output_error_code),
        oss_output_error_info: set(oss_output_error_info),
    }
}

/// The record by the getters of its view.
fn by_getters(view: InvocationView<'_>) -> Invocation {
    let run = |run: RunView<'_>| InstanceRun {
        instance_id: run.instance_id().into(),
        invocation_status: run.invocation_status(),
        creation_time: Some(run.creation_time()),
        update_time: Some(run.update_time()),
        start_time: run.start_time(),
        finish_time: run.finish_time(),
        stop_time: run.stop_time(),
        repeats: run.repeats(),
        exit_code: run.exit_code(),
        output: run.output().into(),
        dropped: run.dropped(),
        error_code: run.error_code().into(),
        error_info: run.error_info().into(),
        oss_output_status: run.oss_output_status().into(),
        oss_output_uri: run.oss_output_uri().into(),
        oss_output_error_code: run.oss_output_error_code().into(),
        oss_output_error_info: run.oss_output_error_info().into(),
    };
    Invocation {
        region_id: view.region_id().into(),
        resource_group_id: view.resource_group_id().into(),
        invoke_id: view.invoke_id().into(),
        creation_time: Some(view.creation_time()),
        command_id: view.command_id().into(),
        command_name: view.command_name().into(),
        command_type: view.command_type(),
        command_description: view.command_description().into(),
        command_content: view.command_content().into(),
        parameters: view.parameters().into(),
        repeat_mode: view.repeat_mode(),
        frequency: view.frequency().into(),
        timeout: view.timeout(),
        working_dir: view.working_dir().into(),
        username: view.username().into(),
        container_id: view.container_id().into(),
        container_name: view.container_name().into(),
        launcher: view.launcher().into(),
        termination_mode: view.termination_mode().into(),
        oss_output_delivery: view.oss_output_delivery().into(),
        tags: view.tags().map(|tag| Tag::new(tag.key(), tag.value())).collect(),
        instances: view.instances().map(run).collect(),
    }
}

fn tags_json(tags: &[Tag]) -> Value {
    let tag = |Tag { key, value }: &Tag| json!({ "TagKey": key, "TagValue": value });
    json!({ "Tag": tags.iter().map(tag).collect::<Vec<_>>() })
}

/// The fields that an invocation and a result share in the answers.
fn settings_json(record: &Invocation) -> Map<String, Value> {
    let settings = json!({
        "InvokeId": record.invoke_id,
        "CommandId": record.command_id,
        "Username": record.username,
        "ContainerId": record.container_id,
        "ContainerName": record.container_name,
        "Launcher": record.launcher,
        "TerminationMode": record.termination_mode,
        "OssOutputDelivery": record.oss_output_delivery,
        "Tags": tags_json(&record.tags),
    });
    settings.as_object().expect("it is an object").clone()
}

/// A run in DescribeInvocations, or (`is_result`) its fields in DescribeInvocationResults, where a
/// history record has the legacy status of a task in mode Once.
fn run_json(run: &InstanceRun, mode: RepeatMode, is_result: bool) -> Map<String, Value> {
    let InstanceRun {
        instance_id,
        invocation_status,
        creation_time,
        update_time,
        start_time,
        finish_time,
        stop_time,
        repeats,
        exit_code,
        output,
        dropped,
        error_code,
        error_info,
        oss_output_status,
        oss_output_uri,
        oss_output_error_code,
        oss_output_error_info,
    } = run;
    let legacy = invocation_status.legacy(mode);
    let mut fields = json!({
        "InstanceId": instance_id,
        "InvocationStatus": invocation_status,
        "StartTime": start_time,
        "StopTime": stop_time,
        "Repeats": repeats,
        "ExitCode": exit_code,
        "Output": String::from_utf8_lossy(output),
        "Dropped": dropped,
        "ErrorCode": error_code,
        "ErrorInfo": error_info,
        "OssOutputStatus": oss_output_status,
        "OssOutputUri": oss_output_uri,
        "OssOutputErrorCode": oss_output_error_code,
        "OssOutputErrorInfo": oss_output_error_info,
    });
    let more = if is_result {
        json!({ "FinishedTime": finish_time, "InvokeRecordStatus": legacy })
    } else {
        json!({
            "FinishTime": finish_time,
            "InstanceInvokeStatus": legacy,
            "Timed": mode.is_recurring() && !invocation_status.is_end(),
            "CreationTime": creation_time,
            "UpdateTime": update_time,
        })
    };
    let fields = fields.as_object_mut().expect("it is an object");
    fields.extend(more.as_object().expect("it is an object").clone());
    fields.clone()
}

/// The record in DescribeInvocations with IncludeOutput and ContentEncoding=PlainText.
fn invocation_json(record: &Invocation, view: InvocationView<'_>) -> Value {
    let Invocation {
        // The answer shows neither of these.
        region_id: _,
        resource_group_id: _,
        creation_time,
        command_name,
        command_type,
        command_description,
        command_content,
        parameters,
        repeat_mode,
        frequency,
        timeout,
        working_dir,
        instances,
        // These are in `settings_json`.
        invoke_id: _,
        command_id: _,
        username: _,
        container_id: _,
        container_name: _,
        launcher: _,
        termination_mode: _,
        oss_output_delivery: _,
        tags: _,
    } = record;
    let runs: Vec<_> = instances.iter().map(|run| run_json(run, *repeat_mode, false)).collect();
    let fields = json!({
        "CreationTime": creation_time,
        "CommandName": command_name,
        "CommandType": command_type,
        "CommandDescription": command_description,
        "CommandContent": String::from_utf8_lossy(command_content),
        "Parameters": if parameters.is_empty() { "{}" } else { parameters },
        "RepeatMode": repeat_mode,
        "Frequency": frequency,
        "Timeout": timeout,
        "WorkingDir": working_dir,
        "InvokeInstances": { "InvokeInstance": runs },
        "InvocationStatus": view.invocation_status(),
        "InvokeStatus": view.invoke_status(),
        "Timed": view.timed(),
    });
    let mut all = settings_json(record);
    all.extend(fields.as_object().expect("it is an object").clone());
    Value::Object(all)
}

/// A run, or an execution of it, in DescribeInvocationResults.
fn result_json(record: &Invocation, run: &InstanceRun, mode: RepeatMode) -> Value {
    let mut all = settings_json(record);
    all.extend(run_json(run, mode, true));
    Value::Object(all)
}

/// Compares field by field, so that a failure names the field.
fn assert_same(stage: &str, given: &Invocation, expected: &Invocation) {
    let fields = invocation_fields(given).into_iter().zip(invocation_fields(expected));
    for ((name, given), (_, expected)) in fields.filter(|(given, _)| given.0 != "instances") {
        assert_eq!(given, expected, "{stage}: Invocation::{name}");
    }
    assert_eq!(given.instances.len(), expected.instances.len(), "{stage}: runs");
    for (given, expected) in given.instances.iter().zip(&expected.instances) {
        for ((name, given), (_, expected)) in run_fields(given).iter().zip(run_fields(expected)) {
            assert_eq!(*given, expected, "{stage}: InstanceRun::{name}");
        }
    }
    assert_eq!(given, expected, "{stage}");
}

fn assert_same_json(stage: &str, given: &Value, expected: &Value) {
    let (given, expected) = (given.as_object(), expected.as_object());
    let (given, expected) = (given.expect("an object"), expected.expect("an object"));
    for (name, expected) in expected {
        assert_eq!(given.get(name), Some(expected), "{stage}: {name}");
    }
    assert_eq!(given, expected, "{stage}");
}

/// The getters of a result row against the record and the run, or the execution, that it shows.
fn assert_result(stage: &str, row: InvocationResultView<'_>, of: &Invocation, run: &InstanceRun) {
    let Invocation {
        invoke_id,
        command_id,
        username,
        container_id,
        container_name,
        launcher,
        termination_mode,
        oss_output_delivery,
        tags,
        // A result shows none of these.
        region_id: _,
        resource_group_id: _,
        creation_time: _,
        command_name: _,
        command_type: _,
        command_description: _,
        command_content: _,
        parameters: _,
        repeat_mode: _,
        frequency: _,
        timeout: _,
        working_dir: _,
        instances: _,
    } = of;
    let InstanceRun {
        instance_id,
        invocation_status,
        creation_time: _,
        update_time: _,
        start_time,
        finish_time,
        stop_time,
        repeats,
        exit_code,
        output,
        dropped,
        error_code,
        error_info,
        oss_output_status,
        oss_output_uri,
        oss_output_error_code,
        oss_output_error_info,
    } = run;
    for (name, given, expected) in [
        ("invoke_id", row.invoke_id(), invoke_id),
        ("command_id", row.command_id(), command_id),
        ("username", row.username(), username),
        ("container_id", row.container_id(), container_id),
        ("container_name", row.container_name(), container_name),
        ("launcher", row.launcher(), launcher),
        ("termination_mode", row.termination_mode(), termination_mode),
        ("oss_output_delivery", row.oss_output_delivery(), oss_output_delivery),
        ("instance_id", row.instance_id(), instance_id),
        ("error_code", row.error_code(), error_code),
        ("error_info", row.error_info(), error_info),
        ("oss_output_status", row.oss_output_status(), oss_output_status),
        ("oss_output_uri", row.oss_output_uri(), oss_output_uri),
        ("oss_output_error_code", row.oss_output_error_code(), oss_output_error_code),
        ("oss_output_error_info", row.oss_output_error_info(), oss_output_error_info),
    ] {
        assert_eq!(given, expected, "{stage}: InvocationResultView::{name}");
    }
    let given_tags: Vec<_> = row.tags().map(|tag| Tag::new(tag.key(), tag.value())).collect();
    assert_eq!(given_tags, *tags, "{stage}");
    assert_eq!(row.invocation_status(), *invocation_status, "{stage}");
    assert_eq!(row.start_time(), *start_time, "{stage}: start_time");
    assert_eq!(row.finished_time(), *finish_time, "{stage}: finished_time");
    assert_eq!(row.stop_time(), *stop_time, "{stage}: stop_time");
    assert_eq!(row.repeats(), *repeats, "{stage}: repeats");
    assert_eq!(row.exit_code(), *exit_code, "{stage}: exit_code");
    assert_eq!(row.output(), *output, "{stage}: output");
    assert_eq!(row.dropped(), *dropped, "{stage}: dropped");
}

fn result_fields(result: &InvocationResult) -> Fields {
    fields!(
        result,
        InvocationResult {
            invoke_id,
            command_id,
            instance_id,
            is_history,
            invocation_status,
            invoke_record_status,
            start_time,
            finished_time,
            stop_time,
            repeats,
            exit_code,
            dropped,
            error_code,
            error_info,
            oss_output_status,
            oss_output_uri,
            oss_output_error_code,
            oss_output_error_info,
            username,
            container_id,
            container_name,
            launcher,
            termination_mode,
            oss_output_delivery,
            tags,
            output,
        }
    )
}

/// A run, or an execution of it (`is_history`), as a result in plain data.
fn plain_result(
    record: &Invocation,
    run: &InstanceRun,
    mode: RepeatMode,
    is_history: bool,
) -> InvocationResult {
    let (record, run) = (record.clone(), run.clone());
    InvocationResult {
        invoke_id: record.invoke_id,
        command_id: record.command_id,
        instance_id: run.instance_id,
        is_history,
        invocation_status: run.invocation_status,
        invoke_record_status: run.invocation_status.legacy(mode),
        start_time: run.start_time,
        finished_time: run.finish_time,
        stop_time: run.stop_time,
        repeats: run.repeats,
        exit_code: run.exit_code,
        dropped: run.dropped,
        error_code: run.error_code,
        error_info: run.error_info,
        oss_output_status: run.oss_output_status,
        oss_output_uri: run.oss_output_uri,
        oss_output_error_code: run.oss_output_error_code,
        oss_output_error_info: run.oss_output_error_info,
        username: record.username,
        container_id: record.container_id,
        container_name: record.container_name,
        launcher: record.launcher,
        termination_mode: record.termination_mode,
        oss_output_delivery: record.oss_output_delivery,
        tags: record.tags,
        output: run.output,
    }
}

/// `Debug` prints each field by its name, and leaves out one that is unset.
fn assert_printed(stage: &str, debug: &str, fields: Fields) {
    for (name, value) in fields {
        let field = format!("{name}: {value}");
        let is_unset = ["\"\"", "None", "[]", "0", "false"].contains(&&*value);
        assert_eq!(debug.contains(&field), !is_unset, "{stage}: Debug of {field}: {debug}");
    }
}

fn store() -> Store {
    Store::new(Config { retention_seconds: None, ..Config::default() }, now())
}

fn restored(store: &Store) -> Store {
    let mut archive = Vec::new();
    store.save(&mut archive).expect("a Vec takes everything");
    Store::restore(store.config().clone(), now(), &archive[..]).expect("it was just saved").store
}

fn invocations() -> DescribeInvocations {
    let request = DescribeInvocations::new("region").invoke_id("t-1").include_output(true);
    request.content_encoding(ContentEncoding::PlainText)
}

fn results() -> DescribeInvocationResults {
    let request = DescribeInvocationResults::new("region").invoke_id("t-1").include_history(true);
    request.content_encoding(ContentEncoding::PlainText)
}

/// Reads the record of a store in every way, and its last run's execution as a result.
/// `ended` is that execution, if the history holds it.
fn check(stage: &str, store: &Store, record: &Invocation, ended: Option<&InstanceRun>) {
    let view = store.get("t-1").unwrap_or_else(|| panic!("{stage}: the record is lost"));
    assert_same(&format!("{stage}, to_invocation"), &view.to_invocation(), record);
    assert_same(&format!("{stage}, getters"), &by_getters(view), record);
    let run = &record.instances[0];
    let without_runs =
        invocation_fields(record).into_iter().filter(|(name, _)| *name != "instances");
    assert_printed(&format!("{stage}, InvocationView"), &format!("{view:?}"), {
        without_runs.chain(run_fields(run)).collect()
    });
    let run_view = view.instances().next().expect("it has a run");
    assert_printed(&format!("{stage}, RunView"), &format!("{run_view:?}"), run_fields(run));

    let page = store.describe_invocations(&invocations()).expect("the request is valid");
    let row = page.invocations().next().expect("the record is found");
    let expected = invocation_json(record, row);
    let serde = serde_json::to_value(row).expect("it is plain data");
    assert_same_json(&format!("{stage}, serde"), &serde, &expected);
    let mut body = Vec::new();
    page.write_json("request", &mut body);
    let body: Value = serde_json::from_slice(&body).expect("a body is JSON");
    let row = &body["Invocations"]["Invocation"][0];
    assert_same_json(&format!("{stage}, write_json"), row, &expected);
    let owned = page.into_owned();
    assert_same(&format!("{stage}, into_owned"), &owned.invocations[0], record);

    let page = store.describe_invocation_results(&results()).expect("the request is valid");
    let rows = [(run, record.repeat_mode)].into_iter();
    let rows: Vec<_> = rows.chain(ended.map(|ended| (ended, RepeatMode::Once))).collect();
    assert_eq!(page.len(), rows.len(), "{stage}: results");
    let mut body = Vec::new();
    page.write_json("request", &mut body);
    let body: Value = serde_json::from_slice(&body).expect("a body is JSON");
    for (at, (row, (run, mode))) in page.invocation_results().zip(&rows).enumerate() {
        let stage = format!("{stage}, result {at}");
        assert_result(&stage, row, record, run);
        let expected = result_json(record, run, *mode);
        let serde = serde_json::to_value(row).expect("it is plain data");
        assert_same_json(&format!("{stage}, serde"), &serde, &expected);
        let row = &body["Invocation"]["InvocationResults"]["InvocationResult"][at];
        assert_same_json(&format!("{stage}, write_json"), row, &expected);
    }
    let owned = page.into_owned();
    for (at, (row, (run, mode))) in owned.invocation_results.iter().zip(&rows).enumerate() {
        let stage = format!("{stage}, result {at}, into_owned");
        let expected = result_fields(&plain_result(record, run, *mode, at > 0));
        for ((name, given), (_, expected)) in result_fields(row).iter().zip(&expected) {
            assert_eq!(given, expected, "{stage}: InvocationResult::{name}");
        }
        assert_printed(&stage, &format!("{row:?}"), expected);
    }
}

#[test]
fn every_field_has_a_value_of_its_own() {
    let unset = Invocation::new("", "", "");
    let fields = invocation_fields(&filled());
    for ((name, value), (_, default)) in fields.iter().zip(invocation_fields(&unset)) {
        assert_ne!(*value, default, "Invocation::{name}");
    }
    let run_fields_filled = run_fields(&filled_run());
    let unset = InstanceRun::new("");
    for ((name, value), (_, default)) in run_fields_filled.iter().zip(run_fields(&unset)) {
        assert_ne!(*value, default, "InstanceRun::{name}");
    }
    let after = run_fields(&updated(filled_run(), filled_update()));
    for ((name, value), (_, before)) in after.iter().zip(&run_fields_filled) {
        let is_kept = ["instance_id", "creation_time"].contains(name);
        assert_eq!(value == before, is_kept, "RunUpdate::{name}");
    }
    let mut all: Vec<_> = fields.iter().chain(&run_fields_filled).chain(&after).collect();
    let count = all.len();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all.dedup_by(|a, b| a.1 == b.1);
    assert_eq!(all.len(), count - 2, "two fields have the same value");
}

#[test]
fn debug_prints_every_field() {
    assert_printed("Invocation", &format!("{:?}", filled()), invocation_fields(&filled()));
    assert_printed("InstanceRun", &format!("{:?}", filled_run()), run_fields(&filled_run()));
}

#[test]
fn a_record_keeps_every_field() {
    let record = filled();
    let mut one = store();
    assert!(one.accept(&record).expect("the record is valid").retained);
    check("accept", &one, &record, None);
    check("restore", &restored(&one), &record, None);
    let mut batch = store();
    assert!(batch.accept_batch(std::slice::from_ref(&record)).iter().all(Result::is_ok));
    check("accept_batch", &batch, &record, None);
    let mut again = store();
    assert!(
        again
            .accept(&one.get("t-1").expect("it is there").to_invocation())
            .expect("it is valid")
            .retained
    );
    check("accept of to_invocation", &again, &record, None);
}

#[cfg(feature = "json")]
#[test]
fn an_import_of_the_answer_keeps_every_field() {
    let record = filled();
    let mut one = store();
    assert!(one.accept(&record).expect("the record is valid").retained);
    let page = one.describe_invocations(&invocations()).expect("the request is valid");
    let mut body = Vec::new();
    page.write_json("request", &mut body);
    // The answer has neither of the two ids.
    let options = crate::ImportOptions::new("region").resource_group_id("resource group");
    let mut imported = store();
    let report = imported
        .import(&body, &options.encoding(crate::CaptureEncoding::PlainText))
        .expect("it is a response");
    assert!(report.refusals.is_empty() && report.differences.is_empty(), "{report}");
    check("import", &imported, &record, None);
}

#[test]
fn an_update_sets_every_field() {
    let mut record = filled();
    record.instances[0].invocation_status = InvocationStatus::Running;
    for reschedule in [false, true] {
        let update = RunUpdate { reschedule, ..filled_update() };
        let ended = updated(record.instances[0].clone(), update.clone());
        let mut run = ended.clone();
        if reschedule {
            run.invocation_status = InvocationStatus::Scheduled;
        }
        let mut store = store();
        // With `reschedule` a second event tells of Scheduled.
        let events = store.subscribe(2);
        assert!(store.accept(&record).expect("the record is valid").retained);
        store.update_run("t-1", "i-1", &update).expect("the update is valid");
        let after = Invocation { instances: vec![run], ..record.clone() };
        check("update", &store, &after, Some(&ended));
        check("restore of an update", &restored(&store), &after, Some(&ended));
        assert_event(events.try_next().expect("the status changed"), &record, &ended);
    }
}

fn assert_event(event: TaskEvent, record: &Invocation, run: &InstanceRun) {
    let json = |data: EventData<'_>| serde_json::to_value(data).expect("it is plain data");
    let (event_bridge, cloud_monitor) =
        (json(event.event_bridge()), json(event.cloud_monitor(1, 2)));
    let TaskEvent {
        command_id,
        command_name,
        exit_code,
        finish_time,
        instance_id,
        invocation_status,
        invoke_id,
        repeat_mode,
        repeats,
        start_time,
        error_code,
        error_desc,
    } = event;
    assert_eq!(command_id, record.command_id);
    assert_eq!(command_name, record.command_name);
    assert_eq!(exit_code, run.exit_code);
    assert_eq!(finish_time, run.finish_time);
    assert_eq!(instance_id, run.instance_id);
    assert_eq!(invocation_status, run.invocation_status);
    assert_eq!(invoke_id, record.invoke_id);
    assert_eq!(repeat_mode, record.repeat_mode);
    assert_eq!(repeats, run.repeats);
    assert_eq!(start_time, run.start_time);
    assert_eq!(error_code, run.error_code);
    assert_eq!(error_desc, run.error_info);
    let mut expected = json!({
        "commandId": command_id,
        "commandName": command_name,
        "exitCode": exit_code.map_or_else(String::new, |code| code.to_string()),
        "finishTime": finish_time,
        "instanceId": instance_id,
        "invocationStatus": invocation_status,
        "invokeId": invoke_id,
        "repeatMode": repeat_mode,
        "repeats": repeats.to_string(),
        "startTime": start_time,
        "errorCode": error_code,
        "errorDesc": error_desc,
    });
    assert_same_json("the data of EventBridge", &event_bridge, &expected);
    expected["playerUid"] = 1.into();
    expected["ownerId"] = 2.into();
    expected["repeats"] = repeats.into();
    expected["exitCode"] = exit_code.into();
    assert_same_json("the data of Cloud Monitor", &cloud_monitor, &expected);
}
