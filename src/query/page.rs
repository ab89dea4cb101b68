//! The page: its rows, and the token of the next page.

use super::fingerprint::fingerprint;
use super::snapshot::Snapshot;
use super::token::{Cursor, NextToken};
use crate::limits;
use crate::request::{Checked, Paging};

/// A page of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Page<R> {
    /// Newest first.
    pub(crate) rows: Vec<R>,
    /// The number of matching rows, in offset mode.
    pub(crate) total: Option<u64>,
    /// The last row and the fingerprint of the filters, if rows follow.
    pub(crate) next: Option<(Cursor, u64)>,
    pub(crate) page_number: u32,
    pub(crate) page_size: u32,
}

impl<R> Page<R> {
    /// The token of the next page, if there is one. It is written on demand, because many callers
    /// read only the rows. Cost: O(1).
    pub(crate) fn next_token(&self) -> Option<NextToken> {
        self.next.map(|(cursor, fingerprint)| NextToken::write(&cursor, fingerprint))
    }
}

/// A row of DescribeInvocationResults: a run, or one of its history records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ResultRow {
    pub(crate) slot: u32,
    pub(crate) run: u16,
    /// Index in the run's history, oldest first.
    pub(crate) history: Option<u32>,
}

/// Which of the matching rows a page shows: `most` rows after the first `skip`.
pub(super) struct Window {
    pub(super) skip: u64,
    pub(super) most: usize,
    /// Rows of earlier pages, which count towards `limit`.
    returned: u64,
    /// The number of rows that all pages together can show, if the query has tags.
    limit: Option<u64>,
}

impl Window {
    pub(super) fn new(query: &Checked<'_>, cursor: Option<Cursor>) -> Self {
        let (skip, page_size, returned) = match query.paging {
            Paging::Token { max_results, .. } => {
                (0, max_results, cursor.map_or(0, |cursor| u64::from(cursor.returned)))
            }
            Paging::Offset { page_number, page_size } => {
                let skip = u64::from(page_number - 1) * u64::from(page_size);
                (skip, page_size, skip)
            }
        };
        let limit = (!query.filters.tags.is_empty()).then_some(u64::from(limits::TAGGED_ROWS));
        let left = limit.map_or(u64::MAX, |limit| limit.saturating_sub(returned));
        Window { skip, most: u64::from(page_size).min(left) as usize, returned, limit }
    }

    /// Makes the page of `rows`, of which the last is at `last`. `seen` is the number of
    /// matching rows that were counted. In offset mode it is the number of all matches. In token
    /// mode only matches behind the cursor are counted, up to one more than the page holds.
    pub(super) fn page<R>(
        &self,
        rows: Vec<R>,
        seen: u64,
        last: Option<Cursor>,
        query: &Checked<'_>,
        snapshot: &Snapshot<'_>,
    ) -> Page<R> {
        let most = self.limit.unwrap_or(u64::MAX);
        let returned = self.returned + rows.len() as u64;
        let more = self.skip + (rows.len() as u64) < seen && returned < most;
        let next = last.filter(|_| more).map(|last| {
            // Below 1,000, so it fits.
            let returned = self.limit.map_or(0, |_| returned as u16);
            (Cursor { returned, ..last }, fingerprint(&query.filters, snapshot.config.id))
        });
        let (total, page_number, page_size) = match query.paging {
            Paging::Token { max_results, .. } => (None, 1, max_results),
            Paging::Offset { page_number, page_size } => {
                (Some(seen.min(most)), page_number, page_size)
            }
        };
        Page { rows, total, next, page_number, page_size }
    }
}
