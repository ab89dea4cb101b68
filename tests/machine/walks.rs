//! What a walk by token promises, kept by hand for each open walk: from which rows matched when,
//! and not from how a page is found.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Bound;

use proptest::test_runner::TestCaseError;

use super::requests::Pairs;
use crate::model::Operation;

/// Where a row stands: smaller is earlier. CreationTime and acceptance number, run, history.
pub(crate) type RowKey = (Reverse<(u32, u64)>, usize, Reverse<u64>);

/// Rows that a query with tags can reach.
pub(crate) const TAGGED_ROWS: u64 = 1_000;

/// A walk that has another page.
#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) operation: Operation,
    /// Its filters.
    pub(crate) pairs: Pairs,
    pub(crate) token: String,
    position: RowKey,
    returned: BTreeSet<RowKey>,
    /// Rows that have matched ever since the walk began, or ever since they came to stand behind
    /// it.
    due: BTreeSet<RowKey>,
    /// Rows that matched when it was last looked at.
    matching: BTreeSet<RowKey>,
    tagged: bool,
    /// Rows that count as returned.
    count: u64,
    /// Too many rows to see all: what is due is not known.
    is_blind: bool,
}

/// Every row that matches, or `None` when they are too many.
pub(crate) type Matching = Option<BTreeSet<RowKey>>;

fn fail(what: String) -> TestCaseError {
    TestCaseError::fail(what)
}

impl Walk {
    /// A walk whose first page is to come; `matching` are all rows that match now.
    pub(crate) fn new(operation: Operation, pairs: Pairs, matching: Matching) -> Self {
        let tagged = pairs.iter().any(|(name, _)| name.starts_with("Tag."));
        let is_blind = matching.is_none();
        let matching = matching.unwrap_or_default();
        Walk {
            operation,
            pairs,
            token: String::new(),
            // Before every row.
            position: (Reverse((u32::MAX, u64::MAX)), 0, Reverse(u64::MAX)),
            returned: BTreeSet::new(),
            due: matching.clone(),
            matching,
            tagged,
            count: 0,
            is_blind,
        }
    }

    /// Begins the walk behind a page by number, with which `count` rows are passed.
    pub(crate) fn pass(&mut self, page: &[RowKey], count: u64) {
        if let Some(&last) = page.last() {
            self.position = last;
        }
        self.count = count;
        let position = self.position;
        self.due.retain(|row| *row > position);
    }

    /// After a write, or when the clock was moved: `matching` are all rows that match now.
    pub(crate) fn look(&mut self, matching: Matching) {
        let Some(matching) = matching else {
            self.is_blind = true;
            return;
        };
        self.due.retain(|row| matching.contains(row));
        let fresh = matching.difference(&self.matching).filter(|row| **row > self.position);
        self.due.extend(fresh);
        self.matching = matching;
    }

    /// Whether a query with tags has returned all that it can reach.
    pub(crate) fn is_capped(&self) -> bool {
        self.tagged && self.count >= TAGGED_ROWS
    }

    /// Takes the next page, and checks that it may be one. True when another page follows.
    pub(crate) fn take(
        &mut self,
        rows: &[RowKey],
        token: Option<&str>,
    ) -> Result<bool, TestCaseError> {
        let before = self.position;
        for &row in rows {
            if !self.returned.insert(row) {
                return Err(fail(format!("a row is returned twice: {row:?}")));
            }
            if row <= self.position {
                return Err(fail(format!("{row:?} stands before the walk at {:?}", self.position)));
            }
            if !self.is_blind && !self.matching.contains(&row) {
                return Err(fail(format!("{row:?} does not match")));
            }
            self.position = row;
        }
        self.count += rows.len() as u64;
        let is_capped = self.is_capped();
        if self.tagged && self.count > TAGGED_ROWS && !rows.is_empty() {
            return Err(fail(format!("{} rows of a query with tags", self.count)));
        }
        if !self.is_blind {
            let passed = (Bound::Excluded(before), Bound::Included(self.position));
            let passed = if rows.is_empty() { 0 } else { self.matching.range(passed).count() };
            if passed != rows.len() {
                return Err(fail(format!("{} rows of {passed} that match", rows.len())));
            }
            let behind = (Bound::Excluded(self.position), Bound::Unbounded);
            let more = self.matching.range(behind).next().is_some() && !is_capped;
            if more != token.is_some() {
                return Err(fail(format!("another page: {more}, but the token is {token:?}")));
            }
            let left_out = self.due.difference(&self.returned).next();
            if let (None, false, Some(row)) = (token, is_capped, left_out) {
                return Err(fail(format!("the walk is over without {row:?}")));
            }
        }
        self.token = token.unwrap_or_default().to_owned();
        Ok(token.is_some())
    }
}
