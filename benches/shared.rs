//! Benches of a reader beside a writer on one `SharedStore`: the time of a page beside no writes,
//! 1,000 or 50,000 writes a second, or as many as the writer can make.

#[path = "support/grid.rs"]
mod grid;
#[path = "support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use invodex::{DescribeInvocations, SharedStore};

use grid::group;
use support::dataset::pools::REGIONS;
use support::dataset::{Dataset, Options};
use support::stores;

/// Records that the writer builds in advance. It then builds more, with other InvokeIds.
const READY: usize = 20_000;

/// The seed of the last written records. The store was filled with those of seed 1.
static SEED: AtomicU64 = AtomicU64::new(1);

/// Accepts records at a pace until `stop` is set.
fn write(shared: &SharedStore, pause: Option<Duration>, stop: &AtomicBool) {
    loop {
        let seed = 1 + SEED.fetch_add(1, Ordering::Relaxed);
        let options = Options { count: READY, seed, ..Options::default() };
        let records: Vec<_> = Dataset::new(options).collect();
        let mut due = Instant::now();
        for mut record in records {
            // The newest record, so that it is appended.
            record.creation_time = Some(options.now);
            while pause.is_some() && Instant::now() < due {
                std::hint::spin_loop();
            }
            due += pause.unwrap_or_default();
            if stop.load(Ordering::Relaxed) {
                return;
            }
            assert!(shared.accept(&record).expect("the record is valid").retained);
        }
    }
}

fn readers(criterion: &mut Criterion) {
    let options = Options::default();
    let shared = SharedStore::from(stores::full_store(&options));
    let mut group = group(criterion, "shared");
    let offered = [
        ("none", None),
        ("1000", Some(Some(Duration::from_millis(1)))),
        ("50000", Some(Some(Duration::from_micros(20)))),
        ("full-speed", Some(None)),
    ];
    for (name, pause) in offered {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            if let Some(pause) = pause {
                let (shared, stop) = (&shared, &stop);
                scope.spawn(move || write(shared, pause, stop));
            }
            for page in grid::PAGES {
                let request = DescribeInvocations::new(REGIONS[0].id).max_results(page as u32);
                group.bench_function(BenchmarkId::new(format!("page-{page}"), name), |bencher| {
                    let mut body = Vec::new();
                    bencher.iter(|| {
                        body.clear();
                        shared.describe_invocations(&request, "", &mut body).expect("valid");
                        body.len()
                    });
                });
            }
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(shared.len(), options.count);
        assert_eq!(shared.read(|store| store.internal_validate()), Ok(()));
    }
}

criterion_group!(benches, readers);
criterion_main!(benches);
