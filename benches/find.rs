//! Benches of finding a page: by class, size of the store, page size and place in the list; with
//! the exact total; at a deep offset.

#[path = "support/grid.rs"]
mod grid;
#[path = "support/mod.rs"]
mod support;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use invodex::DescribeInvocations;

use grid::{Ask, Bed, PAGES, group, sizes};
use support::TAGGED_ROWS;

fn find(criterion: &mut Criterion) {
    for count in sizes() {
        let bed = Bed::new(count);
        let mut group = group(criterion, &format!("find/{count}"));
        for ask in &bed.asks {
            for page in PAGES {
                for place in &ask.places {
                    let request = bed.checked(ask, place, page);
                    let id = BenchmarkId::new(ask.class.name, format!("{page}/{}", place.name));
                    group.bench_function(id, |bencher| {
                        bencher.iter(|| bed.store.describe_invocations(&request));
                    });
                }
            }
        }
    }
}

/// The request for a page by number. Its rows and total are checked first.
fn by_offset(bed: &Bed, ask: &Ask, page: usize, number: usize) -> DescribeInvocations {
    let pairs = ask.class.pairs.iter().map(|(name, value)| (name, value));
    let request =
        DescribeInvocations::from_pairs(pairs).page_size(page as u32).page_number(number as u32);
    let answer = bed.store.describe_invocations(&request).expect("the request is valid");
    let rows: Vec<_> = answer.invocations().map(|row| row.invoke_id()).collect();
    let reached = reached(ask);
    let expected = ask.matches[..reached].iter().skip((number - 1) * page).take(page);
    assert_eq!(rows, expected.map(|(_, id)| id.as_str()).collect::<Vec<_>>(), "{:?}", ask.wanted);
    assert_eq!(answer.total_count(), Some(reached as u64), "{:?}", ask.wanted);
    request
}

/// The number of matches that a query counts and reaches.
fn reached(ask: &Ask) -> usize {
    let most = if ask.wanted.tags.is_empty() { usize::MAX } else { TAGGED_ROWS };
    ask.matches.len().min(most)
}

fn count(criterion: &mut Criterion) {
    for count in sizes() {
        let bed = Bed::new(count);
        let mut group = group(criterion, &format!("count/{count}"));
        for ask in &bed.asks {
            let request = by_offset(&bed, ask, 10, 1);
            group.bench_function(ask.class.name, |bencher| {
                bencher.iter(|| bed.store.describe_invocations(&request));
            });
        }
    }
}

fn deep_offset(criterion: &mut Criterion) {
    for count in sizes() {
        let bed = Bed::new(count);
        let mut group = group(criterion, &format!("deep_offset/{count}"));
        for ask in &bed.asks {
            for page in PAGES {
                let last = reached(ask).div_ceil(page).max(1);
                for (place, number) in [("middle", last.div_ceil(2)), ("last", last)] {
                    let request = by_offset(&bed, ask, page, number);
                    let id = BenchmarkId::new(ask.class.name, format!("{page}/{place}"));
                    group.bench_function(id, |bencher| {
                        bencher.iter(|| bed.store.describe_invocations(&request));
                    });
                }
            }
        }
    }
}

criterion_group!(benches, find, count, deep_offset);
criterion_main!(benches);
