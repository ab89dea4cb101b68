//! The constructor of each error, and its text.

use std::io;

use super::{Error, ErrorKind, quoted};
use crate::limits;

/// Errors of requests.
impl Error {
    /// `InvalidParameter`: bytes that are not a query string.
    pub(crate) fn encoding(given: &str, allowed: &str) -> Self {
        Self::new(
            ErrorKind::Request,
            "InvalidParameter",
            400,
            "The specified parameter is not valid.",
        )
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
        Self::new(
            ErrorKind::Request,
            format!("MissingParameter.{name}"),
            400,
            format!(
                "The input parameter \"{name}\" that is mandatory for processing this request is \
                 not supplied."
            ),
        )
        .at(name)
        .saying(format!("not given; {advice}"))
    }

    pub(crate) fn unknown_region(given: &str, allowed: &[&str]) -> Self {
        const SHOWN: usize = 8;
        let more = if allowed.len() > SHOWN { ", ..." } else { "" };
        let allowed = &allowed[..allowed.len().min(SHOWN)];
        Self::new(
            ErrorKind::Request,
            "InvalidRegionId.NotFound",
            404,
            "The RegionId provided does not exist in our records.",
        )
        .at("RegionId")
        .saying(format!(
            "given {}, allowed the regions of the store's configuration: {}{more}",
            quoted(given),
            if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") }
        ))
    }

    pub(crate) fn unsupported_region(given: &str) -> Self {
        Self::new(
            ErrorKind::Request,
            "RegionId.ApiNotSupported",
            400,
            "The api is not supported in this region.",
        )
        .at("RegionId")
        .saying(format!(
            "given {}, which is configured as a region without this API; name another region",
            quoted(given)
        ))
    }

    pub(crate) fn tag(fault: TagFault<'_>) -> Self {
        let error = |code, message| Self::new(ErrorKind::Request, code, 400, message);
        match fault {
            TagFault::TooMany(n) => {
                error("NumberExceed.Tags", "The Tags parameter number is exceed.").at("Tag").saying(
                    format!(
                        "given a tag numbered {n}, allowed 1 to {}; name fewer tags",
                        limits::TAGS
                    ),
                )
            }
            TagFault::KeyMissing(n) => {
                error("MissingParameter.TagKey", "You must specify Tag.N.Key.")
                    .at(format!("Tag.{n}.Key"))
                    .saying(format!("not given; Tag.{n}.Value needs it"))
            }
            TagFault::Key(n, given) => error(
                "InvalidTagKey.Malformed",
                "The specified Tag.n.Key is not valid.",
            )
            .at(format!("Tag.{n}.Key"))
            .saying(format!(
                "given {}, allowed 1 to {} characters that do not start with aliyun or acs: \
                         and do not contain http:// or https://",
                quoted(given),
                limits::TAG_KEY_CHARS
            )),
            TagFault::Value(n, given) => {
                error("InvalidTagValue.Malformed", "The specified Tag.n.Value is not valid.")
                    .at(format!("Tag.{n}.Value"))
                    .saying(format!(
                        "given {}, allowed at most {} characters that do not contain http:// or \
                         https://",
                        quoted(given),
                        limits::TAG_VALUE_CHARS
                    ))
            }
            TagFault::DuplicateKey(n, given) => {
                error("Duplicate.TagKey", "The Tag.N.Key contain duplicate key.")
                    .at(format!("Tag.{n}.Key"))
                    .saying(format!("given {} again; name each key once", quoted(given)))
            }
        }
    }

    /// `InvalidParam.PageNumber` and `InvalidParam.PageSize`.
    pub(crate) fn page(name: &'static str, given: &str, most: u32) -> Self {
        Self::new(
            ErrorKind::Request,
            format!("InvalidParam.{name}"),
            400,
            "The specified parameter is invalid.",
        )
        .at(name)
        .saying(format!("given {given}, allowed 1 to {most}"))
    }

    /// `InvalidParameter.NAME`.
    pub(crate) fn invalid(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(
            ErrorKind::Request,
            format!("InvalidParameter.{name}"),
            400,
            format!("The specified parameter {name} is not valid."),
        )
        .at(name)
        .saying(detail)
    }

    pub(crate) fn foreign_token(given: &str) -> Self {
        Self::invalid(
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
        Self::invalid(name, format!("given {}, allowed {}", quoted(given), allowed.join(", ")))
    }

    /// `InvalidParameter.NAME`: the number is not in 1 to `most`.
    pub(crate) fn out_of_range(name: &'static str, given: &str, most: u32) -> Self {
        Self::invalid(name, format!("given {given}, allowed 1 to {most}"))
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
        Self::invalid(field, format!("given {given} {unit}, allowed at most {most}"))
            .of_kind(ErrorKind::Record)
    }

    pub(crate) fn record_out_of_range(field: &'static str, given: u32, most: u32) -> Self {
        Self::out_of_range(field, &given.to_string(), most).of_kind(ErrorKind::Record)
    }

    pub(crate) fn record_tag(fault: TagFault<'_>) -> Self {
        Self::tag(fault).of_kind(ErrorKind::Record)
    }

    pub(crate) fn record_duplicate(field: &'static str, given: &str) -> Self {
        let (message, advice) = match field {
            "InvokeId" => (
                "The specified invoke ID already exists.",
                "the store holds a record with this InvokeId; delete the record first or use another id",
            ),
            _ => (
                "The specified instance ID is duplicate.",
                "an invocation has only one run on an instance",
            ),
        };
        Self::new(ErrorKind::Record, format!("Duplicate.{field}"), 400, message)
            .at(field)
            .saying(format!("given {}; {advice}", quoted(given)))
    }

    pub(crate) fn unknown_invoke_id(given: &str) -> Self {
        Self::new(
            ErrorKind::NotFound,
            "InvalidInvokeId.NotFound",
            404,
            "The specified invoke ID does not exist.",
        )
        .at("InvokeId")
        .saying(format!(
            "given {}; the record was never accepted, or it has expired, was evicted or was deleted",
            quoted(given)
        ))
    }

    pub(crate) fn unknown_instance(given: &str, invoke_id: &str) -> Self {
        Self::new(
            ErrorKind::NotFound,
            "InvalidInstance.NotFound",
            404,
            "The specified instance does not exist.",
        )
        .at("InstanceId")
        .saying(format!(
            "given {}, which is not an instance of {}; name one of its instances",
            quoted(given),
            quoted(invoke_id)
        ))
    }

    pub(crate) fn illegal_transition(from: &str, to: &str, allowed: &[&str]) -> Self {
        let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
        Self::invalid(
            "InvocationStatus",
            format!("a run cannot go from {from} to {to}; allowed from {from}: {allowed}"),
        )
        .of_kind(ErrorKind::Move)
    }

    pub(crate) fn illegal_reschedule(from: &str, result: &str, allowed: &[&str]) -> Self {
        Self::invalid(
            "InvocationStatus",
            format!(
                "a run cannot end its execution from {from} with {result} and go back to Scheduled; \
                 allowed in a recurring task (Period, EveryReboot) from Running with {}",
                allowed.join(", ")
            ),
        )
        .of_kind(ErrorKind::Move)
    }

    pub(crate) fn time(given: &str) -> Self {
        Self::new(ErrorKind::Time, "InvalidTime", 400, "The specified time is not valid.").saying(
            format!(
                "given {}, allowed YYYY-MM-DDTHH:MM:SSZ from 1970-01-01T00:00:01Z to \
                 2106-02-07T06:28:15Z",
                quoted(given)
            ),
        )
    }

    #[cfg(feature = "json")]
    pub(crate) fn capture(detail: impl Into<String>) -> Self {
        Self::new(
            ErrorKind::Capture,
            "InvalidCapture",
            400,
            "The file is not a captured DescribeInvocations response.",
        )
        .saying(detail)
    }

    /// A field of a captured record cannot be read.
    #[cfg(feature = "json")]
    pub(crate) fn captured(field: &'static str, detail: impl Into<String>) -> Self {
        Self::invalid(field, detail).of_kind(ErrorKind::Record)
    }
}

/// Errors of archives.
impl Error {
    pub(crate) fn archive(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Archive, "InvalidArchive", 400, "The archive cannot be restored.")
            .saying(detail)
    }

    /// The reader or the writer of an archive failed.
    pub(crate) fn archive_io(cause: &io::Error, detail: impl Into<String>) -> Self {
        let message = "The archive cannot be read or written.";
        let mut error = Self::new(ErrorKind::Archive, "ArchiveIo", 500, message).saying(detail);
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
