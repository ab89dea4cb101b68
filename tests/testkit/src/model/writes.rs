//! Accepting, updating, stopping and deleting: the effect or the error of each write.
//! Part of the naive model: shares nothing with the engine.

use std::cmp::Reverse;

use invodex::{InstanceRun, Invocation, InvocationStatus, OutputUpdate, RunUpdate, Timestamp};

use super::{HistoryRecord, Model, ModelError, Record, Run, checks, derive, error, events};

/// Maximum number of instances that a stop names.
const STOPPED: usize = 50;
/// Maximum bytes of output of a run.
const OUTPUT: usize = 24_576;
/// The first and the last bytes that are kept of a one-time task's output that comes in pieces.
const FIRST: usize = 6_000;
const LAST: usize = 18_576;

impl Model {
    /// Accepts a record; true when it is retained.
    pub fn accept(&mut self, invocation: &Invocation) -> Result<bool, ModelError> {
        self.accept_batch(std::slice::from_ref(invocation)).remove(0)
    }

    /// Accepts records one after the other at one store time; the count limit is applied once,
    /// at the end.
    pub fn accept_batch(&mut self, batch: &[Invocation]) -> Vec<Result<bool, ModelError>> {
        let numbers: Vec<Result<u64, ModelError>> =
            batch.iter().map(|invocation| self.accept_one(invocation)).collect();
        if numbers.iter().any(Result::is_ok) {
            self.written();
            self.records.sort_by_key(|record| Reverse((record.created, record.number)));
            self.records.truncate(self.config.capacity);
            self.keep_output_budget();
        }
        let is_kept = |number: u64| self.records.iter().any(|record| record.number == number);
        numbers.into_iter().map(|number| number.map(is_kept)).collect()
    }

    /// Validates one record, keeps it unless it has expired, and returns its acceptance number.
    fn accept_one(&mut self, invocation: &Invocation) -> Result<u64, ModelError> {
        checks::record(invocation)?;
        if self.find(&invocation.invoke_id).is_ok() {
            return Err(checks::refusal("Duplicate.InvokeId".to_owned(), "InvokeId"));
        }
        self.accepted += 1;
        let created = invocation.creation_time.unwrap_or(self.now());
        if !self.is_expired(created) {
            let mut invocation = invocation.clone();
            let runs = std::mem::take(&mut invocation.instances);
            let runs = runs.into_iter().map(|run| accepted_run(run, created)).collect();
            self.records.push(Record { number: self.accepted, created, invocation, runs });
        }
        Ok(self.accepted)
    }

    /// Changes one run.
    pub fn update_run(
        &mut self,
        invoke_id: &str,
        instance_id: &str,
        update: &RunUpdate,
    ) -> Result<(), ModelError> {
        let index = self.find(invoke_id)?;
        let run = find_run(&self.records[index], instance_id)?;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        checks::run_texts([
            ("ErrorCode", &text(&update.error_code)),
            ("ErrorInfo", &text(&update.error_info)),
            ("OssOutputStatus", &text(&update.oss_output_status)),
            ("OssOutputUri", &text(&update.oss_output_uri)),
            ("OssOutputErrorCode", &text(&update.oss_output_error_code)),
            ("OssOutputErrorInfo", &text(&update.oss_output_error_info)),
        ])?;
        let mode = self.records[index].invocation.repeat_mode;
        let from = self.records[index].runs[run].now.invocation_status;
        let to = update.invocation_status.unwrap_or(from);
        let legal = if update.reschedule {
            derive::may_reschedule(mode, from, to)
        } else {
            to == from || derive::may_move(mode, from, to)
        };
        if !legal {
            let code = "InvalidParameter.InvocationStatus".to_owned();
            return Err(checks::refusal(code, "InvocationStatus"));
        }
        self.change(index, run, update);
        self.written();
        self.keep_output_budget();
        Ok(())
    }

    /// Stops the named runs, or all of them. Returns how many changed.
    pub fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Result<usize, ModelError> {
        if instances.len() > STOPPED {
            return Err(error("InstanceIds.ExceedLimit", "InstanceId"));
        }
        let index = self.find(invoke_id)?;
        let record = &self.records[index];
        let mut named = Vec::new();
        for instance_id in instances {
            named.push(find_run(record, instance_id)?);
        }
        if instances.is_empty() {
            named = (0..record.runs.len()).collect();
        }
        let mut changed = 0;
        for run in named {
            // A run that is named twice already has its new status the second time: Cancelled and
            // Stopping stay.
            let to = match self.records[index].runs[run].now.invocation_status {
                InvocationStatus::Pending | InvocationStatus::Scheduled => {
                    InvocationStatus::Cancelled
                }
                InvocationStatus::Running => InvocationStatus::Stopping,
                _ => continue,
            };
            let update = RunUpdate { invocation_status: Some(to), ..RunUpdate::default() };
            self.change(index, run, &update);
            changed += 1;
        }
        self.written();
        Ok(changed)
    }

    /// Deletes a record.
    pub fn delete(&mut self, invoke_id: &str) -> Result<(), ModelError> {
        let index = self.find(invoke_id)?;
        self.records.remove(index);
        self.written();
        Ok(())
    }

    /// Deletes every record.
    pub fn clear(&mut self) {
        self.records.clear();
        self.written();
    }

    /// Called after a write that was not refused: keeps its time and removes expired records.
    fn written(&mut self) {
        self.last_write = Some(self.now());
        self.drop_expired();
    }

    pub(super) fn drop_expired(&mut self) {
        let records = std::mem::take(&mut self.records);
        self.records =
            records.into_iter().filter(|record| !self.is_expired(record.created)).collect();
    }

    /// Applies the budget for all outputs: the oldest records lose all their outputs.
    pub(super) fn keep_output_budget(&mut self) {
        let Some(most) = self.config.output_budget else { return };
        self.records.sort_by_key(|record| Reverse((record.created, record.number)));
        let mut total: usize =
            self.records.iter_mut().flat_map(outputs).map(|run| run.output.len()).sum();
        for record in self.records.iter_mut().rev() {
            if total <= most {
                break;
            }
            for run in outputs(record) {
                let bytes = std::mem::take(&mut run.output).len();
                run.dropped = run.dropped.saturating_add(bytes as u64);
                self.output_dropped += bytes as u64;
                total -= bytes;
            }
        }
    }

    fn find(&self, invoke_id: &str) -> Result<usize, ModelError> {
        self.records
            .iter()
            .position(|record| {
                record.invocation.invoke_id == invoke_id && !self.is_expired(record.created)
            })
            .ok_or_else(|| error("InvalidInvokeId.NotFound", "InvokeId"))
    }

    /// Makes a change that has been validated.
    fn change(&mut self, index: usize, at: usize, update: &RunUpdate) {
        let time = update.time.unwrap_or(self.now());
        let record = &mut self.records[index];
        let recurring = derive::is_recurring(record.invocation.repeat_mode);
        let run = &mut record.runs[at];
        let from = run.now.invocation_status;
        let to = update.invocation_status.unwrap_or(from);
        if to != from {
            automatic(&mut run.now, from, to, time);
        }
        self.middles_cut += u64::from(named(&mut run.now, update, recurring));
        run.now.update_time = Some(time);
        let executing = from == InvocationStatus::Running || from == InvocationStatus::Stopping;
        if recurring && executing && derive::is_end(to) {
            run.ended += 1;
            run.history.push(HistoryRecord { number: run.ended, run: run.now.clone() });
            if run.history.len() > self.config.history_limit {
                run.history.remove(0);
                self.history_dropped += 1;
            }
        }
        if update.reschedule {
            run.now.invocation_status = InvocationStatus::Scheduled;
        }
        // One event for each change of status: two if the run is scheduled again.
        let rescheduled = update.reschedule.then_some(InvocationStatus::Scheduled);
        for status in (to != from).then_some(to).into_iter().chain(rescheduled) {
            self.subscribers.send(&events::event(&self.records[index], at, status));
        }
    }
}

/// Sets the fields that a transition sets automatically.
fn automatic(run: &mut InstanceRun, from: InvocationStatus, to: InvocationStatus, time: Timestamp) {
    run.invocation_status = to;
    match to {
        InvocationStatus::Running => {
            run.start_time = Some(time);
            run.repeats = run.repeats.saturating_add(1);
            run.finish_time = None;
            run.stop_time = None;
            run.exit_code = None;
            run.output.clear();
            run.dropped = 0;
            run.error_code.clear();
            run.error_info.clear();
            run.oss_output_status.clear();
            run.oss_output_uri.clear();
            run.oss_output_error_code.clear();
            run.oss_output_error_info.clear();
        }
        InvocationStatus::Stopping => run.stop_time = Some(time),
        InvocationStatus::Success => {
            run.finish_time = Some(time);
            run.exit_code = Some(0);
        }
        InvocationStatus::Failed
        | InvocationStatus::Invalid
        | InvocationStatus::Aborted
        | InvocationStatus::Error
        | InvocationStatus::Timeout => run.finish_time = Some(time),
        InvocationStatus::Terminated => {
            run.finish_time = Some(time);
            if from != InvocationStatus::Stopping {
                run.stop_time = Some(time);
            }
        }
        InvocationStatus::Cancelled => {
            if from != InvocationStatus::Stopping {
                run.stop_time = Some(time);
            }
        }
        InvocationStatus::Pending | InvocationStatus::Scheduled => {}
    }
}

/// Sets the fields that the update names, which override the automatic ones. Returns whether bytes
/// in the middle of the output were cut.
fn named(run: &mut InstanceRun, update: &RunUpdate, recurring: bool) -> bool {
    if let Some(time) = update.start_time {
        run.start_time = time;
    }
    if let Some(time) = update.finish_time {
        run.finish_time = time;
    }
    if let Some(time) = update.stop_time {
        run.stop_time = time;
    }
    if let Some(repeats) = update.repeats {
        run.repeats = repeats;
    }
    if let Some(exit_code) = update.exit_code {
        run.exit_code = exit_code;
    }
    let mut middle_cut = false;
    match &update.output {
        None => run.dropped = update.dropped.unwrap_or(run.dropped),
        Some(OutputUpdate::Replace(bytes)) => {
            run.output.clone_from(bytes);
            run.dropped = update.dropped.unwrap_or(0);
            keep_last(run);
        }
        Some(OutputUpdate::Append(bytes)) => {
            run.output.extend_from_slice(bytes);
            run.dropped = update.dropped.unwrap_or(run.dropped);
            middle_cut = !recurring && run.output.len() > OUTPUT;
            if recurring {
                keep_last(run);
            } else {
                keep_first_and_last(run);
            }
        }
    }
    for (field, text) in [
        (&mut run.error_code, &update.error_code),
        (&mut run.error_info, &update.error_info),
        (&mut run.oss_output_status, &update.oss_output_status),
        (&mut run.oss_output_uri, &update.oss_output_uri),
        (&mut run.oss_output_error_code, &update.oss_output_error_code),
        (&mut run.oss_output_error_info, &update.oss_output_error_info),
    ] {
        if let Some(text) = text {
            field.clone_from(text);
        }
    }
    middle_cut
}

/// All runs and history records, which may have output.
fn outputs(record: &mut Record) -> impl Iterator<Item = &mut InstanceRun> {
    record
        .runs
        .iter_mut()
        .flat_map(|run| run.history.iter_mut().map(|record| &mut record.run).chain([&mut run.now]))
}

/// Keeps the last bytes of a long output and counts the others.
fn keep_last(run: &mut InstanceRun) {
    let cut = run.output.len().saturating_sub(OUTPUT);
    run.output.drain(..cut);
    run.dropped = run.dropped.saturating_add(cut as u64);
}

/// Keeps the first bytes of a long output and the last ones of the rest, and counts the others.
fn keep_first_and_last(run: &mut InstanceRun) {
    if run.output.len() <= FIRST + LAST {
        return;
    }
    let rest = run.output.split_off(FIRST);
    let (lost, last) = rest.split_at(rest.len() - LAST);
    run.output.extend_from_slice(last);
    run.dropped = run.dropped.saturating_add(lost.len() as u64);
}

fn accepted_run(mut run: InstanceRun, created: Timestamp) -> Run {
    let created = run.creation_time.unwrap_or(created);
    run.creation_time = Some(created);
    run.update_time = Some(run.update_time.unwrap_or(created));
    keep_last(&mut run);
    Run { now: run, history: Vec::new(), ended: 0 }
}

fn find_run(record: &Record, instance_id: &str) -> Result<usize, ModelError> {
    record
        .runs
        .iter()
        .position(|run| run.now.instance_id == instance_id)
        .ok_or_else(|| error("InvalidInstanceId.NotFound", "InstanceId"))
}
