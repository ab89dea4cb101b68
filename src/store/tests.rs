//! The work of requests and writes: hostile requests read no more than the posting lists they name,
//! only late records move rows, and tombstones are dropped at the right time.

use std::ops::RangeInclusive;

use crate::config::{Config, Tuning};
use crate::index::touched_by;
use crate::model::{InstanceRun, Invocation, InvocationStatus, Tag, Timestamp};
use crate::request::DescribeInvocations;
use crate::store::Store;

const REGION: &str = "cn-hangzhou";
const KEYS: usize = 20;

/// A store in which each record lacks one of twenty tag keys, and every 200th has a rare command, a
/// rare tag and one of two rare names.
fn store(count: usize) -> Store {
    let now = Timestamp::MIN;
    let mut store = Store::new(Config { retention_seconds: None, ..Config::default() }, now);
    let records: Vec<_> = (0..count)
        .map(|at| {
            let command = if at % 200 == 0 { "c-rare" } else { "c-common" };
            let mut record = Invocation::new(REGION, format!("t-{at:06}"), command);
            record.command_name = match at % 400 {
                0 => "even".to_owned(),
                200 => "odd".to_owned(),
                _ => "common".to_owned(),
            };
            let keys = (0..KEYS).filter(|key| at % KEYS != *key);
            record.tags = keys.map(|key| Tag::new(format!("key-{key}"), "v")).collect();
            if at % 200 == 0 {
                record.tags[0] = Tag::new("rare", "v");
            }
            let mut run = InstanceRun::new("i-1");
            run.invocation_status = InvocationStatus::Success;
            record.instances.push(run);
            record
        })
        .collect();
    assert!(store.accept_batch(&records).iter().all(Result::is_ok));
    store
}

fn touched(store: &Store, request: &DescribeInvocations) -> (usize, u64) {
    touched_by(|| store.describe_invocations(request).map_or(usize::MAX, |page| page.len()))
}

#[test]
fn no_request_reads_more_than_its_posting_lists() {
    for count in [3_000, 9_000] {
        let store = store(count);
        let words = count.div_ceil(64) as u64;
        let rare = (count / 200) as u64;
        let all = || DescribeInvocations::new(REGION).max_results(50);

        // A value that no record has, and a record found by its id.
        assert_eq!(touched(&store, &all().tag("key-1", "nobody")), (0, 0));
        assert_eq!(touched(&store, &all().command_id("nobody").tag_key("key-1")), (0, 0));
        assert_eq!(touched(&store, &all().invoke_id("t-000001").tag_key("key-2")), (1, 0));
        assert_eq!(touched(&store, &all().invoke_id("nobody")), (0, 0));

        // A page that is full at once, as the first page and after a token.
        let page = store.describe_invocations(&all()).expect("the request is right");
        let token = page.next_token().expect("there are more");
        for request in [all(), all().next_token(token.as_str())] {
            let (rows, touched) = touched(&store, &request);
            assert_eq!(rows, 50);
            assert!(touched <= 17, "{touched}");
        }
        // Two equal lists beside bitmaps.
        let equal = all().command_id("c-rare").tag_key("rare");
        let (rows, touched_by_it) = touched(&store, &equal.clone().max_results(10));
        assert_eq!(rows, 10);
        assert!(touched_by_it <= 4 * rare.min(128) + 64, "{touched_by_it}");

        // Without a match, everything that is named is read once.
        let disjoint = all().command_name("even").tag_key("key-0");
        let (rows, touched_by_it) = touched(&store, &disjoint);
        assert_eq!(rows, 0);
        assert!(touched_by_it <= 4 * rare, "{touched_by_it}");
        let twenty = (0..KEYS).fold(all(), |request, key| request.tag_key(format!("key-{key}")));
        let (rows, touched_by_it) = touched(&store, &twenty);
        assert_eq!(rows, 0);
        assert!(touched_by_it <= (KEYS as u64 + 1) * words, "{touched_by_it} of {words} words");

        // The last page and one far behind it read the block counts and one block.
        let offset = |page_number| DescribeInvocations::new(REGION).page_number(page_number);
        for page_number in [u32::try_from(count / 10).expect("it is small"), 99_999] {
            let (_, touched_by_it) = touched(&store, &offset(page_number));
            assert!(touched_by_it <= words / 8 + 10, "{touched_by_it} of {words} words");
        }
    }
}

fn plain(id: impl ToString, secs: i64) -> Invocation {
    let mut record = Invocation::new(REGION, id.to_string(), "c-1");
    record.creation_time = Some(Timestamp::saturating_from_secs(secs));
    record.instances.push(InstanceRun::new("i-1"));
    record
}

/// A store of `count` records, a second apart.
fn plain_store(count: i64, dead_min: u32) -> Store {
    let tuning = Tuning { dead_min, ..Tuning::default() };
    let capacity = 2_401;
    let config = Config { retention_seconds: None, capacity, tuning, ..Config::default() };
    let mut store = Store::new(config, Timestamp::MIN);
    for at in 1..=count {
        assert!(store.accept(&plain(at, at)).expect("a record without a fault").retained);
    }
    store
}

#[test]
fn only_late_records_move_rows_and_many_are_merged() {
    let mut store = plain_store(2_000, 3);
    let (_, moved) = touched_by(|| store.accept(&plain("newest", 9_000)));
    assert_eq!(moved, 0);
    let mut late = |count: i64, secs: i64| {
        let of_it = |at| plain(format!("{count}-{secs}-{at}"), secs + at % 7);
        let records: Vec<_> = (0..count).map(of_it).collect();
        let (accepted, moved) = touched_by(|| store.accept_batch(&records));
        assert!(accepted.iter().all(Result::is_ok));
        store.internal_validate().expect("it is sound");
        moved
    };
    let one = late(1, 1_000);
    assert!(one > 0);
    // Only one row has to move, and few sets contain it.
    assert!(late(1, 8_999) < one);
    assert!(late(32, 1_000) > 16 * one);
    assert_eq!(late(33, 1_000), 0, "merged in one pass");
}

#[test]
fn tombstones_are_dropped_once_they_are_more_than_a_quarter() {
    // Tombstones before the first record are dropped in multiples of 512 rows. Here the next accept
    // evicts a record first, so 2,400 are left when it counts them.
    let mut store = plain_store(3_001, 3);
    let rows = |store: &Store| (store.index.order.rows(), store.index.order.first());
    assert_eq!((store.len(), rows(&store)), (2_401, (3_001, 600)));
    assert!(store.accept(&plain("newest", 9_000)).expect("a record without a fault").retained);
    assert_eq!((store.len(), rows(&store)), (2_401, (2_490, 89)));

    // Tombstones between records, with the oldest records removed as well.
    let mut store = plain_store(2_010, 3);
    assert_eq!(rows_without(&mut store, 1..=10), 2_010);
    assert_eq!(rows_without(&mut store, 101..=500), 2_010);
    assert_eq!(rows_without(&mut store, 501..=501), 1_599);

    // Never below `dead_min`.
    let mut store = plain_store(100, 60);
    assert_eq!(rows_without(&mut store, 11..=70), 100);
    assert_eq!(rows_without(&mut store, 71..=71), 39);
}

/// Deletes the records with these ids and returns the number of rows left.
fn rows_without(store: &mut Store, ids: RangeInclusive<i64>) -> u32 {
    ids.for_each(|id| store.delete(&id.to_string()).expect("it is there"));
    store.index.order.rows()
}
