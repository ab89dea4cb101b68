//! What an import tells.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::request::ContentEncoding;

/// What became of a captured response, see [`Store::import`](crate::Store::import).
///
/// `Display` shows the numbers in one line; what is listed has lines of its own.
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
    /// How CommandContent and Output were read.
    pub encoding: ContentEncoding,
    /// Records that the store holds now.
    pub loaded: usize,
    /// Records that were accepted and are not held, by position.
    pub not_retained: Vec<NotRetained>,
    /// Where an answer differs from the capture: first what stands beside the list, then by
    /// position, of the records that are loaded. An answer to the fullest question is meant, with
    /// Output, in the encoding of the capture.
    pub differences: Vec<Difference>,
    /// Records that were refused, by position.
    pub refusals: Vec<Refusal>,
}

/// One field in which the answer differs from the capture. `Display` shows it in one line.
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
    /// Where the record stands in the captured list, from 0. `None` for what stands beside the
    /// list.
    pub position: Option<usize>,
    /// `InvokeId` of the record; empty beside the list.
    pub invoke_id: Arc<str>,
    /// For a field of a run: its place in InvokeInstance, from 0, and its InstanceId.
    pub instance: Option<(usize, Arc<str>)>,
    /// The field. What is further in has a path, such as `Tags.Tag[0].TagValue`.
    pub field: Cow<'static, str>,
    /// Why it differs.
    pub kind: DifferenceKind,
    /// What the capture shows; `None` when the field is missing or `null`. Of an unknown key its
    /// JSON; of an Output that is cut its length.
    pub captured: Option<String>,
    /// What the store answers; `None` when it shows no such field.
    pub answered: Option<String>,
}

/// Why an answer differs from the capture. `Display` shows it in one word.
///
/// # Examples
///
/// ```
/// use invodex::{DifferenceKind, ImportReport};
///
/// /// Whether the store answers with all that was captured, and what it adds is unset.
/// fn is_faithful(report: &ImportReport) -> bool {
///     let omitted = |kind| kind == DifferenceKind::Omitted;
///     report.refusals.is_empty() && report.differences.iter().all(|one| omitted(one.kind))
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The capture shows a status or Timed that does not follow from the statuses of the runs.
    Derived,
    /// The capture lacks a field that answers always show, or shows it unset where the store sets
    /// it.
    Omitted,
    /// The capture has a key that no record holds.
    Unknown,
    /// Of a long Output the last 24,576 bytes are kept; Dropped grows by the others.
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

/// A captured record that was accepted and is not held, see
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
    /// Where it stands in the captured list, from 0.
    pub position: usize,
    /// Its `InvokeId`.
    pub invoke_id: String,
    /// Whether it is older than the store keeps records; else newer ones fill the store.
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
    /// Where it stands in the captured list, from 0.
    pub position: usize,
    /// Its `InvokeId`, if it has one.
    pub invoke_id: Option<String>,
    /// Why: names the field. For a field of a run the detail says which run.
    pub error: Error,
}

impl Refusal {
    pub(super) fn new(position: usize, invoke_id: String, error: Error) -> Self {
        let invoke_id = Some(invoke_id).filter(|invoke_id| !invoke_id.is_empty());
        Refusal { position, invoke_id, error }
    }
}

/// Text from a file: one line of printable characters, and not too many of them.
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

/// The value of a field, or that there is none.
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
