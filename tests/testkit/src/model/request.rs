//! Reads a request from wire parameters, with the order in which its errors are found.
//! Part of the naive model: shares nothing with the engine.

use std::collections::BTreeSet;

use super::checks::{TAGS, bad_key, bad_value};
use super::{ModelConfig, ModelError, error};

/// One of the two queries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Lists invocations.
    DescribeInvocations,
    /// Lists the runs of invocations.
    DescribeInvocationResults,
}

impl Operation {
    /// Both.
    pub const ALL: [Operation; 2] =
        [Operation::DescribeInvocations, Operation::DescribeInvocationResults];

    /// The value of `Action`.
    pub fn name(self) -> &'static str {
        match self {
            Operation::DescribeInvocations => "DescribeInvocations",
            Operation::DescribeInvocationResults => "DescribeInvocationResults",
        }
    }
}

/// The effective filters. Ignored ones are absent, and filters that choose the same rows are equal.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filters {
    /// RegionId.
    pub region_id: String,
    /// ResourceGroupId.
    pub resource_group_id: Option<String>,
    /// InvokeId.
    pub invoke_id: Option<String>,
    /// CommandId.
    pub command_id: Option<String>,
    /// CommandName, unless an InstanceId makes it ignored.
    pub command_name: Option<String>,
    /// CommandType.
    pub command_type: Option<String>,
    /// RepeatMode, unless an InstanceId makes it ignored.
    pub repeat_mode: Option<String>,
    /// `Timed` after the rule for an omitted one; `None` restricts nothing.
    pub timed: Option<bool>,
    /// `InvokeStatus`, or `InvokeRecordStatus` of the results.
    pub status: Option<String>,
    /// InstanceId.
    pub instance_id: Option<String>,
    /// Keys, with values if the request has them.
    pub tags: BTreeSet<(String, Option<String>)>,
    /// IncludeHistory.
    pub include_history: bool,
}

/// The requested page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Paging {
    Offset {
        number: u64,
        size: u64,
    },
    /// `None` asks for the first page.
    Token {
        size: u64,
        text: Option<String>,
    },
}

pub(super) struct Request {
    pub(super) operation: Operation,
    pub(super) filters: Filters,
    pub(super) paging: Paging,
    pub(super) plain_text: bool,
    pub(super) include_output: bool,
}

const COMMAND_TYPES: &[&str] = &["RunBatScript", "RunPowerShellScript", "RunShellScript"];
const REPEAT_MODES: &[&str] = &["Once", "Period", "NextRebootOnly", "EveryReboot"];
const STATUSES: &[&str] = &[
    "Running",
    "Finished",
    "Success",
    "Failed",
    "Stopped",
    "Stopping",
    "PartialFailed",
    "Pending",
    "Scheduled",
];
const ENCODINGS: &[&str] = &["PlainText", "Base64"];

/// The parameters of one request.
struct Pairs<'a>(&'a [(String, String)]);

impl Pairs<'_> {
    /// The last value given, empty or not.
    fn given(&self, name: &str) -> Option<String> {
        self.0.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.clone())
    }

    /// The last value given, where an empty one counts as absent.
    fn value(&self, name: &str) -> Option<String> {
        self.given(name).filter(|value| !value.is_empty())
    }

    fn one_of(&self, name: &str, values: &[&str]) -> Result<Option<String>, ModelError> {
        match self.value(name) {
            Some(value) if !values.contains(&value.as_str()) => Err(invalid(name)),
            value => Ok(value),
        }
    }

    fn boolean(&self, name: &str) -> Result<Option<bool>, ModelError> {
        match self.value(name).map(|value| value.to_ascii_lowercase()).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(invalid(name)),
        }
    }

    fn integer(&self, name: &str, most: u64, unset: u64, code: &str) -> Result<u64, ModelError> {
        let Some(value) = self.value(name) else { return Ok(unset) };
        // A minus sign leads to the same error as any other character that is not a digit.
        let digits = value.trim_start_matches('0');
        let is_number = value.chars().all(|digit| digit.is_ascii_digit());
        match digits.parse() {
            Ok(number) if is_number && (1..=most).contains(&number) => Ok(number),
            _ => Err(error(code, name)),
        }
    }
}

fn invalid(name: &str) -> ModelError {
    error(&format!("InvalidParameter.{name}"), name)
}

/// The N of a tag parameter, if it is valid: decimal, at least 1, no leading zero. All N above the
/// limit are equivalent.
fn tag_number(name: &str, part: &str) -> Option<usize> {
    let digits = name.strip_prefix("Tag.")?.strip_suffix(part)?;
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit());
    if !is_number || digits.starts_with('0') {
        return None;
    }
    Some(digits.parse().unwrap_or(usize::MAX))
}

/// The tags of a request, checked row by row over all of them.
fn tags(pairs: &Pairs<'_>) -> Result<BTreeSet<(String, Option<String>)>, ModelError> {
    let numbers = |part: &str| -> BTreeSet<usize> {
        pairs.0.iter().filter_map(|(name, _)| tag_number(name, part)).collect()
    };
    let (with_key, with_value) = (numbers(".Key"), numbers(".Value"));
    let numbers: BTreeSet<usize> = with_key.union(&with_value).copied().collect();
    if numbers.iter().any(|&number| number > TAGS) {
        return Err(error("NumberExceed.Tags", "Tag"));
    }
    if let Some(number) = with_value.difference(&with_key).next() {
        return Err(error("MissingParameter.TagKey", &format!("Tag.{number}.Key")));
    }
    let key = |number: usize| pairs.given(&format!("Tag.{number}.Key")).unwrap_or_default();
    let value = |number: usize| pairs.given(&format!("Tag.{number}.Value"));
    for &number in &numbers {
        if bad_key(&key(number)) {
            return Err(error("InvalidTagKey.Malformed", &format!("Tag.{number}.Key")));
        }
    }
    for &number in &numbers {
        if value(number).is_some_and(|value| bad_value(&value)) {
            return Err(error("InvalidTagValue.Malformed", &format!("Tag.{number}.Value")));
        }
    }
    for &number in &numbers {
        if numbers.iter().any(|&earlier| earlier < number && key(earlier) == key(number)) {
            return Err(error("Duplicate.TagKey", &format!("Tag.{number}.Key")));
        }
    }
    Ok(numbers.into_iter().map(|number| (key(number), value(number))).collect())
}

/// Reads a request and checks all of it that can be checked without the records.
pub(super) fn read(
    config: &ModelConfig,
    operation: Operation,
    pairs: &[(String, String)],
) -> Result<Request, ModelError> {
    let pairs = Pairs(pairs);
    let results = operation == Operation::DescribeInvocationResults;

    let Some(region_id) = pairs.value("RegionId") else {
        return Err(error("MissingParameter.RegionId", "RegionId"));
    };
    if let Some(regions) = &config.regions {
        match regions.iter().find(|(region, _)| *region == region_id) {
            None => return Err(error("InvalidRegionId.NotFound", "RegionId")),
            Some((_, false)) => return Err(error("RegionId.ApiNotSupported", "RegionId")),
            Some((_, true)) => {}
        }
    }
    let tags = tags(&pairs)?;

    let token_mode = pairs.value("MaxResults").is_some() || pairs.given("NextToken").is_some();
    let paging = if token_mode {
        let size = pairs.integer("MaxResults", 50, 10, "InvalidParameter.MaxResults")?;
        Paging::Token { size, text: pairs.value("NextToken") }
    } else {
        let most = 2_147_483_647;
        Paging::Offset {
            number: pairs.integer("PageNumber", most, 1, "InvalidParam.PageNumber")?,
            size: pairs.integer("PageSize", 50, 10, "InvalidParam.PageSize")?,
        }
    };

    let mut filters = Filters {
        region_id,
        resource_group_id: pairs.value("ResourceGroupId"),
        invoke_id: pairs.value("InvokeId"),
        command_id: pairs.value("CommandId"),
        instance_id: pairs.value("InstanceId"),
        tags,
        ..Filters::default()
    };
    let mut include_output = false;
    let encoding;
    if results {
        filters.status = pairs.one_of("InvokeRecordStatus", STATUSES)?;
        encoding = pairs.one_of("ContentEncoding", ENCODINGS)?;
        filters.include_history = pairs.boolean("IncludeHistory")? == Some(true);
        if filters.include_history && filters.invoke_id.is_none() {
            return Err(error("MissingParameter.InvokeId", "InvokeId"));
        }
    } else {
        filters.command_type = match pairs.one_of("CommandType", COMMAND_TYPES)? {
            Some(command_type) => Some(command_type),
            // An error in the older name is reported under the newer one.
            None => pairs.one_of("Type", COMMAND_TYPES).map_err(|_| invalid("CommandType"))?,
        };
        filters.repeat_mode = pairs.one_of("RepeatMode", REPEAT_MODES)?;
        filters.timed = pairs.boolean("Timed")?;
        filters.status = pairs.one_of("InvokeStatus", STATUSES)?;
        encoding = pairs.one_of("ContentEncoding", ENCODINGS)?;
        include_output = pairs.boolean("IncludeOutput")? == Some(true);
        if include_output && filters.invoke_id.is_none() && filters.instance_id.is_none() {
            return Err(error("MissingParameter.InvokeId", "InvokeId"));
        }
        filters.command_name = pairs.value("CommandName");
        let looks_up = filters.invoke_id.is_some() || filters.instance_id.is_some();
        if filters.timed.is_none() && !looks_up && !config.omitted_timed_any {
            filters.timed = Some(false);
        }
        if filters.instance_id.is_some() {
            filters.command_name = None;
            filters.repeat_mode = None;
            filters.status = filters.status.filter(|status| status != "PartialFailed");
        }
    }
    let plain_text = encoding.as_deref() == Some("PlainText");
    Ok(Request { operation, filters, paging, plain_text, include_output })
}
