//! Runs that bring a data set up to date.

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{accept, contents, day, record, rows, write};
use invodex::{
    Clock, Config, InvocationStatus, ManualClock, RepeatMode, RunUpdate, Store, Timestamp,
};
use invodex_testkit::dataset::{Dataset, Options};
use oorandom::Rand64;
use tempfile::tempdir;

#[test]
fn a_second_run_writes_nothing() {
    let directory = tempdir().unwrap();
    let options = Options { count: 500, outputs: Some(30), ..Options::default() };
    let store = Dataset::new(options).store();
    let first = write(&store, directory.path());
    assert_eq!((first.records_written, first.days_unchanged), (500, 0));
    assert!(first.days_written > 20 && first.runs_written > 1_000, "{first}");

    let before = contents(directory.path());
    let second = write(&store, directory.path());
    assert_eq!((second.days_written, second.days_unchanged), (0, first.days_written));
    assert_eq!(contents(directory.path()), before);
}

/// Twenty nights with new, changed and expired records: after each the data set has the rows of every
/// record as the store last showed them. The expected rows come from data sets that are written anew.
#[test]
fn every_record_stays_as_it_was_last_seen() {
    let directory = tempdir().unwrap();
    let dataset = directory.path().join("dataset");
    let clock = ManualClock::new(day(1));
    let config = Config { retention_seconds: Some(3 * 86_400), ..Config::default() };
    let mut store = Store::new(config, clock.clone());
    let rng = &mut Rand64::new(26);
    let mut expected = common::Rows::new();
    let (mut kept, mut unchanged, mut changed) = (0, 0, 0);
    for night in 0..20_u32 {
        let mut open = Vec::new();
        for number in 0..rng.rand_range(0..30) {
            let mut record = record(&format!("t-{}", rng.rand_u64()), day(1));
            record.region_id = ["cn-hangzhou", "cn-beijing"][number as usize % 2].into();
            record.repeat_mode = [RepeatMode::Once, RepeatMode::Period][number as usize / 2 % 2];
            // Some seconds have several records, and some arrive late.
            let back = rng.rand_range(0..40) as i64 * 3_600;
            record.creation_time = Some(clock.now().saturating_add_secs(-back));
            assert!(store.accept(&record).unwrap().retained || back > 0);
        }
        for view in store.iter() {
            open.push((view.invoke_id().to_owned(), view.repeat_mode()));
        }
        for (id, mode) in open.iter().filter(|_| night % 5 != 4) {
            let status = store.get(id).unwrap().instances().next().unwrap().invocation_status();
            if status == InvocationStatus::Success || rng.rand_range(0..4) > 0 {
                continue;
            }
            changed += 1;
            let ended = RunUpdate::finished(0).output(format!("night {night}"));
            store.update_run(id, "i-1", &RunUpdate::started()).unwrap();
            let ended = if *mode == RepeatMode::Period { ended.rescheduled() } else { ended };
            store.update_run(id, "i-1", &ended).unwrap();
        }

        let summary = write(&store, &dataset);
        kept += summary.records_kept;
        unchanged += summary.days_unchanged;
        let fresh = directory.path().join(format!("night-{night}"));
        write(&store, &fresh);
        expected.extend(rows(&fresh));
        assert_eq!(rows(&dataset), expected, "night {night}");
        clock.advance(86_400 / 2 + rng.rand_range(0..40_000) as u32);
    }
    assert!(kept > 20 && unchanged > 20 && changed > 100, "{kept} {unchanged} {changed}");
}

#[test]
fn only_a_day_with_a_changed_record_is_written() {
    let directory = tempdir().unwrap();
    let mut store = Store::new(Config::default(), ManualClock::new(day(20)));
    for number in 1..=20 {
        accept(&mut store, &record(&format!("t-{number:02}"), day(number)));
    }
    write(&store, directory.path());
    let before = contents(directory.path());
    store.update_run("t-07", "i-1", &RunUpdate::started()).unwrap();
    let summary = write(&store, directory.path());
    assert_eq!((summary.days_written, summary.days_unchanged), (1, 19));
    let after = contents(directory.path());
    let differ: Vec<&Path> = (before.keys())
        .filter(|file| before[*file] != after[*file])
        .map(|file| file.as_path())
        .collect();
    assert_eq!((before.len(), after.len(), differ.len()), (41, 41, 2), "{differ:?}");
    assert!(differ.iter().all(|file| file.to_str().unwrap().contains("creation_date=2025-05-07")));
}

/// Histories beyond the store's limit, and outputs beyond its budget, stay in the data set.
#[test]
fn histories_and_outputs_that_the_store_dropped_stay() {
    let directory = tempdir().unwrap();
    let clock = ManualClock::new(day(1));
    let config = Config { history_limit: 2, output_budget: Some(2_000), ..Config::default() };
    let mut store = Store::new(config, clock.clone());
    let mut task = record("t-task", day(1));
    task.repeat_mode = RepeatMode::Period;
    task.instances.push(invodex::InstanceRun::new("i-2"));
    accept(&mut store, &task);
    for execution in 0..7 {
        clock.advance(60);
        for instance in ["i-1", "i-2"] {
            store.update_run("t-task", instance, &RunUpdate::started()).unwrap();
            let ended = RunUpdate::finished(0).output(format!("<{instance} {execution}>"));
            store.update_run("t-task", instance, &ended.rescheduled()).unwrap();
        }
        // Two executions from one night to the next.
        if execution % 2 == 0 {
            write(&store, directory.path());
        }
    }
    let rows = rows(directory.path()).into_values().next().unwrap();
    let of = |instance: &str| -> Vec<&String> {
        rows[1..]
            .iter()
            .filter(|row| row.contains(&format!("instance_id: \"{instance}\"")))
            .collect()
    };
    for instance in ["i-1", "i-2"] {
        let runs = of(instance);
        assert_eq!(runs.len(), 1 + 7, "{runs:#?}");
        for (position, row) in runs.iter().enumerate() {
            assert!(row.contains(&format!("history_position: {position},")), "{row}");
            // The run itself shows the last execution, which is also the newest history record.
            let repeats = if position == 0 { 7 } else { 8 - position };
            assert!(row.contains(&format!("repeats: {repeats},")), "{row}");
        }
    }

    // A large output drops all that is older.
    let before = of("i-1")[3].clone();
    accept(&mut store, &record("t-late", day(1)));
    store.update_run("t-late", "i-1", &RunUpdate::started()).unwrap();
    store.update_run("t-late", "i-1", &RunUpdate::finished(0).output([b'x'; 1_990])).unwrap();
    assert!(store.statistics().output_bytes_dropped > 0);
    assert_eq!(store.get("t-task").unwrap().instances().next().unwrap().output(), b"");
    write(&store, directory.path());
    let rows = common::rows(directory.path()).into_values().last().unwrap();
    assert!(rows.contains(&before), "{rows:#?}");
    assert_eq!(rows.iter().filter(|row| row.contains("output: []")).count(), 0, "{rows:#?}");
    let again = write(&store, directory.path());
    assert_eq!((again.days_written, again.days_unchanged), (0, 1));
}

/// The same capture, imported again, has other acceptance numbers.
#[test]
fn a_capture_is_merged_by_invoke_id() {
    let directory = tempdir().unwrap();
    let dataset = directory.path().join("dataset");
    let capture = |name: &str, from: usize, to: usize| {
        let file = directory.path().join(name);
        let store = Dataset::of(to).store();
        let mut body = Vec::new();
        for view in store.iter().take(to - from) {
            let page = invodex::DescribeInvocations::new(view.region_id())
                .invoke_id(view.invoke_id())
                .include_output(true);
            store.describe_invocations(&page).unwrap().write_json("", &mut body);
            body.push(b'\n');
        }
        fs::write(&file, body).unwrap();
        file
    };
    let all = capture("all.json", 0, 300);
    let newest = capture("newest.json", 200, 300);
    for (files, written, unchanged) in
        [(&all, true, false), (&all, false, true), (&newest, false, true)]
    {
        let file = files.to_str().unwrap();
        let output = common::command(&["captures", file, "--into", dataset.to_str().unwrap()]);
        assert!(output.status.success(), "{output:?}");
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told.contains(" 0 days written"), !written, "{told}");
        assert_eq!(!told.contains(" 0 unchanged"), unchanged, "{told}");
    }
    let ids: Vec<_> = rows(&dataset).into_keys().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), 300);
}

/// The list order of records with equal times is a part of the day: it follows the numbers, whose values
/// do not matter.
#[test]
fn another_order_within_a_second_is_a_change() {
    let directory = tempdir().unwrap();
    let of = |ids: [&str; 3]| {
        let mut store = Store::new(Config::default(), day(2));
        for id in ids {
            accept(&mut store, &record(id, day(if id == "t-0" { 2 } else { 1 })));
        }
        store
    };
    for (ids, written) in [
        (["t-0", "t-1", "t-2"], 2),
        (["t-1", "t-0", "t-2"], 0),
        (["t-1", "t-2", "t-0"], 0),
        (["t-2", "t-0", "t-1"], 1),
        (["t-2", "t-1", "t-0"], 0),
    ] {
        let summary = write(&of(ids), directory.path());
        assert_eq!(summary.days_written, written, "{ids:?}");
    }
}

/// The oldest and the newest time, and a region that is no directory's name.
#[test]
fn ends_of_the_range() {
    let directory = tempdir().unwrap();
    let config = Config { retention_seconds: None, ..Config::default() };
    let mut store = Store::new(config, Timestamp::MIN);
    for (id, time) in [("t-1", Timestamp::MIN), ("t-2", Timestamp::MAX)] {
        let mut record = record(id, time);
        record.region_id = "../a=b%41".into();
        accept(&mut store, &record);
    }
    write(&store, directory.path());
    let days: Vec<_> = rows(directory.path()).into_keys().map(|(day, _)| day).collect();
    assert_eq!(
        days,
        [
            "region_id=..%2Fa%3Db%2541/creation_date=1970-01-01",
            "region_id=..%2Fa%3Db%2541/creation_date=2106-02-07"
        ]
    );
}

/// A clock that goes on by a second whenever it is read, so that records expire during an export.
struct Ticking(AtomicU32);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        day(1).saturating_add_secs(self.0.fetch_add(1, Ordering::Relaxed).into())
    }
}

#[test]
fn an_export_shows_one_moment() {
    let directory = tempdir().unwrap();
    let config = Config { retention_seconds: Some(200), ..Config::default() };
    let mut store = Store::new(config, Ticking(AtomicU32::new(0)));
    for number in 0..100 {
        // The oldest are written last.
        let id = format!("t-{:02}", 99 - number);
        let mut task = record(&id, day(1).saturating_add_secs(number));
        task.repeat_mode = RepeatMode::Period;
        accept(&mut store, &task);
    }
    let summary = write(&store, directory.path());
    assert_eq!((summary.records_written, summary.runs_written), (summary.records, summary.records));
    let rows = rows(directory.path());
    assert_eq!(rows.len(), summary.records);
    assert!(rows.values().all(|rows| rows.len() == 2), "a record and its run");
    assert!(summary.records > 90, "{summary}");
}

#[test]
fn an_empty_store_makes_no_data_set() {
    let directory = tempdir().unwrap();
    let dataset = directory.path().join("dataset");
    let summary = write(&Store::default(), &dataset);
    assert_eq!((summary.records, summary.days_written), (0, 0));
    assert!(!dataset.exists());
}
