//! Any text, and JSON built from records, as a captured response. The import fails with an error
//! and changes nothing, or returns a report: each record of the list is loaded, not retained or
//! refused; of equal InvokeIds the last is loaded; each line of the report belongs to a record of
//! the list. Loaded records are valid, are refused when imported again, and their answers import
//! without a difference.

use std::collections::BTreeSet;
use std::fmt;

use arbitrary::Unstructured;
use invodex::{
    CaptureEncoding, Config, ContentEncoding, DescribeInvocations, ErrorKind, ImportOptions,
    ImportReport, Store,
};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::json::response;
use crate::captures;
use crate::engine::SMALL;

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
    let found = count(text);
    check_report(&report, found);
    assert_eq!(store.len(), report.loaded);
    if has_limits {
        return;
    }
    assert_eq!(report.not_retained, []);
    check_positions(&store, &report, text, found);
    check_again(&mut store, options, text, &report);
    for at in 0..store.len() {
        check_answer(&store, at);
    }
}

fn check_report(report: &ImportReport, found: usize) {
    let refused = report.refusals.len();
    assert_eq!(report.loaded + report.not_retained.len() + refused, found, "{report}");
    let mut positions: BTreeSet<_> = report.refusals.iter().map(|one| one.position).collect();
    positions.extend(report.not_retained.iter().map(|one| one.position));
    assert_eq!(positions.len(), refused + report.not_retained.len(), "none is named twice");
    assert!(report.refusals.is_sorted_by_key(|refusal| refusal.position));
    assert!(report.not_retained.is_sorted_by_key(|record| record.position));
    assert!(positions.last().is_none_or(|&last| last < found));
    assert!(report.differences.is_sorted_by_key(|difference| difference.position));
    for difference in &report.differences {
        assert_ne!(difference.captured, difference.answered, "{difference}");
        if let Some(position) = difference.position {
            assert!(position < found && !positions.contains(&position), "{difference}");
        }
        let _ = difference.to_string();
    }
    for refusal in &report.refusals {
        assert!(!refusal.to_string().is_empty());
    }
}

/// Checks that exactly the records without a refusal are loaded, and of equal InvokeIds the last.
/// Skips files that serde_json cannot read into values.
fn check_positions(store: &Store, report: &ImportReport, text: &[u8], found: usize) {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let Ok(mut captured) = serde_json::from_slice::<Value>(text) else { return };
    let list = captured.pointer_mut("/Invocations/Invocation").map(Value::take);
    let Some(Value::Array(list)) = list else { return };
    // The key of the list may be given twice.
    if list.len() != found {
        return;
    }
    let id = |position: usize| list[position].get("InvokeId").and_then(Value::as_str);
    let refused: BTreeSet<_> = report.refusals.iter().map(|refusal| refusal.position).collect();
    let accepted: Vec<_> = (0..found).filter(|position| !refused.contains(position)).collect();
    let ids: BTreeSet<_> = accepted.iter().map(|&position| id(position)).collect();
    assert_eq!(ids.len(), accepted.len(), "none is accepted twice");
    assert!(store.iter().all(|view| ids.contains(&Some(view.invoke_id()))));
    for refusal in &report.refusals {
        if refusal.error.code() == "Duplicate.InvokeId" {
            let is_same = |&&later: &&usize| id(later) == refusal.invoke_id.as_deref();
            let loaded = accepted.iter().find(is_same).expect("another has the id");
            assert!(*loaded > refusal.position, "{refusal}: {loaded} is loaded");
        }
    }
    for difference in &report.differences {
        if let Some(position) = difference.position {
            assert_eq!(id(position), Some(&*difference.invoke_id), "{difference}");
        }
    }
}

/// Imports the file again: loaded records are refused for their InvokeId, refused ones are refused
/// again.
fn check_again(store: &mut Store, options: &ImportOptions, text: &[u8], first: &ImportReport) {
    let second = store.import(text, options).expect("it was read before");
    assert_eq!((second.loaded, second.not_retained.len()), (0, 0));
    assert_eq!(second.refusals.len(), first.loaded + first.refusals.len());
    for refusal in &second.refusals {
        let before = first.refusals.iter().find(|other| other.position == refusal.position);
        match before {
            Some(before) => assert_eq!(before.error, refusal.error),
            None => assert_eq!(refusal.error.code(), "Duplicate.InvokeId"),
        }
    }
    store.internal_validate().expect("a refused record changes nothing");
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
    assert_eq!(again.to_invocation(), view.to_invocation());
}

/// The number of elements in all lists at Invocations.Invocation.
fn count(text: &[u8]) -> usize {
    let text = std::str::from_utf8(text).expect("JSON is UTF-8");
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut json = serde_json::Deserializer::from_str(text);
    Count(&["Invocations", "Invocation"]).deserialize(&mut json).expect("it was imported")
}

/// Counts the elements of the lists under a path of keys.
struct Count(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Count {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<usize, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what leads to {:?}", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while let Some(key) = map.next_key::<String>()? {
            match self.0.split_first() {
                Some((first, rest)) if key == *first => {
                    count += map.next_value_seed(Count(rest))?
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(count)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}
