//! The list order, and for each value of each indexed column its posting list: the rows that hold the value. Knows no
//! request.
//!
//! Imports go one way: `postings` (the whole index) uses `intersect` (queries), which uses `words` and `scratch`
//! with `stamps`; below them are `rowset` (posting lists) on `bitmap`, `order`, `collect` and `touched`.

mod bitmap;
mod collect;
mod intersect;
mod order;
mod postings;
mod rowset;
mod scratch;
mod stamps;
#[cfg(test)]
mod tests;
mod touched;
mod words;

pub(crate) use collect::PageRows;
pub(crate) use intersect::Conjunction;
pub(crate) use order::{RowKey, Span};
pub(crate) use postings::Index;
#[cfg(test)]
pub(crate) use touched::by as touched_by;
