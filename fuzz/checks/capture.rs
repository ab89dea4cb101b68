//! Any text, and JSON built from records, as captured responses of both operations, in every form in
//! which they are read. The import fails with an error and changes nothing, or returns a report:
//! each record is loaded, not retained or refused; of equal InvokeIds the last is loaded; each line
//! of the report belongs to a record that is held. Loaded records are valid, the same file changes
//! nothing when it is imported again, and the answers to it import without a difference.

use std::collections::BTreeSet;

use arbitrary::Unstructured;
use invodex::{
    CaptureEncoding, Config, ContentEncoding, DescribeInvocationResults, DescribeInvocations,
    DifferenceKind, ErrorKind, ImportOptions, ImportReport, Place, Store,
};
use serde_json::Value;

use super::json::response;
use crate::captures;
use invodex_testkit::engine::SMALL;

pub(super) fn check(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let encoding = match first / 2 % 3 {
        0 => CaptureEncoding::Auto,
        1 => CaptureEncoding::Base64,
        _ => CaptureEncoding::PlainText,
    };
    let options = ImportOptions::new("cn-a").encoding(encoding);
    let has_limits = first / 6 % 4 == 1;
    let config = Config {
        capacity: if has_limits { 2 } else { 1_000 },
        retention_seconds: has_limits.then_some(100_000),
        tuning: SMALL,
        ..Config::default()
    };
    if first % 2 == 0 {
        check_capture(config, &options, rest, has_limits);
    } else if let Ok(text) = response(&mut Unstructured::new(rest)) {
        check_capture(config, &options, &text, has_limits);
    }
}

fn check_capture(config: Config, options: &ImportOptions, text: &[u8], has_limits: bool) {
    let mut store = Store::new(config, captures::now());
    let report = match store.import(text, options) {
        Ok(report) => report,
        Err(error) => {
            assert_eq!((error.kind(), error.code()), (ErrorKind::Capture, "InvalidCapture"));
            assert!(store.is_empty() && !error.detail().is_empty());
            return;
        }
    };
    store.internal_validate().expect("what is loaded is sound");
    check_report(&report);
    assert_eq!(store.len(), report.loaded);
    let lists = lists(text);
    if let Some((records, 0)) = lists {
        let refused = report.refusals.len();
        assert_eq!(report.loaded + report.not_retained.len() + refused, records, "{report}");
    }
    if has_limits {
        return;
    }
    assert_eq!(report.not_retained, []);
    check_positions(&store, &report, text);
    check_again(&mut store, options, text, &report, lists.is_some_and(|(_, rows)| rows == 0));
    for at in 0..store.len() {
        check_answer(&store, at);
        check_results(&store, at);
    }
}

fn check_report(report: &ImportReport) {
    let refused = report.refusals.len();
    let mut places: BTreeSet<_> = report.refusals.iter().map(|one| &one.place).collect();
    places.extend(report.not_retained.iter().map(|one| &one.place));
    assert_eq!(places.len(), refused + report.not_retained.len(), "none is named twice");
    assert!(report.refusals.is_sorted_by_key(|refusal| &refusal.place));
    assert!(report.not_retained.is_sorted_by_key(|record| &record.place));
    assert!(report.differences.is_sorted_by_key(|difference| &difference.place));
    assert_eq!(report.files.len(), 1);
    let bodies = report.files[0].bodies;
    let is_known = |place: &Place| match place.body {
        Some(body) => body < bodies,
        None => bodies == 1,
    };
    assert!(places.iter().all(|place| place.record.is_some() && is_known(place)));
    for difference in &report.differences {
        let is_form = difference.kind == DifferenceKind::Form;
        assert!(is_form || difference.captured != difference.answered, "{difference}");
        assert!(is_known(&difference.place) && !places.contains(&difference.place), "{difference}");
        assert!(!difference.to_string().is_empty());
    }
    for refusal in &report.refusals {
        assert!(!refusal.to_string().is_empty());
    }
    let grouped: usize = report.grouped().iter().map(|group| group.count).sum();
    assert_eq!(grouped, report.differences.len());
}

/// The member of an object by the API's name, or by an SDK's.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).or_else(|| value.get(name[..1].to_lowercase() + &name[1..]))
}

/// The list in its wrappers, or without the last one.
fn list<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Vec<Value>> {
    match path {
        [] => value.as_array(),
        [last] if value.is_array() => list(value, &[]).filter(|_| !last.is_empty()),
        [first, rest @ ..] => list(member(value, first)?, rest),
    }
}

/// The numbers of records of both operations in the text. `None` if serde_json cannot read it into
/// values, or if it cannot tell the numbers because a key is given twice.
fn lists(text: &[u8]) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut bodies: Vec<Value> = values.collect::<Result<_, _>>().ok()?;
    if let [Value::Array(items)] = &mut bodies[..] {
        bodies = std::mem::take(items);
    }
    let (mut records, mut rows) = (0, 0);
    for body in &bodies {
        let has_list = |one: &Value| {
            member(one, "Invocations").is_some() || member(one, "Invocation").is_some()
        };
        let body = if has_list(body) { body } else { body.get("body").unwrap_or(body) };
        match (member(body, "Invocations"), member(body, "Invocation")) {
            (Some(value), None) => records += list(value, &["Invocation"])?.len(),
            (None, Some(value)) => {
                rows += list(value, &["InvocationResults", "InvocationResult"])?.len();
            }
            _ => return None,
        }
    }
    Some((records, rows))
}

/// Checks that exactly the records without a refusal are loaded, and of equal InvokeIds the last,
/// in a file that is one body of DescribeInvocations in the form of the API.
fn check_positions(store: &Store, report: &ImportReport, text: &[u8]) {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let Ok(captured) = serde_json::from_slice::<Value>(text) else { return };
    let Some(Value::Array(list)) = captured.pointer("/Invocations/Invocation") else { return };
    // An unknown key may have this name, beside the list that an SDK printed.
    if member(&captured, "Invocation").is_some() || captured.get("invocations").is_some() {
        return;
    }
    let id = |position: usize| list[position].get("InvokeId").and_then(Value::as_str);
    if list.iter().any(|record| record.get("invokeId").is_some()) {
        return;
    }
    let at = |place: &Place| place.record.expect("it is a record");
    let refused: BTreeSet<_> = report.refusals.iter().map(|refusal| at(&refusal.place)).collect();
    let accepted: Vec<_> = (0..list.len()).filter(|position| !refused.contains(position)).collect();
    let ids: BTreeSet<_> = accepted.iter().map(|&position| id(position)).collect();
    assert_eq!(ids.len(), accepted.len(), "none is accepted twice");
    assert!(store.iter().all(|view| ids.contains(&Some(view.invoke_id()))));
    for refusal in &report.refusals {
        if refusal.error.code() == "Duplicate.InvokeId" {
            let is_same = |&&later: &&usize| id(later) == refusal.invoke_id.as_deref();
            let loaded = accepted.iter().find(is_same).expect("another has the id");
            assert!(*loaded > at(&refusal.place), "{refusal}: {loaded} is loaded");
        }
    }
    for difference in &report.differences {
        if let Some(position) = difference.place.record {
            assert_eq!(id(position), Some(&*difference.invoke_id), "{difference}");
        }
    }
}

/// Imports the file again: loaded records are refused for their InvokeId, refused ones are refused
/// again, and results agree with the records that they made or completed, or contradict them.
fn check_again(
    store: &mut Store,
    options: &ImportOptions,
    text: &[u8],
    first: &ImportReport,
    has_no_results: bool,
) {
    let before: Vec<_> = store.iter().map(|view| view.to_invocation()).collect();
    let second = store.import(text, options).expect("it was read before");
    assert_eq!((second.loaded, second.not_retained.len()), (0, 0));
    check_report(&second);
    let after: Vec<_> = store.iter().map(|view| view.to_invocation()).collect();
    assert_eq!(before, after);
    store.internal_validate().expect("nothing has changed");
    if !has_no_results {
        return;
    }
    assert_eq!(second.refusals.len(), first.loaded + first.refusals.len());
    for refusal in &second.refusals {
        let before = first.refusals.iter().find(|other| other.place == refusal.place);
        match before {
            Some(before) => assert_eq!(before.error, refusal.error),
            None => assert_eq!(refusal.error.code(), "Duplicate.InvokeId"),
        }
    }
}

/// Checks that the answer of DescribeInvocationResults is one record, or refused for want of times.
fn check_results(store: &Store, at: usize) {
    let view = store.iter().nth(at).expect("it is there");
    let request = DescribeInvocationResults::new(view.region_id())
        .invoke_id(view.invoke_id())
        .content_encoding(ContentEncoding::Base64)
        .max_results(50);
    let mut body = Vec::new();
    let page = store.describe_invocation_results(&request).expect("the request is good");
    page.write_json("R", &mut body);
    let options = ImportOptions::new(view.region_id()).encoding(CaptureEncoding::Base64);
    let mut other = Store::new(store.config().clone(), captures::now());
    let report = other.import(&body, &options).expect("an answer is a captured response");
    assert_eq!(report.loaded + report.refusals.len(), 1, "{report}");
    let parameter = report.refusals.first().map(|refusal| refusal.error.parameter());
    assert!(parameter.is_none_or(|name| name == Some("CreationTime")), "{:?}", report.refusals);
    // Results do not say how often a task runs, on which the legacy status depends.
    let is_assumed = |kind| matches!(kind, DifferenceKind::Assumed | DifferenceKind::Derived);
    let differences = &report.differences;
    assert!(differences.iter().all(|one| is_assumed(one.kind)), "{differences:?}");
}

/// Checks that the answer for the record at this position imports without a difference.
fn check_answer(store: &Store, at: usize) {
    let view = store.iter().nth(at).expect("it is there");
    let request = DescribeInvocations::new(view.region_id())
        .invoke_id(view.invoke_id())
        .include_output(true)
        .content_encoding(ContentEncoding::Base64);
    let mut body = Vec::new();
    store.describe_invocations(&request).expect("the request is good").write_json("R", &mut body);
    let options = ImportOptions::new(view.region_id())
        .resource_group_id(view.resource_group_id())
        .encoding(CaptureEncoding::Base64);
    let mut other = Store::new(store.config().clone(), captures::now());
    let report = other.import(&body, &options).expect("an answer is a captured response");
    assert!(report.differences.is_empty(), "{:?}", report.differences);
    assert_eq!((report.loaded, report.refusals), (1, Vec::new()));
    let again = other.get(view.invoke_id()).expect("it was loaded");
    let mut expected = view.to_invocation();
    // An answer does not tell whether Parameters are unset.
    if expected.parameters.is_empty() {
        expected.parameters = "{}".into();
    }
    assert_eq!(again.to_invocation(), expected);
}
