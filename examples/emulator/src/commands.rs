//! Saved commands: CreateCommand, DescribeCommands, DeleteCommand. The library has no saved
//! commands; each of its records has a copy of its command.

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use invodex::{CommandType, Config, InstanceRun, Invocation, Store, Tag, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::actions::check_region_and_tags;
use crate::error::ApiError;
use crate::params::Params;
use crate::tenants::Tenant;

/// Maximum number of saved commands in a store.
const MOST: usize = 10_000;
/// Maximum number of parameters in a command's content, and maximum length of their names in bytes.
const PARAMETERS: (usize, usize) = (20, 64);

/// A command. Fields are named as the parameters that set them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Command {
    pub(crate) id: String,
    pub(crate) region_id: String,
    resource_group_id: String,
    pub(crate) name: String,
    description: String,
    command_type: String,
    /// In Base64.
    content: String,
    pub(crate) working_dir: String,
    pub(crate) timeout: u32,
    pub(crate) launcher: String,
    pub(crate) enable_parameter: bool,
    tags: Vec<(String, String)>,
    /// In seconds; set when the command is saved.
    creation_time: u32,
    pub(crate) invoke_times: u64,
}

/// The encoding of CommandContent if ContentEncoding is missing or unknown.
#[derive(Clone, Copy)]
pub(crate) enum DefaultEncoding {
    PlainText,
    Base64,
}

impl Command {
    /// Reads a command from the parameters and validates it.
    pub(crate) fn read(
        id: String,
        params: &Params,
        default: DefaultEncoding,
    ) -> Result<Self, ApiError> {
        let command_type = params.require("Type")?;
        if CommandType::from_name(command_type).is_none() {
            return Err(ApiError::new(
                StatusCode::NOT_FOUND,
                "InvalidCmdType.NotFound",
                "The specified command type does not exist.",
            ));
        }
        let given = params.require("CommandContent")?;
        let encoding = params.get("ContentEncoding").unwrap_or_default();
        let is_base64 = encoding.eq_ignore_ascii_case("Base64")
            || matches!(default, DefaultEncoding::Base64)
                && !encoding.eq_ignore_ascii_case("PlainText");
        let content = if is_base64 {
            BASE64_STANDARD.decode(given).map_err(|_| {
                ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "CmdContent.DecodeError",
                    "The CommandContent can not be base64 decoded.",
                )
            })?
        } else {
            given.as_bytes().to_vec()
        };
        let command = Command {
            id,
            region_id: params.text("RegionId"),
            resource_group_id: params.text("ResourceGroupId"),
            name: params.text("Name"),
            description: params.text("Description"),
            command_type: command_type.to_owned(),
            content: BASE64_STANDARD.encode(&content),
            working_dir: params.text("WorkingDir"),
            timeout: params.number("Timeout")?.unwrap_or(60),
            launcher: params.text("Launcher"),
            enable_parameter: params.flag("EnableParameter")?,
            tags: params.tags(),
            creation_time: 0,
            invoke_times: 0,
        };
        command.check_parameter_names()?;
        Ok(command)
    }

    /// A record of the command, without runs.
    pub(crate) fn invocation(&self, invoke_id: &str) -> Invocation {
        let mut record = Invocation::new(&self.region_id, invoke_id, &self.id);
        record.command_name = self.name.clone();
        record.command_description = self.description.clone();
        record.command_content = self.content();
        record.resource_group_id = self.resource_group_id.clone();
        record.working_dir = self.working_dir.clone();
        record.timeout = Some(self.timeout);
        record.launcher = self.launcher.clone();
        record.command_type =
            CommandType::from_name(&self.command_type).unwrap_or(CommandType::RunShellScript);
        record
    }

    fn content(&self) -> Vec<u8> {
        BASE64_STANDARD.decode(&self.content).unwrap_or_default()
    }

    /// The distinct parameter names between `{{` and `}}`, without the service's own (`ACS::`).
    /// Stops at one name above the limit.
    pub(crate) fn parameter_names(&self) -> Vec<String> {
        let content = self.content();
        let content = String::from_utf8_lossy(&content);
        let mut names: Vec<String> = Vec::new();
        let pieces = content.split("{{").skip(1).filter_map(|piece| piece.split_once("}}"));
        for name in pieces.map(|(name, _)| name.trim()).filter(|name| !name.starts_with("ACS::")) {
            if names.len() > PARAMETERS.0 {
                break;
            }
            if self.enable_parameter && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    fn check_parameter_names(&self) -> Result<(), ApiError> {
        let names = self.parameter_names();
        let refuse = |status, code: &'static str, message: &'static str| {
            Err(ApiError::new(status, code, message))
        };
        if names.len() > PARAMETERS.0 {
            return refuse(
                StatusCode::FORBIDDEN,
                "CmdParamCount.ExceedLimit",
                "The maximum number of custom parameters is exceeded.",
            );
        }
        for name in names {
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if name.is_empty() {
                return refuse(
                    StatusCode::BAD_REQUEST,
                    "CmdParam.EmptyKey",
                    "You must specify the parameter names.",
                );
            }
            if name.len() > PARAMETERS.1 {
                return refuse(
                    StatusCode::FORBIDDEN,
                    "CmdParamName.ExceedLimit",
                    "The maximum length of a parameter name is exceeded.",
                );
            }
            if !name.bytes().all(legal) {
                return refuse(
                    StatusCode::BAD_REQUEST,
                    "CmdParam.InvalidParamName",
                    "Invalid parameter name. The name can contain only lowercase letters (a to \
                     z), uppercase letters (A to Z), numbers (0 to 9), hyphens (-), and \
                     underscores (_).",
                );
            }
        }
        Ok(())
    }

    fn json(&self, plain: bool) -> Value {
        let content = match plain {
            true => String::from_utf8_lossy(&self.content()).into_owned(),
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
            "Category": "", "Provider": "", "Version": 1, "Latest": true,
        })
    }
}

/// The commands of a store, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Commands(Vec<Command>);

impl Commands {
    pub(crate) fn check_room(&self) -> Result<(), ApiError> {
        if self.0.len() >= MOST {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "CmdCount.ExceedQuota",
                "The total number of commands in the current region exceeds the quota.",
            ));
        }
        Ok(())
    }

    pub(crate) fn keep(&mut self, mut command: Command, now: Timestamp) {
        command.creation_time = now.as_secs();
        self.0.push(command);
    }

    pub(crate) fn find(&mut self, region_id: &str, id: &str) -> Result<&mut Command, ApiError> {
        let mut commands = self.0.iter_mut();
        commands
            .find(|known| known.id == id && known.region_id == region_id)
            .ok_or_else(ApiError::unknown_command)
    }
}

pub(crate) fn create(tenant: &Tenant, params: &Params) -> Result<Value, ApiError> {
    check_region_and_tags(tenant, params)?;
    params.require("Name")?;
    let id = tenant.ids.command_id();
    let command = Command::read(id.clone(), params, DefaultEncoding::Base64)?;
    // An empty store validates a record as any other store does.
    let mut probe = command.invocation("probe");
    probe.instances.push(InstanceRun::new("probe"));
    Store::new(Config { capacity: 0, ..Config::default() }, Timestamp::MIN)
        .accept(&probe)
        .map_err(documented)?;
    let now = tenant.store.read(Store::now);
    let commands = &mut tenant.state().commands;
    commands.check_room()?;
    commands.keep(command, now);
    tenant.touch();
    Ok(json!({"CommandId": id}))
}

pub(crate) fn delete(tenant: &Tenant, params: &Params) -> Result<Value, ApiError> {
    check_region_and_tags(tenant, params)?;
    let (region_id, id) = (params.require("RegionId")?, params.require("CommandId")?);
    let commands = &mut tenant.state().commands;
    commands.find(region_id, id)?;
    commands.0.retain(|known| known.id != id);
    tenant.touch();
    Ok(json!({}))
}

/// DescribeCommands, newest first. A token is the number of commands before the page.
pub(crate) fn describe(tenant: &Tenant, params: &Params) -> Result<Value, ApiError> {
    check_region_and_tags(tenant, params)?;
    let region_id = params.require("RegionId")?;
    let in_range = |name: &str, most: u32, default: u32| match params.number(name)? {
        None => Ok(default),
        Some(number) if (1..=most).contains(&number) => Ok(number),
        Some(_) => Err(ApiError::invalid(name, format!("allowed 1 to {most}"))),
    };
    let page_number = in_range("PageNumber", i32::MAX as u32, 1)?;
    let page_size = in_range("PageSize", 50, 10)?;
    let max_results = in_range("MaxResults", 50, page_size)? as usize;
    let start = match params.number("NextToken")? {
        Some(start) => start as usize,
        None => (page_number as usize - 1) * max_results,
    };
    let plain = params.get("ContentEncoding") == Some("PlainText");
    let tags: Vec<_> = params.tags();

    let state = tenant.state();
    let has = |name: &str, value: &str| params.get(name).is_none_or(|asked| asked == value);
    let matches = |command: &&Command| {
        command.region_id == region_id
            && has("CommandId", &command.id)
            && has("Name", &command.name)
            && has("Type", &command.command_type)
            && has("ResourceGroupId", &command.resource_group_id)
            && tags.iter().all(|tag| command.tags.contains(tag))
    };
    let matching: Vec<&Command> = state.commands.0.iter().rev().filter(matches).collect();
    let page = matching.iter().skip(start).take(max_results);
    let end = start + max_results;
    let next = if end < matching.len() { end.to_string() } else { String::new() };
    Ok(json!({
        "PageNumber": page_number,
        "PageSize": max_results,
        "TotalCount": matching.len(),
        "NextToken": next,
        "Commands": {"Command": page.map(|command| command.json(plain)).collect::<Vec<_>>()},
    }))
}

pub(crate) fn record_tags(params: &Params) -> Vec<Tag> {
    params.tags().into_iter().map(|(key, value)| Tag::new(key, value)).collect()
}

/// Translates the store's error for a field into the API's own code, where there is one.
pub(crate) fn documented(error: invodex::Error) -> ApiError {
    let (code, message) = match error.code() {
        "InvalidParameter.CommandContent" => {
            ("CmdContent.ExceedLimit", "The length of the command content exceeds the upper limit.")
        }
        "InvalidParameter.CommandName" => {
            ("CmdName.ExceedLimit", "The length of the command name exceeds the upper limit.")
        }
        "InvalidParameter.CommandDescription" => (
            "CmdDesc.ExceedLimit",
            "The length of the command description exceeds the upper limit.",
        ),
        "InvalidParameter.Username" => {
            ("Username.ExceedLimit", "The length of the username exceeds the upper limit.")
        }
        "InvalidParameter.Launcher" => (
            "InvalidLauncher.LengthLimitExceeded",
            "The length of the parameter Launcher exceeds the limit of 1 KB characters.",
        ),
        "InvalidParameter.InstanceId" => {
            ("InstanceIds.ExceedLimit", "The number of instance IDs exceeds the upper limit.")
        }
        _ => return error.into(),
    };
    ApiError::new(StatusCode::FORBIDDEN, code, message).recommend(error.detail())
}
