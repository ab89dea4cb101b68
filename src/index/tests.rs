//! Tests of conjunctions and row sets from outside: `laws` compares results with plain sets, `work`
//! bounds what is touched.

use super::collect::PageRows;
use super::intersect::Conjunction;
use super::order::Span;
use super::rowset::RowSet;
use super::scratch::ScratchPool;
use crate::config::Tuning;

mod laws;
mod work;

/// The page that [`Conjunction::newest`] makes.
fn newest(mut sets: Conjunction<'_>, span: Span, most: usize) -> PageRows {
    let mut page = PageRows::new();
    sets.newest(span, most, &mut page);
    page
}

/// The page and the count that [`Conjunction::page_and_count`] makes.
fn page_and_count(
    mut sets: Conjunction<'_>,
    span: Span,
    skip: u64,
    most: usize,
) -> (PageRows, u64) {
    let mut page = PageRows::new();
    let count = sets.page_and_count(span, skip, most, &mut page);
    (page, count)
}

/// The conjunction of `sets`.
fn all_of<'s, 'a: 's>(
    sets: impl IntoIterator<Item = &'a RowSet>,
    tuning: Tuning,
    scratches: &'s ScratchPool,
) -> Conjunction<'s> {
    let mut all = Conjunction::new(tuning, scratches);
    sets.into_iter().for_each(|set| all.add(set));
    all
}
