//! Every method of a `SharedStore` is one critical section: no other write comes between its steps.
//!
//! Two ways to find a method that takes its lock twice. The clock of a store is read under the lock,
//! so a clock that looks at the lock counts the sections of a method; this finds it each time. And
//! any two methods at once must answer as one after the other does, in one of both orders.
#![cfg(feature = "json")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use invodex::{
    Clock, Config, DescribeInvocationResults, DescribeInvocations, ImportOptions, InstanceRun,
    Invocation, InvocationStatus, RunUpdate, SharedStore, Store, Timestamp,
};

const NOW: i64 = 1_700_000_000;
/// Records of the store of each test. It is full, so that any further record evicts one.
const CAPACITY: usize = 3;

fn now() -> Timestamp {
    Timestamp::from_secs(NOW).expect("in range")
}

fn record(number: u32) -> Invocation {
    let mut record = Invocation::new("cn-a", format!("t-{number}"), "c-1");
    record.creation_time = Timestamp::from_secs(NOW - 100 + i64::from(number));
    let runs = [InvocationStatus::Running, InvocationStatus::Pending, InvocationStatus::Stopping];
    for (status, number) in runs.into_iter().zip(1..) {
        let mut run = InstanceRun::new(format!("i-{number}"));
        run.invocation_status = status;
        record.instances.push(run);
    }
    record
}

fn fill(store: &mut Store) {
    for number in (1..).take(CAPACITY) {
        assert!(store.accept(&record(number)).expect("no fault").retained);
    }
}

fn config() -> Config {
    Config { capacity: CAPACITY, ..Config::default() }
}

/// More records than the store holds, with one that it holds already.
fn batch() -> Vec<Invocation> {
    [4, 2, 7, 6, 5].map(record).to_vec()
}

fn archive(store: &Store) -> Vec<u8> {
    let mut archive = Vec::new();
    store.save(&mut archive).expect("memory takes every write");
    archive
}

fn capture() -> Vec<u8> {
    let mut other = Store::new(Config::default(), now());
    batch().iter().for_each(|record| drop(other.accept(record)));
    let mut body = Vec::new();
    let request = DescribeInvocations::new("cn-a");
    other.describe_invocations(&request).expect("no fault").write_json("id", &mut body);
    body
}

/// A method with its arguments, as it is called on either store, and its answer as text.
struct Call {
    /// The name of the method.
    name: &'static str,
    is_write: bool,
    /// How often it reads the clock: a subscription does not begin at a time.
    readings: usize,
    own: fn(&mut Store) -> String,
    shared: fn(&SharedStore) -> String,
}

macro_rules! calls {
    ($($kind:ident $name:ident($($argument:expr),*);)*) => {
        vec![$(Call {
            name: stringify!($name),
            is_write: stringify!($kind) == "write",
            readings: 1,
            own: |store| format!("{:?}", store.$name($($argument),*)),
            shared: |store| format!("{:?}", store.$name($($argument),*)),
        }),*]
    };
}

/// A body, as both stores write it.
macro_rules! body {
    ($name:ident, $request:expr) => {
        Call {
            name: stringify!($name),
            is_write: false,
            readings: 1,
            own: |store| {
                let mut body = Vec::new();
                store.$name(&$request).expect("no fault").write_json("id", &mut body);
                String::from_utf8(body).expect("it is JSON")
            },
            shared: |store| {
                let mut body = Vec::new();
                store.$name(&$request, "id", &mut body).expect("no fault");
                String::from_utf8(body).expect("it is JSON")
            },
        }
    };
}

fn calls() -> Vec<Call> {
    let mut calls = calls! {
        read len();
        read is_empty();
        write accept(&record(2));
        write accept(&record(5));
        write accept_batch(&batch());
        write update_run("t-2", "i-1", &RunUpdate::finished(0));
        write update_run("t-2", "i-2", &RunUpdate::started());
        write update_run("t-1", "i-1", &RunUpdate::more_output("more"));
        write stop("t-2", &[]);
        write stop("t-1", &["i-1", "i-3"]);
        write delete("t-1");
        write delete("t-2");
        write clear();
    };
    calls.extend([
        body!(describe_invocations, DescribeInvocations::new("cn-a")),
        body!(describe_invocation_results, DescribeInvocationResults::new("cn-a").page_size(50)),
        Call {
            name: "get",
            is_write: false,
            readings: 1,
            own: |store| format!("{:?}", store.get("t-2").map(|view| view.to_invocation())),
            shared: |store| format!("{:?}", store.get("t-2")),
        },
        Call {
            name: "statistics",
            is_write: false,
            readings: 1,
            own: |store| {
                let statistics = store.statistics();
                format!("{} {}", statistics.records, statistics.evicted)
            },
            shared: |store| {
                let statistics = store.statistics();
                format!("{} {}", statistics.records, statistics.evicted)
            },
        },
        Call {
            name: "save",
            is_write: false,
            readings: 1,
            own: |store| format!("{:?}", archive(store)),
            shared: |store| {
                let mut archive = Vec::new();
                store.save(&mut archive).expect("memory takes every write");
                format!("{archive:?}")
            },
        },
        Call {
            // Its time is that at which it begins, before the lock is taken.
            name: "import",
            is_write: false,
            readings: 1,
            own: |store| {
                let report = store.import(&capture(), &ImportOptions::new("cn-a"));
                format!("{:?}", report.expect("it is one"))
            },
            shared: |store| {
                let report = store.import(&capture(), &ImportOptions::new("cn-a"));
                format!("{:?}", report.expect("it is one"))
            },
        },
        Call {
            name: "import_files",
            is_write: false,
            readings: 1,
            own: |store| {
                let report = store.import_files(&[("a", &capture())], &ImportOptions::new("cn-a"));
                format!("{:?}", report.expect("it is one"))
            },
            shared: |store| {
                let report = store.import_files(&[("a", &capture())], &ImportOptions::new("cn-a"));
                format!("{:?}", report.expect("it is one"))
            },
        },
        Call {
            name: "subscribe",
            is_write: true,
            readings: 0,
            own: |store| store.subscribe(1).missed().to_string(),
            shared: |store| store.subscribe(1).missed().to_string(),
        },
        Call {
            name: "read",
            is_write: false,
            readings: 1,
            own: |store| store.now().to_string(),
            shared: |store| store.read(Store::now).to_string(),
        },
        Call {
            name: "write",
            is_write: true,
            readings: 1,
            own: |store| store.now().to_string(),
            shared: |store| store.write(|store| store.now()).to_string(),
        },
    ]);
    calls
}

/// A method of the source that no test calls is found.
#[test]
fn every_method_is_called() {
    let source = include_str!("../src/shared.rs");
    let methods = source.lines().filter_map(|line| line.strip_prefix("    pub fn "));
    let methods = methods.filter_map(|line| line.split(['(', '<']).next());
    let methods: BTreeSet<&str> = methods.filter(|&name| name != "new").collect();
    let called: BTreeSet<&str> = calls().iter().map(|call| call.name).collect();
    assert_eq!(methods, called);
}

thread_local! {
    /// Set while a clock looks at the lock, which reads the clock again.
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// A clock that notes, for each reading, whether the store is locked for a write. A store that is
/// locked is shown as such.
#[derive(Clone, Default)]
struct Probe {
    store: Arc<OnceLock<SharedStore>>,
    locked: Arc<Mutex<Vec<bool>>>,
}

impl Clock for Probe {
    fn now(&self) -> Timestamp {
        if let Some(store) = self.store.get()
            && !LOOKING.replace(true)
        {
            let locked = format!("{store:?}") == "SharedStore(locked)";
            self.locked.lock().expect("no panic").push(locked);
            LOOKING.set(false);
        }
        now()
    }
}

#[test]
fn a_method_reads_the_clock_once_and_a_write_under_the_write_lock() {
    for call in calls() {
        let probe = Probe::default();
        let mut store = Store::new(config(), probe.clone());
        fill(&mut store);
        let store = SharedStore::from(store);
        assert!(probe.store.set(store.clone()).is_ok());
        (call.shared)(&store);
        let locked = std::mem::take(&mut *probe.locked.lock().expect("no panic"));
        assert_eq!(locked, vec![call.is_write; call.readings], "{}", call.name);
    }
}

/// A clock that gives other threads a turn.
struct Slow(AtomicUsize);

impl Clock for Slow {
    fn now(&self) -> Timestamp {
        (0..self.0.fetch_add(1, Ordering::Relaxed) % 5).for_each(|_| thread::yield_now());
        now()
    }
}

/// The answers of both calls and the store after them.
type Outcome = (String, String, Vec<u8>);

fn one_after_the_other(first: &Call, second: &Call) -> Outcome {
    let mut store = Store::new(config(), now());
    fill(&mut store);
    let answers = ((first.own)(&mut store), (second.own)(&mut store));
    (answers.0, answers.1, archive(&store))
}

fn at_once(first: &Call, second: &Call, turn: usize) -> Outcome {
    let mut store = Store::new(config(), Slow(AtomicUsize::new(turn)));
    fill(&mut store);
    let store = SharedStore::from(store);
    let ready = AtomicUsize::new(0);
    let begin = |call: &Call| {
        ready.fetch_add(1, Ordering::SeqCst);
        while ready.load(Ordering::SeqCst) < 2 {
            thread::yield_now();
        }
        (call.shared)(&store)
    };
    let answers = thread::scope(|scope| {
        let other = scope.spawn(|| begin(second));
        (begin(first), other.join().expect("no panic"))
    });
    (answers.0, answers.1, store.read(archive))
}

#[test]
fn two_methods_at_once_answer_as_one_after_the_other() {
    const TURNS: usize = 12;
    let calls = calls();
    let mut both_orders = 0;
    for (at, first) in calls.iter().enumerate() {
        for second in &calls[at..] {
            let forth = one_after_the_other(first, second);
            let (second_answer, first_answer, after) = one_after_the_other(second, first);
            let back = (first_answer, second_answer, after);
            let (mut is_forth, mut is_back) = (false, false);
            for turn in 0..TURNS {
                let outcome = at_once(first, second, turn);
                assert!(
                    outcome == forth || outcome == back,
                    "{} and {}: {:?}",
                    first.name,
                    second.name,
                    (outcome.0, outcome.1)
                );
                is_forth |= outcome == forth && forth != back;
                is_back |= outcome == back && forth != back;
            }
            both_orders += usize::from(is_forth && is_back);
        }
    }
    println!("{both_orders} pairs of calls in both orders");
    assert!(both_orders > 0, "the threads never ran in both orders");
}
