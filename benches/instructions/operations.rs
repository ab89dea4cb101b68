//! Counts the instructions of the library's operations on a full store of 100,000 records.
//!
//! Each operation runs once, in a process of its own, under callgrind. The counts do not include
//! its setup: a process reads the full store from an archive, which one native process writes
//! first, and performs the operation once before the one that is counted, so that buffers which
//! the store keeps are allocated. `run` runs these and compares the counts with
//! `../instructions.md`.

#[path = "../support/mod.rs"]
mod support;

use std::fs::File;
use std::hint::black_box;

use gungraun::prelude::*;
use gungraun::{Callgrind, main};
use invodex::{
    Config, DescribeInvocations, ImportOptions, InstanceRun, Invocation, RepeatMode, RunUpdate,
    Store, Timestamp,
};

use support::dataset::pools::REGIONS;
use support::dataset::requests::{adversarial, classes};
use support::dataset::{Dataset, Options};
use support::place::places;
use support::stores;

/// Number of records in the full store.
const COUNT: usize = 100_000;

/// Number of records in the archive that `restore` reads.
const RESTORED: usize = 1_000;

/// Number of records in the captured responses that `imports` reads.
const IMPORTED: usize = 1_000;

/// Number of accepts, or updates, that are counted together. Whether a single one makes a vector
/// grow is chance; a hundred in a row vary less.
const WRITES: usize = 100;

/// The full store, written by [`save_full_store`]; Cargo names a folder for such files.
const ARCHIVE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/instructions.archive");

const REQUEST_ID: &str = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E";

fn options(count: usize) -> Options {
    Options { count, adversarial_lists: true, ..Options::default() }
}

fn config(count: usize) -> Config {
    Config { capacity: count, ..Config::default() }
}

/// Runs once, natively, before all operations.
fn save_full_store() {
    let store = stores::full_store(&options(COUNT));
    store.save(File::create(ARCHIVE).expect("the folder is there")).expect("there is room");
}

fn full_store() -> Store {
    let archive = std::fs::read(ARCHIVE).expect("it was written first");
    Store::restore(config(COUNT), options(COUNT).now, archive.as_slice())
        .expect("it is whole")
        .store
}

/// The parameters of a class of requests.
fn pairs(class: &str) -> Vec<(String, String)> {
    let options = options(COUNT);
    let mut all = classes(&options).into_iter().chain(adversarial(&options));
    all.find(|candidate| candidate.name == class).expect("there is such a class").pairs
}

/// A store and a request for it that has been answered once.
struct Query {
    store: Store,
    request: DescribeInvocations,
    body: Vec<u8>,
}

impl Query {
    fn new(store: Store, request: DescribeInvocations) -> Self {
        let mut query = Query { store, request, body: Vec::new() };
        query.write();
        query
    }

    /// Finds the page and drops it.
    fn find(&self) {
        let page = self.store.describe_invocations(black_box(&self.request));
        black_box(page.expect("the request is valid"));
    }

    /// Finds the page and writes its body into a buffer that has grown to the size of the body.
    fn write(&mut self) {
        self.body.clear();
        let page = self.store.describe_invocations(black_box(&self.request));
        page.expect("the request is valid").write_json(REQUEST_ID, &mut self.body);
    }
}

/// The first page of a class.
fn head(class: &str, page: usize) -> Query {
    Query::new(full_store(), stores::request(&pairs(class), None, page))
}

/// The page behind a token for the middle of the list.
fn middle(class: &str, page: usize) -> Query {
    let store = full_store();
    let pairs = pairs(class);
    let (middle, end) = stores::middle_and_end(&store);
    let places = places(&pairs, middle, end, options(COUNT).now);
    let place = places.iter().find(|place| place.name == "middle").expect("it has a token");
    let request = stores::request(&pairs, place.token.as_deref(), page);
    Query::new(store, request)
}

/// A page of 10 by its number; also counts all matches.
fn numbered(class: &str, number: u32) -> Query {
    let request = DescribeInvocations::from_pairs(pairs(class)).page_size(10).page_number(number);
    Query::new(full_store(), request)
}

#[library_benchmark]
#[bench::one_filter(head("status-common", 10))]
#[bench::three_filters(head("status-instance-tag", 10))]
#[bench::adversarial_lists(head("equal-rare-lists-dense", 10))]
#[bench::dense_and(head("none-dense-keys-more", 10))]
#[bench::total_of_two(numbered("type", 1))]
#[bench::exact_total(numbered("status-type-mode", 1))]
#[bench::deep_offset(numbered("status-type-mode", 4_000))]
fn find(query: Query) -> Query {
    query.find();
    query
}

#[library_benchmark]
#[bench::token_step(middle("status-type-mode", 10))]
fn walk(query: Query) -> (Query, Option<String>) {
    let page = query.store.describe_invocations(black_box(&query.request));
    let page = page.expect("the token is the store's own");
    let next = page.next_token().map(|token| token.as_str().to_owned());
    drop(page);
    (query, next)
}

#[library_benchmark]
#[bench::rows_10(head("region", 10))]
#[bench::rows_50(head("region", 50))]
fn body(mut query: Query) -> Query {
    query.write();
    query
}

/// A full store and records to write into it.
struct Write {
    store: Store,
    records: Vec<Invocation>,
}

impl Write {
    /// The records are the `count` that follow those of the store.
    fn new(count: usize) -> Self {
        let dataset = Dataset::new(options(COUNT));
        let records = (COUNT..COUNT + count).map(|k| dataset.record(k)).collect();
        Write { store: full_store(), records }
    }

    /// Accepts the first `count` records, which are then no longer to be written.
    fn accept_first(&mut self, count: usize) {
        let first: Vec<_> = self.records.drain(..count).collect();
        first.iter().for_each(|record| accept(&mut self.store, record));
    }
}

fn accept(store: &mut Store, record: &Invocation) {
    let accepted = store.accept(black_box(record)).expect("the record is valid");
    assert!(accepted.retained);
}

fn new_records() -> Write {
    let mut write = Write::new(2 * WRITES);
    write.accept_first(WRITES);
    write
}

/// Records in the store whose runs have not started. The first has been updated.
fn pending_records() -> Write {
    let mut write = Write::new(WRITES + 1);
    for record in &mut write.records {
        for run in &mut record.instances {
            *run = InstanceRun::new(std::mem::take(&mut run.instance_id));
        }
        accept(&mut write.store, record);
    }
    let first = write.records.remove(0);
    start_first_run(&mut write.store, &first);
    write
}

fn start_first_run(store: &mut Store, record: &Invocation) {
    let instance = &record.instances[0].instance_id;
    let update = RunUpdate::started();
    store.update_run(&record.invoke_id, instance, black_box(&update)).expect("it is pending");
}

/// A record as old as the one in the middle of the list. Another such record is in the store.
fn late_record() -> Write {
    let mut write = Write::new(2);
    let middle: Option<Timestamp> =
        write.store.iter().nth(COUNT / 2).map(|row| row.creation_time());
    write.records.iter_mut().for_each(|record| record.creation_time = middle);
    write.accept_first(1);
    write
}

#[library_benchmark]
#[bench::in_order(new_records())]
#[bench::late(late_record())]
fn accepts(mut write: Write) -> Write {
    let Write { store, records } = &mut write;
    records.iter().for_each(|record| accept(store, record));
    write
}

#[library_benchmark]
#[bench::status(pending_records())]
fn updates(mut write: Write) -> Write {
    let Write { store, records } = &mut write;
    records.iter().for_each(|record| start_first_run(store, record));
    write
}

/// A recurring task of 100 runs with ten executions each, in a store with a budget for outputs.
fn with_history() -> Store {
    const RUNS: usize = 100;
    let config = Config { output_budget: Some(1 << 30), ..Config::default() };
    let mut store = Store::new(config, options(1).now);
    let mut record = Dataset::new(options(1)).record(0);
    record.repeat_mode = RepeatMode::Period;
    record.instances = (0..RUNS).map(|run| InstanceRun::new(format!("i-{run}"))).collect();
    accept(&mut store, &record);
    let end = RunUpdate::finished(0).output(*b"some output").rescheduled();
    for run in &record.instances {
        for update in [RunUpdate::started(), end.clone()].iter().cycle().take(20) {
            let updated = store.update_run(&record.invoke_id, &run.instance_id, update);
            updated.expect("it starts and ends in turn");
        }
    }
    store
}

#[library_benchmark]
#[bench::with_history(with_history())]
fn stops(mut store: Store) -> Store {
    let id = store.iter().next().expect("it has a task").invoke_id().to_owned();
    assert_eq!(store.stop(black_box(&id), &[]).expect("it can be stopped"), 100);
    store
}

/// The archive of a store of [`RESTORED`] records.
fn small_archive() -> Vec<u8> {
    let mut archive = Vec::new();
    stores::full_store(&options(RESTORED)).save(&mut archive).expect("a vector takes all");
    archive
}

#[library_benchmark]
#[bench::thousand(small_archive())]
fn restore(archive: Vec<u8>) -> (Vec<u8>, Store) {
    let restored = Store::restore(config(RESTORED), options(RESTORED).now, archive.as_slice());
    (archive, restored.expect("it is whole").store)
}

/// Captured responses of one record each, one after the other.
fn captured_lines() -> String {
    let store = stores::full_store(&options(IMPORTED));
    let row = |record| serde_json::to_string(&record).expect("it has no key that is no text");
    let lines = store
        .iter()
        .map(|record| format!("{{\"Invocations\":{{\"Invocation\":[{}]}}}}\n", row(record)));
    lines.collect()
}

#[library_benchmark]
#[bench::lines(captured_lines())]
fn imports(lines: String) -> (String, Store) {
    let mut store = Store::new(config(IMPORTED), options(IMPORTED).now);
    let report = store.import(lines.as_bytes(), &ImportOptions::new(REGIONS[0].id));
    assert_eq!(report.expect("it is a capture").loaded, IMPORTED);
    (lines, store)
}

library_benchmark_group!(
    name = operations,
    benchmarks = [find, walk, body, accepts, updates, stops, restore, imports]
);

main!(
    // Instructions only: a simulated cache makes callgrind slower.
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    setup = save_full_store(),
    library_benchmark_groups = operations
);
