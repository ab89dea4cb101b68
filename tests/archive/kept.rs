//! Archives of earlier versions, which every later version reads: never made anew, only added to.

use std::fs;
use std::path::PathBuf;

use invodex::{Config, DescribeInvocationResults, DescribeInvocations, Store, Timestamp};
use serde_json::{Value, json};

use super::answers::{Pairs, archive, body, next_token, pairs, requests, restore};
use super::sample::sample;

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", name].iter().collect()
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).expect("it is JSON")
}

/// An answer in both ways in which it can be had, which must be the same. The order of fields is
/// free, so bodies are kept as values.
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

#[test]
fn an_archive_of_version_1_is_read_for_ever() {
    let bytes = fs::read(path("archive-v1.bin")).expect("it is kept");
    let expected = fs::read_to_string(path("archive-v1.json")).expect("it is kept");
    let expected = read(&expected);
    let now: Timestamp = expected["now"].as_str().expect("a time").parse().expect("a time");
    let store = restore(&Config::default(), now, &bytes).expect("it was saved by version 1");
    assert!(archive(&store) == bytes, "another form of the same records is another version");
    assert!(archive(&sample().0) == bytes, "the bytes follow from the writes, wherever made");

    let answers = expected["answers"].as_array().expect("a list");
    assert!(answers.len() >= 20, "{} answers", answers.len());
    for answer in answers {
        let pairs: Pairs = serde_json::from_value(answer["pairs"].clone()).expect("pairs");
        let operation = answer["operation"].as_str().expect("a name");
        assert_eq!(
            self::answer(&store, operation, &pairs),
            answer["body"],
            "{operation} {pairs:?}"
        );
    }
    let walks = expected["walks"].as_array().expect("a list");
    for walk in walks {
        let mut pairs: Pairs = serde_json::from_value(walk["pairs"].clone()).expect("pairs");
        let token = walk["token"].as_str().expect("a token");
        pairs.push(("NextToken".into(), token.into()));
        let operation = walk["operation"].as_str().expect("a name");
        assert_eq!(answer(&store, operation, &pairs), walk["body"], "{operation} {pairs:?}");
    }
    assert_eq!(walks.len(), 2);
}

/// Makes the files above, once for each version of the format. Refuses to make them anew.
#[test]
#[ignore = "makes the files that the other test reads"]
fn make() {
    let (store, _) = sample();
    // Each record on its own with its outputs or its history, and both lists of each region.
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
    for (name, contents) in
        [("archive-v1.bin", bytes), ("archive-v1.json", format!("{expected}\n").into_bytes())]
    {
        assert!(!path(name).exists(), "{name} is there, and has to stay as it is");
        fs::write(path(name), contents).expect("it can be written");
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
