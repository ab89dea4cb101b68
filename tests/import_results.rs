//! Import of DescribeInvocationResults: records that are completed, and records that are made.
#![cfg(feature = "json")]

mod captures;

use captures::{capture, file, now, options, record, store, with};
use invodex::{
    Config, ContentEncoding, DescribeInvocationResults, DescribeInvocations, DifferenceKind,
    ImportReport, InstanceRun, Invocation, InvocationStatus, RepeatMode, RunUpdate, Store,
};
use serde_json::{Value, json};

const RUN: &str = "/InvokeInstances/InvokeInstance/0";

/// The record of results for the run of `captures::record`.
fn row(invoke_id: &str) -> Value {
    json!({
        "InvokeId": invoke_id, "CommandId": "c-1", "InstanceId": "i-1",
        "InvocationStatus": "Failed", "InvokeRecordStatus": "Finished",
        "StartTime": "2024-04-30T00:00:01Z", "FinishedTime": "2024-04-30T00:00:02Z",
        "StopTime": "", "Repeats": 1, "Dropped": 0, "ExitCode": -1,
        "ErrorCode": "ExitCodeNonzero", "ErrorInfo": "not 0", "Output": "bm8=",
        "Username": "root", "ContainerId": "", "ContainerName": "", "Launcher": "",
        "TerminationMode": "Process", "OssOutputDelivery": "",
        "Tags": {"Tag": [{"TagKey": "owner", "TagValue": "a"}]},
        "OssOutputStatus": "", "OssOutputUri": "", "OssOutputErrorCode": "",
        "OssOutputErrorInfo": ""
    })
}

fn results(rows: &[Value]) -> Vec<u8> {
    let list = json!({"InvocationResult": rows});
    let list = json!({
        "PageSize": 10, "PageNumber": 1, "TotalCount": 1, "NextToken": "",
        "InvocationResults": list
    });
    json!({"RequestId": "R", "Invocation": list}).to_string().into_bytes()
}

fn import(store: &mut Store, text: &[u8]) -> ImportReport {
    let report = store.import(text, &options()).unwrap();
    store.internal_validate().unwrap();
    report
}

fn of(store: &Store, invoke_id: &str) -> Invocation {
    store.get(invoke_id).unwrap().to_invocation()
}

fn history(store: &Store, invoke_id: &str) -> Vec<(String, bool, String)> {
    let request = DescribeInvocationResults::new("cn-a").invoke_id(invoke_id).include_history(true);
    let page = store.describe_invocation_results(&request).unwrap();
    let rows = page.invocation_results();
    rows.map(|row| {
        let output = String::from_utf8_lossy(row.output()).into_owned();
        (row.instance_id().to_owned(), row.is_history(), output)
    })
    .collect()
}

/// The record as DescribeInvocations answers it without IncludeOutput, and before some of its
/// fields were known to it.
fn bare(invoke_id: &str) -> Value {
    let bare = with(record(invoke_id), &format!("{RUN}/Output"), Some(json!("")));
    let bare = with(bare, "/Username", None);
    let bare = with(bare, "/TerminationMode", Some(json!("")));
    with(bare, "/Tags", None)
}

#[test]
fn results_complete_a_record_in_either_order_of_files_and_in_the_store() {
    let mut expected = store();
    import(&mut expected, &capture(&[record("t-1")]));
    let (page, rows) = (capture(&[bare("t-1")]), results(&[row("t-1")]));
    let completed = |report: &ImportReport| {
        let completed =
            report.differences.iter().filter(|one| one.kind == DifferenceKind::Completed);
        completed.map(|one| one.to_string()).collect::<Vec<_>>()
    };
    for files in [[("a", &*page), ("b", &*rows)], [("b", &*rows), ("a", &*page)]] {
        let mut store = store();
        let report = store.import_files(&files, &options()).unwrap();
        store.internal_validate().unwrap();
        assert_eq!((report.loaded, report.completed, report.refusals.len()), (1, 1, 0));
        assert_eq!(of(&store, "t-1"), of(&expected, "t-1"));
        let lines = [
            r#"a, record 0 (t-1): Tags: captured nothing, answered "\"owner\": \"a\"" (completed)"#,
            "a, record 0 (t-1): Username: captured nothing, answered \"root\" (completed)",
            "a, record 0 (t-1): TerminationMode: captured nothing, answered \"Process\" (completed)",
            "a, record 0 (t-1), run 0 (i-1): Output: captured nothing, answered \"no\" (completed)",
        ];
        let (mut given, mut lines) = (completed(&report), lines.map(String::from).to_vec());
        given.sort();
        lines.sort();
        assert_eq!(given, lines);
        assert_eq!(report.differences.len(), lines.len(), "{:?}", report.differences);
    }
    let mut store = store();
    import(&mut store, &capture(&[record("t-0"), bare("t-1"), record("t-2")]));
    let report = import(&mut store, &rows);
    assert_eq!((report.loaded, report.completed, report.differences.len()), (0, 1, 0));
    assert_eq!(of(&store, "t-1"), of(&expected, "t-1"));
    let order: Vec<_> = store.iter().map(|view| view.invoke_id().to_owned()).collect();
    assert_eq!(order, ["t-0", "t-1", "t-2"], "the record keeps its place");
    let request = DescribeInvocations::new("cn-a").tag("owner", "a");
    assert_eq!(store.describe_invocations(&request).unwrap().len(), 3, "and is found by its tag");
    // Again: they agree.
    let report = import(&mut store, &rows);
    assert_eq!((report.loaded, report.completed, report.differences.len()), (0, 1, 0));
}

#[test]
fn a_contradiction_is_a_difference_and_changes_nothing() {
    for (field, value, name) in [
        ("InvocationStatus", json!("Success"), "InvocationStatus"),
        ("ExitCode", json!(3), "ExitCode"),
        ("FinishedTime", json!("2024-04-30T00:00:09Z"), "FinishedTime"),
        ("CommandId", json!("c-9"), "CommandId"),
        ("RegionId", json!("cn-z"), "RegionId"),
        ("Repeats", json!(2), "Repeats"),
    ] {
        let rows = results(&[with(row("t-1"), &format!("/{field}"), Some(value.clone()))]);
        let page = capture(&[bare("t-1")]);
        let mut held = store();
        import(&mut held, &page);
        let before = of(&held, "t-1");
        let report = import(&mut held, &rows);
        let conflicts = |report: &ImportReport| {
            let all = report.differences.iter();
            let all = all.filter(|one| one.kind == DifferenceKind::Conflict);
            all.map(|one| (one.field.to_string(), one.captured.clone())).collect::<Vec<_>>()
        };
        let value = captures::scalar(&value);
        assert_eq!(conflicts(&report), [(name.to_owned(), value.clone())]);
        assert_eq!((report.completed, report.refusals.len()), (0, 0));
        assert_eq!(of(&held, "t-1"), before);

        let mut store = store();
        let files: [(&str, &[u8]); 2] = [("rows", &rows), ("page", &page)];
        let report = store.import_files(&files, &options()).unwrap();
        assert_eq!(conflicts(&report), [(name.to_owned(), value)]);
        let all = report.differences.iter();
        let mut conflict = all.filter(|one| one.kind == DifferenceKind::Conflict);
        assert_eq!(conflict.next().unwrap().place.to_string(), "rows, record 0");
        assert_eq!((report.loaded, report.completed), (1, 0));
        assert_eq!(of(&store, "t-1"), before);
    }
}

/// Holds for a record that results make, and for one that they complete.
#[test]
fn history_beyond_the_limit_is_reported() {
    let limited = || {
        let config = Config { history_limit: 2, retention_seconds: None, ..Config::default() };
        Store::new(config, now())
    };
    let rows: Vec<_> = ["YQ==", "Yg==", "Yw==", "ZA=="]
        .map(|output| with(row("t-1"), "/Output", Some(json!(output))))
        .map(|row| with(row, "/InvokeRecordStatus", Some(json!("Running"))))
        .to_vec();
    let told = |report: &ImportReport| {
        let cut = report.differences.iter();
        let cut = cut.filter(|one| one.kind == DifferenceKind::Truncated);
        cut.map(ToString::to_string).collect::<Vec<_>>()
    };
    let line = r#"record 0 (t-1), run 0 (i-1): history: captured "3 records", answered "2 records" (truncated)"#;

    let mut made = limited();
    let report = import(&mut made, &results(&rows));
    assert_eq!((report.loaded, told(&report)), (1, vec![line.to_owned()]));
    let outputs: Vec<_> = history(&made, "t-1").into_iter().map(|(_, _, output)| output).collect();
    assert_eq!(outputs, ["a", "b", "c"], "the newest are kept");

    let mut held = limited();
    let one = with(record("t-1"), "/RepeatMode", Some(json!("Period")));
    let one = with(one, &format!("{RUN}/Output"), Some(json!("YQ==")));
    import(&mut held, &capture(&[one]));
    let report = import(&mut held, &results(&rows));
    assert_eq!((report.completed, told(&report)), (1, vec![line.to_owned()]));
    assert_eq!(history(&held, "t-1").len(), 3);

    let mut within = limited();
    assert!(told(&import(&mut within, &results(&rows[..3]))).is_empty());
}

/// Two lists of tags of one length, and two outputs that only replacement characters could show.
#[test]
fn values_that_contradict_each_other_are_never_shown_alike() {
    let tags = |value: &str| json!({"Tag": [{"TagKey": "owner", "TagValue": value}]});
    let page = with(record("t-1"), "/Tags", Some(tags("a")));
    let page = with(page, &format!("{RUN}/Output"), Some(json!("gA==")));
    let rows = with(row("t-1"), "/Tags", Some(tags("b")));
    let rows = with(rows, "/Output", Some(json!("gQ==")));
    let mut store = store();
    import(&mut store, &capture(&[page]));
    let report = import(&mut store, &results(&[rows]));
    let conflicts: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        conflicts,
        [
            r#"record 0 (t-1): Tags: captured "\"owner\": \"b\"", answered "\"owner\": \"a\"" (conflict)"#,
            r#"record 0 (t-1): Output: captured "\\x81", answered "\\x80" (conflict)"#,
        ]
    );
}

#[test]
fn the_samples_of_one_task_contradict_each_other() {
    let mut store = store();
    let names = ["documented-2021.json", "documented-results-2025.json"];
    let files = names.map(|name| (name, file(name).as_bytes()));
    let report = store.import_files(&files, &options()).unwrap();
    let conflicts: Vec<_> = report
        .differences
        .iter()
        .filter(|one| one.kind == DifferenceKind::Conflict)
        .map(|one| {
            (&*one.field, one.captured.as_deref().unwrap(), one.answered.as_deref().unwrap())
        })
        .collect();
    let output = ("Output", "15:30:01\n", "OutPutTestmsg");
    assert_eq!(conflicts, [("Username", "test", "root"), output]);
    assert_eq!((report.loaded, report.completed), (1, 0));
}

#[test]
fn a_record_is_made_of_results_and_its_assumptions_are_reported() {
    let second = with(row("t-1"), "/InstanceId", Some(json!("i-2")));
    let second = with(second, "/StartTime", Some(json!("2024-04-29T23:59:59Z")));
    let stopped = with(row("t-2"), "/StartTime", Some(json!("")));
    let stopped = with(stopped, "/FinishedTime", Some(json!("")));
    let stopped = with(stopped, "/StopTime", Some(json!("2024-04-30T01:00:00Z")));
    let stopped = with(stopped, "/InvocationStatus", Some(json!("Cancelled")));
    let stopped = with(stopped, "/InvokeRecordStatus", Some(json!("Stopped")));
    let timeless = with(row("t-3"), "/StartTime", Some(json!(null)));
    let mut store = store();
    let report = import(&mut store, &results(&[row("t-1"), second, stopped, timeless]));
    assert_eq!((report.loaded, report.completed), (2, 0));
    let (made, stopped) = (of(&store, "t-1"), of(&store, "t-2"));
    let instances: Vec<_> = made.instances.iter().map(|run| &*run.instance_id).collect();
    assert_eq!(instances, ["i-1", "i-2"]);
    assert_eq!(made.repeat_mode, RepeatMode::Once);
    assert_eq!(made.creation_time.unwrap().to_string(), "2024-04-29T23:59:59Z");
    assert_eq!(stopped.creation_time.unwrap().to_string(), "2024-04-30T01:00:00Z");
    let mut expected = InstanceRun::new("i-1");
    expected.invocation_status = InvocationStatus::Failed;
    let time = |text: &str| Some(text.parse().unwrap());
    (expected.creation_time, expected.update_time) = (made.creation_time, made.creation_time);
    expected.start_time = time("2024-04-30T00:00:01Z");
    expected.finish_time = time("2024-04-30T00:00:02Z");
    (expected.repeats, expected.exit_code, expected.output) = (1, Some(-1), b"no".to_vec());
    (expected.error_code, expected.error_info) = ("ExitCodeNonzero".into(), "not 0".into());
    assert_eq!(made.instances[0], expected);
    assert_eq!((made.username.as_str(), made.tags.len()), ("root", 1));

    let lines: Vec<_> = report.differences.iter().map(|one| one.to_string()).collect();
    let assumed = |at, id, field, value| {
        format!("record {at} ({id}): {field}: captured nothing, answered \"{value}\" (assumed)")
    };
    let expected = [
        assumed(0, "t-1", "CreationTime", "2024-04-29T23:59:59Z"),
        assumed(0, "t-1", "RepeatMode", "Once"),
        assumed(0, "t-1", "CommandType", "RunShellScript"),
        assumed(2, "t-2", "CreationTime", "2024-04-30T01:00:00Z"),
        assumed(2, "t-2", "RepeatMode", "Once"),
        assumed(2, "t-2", "CommandType", "RunShellScript"),
    ];
    assert_eq!(lines, expected);
    let refusal = &report.refusals[0];
    assert_eq!((refusal.place.record, refusal.error.parameter()), (Some(3), Some("CreationTime")));
    assert!(refusal.error.detail().contains("load the DescribeInvocations response as well"));
}

#[test]
fn further_records_of_an_instance_are_its_history() {
    let at = |number: u32| {
        let one = with(row("t-1"), "/Output", Some(json!(format!("run{number}"))));
        let one = with(one, "/Repeats", Some(json!(number)));
        let one = with(one, "/InvokeRecordStatus", Some(json!("Finished")));
        with(one, "/StartTime", Some(json!(format!("2024-04-30T00:00:0{number}Z"))))
    };
    let last = with(at(4), "/InvocationStatus", Some(json!("Scheduled")));
    let last = with(last, "/InvokeRecordStatus", Some(json!("Running")));
    let mut held = store();
    let plain = options().encoding(invodex::CaptureEncoding::PlainText);
    let text = results(&[last.clone(), at(3), at(2), at(1)]);
    let report = held.import(&text, &plain).unwrap();
    held.internal_validate().unwrap();
    assert_eq!((report.loaded, report.refusals.len()), (1, 0), "{:?}", report.refusals);
    let kinds: Vec<_> = report.differences.iter().map(|one| (&*one.field, one.kind)).collect();
    let assumed = DifferenceKind::Assumed;
    let fields = ["CreationTime", "RepeatMode", "CommandType"];
    assert_eq!(kinds, fields.map(|field| (field, assumed)));
    assert_eq!(of(&held, "t-1").repeat_mode, RepeatMode::Period);
    let rows = |newest: &[u32]| {
        let rows = newest.iter().enumerate();
        let rows = rows.map(|(at, n)| ("i-1".to_owned(), at > 0, format!("run{n}")));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(history(&held, "t-1"), rows(&[4, 3, 2, 1]));

    // The answer with history comes back as the same record, and so does an archive.
    let request = DescribeInvocationResults::new("cn-a").invoke_id("t-1").include_history(true);
    let mut body = Vec::new();
    let page = held.describe_invocation_results(&request).unwrap();
    page.write_json("R", &mut body);
    let mut again = store();
    import(&mut again, &body);
    assert_eq!(of(&again, "t-1"), of(&held, "t-1"));
    assert_eq!(history(&again, "t-1"), rows(&[4, 3, 2, 1]));
    let mut archive = Vec::new();
    again.save(&mut archive).unwrap();
    let restored = Store::restore(again.config().clone(), now(), &archive[..]).unwrap();
    assert_eq!(history(&restored.store, "t-1"), rows(&[4, 3, 2, 1]));

    // A later execution goes on with the history.
    let update = |store: &mut Store, update: &RunUpdate| {
        store.update_run("t-1", "i-1", update).unwrap();
    };
    update(&mut again, &RunUpdate::started());
    update(&mut again, &RunUpdate::finished(0).output(*b"run5").rescheduled());
    assert_eq!(history(&again, "t-1").len(), 5);
    again.internal_validate().unwrap();

    // The configuration limits the history, and the newest stay.
    let config = Config { history_limit: 2, ..held.config().clone() };
    let mut small = Store::new(config, now());
    small.import(&text, &plain).unwrap();
    assert_eq!(history(&small, "t-1"), rows(&[4, 3, 2]));
    assert_eq!(small.statistics().history_dropped, 1);
    small.internal_validate().unwrap();

    // An execution that has not ended is no history.
    let report = import(&mut store(), &results(&[at(3), last]));
    assert_eq!((report.loaded, report.refusals.len()), (0, 1));
    let refusal = report.refusals[0].to_string();
    assert!(refusal.starts_with("record 1 (t-1): refused: InvalidParameter.InvocationStatus"));
    assert!(refusal.contains("given Scheduled in a further record of the instance"), "{refusal}");
}

#[test]
fn history_completes_a_recurring_task_without_one() {
    let recurring = |id: &str| {
        let one = with(record(id), "/RepeatMode", Some(json!("Period")));
        with(one, &format!("{RUN}/InstanceInvokeStatus"), Some(json!("Running")))
    };
    let now_row = with(row("t-1"), "/InvokeRecordStatus", Some(json!("Running")));
    let earlier = with(row("t-1"), "/Output", Some(json!("b2xk")));
    let rows = results(&[now_row.clone(), earlier.clone()]);
    let mut held = store();
    import(&mut held, &capture(&[recurring("t-1"), record("t-2")]));
    let report = import(&mut held, &rows);
    assert_eq!((report.completed, report.differences.len()), (1, 0), "{:?}", report.differences);
    assert_eq!(history(&held, "t-1").len(), 2);
    // It has a history now: the same records agree, another number of records contradicts.
    assert_eq!(import(&mut held, &rows).completed, 1);
    let report = import(&mut held, &results(&[now_row.clone(), earlier.clone(), earlier.clone()]));
    assert_eq!((report.completed, history(&held, "t-1").len()), (0, 2));
    assert_eq!(
        report.differences[0].to_string(),
        "record 0 (t-1): history: captured \"2 records\", answered \"1 records\" (conflict)"
    );
    // A history of as many records contradicts it by each value that differs.
    let other = with(earlier.clone(), "/Output", Some(json!("b3RoZXI=")));
    let other = with(other, "/OssOutputUri", Some(json!("oss://b/o")));
    let report = import(&mut held, &results(&[now_row.clone(), other]));
    assert_eq!((report.completed, history(&held, "t-1").len()), (0, 2));
    let conflicts: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        conflicts,
        [
            "record 0 (t-1): Output: captured \"other\", answered \"old\" (conflict)",
            "record 0 (t-1): OssOutputUri: captured \"oss://b/o\", answered \"\" (conflict)",
        ]
    );
    // A completion of other fields keeps the history.
    let mut later = store();
    import(&mut later, &capture(&[with(recurring("t-1"), "/Username", None)]));
    let nameless = |row: &Value| with(row.clone(), "/Username", None);
    import(&mut later, &results(&[nameless(&now_row), nameless(&earlier)]));
    assert_eq!(history(&later, "t-1").len(), 2);
    import(&mut later, &results(std::slice::from_ref(&now_row)));
    assert_eq!((of(&later, "t-1").username, history(&later, "t-1").len()), ("root".into(), 2));

    let once = results(&[row("t-2"), row("t-2")]);
    let report = import(&mut held, &once);
    let refusal = report.refusals[0].to_string();
    assert!(refusal.contains("the task is Once, which has no history"), "{refusal}");
}

#[test]
fn a_fault_in_one_record_refuses_all_of_its_task() {
    let other = with(row("t-1"), "/InstanceId", Some(json!("i-2")));
    let long = json!("x".repeat(4_097));
    let cases: Vec<(Value, usize, &str, &str)> = vec![
        (json!(7), 1, "InvocationResult", "given 7, allowed an object"),
        (with(other.clone(), "/Repeats", Some(json!("1"))), 1, "Repeats", "given a string"),
        (with(other.clone(), "/InvokeId", None), 1, "InvokeId", "not given"),
        (with(other.clone(), "/InstanceId", Some(json!(""))), 0, "InstanceId", "not given"),
        (with(other.clone(), "/Username", Some(json!("x"))), 1, "Username", "at record 0"),
        (with(other.clone(), "/Tags", Some(json!([]))), 1, "Tags", "at record 0"),
        (with(other.clone(), "/ErrorInfo", Some(long.clone())), 0, "ErrorInfo", "4097 bytes"),
        (with(row("t-1"), "/ErrorInfo", Some(long)), 1, "ErrorInfo", "4097 bytes"),
        (with(other.clone(), "/FinishedTime", Some(json!("x"))), 1, "FinishedTime", "given \"x\""),
        (with(other.clone(), "/Tags/Tag", Some(json!(1))), 1, "Tags", "Tags.Tag: given a number"),
    ];
    for (bad, position, field, detail) in cases {
        let is_alone = field == "InvocationResult" || field == "InvokeId";
        let mut store = store();
        let report = import(&mut store, &results(&[row("t-1"), bad.clone(), row("t-2")]));
        let loaded = if is_alone { 2 } else { 1 };
        assert_eq!((report.loaded, report.refusals.len()), (loaded, 1), "{bad}");
        let refusal = &report.refusals[0];
        assert_eq!(refusal.place.record, Some(position), "{refusal}");
        assert_eq!(refusal.error.parameter(), Some(field), "{refusal}");
        assert!(refusal.error.detail().contains(detail), "{refusal}");
        assert_eq!(refusal.invoke_id.is_none(), is_alone);
    }
    // An instance that the record does not have; a record that is refused itself.
    let mut held = store();
    import(&mut held, &capture(&[bare("t-1")]));
    let report = import(&mut held, &results(&[row("t-1"), other]));
    assert_eq!((report.completed, report.refusals[0].place.record), (0, Some(1)));
    assert!(report.refusals[0].error.detail().contains("given \"i-2\""));
    assert_eq!(of(&held, "t-1").username, "");
    let page = capture(&[with(record("t-9"), "/Timed", Some(json!(0)))]);
    let rows = results(&[row("t-9")]);
    let mut store = store();
    let files: [(&str, &[u8]); 2] = [("rows", &rows), ("page", &page)];
    let report = store.import_files(&files, &options()).unwrap();
    assert_eq!((report.loaded, report.refusals.len()), (0, 2));
    let refusal = report.refusals[0].to_string();
    assert!(refusal.ends_with("the record of DescribeInvocations with this InvokeId is refused"));
}

#[test]
fn results_of_more_instances_than_a_task_can_have_are_refused() {
    let on = |at| with(row("t-1"), "/InstanceId", Some(json!(format!("i-{at}"))));
    for (count, loaded) in [(100, 1), (101, 0)] {
        let rows: Vec<_> = (0..count).map(on).collect();
        let report = import(&mut store(), &results(&rows));
        assert_eq!(report.loaded, loaded);
        assert!(report.refusals.iter().all(|one| one.error.detail().contains("101 instances")));
    }
}

#[test]
fn expired_records_of_results_are_counted() {
    let mut store = Store::new(Config::default(), now());
    let text = file("documented-results-2025.json").as_bytes();
    let report = store.import(text, &options()).unwrap();
    assert_eq!((report.loaded, report.not_retained.len(), store.len()), (0, 1, 0));
    assert!(report.not_retained[0].expired && report.differences.is_empty());
}

#[test]
fn an_answer_of_results_comes_back_without_a_difference_but_what_it_cannot_say() {
    let mut first = store();
    import(&mut first, &capture(&[record("t-2"), record("t-1")]));
    let request =
        DescribeInvocationResults::new("cn-a").content_encoding(ContentEncoding::PlainText);
    let mut body = Vec::new();
    first.describe_invocation_results(&request).unwrap().write_json("R", &mut body);
    let mut second = store();
    let report = import(&mut second, &body);
    assert_eq!((report.loaded, report.refusals.len()), (2, 0));
    let is_assumed = |one: &invodex::Difference| one.kind == DifferenceKind::Assumed;
    assert!(report.differences.iter().all(is_assumed), "{:?}", report.differences);
    let order: Vec<_> = second.iter().map(|view| view.invoke_id().to_owned()).collect();
    assert_eq!(order, ["t-2", "t-1"]);
    let mut again = Vec::new();
    second.describe_invocation_results(&request).unwrap().write_json("R", &mut again);
    assert_eq!(String::from_utf8(body).unwrap(), String::from_utf8(again).unwrap());
}

#[test]
fn output_that_completes_a_record_counts_for_the_budget() {
    let config = Config { output_budget: Some(1), retention_seconds: None, ..Config::default() };
    let mut store = Store::new(config, now());
    import(&mut store, &capture(&[bare("t-1")]));
    let report = import(&mut store, &results(&[row("t-1")]));
    assert_eq!(report.completed, 1);
    let run = &of(&store, "t-1").instances[0];
    assert_eq!((run.output.len(), run.dropped), (0, 2));
}
