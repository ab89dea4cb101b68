//! Imports captured DescribeInvocations responses as records.
//!
//! Reading a capture does not need the store. `file` splits the file into records that are not read
//! yet. `record` and `run` read each field, by the tables of names in `keys`. `encoding` decodes
//! CommandContent and Output. `compare` finds the fields in which an answer will differ. `capture`
//! combines these. `any_json` and `nested_list` read JSON. [`Store`] then accepts the invocations
//! as one batch, and `report` lists the result for each record.

mod any_json;
mod capture;
mod compare;
mod encoding;
mod file;
mod keys;
mod nested_list;
mod options;
mod record;
mod report;
mod run;

pub use options::{CaptureEncoding, ImportOptions};
pub use report::{Difference, DifferenceKind, ImportReport, NotRetained, Refusal};

pub(crate) use capture::Capture;

use crate::error::Error;
use crate::model::Timestamp;
use crate::store::Store;

impl Store {
    /// Loads the records of a captured DescribeInvocations response, and reports how the store's
    /// answer will differ from it. Needs the feature `json`, which is on by default.
    ///
    /// The list is accepted from its end to its start, as one [batch](Store::accept_batch), so
    /// that records with equal times keep the captured order. Statuses and Timed are derived from
    /// the runs, whatever the capture says. A record that cannot be read, or that the store
    /// refuses, does not prevent the others from being loaded. The report lists everything that is
    /// left out or changed:
    ///
    /// | in the capture | becomes |
    /// |---|---|
    /// | a field is missing, `null`, or an unset time that a store sets | its default; [`Omitted`](DifferenceKind::Omitted) |
    /// | no RepeatMode, and Timed false or missing | Once; `Omitted` |
    /// | no RepeatMode, and Timed true | refused |
    /// | a status or Timed that does not follow from the runs | the derived one; [`Derived`](DifferenceKind::Derived) |
    /// | RequestId, PageNumber, PageSize, TotalCount, NextToken beside the list | not read: they describe the captured answer, not its records |
    /// | an unknown key | left out; [`Unknown`](DifferenceKind::Unknown) |
    /// | RegionId or ResourceGroupId on an invocation | the record's own; an empty RegionId counts as missing |
    /// | an Output of more than 24,576 bytes | its last 24,576 bytes; [`Truncated`](DifferenceKind::Truncated) |
    /// | a value of a wrong type, an invalid time, an unknown enum name, or a value over its limit | refused |
    /// | a key that is given twice, or a string that cannot be decoded (half of a surrogate pair) | refused |
    /// | an InvokeId that the store holds, or that a record further down the list has | refused |
    /// | a record that is older than the store keeps, or beyond its capacity | not held; [`NotRetained`] |
    ///
    /// Cost: O(bytes) to read, and the cost of the batch. Besides `capture`, the import holds each
    /// record once until all are accepted. The report owns the differences.
    ///
    /// # Errors
    ///
    /// `InvalidCapture` when `capture` is not JSON or not a DescribeInvocations response; the detail
    /// says what it is instead. The store is then unchanged.
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

    /// Accepts the records of `capture` at the time at which the import began.
    pub(crate) fn load(&mut self, capture: Capture, begun: Timestamp) -> ImportReport {
        // In a `SharedStore` there may have been writes since, and the store's time never goes
        // back.
        let now = self.time_when(begun);
        let Capture { encoding, invocations, positions, mut differences, mut refusals } = capture;
        let (mut loaded, mut not_retained) = (0, Vec::new());
        let cutoff = self.cutoff(now);
        let too_old = |created| created < cutoff;
        // Freeing each record as soon as it is accepted took 1.10 of the time (2026-11-25).
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
        // A record that the store does not hold is in no answer, so it has no differences.
        let is_held = |position| {
            refusals.binary_search_by_key(&position, |refusal| refusal.position).is_err()
                && not_retained.binary_search_by_key(&position, |record| record.position).is_err()
        };
        differences.retain(|difference| difference.position.is_none_or(is_held));
        ImportReport { encoding, loaded, not_retained, differences, refusals }
    }
}
