//! Accepts records, one at a time or as a batch.

use hashbrown::HashSet;

use super::Store;
use super::validate::Valid;
use crate::error::Error;
use crate::index::RowKey;
use crate::model::{Invocation, Timestamp};

/// The acceptance number of an accepted record, and whether the store holds it: **accepting is not
/// keeping**.
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
#[must_use = "an accepted record is not held if it is beyond the limits of the store: see `retained`"]
#[non_exhaustive]
pub struct Accepted {
    /// The acceptance number: 1 for the first record that a store accepts, then one more each time.
    pub acceptance_number: u64,
    /// Whether the store holds the record. One that has already expired, or that is older than every
    /// record of a full store, is accepted and not held, evicts no other, and is found by no query.
    pub retained: bool,
}

impl Store {
    /// Accepts a record. Its runs may have any status and its CreationTime may be any time: a
    /// record that arrives late takes its place in the list order. See [`Store`] for an example.
    ///
    /// Evicts the oldest record when the store is full. See [`Accepted::retained`] for records that are
    /// not held.
    ///
    /// Cost: O(size of the record and its index entries) if its CreationTime is not before that of
    /// any record accepted so far. A late record also moves every row after it, in all posting
    /// lists: O(index) in the middle, and at least O(distinct values). A record with a CreationTime
    /// in the future makes each later one late.
    ///
    /// # Errors
    ///
    /// The error names the first field that breaks a limit, in the order of the fields:
    /// `MissingParameter`, `InvalidParameter`, the codes of tags, `Duplicate.InstanceId`.
    /// `Duplicate.InvokeId` if the store holds a record with the same InvokeId. The store is then
    /// unchanged.
    pub fn accept(&mut self, invocation: &Invocation) -> Result<Accepted, Error> {
        self.accept_valid(Valid::new(invocation)?)
    }

    /// Like [`accept`](Self::accept), for a record that is already validated.
    pub(crate) fn accept_valid(&mut self, valid: Valid<'_>) -> Result<Accepted, Error> {
        let now = self.now();
        let invocation = self.judge(valid, now)?;
        self.begin_write(now);
        let key = self.next_key(invocation, now);
        let expired = key.time < self.cutoff(now);
        let retained = !expired && self.make_room(&[(key, 0)]) == 0;
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

    /// Checks a record as [`accept`](Self::accept) does, and stores nothing. Cost: O(size of the
    /// record).
    ///
    /// # Errors
    ///
    /// The error with which `accept` would refuse the record now.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InstanceRun, Invocation, Store};
    ///
    /// let mut store = Store::default();
    /// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
    /// invocation.instances.push(InstanceRun::new("i-0001"));
    /// assert_eq!(store.check(&invocation), Ok(()));
    /// assert!(store.accept(&invocation)?.retained);
    /// assert_eq!(store.check(&invocation).unwrap_err().code(), "Duplicate.InvokeId");
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn check(&self, invocation: &Invocation) -> Result<(), Error> {
        self.judge(Valid::new(invocation)?, self.now()).map(drop)
    }

    /// Accepts many records, in any order, and returns a result for each.
    ///
    /// Each record is checked as if it came alone, in the order given and at one time. A refused
    /// record does not stop the others. The capacity is applied once, to the whole batch: the second
    /// of two records with the same InvokeId is refused even if the first is beyond the capacity.
    ///
    /// Cost: that of accepting the records one by one in list order, and one sort. Many late
    /// records together cost one pass over the index.
    ///
    /// # Errors
    ///
    /// For each record, as [`accept`](Self::accept).
    #[must_use = "each record has a result of its own"]
    pub fn accept_batch(&mut self, invocations: &[Invocation]) -> Vec<Result<Accepted, Error>> {
        let invocations: Vec<_> = invocations.iter().collect();
        self.accept_batch_at(self.now(), &invocations)
    }

    /// Like [`accept_batch`](Self::accept_batch), at the time `now`.
    pub(crate) fn accept_batch_at(
        &mut self,
        now: Timestamp,
        invocations: &[&Invocation],
    ) -> Vec<Result<Accepted, Error>> {
        let mut begun = false;
        let mut fresh = Vec::new();
        // If the batch may exceed the capacity, its records wait until all are checked and sorted,
        // because only then it is known which ones stay. Otherwise each is inserted at once: a
        // second pass over them took a sixth more time.
        let may_wait = self.table.len() + invocations.len() > self.config.capacity;
        let (mut waiting, mut waiting_ids) = (Vec::new(), HashSet::new());
        let mut reports = Vec::with_capacity(invocations.len());
        for (position, &invocation) in invocations.iter().enumerate() {
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
            let beyond = self.make_room(&waiting);
            for (at, (key, position)) in waiting.into_iter().enumerate() {
                if at >= beyond {
                    fresh.push((key, self.table.insert(invocations[position], key.time)));
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

    /// Makes room for the records in `waiting`, which are sorted: evicts the held records that are
    /// among the oldest of all and exceed the capacity. Returns how many of `waiting`, from its
    /// start, exceed the capacity themselves. Cost: O(surplus), and the evictions.
    fn make_room(&mut self, waiting: &[(RowKey, usize)]) -> usize {
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
        if evicted > 0 {
            self.evict_to(self.table.len() - evicted);
        }
        beyond
    }

    /// Returns the record, or the error if the store holds another with its InvokeId. An expired
    /// record does not count, because [`begin_write`](Self::begin_write) removes it before the
    /// record is inserted.
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
}
