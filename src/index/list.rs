//! The form of a posting of few rows: a sorted list of them.

use std::num::NonZeroU32;
use std::ops::Deref;

use smallvec::SmallVec;

use super::touched;

/// Rows, ascending. The oldest go first, so those that are gone from the front stay in their
/// places until the room is needed: to move all others down for each would read the whole list.
#[derive(Debug)]
pub(crate) struct List {
    rows: SmallVec<[u32; 4]>,
    /// One more than the number of rows at the front that are gone: never zero, by which a posting
    /// tells this form from the other without room of its own.
    first: NonZeroU32,
}

impl Default for List {
    fn default() -> Self {
        List { rows: SmallVec::new(), first: NonZeroU32::MIN }
    }
}

impl Deref for List {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.rows[self.gone()..]
    }
}

impl FromIterator<u32> for List {
    fn from_iter<I: IntoIterator<Item = u32>>(rows: I) -> Self {
        List { rows: rows.into_iter().collect(), ..List::default() }
    }
}

impl List {
    /// Adds `row`, which is not in the list. Cost: O(1) at the end, O(list) elsewhere.
    pub(super) fn insert(&mut self, row: u32) {
        if self.rows.len() == self.rows.capacity() {
            self.make_room();
        }
        if self.last().is_none_or(|&last| last < row) {
            self.rows.push(row);
        } else if let Err(at) = self.binary_search(&row) {
            self.rows.insert(self.gone() + at, row);
        }
    }

    /// Makes room for a row: where more than an eighth is gone, that is room enough.
    fn make_room(&mut self) {
        let rows = self.rows.len();
        if self.gone() * 8 > rows {
            self.drop_gone();
        } else if self.rows.spilled() {
            // A quarter more, not twice as much: lists are most of the index.
            self.rows.reserve_exact((rows / 4).max(4));
        }
    }

    /// Removes `row`, which is in the list. Cost: O(1) for the oldest, O(list) for others.
    pub(super) fn remove(&mut self, row: u32) {
        if self.first() == Some(&row) {
            self.first = self.first.saturating_add(1);
        } else if let Ok(at) = self.binary_search(&row) {
            self.rows.remove(self.gone() + at);
        }
        if self.rows.spilled() && self.len() * 4 < self.rows.capacity() {
            self.drop_gone();
            self.rows.shrink_to_fit();
        }
    }

    fn drop_gone(&mut self) {
        self.rows.drain(..self.gone());
        self.first = NonZeroU32::MIN;
    }

    /// How many rows at the front are gone.
    fn gone(&self) -> usize {
        self.first.get() as usize - 1
    }

    /// Moves every row from `row` on up by one. Cost: O(list).
    pub(super) fn open_gap(&mut self, row: u32) {
        // Late records are seldom late by much: most lists end before the gap.
        if self.last().is_none_or(|&last| last < row) {
            return;
        }
        touched::add(self.len());
        // Without a branch and a search: most lists are short, and this is vector code.
        self.held_mut().iter_mut().for_each(|member| *member += u32::from(*member >= row));
    }

    /// Takes `rows` from each, all of which are at least that. Cost: O(list).
    pub(super) fn drop_front(&mut self, rows: u32) {
        self.held_mut().iter_mut().for_each(|member| *member -= rows);
    }

    fn held_mut(&mut self) -> &mut [u32] {
        let gone = self.gone();
        &mut self.rows[gone..]
    }

    /// For how many rows there is room, of which those that are gone take theirs.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.rows.capacity()
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        if self.rows.spilled() { self.rows.capacity() * size_of::<u32>() } else { 0 }
    }

    pub(super) fn internal_validate(&self) -> Result<(), String> {
        if self.gone() > self.rows.len() {
            return Err(format!("list: {} of {} rows are gone", self.gone(), self.rows.len()));
        }
        match self.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(format!("list: {} before {}", pair[0], pair[1])),
            None => Ok(()),
        }
    }
}
