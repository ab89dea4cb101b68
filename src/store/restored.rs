//! The parts of a store that an archive holds, and how a store comes out of an archive.

use super::Store;
use crate::config::{Clock, Config};
use crate::index::RowKey;
use crate::model::{InstanceRun, Invocation, Timestamp};
use crate::query::Snapshot;

/// All of a store that outlives it.
pub(crate) struct Saved<'a> {
    pub(crate) snapshot: Snapshot<'a>,
    pub(crate) last_number: u64,
    pub(crate) last_write: Timestamp,
}

/// The history of one run of a record.
#[derive(Debug)]
pub(crate) struct RunHistory {
    /// The number of the run in its record.
    pub(crate) run: usize,
    /// How many history records there ever were.
    pub(crate) ever: u32,
    /// The number of the first of `records`; the others count on.
    pub(crate) first: u32,
    /// Ended executions, oldest first. Their instance and UpdateTime mean nothing.
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

    /// An empty store that goes on where another one was.
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

    /// Adds the next record of an archive, which is within the limits of this store, behind all others,
    /// with the histories of its runs. No event is sent. What is over the budget of outputs goes at
    /// once, since the oldest records come first: the store never holds the outputs of all.
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

    /// The store, once all records are in it. `expired` and `evicted` count the records of the archive
    /// that are beyond its limits.
    pub(crate) fn restored(mut self, expired: u64, evicted: u64) -> Store {
        self.counters.expired += expired;
        self.counters.evicted += evicted;
        self
    }
}
