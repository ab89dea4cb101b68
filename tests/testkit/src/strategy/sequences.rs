//! Strategies of operations, and of sequences of them.

use invodex::InvocationStatus;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::ops::{Case, Forgery, Op, RunPick, Target};
use super::records::record;
use super::requests::{RequestSpec, noise, one_more, request, walk};
use super::setup::{limits, store};
use super::updates::update;
use crate::model::Operation;

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        12 => any::<u8>().prop_map(Target::Live),
        6 => (0..3_u8).prop_map(Target::Recurring),
        1 => any::<u8>().prop_map(Target::Pool),
    ]
}

fn run() -> impl Strategy<Value = RunPick> {
    prop_oneof![
        12 => any::<u8>().prop_map(RunPick::Own),
        1 => (0..8_u8).prop_map(RunPick::Pool),
    ]
}

fn size() -> impl Strategy<Value = u8> {
    prop_oneof![8 => 1..=3_u8, 1 => Just(10), 1 => Just(50)]
}

fn execute() -> impl Strategy<Value = Op> {
    use InvocationStatus as S;
    let result = select(&[S::Success, S::Failed, S::Error, S::Timeout][..]);
    let target = prop_oneof![1 => target(), 6 => (0..3_u8).prop_map(Target::Recurring)];
    let reschedule = prop_oneof![1 => Just(false), 3 => Just(true)];
    (target, run(), result, reschedule, 1..4_u8).prop_map(
        |(target, run, result, reschedule, times)| Op::Execute {
            target,
            run,
            result,
            reschedule,
            times,
        },
    )
}

fn query() -> impl Strategy<Value = Op> {
    let later = prop_oneof![4 => Just(0_u8), 1 => 1..16_u8];
    (later, request(), 0..5_u8, any::<bool>())
        .prop_map(|(later, request, form, measured)| Op::Query { later, request, form, measured })
}

fn begin(request: impl Strategy<Value = RequestSpec>) -> impl Strategy<Value = Op> {
    let page_number = prop_oneof![4 => Just(None), 1 => (1..4_u8).prop_map(Some)];
    (request, size(), page_number).prop_map(|(request, size, page_number)| Op::Walk {
        request,
        size,
        page_number,
    })
}

/// A further page of a walk, with writes before it.
fn go_on() -> impl Strategy<Value = Op> {
    (any::<u8>(), size(), noise(), 0..5_u8, vec(write(), 1..3)).prop_map(
        |(walk, size, noise, form, between)| Op::Continue { walk, size, noise, form, between },
    )
}

fn forged() -> impl Strategy<Value = Op> {
    let texts = vec!["x".to_owned(), "A".repeat(44), "字".to_owned(), "A".repeat(70)];
    let more = select(&["A", "=", "_", " ", "AAAA"][..]).prop_map(str::to_owned);
    let forgery = prop_oneof![
        4 => (0..44_u8, 1..64_u8).prop_map(|(at, by)| Forgery::Change { at, by }),
        1 => (1..44_u8).prop_map(Forgery::Truncate),
        1 => more.prop_map(Forgery::Extend),
        1 => select(texts).prop_map(Forgery::Text),
        6 => one_more().prop_map(Forgery::More),
        2 => any::<u8>().prop_map(Forgery::Less),
        1 => Just(Forgery::Operation),
        1 => Just(Forgery::Store),
    ];
    (any::<u8>(), forgery).prop_map(|(token, forgery)| Op::Forged { token, forgery })
}

/// A write: an operation that changes the store or its clock, or is refused.
///
/// ```
/// use invodex_testkit::strategy::write;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let drawn = write().new_tree(&mut TestRunner::deterministic()).unwrap().current();
/// assert!(!["query", "walk", "continue", "drain"].contains(&drawn.kind()));
/// ```
pub fn write() -> BoxedStrategy<Op> {
    let updates = (target(), run(), update()).prop_map(|(target, run, update)| Op::Update {
        target,
        run,
        update,
    });
    // A stop names at most 50 instances.
    let stopped = prop_oneof![12 => vec(run(), 0..3), 1 => vec(run(), 50..=51)];
    let stop = (target(), stopped).prop_map(|(target, runs)| Op::Stop { target, runs });
    let again = prop::option::weighted(0.3, limits())
        .prop_map(|limits| Op::Restore { earlier: false, limits });
    prop_oneof![
        16 => record().prop_map(Op::Accept),
        3 => vec(record(), 0..=40).prop_map(Op::Batch),
        8 => updates,
        7 => execute(),
        3 => stop,
        5 => target().prop_map(Op::Delete),
        6 => (0..20_u8).prop_map(Op::Advance),
        2 => prop_oneof![6 => -40..6_i8, 1 => any::<i8>()].prop_map(Op::Set),
        1 => again,
    ]
    .boxed()
}

fn drain(size: impl Strategy<Value = u8>) -> impl Strategy<Value = Op> {
    // The pages of a drained walk alternate with pages that are larger by one row.
    let size = size.prop_map(|size| size.min(49));
    (any::<u8>(), size, vec(write(), 1..6)).prop_map(|(walk, size, between)| Op::Drain {
        walk,
        size,
        between,
    })
}

/// Any operation but those that empty or fill the store.
///
/// ```
/// use invodex_testkit::strategy::{Op, op};
/// use proptest::collection::vec;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let ops = vec(op(), 20).new_tree(&mut TestRunner::deterministic()).unwrap().current();
/// assert!(ops.iter().all(|op| Op::KINDS.contains(&op.kind())));
/// ```
pub fn op() -> impl Strategy<Value = Op> {
    let restore = prop::option::weighted(0.3, limits());
    let restore = restore.prop_map(|limits| Op::Restore { earlier: true, limits });
    let room = prop_oneof![8 => 0..6_u8, 1 => Just(u8::MAX)];
    let read = (any::<u8>(), 0..6_u8).prop_map(|(subscriber, most)| Op::Read { subscriber, most });
    prop_oneof![
        48 => write(),
        2 => Just(Op::Save),
        1 => restore,
        4 => room.prop_map(Op::Subscribe),
        6 => read,
        1 => any::<u8>().prop_map(Op::Unsubscribe),
        24 => query(),
        7 => begin(walk()),
        12 => go_on(),
        3 => drain(size()),
        6 => forged(),
    ]
}

/// Enough new records that a small store evicts all others, or fewer.
fn many() -> impl Strategy<Value = Op> {
    let newest = (100..700_u16).prop_map(|count| Op::Many { count, seconds: 0 });
    let between = (1..100_u16, 0..70_u8).prop_map(|(count, seconds)| Op::Many { count, seconds });
    prop_oneof![newest, between]
}

/// Pages by number that skip hundreds of rows.
fn deep_page() -> impl Strategy<Value = Op> {
    (walk(), 1..32_u8, 30..=50_u8, 0..5_u8).prop_map(|(mut request, number, size, form)| {
        request.pairs.push(("PageNumber".to_owned(), number.to_string()));
        request.pairs.push(("PageSize".to_owned(), size.to_string()));
        Op::Query { later: 0, request, form, measured: false }
    })
}

/// Operations that are rare because they empty or fill the store.
fn rare_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        80 => op(),
        1 => Just(Op::Clear),
        2 => many(),
    ]
}

/// Cases with small stores, which reach every limit often.
///
/// ```
/// use invodex_testkit::machine::{self, Coverage};
/// use invodex_testkit::strategy::case;
/// use proptest::test_runner::TestRunner;
///
/// let mut runner = TestRunner::deterministic();
/// # let mut runner = TestRunner::new(proptest::test_runner::Config {
/// #     cases: 5,
/// #     failure_persistence: None,
/// #     ..proptest::test_runner::Config::default()
/// # });
/// runner.run(&case(), |case| machine::run(&case, &mut Coverage::default())).unwrap();
/// ```
pub fn case() -> impl Strategy<Value = Case> {
    let capacity = prop_oneof![1 => 0..4_usize, 10 => 4..=40_usize, 4 => 41..200_usize];
    let first = vec(record(), 0..=48).prop_map(Op::Batch);
    (store(capacity.boxed()), first, vec(rare_op(), 1..70)).prop_map(|(store, first, ops)| {
        let ops = std::iter::once(first).chain(ops).collect();
        Case { store, ops }
    })
}

/// Cases with stores that hold more records than a query with tags can reach. A case takes some 50
/// times as long as one of [`case`].
///
/// ```
/// use invodex_testkit::strategy::{Op, large_case};
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let drawn = large_case().new_tree(&mut TestRunner::deterministic()).unwrap().current();
/// assert!(matches!(drawn.ops[0], Op::Many { count: 1_250.., .. }));
/// ```
pub fn large_case() -> impl Strategy<Value = Case> {
    let capacity = (1_300..1_700_usize).boxed();
    let store = store(capacity).prop_map(|mut store| {
        store.limits.retention = None;
        store
    });
    let tagged = |operation: Operation| {
        let pairs = [("RegionId", "cn-a"), ("Tag.7.Key", "k1"), ("Timed", "false")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        RequestSpec { operation, pairs }
    };
    let tagged =
        select(&[Operation::DescribeInvocations, Operation::DescribeInvocationResults][..])
            .prop_map(tagged);
    let begins = (tagged, 44..=50_u8, prop::option::of(10..=22_u8))
        .prop_map(|(request, size, page_number)| Op::Walk { request, size, page_number });
    let ops =
        prop_oneof![3 => begins, 2 => drain(40..=50_u8), 1 => go_on(), 4 => deep_page(), 6 => op()];
    (store, 1_250..1_500_u16, vec(ops, 8..30)).prop_map(|(store, count, ops)| {
        let ops = std::iter::once(Op::Many { count, seconds: 0 }).chain(ops).collect();
        Case { store, ops }
    })
}
