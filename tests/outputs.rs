//! Output over 24,576 bytes: the part that is kept and the count of the others, against the plain
//! concatenation of all that was reported.

use invodex::{
    Config, DescribeInvocationResults, InstanceRun, Invocation, InvocationStatus, OutputUpdate,
    RepeatMode, RunUpdate, Store, Timestamp,
};
use proptest::prelude::*;

const KEPT: usize = 24_576;
const FIRST: usize = 6_000;
/// Lengths of pieces at the borders of what is kept.
const BORDERS: &[usize] = &[5_999, 6_000, 6_001, 18_576, 24_575, 24_576, 24_577];

/// The run's and its history records' output and Dropped, newest first.
fn answered(store: &Store) -> Vec<(Vec<u8>, u64)> {
    let request = DescribeInvocationResults::new("cn-a").invoke_id("t-1").include_history(true);
    let page = store.describe_invocation_results(&request).expect("no fault");
    page.invocation_results().map(|row| (row.output().to_vec(), row.dropped())).collect()
}

fn record(repeat_mode: RepeatMode, output: Vec<u8>) -> Invocation {
    let mut record = Invocation::new("cn-a", "t-1", "c-1");
    record.repeat_mode = repeat_mode;
    let mut run = InstanceRun::new("i-1");
    run.output = output;
    record.instances.push(run);
    record
}

/// All that was reported since the output last began, and the bytes lost before.
#[derive(Clone, Debug, Default)]
struct Reported {
    pieces: Vec<u8>,
    lost: u64,
}

impl Reported {
    /// An output that is given whole. From then on its last bytes are what was reported.
    fn whole(output: &[u8], lost: u64) -> Self {
        let cut = output.len().saturating_sub(KEPT);
        Reported { pieces: output[cut..].to_vec(), lost: lost + cut as u64 }
    }

    /// The output that is kept, and Dropped.
    fn kept(&self, recurring: bool) -> (Vec<u8>, u64) {
        let Some(cut) = self.pieces.len().checked_sub(KEPT) else {
            return (self.pieces.clone(), self.lost);
        };
        let kept = if recurring {
            self.pieces[cut..].to_vec()
        } else {
            [&self.pieces[..FIRST], &self.pieces[FIRST + cut..]].concat()
        };
        (kept, self.lost + cut as u64)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    AppendWithCount(usize, u64),
    Replace(usize),
    ReplaceWithCount(usize, u64),
    Count(u64),
    /// Ends the execution and starts the next one, of a recurring task.
    NextExecution,
    SaveAndRestore,
}

fn step() -> impl Strategy<Value = Step> {
    let length = || {
        prop_oneof![
            3 => 0..9_usize,
            3 => 0..8_000_usize,
            1 => 0..60_000_usize,
            2 => prop::sample::select(BORDERS),
        ]
    };
    let count = || 0..100_u64;
    prop_oneof![
        9 => length().prop_map(Step::Append),
        1 => (length(), count()).prop_map(|(length, count)| Step::AppendWithCount(length, count)),
        1 => length().prop_map(Step::Replace),
        1 => (length(), count()).prop_map(|(length, count)| Step::ReplaceWithCount(length, count)),
        1 => count().prop_map(Step::Count),
        1 => Just(Step::NextExecution),
        1 => Just(Step::SaveAndRestore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// However an output is divided into pieces, the kept part is that of the concatenation.
    #[test]
    fn the_kept_part_is_that_of_all_pieces_together(
        mode in prop::sample::select(RepeatMode::ALL),
        accepted in prop_oneof![3 => Just(0), 1 => 0..60_000_usize],
        steps in prop::collection::vec(step(), 1..24),
    ) {
        let recurring = matches!(mode, RepeatMode::Period | RepeatMode::EveryReboot);
        // Each byte follows from its position among all bytes of the case.
        let mut position = 0;
        let mut bytes = |length: usize| -> Vec<u8> {
            position += length;
            (position - length..position).map(|at| (at % 251) as u8).collect()
        };
        let mut store = Store::new(Config::default(), Timestamp::MIN);
        let output = bytes(accepted);
        let mut reported = Reported::whole(&output, 0);
        let mut history = Vec::new();
        assert!(store.accept(&record(mode, output)).expect("a record without a fault").retained);
        prop_assert_eq!(answered(&store), vec![reported.kept(recurring)]);
        store.update_run("t-1", "i-1", &RunUpdate::started()).expect("it is pending");
        // A start clears the output.
        reported = Reported::default();
        for step in steps {
            let mut update = RunUpdate::default();
            match step {
                Step::Append(length) => {
                    let more = bytes(length);
                    reported.pieces.extend_from_slice(&more);
                    update.output = Some(OutputUpdate::Append(more));
                }
                Step::AppendWithCount(length, count) => {
                    let more = bytes(length);
                    let (stored, _) = reported.kept(recurring);
                    reported = Reported { pieces: [&stored[..], &more].concat(), lost: count };
                    update.output = Some(OutputUpdate::Append(more));
                    update.dropped = Some(count);
                }
                Step::Replace(length) => {
                    let whole = bytes(length);
                    reported = Reported::whole(&whole, 0);
                    update.output = Some(OutputUpdate::Replace(whole));
                }
                Step::ReplaceWithCount(length, count) => {
                    let whole = bytes(length);
                    reported = Reported::whole(&whole, count);
                    update.output = Some(OutputUpdate::Replace(whole));
                    update.dropped = Some(count);
                }
                Step::Count(count) => {
                    let (stored, _) = reported.kept(recurring);
                    reported = Reported { pieces: stored, lost: count };
                    update.dropped = Some(count);
                }
                Step::NextExecution if recurring => {
                    let end = RunUpdate::finished(0).rescheduled();
                    store.update_run("t-1", "i-1", &end).expect("it is running");
                    history.insert(0, reported.kept(recurring));
                    update = RunUpdate::started();
                    reported = Reported::default();
                }
                Step::NextExecution => continue,
                Step::SaveAndRestore => {
                    let mut archive = Vec::new();
                    store.save(&mut archive).expect("memory takes every write");
                    store = Store::restore(Config::default(), Timestamp::MIN, &archive[..])
                        .expect("it was just saved")
                        .store;
                    continue;
                }
            }
            store.update_run("t-1", "i-1", &update).expect("it is running");
            // A page has ten rows.
            let rows = [reported.kept(recurring)].into_iter().chain(history.iter().cloned());
            let expected: Vec<_> = rows.take(10).collect();
            // Not `prop_assert_eq`, which would print all bytes.
            prop_assert!(answered(&store) == expected, "after {:?}", update);
            prop_assert_eq!(store.internal_validate(), Ok(()));
        }
    }
}

/// A report of output, with or without a number for Dropped.
#[derive(Clone, Copy, Debug)]
enum Report {
    Replace(usize, Option<u64>),
    Append(usize, Option<u64>),
    /// Only the number.
    Count(u64),
}

/// Reports of each kind, with outputs of these lengths, and each without a number, with 0, another
/// and the highest, to which nothing can be added.
fn reports(lengths: &[usize]) -> Vec<Report> {
    let counts = [Some(0), Some(7), Some(u64::MAX)];
    let mut reports: Vec<_> = counts.into_iter().flatten().map(Report::Count).collect();
    for count in [None].into_iter().chain(counts) {
        reports.extend(lengths.iter().map(|&length| Report::Replace(length, count)));
        reports.extend(lengths.iter().map(|&length| Report::Append(length, count)));
    }
    reports
}

/// Makes the reports and compares output and Dropped after each. With `start` the first one is part
/// of the update that starts the run, which clears both. Outputs are the first of `bytes`.
fn check(mode: RepeatMode, start: bool, sequence: &[Report], bytes: &[u8]) {
    let recurring = matches!(mode, RepeatMode::Period | RepeatMode::EveryReboot);
    let mut store = Store::new(Config::default(), Timestamp::MIN);
    let mut record = record(mode, vec![b'x'; 9]);
    record.instances[0].dropped = 4;
    if !start {
        record.instances[0].invocation_status = InvocationStatus::Running;
    }
    assert!(store.accept(&record).expect("a record without a fault").retained);
    let (mut output, mut dropped) = (vec![b'x'; 9], 4_u64);
    for (at, report) in sequence.iter().enumerate() {
        let mut update = RunUpdate::default();
        if start && at == 0 {
            update = RunUpdate::started();
            (output, dropped) = (Vec::new(), 0);
        }
        match *report {
            Report::Count(count) => {
                update.dropped = Some(count);
                dropped = count;
            }
            Report::Replace(length, count) => {
                // A whole output begins anew, and so does its count.
                (output, dropped) = (bytes[..length].to_vec(), count.unwrap_or(0));
                update.output = Some(OutputUpdate::Replace(output.clone()));
                update.dropped = count;
            }
            Report::Append(length, count) => {
                // A number takes the place of the count so far.
                output.extend_from_slice(&bytes[..length]);
                dropped = count.unwrap_or(dropped);
                update.output = Some(OutputUpdate::Append(bytes[..length].to_vec()));
                update.dropped = count;
            }
        }
        let cut = output.len().saturating_sub(KEPT);
        let is_piece = matches!(report, Report::Append(..)) && !recurring;
        if cut > 0 {
            let from = if is_piece { FIRST } else { 0 };
            output.drain(from..from + cut);
        }
        dropped = dropped.saturating_add(cut as u64);
        store.update_run("t-1", "i-1", &update).expect("the run can take it");
        let run = store.get("t-1").expect("it is there").instances().next().expect("it has one");
        assert_eq!(run.dropped(), dropped, "{mode}, {start}: {:?}", &sequence[..=at]);
        assert!(run.output() == output, "{mode}, {start}: {:?}", &sequence[..=at]);
    }
}

#[test]
fn dropped_after_every_sequence_of_reports() {
    let (all, some) = (reports(&[0, 3, KEPT, KEPT + 5]), reports(&[3, KEPT + 5]));
    let bytes: Vec<u8> = (0..KEPT + 5).map(|at| (at % 251) as u8).collect();
    for &mode in RepeatMode::ALL {
        for start in [false, true] {
            for &first in &all {
                for &second in &all {
                    check(mode, start, &[first, second], &bytes);
                }
            }
        }
        for &first in &some {
            for &second in &some {
                for &third in &some {
                    check(mode, false, &[first, second, third], &bytes);
                }
            }
        }
    }
    assert_eq!((all.len(), some.len()), (35, 19));
}

/// The budget takes a stored output whole. The next piece is then the first that is stored.
#[test]
fn a_piece_after_the_budget_took_the_output_begins_anew() {
    let config = Config { output_budget: Some(30_000), ..Config::default() };
    let mut store = Store::new(config, Timestamp::MIN);
    let held = store.accept(&record(RepeatMode::Once, Vec::new()));
    assert!(held.expect("a record without a fault").retained);
    let mut other = record(RepeatMode::Once, Vec::new());
    other.invoke_id = "t-2".into();
    assert!(store.accept(&other).expect("a record without a fault").retained);

    let report = |store: &mut Store, invoke_id: &str, bytes: Vec<u8>| {
        let more = RunUpdate::more_output(bytes);
        store.update_run(invoke_id, "i-1", &more).expect("there is such a run");
    };
    report(&mut store, "t-1", vec![b'a'; 24_577]);
    assert_eq!(answered(&store), [(vec![b'a'; 24_576], 1)]);
    assert_eq!(store.statistics().output_bytes_dropped, 0, "the budget counts kept bytes");
    // The older record loses its output.
    report(&mut store, "t-2", vec![b'b'; 5_425]);
    assert_eq!(answered(&store), [(Vec::new(), 24_577)]);
    assert_eq!(store.statistics().output_bytes_dropped, 24_576);
    let none = RunUpdate::default().output(Vec::new());
    store.update_run("t-2", "i-1", &none).expect("there is such a run");
    let piece = [vec![b'c'; 6_000], vec![b'd'; 9], vec![b'e'; 18_576]].concat();
    report(&mut store, "t-1", piece);
    let kept = [vec![b'c'; 6_000], vec![b'e'; 18_576]].concat();
    assert!(answered(&store) == [(kept, 24_577 + 9)]);
    store.internal_validate().expect("it is sound");
}
