//! The list order: rows numbered from the oldest, each with its key and the slot of its record.

use super::numbers::Numbers;
use super::search::partition_point;
use crate::model::Timestamp;
use crate::table::reserve_for_one;

/// A record's place in the list: CreationTime, then acceptance. Unique, and never changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct RowKey {
    pub(crate) time: Timestamp,
    /// The acceptance number.
    pub(crate) number: u64,
}

/// Stands in a row whose record is gone.
const HOLE: u32 = u32::MAX;

/// Rows in one step of the search by time: the steps of 100,000 rows are so few that they stay in
/// the first-level cache, and the rows of a step are sixteen cache lines.
const STEP: usize = 256;

/// All rows, oldest first, with holes where records were evicted or deleted.
#[derive(Debug, Default)]
pub(crate) struct Order {
    times: Vec<Timestamp>,
    /// The time of each row whose number is a multiple of [`STEP`].
    steps: Vec<Timestamp>,
    numbers: Numbers,
    slots: Vec<u32>,
    /// Slot to row.
    rows: Vec<u32>,
    /// All rows before this one are holes.
    first: u32,
    holes: u32,
}

impl Order {
    /// How many rows, holes included.
    pub(crate) fn rows(&self) -> u32 {
        self.slots.len() as u32
    }

    /// The rows before this one are holes; it is none, unless there is no record at all.
    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// Holes behind the first record.
    pub(super) fn holes_between(&self) -> u32 {
        self.holes - self.first
    }

    /// The slot of the record in `row`, or `None` for a hole.
    pub(crate) fn slot(&self, row: u32) -> Option<u32> {
        let slot = self.slots[row as usize];
        (slot != HOLE).then_some(slot)
    }

    /// The row of the record in `slot`.
    pub(crate) fn row_of(&self, slot: u32) -> u32 {
        self.rows[slot as usize]
    }

    pub(crate) fn key(&self, row: u32) -> RowKey {
        RowKey { time: self.times[row as usize], number: self.numbers.get(row as usize) }
    }

    /// The key of the newest row.
    pub(super) fn last_key(&self) -> Option<RowKey> {
        self.rows().checked_sub(1).map(|row| self.key(row))
    }

    /// How many rows come before `key`: the first row that does not. Cost: O(log rows).
    pub(crate) fn rows_before(&self, key: RowKey) -> u32 {
        let start = self.first_row_not(|time| time < key.time);
        if start == self.slots.len() || self.key(start as u32) >= key {
            return start as u32;
        }
        let end = self.first_row_not(|time| time <= key.time);
        let is_before = |at: usize| self.numbers.get(start + at) < key.number;
        (start + partition_point(end - start, is_before)) as u32
    }

    /// How many of `rows`, ascending, come before `key`. Cost: O(log `rows`).
    pub(super) fn count_before(&self, rows: &[u32], key: RowKey) -> usize {
        // Near the end of a walk there are seldom any.
        if rows.first().is_none_or(|&oldest| self.key(oldest) >= key) {
            return 0;
        }
        // By time alone first: a step then waits for one value less.
        let start = partition_point(rows.len(), |at| self.times[rows[at] as usize] < key.time);
        match rows.get(start) {
            Some(&row) if self.key(row) < key => {
                start + rows[start..].partition_point(|&row| self.key(row) < key)
            }
            _ => start,
        }
    }

    /// The first row that is not older than `cutoff`, and no hole of the evicted ones.
    /// Cost: O(1) when nothing has expired, else O(log rows).
    pub(crate) fn first_since(&self, cutoff: Timestamp) -> u32 {
        if self.times.get(self.first as usize).is_none_or(|&time| time >= cutoff) {
            return self.first;
        }
        self.first_row_not(|time| time < cutoff) as u32
    }

    /// The first row for whose time `is_before`, which holds for the oldest up to some row, does
    /// not hold.
    fn first_row_not(&self, is_before: impl Fn(Timestamp) -> bool) -> usize {
        let step = partition_point(self.steps.len(), |at| is_before(self.steps[at]));
        let start = step.saturating_sub(1) * STEP;
        let times = &self.times[start..(step * STEP).min(self.times.len())];
        start + partition_point(times.len(), |at| is_before(times[at]))
    }

    /// The records from row `floor` on, newest first, by slot.
    pub(crate) fn newest_first(
        &self,
        floor: u32,
    ) -> impl DoubleEndedIterator<Item = u32> + use<'_> {
        self.slots[floor as usize..].iter().rev().copied().filter(|&slot| slot != HOLE)
    }

    /// Adds a record after all others.
    pub(crate) fn push(&mut self, key: RowKey, slot: u32) -> u32 {
        let row = self.rows();
        if (row as usize).is_multiple_of(STEP) {
            self.steps.push(key.time);
        }
        reserve_for_one(&mut self.times);
        reserve_for_one(&mut self.slots);
        self.times.push(key.time);
        self.numbers.insert(row as usize, key.number);
        self.slots.push(slot);
        self.set_row(slot, row);
        row
    }

    /// Adds a record in its place, moving the rows above it up. Cost: O(rows above).
    pub(crate) fn insert(&mut self, key: RowKey, slot: u32) -> u32 {
        let row = self.rows_before(key);
        let at = row as usize;
        self.times.insert(at, key.time);
        self.set_steps_from(at);
        self.numbers.insert(at, key.number);
        self.slots.insert(at, slot);
        if row < self.first {
            // It stands among the evicted: the holes above it are now between records.
            self.first = row;
        }
        self.set_row(slot, row);
        self.renumber_from(at + 1);
        row
    }

    fn set_row(&mut self, slot: u32, row: u32) {
        let slot = slot as usize;
        if slot >= self.rows.len() {
            reserve_for_one(&mut self.rows);
            self.rows.resize(slot + 1, HOLE);
        }
        self.rows[slot] = row;
    }

    fn set_steps_from(&mut self, row: usize) {
        let step = row.div_ceil(STEP);
        self.steps.truncate(step);
        self.steps.extend(self.times.iter().step_by(STEP).skip(step));
    }

    fn renumber_from(&mut self, at: usize) {
        for (row, &slot) in self.slots.iter().enumerate().skip(at) {
            if slot != HOLE {
                self.rows[slot as usize] = row as u32;
            }
        }
    }

    /// Makes the row of the record in `slot` a hole.
    pub(crate) fn remove(&mut self, slot: u32) {
        let row = std::mem::replace(&mut self.rows[slot as usize], HOLE);
        self.slots[row as usize] = HOLE;
        self.holes += 1;
        while self.slots.get(self.first as usize) == Some(&HOLE) {
            self.first += 1;
        }
    }

    /// Takes away the oldest `rows` rows, which are holes. Cost: O(rows).
    pub(super) fn drop_front(&mut self, rows: u32) {
        let end = rows as usize;
        self.times.drain(..end);
        self.set_steps_from(0);
        self.numbers.drop_front(end);
        self.slots.drain(..end);
        self.first -= rows;
        self.holes -= rows;
        self.renumber_from(0);
    }

    /// The order without holes, and with `more` records in their places. `more` is sorted.
    /// Cost: O(rows).
    pub(super) fn merged(&self, more: &[(RowKey, u32)]) -> Order {
        let mut order = Order::default();
        let total = self.slots.len() - self.holes as usize + more.len();
        order.times.reserve_exact(total);
        order.numbers.reserve_exact(total);
        order.slots.reserve_exact(total);
        let mut more = more.iter().peekable();
        for row in self.first..self.rows() {
            let Some(slot) = self.slot(row) else { continue };
            let key = self.key(row);
            while let Some(&(key, slot)) = more.next_if(|(other, _)| *other < key) {
                order.push(key, slot);
            }
            order.push(key, slot);
        }
        for &(key, slot) in more {
            order.push(key, slot);
        }
        order
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        (self.times.capacity() + self.steps.capacity()) * 4
            + self.numbers.bytes()
            + (self.slots.capacity() + self.rows.capacity()) * 4
    }

    /// Checks order, holes and the way back from slots.
    pub(crate) fn internal_validate(&self) -> Result<(), String> {
        for row in 1..self.rows() {
            if self.key(row - 1) >= self.key(row) {
                return Err(format!("order: row {row} is not after the row before it"));
            }
        }
        if !self.steps.iter().eq(self.times.iter().step_by(STEP)) {
            return Err("order: the steps are not every 256th time".to_owned());
        }
        let mut holes = 0;
        for row in 0..self.rows() {
            match self.slot(row) {
                None => holes += 1,
                Some(slot) if self.row_of(slot) != row => {
                    return Err(format!("order: slot {slot} is in row {row}, not found there"));
                }
                Some(_) if row < self.first => {
                    return Err(format!("order: row {row} is before the first"));
                }
                Some(_) => {}
            }
        }
        if holes != self.holes {
            return Err(format!("order: {holes} holes, counted {}", self.holes));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_in_front_is_counted_no_more() {
        let mut order = Order::default();
        for slot in 0..2_000 {
            let time = Timestamp::saturating_from_secs(1 + i64::from(slot / 3));
            order.push(RowKey { time, number: u64::from(slot) }, slot);
        }
        (0..1_030).chain([1_500]).for_each(|slot| order.remove(slot));
        assert_eq!((order.first(), order.holes_between()), (1_030, 1));
        order.drop_front(1_024);
        assert_eq!((order.rows(), order.first(), order.holes_between()), (976, 6, 1));
        assert_eq!(order.internal_validate(), Ok(()));
        assert_eq!(order.row_of(1_999), 975);
    }
}
