//! All answers of a store, to compare two stores.

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, Error, Invocation, InvokeStatus, Store,
    Timestamp,
};
use serde_json::Value;

pub(crate) const REQUEST_ID: &str = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E";

pub(crate) type Pairs = Vec<(String, String)>;

pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The body of an answer, or its error.
pub(crate) fn body(store: &Store, operation: &str, pairs: &Pairs) -> Result<String, Error> {
    let pairs = pairs.iter().map(|(name, value)| (name, value));
    let mut body = Vec::new();
    match operation {
        "DescribeInvocations" => {
            let request = DescribeInvocations::from_pairs(pairs);
            store.describe_invocations(&request)?.write_json(REQUEST_ID, &mut body);
        }
        _ => {
            let request = DescribeInvocationResults::from_pairs(pairs);
            store.describe_invocation_results(&request)?.write_json(REQUEST_ID, &mut body);
        }
    }
    Ok(String::from_utf8(body).expect("JSON is UTF-8"))
}

/// The NextToken in a body of either operation.
pub(crate) fn next_token(body: &str) -> String {
    let body: Value = serde_json::from_str(body).expect("a body is JSON");
    let page = body.get("Invocation").unwrap_or(&body);
    page["NextToken"].as_str().expect("it is always there").to_owned()
}

/// The bodies of a walk by tokens.
pub(crate) fn walk(store: &Store, operation: &str, filters: &Pairs, rows: u32) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut token = String::new();
    loop {
        let mut page = filters.clone();
        page.push(("MaxResults".into(), rows.to_string()));
        page.push(("NextToken".into(), token));
        bodies.push(body(store, operation, &page).expect("the walk is valid"));
        token = next_token(&bodies[bodies.len() - 1]);
        if token.is_empty() {
            return bodies;
        }
    }
}

/// Requests of both operations about everything that `store` holds.
pub(crate) fn requests(store: &Store) -> Vec<(&'static str, Pairs)> {
    let mut requests = Vec::new();
    let mut regions: Vec<_> = store.iter().map(|view| view.region_id().to_owned()).collect();
    regions.sort();
    regions.dedup();
    for region in &regions {
        for operation in ["DescribeInvocations", "DescribeInvocationResults"] {
            for status in InvokeStatus::ALL {
                let name = if operation == "DescribeInvocations" {
                    "InvokeStatus"
                } else {
                    "InvokeRecordStatus"
                };
                let filters =
                    [("RegionId", region.as_str()), (name, status.as_str()), ("PageSize", "50")];
                requests.push((operation, pairs(&filters)));
            }
            for timed in ["true", "false"] {
                requests
                    .push((operation, pairs(&[("RegionId", region.as_str()), ("Timed", timed)])));
            }
        }
    }
    for view in store.iter() {
        let id = [("RegionId", view.region_id()), ("InvokeId", view.invoke_id())];
        for encoding in ["PlainText", "Base64"] {
            let form = ("ContentEncoding", encoding);
            let with = |more| pairs(&[id[0], id[1], form, more]);
            requests.push(("DescribeInvocations", with(("IncludeOutput", "true"))));
            let history = with(("IncludeHistory", &view.repeat_mode().is_recurring().to_string()));
            requests.push(("DescribeInvocationResults", history));
        }
        for run in view.instances() {
            let instance = [("RegionId", view.region_id()), ("InstanceId", run.instance_id())];
            requests.push(("DescribeInvocations", pairs(&instance)));
        }
        for tag in view.tags() {
            let pair = [("Tag.1.Key", tag.key()), ("Tag.1.Value", tag.value())];
            requests.push(("DescribeInvocations", pairs(&[id[0], pair[0], pair[1]])));
            requests.push(("DescribeInvocations", pairs(&[id[0], pair[0]])));
        }
        let command =
            [id[0], ("CommandId", view.command_id()), ("CommandName", view.command_name())];
        requests.push(("DescribeInvocations", pairs(&command)));
    }
    requests.sort();
    requests.dedup();
    requests
}

/// All records as they were accepted.
pub(crate) fn records(store: &Store) -> Vec<Invocation> {
    store.iter().map(|view| view.to_invocation()).collect()
}

/// Every answer to [`requests`], and walks by token through both lists.
pub(crate) fn answers(store: &Store) -> Vec<String> {
    let requests = requests(store);
    let ask = |(operation, pairs): &(&str, Pairs)| match body(store, operation, pairs) {
        Ok(body) => body,
        Err(error) => error.to_string(),
    };
    let mut answers: Vec<_> = requests.iter().map(ask).collect();
    for (operation, pairs) in requests.iter().filter(|(_, pairs)| pairs.len() == 2) {
        answers.extend(walk(store, operation, pairs, 7));
    }
    answers
}

pub(crate) fn archive(store: &Store) -> Vec<u8> {
    let mut archive = Vec::new();
    store.save(&mut archive).expect("a Vec takes everything");
    archive
}

/// Restores the store from `bytes` and validates it.
pub(crate) fn restore(config: &Config, now: Timestamp, bytes: &[u8]) -> Result<Store, Error> {
    let store = Store::restore(config.clone(), now, bytes)?.store;
    store.internal_validate().expect("what is restored is sound");
    Ok(store)
}

/// Compares a store with the one restored from its archive.
pub(crate) fn assert_survives(store: &Store) -> Store {
    let bytes = archive(store);
    let restored = restore(store.config(), store.now(), &bytes).expect("it was just saved");
    assert_eq!(restored.len(), store.len());
    assert_eq!(restored.now(), store.now());
    assert!(records(&restored) == records(store), "the lists differ");
    assert_eq!(answers(&restored), answers(store));
    assert!(archive(&restored) == bytes, "the bytes follow from the records alone");
    restored
}
