//! Benches of growth: a page from the head of lists of several sizes. Each class is a group of its
//! own, so that its sizes are shown side by side.

#[path = "support/grid.rs"]
mod grid;
#[path = "support/mod.rs"]
mod support;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

use grid::{Bed, group, sizes};
use support::place::HEAD;

fn growth(criterion: &mut Criterion) {
    for count in sizes() {
        let bed = Bed::new(count);
        for ask in &bed.asks {
            let mut group = group(criterion, &format!("growth/{}", ask.class.name));
            for page in grid::PAGES {
                let request = bed.checked(ask, &HEAD, page);
                group.bench_function(BenchmarkId::new(format!("page-{page}"), count), |bencher| {
                    bencher.iter(|| bed.store.describe_invocations(&request));
                });
            }
        }
    }
}

criterion_group!(benches, growth);
criterion_main!(benches);
