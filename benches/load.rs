//! Benches of loading: importing captured JSON, saving and restoring archives.

#[path = "support/grid.rs"]
mod grid;
#[path = "support/mod.rs"]
mod support;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use invodex::{Config, DescribeInvocations, ImportOptions, Store};

use grid::{group, sizes};
use support::dataset::Options;
use support::dataset::pools::REGIONS;
use support::stores;

/// All records of the first region, as the store answers them, and their number.
fn capture(store: &Store) -> (Vec<u8>, usize) {
    let mut rows = Vec::new();
    let mut request = DescribeInvocations::new(REGIONS[0].id).max_results(50);
    loop {
        let page = store.describe_invocations(&request).expect("the token is its own");
        let page_rows = page.invocations().map(|row| serde_json::to_string(&row));
        rows.extend(page_rows.map(|row| row.expect("the views are plain")));
        let Some(token) = page.next_token() else { break };
        request = request.next_token(token.as_str());
    }
    let body = format!("{{\"Invocations\":{{\"Invocation\":[{}]}}}}", rows.join(","));
    (body.into_bytes(), rows.len())
}

fn import(criterion: &mut Criterion) {
    for count in sizes() {
        let options = Options { count, ..Options::default() };
        let (json, rows) = capture(&stores::full_store(&options));
        let empty = || Store::new(Config { capacity: count, ..Config::default() }, options.now);
        let import_options = ImportOptions::new(REGIONS[0].id);

        let mut store = empty();
        let report = store.import(&json, &import_options).expect("it is a capture");
        assert_eq!((report.loaded, report.refusals.len()), (rows, 0));
        let (again, _) = capture(&store);
        assert!(again == json, "the store answers what it was given");

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
        let restored = restore().expect("it is whole");
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

criterion_group!(benches, import, archive);
criterion_main!(benches);
