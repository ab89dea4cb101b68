//! RunCommand and InvokeCommand: build a record from the parameters and accept it.

use std::fmt;
use std::sync::Arc;

use axum::http::StatusCode;
use invodex::{CommandType, RepeatMode, Store};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

use crate::actions::check_query;
use crate::client_token::once;
use crate::command::{self, Command, DefaultEncoding};
use crate::commands::{documented, record_tags};
use crate::error::{ApiError, quoted};
use crate::params::Params;
use crate::public_commands;
use crate::schedule::Schedule;
use crate::tenants::Tenant;
use crate::{instances, life};

/// Maximum number of parameters of a run, and maximum length of their names in characters.
const PARAMETERS: (usize, usize) = (10, 64);
/// Digits of a container's id.
const CONTAINER_DIGITS: usize = 64;
/// Maximum length of WindowsPasswordName in characters.
const PASSWORD_NAME: usize = 255;

pub(crate) fn run_command(tenant: &Arc<Tenant>, params: &Params) -> Result<Value, ApiError> {
    check_query(tenant, params, &[])?;
    once(tenant, params, "RunCommand", || {
        let id = tenant.ids.command_id();
        let keep = params.flag("KeepCommand")?;
        let command = Command::read(id.clone(), params, DefaultEncoding::PlainText, keep)?;
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
    check_query(tenant, params, &[])?;
    once(tenant, params, "InvokeCommand", || {
        let (region_id, id) = (params.require("RegionId")?, params.require("CommandId")?);
        let own = tenant.state().commands.find(region_id, id).map(|command| command.clone());
        let mut command = own.or_else(|unknown| {
            let public = public_commands::find(&tenant.public_commands, id).ok_or(unknown)?;
            Ok::<_, ApiError>(Command { region_id: region_id.to_owned(), ..public.clone() })
        })?;
        if let Some(working_dir) = params.get("WorkingDir") {
            command.working_dir = working_dir.to_owned();
        }
        if let Some(launcher) = params.get("Launcher") {
            command.launcher = launcher.to_owned();
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
    record.container_id = container_id(params)?;
    record.container_name = container_name(params)?;
    record.termination_mode = termination_mode(params)?;
    record.oss_output_delivery = oss_output_delivery(params)?;
    record.tags = record_tags(params);
    record.instances = instances::chosen(tenant, params)?;

    let accepted = tenant.store.accept(&record).map_err(documented)?;
    tenant.touch();
    // With --capacity 0 the store holds no record.
    if accepted.retained {
        instances::end_unreachable(tenant, &mut record);
        life::begin(tenant, &record);
    }
    Ok(invoke_id)
}

/// RepeatMode and Frequency. A Frequency makes the task periodic, whatever RepeatMode says. Timed
/// has no effect.
fn schedule(
    tenant: &Tenant,
    params: &Params,
    timeout: u32,
) -> Result<(RepeatMode, String), ApiError> {
    let given = params.get("RepeatMode").map(|name| {
        RepeatMode::from_name(name).ok_or_else(|| {
            let names: Vec<_> = RepeatMode::ALL.iter().map(|mode| mode.as_str()).collect();
            let message = "The specified repeat mode does not exist.";
            ApiError::new(StatusCode::NOT_FOUND, "InvalidRepeatMode.NotFound", message)
                .detail(format!("given {}, allowed {}", quoted(name), names.join(", ")))
        })
    });
    let mode = given.transpose()?.unwrap_or(RepeatMode::Once);
    let bad = |code, message| ApiError::new(StatusCode::BAD_REQUEST, code, message);
    match params.get("Frequency") {
        None if mode == RepeatMode::Period => Err(bad(
            "MissingParam.Frequency",
            "The frequency must be specified when you create a timed task.",
        )),
        None => Ok((mode, String::new())),
        Some(frequency) => {
            let now = tenant.store.read(Store::now);
            let schedule = Schedule::parse(frequency, now, tenant.zone);
            let checked = schedule.and_then(|schedule| schedule.check(now, timeout));
            checked.map_err(|wrong| {
                bad("InvalidParam.Frequency", "The specified frequency is invalid.")
                    .detail(format!("given {}: {wrong}", quoted(frequency)))
            })?;
            Ok((RepeatMode::Period, frequency.to_owned()))
        }
    }
}

/// Checks Username and WindowsPasswordName. A command for Windows with a Username other than System
/// needs a WindowsPasswordName.
fn check_user(params: &Params, command: &Command) -> Result<(), ApiError> {
    let refuse = |code, message| Err(ApiError::new(StatusCode::FORBIDDEN, code, message));
    match params.get("WindowsPasswordName") {
        Some(name) if name.chars().count() > PASSWORD_NAME => refuse(
            "WindowsPasswordName.ExceedLimit",
            "The length of the WindowsPasswordName exceeds the upper limit.",
        ),
        None if params.get("Username").is_some_and(|user| user != "System")
            && command.command_type != CommandType::RunShellScript.as_str() =>
        {
            refuse(
                "WindowsPasswordName.Missed",
                "WindowsPasswordName must be specified when you create a Windows task.",
            )
        }
        _ => Ok(()),
    }
}

/// 64 hexadecimal digits, with the runtime before them if it is given.
fn container_id(params: &Params) -> Result<String, ApiError> {
    let given = params.text("ContainerId");
    let runtimes = ["docker://", "containerd://", "cri-o://"];
    let digits = runtimes.iter().find_map(|runtime| given.strip_prefix(runtime)).unwrap_or(&given);
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if given.is_empty() || is_hex && digits.len() == CONTAINER_DIGITS {
        return Ok(given);
    }
    Err(malformed(
        "InvalidContainerId.Malformed",
        "The specified parameter ContainerId is not valid.",
        &given,
        "64 hexadecimal digits, with docker://, containerd:// or cri-o:// before them if you like",
    ))
}

/// A name as container runtimes allow it.
fn container_name(params: &Params) -> Result<String, ApiError> {
    let given = params.text("ContainerName");
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if given.is_empty()
        || given.bytes().all(legal) && given.starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        return Ok(given);
    }
    Err(malformed(
        "InvalidContainerName.Malformed",
        "The specified parameter ContainerName is not valid.",
        &given,
        "letters, digits, _ . and -, the first a letter or a digit",
    ))
}

fn termination_mode(params: &Params) -> Result<String, ApiError> {
    match params.get("TerminationMode").unwrap_or_default() {
        mode @ ("" | "Process" | "ProcessTree") => Ok(mode.to_owned()),
        given => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "InvalidTerminationMode.NotFound",
            "The specified parameter TerminationMode does not exist.",
        )
        .detail(format!("given {}, allowed are Process and ProcessTree", quoted(given)))),
    }
}

/// `oss://BUCKET/PREFIX`. A bucket's name has 3 to 63 lower-case letters, digits and hyphens.
fn oss_output_delivery(params: &Params) -> Result<String, ApiError> {
    let given = params.text("OssOutputDelivery");
    let bucket = given.strip_prefix("oss://").and_then(|rest| rest.split_once('/'));
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_bucket = |name: &str| {
        (3..=63).contains(&name.len())
            && name.bytes().all(legal)
            && !name.starts_with('-')
            && !name.ends_with('-')
    };
    if given.is_empty() || bucket.is_some_and(|(name, _)| is_bucket(name)) {
        return Ok(given);
    }
    Err(malformed(
        "InvalidParameter.OssOutputDelivery",
        "The specified parameter OssOutputDelivery is not valid.",
        &given,
        "oss://BUCKET/PREFIX, the bucket 3 to 63 lower-case letters, digits and hyphens",
    ))
}

fn malformed(code: &'static str, message: &'static str, given: &str, allowed: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, message)
        .detail(format!("given {}, allowed are {allowed}", quoted(given)))
}

/// Parameters as JSON text. The command must have a parameter of each name, in any letter case.
fn parameters(params: &Params, command: &Command) -> Result<String, ApiError> {
    let given = params.get("Parameters").unwrap_or("{}");
    let Fields(parsed) = serde_json::from_str(given).map_err(|error| {
        ApiError::invalid("Parameters", format!("allowed is a JSON object: {error}"))
    })?;
    if !parsed.is_empty() && !command.enable_parameter {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "Parameter.Disabled",
            "Parameters cannot be passed in when the command customization function is disabled.",
        ));
    }
    let names = command.parameter_names();
    let is = |key: &String, name: &String| key.eq_ignore_ascii_case(name);
    let keys = || parsed.iter().map(|(key, _)| key);
    let twice = |key: &String| keys().filter(|other| is(key, other)).count() > 1;
    let refused = if parsed.len() > PARAMETERS.0 {
        ("ParameterCount.ExceedLimit", "The maximum number of parameters is exceeded.")
    } else if keys().any(|key| key.chars().count() > PARAMETERS.1) {
        ("ParameterKey.ExceedLimit", "The maximum length of a parameter name is exceeded.")
    } else if keys().any(twice) {
        ("ParameterKey.Duplicate", "Parameter names cannot be duplicated.")
    } else if keys().any(|key| !names.iter().any(|name| is(key, name))) {
        (
            "Parameter.NotMatched",
            "The passed-in parameters do not match the parameters defined when you created the \
             command.",
        )
    } else if parsed
        .iter()
        .any(|(_, value)| matches!(value, Value::Array(_) | Value::Object(_) | Value::Null))
    {
        ("ParameterType.NotSupported", "The type of parameter value is not supported.")
    } else {
        command.check_filled(&parsed)?;
        return Ok(given.to_owned());
    };
    Err(ApiError::new(StatusCode::FORBIDDEN, refused.0, refused.1))
}

/// The fields of a JSON object, also those whose names are equal.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
