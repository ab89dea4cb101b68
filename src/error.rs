//! The one error of the crate: what the API would answer, and what to do about it.

mod faults;

use std::borrow::Cow;
use std::{fmt, io};

pub(crate) use faults::TagFault;

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
    io_kind: Option<io::ErrorKind>,
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

    /// Why the reader or writer of an archive failed; `None` for every error but `ArchiveIo`.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::Store;
    ///
    /// let mut full = [0; 8];
    /// let error = Store::default().save(&mut full[..]).unwrap_err();
    /// assert_eq!((error.code(), error.io_kind()), ("ArchiveIo", Some(std::io::ErrorKind::WriteZero)));
    /// ```
    #[must_use]
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        self.0.io_kind
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
            io_kind: None,
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

/// At most 64 characters of `text` in quotes, so that a hostile value does not fill a log.
pub(crate) fn quoted(text: &str) -> String {
    quoted_as(text, text.len())
}

/// [`quoted`], of a text that stands for so many bytes.
pub(crate) fn quoted_as(text: &str, bytes: usize) -> String {
    const MOST: usize = 64;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}... ({bytes} bytes)", &text[..end]),
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
