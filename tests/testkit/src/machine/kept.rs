//! Sequences of operations that are kept by name: what the first seeds of the fuzz target reached, and
//! what random operations have found, shortened to what the name says. Each also says which counts
//! show that the situation came up, so that it cannot come to miss it unseen.

use invodex::{InvocationStatus as S, RepeatMode};

use super::Coverage;
use crate::model::Operation;
use crate::strategy::{
    Case, FAULTS, Forgery, Limits, Named, Op, Pairs, RecordSpec, RequestSpec, RunPick, RunSpec,
    StoreSpec, Target, UpdateSpec,
};

/// A sequence of operations with a name.
pub struct Kept {
    /// The situation.
    pub name: &'static str,
    /// The store and the operations.
    pub case: Case,
    /// Whether a run's counts show that the situation came up.
    pub reaches: fn(&Coverage) -> bool,
}

const NEWEST: Target = Target::Live(0);
const FIRST: RunPick = RunPick::Own(0);

fn record(id: u8) -> RecordSpec {
    RecordSpec { id, ..RecordSpec::default() }
}

fn at(id: u8, created: i8) -> RecordSpec {
    RecordSpec { created: Some(created), ..record(id) }
}

fn with_run(record: RecordSpec, status: S) -> RecordSpec {
    RecordSpec { runs: vec![RunSpec { status, ..RunSpec::default() }], ..record }
}

fn recurring(id: u8) -> RecordSpec {
    RecordSpec { mode: RepeatMode::Period, ..with_run(record(id), S::Scheduled) }
}

fn request(operation: Operation, pairs: &[(&str, &str)]) -> RequestSpec {
    let region = [("RegionId", "cn-a")];
    let pairs = region.iter().chain(pairs);
    let pairs = pairs.map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    RequestSpec { operation, pairs }
}

fn query(operation: Operation, pairs: &[(&str, &str)]) -> Op {
    let request = request(operation, pairs);
    Op::Query { later: 0, request, form: u8::MAX, measured: true }
}

fn walk(operation: Operation, pairs: &[(&str, &str)]) -> Op {
    Op::Walk { request: request(operation, pairs), size: 1, page_number: None }
}

fn go_on(between: Vec<Op>) -> Op {
    Op::Continue { walk: 0, size: 1, noise: Pairs::new(), form: u8::MAX, between }
}

fn to_the_end(between: Vec<Op>) -> Op {
    Op::Drain { walk: 0, size: 1, between }
}

fn update(target: Target, status: Option<S>, named: Vec<Named>) -> Op {
    let update = UpdateSpec { status, named, ..UpdateSpec::default() };
    Op::Update { target, run: FIRST, update }
}

fn execute(target: Target, times: u8) -> Op {
    Op::Execute { target, run: FIRST, result: S::Success, reschedule: true, times }
}

fn forged(forgery: Forgery) -> Op {
    Op::Forged { token: 0, forgery }
}

fn store(limits: Limits) -> StoreSpec {
    StoreSpec { limits, ..StoreSpec::default() }
}

/// All kept sequences.
///
/// ```
/// use invodex_testkit::machine::{self, Coverage, kept};
///
/// for kept in kept() {
///     let mut coverage = Coverage::default();
///     machine::run(&kept.case, &mut coverage).unwrap();
///     assert!((kept.reaches)(&coverage), "{}", kept.name);
/// }
/// ```
pub fn kept() -> Vec<Kept> {
    let mut all = walks();
    all.extend(writes());
    all.extend(histories_and_outputs());
    all.extend(archives_and_events());
    all
}

fn walks() -> Vec<Kept> {
    use Operation::{DescribeInvocationResults as Results, DescribeInvocations as Invocations};
    let three = || Op::Batch(vec![at(1, -3), at(2, -2), at(3, -1)]);
    vec![
        Kept {
            name: "a walk goes on behind a record that was deleted",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![three(), walk(Invocations, &[]), go_on(vec![Op::Delete(NEWEST)])],
            },
            reaches: |counts| counts.pages_behind_nothing == 1 && counts.rows >= 2,
        },
        Kept {
            name: "a walk goes on behind records that were evicted",
            case: Case {
                store: store(Limits { capacity: 3, ..Limits::default() }),
                ops: vec![
                    three(),
                    walk(Invocations, &[]),
                    go_on(vec![Op::Batch(vec![record(4), record(5), record(6)])]),
                ],
            },
            reaches: |counts| counts.pages_behind_nothing == 1 && counts.evicted == 3,
        },
        Kept {
            name: "a walk goes on behind records that expired without a write",
            case: Case {
                store: store(Limits { retention: Some(10), ..Limits::default() }),
                ops: vec![
                    Op::Batch(vec![at(1, -3), at(2, -2), record(3)]),
                    walk(Results, &[]),
                    go_on(vec![Op::Advance(9)]),
                    query(Invocations, &[]),
                ],
            },
            reaches: |counts| counts.expired >= 2 && counts.pages == 1,
        },
        Kept {
            name: "a record is backfilled behind a walk, another one before it",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    Op::Batch(vec![at(1, -9), at(2, -5)]),
                    walk(Invocations, &[]),
                    Op::Batch(vec![at(3, -7), at(4, -1)]),
                    to_the_end(vec![Op::Advance(1)]),
                ],
            },
            reaches: |counts| counts.ended_walks == 1 && counts.pages == 2,
        },
        Kept {
            name: "records of one second come in the order of acceptance, on every page",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    Op::Batch((0..5).map(|id| at(id, -5)).collect()),
                    walk(Invocations, &[]),
                    walk(Results, &[]),
                    Op::Accept(at(9, -5)),
                    to_the_end(vec![Op::Accept(at(10, -5)), Op::Delete(Target::Live(2))]),
                    to_the_end(vec![Op::Accept(at(11, -5))]),
                ],
            },
            reaches: |counts| counts.ended_walks == 2 && counts.pages > 5,
        },
        Kept {
            name: "the pages of a walk differ in size, before and after a restore",
            case: Case {
                store: StoreSpec { id: 7, ..StoreSpec::default() },
                ops: vec![
                    Op::Batch((0..9).map(|id| at(id, -9 + id as i8)).collect()),
                    walk(Invocations, &[("Timed", "false")]),
                    walk(Invocations, &[("Timed", "true")]),
                    Op::Restore { earlier: false, limits: None },
                    to_the_end(vec![Op::Accept(record(20)), execute(NEWEST, 1)]),
                ],
            },
            reaches: |counts| counts.pages_restored > 0 && counts.pages_resized > 0,
        },
        Kept {
            name: "tags of a walk: a key alone, a pair, and twenty",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    Op::Batch(vec![
                        RecordSpec { tags: vec![(0, 0), (1, 1)], ..record(1) },
                        RecordSpec { tags: vec![(0, 1)], ..record(2) },
                        RecordSpec { tags: vec![(2, 1)], ..record(3) },
                        RecordSpec { many_tags: true, ..record(4) },
                    ]),
                    query(Invocations, &[("Tag.3.Key", "k1")]),
                    query(Invocations, &[("Tag.1.Key", "k1"), ("Tag.1.Value", "")]),
                    query(Results, &[("Tag.20.Key", "m7"), ("Tag.2.Key", "m20")]),
                    query(Invocations, &[("Tag.1.Key", "k1"), ("Tag.2.Key", "k1")]),
                    query(Invocations, &[("Tag.1.Key", "acs:k1")]),
                    query(Invocations, &[("Tag.1.Value", "v1")]),
                    walk(Invocations, &[("Tag.1.Key", "k1")]),
                    to_the_end(vec![Op::Accept(record(5))]),
                ],
            },
            reaches: |counts| {
                counts.rows >= 6
                    && ["Duplicate.TagKey", "InvalidTagKey.Malformed", "MissingParameter.TagKey"]
                        .iter()
                        .all(|code| counts.errors_of(code) > 0)
            },
        },
        Kept {
            name: "regions: with the API, without it, and unknown",
            case: Case {
                store: StoreSpec { has_regions: true, ..StoreSpec::default() },
                ops: (0..4)
                    .map(|region| Op::Accept(RecordSpec { region, ..record(region) }))
                    .chain(
                        ["cn-a", "cn-b", "cn-c", "cn-x", "CN-A", ""]
                            .map(|region| query(Invocations, &[("RegionId", region)])),
                    )
                    .collect(),
            },
            reaches: |counts| {
                counts.rows == 2
                    && ["InvalidRegionId.NotFound", "RegionId.ApiNotSupported"]
                        .iter()
                        .all(|code| counts.errors_of(code) > 0)
            },
        },
        Kept {
            name: "a token is refused once it, its request or its store is another",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    three(),
                    walk(Invocations, &[]),
                    forged(Forgery::Change { at: 0, by: 1 }),
                    forged(Forgery::Change { at: 43, by: 1 }),
                    forged(Forgery::Truncate(1)),
                    forged(Forgery::Extend("A".to_owned())),
                    forged(Forgery::More(vec![("InstanceId".to_owned(), "i-1".to_owned())])),
                    forged(Forgery::Operation),
                    forged(Forgery::Store),
                    to_the_end(vec![Op::Accept(record(4))]),
                ],
            },
            reaches: |counts| counts.errors_of("InvalidParameter.NextToken") >= 6,
        },
    ]
}

fn writes() -> Vec<Kept> {
    use Operation::{DescribeInvocationResults as Results, DescribeInvocations as Invocations};
    let beyond = (0..FAULTS).map(|fault| RecordSpec { faults: vec![fault], ..record(fault) });
    vec![
        Kept {
            name: "every field at its limit and beyond it",
            case: Case {
                store: store(Limits { capacity: 100, ..Limits::default() }),
                ops: beyond.map(Op::Accept).chain([query(Invocations, &[])]).collect(),
            },
            reaches: |counts| {
                counts.retained > 25
                    && ["Duplicate.InstanceId", "MissingParameter.CommandId"]
                        .iter()
                        .all(|code| counts.errors_of(code) > 0)
            },
        },
        Kept {
            name: "a batch that repeats an id, is refused in part and is larger than the store",
            case: Case {
                store: store(Limits { capacity: 4, ..Limits::default() }),
                ops: vec![
                    Op::Accept(at(1, -5)),
                    Op::Batch(vec![
                        at(1, -1),
                        at(2, -2),
                        at(2, -3),
                        RecordSpec { faults: vec![1], ..record(3) },
                        at(4, -9),
                        record(5),
                        record(6),
                        record(7),
                    ]),
                    Op::Accept(at(8, -60)),
                    query(Invocations, &[("PageSize", "2"), ("PageNumber", "2")]),
                ],
            },
            reaches: |counts| {
                counts.errors_of("Duplicate.InvokeId") == 2
                    && counts.not_retained >= 1
                    && counts.evicted >= 1
            },
        },
        Kept {
            name: "posting lists become bitmaps and lists again",
            case: Case {
                store: store(Limits { capacity: 150, ..Limits::default() }),
                ops: [
                    Op::Many { count: 120, seconds: 0 },
                    Op::Many { count: 60, seconds: 40 },
                    walk(Invocations, &[("CommandId", "c-1"), ("InstanceId", "i-1")]),
                    Op::Many { count: 90, seconds: 9 },
                ]
                .into_iter()
                .chain((0..40).map(|number| Op::Delete(Target::Live(number))))
                .chain([
                    query(Invocations, &[("CommandId", "c-2"), ("Timed", "false")]),
                    query(Results, &[("InvokeRecordStatus", "Running"), ("PageSize", "50")]),
                    to_the_end(vec![Op::Many { count: 9, seconds: 3 }]),
                    Op::Clear,
                    query(Invocations, &[]),
                ])
                .collect(),
            },
            reaches: |counts| counts.rows > 30 && counts.ended_walks == 1,
        },
        Kept {
            name: "the runs of a large record are stopped while a walk is among them",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    Op::Accept(RecordSpec { more_runs: 96, ..record(1) }),
                    walk(Results, &[("InvokeRecordStatus", "Running")]),
                    go_on(vec![Op::Stop { target: NEWEST, runs: vec![RunPick::Own(0); 51] }]),
                    go_on(vec![Op::Stop { target: NEWEST, runs: vec![FIRST, RunPick::Own(7)] }]),
                    Op::Stop { target: NEWEST, runs: vec![RunPick::Pool(7)] },
                    Op::Stop { target: Target::Pool(50), runs: Vec::new() },
                    to_the_end(vec![Op::Stop { target: NEWEST, runs: Vec::new() }]),
                    query(Invocations, &[("InvokeStatus", "Stopping")]),
                ],
            },
            reaches: |counts| {
                [
                    "InstanceIds.ExceedLimit",
                    "InvalidInstanceId.NotFound",
                    "InvalidInvokeId.NotFound",
                ]
                .iter()
                .all(|code| counts.errors_of(code) > 0)
            },
        },
        Kept {
            name: "an update that is refused changes nothing",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    Op::Accept(with_run(record(1), S::Success)),
                    update(NEWEST, Some(S::Running), vec![Named::ExitCode(Some(1))]),
                    update(NEWEST, None, vec![Named::Repeats(3), Named::Text(3, 4_097)]),
                    update(NEWEST, Some(S::Success), vec![Named::Text(3, 4_096)]),
                    query(Results, &[("InvokeId", "@0")]),
                ],
            },
            reaches: |counts| {
                counts.errors_of("InvalidParameter.InvocationStatus") == 1
                    && counts.errors_of("InvalidParameter.OssOutputUri") == 1
            },
        },
        Kept {
            name: "the clock goes back, the store's time does not",
            case: Case {
                store: store(Limits { retention: Some(20), ..Limits::default() }),
                ops: vec![
                    Op::Accept(at(1, -15)),
                    Op::Set(-30),
                    Op::Accept(record(2)),
                    query(Invocations, &[]),
                    Op::Set(40),
                    query(Invocations, &[]),
                    Op::Set(-40),
                    query(Invocations, &[]),
                    Op::Accept(record(3)),
                ],
            },
            reaches: |counts| counts.rows >= 3 && counts.retained == 3,
        },
    ]
}

fn histories_and_outputs() -> Vec<Kept> {
    use Operation::{DescribeInvocationResults as Results, DescribeInvocations as Invocations};
    const HISTORY: &[(&str, &str)] = &[("IncludeHistory", "true"), ("InvokeId", "@h0")];
    vec![
        Kept {
            name: "a walk over a history that grows and loses its oldest",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    Op::Accept(recurring(1)),
                    execute(NEWEST, 3),
                    walk(Results, HISTORY),
                    go_on(vec![execute(NEWEST, 1)]),
                    query(Results, HISTORY),
                    query(Results, &[("IncludeHistory", "true")]),
                    to_the_end(vec![execute(NEWEST, 2)]),
                    query(Invocations, &[("Timed", "true")]),
                ],
            },
            reaches: |counts| {
                counts.history_dropped >= 2
                    && counts.history_rows >= 2
                    && counts.errors_of("MissingParameter.InvokeId") == 1
            },
        },
        Kept {
            name: "an output that comes in pieces loses its middle, a whole one its beginning",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    Op::Accept(with_run(record(1), S::Running)),
                    update(NEWEST, None, vec![Named::Append(6_000)]),
                    update(NEWEST, None, vec![Named::Append(18_577)]),
                    update(NEWEST, None, vec![Named::Append(30_000), Named::Dropped(u64::MAX)]),
                    query(Results, &[("InvokeId", "@0")]),
                    update(NEWEST, None, vec![Named::Replace(24_577)]),
                    query(Results, &[("InvokeId", "@0"), ("ContentEncoding", "PlainText")]),
                ],
            },
            reaches: |counts| counts.middles_cut > 0 && counts.rows == 2,
        },
        Kept {
            name: "the budget of a store takes the oldest outputs",
            case: Case {
                store: store(Limits { output_budget: Some(9), ..Limits::default() }),
                ops: vec![
                    Op::Batch(vec![
                        with_run(record(1), S::Running),
                        with_run(record(2), S::Running),
                    ]),
                    update(NEWEST, None, vec![Named::Replace(8)]),
                    update(Target::Live(1), None, vec![Named::Append(8)]),
                    query(Results, &[]),
                    Op::Restore {
                        earlier: false,
                        limits: Some(Limits { output_budget: Some(3), ..Limits::default() }),
                    },
                    query(Results, &[]),
                ],
            },
            reaches: |counts| counts.output_dropped >= 8,
        },
    ]
}

fn archives_and_events() -> Vec<Kept> {
    use Operation::DescribeInvocations as Invocations;
    vec![
        Kept {
            name: "an earlier archive takes writes back, and smaller limits leave records out",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    Op::Batch((0..6).map(|id| at(id, -6)).collect()),
                    walk(Invocations, &[]),
                    Op::Save,
                    Op::Batch((6..9).map(record).collect()),
                    Op::Delete(Target::Live(8)),
                    Op::Restore {
                        earlier: true,
                        limits: Some(Limits { capacity: 4, ..Limits::default() }),
                    },
                    to_the_end(vec![Op::Accept(record(10))]),
                    Op::Accept(record(0)),
                ],
            },
            reaches: |counts| counts.taken_back == 1 && counts.left_behind == 2,
        },
        Kept {
            name: "a full queue misses the oldest events, and outlives its store",
            case: Case {
                store: StoreSpec::default(),
                ops: vec![
                    Op::Batch(vec![recurring(1), with_run(record(2), S::Running)]),
                    Op::Subscribe(2),
                    Op::Subscribe(0),
                    Op::Subscribe(u8::MAX),
                    execute(Target::Recurring(0), 2),
                    Op::Read { subscriber: 0, most: 1 },
                    Op::Stop { target: NEWEST, runs: Vec::new() },
                    Op::Restore { earlier: false, limits: None },
                    Op::Read { subscriber: 2, most: 9 },
                    Op::Unsubscribe(1),
                ],
            },
            reaches: |counts| {
                counts.missed_events > 0 && counts.events_after_the_end > 0 && counts.closed == 3
            },
        },
    ]
}
