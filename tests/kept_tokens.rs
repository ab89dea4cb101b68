//! Tokens of version 1, which every later version gives and takes: never made anew, only added to.

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation,
    InvocationStatus, RepeatMode, Store, Tag, Timestamp,
};

/// Operation, what is asked for beside RegionId and MaxResults, the store's id, and the token.
type Kept = (&'static str, &'static [(&'static str, &'static str)], u64, &'static str);

const LIST: &str = "DescribeInvocations";
const RESULTS: &str = "DescribeInvocationResults";

/// Each filter alone, and all together.
const KEPT: &[Kept] = &[
    (LIST, &[], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAABcwr0AYNw-w"),
    (LIST, &[], 7, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAKbR-CX6j2A4"),
    (LIST, &[("ResourceGroupId", "rg-1")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAEi-BqfKjF5q"),
    (LIST, &[("CommandId", "c-1")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAD8RcYdMk0l0"),
    (LIST, &[("CommandName", "disk")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAGbzSUHIiJfy"),
    (LIST, &[("CommandType", "RunBatScript")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAMa7f30tzjSj"),
    (LIST, &[("RepeatMode", "Period")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAISlJFtagrEU"),
    (LIST, &[("Timed", "true")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAABcwr0AYNw-w"),
    (LIST, &[("InvokeStatus", "Running")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAKZQAYlV7xeb"),
    (LIST, &[("InstanceId", "i-1")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAJFPPB1w43r_"),
    (LIST, &[("Tag.1.Key", "env")], 0, "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAb1mzSBL-Qyo"),
    (
        LIST,
        &[("Tag.1.Key", "env"), ("Tag.1.Value", "prod")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAZaUbkGBkgi7",
    ),
    (
        LIST,
        &[("Tag.1.Key", "owner"), ("Tag.1.Value", "")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAARcTtTidI5vz",
    ),
    (
        LIST,
        &[("Tag.1.Key", "owner"), ("Tag.2.Key", "env"), ("Tag.2.Value", "prod")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAASqN7tpwWJOm",
    ),
    (
        LIST,
        &[("Tag.1.Key", "env"), ("Tag.1.Value", "prod"), ("Tag.2.Key", "owner")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAASqN7tpwWJOm",
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
        "AQAAAABlU_EAAAAAAAAAAAMAAAAAAAAAAZgqP-xofo60",
    ),
    (RESULTS, &[], 0, "AQAAAABlU_EAAAAAAAAAAAMAAP____8AAGmKawenXLnW"),
    (RESULTS, &[("InvokeId", "t-2")], 0, "AQAAAABlU_EAAAAAAAAAAAIAAP____8AAOy5lMPzJKtX"),
    (
        RESULTS,
        &[("InvokeId", "t-2"), ("IncludeHistory", "true")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAIAAP____8AAGIcbchdO2oi",
    ),
    (
        RESULTS,
        &[("InvokeRecordStatus", "Running")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAP____8AALRK5L0YxumF",
    ),
    (
        RESULTS,
        &[("InstanceId", "i-1"), ("Tag.1.Key", "env")],
        0,
        "AQAAAABlU_EAAAAAAAAAAAMAAP____8AARoh4R76-8pg",
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
        record.command_type = invodex::CommandType::RunBatScript;
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
