//! Checks a request in the API's order of errors: the first fault is the answer.
//!
//! This file has the whole order except its last entry, NextToken. A token is bound to the filters
//! of its query, so the query checks it once the filters are known to be valid.
//!
//! The functions are marked `#[inline(always)]` so that their results are not copied: out of line,
//! a query by InvokeId takes 1,440 instructions instead of 1,282 (2026-11-28).

use super::describe_invocation_results::DescribeInvocationResults;
use super::describe_invocations::DescribeInvocations;
use super::params::{Common, ContentEncoding, Param};
use super::tags::GivenTag;
use crate::config::{Config, OmittedTimed};
use crate::error::{Error, quoted};
use crate::limits;
use crate::model::{CommandType, InvokeStatus, RepeatMode};

/// One of the two operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation {
    DescribeInvocations,
    DescribeInvocationResults,
}

/// The effective filters: ignored ones are left out and defaults are resolved. They choose the rows
/// of a query, and a NextToken is bound to exactly these. The plan and the token's fingerprint
/// destructure this struct without `..`, so neither can miss a new filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filters<'a> {
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
    /// Each has a key, and no two have the same.
    pub(crate) tags: &'a [GivenTag],
    pub(crate) include_history: bool,
}

/// A valid request. Only its token is not checked yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) filters: Filters<'a>,
    pub(crate) content_encoding: ContentEncoding,
    pub(crate) include_output: bool,
    pub(crate) paging: Paging<'a>,
}

/// The page that a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Paging<'a> {
    /// The page after the row that `next_token` names, or the first page.
    Token { max_results: u32, next_token: Option<&'a str> },
    /// Page `page_number`, from 1.
    Offset { page_number: u32, page_size: u32 },
}

impl DescribeInvocations {
    /// Checks the request as a store with `config` does before it answers, except its NextToken. For
    /// a front end whose other operations have the same parameters: a request with only their
    /// RegionId and tags checks these alone. Cost: O(length of the parameters).
    ///
    /// # Errors
    ///
    /// As [`Store::describe_invocations`](crate::Store::describe_invocations).
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Config, DescribeInvocations, Regions};
    ///
    /// let config = Config { regions: Regions::only(["cn-hangzhou"]), ..Config::default() };
    /// let check = |region: &str, key: &str| {
    ///     let error = DescribeInvocations::new(region).tag_key(key).check(&config).err();
    ///     error.map(|error| error.code().to_owned())
    /// };
    /// assert_eq!(check("cn-hangzhou", "owner"), None);
    /// assert_eq!(check("cn-nowhere", "owner").as_deref(), Some("InvalidRegionId.NotFound"));
    /// assert_eq!(check("cn-hangzhou", "acs:owner").as_deref(), Some("InvalidTagKey.Malformed"));
    /// ```
    pub fn check(&self, config: &Config) -> Result<(), Error> {
        invocations(self, config).map(drop)
    }
}

impl DescribeInvocationResults {
    /// As [`DescribeInvocations::check`].
    ///
    /// # Errors
    ///
    /// As [`Store::describe_invocation_results`](crate::Store::describe_invocation_results).
    pub fn check(&self, config: &Config) -> Result<(), Error> {
        results(self, config).map(drop)
    }
}

/// Checks a DescribeInvocations request. Cost: O(parameters), and O(length) of tags.
#[inline(always)]
pub(crate) fn invocations<'a>(
    request: &'a DescribeInvocations,
    config: &Config,
) -> Result<Checked<'a>, Error> {
    let (common, paging) = common(Operation::DescribeInvocations, &request.common, config)?;
    let command_type =
        one_of("CommandType", &request.command_type, CommandType::ALL, CommandType::as_str)?;
    let repeat_mode =
        one_of("RepeatMode", &request.repeat_mode, RepeatMode::FILTERS, RepeatMode::as_str)?;
    let timed = boolean("Timed", &request.timed)?;
    let status = status("InvokeStatus", &request.invoke_status)?;
    let content_encoding = encoding(&request.common.content_encoding)?;
    let include_output = boolean("IncludeOutput", &request.include_output)?.unwrap_or(false);
    let on_instance = common.instance_id.is_some();
    let names_records = common.invoke_id.is_some() || on_instance;
    if include_output && !names_records {
        return Err(Error::missing("InvokeId"));
    }
    let filters = Filters {
        // By the API's documentation, InstanceId makes it ignore three filters.
        command_name: request.command_name.as_deref().filter(|_| !on_instance),
        command_type,
        repeat_mode: repeat_mode.filter(|_| !on_instance),
        timed: timed.or(match config.omitted_timed {
            OmittedTimed::DocumentedFalse if !names_records => Some(false),
            OmittedTimed::DocumentedFalse | OmittedTimed::Any => None,
        }),
        status: status.filter(|&value| !on_instance || value != InvokeStatus::PartialFailed),
        ..common
    };
    Ok(Checked { filters, content_encoding, include_output, paging })
}

/// Checks a DescribeInvocationResults request. Cost: that of [`invocations`].
#[inline(always)]
pub(crate) fn results<'a>(
    request: &'a DescribeInvocationResults,
    config: &Config,
) -> Result<Checked<'a>, Error> {
    let (common, paging) = common(Operation::DescribeInvocationResults, &request.common, config)?;
    let status = status("InvokeRecordStatus", &request.invoke_record_status)?;
    let content_encoding = encoding(&request.common.content_encoding)?;
    let include_history = boolean("IncludeHistory", &request.include_history)?.unwrap_or(false);
    if include_history && common.invoke_id.is_none() {
        return Err(Error::missing("InvokeId"));
    }
    let filters = Filters { status, include_history, ..common };
    Ok(Checked { filters, content_encoding, include_output: true, paging })
}

/// Checks the parameters that come first in the order of both operations. Returns the filters that
/// both have, with all others absent, and the page.
#[inline(always)]
fn common<'a>(
    operation: Operation,
    common: &'a Common,
    config: &Config,
) -> Result<(Filters<'a>, Paging<'a>), Error> {
    let filters = Filters {
        operation,
        region_id: region(common, config)?,
        resource_group_id: common.resource_group_id.as_deref(),
        invoke_id: common.invoke_id.as_deref(),
        command_id: common.command_id.as_deref(),
        command_name: None,
        command_type: None,
        repeat_mode: None,
        timed: None,
        status: None,
        instance_id: common.instance_id.as_deref(),
        tags: common.tags.check().map_err(Error::tag)?,
        include_history: false,
    };
    Ok((filters, paging(common)?))
}

fn region<'a>(common: &'a Common, config: &Config) -> Result<&'a str, Error> {
    let region_id = common.region_id.as_str();
    if region_id.is_empty() {
        return Err(Error::missing("RegionId"));
    }
    match config.regions.find(region_id) {
        None => Err(Error::unknown_region(region_id, &config.regions.with_api())),
        Some(false) => Err(Error::unsupported_region(region_id)),
        Some(true) => Ok(region_id),
    }
}

/// Checks the parameters of paging. MaxResults or NextToken, even an empty token, asks for token
/// paging; PageNumber and PageSize are then ignored, valid or not.
#[inline(always)]
fn paging(common: &Common) -> Result<Paging<'_>, Error> {
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
    Ok(Paging::Token {
        max_results: max_results.unwrap_or(limits::DEFAULT_PAGE_ROWS),
        next_token: common.next_token.as_deref().filter(|token| !token.is_empty()),
    })
}

/// The number, if it is from 1 to `most`; otherwise the given text, in the form that an error
/// shows.
#[inline(always)]
fn in_range(param: &Param<u32>, most: u32) -> Result<Option<u32>, String> {
    match param.value() {
        Ok(Some(value)) if !(1..=most).contains(&value) => Err(value.to_string()),
        Ok(value) => Ok(value),
        Err(text) => Err(quoted(text)),
    }
}

/// A value of a closed set, if it is one of `all`, the values that the filter allows.
#[inline(always)]
fn one_of<T: Copy + PartialEq>(
    name: &'static str,
    param: &Param<T>,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<Option<T>, Error> {
    let given = match param.value() {
        Ok(Some(value)) if !all.contains(&value) => as_str(value),
        Ok(value) => return Ok(value),
        Err(text) => text,
    };
    let allowed: Vec<_> = all.iter().map(|&value| as_str(value)).collect();
    Err(Error::not_one_of(name, given, &allowed))
}

#[inline(always)]
fn boolean(name: &'static str, param: &Param<bool>) -> Result<Option<bool>, Error> {
    one_of(name, param, &[true, false], |value| if value { "true" } else { "false" })
}

#[inline(always)]
fn status(name: &'static str, param: &Param<InvokeStatus>) -> Result<Option<InvokeStatus>, Error> {
    one_of(name, param, InvokeStatus::ALL, InvokeStatus::as_str)
}

#[inline(always)]
fn encoding(param: &Param<ContentEncoding>) -> Result<ContentEncoding, Error> {
    let all = ContentEncoding::ALL;
    let given = one_of("ContentEncoding", param, all, ContentEncoding::as_str)?;
    Ok(given.unwrap_or_default())
}
