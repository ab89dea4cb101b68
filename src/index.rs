//! The index: the list order, and for each value of each indexed column a posting list, which is
//! the set of rows that hold the value. This module does not know requests.
//!
//! `postings` has the [`Index`] itself. `order` numbers the rows, `rowset` is a posting list, and
//! `bitmap` is one of its two forms. `intersect` finds the rows that are in several posting lists:
//! bitmaps are ANDed by `words`, sorted lists are intersected by `stamps` with the buffers of a
//! `scratch`, and the matches go to a collector of `collect`. Imports go one way.

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
