//! Finding a page: from a built request to its rows and the position of the next page.
//!
//! The library reads the text of a token within that call, which belongs to the cost of the answer
//! and not to that of finding. Requests with a token and without one, to a store without records
//! and to one with two, measure that part; it is subtracted from every page behind a token.

use invodex::{Config, DescribeInvocations, InstanceRun, Invocation, Store};
use serde::Serialize;

use crate::bounds::{Bound, Nearest};
use crate::equal::by_offset;
use crate::limits;
use crate::peer_sqlite::Sqlite;
use crate::request::Case;
use crate::rounds::{Cost, Effort, Group, interleave};
use crate::sqlite_forms::Sql;
use crate::statistics::geometric_mean;
use crate::world::{Variant, World};
use crate::yardstick::Yardstick;

/// One request and its costs.
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

/// The costs of a total and of pages at a deep offset.
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
    /// The cost of reading a token, which has been subtracted.
    pub token: Option<Cost>,
    pub pages: Vec<Line>,
    pub totals: Vec<TotalLine>,
}

/// A request in the form of each contender, held while it is measured.
struct Prepared<'w> {
    world: &'w World,
    case: &'w Case,
    /// `None` if SQLite is not compared.
    page_sql: Option<Sql>,
    /// `None` except at the head.
    total: Option<Total>,
}

/// The requests by page number, with the total.
struct Total {
    total: u64,
    first: DescribeInvocations,
    middle: DescribeInvocations,
    last: DescribeInvocations,
    sql: Option<Sql>,
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
    let prepared: Vec<_> = cases.iter().map(|case| Prepared::new(world, case)).collect();
    let totals = || prepared.iter().filter_map(|one| Some((one, one.total.as_ref()?)));
    let mut groups: Vec<_> = prepared.iter().map(Prepared::page_group).collect();
    groups.extend(totals().map(|(one, total)| one.total_group(total)));
    let mut costs = interleave(effort, yardstick, &mut groups);
    let of_totals = costs.split_off(cases.len());
    into.pages.extend(cases.iter().zip(costs).map(|(case, costs)| {
        let read = case.place.token.as_ref().map_or(Cost::default(), |_| token);
        Line::new(variant, case, costs[0].less(read), &costs[1..])
    }));
    let lines = totals().zip(of_totals);
    into.totals.extend(
        lines.map(|((one, total), costs)| TotalLine::new(variant, one.case, total.total, &costs)),
    );
}

/// The cost of reading a token that was made for the region alone. Excludes the hash of the filters
/// that the token is compared with: the next page's token needs it in any case.
fn measure_token(world: &World, cases: &[Case], effort: Effort, yardstick: &Yardstick) -> Cost {
    let case = cases.iter().find(|case| case.filters() == 0 && case.place.token.is_some());
    let Some(case) = case else { return Cost::default() };
    let empty = Store::new(Config::default(), world.options.now);
    let mut two = Store::new(Config::default(), world.options.now);
    for invoke_id in ["t-1", "t-2"] {
        let region_id = case.query.wanted.region_id.as_str();
        let mut record = Invocation::new(region_id, invoke_id, "c-1");
        record.instances.push(InstanceRun::new("i-1"));
        assert!(two.accept(&record).expect("the record is valid").retained);
    }
    let ask = |store: &Store, request: &DescribeInvocations| {
        store.describe_invocations(request).expect("the request is valid").len()
    };
    let without = case.request.clone().next_token("");
    let [one_row, two_rows] = [1, 2].map(|rows| without.clone().max_results(rows));
    let group: Group<'_> = vec![
        // Checks, hashes the filters, reads the token; and only checks.
        Box::new(|| ask(&empty, &case.request)),
        Box::new(|| ask(&empty, &without)),
        // Hashes the filters for the token behind the first row; there is no token behind both.
        Box::new(|| ask(&two, &one_row)),
        Box::new(|| ask(&two, &two_rows)),
    ];
    let effort = Effort { turn: 5 * effort.turn, round: effort.round / 4, ..effort };
    let costs = &interleave(effort, yardstick, &mut [group])[0];
    costs[0].less(costs[1]).less(costs[2].less(costs[3]))
}

impl<'w> Prepared<'w> {
    fn new(world: &'w World, case: &'w Case) -> Self {
        let fastest = |of: &dyn Fn(&Sqlite) -> rusqlite::Result<Vec<Sql>>| {
            let sqlite = world.sqlite.as_ref()?;
            Some(of(sqlite).and_then(|forms| sqlite.fastest(forms)).expect("it is valid"))
        };
        let at_head = case.place.after.is_none();
        let total = at_head.then(|| {
            let total = world.scan.total(&case.query);
            let pages = total.div_ceil(case.page as u64).max(1);
            let [first, middle, last] =
                [1, pages.div_ceil(2), pages].map(|page| by_offset(case, page));
            let sql = fastest(&|sqlite| sqlite.total_forms(&case.query));
            Total { total, first, middle, last, sql }
        });
        let page_sql = fastest(&|sqlite| sqlite.page_forms(&case.query));
        Prepared { world, case, page_sql, total }
    }

    fn page_group(&self) -> Group<'_> {
        let Prepared { world, case, .. } = self;
        let query = &case.query;
        let find = || world.store.describe_invocations(&case.request).map_or(0, |page| page.len());
        let mut group: Group<'_> =
            vec![Box::new(find), Box::new(|| world.roaring.find(query).rows.len())];
        if let (Some(sqlite), Some(sql)) = (&world.sqlite, &self.page_sql) {
            let mut statement = sqlite.prepare(sql).expect("it is valid");
            group.push(Box::new(move || statement.positions().map_or(0, |rows| rows.len())));
            group.push(Box::new(|| world.scan.find(query).rows.len()));
        }
        group
    }

    fn total_group<'a>(&'a self, total: &'a Total) -> Group<'a> {
        let Prepared { world, case, .. } = self;
        let answer = |request| {
            let page = world.store.describe_invocations(request).expect("the request is valid");
            page.len() + page.total_count().unwrap_or(0) as usize
        };
        let mut group: Group<'a> = vec![
            Box::new(move || answer(&total.first)),
            Box::new(move || answer(&total.middle)),
            Box::new(move || answer(&total.last)),
            Box::new(|| world.roaring.total(&case.query) as usize),
        ];
        if let (Some(sqlite), Some(sql)) = (&world.sqlite, &total.sql) {
            let mut statement = sqlite.prepare(sql).expect("it is valid");
            group.push(Box::new(move || statement.count().unwrap_or(0) as usize));
        }
        group
    }
}

impl Line {
    /// `others` are roaring, then SQLite and the scan if they are compared.
    fn new(variant: Variant, case: &Case, invodex: Cost, others: &[Cost]) -> Self {
        Line {
            variant: variant.name(),
            class: case.class,
            adversarial: case.adversarial,
            filters: case.filters(),
            page: case.page,
            place: case.place.name,
            invodex,
            roaring: others[0],
            sqlite: others.get(1).copied(),
            scan: others.get(2).copied(),
        }
    }

    fn name(&self) -> String {
        format!("{}, page {}, {}, {}", self.class, self.page, self.place, self.variant)
    }
}

impl TotalLine {
    fn new(variant: Variant, case: &Case, total: u64, costs: &[Cost]) -> Self {
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

    fn name(&self) -> String {
        format!("{}, page {}, {}", self.class, self.page, self.variant)
    }
}

/// The time of a peer as a multiple of the library's.
fn times(other: Cost, invodex: Cost) -> f64 {
    other.y / invodex.y
}

pub fn bounds(finds: &Finds, bounds: &mut Vec<Bound>) {
    let mut each = Nearest::to(limits::FIND);
    for line in &finds.pages {
        each.add(line.name(), line.invodex.y);
    }
    each.finish(bounds);

    let several = finds.pages.iter().filter(|line| line.filters >= 2);
    let roaring = geometric_mean(several.map(|line| line.invodex.y / line.roaring.y));
    bounds.push(Bound::new(&limits::FIND_ROARING_MEAN, roaring));

    let compared = || finds.pages.iter().filter_map(|line| Some((line, line.sqlite?)));
    let mut each = Nearest::to(limits::FIND_SQLITE);
    for (line, sqlite) in compared() {
        // SQLite notices at once that an empty list is empty.
        if !(line.class.starts_with("none-") && line.place == "head") {
            each.add(line.name(), times(sqlite, line.invodex));
        }
    }
    each.finish(bounds);
    let sqlite = geometric_mean(compared().map(|(line, sqlite)| times(sqlite, line.invodex)));
    bounds.push(Bound::new(&limits::FIND_SQLITE_MEAN, sqlite));

    let mut totals = Nearest::to(limits::TOTAL);
    let mut offsets = Nearest::to(limits::DEEP_OFFSET);
    for line in &finds.totals {
        totals.add(line.name(), line.invodex.y);
        for (place, cost) in [("middle", line.middle_offset), ("last page", line.last_offset)] {
            offsets.add(format!("{}, {place}", line.name()), cost.y);
        }
    }
    totals.finish(bounds);
    offsets.finish(bounds);
}
