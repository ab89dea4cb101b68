//! Changes to a run: updates and stops.

use std::sync::Arc;

use super::Store;
use super::validate::text;
use crate::error::Error;
use crate::limits;
use crate::model::{
    InvocationStatus, OutputUpdate, Overall, RUN_TEXT_FIELDS, RepeatMode, RunUpdate, Timestamp,
    append_output, check_transition, whole_output,
};
use crate::table::{Execution, IndexedColumn, region_timed};

impl RunUpdate {
    /// Checks the update for a run in status `from` of a task of `repeat_mode`, and returns the status
    /// that the run would have after it. [`Store::update_run`] makes the same check.
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// A text of more than 4,096 bytes is refused by the name of its field. A transition that is not
    /// allowed is `InvalidParameter.InvocationStatus`, and the detail names both statuses.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InvocationStatus, RepeatMode, RunUpdate};
    ///
    /// let updates = [RunUpdate::started(), RunUpdate::finished(0), RunUpdate::started()];
    /// let mut status = InvocationStatus::Pending;
    /// for update in &updates[..2] {
    ///     status = update.check(RepeatMode::Once, status)?;
    /// }
    /// assert_eq!(status, InvocationStatus::Success);
    /// assert!(updates[2].check(RepeatMode::Once, status).is_err(), "the run has ended");
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn check(
        &self,
        repeat_mode: RepeatMode,
        from: InvocationStatus,
    ) -> Result<InvocationStatus, Error> {
        for (field, given) in RUN_TEXT_FIELDS.iter().zip(named_texts(self)) {
            given.map_or(Ok(()), |given| text(field, given))?;
        }
        check_transition(repeat_mode, from, self.invocation_status, self.reschedule)?;
        let to = self.invocation_status.unwrap_or(from);
        Ok(if self.reschedule { InvocationStatus::Scheduled } else { to })
    }
}

impl Store {
    /// Updates the run of `invoke_id` on `instance_id`. [`RunUpdate`] lists the fields and has an
    /// example. The overall statuses and Timed are derived anew, and each change of the run's
    /// status is sent to the subscriptions.
    ///
    /// Cost: O(runs of the record + bytes given), and with [`OutputUpdate::Append`] O(bytes of the
    /// present output); O(list) for each posting list that changes; O(history of the run) if an
    /// execution ends and its history is full; with an output budget also O(history of the record) if
    /// an execution begins or ends, or output is given.
    ///
    /// # Errors
    ///
    /// `InvalidInvokeId.NotFound` or `InvalidInstanceId.NotFound` if there is no such run. A text
    /// of more than 4,096 bytes is refused by the name of its field. A transition that is not
    /// allowed is `InvalidParameter.InvocationStatus`, and the detail names both statuses. The
    /// store is then unchanged.
    pub fn update_run(
        &mut self,
        invoke_id: &str,
        instance_id: &str,
        update: &RunUpdate,
    ) -> Result<(), Error> {
        let now = self.now();
        let slot = self.find_at(now, invoke_id)?;
        let at = self.find_run(slot, invoke_id, instance_id)?;
        let repeat_mode = self.table.settings_of(self.table.header(slot)).repeat_mode;
        update.check(repeat_mode, self.table.run(slot, at).status)?;

        self.begin_write(now);
        self.apply(slot, at, update, now);
        Ok(())
    }

    /// Stops the runs of `invoke_id` on `instance_ids`, or all its runs if no instance is named.
    /// Pending and Scheduled runs become Cancelled, Running ones Stopping, others stay as they are.
    /// Returns the number of runs that changed.
    ///
    /// Cost: O((runs changed + ids named) * runs of the record).
    ///
    /// # Errors
    ///
    /// `InstanceIds.ExceedLimit` if more than 50 instances are named, one named twice counted twice.
    /// `InvalidInvokeId.NotFound` if there is no such record, `InvalidInstanceId.NotFound` for the
    /// first instance on which it has no run. The store is then unchanged.
    pub fn stop(&mut self, invoke_id: &str, instance_ids: &[&str]) -> Result<usize, Error> {
        if instance_ids.len() > limits::STOPPED_RUNS {
            return Err(Error::too_many_instances(instance_ids.len(), limits::STOPPED_RUNS));
        }
        let now = self.now();
        let slot = self.find_at(now, invoke_id)?;
        let named = instance_ids.iter().map(|id| self.find_run(slot, invoke_id, id));
        let mut runs: Vec<_> = named.collect::<Result<_, _>>()?;
        if runs.is_empty() {
            runs.extend(0..self.table.runs_of(self.table.header(slot)).len());
        }
        self.begin_write(now);
        let mut changed = 0;
        for at in runs {
            let to = match self.table.run(slot, at).status {
                InvocationStatus::Pending | InvocationStatus::Scheduled => RunUpdate::cancelled(),
                InvocationStatus::Running => RunUpdate::stop_requested(),
                _ => continue,
            };
            self.apply(slot, at, &to, now);
            changed += 1;
        }
        Ok(changed)
    }

    fn find_run(&self, slot: u32, invoke_id: &str, instance_id: &str) -> Result<usize, Error> {
        let at = self.table.find_run(slot, instance_id);
        at.ok_or_else(|| Error::unknown_run(invoke_id, instance_id))
    }

    /// Applies an update that is allowed: sets the run, keeps the ended execution in the history,
    /// and then brings index, output budget and subscriptions up to date. Cannot fail.
    fn apply(&mut self, slot: u32, at: usize, update: &RunUpdate, now: Timestamp) {
        let header = self.table.header(slot);
        let before = header.overall;
        let repeat_mode = self.table.settings_of(header).repeat_mode;
        let mut execution = self.table.run(slot, at).execution();
        let from = execution.status;
        let to = update.invocation_status.unwrap_or(from);
        let time = update.time.unwrap_or(now);
        let starts = to != from && to == InvocationStatus::Running;
        if to != from {
            make_transition(&mut execution, to, time);
        }
        name_fields(&mut execution, update, repeat_mode);
        let mut named = named_texts(update);
        if starts {
            // A start clears the texts that the update does not name.
            named = named.map(|text| text.or(Some("")));
        }
        let table = &mut *self.table;
        if named.iter().any(Option::is_some) {
            execution.texts = table.replace_texts(execution.texts, named);
        }
        let was_executing = matches!(from, InvocationStatus::Running | InvocationStatus::Stopping);
        let execution_ends = repeat_mode.is_recurring() && was_executing && to.is_end();
        if update.reschedule {
            execution.status = InvocationStatus::Scheduled;
        }
        table.set_execution(slot, at, execution, time);
        if execution_ends {
            let limit = self.config.history_limit;
            self.counters.history_dropped += table.push_history(slot, at, to, limit);
        }
        self.index_overall(slot, before);
        // Nothing else changes outputs. To count those of the record takes O(its history).
        if starts || execution_ends || update.output.is_some() {
            self.note_outputs(slot);
            self.keep_output_budget();
        }
        if to != from {
            self.publish(slot, at, to);
        }
        if update.reschedule {
            self.publish(slot, at, InvocationStatus::Scheduled);
        }
    }

    /// Moves the row of the record in `slot` from the posting lists of its overall status `before`
    /// to those of its present one.
    fn index_overall(&mut self, slot: u32, before: Overall) {
        let header = self.table.header(slot);
        let (after, region) = (header.overall, header.region);
        if after == before {
            return;
        }
        let index = &mut *self.index;
        let row = index.order.row_of(slot);
        let sets = [
            (IndexedColumn::Status, before.matches(), after.matches()),
            (IndexedColumn::RunStatus, before.run_matches(), after.run_matches()),
        ];
        for (column, before, after) in sets {
            for status in before.without(after).iter() {
                index.take((column, status as u32), row);
            }
            for status in after.without(before).iter() {
                index.add((column, status as u32), row);
            }
        }
        if after.timed() != before.timed() {
            let key = |timed| (IndexedColumn::RegionTimed, region_timed(region, timed));
            index.take(key(before.timed()), row);
            index.add(key(after.timed()), row);
        }
    }
}

/// Sets the status `to` and the fields that the transition implies, as the table at [`RunUpdate`]
/// lists them.
fn make_transition(execution: &mut Execution, to: InvocationStatus, time: Timestamp) {
    use InvocationStatus as S;
    let from = std::mem::replace(&mut execution.status, to);
    if to == S::Running {
        execution.start_time = Some(time);
        execution.repeats = execution.repeats.saturating_add(1);
        execution.finish_time = None;
        execution.stop_time = None;
        execution.exit_code = None;
        execution.output = None;
        execution.dropped = 0;
    }
    if to == S::Success {
        execution.exit_code = Some(0);
    }
    if to.is_end() && to != S::Cancelled {
        execution.finish_time = Some(time);
    }
    let is_stopped = matches!(to, S::Cancelled | S::Terminated);
    if to == S::Stopping || is_stopped && from != S::Stopping {
        execution.stop_time = Some(time);
    }
}

/// Sets the fields that the update names, except the texts.
fn name_fields(execution: &mut Execution, update: &RunUpdate, repeat_mode: RepeatMode) {
    fn set<T: Copy>(field: &mut T, named: Option<T>) {
        if let Some(named) = named {
            *field = named;
        }
    }
    set(&mut execution.start_time, update.start_time);
    set(&mut execution.finish_time, update.finish_time);
    set(&mut execution.stop_time, update.stop_time);
    set(&mut execution.repeats, update.repeats);
    set(&mut execution.exit_code, update.exit_code);
    match &update.output {
        None => set(&mut execution.dropped, update.dropped),
        Some(OutputUpdate::Replace(bytes)) => {
            let (output, cut) = whole_output(bytes);
            set_output(execution, output);
            execution.dropped = update.dropped.unwrap_or(0).saturating_add(cut);
        }
        Some(OutputUpdate::Append(bytes)) => {
            let stored = execution.output.as_deref().unwrap_or_default();
            let (output, cut) = append_output(stored, bytes, repeat_mode);
            set_output(execution, &output);
            execution.dropped = update.dropped.unwrap_or(execution.dropped).saturating_add(cut);
        }
    }
}

fn set_output(execution: &mut Execution, output: &[u8]) {
    execution.output = (!output.is_empty()).then(|| Arc::from(output));
}

/// The texts that `update` names, in the order of [`RUN_TEXT_FIELDS`].
fn named_texts(update: &RunUpdate) -> [Option<&str>; 6] {
    [
        update.error_code.as_deref(),
        update.error_info.as_deref(),
        update.oss_output_status.as_deref(),
        update.oss_output_uri.as_deref(),
        update.oss_output_error_code.as_deref(),
        update.oss_output_error_info.as_deref(),
    ]
}
