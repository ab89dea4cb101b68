//! The constructor of each error, and its text.

use std::io;

use super::{Error, ErrorKind, codes};
use crate::limits;

/// Errors of requests.
impl Error {
    /// `InvalidParameter`: bytes that are not a query string.
    pub(crate) fn encoding(given: &str, allowed: &str) -> Self {
        Self::new(&codes::INVALID_ENCODING).given(given, format_args!(", allowed {allowed}"))
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
        let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
        let then = format!(", allowed the regions of the store's configuration: {allowed}{more}");
        Self::new(&codes::INVALID_REGION_ID).at("RegionId").given(given, then)
    }

    pub(crate) fn unsupported_region(given: &str) -> Self {
        let then = ", which is configured as a region without this API; name another region";
        Self::new(&codes::API_NOT_SUPPORTED).at("RegionId").given(given, then)
    }

    pub(crate) fn tag(fault: TagFault<'_>) -> Self {
        let error = |code, n, part| Self::new(code).at(format!("Tag.{n}.{part}"));
        let most = limits::TAGS;
        match fault {
            TagFault::TooMany(n) => Self::new(&codes::TOO_MANY_TAGS)
                .at("Tag")
                .saying(format!("given a tag numbered {n}, allowed 1 to {most}; name fewer tags")),
            TagFault::KeyMissing(n) => error(&codes::MISSING_TAG_KEY, n, "Key")
                .saying(format!("not given; Tag.{n}.Value needs it")),
            TagFault::Key(n, given) => {
                let most = limits::TAG_KEY_CHARS;
                let then = format_args!(
                    ", allowed 1 to {most} characters that do not start with aliyun or acs: and do \
                     not contain http:// or https://"
                );
                error(&codes::INVALID_TAG_KEY, n, "Key").given(given, then)
            }
            TagFault::Value(n, given) => {
                let most = limits::TAG_VALUE_CHARS;
                let then = format_args!(
                    ", allowed at most {most} characters that do not contain http:// or https://"
                );
                error(&codes::INVALID_TAG_VALUE, n, "Value").given(given, then)
            }
            TagFault::DuplicateKey(n, given) => error(&codes::DUPLICATE_TAG_KEY, n, "Key")
                .given(given, " again; name each key once"),
        }
    }

    /// `InvalidParam.PageNumber` and `InvalidParam.PageSize`.
    pub(crate) fn page(name: &'static str, given: &str, most: u32) -> Self {
        Self::of(&codes::INVALID_PAGE, name).saying(format!("given {given}, allowed 1 to {most}"))
    }

    pub(crate) fn foreign_token(given: &str) -> Self {
        let then = ", which this store did not give for these filters; pass the NextToken of the \
                    previous page unchanged, with the same filters";
        Self::of(&codes::INVALID_PARAMETER, "NextToken").given(given, then)
    }

    /// `InvalidParameter.NAME`: the value is not in a closed set.
    pub(crate) fn not_one_of(name: &'static str, given: &str, allowed: &[&str]) -> Self {
        let then = format_args!(", allowed {}", allowed.join(", "));
        Self::of(&codes::INVALID_PARAMETER, name).given(given, then)
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
                "; the store holds a record with this InvokeId; delete the record first or use another id",
            ),
            _ => (&codes::DUPLICATE_INSTANCE_ID, "; an invocation has only one run on an instance"),
        };
        Self::new(code).at(field).given(given, advice)
    }

    pub(crate) fn illegal_transition(from: &str, to: &str, allowed: &[&str]) -> Self {
        let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
        let detail = format!("a run cannot go from {from} to {to}; allowed from {from}: {allowed}");
        Self::invalid_parameter("InvocationStatus", detail).of_kind(ErrorKind::Transition)
    }

    pub(crate) fn illegal_reschedule(from: &str, result: &str, allowed: &[&str]) -> Self {
        let allowed = allowed.join(", ");
        let detail = format!(
            "a run cannot end its execution from {from} with {result} and go back to Scheduled; allowed \
             in a recurring task (Period, EveryReboot) from Running with {allowed}"
        );
        Self::invalid_parameter("InvocationStatus", detail).of_kind(ErrorKind::Transition)
    }

    pub(crate) fn time(given: &str) -> Self {
        let then =
            ", allowed YYYY-MM-DDTHH:MM:SSZ from 1970-01-01T00:00:01Z to 2106-02-07T06:28:15Z";
        Self::new(&codes::INVALID_TIME).given(given, then)
    }

    #[cfg(feature = "json")]
    pub(crate) fn capture(detail: impl Into<String>) -> Self {
        Self::new(&codes::INVALID_CAPTURE).saying(detail)
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
        Self::new(&codes::INVALID_ARCHIVE).saying(detail)
    }

    /// The reader or the writer of an archive failed. `then` says what was reached.
    pub(crate) fn archive_io(cause: &io::Error, doing: &str, then: &str) -> Self {
        let mut error =
            Self::new(&codes::ARCHIVE_IO).saying(format!("{doing} failed: {cause}; {then}"));
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
