//! How parameters are read, and whose they are.

mod common;

use common::{Emulator, ONE, TWO, query};
use serde_json::{Value, json};

const RUN: [(&str, &str); 4] = [
    ("Action", "RunCommand"),
    ("Version", "2014-05-26"),
    ("Type", "RunShellScript"),
    ("CommandContent", "df"),
];

#[test]
fn the_last_of_a_name_counts_and_an_empty_one_is_none() {
    let emulator = Emulator::start(&[]);
    emulator.run("", &["i-1"], &[("Name", "a")]);
    let total = |more: &str, form: &str| {
        let form = format!("Action=DescribeInvocations&Version=2014-05-26{form}");
        let answer = emulator.post(&format!("/?RegionId=cn-hangzhou&{more}"), &form).ok();
        answer["TotalCount"].as_u64().unwrap()
    };
    assert_eq!(total("CommandName=b&CommandName=a", ""), 1);
    assert_eq!(total("CommandName=b&CommandName=", ""), 1);
    // The form follows the query string, escaped or not.
    assert_eq!(total("CommandName=a", "&CommandName=b"), 0);
    assert_eq!(total("CommandName=b", "&Command%4eame=%61&&x"), 1);
}

#[test]
fn lists_and_tags_stand_in_the_order_of_their_numbers() {
    let emulator = Emulator::start(&[]);
    let more = [
        ("InstanceId.10", "c"),
        ("InstanceId.2", "b"),
        ("InstanceId.1", "a"),
        ("InstanceId.x", "y"),
        ("InstanceId.4294967296", "z"),
        ("InstanceId.\u{661}", "z"),
        ("InstanceId.3", ""),
        ("Tag.2.Value", "v"),
        ("Tag.10.Key", "last"),
        ("Tag.2.Key", "first"),
    ];
    let found = emulator.invocation("", &emulator.run("", &[], &more));
    let runs = found["InvokeInstances"]["InvokeInstance"].as_array().unwrap();
    let ids: Vec<_> = runs.iter().map(|run| &run["InstanceId"]).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    let tag = |key, value| json!({"TagKey": key, "TagValue": value});
    assert_eq!(found["Tags"]["Tag"], json!([tag("first", "v"), tag("last", "")]));
}

#[test]
fn a_request_that_is_sent_again_asks_for_the_same() {
    let emulator = Emulator::start(&[]);
    let post = |more: &[(&str, &str)]| {
        let region = [("RegionId", "cn-hangzhou"), ("ClientToken", "t")];
        emulator.post("/", &query(&[&RUN[..], &region, more].concat()))
    };
    let id = |answer: Value| answer["InvokeId"].clone();
    let first = [("Timestamp", "1"), ("Signature", "x"), ("Name", "n"), ("InstanceId.1", "i")];
    let again = [
        ("Name", "m"),
        ("InstanceId.1", "i"),
        ("Name", "n"),
        ("AccessKeyId", "b"),
        ("SecurityToken", "t"),
        ("Format", "JSON"),
        ("Launcher", ""),
    ];
    assert_eq!(id(post(&first).ok()), id(post(&again).ok()));
    let other = post(&[("Name", "m"), ("InstanceId.1", "i")]);
    assert_eq!(other.error(), (403, "IdempotentParameterMismatch"));
}

#[test]
fn the_access_key_id_is_found_in_both_places() {
    let emulator = Emulator::start(&[]);
    emulator.run(ONE, &["i-1"], &[]);
    let answer = |more: &str, key: &str| {
        emulator.raw(
            format!(
                "GET /?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou{more} \
                 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: \
                 ACS3-HMAC-SHA256 Credential={key},SignedHeaders=host,Signature=0\r\n\r\n"
            )
            .as_bytes(),
        )
    };
    let has = |answer: &str, total: u64| answer.contains(&format!("\"TotalCount\":{total},"));
    assert!(has(&answer("", ONE), 1) && has(&answer("", TWO), 0) && has(&answer("", ""), 0));
    assert!(has(&answer(&format!("&AccessKeyId={ONE}"), TWO), 1));
    assert!(has(&answer(&format!("&AccessKeyId={TWO}"), ONE), 0));
}
