//! A reader on a thread of its own, beside what is done on this one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use invodex::{DescribeInvocations, InvokeStatus, SharedStore};

use crate::clock::{nanoseconds_of, overhead, spin_until};
use crate::support::dataset::pools::{REGIONS, TAG_KEYS};

/// How often a reader asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    Every(Duration),
    /// Without a pause.
    Busy,
}

/// The pages that the reader asks for in turn.
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

/// Does `work` while a reader asks `store`. Also gives how long each of its queries took, in
/// nanoseconds.
pub fn beside_reader<'a, T>(
    pace: Pace,
    store: impl Fn() -> &'a SharedStore + Sync,
    work: impl FnOnce() -> T,
) -> (T, Vec<f64>) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let requests = requests();
            let mut times = Vec::with_capacity(1 << 20);
            let mut due = Instant::now();
            let mut body = Vec::new();
            for request in requests.iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                if let Pace::Every(pause) = pace {
                    due = Instant::now().max(due + pause);
                    spin_until(due);
                }
                let start = Instant::now();
                body.clear();
                store().describe_invocations(request, "", &mut body).expect("it is valid");
                let took = start.elapsed();
                std::hint::black_box(&body);
                times.push(nanoseconds_of(took) - overhead());
            }
            times
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        (result, reader.join().expect("the reader does not panic"))
    })
}
