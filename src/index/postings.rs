//! The index: the list order and the posting list of each value.

use super::bitmap::BLOCK_ROWS;
use super::intersect::Conjunction;
use super::order::{Order, RowKey};
use super::rowset::RowSet;
use super::scratch::ScratchPool;
use crate::config::Tuning;
use crate::table::{IndexKey, IndexedColumn, Table, reserve_for_one};

/// A batch with more late records than this is merged by one rebuild of the index. A rebuild costs
/// as much as some 60 insertions that each move the whole index. With half of that as threshold, a
/// batch of records older than all others costs at most twice the cheaper of the two ways. Records
/// nearer to the newest move fewer rows, so for them a rebuild may cost more than that.
const MERGE_FROM: usize = 32;

/// The list order and, for each value of each indexed column, the rows that hold the value.
///
/// **Invariant.** A row is in the posting list of a column's value if and only if it has a record
/// and [`Table::for_each_index_key`] names that column and value for it. No posting list contains a
/// tombstone.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) order: Order,
    /// The posting lists of each column, by value.
    postings: [Vec<RowSet>; IndexedColumn::COUNT],
    tuning: Tuning,
    scratches: ScratchPool,
}

impl Index {
    /// An empty index. Cost: O(1).
    pub(crate) fn new(tuning: Tuning) -> Self {
        Index {
            order: Order::default(),
            postings: Default::default(),
            tuning,
            scratches: ScratchPool::default(),
        }
    }

    /// The posting list of `key`, or `None` if no record holds it. Cost: O(1).
    pub(crate) fn posting(&self, (column, value): IndexKey) -> Option<&RowSet> {
        self.postings[column as usize].get(value as usize).filter(|rows| rows.len() > 0)
    }

    /// A conjunction of posting lists, to which none has been added yet. Cost: O(1).
    pub(crate) fn conjunction(&self) -> Conjunction<'_> {
        Conjunction::new(self.tuning, &self.scratches)
    }

    /// Adds the record in `slot`. Cost: O(its index keys) for the newest record; O(index) for a
    /// late one, because the rows after it are incremented in all posting lists.
    pub(crate) fn insert(&mut self, key: RowKey, slot: u32, table: &Table) {
        let row = if self.order.last_key().is_none_or(|last| last < key) {
            self.order.push(key, slot)
        } else {
            let row = self.order.insert(key, slot);
            for sets in &mut self.postings {
                sets.iter_mut().for_each(|set| set.open_gap(row));
            }
            row
        };
        self.add_all(row, slot, table);
    }

    /// Adds the records in `more`, given in any order. Cost: as [`insert`](Self::insert) for each;
    /// more than [`MERGE_FROM`] late records together cost one rebuild of the index instead.
    pub(crate) fn insert_batch(&mut self, mut more: Vec<(RowKey, u32)>, table: &Table) {
        more.sort_unstable_by_key(|&(key, _)| key);
        let late = match self.order.last_key() {
            Some(last) => more.partition_point(|&(key, _)| key < last),
            None => 0,
        };
        if late <= MERGE_FROM {
            for &(key, slot) in &more {
                self.insert(key, slot, table);
            }
        } else {
            self.rebuild(self.order.merged(&more), table);
        }
    }

    /// Removes the record in `slot` from all posting lists. Its row stays; [`list`](Self::list)
    /// follows. Cost: that of [`remove`](Self::remove).
    #[cfg(feature = "json")]
    pub(crate) fn unlist(&mut self, slot: u32, table: &Table) {
        let row = self.order.row_of(slot);
        table.for_each_index_key(slot, |key| self.take(key, row));
    }

    /// Adds the record in `slot`, which has a row, to its posting lists. Cost: O(its index keys).
    #[cfg(feature = "json")]
    pub(crate) fn list(&mut self, slot: u32, table: &Table) {
        self.add_all(self.order.row_of(slot), slot, table);
    }

    /// Removes the record in `slot`, which is still in the table, and leaves a tombstone. Cost:
    /// O(its index keys), each times O(length) if its posting list is a list.
    pub(crate) fn remove(&mut self, slot: u32, table: &Table) {
        let row = self.order.row_of(slot);
        table.for_each_index_key(slot, |key| self.take(key, row));
        self.order.remove(slot);
    }

    /// Adds `row` to the posting list of `key`. Cost: see [`RowSet::insert`].
    pub(crate) fn add(&mut self, (column, value): IndexKey, row: u32) {
        let sets = &mut self.postings[column as usize];
        // Values are dense, because a new id is a freed one or the next. So this adds few sets.
        while sets.len() <= value as usize {
            reserve_for_one(sets);
            sets.push(RowSet::default());
        }
        sets[value as usize].insert(row, self.order.rows(), self.tuning);
    }

    /// Removes `row` from the posting list of `key`. Cost: see [`RowSet::remove`].
    pub(crate) fn take(&mut self, (column, value): IndexKey, row: u32) {
        let rows = self.order.rows();
        self.postings[column as usize][value as usize].remove(row, rows, self.tuning);
    }

    /// Adds `row` to the posting lists of the record in `slot`.
    fn add_all(&mut self, row: u32, slot: u32, table: &Table) {
        table.for_each_index_key(slot, |key| self.add(key, row));
    }

    /// Drops the tombstones in front, or those between records, once either kind is more than a
    /// quarter of the records and more than [`Tuning::dead_min`]. Those in front are dropped in multiples
    /// of 512 rows, so that bitmaps drop whole blocks; those between records need a rebuild. Cost:
    /// O(index), amortised O(1) for each removal and index entry.
    pub(crate) fn drop_dead_rows(&mut self, table: &Table) {
        let enough = (table.len() as u32 / 4).max(self.tuning.dead_min);
        if self.order.tombstones_between() > enough {
            self.rebuild(self.order.merged(&[]), table);
        } else if self.order.first() > enough.max(BLOCK_ROWS) {
            let rows = self.order.first() / BLOCK_ROWS * BLOCK_ROWS;
            self.order.drop_front(rows);
            self.postings.iter_mut().flatten().for_each(|set| set.drop_front(rows));
        }
    }

    /// Replaces the order and builds all posting lists anew.
    fn rebuild(&mut self, order: Order, table: &Table) {
        self.order = order;
        self.postings = Default::default();
        for row in 0..self.order.rows() {
            if let Some(slot) = self.order.slot(row) {
                self.add_all(row, slot, table);
            }
        }
    }

    /// Heap bytes. Cost: O(distinct values).
    pub(crate) fn bytes(&self) -> usize {
        let columns: usize =
            self.postings.iter().map(|sets| sets.capacity() * size_of::<RowSet>()).sum();
        let sets: usize = self.postings.iter().flatten().map(RowSet::bytes).sum();
        self.order.bytes() + columns + sets + self.scratches.bytes()
    }

    /// Recomputes all posting lists from the table and names the first difference.
    pub(crate) fn internal_validate(&self, table: &Table) -> Result<(), String> {
        self.order.internal_validate()?;
        let mut expected: [Vec<Vec<u32>>; IndexedColumn::COUNT] = Default::default();
        for row in 0..self.order.rows() {
            let Some(slot) = self.order.slot(row) else { continue };
            table.for_each_index_key(slot, |(column, value)| {
                let column = &mut expected[column as usize];
                if column.len() <= value as usize {
                    column.resize(value as usize + 1, Vec::new());
                }
                column[value as usize].push(row);
            });
        }
        let none = RowSet::default();
        for (column, (sets, expected)) in self.postings.iter().zip(&expected).enumerate() {
            for value in 0..sets.len().max(expected.len()) {
                let set = sets.get(value).unwrap_or(&none);
                let name = || format!("the posting list of value {value} in column {column}");
                set.internal_validate().map_err(|fault| format!("{}: {fault}", name()))?;
                let expected = expected.get(value).map_or(&[][..], Vec::as_slice);
                if !set.rows().eq(expected.iter().copied()) {
                    let (held, records) = (set.len(), expected.len());
                    let name = name();
                    return Err(format!(
                        "{name} has {held} rows, which are not the {records} rows of the table's \
                         records with that value"
                    ));
                }
            }
        }
        Ok(())
    }
}
