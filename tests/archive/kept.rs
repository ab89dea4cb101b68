//! The kept samples: an archive of each version of the format, and the answers of the restored
//! store. Their rules are in `src/archive/format.md`, "Rules for changes".

use std::fs;
use std::path::PathBuf;

use invodex::{Config, DescribeInvocationResults, DescribeInvocations, Store, Timestamp};
use serde_json::{Value, json};

use super::answers::{Pairs, archive, body, next_token, pairs, requests, restore};
use super::sample::sample;

/// The version that a store writes. A new version adds a sample; it leaves the older ones alone.
const NEWEST: u32 = 1;

/// The files of a version: the archive, and the answers.
fn paths(version: u32) -> [PathBuf; 2] {
    ["bin", "json"].map(|ending| {
        let name = format!("archive-v{version}.{ending}");
        [env!("CARGO_MANIFEST_DIR"), "tests", "data", &name].iter().collect()
    })
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).expect("it is JSON")
}

/// An answer as a value, since the order of its fields is free. serde and `write_json` must agree.
fn answer(store: &Store, operation: &str, pairs: &Pairs) -> Value {
    let given = pairs.iter().map(|(name, value)| (name, value));
    let views = match operation {
        "DescribeInvocations" => {
            let request = DescribeInvocations::from_pairs(given);
            store.describe_invocations(&request).map(serde_json::to_value)
        }
        _ => {
            let request = DescribeInvocationResults::from_pairs(given);
            store.describe_invocation_results(&request).map(serde_json::to_value)
        }
    };
    let views = views.expect("the request is valid").expect("views are plain values");
    let mut body = read(&body(store, operation, pairs).expect("the request is valid"));
    body.as_object_mut().expect("a body is an object").remove("RequestId");
    assert_eq!(body, views, "{operation} {pairs:?}");
    body
}

/// The first place at which `given` lacks a field that `expected` has, or has another value there.
/// Other fields of `given` are those of a later version.
fn difference(given: &Value, expected: &Value) -> Option<String> {
    let at = |place: &dyn std::fmt::Display, difference| format!("{place}: {difference}");
    match (given, expected) {
        (Value::Object(given), Value::Object(expected)) => {
            expected.iter().find_map(|(name, expected)| match given.get(name) {
                None => Some(at(name, "is missing".to_owned())),
                Some(given) => difference(given, expected).map(|inner| at(name, inner)),
            })
        }
        (Value::Array(given), Value::Array(expected)) if given.len() == expected.len() => {
            let pairs = given.iter().zip(expected).enumerate();
            pairs
                .filter_map(|(index, (given, expected))| {
                    difference(given, expected).map(|inner| at(&index, inner))
                })
                .next()
        }
        _ if given == expected => None,
        _ => Some(format!("is {given}, was {expected}")),
    }
}

#[test]
fn a_later_version_may_add_fields_to_an_answer_and_change_none() {
    let kept = json!({ "rows": [{ "InvokeId": "t-1", "Repeats": 1 }] });
    for (answered, expected) in [
        (json!({ "rows": [{ "InvokeId": "t-1", "Repeats": 1 }] }), None),
        (json!({ "rows": [{ "InvokeId": "t-1", "Repeats": 1, "New": "" }], "New": [] }), None),
        (json!({ "rows": [{ "InvokeId": "t-1" }] }), Some("rows: 0: Repeats: is missing")),
        (
            json!({ "rows": [{ "InvokeId": "t-1", "Repeats": 2 }] }),
            Some("rows: 0: Repeats: is 2, was 1"),
        ),
        (json!({ "rows": [] }), Some(r#"rows: is [], was [{"InvokeId":"t-1","Repeats":1}]"#)),
    ] {
        assert_eq!(difference(&answered, &kept).as_deref(), expected, "{answered}");
    }
}

#[test]
fn an_archive_of_every_version_is_read_for_ever() {
    for version in 1..=NEWEST {
        let [bytes, expected] = paths(version).map(|path| {
            fs::read(&path).unwrap_or_else(|error| panic!("{} is kept: {error}", path.display()))
        });
        let expected: Value = serde_json::from_slice(&expected).expect("it is JSON");
        let now: Timestamp = expected["now"].as_str().expect("a time").parse().expect("a time");
        let store = restore(&Config::default(), now, &bytes)
            .unwrap_or_else(|error| panic!("version {version} is read for ever: {error}"));
        if version == NEWEST {
            let rule = "see \"Rules for changes\" in src/archive/format.md";
            assert!(archive(&store) == bytes, "version {version} is saved in another form: {rule}");
            let made = archive(&sample().0);
            assert!(made == bytes, "the same writes give other bytes in version {version}: {rule}");
        }
        assert_answers(&store, &expected, version);
        let again = restore(&Config::default(), now, &archive(&store)).expect("it was just saved");
        assert_answers(&again, &expected, version);
    }
}

fn assert_answers(store: &Store, expected: &Value, version: u32) {
    let assert_same = |operation: &str, pairs: &Pairs, body: &Value| {
        let difference = difference(&answer(store, operation, pairs), body);
        assert_eq!(difference, None, "version {version}, {operation} {pairs:?}");
    };
    let answers = expected["answers"].as_array().expect("a list");
    assert!(answers.len() >= 20, "{} answers", answers.len());
    for answer in answers {
        let pairs: Pairs = serde_json::from_value(answer["pairs"].clone()).expect("pairs");
        let operation = answer["operation"].as_str().expect("a name");
        assert_same(operation, &pairs, &answer["body"]);
    }
    let walks = expected["walks"].as_array().expect("a list");
    for walk in walks {
        let mut pairs: Pairs = serde_json::from_value(walk["pairs"].clone()).expect("pairs");
        let token = walk["token"].as_str().expect("a token");
        pairs.push(("NextToken".into(), token.into()));
        let operation = walk["operation"].as_str().expect("a name");
        assert_same(operation, &pairs, &walk["body"]);
    }
    assert_eq!(walks.len(), 2);
}

/// Makes the sample of the newest version. Refuses to overwrite it: only before the first release
/// may it be deleted and made again, in the commit that changes the format.
#[test]
#[ignore = "makes the files that another test reads"]
fn make() {
    let (store, _) = sample();
    // Each record by itself with its outputs or its history, and both lists of each region.
    let is_kept =
        |pairs: &Pairs| pairs.iter().any(|(name, value)| name == "Timed" || value == "Base64");
    let asked = requests(&store).into_iter().filter(|(_, pairs)| is_kept(pairs));
    let asked = asked.map(|(operation, pairs)| {
        let body = answer(&store, operation, &pairs);
        json!({ "operation": operation, "pairs": pairs, "body": body })
    });
    let answers: Vec<_> = asked.collect();
    let walks = ["DescribeInvocations", "DescribeInvocationResults"]
        .map(|operation| walk(&store, operation));
    let expected = json!({ "now": store.now().to_string(), "answers": answers, "walks": walks });
    let mut bytes = Vec::new();
    store.save(&mut bytes).expect("a Vec takes everything");
    let contents = [bytes, format!("{expected}\n").into_bytes()];
    for (path, contents) in paths(NEWEST).iter().zip(contents) {
        assert!(!path.exists(), "{} is kept as it is", path.display());
        fs::write(path, contents).expect("it can be written");
    }
}

/// A token from the middle of a walk, and the page it leads to.
fn walk(store: &Store, operation: &str) -> Value {
    let mut asked = pairs(&[("RegionId", "cn-hangzhou"), ("MaxResults", "1")]);
    let token = next_token(&body(store, operation, &asked).expect("it is an answer"));
    assert_ne!(token, "");
    let filters = asked.clone();
    asked.push(("NextToken".into(), token.clone()));
    let page = answer(store, operation, &asked);
    json!({ "operation": operation, "pairs": filters, "token": token, "body": page })
}
