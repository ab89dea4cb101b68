//! The report of an import.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::request::ContentEncoding;

/// The result of [`Store::import`](crate::Store::import): counts, differences and refusals.
///
/// `Display` shows the counts in one line. Each listed item has a `Display` of its own.
///
/// # Examples
///
/// ```
/// use invodex::{ImportOptions, Store};
///
/// let capture = br#"{"Invocations": {"Invocation": [{"InvokeId": "t-0001"}]}}"#;
/// let report = Store::default().import(capture, &ImportOptions::new("cn-hangzhou"))?;
/// assert_eq!(
///     report.to_string(),
///     "0 loaded, 0 not retained (0 expired), 1 refused, 0 differences, read as Base64"
/// );
/// let refusal = &report.refusals[0];
/// assert_eq!((refusal.position, refusal.error.parameter()), (0, Some("CommandType")));
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImportReport {
    /// The encoding as which CommandContent and Output were read.
    pub encoding: ContentEncoding,
    /// The number of records that were loaded.
    pub loaded: usize,
    /// Records that were accepted but are not held, by position.
    pub not_retained: Vec<NotRetained>,
    /// Fields in which an answer differs from the capture: first those beside the list, then those
    /// of the loaded records, by position. The answer compared is one with Output, in the encoding
    /// of the capture.
    pub differences: Vec<Difference>,
    /// Records that were refused, by position.
    pub refusals: Vec<Refusal>,
}

/// A field in which the answer differs from the capture. `Display` shows it in one line.
///
/// # Examples
///
/// ```
/// use invodex::{DifferenceKind, ImportOptions, Store};
///
/// let capture = br#"{"Author": "zhangsan", "Invocations": {"Invocation": []}}"#;
/// let report = Store::default().import(capture, &ImportOptions::new("cn-hangzhou"))?;
/// let difference = &report.differences[0];
/// assert_eq!((difference.position, difference.kind), (None, DifferenceKind::Unknown));
/// assert_eq!(
///     difference.to_string(),
///     r#"beside the list: Author: captured "\"zhangsan\"", answered nothing (unknown)"#
/// );
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// Position of the record in the captured list, from 0; `None` for a key beside the list.
    pub position: Option<usize>,
    /// `InvokeId` of the record; empty for a key beside the list.
    pub invoke_id: Arc<str>,
    /// For a field of a run: the run's position in InvokeInstance, from 0, and its InstanceId.
    pub instance: Option<(usize, Arc<str>)>,
    /// The field's name. A nested field has a path, such as `Tags.Tag[0].TagValue`.
    pub field: Cow<'static, str>,
    /// Why it differs.
    pub kind: DifferenceKind,
    /// The captured value; `None` when the field is missing or `null`. For an unknown key it is
    /// JSON, for a truncated Output its length.
    pub captured: Option<String>,
    /// The answered value; `None` when answers have no such field.
    pub answered: Option<String>,
}

/// Why an answer differs from the capture. `Display` shows it in one word.
///
/// # Examples
///
/// ```
/// use invodex::{DifferenceKind, ImportReport};
///
/// /// Whether answers show all that was captured, and add nothing but unset fields.
/// fn is_faithful(report: &ImportReport) -> bool {
///     let omitted = |kind| kind == DifferenceKind::Omitted;
///     report.refusals.is_empty() && report.differences.iter().all(|one| omitted(one.kind))
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The captured status or Timed does not follow from the statuses of the runs.
    Derived,
    /// The capture lacks a field that answers always show, or has it unset where the store sets
    /// it.
    Omitted,
    /// The capture has a key that no record holds.
    Unknown,
    /// The Output is too long. Its last 24,576 bytes are kept, and Dropped grows by the number of
    /// the others.
    Truncated,
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            DifferenceKind::Derived => "derived",
            DifferenceKind::Omitted => "omitted",
            DifferenceKind::Unknown => "unknown",
            DifferenceKind::Truncated => "truncated",
        })
    }
}

/// A captured record that was accepted but is not held, see
/// [`Accepted::retained`](crate::Accepted::retained). `Display` shows it in one line.
///
/// # Examples
///
/// ```
/// use invodex::{ImportOptions, Store};
///
/// let capture = br#"{"Invocations": {"Invocation": [{
///     "InvokeId": "t-0001", "CommandId": "c-0001", "CommandType": "RunShellScript",
///     "CreationTime": "2020-05-11T09:01:39Z", "RepeatMode": "Once",
///     "InvokeInstances": {"InvokeInstance": [
///         {"InstanceId": "i-0001", "InvocationStatus": "Success"}
///     ]}
/// }]}}"#;
/// let report = Store::default().import(capture, &ImportOptions::new("cn-hangzhou"))?;
/// let record = report.not_retained[0].to_string();
/// assert_eq!(record, "record 0 (t-0001): not retained: older than the store keeps records");
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NotRetained {
    /// Its position in the captured list, from 0.
    pub position: usize,
    /// Its `InvokeId`.
    pub invoke_id: String,
    /// True when the record is older than the store keeps records, false when newer records fill
    /// the store.
    pub expired: bool,
}

/// A captured record that was not accepted. `Display` shows it in one line.
///
/// # Examples
///
/// ```
/// use invodex::{ImportOptions, Store};
///
/// let capture = br#"{"Invocations": {"Invocation": [{"InvokeId": "t-0001", "Timed": 1}]}}"#;
/// let report = Store::default().import(capture, &ImportOptions::new("cn-hangzhou"))?;
/// let refusal = report.refusals[0].to_string();
/// assert!(refusal.starts_with("record 0 (t-0001): refused: InvalidParameter.Timed (400): "));
/// assert!(refusal.ends_with("Timed: given 1, allowed true or false"));
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Refusal {
    /// Its position in the captured list, from 0.
    pub position: usize,
    /// Its `InvokeId`, if it has one.
    pub invoke_id: Option<String>,
    /// The reason, which names the field. For a field of a run the detail says which run.
    pub error: Error,
}

impl Refusal {
    pub(super) fn new(position: usize, invoke_id: String, error: Error) -> Self {
        let invoke_id = Some(invoke_id).filter(|invoke_id| !invoke_id.is_empty());
        Refusal { position, invoke_id, error }
    }
}

/// Displays text from a file on one line: at most 64 characters, special ones escaped.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 64;
        match self.0.char_indices().nth(MOST) {
            Some((end, _)) => write!(f, "{}...", self.0[..end].escape_debug()),
            None => write!(f, "{}", self.0.escape_debug()),
        }
    }
}

/// Displays the value of a field in quotes, or `nothing`.
struct Value<'a>(Option<&'a str>);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(text) => write!(f, "\"{}\"", Plain(text)),
            None => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (differences, refused) = (self.differences.len(), self.refusals.len());
        let expired = self.not_retained.iter().filter(|record| record.expired).count();
        write!(
            f,
            "{} loaded, {} not retained ({expired} expired), {refused} refused, {differences} \
             differences, read as {:?}",
            self.loaded,
            self.not_retained.len(),
            self.encoding
        )
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "record {position} ({})", Plain(&self.invoke_id))?,
            None => f.write_str("beside the list")?,
        }
        if let Some((at, instance_id)) = &self.instance {
            write!(f, ", run {at} ({})", Plain(instance_id))?;
        }
        write!(f, ": {}: captured {}, ", Plain(&self.field), Value(self.captured.as_deref()))?;
        write!(f, "answered {} ({})", Value(self.answered.as_deref()), self.kind)
    }
}

impl fmt::Display for NotRetained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotRetained { position, invoke_id, expired } = self;
        let why = match expired {
            true => "older than the store keeps records",
            false => "newer records fill the store",
        };
        write!(f, "record {position} ({}): not retained: {why}", Plain(invoke_id))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", self.position)?;
        if let Some(invoke_id) = &self.invoke_id {
            write!(f, " ({})", Plain(invoke_id))?;
        }
        write!(f, ": refused: {}", self.error)
    }
}
