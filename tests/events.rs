//! Events: every status change of a run, in order, for fast and slow subscribers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use invodex::{
    Config, EventData, InstanceRun, Invocation, InvocationStatus, ManualClock, RepeatMode,
    RunUpdate, Store, Subscription, Timestamp,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn store() -> (Store, ManualClock) {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000).expect("in range"));
    (Store::new(Config::default(), clock.clone()), clock)
}

fn accept(store: &mut Store, invoke_id: &str, mode: RepeatMode, instances: &[&str]) {
    let mut invocation = Invocation::new("cn-a", invoke_id, "c-1");
    invocation.command_name = "disk-report".into();
    invocation.repeat_mode = mode;
    invocation.instances = instances.iter().map(|&id| InstanceRun::new(id)).collect();
    assert!(store.accept(&invocation).expect("a record without a fault").retained);
}

/// Invoke id, instance id and status of all events in the queue.
fn drain(events: &Subscription) -> Vec<(String, String, InvocationStatus)> {
    std::iter::from_fn(|| events.try_next())
        .map(|event| (event.invoke_id, event.instance_id, event.invocation_status))
        .collect()
}

fn of(events: &[(&str, &str, InvocationStatus)]) -> Vec<(String, String, InvocationStatus)> {
    events.iter().map(|&(id, instance, status)| (id.into(), instance.into(), status)).collect()
}

/// The data as it serialises, which is also what it writes.
fn data(data: EventData<'_>) -> Value {
    let mut written = b"data: ".to_vec();
    data.write_json(&mut written);
    let serialised = serde_json::to_string(&data).expect("it is plain data");
    assert_eq!(String::from_utf8(written), Ok(format!("data: {serialised}")));
    serde_json::from_str(&serialised).expect("it is JSON")
}

#[test]
fn updates_and_stops_send_events_and_nothing_else_does() {
    use InvocationStatus as S;
    let (mut store, clock) = store();
    let events = store.subscribe(100);
    accept(&mut store, "t-1", RepeatMode::Once, &["i-1", "i-2", "i-3"]);
    accept(&mut store, "t-2", RepeatMode::Period, &["i-1"]);
    assert_eq!(drain(&events), []);

    store.update_run("t-1", "i-1", &RunUpdate::started()).unwrap();
    store.update_run("t-1", "i-1", &RunUpdate::more_output(*b"x")).unwrap();
    store.update_run("t-1", "i-1", &RunUpdate::started()).unwrap();
    assert!(store.update_run("t-1", "i-1", &RunUpdate::cancelled()).is_err());
    assert_eq!(drain(&events), of(&[("t-1", "i-1", S::Running)]));

    assert_eq!(store.stop("t-1", &[]), Ok(3));
    assert_eq!(store.stop("t-1", &["i-1"]), Ok(0));
    let stopped =
        [("t-1", "i-1", S::Stopping), ("t-1", "i-2", S::Cancelled), ("t-1", "i-3", S::Cancelled)];
    assert_eq!(drain(&events), of(&stopped));

    store.update_run("t-2", "i-1", &RunUpdate::scheduled()).unwrap();
    store.update_run("t-2", "i-1", &RunUpdate::started()).unwrap();
    store.update_run("t-2", "i-1", &RunUpdate::finished(3).rescheduled()).unwrap();
    let executed = [S::Scheduled, S::Running, S::Failed, S::Scheduled];
    assert_eq!(drain(&events), of(&executed.map(|status| ("t-2", "i-1", status))));

    store.delete("t-1").unwrap();
    clock.advance(29 * 86_400);
    accept(&mut store, "t-3", RepeatMode::Once, &["i-1"]);
    store.clear();
    assert_eq!(drain(&events), []);
    assert_eq!(events.missed(), 0);
}

#[test]
fn the_data_of_event_bridge_is_the_documented_one() {
    let (mut store, _) = store();
    accept(&mut store, "t-1", RepeatMode::Once, &["i-1"]);
    let events = store.subscribe(1);
    store.update_run("t-1", "i-1", &RunUpdate::started()).unwrap();
    let started = data(events.try_next().unwrap().event_bridge());
    let mut expected = json!({
        "commandId": "c-1", "commandName": "disk-report", "exitCode": "", "finishTime": "",
        "instanceId": "i-1", "invocationStatus": "Running", "invokeId": "t-1",
        "repeatMode": "Once", "repeats": "1", "startTime": "2023-11-14T22:13:20Z",
        "errorCode": "", "errorDesc": "",
    });
    assert_eq!(started, expected);
    store.update_run("t-1", "i-1", &RunUpdate::finished(7)).unwrap();
    let finished = events.try_next().unwrap();
    assert!(finished.is_task_event());
    let changes = [
        ("exitCode", "7"),
        ("finishTime", "2023-11-14T22:13:20Z"),
        ("invocationStatus", "Failed"),
        ("errorCode", "ExitCodeNonzero"),
        ("errorDesc", "the command execution exit code is not zero."),
    ];
    for (name, value) in changes {
        expected[name] = value.into();
    }
    assert_eq!(data(finished.event_bridge()), expected);
}

/// An event that Cloud Monitor delivered in 2025, with its ids masked.
const CAPTURED: &str = include_str!("data/captured/cloud-monitor-task-event.json");

#[test]
fn the_data_of_cloud_monitor_is_the_captured_one() {
    let captured: Value = serde_json::from_str(CAPTURED).unwrap();
    let content = &captured["content"];
    let text = |name: &str| content[name].as_str().unwrap();
    let number = |name: &str| content[name].as_u64().unwrap();
    let time = |name: &str| text(name).parse::<Timestamp>().unwrap();

    let mut store = Store::new(Config::default(), time("startTime"));
    let mut invocation = Invocation::new("cn-a", text("invokeId"), text("commandId"));
    invocation.command_name = text("commandName").into();
    invocation.instances.push(InstanceRun::new(text("instanceId")));
    assert!(store.accept(&invocation).unwrap().retained);
    let events = store.subscribe(2);
    let mut update = |update: RunUpdate, at: &str| {
        store.update_run(text("invokeId"), text("instanceId"), &update.at(time(at))).unwrap();
        events.try_next().unwrap()
    };
    update(RunUpdate::started(), "startTime");
    let finished = update(RunUpdate::finished(0), "finishTime");
    assert!(finished.is_task_event());
    let finished = finished.cloud_monitor(number("playerUid"), number("ownerId"));
    assert_eq!(&data(finished), content);
    // With the same order of fields. No value has a blank.
    let mut written = Vec::new();
    finished.write_json(&mut written);
    let compact: String = CAPTURED.split_whitespace().collect();
    assert_eq!(format!(r#"{{"content":{}}}"#, String::from_utf8(written).unwrap()), compact);
}

#[test]
fn the_data_of_cloud_monitor_has_an_exit_code_and_an_error_only_if_there_is_one() {
    let (mut store, _) = store();
    accept(&mut store, "t-1", RepeatMode::Once, &["i-1", "i-2", "i-3"]);
    let events = store.subscribe(1);
    let mut update = |instance_id: &str, update: RunUpdate| {
        store.update_run("t-1", instance_id, &update).unwrap();
        data(events.try_next().unwrap().cloud_monitor(u64::MAX, 0))
    };
    let mut expected = json!({
        "commandId": "c-1", "commandName": "disk-report", "finishTime": "", "instanceId": "i-1",
        "invocationStatus": "Running", "invokeId": "t-1", "ownerId": 0, "playerUid": u64::MAX,
        "repeatMode": "Once", "repeats": 1, "startTime": "2023-11-14T22:13:20Z",
    });
    assert_eq!(update("i-1", RunUpdate::started()), expected);
    let changes = [
        ("exitCode", json!(-7)),
        ("finishTime", json!("2023-11-14T22:13:20Z")),
        ("invocationStatus", json!("Failed")),
        ("errorCode", json!("ExitCodeNonzero")),
        ("errorDesc", json!("the command execution exit code is not zero.")),
    ];
    for (name, value) in changes {
        expected[name] = value;
    }
    assert_eq!(update("i-1", RunUpdate::finished(-7)), expected);
    // One of the two texts is an error: then both are there.
    for (instance_id, code, desc) in [("i-2", "ClientNotRunning", ""), ("i-3", "", "no agent")] {
        let aborted = update(instance_id, RunUpdate::failed(InvocationStatus::Aborted, code, desc));
        assert_eq!((&aborted["errorCode"], &aborted["errorDesc"]), (&json!(code), &json!(desc)));
        assert_eq!((aborted.get("exitCode"), &aborted["startTime"]), (None, &json!("")));
    }
}

#[test]
fn the_service_sends_a_task_event_for_seven_statuses() {
    use InvocationStatus as S;
    let sent =
        [S::Aborted, S::Success, S::Failed, S::Invalid, S::Timeout, S::Cancelled, S::Terminated];
    let (mut store, _) = store();
    accept(&mut store, "t-1", RepeatMode::Once, &["i-1"]);
    let events = store.subscribe(1);
    store.stop("t-1", &[]).unwrap();
    let mut event = events.try_next().unwrap();
    for &status in S::ALL {
        event.invocation_status = status;
        assert_eq!(event.is_task_event(), sent.contains(&status), "{status}");
    }
}

#[test]
fn a_waiting_subscriber_is_woken() {
    let (mut store, _) = store();
    accept(&mut store, "t-1", RepeatMode::Once, &["i-1"]);
    let events = store.subscribe(4);
    assert_eq!(events.next_timeout(Duration::ZERO), None);
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    events.on_event(move || {
        count.fetch_add(1, Ordering::SeqCst);
        panic!("a subscriber fails");
    });
    let waiter = std::thread::spawn(move || {
        let first = events.next_timeout(Duration::from_secs(60));
        let after = events.next_timeout(Duration::MAX);
        (first.map(|event| event.invocation_status), after, events.is_closed())
    });
    store.stop("t-1", &[]).expect("the write stands though the subscriber panics");
    drop(store);
    let (first, after, closed) = waiter.join().unwrap();
    assert_eq!((first, after, closed), (Some(InvocationStatus::Cancelled), None, true));
    assert_eq!(woken.load(Ordering::SeqCst), 2, "for the event, and for the end");
}

/// Between two executions a run shows the last one. The event of its stop shows it too.
#[test]
fn a_stop_between_two_executions_tells_of_the_last_one() {
    let (mut store, clock) = store();
    accept(&mut store, "t-1", RepeatMode::Period, &["i-1"]);
    let events = store.subscribe(10);
    store.update_run("t-1", "i-1", &RunUpdate::started()).expect("it can start");
    clock.advance(5);
    let end = RunUpdate::finished(3).rescheduled();
    store.update_run("t-1", "i-1", &end).expect("it can end");
    clock.advance(5);
    store.stop("t-1", &[]).expect("it can be stopped");
    let all: Vec<_> = std::iter::from_fn(|| events.try_next()).collect();
    let statuses: Vec<_> = all.iter().map(|event| event.invocation_status.as_str()).collect();
    assert_eq!(statuses, ["Running", "Failed", "Scheduled", "Cancelled"]);
    let last = all.last().expect("it was stopped");
    let start = Timestamp::from_secs(1_700_000_000).expect("in range");
    let shown = (last.start_time, last.finish_time, last.exit_code, last.repeats);
    assert_eq!(shown, (Some(start), Some(start.saturating_add_secs(5)), Some(3), 1));
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("it goes with a panic");
    }
}

#[test]
fn no_panic_of_a_subscriber_comes_into_a_write() {
    use InvocationStatus as S;
    type Waker = Box<dyn Fn() + Send + Sync>;
    let wakers: [fn(Arc<Subscription>) -> Waker; 2] = [
        // Panics with a value that panics when it is dropped.
        |_| Box::new(|| std::panic::panic_any(Bomb)),
        // Replaces itself by another callback, so it is dropped during the write, and panics.
        |events| {
            let bomb = Bomb;
            Box::new(move || {
                let _ = &bomb;
                events.on_event(|| {});
            })
        },
    ];
    for waker in wakers {
        let (mut store, _) = store();
        accept(&mut store, "t-1", RepeatMode::Once, &["i-1", "i-2"]);
        let events = Arc::new(store.subscribe(4));
        events.on_event(waker(Arc::clone(&events)));
        assert_eq!(store.stop("t-1", &[]), Ok(2));
        let cancelled = of(&[("t-1", "i-1", S::Cancelled), ("t-1", "i-2", S::Cancelled)]);
        assert_eq!(drain(&events), cancelled);
        let record = store.get("t-1").expect("it is there");
        assert!(record.instances().all(|run| run.invocation_status() == S::Cancelled));
        store.internal_validate().expect("it is sound");
    }
}

#[test]
fn a_subscription_without_room_counts_and_is_woken_for_the_end_alone() {
    let (mut store, _) = store();
    accept(&mut store, "t-1", RepeatMode::Once, &["i-1", "i-2"]);
    let events = store.subscribe(0);
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    events.on_event(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    store.stop("t-1", &[]).expect("it can be stopped");
    assert_eq!((events.missed(), events.try_next()), (2, None));
    assert_eq!(woken.load(Ordering::SeqCst), 0, "nothing is queued");
    drop(store);
    assert_eq!(woken.load(Ordering::SeqCst), 1);
}

#[test]
fn a_waker_that_is_replaced_may_use_the_subscription_as_it_goes() {
    struct Last(Arc<Subscription>, Arc<AtomicUsize>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.1.store(1 + self.0.missed() as usize, Ordering::SeqCst);
        }
    }
    let (mut store, _) = store();
    let events = Arc::new(store.subscribe(1));
    let gone = Arc::new(AtomicUsize::new(0));
    let last = Last(Arc::clone(&events), Arc::clone(&gone));
    events.on_event(move || assert_eq!(last.0.missed(), 0));
    events.on_event(|| {});
    assert_eq!(gone.load(Ordering::SeqCst), 1);
}

#[test]
fn a_subscriber_that_is_gone_costs_nothing() {
    let (mut store, _) = store();
    accept(&mut store, "t-1", RepeatMode::Once, &["i-1", "i-2"]);
    let (gone, stays) = (store.subscribe(1), store.subscribe(1));
    drop(gone);
    store.stop("t-1", &["i-1"]).unwrap();
    assert_eq!(drain(&stays).len(), 1);
    let none = store.subscribe(0);
    store.stop("t-1", &["i-2"]).unwrap();
    assert_eq!((none.try_next(), none.missed()), (None, 1));
    assert_eq!(drain(&stays).len(), 1, "also after others have come and gone");
}

#[test]
fn many_subscribers_are_all_told() {
    let (mut store, _) = store();
    accept(&mut store, "t-1", RepeatMode::Once, &["i-1"]);
    let mut all: Vec<_> = (0..100).map(|_| store.subscribe(1)).collect();
    // Drops every third subscriber and adds as many.
    let mut at = 0;
    all.retain(|_| {
        at += 1;
        at % 3 != 0
    });
    all.extend((0..100).map(|_| store.subscribe(1)));
    store.stop("t-1", &[]).expect("it can be stopped");
    let cancelled = of(&[("t-1", "i-1", InvocationStatus::Cancelled)]);
    assert!(all.iter().all(|events| drain(events) == cancelled));
    assert_eq!(all.len(), 167);
}

#[test]
fn whoever_asks_late_to_be_woken_is_woken_at_once_if_there_is_something() {
    let (mut store, _) = store();
    accept(&mut store, "t-1", RepeatMode::Once, &["i-1"]);
    let events = store.subscribe(4);
    let woken = || {
        let woken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&woken);
        events.on_event(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        woken.load(Ordering::SeqCst)
    };
    assert_eq!(woken(), 0, "nothing has happened");
    store.stop("t-1", &[]).unwrap();
    assert_eq!(woken(), 1, "an event is in the queue");
    assert_eq!(drain(&events).len(), 1);
    assert_eq!(woken(), 0, "the queue is empty again");
    drop(store);
    assert_eq!(woken(), 1, "the store is gone");
}

/// A status change.
fn update() -> impl Strategy<Value = RunUpdate> {
    (0..InvocationStatus::ALL.len(), any::<bool>(), any::<bool>()).prop_map(
        |(status, moves, reschedule)| RunUpdate {
            invocation_status: moves.then(|| InvocationStatus::ALL[status]),
            reschedule,
            ..RunUpdate::default()
        },
    )
}

proptest! {
    /// A fast subscriber gets every change; a slow one the newest, and the count of the others.
    #[test]
    fn fast_and_slow_subscribers(
        updates in prop::collection::vec((0..3_usize, 0..2_usize, update()), 1..60),
        capacity in 1..8_usize,
    ) {
        let (mut store, _) = store();
        for (at, mode) in [RepeatMode::Once, RepeatMode::Period, RepeatMode::EveryReboot]
            .into_iter()
            .enumerate()
        {
            accept(&mut store, &format!("t-{at}"), mode, &["i-0", "i-1"]);
        }
        let fast = store.subscribe(1_000);
        let slow = store.subscribe(capacity);
        let status_of = |store: &Store, id: &str, instance: usize| {
            let view = store.get(id).expect("it is there");
            view.instances().nth(instance).expect("it has two").invocation_status()
        };
        let mut expected = Vec::new();
        for (record, instance, update) in updates {
            let (id, on) = (format!("t-{record}"), format!("i-{instance}"));
            let before = status_of(&store, &id, instance);
            if store.update_run(&id, &on, &update).is_err() {
                continue;
            }
            let after = status_of(&store, &id, instance);
            if update.reschedule {
                let result = update.invocation_status.expect("only with a result");
                expected.push((id.clone(), on.clone(), result));
                expected.push((id, on, InvocationStatus::Scheduled));
            } else if before != after {
                expected.push((id, on, after));
            }
        }
        prop_assert_eq!(&drain(&fast), &expected);
        let missed = expected.len().saturating_sub(capacity);
        prop_assert_eq!(slow.missed(), missed as u64);
        prop_assert_eq!(&drain(&slow), &expected[missed..]);
    }
}
