//! The calls of an embedder beside the two queries: derivation of statuses, walks, forks, the store's
//! id, and the checks that store nothing.

use std::sync::atomic::{AtomicI64, Ordering};

use invodex::{
    Clock, Config, DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation,
    InvocationStatus, LegacyInvokeStatus, ManualClock, OverallStatus, Regions, RepeatMode,
    RunUpdate, Store, Timestamp,
};
use invodex_testkit::dataset::requests::{adversarial, classes};
use invodex_testkit::dataset::{Dataset, Options};

fn now() -> Timestamp {
    Timestamp::saturating_from_secs(1_700_000_000)
}

fn record(number: usize) -> Invocation {
    let mut record = Invocation::new("cn-a", format!("t-{number:04}"), "c-1");
    record.instances.push(InstanceRun::new("i-1"));
    record
}

/// The data set of 3,000 records, with lists of every length.
fn filled() -> (Store, Options) {
    let options = Options { count: 3_000, adversarial_lists: true, ..Options::default() };
    (Dataset::new(options).store(), options)
}

/// Every set of statuses, in every mode: a store derives what the functions derive.
#[test]
fn the_derived_statuses_are_those_of_a_store() {
    let mut store = Store::new(Config::default(), now());
    for &mode in RepeatMode::ALL {
        for set in 1..1_u32 << InvocationStatus::ALL.len() {
            let statuses = (0..InvocationStatus::ALL.len()).filter(|at| set >> at & 1 == 1);
            let statuses: Vec<_> = statuses.map(|at| InvocationStatus::ALL[at]).collect();
            let mut record = Invocation::new("cn-a", "t-1", "c-1");
            record.repeat_mode = mode;
            for (at, &status) in statuses.iter().enumerate() {
                let mut run = InstanceRun::new(format!("i-{at}"));
                run.invocation_status = status;
                record.instances.push(run);
            }
            assert!(store.accept(&record).expect("a record without a fault").retained);
            let view = store.get("t-1").expect("it was accepted");
            let overall = OverallStatus::of_runs(statuses.iter().copied());
            assert_eq!(overall, Some(view.invocation_status()), "{statuses:?}");
            let legacy = statuses.iter().map(|status| status.legacy(mode));
            let legacy = LegacyInvokeStatus::of_runs(legacy);
            assert_eq!(legacy, Some(view.invoke_status()), "{mode}: {statuses:?}");
            store.clear();
        }
    }
    assert_eq!(OverallStatus::of_runs([]), None);
    assert_eq!(LegacyInvokeStatus::of_runs([]), None);
}

/// The rows of all pages, asked one by one.
macro_rules! paged {
    ($store:ident.$describe:ident($request:expr), $rows:ident, $id:expr) => {{
        let (mut request, mut ids) = ($request, Vec::new());
        loop {
            let page = $store.$describe(&request).expect("the request is good");
            ids.extend(page.$rows().map($id));
            let Some(token) = page.next_token() else { break ids };
            request = request.next_token(token);
        }
    }};
}

#[test]
fn a_walk_returns_the_rows_of_all_pages() {
    let (store, options) = filled();
    let (mut rows, mut cut) = (0, 0);
    for class in classes(&options).into_iter().chain(adversarial(&options)) {
        let request = DescribeInvocations::from_pairs(&class.pairs);
        let walk = store.walk_invocations(&request).expect("the request is good");
        let walked: Vec<_> = walk.map(|row| row.invoke_id()).collect();
        let pages = request.clone().max_results(7);
        let paged = paged!(store.describe_invocations(pages), invocations, |row| row.invoke_id());
        assert_eq!(walked, paged, "{}", class.name);
        rows += walked.len();
        cut += usize::from(request.get_tags().len() > 0 && walked.len() == 1_000);

        // From the token of the first page on; PageNumber and PageSize change nothing.
        let first = store.describe_invocations(&request.clone().max_results(7));
        if let Some(token) = first.expect("the request is good").next_token() {
            let request = request.next_token(token).page_number(3).page_size(1);
            let walk = store.walk_invocations(&request).expect("the request is good");
            assert!(walk.map(|row| row.invoke_id()).eq(walked[7..].iter().copied()));
        }

        let request = DescribeInvocationResults::from_pairs(&class.pairs);
        let walk = store.walk_invocation_results(&request).expect("the request is good");
        let walked: Vec<_> = walk.map(|row| (row.invoke_id(), row.instance_id())).collect();
        let paged = paged!(
            store.describe_invocation_results(request.max_results(50)),
            invocation_results,
            |row| (row.invoke_id(), row.instance_id())
        );
        assert_eq!(walked, paged, "{}, results", class.name);
    }
    assert!(rows > 10_000 && cut > 0, "{rows} rows, {cut} walks of 1,000 rows with tags");
}

#[test]
fn a_walk_reports_the_faults_of_its_request_first() {
    let (store, _) = filled();
    let region = || DescribeInvocations::new("cn-hangzhou");
    let results = || DescribeInvocationResults::new("cn-hangzhou");
    for (request, code) in [
        (region().max_results(51), "InvalidParameter.MaxResults"),
        (region().page_size(0), "InvalidParam.PageSize"),
        (region().next_token("x"), "InvalidParameter.NextToken"),
        (region().include_output(true), "MissingParameter.InvokeId"),
    ] {
        let error = store.walk_invocations(&request).err().expect("the request has a fault");
        assert_eq!(error.code(), code);
    }
    for (request, code) in [
        (results().page_number(0), "InvalidParam.PageNumber"),
        (results().next_token("x"), "InvalidParameter.NextToken"),
        (results().include_history(true), "MissingParameter.InvokeId"),
    ] {
        let error = store.walk_invocation_results(&request).err().expect("it has a fault");
        assert_eq!(error.code(), code);
    }
}

/// A clock that moves on by a second each time it is read.
struct Hasty(AtomicI64);

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        Timestamp::saturating_from_secs(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Every record expires a second after the walk has begun.
#[test]
fn no_record_expires_during_a_walk() {
    let begin = 1_700_000_000;
    let config = Config { retention_seconds: Some(1_000), ..Config::default() };
    let mut store = Store::new(config, Hasty(begin.into()));
    let mut records: Vec<_> = (0..120).map(record).collect();
    for record in &mut records {
        record.creation_time = Some(Timestamp::saturating_from_secs(begin - 998));
    }
    // Reads the clock once.
    assert!(store.accept_batch(&records).iter().flatten().all(|accepted| accepted.retained));
    let walk = store.walk_invocations(&DescribeInvocations::new("cn-a")).expect("no fault");
    assert_eq!(walk.count(), 120);
    let results = DescribeInvocationResults::new("cn-a");
    assert_eq!(store.walk_invocation_results(&results).expect("no fault").count(), 120);
    assert_eq!(store.len(), 0, "they have expired now");
}

#[test]
fn a_fork_has_no_subscriptions_and_a_clock_of_its_own() {
    let clock = ManualClock::new(now());
    let config = Config { id: 7, output_budget: Some(10), ..Config::default() };
    let mut store = Store::new(config, clock.clone());
    for number in 1..=2 {
        assert!(store.accept(&record(number)).expect("no fault").retained);
    }
    let events = store.subscribe(10);
    let mut fork = store.fork(clock.clone());
    fork.stop("t-0001", &[]).expect("it is there");
    assert!(events.try_next().is_none() && !events.is_closed());
    drop(fork);
    assert!(!events.is_closed(), "the subscription is the first store's");
    store.stop("t-0002", &[]).expect("it is there");
    assert_eq!(events.try_next().expect("it was stopped").invoke_id, "t-0002");

    // A clock behind the last write does not take the time of the copy back.
    assert_eq!(store.fork(Timestamp::MIN).now(), now());
    let later = now().saturating_add_secs(60);
    assert_eq!((store.fork(later).now(), store.now()), (later, now()));
    assert_eq!(store.fork(later).config(), store.config());
    let mut fork = store.fork(later);
    assert_eq!(fork.accept(&record(3)).expect("no fault").acceptance_number, 3);
    assert_eq!(store.accept(&record(4)).expect("no fault").acceptance_number, 3);
}

/// The outputs of both stores count for their own budgets.
#[test]
fn a_fork_keeps_the_output_budget() {
    let config = Config { output_budget: Some(10), ..Config::default() };
    let mut store = Store::new(config, now());
    for number in 1..=2 {
        let mut record = record(number);
        record.instances[0].output = b"12345".to_vec();
        record.instances[0].invocation_status = InvocationStatus::Running;
        assert!(store.accept(&record).expect("no fault").retained);
    }
    let mut fork = store.fork(now());
    let more = RunUpdate::more_output(*b"6");
    fork.update_run("t-0002", "i-1", &more).expect("it is running");
    let output = |store: &Store, id: &str| {
        let run = store.get(id).expect("it is there").instances().next().expect("it has a run");
        String::from_utf8_lossy(run.output()).into_owned()
    };
    assert_eq!([output(&fork, "t-0001"), output(&fork, "t-0002")], ["", "123456"]);
    assert_eq!([output(&store, "t-0001"), output(&store, "t-0002")], ["12345", "12345"]);
    fork.internal_validate().expect("it is sound");
    store.internal_validate().expect("it is sound");
}

#[test]
fn a_store_with_another_id_refuses_the_tokens_of_before() {
    let mut store = Store::new(Config { id: 1, ..Config::default() }, now());
    for number in 1..=2 {
        assert!(store.accept(&record(number)).expect("no fault").retained);
    }
    let first = DescribeInvocations::new("cn-a").max_results(1);
    let page = store.describe_invocations(&first).expect("no fault");
    let next = first.next_token(page.next_token().expect("a second row follows"));
    for (id, accepted) in [(1, true), (2, false), (0, false), (u64::MAX, false), (1, true)] {
        store.set_id(id);
        assert_eq!(store.config().id, id);
        assert_eq!(store.describe_invocations(&next).is_ok(), accepted, "id {id}");
        // The id goes with the archive.
        let mut archive = Vec::new();
        store.save(&mut archive).expect("memory takes every write");
        let restored = Store::restore(Config::default(), now(), &archive[..]);
        let restored = restored.expect("it was just saved").store;
        assert_eq!(restored.describe_invocations(&next).is_ok(), accepted, "id {id}");
    }
}

#[test]
fn a_request_is_checked_without_a_store() {
    let config =
        Config { regions: Regions::only(["cn-a"]).without_api(["cn-b"]), ..Config::default() };
    let store = Store::new(config.clone(), now());
    for (pairs, code) in [
        (&[("RegionId", "cn-a"), ("Tag.1.Key", "k")][..], None),
        (&[("Tag.1.Key", "k")], Some("MissingParameter.RegionId")),
        (&[("RegionId", "cn-c")], Some("InvalidRegionId.NotFound")),
        (&[("RegionId", "cn-b")], Some("RegionId.ApiNotSupported")),
        (&[("RegionId", "cn-a"), ("Tag.21.Key", "k")], Some("NumberExceed.Tags")),
        (&[("RegionId", "cn-a"), ("Tag.3.Value", "v")], Some("MissingParameter.TagKey")),
        (&[("RegionId", "cn-a"), ("Tag.3.Key", "")], Some("InvalidTagKey.Malformed")),
        (&[("RegionId", "cn-a"), ("MaxResults", "ten")], Some("InvalidParameter.MaxResults")),
    ] {
        let request = DescribeInvocations::from_pairs(pairs);
        let checked = request.check(&config);
        assert_eq!(checked.as_ref().err().map(|error| error.code()), code);
        assert_eq!(store.describe_invocations(&request).err(), checked.err());
        let request = DescribeInvocationResults::from_pairs(pairs);
        let checked = request.check(&config);
        assert_eq!(checked.as_ref().err().map(|error| error.code()), code);
        assert_eq!(store.describe_invocation_results(&request).err(), checked.err());
    }
}
