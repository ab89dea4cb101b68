//! The steps that rebuild a store from an archive.

use super::Store;
use super::retention::Counters;
use crate::config::{Clock, Config};
use crate::index::RowKey;
use crate::model::{InstanceRun, Invocation, Timestamp};

/// A restored store, and the numbers of what the archive holds and the limits of the configuration
/// left out. Each is 0 if the store holds the whole archive. The statistics of the store begin with
/// the same numbers.
///
/// # Examples
///
/// ```
/// use invodex::{Config, InstanceRun, Invocation, Store, SystemClock};
///
/// let for_ever = Config { retention_seconds: None, ..Config::default() };
/// let mut store = Store::new(for_ever.clone(), SystemClock);
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.creation_time = Some("2020-05-11T09:01:39Z".parse()?);
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert!(store.accept(&invocation)?.retained);
/// let mut archive = Vec::new();
/// store.save(&mut archive)?;
///
/// let restored = Store::restore(for_ever, SystemClock, &archive[..])?;
/// assert!(restored.is_whole() && restored.store.len() == 1);
/// // The default configuration keeps 28 days.
/// let restored = Store::restore(Config::default(), SystemClock, &archive[..])?;
/// assert_eq!((restored.expired, restored.store.len()), (1, 0));
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "records beyond the limits of the configuration are not in the store"]
#[non_exhaustive]
pub struct Restored {
    /// The store.
    pub store: Store,
    /// Records left out because they are older than [`Config::retention_seconds`].
    pub expired: u64,
    /// Records left out, the oldest first, because of [`Config::capacity`].
    pub evicted: u64,
    /// History records left out because of [`Config::history_limit`].
    pub history_dropped: u64,
    /// Bytes of output left out because of [`Config::output_budget`].
    pub output_bytes_dropped: u64,
}

impl Restored {
    /// Whether the store holds all that the archive holds. Cost: O(1).
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let Restored { store: _, expired, evicted, history_dropped, output_bytes_dropped } = self;
        [expired, evicted, history_dropped, output_bytes_dropped].into_iter().all(|&lost| lost == 0)
    }
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
    /// The acceptance number of the last accepted record, and the time of the last write.
    pub(crate) fn last_write(&self) -> (u64, Timestamp) {
        (self.last_number, self.last_write)
    }

    /// Whether a record with `invoke_id` is held, expired or not. Cost: O(length).
    pub(crate) fn holds(&self, invoke_id: &str) -> bool {
        self.table.find(invoke_id).is_some()
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
        let slot = self.table.insert(invocation, key.time);
        self.restore_histories(slot, histories);
        self.index.insert(key, slot, &self.table);
        self.note_outputs(slot);
        self.keep_output_budget();
    }

    /// Adds histories to runs without history of the record in `slot`, and keeps at most the newest
    /// history records that the configuration allows.
    pub(super) fn restore_histories(&mut self, slot: u32, histories: &[RunHistory]) {
        let limit = self.config.history_limit;
        for history in histories {
            let surplus = history.records.len().saturating_sub(limit);
            for (at, record) in history.records.iter().enumerate().skip(surplus) {
                let number = history.first + at as u32;
                self.table.restore_history(slot, history.run, number, record, limit);
            }
            self.table.set_history_number(slot, history.run, history.ever);
            self.counters.history_dropped += surplus as u64;
        }
    }

    /// The store after its last record. `expired` and `evicted` are the numbers of records in the
    /// archive that were left out by age and by capacity.
    pub(crate) fn restored(mut self, expired: u64, evicted: u64) -> Restored {
        self.counters.expired += expired;
        self.counters.evicted += evicted;
        let Counters { history_dropped, output_bytes_dropped, .. } = self.counters;
        Restored { store: self, expired, evicted, history_dropped, output_bytes_dropped }
    }
}
