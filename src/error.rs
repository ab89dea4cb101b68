//! The error type of the crate.

mod codes;
mod faults;
mod raised;
mod recommend;

use std::borrow::Cow;
use std::{fmt, io};

use codes::{Code, NAME};
pub(crate) use faults::TagFault;
pub use recommend::Recommend;

/// The error of every operation of this crate.
///
/// It has the API's code, HTTP status and message, the parameter or field at fault, and a detail:
/// what was given, what is allowed and what to do. `Display` prints all of it in one line;
/// [`write_json`](Self::write_json) writes the body that a client receives.
///
/// A query returns the first fault in the order in which the API's documentation lists its errors.
/// The wording of a detail may change in any version; everything else is stable.
///
/// # Design
///
/// One opaque type for the whole crate: a front end answers every error in the same way, and new
/// causes do not change the API. The fields are boxed, so that a `Result` is no larger than its
/// value and a pointer.
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
///
#[doc = include_str!("error/codes.md")]
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

/// The kind of an [`Error`], for callers that handle some of them differently.
///
/// # Examples
///
/// ```
/// use invodex::{ErrorKind, RunUpdate, Store};
///
/// let error = Store::default().update_run("t-0001", "i-0001", &RunUpdate::started()).unwrap_err();
/// match error.kind() {
///     ErrorKind::NotFound => {} // the record has expired or was evicted
///     _ => panic!("{error}"),
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A request is not valid.
    Request,
    /// A record or an update exceeds a limit, or the store holds a record with the same InvokeId.
    Record,
    /// A write names an InvokeId or an instance that does not exist.
    NotFound,
    /// An update names a transition that is not allowed.
    Transition,
    /// A file is not a captured response.
    Capture,
    /// An archive cannot be written or restored.
    Archive,
    /// A text is not a time in the API's form.
    Time,
    /// Created by a front end, for a reason that the store does not know.
    Service,
}

impl Error {
    /// The kind of error. Cost of this and every other accessor: O(1).
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

    /// The parameter of the request, or the field of the record, that is at fault, by its name in
    /// the API: `MaxResults`, `Tag.3.Key`. `None` if the fault is not in a single one.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        self.0.parameter.as_deref()
    }

    /// The detail: the given value, the allowed values and the remedy. A long value is cut to its
    /// first 64 characters. Empty only for errors that a front end created.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The I/O error of `ArchiveIo`: why the reader or writer failed. `None` for every other error.
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

    /// An error with this code, which names no parameter.
    fn new(code: &Code) -> Self {
        Self::with(code.kind, code.status, code.code.into(), code.message.into())
    }

    /// An error with this code, in which `name` takes the place of NAME.
    fn of(code: &Code, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        let named = |text: &str| text.replace(NAME, &name).into();
        Self::with(code.kind, code.status, named(code.code), named(code.message)).at(name)
    }

    fn with(
        kind: ErrorKind,
        status: u16,
        code: Cow<'static, str>,
        message: Cow<'static, str>,
    ) -> Self {
        Error(Box::new(Repr {
            kind,
            code,
            status,
            message,
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

    /// A detail that begins with the given value in quotes.
    fn given(self, given: &str, then: impl fmt::Display) -> Self {
        self.saying(format!("given {}{then}", quoted(given)))
    }

    /// Replaces the kind. Requests and records share some rules and so some constructors.
    fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }
}

/// `text` in quotes, cut to 64 characters so that a hostile value does not fill a log.
pub(crate) fn quoted(text: &str) -> String {
    quoted_as(text, text.len())
}

/// Like [`quoted`], for a text that was decoded from `bytes` bytes.
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
