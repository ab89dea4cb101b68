//! Records come in: one, or many at once.

use hashbrown::HashSet;

use super::Store;
use super::validate::Valid;
use crate::error::Error;
use crate::index::RowKey;
use crate::model::{Invocation, Timestamp};

/// What became of an accepted record.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// let accepted = store.accept(&invocation)?;
/// assert_eq!((accepted.acceptance_number, accepted.retained), (1, true));
///
/// invocation.invoke_id = "t-0002".into();
/// invocation.creation_time = Some("2020-05-11T09:01:39Z".parse()?); // older than 28 days
/// let accepted = store.accept(&invocation)?;
/// assert_eq!((accepted.acceptance_number, accepted.retained), (2, false));
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Accepted {
    /// Its acceptance number: 1 for the first record a store accepts, then one more each time.
    pub acceptance_number: u64,
    /// Whether the store holds it. A record that is accepted beyond the age or the capacity is
    /// not held, and evicts nobody.
    pub retained: bool,
}

impl Store {
    /// Accepts a record, with its runs in any status. Its CreationTime may be any time; the list
    /// order holds. See [`Store`] for an example.
    ///
    /// Evicts the oldest record when the store is full. Cost: O(size of the record and its index
    /// entries) when it is the newest; one that belongs between others also moves every row above
    /// it: O(index) in the middle, and never less than O(distinct values), so that while one record
    /// lies in the future each further one costs as much.
    ///
    /// # Errors
    ///
    /// Names the first field that breaks a limit, in the order of the fields: `MissingParameter`,
    /// `InvalidParameter`, the codes of tags, `Duplicate.InstanceId`; or, with
    /// `Duplicate.InvokeId`, an InvokeId that is held already. Then nothing has changed.
    pub fn accept(&mut self, invocation: &Invocation) -> Result<Accepted, Error> {
        self.accept_valid(Valid::new(invocation)?)
    }

    /// [`accept`](Self::accept) of a record that is looked at already.
    pub(crate) fn accept_valid(&mut self, valid: Valid<'_>) -> Result<Accepted, Error> {
        let now = self.now();
        let invocation = self.judge(valid, now)?;
        self.begin_write(now);
        let key = self.next_key(invocation, now);
        let expired = key.time < self.cutoff(now);
        let retained = !expired && self.make_room(key);
        if retained {
            let slot = self.table.insert(invocation, key.time);
            self.index.insert(key, slot, &self.table);
            self.note_outputs(slot);
            self.keep_output_budget();
        } else {
            self.counters.not_retained += 1;
        }
        Ok(Accepted { acceptance_number: key.number, retained })
    }

    /// Accepts many records, in any order, with a report for each.
    ///
    /// Each is judged as if it came alone, in the order given and at one time; refused ones do not
    /// stop the others. The capacity is applied once, to all: so an InvokeId that stands twice is
    /// refused also where the first of the two goes over the capacity. Cost: as one by one in list
    /// order, and one sort, whatever the order given; at most one pass over the index. What is
    /// beyond the capacity takes no room in the store.
    ///
    /// # Errors
    ///
    /// For each record as [`accept`](Self::accept).
    #[must_use = "each record has a result of its own"]
    pub fn accept_batch(&mut self, invocations: &[Invocation]) -> Vec<Result<Accepted, Error>> {
        self.accept_batch_at(self.now(), invocations)
    }

    /// [`accept_batch`](Self::accept_batch) for one who has asked for the time before.
    pub(crate) fn accept_batch_at(
        &mut self,
        now: Timestamp,
        invocations: &[Invocation],
    ) -> Vec<Result<Accepted, Error>> {
        let mut begun = false;
        let mut fresh = Vec::new();
        // Where there may be too many, they wait until it is known which ones stay. Else each goes
        // in at once: to come back to it would take a sixth more.
        let may_wait = self.table.len() + invocations.len() > self.config.capacity;
        let (mut waiting, mut waiting_ids) = (Vec::new(), HashSet::new());
        let mut reports = Vec::with_capacity(invocations.len());
        for (position, invocation) in invocations.iter().enumerate() {
            let invoke_id = &*invocation.invoke_id;
            let judged = Valid::new(invocation).and_then(|valid| {
                self.judge(valid, now)?;
                let is_new = !waiting_ids.contains(invoke_id);
                is_new.then_some(()).ok_or_else(|| Error::record_duplicate("InvokeId", invoke_id))
            });
            if let Err(error) = judged {
                reports.push(Err(error));
                continue;
            }
            if !begun {
                self.begin_write(now);
                begun = true;
            }
            let key = self.next_key(invocation, now);
            let retained = key.time >= self.cutoff(now);
            if !retained {
                self.counters.not_retained += 1;
            } else if may_wait {
                waiting_ids.insert(invoke_id);
                waiting.push((key, position));
            } else {
                fresh.push((key, self.table.insert(invocation, key.time)));
            }
            reports.push(Ok(Accepted { acceptance_number: key.number, retained }));
        }
        if may_wait {
            waiting.sort_unstable();
            let beyond = self.make_room_for(&waiting);
            for (at, (key, position)) in waiting.into_iter().enumerate() {
                if at >= beyond {
                    fresh.push((key, self.table.insert(&invocations[position], key.time)));
                } else if let Ok(accepted) = &mut reports[position] {
                    accepted.retained = false;
                    self.counters.not_retained += 1;
                }
            }
        }
        let slots: Vec<u32> = fresh.iter().map(|&(_, slot)| slot).collect();
        self.index.insert_batch(fresh, &self.table);
        slots.into_iter().for_each(|slot| self.note_outputs(slot));
        self.keep_output_budget();
        reports
    }

    /// Evicts what the records that wait, in list order, leave no room for. Returns how many of
    /// these, from the first, are beyond the capacity themselves. Cost: O(surplus), and evicting.
    fn make_room_for(&mut self, waiting: &[(RowKey, usize)]) -> usize {
        let all = self.table.len() + waiting.len();
        let order = &self.index.order;
        let mut held = (order.first()..order.rows()).filter(|&row| order.slot(row).is_some());
        let mut oldest = held.next();
        let (mut evicted, mut beyond) = (0, 0);
        for _ in self.config.capacity..all {
            let is_beyond = |row| waiting.get(beyond).is_some_and(|&(key, _)| key < order.key(row));
            if oldest.is_none_or(is_beyond) {
                beyond += 1;
            } else {
                evicted += 1;
                oldest = held.next();
            }
        }
        self.evict_to(self.table.len() - evicted);
        beyond
    }

    /// The record, unless its InvokeId is held already.
    fn judge<'a>(&self, valid: Valid<'a>, now: Timestamp) -> Result<&'a Invocation, Error> {
        let invocation = valid.record();
        let held = self.table.find(&invocation.invoke_id);
        let cutoff = self.cutoff(now);
        if held.is_some_and(|slot| self.table.header(slot).creation_time >= cutoff) {
            return Err(Error::record_duplicate("InvokeId", &invocation.invoke_id));
        }
        Ok(invocation)
    }

    fn next_key(&mut self, invocation: &Invocation, now: Timestamp) -> RowKey {
        self.last_number += 1;
        RowKey { time: invocation.creation_time.unwrap_or(now), number: self.last_number }
    }

    /// Evicts the oldest record if the store is full. False when the record with `key` would
    /// itself be the oldest.
    fn make_room(&mut self, key: RowKey) -> bool {
        if self.table.len() < self.config.capacity {
            return true;
        }
        match self.oldest() {
            Some(oldest) if self.table.header(oldest).creation_time <= key.time => {
                self.evict_to(self.config.capacity - 1);
                true
            }
            _ => false,
        }
    }
}
