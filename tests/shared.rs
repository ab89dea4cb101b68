//! `SharedStore`: readers beside a writer. Every answer must show one of the writer's states.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, Error, InstanceRun, Invocation,
    InvocationResultsPage, InvocationStatus, InvocationsPage, InvokeStatus, RunUpdate, SharedStore,
    Store, Subscription, Timestamp,
};

// Front ends rely on these bounds.
const _: () = {
    const fn shared<T: Clone + Send + Sync + 'static>() {}
    const fn sent<T: Send + Sync + 'static>() {}
    shared::<SharedStore>();
    sent::<Store>();
    sent::<Subscription>();
    sent::<Error>();
};

/// The writer's states: after step k the store holds the records k - WINDOW + 1 to k. The newest is
/// Pending and all others are Running.
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

/// One step. Readers see all of it or nothing.
fn step(store: &SharedStore, number: u64) {
    store.write(|store| {
        assert!(store.accept(&record(number)).expect("a record without a fault").retained);
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

/// Checks one answer and returns the number of its state.
fn check_read(store: &SharedStore, turn: u64) -> u64 {
    let all = DescribeInvocations::new("cn-a").page_size(50);
    if turn.is_multiple_of(3) {
        let rows = DescribeInvocationResults::new("cn-a").page_size(50);
        let page = results_page(store, &rows);
        let newest = number_of(&page.invocation_results.first().expect("a row").invoke_id);
        let expected = 2 * WINDOW.min(newest);
        assert_eq!(page.total_count, Some(expected));
        for (at, row) in page.invocation_results.iter().enumerate() {
            let number = newest - at as u64 / 2;
            assert_eq!(number_of(&row.invoke_id), number);
            let status = if number == newest {
                InvocationStatus::Pending
            } else {
                InvocationStatus::Running
            };
            assert_eq!(row.invocation_status, status);
        }
        return newest;
    }
    let pending = turn % 3 == 1;
    let request = if pending { all.invoke_status(InvokeStatus::Pending) } else { all };
    // Both forms of one state.
    let (page, body) = store.read(|store| {
        let page = store.describe_invocations(&request).expect("no fault");
        let mut body = Vec::new();
        page.write_json("id", &mut body);
        (page.into_owned(), body)
    });
    let newest = number_of(&page.invocations.first().expect("a row").invoke_id);
    let expected = if pending { 1 } else { WINDOW.min(newest) };
    assert_eq!(page.total_count, Some(expected));
    for (at, row) in page.invocations.iter().enumerate() {
        assert_eq!(number_of(&row.invoke_id), newest - at as u64);
        assert_eq!(row.instances.len(), 2);
    }
    let body: serde_json::Value = serde_json::from_slice(&body).expect("it is JSON");
    let rows = body["Invocations"]["Invocation"].as_array().expect("a list");
    assert_eq!(rows.len() as u64, expected);
    newest
}

fn page(store: &SharedStore, request: &DescribeInvocations) -> InvocationsPage {
    store.read(|store| store.describe_invocations(request).expect("no fault").into_owned())
}

fn results_page(store: &SharedStore, request: &DescribeInvocationResults) -> InvocationResultsPage {
    store.read(|store| store.describe_invocation_results(request).expect("no fault").into_owned())
}

/// The body that the shared store writes.
fn body(store: &SharedStore, request: &DescribeInvocations) -> serde_json::Value {
    let mut body = Vec::new();
    store.describe_invocations(request, "id", &mut body).expect("no fault");
    serde_json::from_slice(&body).expect("it is JSON")
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

/// Accounts: records whose balance is the Repeats of their run. The sum of all balances is
/// constant.
const ACCOUNTS: u64 = 20;
const EACH: u32 = 1_000;

fn account(number: u64) -> Invocation {
    let mut record = record(number);
    record.instances.truncate(1);
    record.instances[0].repeats = EACH;
    record
}

/// Moves an amount from one account to another by two writes that readers see together. Returns the
/// amount.
fn transfer(store: &SharedStore, turn: u64, writer: u64) -> u32 {
    let step = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(writer << 60) >> 33;
    let (from, to) = (step % ACCOUNTS, (step / ACCOUNTS) % ACCOUNTS);
    store.write(|store| {
        let held = |store: &Store, number: u64| {
            let record = store.get(&format!("t-{number}")).expect("it is there");
            record.instances().next().expect("it has one").repeats()
        };
        let set = |store: &mut Store, number: u64, repeats: u32| {
            let update = RunUpdate { repeats: Some(repeats), ..RunUpdate::default() };
            store.update_run(&format!("t-{number}"), "i-1", &update).expect("it is there");
        };
        let amount = held(store, from).min(1 + (step % 7) as u32);
        let left = held(store, from) - amount;
        set(store, from, left);
        let more = held(store, to) + amount;
        set(store, to, more);
        amount
    })
}

/// A pair of records beside the accounts that is accepted and deleted together.
fn pair(store: &SharedStore, writer: u64) {
    let ids = [1_000 + 2 * writer, 1_001 + 2 * writer];
    store.write(|store| {
        for number in ids {
            let mut record = record(number);
            record.region_id = "cn-b".into();
            record.resource_group_id = format!("rg-{writer}");
            let there = store.delete(&record.invoke_id).is_ok();
            if !there {
                assert!(store.accept(&record).expect("it is not there").retained);
            }
        }
    });
}

/// Checks that a page shows one state: the sum of the balances is right, and pairs are complete.
fn check_moment(store: &SharedStore, turn: u64) {
    let repeats: Vec<u32> = if turn.is_multiple_of(2) {
        let request = DescribeInvocations::new("cn-a").page_size(50);
        let body = body(store, &request);
        let rows = body["Invocations"]["Invocation"].as_array().expect("a list");
        let runs = |row: &serde_json::Value| row["InvokeInstances"]["InvokeInstance"].clone();
        let runs = rows.iter().map(runs);
        let runs = runs.flat_map(|runs| runs.as_array().expect("a list").clone());
        runs.map(|run| run["Repeats"].as_u64().expect("a number") as u32).collect()
    } else {
        let request = DescribeInvocationResults::new("cn-a").page_size(50);
        let page = results_page(store, &request);
        page.invocation_results.iter().map(|row| row.repeats).collect()
    };
    assert_eq!(repeats.len() as u64, ACCOUNTS);
    assert_eq!(repeats.iter().sum::<u32>(), ACCOUNTS as u32 * EACH, "between two writes");
    let request = DescribeInvocations::new("cn-b").page_size(50);
    let page = page(store, &request);
    let mut numbers: Vec<u64> =
        page.invocations.iter().map(|row| number_of(&row.invoke_id)).collect();
    numbers.sort_unstable();
    assert_eq!(page.total_count, Some(numbers.len() as u64));
    for pair in numbers.chunks(2) {
        assert_eq!((pair[0] % 2, pair.get(1)), (0, Some(&(pair[0] + 1))), "half a pair");
    }
    let numbers = store.read(|store| store.matching(&request)).expect("no fault");
    assert!(numbers.len().is_multiple_of(2), "half a pair");
}

#[test]
fn several_writers_keep_what_holds_across_records() {
    const WRITERS: u64 = 3;
    const TURNS: u64 = 240;
    let store = store();
    for number in 0..ACCOUNTS {
        assert!(store.accept(&account(number)).expect("a record without a fault").retained);
    }
    let events = store.subscribe(16);
    let writing = AtomicU64::new(WRITERS);
    let (moved, reads) = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (store, writing) = (store.clone(), &writing);
                scope.spawn(move || {
                    let mut moved = 0;
                    for turn in 0..TURNS {
                        moved += u64::from(transfer(&store, turn, writer));
                        pair(&store, writer);
                        if turn.is_multiple_of(16) {
                            // A panic must not block other threads nor undo writes.
                            let panics =
                                || store.write(|_| resume_unwind(Box::new("in a closure")));
                            let panics = catch_unwind(AssertUnwindSafe(panics));
                            assert_eq!(
                                panics.map_err(|panic| panic.is::<&str>()),
                                Err::<(), _>(true)
                            );
                        }
                        // A write of its own, which must not be lost.
                        let mut own = record(10_000 + writer * TURNS + turn);
                        own.region_id = format!("cn-own-{writer}");
                        assert!(store.accept(&own).expect("a record without a fault").retained);
                        assert!(store.get(&own.invoke_id).is_some(), "its own write is not seen");
                    }
                    writing.fetch_sub(1, Ordering::Release);
                    moved
                })
            })
            .collect();
        let readers: Vec<_> = (0..3)
            .map(|reader| {
                let (store, writing) = (store.clone(), &writing);
                scope.spawn(move || {
                    let mut reads = 0_u64;
                    while writing.load(Ordering::Acquire) > 0 || reads < 2 {
                        check_moment(&store, reads + reader);
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        let moved: u64 =
            writers.into_iter().map(|one| one.join().expect("it does not panic")).sum();
        let reads: u64 =
            readers.into_iter().map(|one| one.join().expect("no answer was wrong")).sum();
        (moved, reads)
    });
    println!("{reads} moments checked beside {WRITERS} writers, {moved} moved");
    assert!(moved > WRITERS * TURNS);
    check_moment(&store, 0);
    check_moment(&store, 1);
    // No write is lost: every record is there, and every acceptance number was given once.
    for writer in 0..WRITERS {
        let request = DescribeInvocations::new(format!("cn-own-{writer}"));
        assert_eq!(page(&store, &request).total_count, Some(TURNS));
    }
    let accepted = ACCOUNTS + WRITERS * TURNS + WRITERS * TURNS.div_ceil(2) * 2;
    let next = store.accept(&record(999)).expect("a record without a fault");
    assert_eq!(next.acceptance_number, accepted + 1);
    assert!(events.try_next().is_none(), "no status has changed");
    store.read(|store| store.internal_validate()).expect("everything follows from the columns");
}

#[test]
fn a_panic_in_a_closure_leaves_the_store_usable() {
    let store = store();
    step(&store, 1);
    let panics = catch_unwind(AssertUnwindSafe(|| {
        store.write(|store| {
            assert!(store.accept(&record(2)).expect("a record without a fault").retained);
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
    let matching = store.read(|store| store.matching(&request));
    assert_eq!(matching.map(|set| set.len()).ok(), Some(1));
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
    Store::restore(config, Timestamp::MIN, archive).expect("it was just saved").store
}

/// A writer of bytes that writes to the store while that store is being saved to it.
struct Busy<'a> {
    store: &'a SharedStore,
    archive: Vec<u8>,
    writes: u64,
}

impl Write for Busy<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        assert!(self.store.accept(&record(1_000 + self.writes)).expect("no fault").retained);
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

#[test]
fn what_debug_shows_waits_for_nobody() {
    let store = SharedStore::default();
    assert!(format!("{store:?}").starts_with("SharedStore(Store"));
    assert_eq!(store.write(|_| format!("{store:?}")), "SharedStore(locked)");
    assert!(store.read(|_| format!("{store:?}")).starts_with("SharedStore(Store"));
}
