//! Public commands, which the provider of the service offers to every account: from files in the
//! form of an answer of DescribeCommands.

use std::collections::BTreeSet;

use invodex::CommandType;
use serde_json::Value;

use crate::command::{self, Command};

/// The fields that are read. Others are ignored, and so is a null.
const FIELDS: &str = "Category CommandContent CommandId Description EnableParameter Latest Launcher Name \
                      Provider Timeout Type Version WorkingDir";

/// Those that every command has.
const NEEDED: &str = "CommandId Name Provider Type CommandContent";

/// Adds the commands of a file, the newest first, to `commands`, the oldest first. The error names the
/// field, the given value and the allowed ones.
pub(crate) fn load(bytes: &[u8], commands: &mut Vec<Command>) -> Result<(), String> {
    let mut answer: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let list = answer
        .pointer_mut("/Commands/Command")
        .and_then(Value::as_array_mut)
        .ok_or("Commands.Command: allowed is a list of commands, as DescribeCommands answers it")?;
    for (at, given) in list.iter_mut().enumerate().rev() {
        let named = |error: String| format!("Commands.Command[{at}].{error}");
        if let Some(fields) = given.as_object_mut() {
            let is_read = |name: &str| FIELDS.split(' ').any(|read| read == name);
            fields.retain(|name, value| is_read(name) && !value.is_null());
        }
        let is_missing = |name: &&str| given.get(name).is_none_or(|value| value == "");
        if let Some(name) = NEEDED.split(' ').find(is_missing) {
            return Err(named(format!("{name} is missing or empty")));
        }
        let read = serde_path_to_error::deserialize(given.take());
        let mut command: Command = read.map_err(|error| named(error.to_string()))?;
        command.content.retain(|c| !matches!(c, '\r' | '\n'));
        check(&command).map_err(named)?;
        commands.push(command);
    }
    let mut known = BTreeSet::new();
    for (number, command) in (1..).zip(commands) {
        command.number = number;
        let id = &command.id;
        if !known.insert((id.clone(), command.version)) {
            return Err(format!(
                "CommandId {id:?} is given twice with one Version; allowed is once"
            ));
        }
    }
    Ok(())
}

fn check(command: &Command) -> Result<(), String> {
    let Command { command_type, content, .. } = command;
    if CommandType::from_name(command_type).is_none() {
        let allowed = "allowed are RunShellScript, RunBatScript and RunPowerShellScript";
        return Err(format!("Type is {command_type:?}; {allowed}"));
    }
    if command::decode(content).is_none() {
        return Err("CommandContent is no Base64".to_owned());
    }
    command.check().map_err(|error| error.to_string())
}

/// The command of an id or a name; of several versions the latest.
pub(crate) fn find<'a>(commands: &'a [Command], id: &str) -> Option<&'a Command> {
    let named = commands.iter().filter(|command| command.id == id || command.name == id);
    named.max_by_key(|command| (command.latest, command.version))
}
