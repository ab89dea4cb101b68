//! The store against the naive model: random operations, and every page of many queries over a
//! larger set of records.
//!
//! A run has the same cases each time, unless `PROPTEST_CASES` sets another number of cases: then
//! its seed is random, or that of `PROPTEST_RNG_SEED`. A failure names the seed and the smallest
//! case. Seeds of failures are not kept in a file, because they mean other cases as soon as a
//! strategy changes. A failure becomes a documented case instead.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::env;
use std::time::SystemTime;

use invodex::{Config, ManualClock, Store};
use invodex_testkit::dataset::requests::{adversarial, classes};
use invodex_testkit::dataset::{Dataset, Options};
use invodex_testkit::engine::Form;
use invodex_testkit::machine::{self, Coverage, Kept, answered, kept};
use invodex_testkit::model::{Answer, Model, ModelConfig, Operation};
use invodex_testkit::strategy::{Case, case, large_case};
use proptest::prelude::Strategy;
use proptest::test_runner::{Config as RunnerConfig, RngAlgorithm, RngSeed, TestError, TestRunner};

/// Cases of a plain run.
const CASES: u32 = 350;
/// Cases with small stores for each case with a large one.
const LARGE_SHARE: u32 = 100;

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    env::var(name).ok().and_then(|value| value.parse().ok())
}

fn run_all(strategy: impl Strategy<Value = Case>, cases: u32, coverage: &RefCell<Coverage>) {
    let asked: Option<u32> = number("PROPTEST_CASES");
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = if asked.is_some() { since.as_nanos() as u64 } else { 1 };
    let seed = number("PROPTEST_RNG_SEED").unwrap_or(seed);
    let config = RunnerConfig {
        cases,
        rng_algorithm: RngAlgorithm::XorShift,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: number("PROPTEST_MAX_SHRINK_ITERS").unwrap_or(10_000),
        max_shrink_time: 60_000,
        ..RunnerConfig::default()
    };
    let run = |case: Case| machine::run(&case, &mut coverage.borrow_mut());
    match TestRunner::new(config).run(&strategy, run) {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => {
            let runs = coverage.borrow().cases;
            panic!("seed {seed}, {runs} cases with smaller ones: {reason}\n{case:#?}")
        }
        Err(TestError::Abort(reason)) => panic!("seed {seed}: {reason}"),
    }
}

#[test]
fn the_store_answers_as_the_model_does() {
    let asked = number("PROPTEST_CASES");
    let cases = asked.unwrap_or(CASES);
    let coverage = RefCell::new(Coverage::default());
    run_all(case(), cases, &coverage);
    run_all(large_case(), cases.div_ceil(LARGE_SHARE), &coverage);
    let coverage = coverage.into_inner();
    println!("{}", coverage.summary());
    // With another seed and few cases, something rare may not occur.
    if asked.is_none() || cases >= 4 * CASES {
        let (missing, details) = (coverage.missing(), coverage.details());
        assert!(missing.is_empty(), "never came up:\n{missing}\n{details}");
    }
}

#[test]
fn kept_sequences_reach_what_they_name() {
    let kept = kept();
    let names: BTreeSet<_> = kept.iter().map(|kept| kept.name).collect();
    assert_eq!(names.len(), kept.len(), "two have the same name");
    for Kept { name, case, reaches } in kept {
        let mut coverage = Coverage::default();
        machine::run(&case, &mut coverage).unwrap_or_else(|error| panic!("{name}: {error}"));
        let reached = coverage.summary();
        assert!(reaches(&coverage), "{name}: {reached}\n{}", coverage.details());
    }
}

#[test]
fn every_page_of_a_larger_store_is_as_the_model_says() {
    let options = Options { count: 3_000, adversarial_lists: true, ..Options::default() };
    let records: Vec<_> = Dataset::new(options).collect();
    let mut store = Store::new(Config::default(), ManualClock::new(options.now));
    let mut model = Model::new(ModelConfig::default(), options.now);
    assert!(store.accept_batch(&records).iter().all(Result::is_ok));
    assert!(model.accept_batch(&records).iter().all(Result::is_ok));
    store.internal_validate().expect("every posting follows from the columns");
    let mut check = |name: &str, pairs: &[(String, String)]| {
        let operation = Operation::DescribeInvocations;
        let answer = model.describe(operation, pairs);
        let mut coverage = Coverage::default();
        let token = answered(&store, operation, pairs, Form::Body, &answer, &mut coverage)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .unwrap_or_else(|| panic!("{name}: the request is good"));
        let Answer { total, next, .. } = answer.expect("both refuse, or none");
        if let Some(next) = next {
            model.learn_token(&token, next);
        }
        (token, total)
    };
    for class in classes(&options).into_iter().chain(adversarial(&options)) {
        let with = |more: [(&str, String); 2]| {
            let more = more.into_iter().map(|(name, value)| (name.to_owned(), value));
            class.pairs.iter().cloned().chain(more).collect::<Vec<_>>()
        };
        // A page size that does not divide the number of rows that a query with tags can reach.
        let mut token = String::new();
        loop {
            let next = ("NextToken", token);
            token = check(class.name, &with([("MaxResults", "47".to_owned()), next])).0;
            if token.is_empty() {
                break;
            }
        }
        let page = |number: u64, size: u64| {
            with([("PageNumber", number.to_string()), ("PageSize", size.to_string())])
        };
        let total = check(class.name, &page(1, 1)).1.unwrap_or(0);
        for skipped in [total / 2, total * 4 / 5] {
            check(class.name, &page(skipped / 10 + 1, 10));
        }
    }
}
