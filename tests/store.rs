//! A store beside its answers: expiry, time, refused writes, history, memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use invodex::{
    Clock, Config, DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation,
    ManualClock, RepeatMode, RunUpdate, Statistics, Store, Timestamp, Tuning,
};

fn record(number: u32) -> Invocation {
    let mut record = Invocation::new("cn-a", format!("t-{number}"), "c-1");
    record.instances.push(InstanceRun::new("i-1"));
    record
}

fn start() -> Timestamp {
    Timestamp::from_secs(1_700_000_000).expect("in range")
}

#[test]
fn a_capacity_over_the_limit_is_the_limit() {
    let config = Config { capacity: usize::MAX, ..Config::default() };
    assert_eq!(Store::new(config, start()).config().capacity, 20_000_000);
}

#[test]
fn what_has_expired_matches_nothing_also_by_its_id() {
    let clock = ManualClock::new(start());
    let mut store =
        Store::new(Config { retention_seconds: Some(60), ..Config::default() }, clock.clone());
    assert!(store.accept(&record(1)).expect("a record without a fault").retained);
    let by_id = DescribeInvocations::new("cn-a").invoke_id("t-1");
    let all = DescribeInvocations::new("cn-a");
    for (seconds, matches) in [(60, 1), (1, 0)] {
        clock.advance(seconds);
        // Without a write in between.
        for request in [&by_id, &all] {
            assert_eq!(store.matching(request).map(|set| set.len()), Ok(matches));
            let page = store.describe_invocations(request).expect("no fault");
            assert_eq!((page.len() as u64, page.total_count()), (matches, Some(matches)));
        }
        assert_eq!(store.get("t-1").is_some(), matches == 1);
    }
    let Statistics { records, expired, evicted, .. } = store.statistics();
    assert_eq!((records, expired, evicted), (0, 1, 0));
}

#[test]
fn by_default_100000_records_are_held_for_28_days() {
    let clock = ManualClock::new(start());
    let mut store = Store::new(Config::default(), clock.clone());
    let records: Vec<_> = (0..=100_000).map(record).collect();
    assert!(store.accept_batch(&records).iter().all(Result::is_ok));
    assert_eq!((store.len(), store.get("t-0").is_some()), (100_000, false));
    clock.advance(28 * 86_400);
    assert_eq!(store.len(), 100_000);
    clock.advance(1);
    assert_eq!(store.len(), 0);
}

#[test]
fn by_default_100_history_records_of_a_run_are_held() {
    let mut store = Store::new(Config::default(), start());
    let mut periodic = record(1);
    periodic.repeat_mode = RepeatMode::Period;
    assert!(store.accept(&periodic).expect("a record without a fault").retained);
    for _ in 0..101 {
        store.update_run("t-1", "i-1", &RunUpdate::started()).expect("it can start");
        let end = RunUpdate::finished(0).rescheduled();
        store.update_run("t-1", "i-1", &end).expect("it can end");
    }
    let request =
        DescribeInvocationResults::new("cn-a").invoke_id("t-1").include_history(true).page_size(1);
    let page = store.describe_invocation_results(&request).expect("no fault");
    assert_eq!(page.total_count(), Some(1 + 100));
}

/// A clock that advances by a second at each reading.
#[derive(Clone)]
struct Ticking(Arc<AtomicI64>);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::saturating_from_secs(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[test]
fn a_write_is_at_one_time_however_the_clock_runs() {
    let write = |after: i64, write: fn(&mut Store) -> bool| {
        let time = Arc::new(AtomicI64::new(i64::from(start().as_secs())));
        let config = Config { retention_seconds: Some(60), ..Config::default() };
        let mut store = Store::new(config, Ticking(Arc::clone(&time)));
        assert!(store.accept(&record(1)).expect("a record without a fault").retained);
        time.store(i64::from(start().as_secs()) + after, Ordering::Relaxed);
        let done = write(&mut store);
        store.internal_validate().expect("it is sound");
        done
    };
    let writes: [fn(&mut Store) -> bool; 5] = [
        |store| store.update_run("t-1", "i-1", &RunUpdate::started()).is_ok(),
        |store| store.stop("t-1", &["i-1"]).is_ok(),
        |store| store.delete("t-1").is_ok(),
        |store| store.accept(&record(1)).is_err(),
        |store| store.accept_batch(&[record(1)])[0].is_err(),
    ];
    for of_it in writes {
        // At 60 seconds the record exists during the whole write, at 61 it has expired.
        assert_eq!([59, 60, 61].map(|after| write(after, of_it)), [true, true, false]);
    }
    let counted = |store: &mut Store| {
        let Statistics { records, expired, .. } = store.statistics();
        records as u64 + expired == 1
    };
    assert_eq!([59, 60, 61].map(|after| write(after, counted)), [true; 3]);
}

/// A write. Returns whether it was accepted.
type Write = fn(&mut Store) -> bool;

#[test]
fn a_refused_write_leaves_the_time_and_what_it_lets_expire() {
    let writes: [(&str, Write); 7] = [
        ("accept", |store| store.accept(&Invocation::new("cn-a", "t-9", "c-1")).is_ok()),
        ("accept, held already", |store| store.accept(&record(2)).is_ok()),
        ("accept_batch", |store| {
            store.accept_batch(&[record(2), record(2)]).iter().all(Result::is_ok)
        }),
        ("update_run, an unknown run", |store| {
            store.update_run("t-2", "i-9", &RunUpdate::started()).is_ok()
        }),
        ("update_run, no move", |store| {
            store.update_run("t-2", "i-1", &RunUpdate::finished(0)).is_ok()
        }),
        ("stop", |store| store.stop("t-2", &["i-1", "i-9"]).is_ok()),
        ("delete", |store| store.delete("t-9").is_ok()),
    ];
    for (name, write) in writes {
        let clock = ManualClock::new(start());
        let config = Config { retention_seconds: Some(60), ..Config::default() };
        let mut store = Store::new(config, clock.clone());
        assert!(store.accept(&record(1)).expect("a record without a fault").retained);
        clock.advance(30);
        assert!(store.accept(&record(2)).expect("a record without a fault").retained);
        clock.advance(40);
        assert_eq!(store.len(), 1, "the first has expired");
        assert!(!write(&mut store), "{name}");
        // With the clock set back, the store's time is that of the last write that was not refused.
        clock.set(start());
        assert_eq!(store.now(), start().saturating_add_secs(30), "{name}");
        assert_eq!(store.len(), 2, "{name}");
        assert!(store.get("t-1").is_some(), "{name}");
        assert_eq!(store.statistics().expired, 0, "{name}");
        assert_eq!(store.internal_validate(), Ok(()), "{name}");
    }
}

#[test]
fn bytes_are_those_of_the_records() {
    let mut store = Store::new(Config::default(), start());
    let empty = size_of::<Store>() + store.statistics().bytes;
    assert!(
        empty < 2_400,
        "an empty store takes {empty} bytes, allowed less than 2400: the limit is 4 KB with its clock"
    );
    for number in 0..2_000 {
        let mut record = record(number);
        record.command_content = format!("{number:0500}").into_bytes();
        assert!(store.accept(&record).expect("a record without a fault").retained);
    }
    let record = store.statistics().bytes / 2_000;
    assert!(
        (600..800).contains(&record),
        "a record with 500 bytes of unique content takes {record} bytes, expected 600 to 800: the \
         limit for such a record with 3 runs is 960"
    );
}

#[test]
fn a_store_that_accepts_and_evicts_for_ever_does_not_grow() {
    let tuning = Tuning { dead_min: 3, ..Tuning::default() };
    let config = Config { capacity: 100, tuning, ..Config::default() };
    let mut store = Store::new(config, start());
    let mut bytes_after = |count: u32| {
        for number in count / 10 * 9..count {
            let mut record = record(number);
            record.command_name = format!("name {number}");
            assert!(store.accept(&record).expect("a record without a fault").retained);
        }
        store.statistics().bytes
    };
    let (early, late) = (bytes_after(3_000), bytes_after(50_000));
    assert!(
        late <= early + early / 2,
        "the store grew from {early} to {late} bytes, allowed half as much again"
    );
}

#[test]
fn a_store_whose_records_go_from_the_middle_does_not_grow() {
    let tuning = Tuning { dead_min: 3, ..Tuning::default() };
    let mut store = Store::new(Config { tuning, ..Config::default() }, start());
    // The oldest record stays, so that no row before it is dropped.
    assert!(store.accept(&record(0)).expect("a record without a fault").retained);
    let mut bytes_after = |count: u32| {
        for number in count / 10 * 9..count {
            assert!(store.accept(&record(number)).expect("a record without a fault").retained);
            store.delete(&format!("t-{number}")).expect("it is there");
        }
        assert_eq!(store.len(), 1);
        store.statistics().bytes
    };
    let (early, late) = (bytes_after(2_000), bytes_after(50_000));
    assert!(
        late <= early + early / 2,
        "the store grew from {early} to {late} bytes, allowed half as much again"
    );
}

#[test]
fn a_token_shows_its_text() {
    let mut store = Store::new(Config::default(), start());
    assert!(store.accept(&record(1)).expect("a record without a fault").retained);
    assert!(store.accept(&record(2)).expect("a record without a fault").retained);
    let request = DescribeInvocations::new("cn-a").max_results(1);
    let page = store.describe_invocations(&request).expect("no fault");
    let token = page.next_token().expect("another record follows");
    assert_eq!(token.as_str().len(), 44);
    assert_eq!(token.to_string(), token.as_str());
    assert_eq!(AsRef::<str>::as_ref(&token), token.as_str());
    assert_eq!(String::from(token), token.as_str());
    assert_eq!(format!("{token:?}"), format!("NextToken({})", token.as_str()));
}

#[test]
fn a_restore_at_the_border_of_the_age_evicts_what_is_not_expired() {
    let keeps = Config { retention_seconds: None, ..Config::default() };
    let mut store = Store::new(keeps, start());
    for number in 1..=3 {
        let mut given = record(number);
        given.creation_time = Timestamp::from_secs(i64::from(start().as_secs() + number));
        assert!(store.accept(&given).expect("a record without a fault").retained);
    }
    let mut archive = Vec::new();
    store.save(&mut archive).expect("memory takes it");

    // The oldest record has exactly the maximum age, and the store holds one record too many.
    let limits = Config { capacity: 2, retention_seconds: Some(9), ..Config::default() };
    let now = Timestamp::from_secs(i64::from(start().as_secs()) + 10).expect("in range");
    let restored = Store::restore(limits, now, &archive[..]).expect("it is sound");
    assert_eq!((restored.evicted, restored.expired, restored.is_whole()), (1, 0, false));
    let statistics = restored.store.statistics();
    assert_eq!((statistics.records, statistics.evicted, statistics.expired), (2, 1, 0));
}

/// Between two executions the output of a run can still grow. The history record does not change.
#[test]
fn output_that_comes_late_is_no_part_of_history() {
    let mut store = Store::new(Config::default(), start());
    let mut periodic = record(1);
    periodic.repeat_mode = RepeatMode::Period;
    assert!(store.accept(&periodic).expect("no fault").retained);
    let mut update = |update: RunUpdate| {
        store.update_run(&periodic.invoke_id, &periodic.instances[0].instance_id, &update)
    };
    update(RunUpdate::started()).expect("it can start");
    update(RunUpdate::finished(0).output(*b"one").rescheduled()).expect("it can end");
    update(RunUpdate::more_output(*b", and late")).expect("it is taken");
    let request = DescribeInvocationResults::new(periodic.region_id.as_str())
        .invoke_id(periodic.invoke_id.as_str())
        .include_history(true);
    let page = store.describe_invocation_results(&request).expect("no fault");
    let outputs: Vec<_> = page.invocation_results().map(|row| row.output().to_vec()).collect();
    assert_eq!(outputs, [b"one, and late".to_vec(), b"one".to_vec()]);
}

#[test]
fn records_that_a_batch_has_refused_take_no_room() {
    let config = Config { capacity: 100_000, ..Config::default() };
    let mut store = Store::new(config, ManualClock::new(start()));
    let batch: Vec<_> = (0..20_000).map(|number| record(number % 10)).collect();
    let reports = store.accept_batch(&batch);
    assert_eq!(reports.iter().filter(|report| report.is_ok()).count(), 10);
    // The record headers of 20,000 records alone take more than a megabyte.
    let bytes = store.statistics().bytes;
    assert!(bytes < 16_384, "the store takes {bytes} bytes, allowed less than 16384");
}
