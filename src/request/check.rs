//! The order in which a request is checked, whether a check needs the store or not. The first
//! failure is the answer.

use std::cell::OnceCell;

use super::describe_invocation_results::DescribeInvocationResults;
use super::describe_invocations::DescribeInvocations;
use super::params::{Common, ContentEncoding, Param};
use super::tags::GivenTag;
use crate::config::{Config, OmittedTimed};
use crate::error::{Error, quoted};
use crate::limits;
use crate::model::{CommandType, InvokeStatus, RepeatMode};

/// Which of the two queries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation {
    DescribeInvocations,
    DescribeInvocationResults,
}

/// A request with nothing wrong in it: only the filters that are in effect, every default
/// resolved. What walks and pages takes this and cannot fail.
#[derive(Clone, Debug)]
pub(crate) struct Checked<'a, C> {
    pub(crate) operation: Operation,
    pub(crate) region_id: &'a str,
    pub(crate) resource_group_id: Option<&'a str>,
    pub(crate) invoke_id: Option<&'a str>,
    pub(crate) command_id: Option<&'a str>,
    pub(crate) command_name: Option<&'a str>,
    pub(crate) command_type: Option<CommandType>,
    pub(crate) repeat_mode: Option<RepeatMode>,
    pub(crate) timed: Option<bool>,
    /// InvokeStatus or InvokeRecordStatus.
    pub(crate) status: Option<InvokeStatus>,
    pub(crate) instance_id: Option<&'a str>,
    /// Each has a key; no key twice.
    pub(crate) tags: &'a [GivenTag],
    pub(crate) include_history: bool,
    pub(crate) content_encoding: ContentEncoding,
    pub(crate) include_output: bool,
    pub(crate) paging: Paging,
    /// The row that NextToken names, in a page by token.
    pub(crate) after: Option<C>,
    /// Made when a token is read or given, of what is above.
    pub(crate) fingerprint: OnceCell<u64>,
}

impl<'a, C> Checked<'a, C> {
    /// The tags that must hold: the key, and the value where one is named.
    pub(crate) fn tags(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> + use<'a, C> {
        self.tags.iter().filter_map(|tag| Some((tag.key.as_deref()?, tag.value.as_deref())))
    }
}

/// Which page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Paging {
    /// The page behind the row that NextToken names, or the first.
    Token { max_results: u32 },
    /// Page `page_number`, from 1.
    Offset { page_number: u32, page_size: u32 },
}

/// What a check asks the store.
pub(crate) trait Facts {
    /// A place in the order.
    type Cursor: Copy;
    /// Where `token` points, if it was made for the effective filters of `query`.
    fn cursor(&self, token: &str, query: &Checked<'_, Self::Cursor>) -> Option<Self::Cursor>;
}

/// What the two requests differ in.
pub(crate) trait Request {
    fn common(&self) -> &Common;
    fn operation(&self) -> Operation;
    /// Checks the parameters that only this request has, into `checked`.
    fn check_own<'a, C>(
        &'a self,
        checked: &mut Checked<'a, C>,
        config: &Config,
    ) -> Result<(), Error>;
}

/// Checks `request` in the API's order of errors and lends the outcome to `answer`: it is large
/// enough that handing it on would show. Cost: O(parameters).
pub(crate) fn check<'a, F: Facts, T>(
    request: &'a impl Request,
    config: &Config,
    facts: &F,
    answer: impl FnOnce(&Checked<'a, F::Cursor>) -> Result<T, Error>,
) -> Result<T, Error> {
    let common = request.common();

    if common.region_id.is_empty() {
        return Err(Error::missing("RegionId"));
    }
    match config.regions.find(&common.region_id) {
        None => return Err(Error::unknown_region(&common.region_id, &config.regions.with_api())),
        Some(false) => return Err(Error::unsupported_region(&common.region_id)),
        Some(true) => {}
    }

    common.tags.check().map_err(Error::tag)?;

    let paging = check_paging(common)?;

    let mut checked = Checked {
        operation: request.operation(),
        region_id: &common.region_id,
        resource_group_id: given(&common.resource_group_id),
        invoke_id: given(&common.invoke_id),
        command_id: given(&common.command_id),
        command_name: None,
        command_type: None,
        repeat_mode: None,
        timed: None,
        status: None,
        instance_id: given(&common.instance_id),
        tags: common.tags.given(),
        include_history: false,
        content_encoding: ContentEncoding::Base64,
        include_output: false,
        paging,
        after: None,
        fingerprint: OnceCell::new(),
    };
    request.check_own(&mut checked, config)?;

    if let Some(token) = common.next_token.as_deref().filter(|token| !token.is_empty()) {
        checked.after = facts.cursor(token, &checked);
        if checked.after.is_none() {
            return Err(Error::foreign_token(token));
        }
    }
    answer(&checked)
}

// Inlined, since what is handed on in parts and copied whole waits for the parts.
#[inline(always)]
fn check_paging(common: &Common) -> Result<Paging, Error> {
    if common.max_results.is_absent() && common.next_token.is_none() {
        let page_number = in_range(&common.page_number, limits::PAGE_NUMBER)
            .map_err(|given| Error::page("PageNumber", &given, limits::PAGE_NUMBER))?;
        let page_size = in_range(&common.page_size, limits::PAGE_ROWS)
            .map_err(|given| Error::page("PageSize", &given, limits::PAGE_ROWS))?;
        return Ok(Paging::Offset {
            page_number: page_number.unwrap_or(1),
            page_size: page_size.unwrap_or(limits::DEFAULT_PAGE_ROWS),
        });
    }
    let max_results = in_range(&common.max_results, limits::PAGE_ROWS)
        .map_err(|given| Error::out_of_range("MaxResults", &given, limits::PAGE_ROWS))?;
    Ok(Paging::Token { max_results: max_results.unwrap_or(limits::DEFAULT_PAGE_ROWS) })
}

// The small checks are inlined: most requests leave most parameters out, and then the calls would be
// a good part of a short query.

/// The number, if it is from 1 to `most`; else what was given, as an error shows it.
#[inline(always)]
fn in_range(param: &Param<u32>, most: u32) -> Result<Option<u32>, String> {
    match param.value() {
        Ok(Some(value)) if !(1..=most).contains(&value) => Err(value.to_string()),
        Ok(value) => Ok(value),
        Err(text) => Err(quoted(text)),
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

#[inline(always)]
fn boolean(name: &'static str, param: &Param<bool>) -> Result<Option<bool>, Error> {
    param.value().map_err(|given| Error::not_one_of(name, given, &["true", "false"]))
}

#[inline(always)]
fn status(name: &'static str, param: &Param<InvokeStatus>) -> Result<Option<InvokeStatus>, Error> {
    param.value().map_err(|given| {
        let allowed: Vec<_> = InvokeStatus::ALL.iter().map(|status| status.as_str()).collect();
        Error::not_one_of(name, given, &allowed)
    })
}

#[inline(always)]
fn encoding(param: &Param<ContentEncoding>) -> Result<ContentEncoding, Error> {
    let given = param.value().map_err(|given| {
        let allowed: Vec<_> = ContentEncoding::ALL.iter().map(|value| value.as_str()).collect();
        Error::not_one_of("ContentEncoding", given, &allowed)
    })?;
    Ok(given.unwrap_or_default())
}

impl Request for DescribeInvocations {
    fn common(&self) -> &Common {
        &self.common
    }

    fn operation(&self) -> Operation {
        Operation::DescribeInvocations
    }

    fn check_own<'a, C>(
        &'a self,
        checked: &mut Checked<'a, C>,
        config: &Config,
    ) -> Result<(), Error> {
        const FILTER_MODES: [RepeatMode; 4] = [
            RepeatMode::Once,
            RepeatMode::Period,
            RepeatMode::NextRebootOnly,
            RepeatMode::EveryReboot,
        ];
        checked.command_type = self.command_type.value().map_err(|given| {
            let allowed: Vec<_> = CommandType::ALL.iter().map(|value| value.as_str()).collect();
            Error::not_one_of("CommandType", given, &allowed)
        })?;
        let repeat_mode = match self.repeat_mode.value() {
            Ok(Some(mode)) if !FILTER_MODES.contains(&mode) => Err(mode.as_str()),
            other => other,
        };
        let repeat_mode = repeat_mode.map_err(|given| {
            Error::not_one_of("RepeatMode", given, &FILTER_MODES.map(RepeatMode::as_str))
        })?;
        let timed = boolean("Timed", &self.timed)?;
        let invoke_status = status("InvokeStatus", &self.invoke_status)?;
        checked.content_encoding = encoding(&self.common.content_encoding)?;
        checked.include_output = boolean("IncludeOutput", &self.include_output)?.unwrap_or(false);

        checked.timed = timed.or(match config.omitted_timed {
            OmittedTimed::DocumentedFalse if checked.invoke_id.is_none() => Some(false),
            OmittedTimed::DocumentedFalse | OmittedTimed::Any => None,
        });
        // With InstanceId the documentation ignores three filters.
        if checked.instance_id.is_none() {
            checked.command_name = given(&self.command_name);
            checked.repeat_mode = repeat_mode;
            checked.status = invoke_status;
        } else {
            checked.status = invoke_status.filter(|&value| value != InvokeStatus::PartialFailed);
        }

        if checked.include_output && checked.invoke_id.is_none() && checked.instance_id.is_none() {
            return Err(Error::missing("InvokeId"));
        }
        Ok(())
    }
}

impl Request for DescribeInvocationResults {
    fn common(&self) -> &Common {
        &self.common
    }

    fn operation(&self) -> Operation {
        Operation::DescribeInvocationResults
    }

    fn check_own<'a, C>(
        &'a self,
        checked: &mut Checked<'a, C>,
        _config: &Config,
    ) -> Result<(), Error> {
        checked.status = status("InvokeRecordStatus", &self.invoke_record_status)?;
        checked.content_encoding = encoding(&self.common.content_encoding)?;
        checked.include_history =
            boolean("IncludeHistory", &self.include_history)?.unwrap_or(false);
        checked.include_output = true;
        if checked.include_history && checked.invoke_id.is_none() {
            return Err(Error::missing("InvokeId"));
        }
        Ok(())
    }
}
