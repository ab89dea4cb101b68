//! Archives: a restored store equals the saved one, and a damaged archive is refused.

#[path = "archive/answers.rs"]
mod answers;
#[path = "archive/damage.rs"]
mod damage;
#[path = "archive/forge.rs"]
mod forge;
#[path = "archive/forged.rs"]
mod forged;
#[path = "archive/kept.rs"]
mod kept;
#[path = "archive/random.rs"]
mod random;
#[path = "archive/sample.rs"]
mod sample;
#[path = "archive/sealed.rs"]
mod sealed;

use answers::{answers, archive, assert_survives, body, next_token, pairs, records, restore, walk};
use invodex::{Config, Invocation, ManualClock, RunUpdate, Store, Tuning};
use invodex_testkit::dataset::requests::classes;
use invodex_testkit::dataset::{Dataset, Options};
use sample::{begin, sample};

/// Thresholds so small that a few rows cross every border.
const SMALL: Tuning =
    Tuning { list_share: 4, list_min: 2, first_chunk: 1, chunk_span: 5, dead_min: 3 };

fn options() -> Options {
    Options { count: 3_000, outputs: Some(40), ..Options::default() }
}

/// The data set in a store, some of its recurring tasks with a history.
fn filled(tuning: Tuning) -> Store {
    let options = options();
    let config = Config { tuning, ..Config::default() };
    let mut store = Store::new(config, options.now);
    let records: Vec<_> = Dataset::new(options).collect();
    for result in store.accept_batch(&records) {
        assert!(result.expect("the data set is valid").retained);
    }
    for record in records.iter().filter(|record| record.repeat_mode.is_recurring()).take(200) {
        for _ in 0..3 {
            let instance = &record.instances[0].instance_id;
            let started = store.update_run(&record.invoke_id, instance, &RunUpdate::started());
            if started.is_ok() {
                let ended = RunUpdate::finished(3).output(*b"again").rescheduled();
                store.update_run(&record.invoke_id, instance, &ended).expect("it is running");
            }
        }
    }
    // Leaves tombstones and free slots.
    for record in records.iter().skip(100).step_by(7) {
        store.delete(&record.invoke_id).expect("it is there");
    }
    store
}

#[test]
fn the_data_set_survives_at_every_tuning() {
    let store = filled(Tuning::default());
    assert!(archive(&store) == archive(&filled(SMALL)), "the form is not in the bytes");
    let bytes = archive(&store);
    for tuning in [Tuning::default(), SMALL] {
        let config = Config { tuning, ..Config::default() };
        let restored = restore(&config, store.now(), &bytes).expect("it was just saved");
        assert_eq!(restored.len(), store.len());
        assert!(records(&restored) == records(&store), "the lists differ");
        for class in classes(&options()) {
            for operation in ["DescribeInvocations", "DescribeInvocationResults"] {
                for paging in [("PageNumber", "2"), ("MaxResults", "50")] {
                    let mut pairs = class.pairs.clone();
                    pairs.push((paging.0.into(), paging.1.into()));
                    assert_eq!(
                        body(&restored, operation, &pairs),
                        body(&store, operation, &pairs),
                        "{operation} {pairs:?}"
                    );
                }
            }
        }
        let mut histories = 0;
        for view in store.iter().rev().filter(|view| view.repeat_mode().is_recurring()).take(150) {
            let mut asked =
                pairs(&[("RegionId", view.region_id()), ("InvokeId", view.invoke_id())]);
            asked.push(("IncludeHistory".into(), "true".into()));
            let (before, after) = (
                walk(&store, "DescribeInvocationResults", &asked, 20),
                walk(&restored, "DescribeInvocationResults", &asked, 20),
            );
            assert_eq!(after, before);
            histories +=
                usize::from(before[0].matches("InvokeId").count() > view.instances().count());
            asked.pop();
            asked.push(("IncludeOutput".into(), "true".into()));
            asked.push(("ContentEncoding".into(), "PlainText".into()));
            assert_eq!(
                body(&restored, "DescribeInvocations", &asked),
                body(&store, "DescribeInvocations", &asked)
            );
        }
        assert!(histories > 50, "only {histories} have a history");
        assert!(archive(&restored) == bytes, "the bytes follow from the records alone");
    }
}

#[test]
fn a_store_with_one_of_everything_survives() {
    assert_survives(&sample().0);
}

#[test]
fn an_empty_store_survives() {
    let clock = ManualClock::new(begin());
    assert_survives(&Store::new(Config::default(), clock.clone()));
    let mut store = Store::new(Config::default(), clock);
    assert!(store.accept(&record(1)).expect("the record is valid").retained);
    store.delete("t-0001").expect("it is there");
    let mut restored = assert_survives(&store);
    assert!(restored.is_empty());
    assert_eq!(restored.accept(&record(1)).map(|accepted| accepted.acceptance_number), Ok(2));
}

fn record(number: u32) -> Invocation {
    let mut record = Invocation::new("cn-hangzhou", format!("t-{number:04}"), "c-0001");
    record.instances.push(invodex::InstanceRun::new("i-0001"));
    record
}

#[test]
fn a_restored_store_goes_on_as_the_first_would_have() {
    let (mut store, clock) = sample();
    let mut restored = assert_survives(&store);
    // A second restored store, with the clock that the test moves.
    let config = store.config().clone();
    let again = Store::restore(config, clock.clone(), &archive(&store)[..]);
    let mut moving = again.expect("it was just saved").store;
    for store in [&mut store, &mut restored, &mut moving] {
        let accepted = store.accept(&record(100)).expect("the record is valid");
        assert_eq!(accepted.acceptance_number, 8, "7 records were accepted before");
        store.update_run("t-0002", "i-0001", &RunUpdate::started()).expect("it is scheduled");
        let ended = RunUpdate::finished(9).rescheduled();
        store.update_run("t-0002", "i-0001", &ended).expect("it is running");
        store.delete("t-0001").expect("it is there");
        store.internal_validate().expect("it is sound");
    }
    assert_eq!(answers(&restored), answers(&store));
    assert_eq!(answers(&moving), answers(&store));
    assert!(archive(&restored) == archive(&store));
    // The sixth execution; the last three are kept.
    let history = pairs(&[
        ("RegionId", "cn-beijing"),
        ("InvokeId", "t-0002"),
        ("InstanceId", "i-0001"),
        ("IncludeHistory", "true"),
    ]);
    let rows = body(&moving, "DescribeInvocationResults", &history).expect("it is recurring");
    assert_eq!(rows.matches("\"InvokeId\"").count(), 4);
}

#[test]
fn the_time_of_a_store_never_goes_back() {
    let (store, clock) = sample();
    let wrote = store.now().saturating_add_secs(-60);
    let behind = restore(store.config(), begin(), &archive(&store)).expect("it was just saved");
    assert_eq!(behind.now(), wrote, "the last write's time, with a clock before it");
    clock.advance(1_000);
    let later = Store::restore(store.config().clone(), clock, &archive(&store)[..]);
    assert_eq!(later.expect("it was just saved").store.now(), store.now());
}

#[test]
fn tokens_outlive_the_store_that_gave_them() {
    let mut store = filled(SMALL);
    let config = Config { id: 12, tuning: SMALL, ..Config::default() };
    let filters = pairs(&[("RegionId", "cn-hangzhou"), ("Tag.1.Key", "env")]);
    for operation in ["DescribeInvocations", "DescribeInvocationResults"] {
        let whole = walk(&store, operation, &filters, 50);
        assert!(whole.len() > 10, "{} pages", whole.len());
        // Saved and restored after every page, with a configuration of another id.
        let mut token = String::new();
        for page in &whole {
            store = Store::restore(config.clone(), store.now(), &archive(&store)[..])
                .expect("it was just saved")
                .store;
            assert_eq!(store.config().id, 0, "the archive's id");
            let mut asked = filters.clone();
            asked.push(("MaxResults".into(), "50".into()));
            asked.push(("NextToken".into(), token));
            let body = body(&store, operation, &asked).expect("the token is of this store");
            assert_eq!(&body, page);
            token = next_token(&body);
        }
        assert_eq!(token, "");
        // A token whose row is missing from the archive leads to the same position.
        let first = next_token(&whole[0]);
        let mut asked = filters.clone();
        asked.extend(pairs(&[("MaxResults", "50"), ("NextToken", &first)]));
        let mut emptied =
            restore(&config, store.now(), &archive(&store)).expect("it was just saved");
        let newest: Vec<_> = emptied.iter().take(100).map(|view| view.to_invocation()).collect();
        for record in newest {
            emptied.delete(&record.invoke_id).expect("it is there");
        }
        let again = restore(&config, store.now(), &archive(&emptied)).expect("it was just saved");
        let after = body(&again, operation, &asked).expect("the token is of this store");
        assert_eq!(after, body(&emptied, operation, &asked).expect("the token is of this store"));
    }
}

#[test]
fn the_limits_of_the_new_configuration_hold() {
    let store = filled(Tuning::default());
    let bytes = archive(&store);
    let total = store.len();
    for capacity in [0, 1, 1_000, total - 1, total + 1] {
        for history_limit in [0, 1, 100] {
            let config = Config { capacity, history_limit, tuning: SMALL, ..Config::default() };
            let restored = restore(&config, store.now(), &bytes).expect("it was just saved");
            let kept = capacity.min(total);
            let ids = |store: &Store| {
                store.iter().take(kept).map(|view| view.invoke_id().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(restored.len(), kept);
            assert_eq!(ids(&restored), ids(&store), "the newest stay");
            let statistics = restored.statistics();
            assert_eq!(statistics.evicted, (total - kept) as u64);
            assert_eq!(statistics.expired, 0);
            let has_less = kept > 1_000 && history_limit < 2;
            assert!(statistics.history_dropped > 0 || !has_less);
            // The remaining store saves and restores like any other.
            assert_eq!(archive(&assert_restores(&restored)), archive(&restored));
        }
    }
    for age in [0, 5 * 86_400, 40 * 86_400] {
        let config = Config { retention_seconds: Some(age), tuning: SMALL, ..Config::default() };
        let restored = restore(&config, store.now(), &bytes).expect("it was just saved");
        let cutoff = store.now().saturating_add_secs(-i64::from(age));
        let kept = store.iter().filter(|view| view.creation_time() >= cutoff).count();
        assert_eq!(restored.len(), kept);
        let statistics = restored.statistics();
        assert_eq!((statistics.expired, statistics.evicted), ((total - kept) as u64, 0));
        assert_eq!(archive(&assert_restores(&restored)), archive(&restored));
    }
}

/// Restores the store again, without comparing all answers.
fn assert_restores(store: &Store) -> Store {
    restore(store.config(), store.now(), &archive(store)).expect("it was just saved")
}

#[test]
fn a_shorter_history_keeps_its_newest_records_and_its_numbers() {
    let (store, _) = sample();
    let bytes = archive(&store);
    let history = pairs(&[
        ("RegionId", "cn-beijing"),
        ("InvokeId", "t-0002"),
        ("InstanceId", "i-0001"),
        ("IncludeHistory", "true"),
    ]);
    let all = walk(&store, "DescribeInvocationResults", &history, 1);
    assert_eq!(all.len(), 4, "the run and three of five records");
    for limit in 0..=4 {
        let config = Config { history_limit: limit, ..store.config().clone() };
        let mut restored = restore(&config, store.now(), &bytes).expect("it was just saved");
        let kept = walk(&restored, "DescribeInvocationResults", &history, 1);
        assert_eq!(kept.len(), 1 + limit.min(3));
        // The last page is compared by its length alone: its token is absent in one of the stores.
        assert_eq!(kept[..limit.min(3)], all[..limit.min(3)]);
        // Another task has a history of one record.
        assert_eq!(restored.statistics().history_dropped, [4, 2, 1, 0, 0][limit]);
        restored.update_run("t-0002", "i-0001", &RunUpdate::started()).expect("it is scheduled");
        let ended = RunUpdate::finished(0).rescheduled();
        restored.update_run("t-0002", "i-0001", &ended).expect("it is running");
        restored.internal_validate().expect("it is sound");
    }
}

#[test]
fn what_has_expired_is_not_saved() {
    let clock = ManualClock::new(begin());
    let config = Config { retention_seconds: Some(100), ..Config::default() };
    let mut store = Store::new(config, clock.clone());
    for number in 1..=5 {
        assert!(store.accept(&record(number)).expect("the record is valid").retained);
        clock.advance(40);
    }
    // There was no write since the first records expired.
    assert_eq!(store.len(), 2);
    let for_ever = Config { retention_seconds: None, ..Config::default() };
    let restored = restore(&for_ever, store.now(), &archive(&store)).expect("it was just saved");
    assert_eq!(restored.len(), 2);
    assert_eq!(
        restored.iter().map(|view| view.invoke_id()).collect::<Vec<_>>(),
        ["t-0005", "t-0004"]
    );
    assert_survives(&store);
}

#[test]
fn the_budget_of_outputs_holds() {
    let (store, clock) = sample();
    let outputs = |store: &Store| {
        let runs = store.iter().flat_map(|view| view.instances().collect::<Vec<_>>());
        runs.map(|run| run.output().len()).sum::<usize>()
    };
    assert!(outputs(&store) > 20);
    for budget in [0, 10, 30, 1_000] {
        let config = Config { output_budget: Some(budget), ..store.config().clone() };
        let restored = Store::restore(config, clock.clone(), &archive(&store)[..]);
        let restored = restored.expect("it was just saved");
        restored.store.internal_validate().expect("it is sound");
        assert!(outputs(&restored.store) <= budget);
        assert_eq!(restored.is_whole(), budget == 1_000);
        let dropped = restored.store.statistics().output_bytes_dropped;
        assert_eq!(restored.output_bytes_dropped, dropped);
        assert_eq!(dropped == 0, budget == 1_000);
    }
}
