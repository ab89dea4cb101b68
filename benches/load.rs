//! Benches of loading: importing captured JSON, saving and restoring archives, forking a store.

#[path = "support/grid.rs"]
mod grid;
#[path = "support/mod.rs"]
mod support;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use invodex::{Config, ImportOptions, Store};

use grid::{group, sizes};
use support::dataset::pools::REGIONS;
use support::dataset::{Dataset, Options};
use support::stores;

fn import(criterion: &mut Criterion) {
    for count in sizes() {
        let options = Options { count, ..Options::default() };
        let dataset = Dataset::new(options);
        let mut json = Vec::new();
        dataset.write_captured(&mut json).expect("a vector takes all");
        let empty = || Store::new(Config { capacity: count, ..Config::default() }, dataset.clock());
        let import_options = ImportOptions::new(REGIONS[0].id);

        let mut store = empty();
        let report = store.import(&json, &import_options).expect("it is a capture");
        assert_eq!((report.loaded, report.refusals.len()), (count, 0));
        assert_eq!(report.differences.len(), 0, "the store answers what it was given");

        let mut group = group(criterion, "import");
        group.sample_size(10).throughput(Throughput::Bytes(json.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_with_large_drop(|| {
                let mut store = empty();
                let report = store.import(&json, &import_options);
                (store, report)
            });
        });
    }
}

fn archive(criterion: &mut Criterion) {
    for count in sizes() {
        let options = Options { count, ..Options::default() };
        let store = stores::full_store(&options);
        let mut saved = Vec::new();
        store.save(&mut saved).expect("a vector takes all");
        let config = Config { capacity: count, ..Config::default() };
        let restore = || Store::restore(config.clone(), options.now, saved.as_slice());
        let restored = restore().expect("it is whole").store;
        let all = |store: &Store| store.iter().map(|row| row.to_invocation()).collect::<Vec<_>>();
        assert!(all(&restored) == all(&store), "the same records in the same order");

        let mut group = group(criterion, "archive");
        group.sample_size(10).throughput(Throughput::Bytes(saved.len() as u64));
        let mut out = Vec::with_capacity(saved.len());
        group.bench_function(BenchmarkId::new("save", count), |bencher| {
            bencher.iter(|| {
                out.clear();
                store.save(&mut out)
            });
        });
        group.bench_function(BenchmarkId::new("restore", count), |bencher| {
            bencher.iter_with_large_drop(restore);
        });
    }
}

fn fork(criterion: &mut Criterion) {
    let mut group = group(criterion, "fork, first write");
    for unique_content in [false, true] {
        for count in sizes() {
            let options = Options { count, unique_content, ..Options::default() };
            let store = stores::full_store(&options);
            assert_eq!(store.fork(options.now).len(), count);
            let content = if unique_content { "unique content" } else { "shared content" };
            group.sample_size(10);
            // The write copies what the stores shared.
            let newest = store.iter().next().map_or("", |row| row.invoke_id());
            group.bench_function(BenchmarkId::new(content, count), |bencher| {
                bencher.iter_with_large_drop(|| {
                    let mut fork = store.fork(options.now);
                    fork.delete(newest).expect("it is there");
                    fork
                });
            });
        }
    }
}

criterion_group!(benches, import, archive, fork);
criterion_main!(benches);
