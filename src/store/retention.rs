//! What goes: by age, by count, and by hand.

use super::Store;
use super::outputs::OutputBudget;
use crate::config::Tuning;
use crate::error::Error;
use crate::index::Index;
use crate::model::Timestamp;
use crate::table::Table;

/// What happened to a store's records so far. Kept for the life of the store.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    pub(super) evicted: u64,
    pub(super) expired: u64,
    pub(super) not_retained: u64,
    pub(super) history_dropped: u64,
    pub(super) output_bytes_dropped: u64,
}

/// Numbers about a store, see [`Store::statistics`]. `records` and `bytes` are of now; the others
/// count from when it was made or restored.
///
/// # Examples
///
/// ```
/// use invodex::{Config, InstanceRun, Invocation, Store, SystemClock};
///
/// let mut store = Store::new(Config { capacity: 1, ..Config::default() }, SystemClock);
/// for id in ["t-0001", "t-0002"] {
///     let mut invocation = Invocation::new("cn-hangzhou", id, "c-0001");
///     invocation.instances.push(InstanceRun::new("i-0001"));
///     store.accept(&invocation)?;
/// }
/// let statistics = store.statistics();
/// assert_eq!((statistics.records, statistics.evicted), (1, 1));
/// assert!(statistics.bytes < 16_384);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Statistics {
    /// Records there are, expired ones not counted.
    pub records: usize,
    /// Heap bytes that the records and their indexes take, room they keep for more included. Not
    /// counted are what subscribers have in their queues, what an allocator adds, the notes that an
    /// [output budget](crate::Config::output_budget) keeps, some 50 bytes for each record with
    /// output, and the `Store` itself.
    pub bytes: usize,
    /// Records that went because newer ones filled the capacity.
    pub evicted: u64,
    /// Records that went because of their age.
    pub expired: u64,
    /// Records that were accepted beyond a limit already, and so never shown.
    pub not_retained: u64,
    /// History records that fell out of a run's history.
    pub history_dropped: u64,
    /// Bytes of output that went because all together were over
    /// [`Config::output_budget`](crate::Config::output_budget).
    pub output_bytes_dropped: u64,
}

impl Store {
    /// Counts and bytes. Cost: O(records + distinct values), so not for every request.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let now = self.now();
        let expired = self.expired_at(now);
        Statistics {
            records: self.table.len() - expired,
            bytes: self.table.bytes() + self.index.bytes(),
            evicted: self.counters.evicted,
            expired: self.counters.expired + expired as u64,
            not_retained: self.counters.not_retained,
            history_dropped: self.counters.history_dropped,
            output_bytes_dropped: self.counters.output_bytes_dropped,
        }
    }

    /// Deletes the record with `invoke_id`, in any status. Cost: O(its index entries), times the
    /// length of the lists it is taken from; and what has expired since the last write.
    ///
    /// # Errors
    ///
    /// `InvalidInvokeId.NotFound` when there is none.
    pub fn delete(&mut self, invoke_id: &str) -> Result<(), Error> {
        let now = self.now();
        let slot = self.find_at(now, invoke_id)?;
        self.begin_write(now);
        self.remove(slot);
        self.drop_dead();
        Ok(())
    }

    /// Deletes all records. Acceptance numbers and statistics go on; tokens stay valid.
    /// Cost: O(records).
    pub fn clear(&mut self) {
        self.begin_write(self.now());
        self.table = Table::default();
        self.index = Index::new(self.config.tuning);
        self.outputs = self.config.output_budget.map(OutputBudget::new);
    }

    /// What was created before this has expired at `now`.
    pub(crate) fn cutoff(&self, now: Timestamp) -> Timestamp {
        match self.config.retention_seconds {
            Some(seconds) => now.saturating_add_secs(-i64::from(seconds)),
            None => Timestamp::MIN,
        }
    }

    /// How many records have expired at `now` and are still held.
    pub(super) fn expired_at(&self, now: Timestamp) -> usize {
        let order = &self.index.order;
        let floor = order.first_since(self.cutoff(now));
        (order.first()..floor).filter(|&row| order.slot(row).is_some()).count()
    }

    /// Every write that is not refused begins here: the store's time is `now`, and what has
    /// expired goes.
    pub(super) fn begin_write(&mut self, now: Timestamp) {
        self.last_write = now;
        let cutoff = self.cutoff(now);
        while let Some(slot) = self.oldest() {
            if self.table.header(slot).creation_time >= cutoff {
                break;
            }
            self.remove(slot);
            self.counters.expired += 1;
        }
        self.drop_dead();
    }

    /// Removes the oldest records until there are at most `most`.
    pub(super) fn evict_to(&mut self, most: usize) {
        while self.table.len() > most {
            let Some(slot) = self.oldest() else { break };
            self.remove(slot);
            self.counters.evicted += 1;
        }
        self.drop_dead();
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        let order = &self.index.order;
        (order.first() < order.rows()).then(|| order.slot(order.first())).flatten()
    }

    fn remove(&mut self, slot: u32) {
        self.forget_outputs(slot);
        self.index.remove(slot, &self.table);
        self.table.remove(slot);
    }

    fn drop_dead(&mut self) {
        let Tuning { dead_min, .. } = self.config.tuning;
        self.index.drop_dead_rows(&self.table);
        self.table.compact(dead_min);
    }
}
