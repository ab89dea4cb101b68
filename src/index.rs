//! Which rows hold what: the list order, and for each value of each indexed column the rows that
//! have it. Knows no request.

mod bits;
#[cfg(test)]
mod cost;
mod intersect;
#[cfg(test)]
mod laws;
mod list;
mod numbers;
mod order;
mod postings;
mod rowset;
mod search;
mod sinks;
mod touched;
mod words;

pub(crate) use intersect::{Conjunction, Scratch};
pub(crate) use order::RowKey;
pub(crate) use postings::Index;
pub(crate) use sinks::PageRows;
#[cfg(test)]
pub(crate) use touched::by as touched_by;
pub(crate) use words::Span;
