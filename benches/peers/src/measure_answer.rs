//! Writing an answer: the body of a page that has been found, and the whole path from the pairs of
//! a request to the bytes.

use invodex::{ContentEncoding, DescribeInvocationsResponse, Store};
use serde::Serialize;

use crate::bounds::{Bound, Nearest};
use crate::equal::library_answer;
use crate::limits;
use crate::record::{Answer, REQUEST_ID, Record};
use crate::request::Case;
use crate::rounds::{Cost, Effort, Group, interleave};
use crate::sqlite_forms::Sql;
use crate::support::dataset::pools::REGIONS;
use crate::support::dataset::{Dataset, Options};
use crate::support::place::{Place, places};
use crate::support::stores;
use crate::world::World;
use crate::yardstick::Yardstick;

/// A page of 50 rows without outputs.
#[derive(Clone, Debug, Serialize)]
pub struct Body {
    pub content: &'static str,
    pub place: &'static str,
    pub bytes: usize,
    pub base64: Cost,
    pub plain_text: Cost,
    /// `memcpy` of the same bytes.
    pub memcpy: Cost,
    /// `serde_json::to_vec` from owned structs.
    pub serde_json: Cost,
    /// `serde_json::to_vec` from the library's own views.
    pub serde_json_of_views: Cost,
}

/// From the pairs of a request to the bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Whole {
    pub class: &'static str,
    pub page: usize,
    pub place: &'static str,
    pub rows: usize,
    pub bytes: usize,
    pub invodex: Cost,
    pub sqlite: Cost,
    pub mock_server: Cost,
}

#[derive(Default, Serialize)]
pub struct Answers {
    pub bodies: Vec<Body>,
    pub whole: Vec<Whole>,
}

/// A store with pages to write.
struct Written {
    content: &'static str,
    options: Options,
    store: Store,
}

/// A page that has been found, and the same rows for the other contenders.
struct Page<'s> {
    content: &'static str,
    place: &'static str,
    base64: DescribeInvocationsResponse<'s>,
    plain_text: DescribeInvocationsResponse<'s>,
    records: Answer<Record>,
    /// The bytes that are copied.
    body: Vec<u8>,
}

/// A request that returns rows, with SQLite's form of it.
struct Asked<'w> {
    world: &'w World,
    case: &'w Case,
    rows: usize,
    sql: Sql,
}

pub fn measure(
    world: &World,
    cases: &[Case],
    count: usize,
    effort: Effort,
    yardstick: &Yardstick,
) -> Answers {
    let written = [("shared", false), ("unique", true)].map(|(content, unique_content)| {
        let options = Options { count, unique_content, ..Options::default() };
        Written { content, options, store: stores::full_store(&options) }
    });
    let pages: Vec<_> = written.iter().flat_map(Written::pages).collect();
    let asked: Vec<_> = cases.iter().filter_map(|case| Asked::new(world, case)).collect();
    let mut groups: Vec<_> = pages.iter().map(Page::group).collect();
    groups.extend(asked.iter().map(Asked::group));
    // An answer takes many times as long as finding its page.
    let effort = Effort { turn: 4 * effort.turn, ..effort };
    let mut costs = interleave(effort, yardstick, &mut groups);
    let of_asked = costs.split_off(pages.len());
    Answers {
        bodies: pages.iter().zip(costs).map(|(page, costs)| page.line(&costs)).collect(),
        whole: asked.iter().zip(of_asked).map(|(asked, costs)| asked.line(&costs)).collect(),
    }
}

impl Written {
    /// 50 rows from each place.
    fn pages(&self) -> Vec<Page<'_>> {
        let Written { content, options, store } = self;
        let (middle, end) = stores::middle_and_end(store);
        let pairs = [("RegionId".to_owned(), REGIONS[0].id.to_owned())];
        let page = |place: Place| {
            let request = stores::request(&pairs, place.token.as_deref(), 50);
            let plain_text = request.clone().content_encoding(ContentEncoding::PlainText);
            let base64 = store.describe_invocations(&request).expect("it is valid");
            let plain_text = store.describe_invocations(&plain_text).expect("it is valid");
            let records = owned(options, &base64);
            let mut body = Vec::new();
            base64.write_json(REQUEST_ID, &mut body);
            Page { content, place: place.name, base64, plain_text, records, body }
        };
        places(&pairs, middle, end, options.now).into_iter().map(page).collect()
    }
}

/// The rows of the page as owned structs, generated again from their numbers.
fn owned(options: &Options, page: &DescribeInvocationsResponse<'_>) -> Answer<Record> {
    let ids: Vec<_> = page.invocations().map(|row| row.invoke_id().to_owned()).collect();
    let mut rows: Vec<_> = Dataset::new(*options)
        .zip(1..)
        .filter(|(record, _)| ids.contains(&record.invoke_id))
        .map(|(record, number)| Record::of(record, number))
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.key));
    let next = rows.last().map(|row| row.key);
    Answer::new(rows, 50, next)
}

impl Page<'_> {
    fn group(&self) -> Group<'_> {
        let [mut first, mut second, mut third] =
            [(); 3].map(|()| Vec::with_capacity(2 * self.body.len()));
        vec![
            Box::new(move || {
                first.clear();
                self.base64.write_json(REQUEST_ID, &mut first);
                first.len()
            }),
            Box::new(move || {
                second.clear();
                self.plain_text.write_json(REQUEST_ID, &mut second);
                second.len()
            }),
            Box::new(move || {
                third.clear();
                third.extend_from_slice(std::hint::black_box(&self.body));
                third.len()
            }),
            Box::new(|| serde_json::to_vec(&self.records).map_or(0, |body| body.len())),
            Box::new(|| serde_json::to_vec(&self.base64).map_or(0, |body| body.len())),
        ]
    }

    fn line(&self, costs: &[Cost]) -> Body {
        Body {
            content: self.content,
            place: self.place,
            bytes: self.body.len(),
            base64: costs[0],
            plain_text: costs[1],
            memcpy: costs[2],
            serde_json: costs[3],
            serde_json_of_views: costs[4],
        }
    }
}

impl<'w> Asked<'w> {
    /// `None` if no row is returned.
    fn new(world: &'w World, case: &'w Case) -> Option<Self> {
        let rows = world.scan.find(&case.query).rows.len();
        let sqlite = world.sqlite.as_ref().filter(|_| rows > 0)?;
        let sql = sqlite.page_forms(&case.query).and_then(|forms| sqlite.fastest(forms));
        Some(Asked { world, case, rows, sql: sql.expect("the statements are valid") })
    }

    fn group(&self) -> Group<'_> {
        let Asked { world, case, sql, .. } = self;
        let sqlite = world.sqlite.as_ref().expect("the world has it");
        vec![
            Box::new(|| library_answer(world, &case.pairs).len()),
            Box::new(|| sqlite.answer(&case.peer_pairs, sql).map_or(0, |body| body.len())),
            Box::new(|| world.scan.mock_answer(&case.peer_pairs).len()),
        ]
    }

    fn line(&self, costs: &[Cost]) -> Whole {
        Whole {
            class: self.case.class,
            page: self.case.page,
            place: self.case.place.name,
            rows: self.rows,
            bytes: library_answer(self.world, &self.case.pairs).len(),
            invodex: costs[0],
            sqlite: costs[1],
            mock_server: costs[2],
        }
    }
}

pub fn bounds(answers: &Answers, bounds: &mut Vec<Bound>) {
    for body in answers.bodies.iter().filter(|body| body.content == "shared") {
        for (limit, other) in
            [(&limits::BODY_MEMCPY, body.memcpy), (&limits::BODY_SERDE_JSON, body.serde_json)]
        {
            bounds.push(Bound::of_case(limit, body.place, body.base64.y / other.y));
        }
    }
    let mut sqlite = Nearest::to(limits::ANSWER_SQLITE);
    let mut mock_server = Nearest::to(limits::ANSWER_MOCK_SERVER);
    for line in &answers.whole {
        let name = format!("{}, page {}, {}", line.class, line.page, line.place);
        sqlite.add(name.clone(), line.sqlite.y / line.invodex.y);
        mock_server.add(name, line.mock_server.y / line.invodex.y);
    }
    sqlite.finish(bounds);
    mock_server.finish(bounds);
}
