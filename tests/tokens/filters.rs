//! Tokens used with other filters or with the other operation.

use std::collections::HashMap;

use invodex::{
    Config, InstanceRun, Invocation, OmittedTimed, RepeatMode, RunUpdate, Store, Tag, Timestamp,
};

use super::{Pairs, ask, assert_refused, given, store};
use invodex_testkit::filters::{Kind, PARAMETERS, Role, filters};

/// Values of every filter, some of which match: its samples, and for a text also other texts and a
/// sample of each other filter.
fn choices() -> Vec<(&'static str, &'static str)> {
    let filters: Vec<_> = PARAMETERS.iter().filter(|row| row.role == Role::Filter).collect();
    let texts = || filters.iter().filter(|row| row.kind == Kind::Text);
    let mut choices = Vec::new();
    for row in &filters {
        let mut values: Vec<&str> = row.samples.to_vec();
        if matches!(row.kind, Kind::Text | Kind::Region) {
            values.extend(row.others);
            values.extend(texts().map(|other| other.samples[0]));
        }
        choices.extend(values.iter().map(|value| (row.name, *value)));
        if let Some(name) = SECOND_TAG.iter().find(|(first, _)| *first == row.name) {
            choices.extend(values.iter().map(|value| (name.1, *value)));
        }
    }
    choices
}

const SECOND_TAG: [(&str, &str); 2] = [("Tag.1.Key", "Tag.2.Key"), ("Tag.1.Value", "Tag.2.Value")];

/// The effective filters by the rules of the API, for the store above, in which an omitted `Timed`
/// restricts nothing. `None` if the request is refused for another reason.
fn effective(operation: &str, pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    let last = |name: &str| {
        let last = pairs.iter().rev().find(|(given, _)| *given == name);
        last.map(|&(_, value)| value)
    };
    let given = |name: &str| last(name).filter(|value| !value.is_empty());
    let on_instance = given("InstanceId").is_some();
    let mut all = Vec::new();
    for filter in filters(operation).filter(|filter| !filter.name.starts_with("Tag.")) {
        let Some(value) = given(filter.name) else { continue };
        let value = match filter.kind {
            Kind::Boolean => value.to_ascii_lowercase(),
            _ => value.to_owned(),
        };
        let is_ignored = match filter.name {
            "CommandName" | "RepeatMode" => on_instance,
            "InvokeStatus" => on_instance && value == "PartialFailed",
            "Type" => given("CommandType").is_some(),
            "IncludeHistory" if value == "true" => {
                given("InvokeId")?;
                false
            }
            "IncludeHistory" => true,
            _ => false,
        };
        let name = if filter.name == "Type" { "CommandType" } else { filter.name };
        all.extend((!is_ignored).then(|| (name.to_owned(), value)));
    }
    let mut keys = Vec::new();
    for number in [1, 2] {
        let key = last(&format!("Tag.{number}.Key"));
        let value = last(&format!("Tag.{number}.Value"));
        match (key, value) {
            (None, None) => {}
            (None, Some(_)) => return None,
            (Some(key), _) if keys.contains(&key) => return None,
            (Some(key), value) => {
                keys.push(key);
                let value = value.map_or_else(String::new, |value| format!("={value}"));
                all.push((format!("Tag {key}"), value));
            }
        }
    }
    all.sort();
    Some(all)
}

/// Uses each token with a further parameter, with another value, without a parameter, or with two
/// of these changes. It must be refused if and only if the effective filters differ.
#[test]
fn every_filter_that_is_another() {
    let store = store(7);
    let (mut refused, mut accepted) = (0, 0);
    for given in given(&store) {
        let own = effective(given.operation, &given.filters).expect("it was accepted");
        let operations = ["DescribeInvocations", "DescribeInvocationResults"];
        let without = (0..=given.filters.len()).map(|left_out| {
            let kept = given.filters.iter().enumerate().filter(|&(at, _)| at != left_out);
            kept.map(|(_, pair)| *pair).collect::<Pairs>()
        });
        let without: Vec<Pairs> = without.collect();
        let more: Vec<Option<(&str, &str)>> =
            choices().into_iter().map(Some).chain([None]).collect();
        for (operation, pairs, more) in operations
            .iter()
            .flat_map(|operation| without.iter().map(move |pairs| (operation, pairs)))
            .flat_map(|(operation, pairs)| more.iter().map(move |more| (operation, pairs, more)))
        {
            let pairs: Pairs = pairs.iter().chain(more).copied().collect();
            let Some(filters) = effective(operation, &pairs) else { continue };
            if !pairs.iter().any(|(name, _)| *name == "RegionId") {
                continue;
            }
            let token = [("MaxResults", "1"), ("NextToken", given.token.as_str())];
            let answer = ask(&store, operation, &pairs, &token);
            let what = || format!("{operation} {pairs:?}, for {} {own:?}", given.operation);
            if *operation == given.operation && filters == own {
                let row = answer.map(|(row, _)| row).map_err(|error| error.to_string());
                assert_eq!(row.as_ref(), Ok(&given.next), "{}", what());
                accepted += 1;
            } else {
                assert_refused(answer, what);
                refused += 1;
            }
        }
    }
    println!("{refused} requests with other filters refused, {accepted} with the same accepted");
    assert!(refused > 2_500 && accepted > 150, "{refused} refused, {accepted} accepted");
}

/// The changes of a value under another name: up to two of its characters.
const CHANGES: [(&str, &[usize]); 4] =
    [("a", &[0]), ("abc", &[2]), ("abcdefgh", &[3, 4]), ("abcdefghijklmnop", &[0, 8])];

/// The value with each pair of letters at the two positions, or with each letter at the one.
fn changed(value: &str, places: &[usize]) -> Vec<String> {
    let others = if places.len() > 1 { 0x20..0x7f_u8 } else { 0..1 };
    let mut all = Vec::new();
    for one in 0x20..0x7f_u8 {
        for other in others.clone() {
            let mut bytes = value.as_bytes().to_vec();
            for (&place, letter) in places.iter().zip([one, other]) {
                bytes[place] = letter;
            }
            all.push(String::from_utf8(bytes).expect("letters"));
        }
    }
    all
}

/// A token is bound to the names of the filters: no change of a value's letters may cancel out a
/// change of the filter's name in the hash.
#[test]
fn a_value_under_another_name() {
    const NAMES: [&str; 4] = ["ResourceGroupId", "CommandId", "CommandName", "InstanceId"];
    let mut tried = 0;
    for (value, places) in CHANGES {
        let mut store = Store::new(
            Config { omitted_timed: OmittedTimed::Any, ..Config::default() },
            Timestamp::from_secs(1_700_000_000).expect("in range"),
        );
        for number in 0..2 {
            let mut record = Invocation::new("cn-a", format!("t-{number}"), value);
            record.resource_group_id = value.into();
            record.command_name = value.into();
            record.instances.push(InstanceRun::new(value));
            assert!(store.accept(&record).expect("a record without a fault").retained);
        }
        let changed = changed(value, places);
        for name in NAMES {
            let filters = [("RegionId", "cn-a"), (name, value)];
            let first = ask(&store, "DescribeInvocations", &filters, &[("MaxResults", "1")]);
            let (_, token) = first.expect("a request without a fault");
            let token = [("MaxResults", "1"), ("NextToken", token.as_str())];
            let next = ask(&store, "DescribeInvocations", &filters, &token);
            assert_eq!(next.ok().map(|(row, _)| row).as_deref(), Some("t-0 Pending"));
            for other in NAMES.into_iter().chain(["InvokeId"]).filter(|other| *other != name) {
                for value in &changed {
                    let filters = [("RegionId", "cn-a"), (other, value.as_str())];
                    let answer = ask(&store, "DescribeInvocations", &filters, &token);
                    assert_refused(answer, || format!("{other}={value:?} by a token for {name}"));
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 4 * 4 * (2 * 95 + 2 * 95 * 95));
    println!("{tried} values under another name refused");
}

/// Distributes two values over all text filters in every way, some filters left out. All tokens for
/// the same position must differ, so filters that exchange their values are never confused.
#[test]
fn values_that_change_places() {
    const TEXTS: [Option<&str>; 3] = [None, Some("a"), Some("b")];
    const TAGS: [(Option<&str>, Option<&str>); 7] = [
        (None, None),
        (Some("a"), None),
        (Some("a"), Some("a")),
        (Some("a"), Some("b")),
        (Some("b"), None),
        (Some("b"), Some("a")),
        (Some("b"), Some("b")),
    ];
    let mut tokens = HashMap::new();
    for (operation, names) in [
        ("DescribeInvocations", ["ResourceGroupId", "CommandId", "CommandName", "InstanceId"]),
        ("DescribeInvocationResults", ["ResourceGroupId", "CommandId", "InvokeId", "InstanceId"]),
    ] {
        for number in 0..2 * 3 * 3 * 3 * 3 * TAGS.len() {
            let (key, value) = TAGS[number % TAGS.len()];
            let mut rest = number / TAGS.len();
            let mut next = |of: usize| {
                let digit = rest % of;
                rest /= of;
                digit
            };
            let mut pairs = vec![("RegionId", ["a", "b"][next(2)])];
            for name in names {
                pairs.extend(TEXTS[next(TEXTS.len())].map(|text| (name, text)));
            }
            pairs.extend(key.map(|key| ("Tag.1.Key", key)));
            pairs.extend(value.map(|value| ("Tag.1.Value", value)));
            let ignored =
                |name| name == "CommandName" && pairs.iter().any(|pair| pair.0 == "InstanceId");
            if pairs.iter().any(|pair| ignored(pair.0)) {
                continue;
            }
            if let Some(other) = tokens.insert(token_of(operation, &pairs), pairs.clone()) {
                panic!("{operation}: one token for {pairs:?} and {other:?}");
            }
        }
    }
    let without_names = 2 * 3 * 3 * 2 * TAGS.len();
    let all = 2 * 3 * 3 * 3 * 3 * TAGS.len();
    assert_eq!(tokens.len(), 2 * all - 2 * without_names);
    println!("{} filters with a token of their own", tokens.len());
}

/// The first token for these filters, from a store in which each row matches.
fn token_of(operation: &str, pairs: &[(&str, &str)]) -> String {
    let value = |name: &str, or: &'static str| {
        let found = pairs.iter().find(|(given, _)| *given == name);
        found.map_or_else(|| or.to_owned(), |(_, value)| (*value).to_owned())
    };
    let mut store = Store::new(
        Config { omitted_timed: OmittedTimed::Any, ..Config::default() },
        Timestamp::from_secs(1_700_000_000).expect("in range"),
    );
    let invoke_id = value("InvokeId", "t-1");
    for id in [invoke_id.as_str(), "t-2"] {
        let mut record = Invocation::new(value("RegionId", ""), id, value("CommandId", "c-1"));
        record.resource_group_id = value("ResourceGroupId", "");
        record.command_name = value("CommandName", "");
        record.repeat_mode = RepeatMode::Period;
        record.tags = vec![Tag::new(value("Tag.1.Key", "k"), value("Tag.1.Value", ""))];
        let instance = value("InstanceId", "i-1");
        record.instances.push(InstanceRun::new(instance.as_str()));
        assert!(store.accept(&record).expect("a record without a fault").retained);
        for _ in 0..2 {
            store.update_run(id, &instance, &RunUpdate::started()).expect("it can start");
            let end = RunUpdate::finished(0).rescheduled();
            store.update_run(id, &instance, &end).expect("it can end");
        }
    }
    let mut page = vec![("MaxResults", "1")];
    if pairs.iter().any(|(name, _)| *name == "InvokeId") {
        page.push(("IncludeHistory", "true"));
    }
    let (row, token) = ask(&store, operation, pairs, &page).expect("a request without a fault");
    assert_eq!(token.len(), 44, "{operation} {pairs:?}: {row:?}");
    token
}

/// No other store id cancels out a change of the operation in the hash: neither one that differs in
/// one bit, nor the one that once did.
#[test]
fn another_store_and_operation() {
    const ONCE: u64 = 0x8ebc_6af0_9c88_c6e3 ^ 0x5899_65cc_7537_4cc3;
    let pairs = [("RegionId", "cn-a")];
    for given in given(&store(7)).iter().filter(|given| given.filters == pairs) {
        for distance in (0..64).map(|bit| 1 << bit).chain([ONCE]) {
            let other = store(7 ^ distance);
            for operation in ["DescribeInvocations", "DescribeInvocationResults"] {
                let token = [("MaxResults", "1"), ("NextToken", given.token.as_str())];
                let answer = ask(&other, operation, &pairs, &token);
                assert_refused(answer, || {
                    format!("{operation}, {} given, {distance:x}", given.operation)
                });
            }
        }
    }
}
