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
    command: Vec<Entry>,
}

/// A command of the file. Other fields are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    command_id: String,
    name: String,
    #[serde(rename = "Type")]
    command_type: String,
    /// In Base64.
    command_content: String,
    provider: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    working_dir: String,
    #[serde(default)]
    launcher: String,
    timeout: Option<u32>,
    #[serde(default)]
    enable_parameter: bool,
    version: Option<u32>,
    latest: Option<bool>,
}

/// Adds the commands of a file, the newest first, to `commands`, the oldest first. The error names the
/// field, the given value and the allowed ones.
pub(crate) fn load(bytes: &[u8], commands: &mut Vec<Command>) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let answer: Answer =
        serde_path_to_error::deserialize(&mut json).map_err(|error| error.to_string())?;
    json.end().map_err(|error| error.to_string())?;
    for (at, entry) in answer.commands.command.into_iter().enumerate().rev() {
        let command = read(entry).map_err(|error| format!("Commands.Command[{at}].{error}"))?;
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

fn read(entry: Entry) -> Result<Command, String> {
    let Entry { command_id, name, provider, command_type, .. } = &entry;
    let needed = [("CommandId", command_id), ("Name", name), ("Provider", provider)];
    if let Some((name, _)) = needed.iter().find(|(_, value)| value.is_empty()) {
        return Err(format!("{name} is empty"));
    }
    if CommandType::from_name(command_type).is_none() {
        let allowed = "allowed are RunShellScript, RunBatScript and RunPowerShellScript";
        return Err(format!("Type is {command_type:?}; {allowed}"));
    }
    if command::decode(&entry.command_content).is_none() {
        return Err("CommandContent is no Base64".to_owned());
    }
    let command = Command {
        id: entry.command_id,
        name: entry.name,
        description: entry.description,
        command_type: entry.command_type,
        content: entry.command_content.replace(['\r', '\n'], ""),
        working_dir: entry.working_dir,
        timeout: entry.timeout.unwrap_or(60),
        launcher: entry.launcher,
        enable_parameter: entry.enable_parameter,
        provider: entry.provider,
        category: entry.category,
        version: entry.version.unwrap_or(1),
        latest: entry.latest.unwrap_or(true),
        ..Command::default()
    };
    command.check().map_err(|error| error.to_string())?;
    Ok(command)
}

/// The command of an id or a name; of several versions the latest.
pub(crate) fn find<'a>(commands: &'a [Command], id: &str) -> Option<&'a Command> {
    let named = commands.iter().filter(|command| command.id == id || command.name == id);
    named.max_by_key(|command| (command.latest, command.version))
}
