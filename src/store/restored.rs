//! What an archive needs of a store, and how a store comes out of one.

use super::Store;
use crate::config::{Clock, Config};
use crate::index::RowKey;
use crate::model::Timestamp;
use crate::query::Snapshot;
use crate::table::{Head, Table};

/// All of a store that outlives it.
pub(crate) struct Saved<'a> {
    pub(crate) snapshot: Snapshot<'a>,
    pub(crate) last_number: u64,
    pub(crate) last_write: Timestamp,
}

/// What was in an archive and is beyond the limits of the store that came out of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gone {
    pub(crate) expired: u64,
    pub(crate) evicted: u64,
    pub(crate) history: u64,
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

    /// The table, to be filled by way of [`restore_record`](Self::restore_record).
    pub(crate) fn table_mut(&mut self) -> &mut Table {
        &mut self.table
    }

    /// Puts a record with the last `runs` runs of the table in its place behind all others. It
    /// is within the limits. What is over the budget of outputs goes at once and not at the end,
    /// which is the same, as the oldest come first, and never takes the memory for all.
    pub(crate) fn restore_record(&mut self, key: RowKey, head: Head, runs: usize) {
        let slot = self.table.place_restored(head, runs);
        self.index.insert(key, slot, &self.table);
        self.note_outputs(slot);
        self.keep_output_budget();
    }

    /// The store, once all records are in it.
    pub(crate) fn restored(mut self, gone: Gone) -> Store {
        self.table.end_restore();
        self.counters.expired += gone.expired;
        self.counters.evicted += gone.evicted;
        self.counters.history_dropped += gone.history;
        self
    }
}
