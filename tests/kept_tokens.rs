//! Tokens of version 1, which every later version gives and takes: never made anew, only added to.

use invodex::{
    CommandType, Config, DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation,
    InvocationStatus, InvokeStatus, RepeatMode, Store, Tag, Timestamp,
};

/// Operation, what is asked for beside RegionId and MaxResults, the store's id, and the token.
type Kept = (&'static str, &'static [(&'static str, &'static str)], u64, &'static str);

const LIST: &str = "DescribeInvocations";
const RESULTS: &str = "DescribeInvocationResults";

/// Each filter alone, and all together.
const KEPT: &[Kept] = &[
    (LIST, &[], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAByrcVfp9T3E"),
    (LIST, &[], 7, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAHmdJAqoi-0N"),
    (LIST, &[("ResourceGroupId", "rg-1")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAAGeUTyFVrUz"),
    (LIST, &[("CommandId", "c-1")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAADo4IcVrND54"),
    (LIST, &[("CommandName", "disk")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAFJ6VTDpqXD7"),
    (LIST, &[("CommandType", "RunBatScript")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAAf4asNlyTaQ"),
    (LIST, &[("RepeatMode", "Period")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAOznnj67DuKw"),
    (LIST, &[("Timed", "true")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAByrcVfp9T3E"),
    (LIST, &[("InvokeStatus", "Running")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAANEd4GQ7OoBi"),
    (LIST, &[("InstanceId", "i-1")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAALJrlCYJf9yK"),
    (LIST, &[("Tag.1.Key", "env")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAY-ZBBTjzzZg"),
    (
        LIST,
        &[("Tag.1.Key", "env"), ("Tag.1.Value", "prod")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAd-UooJAs7dv",
    ),
    (
        LIST,
        &[("Tag.1.Key", "owner"), ("Tag.1.Value", "")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAYryOtXNx1ff",
    ),
    (
        LIST,
        &[("Tag.1.Key", "owner"), ("Tag.2.Key", "env"), ("Tag.2.Value", "prod")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAARRVhODVXn2q",
    ),
    (
        LIST,
        &[("Tag.1.Key", "env"), ("Tag.1.Value", "prod"), ("Tag.2.Key", "owner")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAARRVhODVXn2q",
    ),
    (
        LIST,
        &[
            ("ResourceGroupId", "rg-1"),
            ("CommandId", "c-1"),
            ("CommandName", "disk"),
            ("CommandType", "RunBatScript"),
            ("RepeatMode", "Period"),
            ("InvokeStatus", "Running"),
            ("Tag.1.Key", "env"),
            ("Tag.1.Value", "prod"),
        ],
        u64::MAX,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAVvYNUWV5o3H",
    ),
    (RESULTS, &[], 0, "AQAAAABlU_EAAAAAAAAAAAMAAP____8AAOe1Gvr7zqC1"),
    (RESULTS, &[("InvokeId", "t-2")], 0, "AQAAAABlU_EAAAAAAAAAAAIAAP____8AAEWxYfRWg4Y1"),
    (
        RESULTS,
        &[("InvokeId", "t-2"), ("IncludeHistory", "true")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAIAAP____8AAGg_vEaPXkYP",
    ),
    (
        RESULTS,
        &[("InvokeRecordStatus", "Running")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAP____8AAOsmyIYxBKUu",
    ),
    (
        RESULTS,
        &[("InstanceId", "i-1"), ("Tag.1.Key", "env")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAP____8AAbBjOwhkwe8I",
    ),
];

/// Records that all of these filters match.
fn store(id: u64) -> Store {
    let now = Timestamp::from_secs(1_700_000_000).expect("in range");
    let mut store = Store::new(Config { id, ..Config::default() }, now);
    for number in 1..=3 {
        let mut record = Invocation::new("cn-a", format!("t-{number}"), "c-1");
        record.resource_group_id = "rg-1".into();
        record.command_name = "disk".into();
        record.command_type = CommandType::RunBatScript;
        record.repeat_mode = RepeatMode::Period;
        record.tags = vec![Tag::new("env", "prod"), Tag::new("owner", "")];
        for instance in ["i-1", "i-2"] {
            let mut run = InstanceRun::new(instance);
            run.invocation_status = InvocationStatus::Running;
            record.instances.push(run);
        }
        store.accept(&record).expect("a record without a fault");
    }
    store
}

/// The token of the page of one row that `pairs` ask for.
fn token(store: &Store, operation: &str, pairs: &[(&str, &str)]) -> Option<String> {
    if operation == LIST {
        let request = DescribeInvocations::from_pairs(pairs.iter().copied());
        let page = store.describe_invocations(&request).expect("no fault");
        assert_eq!(page.len(), 1);
        page.next_token().map(|token| token.to_string())
    } else {
        let request = DescribeInvocationResults::from_pairs(pairs.iter().copied());
        let page = store.describe_invocation_results(&request).expect("no fault");
        assert_eq!(page.len(), 1);
        page.next_token().map(|token| token.to_string())
    }
}

#[test]
fn tokens_of_version_1_are_given_and_taken_for_ever() {
    let mut differ = Vec::new();
    for &(operation, filters, id, kept) in KEPT {
        let store = store(id);
        // With Timed omitted live tasks that recur are left out of the list.
        let timed = operation == LIST && !filters.iter().any(|&(name, _)| name == "Timed");
        let mut pairs = vec![("RegionId", "cn-a"), ("MaxResults", "1")];
        pairs.extend(timed.then_some(("Timed", "true")));
        pairs.extend(filters);
        let given = token(&store, operation, &pairs).expect("more rows follow");
        if given != kept {
            differ.push((operation, filters, id, given));
            continue;
        }
        pairs.push(("NextToken", kept));
        assert_ne!(token(&store, operation, &pairs).as_deref(), Some(kept));
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

/// A new value comes behind the others: what counts in a token is its place.
#[test]
fn values_of_closed_sets_keep_their_places() {
    let types = CommandType::ALL.iter().map(|value| value.as_str());
    assert!(types.eq(["RunBatScript", "RunPowerShellScript", "RunShellScript"]));
    let modes = RepeatMode::ALL.iter().map(|value| value.as_str());
    assert!(modes.eq(["Once", "Period", "NextRebootOnly", "EveryReboot", "DryRun"]));
    let statuses = InvokeStatus::ALL.iter().map(|value| value.as_str());
    let kept = "Running Finished Success Failed Stopped Stopping PartialFailed Pending Scheduled";
    assert!(statuses.eq(kept.split(' ')));
}
