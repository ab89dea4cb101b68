//! Every write through a `SharedStore` has the same effect as on a `Store`.
#![cfg(feature = "json")]

use std::sync::Barrier;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use invodex::{
    Clock, Config, DescribeInvocationResults, DescribeInvocations, ImportOptions, InstanceRun,
    Invocation, RepeatMode, RunUpdate, SharedStore, Store, Timestamp,
};
use serde_json::json;

/// A clock that advances by a second at each reading.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::saturating_from_secs(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[test]
fn an_import_is_at_the_time_at_which_it_begins() {
    let capture = br#"{"Invocations": {"Invocation": [{
        "InvokeId": "t-1", "CommandId": "c-1", "CommandType": "RunShellScript",
        "RepeatMode": "Once", "InvokeInstances": {"InvokeInstance": [
            {"InstanceId": "i-1", "InvocationStatus": "Success"}]}
    }]}}"#;
    let config = Config { retention_seconds: Some(0), ..Config::default() };
    let store = SharedStore::new(config, Ticking(AtomicI64::new(1_700_000_000)));
    let report = store.import(capture, &ImportOptions::new("cn-a")).expect("it is one");
    assert_eq!((report.loaded, report.not_retained.len()), (1, 0));
}

/// Other threads can write while a capture is read. They pause after each write, so that the import
/// could take the lock: if it held the lock all the time, only one or two writes would fit.
/// Retried, because the outcome depends on the scheduling of threads.
#[test]
fn a_capture_is_read_before_the_store_is_locked() {
    let mut whole = Store::new(Config::default(), Timestamp::MAX);
    for number in 0..2_000 {
        assert!(whole.accept(&record(number)).expect("no fault").retained);
    }
    let all: Vec<_> = whole.iter().map(|row| serde_json::to_value(row).expect("JSON")).collect();
    let capture = json!({ "Invocations": { "Invocation": all } }).to_string();
    let writes_meanwhile = || {
        let store = SharedStore::new(Config::default(), Timestamp::MAX);
        let (importer, begins) = (store.clone(), Barrier::new(2));
        std::thread::scope(|scope| {
            let import = scope.spawn(|| {
                begins.wait();
                importer.import(capture.as_bytes(), &ImportOptions::new("cn-b")).map(drop)
            });
            begins.wait();
            let mut writes = 0;
            while store.get("t-0").is_none() {
                let mut other = record(0);
                other.invoke_id = format!("t-other-{writes}");
                assert!(store.accept(&other).expect("no fault").retained);
                writes += 1;
                std::thread::sleep(Duration::from_micros(200));
            }
            import.join().expect("no panic").expect("it is one");
            writes
        })
    };
    assert!((0..20).any(|_| writes_meanwhile() > 5));
}

fn record(number: u32) -> Invocation {
    let mut record = Invocation::new("cn-a", format!("t-{number}"), "c-1");
    record.repeat_mode = RepeatMode::Period;
    record.instances.push(InstanceRun::new("i-1"));
    record.instances.push(InstanceRun::new("i-2"));
    record
}

fn new() -> Store {
    Store::new(Config::default(), Timestamp::from_secs(1_700_000_000).expect("in range"))
}

/// The store's archive, which has its whole state.
fn archive(store: &Store) -> Vec<u8> {
    let mut archive = Vec::new();
    store.save(&mut archive).expect("memory takes every write");
    archive
}

#[test]
fn each_write_is_made_and_reported() {
    let (mut own, shared) = (new(), SharedStore::from(new()));
    macro_rules! both {
        ($name:ident($($argument:expr),*)) => {{
            let before = archive(&own);
            let report = own.$name($($argument),*);
            assert_eq!(shared.$name($($argument),*), report, stringify!($name));
            let after = archive(&own);
            assert!(shared.read(archive) == after, stringify!($name));
            after != before
        }};
    }
    let started = RunUpdate::started();
    assert!(both!(accept(&record(1))));
    assert!(!both!(accept(&record(1))));
    assert!(both!(accept_batch(&[record(2), record(1), record(3)])));
    assert!(both!(update_run("t-1", "i-2", &started)));
    assert!(!both!(update_run("t-1", "i-9", &started)));
    assert!(both!(stop("t-1", &["i-2"])));
    assert!(both!(stop("t-2", &[])));
    assert!(!both!(stop("t-9", &[])));
    assert!(both!(delete("t-3")));
    assert!(!both!(delete("t-3")));
    assert_eq!(shared.len(), own.len());
    assert_eq!(shared.is_empty(), own.is_empty());
    assert_eq!(shared.get("t-1"), own.get("t-1").map(|view| view.to_invocation()));

    let describe = DescribeInvocations::new("cn-a").timed(true);
    let matching = shared.read(|store| store.matching(&describe));
    assert_eq!(matching, own.matching(&describe));
    let mut bodies = [Vec::new(), Vec::new()];
    own.describe_invocations(&describe).expect("no fault").write_json("id", &mut bodies[0]);
    shared.describe_invocations(&describe, "id", &mut bodies[1]).expect("no fault");
    let results = DescribeInvocationResults::new("cn-a");
    own.describe_invocation_results(&results).expect("no fault").write_json("id", &mut bodies[0]);
    shared.describe_invocation_results(&results, "id", &mut bodies[1]).expect("no fault");
    assert!(bodies[0] == bodies[1]);
    let faulty = DescribeInvocations::new("");
    assert!(shared.describe_invocations(&faulty, "id", &mut bodies[1]).is_err());
    let faulty = DescribeInvocationResults::new("");
    assert!(shared.describe_invocation_results(&faulty, "id", &mut bodies[1]).is_err());
    assert!(bodies[0] == bodies[1], "nothing is appended for an error");
    let mut capture = Vec::new();
    own.describe_invocations(&describe).expect("no fault").write_json("id", &mut capture);
    assert!(both!(clear()));
    let before = archive(&own);
    let options = ImportOptions::new("cn-b");
    let loaded = own.import(&capture, &options).expect("it is one").loaded;
    assert_eq!(shared.import(&capture, &options).expect("it is one").loaded, loaded);
    assert!(loaded > 0 && archive(&own) != before);
    assert!(shared.read(archive) == archive(&own));
    assert!(shared.import(b"[]", &options).is_err());
    let files: [(&str, &[u8]); 1] = [("a", &capture)];
    let report = shared.import_files(&files, &options).expect("it is one");
    assert_eq!(
        (report.refusals.len(), report.refusals[0].place.to_string()),
        (loaded, "a, record 0".into())
    );
    let files: [(&str, &[u8]); 1] = [("b", b"[]")];
    let error = shared.import_files(&files, &options).expect_err("it is none");
    assert_eq!(error.detail(), "b: it is an empty list");
}
