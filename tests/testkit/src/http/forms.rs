//! The forms in which records and reports of runs are sent.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use invodex::{
    Config, DescribeInvocations, InstanceRun, Invocation, InvocationStatus, ManualClock,
    OutputUpdate, RunUpdate, Store, Timestamp,
};
use serde_json::{Value, json};

use super::lacks;
use crate::strategy::Pairs;
use crate::subject::Reply;

/// A record that is accepted at `now`, in the captured form of an answer.
pub(super) fn captured(invocation: &Invocation, now: Timestamp) -> Reply<Value> {
    let config = Config { retention_seconds: None, ..Config::default() };
    let mut store = Store::new(config, ManualClock::new(now));
    if store.accept(invocation).is_err() {
        return lacks("a record in captured form that breaks a limit");
    }
    let request = [
        ("RegionId", &*invocation.region_id),
        ("InvokeId", &*invocation.invoke_id),
        ("IncludeOutput", "true"),
    ];
    let mut body = Vec::new();
    match store.describe_invocations(&DescribeInvocations::from_pairs(request)) {
        Ok(page) => page.write_json("", &mut body),
        Err(_) => return lacks("a record of a region without a name"),
    }
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let record = &mut body["Invocations"]["Invocation"][0];
    record["RegionId"] = invocation.region_id.clone().into();
    record["ResourceGroupId"] = invocation.resource_group_id.clone().into();
    Ok(body)
}

/// The parameters of RunCommand for a record that was not run yet.
pub(super) fn run_command(record: &Invocation) -> Reply<Pairs> {
    let is_new = record.creation_time.is_none()
        && record.instances.iter().all(|run| *run == InstanceRun::new(&*run.instance_id));
    if !is_new {
        return lacks("the control request records, for a record with times or results");
    }
    if !record.parameters.is_empty() {
        return lacks("the control request records, for a record with Parameters");
    }
    let content = BASE64_STANDARD.encode(&record.command_content);
    let timeout = record.timeout.map(|timeout| timeout.to_string()).unwrap_or_default();
    let texts = [
        ("RegionId", &*record.region_id),
        ("Type", record.command_type.as_str()),
        ("Name", &record.command_name),
        ("Description", &record.command_description),
        ("ContentEncoding", "Base64"),
        ("CommandContent", &content),
        ("RepeatMode", record.repeat_mode.as_str()),
        ("Frequency", &record.frequency),
        ("Timeout", &timeout),
        ("ResourceGroupId", &record.resource_group_id),
        ("Username", &record.username),
        ("WorkingDir", &record.working_dir),
        ("ContainerId", &record.container_id),
        ("ContainerName", &record.container_name),
        ("Launcher", &record.launcher),
        ("TerminationMode", &record.termination_mode),
        ("OssOutputDelivery", &record.oss_output_delivery),
    ];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let mut pairs: Pairs = texts.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    for (n, run) in (1..).zip(&record.instances) {
        pairs.push((format!("InstanceId.{n}"), run.instance_id.clone()));
    }
    for (n, tag) in (1..).zip(&record.tags) {
        pairs.push((format!("Tag.{n}.Key"), tag.key.clone()));
        pairs.push((format!("Tag.{n}.Value"), tag.value.clone()));
    }
    Ok(pairs)
}

/// The update as a body of the control request `runs`.
pub(super) fn report(invoke_id: &str, instance_id: &str, update: &RunUpdate) -> Reply<Value> {
    let mut body = json!({"InvokeId": invoke_id, "InstanceId": instance_id,
        "Reschedule": update.reschedule});
    if let Some(status) = update.invocation_status {
        body["InvocationStatus"] = status.as_str().into();
    }
    match update.exit_code {
        Some(Some(code)) => body["ExitCode"] = code.into(),
        Some(None) => return lacks("a report of a run that unsets the ExitCode"),
        None => {}
    }
    match &update.output {
        Some(OutputUpdate::Replace(output)) => {
            body["Output"] = BASE64_STANDARD.encode(output).into();
        }
        Some(OutputUpdate::Append(output)) => {
            body["Append"] = BASE64_STANDARD.encode(output).into();
        }
        None => {}
    }
    let text = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let times = [
        ("Time", update.time.map(Some)),
        ("StartTime", update.start_time),
        ("FinishTime", update.finish_time),
        ("StopTime", update.stop_time),
    ];
    for (name, time) in times {
        if let Some(time) = time {
            body[name] = text(time).into();
        }
    }
    let numbers = [("Repeats", update.repeats.map(u64::from)), ("Dropped", update.dropped)];
    for (name, number) in numbers {
        if let Some(number) = number {
            body[name] = number.into();
        }
    }
    for (name, text) in [("ErrorCode", &update.error_code), ("ErrorInfo", &update.error_info)] {
        if let Some(text) = text {
            body[name] = text.clone().into();
        }
    }
    let code = update.exit_code.flatten().unwrap_or(0);
    let brings_an_error = match update.invocation_status {
        Some(InvocationStatus::Timeout) => true,
        Some(InvocationStatus::Failed) => code != 0,
        _ => false,
    };
    if brings_an_error && (update.error_code.is_none() || update.error_info.is_none()) {
        return lacks("a report of a failed run without ErrorCode and ErrorInfo");
    }
    let RunUpdate {
        oss_output_status,
        oss_output_uri,
        oss_output_error_code,
        oss_output_error_info,
        ..
    } = update;
    let oss = [oss_output_status, oss_output_uri, oss_output_error_code, oss_output_error_info];
    match oss.iter().all(|text| text.is_none()) {
        true => Ok(body),
        false => lacks("a report of a run with the state of its OSS delivery"),
    }
}
