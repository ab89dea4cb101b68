//! Imports captured responses of DescribeInvocations and DescribeInvocationResults as records.
//!
//! `capture` reads all files, without the store: `bodies` splits a file into records, `record` reads
//! those of DescribeInvocations and `results` those of DescribeInvocationResults, both by the tables in
//! `fields`. [`Store`] then completes records by results (`complete`) and accepts the others.

mod bodies;
mod capture;
mod complete;
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
use crate::model::{InstanceRun, Timestamp};
use crate::store::{RunHistory, Store};
use record::Record;
use results::{Group, group};

impl Store {
    /// Loads captured responses of DescribeInvocations and DescribeInvocationResults, and reports how
    /// the store's answers will differ from them. Needs the feature `json`, which is on by default.
    ///
    /// The capture is one response body, several in a JSON list, or several one after the other, as
    /// in JSON Lines. A body may stand under `body` in the envelope of an SDK, with `headers` and
    /// `statusCode`. Names may have a lower first letter and lists may lack their wrapper, as SDKs
    /// print them.
    ///
    /// All lists are accepted from their end to their start, as one [batch](Store::accept_batch), so
    /// records with equal times keep the captured order. A record that is refused does not stop the
    /// others. The report lists everything that is left out, changed, or read from another form than
    /// an answer's:
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
    /// Cost: O(bytes) to read, and the cost of the batch. The import holds each record once until all
    /// are accepted.
    ///
    /// # Errors
    ///
    /// `InvalidCapture` when `capture` is not JSON, or a body in it is not a response of the two
    /// operations; the detail says which body, and what it is instead. Nothing is then loaded.
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
        let capture = Capture::read([(None, capture)], options, now)?;
        Ok(self.load(capture, options, now))
    }

    /// As [`import`](Self::import), for several files, each with a name for the report. Records of
    /// results complete records in any of them. The files count as one list, the newest records first.
    ///
    /// # Errors
    ///
    /// As [`import`](Self::import). The detail names the file.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{ImportOptions, Store};
    ///
    /// let files: [(&str, &[u8]); 2] = [
    ///     ("results.json", br#"{"Invocation": {"InvocationResults": {"InvocationResult": []}}}"#),
    ///     ("invocations.json", br#"{"Invocations": {"Invocation": []}}"#),
    /// ];
    /// let report = Store::default().import_files(&files, &ImportOptions::new("cn-hangzhou"))?;
    /// assert_eq!(report.files.len(), 2);
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn import_files(
        &mut self,
        files: &[(&str, &[u8])],
        options: &ImportOptions,
    ) -> Result<ImportReport, Error> {
        let now = self.now();
        let files = files.iter().map(|&(name, bytes)| (Some(name), bytes));
        let capture = Capture::read(files, options, now)?;
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
        let of_import = records.iter().enumerate().filter(|_| has_results);
        let of_import: HashMap<_, _> =
            of_import.map(|(at, one)| (one.invocation.invoke_id.clone(), at)).collect();
        let refused: HashSet<_> =
            refusals.iter().filter_map(|refusal| refusal.invoke_id.clone()).collect();
        for group in group(rows) {
            let id = group.invoke_id();
            let result = if let Some((invocation, history)) = self.held(now, id) {
                let mut record = Record::new(group.place(), invocation);
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
        // Freeing each record as soon as it is accepted took 1.10 of the time (2026-11-25).
        let invocations: Vec<_> = records.iter().map(|record| &record.invocation).collect();
        let accepted = self.accept_batch_at(now, &invocations);
        for (result, mut record) in accepted.into_iter().zip(records) {
            match result {
                Ok(accepted) if accepted.retained => {
                    loaded += 1;
                    completed += usize::from(record.is_completed);
                    self.add_histories(&record.invocation.invoke_id, &record.histories);
                    self.note_cut_histories(&mut record);
                    // A record that the store does not hold is in no answer, so it has none.
                    differences.append(&mut record.differences);
                }
                Ok(_) => not_retained.push(record.not_retained(cutoff)),
                Err(error) => refusals.push(record.refuse(error)),
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
            return Err(record.refuse(error));
        }
        self.note_cut_histories(record);
        Ok(())
    }

    /// Adds the differences that the limit of a history makes: records that were given and are not
    /// held.
    fn note_cut_histories(&self, record: &mut Record) {
        let limit = self.config().history_limit;
        let cut = record.histories.iter().filter(|history| history.records.len() > limit);
        let cut = cut.map(|RunHistory { run, records, .. }| {
            let counts = [records.len(), limit].map(|count| Some(format!("{count} records")));
            let [given, kept] = counts;
            Difference::new(Some(*run), "history", DifferenceKind::Truncated, given, kept)
        });
        record.add(cut.collect());
    }
}
