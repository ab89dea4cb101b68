//! Posting lists: the set of rows that hold one value, as a sorted list or as a bitmap.

use smallvec::SmallVec;

use super::bitmap::Bitmap;
use super::touched;
use crate::config::Tuning;

/// Rows that a list holds without a heap allocation: as many as fit beside the form's tag in 32
/// bytes.
const INLINE_ROWS: usize = 4;

/// Rows, ascending.
pub(crate) type RowList = SmallVec<[u32; INLINE_ROWS]>;

/// A set of rows in one of two forms.
///
/// # Forms
///
/// Among `n` rows in all, a set is a sorted list while it has at most `n / 192` rows or at most 8
/// ([`Tuning::list_share`], [`Tuning::list_min`]), and a bitmap above. A list takes 4 bytes a row
/// and a bitmap `n / 8` bytes, so the largest list is a sixth of the bitmap that replaces it. The
/// threshold follows time, not memory: at 100,000 rows, a step between two lists of one row in 192
/// takes as long as the AND of the two bitmaps. One row in 128 would save 6 bytes a record, but the
/// longest lists would take twice as long as bitmaps (2026-11-24).
///
/// # Hysteresis
///
/// A bitmap becomes a list again only once it has a sixteenth fewer rows than the threshold.
/// Between two conversions of a set, its length or the number of all rows has therefore changed by
/// a sixteenth. A conversion costs O(n / 64), which is O(1) for each of the writes in between. Only
/// a write to the set, or a rebuild of the index, converts it: until then a set may keep a form
/// whose threshold has passed, which costs time but never changes its rows.
///
/// # Lists
///
/// A list of up to four rows is inside the set itself. Longer lists spill to the heap. They grow by
/// a quarter, because they are most of the index's memory, and move to a smaller allocation, or
/// back inline, below 25 % occupancy. An eviction removes the first element of a list and moves the
/// others in memory, at most 2 KB for 100,000 records; no row gets another number.
///
/// **Alternatives.** A counter of removed rows instead of the move: an eviction took 0.75 times as
/// long (2026-11-25). It is rejected because an eviction without it takes about one AND of three
/// bitmaps, which is the target. A set of 16 bytes, with three rows inline and longer lists behind a
/// thin pointer: saved 16 bytes for each distinct value (2026-11-28).
#[derive(Clone, Debug)]
pub(crate) enum RowSet {
    List(RowList),
    /// Boxed, because most sets are lists.
    Bitmap(Box<Bitmap>),
}

// A store whose records all have names of their own has one set for each record.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<RowSet>() <= 32);

impl Default for RowSet {
    fn default() -> Self {
        RowSet::List(RowList::new())
    }
}

/// Whether a set of `len` rows among `rows` rows in all may be a list. Multiplies, because each
/// insertion asks and a division takes longer.
fn may_be_list(len: u32, rows: u32, tuning: Tuning) -> bool {
    len <= tuning.list_min || u64::from(len) * u64::from(tuning.list_share) <= u64::from(rows)
}

impl RowSet {
    /// The number of rows. Cost: O(1).
    pub(crate) fn len(&self) -> u32 {
        match self {
            RowSet::List(list) => list.len() as u32,
            RowSet::Bitmap(bitmap) => bitmap.len(),
        }
    }

    /// Adds `row`, which is not in the set, among `rows` rows in all. Cost: O(1) at the end of a
    /// list or in a bitmap, O(list) elsewhere in a list.
    pub(super) fn insert(&mut self, row: u32, rows: u32, tuning: Tuning) {
        match self {
            RowSet::List(list) => {
                insert_into_list(list, row);
                if !may_be_list(list.len() as u32, rows, tuning) {
                    *self = RowSet::Bitmap(Box::new(Bitmap::from_list(list)));
                }
            }
            RowSet::Bitmap(bitmap) => {
                bitmap.insert(row);
                self.convert_to_list_if_small(rows, tuning);
            }
        }
    }

    /// Removes `row`, which is in the set, among `rows` rows in all. Cost: O(list) or O(1).
    pub(super) fn remove(&mut self, row: u32, rows: u32, tuning: Tuning) {
        match self {
            RowSet::List(list) => remove_from_list(list, row),
            RowSet::Bitmap(bitmap) => {
                bitmap.remove(row);
                self.convert_to_list_if_small(rows, tuning);
            }
        }
    }

    /// Converts a bitmap to a list if it is a sixteenth below the threshold. Insertions call this
    /// too, because the threshold rises with the number of all rows.
    #[inline]
    fn convert_to_list_if_small(&mut self, rows: u32, tuning: Tuning) {
        if let RowSet::Bitmap(bitmap) = self
            && may_be_list(bitmap.len() + bitmap.len() / 16 + 1, rows, tuning)
        {
            *self = RowSet::List(list_of(bitmap));
        }
    }

    /// Increments every row from `row` on by one, to make room for a late record. Cost: O(set).
    pub(super) fn open_gap(&mut self, row: u32) {
        match self {
            // Late records are seldom late by much, so most lists end before the gap.
            RowSet::List(list) if list.last().is_none_or(|&last| last < row) => {}
            RowSet::List(list) => {
                touched::add(list.len());
                // Without a search and without a branch, this compiles to vector code.
                list.iter_mut().for_each(|held| *held += u32::from(*held >= row));
            }
            RowSet::Bitmap(bitmap) => bitmap.open_gap(row),
        }
    }

    /// Decrements every row by `rows`, a multiple of 512. The set has no row before `rows`. Cost:
    /// O(set).
    pub(super) fn drop_front(&mut self, rows: u32) {
        match self {
            RowSet::List(list) => list.iter_mut().for_each(|held| *held -= rows),
            RowSet::Bitmap(bitmap) => bitmap.drop_front(rows),
        }
    }

    /// The rows, oldest first.
    pub(super) fn rows(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            RowSet::List(list) => Box::new(list.iter().copied()),
            RowSet::Bitmap(bitmap) => Box::new(bitmap.rows()),
        }
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            RowSet::List(list) if list.spilled() => list.capacity() * size_of::<u32>(),
            RowSet::List(_) => 0,
            RowSet::Bitmap(bitmap) => bitmap.bytes(),
        }
    }

    /// Checks that a list ascends and is not much smaller than its capacity, or that a bitmap
    /// agrees with its counts.
    pub(super) fn internal_validate(&self) -> Result<(), String> {
        match self {
            RowSet::List(list) => validate_list(list),
            RowSet::Bitmap(bitmap) => bitmap.internal_validate(),
        }
    }
}

/// The rows of `bitmap`. Not inlined, because most calls of its caller convert nothing.
#[cold]
fn list_of(bitmap: &Bitmap) -> RowList {
    let mut list = RowList::new();
    list.reserve_exact(bitmap.len() as usize);
    list.extend(bitmap.rows());
    list
}

fn insert_into_list(list: &mut RowList, row: u32) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 4).max(4));
    }
    if list.last().is_none_or(|&last| last < row) {
        list.push(row);
    } else if let Err(at) = list.binary_search(&row) {
        list.insert(at, row);
    }
}

fn remove_from_list(list: &mut RowList, row: u32) {
    // Evictions remove the oldest row.
    let at = if list.first() == Some(&row) { Ok(0) } else { list.binary_search(&row) };
    if let Ok(at) = at {
        list.remove(at);
    }
    if list.len() * 4 < list.capacity() {
        list.shrink_to_fit();
    }
}

fn validate_list(list: &RowList) -> Result<(), String> {
    if list.spilled() && list.len() * 4 < list.capacity() {
        let (len, capacity) = (list.len(), list.capacity());
        return Err(format!("the list has {len} rows but keeps a capacity of {capacity}"));
    }
    match list.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(format!("in the list, row {} stands before row {}", pair[0], pair[1])),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The even rows from 1,000 on.
    fn plain(rows: u32) -> Vec<u32> {
        (0..rows).map(|at| 1_000 + 2 * at).collect()
    }

    /// Among so many rows, every set here stays a list.
    const MANY: u32 = 1_000_000;

    #[test]
    fn a_gap_moves_only_a_list_that_goes_beyond_it() {
        for gap in [999, 1_000, 1_001, 1_022, 1_023, 1_024] {
            let mut set = RowSet::List(plain(12).into_iter().collect());
            let ((), touched) = touched::by(|| set.open_gap(gap));
            assert_eq!(touched, if gap <= 1_022 { 12 } else { 0 });
        }
    }

    #[test]
    fn a_list_at_a_border_keeps_its_allocation() {
        for rows in 1..=20 {
            for oldest in [true, false] {
                let mut set = RowSet::default();
                let mut held = plain(rows);
                held.iter().for_each(|&row| set.insert(row, MANY, Tuning::default()));
                let mut changes = 0;
                for row in 2_000..2_100 {
                    let before = set.bytes();
                    set.insert(row, MANY, Tuning::default());
                    held.push(row);
                    let gone = if oldest { held.remove(0) } else { held.pop().unwrap_or(0) };
                    set.remove(gone, MANY, Tuning::default());
                    changes += u32::from(set.bytes() != before);
                    assert!(set.rows().eq(held.iter().copied()));
                }
                assert!(changes <= 1, "{rows} rows: {changes} allocations");
            }
        }
    }

    #[test]
    fn faults_of_a_list_are_named() {
        let mut roomy: RowList = (0..20).collect();
        roomy.truncate(3);
        let capacity = roomy.capacity();
        for (list, fault) in [
            (RowList::from_slice(&[1, 2, 2]), "in the list, row 2 stands before row 2".to_owned()),
            (RowList::from_slice(&[1, 9, 5]), "in the list, row 9 stands before row 5".to_owned()),
            (roomy, format!("the list has 3 rows but keeps a capacity of {capacity}")),
        ] {
            assert_eq!(RowSet::List(list).internal_validate(), Err(fault));
        }
    }
}
