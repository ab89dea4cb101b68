//! What intersecting costs, to the row: whether room is taken, how far the walk reads on, and when
//! rows are looked up one by one; and what a set takes: when it changes its form, and how its room
//! grows. The answers would be the same if it cost more.

use super::bits::Bits;
use super::intersect::{Conjunction, Scratch, keep_common};
use super::list::List;
use super::rowset::RowSet;
use super::sinks::PageRows;
use super::touched::by as touched_by;
use super::words::Span;
use crate::config::Tuning;

fn list(rows: impl IntoIterator<Item = u32>) -> RowSet {
    RowSet::List(rows.into_iter().collect())
}

fn conjunction<'a>(sets: impl IntoIterator<Item = &'a RowSet>) -> Conjunction<'a> {
    let mut conjunction = Conjunction::new(Tuning::default());
    sets.into_iter().for_each(|set| conjunction.add(set));
    conjunction
}

/// What [`Conjunction::newest`] puts into an empty page.
pub(super) fn newest(
    mut sets: Conjunction<'_>,
    span: Span,
    most: usize,
    scratch: &mut Scratch,
) -> PageRows {
    let mut page = PageRows::new();
    sets.newest(span, most, scratch, &mut page);
    page
}

/// What [`Conjunction::page_and_count`] puts into an empty page, and the count.
pub(super) fn page_and_count(
    mut sets: Conjunction<'_>,
    span: Span,
    skip: u64,
    most: usize,
    scratch: &mut Scratch,
) -> (PageRows, u64) {
    let mut page = PageRows::new();
    let count = sets.page_and_count(span, skip, most, scratch, &mut page);
    (page, count)
}

#[test]
fn only_two_lists_and_more_need_room() {
    let some = list(0..4);
    let bits = RowSet::Bits(Box::new(Bits::from_list(&[0, 1, 2, 3])));
    assert!(!conjunction([&bits, &bits]).needs_scratch());
    assert!(!conjunction([&some, &bits]).needs_scratch());
    assert!(conjunction([&some, &some]).needs_scratch());
    assert!(conjunction([&some, &some, &some]).needs_scratch());
}

#[test]
fn rows_are_looked_up_in_a_list_more_than_32_times_as_long() {
    for (length, looked_at) in [(95, 95), (96, 96), (97, 3), (900, 3)] {
        // From the first row to the last of those that are kept.
        let mut rows = vec![0, 2, length - 1];
        let list: Vec<u32> = (0..length).collect();
        let mut scratch = Scratch::default();
        let ((), touched) = touched_by(|| keep_common(&mut rows, &list, &mut scratch));
        assert_eq!(rows, [0, 2, length - 1]);
        assert_eq!(touched, looked_at, "{length} rows");
    }
}

#[test]
fn marks_are_as_many_as_the_rows_of_the_piece() {
    let mut scratch = Scratch::default();
    let mut rows: Vec<u32> = (70_000..70_100).collect();
    let list: Vec<u32> = (70_000..70_100).step_by(2).collect();
    keep_common(&mut rows, &list, &mut scratch);
    assert_eq!(rows, list);
    assert_eq!(scratch.bytes(), 100);
}

#[test]
fn rows_far_apart_are_in_pieces_of_their_own() {
    let far: Vec<u32> = (0..40).map(|row| 20_000 * row).collect();
    let (some, others) = (list(far.iter().copied()), list(far.iter().map(|row| row + row % 3)));
    let span = Span { start: 0, end: 1_000_000 };
    let mut scratch = Scratch::default();
    let rows = newest(conjunction([&some, &others]), span, 50, &mut scratch);
    let common: Vec<_> = far.into_iter().rev().filter(|row| row % 3 == 0).collect();
    assert_eq!(rows, common);
    // Three rows reach over 40,001, four over more than a piece may.
    assert!(scratch.bytes() < 41_000, "{}", scratch.bytes());
}

#[test]
fn marks_are_cleared_each_255th_time() {
    let mut scratch = Scratch::default();
    let marks: Vec<u8> = (0..600).map(|_| scratch.next_mark(100)).collect();
    let expected: Vec<u8> = (1..=255).cycle().take(600).collect();
    assert_eq!(marks, expected);
}

#[test]
fn pieces_grow_to_eight_times_the_first() {
    let all = list(0..4_000);
    let span = Span { start: 0, end: 4_000 };
    // Of the piece, of the other list beside it, and of the page, in chunks of 64.
    let pieces = [128, 256, 512, 1_024, 1_024];
    let mut read = 0;
    for piece in pieces {
        // The first row of this piece is the last of the page.
        let most = read + 1;
        let chunks = read + 64;
        read += piece;
        let mut scratch = Scratch::default();
        let (rows, touched) =
            touched_by(|| newest(conjunction([&all, &all]), span, most, &mut scratch));
        assert_eq!(rows.len(), most);
        assert_eq!(touched, (2 * read + chunks) as u64, "a page of {most}");
    }
}

#[test]
fn a_list_alone_is_read_once_for_each_set_and_once_for_the_page() {
    let rows = list((0..100).map(|row| 2 * row));
    let bits = RowSet::Bits(Box::new(Bits::from_list(&[3, 198])));
    let span = Span { start: 0, end: 1_000 };
    let both = conjunction([&bits, &rows, &bits]);
    let (page, touched) = touched_by(|| newest(both, span, 10, &mut Scratch::default()));
    assert_eq!(page, [198]);
    assert_eq!(touched, 300);
    // Of seven, the two behind the first five are looked up one after the other.
    let all = RowSet::Bits(Box::new(Bits::from_list(&(0..200).collect::<Vec<_>>())));
    let eight = conjunction([&rows, &all, &all, &all, &all, &all, &bits, &all]);
    let (page, touched) = touched_by(|| newest(eight, span, 10, &mut Scratch::default()));
    assert_eq!(page, [198]);
    assert_eq!(touched, 800);
}

#[test]
fn bits_are_asked_first_behind_a_piece_of_which_lists_left_most() {
    let touched = |lists: [&RowSet; 2], bits: &[&RowSet]| {
        let sets = conjunction(lists.into_iter().chain(bits.iter().copied()));
        touched_by(|| newest(sets, ALL, 4_096, &mut Scratch::default()).len())
    };
    let all = list(0..4_000);
    let [even, odd] = [0, 1].map(every_other);
    // Of the first piece both lists and all sets, of the others one list and the bits.
    let first = 2 * 128 + 3 * 128;
    assert_eq!(touched([&all, &all], &[&even, &odd]), (0, first + 3 * (4_000 - 128)));
    assert_eq!(touched([&all, &all], &[]), (4_000, 3 * 4_000), "there are no bits to ask");

    // The newest 128 rows of both are the same; then one has the even rows and one the odd ones.
    let evens = list((0..2_048).map(|at| 2 * at));
    let odds = list((0..2_048).map(|at| if at < 1_920 { 2 * at + 1 } else { 2 * at }));
    let first = 2 * 128 + 2 * 128;
    let bits_first = 2 * 256 + 255;
    let lists_first = 512 + 511 + 1_024 + 1_023 + 128 + 127;
    assert_eq!(touched([&evens, &odds], &[&even]), (128, first + bits_first + lists_first));
}

#[test]
fn words_are_read_once_for_each_set() {
    let [even, odd] = [0, 1].map(every_other);
    let both = || conjunction([&even, &odd]);
    let (page, touched) = touched_by(|| newest(both(), ALL, 10, &mut Scratch::default()));
    assert_eq!((page.len(), page.capacity()), (0, 0), "an empty page is no allocation");
    assert_eq!(touched, 128);
    let (page, touched) =
        touched_by(|| newest(conjunction([&even]), ALL, 50, &mut Scratch::default()));
    assert_eq!((page.len(), page.capacity()), (50, 50));
    assert_eq!(touched, 1 + 8);
}

#[test]
fn sets_behind_the_five_smallest_are_read_where_something_is_left() {
    let rows = |of: u32| (0..64).map(|word| 64 * word + of).collect::<Vec<_>>();
    let [first, second] = [0, 1].map(|of| RowSet::Bits(Box::new(Bits::from_list(&rows(of)))));
    let even = every_other(0);
    let seven = |one, other| conjunction([&even, &even, &even, &even, &even, one, other]);
    let touched = |one, other| {
        touched_by(|| newest(seven(one, other), ALL, 64, &mut Scratch::default()).len())
    };
    assert_eq!(touched(&first, &first), (64, 7 * 64));
    // The newest word and the oldest seven are read whole, the blocks between them in part.
    assert_eq!(touched(&first, &second), (0, 7 * 8 + 5 * 56));
}

#[test]
fn a_page_of_one_set_is_found_by_the_counts_of_blocks() {
    let even = every_other(0);
    let page = |skip, most| {
        touched_by(|| {
            page_and_count(conjunction([&even]), ALL, skip, most, &mut Scratch::default())
        })
    };
    assert_eq!(page(2_048, 2), ((vec![], 2_048), 0), "behind the last");
    assert_eq!(page(0, 0), ((vec![], 2_048), 0));
    // A count for each block, and a word.
    assert_eq!(page(0, 2), ((vec![4_094, 4_092], 2_048), 2));
    assert_eq!(page(256, 2), ((vec![3_582, 3_580], 2_048), 3));
    assert_eq!(page(2_047, 2), ((vec![0], 2_048), 8 + 8));
}

/// The span of the sets below.
const ALL: Span = Span { start: 0, end: 4_096 };

fn every_other(first: u32) -> RowSet {
    let rows: Vec<u32> = (first..ALL.end).step_by(2).collect();
    RowSet::Bits(Box::new(Bits::from_list(&rows)))
}

#[test]
fn a_list_grows_by_a_quarter_and_shrinks_when_three_quarters_are_gone() {
    let mut set = RowSet::default();
    let room = |set: &RowSet| match set {
        RowSet::List(list) => list.room(),
        RowSet::Bits(_) => 0,
    };
    let mut rooms = vec![];
    for row in 0..100 {
        set.insert(row, 1_000_000, Tuning::default());
        rooms.push(room(&set));
    }
    rooms.dedup();
    assert_eq!(rooms, [3, 8, 12, 16, 20, 25, 31, 38, 47, 58, 72, 90, 112]);
    let mut rooms = vec![];
    for row in 0..100 {
        set.remove(row, 1_000_000, Tuning::default());
        rooms.push((set.len(), room(&set)));
    }
    rooms.dedup_by_key(|(_, room)| *room);
    assert_eq!(rooms, [(99, 112), (27, 31), (7, 8), (1, 3)]);
}

#[test]
fn a_posting_takes_no_room_for_its_form() {
    assert_eq!(size_of::<RowSet>(), size_of::<List>());
}

#[test]
fn the_oldest_row_of_a_list_goes_without_a_move_of_the_others() {
    let mut rows: List = (0..112).collect();
    assert_eq!(rows.room(), 112);
    let second = &raw const rows[1];
    rows.remove(0);
    assert_eq!(&raw const rows[0], second);
    (1..15).for_each(|row| rows.remove(row));
    // As many come as go: the room of those that are gone is used again when there is no other.
    let mut moves = 0;
    for row in 112..10_000 {
        let newest = &raw const rows[96];
        rows.insert(row);
        moves += u32::from(&raw const rows[96] != newest);
        rows.remove(row - 97);
        assert_eq!(rows.len(), 97);
    }
    assert_eq!(rows.room(), 112);
    assert_eq!(moves, 9_888_u32.div_ceil(15), "each time 15 are gone");
}

#[test]
fn forms_change_at_one_row_in_192_and_a_sixteenth_below() {
    for (rows, list_most, list_again) in [(1_920, 10, 9), (19_200, 100, 94), (100, 8, 7)] {
        let mut set = RowSet::default();
        let is_list = |set: &RowSet| matches!(set, RowSet::List(_));
        for row in 0..list_most {
            set.insert(row, rows, Tuning::default());
            assert!(is_list(&set), "{row} of {rows}");
        }
        set.insert(list_most, rows, Tuning::default());
        assert!(!is_list(&set), "{rows}");
        for row in (list_again..=list_most).rev() {
            assert!(!is_list(&set), "{row} of {rows}");
            set.remove(row, rows, Tuning::default());
        }
        assert!(is_list(&set), "{rows}");
        assert_eq!(set.len(), list_again);
    }
}

#[test]
fn words_grow_by_a_thirty_second() {
    let mut bits = Bits::from_list(&[64 * 320 - 1]);
    assert_eq!(bits.room(), 320);
    let mut rooms = vec![];
    for word in 320..345 {
        bits.insert(64 * word);
        rooms.push(bits.room());
    }
    rooms.dedup();
    assert_eq!(rooms, [331, 342, 353]);
    assert_eq!(bits.internal_validate(), Ok(()));
}
