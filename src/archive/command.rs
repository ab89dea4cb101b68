//! A command in an archive: the settings of a run request and the body, in one entry.

use super::code::{Fault, Fields, MODES, TYPES, code_of, put_bytes, put_number};
use crate::model::Invocation;
use crate::store::validate;
use crate::table::{CommandBody, RunSettings, Setting as S};

/// Appends the fields of a command.
pub(super) fn put(settings: &RunSettings, body: &CommandBody, out: &mut Vec<u8>) {
    put_bytes(settings.text(S::CommandId).as_bytes(), out);
    put_bytes(body.command_name().as_bytes(), out);
    put_bytes(settings.text(S::CommandDescription).as_bytes(), out);
    put_bytes(body.command_content(), out);
    put_bytes(body.parameters().as_bytes(), out);
    put_bytes(settings.text(S::Frequency).as_bytes(), out);
    put_bytes(settings.text(S::WorkingDir).as_bytes(), out);
    put_bytes(settings.text(S::Username).as_bytes(), out);
    put_bytes(settings.text(S::ContainerId).as_bytes(), out);
    put_bytes(settings.text(S::ContainerName).as_bytes(), out);
    put_bytes(settings.text(S::Launcher).as_bytes(), out);
    put_bytes(settings.text(S::TerminationMode).as_bytes(), out);
    put_bytes(settings.text(S::OssOutputDelivery).as_bytes(), out);
    out.push(code_of(TYPES, &settings.command_type));
    out.push(code_of(MODES, &settings.repeat_mode));
    put_number(settings.timeout.unwrap_or(0).into(), out);
}

/// Reads the fields that [`put`] wrote. All other fields of the returned record are empty.
pub(super) fn take(fields: &mut Fields<'_>) -> Result<Invocation, Fault> {
    let mut command = Invocation::new("", "", fields.text("CommandId")?);
    command.command_name = fields.text("CommandName")?.into();
    command.command_description = fields.text("CommandDescription")?.into();
    command.command_content = fields.bytes()?.into();
    command.parameters = fields.text("Parameters")?.into();
    command.frequency = fields.text("Frequency")?.into();
    command.working_dir = fields.text("WorkingDir")?.into();
    command.username = fields.text("Username")?.into();
    command.container_id = fields.text("ContainerId")?.into();
    command.container_name = fields.text("ContainerName")?.into();
    command.launcher = fields.text("Launcher")?.into();
    command.termination_mode = fields.text("TerminationMode")?.into();
    command.oss_output_delivery = fields.text("OssOutputDelivery")?.into();
    command.command_type = fields.code("CommandType", TYPES)?;
    command.repeat_mode = fields.code("RepeatMode", MODES)?;
    command.timeout = Some(fields.small("Timeout")?).filter(|&timeout| timeout != 0);
    validate::command(&command)?;
    Ok(command)
}
