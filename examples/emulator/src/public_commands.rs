//! Public commands, which the provider of the service offers to every account: from files in the
//! form of an answer of DescribeCommands.

use std::collections::BTreeSet;

use invodex::CommandType;
use serde::Deserialize;

use crate::command::{self, Command};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    commands: List,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    command: Vec<Command>,
}

/// Adds the commands of a file, the newest first, to `commands`, the oldest first. The error names the
/// field, the given value and the allowed ones.
pub(crate) fn load(bytes: &[u8], commands: &mut Vec<Command>) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let answer: Answer =
        serde_path_to_error::deserialize(&mut json).map_err(|error| error.to_string())?;
    json.end().map_err(|error| error.to_string())?;
    for (at, mut command) in answer.commands.command.into_iter().enumerate().rev() {
        command.content.retain(|c| !matches!(c, '\r' | '\n'));
        check(&command).map_err(|error| format!("Commands.Command[{at}].{error}"))?;
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
    let Command { id, name, provider, command_type, .. } = command;
    let needed = [("CommandId", id), ("Name", name), ("Provider", provider)];
    if let Some((name, _)) = needed.iter().find(|(_, value)| value.is_empty()) {
        return Err(format!("{name} is empty"));
    }
    if CommandType::from_name(command_type).is_none() {
        let allowed = "allowed are RunShellScript, RunBatScript and RunPowerShellScript";
        return Err(format!("Type is {command_type:?}; {allowed}"));
    }
    if command::decode(&command.content).is_none() {
        return Err("CommandContent is no Base64".to_owned());
    }
    command.check().map_err(|error| error.to_string())
}

/// The command of an id or a name; of several versions the latest.
pub(crate) fn find<'a>(commands: &'a [Command], id: &str) -> Option<&'a Command> {
    let named = commands.iter().filter(|command| command.id == id || command.name == id);
    named.max_by_key(|command| (command.latest, command.version))
}
