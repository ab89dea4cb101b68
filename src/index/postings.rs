//! The postings: for each value of each indexed column, the rows that have it.

use super::bits::BLOCK_ROWS;
use super::intersect::ScratchPool;
use super::order::{Order, RowKey};
use super::rowset::RowSet;
use crate::config::Tuning;
use crate::table::{IndexKey, IndexedColumn, Table, reserve_for_one};

/// A batch with more records than this that belong between others is merged in one pass over the
/// index; fewer are put in one by one. A pass takes as long as some sixty single ones of which each
/// moves all of the index, and those of a batch seldom do.
const MERGE_FROM: usize = 32;

/// The list order and all postings, kept in step with the table.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) order: Order,
    postings: [Vec<RowSet>; IndexedColumn::COUNT],
    tuning: Tuning,
    /// Room that queries use, kept so that they need not make it each time.
    pub(crate) scratches: ScratchPool,
}

impl Index {
    pub(crate) fn new(tuning: Tuning) -> Self {
        Index {
            order: Order::default(),
            postings: Default::default(),
            tuning,
            scratches: ScratchPool::default(),
        }
    }

    /// The rows that have `key`, or `None` when none has. Cost: O(1).
    pub(crate) fn posting(&self, (column, value): IndexKey) -> Option<&RowSet> {
        self.postings[column as usize].get(value as usize).filter(|rows| rows.len() > 0)
    }

    /// Adds the record in `slot`. Cost: O(entries) for the newest record, O(index) for one that
    /// belongs between others.
    pub(crate) fn insert(&mut self, key: RowKey, slot: u32, table: &Table) {
        let row = self.add_row(key, slot);
        self.add_entries(row, slot, table);
    }

    /// A row for the record in `slot`, which has no entries yet.
    fn add_row(&mut self, key: RowKey, slot: u32) -> u32 {
        if self.order.last_key().is_none_or(|last| last < key) {
            return self.order.push(key, slot);
        }
        let row = self.order.insert(key, slot);
        for sets in &mut self.postings {
            sets.iter_mut().for_each(|set| set.open_gap(row));
        }
        row
    }

    /// Adds many records, `more`, in any order. Cost: as one by one, but at most one pass over
    /// the index for those that belong between others.
    pub(crate) fn insert_batch(&mut self, mut more: Vec<(RowKey, u32)>, table: &Table) {
        more.sort_unstable_by_key(|&(key, _)| key);
        let between = match self.order.last_key() {
            Some(last) => more.partition_point(|&(key, _)| key < last),
            None => 0,
        };
        if between <= MERGE_FROM {
            for &(key, slot) in &more {
                self.insert(key, slot, table);
            }
        } else {
            self.rebuild(self.order.merged(&more), table);
        }
    }

    /// Removes the record in `slot`, which is still in the table. Cost: O(entries), times the
    /// length of the lists it is taken from.
    pub(crate) fn remove(&mut self, slot: u32, table: &Table) {
        let row = self.order.row_of(slot);
        let (rows, tuning) = (self.order.rows(), self.tuning);
        let postings = &mut self.postings;
        table.for_each_index_key(slot, |(column, value)| {
            postings[column as usize][value as usize].remove(row, rows, tuning);
        });
        self.order.remove(slot);
    }

    /// Adds `row` to the posting of `key`.
    pub(crate) fn add(&mut self, key: IndexKey, row: u32) {
        let (rows, tuning) = (self.order.rows(), self.tuning);
        add_to(&mut self.postings, key, row, rows, tuning);
    }

    /// Takes `row` from the posting of `key`.
    pub(crate) fn take(&mut self, (column, value): IndexKey, row: u32) {
        let rows = self.order.rows();
        self.postings[column as usize][value as usize].remove(row, rows, self.tuning);
    }

    /// Adds `row` to the postings of the record in `slot`.
    fn add_entries(&mut self, row: u32, slot: u32, table: &Table) {
        let (rows, tuning) = (self.order.rows(), self.tuning);
        let postings = &mut self.postings;
        table.for_each_index_key(slot, |key| add_to(postings, key, row, rows, tuning));
    }

    /// Drops the rows whose records are gone, once they are more than a quarter of the records and
    /// more than [`Tuning::dead_min`]. Cost: O(index) for a front of holes, a rebuild for holes
    /// between records; both spread over the removals before.
    pub(crate) fn drop_dead_rows(&mut self, table: &Table) {
        let enough = (table.len() as u32 / 4).max(self.tuning.dead_min);
        if self.order.holes_between() > enough {
            self.rebuild(self.order.merged(&[]), table);
        } else if self.order.first() > enough.max(BLOCK_ROWS) {
            let rows = self.order.first() / BLOCK_ROWS * BLOCK_ROWS;
            self.order.drop_front(rows);
            self.postings.iter_mut().flatten().for_each(|set| set.drop_front(rows));
        }
    }

    fn rebuild(&mut self, order: Order, table: &Table) {
        self.order = order;
        self.postings = Default::default();
        for row in 0..self.order.rows() {
            if let Some(slot) = self.order.slot(row) {
                self.add_entries(row, slot, table);
            }
        }
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        let tables: usize =
            self.postings.iter().map(|sets| sets.capacity() * size_of::<RowSet>()).sum();
        let sets: usize = self.postings.iter().flatten().map(RowSet::bytes).sum();
        self.order.bytes() + tables + sets + self.scratches.bytes()
    }

    /// Recomputes everything from the table and names the first difference.
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
        for (column, (sets, expected)) in self.postings.iter().zip(&expected).enumerate() {
            for value in 0..sets.len().max(expected.len()) {
                let rows = match sets.get(value) {
                    Some(set) => {
                        set.internal_validate()
                            .map_err(|error| format!("posting {column}/{value}: {error}"))?;
                        set.rows().collect()
                    }
                    None => Vec::new(),
                };
                if expected.get(value).map_or(&[][..], Vec::as_slice) != rows {
                    return Err(format!(
                        "posting {column}/{value} has {} rows, not those of the table",
                        rows.len()
                    ));
                }
            }
        }
        Ok(())
    }
}

fn add_to(
    postings: &mut [Vec<RowSet>; IndexedColumn::COUNT],
    (column, value): IndexKey,
    row: u32,
    rows: u32,
    tuning: Tuning,
) {
    let sets = &mut postings[column as usize];
    let value = value as usize;
    if value >= sets.len() {
        // Symbols are numbered from the lowest free one, so this is one more at a time.
        while sets.len() <= value {
            reserve_for_one(sets);
            sets.push(RowSet::default());
        }
    }
    sets[value].insert(row, rows, tuning);
}
