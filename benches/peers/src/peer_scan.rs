//! The list as a vector of structs. The scan walks it until the page is full, as a simple embedder
//! would. The mock server filters all of it, clones the page and makes JSON values.

use serde_json::Value;

use crate::record::{Answer, Record, read_token};
use crate::request::{Found, Query};
use crate::support::wanted::Wanted;

/// The records in list order, from the oldest.
pub struct Scan {
    pub records: Vec<Record>,
}

impl Scan {
    pub fn new(mut records: Vec<Record>) -> Self {
        records.sort_by_key(|record| record.key);
        Scan { records }
    }

    /// The records behind the position, newest first.
    fn behind(&self, query: &Query) -> impl Iterator<Item = (usize, &Record)> {
        let end = match query.after {
            None => self.records.len(),
            Some(after) => self.records.partition_point(|record| record.key < after),
        };
        self.records[..end].iter().enumerate().rev()
    }

    /// Walks until the page is full and one more is found.
    pub fn find(&self, query: &Query) -> Found {
        let mut found = Found::default();
        let most = query.rows();
        for (row, record) in self.behind(query) {
            if record.matches(&query.wanted) {
                if found.rows.len() == most {
                    found.more = query.may_go_on(most);
                    break;
                }
                found.rows.push(row as u32);
            }
        }
        found
    }

    /// The number of records that the walk reads.
    pub fn looked_at(&self, query: &Query) -> usize {
        let mut left = query.rows() + 1;
        let looked_at = self.behind(query).take_while(|(_, record)| {
            left -= usize::from(left > 0 && record.matches(&query.wanted));
            left > 0
        });
        looked_at.count() + 1
    }

    pub fn total(&self, query: &Query) -> u64 {
        let total = self.records.iter().filter(|record| record.matches(&query.wanted)).count();
        query.reach(total as u64)
    }

    /// The answer of a mock server: collects every match, clones the page, and makes each row a
    /// JSON value.
    pub fn mock_answer(&self, pairs: &[(String, String)]) -> Vec<u8> {
        let query = Query::from_pairs(pairs, read_token);
        let matches: Vec<&Record> =
            self.records.iter().rev().filter(|record| record.matches(&query.wanted)).collect();
        let start = query.after.map_or(0, |after| {
            matches.iter().position(|record| record.key < after).unwrap_or(matches.len())
        });
        let most = query.rows();
        let page: Vec<&Record> = matches[start..].iter().take(most).copied().collect();
        let more = start + page.len() < matches.len() && query.may_go_on(page.len());
        let next = page.last().filter(|_| more).map(|record| record.key);
        let rows: Vec<Value> = page
            .into_iter()
            .map(|record| serde_json::to_value(record.shown(&query.wanted)).expect("it is plain"))
            .collect();
        serde_json::to_vec(&Answer::new(rows, query.page, next)).expect("it is plain")
    }

    /// The rows of a page as owned structs.
    pub fn page(&self, rows: &[u32], wanted: &Wanted) -> Vec<Record> {
        rows.iter().map(|&row| self.records[row as usize].shown(wanted)).collect()
    }
}
