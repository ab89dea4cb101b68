//! The two forms of a posting, and when each becomes the other.
//!
//! Rows are numbered from the oldest. A posting of few rows is a sorted list of them, one of many
//! is words of bits.

use super::bits::Bits;
use super::list::List;
use crate::config::Tuning;

/// A set of rows.
#[derive(Debug)]
pub(crate) enum RowSet {
    List(List),
    /// Boxed, since there are many lists for each of these.
    Bits(Box<Bits>),
}

// Names of their own give a store as many postings of one row as it has records.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<RowSet>() == 16);

impl Default for RowSet {
    fn default() -> Self {
        RowSet::List(List::default())
    }
}

/// The longest list among `rows` rows.
pub(super) fn list_most(rows: u32, tuning: Tuning) -> usize {
    (rows / tuning.list_share).max(tuning.list_min) as usize
}

impl RowSet {
    /// How many rows. Cost: O(1).
    pub(crate) fn len(&self) -> u32 {
        match self {
            RowSet::List(list) => list.len() as u32,
            RowSet::Bits(bits) => bits.len(),
        }
    }

    /// Adds `row`, which is not in the set, among `rows` rows in all. Cost: O(1) at the end,
    /// O(list) elsewhere in a list.
    pub(crate) fn insert(&mut self, row: u32, rows: u32, tuning: Tuning) {
        match self {
            RowSet::List(list) => {
                list.insert(row);
                if list.len() > list_most(rows, tuning) {
                    *self = RowSet::Bits(Box::new(Bits::from_list(list)));
                }
            }
            RowSet::Bits(bits) => {
                bits.insert(row);
                self.shrink_form(rows, tuning);
            }
        }
    }

    /// Removes `row`, which is in the set. Cost: O(1) for the oldest, O(list) elsewhere in a list.
    pub(crate) fn remove(&mut self, row: u32, rows: u32, tuning: Tuning) {
        match self {
            RowSet::List(list) => list.remove(row),
            RowSet::Bits(bits) => {
                bits.remove(row);
                self.shrink_form(rows, tuning);
            }
        }
    }

    /// Turns bits into a list once they are well below what would become bits again: far enough
    /// that a set at the border does not change its form at every write.
    fn shrink_form(&mut self, rows: u32, tuning: Tuning) {
        if let RowSet::Bits(bits) = self
            && (bits.len() + bits.len() / 16 + 1) as usize <= list_most(rows, tuning)
        {
            *self = RowSet::List(bits.rows().collect());
        }
    }

    /// Moves every row from `row` on up by one, to make room for a new one. Cost: O(set).
    pub(crate) fn open_gap(&mut self, row: u32) {
        match self {
            RowSet::List(list) => list.open_gap(row),
            RowSet::Bits(bits) => bits.open_gap(row),
        }
    }

    /// Takes away the oldest `rows` rows, none of which is in the set; a multiple of 512.
    /// Cost: O(set).
    pub(crate) fn drop_front(&mut self, rows: u32) {
        match self {
            RowSet::List(list) => list.drop_front(rows),
            RowSet::Bits(bits) => bits.drop_front(rows),
        }
    }

    /// The rows, oldest first.
    pub(crate) fn rows(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            RowSet::List(list) => Box::new(list.iter().copied()),
            RowSet::Bits(bits) => Box::new(bits.rows()),
        }
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            RowSet::List(list) => list.bytes(),
            RowSet::Bits(bits) => bits.bytes(),
        }
    }

    /// Checks the form from inside.
    pub(crate) fn internal_validate(&self) -> Result<(), String> {
        match self {
            RowSet::List(list) => list.internal_validate(),
            RowSet::Bits(bits) => bits.internal_validate(),
        }
    }
}
