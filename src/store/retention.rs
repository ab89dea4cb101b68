//! Removal of records: by age, by capacity, and by request.
//!
//! A query hides expired records without removing them, see [`Snapshot`](crate::query::Snapshot).
//! The next write removes them, in [`Store::begin_write`].

use super::Store;
use super::copy_on_write::CopyOnWrite;
use super::outputs::OutputBudget;
use crate::config::Tuning;
use crate::error::Error;
use crate::index::Index;
use crate::model::Timestamp;
use crate::table::Table;

/// Counts of what was removed or dropped, from the creation of the store on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    pub(super) evicted: u64,
    pub(super) expired: u64,
    pub(super) not_retained: u64,
    pub(super) history_dropped: u64,
    pub(super) output_bytes_dropped: u64,
}

/// Numbers about a store, see [`Store::statistics`]. `records` and `bytes` are current; the others
/// count from the moment at which the store was created or restored.
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
///     assert!(store.accept(&invocation)?.retained);
/// }
/// let statistics = store.statistics();
/// assert_eq!((statistics.records, statistics.evicted), (1, 1));
/// assert!(statistics.bytes < 16_384);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Statistics {
    /// Records in the store, without expired ones.
    pub records: usize,
    /// Heap bytes of the records and their indexes, with reserved capacity and memory that is shared
    /// with a [fork](crate::Store::fork). Not counted are the queues of subscriptions, the overhead of
    /// the allocator, the `Store` itself, and some 50 bytes for each record with output if there is an
    /// [output budget](crate::Config::output_budget).
    pub bytes: usize,
    /// Records removed because newer ones filled the capacity.
    pub evicted: u64,
    /// Records that expired.
    pub expired: u64,
    /// Records that were accepted but never held, see
    /// [`Accepted::retained`](crate::Accepted::retained).
    pub not_retained: u64,
    /// History records dropped because a run's history was at its limit.
    pub history_dropped: u64,
    /// Bytes of output dropped because all outputs together exceeded
    /// [`Config::output_budget`](crate::Config::output_budget).
    pub output_bytes_dropped: u64,
}

impl Store {
    /// Counts and heap bytes. Cost: O(records + distinct values), too much for every request.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let now = self.now();
        let expired = self.expired_at(now);
        Statistics {
            records: self.table.len() - expired,
            bytes: CopyOnWrite::<Table>::BYTES
                + self.table.bytes()
                + CopyOnWrite::<Index>::BYTES
                + self.index.bytes(),
            evicted: self.counters.evicted,
            expired: self.counters.expired + expired as u64,
            not_retained: self.counters.not_retained,
            history_dropped: self.counters.history_dropped,
            output_bytes_dropped: self.counters.output_bytes_dropped,
        }
    }

    /// Deletes the record with `invoke_id`, in any status.
    ///
    /// Cost: O(its index entries), each times the length of its posting list if that is a sorted
    /// list; and the removal of records that have expired since the last write.
    ///
    /// # Errors
    ///
    /// `InvalidInvokeId.NotFound` if there is no such record. The store is then unchanged.
    pub fn delete(&mut self, invoke_id: &str) -> Result<(), Error> {
        let now = self.now();
        let slot = self.find_at(now, invoke_id)?;
        self.begin_write(now);
        self.remove(slot);
        self.drop_dead();
        Ok(())
    }

    /// Deletes all records and frees their memory. Acceptance numbers and statistics continue;
    /// tokens stay valid. Cost: O(records).
    pub fn clear(&mut self) {
        self.begin_write(self.now());
        self.table = CopyOnWrite::default();
        self.index = CopyOnWrite::new(Index::new(self.config.tuning));
        self.outputs = self.config.output_budget.map(OutputBudget::new);
    }

    /// The time before which records count as expired at `now`.
    pub(crate) fn cutoff(&self, now: Timestamp) -> Timestamp {
        let kept = self.config.retention_seconds;
        kept.map_or(Timestamp::MIN, |seconds| now.saturating_add_secs(-i64::from(seconds)))
    }

    /// The number of records that have expired at `now` and are not removed yet.
    pub(super) fn expired_at(&self, now: Timestamp) -> usize {
        let order = &self.index.order;
        let floor = order.first_since(self.cutoff(now));
        (order.first()..floor).filter(|&row| order.slot(row).is_some()).count()
    }

    /// Begins a write: sets the store's time to `now` and removes the records that have expired.
    ///
    /// A write calls this after all checks that can refuse it, and nothing after it can fail. A
    /// refused write therefore leaves the store, its time included, as it was.
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

    /// Removes the oldest records until at most `most` are left, and counts them as evicted.
    pub(super) fn evict_to(&mut self, most: usize) {
        while self.table.len() > most {
            let Some(slot) = self.oldest() else { break };
            self.remove(slot);
            self.counters.evicted += 1;
        }
        self.drop_dead();
    }

    fn oldest(&self) -> Option<u32> {
        let order = &self.index.order;
        (order.first() < order.rows()).then(|| order.slot(order.first())).flatten()
    }

    fn remove(&mut self, slot: u32) {
        self.set_outputs(slot, 0);
        self.index.remove(slot, &self.table);
        self.table.remove(slot);
    }

    fn drop_dead(&mut self) {
        let Tuning { dead_min, .. } = self.config.tuning;
        self.index.drop_dead_rows(&self.table);
        self.table.compact(dead_min);
    }
}
