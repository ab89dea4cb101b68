//! A page: which rows it has, and where the walk goes on.

use super::token::{Cursor, NextToken};

/// Which page it is, as the answer says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PagePlace {
    pub(crate) page_number: u32,
    pub(crate) page_size: u32,
}

/// The rows of a page, newest first.
#[derive(Clone, Debug)]
pub(crate) struct Page<R> {
    pub(crate) rows: Vec<R>,
    pub(crate) place: PagePlace,
    /// How many rows match, in offset mode.
    pub(crate) total: Option<u64>,
    /// The last row, when others follow it, and the query's fingerprint.
    pub(crate) next: Option<(Cursor, u64)>,
}

impl<R> Page<R> {
    pub(crate) fn next_token(&self) -> Option<NextToken> {
        self.next.map(|(cursor, fingerprint)| NextToken::write(&cursor, fingerprint))
    }
}

/// A row of DescribeInvocationResults: a run, or one of its history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ResultRow {
    pub(crate) slot: u32,
    pub(crate) run: u16,
    /// Index in the run's history, oldest first.
    pub(crate) history: Option<u32>,
}
