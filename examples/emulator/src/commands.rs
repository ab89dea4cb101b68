//! The commands of a store: CreateCommand, DescribeCommands, DeleteCommand. The library has no saved
//! commands; each of its records has a copy of its command.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use invodex::{CommandType, Error, Store};
use serde_json::{Value, json};

use crate::command::Command;
use crate::error::{ApiError, refusal};
use crate::ids::fnv1a;
use crate::params::Params;
use crate::pattern::fits;
use crate::tenants::Tenant;

/// Maximum length of the filters Name and Description in characters.
const FILTERS: [(&str, usize); 2] = [("Name", 128), ("Description", 512)];
/// The provider whose name stands before that of each of its parts.
const VENDOR: &str = "AlibabaCloud";
/// Parameters of DescribeCommands that may differ from page to page.
const PAGING: [&str; 5] = ["NextToken", "MaxResults", "PageNumber", "PageSize", "ContentEncoding"];

pub(crate) fn create(tenant: &Tenant, params: &Params) -> Result<Value, ApiError> {
    params.check(&tenant.store, &[])?;
    tenant.answered.once(params, "CreateCommand", || {
        params.require("Name")?;
        let id = tenant.ids.command_id();
        let command = Command::read(id.clone(), params, "Base64", true)?;
        command.check().map_err(documented)?;
        let now = tenant.store.read(Store::now);
        let commands = &mut tenant.state().commands;
        commands.check_room()?;
        commands.keep(command, now);
        tenant.touch();
        Ok(json!({"CommandId": id}))
    })
}

pub(crate) fn delete(tenant: &Tenant, params: &Params) -> Result<Value, ApiError> {
    params.check(&tenant.store, &[])?;
    let (region_id, id) = (params.require("RegionId")?, params.require("CommandId")?);
    tenant.state().commands.remove(region_id, id)?;
    tenant.touch();
    Ok(json!({}))
}

/// DescribeCommands, newest first: with a Provider the public commands, else those of the account.
pub(crate) fn describe(tenant: &Tenant, params: &Params) -> Result<Value, ApiError> {
    // Pages are asked for as those of the two queries.
    params.check(&tenant.store, &["MaxResults", "NextToken", "PageNumber", "PageSize"])?;
    let region_id = params.require("RegionId")?;
    for (name, most) in FILTERS {
        if params.get(name).is_some_and(|text| text.chars().count() > most) {
            let refused = refusal(&format!("Invalid{name}.LengthLimitExceeded"));
            return Err(refused.detail(format!("allowed are {most} characters")));
        }
    }
    if params.get("Type").is_some_and(|name| CommandType::from_name(name).is_none()) {
        return Err(refusal("InvalidCommandType.NotFound"));
    }
    let latest = params.flag("Latest")?;
    let encoding = params.get("ContentEncoding").unwrap_or_default();
    let plain = encoding.eq_ignore_ascii_case("PlainText");
    let provider = params.get("Provider");
    let tags = params.tagged("Tag.");

    let text = |name: &str, value: &str, fits: fn(&str, &str) -> bool| {
        params.get(name).is_none_or(|asked| fits(asked, value))
    };
    let same = |asked: &str, value: &str| asked == value;
    // A part of the name is enough for public commands.
    let similar = match provider {
        Some(_) => |asked: &str, value: &str| value.contains(asked) || fits(asked, value),
        None => fits,
    };
    let matches = |command: &&Command| {
        let place = match provider {
            Some(asked) => is_of(asked, &command.provider) && (command.latest || !latest),
            None => command.region_id == region_id,
        };
        place
            && text("CommandId", &command.id, same)
            && text("Name", &command.name, similar)
            && text("Description", &command.description, similar)
            && text("Type", &command.command_type, same)
            && text("ResourceGroupId", &command.resource_group_id, same)
            && tags.get_tags().all(|(key, value)| {
                let mut tags = command.tags.iter().filter(|tag| tag.0 == key);
                tags.any(|tag| value.is_none_or(|value| tag.1 == value))
            })
    };
    let state = tenant.state_to_read();
    let list =
        if provider.is_some() { &*tenant.settings.public_commands } else { state.commands.all() };
    let matching: Vec<&Command> = list.iter().rev().filter(matches).collect();

    let number = |name: &str, default| Ok::<_, ApiError>(params.number(name)?.unwrap_or(default));
    let by_token =
        params.get("MaxResults").is_some() || params.pairs().any(|(name, _)| name == "NextToken");
    let (page_number, size, start) = if by_token {
        let token = params.get("NextToken").map(|token| read_token(token, params));
        let before = token.transpose()?.unwrap_or(u64::MAX);
        let start = matching.partition_point(|command| command.number >= before);
        (1, number("MaxResults", 10)?, start)
    } else {
        let (page, size) = (number("PageNumber", 1)?, number("PageSize", 10)?);
        (page, size, (page as usize - 1) * size as usize)
    };
    let page = matching.get(start..).unwrap_or_default();
    let (page, later) = page.split_at(page.len().min(size as usize));
    let next = match page.last() {
        Some(last) if !later.is_empty() => write_token(last.number, params),
        _ => String::new(),
    };
    Ok(json!({
        "PageNumber": page_number,
        "PageSize": size,
        "TotalCount": if by_token { 0 } else { matching.len() },
        "NextToken": next,
        "Commands": {"Command": page.iter().map(|it| it.json(plain)).collect::<Vec<_>>()},
    }))
}

/// Whether a public command of `provider` is one of those asked for.
fn is_of(asked: &str, provider: &str) -> bool {
    let part = || provider.strip_prefix(VENDOR).is_some_and(|rest| rest.starts_with('.'));
    fits(asked, provider) || asked == VENDOR && part()
}

/// A token: the number of the last command of a page, and a hash of that and of the filters. It
/// stays right when commands are added or deleted.
fn write_token(number: u64, params: &Params) -> String {
    let mut asked = params.asked();
    asked.retain(|name, _| !PAGING.contains(name));
    let hash = fnv1a(format!("{number}{asked:?}").as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode([number.to_be_bytes(), hash.to_be_bytes()].concat())
}

fn read_token(token: &str, params: &Params) -> Result<u64, ApiError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
    let number = bytes.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
    number.filter(|number| write_token(*number, params) == token).ok_or_else(|| {
        let allowed = "allowed is the NextToken of an answer to a request with the same filters";
        ApiError::invalid("NextToken", allowed)
    })
}

/// Translates the store's error for a field into the API's own code, where there is one.
pub(crate) fn documented(error: Error) -> ApiError {
    let code = match error.code() {
        "InvalidParameter.CommandContent" => "CmdContent.ExceedLimit",
        "InvalidParameter.CommandName" => "CmdName.ExceedLimit",
        "InvalidParameter.CommandDescription" => "CmdDesc.ExceedLimit",
        "InvalidParameter.Username" => "Username.ExceedLimit",
        "InvalidParameter.Launcher" => "InvalidLauncher.LengthLimitExceeded",
        "MissingParameter.InstanceId" => "MissingParam.InstanceId",
        "InvalidParameter.InstanceId" => "InstanceIds.ExceedLimit",
        _ => return error.into(),
    };
    refusal(code).detail(error.detail())
}
