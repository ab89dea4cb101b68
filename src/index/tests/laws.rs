//! Row sets and conjunctions behave like plain sets of numbers.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::bitmap::BLOCK_ROWS;
use super::super::order::{Order, RowKey, Span};
use super::super::rowset::RowSet;
use super::super::scratch::ScratchPool;
use super::super::touched::by as touched_by;
use super::{all_of, newest, page_and_count};
use crate::config::Tuning;
use crate::model::Timestamp;

const SMALL: Tuning =
    Tuning { list_share: 16, list_min: 3, first_chunk: 2, chunk_span: 40, dead_min: 0 };

/// The number of rows in all.
const ROWS: u32 = 2_700;

/// A row; those at the borders of words and blocks are as likely as all others together.
fn row() -> impl Strategy<Value = u32> {
    let border =
        (0..20_u32, -1..=1_i32).prop_map(|(word, off)| (word * 64).saturating_add_signed(off));
    let block = (0..4_u32, -1..=1_i32)
        .prop_map(|(block, off)| (block * BLOCK_ROWS).saturating_add_signed(off));
    prop_oneof![0..2_000_u32, border, block]
}

#[derive(Clone, Debug)]
enum Change {
    Insert(u32),
    Remove(u32),
    RemoveOldest,
    OpenGap(u32),
    DropFront,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => row().prop_map(Change::Insert),
        3 => row().prop_map(Change::Remove),
        3 => Just(Change::RemoveOldest),
        1 => row().prop_map(Change::OpenGap),
        1 => Just(Change::DropFront),
    ]
}

/// A set of any density.
fn set() -> impl Strategy<Value = BTreeSet<u32>> {
    prop_oneof![
        prop::collection::btree_set(row(), 0..12),
        prop::collection::btree_set(row(), 0..400),
        // All but a few: dense words.
        prop::collection::btree_set(row(), 0..12)
            .prop_map(|gaps| (0..1_500).filter(|row| !gaps.contains(row)).collect()),
    ]
}

fn list_rows(set: &RowSet) -> Option<usize> {
    match set {
        RowSet::List(list) => Some(list.len()),
        RowSet::Bitmap(_) => None,
    }
}

fn words(set: &RowSet) -> usize {
    match set {
        RowSet::List(_) => 0,
        RowSet::Bitmap(bitmap) => bitmap.words().len(),
    }
}

fn of(rows: &BTreeSet<u32>, tuning: Tuning) -> RowSet {
    let mut set = RowSet::default();
    for &row in rows {
        set.insert(row, ROWS, tuning);
    }
    set
}

/// Each set in the form that its density gives it, or as a bitmap even of few rows.
fn of_all(sets: &[(BTreeSet<u32>, bool)]) -> Vec<RowSet> {
    let bitmaps = Tuning { list_share: u32::MAX, list_min: 0, ..SMALL };
    sets.iter().map(|(rows, list)| of(rows, if *list { SMALL } else { bitmaps })).collect()
}

/// A walk through bitmaps ANDs eight words at a time, and masks the first and the last word of the span.
/// Every number of words meets the border between the two.
#[test]
fn every_length_of_a_span_begins_and_ends_where_it_says() {
    let full = vec![((0..ROWS).collect::<BTreeSet<u32>>(), false); 2];
    let (built, scratches) = (of_all(&full), ScratchPool::default());
    for start in [0, 1, 63, 65] {
        for words in 0..20_u32 {
            for end in [words * 64 + 1, words * 64 + 63, words * 64 + 64] {
                let span = Span { start, end: end.max(start) };
                let page = newest(all_of(&built, SMALL, &scratches), span, ROWS as usize);
                let expected: Vec<u32> = (span.start..span.end).rev().collect();
                assert_eq!(&page[..], &expected[..], "{start}..{end}");
            }
        }
    }
}

proptest! {
    #[test]
    fn changes_do_what_they_do_to_a_set(
        start in set(),
        // Rows before the set, so that a block of them can be dropped.
        ahead in prop_oneof![Just(0), Just(BLOCK_ROWS), Just(BLOCK_ROWS + 70)],
        bitmaps in any::<bool>(),
        changes in prop::collection::vec(change(), 1..100),
    ) {
        // Lists of up to 168 rows, or bitmaps even of few rows.
        let tuning = if bitmaps { Tuning { list_share: 400, ..SMALL } } else { SMALL };
        let mut plain: BTreeSet<u32> = start.into_iter().map(|row| row + ahead).collect();
        let mut set = of(&plain, tuning);
        for change in changes {
            match change {
                Change::Insert(row) => {
                    if plain.insert(row) {
                        set.insert(row, ROWS, tuning);
                    }
                }
                Change::Remove(row) => {
                    if plain.remove(&row) {
                        set.remove(row, ROWS, tuning);
                    }
                }
                Change::RemoveOldest => {
                    if let Some(row) = plain.pop_first() {
                        set.remove(row, ROWS, tuning);
                    }
                }
                Change::OpenGap(row) => {
                    plain = plain.into_iter().map(|r| r + u32::from(r >= row)).collect();
                    set.open_gap(row);
                }
                Change::DropFront => {
                    if plain.first().is_none_or(|&first| first >= BLOCK_ROWS) {
                        plain = plain.into_iter().map(|row| row - BLOCK_ROWS).collect();
                        set.drop_front(BLOCK_ROWS);
                    }
                }
            }
            prop_assert_eq!(set.internal_validate(), Ok(()));
            prop_assert_eq!(set.len() as usize, plain.len());
        }
        prop_assert!(set.rows().eq(plain.iter().copied()));
        let scratches = ScratchPool::default();
        let alone = all_of([&set], SMALL, &scratches);
        for row in 0..ROWS + 100 {
            prop_assert_eq!(alone.contains(row), plain.contains(&row));
        }
        if let RowSet::Bitmap(bitmap) = &set {
            for row in (0..ROWS + 100).step_by(7) {
                prop_assert_eq!(bitmap.rank(row) as usize, plain.range(..row).count());
            }
        }
    }

    #[test]
    fn a_conjunction_is_the_intersection_newest_first(
        sets in prop::collection::vec((set(), any::<bool>()), 1..9),
        start in row(),
        length in row(),
        skip in 0..300_u64,
        most in 1..60_usize,
        steps in 0..260_usize,
    ) {
        let span = Span { start, end: (start + length).min(2_100) };
        let built = of_all(&sets);
        let expected: Vec<u32> = (span.start..span.end)
            .rev()
            .filter(|row| sets.iter().all(|(rows, _)| rows.contains(row)))
            .collect();
        let scratches = ScratchPool::default();
        let conjunction = || all_of(&built, SMALL, &scratches);
        // Any number of earlier steps, so that the stamps may wrap around at any point.
        for _ in 0..steps {
            newest(conjunction(), Span { start: 0, end: 64 }, 1);
        }
        for row in span.start..span.end {
            prop_assert_eq!(conjunction().contains(row), expected.contains(&row));
        }
        // No walk reads more than its sets: each row of a list once, each word of a bitmap once,
        // and a word of each bitmap for each row of the shortest list.
        let shortest = built.iter().filter_map(list_rows).min();
        let of_sets: usize = built
            .iter()
            .map(|set| list_rows(set).unwrap_or_else(|| words(set).max(shortest.unwrap_or(0))))
            .sum();
        let bound = (of_sets + shortest.unwrap_or(0)) as u64;

        let (page, touched) = touched_by(|| newest(conjunction(), span, most));
        prop_assert_eq!(&page[..], &expected[..most.min(expected.len())]);
        prop_assert!(touched <= bound, "{} of {}", touched, bound);

        let ((page, count), touched) =
            touched_by(|| page_and_count(conjunction(), span, skip, most));
        // A single bitmap reads its block counts too.
        prop_assert!(touched <= bound + 5, "{} of {}", touched, bound);
        let from = (skip as usize).min(expected.len());
        prop_assert_eq!(&page[..], &expected[from..(from + most).min(expected.len())]);
        prop_assert_eq!(count, expected.len() as u64);

        let mut each = Vec::new();
        conjunction().each(span, |row| {
            each.push(row);
            each.len() < most
        });
        prop_assert_eq!(&each[..], &expected[..most.min(expected.len())]);
    }

    #[test]
    fn sets_are_cut_where_a_key_stands_in_the_order(
        sets in prop::collection::vec((set(), any::<bool>()), 1..4),
        at_once in 1..400_u32,
        row in row(),
        // Before the row, at it, and after it.
        off in 0..3_u64,
    ) {
        let key = |row: u32| RowKey {
            time: Timestamp::saturating_from_secs(1 + i64::from(row / at_once)),
            number: 2 + 2 * u64::from(row),
        };
        let mut order = Order::default();
        (0..ROWS).for_each(|row| { order.push(key(row), row); });
        let cut = RowKey { number: key(row).number - 1 + off, ..key(row) };

        let built = of_all(&sets);
        let scratches = ScratchPool::default();
        let mut all = all_of(&built, SMALL, &scratches);
        let expected: Vec<u32> = (0..ROWS)
            .rev()
            .filter(|&row| key(row) < cut && sets.iter().all(|(rows, _)| rows.contains(&row)))
            .collect();
        let end = all.cut_before(&order, cut);
        let page = newest(all, Span { start: 0, end }, ROWS as usize);
        prop_assert_eq!(page, expected);
    }
}
