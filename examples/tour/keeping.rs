//! The tasks of a front end beside queries: stopping, saving and restoring, events, and several
//! threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use invodex::{
    Config, DescribeInvocations, InstanceRun, Invocation, InvocationStatus, InvokeStatus,
    ManualClock, RepeatMode, RunUpdate, SharedStore, Store, Timestamp,
};

use crate::dataset::{Dataset, Options};

const REGION: &str = "cn-hangzhou";

/// Runs the three parts. Returns false if a promise is broken.
pub(crate) fn run(options: Options) -> bool {
    println!("\nKeeping a store: {} seeded records (seed {})", options.count, options.seed);
    let dataset = Dataset::new(options);
    let clock = dataset.clock();
    let mut store = Store::new(dataset.config(), clock.clone());
    assert_eq!(dataset.fill(&mut store), options.count, "every record is held");
    let good = stop_and_restore(&mut store, &clock);
    let good = slow_subscriber(&mut store) & good;
    readers_beside_a_writer(store, options.now) & good
}

/// The InvokeIds of a page and the token behind it.
fn page(store: &Store, request: &DescribeInvocations) -> (Vec<String>, Option<String>) {
    let page = store.describe_invocations(request).expect("the request has no fault");
    let ids = page.invocations().map(|row| row.invoke_id().to_owned()).collect();
    (ids, page.next_token().map(|token| token.to_string()))
}

fn stop_and_restore(store: &mut Store, clock: &ManualClock) -> bool {
    // One-time tasks: a recurring one whose runs have ended reports Running until it is stopped.
    let running = DescribeInvocations::new(REGION)
        .invoke_status(InvokeStatus::Running)
        .repeat_mode(RepeatMode::Once)
        .max_results(50);
    let live = page(store, &running).0;
    let mut changed = 0;
    for id in &live {
        changed += store.stop(id, &[]).expect("it was just listed");
    }
    let still = page(store, &running).0;
    let stopped = live.iter().all(|id| !still.contains(id));
    println!(
        "  stop       {} running records, {changed} runs changed, none still runs",
        live.len()
    );

    let request = DescribeInvocations::new(REGION).max_results(50);
    let token = page(store, &request).1.unwrap_or_default();
    let begin = Instant::now();
    let mut archive = Vec::new();
    store.save(&mut archive).expect("memory takes every write");
    let saved = begin.elapsed();
    let begin = Instant::now();
    let restored = Store::restore(Config::default(), clock.clone(), &archive[..]);
    let restored = restored.expect("it was just saved");
    assert!(restored.is_whole(), "the same limits leave nothing out");
    let restored = restored.store;
    println!(
        "  archive    {} records, {:.1} MB; saved in {} ms, restored in {} ms",
        restored.len(),
        archive.len() as f64 / 1e6,
        saved.as_millis(),
        begin.elapsed().as_millis(),
    );

    // The token is from before the archive was saved; the walk continues in the restored store.
    let (mut next, mut pages, mut same) = (Some(token), 0, true);
    while let Some(token) = next {
        let request = request.clone().next_token(token);
        let after = page(&restored, &request);
        same &= after == page(store, &request);
        next = after.1;
        pages += 1;
    }
    println!("  walk       {pages} pages from a token taken before, all as in the store itself");
    if !(stopped && same) {
        println!("  BROKEN     a stopped record runs, or the restored store answers otherwise");
    }
    stopped && same
}

fn slow_subscriber(store: &mut Store) -> bool {
    const ROOM: usize = 100;
    let (fast, slow) = (store.subscribe(usize::MAX), store.subscribe(ROOM));
    let pending: Vec<(String, String)> = store
        .iter()
        .flat_map(|row| row.instances().map(move |run| (row.invoke_id(), run)))
        .filter(|(_, run)| run.invocation_status() == InvocationStatus::Pending)
        .map(|(id, run)| (id.to_owned(), run.instance_id().to_owned()))
        .take(500)
        .collect();
    for (invoke_id, instance_id) in &pending {
        let moves = [RunUpdate::started(), RunUpdate::finished(0)];
        for update in &moves {
            store.update_run(invoke_id, instance_id, update).expect("it is Pending");
        }
    }
    let all: Vec<_> = std::iter::from_fn(|| fast.try_next()).collect();
    let last: Vec<_> = std::iter::from_fn(|| slow.try_next()).collect();
    let missed = slow.missed() as usize;
    println!(
        "  events     {} sent; a slow subscriber with room for {ROOM} got {} and missed {missed}",
        all.len(),
        last.len(),
    );
    let good = all.len() >= 2 * pending.len()
        && last[..] == all[all.len() - last.len()..]
        && missed + last.len() == all.len();
    if !good {
        println!("  BROKEN     events were lost or out of order");
    }
    good
}

/// The writer accepts record after record; each answer must show the newest that was accepted
/// when it was asked for, or a later one, and its neighbours without a gap.
fn readers_beside_a_writer(store: Store, now: Timestamp) -> bool {
    const WRITES: usize = 20_000;
    let first = store.len();
    let shared = SharedStore::from(store);
    let done = AtomicBool::new(false);
    let number = |id: &str| id.strip_prefix("t-new-").and_then(|n| n.parse::<usize>().ok());
    let (mut reads, mut good) = (0_usize, true);
    std::thread::scope(|scope| {
        let writer = shared.clone();
        let done = &done;
        scope.spawn(move || {
            for at in 0..WRITES {
                let mut record = Invocation::new(REGION, format!("t-new-{at}"), "c-new");
                record.creation_time = Some(now);
                record.instances.push(InstanceRun::new("i-new"));
                assert!(writer.accept(&record).expect("a record without a fault").retained);
            }
            done.store(true, Ordering::Release);
        });
        let request = DescribeInvocations::new(REGION).timed(false).max_results(50);
        let mut newest = 0;
        while !done.load(Ordering::Acquire) || reads == 0 {
            let numbers: Vec<_> = shared.read(|store| {
                let page = store.describe_invocations(&request).expect("no fault");
                page.invocations().map_while(|row| number(row.invoke_id())).collect()
            });
            good &= numbers.windows(2).all(|pair| pair[0] == pair[1] + 1);
            if let Some(&seen) = numbers.first() {
                good &= seen >= newest;
                newest = seen;
            }
            reads += 1;
        }
    });
    println!("  readers    {reads} answers checked beside {WRITES} writes, each of one state");
    good &= shared.len() == first.max(Config::default().capacity.min(first + WRITES));
    if !good {
        println!("  BROKEN     an answer was of no state the writer passed through");
    }
    good
}
