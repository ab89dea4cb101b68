//! The grid of the criterion benches: sizes of stores and pages, classes of requests, places.

#![allow(dead_code, unreachable_pub)]

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use invodex::{DescribeInvocations, Store};

use crate::support::dataset::Options;
use crate::support::dataset::requests::{Class, adversarial, classes};
use crate::support::place::{Place, places};
use crate::support::wanted::Wanted;
use crate::support::{self, Key, plain_matches, stores};

/// The classes that run by default: one for each way to find a page.
const CHOSEN: [&str; 12] = [
    "region",
    "invoke-id",
    "status-common",
    "status-rare",
    "instance-rare",
    "tag-pair",
    "status-type-mode",
    "status-instance-tag",
    "three-tag-pairs",
    "every-filter-but-instance",
    "none-dense",
    "none-unknown-group",
];

/// The sizes of pages.
pub const PAGES: [usize; 2] = [10, 50];

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value != "0")
}

/// The sizes of stores: up to 100,000 records, 1,000,000 with `INVODEX_BENCH_LARGE=1`,
/// 10,000,000 with `INVODEX_BENCH_HUGE=1`.
pub fn sizes() -> Vec<usize> {
    let mut sizes = vec![10, 1_000, 10_000, 100_000];
    let huge = is_set("INVODEX_BENCH_HUGE");
    if huge || is_set("INVODEX_BENCH_LARGE") {
        sizes.push(1_000_000);
    }
    if huge {
        sizes.push(10_000_000);
    }
    sizes
}

/// A group of short benches.
pub fn group<'c>(criterion: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(20)
        .warm_up_time(Duration::from_millis(50))
        .measurement_time(Duration::from_millis(250));
    group
}

/// A store and the requests for it.
pub struct Bed {
    pub options: Options,
    pub store: Store,
    pub asks: Vec<Ask>,
}

/// A class with its expected matches.
pub struct Ask {
    pub class: Class,
    pub wanted: Wanted,
    pub places: Vec<Place>,
    pub matches: Vec<(Key, String)>,
}

impl Bed {
    /// All classes with `INVODEX_BENCH_ALL=1`; otherwise the chosen ones, and the adversarial ones
    /// if the store has the default size.
    pub fn new(count: usize) -> Self {
        let options = Options { count, adversarial_lists: true, ..Options::default() };
        let all = is_set("INVODEX_BENCH_ALL");
        let mut picked = classes(&options);
        picked.retain(|class| all || CHOSEN.contains(&class.name));
        if all || count == 100_000 {
            picked.extend(adversarial(&options));
        }
        Bed::of(options, picked)
    }

    pub fn of(options: Options, classes: Vec<Class>) -> Self {
        let store = stores::full_store(&options);
        let wanted: Vec<_> = classes.iter().map(|class| Wanted::from_pairs(&class.pairs)).collect();
        let (middle, end) = stores::middle_and_end(&store);
        let matches = plain_matches(&options, &wanted);
        let asks = classes.into_iter().zip(wanted).zip(matches);
        let asks = asks.map(|((class, wanted), matches)| Ask {
            places: places(&class.pairs, middle, end, options.now),
            class,
            wanted,
            matches,
        });
        Bed { options, asks: asks.collect(), store }
    }

    /// The request for a page. Its answer is checked first.
    pub fn checked(&self, ask: &Ask, place: &Place, page: usize) -> DescribeInvocations {
        let request = stores::request(&ask.class.pairs, place.token.as_deref(), page);
        support::assert_page(&self.store, &request, place, &ask.matches, &ask.wanted, page);
        request
    }
}
