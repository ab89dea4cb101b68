//! The log of requests.

mod common;

use common::{Emulator, NOW, ONE};
use serde_json::{Value, json};

/// A line that begins with a brace, as an object.
fn object(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn there_is_none_by_default() {
    let emulator = Emulator::start(&["--now", NOW]);
    emulator.run(ONE, &["i-1"], &[]);
    let refused = emulator.call("RunCommand", &[]);
    let line = emulator.wait_for_log("MissingParameter");
    assert!(line.starts_with("invodex-emulator: "), "{line}");
    assert!(line.contains(refused.body["RequestId"].as_str().unwrap()));
    assert!(emulator.stop("-TERM"));
}

#[test]
fn lines_of_text() {
    let emulator = Emulator::start(&["--log", "text"]);
    emulator.run(ONE, &["i-1"], &[]);
    let line = emulator.wait_for_log("RunCommand");
    let parts: Vec<_> = line.split(' ').collect();
    let [time, status, action, account, milliseconds, unit, request_id] = parts[..] else {
        panic!("{line}")
    };
    assert!(time.len() == 24 && time.ends_with('Z'), "{line}");
    assert_eq!((status, action, account, unit), ("200", "RunCommand", ONE, "ms"));
    assert!(milliseconds.parse::<f64>().unwrap() < 10_000.0);
    assert_eq!(request_id.len(), 36);

    // The error has no line beside it.
    let refused = emulator.call("DescribeInvocations", &[("PageSize", "51")]);
    let line = emulator.wait_for_log("InvalidParam.PageSize");
    assert!(line.contains(" 400 DescribeInvocations - "), "{line}");
    assert!(line.contains(refused.body["RequestId"].as_str().unwrap()), "{line}");
    assert!(line.contains("51") && line.contains("50"), "{line}");
    emulator.control("clock", json!({"Advance": 1})).ok();
    emulator.wait_for_log(" 200 POST /_emulator/clock - ");
    let unknown = format!("/?Action=No%0A2024{}&Version=2014-05-26", "x".repeat(2_000));
    emulator.get(&unknown);
    let line = emulator.wait_for_log("InvalidAction.NotFound");
    assert!(line.contains("No\u{fffd}2024xxx") && line.len() < 2_000, "{line}");
    emulator.raw(b"GET / HTTP/9\r\n\r\n");
    emulator.wait_for_log(" 400 - - 0 ms ");
    assert!(emulator.stop("-TERM"));
}

#[test]
fn lines_of_json() {
    let emulator = Emulator::start(&["--log", "json"]);
    let form = "Action=DescribeInvocations&Version=2014-05-26&AccessKeyId=1111111111111111";
    let answer = emulator.post("/", form);
    let line = object(&emulator.wait_for_log("DescribeInvocations"));
    assert_eq!(line["Status"], 400);
    assert_eq!(line["Account"], ONE);
    assert_eq!(line["Code"], "MissingParameter.RegionId");
    assert!(line["Error"].as_str().unwrap().contains("RegionId"));
    assert_eq!(line["RequestId"], answer.body["RequestId"]);
    assert!(line["Milliseconds"].is_f64() && line["Time"].is_string());

    emulator.control("faults", json!({"Action": "DescribeRegions", "Cut": "AfterAction"})).ok();
    let path = "/?Action=DescribeRegions&Version=2014-05-26&RegionId=cn-hangzhou";
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", emulator.address);
    assert_eq!(emulator.raw(head.as_bytes()), "");
    let line = object(&emulator.wait_for_log("DescribeRegions"));
    assert_eq!((&line["Cut"], &line["Account"]), (&json!(true), &json!("")));
    assert!(emulator.stop("-TERM"));
}

#[test]
fn no_line_has_a_secret() {
    let emulator = Emulator::start(&["--log", "json"]);
    let secrets = [
        ("AccessKeyId", "LTAIsecretkey"),
        ("Signature", "c2VjcmV0c2ln"),
        ("SecurityToken", "secrettoken"),
        ("SignatureNonce", "secretnonce"),
    ];
    let run = [
        ("Type", "RunShellScript"),
        ("CommandContent", "echo secretcontent"),
        ("InstanceId.1", "i-1"),
    ];
    emulator.call("RunCommand", &[&run[..], &secrets].concat()).ok();
    // Refused ones, too.
    for _ in 0..2 {
        emulator.call("RunCommand", &[&run[..2], &secrets].concat()).error();
    }
    let head = format!(
        "GET /?Action=DescribeRegions&Version=2014-05-26 HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         Authorization: ACS3-HMAC-SHA256 Credential=LTAIsecretkey,Signature=c2VjcmV0c2ln\r\n\r\n",
        emulator.address
    );
    assert!(emulator.raw(head.as_bytes()).starts_with("HTTP/1.1 200"));
    emulator.wait_for_log("DescribeRegions");
    let log = emulator.log();
    assert!(!log.contains("secret") && !log.contains("c2VjcmV0"), "{log}");
    assert_eq!(log.lines().filter(|line| line.contains("RunCommand")).count(), 3);
}

#[test]
fn the_console_is_not_logged() {
    let emulator = Emulator::start(&["--log", "text"]);
    let query = "/?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou";
    for headers in ["X-Invodex-Observer: true\r\n", ""] {
        let head = format!(
            "GET {query} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            emulator.address
        );
        assert!(emulator.raw(head.as_bytes()).starts_with("HTTP/1.1 200"));
    }
    emulator.wait_for_log("DescribeInvocations");
    assert_eq!(emulator.log().matches("DescribeInvocations").count(), 1);
}
