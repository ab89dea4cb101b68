//! Checks that all contenders answer alike: rows, position of the next page, totals, whole JSON.

use invodex::DescribeInvocations;
use serde_json::Value;

use crate::record::{Answer, REQUEST_ID};
use crate::request::{Case, Found};
use crate::world::World;

/// Panics with the request's name if an answer differs.
pub fn check(world: &World, cases: &[Case]) {
    for case in cases {
        let found = world.scan.find(&case.query);
        check_page(world, case, &found);
        assert_eq!(world.roaring.find(&case.query), found, "roaring: {}", case.name());
        if let Some(sqlite) = &world.sqlite {
            for sql in sqlite.page_forms(&case.query).expect("the statements are valid") {
                let prepared = sqlite.prepare(&sql).and_then(|mut prepared| prepared.positions());
                let positions = prepared.expect("the statement runs");
                let page = sqlite.found(&case.query, positions);
                assert_eq!(page, found, "SQLite, {}: {}", sql.text, case.name());
            }
        }
        if case.place.after.is_none() {
            check_total(world, case);
        }
        // The bytes of a row do not depend on the data set, so one data set is enough.
        if world.sqlite.is_some() {
            check_answers(world, case, &found);
        }
    }
}

fn ids<'a>(world: &'a World, found: &Found) -> Vec<&'a str> {
    found.rows.iter().map(|&row| &*world.scan.records[row as usize].invoke_id).collect()
}

/// The page, and the page that its token leads to.
fn check_page(world: &World, case: &Case, found: &Found) {
    let page = world.store.describe_invocations(&case.request).expect("the request is valid");
    let rows: Vec<_> = page.invocations().map(|row| row.invoke_id()).collect();
    assert_eq!(rows, ids(world, found), "{}", case.name());
    assert_eq!(page.next_token().is_some(), found.more, "next: {}", case.name());
    let Some(token) = page.next_token() else { return };
    let next = case.request.clone().next_token(token.as_str());
    let page = world.store.describe_invocations(&next).expect("the token is its own");
    let mut query = case.query.clone();
    query.after = found.rows.last().map(|&row| world.scan.records[row as usize].key);
    query.returned += if query.wanted.tags.is_empty() { 0 } else { found.rows.len() };
    let found = world.scan.find(&query);
    let rows: Vec<_> = page.invocations().map(|row| row.invoke_id()).collect();
    assert_eq!(rows, ids(world, &found), "the page after: {}", case.name());
    assert_eq!(page.next_token().is_some(), found.more, "the page after: {}", case.name());
}

/// The request by offset.
pub fn by_offset(case: &Case, page_number: u64) -> DescribeInvocations {
    let pairs = case.pairs.iter().filter(|(name, _)| name != "MaxResults" && name != "NextToken");
    DescribeInvocations::from_pairs(pairs.map(|(name, value)| (name, value)))
        .page_size(case.page as u32)
        .page_number(page_number as u32)
}

fn check_total(world: &World, case: &Case) {
    let total = world.scan.total(&case.query);
    let page = world.store.describe_invocations(&by_offset(case, 1)).expect("it is valid");
    assert_eq!(page.total_count(), Some(total), "total: {}", case.name());
    assert_eq!(world.roaring.total(&case.query), total, "roaring's total: {}", case.name());
    if let Some(sqlite) = &world.sqlite {
        for sql in sqlite.total_forms(&case.query).expect("the statements are valid") {
            let counted = sqlite.prepare(&sql).and_then(|mut prepared| prepared.count());
            let counted = case.query.reach(counted.expect("the statement runs"));
            assert_eq!(counted, total, "SQLite, {}: {}", sql.text, case.name());
        }
    }
}

fn check_answers(world: &World, case: &Case, found: &Found) {
    let body = library_answer(world, &case.pairs);
    let body = comparable(&body);
    let rows = world.scan.page(&found.rows, &case.query.wanted);
    let next = rows.last().filter(|_| found.more).map(|row| row.key);
    let structs = serde_json::to_vec(&Answer::new(rows, case.page, next)).expect("it is plain");
    assert_eq!(comparable(&structs), body, "structs: {}", case.name());
    let mock = world.scan.mock_answer(&case.peer_pairs);
    assert_eq!(comparable(&mock), body, "mock server: {}", case.name());
    if let Some(sqlite) = &world.sqlite {
        let sql = sqlite.page_forms(&case.query).expect("the statements are valid").remove(0);
        let answer = sqlite.answer(&case.peer_pairs, &sql).expect("the statements run");
        assert_eq!(comparable(&answer), body, "SQLite's answer: {}", case.name());
    }
}

/// The library's whole answer, from the pairs of the request to the bytes.
pub fn library_answer(world: &World, pairs: &[(String, String)]) -> Vec<u8> {
    let request = DescribeInvocations::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
    let page = world.store.describe_invocations(&request).expect("the request is valid");
    let mut body = Vec::new();
    page.write_json(REQUEST_ID, &mut body);
    body
}

/// The answer without the text of the token, whose form differs between peers.
fn comparable(body: &[u8]) -> Value {
    let mut body: Value = serde_json::from_slice(body).expect("it is JSON");
    let more = body["NextToken"] != "";
    body["NextToken"] = Value::Bool(more);
    body
}
