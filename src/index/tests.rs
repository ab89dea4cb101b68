//! Tests of conjunctions and row sets from outside: `laws` compares results with plain sets, `work`
//! bounds what is touched.

use super::collect::PageRows;
use super::intersect::Conjunction;
use super::order::Span;

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
