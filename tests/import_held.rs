//! Import: the held records, their order, and the records that are not held.
#![cfg(feature = "json")]

mod captures;

use std::sync::atomic::{AtomicI64, Ordering};

use captures::{capture, file, now, options, record, store, with};
use invodex::{Clock, Config, DescribeInvocations, ImportOptions, Store, Timestamp};
use serde_json::json;

#[test]
fn the_captured_order_holds_and_the_later_of_two_with_one_id_is_loaded() {
    let at = |id: &str, time: &str| with(record(id), "/CreationTime", Some(json!(time)));
    let (noon, later) = ("2024-04-30T12:00:00Z", "2024-04-30T12:00:01Z");
    let records = [
        at("t-a", noon),
        at("t-b", noon),
        with(at("t-c", noon), "/CommandName", Some(json!("first"))),
        at("t-late", later),
        with(at("t-c", noon), "/CommandName", Some(json!("second"))),
        at("t-d", noon),
    ];
    let mut store = store();
    let report = store.import(&capture(&records), &options()).unwrap();
    let order: Vec<_> = store.iter().map(|view| view.invoke_id().to_owned()).collect();
    assert_eq!(order, ["t-late", "t-a", "t-b", "t-c", "t-d"]);
    assert_eq!(store.get("t-c").unwrap().command_name(), "second");
    assert_eq!(report.refusals.len(), 1);
    assert_eq!(
        (report.refusals[0].place.record.unwrap(), report.refusals[0].error.code()),
        (2, "Duplicate.InvokeId")
    );
    assert!(
        report.refusals[0].to_string().starts_with("record 2 (t-c): refused: Duplicate.InvokeId")
    );
}

#[test]
fn two_files_that_share_an_id_are_not_both_loaded() {
    let mut store = store();
    let first = store.import(file("describe-invocations.json").as_bytes(), &options()).unwrap();
    let second = store.import(file("recorded-once-failed.json").as_bytes(), &options()).unwrap();
    assert_eq!((first.loaded, second.loaded, store.len()), (1, 0, 1));
    assert_eq!(second.refusals[0].place.record, Some(0));
    assert_eq!(second.refusals[0].invoke_id.as_deref(), Some("t-hz0jdfwd9f****"));
    assert_eq!(second.refusals[0].error.code(), "Duplicate.InvokeId");
    assert!(second.differences.is_empty());
}

#[test]
fn what_is_too_old_or_too_much_is_named() {
    let mut store = Store::new(Config::default(), now());
    let report = store.import(file("describe-invocations.json").as_bytes(), &options()).unwrap();
    assert_eq!((report.loaded, report.refusals.len(), store.len()), (0, 0, 0));
    assert!(report.differences.is_empty(), "of what is not held nothing is answered");
    let lines: Vec<_> = report.not_retained.iter().map(|one| one.to_string()).collect();
    assert_eq!(
        lines,
        ["record 0 (t-hz0jdfwd9f****): not retained: older than the store keeps records"]
    );

    let mut store = Store::new(Config { capacity: 2, ..Config::default() }, now());
    let old = with(record("t-0"), "/CreationTime", Some(json!("2020-01-01T00:00:00Z")));
    let records = [record("t-1"), old, record("t-2"), record("t-3"), record("t-4")];
    let report = store.import(&capture(&records), &options()).unwrap();
    assert_eq!(report.loaded, 2);
    let named = report
        .not_retained
        .iter()
        .map(|one| (one.place.record.unwrap(), &*one.invoke_id, one.expired));
    let wanted = [(1, "t-0", true), (3, "t-3", false), (4, "t-4", false)];
    assert_eq!(named.collect::<Vec<_>>(), wanted, "the oldest in list order go");
    assert_eq!(
        report.not_retained[1].to_string(),
        "record 3 (t-3): not retained: newer records fill the store"
    );
    assert_eq!(
        report.to_string(),
        "2 loaded, 0 completed, 3 not retained (1 expired), 0 refused, 0 differences, read as Base64"
    );
}

/// A clock that advances by a second at each reading.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::saturating_from_secs(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[test]
fn an_import_is_at_one_time_however_the_clock_runs() {
    let config = Config { retention_seconds: Some(0), ..Config::default() };
    let clock = Ticking(AtomicI64::new(i64::from(now().as_secs())));
    let one = with(record("t-1"), "/CreationTime", None);
    let report = Store::new(config, clock).import(&capture(&[one]), &options()).unwrap();
    assert_eq!((report.loaded, report.not_retained.len()), (1, 0));
}

#[test]
fn region_and_group_come_from_the_caller_or_the_record() {
    let own = with(record("t-own"), "/RegionId", Some(json!("cn-b")));
    let own = with(own, "/ResourceGroupId", Some(json!("rg-2")));
    let none = with(record("t-none"), "/ResourceGroupId", Some(json!("")));
    let null = with(record("t-null"), "/RegionId", Some(json!(null)));
    let null = with(null, "/ResourceGroupId", Some(json!(null)));
    let mut store = store();
    let options = options().resource_group_id("rg-1");
    let report = store.import(&capture(&[own, none, null, record("t-1")]), &options).unwrap();
    assert!(report.differences.is_empty(), "{:?}", report.differences);
    let of = |id| {
        let view = store.get(id).unwrap();
        (view.region_id().to_owned(), view.resource_group_id().to_owned())
    };
    assert_eq!(of("t-own"), ("cn-b".into(), "rg-2".into()));
    assert_eq!(of("t-none"), ("cn-a".into(), String::new()));
    assert_eq!(of("t-null"), ("cn-a".into(), "rg-1".into()));
    assert_eq!(of("t-1"), ("cn-a".into(), "rg-1".into()));

    // No region at all: every record is refused, by the field.
    let report = self::store().import(&capture(&[record("t-1")]), &ImportOptions::new("")).unwrap();
    assert_eq!(report.refusals[0].error.parameter(), Some("RegionId"));
}

#[test]
fn a_record_without_a_time_gets_the_time_of_the_store() {
    let mut store = store();
    let one = with(record("t-1"), "/CreationTime", None);
    let one = with(one, "/InvokeInstances/InvokeInstance/0/CreationTime", None);
    let one = with(one, "/InvokeInstances/InvokeInstance/0/UpdateTime", Some(json!("")));
    let report = store.import(&capture(&[one]), &options()).unwrap();
    assert_eq!(store.get("t-1").unwrap().creation_time(), now());
    let lines: Vec<_> = report.differences.iter().map(|one| one.to_string()).collect();
    assert_eq!(
        lines,
        [
            "record 0 (t-1): CreationTime: captured nothing, answered \"2024-05-01T00:00:00Z\" (omitted)",
            "record 0 (t-1), run 0 (i-1): CreationTime: captured nothing, answered \"2024-05-01T00:00:00Z\" (omitted)",
            "record 0 (t-1), run 0 (i-1): UpdateTime: captured \"\", answered \"2024-05-01T00:00:00Z\" (omitted)",
        ]
    );
}

#[test]
fn a_record_that_was_answered_comes_back_without_a_difference() {
    let mut first = store();
    let report = first.import(&capture(&[record("t-2"), record("t-1")]), &options()).unwrap();
    assert!(report.differences.is_empty(), "{:?}", report.differences);
    let page = first.describe_invocations(&DescribeInvocations::new("cn-a")).unwrap();
    let mut body = Vec::new();
    page.write_json("R", &mut body);
    let mut second = store();
    let report = second.import(&body, &options()).unwrap();
    assert_eq!((report.loaded, report.refusals.len()), (2, 0));
    // The captured page was requested without Output.
    assert!(report.differences.is_empty(), "{:?}", report.differences);
    let order = |store: &Store| -> Vec<String> {
        store.iter().map(|view| view.invoke_id().to_owned()).collect()
    };
    assert_eq!(order(&first), order(&second));
}
