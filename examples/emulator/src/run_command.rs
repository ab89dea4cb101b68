//! RunCommand and InvokeCommand: build a record from the parameters and accept it.

use std::fmt;
use std::sync::Arc;

use invodex::{CommandType, InstanceRun, Invocation, RepeatMode, Store, Tag};
use invodex_schedule::Schedule;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

use crate::command::{self, Command};
use crate::commands::documented;
use crate::error::{ApiError, quoted, refusal};
use crate::instances::{Instance, check_ids};
use crate::life;
use crate::params::Params;
use crate::public_commands;
use crate::tenants::Tenant;

/// Maximum number of parameters of a run, and maximum length of their names in characters.
const PARAMETERS: (usize, usize) = (10, 64);
/// Maximum length of WindowsPasswordName in characters.
const PASSWORD_NAME: usize = 255;

pub(crate) fn run_command(tenant: &Arc<Tenant>, params: &Params) -> Result<Value, ApiError> {
    params.check(&tenant.store, &[])?;
    tenant.answered.once(params, "RunCommand", || {
        let id = tenant.ids.command_id();
        let keep = params.flag("KeepCommand")?;
        let command = Command::read(id.clone(), params, "PlainText", keep)?;
        if keep {
            tenant.state().commands.check_room()?;
        }
        let invoke_id = run(tenant, params, &command)?;
        if keep {
            let now = tenant.store.read(Store::now);
            tenant.state().commands.keep(command, now);
        }
        Ok(json!({"CommandId": id, "InvokeId": invoke_id}))
    })
}

pub(crate) fn invoke_command(tenant: &Arc<Tenant>, params: &Params) -> Result<Value, ApiError> {
    params.check(&tenant.store, &[])?;
    tenant.answered.once(params, "InvokeCommand", || {
        let (region_id, id) = (params.require("RegionId")?, params.require("CommandId")?);
        let own = tenant.state().commands.find(region_id, id).map(|command| command.clone());
        let mut command = own.or_else(|unknown| {
            let public =
                public_commands::find(&tenant.settings.public_commands, id).ok_or(unknown)?;
            Ok::<_, ApiError>(Command { region_id: region_id.to_owned(), ..public.clone() })
        })?;
        let Command { working_dir, launcher, .. } = &mut command;
        for (kept, name) in [(working_dir, "WorkingDir"), (launcher, "Launcher")] {
            if let Some(given) = params.get(name) {
                given.clone_into(kept);
            }
        }
        command.timeout = command::timeout(params)?.unwrap_or(command.timeout);
        let invoke_id = run(tenant, params, &command)?;
        if let Ok(command) = tenant.state().commands.find(region_id, id) {
            command.invoke_times += 1;
        }
        Ok(json!({"InvokeId": invoke_id}))
    })
}

/// Accepts a run of `command` and starts its script, if it has one.
fn run(tenant: &Arc<Tenant>, params: &Params, command: &Command) -> Result<String, ApiError> {
    let (repeat_mode, frequency) = schedule(tenant, params, command.timeout)?;
    check_user(params, command)?;
    let invoke_id = tenant.ids.invoke_id();
    let mut record = command.invocation(&invoke_id);
    record.repeat_mode = repeat_mode;
    record.frequency = frequency;
    record.parameters = parameters(params, command)?;
    if let Some(group) = params.get("ResourceGroupId") {
        record.resource_group_id = group.to_owned();
    }
    record.username = params.text("Username");
    record.container_id = formed(params, "ContainerId")?;
    record.container_name = formed(params, "ContainerName")?;
    record.termination_mode = formed(params, "TerminationMode")?;
    record.oss_output_delivery = formed(params, "OssOutputDelivery")?;
    record.tags = params.tags().into_iter().map(|(key, value)| Tag::new(key, value)).collect();
    record.instances = chosen(tenant, params)?;

    let accepted = tenant.store.accept(&record).map_err(documented)?;
    tenant.touch();
    // With --capacity 0 the store holds no record.
    if accepted.retained {
        end_unreachable(tenant, &mut record);
        life::begin(tenant, &record);
    }
    Ok(invoke_id)
}

/// The instances that a request names, by InstanceId.N or by ResourceTag.N.
fn chosen(tenant: &Tenant, params: &Params) -> Result<Vec<InstanceRun>, ApiError> {
    let region_id = params.require("RegionId")?;
    let ids = params.list("InstanceId");
    let tags = params.tagged("ResourceTag.");
    tenant.store.read(|store| tags.check(store.config()))?;
    let listed = tenant.instances();
    if tags.get_tags().len() == 0 {
        check_ids(listed.as_deref(), region_id, &ids)?;
        return Ok(ids.into_iter().map(InstanceRun::new).collect());
    }
    if !ids.is_empty() {
        return Err(ApiError::invalid("ResourceTag", "allowed in place of InstanceId alone"));
    }
    let in_region = listed.iter().flat_map(|listed| listed.in_region(region_id));
    let tagged = in_region.filter(|instance| instance.has_tags(&tags));
    let runs: Vec<_> = tagged.map(|instance| InstanceRun::new(&*instance.id)).collect();
    if runs.is_empty() {
        let detail = "ResourceTag: no instance of the region has these tags; list instances by \
                      --instances or the control request instances";
        return Err(refusal("InvalidInstance.NotFound").detail(detail));
    }
    Ok(runs)
}

/// Ends the runs of a new record that cannot be sent to their instances, and takes them from
/// `record`.
fn end_unreachable(tenant: &Tenant, record: &mut Invocation) {
    let Some(listed) = tenant.instances() else { return };
    let (region_id, invoke_id) = (&record.region_id, &record.invoke_id);
    record.instances.retain(|run| {
        let instance = listed.find(region_id, &run.instance_id);
        let Some(end) = instance.and_then(Instance::refusal) else { return true };
        // A Pending run can take it.
        let _ = tenant.store.update_run(invoke_id, &run.instance_id, &end);
        false
    });
}

/// RepeatMode and Frequency. A Frequency makes the task periodic, whatever RepeatMode says. Timed
/// has no effect.
fn schedule(
    tenant: &Tenant,
    params: &Params,
    timeout: u32,
) -> Result<(RepeatMode, String), ApiError> {
    let name = params.get("RepeatMode").unwrap_or(RepeatMode::Once.as_str());
    let mode = RepeatMode::from_name(name).ok_or_else(|| {
        let names: Vec<_> = RepeatMode::ALL.iter().map(|mode| mode.as_str()).collect();
        let detail = format!("given {}, allowed {}", quoted(name), names.join(", "));
        refusal("InvalidRepeatMode.NotFound").detail(detail)
    })?;
    let Some(frequency) = params.get("Frequency") else {
        return match mode {
            RepeatMode::Period => Err(refusal("MissingParam.Frequency")),
            _ => Ok((mode, String::new())),
        };
    };
    let now = tenant.store.read(Store::now);
    let schedule = Schedule::parse(frequency, now, tenant.settings.zone);
    let checked = schedule.and_then(|schedule| schedule.check(now, timeout));
    checked.map_err(|wrong| {
        let detail = format!("given {}: {wrong}", quoted(frequency));
        refusal("InvalidParam.Frequency").detail(detail)
    })?;
    Ok((RepeatMode::Period, frequency.to_owned()))
}

/// Checks Username and WindowsPasswordName. A command for Windows with a Username other than System
/// needs a WindowsPasswordName.
fn check_user(params: &Params, command: &Command) -> Result<(), ApiError> {
    let is_windows = command.command_type != CommandType::RunShellScript.as_str();
    let is_user = params.get("Username").is_some_and(|user| user != "System");
    match params.get("WindowsPasswordName") {
        Some(name) if name.chars().count() > PASSWORD_NAME => {
            Err(refusal("WindowsPasswordName.ExceedLimit"))
        }
        None if is_user && is_windows => Err(refusal("WindowsPasswordName.Missed")),
        _ => Ok(()),
    }
}

/// A parameter whose values have a form. It may be empty.
fn formed(params: &Params, name: &str) -> Result<String, ApiError> {
    let given = params.text(name);
    let (fits, code, allowed) = match name {
        "ContainerId" => (
            is_container_id(&given),
            "InvalidContainerId.Malformed",
            "64 hexadecimal digits, with docker://, containerd:// or cri-o:// before them if you like",
        ),
        "ContainerName" => (
            is_container_name(&given),
            "InvalidContainerName.Malformed",
            "letters, digits, _ . and -, the first a letter or a digit",
        ),
        "TerminationMode" => (
            matches!(&*given, "Process" | "ProcessTree"),
            "InvalidTerminationMode.NotFound",
            "Process and ProcessTree",
        ),
        _ => (
            is_delivery(&given),
            "InvalidParameter.OssOutputDelivery",
            "oss://BUCKET/PREFIX, the bucket 3 to 63 lower-case letters, digits and hyphens",
        ),
    };
    if given.is_empty() || fits {
        return Ok(given);
    }
    Err(refusal(code).detail(format!("given {}, allowed are {allowed}", quoted(&given))))
}

/// 64 hexadecimal digits, with the runtime before them if it is given.
fn is_container_id(given: &str) -> bool {
    let mut runtimes = ["docker://", "containerd://", "cri-o://"].into_iter();
    let digits = runtimes.find_map(|runtime| given.strip_prefix(runtime)).unwrap_or(given);
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `oss://BUCKET/PREFIX`. A bucket's name has 3 to 63 lower-case letters, digits and hyphens.
fn is_delivery(given: &str) -> bool {
    let rest = given.strip_prefix("oss://").unwrap_or_default();
    let Some((bucket, _)) = rest.split_once('/') else { return false };
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let no_end = |name: &str| name.starts_with('-') || name.ends_with('-');
    (3..=63).contains(&bucket.len()) && bucket.bytes().all(legal) && !no_end(bucket)
}

/// A name as container runtimes allow it.
fn is_container_name(given: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    given.bytes().all(legal) && given.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// Parameters as JSON text. The command must have a parameter of each name, in any letter case.
fn parameters(params: &Params, command: &Command) -> Result<String, ApiError> {
    let given = params.get("Parameters").unwrap_or("{}");
    let Fields(parsed) = serde_json::from_str(given).map_err(|error| {
        ApiError::invalid("Parameters", format!("allowed is a JSON object: {error}"))
    })?;
    let names = command.parameter_names();
    let is = |key: &String, name: &String| key.eq_ignore_ascii_case(name);
    let keys = || parsed.iter().map(|(key, _)| key);
    let twice = |key: &String| keys().filter(|other| is(key, other)).count() > 1;
    let unknown = |key: &String| !names.iter().any(|name| is(key, name));
    let nested = |value: &Value| matches!(value, Value::Array(_) | Value::Object(_) | Value::Null);
    if !parsed.is_empty() && !command.enable_parameter {
        Err(refusal("Parameter.Disabled"))
    } else if parsed.len() > PARAMETERS.0 {
        Err(refusal("ParameterCount.ExceedLimit"))
    } else if keys().any(|key| key.chars().count() > PARAMETERS.1) {
        Err(refusal("ParameterKey.ExceedLimit"))
    } else if keys().any(twice) {
        Err(refusal("ParameterKey.Duplicate"))
    } else if keys().any(unknown) {
        Err(refusal("Parameter.NotMatched"))
    } else if parsed.iter().any(|(_, value)| nested(value)) {
        Err(refusal("ParameterType.NotSupported"))
    } else {
        command.check_filled(&parsed)?;
        Ok(given.to_owned())
    }
}

/// The fields of a JSON object, also those whose names are equal.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Fields {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Fields, A::Error> {
        while let Some(field) = map.next_entry()? {
            self.0.push(field);
        }
        Ok(self)
    }
}
