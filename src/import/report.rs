//! The report of an import.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::model::Invocation;
use crate::request::ContentEncoding;

/// The result of [`Store::import`](crate::Store::import): counts, differences and refusals.
///
/// `Display` shows the counts in one line. Each listed item has a `Display` of its own.
/// [`grouped`](Self::grouped) lists equal differences of many records once.
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
///     "0 loaded, 0 completed, 0 not retained (0 expired), 1 refused, 0 differences, read as Base64"
/// );
/// let refusal = &report.refusals[0];
/// assert_eq!((refusal.place.record, refusal.error.parameter()), (Some(0), Some("CommandType")));
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImportReport {
    /// The files, in the order in which they were given.
    pub files: Vec<ImportedFile>,
    /// The number of records that were loaded.
    pub loaded: usize,
    /// The number of records, of the store or of this import, that records of results completed or
    /// agree with.
    pub completed: usize,
    /// Records that were accepted but are not held, by place.
    pub not_retained: Vec<NotRetained>,
    /// Fields in which an answer differs from the capture, by place: in each body first those beside
    /// the list, then those of the loaded records. The answer compared is one with Output, in the
    /// encoding of the capture.
    pub differences: Vec<Difference>,
    /// Records that were refused, by place.
    pub refusals: Vec<Refusal>,
}

impl ImportReport {
    /// The differences for people: equal ones, in whatever records and runs, are one group. In the
    /// order of the first of each group. Cost: O(differences).
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Config, ImportOptions, Store, SystemClock};
    ///
    /// let record = |id| format!(
    ///     r#"{{"InvokeId": "{id}", "CommandId": "c", "CommandType": "RunShellScript",
    ///         "CreationTime": "2020-05-11T09:01:39Z", "InvokeInstances": {{"InvokeInstance": [
    ///             {{"InstanceId": "i-0001", "InvocationStatus": "Success"}}]}}}}"#
    /// );
    /// let list = ["t-0001", "t-0002"].map(record).join(",");
    /// let capture = format!(r#"{{"Invocations": {{"Invocation": [{list}]}}}}"#);
    /// let config = Config { retention_seconds: None, ..Config::default() };
    /// let mut store = Store::new(config, SystemClock);
    /// let report = store.import(capture.as_bytes(), &ImportOptions::new("cn-hangzhou"))?;
    /// assert_eq!(
    ///     report.grouped()[0].to_string(),
    ///     "2 times, first in record 0 (t-0001): InvocationStatus: captured nothing, answered \
    ///      \"Success\" (omitted)"
    /// );
    /// # Ok::<(), invodex::Error>(())
    /// ```
    #[must_use]
    pub fn grouped(&self) -> Vec<DifferenceGroup<'_>> {
        let mut groups: Vec<DifferenceGroup<'_>> = Vec::new();
        let mut found = HashMap::new();
        for one in &self.differences {
            let in_run = one.instance.is_some();
            let key = (&one.field, one.kind, &one.captured, &one.answered, in_run);
            let at = *found.entry(key).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.count += 1,
                None => groups.push(DifferenceGroup { first: one, count: 1 }),
            }
        }
        groups
    }
}

/// Equal differences of an import, see [`ImportReport::grouped`]. `Display` shows them in one line.
///
/// # Examples
///
/// ```
/// use invodex::{DifferenceKind, ImportReport};
///
/// /// Prints all but the fields that the capture lacks.
/// fn print(report: &ImportReport) {
///     let groups = report.grouped();
///     for group in groups.iter().filter(|group| group.first.kind != DifferenceKind::Omitted) {
///         println!("{group}");
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DifferenceGroup<'a> {
    /// The first of the differences.
    pub first: &'a Difference,
    /// The number of equal differences, at least 1.
    pub count: usize,
}

/// A file as it was read by an import. `Display` shows it in a few words.
///
/// # Examples
///
/// ```
/// use invodex::{ImportOptions, Store};
///
/// let capture = br#"[{"Invocations": []}, {"Invocations": []}]"#;
/// let report = Store::default().import(capture, &ImportOptions::new("cn-hangzhou"))?;
/// assert_eq!(report.files[0].to_string(), "(2 bodies) read as Base64");
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImportedFile {
    /// The name that the caller gave; `None` for [`Store::import`](crate::Store::import).
    pub name: Option<Arc<str>>,
    /// The number of response bodies in the file.
    pub bodies: usize,
    /// The encoding as which CommandContent and Output were read.
    pub encoding: ContentEncoding,
}

/// A place in the files of an import. `Display` shows it in a few words, such as
/// `b.json, body 2, record 0`. The order is that of the files.
///
/// # Examples
///
/// ```
/// use invodex::{ImportOptions, Store};
///
/// let lines = br#"{"Invocations": {"Invocation": []}}
///     {"Invocations": {"Invocation": [{"InvokeId": "t-0001"}]}}"#;
/// let options = ImportOptions::new("cn-hangzhou");
/// let report = Store::default().import_files(&[("a.json", lines)], &options)?;
/// assert_eq!(report.refusals[0].place.to_string(), "a.json, body 1, record 0");
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[non_exhaustive]
pub struct Place {
    /// The position of the file, from 0.
    pub file: usize,
    /// The name that the caller gave the file, if any.
    pub name: Option<Arc<str>>,
    /// The position of the body in the file, from 0; `None` if the file has only one.
    pub body: Option<usize>,
    /// The position of the record in the body's list, from 0; `None` for a key beside the list.
    pub record: Option<usize>,
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
/// assert_eq!((difference.place.record, difference.kind), (None, DifferenceKind::Unknown));
/// assert_eq!(
///     difference.to_string(),
///     r#"beside the list: Author: captured "\"zhangsan\"", answered nothing (unknown)"#
/// );
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// The record, or the body for a key beside the list.
    pub place: Place,
    /// `InvokeId` of the record; empty for a key beside the list.
    pub invoke_id: Arc<str>,
    /// For a field of a run in DescribeInvocations, and for a history: the run's position in its
    /// record, from 0, and its InstanceId. A record of results is one run, and its fields have `None`.
    pub instance: Option<(usize, Arc<str>)>,
    /// The field's name. A nested field has a path, such as `Tags.Tag[0].TagValue`.
    pub field: Cow<'static, str>,
    /// Why it differs.
    pub kind: DifferenceKind,
    /// The captured value; `None` when the field is missing or `null`. For an unknown key it is
    /// JSON, for a truncated Output its length, for another form than the answer's its name.
    pub captured: Option<String>,
    /// The answered value; `None` when answers have no such field.
    pub answered: Option<String>,
}

impl Difference {
    /// A difference of the record that is being read. [`locate`] adds place and ids.
    pub(super) fn new(
        run: Option<usize>,
        field: impl Into<Cow<'static, str>>,
        kind: DifferenceKind,
        captured: Option<String>,
        answered: Option<String>,
    ) -> Self {
        let (place, none): (_, Arc<str>) = (Place::default(), "".into());
        let instance = run.map(|run| (run, Arc::clone(&none)));
        Difference {
            place,
            invoke_id: none,
            instance,
            field: field.into(),
            kind,
            captured,
            answered,
        }
    }

    pub(super) fn run(&self) -> Option<usize> {
        self.instance.as_ref().map(|(at, _)| *at)
    }
}

/// Adds place and ids to the differences of the record `invocation` at `place`. Those of the record
/// itself come first, then those of its runs.
pub(super) fn locate(differences: &mut [Difference], place: &Place, invocation: &Invocation) {
    differences.sort_by_key(Difference::run);
    let Some(first) = differences.first() else { return };
    let mut last = first.run();
    let id_of = |run: usize| invocation.instances[run].instance_id.as_str().into();
    let (invoke_id, mut id): (Arc<str>, _) =
        (invocation.invoke_id.as_str().into(), last.map_or("".into(), id_of));
    for one in differences {
        if let Some((run, instance_id)) = &mut one.instance {
            if last.replace(*run) != Some(*run) {
                id = id_of(*run);
            }
            *instance_id = Arc::clone(&id);
        }
        (one.place, one.invoke_id) = (place.clone(), Arc::clone(&invoke_id));
    }
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
    /// The capture lacks a field that answers always show, or has it unset where the store or the
    /// answer sets it.
    Omitted,
    /// The capture has a key that no record holds.
    Unknown,
    /// The Output is too long: its last 24,576 bytes are kept, and Dropped grows by the number of
    /// the others. Or a run has more history records than the store keeps: the newest are kept.
    Truncated,
    /// The capture has the value in another form than an answer: a name with a lower first letter, a
    /// list without its wrapper, an envelope, an object in place of its text, a status in lower
    /// case, a time with a space.
    Form,
    /// The capture lacks a field that a record must have. Its value follows from other fields.
    Assumed,
    /// The capture lacks the field, and a record of results has it.
    Completed,
    /// A record of results contradicts the record of the same InvokeId, which stays as it is.
    /// `captured` is the value in the results.
    Conflict,
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            DifferenceKind::Derived => "derived",
            DifferenceKind::Omitted => "omitted",
            DifferenceKind::Unknown => "unknown",
            DifferenceKind::Truncated => "truncated",
            DifferenceKind::Form => "form",
            DifferenceKind::Assumed => "assumed",
            DifferenceKind::Completed => "completed",
            DifferenceKind::Conflict => "conflict",
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
    /// The record.
    pub place: Place,
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
    /// The record.
    pub place: Place,
    /// Its `InvokeId`, if it has one.
    pub invoke_id: Option<String>,
    /// The reason, which names the field. For a field of a run the detail says which run.
    pub error: Error,
}

impl Refusal {
    pub(super) fn new(place: Place, invoke_id: String, error: Error) -> Self {
        let invoke_id = Some(invoke_id).filter(|invoke_id| !invoke_id.is_empty());
        Refusal { place, invoke_id, error }
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
        let ImportReport { files, loaded, completed, not_retained, differences, refusals } = self;
        let expired = not_retained.iter().filter(|record| record.expired).count();
        let (kept_out, refused) = (not_retained.len(), refusals.len());
        write!(f, "{loaded} loaded, {completed} completed, {kept_out} not retained ")?;
        write!(f, "({expired} expired), {refused} refused, {} differences", differences.len())?;
        files.iter().try_for_each(|file| write!(f, ", {file}"))
    }
}

impl fmt::Display for ImportedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{} ", Plain(name))?;
        }
        if self.bodies > 1 {
            write!(f, "({} bodies) ", self.bodies)?;
        }
        write!(f, "read as {:?}", self.encoding)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{}, ", Plain(name))?;
        }
        if let Some(body) = self.body {
            write!(f, "body {body}, ")?;
        }
        match self.record {
            Some(record) => write!(f, "record {record}"),
            None => f.write_str("beside the list"),
        }
    }
}

impl fmt::Display for DifferenceGroup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count > 1 {
            write!(f, "{} times, first in ", self.count)?;
        }
        self.first.fmt(f)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)?;
        if self.place.record.is_some() {
            write!(f, " ({})", Plain(&self.invoke_id))?;
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
        let NotRetained { place, invoke_id, expired } = self;
        let why = match expired {
            true => "older than the store keeps records",
            false => "newer records fill the store",
        };
        write!(f, "{place} ({}): not retained: {why}", Plain(invoke_id))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)?;
        if let Some(invoke_id) = &self.invoke_id {
            write!(f, " ({})", Plain(invoke_id))?;
        }
        write!(f, ": refused: {}", self.error)
    }
}
