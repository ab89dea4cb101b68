//! Writes through the public API, with records that are built in advance. Each write is timed
//! alone, less the cost of reading the clock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use invodex::{Invocation, InvocationStatus, RunUpdate, SharedStore, Store, Timestamp};
use serde::Serialize;

use crate::bounds::Bound;
use crate::clock::{nanoseconds_of, overhead};
use crate::limits;
use crate::reader::{Pace, beside_reader};
use crate::rounds::{Cost, Effort, median_cost, time_y};
use crate::statistics::{median, quantile};
use crate::support::dataset::{Dataset, Options};
use crate::support::stores;
use crate::yardstick::Yardstick;

/// Number of writes of one kind in a round.
const OPERATIONS: usize = 32;

#[derive(Default, Serialize)]
pub struct Writes {
    pub alone: Option<Kinds>,
    /// On a `SharedStore`, beside a reader that makes 10,000 requests a second.
    pub paced_reader: Option<Kinds>,
    /// The same beside a reader that does not pause.
    pub busy_reader: Option<Kinds>,
    pub steady: Option<Steady>,
}

/// The cost of each kind of write, as medians.
#[derive(Clone, Debug, Serialize)]
pub struct Kinds {
    /// Accepting the newest record in a store that is not full.
    pub accept: Cost,
    /// The same in a full store, which evicts its oldest record.
    pub accept_and_evict: Cost,
    /// The difference between the two.
    pub evict: Cost,
    /// Deleting the oldest record by its InvokeId.
    pub delete_oldest: Cost,
    /// A status change: a running run succeeds.
    pub update: Cost,
    /// A single late record into the middle of a full store.
    pub backfill: Cost,
}

/// Many accepts one after the other, each of which evicts.
#[derive(Clone, Debug, Serialize)]
pub struct Steady {
    pub writes: usize,
    pub median: Cost,
    /// p99.99 of a single run, which includes every disturbance of the machine.
    pub p9999_of_one_run: Cost,
    /// p99.99 of each write's shortest time in three equal runs. Disturbances do not repeat; the
    /// store's own work does.
    pub p9999: Cost,
    pub longest: Cost,
}

/// The target of writes: a store, or a handle to one.
trait Target {
    fn accept(&mut self, record: &Invocation);
    fn update(&mut self, run: &(String, String), update: &RunUpdate);
    fn delete(&mut self, invoke_id: &str);
}

impl Target for Store {
    fn accept(&mut self, record: &Invocation) {
        assert!(Store::accept(self, record).expect("the record is valid").retained);
    }

    fn update(&mut self, (invoke_id, instance_id): &(String, String), update: &RunUpdate) {
        self.update_run(invoke_id, instance_id, update).expect("the run is running");
    }

    fn delete(&mut self, invoke_id: &str) {
        Store::delete(self, invoke_id).expect("the record is there");
    }
}

impl Target for SharedStore {
    fn accept(&mut self, record: &Invocation) {
        assert!(SharedStore::accept(self, record).expect("the record is valid").retained);
    }

    fn update(&mut self, (invoke_id, instance_id): &(String, String), update: &RunUpdate) {
        self.update_run(invoke_id, instance_id, update).expect("the run is running");
    }

    fn delete(&mut self, invoke_id: &str) {
        SharedStore::delete(self, invoke_id).expect("the record is there");
    }
}

/// Each kind of write has a store of its own, so that none warms the caches for another.
const GROWING: usize = 0;
const FULL: usize = 1;
const UPDATED: usize = 2;
const SHRINKING: usize = 3;
const BACKFILLED: usize = 4;

fn new_stores(options: &Options) -> [Store; 5] {
    [2, 1, 1, 1, 1].map(|capacity| stores::store_of(options, capacity * options.count))
}

/// All records that are written, built in advance.
struct Material {
    fresh: Vec<Invocation>,
    running: Vec<(String, String)>,
    oldest: Vec<String>,
    late: Vec<Invocation>,
}

impl Material {
    fn new(options: &Options, rounds: usize) -> Self {
        let dataset = Dataset::new(*options);
        let count = options.count;
        let of = |from: usize| (from..).map(|k| dataset.record(k));
        let fresh = of(count).take(rounds * OPERATIONS).collect();
        let running = of(0).take(count).flat_map(|record| {
            let invoke_id = record.invoke_id;
            let runs = record.instances.into_iter();
            runs.filter(|run| run.invocation_status == InvocationStatus::Running)
                .map(move |run| (invoke_id.clone(), run.instance_id))
        });
        let running = running.take(rounds * OPERATIONS).collect();
        let oldest =
            of(0).take(count.min(rounds * OPERATIONS)).map(|record| record.invoke_id).collect();
        let middle = dataset.record(count / 2).creation_time;
        let late = of(2 * count + rounds * OPERATIONS).take(rounds).enumerate();
        let late = late.map(|(at, mut record)| {
            let shift = (at as i64 * 7_919) % 86_400 - 43_200;
            record.creation_time = middle.map(|time: Timestamp| time.saturating_add_secs(shift));
            record
        });
        Material { fresh, running, oldest, late: late.collect() }
    }
}

/// The median of some writes of one kind, or `None` if no record is left to write.
fn time_each<T>(items: &[T], mut write: impl FnMut(&T)) -> Option<f64> {
    let times = items.iter().map(|item| {
        let start = Instant::now();
        write(item);
        nanoseconds_of(start.elapsed())
    });
    let times: Vec<f64> = times.collect();
    (!times.is_empty()).then(|| median(times) - overhead())
}

fn part<T>(items: &[T], round: usize) -> &[T] {
    items.chunks(OPERATIONS).nth(round).unwrap_or_default()
}

fn measure_kinds<T: Target>(
    targets: &mut [T; 5],
    material: &Material,
    rounds: usize,
    yardstick: &Yardstick,
    turn: impl Fn(usize),
) -> Kinds {
    let mut costs: [Vec<Cost>; 5] = Default::default();
    let mut evictions = Vec::new();
    let update = RunUpdate::finished(0);
    for round in 0..rounds {
        let y = time_y(yardstick);
        let cost = |nanoseconds: f64| Cost { nanoseconds, y: nanoseconds / y };
        let mut times = [None; 5];
        for (at, target) in targets.iter_mut().enumerate() {
            turn(at);
            times[at] = match at {
                GROWING | FULL => time_each(part(&material.fresh, round), |r| target.accept(r)),
                UPDATED => {
                    time_each(part(&material.running, round), |run| target.update(run, &update))
                }
                SHRINKING => time_each(part(&material.oldest, round), |id| target.delete(id)),
                _ => time_each(&material.late[round..=round], |record| target.accept(record)),
            };
            costs[at].extend(times[at].map(cost));
        }
        if let (Some(growing), Some(full)) = (times[GROWING], times[FULL]) {
            evictions.push(cost(full - growing));
        }
    }
    let of = |at: usize| median_cost(&costs[at]);
    Kinds {
        accept: of(GROWING),
        accept_and_evict: of(FULL),
        evict: median_cost(&evictions),
        delete_oldest: of(SHRINKING),
        update: of(UPDATED),
        backfill: of(BACKFILLED),
    }
}

pub fn measure(count: usize, quick: bool, effort: Effort, yardstick: &Yardstick) -> Writes {
    let options = Options { count, ..Options::default() };
    let rounds = effort.rounds * 2;
    let material = Material::new(&options, rounds);
    let mut alone = new_stores(&options);
    let mut writes = Writes {
        alone: Some(measure_kinds(&mut alone, &material, rounds, yardstick, |_| {})),
        ..Writes::default()
    };
    drop(alone);
    for pace in [Pace::Every(Duration::from_micros(100)), Pace::Busy] {
        let mut shared = new_stores(&options).map(SharedStore::from);
        let read = shared.clone();
        let current = AtomicUsize::new(0);
        let (kinds, _) = beside_reader(
            pace,
            || &read[current.load(Ordering::Relaxed)],
            || {
                measure_kinds(&mut shared, &material, rounds, yardstick, |at| {
                    current.store(at, Ordering::Relaxed);
                })
            },
        );
        match pace {
            Pace::Busy => writes.busy_reader = Some(kinds),
            Pace::Every(_) => writes.paced_reader = Some(kinds),
        }
    }
    writes.steady = Some(measure_steady(&options, quick, yardstick));
    writes
}

fn measure_steady(options: &Options, quick: bool, yardstick: &Yardstick) -> Steady {
    let total = if quick { 50_000 } else { 1_000_000 };
    let dataset = Dataset::new(*options);
    let mut shortest = vec![u32::MAX; total];
    let mut one_run = Vec::new();
    let mut y = Vec::new();
    for run in 0..3 {
        let mut store = stores::full_store(options);
        let mut times = Vec::with_capacity(total);
        while times.len() < total {
            let next = options.count + times.len();
            let records = next..next + 10_000.min(total - times.len());
            let records: Vec<_> = records.map(|k| dataset.record(k)).collect();
            y.push(time_y(yardstick));
            for record in &records {
                let start = Instant::now();
                Target::accept(&mut store, record);
                times.push(start.elapsed().as_nanos().min(u128::from(u32::MAX)) as u32);
            }
        }
        assert_eq!(store.len(), options.count, "each accept evicts");
        for (shortest, &time) in shortest.iter_mut().zip(&times) {
            *shortest = time.min(*shortest);
        }
        if run == 0 {
            one_run = times;
        }
    }
    let y = median(y);
    let at = |times: &[u32], share: f64| {
        let time = quantile(times.iter().map(|&time| f64::from(time)), share) - overhead();
        Cost { nanoseconds: time, y: time / y }
    };
    Steady {
        writes: total,
        median: at(&shortest, 0.5),
        p9999_of_one_run: at(&one_run, 0.9999),
        p9999: at(&shortest, 0.9999),
        longest: at(&shortest, 1.0),
    }
}

pub fn bounds(writes: &Writes, bounds: &mut Vec<Bound>) {
    let Some(alone) = &writes.alone else { return };
    bounds.push(Bound::new(&limits::ACCEPT, alone.accept.y));
    bounds.push(Bound::new(&limits::EVICT, alone.evict.y));
    bounds.push(Bound::new(&limits::STATUS_CHANGE, alone.update.y));
    bounds.push(Bound::new(&limits::LATE_RECORD, alone.backfill.y));
}
