//! Imports captured responses of DescribeInvocations and DescribeInvocationResults as records.
//!
//! Reading a capture does not need the store. `bodies` splits a file into the bodies of responses,
//! and these into records that are not read yet. `record` reads a record of DescribeInvocations,
//! `results` one of DescribeInvocationResults: both split it with `json`, read its keys by the tables
//! in `fields`, and compare it with its answer in `object`. `capture` does this for all files.
//! [`Store`] then completes records by results (`complete`), accepts the others as one batch, and
//! `report` lists the result for each record.

mod bodies;
mod capture;
mod complete;
mod encoding;
mod fields;
mod json;
mod lists;
mod object;
mod options;
mod record;
mod report;
mod results;

use std::collections::{HashMap, HashSet};

pub use options::{CaptureEncoding, ImportOptions};
pub use report::{
    Difference, DifferenceGroup, DifferenceKind, ImportReport, ImportedFile, NotRetained, Place,
    Refusal,
};

pub(crate) use capture::Capture;

use crate::error::Error;
use crate::model::{InstanceRun, Invocation, Timestamp};
use crate::store::{RunHistory, Store};
use record::Record;
use report::locate;
use results::{Group, group};

impl Store {
    /// Loads the records of captured responses of DescribeInvocations and
    /// DescribeInvocationResults, and reports how the store's answer will differ from them. Needs
    /// the feature `json`, which is on by default.
    ///
    /// The capture is one response body, several in a JSON list, or several one after the other, as
    /// in JSON Lines. A body may stand under `body` in the envelope of an SDK, with `headers` and
    /// `statusCode`. Names may have a lower first letter and lists may lack their wrapper, as SDKs
    /// print them.
    ///
    /// All lists together are accepted from their end to their start, as one
    /// [batch](Store::accept_batch), so that records with equal times keep the captured order.
    /// Statuses and Timed are derived from the runs, whatever the capture says. A record that cannot
    /// be read, or that the store refuses, does not prevent the others from being loaded. The report
    /// lists everything that is left out, changed, or read from another form than an answer's:
    ///
    /// | in the capture | becomes |
    /// |---|---|
    /// | a field is missing, `null`, or an unset time that a store sets | its default; [`Omitted`](DifferenceKind::Omitted) |
    /// | Parameters are `""` | unset, which an answer shows as `{}`; `Omitted` |
    /// | no RepeatMode, and Timed false or missing | Once; `Omitted` |
    /// | no RepeatMode, and Timed true | refused |
    /// | a run without InvocationStatus | by its legacy status: Finished is Success with ExitCode 0 or none and Failed with another, Failed is Failed, Stopped is Terminated, Running and Stopping are themselves; [`Assumed`](DifferenceKind::Assumed). Without a legacy status: refused |
    /// | an envelope, a printed name or list, Parameters as an object, a status in lower case, a time `YYYY-MM-DD HH:MM:SS` | read; [`Form`](DifferenceKind::Form) |
    /// | a status or Timed that does not follow from the runs | the derived one; [`Derived`](DifferenceKind::Derived) |
    /// | RequestId, PageNumber, PageSize, TotalCount, NextToken beside the list | not read: they describe the captured answer, not its records |
    /// | an unknown key | left out; [`Unknown`](DifferenceKind::Unknown) |
    /// | RegionId or ResourceGroupId on an invocation | the record's own; an empty RegionId counts as missing |
    /// | an Output of more than 24,576 bytes | its last 24,576 bytes; [`Truncated`](DifferenceKind::Truncated) |
    /// | more history records of a run than [`Config::history_limit`](crate::Config::history_limit) | the newest ones; `Truncated` |
    /// | a value of a wrong type, an invalid time, an unknown enum name, or a value over its limit | refused |
    /// | a key that is given twice, or a string that cannot be decoded (half of a surrogate pair) | refused |
    /// | an InvokeId that the store holds, or that a record further down the list has | refused |
    /// | a record that is older than the store keeps, or beyond its capacity | not held; [`NotRetained`] |
    ///
    /// # Records of results
    ///
    /// The records of DescribeInvocationResults with one InvokeId belong together. A fault in one of
    /// them refuses them all.
    ///
    /// - If the store holds a record with the InvokeId, or a DescribeInvocations body of the same
    ///   import has one, they complete it: fields that it has unset (`""`, 0, an empty list) take
    ///   their values, which is [`Completed`](DifferenceKind::Completed) for a captured record.
    ///   If a value that both have set differs, nothing is taken, and each such value is a
    ///   [`Conflict`](DifferenceKind::Conflict): two captures of different moments are never mixed.
    /// - Otherwise they make a record. CreationTime is the earliest StartTime, else the earliest
    ///   StopTime; without either they are refused. CommandType is RunShellScript. Both, and the
    ///   RepeatMode, are `Assumed`.
    /// - The first record of an instance is its run. Further ones are its history, newest first, and
    ///   must have ended. A record that is made has then the RepeatMode Period, else Once. To a held
    ///   record only a recurring task's history is added, and only to a run that has none.
    ///
    /// Cost: O(bytes) to read, and the cost of the batch. Besides `capture`, the import holds each
    /// record once until all are accepted. The report owns the differences.
    ///
    /// # Errors
    ///
    /// `InvalidCapture` when `capture` is not JSON, or a body in it is not a response of the two
    /// operations; the detail says which body it is, and what it is instead. The store is then
    /// unchanged.
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
        let capture = Capture::read(&[(None, capture)], options, now)?;
        Ok(self.load(capture, options, now))
    }

    /// Loads several captured files at once, each with a name for the report. Otherwise as
    /// [`import`](Self::import). Records of results complete records in any of the files, whatever
    /// their order. The files count as one list: the first file has the newest records.
    ///
    /// # Errors
    ///
    /// As [`import`](Self::import). The detail names the file. Nothing is then loaded.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Config, ImportOptions, Store, SystemClock};
    ///
    /// let results = br#"{"Invocation": {"InvocationResults": {"InvocationResult": [
    ///     {"InvokeId": "t-0001", "CommandId": "c-0001", "InstanceId": "i-0001",
    ///      "InvocationStatus": "Success", "Output": "b2s=", "Username": "root"}
    /// ]}}}"#;
    /// let invocations = br#"{"Invocations": {"Invocation": [{
    ///     "InvokeId": "t-0001", "CommandId": "c-0001", "CommandType": "RunShellScript",
    ///     "CreationTime": "2020-05-11T09:01:39Z", "RepeatMode": "Once",
    ///     "InvokeInstances": {"InvokeInstance": [
    ///         {"InstanceId": "i-0001", "InvocationStatus": "Success", "Output": ""}
    ///     ]}
    /// }]}}"#;
    /// let config = Config { retention_seconds: None, ..Config::default() };
    /// let mut store = Store::new(config, SystemClock);
    /// let files: [(&str, &[u8]); 2] = [("results.json", results), ("invocations.json", invocations)];
    /// let report = store.import_files(&files, &ImportOptions::new("cn-hangzhou"))?;
    ///
    /// assert_eq!((report.loaded, report.completed), (1, 1));
    /// let record = store.get("t-0001").unwrap();
    /// assert_eq!((record.username(), record.instances().next().unwrap().output()), ("root", &b"ok"[..]));
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn import_files(
        &mut self,
        files: &[(&str, &[u8])],
        options: &ImportOptions,
    ) -> Result<ImportReport, Error> {
        let now = self.now();
        let files: Vec<_> = files.iter().map(|&(name, bytes)| (Some(name), bytes)).collect();
        let capture = Capture::read(&files, options, now)?;
        Ok(self.load(capture, options, now))
    }

    /// Loads the records of `capture` at the time at which the import began.
    pub(crate) fn load(
        &mut self,
        capture: Capture<'_>,
        options: &ImportOptions,
        begun: Timestamp,
    ) -> ImportReport {
        // In a `SharedStore` there may have been writes since, and the store's time never goes
        // back.
        let now = self.time_when(begun);
        let Capture { files, mut records, rows, mut differences, mut refusals } = capture;
        let (mut completed, has_results) = (0, !rows.is_empty());
        // The last of several records with one InvokeId is loaded.
        let of_import = records.iter().enumerate();
        let of_import: HashMap<_, _> = match has_results {
            true => of_import.map(|(at, one)| (one.invocation.invoke_id.clone(), at)).collect(),
            false => HashMap::new(),
        };
        let refused: HashSet<_> =
            refusals.iter().filter_map(|refusal| refusal.invoke_id.clone()).collect();
        for group in group(rows) {
            let id = group.invoke_id();
            let result = if let Some((invocation, history)) = self.held(now, id) {
                let mut record = Record::held(group.place().clone(), invocation);
                let result = self.complete_held(now, &mut record, group, &history);
                completed += usize::from(record.is_completed);
                // The completed fields are those of the store's record, which is no capture.
                record.differences.retain(|one| one.kind != DifferenceKind::Completed);
                differences.append(&mut record.differences);
                result
            } else if let Some(&at) = of_import.get(id) {
                records[at].complete(group, &[]).map(drop)
            } else if refused.contains(id) {
                let reason = "the record of DescribeInvocations with this InvokeId is refused";
                let error = Error::captured("InvokeId", reason);
                Err(group.refuse(group.place(), error))
            } else {
                group.make(options).map(|record| records.push(record))
            };
            refusals.extend(result.err());
        }
        if has_results {
            records.sort_by(|a, b| a.place.cmp(&b.place));
        }
        records.reverse();
        let (mut loaded, mut not_retained) = (0, Vec::new());
        let cutoff = self.cutoff(now);
        let mut invocations = Vec::with_capacity(records.len());
        let mut rest = Vec::with_capacity(records.len());
        for record in records {
            let Record { place, invocation, histories, differences, is_completed } = record;
            invocations.push(invocation);
            rest.push((place, histories, differences, is_completed));
        }
        // Freeing each record as soon as it is accepted took 1.10 of the time (2026-11-25).
        let accepted = self.accept_batch_at(now, &invocations.iter().collect::<Vec<_>>());
        for ((result, invocation), (place, histories, mut own, is_completed)) in
            accepted.into_iter().zip(&invocations).zip(rest)
        {
            let invoke_id = || invocation.invoke_id.clone();
            match result {
                Ok(accepted) if accepted.retained => {
                    loaded += 1;
                    completed += usize::from(is_completed);
                    self.add_histories(&invocation.invoke_id, &histories);
                    own.extend(self.cut_histories(&place, invocation, &histories));
                    // A record that the store does not hold is in no answer, so it has none.
                    differences.append(&mut own);
                }
                Ok(_) => {
                    let expired = invocation.creation_time.is_some_and(|created| created < cutoff);
                    not_retained.push(NotRetained { place, invoke_id: invoke_id(), expired });
                }
                Err(error) => refusals.push(Refusal::new(place, invoke_id(), error)),
            }
        }
        differences.sort_by(|a, b| a.place.cmp(&b.place));
        refusals.sort_by(|a, b| a.place.cmp(&b.place));
        not_retained.sort_by(|a, b| a.place.cmp(&b.place));
        ImportReport { files, loaded, completed, not_retained, differences, refusals }
    }

    /// Completes a record of the store by a group of results. `record` is a copy of it.
    fn complete_held(
        &mut self,
        now: Timestamp,
        record: &mut Record,
        group: Group<'_>,
        history: &[Vec<InstanceRun>],
    ) -> Result<(), Refusal> {
        let before = record.invocation.clone();
        if record.complete(group, history)?
            && (record.invocation != before || !record.histories.is_empty())
            && let Err(error) = self.complete(now, &record.invocation, &record.histories)
        {
            record.is_completed = false;
            record.differences.clear();
            return Err(Refusal::new(record.place.clone(), before.invoke_id, error));
        }
        let cut = self.cut_histories(&record.place, &record.invocation, &record.histories);
        record.differences.extend(cut);
        Ok(())
    }

    /// The differences that the limit of a history makes: records that were given and are not held.
    fn cut_histories(
        &self,
        place: &Place,
        invocation: &Invocation,
        histories: &[RunHistory],
    ) -> Vec<Difference> {
        let limit = self.config().history_limit;
        let cut = |history: &RunHistory| {
            let given = history.records.len();
            (given > limit).then(|| {
                let [given, kept] = [given, limit].map(|count| Some(format!("{count} records")));
                let kind = DifferenceKind::Truncated;
                Difference::new(Some(history.run), "history", kind, given, kept)
            })
        };
        let mut differences: Vec<_> = histories.iter().filter_map(cut).collect();
        locate(&mut differences, place, invocation);
        differences
    }
}
