//! The bytes that a store says it takes, against what was allocated for it. One test only: another
//! one beside it would be counted too.

use std::alloc::System;
use std::collections::HashMap;

use cap::Cap;
use invodex::{Config, InstanceRun, Invocation, RepeatMode, RunUpdate, Store, Tag, Timestamp};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const RECORDS: usize = 2_000;

fn record(at: usize, mode: RepeatMode) -> Invocation {
    let mut record = Invocation::new("cn-a", format!("t-{at:06}"), format!("c-{}", at % 300));
    record.creation_time = Timestamp::from_secs(1_600_000_000 + at as i64);
    record.command_content = format!("echo {}", at % 300).into_bytes();
    record.repeat_mode = mode;
    // More than stand in a record itself.
    record.tags =
        (0..at % 9).map(|tag| Tag::new(format!("k{tag}"), (at % 50).to_string())).collect();
    record.instances = (0..1 + at % 3).map(|run| InstanceRun::new(format!("i-{run}"))).collect();
    record
}

/// Runs each record's first run so many times, with so much output.
fn execute(store: &mut Store, times: usize, output: usize) {
    for at in 0..RECORDS {
        let id = format!("t-{at:06}");
        for time in 0..times {
            store.update_run(&id, "i-0", &RunUpdate::started()).expect("it can start");
            let end = RunUpdate::finished(1)
                .output(vec![b'x'; output])
                .error(format!("Code{}", (at + time) % 700), "")
                .rescheduled();
            store.update_run(&id, "i-0", &end).expect("it can end");
        }
    }
}

#[test]
fn the_bytes_of_a_store_are_those_that_were_allocated() {
    type Fill = fn(&mut Store);
    let fill: [(&str, Fill); 7] = [
        ("nothing", |_| {}),
        ("accepted", |store| {
            for at in 0..RECORDS {
                store.accept(&record(at, RepeatMode::Once)).expect("it has no fault");
            }
        }),
        ("a batch, and more than it holds", |store| {
            let batch: Vec<_> = (0..3 * RECORDS).map(|at| record(at, RepeatMode::Once)).collect();
            assert!(store.accept_batch(&batch).iter().all(Result::is_ok));
        }),
        ("one execution of each", |store| {
            for at in 0..RECORDS {
                store.accept(&record(at, RepeatMode::Period)).expect("it has no fault");
            }
            execute(store, 1, 2);
        }),
        ("many executions of each", |store| {
            for at in 0..RECORDS {
                store.accept(&record(at, RepeatMode::Period)).expect("it has no fault");
            }
            execute(store, 30, 100);
        }),
        ("runs with what is rare", |store| {
            for at in 0..RECORDS {
                let mut record = record(at, RepeatMode::Once);
                let rare = &mut record.instances[0];
                match at % 5 {
                    0 => rare.stop_time = record.creation_time,
                    1 => rare.update_time = Some(Timestamp::MAX),
                    2 => rare.repeats = u32::MAX,
                    3 => rare.exit_code = Some(-1),
                    _ => rare.dropped = 1,
                }
                store.accept(&record).expect("it has no fault");
            }
        }),
        ("all gone", |store| {
            for at in 0..RECORDS {
                store.accept(&record(at, RepeatMode::Once)).expect("it has no fault");
            }
            store.clear();
        }),
    ];
    let mut of = HashMap::new();
    for (name, fill) in fill {
        let config = Config {
            capacity: RECORDS,
            retention_seconds: None,
            history_limit: 20,
            ..Config::default()
        };
        let before = ALLOCATOR.allocated();
        let mut store = Store::new(config, Timestamp::from_secs(1_700_000_000).expect("in range"));
        fill(&mut store);
        let allocated = ALLOCATOR.allocated() - before;
        let said = store.statistics().bytes;
        println!("{name}: {said} bytes said, {allocated} allocated");
        // What is not counted: the clock, the books of subscribers.
        let range = allocated.saturating_sub(allocated / 100 + 512)..=allocated;
        assert!(range.contains(&said), "{name}: {said} bytes said, {allocated} allocated");
        drop(store);
        of.insert(name, said);
    }
    let (batch, alone) = (of["a batch, and more than it holds"], of["accepted"]);
    assert!(batch <= alone + alone / 20, "a batch takes {batch} bytes, its last records {alone}");
}
