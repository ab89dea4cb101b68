//! Shared by the benches: stores of the data set, places in the list, and the answers of a plain
//! filter, with which the library's are compared.

#![allow(dead_code, unreachable_pub)]

pub use invodex_testkit::dataset;
pub mod place;
pub mod stores;
pub mod wanted;

use std::cmp::Reverse;

use invodex::{DescribeInvocations, Invocation, Store, Timestamp};

use place::Place;
use wanted::Wanted;

/// Maximum number of rows that a query with tags reaches.
pub const TAGGED_ROWS: usize = 1_000;

/// CreationTime and acceptance number, by which the list is ordered.
pub type Key = (Timestamp, u64);

/// The key of the `number`th accepted record, from 1.
pub fn key(record: &Invocation, number: u64) -> Key {
    (record.creation_time.unwrap_or(Timestamp::MIN), number)
}

/// All matches of each request as key and InvokeId, newest first. Applies a plain filter to the
/// records as they are generated.
pub fn plain_matches(options: &dataset::Options, wanted: &[Wanted]) -> Vec<Vec<(Key, String)>> {
    let mut matches = vec![Vec::new(); wanted.len()];
    for (record, number) in dataset::Dataset::new(*options).zip(1..) {
        for (wanted, matches) in wanted.iter().zip(&mut matches) {
            if wanted.matches(&record) {
                matches.push((key(&record, number), record.invoke_id.clone()));
            }
        }
    }
    for matches in &mut matches {
        matches.sort_unstable_by_key(|&(key, _)| Reverse(key));
    }
    matches
}

/// The page behind `after`: InvokeIds, and whether another page follows. `returned` is the number
/// of rows that a query with tags has returned before.
pub fn plain_page<'a>(
    keys: &'a [(Key, String)],
    wanted: &Wanted,
    after: Option<Key>,
    returned: usize,
    most: usize,
) -> (Vec<&'a str>, bool) {
    let skip = after.map_or(0, |after| keys.partition_point(|&(key, _)| key >= after));
    let reach = if wanted.tags.is_empty() { usize::MAX } else { TAGGED_ROWS - returned };
    let page = keys[skip..].iter().take(most.min(reach));
    let ids: Vec<_> = page.map(|(_, id)| id.as_str()).collect();
    let more = skip + ids.len() < keys.len() && ids.len() < reach;
    (ids, more)
}

/// Panics unless `store` answers `request`, which starts at `place`, as the plain filter does.
pub fn assert_page(
    store: &Store,
    request: &DescribeInvocations,
    place: &Place,
    keys: &[(Key, String)],
    wanted: &Wanted,
    most: usize,
) {
    let page = store.describe_invocations(request).expect("the request is valid");
    let ids: Vec<_> = page.invocations().map(|row| row.invoke_id()).collect();
    let (expected, more) = plain_page(keys, wanted, place.after, place.returned, most);
    assert_eq!(ids, expected, "{wanted:?} {}", place.name);
    assert_eq!(page.next_token().is_some(), more, "{wanted:?} {}", place.name);
}
