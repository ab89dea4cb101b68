//! Updates of runs: their form in small numbers, and the updates built from it.

use invodex::{InvocationStatus, OutputUpdate, RunUpdate, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::pools::at;
use super::records::offset;

/// An update in small numbers. [`build`](UpdateSpec::build) makes the update for a moment.
///
/// The default names nothing.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct UpdateSpec {
    /// The new InvocationStatus.
    pub status: Option<InvocationStatus>,
    /// Whether the run goes back to Scheduled.
    pub reschedule: bool,
    /// The time of the change in seconds from the clock; `None` means the store's time.
    pub time: Option<i8>,
    /// The other fields, in the order in which they are set.
    pub named: Vec<Named>,
}

/// A field that an update sets. Times are in seconds from the clock; `None` unsets the field.
#[derive(Clone, PartialEq, Debug)]
pub enum Named {
    /// StartTime.
    Start(Option<i8>),
    /// FinishTime.
    Finish(Option<i8>),
    /// StopTime.
    Stop(Option<i8>),
    /// Repeats.
    Repeats(u32),
    /// ExitCode.
    ExitCode(Option<i64>),
    /// The bytes of output that the front end has dropped.
    Dropped(u64),
    /// The number of the text, from ErrorCode to OssOutputErrorInfo, and its length in bytes.
    Text(u8, u16),
    /// Output that replaces the stored one: its length in bytes.
    Replace(u16),
    /// Output that follows the stored one: its length in bytes.
    Append(u16),
}

/// Any status, the usual ones more often.
fn status() -> impl Strategy<Value = InvocationStatus> {
    use InvocationStatus as S;
    prop_oneof![
        4 => Just(S::Running),
        3 => prop::sample::select(&[S::Success, S::Failed, S::Stopping, S::Scheduled][..]),
        3 => prop::sample::select(S::ALL),
    ]
}

/// Lengths of outputs at the borders of what is kept.
pub(super) const LONG: &[u16] = &[6_000, 18_576, 24_575, 24_576, 24_577, 30_000];

fn named(text_length: BoxedStrategy<u16>) -> impl Strategy<Value = Named> {
    let time = || prop::option::weighted(0.7, offset());
    let length = || {
        prop_oneof![
            6 => 0..9_u16,
            1 => prop::sample::select(LONG),
        ]
    };
    prop_oneof![
        1 => time().prop_map(Named::Start),
        1 => time().prop_map(Named::Finish),
        1 => time().prop_map(Named::Stop),
        1 => prop_oneof![4 => 0..9_u32, 1 => Just(u32::MAX)].prop_map(Named::Repeats),
        1 => prop::option::weighted(0.7, -3..300_i64).prop_map(Named::ExitCode),
        1 => prop_oneof![4 => 0..9_u64, 1 => Just(u64::MAX)].prop_map(Named::Dropped),
        3 => (0..6_u8, text_length).prop_map(|(field, length)| Named::Text(field, length)),
        1 => length().prop_map(Named::Replace),
        1 => length().prop_map(Named::Append),
    ]
}

/// An update, some with a text that is too long.
///
/// ```
/// use invodex::Timestamp;
/// use invodex_testkit::strategy::update;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let drawn = update().new_tree(&mut TestRunner::deterministic()).unwrap().current();
/// assert_eq!(drawn.build(Timestamp::MIN).invocation_status, drawn.status);
/// ```
pub fn update() -> impl Strategy<Value = UpdateSpec> {
    update_with(prop_oneof![12 => 0..4_u16, 1 => Just(4_096), 4 => Just(4_097)].boxed())
}

/// An update whose fields are valid. Whether its transition is, depends on the run.
pub(super) fn valid_update() -> impl Strategy<Value = UpdateSpec> {
    update_with(prop_oneof![12 => 0..4_u16, 1 => Just(4_096)].boxed())
}

fn update_with(text_length: BoxedStrategy<u16>) -> impl Strategy<Value = UpdateSpec> {
    let named = prop_oneof![1 => Just(Vec::new()), 1 => vec(named(text_length), 1..4)];
    let reschedule = prop_oneof![6 => Just(false), 1 => Just(true)];
    let time = prop::option::weighted(0.3, offset());
    let mixed = (prop::option::weighted(0.75, status()), reschedule, time, named).prop_map(
        |(status, reschedule, time, named)| UpdateSpec { status, reschedule, time, named },
    );
    // A report of output alone, with or without a number. Most of the others are refused.
    let length = prop_oneof![1 => 0..9_u16, 3 => prop::sample::select(LONG)];
    let dropped = prop::option::of(prop_oneof![4 => 0..9_u64, 1 => Just(u64::MAX)]);
    let report =
        (length, prop::bool::weighted(0.3), dropped).prop_map(|(length, whole, dropped)| {
            let output = if whole { Named::Replace(length) } else { Named::Append(length) };
            let named = [output].into_iter().chain(dropped.map(Named::Dropped)).collect();
            UpdateSpec { status: None, reschedule: false, time: None, named }
        });
    prop_oneof![5 => mixed, 1 => report]
}

impl UpdateSpec {
    /// The update, with times near `clock`.
    pub fn build(&self, clock: Timestamp) -> RunUpdate {
        let time = |offset: &Option<i8>| offset.map(|offset| at(clock, offset));
        let mut update = RunUpdate {
            invocation_status: self.status,
            reschedule: self.reschedule,
            time: time(&self.time),
            ..RunUpdate::default()
        };
        for named in &self.named {
            match named {
                Named::Start(offset) => update.start_time = Some(time(offset)),
                Named::Finish(offset) => update.finish_time = Some(time(offset)),
                Named::Stop(offset) => update.stop_time = Some(time(offset)),
                Named::Repeats(repeats) => update.repeats = Some(*repeats),
                Named::ExitCode(code) => update.exit_code = Some(*code),
                Named::Dropped(dropped) => update.dropped = Some(*dropped),
                Named::Text(field, length) => {
                    let fields = [
                        &mut update.error_code,
                        &mut update.error_info,
                        &mut update.oss_output_status,
                        &mut update.oss_output_uri,
                        &mut update.oss_output_error_code,
                        &mut update.oss_output_error_info,
                    ];
                    let text = "x".repeat(usize::from(*length));
                    if let Some(named) = fields.into_iter().nth(usize::from(*field)) {
                        *named = Some(text);
                    }
                }
                Named::Replace(length) => {
                    update.output = Some(OutputUpdate::Replace(bytes(*length)));
                }
                Named::Append(length) => update.output = Some(OutputUpdate::Append(bytes(*length))),
            }
        }
        update
    }
}

/// Bytes in which no two nearby sections are equal.
fn bytes(length: u16) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}
