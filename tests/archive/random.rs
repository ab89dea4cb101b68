//! Random stores that are saved and restored between writes.

use invodex::{
    CommandType, Config, InstanceRun, Invocation, InvocationStatus, ManualClock, RepeatMode,
    RunUpdate, Store, Tag, Timestamp,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::SMALL;
use super::answers::{answers, archive, assert_survives, restore};
use super::sample::begin;

#[derive(Clone, Debug)]
enum Op {
    Accept(Box<Invocation>),
    Update(usize, usize, Box<RunUpdate>),
    Stop(usize),
    Delete(usize),
    Advance(u32),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        3 => select(vec!["a", "b\"\\", "\u{6587}", "\u{0}\n"]).prop_map(str::to_owned),
        1 => "[a-z]{1,40}",
    ]
}

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    let near = (-300_i64..300).prop_map(|secs| begin().saturating_add_secs(secs));
    prop_oneof![
        2 => Just(None),
        4 => near.prop_map(Some),
        1 => select(vec![Timestamp::MIN, Timestamp::MAX]).prop_map(Some),
    ]
}

fn exit_code() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        Just(None),
        Just(Some(0)),
        any::<u8>().prop_map(|code| Some(code.into())),
        any::<i64>().prop_map(Some),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => Just(Vec::new()),
        2 => proptest::collection::vec(any::<u8>(), 1..40),
        1 => (24_570_usize..24_580).prop_map(|length| vec![b'x'; length]),
    ]
}

fn run() -> impl Strategy<Value = InstanceRun> {
    let times = (time(), time(), time(), time(), time());
    let numbers = (any::<u32>(), exit_code(), any::<u64>());
    let small = prop_oneof![4 => Just(true), 1 => Just(false)];
    let status = select(InvocationStatus::ALL);
    (status, times, numbers, small, bytes(), (text(), text(), text())).prop_map(
        |(status, times, (repeats, exit_code, dropped), small, output, texts)| {
            let mut run = InstanceRun::new("");
            run.invocation_status = status;
            (run.creation_time, run.update_time, run.start_time, run.finish_time, run.stop_time) =
                times;
            run.repeats = if small { repeats % 4 } else { repeats };
            run.exit_code = exit_code;
            run.dropped = if small { 0 } else { dropped };
            run.output = output;
            (run.error_code, run.oss_output_uri, run.oss_output_error_info) = texts;
            run
        },
    )
}

fn record() -> impl Strategy<Value = Invocation> {
    let instances = subsequence((0..6).collect::<Vec<_>>(), 1..=5).prop_shuffle();
    let runs = instances.prop_flat_map(|instances| {
        let length = instances.len();
        (Just(instances), proptest::collection::vec(run(), length))
    });
    let names = (0..40_u32, 0..3_u32, 0..2_u32);
    let kind =
        (select(CommandType::ALL), select(RepeatMode::ALL), prop::option::of(1..=86_400_u32));
    let tags = subsequence(vec!["env", "app", "\u{952e}", "k"], 0..=4).prop_shuffle();
    (names, time(), kind, tags, runs, (text(), text(), bytes())).prop_map(
        |((id, command, region), time, kind, tags, (instances, runs), (name, text, content))| {
            let region = ["cn-hangzhou", "cn-beijing"][region as usize];
            let mut record = Invocation::new(region, format!("t-{id}"), format!("c-{command}"));
            record.creation_time = time.filter(|&time| time != Timestamp::MIN);
            (record.command_type, record.repeat_mode, record.timeout) = kind;
            record.command_name = name;
            record.parameters = text.clone();
            record.command_content = content.into_iter().take(100).collect();
            record.tags = tags.into_iter().map(|key| Tag::new(key, text.clone())).collect();
            record.instances = runs;
            for (run, instance) in record.instances.iter_mut().zip(instances) {
                run.instance_id = format!("i-{instance}");
            }
            record
        },
    )
}

fn update() -> impl Strategy<Value = RunUpdate> {
    let moves = prop_oneof![
        Just(RunUpdate::started()),
        Just(RunUpdate::scheduled()),
        any::<i64>().prop_map(RunUpdate::finished),
        any::<i64>().prop_map(|code| RunUpdate::finished(code).rescheduled()),
        Just(RunUpdate::timed_out()),
        Just(RunUpdate::stop_requested()),
        Just(RunUpdate::default()),
    ];
    (moves, bytes(), any::<bool>()).prop_map(|(update, output, has_output)| {
        if has_output { update.output(output) } else { update }
    })
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => record().prop_map(|record| Op::Accept(Box::new(record))),
        6 => (any::<usize>(), any::<usize>(), update())
            .prop_map(|(record, run, update)| Op::Update(record, run, Box::new(update))),
        1 => any::<usize>().prop_map(Op::Stop),
        1 => any::<usize>().prop_map(Op::Delete),
        1 => (0..30_u32).prop_map(Op::Advance),
    ];
    proptest::collection::vec(op, 0..60)
}

/// Makes the write if it is possible, and returns its outcome.
fn apply(store: &mut Store, clock: &ManualClock, op: &Op) -> String {
    let nth = |store: &Store, number: usize| {
        let place = number.checked_rem(store.len())?;
        store.iter().nth(place).map(|view| view.to_invocation())
    };
    match op {
        Op::Accept(record) => format!("{:?}", store.accept(record)),
        Op::Update(record, run, update) => {
            let Some(record) = nth(store, *record) else { return String::new() };
            let run = &record.instances[run % record.instances.len()];
            format!("{:?}", store.update_run(&record.invoke_id, &run.instance_id, update))
        }
        Op::Stop(record) => {
            let Some(record) = nth(store, *record) else { return String::new() };
            format!("{:?}", store.stop(&record.invoke_id, &[]))
        }
        Op::Delete(record) => {
            let Some(record) = nth(store, *record) else { return String::new() };
            format!("{:?}", store.delete(&record.invoke_id))
        }
        Op::Advance(seconds) => {
            clock.advance(*seconds);
            String::new()
        }
    }
}

/// The statistics that a fork takes over, and later writes count on.
fn numbers(store: &Store) -> [u64; 5] {
    let numbers = store.statistics();
    [
        numbers.evicted,
        numbers.expired,
        numbers.not_retained,
        numbers.history_dropped,
        numbers.output_bytes_dropped,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_store_survives_and_goes_on(
        first in ops(),
        then in ops(),
        id in any::<u64>(),
        capacity in prop_oneof![Just(100_usize), 1..20_usize],
        retention_seconds in prop_oneof![Just(None), (50..400_u32).prop_map(Some)],
        history_limit in 0..4_usize,
        smaller in 0..10_usize,
    ) {
        let clock = ManualClock::new(begin());
        let config = Config {
            id,
            capacity,
            retention_seconds,
            history_limit,
            tuning: SMALL,
            ..Config::default()
        };
        let mut store = Store::new(config.clone(), clock.clone());
        for op in &first {
            apply(&mut store, &clock, op);
        }
        assert_survives(&store);

        let less = Config { capacity: smaller, ..config.clone() };
        let limited = restore(&less, store.now(), &archive(&store)).expect("it was just saved");
        prop_assert_eq!(limited.len(), store.len().min(smaller));

        let bytes = archive(&store);
        let other_clock = ManualClock::new(invodex::Clock::now(&clock));
        let mut restored = Store::restore(config, other_clock.clone(), &bytes[..])
            .expect("it was just saved")
            .store;
        let fork_clock = ManualClock::new(invodex::Clock::now(&clock));
        let mut fork = store.fork(fork_clock.clone());
        let still = store.fork(invodex::Clock::now(&clock));
        for op in &then {
            let expected = apply(&mut store, &clock, op);
            prop_assert_eq!(&apply(&mut restored, &other_clock, op), &expected);
            prop_assert_eq!(apply(&mut fork, &fork_clock, op), expected);
            restored.internal_validate().expect("it is sound");
            fork.internal_validate().expect("it is sound");
        }
        for other in [&restored, &fork] {
            prop_assert_eq!(answers(other), answers(&store));
            prop_assert!(archive(other) == archive(&store));
        }
        prop_assert_eq!(numbers(&fork), numbers(&store), "a fork keeps the counts");
        still.internal_validate().expect("it is sound");
        prop_assert!(archive(&still) == bytes, "a write to one is none to the other");
    }
}
