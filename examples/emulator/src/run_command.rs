//! RunCommand and InvokeCommand: build a record from the parameters and accept it.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use axum::http::StatusCode;
use invodex::{InstanceRun, RepeatMode, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::actions::check_region_and_tags;
use crate::commands::{Command, DefaultEncoding, documented, record_tags};
use crate::error::ApiError;
use crate::ids::fnv1a;
use crate::outcomes;
use crate::params::Params;
use crate::tenants::Tenant;

/// Maximum length of a ClientToken in characters, and maximum number of remembered tokens.
const TOKEN_CHARS: usize = 64;
const TOKENS: usize = 1_000;
/// Maximum number of parameters of a run, and maximum length of their names in characters.
const PARAMETERS: (usize, usize) = (10, 64);

pub(crate) fn run_command(tenant: &Arc<Tenant>, params: &Params) -> Result<Value, ApiError> {
    check_region_and_tags(tenant, params)?;
    once(tenant, params, "RunCommand", || {
        let id = tenant.ids.command_id();
        let command = Command::read(id.clone(), params, DefaultEncoding::PlainText)?;
        let keep = params.flag("KeepCommand")?;
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
    check_region_and_tags(tenant, params)?;
    once(tenant, params, "InvokeCommand", || {
        let (region_id, id) = (params.require("RegionId")?, params.require("CommandId")?);
        let mut command = tenant.state().commands.find(region_id, id)?.clone();
        if let Some(working_dir) = params.get("WorkingDir") {
            command.working_dir = working_dir.to_owned();
        }
        if let Some(launcher) = params.get("Launcher") {
            command.launcher = launcher.to_owned();
        }
        command.timeout = params.number("Timeout")?.unwrap_or(command.timeout);
        let invoke_id = run(tenant, params, &command)?;
        if let Ok(command) = tenant.state().commands.find(region_id, id) {
            command.invoke_times += 1;
        }
        Ok(json!({"InvokeId": invoke_id}))
    })
}

/// Accepts a run of `command` and starts its script, if it has one.
fn run(tenant: &Arc<Tenant>, params: &Params, command: &Command) -> Result<String, ApiError> {
    let (repeat_mode, frequency) = schedule(params)?;
    let invoke_id = tenant.ids.invoke_id();
    let mut record = command.invocation(&invoke_id);
    record.repeat_mode = repeat_mode;
    record.frequency = frequency;
    record.parameters = parameters(params, command)?;
    if let Some(group) = params.get("ResourceGroupId") {
        record.resource_group_id = group.to_owned();
    }
    record.username = params.text("Username");
    record.container_id = params.text("ContainerId");
    record.container_name = params.text("ContainerName");
    record.termination_mode = params.text("TerminationMode");
    record.oss_output_delivery = params.text("OssOutputDelivery");
    record.tags = record_tags(params);
    record.instances = params.list("InstanceId").into_iter().map(InstanceRun::new).collect();

    tenant.store.accept(&record).map_err(documented)?;
    tenant.touch();
    outcomes::start(tenant, &record);
    Ok(invoke_id)
}

/// RepeatMode and Frequency. A Frequency makes the task periodic, whatever RepeatMode says.
fn schedule(params: &Params) -> Result<(RepeatMode, String), ApiError> {
    let given = params.get("RepeatMode").map(|name| {
        RepeatMode::from_name(name).ok_or_else(|| {
            let names: Vec<_> = RepeatMode::ALL.iter().map(|mode| mode.as_str()).collect();
            ApiError::invalid("RepeatMode", format!("allowed {}", names.join(", ")))
        })
    });
    let mode = given.transpose()?.unwrap_or(RepeatMode::Once);
    let timed = params.flag("Timed")? || mode == RepeatMode::Period;
    let forbidden = |code, message| Err(ApiError::new(StatusCode::FORBIDDEN, code, message));
    match params.get("Frequency") {
        None if timed => forbidden(
            "MissingParam.Frequency",
            "The frequency must be specified when you create a timed task.",
        ),
        None => Ok((mode, String::new())),
        Some(frequency) if is_schedule(frequency) => Ok((RepeatMode::Period, frequency.to_owned())),
        Some(_) => forbidden("InvalidParam.Frequency", "The specified frequency is invalid."),
    }
}

/// `rate(...)`, `at(...)`, or a cron expression by its number of fields.
fn is_schedule(frequency: &str) -> bool {
    let call = |name: &str| frequency.starts_with(name) && frequency.ends_with(')');
    call("rate(") || call("at(") || (6..=8).contains(&frequency.split_whitespace().count())
}

/// Parameters as JSON text. The command must have a parameter of each name.
fn parameters(params: &Params, command: &Command) -> Result<String, ApiError> {
    let Some(given) = params.get("Parameters") else { return Ok("{}".to_owned()) };
    let parsed: Map<String, Value> = serde_json::from_str(given).map_err(|error| {
        ApiError::invalid("Parameters", format!("allowed is a JSON object: {error}"))
    })?;
    if !parsed.is_empty() && !command.enable_parameter {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "Parameter.Disabled",
            "Parameters cannot be passed in when the command customization function is disabled.",
        ));
    }
    let names = command.parameter_names();
    let refused = if parsed.len() > PARAMETERS.0 {
        ("ParameterCount.ExceedLimit", "The maximum number of parameters is exceeded.")
    } else if parsed.keys().any(|key| key.chars().count() > PARAMETERS.1) {
        ("ParameterKey.ExceedLimit", "The maximum length of a parameter name is exceeded.")
    } else if parsed.keys().any(|key| !names.contains(key)) {
        (
            "Parameter.NotMatched",
            "The passed-in parameters do not match the parameters defined when you created the \
             command.",
        )
    } else {
        return Ok(given.to_owned());
    };
    Err(ApiError::new(StatusCode::FORBIDDEN, refused.0, refused.1))
}

/// The answers to the latest requests with a ClientToken, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Answered(VecDeque<(String, u64, Value)>);

/// Runs `action`, or gives the answer that the same ClientToken got before.
fn once(
    tenant: &Tenant,
    params: &Params,
    name: &str,
    action: impl FnOnce() -> Result<Value, ApiError>,
) -> Result<Value, ApiError> {
    let Some(token) = params.get("ClientToken") else { return action() };
    if token.len() > TOKEN_CHARS || !token.is_ascii() {
        return Err(ApiError::invalid(
            "ClientToken",
            format!("allowed at most {TOKEN_CHARS} ASCII characters"),
        ));
    }
    // Held all the time, so that of two requests at once the second waits for the answer.
    let _once = tenant.once.lock().unwrap_or_else(PoisonError::into_inner);
    let print = fingerprint(params, name);
    let known = tenant.state().answered.0.iter().find(|(known, ..)| known == token).cloned();
    if let Some((_, before, answer)) = known {
        return match before == print {
            true => Ok(answer),
            false => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "IdempotentParameterMismatch",
                "The request is retried with updated parameters.",
            )),
        };
    }
    let answer = action()?;
    let answered = &mut tenant.state().answered.0;
    if answered.len() >= TOKENS {
        answered.pop_front();
    }
    answered.push_back((token.to_owned(), print, answer.clone()));
    Ok(answer)
}

/// A hash of what a request asks for, which is the same when it is signed again.
fn fingerprint(params: &Params, action: &str) -> u64 {
    let signature = ["Signature", "SignatureNonce", "Timestamp", "Action"];
    let mut pairs: Vec<_> = params.pairs().filter(|(name, _)| !signature.contains(name)).collect();
    pairs.sort_unstable();
    fnv1a(format!("{action}{pairs:?}").as_bytes())
}
