//! A command in an archive: the settings of a run request and the body, in one entry.

use super::code::{Fault, Fields, put_bytes, put_number};
use crate::model::{COMMAND_TEXT_FIELDS, CommandType, Invocation, RepeatMode};
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
    out.push(settings.command_type as u8);
    out.push(settings.repeat_mode as u8);
    put_number(settings.timeout.unwrap_or(0).into(), out);
}

/// Reads the fields that [`put`] wrote. All other fields of the returned record are empty.
pub(super) fn take(fields: &mut Fields<'_>) -> Result<Invocation, Fault> {
    let mut command = Invocation::new("", "", "");
    for field in COMMAND_TEXT_FIELDS {
        *(field.get_mut)(&mut command) = fields.text(field.name)?.into();
        if field.name == "CommandDescription" {
            command.command_content = fields.bytes()?.into();
        }
    }
    command.command_type = fields.code("CommandType", CommandType::ALL)?;
    command.repeat_mode = fields.code("RepeatMode", RepeatMode::ALL)?;
    command.timeout = Some(fields.small("Timeout")?).filter(|&timeout| timeout != 0);
    validate::command(&command)?;
    Ok(command)
}
