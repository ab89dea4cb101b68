//! The list order: rows numbered from the oldest, each with its key and the slot of its record.

use crate::model::Timestamp;
use crate::table::reserve_for_one;

/// A record's place in the list order: by creation time, then by acceptance number. No two records
/// have the same key, and a record keeps its key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct RowKey {
    pub(crate) time: Timestamp,
    /// The acceptance number.
    pub(crate) number: u64,
}

/// A range of rows: from `start` up to, but not including, `end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// The slot of a row, and the row of a slot, that has no record.
const NONE: u32 = u32::MAX;

/// All rows, oldest first.
///
/// A *row* is a position in the list order; a *slot* is the place that a record keeps in the table.
/// `keys` and `slots` are indexed by row; `rows` maps a slot back to its row.
///
/// **Invariant.** Keys ascend strictly from row to row, tombstones included. A key or a time is
/// therefore found by binary search. Expired records, which have the lowest times, are a prefix of
/// the rows: a query skips them with [`first_since`](Self::first_since) and changes nothing.
///
/// **Tombstones.** The row of a removed record becomes a tombstone: it keeps its key, its slot is
/// [`NONE`], and no posting list contains it. No other row changes its number, so a removal is
/// O(1). A walk through posting lists never meets a tombstone. Code that iterates over all rows
/// does, and gets `None` from [`slot`](Self::slot). Evictions leave tombstones before `first`,
/// which `drop_front` drops many at a time; `merged` drops all.
///
/// **Late records.** A record newer than all others is appended. A late record is inserted between
/// its neighbours and increments all rows after it, here and in every posting list, which costs
/// O(index). A batch with many late records is sorted and merged in one pass instead.
///
/// **Alternatives.** Times and acceptance numbers in arrays of their own, with every 256th time in a
/// third for the first steps of the search, save 4 bytes a record but no measurable time of a query
/// (2026-11-28).
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    keys: Vec<RowKey>,
    slots: Vec<u32>,
    rows: Vec<u32>,
    first: u32,
    tombstones: u32,
}

impl Order {
    /// The number of rows, tombstones included. Cost: O(1).
    pub(crate) fn rows(&self) -> u32 {
        self.slots.len() as u32
    }

    /// The first row with a record; equals [`rows`](Self::rows) when there is none. Cost: O(1).
    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// The number of tombstones after the first row with a record. Cost: O(1).
    pub(super) fn tombstones_between(&self) -> u32 {
        self.tombstones - self.first
    }

    /// The slot of the record in `row`; `None` for a tombstone. Cost: O(1).
    pub(crate) fn slot(&self, row: u32) -> Option<u32> {
        let slot = self.slots[row as usize];
        (slot != NONE).then_some(slot)
    }

    /// The row of the record in `slot`. Cost: O(1).
    pub(crate) fn row_of(&self, slot: u32) -> u32 {
        self.rows[slot as usize]
    }

    /// The key of `row`, also of a tombstone. Cost: O(1).
    pub(crate) fn key(&self, row: u32) -> RowKey {
        self.keys[row as usize]
    }

    /// The key of the newest row. Cost: O(1).
    pub(super) fn last_key(&self) -> Option<RowKey> {
        self.keys.last().copied()
    }

    /// The number of rows whose keys are lower than `key`. Cost: O(log rows).
    pub(crate) fn rows_before(&self, key: RowKey) -> u32 {
        self.keys.partition_point(|&held| held < key) as u32
    }

    /// The number of rows in `list`, which ascends, whose keys are lower than `key`. Alternative: a
    /// search by quarters took 0.93 to 0.98 of the time for rare values after a token (2026-11-24).
    /// Cost: O(log `list`).
    pub(super) fn count_before(&self, list: &[u32], key: RowKey) -> usize {
        // Near the end of a walk, no row of the list is below `key`. Comparing the oldest row's key
        // detects this without a search.
        match list.first() {
            Some(&oldest) if self.key(oldest) < key => {
                list.partition_point(|&row| self.key(row) < key)
            }
            _ => 0,
        }
    }

    /// The first row from [`first`](Self::first) on that was not created before `cutoff`. Cost:
    /// O(1) when nothing has expired, O(log rows) otherwise.
    pub(crate) fn first_since(&self, cutoff: Timestamp) -> u32 {
        let is_expired = |held: &RowKey| held.time < cutoff;
        match self.keys.get(self.first as usize) {
            Some(oldest) if is_expired(oldest) => self.keys.partition_point(is_expired) as u32,
            _ => self.first,
        }
    }

    /// The slots of the records from row `start` on, newest first.
    pub(crate) fn newest_first(
        &self,
        start: u32,
    ) -> impl DoubleEndedIterator<Item = u32> + use<'_> {
        self.slots[start as usize..].iter().rev().copied().filter(|&slot| slot != NONE)
    }

    /// Appends the record in `slot`, whose key is the highest, and returns its row. Cost: O(1)
    /// amortised.
    pub(super) fn push(&mut self, key: RowKey, slot: u32) -> u32 {
        let row = self.rows();
        reserve_for_one(&mut self.keys);
        reserve_for_one(&mut self.slots);
        self.keys.push(key);
        self.slots.push(slot);
        self.set_row(slot, row);
        row
    }

    /// Inserts the late record in `slot` by its key, increments the rows after it, and returns its
    /// row. Cost: O(rows after it).
    pub(super) fn insert(&mut self, key: RowKey, slot: u32) -> u32 {
        let row = self.rows_before(key);
        reserve_for_one(&mut self.keys);
        reserve_for_one(&mut self.slots);
        self.keys.insert(row as usize, key);
        self.slots.insert(row as usize, slot);
        // A record among the tombstones in front becomes the first.
        self.first = self.first.min(row);
        self.set_row(slot, row);
        self.renumber_from(row as usize + 1);
        row
    }

    fn set_row(&mut self, slot: u32, row: u32) {
        let slot = slot as usize;
        if slot >= self.rows.len() {
            reserve_for_one(&mut self.rows);
            self.rows.resize(slot + 1, NONE);
        }
        self.rows[slot] = row;
    }

    /// Sets `rows` for the records from row `start` on.
    fn renumber_from(&mut self, start: usize) {
        for (row, &slot) in self.slots.iter().enumerate().skip(start) {
            if slot != NONE {
                self.rows[slot as usize] = row as u32;
            }
        }
    }

    /// Turns the row of the record in `slot` into a tombstone. Cost: O(1) amortised.
    pub(super) fn remove(&mut self, slot: u32) {
        let row = std::mem::replace(&mut self.rows[slot as usize], NONE);
        self.slots[row as usize] = NONE;
        self.tombstones += 1;
        while self.slots.get(self.first as usize) == Some(&NONE) {
            self.first += 1;
        }
    }

    /// Drops the oldest `rows` rows, which are tombstones, and decrements all others by `rows`.
    /// Cost: O(rows in all).
    pub(super) fn drop_front(&mut self, rows: u32) {
        self.keys.drain(..rows as usize);
        self.slots.drain(..rows as usize);
        self.first -= rows;
        self.tombstones -= rows;
        self.renumber_from(0);
    }

    /// A new order of all records and those in `more`, which is sorted by key. It has no
    /// tombstones. Cost: O(rows).
    pub(super) fn merged(&self, more: &[(RowKey, u32)]) -> Order {
        let mut order = Order::default();
        let records = self.slots.len() - self.tombstones as usize + more.len();
        order.keys.reserve_exact(records);
        order.slots.reserve_exact(records);
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
    pub(super) fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<RowKey>()
            + (self.slots.capacity() + self.rows.capacity()) * size_of::<u32>()
    }

    /// Checks that keys ascend, that rows and slots agree, and that the tombstones are counted.
    pub(super) fn internal_validate(&self) -> Result<(), String> {
        if self.keys.len() != self.slots.len() {
            let (keys, slots) = (self.keys.len(), self.slots.len());
            return Err(format!("the order has {keys} keys for {slots} slots"));
        }
        let mut tombstones = 0;
        for row in 0..self.rows() {
            if row > 0 && self.key(row - 1) >= self.key(row) {
                return Err(format!(
                    "the key of row {row} is not higher than that of the row before"
                ));
            }
            match self.slot(row) {
                None => tombstones += 1,
                Some(slot) if self.rows.get(slot as usize) != Some(&row) => {
                    return Err(format!("row {row} has slot {slot}, which leads to another row"));
                }
                Some(_) if row < self.first => {
                    let first = self.first;
                    return Err(format!(
                        "row {row} has a record, but the first is said to be {first}"
                    ));
                }
                Some(_) => {}
            }
        }
        if tombstones != self.tombstones {
            let counted = self.tombstones;
            return Err(format!(
                "the order has {tombstones} tombstones, but their count is {counted}"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_rows_are_no_longer_counted() {
        let mut order = Order::default();
        for slot in 0..2_000 {
            let time = Timestamp::saturating_from_secs(1 + i64::from(slot / 3));
            order.push(RowKey { time, number: u64::from(slot) }, slot);
        }
        (0..1_030).chain([1_500]).for_each(|slot| order.remove(slot));
        assert_eq!((order.first(), order.tombstones_between()), (1_030, 1));
        order.drop_front(1_024);
        assert_eq!((order.rows(), order.first(), order.tombstones_between()), (976, 6, 1));
        assert_eq!(order.internal_validate(), Ok(()));
        assert_eq!(order.row_of(1_999), 975);
    }
}
