//! The one error of the crate: what the API would answer, and what to do about it.

use std::borrow::Cow;
use std::fmt;

use crate::limits;

/// Why something was refused.
///
/// Opaque: it carries the API's code, HTTP status and message, the parameter or field at fault,
/// and, beyond what the API says, a detail that names what was given, what is allowed and what to
/// do. `Display` shows all of it in one line; [`write_json`](Self::write_json) writes the body that
/// a client gets. As large as a pointer.
///
/// Codes, statuses and messages of requests are those of the API's documentation, as is the order
/// in which they are checked. Where it has no code for a parameter, `InvalidParameter.NAME` and
/// `MissingParameter.NAME` follow the form of those it has. `InvalidCapture`, `InvalidArchive`,
/// `ArchiveIo` and `InvalidTime` are the crate's own. A detail's wording may change in any version,
/// the rest does not.
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocations, Store};
///
/// let error = Store::default()
///     .describe_invocations(&DescribeInvocations::new("cn-hangzhou").max_results(51))
///     .err()
///     .unwrap();
/// assert_eq!(error.code(), "InvalidParameter.MaxResults");
/// assert_eq!(error.status(), 400);
/// assert_eq!(error.message(), "The specified parameter MaxResults is not valid.");
/// assert_eq!(error.parameter(), Some("MaxResults"));
/// assert!(error.to_string().ends_with("given 51, allowed 1 to 50"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Repr>);

#[derive(Clone, PartialEq, Eq)]
struct Repr {
    kind: ErrorKind,
    code: Cow<'static, str>,
    status: u16,
    message: Cow<'static, str>,
    parameter: Option<Cow<'static, str>>,
    detail: String,
}

/// The sort of an [`Error`], for a caller that treats them differently.
///
/// # Examples
///
/// ```
/// use invodex::{ErrorKind, RunUpdate, Store};
///
/// let error = Store::default().update_run("t-0001", "i-0001", &RunUpdate::started()).unwrap_err();
/// match error.kind() {
///     ErrorKind::NotFound => {} // expired or evicted since: nothing to tell
///     _ => panic!("{error}"),
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A query was malformed.
    Request,
    /// A record or an update broke a limit, or named an InvokeId that is held already.
    Record,
    /// A write named an InvokeId or an instance that is not there.
    NotFound,
    /// A run cannot go from its status to the one named.
    Move,
    /// A file is no captured response.
    Capture,
    /// An archive could not be written, or is none that can be restored.
    Archive,
    /// A text is no time in the API's form.
    Time,
    /// Raised by a front end, for reasons the store does not know.
    Service,
}

impl Error {
    /// The sort of error. Cost, as of every accessor: O(1).
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The API's error code, such as `InvalidParameter.NextToken`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The API's message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The parameter of the request or the field of the record that is at fault, by its name in
    /// the API: `MaxResults`, `Tag.3.Key`. `None` where no single one is.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        self.0.parameter.as_deref()
    }

    /// What was given, what is allowed and what to do; empty only for what a front end raises. Of
    /// a long value the first 64 characters are shown.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// `Operation.Forbidden` (403), for a front end that checks permissions. No store raises it.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(ErrorKind::Service, "Operation.Forbidden", 403, "The operation is not permitted.")
    }

    /// `InternalError.Dispatch` (500), for a front end that fails on its own. No store raises it.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            ErrorKind::Service,
            "InternalError.Dispatch",
            500,
            "An error occurred when you dispatched the request.",
        )
    }

    /// Any other error of the API, for a front end that answers more operations than the store. It
    /// is written as every other: [`write_json`](Self::write_json).
    #[must_use]
    pub fn service(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorKind::Service, code, status, message)
    }

    fn new(
        kind: ErrorKind,
        code: impl Into<Cow<'static, str>>,
        status: u16,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Error(Box::new(Repr {
            kind,
            code: code.into(),
            status,
            message: message.into(),
            parameter: None,
            detail: String::new(),
        }))
    }

    fn at(mut self, parameter: impl Into<Cow<'static, str>>) -> Self {
        self.0.parameter = Some(parameter.into());
        self
    }

    fn saying(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// The error as one of a record, where a rule is shared by records and requests.
    fn of(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }
}

/// Requests.
impl Error {
    /// Bytes that are no query string.
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
            "RegionId" => "name the region whose records are asked for",
            "InvokeId" => {
                "IncludeOutput needs an InvokeId or InstanceId, IncludeHistory an InvokeId"
            }
            _ => "name one",
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
            "given {}, allowed what the store is configured with: {}{more}",
            quoted(given),
            if allowed.is_empty() { "no region".to_owned() } else { allowed.join(", ") }
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
            "given {}, which is configured as a region without this API; name another",
            quoted(given)
        ))
    }

    pub(crate) fn tag(fault: TagFault<'_>) -> Self {
        let error = |code, message| Self::new(ErrorKind::Request, code, 400, message);
        match fault {
            TagFault::TooMany(n) => {
                error("NumberExceed.Tags", "The Tags parameter number is exceed.").at("Tag").saying(
                    format!(
                        "given one numbered {n}, allowed {0}, numbered 1 to {0}; leave some out",
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
                "given {}, which this store did not give for these filters; take NextToken from the \
                 page before as it is, and change no filter",
                quoted(given)
            ),
        )
    }

    /// A value outside a closed set.
    pub(crate) fn not_one_of(name: &'static str, given: &str, allowed: &[&str]) -> Self {
        Self::invalid(name, format!("given {}, allowed {}", quoted(given), allowed.join(", ")))
    }

    /// A number outside 1 to `most`.
    pub(crate) fn out_of_range(name: &'static str, given: &str, most: u32) -> Self {
        Self::invalid(name, format!("given {given}, allowed 1 to {most}"))
    }
}

/// Records and writes.
impl Error {
    pub(crate) fn record_missing(field: &'static str) -> Self {
        let advice = match field {
            "InstanceId" => "a record needs an instance, and each instance its id",
            _ => "a record needs it",
        };
        Self::missing_but(field, advice).of(ErrorKind::Record)
    }

    pub(crate) fn record_too_long(
        field: &'static str,
        given: usize,
        most: usize,
        unit: &'static str,
    ) -> Self {
        Self::invalid(field, format!("given {given} {unit}, allowed at most {most}"))
            .of(ErrorKind::Record)
    }

    pub(crate) fn record_out_of_range(field: &'static str, given: u32, most: u32) -> Self {
        Self::out_of_range(field, &given.to_string(), most).of(ErrorKind::Record)
    }

    pub(crate) fn record_tag(fault: TagFault<'_>) -> Self {
        Self::tag(fault).of(ErrorKind::Record)
    }

    pub(crate) fn record_duplicate(field: &'static str, given: &str) -> Self {
        let (message, advice) = match field {
            "InvokeId" => (
                "The specified invoke ID already exists.",
                "a store holds an InvokeId once; delete the record first or name another",
            ),
            _ => (
                "The specified instance ID is duplicate.",
                "an invocation has one run on an instance",
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
            "given {}; it was never accepted, or has expired, been evicted or been deleted",
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
            "given {}, which is no instance of {}; name one of its instances",
            quoted(given),
            quoted(invoke_id)
        ))
    }

    pub(crate) fn illegal_move(from: &str, to: &str, allowed: &[&str]) -> Self {
        let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
        Self::invalid(
            "InvocationStatus",
            format!("a run cannot go from {from} to {to}; from {from} it can go to {allowed}"),
        )
        .of(ErrorKind::Move)
    }

    pub(crate) fn illegal_reschedule(from: &str, result: &str, allowed: &[&str]) -> Self {
        Self::invalid(
            "InvocationStatus",
            format!(
                "a run cannot go from {from} by {result} back to Scheduled; it can in a recurring \
                 task (Period, EveryReboot), from Running, by {}",
                allowed.join(", ")
            ),
        )
        .of(ErrorKind::Move)
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

    /// A field of a captured record that cannot be read.
    #[cfg(feature = "json")]
    pub(crate) fn captured(field: &'static str, detail: impl Into<String>) -> Self {
        Self::invalid(field, detail).of(ErrorKind::Record)
    }
}

/// Archives.
impl Error {
    pub(crate) fn archive(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Archive, "InvalidArchive", 400, "The archive cannot be restored.")
            .saying(detail)
    }

    /// The reader or the writer failed.
    pub(crate) fn archive_io(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Archive, "ArchiveIo", 500, "The archive cannot be read or written.")
            .saying(detail)
    }
}

/// What is wrong with a list of tags: the tag's own number, from 1, and the text at fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TagFault<'a> {
    /// One is numbered above the limit.
    TooMany(u32),
    KeyMissing(u32),
    Key(u32, &'a str),
    Value(u32, &'a str),
    DuplicateKey(u32, &'a str),
}

/// At most 64 characters of `text` in quotes, so that a hostile value does not fill a log.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 64;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}... ({} bytes)", &text[..end], text.len()),
        None => format!("{text:?}"),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Repr { code, status, message, parameter, detail, .. } = &*self.0;
        write!(f, "{code} ({status}): {message}")?;
        match parameter {
            Some(parameter) => write!(f, " {parameter}: {detail}"),
            None if detail.is_empty() => Ok(()),
            None => write!(f, " {detail}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {}
