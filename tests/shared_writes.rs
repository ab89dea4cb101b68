//! Every write by way of a shared handle does to its store what it does to a store of one's own.
#![cfg(feature = "json")]

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, ImportOptions, InstanceRun, Invocation,
    RepeatMode, RunUpdate, SharedStore, Store, Timestamp,
};

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

/// The store's archive, which holds all of it.
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
    assert_eq!(shared.matching(&describe), own.matching(&describe));
    let mut bodies = [Vec::new(), Vec::new()];
    own.describe_invocations(&describe).expect("no fault").write_json("id", &mut bodies[0]);
    shared.describe_invocations(&describe).expect("no fault").write_json("id", &mut bodies[1]);
    let results = DescribeInvocationResults::new("cn-a");
    own.describe_invocation_results(&results).expect("no fault").write_json("id", &mut bodies[0]);
    shared
        .describe_invocation_results(&results)
        .expect("no fault")
        .write_json("id", &mut bodies[1]);
    assert!(bodies[0] == bodies[1]);
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
}
