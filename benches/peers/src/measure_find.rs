//! Finding a page: from a request that is built to its rows and the place of the next.
//!
//! The library reads the text of a token within that call, which is part of the answer's cost and
//! not of finding. So it is measured on its own, by requests with a token and without one
//! to stores of no record and of two, and taken off every page that a token leads to.

use invodex::{Config, DescribeInvocations, InstanceRun, Invocation, Store};
use serde::Serialize;

use crate::bounds::{Bound, Worst, find_limit};
use crate::equal::by_offset;
use crate::request::Case;
use crate::rounds::{Contender, Cost, Effort, geometric_mean, interleave};
use crate::world::{Variant, World};
use crate::yardstick::Yardstick;

/// One request and what it costs.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub variant: &'static str,
    pub class: &'static str,
    pub adversarial: bool,
    pub filters: usize,
    pub page: usize,
    pub place: &'static str,
    pub invodex: Cost,
    pub roaring: Cost,
    pub sqlite: Option<Cost>,
    pub scan: Option<Cost>,
}

/// A total, and the page at a deep offset.
#[derive(Clone, Debug, Serialize)]
pub struct TotalLine {
    pub variant: &'static str,
    pub class: &'static str,
    pub filters: usize,
    pub page: usize,
    pub total: u64,
    pub invodex: Cost,
    pub roaring: Cost,
    pub sqlite: Option<Cost>,
    /// The library's page in the middle of all matches, and the last one, with the total.
    pub middle_offset: Cost,
    pub last_offset: Cost,
}

#[derive(Default, Serialize)]
pub struct Finds {
    /// What reading a token takes, which is taken off already.
    pub token: Option<Cost>,
    pub pages: Vec<Line>,
    pub totals: Vec<TotalLine>,
}

pub fn measure(
    world: &World,
    variant: Variant,
    cases: &[Case],
    effort: Effort,
    yardstick: &Yardstick,
    into: &mut Finds,
) {
    let token = *into.token.get_or_insert_with(|| measure_token(world, cases, effort, yardstick));
    let compared = variant == Variant::Plain;
    for case in cases {
        let mut line = measure_page(world, variant, case, compared, effort, yardstick);
        if case.place.token.is_some() {
            line.invodex = line.invodex.less(token);
        }
        into.pages.push(line);
        if case.place.after.is_none() {
            into.totals.push(measure_total(world, variant, case, effort, yardstick));
        }
    }
}

/// What it takes to read a token that was made for the region alone, without the hash of the
/// filters that it is held against: that is needed for the place of the next page in any case.
fn measure_token(world: &World, cases: &[Case], effort: Effort, yardstick: &Yardstick) -> Cost {
    let case = cases.iter().find(|case| case.filters() == 0 && case.place.token.is_some());
    let Some(case) = case else { return Cost::default() };
    let empty = Store::new(Config::default(), world.options.now);
    let mut two = Store::new(Config::default(), world.options.now);
    for invoke_id in ["t-1", "t-2"] {
        let region_id = case.query.wanted.region_id.as_str();
        let mut record = Invocation::new(region_id, invoke_id, "c-1");
        record.instances.push(InstanceRun::new("i-1"));
        two.accept(&record).expect("the record is valid");
    }
    let ask = |store: &Store, request: &DescribeInvocations| {
        store.describe_invocations(request).expect("the request is valid").len()
    };
    let without = case.request.clone().next_token("");
    let [one_row, two_rows] = [1, 2].map(|rows| without.clone().max_results(rows));
    let mut contenders: Vec<Contender<'_>> = vec![
        // Checks, hashes the filters, reads the token; and only checks.
        Box::new(|| ask(&empty, &case.request)),
        Box::new(|| ask(&empty, &without)),
        // Hashes the filters for the page behind the first row; there is none behind both.
        Box::new(|| ask(&two, &one_row)),
        Box::new(|| ask(&two, &two_rows)),
    ];
    let effort = Effort { rounds: 5 * effort.rounds, ..effort };
    let costs = interleave(effort, yardstick, &mut contenders);
    costs[0].less(costs[1]).less(costs[2].less(costs[3]))
}

fn measure_page(
    world: &World,
    variant: Variant,
    case: &Case,
    compared: bool,
    effort: Effort,
    yardstick: &Yardstick,
) -> Line {
    let query = &case.query;
    let sqlite = world.sqlite.as_ref().filter(|_| compared);
    let sql = sqlite.map(|sqlite| {
        sqlite.page_forms(query).and_then(|forms| sqlite.fastest(forms)).expect("it is valid")
    });
    let prepared = sqlite.zip(sql.as_ref()).map(|(sqlite, sql)| sqlite.prepare(sql));
    let mut contenders: Vec<Contender<'_>> = vec![
        Box::new(|| world.store.describe_invocations(&case.request).map_or(0, |page| page.len())),
        Box::new(|| world.roaring.find(query).rows.len()),
    ];
    if let Some(prepared) = prepared {
        let mut prepared = prepared.expect("it is valid");
        contenders.push(Box::new(move || prepared.positions().map_or(0, |rows| rows.len())));
        contenders.push(Box::new(|| world.scan.find(query).rows.len()));
    }
    let costs = interleave(effort, yardstick, &mut contenders);
    Line {
        variant: variant.name(),
        class: case.class,
        adversarial: case.adversarial,
        filters: case.filters(),
        page: case.page,
        place: case.place.name,
        invodex: costs[0],
        roaring: costs[1],
        sqlite: costs.get(2).copied(),
        scan: costs.get(3).copied(),
    }
}

fn measure_total(
    world: &World,
    variant: Variant,
    case: &Case,
    effort: Effort,
    yardstick: &Yardstick,
) -> TotalLine {
    let query = &case.query;
    let total = world.scan.total(query);
    let pages = total.div_ceil(case.page as u64).max(1);
    let [first, middle, last] = [1, pages.div_ceil(2), pages].map(|page| by_offset(case, page));
    let answer = |request| {
        let page = world.store.describe_invocations(request).expect("the request is valid");
        page.len() + page.total_count().unwrap_or(0) as usize
    };
    let sqlite = world.sqlite.as_ref().filter(|_| variant == Variant::Plain);
    let sql = sqlite.map(|sqlite| {
        sqlite.total_forms(query).and_then(|forms| sqlite.fastest(forms)).expect("it is valid")
    });
    let prepared = sqlite.zip(sql.as_ref()).map(|(sqlite, sql)| sqlite.prepare(sql));
    let mut contenders: Vec<Contender<'_>> = vec![
        Box::new(|| answer(&first)),
        Box::new(|| answer(&middle)),
        Box::new(|| answer(&last)),
        Box::new(|| world.roaring.total(query) as usize),
    ];
    if let Some(prepared) = prepared {
        let mut prepared = prepared.expect("it is valid");
        contenders.push(Box::new(move || prepared.count().unwrap_or(0) as usize));
    }
    let costs = interleave(effort, yardstick, &mut contenders);
    TotalLine {
        variant: variant.name(),
        class: case.class,
        filters: case.filters(),
        page: case.page,
        total,
        invodex: costs[0],
        middle_offset: costs[1],
        last_offset: costs[2],
        roaring: costs[3],
        sqlite: costs.get(4).copied(),
    }
}

impl Line {
    fn name(&self) -> String {
        format!("{}, page {}, {}, {}", self.class, self.page, self.place, self.variant)
    }
}

impl TotalLine {
    fn name(&self) -> String {
        format!("{}, page {}, {}", self.class, self.page, self.variant)
    }
}

/// How much slower the other is.
fn times(other: Cost, invodex: Cost) -> f64 {
    other.y / invodex.y
}

pub fn bounds(finds: &Finds, bounds: &mut Vec<Bound>) {
    let mut worst = Worst::default();
    for line in &finds.pages {
        worst.add(Bound::at_most(line.name(), line.invodex.y, find_limit(line.filters), "Y"));
    }
    worst.finish("finding a page", bounds);

    let several = || finds.pages.iter().filter(|line| line.filters >= 2);
    bounds.push(Bound::at_most(
        "finding with two filters and more against roaring, geometric mean",
        geometric_mean(several().map(|line| line.invodex.y / line.roaring.y)),
        1.0 / 3.0,
        "x its time",
    ));
    let mut worst = Worst::default();
    for line in several() {
        let ratio = line.invodex.y / line.roaring.y;
        worst.add(Bound::at_most(line.name(), ratio, 2.0, "x its time"));
    }
    worst.finish("finding against roaring", bounds);

    let compared = || finds.pages.iter().filter_map(|line| Some((line, line.sqlite?)));
    let mut worst = Worst::default();
    for (line, sqlite) in compared() {
        // SQLite sees at once that an empty list is empty.
        if !(line.class.starts_with("none-") && line.place == "head") {
            worst.add(Bound::at_least(line.name(), times(sqlite, line.invodex), 5.0, "x as fast"));
        }
    }
    worst.finish("finding against SQLite", bounds);
    bounds.push(Bound::at_least(
        "finding against SQLite, geometric mean",
        geometric_mean(compared().map(|(line, sqlite)| times(sqlite, line.invodex))),
        30.0,
        "x as fast",
    ));

    let (mut totals, mut offsets) = (Worst::default(), Worst::default());
    for line in &finds.totals {
        let limit = find_limit(line.filters);
        totals.add(Bound::at_most(line.name(), line.invodex.y, limit, "Y"));
        for (place, cost) in [("middle", line.middle_offset), ("last page", line.last_offset)] {
            let name = format!("{}, {place}", line.name());
            offsets.add(Bound::at_most(name, cost.y, limit * 1.2, "Y"));
        }
    }
    totals.finish("exact total and first page", bounds);
    offsets.finish("page at a deep offset", bounds);
}
