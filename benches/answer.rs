//! Benches of writing an answer: the body of a page that has been found, and the whole path from
//! the pairs of a request to the bytes.

#[path = "support/grid.rs"]
mod grid;
#[path = "support/mod.rs"]
mod support;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use invodex::{ContentEncoding, DescribeInvocations, DescribeInvocationsResponse};
use serde_json::Value;

use grid::{Bed, group, sizes};
use support::dataset::Options;
use support::dataset::requests::classes;

const REQUEST_ID: &str = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E";

/// The length of the body, after it has been compared with serde's JSON of the rows.
fn checked_bytes(page: &DescribeInvocationsResponse<'_>) -> usize {
    let mut body = Vec::new();
    page.write_json(REQUEST_ID, &mut body);
    let mut value: Value = serde_json::from_slice(&body).expect("the body is JSON");
    let request_id = value.as_object_mut().and_then(|fields| fields.remove("RequestId"));
    assert_eq!(request_id, Some(REQUEST_ID.into()));
    assert_eq!(value, serde_json::to_value(page).expect("the views are plain"));
    body.len()
}

fn body(criterion: &mut Criterion) {
    let variants = [
        ("shared", Options::default()),
        ("unique", Options { unique_content: true, ..Options::default() }),
        ("10-runs", Options { mean_runs: 10, ..Options::default() }),
    ];
    for (content, options) in variants {
        let region = classes(&options).swap_remove(0);
        let bed = Bed::of(options, vec![region]);
        let ask = &bed.asks[0];
        let mut group = group(criterion, &format!("body/{content}"));
        for page in grid::PAGES {
            for place in &ask.places {
                let request = bed.checked(ask, place, page);
                for (name, encoding) in
                    [("Base64", ContentEncoding::Base64), ("PlainText", ContentEncoding::PlainText)]
                {
                    let request = request.clone().content_encoding(encoding);
                    let page_found = bed.store.describe_invocations(&request).expect("valid");
                    let bytes = checked_bytes(&page_found);
                    group.throughput(Throughput::Bytes(bytes as u64));
                    let id = BenchmarkId::new(name, format!("{page}/{}", place.name));
                    let mut out = Vec::with_capacity(bytes);
                    group.bench_function(id, |bencher| {
                        bencher.iter(|| {
                            out.clear();
                            page_found.write_json(REQUEST_ID, &mut out);
                        });
                    });
                }
            }
        }
    }
}

fn whole(criterion: &mut Criterion) {
    for count in sizes() {
        let bed = Bed::new(count);
        let mut group = group(criterion, &format!("answer/{count}"));
        for ask in bed.asks.iter().filter(|ask| !ask.matches.is_empty()) {
            for page in grid::PAGES {
                for place in &ask.places {
                    let request = bed.checked(ask, place, page);
                    checked_bytes(&bed.store.describe_invocations(&request).expect("valid"));
                    let mut pairs = ask.class.pairs.clone();
                    pairs.push(("MaxResults".into(), page.to_string()));
                    pairs.extend(place.token.clone().map(|token| ("NextToken".into(), token)));
                    let answer = || {
                        let pairs = pairs.iter().map(|(name, value)| (name, value));
                        let request = DescribeInvocations::from_pairs(pairs);
                        let page = bed.store.describe_invocations(&request).expect("valid");
                        let mut body = Vec::new();
                        page.write_json(REQUEST_ID, &mut body);
                        body
                    };
                    group.throughput(Throughput::Bytes(answer().len() as u64));
                    let id = BenchmarkId::new(ask.class.name, format!("{page}/{}", place.name));
                    group.bench_function(id, |bencher| bencher.iter(answer));
                }
            }
        }
    }
}

criterion_group!(benches, body, whole);
criterion_main!(benches);
