//! The shared handle: readers beside a writer, every answer checked against a state that the
//! writer passed through.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation,
    InvocationStatus, InvokeStatus, RunUpdate, SharedStore, Store, Timestamp,
};

/// The writer's states: after step k the store holds the records k - WINDOW + 1 to k, of which
/// the newest is Pending and all others are Running.
const WINDOW: u64 = 10;

fn record(number: u64) -> Invocation {
    let mut invocation = Invocation::new("cn-a", format!("t-{number}"), "c-1");
    invocation.creation_time = Timestamp::from_secs(1_000_000 + number as i64 / 3);
    invocation.instances.push(InstanceRun::new("i-1"));
    invocation.instances.push(InstanceRun::new(format!("i-{}", number % 7 + 2)));
    invocation
}

fn store() -> SharedStore {
    let config = Config { retention_seconds: None, ..Config::default() };
    SharedStore::from(Store::new(config, Timestamp::MAX))
}

/// One step, seen as a whole.
fn step(store: &SharedStore, number: u64) {
    store.write(|store| {
        store.accept(&record(number)).expect("a record without a fault");
        if number > 1 {
            let before = format!("t-{}", number - 1);
            store.update_run(&before, "i-1", &RunUpdate::started()).expect("it is Pending");
            let other = format!("i-{}", (number - 1) % 7 + 2);
            store.update_run(&before, &other, &RunUpdate::started()).expect("it is Pending");
        }
        if number > WINDOW {
            store.delete(&format!("t-{}", number - WINDOW)).expect("it is there");
        }
    });
}

fn number_of(invoke_id: &str) -> u64 {
    invoke_id.trim_start_matches("t-").parse().expect("the id that was given")
}

/// Checks one answer; returns the number of the state it is of.
fn check_read(store: &SharedStore, turn: u64) -> u64 {
    let all = DescribeInvocations::new("cn-a").page_size(50);
    if turn.is_multiple_of(3) {
        let rows = DescribeInvocationResults::new("cn-a").page_size(50);
        let page = store.describe_invocation_results(&rows).expect("no fault");
        let newest = number_of(page.invocation_results().next().expect("a row").invoke_id());
        let expected = 2 * WINDOW.min(newest);
        assert_eq!(page.total_count(), Some(expected));
        for (at, row) in page.invocation_results().enumerate() {
            let number = newest - at as u64 / 2;
            assert_eq!(number_of(row.invoke_id()), number);
            let status = if number == newest {
                InvocationStatus::Pending
            } else {
                InvocationStatus::Running
            };
            assert_eq!(row.invocation_status(), status);
        }
        return newest;
    }
    let pending = turn % 3 == 1;
    let request = if pending { all.invoke_status(InvokeStatus::Pending) } else { all };
    let page = store.describe_invocations(&request).expect("no fault");
    let newest = number_of(page.invocations().next().expect("a row").invoke_id());
    let expected = if pending { 1 } else { WINDOW.min(newest) };
    assert_eq!(page.total_count(), Some(expected));
    for (at, row) in page.invocations().enumerate() {
        assert_eq!(number_of(row.invoke_id()), newest - at as u64);
        assert_eq!(row.instances().count(), 2);
    }
    let mut body = Vec::new();
    page.write_json("id", &mut body);
    let body: serde_json::Value = serde_json::from_slice(&body).expect("it is JSON");
    let rows = body["Invocations"]["Invocation"].as_array().expect("a list");
    assert_eq!(rows.len() as u64, expected);
    newest
}

#[test]
fn every_answer_is_of_a_state_the_writer_passed_through() {
    const STEPS: u64 = 3_000;
    let store = store();
    step(&store, 1);
    let written = AtomicU64::new(1);
    let done = AtomicBool::new(false);
    let reads: u64 = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|reader| {
                let (store, written, done) = (store.clone(), &written, &done);
                scope.spawn(move || {
                    let (mut reads, mut last) = (0_u64, 0);
                    while !done.load(Ordering::Acquire) || reads == 0 {
                        let before = written.load(Ordering::Acquire);
                        let seen = check_read(&store, reads + reader);
                        assert!(seen >= before, "a write that had returned was not seen");
                        assert!(seen >= last, "the store went back");
                        assert!(seen <= STEPS);
                        last = seen;
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for number in 2..=STEPS {
            step(&store, number);
            written.store(number, Ordering::Release);
        }
        done.store(true, Ordering::Release);
        readers.into_iter().map(|reader| reader.join().expect("no answer was wrong")).sum()
    });
    assert!(reads > 0);
    println!("{reads} answers checked beside {STEPS} writes");
    store.read(|store| store.internal_validate()).expect("everything follows from the columns");
}

#[test]
fn a_panic_in_a_closure_leaves_the_store_usable() {
    let store = store();
    step(&store, 1);
    let panics = catch_unwind(AssertUnwindSafe(|| {
        store.write(|store| {
            store.accept(&record(2)).expect("a record without a fault");
            panic!("in a caller's closure");
        })
    }));
    assert!(panics.is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| store.read(|_| panic!("in another")))).is_err());
    assert_eq!(store.len(), 2, "what was written before the panic stands");
    step(&store, 3);
    assert_eq!(store.get("t-3").map(|record| record.instances.len()), Some(2));
    store.read(|store| store.internal_validate()).expect("everything follows from the columns");
}

#[test]
fn the_same_writes_and_queries_as_a_store() {
    let store = store();
    let batch = [record(1), record(1), record(2)];
    let reports = store.accept_batch(&batch);
    assert_eq!(reports.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let events = store.subscribe(10);
    assert_eq!(store.stop("t-1", &[]).ok(), Some(2));
    assert_eq!(events.try_next().map(|event| event.invoke_id).as_deref(), Some("t-1"));
    store.update_run("t-2", "i-1", &RunUpdate::started()).expect("it is Pending");
    let request = DescribeInvocations::new("cn-a").invoke_status(InvokeStatus::Stopped);
    assert_eq!(store.matching(&request).map(|set| set.len()).ok(), Some(1));
    store.delete("t-1").expect("it is there");
    assert_eq!(store.delete("t-1").map_err(|error| error.status()), Err(404));
    assert_eq!((store.len(), store.statistics().records), (1, 1));
    let mut archive = Vec::new();
    store.save(&mut archive).expect("memory takes every write");
    assert_eq!(restore(&archive).len(), 1);
    store.clear();
    assert!(store.is_empty());
}

fn restore(archive: &[u8]) -> Store {
    let config = Config { retention_seconds: None, ..Config::default() };
    Store::restore(config, Timestamp::MIN, archive).expect("it was just saved")
}

/// Takes bytes, and writes to the store it saves while it does.
struct Busy<'a> {
    store: &'a SharedStore,
    archive: Vec<u8>,
    writes: u64,
}

impl Write for Busy<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        self.store.accept(&record(1_000 + self.writes)).expect("a record without a fault");
        let length = bytes.len().min(100);
        self.archive.extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_archive_is_of_one_moment_and_its_receiver_holds_up_nobody() {
    let store = store();
    (1..=WINDOW).for_each(|number| step(&store, number));
    let mut before = Vec::new();
    store.save(&mut before).expect("memory takes every write");
    let mut busy = Busy { store: &store, archive: Vec::new(), writes: 0 };
    store.save(&mut busy).expect("it takes every write");
    assert!(busy.writes > 1);
    assert_eq!(store.len() as u64, WINDOW + busy.writes);
    assert!(busy.archive == before, "no write that came later is in it");
    assert_eq!(restore(&before).len() as u64, WINDOW);

    let full: &mut [u8] = &mut [0; 8];
    let error = store.save(full).expect_err("the archive is longer");
    assert_eq!((error.code(), error.status()), ("ArchiveIo", 500));
    assert!(error.detail().starts_with("writing the archive failed: "), "{error}");
}
