//! The cost of each class as the list grows.

use invodex::Store;
use serde::Serialize;

use crate::bounds::{Bound, Nearest};
use crate::limits;
use crate::peer_scan::Scan;
use crate::record::Record;
use crate::request::Case;
use crate::rounds::{Cost, Effort, Group, interleave};
use crate::support::dataset::Dataset;
use crate::support::dataset::requests::{adversarial, classes};
use crate::support::place::HEAD;
use crate::support::stores;
use crate::world::{PAGES, Variant};
use crate::yardstick::Yardstick;

/// A page from the head of a list of some size.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    pub class: &'static str,
    pub page: usize,
    pub records: usize,
    /// Whether the page is full before a tenth of the list has been read.
    pub stops_early: bool,
    pub invodex: Cost,
    /// The scan with early stop, up to 1,000 records.
    pub scan: Option<Cost>,
}

/// The largest list with which the scan is measured.
const SCANNED: usize = 1_000;

/// A store of some size, its newest records for the scan, and the requests for both.
struct List {
    records: usize,
    store: Store,
    /// At least the newest tenth, from which the scan can tell whether a class stops early.
    newest: Scan,
    cases: Vec<Case>,
}

impl List {
    fn new(records: usize) -> Self {
        let options = Variant::Plain.options(records);
        let newest = if records <= SCANNED { records } else { records.div_ceil(10).min(10_000) };
        let dataset = Dataset::new(options);
        let newest = (records - newest..records)
            .map(|k| Record::of(dataset.record(k), k as u64 + 1))
            .collect();
        let both = classes(&options).into_iter().chain(adversarial(&options));
        let cases = both.flat_map(|class| PAGES.map(|page| Case::new(&class, false, page, &HEAD)));
        List {
            records,
            store: stores::full_store(&options),
            newest: Scan::new(newest),
            cases: cases.collect(),
        }
    }

    fn group<'a>(&'a self, case: &'a Case) -> Group<'a> {
        let find = || self.store.describe_invocations(&case.request).map_or(0, |page| page.len());
        let mut group: Group<'a> = vec![Box::new(find)];
        if self.records <= SCANNED {
            group.push(Box::new(|| self.newest.find(&case.query).rows.len()));
        }
        group
    }

    fn stops_early(&self, case: &Case) -> bool {
        let looked_at = self.newest.looked_at(&case.query);
        looked_at <= self.newest.records.len() && looked_at * 10 <= self.records
    }
}

pub fn measure(sizes: &[usize], effort: Effort, yardstick: &Yardstick) -> Vec<Point> {
    let lists: Vec<_> = sizes.iter().map(|&records| List::new(records)).collect();
    let cases = || lists.iter().flat_map(|list| list.cases.iter().map(move |case| (list, case)));
    let mut groups: Vec<_> = cases().map(|(list, case)| list.group(case)).collect();
    let costs = interleave(effort, yardstick, &mut groups);
    let points = cases().zip(costs).map(|((list, case), costs)| Point {
        class: case.class,
        page: case.page,
        records: list.records,
        stops_early: list.stops_early(case),
        invodex: costs[0],
        scan: costs.get(1).copied(),
    });
    points.collect()
}

pub fn bounds(points: &[Point], bounds: &mut Vec<Bound>) {
    let mut early = Nearest::to(limits::GROWTH_EARLY);
    let mut others = Nearest::to(limits::GROWTH_OTHERS);
    let at = |records: usize| points.iter().filter(move |point| point.records == records);
    for (point, more) in at(100_000).zip(at(1_000_000)) {
        let kind = if point.stops_early { &mut early } else { &mut others };
        let growth = more.invodex.y / point.invodex.y;
        kind.add(format!("{}, page {}", point.class, point.page), growth);
    }
    early.finish(bounds);
    others.finish(bounds);
}
