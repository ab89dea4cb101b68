//! Captured DescribeInvocations responses come in as records.
//!
//! `lenient` reads JSON of any shape, `keys` are the names in it, `record` and `run` make a record
//! of it, `spoilt` looks into one that cannot be read, `compare` notes where an answer will differ,
//! `capture` reads the file around the records, `report` is what the caller gets.

mod capture;
mod compare;
mod keys;
mod lenient;
mod record;
mod report;
mod run;
mod spoilt;

pub use report::{Difference, DifferenceKind, ImportReport, NotRetained, Refusal};

pub(crate) use capture::Capture;

use crate::error::Error;
use crate::model::Timestamp;
use crate::store::Store;

/// How CommandContent and Output are written in a captured file.
///
/// # Examples
///
/// ```
/// use invodex::{CaptureEncoding, ContentEncoding, ImportOptions, Store};
///
/// let capture = br#"{"Invocations": {"Invocation": []}}"#;
/// let options = ImportOptions::new("cn-hangzhou").encoding(CaptureEncoding::PlainText);
/// let report = Store::default().import(capture, &options)?;
/// assert_eq!(report.encoding, ContentEncoding::PlainText);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum CaptureEncoding {
    /// Decided once for the file: Base64 when every CommandContent and Output that stands where a
    /// response has it, those of refused records included, is canonical Base64 (full padding, no
    /// bits beyond the last byte), else plain text.
    #[default]
    Auto,
    /// Base64. A record with a value that is not is refused.
    Base64,
    /// Plain text.
    PlainText,
}

/// What a captured response does not say about itself, for [`Store::import`].
///
/// # Examples
///
/// ```
/// use invodex::{CaptureEncoding, ImportOptions};
///
/// let options = ImportOptions::new("cn-hangzhou").encoding(CaptureEncoding::PlainText);
/// assert_eq!(options.region_id, "cn-hangzhou");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImportOptions {
    /// `RegionId` of the records that do not carry their own as an extra key.
    pub region_id: String,
    /// `ResourceGroupId` of the records that do not carry their own as an extra key. Default
    /// empty.
    pub resource_group_id: String,
    /// How CommandContent and Output are written. Default [`CaptureEncoding::Auto`].
    pub encoding: CaptureEncoding,
}

impl ImportOptions {
    /// Records of `region_id`, in no resource group, their encoding found out.
    pub fn new(region_id: impl Into<String>) -> Self {
        ImportOptions {
            region_id: region_id.into(),
            resource_group_id: String::new(),
            encoding: CaptureEncoding::Auto,
        }
    }

    /// Sets [`resource_group_id`](Self::resource_group_id).
    #[must_use]
    pub fn resource_group_id(mut self, id: impl Into<String>) -> Self {
        self.resource_group_id = id.into();
        self
    }

    /// Sets [`encoding`](Self::encoding).
    #[must_use]
    pub fn encoding(mut self, encoding: CaptureEncoding) -> Self {
        self.encoding = encoding;
        self
    }
}

impl Store {
    /// Loads the records of a captured DescribeInvocations response, and reports how the store's
    /// answer will differ from it. Needs the feature `json`, which is on by default.
    ///
    /// The list is accepted from its end to its start, as one [batch](Store::accept_batch), so
    /// that records with equal times keep the captured order. Statuses and Timed are derived from
    /// the runs, whatever the capture says. A record that cannot be read, or that the store
    /// refuses, stops no other; nothing is left out without a line in the report:
    ///
    /// | in the capture | becomes |
    /// |---|---|
    /// | a field is missing, `null`, or an unset time that a store sets | its default; [`Omitted`](DifferenceKind::Omitted) |
    /// | no RepeatMode, and Timed false or missing | Once; `Omitted` |
    /// | no RepeatMode, and Timed true | refused |
    /// | a status or Timed that does not follow from the runs | the derived one; [`Derived`](DifferenceKind::Derived) |
    /// | RequestId, PageNumber, PageSize, TotalCount, NextToken beside the list | not read: they are of that answer and of no record |
    /// | an unknown key | left out; [`Unknown`](DifferenceKind::Unknown) |
    /// | RegionId or ResourceGroupId on an invocation | the record's own; an empty RegionId is none |
    /// | an Output of more than 24,576 bytes | its end; [`Truncated`](DifferenceKind::Truncated) |
    /// | a value of a wrong type, no time, no name of its set, or over its limit | refused |
    /// | an InvokeId that is held already, or stands again nearer to the list's end | refused |
    /// | a record that is older than the store keeps, or beyond its capacity | not held; [`NotRetained`] |
    ///
    /// Cost: O(bytes) to read, and as the batch. Beside the bytes each record is held once until
    /// all are accepted, and each difference for as long as the report.
    ///
    /// # Errors
    ///
    /// `InvalidCapture` when `capture` is not JSON or no DescribeInvocations response; the detail
    /// says what it is instead. Then nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Config, ImportOptions, Store, SystemClock};
    ///
    /// let capture = br#"{
    ///     "RequestId": "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E",
    ///     "Invocations": {"Invocation": [{
    ///         "InvokeId": "t-0001", "CommandId": "c-0001", "CommandType": "RunShellScript",
    ///         "CreationTime": "2020-05-11T09:01:39Z", "InvocationStatus": "Running",
    ///         "InvokeInstances": {"InvokeInstance": [
    ///             {"InstanceId": "i-0001", "InvocationStatus": "Success", "Repeats": 1}
    ///         ]}
    ///     }]}
    /// }"#;
    /// let config = Config { retention_seconds: None, ..Config::default() };
    /// let mut store = Store::new(config, SystemClock);
    /// let report = store.import(capture, &ImportOptions::new("cn-hangzhou"))?;
    ///
    /// assert_eq!((report.loaded, report.refusals.len()), (1, 0));
    /// let status = report.differences.iter().find(|one| one.field == "InvocationStatus").unwrap();
    /// assert_eq!(
    ///     status.to_string(),
    ///     "record 0 (t-0001): InvocationStatus: captured \"Running\", answered \"Success\" (derived)"
    /// );
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn import(
        &mut self,
        capture: &[u8],
        options: &ImportOptions,
    ) -> Result<ImportReport, Error> {
        let now = self.now();
        let capture = Capture::read(capture, options, now)?;
        Ok(self.load(capture, now))
    }

    /// Accepts the records of `capture` at one time, that at which it began to be read.
    pub(crate) fn load(&mut self, capture: Capture, begun: Timestamp) -> ImportReport {
        // Others may have written since.
        let now = self.time_when(begun);
        let Capture { encoding, invocations, positions, mut differences, mut refusals } = capture;
        let (mut loaded, mut not_retained) = (0, Vec::new());
        let cutoff = self.cutoff(now);
        let too_old = |created| created < cutoff;
        let accepted = self.accept_batch_at(now, &invocations);
        for ((result, invocation), &position) in
            accepted.into_iter().zip(&invocations).zip(&positions)
        {
            let invoke_id = || invocation.invoke_id.clone();
            match result {
                Ok(accepted) if accepted.retained => loaded += 1,
                Ok(_) => not_retained.push(NotRetained {
                    position,
                    invoke_id: invoke_id(),
                    expired: invocation.creation_time.is_some_and(too_old),
                }),
                Err(error) => refusals.push(Refusal::new(position, invoke_id(), error)),
            }
        }
        refusals.sort_by_key(|refusal| refusal.position);
        not_retained.sort_by_key(|record| record.position);
        // Of a record that is not there no answer can differ.
        let is_there = |position| {
            refusals.binary_search_by_key(&position, |refusal| refusal.position).is_err()
                && not_retained.binary_search_by_key(&position, |record| record.position).is_err()
        };
        differences.retain(|difference| difference.position.is_none_or(is_there));
        ImportReport { encoding, loaded, not_retained, differences, refusals }
    }
}
