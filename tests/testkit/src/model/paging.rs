//! Pages, totals and tokens, the same for both queries.
//! Part of the naive model: shares nothing with the engine.

use std::cmp::Reverse;

use super::request::{Filters, Operation, Paging, Request};
use super::{Model, ModelError, error};

/// Maximum number of rows that a query with tags reaches.
const TAGGED_ROWS: u64 = 1000;

/// The position of a row among all rows, whether or not the row still exists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Position {
    /// The record's CreationTime in seconds.
    pub created: u32,
    /// The record's acceptance number.
    pub number: u64,
    /// The run's place in the record; 0 in `DescribeInvocations`.
    pub run: usize,
    /// The history number; `None` for the run itself.
    pub history: Option<u64>,
}

impl Position {
    /// A key that sorts rows: newest record first, then its runs in order, each followed by its
    /// history, newest first.
    fn key(&self) -> (Reverse<u32>, Reverse<u64>, usize, Reverse<u64>) {
        let history = self.history.unwrap_or(u64::MAX);
        (Reverse(self.created), Reverse(self.number), self.run, Reverse(history))
    }
}

/// The meaning of an opaque token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelToken {
    /// The operation that gave it.
    pub operation: Operation,
    /// The id of the store that gave it.
    pub store_id: u64,
    /// The effective filters of its query.
    pub filters: Filters,
    /// The position of the last returned row.
    pub position: Position,
    /// Rows returned so far by the walk.
    pub returned: u64,
}

/// The part of the matching rows that is on the page.
pub(super) struct Page {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) total: Option<u64>,
    pub(super) next: Option<ModelToken>,
}

impl Model {
    /// The token of the request, checked to be one for this request.
    pub(super) fn token(&self, request: &Request) -> Result<Option<&ModelToken>, ModelError> {
        let Paging::Token { text: Some(text), .. } = &request.paging else { return Ok(None) };
        match self.tokens.get(text) {
            Some(token)
                if token.operation == request.operation
                    && token.store_id == self.config.id
                    && token.filters == request.filters =>
            {
                Ok(Some(token))
            }
            _ => Err(error("InvalidParameter.NextToken", "NextToken")),
        }
    }

    /// The page of a request among all matching rows, which are in order.
    pub(super) fn page(
        &self,
        request: &Request,
        token: Option<&ModelToken>,
        rows: &[Position],
    ) -> Page {
        let count = rows.len() as u64;
        let tagged = !request.filters.tags.is_empty();
        let (start, end, total, returned);
        match request.paging {
            Paging::Offset { number, size } => {
                let reachable = if tagged { count.min(TAGGED_ROWS) } else { count };
                start = ((number - 1) * size).min(reachable);
                end = (number * size).min(reachable);
                total = Some(reachable);
                returned = number * size;
            }
            Paging::Token { size, .. } => {
                let before = token.map_or(0, |token| token.returned);
                start = match token {
                    None => 0,
                    Some(token) => {
                        let passed = |row: &&Position| row.key() <= token.position.key();
                        rows.iter().filter(passed).count() as u64
                    }
                };
                let left = if tagged { TAGGED_ROWS.saturating_sub(before) } else { u64::MAX };
                end = (start + size.min(left)).min(count);
                total = None;
                returned = before + (end - start);
            }
        }
        let more = end < count && !(tagged && returned >= TAGGED_ROWS);
        let next = (more && end > start).then(|| ModelToken {
            operation: request.operation,
            store_id: self.config.id,
            filters: request.filters.clone(),
            position: rows[end as usize - 1].clone(),
            returned,
        });
        Page { start: start as usize, end: end as usize, total, next }
    }
}

/// PageNumber, PageSize and TotalCount as the wire shows them.
pub(super) fn shown(paging: &Paging, total: Option<u64>) -> (u64, u64, u64) {
    match *paging {
        Paging::Offset { number, size } => (number, size, total.unwrap_or(0)),
        Paging::Token { size, .. } => (1, size, 0),
    }
}
