//! A reader on its own thread, beside the work of the calling thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use invodex::{DescribeInvocations, InvokeStatus, SharedStore};

use crate::clock::{nanoseconds_of, overhead, spin_until};
use crate::support::dataset::pools::{REGIONS, TAG_KEYS};

/// The pause between a reader's requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    Every(Duration),
    /// Without a pause.
    Busy,
}

/// The requests of the reader, made in turn.
fn requests() -> Vec<DescribeInvocations> {
    let all = || DescribeInvocations::new(REGIONS[0].id).max_results(10);
    vec![
        all(),
        all().max_results(50),
        all().invoke_status(InvokeStatus::Success),
        all().invoke_status(InvokeStatus::Failed).tag_key(TAG_KEYS[0]),
        all().tag_key(TAG_KEYS[1]).max_results(50),
    ]
}

/// The time of one answer in nanoseconds. The only place that queries through a `SharedStore`.
fn time_answer(store: &SharedStore, request: &DescribeInvocations, body: &mut Vec<u8>) -> f64 {
    let start = Instant::now();
    body.clear();
    store.describe_invocations(request, "", body).expect("the request is valid");
    let took = start.elapsed();
    std::hint::black_box(body);
    nanoseconds_of(took)
}

/// Does `work` while a reader queries `store`. Also returns the time of each query, in nanoseconds.
pub fn beside_reader<'a, T>(
    pace: Pace,
    store: impl Fn() -> &'a SharedStore + Sync,
    work: impl FnOnce() -> T,
) -> (T, Vec<f64>) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let requests = requests();
            let (mut times, mut body) = (Vec::with_capacity(1 << 20), Vec::new());
            let mut due = Instant::now();
            for request in requests.iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                if let Pace::Every(pause) = pace {
                    due = Instant::now().max(due + pause);
                    spin_until(due);
                }
                let store = store();
                times.push(time_answer(store, request, &mut body) - overhead());
            }
            times
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        (result, reader.join().expect("the reader does not panic"))
    })
}
