//! Import: the records loaded from captured responses, and the report of everything else.
#![cfg(feature = "json")]

mod captures;

use std::collections::BTreeSet;

use captures::{
    FILES, Line, capture, every_difference, file, options, record, reported, store, with,
};
use invodex::{CaptureEncoding, DifferenceKind, ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectations {
    capture: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    file: String,
    encoding: Option<String>,
    #[serde(default)]
    loaded: usize,
    #[serde(default)]
    differences: Vec<(i64, i64, String, String, String, String)>,
    /// Differences as the report groups them.
    grouped: Option<Vec<String>>,
    #[serde(default)]
    refusals: Vec<String>,
}

#[test]
fn the_captured_files_are_reported_as_written_by_hand() {
    let text = include_str!("data/import/captured.toml");
    let expected: Expectations = toml::from_str(text).unwrap();
    let names: BTreeSet<_> = expected.capture.iter().map(|one| one.file.as_str()).collect();
    assert_eq!(names, FILES.iter().map(|(name, _)| *name).collect());
    for expected in &expected.capture {
        let mut store = store();
        let report = store.import(file(&expected.file).as_bytes(), &options()).unwrap();
        assert_eq!(
            Some(format!("{:?}", report.files[0].encoding)),
            expected.encoding,
            "{}",
            expected.file
        );
        assert_eq!((report.loaded, report.not_retained.len()), (expected.loaded, 0));
        let refusals: Vec<_> = report.refusals.iter().map(|one| one.to_string()).collect();
        assert_eq!(refusals, expected.refusals, "{}", expected.file);
        if let Some(grouped) = &expected.grouped {
            let given: Vec<_> = report.grouped().iter().map(|group| group.to_string()).collect();
            assert_eq!(&given, grouped, "{}", expected.file);
            continue;
        }
        let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        let given: Vec<_> = report
            .differences
            .iter()
            .map(|one| {
                let run = one.instance.as_ref().map_or(-1, |(at, _)| *at as i64);
                let position = one.place.record.map_or(-1, |at| at as i64);
                let (captured, answered) = (dash(&one.captured), dash(&one.answered));
                (position, run, one.field.to_string(), one.kind.to_string(), captured, answered)
            })
            .collect();
        assert_eq!(given, expected.differences, "{}", expected.file);
    }
}

#[test]
fn the_report_is_the_difference_between_capture_and_answer() {
    let run = "/InvokeInstances/InvokeInstance/0";
    let many = capture(&[
        record("t-exact"),
        with(record("t-unknown"), "/Extra", Some(json!({"a": [1, 2]}))),
        with(record("t-unknown-run"), &format!("{run}/Extra"), Some(json!(true))),
        with(record("t-status"), "/InvocationStatus", Some(json!("Success"))),
        with(record("t-no-such-status"), "/InvokeStatus", Some(json!("Lost"))),
        with(record("t-timed"), "/Timed", Some(json!(true))),
        with(record("t-run-status"), &format!("{run}/InstanceInvokeStatus"), Some(json!("Failed"))),
        with(record("t-run-timed"), &format!("{run}/Timed"), Some(json!(true))),
        with(record("t-no-time"), "/CreationTime", None),
        with(record("t-empty-time"), "/CreationTime", Some(json!(""))),
        with(record("t-empty-run-time"), &format!("{run}/CreationTime"), Some(json!(""))),
        with(record("t-empty-content"), "/CommandContent", Some(json!(""))),
        with(
            with(record("t-own-run-time"), &format!("{run}/UpdateTime"), None),
            &format!("{run}/CreationTime"),
            Some(json!("2024-04-30T00:00:01Z")),
        ),
        with(record("t-empty-update-time"), &format!("{run}/UpdateTime"), Some(json!(""))),
        with(record("t-null-start-time"), &format!("{run}/StartTime"), Some(json!(null))),
        with(record("t-no-timeout"), "/Timeout", None),
        with(record("t-null-timeout"), "/Timeout", Some(json!(null))),
        with(record("t-no-exit-code"), &format!("{run}/ExitCode"), None),
        with(record("t-no-dropped"), &format!("{run}/Dropped"), None),
        with(record("t-no-mode"), "/RepeatMode", None),
        with(record("t-empty-mode"), "/RepeatMode", Some(json!(""))),
        with(record("t-empty-status"), "/InvocationStatus", Some(json!(""))),
        with(record("t-no-tags"), "/Tags", None),
        with(record("t-no-output"), &format!("{run}/Output"), None),
        with(record("t-no-content"), "/CommandContent", None),
        with(record("t-period"), "/RepeatMode", Some(json!("Period"))),
    ]);
    let mut seen = 0;
    for (name, text) in FILES.into_iter().chain([("many", std::str::from_utf8(&many).unwrap())]) {
        if name.contains("results") {
            continue;
        }
        let mut store = store();
        let report = store.import(text.as_bytes(), &options()).unwrap();
        let every = every_difference(text.as_bytes(), &store, report.files[0].encoding);
        let tags = |line: &Line| line.2 == "Tags";
        assert_eq!(
            reported(&report)
                .into_iter()
                // The report writes an empty list of tags as `[]`.
                .map(|line| if tags(&line) {
                    (line.0, line.1, line.2, None, Some("[]".into()))
                } else {
                    line
                })
                .collect::<BTreeSet<_>>(),
            every,
            "{name}"
        );
        assert_eq!(report.differences.len(), every.len());
        store.internal_validate().unwrap();
        seen += every.len();
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn the_kinds_say_why() {
    let run = "/InvokeInstances/InvokeInstance/0";
    let kind_of = |record: Value, field: &str| {
        let report = store().import(&capture(&[record]), &options()).unwrap();
        let found: Vec<_> = report.differences.iter().filter(|one| one.field == field).collect();
        assert_eq!(found.len(), 1, "{field}: {:?}", report.differences);
        found[0].kind
    };
    use DifferenceKind as K;
    let one = || record("t-1");
    assert_eq!(kind_of(with(one(), "/Timed", Some(json!(true))), "Timed"), K::Derived);
    assert_eq!(
        kind_of(with(one(), "/InvokeStatus", Some(json!("Failed"))), "InvokeStatus"),
        K::Derived
    );
    assert_eq!(kind_of(with(one(), "/InvokeStatus", None), "InvokeStatus"), K::Omitted);
    assert_eq!(kind_of(with(one(), "/InvokeStatus", Some(json!(""))), "InvokeStatus"), K::Omitted);
    assert_eq!(kind_of(with(one(), "/CreationTime", Some(json!(""))), "CreationTime"), K::Omitted);
    assert_eq!(kind_of(with(one(), "/Parameters", Some(json!(""))), "Parameters"), K::Omitted);
    assert_eq!(kind_of(with(one(), "/Zone", Some(json!(1))), "Zone"), K::Unknown);
    let long = json!("A".repeat(40_000));
    assert_eq!(
        kind_of(with(one(), &format!("{run}/Output"), Some(long.clone())), "Output"),
        K::Truncated
    );
    assert_eq!(kind_of(with(one(), &format!("{run}/Output"), Some(long)), "Dropped"), K::Truncated);
}

#[test]
fn unknown_keys_are_reported_at_every_level() {
    let mut one = record("t-1");
    one["Extra"] = json!({"deep": [[1]]});
    one["Tags"]["Extra"] = json!(2);
    one["Tags"]["Tag"][0]["Extra"] = json!("x");
    one["InvokeInstances"]["Extra"] = json!(null);
    one["InvokeInstances"]["InvokeInstance"][0]["Extra"] = json!(1.5);
    let mut body: Value = serde_json::from_slice(&capture(&[record("t-0"), one])).unwrap();
    body["Extra"] = json!(false);
    body["Invocations"]["Extra"] = json!([]);
    let report = store().import(body.to_string().as_bytes(), &options()).unwrap();
    assert_eq!(report.loaded, 2);
    let lines: BTreeSet<_> = report.differences.iter().map(|one| one.to_string()).collect();
    let expected = [
        "beside the list: Extra: captured \"false\", answered nothing (unknown)",
        "beside the list: Invocations.Extra: captured \"[]\", answered nothing (unknown)",
        "record 1 (t-1): Extra: captured \"{\\\"deep\\\":[[1]]}\", answered nothing (unknown)",
        "record 1 (t-1): InvokeInstances.Extra: captured \"null\", answered nothing (unknown)",
        "record 1 (t-1): Tags.Extra: captured \"2\", answered nothing (unknown)",
        "record 1 (t-1): Tags.Tag[0].Extra: captured \"\\\"x\\\"\", answered nothing (unknown)",
        "record 1 (t-1), run 0 (i-1): Extra: captured \"1.5\", answered nothing (unknown)",
    ];
    assert_eq!(lines, expected.into_iter().map(String::from).collect());
    let first = report.differences.iter().position(|one| one.place.record.is_some()).unwrap();
    assert_eq!(first, 2, "what stands beside the list comes first");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusalFile {
    refusal: Vec<RefusalCase>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct RefusalCase {
    at: String,
    value: Option<String>,
    field: String,
    #[serde(default)]
    detail: String,
}

#[test]
fn a_record_that_cannot_be_read_is_refused_alone_and_names_the_field() {
    let file: RefusalFile = toml::from_str(include_str!("data/import/refusals.toml")).unwrap();
    assert!(file.refusal.len() >= 48);
    for case in file.refusal {
        let value = case.value.as_ref().map(|text| serde_json::from_str(text).unwrap());
        let records = [
            record("t-before"),
            with(record("t-bad"), &case.at, value),
            with(record("t-after"), "/Timed", Some(json!(true))),
        ];
        let mut store = store();
        let report = store.import(&capture(&records), &options()).unwrap();
        assert_eq!((report.loaded, report.refusals.len()), (2, 1), "{case:?}");
        let refusal = &report.refusals[0];
        assert_eq!(refusal.place.record, Some(1), "{case:?}");
        assert_eq!(refusal.error.kind(), ErrorKind::Record, "{case:?}");
        assert_eq!(refusal.error.parameter(), Some(&*case.field), "{case:?}");
        assert!(refusal.error.detail().contains(&case.detail), "{case:?}: {}", refusal.error);
        let invoke_id = records[1]["InvokeId"].as_str().filter(|id| !id.is_empty());
        assert_eq!(refusal.invoke_id.as_deref(), invoke_id, "{case:?}");
        // A refused record has no answer that could differ.
        let [one] = &report.differences[..] else { panic!("{case:?}: {:?}", report.differences) };
        assert_eq!((one.place.record, &*one.field), (Some(2), "Timed"), "{case:?}");
    }
}

#[test]
fn a_record_on_more_instances_than_one_can_have_is_refused() {
    let run = |at| json!({"InstanceId": format!("i-{at}"), "InvocationStatus": "Running"});
    for (count, loaded) in [(100, 1), (101, 0)] {
        let runs: Value = (0..count).map(run).collect();
        let one = with(record("t-1"), "/InvokeInstances/InvokeInstance", Some(runs));
        let report = store().import(&capture(&[one]), &options()).unwrap();
        assert_eq!(report.loaded, loaded);
        assert!(report.refusals.iter().all(|one| one.error.detail().contains("101 instances")));
    }
}

#[test]
fn a_record_with_too_many_runs_or_tags_is_refused_by_their_number() {
    let mut run = json!({"InstanceId": "i-1", "InvocationStatus": "Running"});
    for at in 0..50 {
        run[format!("Unknown{at}")] = json!(at);
    }
    let many = with(
        record("t-1"),
        "/InvokeInstances/InvokeInstance",
        Some(Value::Array(vec![run; 5_000])),
    );
    let tag = json!({"TagKey": "k", "TagValue": "v", "Unknown": 1});
    let tagged = with(record("t-2"), "/Tags/Tag", Some(Value::Array(vec![tag; 5_000])));
    let report = store().import(&capture(&[many, tagged, record("t-3")]), &options()).unwrap();
    assert_eq!((report.loaded, report.refusals.len()), (1, 2));
    let details = [0, 1].map(|at| report.refusals[at].error.detail().to_owned());
    assert_eq!(details[0], "given 5000 instances, allowed at most 100");
    assert_eq!(details[1], "given a tag numbered 21, allowed 1 to 20; name fewer tags");
    assert!(report.differences.iter().all(|one| one.place.record == Some(2)));
}

#[test]
fn unknown_keys_stand_with_the_run_that_has_them() {
    let run = |at: i32, keys: &[&str]| {
        let id = format!("i-{at}");
        let mut run = json!({"InstanceId": id, "InvocationStatus": "Running"});
        keys.iter().for_each(|key| run[*key] = json!(at));
        run
    };
    let runs = json!([run(0, &["B", "A"]), run(1, &[]), run(2, &["C"])]);
    let mut one = with(record("t-1"), "/InvokeInstances/InvokeInstance", Some(runs));
    one["Own"] = json!(true);
    let report = store().import(&capture(&[one]), &options()).unwrap();
    let unknown = report.differences.iter().filter(|one| one.kind == DifferenceKind::Unknown);
    let of = |one: &invodex::Difference| one.instance.as_ref().map(|(at, _)| *at);
    let unknown: Vec<_> = unknown.map(|one| (of(one), one.field.to_string())).collect();
    let expected = [(None, "Own"), (Some(0), "A"), (Some(0), "B"), (Some(2), "C")];
    assert_eq!(unknown, expected.map(|(run, key)| (run, key.to_owned())));
}

#[test]
fn records_that_are_no_objects_are_refused() {
    let report = store().import(&capture(&[json!(null), json!("x"), record("t-1")]), &options());
    let report = report.unwrap();
    assert_eq!(report.loaded, 1);
    let lines: Vec<_> = report.refusals.iter().map(|one| one.to_string()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("record 0: refused: InvalidParameter.Invocation"), "{lines:?}");
    assert!(lines[1].ends_with("given a string, allowed an object"), "{lines:?}");
}

#[test]
fn a_tag_without_a_value_has_an_empty_one() {
    let one = with(record("t-1"), "/Tags/Tag/0/TagValue", None);
    let report = store().import(&capture(&[one]), &options()).unwrap();
    let lines: Vec<_> = report.differences.iter().map(|one| one.to_string()).collect();
    let expected =
        "record 0 (t-1): Tags.Tag[0].TagValue: captured nothing, answered \"\" (omitted)";
    assert_eq!(lines, [expected]);
}

#[test]
fn a_list_that_is_null_is_reported_as_a_missing_one() {
    let reported = |record: Value| {
        let report = store().import(&capture(&[record]), &options()).unwrap();
        assert_eq!(report.loaded, 1, "{report:?}");
        report.differences.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let missing = reported(with(record("t-1"), "/Tags", None));
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(reported(with(record("t-1"), "/Tags/Tag", Some(json!(null)))), missing);
}

#[test]
fn refusals_stand_in_the_order_of_the_list() {
    let records = [
        with(record("t-1"), "/CommandName", Some(json!("x".repeat(129)))),
        with(record("t-2"), "/CommandType", None),
        with(record("t-3"), "/CommandId", Some(json!(""))),
        with(record("t-4"), "/Timed", Some(json!(0))),
    ];
    let report = store().import(&capture(&records), &options()).unwrap();
    let positions: Vec<_> = report.refusals.iter().map(|one| one.place.record.unwrap()).collect();
    assert_eq!(positions, [0, 1, 2, 3]);
}

#[test]
fn a_key_given_twice_is_refused() {
    let one = record("t-1").to_string();
    for (key, field) in [
        ("\"Timeout\":60", "Timeout"),
        ("\"StopTime\":\"\"", "StopTime"),
        ("\"TagValue\":\"a\"", "Tags"),
        ("\"Tag\":[{\"TagKey\":\"owner\",\"TagValue\":\"a\"}]", "Tags"),
    ] {
        assert!(one.contains(key), "{one}");
        let twice = one.replace(key, &format!("{key},{key}"));
        let body = format!("{{\"Invocations\":{{\"Invocation\":[{twice}]}}}}");
        let report = store().import(body.as_bytes(), &options()).unwrap();
        assert_eq!(report.loaded, 0, "{key}");
        assert_eq!(report.refusals[0].error.parameter(), Some(field));
        assert!(report.refusals[0].error.detail().contains("given twice"));
    }
}

#[test]
fn a_record_without_a_mode_is_once_unless_it_is_timed() {
    let plain = with(record("t-1"), "/RepeatMode", None);
    let untold = with(plain.clone(), "/Timed", None);
    let null = with(plain.clone(), "/Timed", Some(json!(null)));
    for record in [&plain, &untold, &null] {
        let mut store = store();
        let report = store.import(&capture(std::slice::from_ref(record)), &options()).unwrap();
        assert_eq!(report.loaded, 1);
        assert_eq!(store.get("t-1").unwrap().repeat_mode().as_str(), "Once");
    }
    let timed = with(plain, "/Timed", Some(json!(true)));
    let report = store().import(&capture(&[timed]), &options()).unwrap();
    assert_eq!(report.loaded, 0);
    assert_eq!(report.refusals[0].error.parameter(), Some("RepeatMode"));
}

#[test]
fn a_long_output_keeps_its_end() {
    let output = "/InvokeInstances/InvokeInstance/0/Output";
    for (length, dropped, expected) in [
        (24_576, json!(5), None),
        (24_577, json!(5), Some((Some("5"), "6"))),
        (30_000, json!(null), Some((None, "5424"))),
        // Dropped is at its maximum.
        (30_000, json!(u64::MAX), None),
    ] {
        let text: String = ('a'..='z').cycle().take(length - 1).chain(['!']).collect();
        let one = with(record("t-1"), output, Some(json!(text)));
        let one = with(one, "/InvokeInstances/InvokeInstance/0/Dropped", Some(dropped));
        let mut store = store();
        let plain = options().encoding(CaptureEncoding::PlainText);
        let report = store.import(&capture(&[one]), &plain).unwrap();
        let kept = store.get("t-1").unwrap().instances().next().unwrap().output().to_vec();
        assert_eq!(kept, &text.as_bytes()[length - 24_576.min(length)..]);
        let lines: Vec<_> = report
            .differences
            .iter()
            .map(|one| (&*one.field, one.captured.as_deref(), one.answered.as_deref().unwrap()))
            .collect();
        let bytes = format!("{length} bytes");
        let mut wanted = Vec::new();
        if length > 24_576 {
            wanted.push(("Output", Some(bytes.as_str()), "24576 bytes"));
        }
        wanted.extend(expected.map(|(captured, answered)| ("Dropped", captured, answered)));
        assert_eq!(lines, wanted);
    }
}
