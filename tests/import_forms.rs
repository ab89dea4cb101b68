//! Import: the forms in which people have captured responses, and what each is reported as.
#![cfg(feature = "json")]

mod captures;

use captures::{FILES, capture, options, record, store, with};
use invodex::{DifferenceKind, Error, ErrorKind, ImportReport, Store};
use serde_json::{Value, json};

const RUN: &str = "/InvokeInstances/InvokeInstance/0";

fn import(text: &str) -> (Store, ImportReport) {
    let mut store = store();
    let report = store.import(text.as_bytes(), &options()).unwrap();
    store.internal_validate().unwrap();
    (store, report)
}

fn lines(report: &ImportReport) -> Vec<String> {
    report.grouped().iter().map(|group| group.to_string()).collect()
}

fn body(records: &[Value]) -> Value {
    serde_json::from_slice(&capture(records)).unwrap()
}

fn error_of(text: &str) -> Error {
    let mut store = store();
    let error = store.import(text.as_bytes(), &options()).unwrap_err();
    assert!(store.is_empty());
    assert_eq!((error.kind(), error.code()), (ErrorKind::Capture, "InvalidCapture"));
    error
}

/// `value` as an SDK prints it: names with a lower first letter, lists without their wrapper.
fn printed(value: &Value) -> Value {
    let Value::Object(object) = value else { return value.clone() };
    let of_list = |list: &Value| list.as_array().unwrap().iter().map(printed).collect();
    let entries = object.iter().map(|(name, value)| {
        let value = match name.as_str() {
            "Invocations" => of_list(&value["Invocation"]),
            "InvocationResults" => of_list(&value["InvocationResult"]),
            "InvokeInstances" => of_list(&value["InvokeInstance"]),
            "Tags" => of_list(&value["Tag"]),
            _ => printed(value),
        };
        (name[..1].to_lowercase() + &name[1..], value)
    });
    Value::Object(entries.collect())
}

#[test]
fn an_object_as_an_sdk_prints_it_loads_the_same_records() {
    let plain = body(&[record("t-2"), record("t-1")]);
    let (expected, _) = import(&plain.to_string());
    let (loaded, report) = import(&printed(&plain).to_string());
    assert_eq!(report.loaded, 2);
    let all = |store: &Store| store.iter().map(|one| one.to_invocation()).collect::<Vec<_>>();
    assert_eq!(all(&loaded), all(&expected));
    let wrapped = |list, item| {
        format!("{list}: captured \"a list\", answered \"an object with the list {item}\" (form)")
    };
    let key = |key: &str, name| {
        format!("{key}: captured \"the key {key}\", answered \"the key {name}\" (form)")
    };
    let first = "2 times, first in record 0 (t-2): ";
    let expected = [
        format!("beside the list: {}", key("invocations", "Invocations")),
        format!("beside the list: {}", wrapped("Invocations", "Invocation")),
        // serde_json sorts the keys of an object.
        format!("{first}{}", key("commandContent", "CommandContent")),
        format!("{first}{}", wrapped("Tags", "Tag")),
        format!("{first}{}", wrapped("InvokeInstances", "InvokeInstance")),
    ];
    assert_eq!(lines(&report), expected);
}

#[test]
fn a_key_in_both_forms_is_given_twice() {
    for (place, key, field) in
        [("", "invokeId", "InvokeId"), (RUN, "output", "Output"), ("/Tags/Tag/0", "tagKey", "Tags")]
    {
        let one = with(record("t-1"), &format!("{place}/{key}"), Some(json!("x")));
        let report = store().import(&capture(&[one]), &options()).unwrap();
        assert_eq!(report.refusals[0].error.parameter(), Some(field), "{key}");
        assert!(report.refusals[0].error.detail().contains("given twice"), "{key}");
    }
    let twice = r#"{"Invocations":{"Invocation":[]},"invocations":[]}"#;
    assert_eq!(error_of(twice).detail(), "Invocations is given twice");
}

#[test]
fn several_bodies_are_one_list() {
    let pages = [body(&[record("t-4"), record("t-3")]), body(&[record("t-2"), record("t-1")])];
    let forms = [
        json!(pages).to_string(),
        format!("{}{}", pages[0], pages[1]),
        format!("{}\n{}\n", pages[0], pages[1]),
        format!("\u{feff} {:#}\r\n\r\n{:#}", pages[0], pages[1]),
    ];
    for text in forms {
        let (store, report) = import(&text);
        assert_eq!((report.loaded, report.files[0].bodies), (4, 2));
        assert!(report.to_string().ends_with("0 differences, (2 bodies) read as Base64"));
        let order: Vec<_> = store.iter().map(|view| view.invoke_id().to_owned()).collect();
        assert_eq!(order, ["t-4", "t-3", "t-2", "t-1"]);
    }
    let mut extra = pages[1].clone();
    extra["Extra"] = json!(1);
    let bad = with(record("t-5"), "/Timed", Some(json!("no")));
    let (_, report) = import(&format!("{}\n{}\n{extra}", pages[0], body(&[record("t-6"), bad])));
    assert_eq!(
        lines(&report),
        ["body 2, beside the list: Extra: captured \"1\", answered nothing (unknown)"]
    );
    let refusal = report.refusals[0].to_string();
    assert!(
        refusal.starts_with("body 1, record 1 (t-5): refused: InvalidParameter.Timed"),
        "{refusal}"
    );
}

#[test]
fn files_have_an_encoding_each_and_name_their_records() {
    let plain = with(record("t-2"), "/CommandContent", Some(json!("df -h")));
    let plain = with(plain, "/Timeout", Some(json!(0)));
    let (first, second) = (capture(&[record("t-1")]), capture(&[plain]));
    let mut store = store();
    let files: [(&str, &[u8]); 2] = [("a.json", &first), ("b.json", &second)];
    let report = store.import_files(&files, &options()).unwrap();
    assert_eq!(
        report.to_string(),
        "1 loaded, 0 completed, 0 not retained (0 expired), 1 refused, 0 differences, a.json read \
         as Base64, b.json read as PlainText"
    );
    assert_eq!(store.get("t-1").unwrap().command_content(), b"df -h");
    assert!(report.refusals[0].to_string().starts_with("b.json, record 0 (t-2): refused: "));
    assert_eq!(report.refusals[0].place.file, 1);

    let cut = &second[..second.len() - 1];
    let files: [(&str, &[u8]); 2] = [("c.json", &first), ("d.json", cut)];
    let error = self::store().import_files(&files, &options()).unwrap_err();
    let expected = format!("d.json: it is not JSON: cut off at byte {}", cut.len());
    assert!(error.detail().starts_with(&expected), "{error}");
}

#[test]
fn a_body_is_found_in_the_envelope_of_an_sdk() {
    let plain = body(&[record("t-1")]);
    let envelope = |body: &Value| json!({"headers": {"a": "b"}, "statusCode": 200, "body": body});
    for body in [plain.clone(), printed(&plain)] {
        let (_, report) = import(&envelope(&body).to_string());
        assert_eq!(report.loaded, 1);
        let form =
            "beside the list: body: captured \"an envelope\", answered \"the body in it\" (form)";
        assert!(lines(&report).iter().any(|line| line == form), "{:?}", lines(&report));
    }
    let mut other = envelope(&plain);
    other["Extra"] = json!([1]);
    let (_, report) = import(&json!([other, plain]).to_string());
    assert!(lines(&report).contains(
        &"body 0, beside the list: Extra: captured \"[1]\", answered nothing (unknown)".to_owned()
    ));
    assert_eq!(report.refusals[0].place.body, Some(0), "of equal InvokeIds the last is loaded");

    let twice = envelope(&envelope(&plain));
    assert!(error_of(&twice.to_string()).detail().contains("its keys: \"body\""));
    let text = envelope(&json!(plain.to_string()));
    assert_eq!(error_of(&text.to_string()).detail(), "of body: given a string, allowed an object");
    let error = envelope(&json!({"Code": "Throttling", "Message": "m"}));
    assert_eq!(
        error_of(&error.to_string()).detail(),
        "it is an error body of the API (Throttling)"
    );
}

#[test]
fn parameters_may_be_an_object() {
    let one = with(record("t-1"), "/Parameters", Some(json!({"name": "Jack"})));
    let (store, report) = import(&body(&[one]).to_string());
    assert_eq!(store.get("t-1").unwrap().parameters(), r#"{"name":"Jack"}"#);
    let line = r#"record 0 (t-1): Parameters: captured "an object", answered "{\"name\":\"Jack\"}" (form)"#;
    assert_eq!(lines(&report), [line]);
    let long = json!({"name": "x".repeat(4_096)});
    let one = with(record("t-1"), "/Parameters", Some(long));
    let report = self::store().import(&capture(&[one]), &options()).unwrap();
    assert_eq!(report.refusals[0].error.parameter(), Some("Parameters"));
}

#[test]
fn a_run_of_an_old_capture_gets_its_status_from_the_legacy_one() {
    for (legacy, exit_code, expected) in [
        ("Finished", json!(0), "Success"),
        ("Finished", json!(7), "Failed"),
        ("Finished", json!(null), "Success"),
        ("Failed", json!(null), "Failed"),
        ("Failed", json!(0), "Failed"),
        ("Stopped", json!(null), "Terminated"),
        ("Stopping", json!(null), "Stopping"),
        ("Running", json!(null), "Running"),
    ] {
        for (legacy, is_lower) in [(legacy.to_owned(), false), (legacy.to_lowercase(), true)] {
            for status in [None, Some(json!(null)), Some(json!(""))] {
                let one = with(record("t-1"), &format!("{RUN}/InvocationStatus"), status.clone());
                let one = with(one, &format!("{RUN}/InstanceInvokeStatus"), Some(json!(legacy)));
                let one = with(one, &format!("{RUN}/ExitCode"), Some(exit_code.clone()));
                let (store, report) = import(&body(&[one]).to_string());
                let run = store.get("t-1").unwrap().instances().next().unwrap();
                assert_eq!(run.invocation_status().as_str(), expected, "{legacy} {exit_code}");
                let of = |field: &str| {
                    let is_it =
                        |one: &&invodex::Difference| one.field == field && one.instance.is_some();
                    report.differences.iter().find(is_it).map(|one| one.kind)
                };
                assert_eq!(of("InvocationStatus"), Some(DifferenceKind::Assumed));
                let legacy_kind = of("InstanceInvokeStatus");
                // A failure without a reason has the status of an exit code.
                if legacy.eq_ignore_ascii_case("Failed") {
                    assert_eq!(legacy_kind, Some(DifferenceKind::Derived));
                } else {
                    assert_eq!(legacy_kind, is_lower.then_some(DifferenceKind::Form), "{legacy}");
                }
            }
        }
    }
}

#[test]
fn lower_case_statuses_and_times_with_a_space_are_read() {
    let one = with(record("t-1"), "/InvocationStatus", Some(json!("failed")));
    let one = with(one, "/InvokeStatus", Some(json!("finished")));
    let one = with(one, &format!("{RUN}/InvocationStatus"), Some(json!("failed")));
    let one = with(one, &format!("{RUN}/InstanceInvokeStatus"), Some(json!("finished")));
    let one = with(one, "/CreationTime", Some(json!("2024-04-30 00:00:00")));
    let one = with(one, &format!("{RUN}/StartTime"), Some(json!("2024-04-30 00:00:01")));
    let (store, report) = import(&body(&[one]).to_string());
    let (expected, _) = import(&body(&[record("t-1")]).to_string());
    let of = |store: &Store| store.get("t-1").unwrap().to_invocation();
    assert_eq!(of(&store), of(&expected));
    let given: Vec<_> = report
        .differences
        .iter()
        .map(|one| (&*one.field, one.captured.as_deref().unwrap(), one.kind))
        .collect();
    let form = DifferenceKind::Form;
    let expected = [
        ("CreationTime", "2024-04-30 00:00:00", form),
        ("InvocationStatus", "failed", form),
        ("InvokeStatus", "finished", form),
        ("InvocationStatus", "failed", form),
        ("StartTime", "2024-04-30 00:00:01", form),
        ("InstanceInvokeStatus", "finished", form),
    ];
    assert_eq!(given, expected);
    // In lower case, and another status than the derived one.
    let one = with(record("t-1"), "/InvokeStatus", Some(json!("success")));
    let (_, report) = import(&body(&[one]).to_string());
    assert_eq!(report.differences[0].kind, DifferenceKind::Derived);
}

#[test]
fn a_file_that_is_something_else_is_named() {
    macro_rules! refused {
        ($name:literal) => {
            include_str!(concat!("data/refused/", $name))
        };
    }
    let cases = [
        (
            refused!("error-instance-not-found.json"),
            "it is an error body of the API (InvalidInstanceId.NotFound)",
        ),
        (
            refused!("error-image-not-found.json"),
            "it is an error body of the API (InvalidImageId.NotFound)",
        ),
        (
            refused!("error-of-gateway.json"),
            "it is an error body of the API (InvalidOperation.NotSupportedEndpoint)",
        ),
        (
            refused!("error-printed-with-headers.json"),
            "it is an error as a tool prints it (InvalidSystemDiskCategory.ValueNotSupported)",
        ),
        (
            refused!("errors-printed.json"),
            "in body 0: it is an error as a tool prints it (InvalidParameter)",
        ),
        (refused!("describe-instances.json"), "it is a DescribeInstances response"),
        (refused!("task-event.json"), "it is a task event; only responses can be loaded"),
        (
            refused!("task-event-cut-off.json"),
            "it is not JSON: cut off at byte 618 (EOF while parsing an object at line 2 column 0); \
             give the response body as it was received",
        ),
        (
            refused!("error-printed-by-cli.json"),
            "it is an error as a tool prints it (CmdContent.ExceedLimit)",
        ),
        (
            r#"{"invokeId": "t", "invocationStatus": "Success"}"#,
            "it is a task event; only responses can be loaded",
        ),
        (r#"{"Commands": {"Command": []}}"#, "it is a DescribeCommands response"),
        (
            r#"{"RequestId": "r", "CommandId": "c", "InvokeId": "t"}"#,
            "it is a RunCommand or InvokeCommand response",
        ),
        (
            r#"{"InvokeId": "t", "InvokeInstances": {"InvokeInstance": []}}"#,
            "it is a part of a response; give the whole body",
        ),
        (
            r#"{"InvokeId": "t", "InvokeRecordStatus": "Running", "ErrorCode": ""}"#,
            "it is a record of DescribeInvocationResults; give the whole body",
        ),
        (r#"{"Invocation": []}"#, "of Invocation: given a list, allowed an object"),
        (
            r#"{"Invocation": {"InvocationResults": {"InvocationResult": {}}}}"#,
            "of Invocation.InvocationResults.InvocationResult: given an object, allowed a list",
        ),
        (
            r#"{"Invocation": {"Invocation": []}}"#,
            "it has no Invocation.InvocationResults.InvocationResult list",
        ),
        (r#"{"Invocations": {"InvocationResults": []}}"#, "it has no Invocations.Invocation list"),
        (
            r#"{"Invocations": {"Invocation": []}, "Invocation": {"InvocationResults": []}}"#,
            "it has both Invocations and Invocation: give one response a body",
        ),
        ("[]", "it is an empty list"),
        ("[[]]", "in body 0: given a list, allowed an object"),
        (r#"[{"Invocations": []}, 7]"#, "in body 1: given 7, allowed an object"),
        (
            "{\"Invocations\": []}\n{\"Code\": \"Throttling\", \"Message\": \"\"}",
            "in body 1: it is an error body of the API (Throttling)",
        ),
        (
            "{\"Invocations\": []}\n[]",
            "in body 1: given a list, allowed an object, the body of a response",
        ),
        (r#"{"Invocations": "\ud800"}"#, "it is not JSON: unexpected end of hex escape"),
    ];
    for (text, expected) in cases {
        let error = error_of(text);
        assert!(error.detail().starts_with(expected), "{error} does not say {expected}");
    }
}

/// Every form, cut off after each byte, is refused with the number of bytes, or is whole before it.
#[test]
fn a_file_that_is_cut_off_says_where() {
    let results = FILES.iter().find(|(name, _)| *name == "documented-results-2025.json").unwrap().1;
    let results: Value = serde_json::from_str(results).unwrap();
    let page = body(&[record("t-1")]);
    let envelope = json!({"headers": {}, "statusCode": 200, "body": page}).to_string();
    let lines = format!("{page}\n{results}");
    let forms = [json!([page, results]).to_string(), lines, printed(&page).to_string(), envelope];
    for text in forms {
        let whole = import(&text).1;
        for end in 1..text.len() {
            match store().import(&text.as_bytes()[..end], &options()) {
                Err(error) => {
                    let cut_off = format!("it is not JSON: cut off at byte {end} ");
                    let number = "it is not JSON: invalid number at line 1 column ";
                    let is_sign = text[..end].ends_with('-') && error.detail().starts_with(number);
                    assert!(error.detail().starts_with(&cut_off) || is_sign, "{error}");
                }
                // Between two bodies.
                Ok(report) => assert!(report.files[0].bodies < whole.files[0].bodies),
            }
        }
    }
}
