//! Import: kinds of files, their encoding, and JSON that Rust strings or numbers cannot hold.
#![cfg(feature = "json")]

mod captures;

use captures::{capture, options, record, store, with};
use invodex::{CaptureEncoding, ContentEncoding, Error, ErrorKind};
use serde_json::json;

#[test]
fn the_encoding_is_decided_for_the_file() {
    let output = "/InvokeInstances/InvokeInstance/0/Output";
    let import = |value: &str, encoding| {
        let records = [record("t-0"), with(record("t-1"), output, Some(json!(value)))];
        let mut store = store();
        let report = store.import(&capture(&records), &options().encoding(encoding)).unwrap();
        let kept =
            |id| store.get(id).map(|view| view.instances().next().unwrap().output().to_vec());
        (kept("t-0"), kept("t-1"), report)
    };
    use CaptureEncoding as E;
    let (first, second, report) = import("bm8=", E::Auto);
    assert_eq!(report.files[0].encoding, ContentEncoding::Base64);
    assert_eq!((first.unwrap(), second.unwrap()), (b"no".to_vec(), b"no".to_vec()));
    // Without padding, with bits beyond the last byte, with a line end, in another alphabet, masked.
    for text in ["bm8", "bm9=", "bm8=\n", "-_8=", "bm8****", "a"] {
        let (first, second, report) = import(text, E::Auto);
        assert_eq!(report.files[0].encoding, ContentEncoding::PlainText, "{text:?}");
        assert_eq!(first.unwrap(), b"bm8=", "the other record is plain text too");
        assert_eq!(second.unwrap(), text.as_bytes());
        assert!(report.refusals.is_empty() && report.differences.is_empty());

        let (first, second, report) = import(text, E::Base64);
        assert_eq!(report.files[0].encoding, ContentEncoding::Base64);
        assert_eq!((first.unwrap(), second), (b"no".to_vec(), None));
        assert_eq!(report.refusals[0].error.parameter(), Some("Output"));
        assert!(report.refusals[0].error.detail().contains("not canonical Base64"));
    }
    let (first, _, report) = import("bm8=", E::PlainText);
    assert_eq!(
        (first.unwrap().as_slice(), report.files[0].encoding),
        (&b"bm8="[..], ContentEncoding::PlainText)
    );

    // The texts of a refused record count too.
    let bad = with(
        with(record("t-1"), "/CommandContent", Some(json!("ls -l"))),
        "/Timeout",
        Some(json!(0)),
    );
    let report = store().import(&capture(&[record("t-0"), bad]), &options()).unwrap();
    assert_eq!(report.files[0].encoding, ContentEncoding::PlainText);
    // The limit of CommandContent is on the decoded bytes.
    let content = |bytes: usize| {
        let text = "AAAA".repeat(bytes / 3);
        with(record("t-1"), "/CommandContent", Some(json!(text)))
    };
    let report = store().import(&capture(&[content(24_576)]), &options()).unwrap();
    assert_eq!((report.loaded, report.differences.len()), (1, 0));
    let report = store().import(&capture(&[content(24_579)]), &options()).unwrap();
    assert_eq!(report.refusals[0].error.parameter(), Some("CommandContent"));
}

fn error_of(text: &[u8]) -> Error {
    let mut store = store();
    let error = store.import(text, &options()).unwrap_err();
    assert!(store.is_empty());
    assert_eq!((error.kind(), error.code()), (ErrorKind::Capture, "InvalidCapture"));
    error
}

#[test]
fn a_file_that_is_something_else_is_refused_by_name() {
    let good = capture(&[record("t-1")]);
    let cut = &good[..good.len() - 2];
    let cases: &[(&[u8], &str)] = &[
        (b"", "it is not JSON: cut off at byte 0 (it has no value)"),
        (b"{\n  nonsense", "it is not JSON: key must be a string at line 2 column 3"),
        (cut, "it is not JSON: cut off at byte "),
        (b"{\"Invocations\":{\"Invocation\":[]}} {}", "in body 1: it has neither an Invocations nor an Invocation list; its keys: none"),
        (b"{\"Invocations\":{\"Invocation\":[]}} x", "it is not JSON: expected value at line 1 column 35"),
        (b"{\"a\":\"\xFF\"}", "it is not JSON: invalid utf-8 sequence"),
        (b"[]", "it is an empty list"),
        (b"null", "given null, allowed an object, the body of a response"),
        (b"\"text\"", "given a string, allowed an object, the body of a response"),
        (b"{}", "it has neither an Invocations nor an Invocation list; its keys: none"),
        (b"{\"RequestId\":\"\",\"Commands\":{}}", "an Invocation list; its keys: \"RequestId\", \"Commands\""),
        (b"{\"Invocations\":null}", "it has no Invocations.Invocation list"),
        (b"{\"Invocations\":{}}", "it has no Invocations.Invocation list"),
        (b"{\"Invocations\":{\"Invocation\":null}}", "it has no Invocations.Invocation list"),
        (b"{\"Invocations\":{\"Invocation\":{}}}", "of Invocations.Invocation: given an object, allowed a list"),
        (
            b"{\"Invocations\":{\"Invocation\":[]},\"Invocations\":{\"Invocation\":[]}}",
            "Invocations is given twice",
        ),
        (
            b"{\"Invocations\":{\"Invocation\":[],\"Invocation\":[]}}",
            "Invocations.Invocation is given twice",
        ),
        (
            b"{\"RequestId\":\"\",\"HostId\":\"\",\"Code\":\"InvalidRegionId.NotFound\",\"Message\":\"m\"}",
            "it is an error body of the API (InvalidRegionId.NotFound)",
        ),
    ];
    for (text, detail) in cases {
        let error = error_of(text);
        assert!(error.detail().contains(detail), "{error} does not say {detail}");
    }
    assert_eq!(
        error_of(b"[]").to_string(),
        "InvalidCapture (400): The file is not a captured response of DescribeInvocations or \
         DescribeInvocationResults. it is an empty list"
    );
}

#[test]
fn an_empty_list_and_a_byte_order_mark_are_no_faults() {
    let report = store().import(b"{\"Invocations\":{\"Invocation\":[]}}", &options()).unwrap();
    assert_eq!((report.loaded, report.files[0].encoding), (0, ContentEncoding::Base64));
    let marked = [b"\xEF\xBB\xBF", capture(&[record("t-1")]).as_slice()].concat();
    assert_eq!(store().import(&marked, &options()).unwrap().loaded, 1);
}

#[test]
fn a_value_that_cannot_be_decoded_refuses_only_its_record() {
    let one = record("t-1").to_string();
    let half = one.replace("\"not 0\"", r#""half \ud800""#).replace("t-1", "t-2");
    let huge = one.replace("\"Timeout\":60", "\"Timeout\":1e999").replace("t-1", "t-3");
    let unknown = one.replace("\"Timed\"", r#""Extra":"\ud800","Timed""#).replace("t-1", "t-4");
    let body = format!("{{\"Invocations\":{{\"Invocation\":[{half},{one},{huge},{unknown}]}}}}");
    let mut store = store();
    let report = store.import(body.as_bytes(), &options()).unwrap();
    let refused: Vec<_> = report
        .refusals
        .iter()
        .map(|one| (one.place.record.unwrap(), one.error.parameter().unwrap().to_owned()))
        .collect();
    assert_eq!(refused, [(0, "ErrorInfo".to_owned()), (2, "Timeout".to_owned())]);
    let detail = report.refusals[0].error.detail();
    assert!(detail.contains("in InvokeInstance[0]: ") && detail.contains("hex escape"), "{detail}");
    assert_eq!(report.loaded, 2, "an unknown key may hold anything");
    assert_eq!(report.files[0].encoding, ContentEncoding::Base64);
    assert!(report.differences.iter().any(|one| one.captured.as_deref() == Some(r#""\ud800""#)));
}

/// Every CommandContent and Output decides the encoding, also behind a fault of its record and in a
/// run behind the last one that a record may have.
#[test]
fn the_encoding_is_decided_by_what_is_refused_too() {
    let plain = |refused: String| {
        let list = [record("t-0").to_string(), refused].join(",");
        let body = format!("{{\"Invocations\":{{\"Invocation\":[{list}]}}}}");
        let report = store().import(body.as_bytes(), &options()).unwrap();
        assert_eq!((report.loaded, report.refusals.len()), (1, 1), "{report}");
        report.files[0].encoding == ContentEncoding::PlainText
    };
    let run = |output: &str| json!({"InstanceId": "i-1", "InvocationStatus": "Success", "Output": output});
    let many = |output: &str| {
        let mut runs = vec![run("bm8="); 150];
        runs.push(run(output));
        with(record("t-1"), "/InvokeInstances/InvokeInstance", Some(json!(runs))).to_string()
    };
    assert!(plain(many("echo hello!")));
    assert!(!plain(many("bm8=")));
    let spoilt = |after: &str| {
        let start = r#"{"InvokeId":"t-1","CommandName":"\ud800","#;
        format!("{start}{after}}}")
    };
    let content = |text: &str| spoilt(&format!("\"CommandContent\":{text}"));
    assert!(plain(content("\"echo hello!\"")));
    assert!(!plain(content("\"bm8=\"")));
    assert!(!plain(content("[\"echo hello!\"]")), "it is no text");
    assert!(!plain(content("\"\\ud800\"")), "it cannot be read");
    let output = |text: &str| {
        let runs = format!("[1,{{\"InvocationStatus\":\"x\"}},{{\"Output\":{text}}}]");
        spoilt(&format!("\"InvokeInstances\":{{\"InvokeInstance\":{runs}}}"))
    };
    assert!(plain(output("\"echo hello!\"")));
    assert!(!plain(output("\"bm8=\"")));
    // Behind a string of the same list, and behind a key, that cannot be decoded.
    let behind = |text: &str| {
        let runs = format!(r#"[{{"ErrorInfo":"\udfff"}},{{"Output":{text}}}]"#);
        format!(r#"{{"InvokeId":"t-1","InvokeInstances":{{"InvokeInstance":{runs}}}}}"#)
    };
    assert!(plain(behind("\"echo hello!\"")));
    assert!(!plain(behind("\"bm8=\"")));
    assert!(plain(r#"{"\ud800":1,"CommandContent":"echo hello!"}"#.into()));
    // An Output under another key is no output of a run.
    let other = r#"{"InvokeInstances":{"Other":[{"Output":"echo hello!"}]},"Frequency":"\ud800"}"#;
    assert!(!plain(other.into()));
}

#[test]
fn a_refusal_names_the_field_and_the_record_of_a_value_that_cannot_be_decoded() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    for (record, field) in [
        (r#"{"CommandName":"\ud800","InvokeId":"t-1"}"#.to_owned(), "CommandName"),
        (r#"{"InvokeId":"t-1","Tags":{"Tag":[{"TagKey":"\ud800"}]}}"#.into(), "Tags"),
        (r#"{"\ud800":"","CommandName":"\ud800","InvokeId":"t-1"}"#.into(), "Invocation"),
        (format!(r#"{{"Unknown":{deep},"Frequency":"\ud800","InvokeId":"t-1"}}"#), "Frequency"),
        (format!(r#"{{"InvokeId":"t-1","Timed":{deep},"Frequency":"\ud800"}}"#), "Timed"),
        (r#"{"Frequency":"\ud800","InvokeId":"\ud800"}"#.into(), "Frequency"),
    ] {
        let body = format!("{{\"Invocations\":{{\"Invocation\":[{record}]}}}}");
        let report = store().import(body.as_bytes(), &options()).unwrap();
        let refusal = &report.refusals[0];
        assert_eq!(refusal.error.parameter(), Some(field), "{record:.60}: {refusal}");
        let invoke_id = record.contains("t-1").then_some("t-1");
        assert_eq!(refusal.invoke_id.as_deref(), invoke_id, "{record:.60}");
    }
}

#[test]
fn depth_is_no_danger() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let one = record("t-1").to_string();
    for key in ["Extra", "Parameters"] {
        let other = one.replace("\"Parameters\":\"{}\"", &format!("\"{key}\":{deep}"));
        let body = format!("{{\"Invocations\":{{\"Invocation\":[{other}]}}}}");
        let report = store().import(body.as_bytes(), &options()).unwrap();
        assert_eq!(report.loaded + report.refusals.len(), 1, "{key}");
    }
    error_of(deep.as_bytes());
}
