//! Tokens of version 1, which every later version returns and accepts. Until the first release the
//! commit that changes the format makes them anew; after it tokens are added and none is changed.

use invodex::{
    CommandType, Config, DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation,
    InvocationStatus, InvokeStatus, RepeatMode, Store, Tag, Timestamp,
};
use invodex_testkit::filters::filters;

/// The operation, the parameters beside RegionId and MaxResults, the store's id, and the token.
type Kept = (&'static str, &'static [(&'static str, &'static str)], u64, &'static str);

const LIST: &str = invodex_testkit::filters::INVOCATIONS;
const RESULTS: &str = invodex_testkit::filters::RESULTS;

/// Each filter alone, and all together.
const KEPT: &[Kept] = &[
    (LIST, &[], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAO_QZnaumlEJ"),
    (LIST, &[], 7, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAJETKA5knbnO"),
    (LIST, &[("ResourceGroupId", "rg-1")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAJQ0XDxr5z5W"),
    (LIST, &[("CommandId", "c-1")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAADT1JFyEITND"),
    (LIST, &[("CommandName", "disk")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAH_jtUQC5bXH"),
    (LIST, &[("CommandType", "RunBatScript")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAD0rf3tHsYHb"),
    (LIST, &[("RepeatMode", "Period")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAPy4T469ynLG"),
    (LIST, &[("Timed", "true")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAO_QZnaumlEJ"),
    (LIST, &[("InvokeStatus", "Running")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAFDtbR3Wnf-_"),
    (LIST, &[("InstanceId", "i-1")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAP4oj1yM9EOR"),
    (LIST, &[("Tag.1.Key", "env")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAATTnl_p4f6UC"),
    (
        LIST,
        &[("Tag.1.Key", "env"), ("Tag.1.Value", "prod")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAU-TZjlkY_C3",
    ),
    (
        LIST,
        &[("Tag.1.Key", "owner"), ("Tag.1.Value", "")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAe7aWltTNyAG",
    ),
    (
        LIST,
        &[("Tag.1.Key", "owner"), ("Tag.2.Key", "env"), ("Tag.2.Value", "prod")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAah0muecvn94",
    ),
    (
        LIST,
        &[("Tag.1.Key", "env"), ("Tag.1.Value", "prod"), ("Tag.2.Key", "owner")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAah0muecvn94",
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
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAc3h4QMmCJyo",
    ),
    (RESULTS, &[], 0, "AQAAAABlU_EAAAAAAAAAAAMAAP____8AAC4Zg0x7grOx"),
    (RESULTS, &[("InvokeId", "t-2")], 0, "AQAAAABlU_EAAAAAAAAAAAIAAP____8AAOedCjoKu1Ug"),
    (
        RESULTS,
        &[("InvokeId", "t-2"), ("IncludeHistory", "true")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAIAAP____8AABUJnSpcxGra",
    ),
    (
        RESULTS,
        &[("InvokeRecordStatus", "Running")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAP____8AAG0iGp9pYp6-",
    ),
    (
        RESULTS,
        &[("InstanceId", "i-1"), ("Tag.1.Key", "env")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAP____8AAbTGKgX7ux5d",
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
        assert!(store.accept(&record).expect("a record without a fault").retained);
    }
    store
}

/// The token of a page of one row for `pairs`.
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
        // An omitted Timed leaves live recurring tasks out of the list.
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

/// RegionId is part of all of them, and `Type` is the older name of CommandType.
#[test]
fn every_filter_has_a_kept_token() {
    for operation in [LIST, RESULTS] {
        for filter in filters(operation).filter(|row| !["RegionId", "Type"].contains(&row.name)) {
            let is_kept = |kept: &Kept| kept.1.iter().any(|&(name, _)| name == filter.name);
            assert!(KEPT.iter().any(is_kept), "{operation} {}", filter.name);
        }
    }
}

/// A new value of a closed set is added behind the others, because a token depends on its position.
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
