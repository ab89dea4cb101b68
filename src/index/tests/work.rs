//! The work of intersections, to the row: how far a walk reads, when rows are searched one by one,
//! how large buffers become; and when a row set changes its form or its capacity. Results would be
//! the same with more work.

use super::super::bitmap::Bitmap;
use super::super::intersect::Conjunction;
use super::super::order::Span;
use super::super::rowset::RowSet;
use super::super::scratch::ScratchPool;
use super::super::stamps::Stamps;
use super::super::touched::by as touched_by;
use super::{all_of, newest, page_and_count};
use crate::config::Tuning;

fn list(rows: impl IntoIterator<Item = u32>) -> RowSet {
    RowSet::List(rows.into_iter().collect())
}

fn bitmap(rows: &[u32]) -> RowSet {
    RowSet::Bitmap(Box::new(Bitmap::from_list(rows)))
}

/// Runs `work` on a conjunction of `sets` and returns its result with the number of items touched.
fn touched<'a, T>(
    sets: impl IntoIterator<Item = &'a RowSet>,
    work: impl FnOnce(Conjunction<'_>) -> T,
) -> (T, u64) {
    let scratches = ScratchPool::default();
    let conjunction = all_of(sets, Tuning::default(), &scratches);
    touched_by(|| work(conjunction))
}

#[test]
fn only_two_lists_and_more_take_a_scratch() {
    let some = list(0..4);
    let bits = bitmap(&[0, 1, 2, 3]);
    for (sets, takes) in [
        (vec![&bits, &bits], false),
        (vec![&some, &bits], false),
        (vec![&some, &some], true),
        (vec![&some, &some, &some], true),
    ] {
        let scratches = ScratchPool::default();
        let conjunction = all_of(sets, Tuning::default(), &scratches);
        assert_eq!(newest(conjunction, ALL, 10), [3, 2, 1, 0]);
        assert_eq!(scratches.bytes() > 0, takes);
    }
}

#[test]
fn a_list_more_than_32_times_as_long_is_searched() {
    for (length, expected) in [(95, 95), (96, 96), (97, 3), (900, 3)] {
        let mut rows = vec![0, 2, length - 1];
        let list: Vec<u32> = (0..length).collect();
        let mut stamps = Stamps::default();
        let ((), touched) = touched_by(|| stamps.keep_common(&mut rows, &list));
        assert_eq!(rows, [0, 2, length - 1]);
        assert_eq!(touched, expected, "{length} rows");
    }
}

#[test]
fn there_are_as_many_stamps_as_rows_between_the_ends_of_a_chunk() {
    let mut stamps = Stamps::default();
    let mut rows: Vec<u32> = (70_000..70_100).collect();
    let list: Vec<u32> = (70_000..70_100).step_by(2).collect();
    stamps.keep_common(&mut rows, &list);
    assert_eq!(rows, list);
    assert_eq!(stamps.bytes(), 100);
}

#[test]
fn rows_far_apart_are_in_chunks_of_their_own() {
    let far: Vec<u32> = (0..40).map(|row| 20_000 * row).collect();
    let (some, others) = (list(far.iter().copied()), list(far.iter().map(|row| row + row % 3)));
    let scratches = ScratchPool::default();
    let conjunction = all_of([&some, &others], Tuning::default(), &scratches);
    let rows = newest(conjunction, Span { start: 0, end: 1_000_000 }, 50);
    let common: Vec<_> = far.into_iter().rev().filter(|row| row % 3 == 0).collect();
    assert_eq!(rows, common);
    // Two rows span 20,001 rows of the store, three span more than a chunk may.
    assert!(scratches.bytes() < 21_000, "{}", scratches.bytes());
}

#[test]
fn stamps_begin_anew_after_255_steps() {
    let mut stamps = Stamps::default();
    let taken: Vec<u8> = (0..600).map(|_| stamps.next(100)).collect();
    let expected: Vec<u8> = (1..=255).cycle().take(600).collect();
    assert_eq!(taken, expected);
}

#[test]
fn chunks_grow_to_eight_times_the_first() {
    let all = list(0..4_000);
    let span = Span { start: 0, end: 4_000 };
    let mut read = 0;
    for chunk in [128, 256, 512, 1_024, 1_024] {
        // The first row of this chunk is the last of the page.
        let most = read + 1;
        // Rows are handed on in batches of 64.
        let handed_on = read + 64;
        read += chunk;
        let (rows, touched) = touched([&all, &all], |sets| newest(sets, span, most));
        assert_eq!(rows.len(), most);
        assert_eq!(touched, (2 * read + handed_on) as u64, "a page of {most}");
    }
}

#[test]
fn a_list_alone_is_read_once_for_each_set_and_once_for_the_page() {
    let rows = list((0..100).map(|row| 2 * row));
    let few = bitmap(&[3, 198]);
    let span = Span { start: 0, end: 1_000 };
    let (page, items) = touched([&few, &rows, &few], |sets| newest(sets, span, 10));
    assert_eq!(page, [198]);
    assert_eq!(items, 300);
    // The last two of seven bitmaps are looked up one after the other.
    let all = bitmap(&(0..200).collect::<Vec<_>>());
    let eight = [&rows, &all, &all, &all, &all, &all, &few, &all];
    let (page, items) = touched(eight, |sets| newest(sets, span, 10));
    assert_eq!(page, [198]);
    assert_eq!(items, 800);
}

#[test]
fn bitmaps_come_first_after_a_chunk_in_which_lists_are_not_selective() {
    let touched = |lists: [&RowSet; 2], bitmaps: &[&RowSet]| {
        let sets = lists.into_iter().chain(bitmaps.iter().copied());
        touched(sets, |sets| newest(sets, ALL, 4_096).len())
    };
    let all = list(0..4_000);
    let [even, odd] = [0, 1].map(every_other);
    // The first chunk reads both lists and all sets, the others one list and the bitmaps.
    let first = 2 * 128 + 3 * 128;
    assert_eq!(touched([&all, &all], &[&even, &odd]), (0, first + 3 * (4_000 - 128)));
    assert_eq!(touched([&all, &all], &[]), (4_000, 3 * 4_000), "without bitmaps");

    // The newest 128 rows of both are the same; then one has the even rows and one the odd ones.
    let evens = list((0..2_048).map(|at| 2 * at));
    let odds = list((0..2_048).map(|at| if at < 1_920 { 2 * at + 1 } else { 2 * at }));
    let first = 2 * 128 + 2 * 128;
    let bitmaps_first = 2 * 256 + 255;
    let lists_first = 512 + 511 + 1_024 + 1_023 + 128 + 127;
    assert_eq!(touched([&evens, &odds], &[&even]), (128, first + bitmaps_first + lists_first));
}

#[test]
fn words_are_read_once_for_each_set() {
    let [even, odd] = [0, 1].map(every_other);
    let (page, items) = touched([&even, &odd], |sets| newest(sets, ALL, 10));
    assert_eq!((page.len(), page.capacity()), (0, 0), "an empty page allocates nothing");
    assert_eq!(items, 128);
    let (page, items) = touched([&even], |sets| newest(sets, ALL, 50));
    assert_eq!((page.len(), page.capacity()), (50, 50));
    assert_eq!(items, 1 + 8);
}

#[test]
fn bitmaps_after_the_five_smallest_are_read_where_a_bit_is_left() {
    let rows = |of: u32| (0..64).map(|word| 64 * word + of).collect::<Vec<_>>();
    let [first, second] = [0, 1].map(|of| bitmap(&rows(of)));
    let even = every_other(0);
    let touched = |one, other| {
        let eight = [&even, &even, &even, &even, &even, &even, one, other];
        touched(eight, |sets| newest(sets, ALL, 64).len())
    };
    assert_eq!(touched(&first, &first), (64, 8 * 64));
    // The newest word and the oldest seven are read of all, the blocks between of five.
    assert_eq!(touched(&first, &second), (0, 8 * 8 + 5 * 56));
}

#[test]
fn an_offset_page_of_one_bitmap_is_found_by_block_counts() {
    let even = every_other(0);
    let page = |skip, most| touched([&even], |sets| page_and_count(sets, ALL, skip, most));
    assert_eq!(page(2_048, 2), ((vec![], 2_048), 0), "after the last");
    assert_eq!(page(0, 0), ((vec![], 2_048), 0));
    // A count for each block, and a word.
    assert_eq!(page(0, 2), ((vec![4_094, 4_092], 2_048), 2));
    assert_eq!(page(256, 2), ((vec![3_582, 3_580], 2_048), 3));
    assert_eq!(page(2_047, 2), ((vec![0], 2_048), 8 + 8));
}

/// The span of the sets here.
const ALL: Span = Span { start: 0, end: 4_096 };

fn every_other(first: u32) -> RowSet {
    bitmap(&(first..ALL.end).step_by(2).collect::<Vec<_>>())
}

#[test]
fn a_list_grows_by_a_quarter_and_shrinks_below_a_quarter() {
    let mut set = RowSet::default();
    let capacity = |set: &RowSet| match set {
        RowSet::List(list) => list.capacity(),
        RowSet::Bitmap(_) => 0,
    };
    let mut capacities = vec![];
    for row in 0..100 {
        set.insert(row, 1_000_000, Tuning::default());
        capacities.push(capacity(&set));
    }
    capacities.dedup();
    assert_eq!(capacities, [4, 8, 12, 16, 20, 25, 31, 38, 47, 58, 72, 90, 112]);
    let mut capacities = vec![];
    for row in 0..100 {
        set.remove(row, 1_000_000, Tuning::default());
        capacities.push((set.len(), capacity(&set)));
    }
    capacities.dedup_by_key(|(_, capacity)| *capacity);
    assert_eq!(capacities, [(99, 112), (27, 27), (6, 6), (1, 4)]);
}

#[test]
fn forms_change_at_one_row_in_192_and_a_sixteenth_below() {
    for (rows, longest_list, list_again) in [(1_920, 10, 9), (19_200, 100, 94), (100, 8, 7)] {
        let mut set = RowSet::default();
        let is_list = |set: &RowSet| matches!(set, RowSet::List(_));
        for row in 0..longest_list {
            set.insert(row, rows, Tuning::default());
            assert!(is_list(&set), "{row} of {rows}");
        }
        set.insert(longest_list, rows, Tuning::default());
        assert!(!is_list(&set), "{rows}");
        for row in (list_again..=longest_list).rev() {
            assert!(!is_list(&set), "{row} of {rows}");
            set.remove(row, rows, Tuning::default());
        }
        assert!(is_list(&set), "{rows}");
        assert_eq!(set.len(), list_again);
    }
}

#[test]
fn words_grow_by_a_thirty_second() {
    let mut bitmap = Bitmap::from_list(&[64 * 320 - 1]);
    assert_eq!(bitmap.capacity(), 320);
    let mut capacities = vec![];
    for word in 320..345 {
        bitmap.insert(64 * word);
        capacities.push(bitmap.capacity());
    }
    capacities.dedup();
    assert_eq!(capacities, [331, 342, 353]);
    assert_eq!(bitmap.internal_validate(), Ok(()));
}
