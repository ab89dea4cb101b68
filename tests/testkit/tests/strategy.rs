//! Promises of the strategies: valid values are valid, and stay so when they shrink.

use std::collections::BTreeSet;
use std::fmt::Debug;

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, Invocation, InvocationStatus, Regions,
    RepeatMode, Store, Timestamp,
};
use invodex_testkit::engine::{self, Form};
use invodex_testkit::model::Operation;
use invodex_testkit::strategy::{
    describe_invocation_results, describe_invocations, instance_run, invocation, pools, record,
    run_update, wire_pairs,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

const START: i64 = 1_700_000_000;

/// Calls `check` with `count` drawn values, and with those on a random path of shrinking from each.
fn shrink<T: Debug>(count: u32, strategy: impl Strategy<Value = T>, mut check: impl FnMut(T)) {
    let mut runner = TestRunner::deterministic();
    let mut coin = oorandom::Rand32::new(1);
    let mut smaller = 0;
    for _ in 0..count {
        let mut tree = strategy.new_tree(&mut runner).expect("nothing is filtered");
        check(tree.current());
        // After each value that shrinks, the test may say that it fails or that it does not.
        for _ in 0..60 {
            let fails = coin.rand_range(0..3) > 0;
            if !(if fails { tree.simplify() } else { tree.complicate() }) {
                break;
            }
            check(tree.current());
            smaller += 1;
        }
    }
    assert!(smaller > count, "only {smaller} values shrank");
}

#[test]
fn a_valid_record_shrinks_to_valid_records() {
    for now in [0, START, i64::from(u32::MAX)].map(Timestamp::saturating_from_secs) {
        let store = Store::new(Config::default(), now);
        let mut seen = BTreeSet::new();
        shrink(300, invocation(now), |record| {
            assert_eq!(store.check(&record), Ok(()), "{record:?}");
            seen.insert(record.invoke_id);
        });
        assert!(seen.len() > 60, "{seen:?}");
    }
}

#[test]
fn records_are_of_every_kind() {
    let (mut modes, mut types, mut tags) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut statuses = BTreeSet::new();
    shrink(300, invocation(Timestamp::MIN), |record| {
        modes.insert(record.repeat_mode.as_str());
        types.insert(record.command_type.as_str());
        statuses.extend(record.instances.iter().map(|run| run.invocation_status.as_str()));
        tags.extend(record.tags.into_iter().map(|tag| tag.key));
    });
    assert_eq!((modes.len(), types.len(), statuses.len()), (5, 3, 12));
    assert!(pools::TAG_KEYS.iter().all(|key| tags.contains(*key)), "{tags:?}");
}

#[test]
fn some_records_of_a_sequence_are_refused() {
    let now = Timestamp::saturating_from_secs(START);
    let mut codes = BTreeSet::new();
    shrink(2_000, record(), |record| {
        codes.extend(record.build(now).check().err().map(|error| error.code().to_owned()));
    });
    assert!(codes.len() > 20, "{codes:?}");
}

#[test]
fn runs_and_updates_shrink_to_valid_ones() {
    let now = Timestamp::saturating_from_secs(START);
    shrink(300, instance_run(now), |run| {
        let mut record = Invocation::new("cn-a", "t-1", "c-1");
        record.instances.push(run);
        assert_eq!(record.check(), Ok(()));
    });
    let mut allowed = 0;
    shrink(300, run_update(now), |update| {
        match update.check(RepeatMode::Period, InvocationStatus::Running) {
            Ok(_) => allowed += 1,
            Err(error) => assert_eq!(error.parameter(), Some("InvocationStatus"), "{error}"),
        }
    });
    assert!(allowed > 300, "{allowed}");
}

#[test]
fn requests_shrink_to_valid_ones() {
    let regions =
        Regions::only([pools::REGIONS[0], pools::REGIONS[1]]).without_api([pools::REGIONS[2]]);
    let store = Store::new(Config { regions, ..Config::default() }, Timestamp::MIN);
    shrink(500, describe_invocations(), |request: DescribeInvocations| {
        let page = store.describe_invocations(&request);
        assert_eq!(page.map(|page| page.len()), Ok(0), "{request:?}");
    });
    shrink(500, describe_invocation_results(), |request: DescribeInvocationResults| {
        let page = store.describe_invocation_results(&request);
        assert_eq!(page.map(|page| page.len()), Ok(0), "{request:?}");
    });
}

#[test]
fn wire_pairs_are_answered_or_refused_and_name_ids_of_the_pool() {
    let store = Store::new(Config::default(), Timestamp::MIN);
    for operation in Operation::ALL {
        let (mut answered, mut codes, mut ids) = (0, BTreeSet::new(), BTreeSet::new());
        shrink(500, wire_pairs(operation), |pairs| {
            match engine::describe(&store, operation.name(), &pairs, Form::Body) {
                Ok(_) => answered += 1,
                Err(error) => drop(codes.insert(error.code().to_owned())),
            }
            ids.extend(pairs.into_iter().filter(|(name, _)| name == "InvokeId"));
        });
        assert!(answered > 500 && codes.len() > 10, "{answered} answered, {codes:?}");
        assert!(ids.iter().all(|(_, id)| id.is_empty() || id.starts_with("t-")), "{ids:?}");
    }
}
