//! The allocations of a query: no more than its page and a constant, for any request, and the same
//! in a store of 20,000 records as in one of 1,000.
//!
//! Counts all bytes allocated while a request is read, its page found, and the body written into a
//! buffer that is large enough, including bytes that are freed in between; and the bytes allocated
//! for a buffer without room. Also: the memory that dropped subscriptions leave. This file has a single test, because the allocator would also count
//! what a test running beside it allocates.

use std::alloc::System;

use cap::Cap;
use invodex::{
    CommandType, Config, DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation,
    InvocationStatus, RepeatMode, RunUpdate, SharedStore, Store, Tag, Timestamp,
};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Bytes for a request and its page that do not depend on the contents of the page: the filters,
/// their posting lists, up to 50 rows, and the checks of at most 20 tags. The request's own texts,
/// which are kept once, come on top.
const FIXED: usize = 12_288;
const SIZES: [usize; 2] = [1_000, 20_000];
/// The number of newest records that have [`RUNS`] runs; the last [`WITH_HISTORY`] of them also
/// have histories.
const CROWDED: usize = 50;
const RUNS: usize = 100;
const WITH_HISTORY: usize = 2;
const HISTORY: usize = 100;
/// One record in this many has a rare value.
const RARE: usize = 97;

type Pairs = Vec<(String, String)>;

fn record(at: usize) -> Invocation {
    let mut record = Invocation::new("cn-a", format!("t-{at:06}"), format!("c-{}", at % 7));
    record.creation_time = Timestamp::from_secs(1_600_000_000 + at as i64);
    record.resource_group_id = ["rg-0", "rg-1"][at % 2].into();
    record.command_type = CommandType::ALL[at % 2];
    record.command_name = format!("name-{}", at % 3);
    record.tags = (1..=15).map(|n| Tag::new(format!("k{n:02}"), "v")).collect();
    record.tags.push(Tag::new("half", ["0", "1"][at % 2]));
    record.tags.push(Tag::new("k".repeat(64), "v".repeat(128)));
    if at % RARE < 2 {
        record.tags.push(Tag::new("rare", ["even", "odd"][at % RARE]));
        record.tags.push(Tag::new("rare too", ""));
        record.tags.push(Tag::new(["rare even", "rare odd"][at % RARE], ""));
    }
    let mut run = InstanceRun::new(format!("i-{}", at % 50));
    run.invocation_status = InvocationStatus::ALL[4 + at % 8];
    record.instances.push(run);
    record
}

/// A recurring task with many runs.
fn crowded(at: usize) -> Invocation {
    let mut record = record(at);
    record.repeat_mode = RepeatMode::Period;
    record.command_content = vec![b'#'; 1_000];
    record.instances = (0..RUNS).map(|run| InstanceRun::new(format!("i-{run:03}"))).collect();
    record
}

/// The newest records have runs with a history of this length.
fn store(size: usize, history: usize) -> Store {
    let config = Config { retention_seconds: None, ..Config::default() };
    let mut store = Store::new(config, Timestamp::MAX);
    let plain = (0..size - CROWDED).map(record);
    let records: Vec<_> = plain.chain((size - CROWDED..size).map(crowded)).collect();
    assert!(store.accept_batch(&records).iter().all(Result::is_ok));
    for at in size - WITH_HISTORY..size {
        for run in 0..RUNS {
            let (id, instance) = (format!("t-{at:06}"), format!("i-{run:03}"));
            for _ in 0..history {
                store.update_run(&id, &instance, &RunUpdate::started()).expect("it can start");
                let end = RunUpdate::finished(0).output(*b"some output").rescheduled();
                store.update_run(&id, &instance, &end).expect("it can end");
            }
        }
    }
    store
}

/// A request: its name, the operation, the parameters, and whether it finds something.
struct Asked {
    name: &'static str,
    operation: &'static str,
    pairs: Pairs,
    finds: bool,
}

fn asked(size: usize) -> Vec<Asked> {
    let mut all = Vec::new();
    let mut add = |name, operation: &'static str, finds, more: &[(&str, &str)]| {
        let mut pairs = vec![("RegionId".to_owned(), "cn-a".to_owned())];
        if operation == INVOCATIONS && !more.iter().any(|(name, _)| *name == "Timed") {
            pairs.push(("Timed".to_owned(), "false".to_owned()));
        }
        pairs.extend(more.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        all.push(Asked { name, operation, pairs, finds });
    };
    let (longest_key, longest_value) = ("k".repeat(64), "v".repeat(128));
    let (wide_key, wide_value) = ("\u{10ffff}".repeat(64), "\u{10ffff}".repeat(128));
    let newest = format!("t-{:06}", size - 1);
    let long_id = "x".repeat(128);
    let overlong = "x".repeat(1 << 20);
    let names: Vec<String> = (1..=20).map(|n| format!("Tag.{n}.Key")).collect();
    let values: Vec<String> = (1..=20).map(|n| format!("Tag.{n}.Value")).collect();
    let own: Vec<String> = (1..=15).map(|n| format!("k{n:02}")).collect();
    let wide: Vec<String> = (10..30).map(|n| format!("{n}{}", "\u{10ffff}".repeat(62))).collect();
    for operation in [INVOCATIONS, RESULTS] {
        add("all", operation, true, &[("MaxResults", "50")]);
        add("all by number", operation, true, &[("PageSize", "50")]);
        add("one row", operation, true, &[("MaxResults", "1")]);
        add("deep", operation, true, &[("PageSize", "9"), ("PageNumber", "55")]);
        let rows = size - CROWDED + if operation == RESULTS { CROWDED * RUNS } else { 0 };
        let end = (rows / 50).to_string();
        add("the end", operation, true, &[("PageSize", "50"), ("PageNumber", &end)]);
        add(
            "far behind the end",
            operation,
            false,
            &[("PageSize", "50"), ("PageNumber", "2147483647")],
        );
        add(
            "unknown names",
            operation,
            false,
            &[("CommandId", &long_id), ("InstanceId", &long_id)],
        );
        add("an overlong name", operation, false, &[("CommandId", &overlong)]);
        let twenty = |values_too: bool| -> Vec<(&str, &str)> {
            let mut tags: Vec<(&str, &str)> =
                names.iter().zip(&own).map(|(name, key)| (name.as_str(), key.as_str())).collect();
            tags.push((&names[15], "half"));
            tags.push((&names[16], &longest_key));
            if values_too {
                tags.extend(values[..15].iter().map(|name| (name.as_str(), "v")));
                tags.push((&values[16], &longest_value));
            }
            tags.push(("MaxResults", "50"));
            tags
        };
        add("17 tags by key", operation, true, &twenty(false));
        add("17 tags", operation, true, &twenty(true));
        let mut none = twenty(true);
        none.extend([(names[17].as_str(), wide_key.as_str()), (&values[17], &wide_value)]);
        add("18 tags, one of them unknown", operation, false, &none);
        let widest: Vec<_> = names
            .iter()
            .zip(&wide)
            .map(|(name, key)| (name.as_str(), key.as_str()))
            .chain(values.iter().map(|name| (name.as_str(), wide_value.as_str())))
            .collect();
        add("20 unknown tags of the longest texts", operation, false, &widest);
        let rare = ("Tag.1.Key", "rare");
        let equal = [rare, ("Tag.2.Key", "rare too"), ("PageSize", "9")];
        add("equal lists", operation, true, &equal);
        let disjoint = [("Tag.1.Key", "rare even"), ("Tag.2.Key", "rare odd")];
        add("disjoint lists", operation, false, &disjoint);
        let halves = [rare, ("ResourceGroupId", "rg-0"), ("Tag.2.Key", "half")];
        add(
            "lists and bits, disjoint",
            operation,
            false,
            &[&halves[..], &[("Tag.2.Value", "1")]].concat(),
        );
        let halves = [("ResourceGroupId", "rg-0"), ("Tag.1.Key", "half"), ("Tag.1.Value", "1")];
        add("dense and disjoint", operation, false, &halves);
        let counted = [("ResourceGroupId", "rg-0"), ("PageSize", "50")];
        add("half of all, counted", operation, true, &counted);
        let pairs: Vec<String> = (0..10_000).map(|n| format!("Unknown.{n}")).collect();
        let pairs: Vec<_> = pairs.iter().map(|name| (name.as_str(), "1")).collect();
        add("10,000 unknown parameters", operation, true, &pairs);
        let huge = format!("Tag.{}.X", "9".repeat(1 << 16));
        let huge = [("Tag.0.Key", "k"), ("Tag.01.Key", "k"), (huge.as_str(), "k")];
        add("numbers of tags that are none", operation, true, &huge);
    }
    add("crowded, the whole page", INVOCATIONS, true, &[("Timed", "true"), ("MaxResults", "50")]);
    let one = [("InvokeId", newest.as_str()), ("IncludeOutput", "true"), ("Timed", "true")];
    add("one crowded record with output", INVOCATIONS, true, &one);
    let history = [("InvokeId", newest.as_str()), ("IncludeHistory", "true"), ("PageSize", "50")];
    add("its history", RESULTS, true, &history);
    let deep = [&history[..], &[("PageNumber", "202")]].concat();
    add("the end of its history", RESULTS, true, &deep);
    all
}

const INVOCATIONS: &str = "DescribeInvocations";
const RESULTS: &str = "DescribeInvocationResults";

/// The allocations of one request.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    /// Bytes allocated to read, find and write: on the store itself, and through a `SharedStore`.
    borrowed: usize,
    shared: usize,
    /// Bytes allocated to write the found page into an empty buffer.
    written: usize,
    /// The number of rows on the page.
    rows: usize,
    runs: usize,
    body: usize,
}

fn measure(store: &SharedStore, asked: &Asked, buffer: &mut Vec<u8>) -> Taken {
    macro_rules! measured {
        ($request:ident, $describe:ident, $runs:expr) => {{
            let pairs = || asked.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            buffer.clear();
            let begun = ALLOCATOR.total_allocated();
            let (rows, runs) = store.read(|store| {
                let page = store.$describe(&$request::from_pairs(pairs())).expect("no fault");
                page.write_json("id", buffer);
                (page.len(), $runs(&page))
            });
            let borrowed = ALLOCATOR.total_allocated() - begun;
            let (body, first) = (buffer.len(), buffer.clone());
            buffer.clear();
            let begun = ALLOCATOR.total_allocated();
            store.$describe(&$request::from_pairs(pairs()), "id", buffer).expect("no fault");
            let shared = ALLOCATOR.total_allocated() - begun;
            let written = store.read(|store| {
                let page = store.$describe(&$request::from_pairs(pairs())).expect("no fault");
                let begun = ALLOCATOR.total_allocated();
                page.write_json("id", &mut Vec::new());
                ALLOCATOR.total_allocated() - begun
            });
            assert!(*buffer == first, "{}: the handle answers another page", asked.name);
            Taken { borrowed, shared, written, rows, runs, body }
        }};
    }
    if asked.operation == INVOCATIONS {
        let runs = |page: &invodex::DescribeInvocationsResponse<'_>| {
            page.invocations().map(|row| row.instances().count()).sum()
        };
        measured!(DescribeInvocations, describe_invocations, runs)
    } else {
        let runs = |page: &invodex::DescribeInvocationResultsResponse<'_>| page.len();
        measured!(DescribeInvocationResults, describe_invocation_results, runs)
    }
}

#[test]
fn a_query_allocates_its_page_and_a_constant() {
    let mut buffer = Vec::with_capacity(16 << 20);
    let mut all: Vec<Vec<(Asked, Taken)>> = Vec::new();
    for size in SIZES {
        let store = SharedStore::from(store(size, HISTORY));
        // The first query that needs the stamps allocates them. They are kept with the index, so
        // they belong to the store and not to a query. A unit test bounds them.
        for asked in asked(size) {
            measure(&store, &asked, &mut buffer);
        }
        let taken = asked(size).into_iter().map(|asked| {
            let taken = measure(&store, &asked, &mut buffer);
            (asked, taken)
        });
        all.push(taken.collect());
    }
    let mut most = 0;
    for taken in &all {
        for (asked, taken) in taken {
            let what = format!("{} {}: {taken:?}", asked.operation, asked.name);
            println!("{what}");
            assert_eq!(taken.rows > 0, asked.finds, "{what}");
            // Unknown parameters are not kept.
            let known = asked
                .pairs
                .iter()
                .filter(|(name, _)| name.len() < 20 && !name.starts_with("Unknown"));
            let request: usize = known.map(|(name, value)| name.len() + value.len()).sum();
            let fixed = FIXED + request;
            assert!(taken.borrowed <= fixed, "{what}: {} bytes allocated", taken.borrowed);
            assert!(taken.shared <= fixed, "{what}: {} bytes allocated", taken.shared);
            // Room for most pages is reserved at once; for larger pages it doubles from there.
            let row = if asked.operation == INVOCATIONS { 3 << 10 } else { 3 << 9 };
            let room = 512 + taken.rows * row;
            let limit = if taken.body <= room { room } else { 4 * taken.body };
            assert!(
                (room..=limit).contains(&taken.written),
                "{what}: {} of {limit}",
                taken.written
            );
            most = most.max(taken.borrowed.saturating_sub(request));
        }
    }
    // The same pages in a store of 20 times as many records.
    for ((asked, small), (_, large)) in all[0].iter().zip(&all[1]) {
        let what = format!("{} {}: {small:?} {large:?}", asked.operation, asked.name);
        assert_eq!((small.rows, small.runs), (large.rows, large.runs), "{what}");
        assert!(large.borrowed <= small.borrowed + 64, "{what}");
        assert!(large.shared <= small.shared + 64, "{what}");
    }
    // Histories that are not on the page cost nothing.
    let without = SharedStore::from(store(SIZES[0], 1));
    let crowded = |(asked, _): &&(Asked, Taken)| asked.name.starts_with("crowded");
    let (asked, with_history) = all[0].iter().find(crowded).expect("it is asked");
    measure(&without, asked, &mut buffer);
    let taken = measure(&without, asked, &mut buffer);
    assert_eq!((taken.rows, taken.runs), (CROWDED, CROWDED * RUNS));
    assert_eq!((taken.borrowed, taken.shared), (with_history.borrowed, with_history.shared));
    println!("{} requests, at most {most} bytes", all[0].len());
    dropped_subscriptions_are_freed(&without);
}

/// A client that comes and goes leaves nothing behind in a store that is not written to.
fn dropped_subscriptions_are_freed(store: &SharedStore) {
    drop(store.subscribe(1));
    let before = ALLOCATOR.allocated();
    for _ in 0..1_000 {
        drop(store.subscribe(1));
    }
    let kept = ALLOCATOR.allocated() - before;
    assert!(kept < 4_096, "{kept} bytes of 1,000 subscriptions");
}
