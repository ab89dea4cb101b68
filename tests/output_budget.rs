//! The budget for all outputs, against the test's own counts.

use invodex::{
    Config, DescribeInvocationResults, InstanceRun, Invocation, RepeatMode, RunUpdate, Store,
    Timestamp,
};
use proptest::prelude::*;

/// Bytes kept and bytes dropped, of a run or of a history record.
type Output = (usize, u64);

/// A record of a recurring task on one instance.
#[derive(Clone, Debug, Default)]
struct Book {
    invoke_id: String,
    time: i64,
    running: bool,
    run: Output,
    history: Vec<Output>,
}

impl Book {
    fn bytes(&self) -> usize {
        self.run.0 + self.history.iter().map(|output| output.0).sum::<usize>()
    }

    fn drop_outputs(&mut self) -> u64 {
        let mut bytes = 0;
        for output in self.history.iter_mut().chain([&mut self.run]) {
            output.1 += output.0 as u64;
            bytes += output.0 as u64;
            output.0 = 0;
        }
        bytes
    }
}

#[derive(Clone, Debug)]
enum Step {
    Accept { time: i64, output: usize },
    Start(usize),
    More(usize, usize),
    Finish(usize, usize),
    Delete(usize),
    SaveAndRestore,
}

fn step() -> impl Strategy<Value = Step> {
    let (which, bytes) = (0..8_usize, 0..40_usize);
    prop_oneof![
        3 => (1_000..1_020_i64, bytes.clone()).prop_map(|(time, output)| Step::Accept { time, output }),
        3 => which.clone().prop_map(Step::Start),
        3 => (which.clone(), bytes.clone()).prop_map(|(at, bytes)| Step::More(at, bytes)),
        3 => (which.clone(), bytes).prop_map(|(at, bytes)| Step::Finish(at, bytes)),
        1 => which.prop_map(Step::Delete),
        1 => Just(Step::SaveAndRestore),
    ]
}

/// Output length and Dropped of the record's run and history, oldest last, as the store answers.
fn answered(store: &Store, invoke_id: &str) -> Vec<Output> {
    let request = DescribeInvocationResults::new("cn-a")
        .invoke_id(invoke_id)
        .include_history(true)
        .page_size(50);
    let page = store.describe_invocation_results(&request).expect("no fault");
    page.invocation_results().map(|row| (row.output().len(), row.dropped())).collect()
}

proptest! {
    #[test]
    fn the_oldest_records_lose_their_outputs_first(
        budget in 0..150_usize,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let config = Config {
            output_budget: Some(budget),
            retention_seconds: None,
            history_limit: 3,
            ..Config::default()
        };
        let mut store = Store::new(config.clone(), Timestamp::MIN);
        let mut books: Vec<Book> = Vec::new();
        let (mut accepted, mut dropped) = (0, 0);
        for step in steps {
            let at = |which: usize| (!books.is_empty()).then(|| which % books.len().max(1));
            match step {
                Step::Accept { time, output } => {
                    accepted += 1;
                    let invoke_id = format!("t-{accepted}");
                    let mut record = Invocation::new("cn-a", &*invoke_id, "c-1");
                    record.repeat_mode = RepeatMode::Period;
                    record.creation_time = Timestamp::from_secs(time);
                    let mut run = InstanceRun::new("i-1");
                    run.output = vec![b'x'; output];
                    record.instances.push(run);
                    assert!(store.accept(&record).expect("no fault").retained);
                    let book = Book { invoke_id, time, run: (output, 0), ..Book::default() };
                    // Records with equal times are in the order of acceptance.
                    let place = books.partition_point(|other| other.time <= time);
                    books.insert(place, book);
                }
                Step::Start(which) => if let Some(at) = at(which) {
                    let book = &mut books[at];
                    let started = store.update_run(&book.invoke_id, "i-1", &RunUpdate::started());
                    prop_assert!(started.is_ok());
                    if !book.running {
                        (book.running, book.run) = (true, (0, 0));
                    }
                },
                Step::More(which, bytes) => if let Some(at) = at(which) {
                    let more = RunUpdate::more_output(vec![b'y'; bytes]);
                    store.update_run(&books[at].invoke_id, "i-1", &more).expect("no move");
                    books[at].run.0 += bytes;
                },
                Step::Finish(which, bytes) => if let Some(at) = at(which) {
                    let book = &mut books[at];
                    let finished = RunUpdate::finished(0).output(vec![b'z'; bytes]).rescheduled();
                    let result = store.update_run(&book.invoke_id, "i-1", &finished);
                    prop_assert_eq!(result.is_ok(), book.running);
                    if book.running {
                        (book.running, book.run) = (false, (bytes, 0));
                        book.history.push(book.run);
                        let surplus = book.history.len().saturating_sub(3);
                        book.history.drain(..surplus);
                    }
                },
                Step::Delete(which) => if let Some(at) = at(which) {
                    store.delete(&books.remove(at).invoke_id).expect("it is there");
                },
                Step::SaveAndRestore => {
                    let mut archive = Vec::new();
                    store.save(&mut archive).expect("memory takes every write");
                    let restored = Store::restore(config.clone(), Timestamp::MIN, &archive[..]);
                    store = restored.expect("it was just saved").store;
                    // A restored store counts from 0.
                    dropped = 0;
                }
            }
            while books.iter().map(Book::bytes).sum::<usize>() > budget {
                let oldest = books.iter_mut().find(|book| book.bytes() > 0);
                dropped += oldest.expect("some record has output").drop_outputs();
            }
            prop_assert_eq!(store.internal_validate(), Ok(()));
            prop_assert_eq!(store.statistics().output_bytes_dropped, dropped);
            for book in &books {
                let expected: Vec<Output> =
                    [book.run].into_iter().chain(book.history.iter().rev().copied()).collect();
                prop_assert_eq!(answered(&store, &book.invoke_id), expected);
            }
        }
    }
}
