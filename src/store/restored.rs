//! The parts of a store that an archive holds, and the steps that rebuild a store from one.

use super::Store;
use crate::config::{Clock, Config};
use crate::index::RowKey;
use crate::model::{InstanceRun, Invocation, Timestamp};
use crate::query::Snapshot;

/// The parts of a store that an archive holds.
pub(crate) struct Saved<'a> {
    pub(crate) snapshot: Snapshot<'a>,
    pub(crate) last_number: u64,
    pub(crate) last_write: Timestamp,
}

/// The history of one run of a record.
#[derive(Debug)]
pub(crate) struct RunHistory {
    /// The position of the run in its record, from 0.
    pub(crate) run: usize,
    /// The number of history records that the run ever had.
    pub(crate) ever: u32,
    /// The number of the first of `records`; the others follow without a gap.
    pub(crate) first: u32,
    /// Ended executions, oldest first. Their InstanceId and UpdateTime are not used.
    pub(crate) records: Vec<InstanceRun>,
}

impl Store {
    pub(crate) fn saved(&self) -> Saved<'_> {
        Saved {
            snapshot: self.snapshot(self.now()),
            last_number: self.last_number,
            last_write: self.last_write,
        }
    }

    /// An empty store that continues the acceptance numbers and the time of a saved one.
    pub(crate) fn resume(
        config: Config,
        clock: impl Clock + 'static,
        last_number: u64,
        last_write: Timestamp,
    ) -> Store {
        let mut store = Store::new(config, clock);
        (store.last_number, store.last_write) = (last_number, last_write);
        store
    }

    /// Adds the next record of an archive, with the histories of its runs. The record is within the
    /// limits of this store, and `key` is higher than all keys before it. Sends no event. Outputs
    /// over the budget are dropped at once. That is safe because the oldest records come first, and
    /// it bounds the memory: the store never holds the outputs of the whole archive.
    pub(crate) fn restore_record(
        &mut self,
        key: RowKey,
        invocation: &Invocation,
        histories: &[RunHistory],
    ) {
        let limit = self.config.history_limit;
        let slot = self.table.insert(invocation, key.time);
        for history in histories {
            let surplus = history.records.len().saturating_sub(limit);
            for (at, record) in history.records.iter().enumerate().skip(surplus) {
                let number = history.first + at as u32;
                self.table.restore_history(slot, history.run, number, record, limit);
            }
            self.table.set_history_number(slot, history.run, history.ever);
            self.counters.history_dropped += surplus as u64;
        }
        self.index.insert(key, slot, &self.table);
        self.note_outputs(slot);
        self.keep_output_budget();
    }

    /// The store after its last record. `expired` and `evicted` are the numbers of records in the
    /// archive that were left out by age and by capacity.
    pub(crate) fn restored(mut self, expired: u64, evicted: u64) -> Store {
        self.counters.expired += expired;
        self.counters.evicted += evicted;
        self
    }
}
