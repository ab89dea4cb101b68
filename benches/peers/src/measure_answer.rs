//! Writing the answer: the body of a page that is found, and the whole way from the pairs of a
//! request to the bytes.

use invodex::{ContentEncoding, DescribeInvocationsResponse};
use serde::Serialize;

use crate::bounds::{Bound, Worst};
use crate::equal::library_answer;
use crate::record::{Answer, REQUEST_ID, Record};
use crate::request::Case;
use crate::rounds::{Contender, Cost, Effort, interleave};
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
    /// The same bytes copied.
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

pub fn measure_bodies(count: usize, effort: Effort, yardstick: &Yardstick, into: &mut Answers) {
    for (content, unique_content) in [("shared", false), ("unique", true)] {
        let options = Options { count, unique_content, ..Options::default() };
        let store = stores::full_store(&options);
        let (middle, end) = stores::middle_and_end(&store);
        let pairs = [("RegionId".to_owned(), REGIONS[0].id.to_owned())];
        for place in places(&pairs, middle, end, options.now) {
            let request = stores::request(&pairs, place.token.as_deref(), 50);
            let plain_text = request.clone().content_encoding(ContentEncoding::PlainText);
            let page = store.describe_invocations(&request).expect("it is valid");
            let plain_text = store.describe_invocations(&plain_text).expect("it is valid");
            let records = owned(&options, &page);
            let body =
                measure_body(content, &place, &page, &plain_text, records, effort, yardstick);
            into.bodies.push(body);
        }
    }
}

/// The rows of the page as owned structs. The generator makes them anew from their number.
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

fn measure_body(
    content: &'static str,
    place: &Place,
    page: &DescribeInvocationsResponse<'_>,
    plain_text: &DescribeInvocationsResponse<'_>,
    records: Answer<Record>,
    effort: Effort,
    yardstick: &Yardstick,
) -> Body {
    let mut body = Vec::new();
    page.write_json(REQUEST_ID, &mut body);
    let bytes = body.len();
    let [mut first, mut second, mut third] = [(); 3].map(|()| Vec::with_capacity(2 * bytes));
    let mut contenders: Vec<Contender<'_>> = vec![
        Box::new(|| {
            first.clear();
            page.write_json(REQUEST_ID, &mut first);
            first.len()
        }),
        Box::new(|| {
            second.clear();
            plain_text.write_json(REQUEST_ID, &mut second);
            second.len()
        }),
        Box::new(|| {
            third.clear();
            third.extend_from_slice(std::hint::black_box(&body));
            third.len()
        }),
        Box::new(|| serde_json::to_vec(&records).map_or(0, |body| body.len())),
        Box::new(|| serde_json::to_vec(page).map_or(0, |body| body.len())),
    ];
    let costs = interleave(effort, yardstick, &mut contenders);
    let [base64, plain_text, memcpy, serde_json, serde_json_of_views] = costs[..] else {
        unreachable!("as many costs as contenders")
    };
    let place = place.name;
    Body { content, place, bytes, base64, plain_text, memcpy, serde_json, serde_json_of_views }
}

pub fn measure_whole(
    world: &World,
    cases: &[Case],
    effort: Effort,
    yardstick: &Yardstick,
    into: &mut Answers,
) {
    let sqlite = world.sqlite.as_ref().expect("the world has it");
    // A mock server takes milliseconds; an answer takes many times what finding it does.
    let effort = Effort { rounds: effort.rounds.div_ceil(3), turn: 4 * effort.turn };
    for case in cases {
        let rows = world.scan.find(&case.query).rows.len();
        if rows == 0 {
            continue;
        }
        let sql = sqlite.page_forms(&case.query).and_then(|forms| sqlite.fastest(forms));
        let sql = sql.expect("the statements are valid");
        let mut contenders: Vec<Contender<'_>> = vec![
            Box::new(|| library_answer(world, &case.pairs).len()),
            Box::new(|| sqlite.answer(&case.peer_pairs, &sql).map_or(0, |body| body.len())),
            Box::new(|| world.scan.mock_answer(&case.peer_pairs).len()),
        ];
        let costs = interleave(effort, yardstick, &mut contenders);
        into.whole.push(Whole {
            class: case.class,
            page: case.page,
            place: case.place.name,
            rows,
            bytes: library_answer(world, &case.pairs).len(),
            invodex: costs[0],
            sqlite: costs[1],
            mock_server: costs[2],
        });
    }
}

pub fn bounds(answers: &Answers, bounds: &mut Vec<Bound>) {
    for body in answers.bodies.iter().filter(|body| body.content == "shared") {
        let what = format!("body of 50 rows in Base64, {}", body.place);
        let copy = body.base64.y / body.memcpy.y;
        bounds.push(Bound::at_most(format!("{what}, against memcpy"), copy, 5.0, "x its time"));
        let serde = body.base64.y / body.serde_json.y;
        let what = format!("{what}, against serde_json from structs");
        bounds.push(Bound::at_most(what, serde, 0.2, "x its time"));
    }
    let (mut sqlite, mut mock) = (Worst::default(), Worst::default());
    for line in &answers.whole {
        let name = format!("{}, page {}, {}", line.class, line.page, line.place);
        let against = |other: Cost| other.y / line.invodex.y;
        sqlite.add(Bound::at_least(name.clone(), against(line.sqlite), 10.0, "x as fast"));
        mock.add(Bound::at_least(name, against(line.mock_server), 20.0, "x as fast"));
    }
    sqlite.finish("whole answer against SQLite", bounds);
    mock.finish("whole answer against a mock server", bounds);
}
