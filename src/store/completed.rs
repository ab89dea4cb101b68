//! Completes held records: an import adds what other captured responses say about them.

use super::Store;
use super::restored::RunHistory;
use super::validate::Valid;
use crate::error::Error;
use crate::model::{InstanceRun, Invocation, RUN_TEXT_FIELDS, Timestamp};
use crate::table::{Execution, HistoryRecord};

impl Store {
    /// The record with `invoke_id` that is held at `now`, and the history of each of its runs, oldest
    /// first. Cost: O(size of the record and its history).
    pub(crate) fn held(
        &self,
        now: Timestamp,
        invoke_id: &str,
    ) -> Option<(Invocation, Vec<Vec<InstanceRun>>)> {
        let slot = self.snapshot(now).find(invoke_id)?;
        let runs = self.table.runs_of(self.table.header(slot));
        let ended = |record: &HistoryRecord| self.ended(&record.execution);
        let histories = runs.map(|run| run.history().iter().map(ended).collect()).collect();
        Some((self.view(slot).to_invocation(), histories))
    }

    /// An ended execution as a run without ids and creation time.
    fn ended(&self, execution: &Execution) -> InstanceRun {
        let mut run = InstanceRun {
            invocation_status: execution.status,
            start_time: execution.start_time,
            finish_time: execution.finish_time,
            stop_time: execution.stop_time,
            repeats: execution.repeats,
            exit_code: execution.exit_code,
            output: execution.output().to_vec(),
            dropped: execution.dropped,
            ..InstanceRun::new("")
        };
        if let Some(texts) = self.table.texts_of(execution.texts) {
            for (field, text) in RUN_TEXT_FIELDS.iter().zip(texts.strings()) {
                *(field.get_mut)(&mut run) = String::from_utf8_lossy(text).into_owned();
            }
        }
        run
    }

    /// Replaces the record that has the InvokeId of `invocation` in its place: the list order and
    /// the histories stay. The record has the same instances in the same order, and the same
    /// CreationTime. `histories` are of runs without history. Sends no event.
    ///
    /// Cost: O(size of the record and its index entries).
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept), and `InvalidInvokeId.NotFound`. The store is then unchanged.
    pub(crate) fn complete(
        &mut self,
        now: Timestamp,
        invocation: &Invocation,
        histories: &[RunHistory],
    ) -> Result<(), Error> {
        let valid = Valid::new(invocation)?;
        let slot = self.find_at(now, &invocation.invoke_id)?;
        self.begin_write(now);
        self.index.unlist(slot, &self.table);
        self.table.replace(slot, valid.record());
        self.index.list(slot, &self.table);
        self.note_outputs(slot);
        self.add_histories(&invocation.invoke_id, histories);
        self.keep_output_budget();
        Ok(())
    }

    /// Adds histories to runs without history of a record that the store holds.
    pub(crate) fn add_histories(&mut self, invoke_id: &str, histories: &[RunHistory]) {
        if histories.is_empty() {
            return;
        }
        let Some(slot) = self.table.find(invoke_id) else { return };
        self.restore_histories(slot, histories);
        self.note_outputs(slot);
        self.keep_output_budget();
    }
}
