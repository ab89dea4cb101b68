//! Benches of whole walks by token, page after page to the end.

#[path = "support/grid.rs"]
mod grid;
#[path = "support/mod.rs"]
mod support;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use invodex::{DescribeInvocations, Store};

use grid::{Bed, group, sizes};
use support::{TAGGED_ROWS, stores};

/// Calls `each` with the InvokeIds of all pages and returns the number of pages.
fn walk(store: &Store, first: &DescribeInvocations, mut each: impl FnMut(&str)) -> usize {
    let mut request = first.clone();
    let mut pages = 0;
    loop {
        let page = store.describe_invocations(&request).expect("the token is the store's own");
        page.invocations().for_each(|row| each(row.invoke_id()));
        pages += 1;
        let Some(token) = page.next_token() else { return pages };
        request = request.next_token(token.as_str());
    }
}

fn token_walk(criterion: &mut Criterion) {
    for count in sizes() {
        let bed = Bed::new(count);
        let mut group = group(criterion, &format!("walk/{count}"));
        let names = ["region", "status-common", "tag-pair", "status-type-mode"];
        for ask in bed.asks.iter().filter(|ask| names.contains(&ask.class.name)) {
            for page in grid::PAGES {
                let first = stores::request(&ask.class.pairs, None, page);
                let mut ids = Vec::new();
                walk(&bed.store, &first, |id| ids.push(id.to_owned()));
                let most = if ask.wanted.tags.is_empty() { usize::MAX } else { TAGGED_ROWS };
                assert!(
                    ids.iter().eq(ask.matches.iter().take(most).map(|(_, id)| id)),
                    "{}: every match once, in order",
                    ask.class.name
                );
                group.bench_function(BenchmarkId::new(ask.class.name, page), |bencher| {
                    bencher.iter(|| walk(&bed.store, &first, |_| {}));
                });
            }
        }
    }
}

criterion_group!(benches, token_walk);
criterion_main!(benches);
