//! The validation of records, and the rules of tags, which requests share.
//! Part of the naive model: shares nothing with the engine.

use invodex::Invocation;

use super::ModelError;

/// Maximum length of an id in bytes.
const ID: usize = 128;
/// Maximum length of a string without a limit of its own, in bytes.
const TEXT: usize = 4096;
/// Maximum number of tags of a record or a request.
pub(super) const TAGS: usize = 20;

/// The refusal of a record. It has no message, because the store writes its own.
pub(super) fn refusal(code: String, parameter: &str) -> ModelError {
    ModelError { code, status: 400, message: None, parameter: Some(parameter.to_owned()) }
}

fn at_most(field: &str, length: usize, limit: usize) -> Result<(), ModelError> {
    if length > limit {
        return Err(refusal(format!("InvalidParameter.{field}"), field));
    }
    Ok(())
}

fn required_id(field: &str, id: &str) -> Result<(), ModelError> {
    if id.is_empty() {
        return Err(refusal(format!("MissingParameter.{field}"), field));
    }
    at_most(field, id.len(), ID)
}

/// Checks the strings of a run, given by name in the order of the checks.
pub(super) fn run_texts(fields: [(&str, &str); 6]) -> Result<(), ModelError> {
    for (field, text) in fields {
        at_most(field, text.len(), TEXT)?;
    }
    Ok(())
}

/// Checks everything about a record that does not depend on the store.
pub(super) fn record(invocation: &Invocation) -> Result<(), ModelError> {
    required_id("RegionId", &invocation.region_id)?;
    at_most("ResourceGroupId", invocation.resource_group_id.len(), ID)?;
    required_id("InvokeId", &invocation.invoke_id)?;
    required_id("CommandId", &invocation.command_id)?;
    at_most("CommandName", invocation.command_name.chars().count(), 128)?;
    at_most("CommandDescription", invocation.command_description.chars().count(), 512)?;
    at_most("CommandContent", invocation.command_content.len(), 24_576)?;
    at_most("Parameters", invocation.parameters.len(), TEXT)?;
    at_most("Frequency", invocation.frequency.len(), TEXT)?;
    if invocation.timeout.is_some_and(|secs| !(1..=86_400).contains(&secs)) {
        return Err(refusal("InvalidParameter.Timeout".to_owned(), "Timeout"));
    }
    at_most("WorkingDir", invocation.working_dir.chars().count(), 200)?;
    at_most("Username", invocation.username.chars().count(), 255)?;
    at_most("ContainerId", invocation.container_id.len(), TEXT)?;
    at_most("ContainerName", invocation.container_name.len(), TEXT)?;
    at_most("Launcher", invocation.launcher.len(), 1024)?;
    at_most("TerminationMode", invocation.termination_mode.len(), TEXT)?;
    at_most("OssOutputDelivery", invocation.oss_output_delivery.len(), TEXT)?;
    record_tags(invocation)?;
    record_runs(invocation)
}

fn record_tags(invocation: &Invocation) -> Result<(), ModelError> {
    let tags = &invocation.tags;
    if tags.len() > TAGS {
        return Err(refusal("NumberExceed.Tags".to_owned(), "Tag"));
    }
    for (index, tag) in tags.iter().enumerate() {
        if bad_key(&tag.key) {
            let parameter = format!("Tag.{}.Key", index + 1);
            return Err(refusal("InvalidTagKey.Malformed".to_owned(), &parameter));
        }
    }
    for (index, tag) in tags.iter().enumerate() {
        if bad_value(&tag.value) {
            let parameter = format!("Tag.{}.Value", index + 1);
            return Err(refusal("InvalidTagValue.Malformed".to_owned(), &parameter));
        }
    }
    for (index, tag) in tags.iter().enumerate() {
        if tags[..index].iter().any(|earlier| earlier.key == tag.key) {
            let parameter = format!("Tag.{}.Key", index + 1);
            return Err(refusal("Duplicate.TagKey".to_owned(), &parameter));
        }
    }
    Ok(())
}

fn record_runs(invocation: &Invocation) -> Result<(), ModelError> {
    let runs = &invocation.instances;
    if runs.is_empty() {
        return Err(refusal("MissingParameter.InstanceId".to_owned(), "InstanceId"));
    }
    if runs.len() > 100 {
        return Err(refusal("InvalidParameter.InstanceId".to_owned(), "InstanceId"));
    }
    for run in runs {
        required_id("InstanceId", &run.instance_id)?;
        run_texts([
            ("ErrorCode", &run.error_code),
            ("ErrorInfo", &run.error_info),
            ("OssOutputStatus", &run.oss_output_status),
            ("OssOutputUri", &run.oss_output_uri),
            ("OssOutputErrorCode", &run.oss_output_error_code),
            ("OssOutputErrorInfo", &run.oss_output_error_info),
        ])?;
    }
    for (index, run) in runs.iter().enumerate() {
        if runs[..index].iter().any(|earlier| earlier.instance_id == run.instance_id) {
            return Err(refusal("Duplicate.InstanceId".to_owned(), "InstanceId"));
        }
    }
    Ok(())
}

pub(super) fn bad_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    key.is_empty()
        || key.chars().count() > 64
        || lower.starts_with("aliyun")
        || lower.starts_with("acs:")
        || has_link(key)
}

pub(super) fn bad_value(value: &str) -> bool {
    value.chars().count() > 128 || has_link(value)
}

fn has_link(text: &str) -> bool {
    text.contains("http://") || text.contains("https://")
}
