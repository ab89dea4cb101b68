//! Stores of the data set.

use invodex::{Config, DescribeInvocations, Store, Timestamp};

use super::dataset::{Dataset, Options};
use super::place::rows_at_end;

/// A store with the given capacity, filled with the data set.
pub fn store_of(options: &Options, capacity: usize) -> Store {
    let dataset = Dataset::new(*options);
    let mut store = Store::new(Config { capacity, ..Config::default() }, dataset.clock());
    assert_eq!(dataset.fill(&mut store), options.count, "each record is retained when it comes");
    store
}

/// A store whose capacity is the size of the data set.
pub fn full_store(options: &Options) -> Store {
    store_of(options, options.count)
}

/// The CreationTimes in the middle of the list and at its end.
pub fn middle_and_end(store: &Store) -> (Timestamp, Timestamp) {
    let count = store.len();
    let time = |row: usize| {
        store.iter().rev().nth(row).map_or(Timestamp::MIN, |record| record.creation_time())
    };
    (time(count / 2), time(rows_at_end(count).min(count - 1)))
}

/// The request of a class for a page at a place.
pub fn request(
    pairs: &[(String, String)],
    token: Option<&str>,
    max_results: usize,
) -> DescribeInvocations {
    let request = DescribeInvocations::from_pairs(pairs.iter().map(|(name, value)| (name, value)))
        .max_results(max_results as u32);
    match token {
        Some(token) => request.next_token(token),
        None => request,
    }
}
