//! The promises of a walk by token, checked for each open walk by the rows that matched at each
//! moment, independently of the way pages are found. The store is written before every further
//! page.
//!
//! | promise | where it is checked |
//! |---|---|
//! | T1 | [`Walk::take`] by `t1_all_that_was_there`, at the end of a walk |
//! | T2 | [`Walk::take`] by `t2_not_twice`, each row |
//! | T3 | [`Walk::take`] by `t3_behind_the_walk`, each row, and `t3_in_its_place`, each page |
//! | T4 | `Machine::t4_t5_t6_the_token_holds`: the coverage counts how often the record that a token points at was gone |
//! | T5 | the same, after the store was saved and restored; the same in every version: `tests/archive/kept.rs` |
//! | T6 | the same with other page sizes and parameters that choose no rows; refused tokens: `Machine::forged`, and all of them in `tests/tokens.rs` |
//! | T7 | [`Walk::take`] by `t7_a_token_while_there_is_more`, each page |

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Bound;

use proptest::test_runner::TestCaseError;

use super::Check;
use crate::model::Operation;
use crate::strategy::Pairs;

/// The position of a row, smaller is earlier: CreationTime and acceptance number, run, history.
pub(super) type RowKey = (Reverse<(u32, u64)>, usize, Reverse<u64>);

/// Maximum number of rows that a query with tags reaches.
pub(super) const TAGGED_ROWS: u64 = 1_000;

/// Whether a request has tags. `Tag..Key` and `Tag.01.Key` are unknown parameters.
pub(super) fn has_tags(pairs: &[(String, String)]) -> bool {
    pairs.iter().any(|(name, _)| match name.split('.').collect::<Vec<_>>()[..] {
        ["Tag", number, "Key" | "Value"] => {
            number.parse::<u32>().is_ok_and(|tag| tag > 0 && tag.to_string() == number)
        }
        _ => false,
    })
}

/// A walk that has another page.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    pub(super) operation: Operation,
    /// Its filters.
    pub(super) pairs: Pairs,
    pub(super) token: String,
    /// MaxResults of its last page.
    pub(super) size: u8,
    /// The store's writes when its last page was made.
    pub(super) writes: u64,
    /// Whether the store was saved and restored since its last page.
    pub(super) restored: bool,
    position: RowKey,
    returned: BTreeSet<RowKey>,
    /// Rows that must be returned: they have matched since the walk began, or since they appeared
    /// behind its position.
    due: BTreeSet<RowKey>,
    /// Rows that matched at the last [`look`](Self::look).
    matching: BTreeSet<RowKey>,
    tagged: bool,
    /// Rows that count as returned.
    count: u64,
    /// Whether there are too many rows to track, so that `due` is unknown.
    is_blind: bool,
}

/// Every row that matches, or `None` if there are too many.
pub(super) type Matching = Option<BTreeSet<RowKey>>;

fn fail(what: String) -> TestCaseError {
    TestCaseError::fail(what)
}

impl Walk {
    /// A walk whose first page is to come; `matching` are all rows that match now.
    pub(super) fn new(operation: Operation, pairs: Pairs, matching: Matching) -> Self {
        let tagged = has_tags(&pairs);
        let is_blind = matching.is_none();
        let matching = matching.unwrap_or_default();
        Walk {
            operation,
            pairs,
            token: String::new(),
            size: 0,
            writes: 0,
            restored: false,
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

    /// Begins the walk behind a page by number, which ends after `count` rows.
    pub(super) fn pass(&mut self, page: &[RowKey], count: u64) {
        if let Some(&last) = page.last() {
            self.position = last;
        }
        self.count = count;
        let position = self.position;
        self.due.retain(|row| *row > position);
    }

    /// Called after a write, or after the clock was moved. `matching` has all rows that match now.
    pub(super) fn look(&mut self, matching: Matching) {
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
    pub(super) fn is_capped(&self) -> bool {
        self.tagged && self.count >= TAGGED_ROWS
    }

    /// Checks the next page against the promises. Returns whether another page follows.
    pub(super) fn take(
        &mut self,
        rows: &[RowKey],
        token: Option<&str>,
    ) -> Result<bool, TestCaseError> {
        let before = self.position;
        for &row in rows {
            self.t2_not_twice(row)?;
            self.t3_behind_the_walk(row)?;
            self.position = row;
        }
        self.count += rows.len() as u64;
        if self.tagged && self.count > TAGGED_ROWS && !rows.is_empty() {
            return Err(fail(format!("{} rows of a query with tags", self.count)));
        }
        if !self.is_blind {
            self.t3_in_its_place(before, rows.len())?;
            self.t7_a_token_while_there_is_more(token)?;
            if token.is_none() {
                self.t1_all_that_was_there()?;
            }
        }
        self.token = token.unwrap_or_default().to_owned();
        Ok(token.is_some())
    }

    /// T1: rows that matched during the whole walk were returned (and not twice, T2). Rows that
    /// were evicted or deleted, or did not match for a while, are no longer due, see
    /// [`look`](Self::look).
    fn t1_all_that_was_there(&self) -> Check {
        match self.due.difference(&self.returned).next() {
            Some(row) if !self.is_capped() => {
                Err(fail(format!("the walk is over without {row:?}")))
            }
            _ => Ok(()),
        }
    }

    /// T2: no row is returned twice.
    fn t2_not_twice(&mut self, row: RowKey) -> Check {
        if self.returned.insert(row) {
            return Ok(());
        }
        Err(fail(format!("a row is returned twice: {row:?}")))
    }

    /// T3: a row that appears before the walk's position is not returned.
    fn t3_behind_the_walk(&self, row: RowKey) -> Check {
        if row <= self.position {
            return Err(fail(format!("{row:?} stands before the walk at {:?}", self.position)));
        }
        if !self.is_blind && !self.matching.contains(&row) {
            return Err(fail(format!("{row:?} does not match")));
        }
        Ok(())
    }

    /// T3: a row that appears behind the walk's position is returned in its place. The page has
    /// every matching row between the position `before` it and its last row.
    fn t3_in_its_place(&self, before: RowKey, rows: usize) -> Check {
        let passed = (Bound::Excluded(before), Bound::Included(self.position));
        let passed = if rows == 0 { 0 } else { self.matching.range(passed).count() };
        if passed != rows {
            return Err(fail(format!("{rows} rows of {passed} that match")));
        }
        Ok(())
    }

    /// T7: there is a token if and only if a matching row is behind the last returned one, and a
    /// query with tags has not returned all rows that it can reach.
    fn t7_a_token_while_there_is_more(&self, token: Option<&str>) -> Check {
        let behind = (Bound::Excluded(self.position), Bound::Unbounded);
        let more = self.matching.range(behind).next().is_some() && !self.is_capped();
        if more != token.is_some() {
            return Err(fail(format!("another page: {more}, but the token is {token:?}")));
        }
        Ok(())
    }

    /// T4: whether the row of the token was removed or no longer matches.
    pub(super) fn points_at_nothing(&self) -> bool {
        !self.is_blind && !self.matching.contains(&self.position)
    }
}
