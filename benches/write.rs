//! Benches of writes, with records that are built in advance: accepting with room and into a full
//! store, deleting the oldest record, a status change, a late record into the middle, accepting
//! while one record lies in the future, batches.

#[path = "support/grid.rs"]
mod grid;
#[path = "support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use invodex::{Config, InstanceRun, Invocation, RunUpdate, Store};

use grid::{group, sizes};
use support::dataset::{Dataset, Options};
use support::stores;

/// Records are built in chunks of this size, and their writes are timed together.
const CHUNK: u64 = 500;

/// An endless source of records that follow those of the store.
struct Fresh {
    dataset: Dataset,
    next: usize,
}

impl Fresh {
    fn of(options: &Options) -> Self {
        Fresh { dataset: Dataset::new(*options), next: options.count }
    }

    fn take(&mut self, count: u64) -> Vec<Invocation> {
        let from = self.next;
        self.next += count as usize;
        (from..self.next).map(|k| self.dataset.record(k)).collect()
    }
}

/// Times `iterations` writes in chunks. `chunk` builds and times as many writes as it is given.
fn in_chunks(iterations: u64, mut chunk: impl FnMut(u64) -> Duration) -> Duration {
    let mut took = Duration::ZERO;
    let mut left = iterations;
    while left > 0 {
        let now = left.min(CHUNK);
        took += chunk(now);
        left -= now;
    }
    took
}

fn timed<T>(items: &[T], mut write: impl FnMut(&T)) -> Duration {
    let start = Instant::now();
    items.iter().for_each(&mut write);
    start.elapsed()
}

fn accept(store: &mut Store, record: &Invocation) {
    let accepted = store.accept(record).expect("the record is valid");
    assert!(accepted.retained);
}

/// Checks that the store has the last written record and is valid.
fn check(store: &Store, last: &Invocation) {
    let held = store.get(&last.invoke_id).map(|view| view.to_invocation());
    assert_eq!(held.as_ref().map(|held| &held.command_content), Some(&last.command_content));
    assert_eq!(store.internal_validate(), Ok(()));
}

fn single(criterion: &mut Criterion) {
    for count in sizes() {
        let options = Options { count, ..Options::default() };
        let mut group = group(criterion, &format!("write/{count}"));

        let mut store = stores::store_of(&options, 8 * count + 4 * CHUNK as usize);
        let mut fresh = Fresh::of(&options);
        group.bench_function("accept", |bencher| {
            bencher.iter_custom(|iterations| {
                in_chunks(iterations, |chunk| {
                    if store.len() > 4 * count + CHUNK as usize {
                        store = stores::store_of(&options, 8 * count + 4 * CHUNK as usize);
                    }
                    let records = fresh.take(chunk);
                    let took = timed(&records, |record| accept(&mut store, record));
                    assert!(store.get(&records[0].invoke_id).is_some());
                    took
                })
            });
        });
        let one = fresh.take(1);
        accept(&mut store, &one[0]);
        check(&store, &one[0]);

        let mut store = stores::full_store(&options);
        group.bench_function("accept-in-full-store", |bencher| {
            bencher.iter_custom(|iterations| {
                in_chunks(iterations, |chunk| {
                    let records = fresh.take(chunk);
                    let took = timed(&records, |record| accept(&mut store, record));
                    assert_eq!(store.len(), count, "each accept evicts");
                    took
                })
            });
        });
        let one = fresh.take(1);
        accept(&mut store, &one[0]);
        check(&store, &one[0]);

        group.bench_function("delete-oldest", |bencher| {
            bencher.iter_custom(|iterations| {
                let mut took = Duration::ZERO;
                for _ in 0..iterations {
                    let oldest = store.iter().next_back().map(|row| row.invoke_id().to_owned());
                    let oldest = oldest.expect("the store is not empty");
                    let start = Instant::now();
                    store.delete(&oldest).expect("it is there");
                    took += start.elapsed();
                    assert!(store.get(&oldest).is_none());
                    fresh.take(1).iter().for_each(|record| accept(&mut store, record));
                }
                took
            });
        });

        group.bench_function("status-change", |bencher| {
            let update = RunUpdate::started();
            bencher.iter_custom(|iterations| {
                in_chunks(iterations, |chunk| {
                    let chunk = chunk.min(count as u64);
                    let tasks: Vec<_> = fresh.take(chunk).into_iter().map(pending).collect();
                    tasks.iter().for_each(|task| accept(&mut store, task));
                    timed(&tasks, |task| {
                        let instance = &task.instances[0].instance_id;
                        store.update_run(&task.invoke_id, instance, &update).expect("pending");
                    })
                })
            });
        });
        assert_eq!(store.internal_validate(), Ok(()));

        let middle = store.iter().nth(count / 2).map(|row| row.creation_time());
        group.bench_function("late-into-the-middle", |bencher| {
            bencher.iter_custom(|iterations| {
                let mut took = Duration::ZERO;
                for _ in 0..iterations {
                    let mut record = fresh.take(1).remove(0);
                    record.creation_time = middle;
                    let start = Instant::now();
                    let accepted = store.accept(&record).expect("the record is valid");
                    took += start.elapsed();
                    assert_eq!(accepted.retained, store.get(&record.invoke_id).is_some());
                    // Keeps the middle of the list at the same time.
                    fresh.take(1).iter().for_each(|record| accept(&mut store, record));
                }
                took
            });
        });
        assert_eq!(store.internal_validate(), Ok(()));

        // Each following record is inserted before the newest one.
        let mut future = fresh.take(1).remove(0);
        future.creation_time = Some(store.now().saturating_add_secs(365 * 86_400));
        accept(&mut store, &future);
        group.bench_function("accept-before-one-of-the-future", |bencher| {
            bencher.iter_custom(|iterations| {
                in_chunks(iterations, |count| {
                    timed(&fresh.take(count), |record| accept(&mut store, record))
                })
            });
        });
        let newest = store.iter().next().map(|row| row.invoke_id().to_owned());
        assert_eq!(newest, Some(future.invoke_id), "it is still the newest");
        assert_eq!(store.internal_validate(), Ok(()));
    }
}

/// The record as it is before any run has started.
fn pending(mut record: Invocation) -> Invocation {
    for run in &mut record.instances {
        *run = InstanceRun::new(std::mem::take(&mut run.instance_id));
    }
    record
}

fn batch(criterion: &mut Criterion) {
    for count in sizes() {
        let mut group = group(criterion, "batch");
        group.sample_size(10);
        for (order, shuffled_times) in [("in-order", false), ("shuffled", true)] {
            let options = Options { count, shuffled_times, ..Options::default() };
            let records: Vec<_> = Dataset::new(options).collect();
            let empty = || Store::new(Config { capacity: count, ..Config::default() }, options.now);
            let mut store = empty();
            assert!(store.accept_batch(&records).iter().all(Result::is_ok));
            check(&store, &records[count - 1]);
            group.bench_function(BenchmarkId::new(order, count), |bencher| {
                bencher.iter_batched_ref(
                    empty,
                    |store| store.accept_batch(&records),
                    BatchSize::PerIteration,
                );
            });
        }
    }
}

criterion_group!(benches, single, batch);
criterion_main!(benches);
