//! `Statistics::bytes` against the bytes that were allocated. This file has a single test, because
//! the allocator would also count what a test running beside it allocates.

use std::alloc::System;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use cap::Cap;
use invodex::{
    CommandType, Config, InstanceRun, Invocation, InvocationStatus, RepeatMode, RunUpdate, Store,
    Tag, Timestamp,
};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const RECORDS: usize = 2_000;

fn record(at: usize, mode: RepeatMode) -> Invocation {
    let mut record = Invocation::new("cn-a", format!("t-{at:06}"), format!("c-{}", at % 300));
    record.creation_time = Timestamp::from_secs(1_600_000_000 + at as i64);
    record.command_content = format!("echo {}", at % 300).into_bytes();
    record.repeat_mode = mode;
    // Up to 8, more than a record holds inline.
    record.tags =
        (0..at % 9).map(|tag| Tag::new(format!("k{tag}"), (at % 50).to_string())).collect();
    record.instances = (0..1 + at % 3).map(|run| InstanceRun::new(format!("i-{run}"))).collect();
    record
}

/// Accepts a record of each number.
fn accept_all(store: &mut Store, mode: RepeatMode) {
    for at in 0..RECORDS {
        assert!(store.accept(&record(at, mode)).expect("it has no fault").retained);
    }
}

/// Executes the first run of each record `times` times, each with `output` bytes of output.
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
    // First, because it names the field that is not counted.
    of_every_field();
    in_every_state();
    of_a_fork();
}

/// A fork allocates nothing of note until it writes, and then what it says.
fn of_a_fork() {
    let (store, said, _) = filled(|store| {
        accept_all(store, RepeatMode::Once);
    });
    let before = ALLOCATOR.allocated();
    let mut fork = store.fork(Timestamp::MIN);
    let shared = ALLOCATOR.allocated() - before;
    assert!(shared < 512, "{shared} bytes before the first write");
    assert_eq!(fork.statistics().bytes, said);
    fork.delete("t-000000").expect("it is there");
    let allocated = ALLOCATOR.allocated() - before;
    let of_fork = fork.statistics().bytes;
    println!("a fork: {of_fork} bytes said, {allocated} allocated; the first store {said}");
    let range = allocated.saturating_sub(allocated / 100 + 512)..=allocated;
    assert!(range.contains(&of_fork), "{of_fork} bytes said, {allocated} allocated");
    assert!(of_fork <= said, "the fork {of_fork} bytes, the first store {said}");
    drop(store);
    let before = ALLOCATOR.allocated();
    fork.delete("t-000001").expect("it is there");
    let more = ALLOCATOR.allocated().saturating_sub(before);
    assert!(more < 512, "{more} bytes by the write of a store that shares nothing");
}

/// The store, `Statistics::bytes` of it, and the bytes that were allocated for it.
fn filled(fill: impl FnOnce(&mut Store)) -> (Store, usize, usize) {
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
    (store, said, allocated)
}

fn in_every_state() {
    type Fill = fn(&mut Store);
    let fill: [(&str, Fill); 7] = [
        ("nothing", |_| {}),
        ("accepted", |store| {
            accept_all(store, RepeatMode::Once);
        }),
        ("a batch, and more than it holds", |store| {
            let batch: Vec<_> = (0..3 * RECORDS).map(|at| record(at, RepeatMode::Once)).collect();
            assert!(store.accept_batch(&batch).iter().all(Result::is_ok));
        }),
        ("one execution of each", |store| {
            accept_all(store, RepeatMode::Period);
            execute(store, 1, 2);
        }),
        ("many executions of each", |store| {
            accept_all(store, RepeatMode::Period);
            execute(store, 30, 100);
        }),
        ("runs with rare fields", |store| {
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
                assert!(store.accept(&record).expect("it has no fault").retained);
            }
        }),
        ("all gone", |store| {
            accept_all(store, RepeatMode::Once);
            store.clear();
        }),
    ];
    let mut of = HashMap::new();
    for (name, fill) in fill {
        let (store, said, allocated) = filled(fill);
        println!("{name}: {said} bytes said, {allocated} allocated");
        // Not counted: the clock and the list of subscriptions.
        let range = allocated.saturating_sub(allocated / 100 + 512)..=allocated;
        assert!(range.contains(&said), "{name}: {said} bytes said, {allocated} allocated");
        drop(store);
        of.insert(name, said);
    }
    let (batch, alone) = (of["a batch, and more than it holds"], of["accepted"]);
    assert!(batch <= alone + alone / 20, "a batch takes {batch} bytes, its last records {alone}");
}

/// Sets a field of the record with this number to a unique value, with texts like `text`.
type Set = fn(&mut Invocation, usize, &str);

/// Every field of an invocation.
#[rustfmt::skip]
const INVOCATION: &[(&str, Set)] = &[
    ("region_id", |r, _, text| r.region_id = text.into()),
    ("resource_group_id", |r, _, text| r.resource_group_id = text.into()),
    ("invoke_id", |r, _, text| r.invoke_id = text.into()),
    ("creation_time", |r, at, _| r.creation_time = time(7 * (at as i64 % 911))),
    ("command_id", |r, _, text| r.command_id = text.into()),
    ("command_name", |r, _, text| r.command_name = text.into()),
    ("command_type", |r, at, _| r.command_type = CommandType::ALL[at % CommandType::ALL.len()]),
    ("command_description", |r, _, text| r.command_description = text.into()),
    ("command_content", |r, _, text| r.command_content = text.into()),
    ("parameters", |r, _, text| r.parameters = text.into()),
    ("repeat_mode", |r, at, _| r.repeat_mode = RepeatMode::ALL[at % RepeatMode::ALL.len()]),
    ("frequency", |r, _, text| r.frequency = text.into()),
    ("timeout", |r, at, _| r.timeout = Some(1 + at as u32)),
    ("working_dir", |r, _, text| r.working_dir = text.into()),
    ("username", |r, _, text| r.username = text.into()),
    ("container_id", |r, _, text| r.container_id = text.into()),
    ("container_name", |r, _, text| r.container_name = text.into()),
    ("launcher", |r, _, text| r.launcher = text.into()),
    ("termination_mode", |r, _, text| r.termination_mode = text.into()),
    ("oss_output_delivery", |r, _, text| r.oss_output_delivery = text.into()),
    ("tags", |r, _, text| r.tags = vec![Tag::new(&text[..text.len().min(64)], text)]),
    ("instances", |r, at, _| r.instances.extend((0..at % 7).map(|at| InstanceRun::new(at.to_string())))),
];

/// Every field of a run.
#[rustfmt::skip]
const RUN: &[(&str, Set)] = &[
    ("instance_id", |r, _, text| r.instances[0].instance_id = text.into()),
    ("invocation_status", |r, at, _| r.instances[0].invocation_status = InvocationStatus::ALL[at % 12]),
    ("creation_time", |r, at, _| r.instances[0].creation_time = time(at as i64)),
    ("update_time", |r, at, _| r.instances[0].update_time = time(at as i64)),
    ("start_time", |r, at, _| r.instances[0].start_time = time(at as i64)),
    ("finish_time", |r, at, _| r.instances[0].finish_time = time(at as i64)),
    ("stop_time", |r, at, _| r.instances[0].stop_time = time(at as i64)),
    ("repeats", |r, at, _| r.instances[0].repeats = at as u32),
    ("exit_code", |r, at, _| r.instances[0].exit_code = Some(-(at as i64))),
    ("output", |r, _, text| r.instances[0].output = text.into()),
    ("dropped", |r, at, _| r.instances[0].dropped = 1 + at as u64),
    ("error_code", |r, _, text| r.instances[0].error_code = text.into()),
    ("error_info", |r, _, text| r.instances[0].error_info = text.into()),
    ("oss_output_status", |r, _, text| r.instances[0].oss_output_status = text.into()),
    ("oss_output_uri", |r, _, text| r.instances[0].oss_output_uri = text.into()),
    ("oss_output_error_code", |r, _, text| r.instances[0].oss_output_error_code = text.into()),
    ("oss_output_error_info", |r, _, text| r.instances[0].oss_output_error_info = text.into()),
];

fn time(secs: i64) -> Option<Timestamp> {
    Timestamp::from_secs(1_600_000_000 + secs)
}

/// The names of the public fields of a struct, by the source that defines it.
fn names(file: &str, name: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model").join(file);
    let source = fs::read_to_string(path).expect("it is there");
    let begin = source.find(&format!("pub struct {name} {{")).expect("it is defined there");
    let (body, _) = source[begin..].split_once("\n}").expect("it ends");
    let fields = body.lines().filter_map(|line| line.strip_prefix("    pub "));
    fields.map(|field| field.split(':').next().unwrap_or_default().to_owned()).collect()
}

/// One field at a time has a value of its own in each record: a short one in records of mode Once, a
/// long one in recurring tasks, where the history then holds the values of the run too. A table
/// whose bytes are forgotten takes at least four bytes a record, more than the difference allowed.
fn of_every_field() {
    for (table, all) in
        [(INVOCATION, names("invocation.rs", "Invocation")), (RUN, names("run.rs", "InstanceRun"))]
    {
        let rows: BTreeSet<_> = table.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(rows, all, "each field has a row");
    }
    for (name, set) in [("no field", (|_, _, _| {}) as Set)].iter().chain(INVOCATION).chain(RUN) {
        for (width, is_recurring) in [(6, false), (100, true)] {
            let fill = |store: &mut Store| {
                for at in 0..RECORDS / 4 {
                    let mut record = Invocation::new("r", format!("t-{at:06}"), "c");
                    record.creation_time = time(at as i64);
                    record.instances = vec![InstanceRun::new("i")];
                    if is_recurring {
                        record.repeat_mode = RepeatMode::Period;
                        record.instances[0].invocation_status = InvocationStatus::Running;
                    }
                    set(&mut record, at, &format!("{at:0width$}"));
                    assert!(store.accept(&record).expect("it has no fault").retained);
                    if is_recurring {
                        // Refused where `set` has chosen another status or mode.
                        let instance_id = &record.instances[0].instance_id;
                        let end = RunUpdate::finished(0).rescheduled();
                        let _ = store.update_run(&record.invoke_id, instance_id, &end);
                    }
                }
            };
            // The thread that started the test allocates beside it for a moment. So a difference
            // counts only if it comes three times.
            let mut fault = String::new();
            let is_right = (0..3).any(|_| {
                let (_store, said, allocated) = filled(fill);
                let allowed = 512 + allocated / 1_000;
                fault = format!(
                    "{said} bytes said, {allocated} allocated, allowed difference {allowed}"
                );
                said.abs_diff(allocated) <= allowed
            });
            assert!(
                is_right,
                "a value of {width} characters in {name}: {fault}: Statistics::bytes \
                 leaves something out"
            );
        }
    }
}
