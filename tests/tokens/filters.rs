//! Tokens that are brought to other filters, or to the other operation.

use invodex::{Config, InstanceRun, Invocation, OmittedTimed, Store, Timestamp};

use super::{Pairs, ask, assert_refused, given, store};

/// Every parameter that chooses rows, with values of which some match.
const CHOICES: &[(&str, &[&str])] = &[
    ("RegionId", &["cn-a", "cn-b", "CN-A", "cn-a "]),
    ("ResourceGroupId", &["rg-1", "rg-2", "cn-a", "c-1", "i-1"]),
    ("InvokeId", &["t-1", "t-2", "t-none", "rg-1", "c-1", "i-1"]),
    ("CommandId", &["c-1", "c-2", "t-1", "i-1", "deploy"]),
    ("CommandName", &["deploy", "Deploy", "c-1", "i-1"]),
    ("CommandType", &["RunShellScript", "RunBatScript", "RunPowerShellScript"]),
    ("Type", &["RunShellScript", "RunBatScript"]),
    ("RepeatMode", &["Once", "Period", "NextRebootOnly", "EveryReboot"]),
    ("Timed", &["true", "false"]),
    ("InvokeStatus", STATUSES),
    ("InvokeRecordStatus", STATUSES),
    ("InstanceId", &["i-1", "i-2", "c-1", "t-1"]),
    ("IncludeHistory", &["true", "false"]),
    ("Tag.1.Key", &["k", "l", "K"]),
    ("Tag.1.Value", &["", "v", "w"]),
    ("Tag.2.Key", &["l", "m"]),
    ("Tag.2.Value", &["", "v"]),
];

const STATUSES: &[&str] = &[
    "Running",
    "Finished",
    "Success",
    "Failed",
    "Stopped",
    "Stopping",
    "PartialFailed",
    "Pending",
    "Scheduled",
];

/// What the filters come to, by the rules of the API and for the store above, which never lets an
/// omitted `Timed` restrict anything. `None` when the request is refused for another reason.
fn effective(operation: &str, pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    let results = operation == "DescribeInvocationResults";
    let last = |name: &str| {
        let last = pairs.iter().rev().find(|(given, _)| *given == name);
        last.map(|&(_, value)| value)
    };
    let given = |name: &str| last(name).filter(|value| !value.is_empty());
    let mut all = Vec::new();
    for name in ["RegionId", "ResourceGroupId", "InvokeId", "CommandId", "InstanceId"] {
        all.extend(given(name).map(|value| (name.to_owned(), value.to_owned())));
    }
    let on_instance = given("InstanceId").is_some();
    if results {
        all.extend(given("InvokeRecordStatus").map(|value| ("Status".into(), value.into())));
        if given("IncludeHistory") == Some("true") {
            given("InvokeId")?;
            all.push(("IncludeHistory".into(), "true".into()));
        }
    } else {
        let named = given("CommandType").or(given("Type"));
        all.extend(named.map(|value| ("CommandType".into(), value.into())));
        all.extend(given("Timed").map(|value| ("Timed".into(), value.into())));
        let status =
            given("InvokeStatus").filter(|&status| !on_instance || status != "PartialFailed");
        all.extend(status.map(|value| ("Status".into(), value.into())));
        for name in ["CommandName", "RepeatMode"] {
            let value = given(name).filter(|_| !on_instance);
            all.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        }
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

/// Each token asked with a parameter more, or with another value, or without one, or with two of
/// these changes: it is refused exactly when the filters come to something else.
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
        let choices =
            CHOICES.iter().flat_map(|(name, values)| values.iter().map(|value| (*name, *value)));
        let more: Vec<Option<(&str, &str)>> = choices.map(Some).chain([None]).collect();
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

/// What a value may be changed to under another name: up to two characters of it.
const CHANGES: [(&str, &[usize]); 4] =
    [("a", &[0]), ("abc", &[2]), ("abcdefgh", &[3, 4]), ("abcdefghijklmnop", &[0, 8])];

/// The value with each pair of letters at the places named, or with each letter at the one.
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

/// A token is bound to the names of the filters: a hash by whose seed one name is told from
/// another must not let some letters of the value make up for it.
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
            store.accept(&record).expect("a record without a fault");
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
