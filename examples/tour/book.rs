//! The tour's own account of the records of a store, in plain maps and with rules of its own.

use std::collections::{BTreeMap, HashMap};

use invodex::{CommandType, Invocation, InvocationStatus, RepeatMode, Timestamp};
use oorandom::Rand64;

/// A position in the list order: the greatest comes first.
pub(crate) type Key = (Timestamp, u64);

/// The fields of a record that the filters of the walks test.
pub(crate) struct Kept {
    pub(crate) key: Key,
    pub(crate) region_id: String,
    pub(crate) resource_group_id: String,
    pub(crate) command_type: CommandType,
    pub(crate) repeat_mode: RepeatMode,
    pub(crate) tag_keys: Vec<String>,
    /// InstanceId and status of each run.
    pub(crate) runs: Vec<(String, InvocationStatus)>,
}

impl Kept {
    /// Whether the overall status is Success: a run succeeded, and all others succeeded or were
    /// stopped.
    pub(crate) fn is_success(&self) -> bool {
        use InvocationStatus as S;
        let counts = |status| self.runs.iter().filter(|(_, run)| *run == status).count();
        let succeeded = counts(S::Success);
        succeeded > 0 && succeeded + counts(S::Cancelled) + counts(S::Terminated) == self.runs.len()
    }
}

/// The records that a store of `capacity` holds.
pub(crate) struct Book {
    capacity: usize,
    last_number: u64,
    pub(crate) records: HashMap<String, Kept>,
    order: BTreeMap<Key, String>,
}

impl Book {
    pub(crate) fn new(capacity: usize) -> Self {
        Book { capacity, last_number: 0, records: HashMap::new(), order: BTreeMap::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Notes an accepted record. Returns whether it is held, and which record was evicted.
    pub(crate) fn accept(
        &mut self,
        record: &Invocation,
        time: Timestamp,
    ) -> (bool, Option<String>) {
        self.last_number += 1;
        let key = (time, self.last_number);
        let mut evicted = None;
        if self.records.len() >= self.capacity {
            match self.order.first_key_value() {
                Some((oldest, _)) if *oldest < key => {
                    evicted = self.order.pop_first().map(|(_, id)| id);
                    evicted.iter().for_each(|id| drop(self.records.remove(id)));
                }
                _ => return (false, None),
            }
        }
        let kept = Kept {
            key,
            region_id: record.region_id.clone(),
            resource_group_id: record.resource_group_id.clone(),
            command_type: record.command_type,
            repeat_mode: record.repeat_mode,
            tag_keys: record.tags.iter().map(|tag| tag.key.clone()).collect(),
            runs: record
                .instances
                .iter()
                .map(|run| (run.instance_id.clone(), run.invocation_status))
                .collect(),
        };
        self.order.insert(key, record.invoke_id.clone());
        self.records.insert(record.invoke_id.clone(), kept);
        (true, evicted)
    }

    pub(crate) fn remove(&mut self, invoke_id: &str) {
        if let Some(kept) = self.records.remove(invoke_id) {
            self.order.remove(&kept.key);
        }
    }

    /// The ids and records in list order.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = (&str, &Kept)> {
        self.order.values().rev().map(|id| (id.as_str(), &self.records[id]))
    }

    /// The first and the last time of the list.
    pub(crate) fn span(&self) -> (Timestamp, Timestamp) {
        let time = |entry: Option<(&Key, _)>| entry.map_or(Timestamp::MIN, |((time, _), ())| *time);
        let newest = self.order.last_key_value().map(|(key, _)| (key, ()));
        let oldest = self.order.first_key_value().map(|(key, _)| (key, ()));
        (time(newest), time(oldest))
    }

    /// A random time between the first and the last of the list.
    pub(crate) fn any_time(&self, rng: &mut Rand64) -> Timestamp {
        let (newest, oldest) = self.span();
        let secs = u64::from(newest.as_secs() - oldest.as_secs());
        oldest.saturating_add_secs(rng.rand_range(0..secs + 1) as i64)
    }

    /// A random record, drawn by time.
    pub(crate) fn any(&self, rng: &mut Rand64) -> Option<String> {
        let from = (self.any_time(rng), 0);
        self.order.range(from..).next().map(|(_, id)| id.clone())
    }
}
