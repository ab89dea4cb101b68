//! A command: its parameters are read and checked by the documentation. And the kept commands of a store.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use invodex::{CommandType, Error, InstanceRun, Invocation, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{ApiError, quoted, refusal};
use crate::params::Params;

/// Maximum length of a content as Base64: of a command that runs, and of one that is kept.
const CONTENT: (usize, usize) = (24 * 1_024, 18 * 1_024);
/// Allowed Timeout, and that of a command without one, in seconds.
const TIMEOUT: (u32, u32) = (10, 86_400);
const DEFAULT_TIMEOUT: u32 = 60;
/// Maximum number of parameters in a command's content, and maximum length of their names in bytes.
const PARAMETERS: (usize, usize) = (20, 64);
/// Maximum number of kept commands in a store.
const MOST: usize = 10_000;
/// The parameters that the service fills in.
const BUILT_IN: &str = "ACS::RegionId, ACS::AccountId, ACS::InstanceId, ACS::InstanceName, \
                        ACS::InvokeId, ACS::CommandId";

/// A command, in the form of the archive. Fields that a file of `--commands` has too have its names.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default = "missing")]
pub(crate) struct Command {
    #[serde(rename = "CommandId")]
    pub(crate) id: String,
    /// Its place in the list, which tokens name.
    #[serde(rename = "number")]
    pub(crate) number: u64,
    pub(crate) region_id: String,
    pub(crate) resource_group_id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    #[serde(rename = "Type")]
    pub(crate) command_type: String,
    /// In Base64.
    #[serde(rename = "CommandContent")]
    pub(crate) content: String,
    pub(crate) working_dir: String,
    pub(crate) timeout: u32,
    pub(crate) launcher: String,
    pub(crate) enable_parameter: bool,
    #[serde(rename = "tags")]
    pub(crate) tags: Vec<(String, String)>,
    /// In seconds; set when the command is saved.
    #[serde(rename = "created")]
    pub(crate) creation_time: u32,
    pub(crate) invoke_times: u64,
    /// Empty, except for a public command.
    pub(crate) provider: String,
    pub(crate) category: String,
    pub(crate) version: u32,
    pub(crate) latest: bool,
}

/// The fields that are neither empty nor zero where they are missing.
fn missing() -> Command {
    Command { timeout: DEFAULT_TIMEOUT, version: 1, latest: true, ..Command::default() }
}

impl Command {
    /// Reads a command from the parameters and validates it. The ContentEncoding is `default` if it is
    /// missing or unknown. The limit of its content depends on whether it is `kept`.
    pub(crate) fn read(
        id: String,
        params: &Params,
        default: &str,
        kept: bool,
    ) -> Result<Self, ApiError> {
        let command_type = params.require("Type")?;
        if CommandType::from_name(command_type).is_none() {
            return Err(refusal("InvalidCmdType.NotFound"));
        }
        let given = params.require("CommandContent")?;
        let encoding = params.get("ContentEncoding").unwrap_or_default();
        let mut known = ["PlainText", "Base64"].into_iter();
        let encoding = known.find(|known| known.eq_ignore_ascii_case(encoding));
        let content = match encoding.unwrap_or(default) {
            "Base64" => decode(given).ok_or_else(|| refusal("CmdContent.DecodeError"))?,
            _ => given.as_bytes().to_vec(),
        };
        check_length(content.len(), if kept { CONTENT.1 } else { CONTENT.0 })
            .map_err(|detail| refusal("CmdContent.ExceedLimit").detail(detail))?;
        let command = Command {
            id,
            region_id: params.text("RegionId"),
            resource_group_id: params.text("ResourceGroupId"),
            name: params.text("Name"),
            description: params.text("Description"),
            command_type: command_type.to_owned(),
            content: BASE64_STANDARD.encode(&content),
            working_dir: params.text("WorkingDir"),
            timeout: timeout(params)?.unwrap_or(DEFAULT_TIMEOUT),
            launcher: params.text("Launcher"),
            enable_parameter: params.flag("EnableParameter")?,
            tags: params.tags(),
            ..missing()
        };
        command.check_parameter_names()?;
        Ok(command)
    }

    /// Checks that a run can hold the command.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut probe = self.invocation("probe");
        probe.region_id = "probe".to_owned();
        probe.instances.push(InstanceRun::new("probe"));
        probe.check()
    }

    /// A record of the command, without runs.
    pub(crate) fn invocation(&self, invoke_id: &str) -> Invocation {
        let mut record = Invocation::new(&self.region_id, invoke_id, &self.id);
        record.command_name = self.name.clone();
        record.command_description = self.description.clone();
        record.command_content = self.decoded();
        record.resource_group_id = self.resource_group_id.clone();
        record.working_dir = self.working_dir.clone();
        record.timeout = Some(self.timeout);
        record.launcher = self.launcher.clone();
        record.command_type =
            CommandType::from_name(&self.command_type).unwrap_or(CommandType::RunShellScript);
        record
    }

    fn decoded(&self) -> Vec<u8> {
        BASE64_STANDARD.decode(&self.content).unwrap_or_default()
    }

    /// The distinct parameter names, without the built-in ones, as they are first written. Letter
    /// case does not distinguish them. Stops at one name above the limit.
    pub(crate) fn parameter_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        if !self.enable_parameter {
            return names;
        }
        let content = self.decoded();
        let content = String::from_utf8_lossy(&content);
        for (name, _) in placeholders(&content) {
            if names.len() > PARAMETERS.0 {
                break;
            }
            let is_known = names.iter().any(|known| known.eq_ignore_ascii_case(name));
            if !is_known && !is_built_in(name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    fn check_parameter_names(&self) -> Result<(), ApiError> {
        let names = self.parameter_names();
        if names.len() > PARAMETERS.0 {
            return Err(refusal("CmdParamCount.ExceedLimit"));
        }
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        for name in names {
            if name.is_empty() {
                return Err(refusal("CmdParam.EmptyKey"));
            }
            if name.len() > PARAMETERS.1 {
                return Err(refusal("CmdParamName.ExceedLimit"));
            }
            if !name.bytes().all(legal) {
                let detail = format!("given {}; built in are {BUILT_IN}", quoted(&name));
                return Err(refusal("CmdParam.InvalidParamName").detail(detail));
            }
        }
        Ok(())
    }

    /// Checks the length of the content with `values` filled in. A parameter without a value is
    /// empty. Only the length is computed: a content can name a long value often.
    pub(crate) fn check_filled(&self, values: &[(String, Value)]) -> Result<(), ApiError> {
        if !self.enable_parameter {
            return Ok(());
        }
        let content = self.decoded();
        let text = String::from_utf8_lossy(&content);
        let filled = placeholders(&text).fold(content.len(), |length, (name, written)| {
            if is_built_in(name) {
                return length;
            }
            let value = values.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            let value = value.map_or(0, |(_, value)| match value {
                Value::String(text) => text.len(),
                other => other.to_string().len(),
            });
            length.saturating_sub(written) + value
        });
        check_length(filled, CONTENT.0).map_err(|detail| {
            let message = "The maximum length of a command is exceeded.";
            ApiError::new(403, "CmdContent.ExceedLimit", message).detail(detail)
        })
    }

    pub(crate) fn json(&self, plain: bool) -> Value {
        let content = match plain {
            true => String::from_utf8_lossy(&self.decoded()).into_owned(),
            false => self.content.clone(),
        };
        let tag = |(key, value): &(String, String)| json!({"TagKey": key, "TagValue": value});
        json!({
            "CommandId": self.id,
            "Name": self.name,
            "Description": self.description,
            "Type": self.command_type,
            "CommandContent": content,
            "WorkingDir": self.working_dir,
            "Timeout": self.timeout,
            "Launcher": self.launcher,
            "EnableParameter": self.enable_parameter,
            "ParameterNames": {"ParameterName": self.parameter_names()},
            "CreationTime": Timestamp::saturating_from_secs(self.creation_time.into()),
            "InvokeTimes": self.invoke_times,
            "ResourceGroupId": self.resource_group_id,
            "Tags": {"Tag": self.tags.iter().map(tag).collect::<Vec<_>>()},
            "Category": self.category,
            "Provider": self.provider,
            "Version": self.version,
            "Latest": self.latest,
        })
    }
}

/// Decodes Base64, which may be wrapped.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text.replace(['\r', '\n'], "")).ok()
}

/// Checks the length of a content against `most` bytes of Base64. The error is a detail.
fn check_length(length: usize, most: usize) -> Result<(), String> {
    match length.div_ceil(3) * 4 {
        encoded if encoded <= most => Ok(()),
        encoded => Err(format!("given {encoded} bytes of Base64, allowed are {most}")),
    }
}

/// Reads the parameter Timeout.
pub(crate) fn timeout(params: &Params) -> Result<Option<u32>, ApiError> {
    let (least, most) = TIMEOUT;
    match params.number("Timeout")? {
        Some(given) if !(least..=most).contains(&given) => {
            let detail = format!("given {given}, allowed are {least} to {most} seconds");
            Err(refusal("InvalidTimeout.ExceedLimit").detail(detail))
        }
        given => Ok(given),
    }
}

fn is_built_in(name: &str) -> bool {
    BUILT_IN.split(", ").any(|known| known.eq_ignore_ascii_case(name))
}

/// The names between `{{` and `}}`, each with the length of all of it.
fn placeholders(content: &str) -> impl Iterator<Item = (&str, usize)> {
    let pieces = content.split("{{").skip(1).filter_map(|piece| piece.split_once("}}"));
    pieces.map(|(name, _)| (name.trim(), name.len() + 4))
}

/// The commands of a store, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Commands(Vec<Command>);

impl Commands {
    /// The memory of all commands, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let texts = |command: &Command| command.content.len() + command.description.len();
        self.0.iter().map(|command| size_of::<Command>() + texts(command)).sum()
    }

    pub(crate) fn check_room(&self) -> Result<(), ApiError> {
        match self.0.len() {
            MOST.. => Err(refusal("CmdCount.ExceedQuota")),
            _ => Ok(()),
        }
    }

    pub(crate) fn keep(&mut self, mut command: Command, now: Timestamp) {
        command.creation_time = now.as_secs();
        command.number = self.0.last().map_or(0, |last| last.number).saturating_add(1);
        self.0.push(command);
    }

    pub(crate) fn find(&mut self, region_id: &str, id: &str) -> Result<&mut Command, ApiError> {
        let is = |known: &&mut Command| known.id == id && known.region_id == region_id;
        self.0.iter_mut().find(is).ok_or_else(|| refusal("InvalidCmdId.NotFound"))
    }

    pub(crate) fn remove(&mut self, region_id: &str, id: &str) -> Result<(), ApiError> {
        self.find(region_id, id)?;
        self.0.retain(|known| known.id != id);
        Ok(())
    }

    pub(crate) fn all(&self) -> &[Command] {
        &self.0
    }
}
