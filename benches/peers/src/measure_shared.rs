//! A reader and a writer, each on its own core, on one `SharedStore`.

use std::time::{Duration, Instant};

use invodex::{Invocation, InvocationStatus, RunUpdate, SharedStore};
use serde::Serialize;

use crate::bounds::Bound;
use crate::clock::{nanoseconds_of, overhead, spin_until};
use crate::limits;
use crate::reader::{Pace, beside_reader};
use crate::rounds::{Cost, Effort, median_cost, time_y};
use crate::statistics::{median, quantile};
use crate::support::dataset::{Dataset, Options};
use crate::support::stores;
use crate::yardstick::Yardstick;

/// Reader and writer at one pace of the writer, in nanoseconds: medians over the rounds.
#[derive(Clone, Debug, Serialize)]
pub struct Shared {
    /// Writes offered in a second: 0 for none, `None` for as many as possible.
    pub offered: Option<u64>,
    pub reads_a_second: f64,
    pub read_median: f64,
    pub read_p99: f64,
    pub writes_a_second: f64,
    pub write_median: f64,
    pub write_p99: f64,
    pub write_p99_y: f64,
    /// The same over all rounds together, including those in which the machine was disturbed.
    pub write_p99_of_all: f64,
}

#[derive(Default, Serialize)]
pub struct SharedStores {
    pub cores: usize,
    pub rates: Vec<Shared>,
}

const OFFERED: [Option<u64>; 4] = [Some(0), Some(1_000), Some(50_000), None];

#[derive(Default)]
struct Rounds {
    reads: Vec<f64>,
    read_medians: Vec<f64>,
    read_p99s: Vec<f64>,
    writes: Vec<f64>,
    write_medians: Vec<f64>,
    write_p99s: Vec<Cost>,
    write_times: Vec<f64>,
}

pub fn measure(count: usize, quick: bool, effort: Effort, yardstick: &Yardstick) -> SharedStores {
    let options = Options { count, ..Options::default() };
    let shared = SharedStore::from(stores::full_store(&options));
    let length = Duration::from_millis(if quick { 50 } else { 500 });
    let dataset = Dataset::new(options);
    let mut next = count;
    let mut rounds: [Rounds; OFFERED.len()] = Default::default();
    for _ in 0..effort.rounds.div_ceil(4) {
        for (offered, rounds) in OFFERED.into_iter().zip(&mut rounds) {
            let seconds = length.as_secs_f64();
            // A task is accepted, started and finished: three writes.
            let most = offered.map_or(300_000.0, |offered| offered as f64) * seconds / 3.0;
            let tasks: Vec<_> =
                (next..next + most as usize + 1).map(|k| pending(dataset.record(k))).collect();
            next += tasks.len();
            let y = time_y(yardstick);
            let (writes, reads) =
                beside_reader(Pace::Busy, || &shared, || write(&shared, &tasks, offered, length));
            rounds.reads.push(reads.len() as f64 / writes.took.as_secs_f64());
            rounds.writes.push(writes.count as f64 / writes.took.as_secs_f64());
            rounds.read_medians.push(median(reads.iter().copied()));
            rounds.read_p99s.push(quantile(reads, 0.99));
            rounds.write_medians.push(median(writes.times.iter().copied()));
            let p99 = quantile(writes.times.iter().copied(), 0.99);
            rounds.write_p99s.push(Cost { nanoseconds: p99, y: p99 / y });
            rounds.write_times.extend(writes.times);
        }
    }
    let rates = OFFERED.into_iter().zip(rounds).map(|(offered, rounds)| {
        let write_p99 = median_cost(&rounds.write_p99s);
        Shared {
            offered,
            reads_a_second: median(rounds.reads),
            read_median: median(rounds.read_medians),
            read_p99: median(rounds.read_p99s),
            writes_a_second: median(rounds.writes),
            write_median: median(rounds.write_medians),
            write_p99: write_p99.nanoseconds,
            write_p99_y: write_p99.y,
            write_p99_of_all: quantile(rounds.write_times, 0.99),
        }
    });
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    SharedStores { cores, rates: rates.collect() }
}

/// The record as it is accepted: no run has started.
fn pending(mut record: Invocation) -> Invocation {
    for run in &mut record.instances {
        let instance_id = std::mem::take(&mut run.instance_id);
        *run = invodex::InstanceRun::new(instance_id);
        debug_assert_eq!(run.invocation_status, InvocationStatus::Pending);
    }
    record
}

struct Written {
    took: Duration,
    count: usize,
    /// Without those of the first quarter. Building the tasks has just replaced the store in the
    /// caches, and the first accepts take ten times as long.
    times: Vec<f64>,
}

/// Accepts tasks, and starts and finishes the first run of each, at the offered pace, for `length`.
fn write(
    shared: &SharedStore,
    tasks: &[Invocation],
    offered: Option<u64>,
    length: Duration,
) -> Written {
    let start = Instant::now();
    let (mut times, mut count) = (Vec::new(), 0);
    let counted_from = start + length / 4;
    let pause = offered
        .filter(|&offered| offered > 0)
        .map(|offered| Duration::from_secs(1) / offered as u32);
    let mut due = start;
    let mut one = |write: &mut dyn FnMut()| {
        if let Some(pause) = pause {
            spin_until(due);
            due += pause;
        }
        let start = Instant::now();
        write();
        let took = nanoseconds_of(start.elapsed()) - overhead();
        count += 1;
        if start >= counted_from {
            times.push(took);
        }
    };
    let (started, finished) = (RunUpdate::started(), RunUpdate::finished(0));
    for task in tasks.iter().filter(|_| offered != Some(0)) {
        if start.elapsed() >= length {
            break;
        }
        let (id, instance) = (&task.invoke_id, &task.instances[0].instance_id);
        one(&mut || assert!(shared.accept(task).expect("it is valid").retained));
        one(&mut || shared.update_run(id, instance, &started).expect("it is pending"));
        one(&mut || shared.update_run(id, instance, &finished).expect("it is running"));
    }
    let took = start.elapsed();
    if offered == Some(0) {
        std::thread::sleep(length);
    }
    Written { took: if offered == Some(0) { start.elapsed() } else { took }, count, times }
}

pub fn bounds(shared: &SharedStores, bounds: &mut Vec<Bound>) {
    let find = |offered| shared.rates.iter().find(|rate| rate.offered == Some(offered));
    if let (Some(alone), Some(busy)) = (find(0), find(50_000)) {
        bounds.push(Bound::new(&limits::READ_P99, busy.read_p99 / alone.read_p99));
        bounds.push(Bound::new(&limits::WRITE_P99, busy.write_p99_y));
    }
}
