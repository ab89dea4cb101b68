//! The index: the list order, and for each value of each indexed column a posting list, the rows
//! that hold the value. Knows no request.
//!
//! [`Index`] in `postings` is the whole. `order` numbers the rows, `rowset` is a posting list, and
//! `bitmap` one of its two forms. `intersect` answers queries: with `words` for bitmaps, with
//! `stamps` in a `scratch` for lists, into a collector of `collect`. Imports go one way.

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
