//! Measures the answers of a front end that holds 100,000 records.

use criterion::{Criterion, criterion_group, criterion_main};
use invodex::DescribeInvocations;
use invodex_testkit::dataset::Dataset;
use invodex_testkit::dataset::requests::classes;

/// Replace the store by your front end: load it with `write_captured`, and set its clock to
/// `dataset.options().now`.
fn answer(criterion: &mut Criterion) {
    let dataset = Dataset::of(100_000);
    let store = dataset.store();
    let mut group = criterion.benchmark_group("answer");
    for class in classes(dataset.options()) {
        let answer = || {
            let request = DescribeInvocations::from_pairs(&class.pairs).max_results(50);
            let mut body = Vec::new();
            let page = store.describe_invocations(&request).unwrap();
            page.write_json("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", &mut body);
            (page.len(), body)
        };
        assert_eq!(answer().0 == 0, class.name.starts_with("none-"), "{}", class.name);
        group.bench_function(class.name, |bencher| bencher.iter(answer));
    }
}

criterion_group!(benches, answer);
criterion_main!(benches);
