//! The constructor of each error, and its text.

use std::io;

use super::{Error, ErrorKind, codes, quoted};
use crate::limits;

/// Errors of requests.
impl Error {
    /// `InvalidParameter`: bytes that are not a query string.
    pub(crate) fn encoding(given: &str, allowed: &str) -> Self {
        Self::new(ErrorKind::Request, &codes::INVALID_ENCODING)
            .saying(format!("given {}, allowed {allowed}", quoted(given)))
    }

    pub(crate) fn missing(name: &'static str) -> Self {
        let advice = match name {
            "RegionId" => "name the region of the records",
            "InvokeId" => {
                "IncludeOutput needs an InvokeId or an InstanceId, IncludeHistory an InvokeId"
            }
            _ => "the request needs it",
        };
        Self::missing_but(name, advice)
    }

    fn missing_but(name: &'static str, advice: &str) -> Self {
        Self::missing_parameter(name).saying(format!("not given; {advice}"))
    }

    pub(crate) fn unknown_region(given: &str, allowed: &[&str]) -> Self {
        const SHOWN: usize = 8;
        let more = if allowed.len() > SHOWN { ", ..." } else { "" };
        let allowed = &allowed[..allowed.len().min(SHOWN)];
        Self::new(ErrorKind::Request, &codes::INVALID_REGION_ID).at("RegionId").saying(format!(
            "given {}, allowed the regions of the store's configuration: {}{more}",
            quoted(given),
            if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") }
        ))
    }

    pub(crate) fn unsupported_region(given: &str) -> Self {
        Self::new(ErrorKind::Request, &codes::API_NOT_SUPPORTED).at("RegionId").saying(format!(
            "given {}, which is configured as a region without this API; name another region",
            quoted(given)
        ))
    }

    pub(crate) fn tag(fault: TagFault<'_>) -> Self {
        let error = |code| Self::new(ErrorKind::Request, code);
        match fault {
            TagFault::TooMany(n) => error(&codes::TOO_MANY_TAGS).at("Tag").saying(format!(
                "given a tag numbered {n}, allowed 1 to {}; name fewer tags",
                limits::TAGS
            )),
            TagFault::KeyMissing(n) => error(&codes::MISSING_TAG_KEY)
                .at(format!("Tag.{n}.Key"))
                .saying(format!("not given; Tag.{n}.Value needs it")),
            TagFault::Key(n, given) => {
                error(&codes::INVALID_TAG_KEY).at(format!("Tag.{n}.Key")).saying(format!(
                    "given {}, allowed 1 to {} characters that do not start with aliyun or acs: \
                     and do not contain http:// or https://",
                    quoted(given),
                    limits::TAG_KEY_CHARS
                ))
            }
            TagFault::Value(n, given) => {
                error(&codes::INVALID_TAG_VALUE).at(format!("Tag.{n}.Value")).saying(format!(
                    "given {}, allowed at most {} characters that do not contain http:// or \
                     https://",
                    quoted(given),
                    limits::TAG_VALUE_CHARS
                ))
            }
            TagFault::DuplicateKey(n, given) => error(&codes::DUPLICATE_TAG_KEY)
                .at(format!("Tag.{n}.Key"))
                .saying(format!("given {} again; name each key once", quoted(given))),
        }
    }

    /// `InvalidParam.PageNumber` and `InvalidParam.PageSize`.
    pub(crate) fn page(name: &'static str, given: &str, most: u32) -> Self {
        Self::of(ErrorKind::Request, &codes::INVALID_PAGE, name)
            .saying(format!("given {given}, allowed 1 to {most}"))
    }

    pub(crate) fn foreign_token(given: &str) -> Self {
        Self::invalid_parameter(
            "NextToken",
            format!(
                "given {}, which this store did not give for these filters; pass the NextToken of the \
                 previous page unchanged, with the same filters",
                quoted(given)
            ),
        )
    }

    /// `InvalidParameter.NAME`: the value is not in a closed set.
    pub(crate) fn not_one_of(name: &'static str, given: &str, allowed: &[&str]) -> Self {
        Self::invalid_parameter(
            name,
            format!("given {}, allowed {}", quoted(given), allowed.join(", ")),
        )
    }

    /// `InvalidParameter.NAME`: the number is not in 1 to `most`.
    pub(crate) fn out_of_range(name: &'static str, given: &str, most: u32) -> Self {
        Self::invalid_parameter(name, format!("given {given}, allowed 1 to {most}"))
    }
}

/// Errors of records and of writes.
impl Error {
    pub(crate) fn record_missing(field: &'static str) -> Self {
        let advice = match field {
            "InstanceId" => "a record needs at least one instance, and each instance an id",
            _ => "the record needs it",
        };
        Self::missing_but(field, advice).of_kind(ErrorKind::Record)
    }

    pub(crate) fn record_too_long(
        field: &'static str,
        given: usize,
        most: usize,
        unit: &'static str,
    ) -> Self {
        Self::invalid_parameter(field, format!("given {given} {unit}, allowed at most {most}"))
            .of_kind(ErrorKind::Record)
    }

    pub(crate) fn record_out_of_range(field: &'static str, given: u32, most: u32) -> Self {
        Self::out_of_range(field, &given.to_string(), most).of_kind(ErrorKind::Record)
    }

    pub(crate) fn record_tag(fault: TagFault<'_>) -> Self {
        Self::tag(fault).of_kind(ErrorKind::Record)
    }

    pub(crate) fn record_duplicate(field: &'static str, given: &str) -> Self {
        let (code, advice) = match field {
            "InvokeId" => (
                &codes::DUPLICATE_INVOKE_ID,
                "the store holds a record with this InvokeId; delete the record first or use another id",
            ),
            _ => (&codes::DUPLICATE_INSTANCE_ID, "an invocation has only one run on an instance"),
        };
        Self::new(ErrorKind::Record, code)
            .at(field)
            .saying(format!("given {}; {advice}", quoted(given)))
    }

    pub(crate) fn illegal_transition(from: &str, to: &str, allowed: &[&str]) -> Self {
        let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
        Self::invalid_parameter(
            "InvocationStatus",
            format!("a run cannot go from {from} to {to}; allowed from {from}: {allowed}"),
        )
        .of_kind(ErrorKind::Transition)
    }

    pub(crate) fn illegal_reschedule(from: &str, result: &str, allowed: &[&str]) -> Self {
        Self::invalid_parameter(
            "InvocationStatus",
            format!(
                "a run cannot end its execution from {from} with {result} and go back to Scheduled; \
                 allowed in a recurring task (Period, EveryReboot) from Running with {}",
                allowed.join(", ")
            ),
        )
        .of_kind(ErrorKind::Transition)
    }

    pub(crate) fn time(given: &str) -> Self {
        Self::new(ErrorKind::Time, &codes::INVALID_TIME).saying(format!(
            "given {}, allowed YYYY-MM-DDTHH:MM:SSZ from 1970-01-01T00:00:01Z to \
             2106-02-07T06:28:15Z",
            quoted(given)
        ))
    }

    #[cfg(feature = "json")]
    pub(crate) fn capture(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Capture, &codes::INVALID_CAPTURE).saying(detail)
    }

    /// A field of a captured record cannot be read.
    #[cfg(feature = "json")]
    pub(crate) fn captured(field: &'static str, detail: impl Into<String>) -> Self {
        Self::invalid_parameter(field, detail).of_kind(ErrorKind::Record)
    }
}

/// Errors of archives.
impl Error {
    pub(crate) fn archive(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Archive, &codes::INVALID_ARCHIVE).saying(detail)
    }

    /// The reader or the writer of an archive failed.
    pub(crate) fn archive_io(cause: &io::Error, detail: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Archive, &codes::ARCHIVE_IO).saying(detail);
        error.0.io_kind = Some(cause.kind());
        error
    }
}

/// A fault in a list of tags: the number of the tag, from 1, and the text at fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TagFault<'a> {
    /// A tag has a number above the limit.
    TooMany(u32),
    KeyMissing(u32),
    Key(u32, &'a str),
    Value(u32, &'a str),
    DuplicateKey(u32, &'a str),
}
