//! Updates of runs: their form in a case, and the updates built from it.

use invodex::{InvocationStatus, OutputUpdate, RunUpdate, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::pools::at;
use super::records::offset;

/// An update as small numbers.
#[derive(Clone, Debug)]
pub(crate) struct UpdateSpec {
    status: Option<InvocationStatus>,
    reschedule: bool,
    time: Option<i8>,
    named: Vec<Named>,
}

/// A field that an update sets. Times are in seconds from the clock.
#[derive(Clone, Debug)]
enum Named {
    Start(Option<i8>),
    Finish(Option<i8>),
    Stop(Option<i8>),
    Repeats(u32),
    ExitCode(Option<i64>),
    Dropped(u64),
    /// The number of the text and its length.
    Text(u8, u16),
    /// The length of the output.
    Replace(u16),
    Append(u16),
}

/// Any status, the usual ones more often.
pub(crate) fn status() -> impl Strategy<Value = InvocationStatus> {
    use InvocationStatus as S;
    prop_oneof![
        4 => Just(S::Running),
        3 => prop::sample::select(&[S::Success, S::Failed, S::Stopping, S::Scheduled][..]),
        3 => prop::sample::select(S::ALL),
    ]
}

fn named() -> impl Strategy<Value = Named> {
    let time = || prop::option::weighted(0.7, offset());
    let length = || {
        prop_oneof![
            6 => 0..9_u16,
            1 => prop::sample::select(&[12_288_u16, 24_575, 24_576, 24_577, 30_000][..]),
        ]
    };
    let text_length = prop_oneof![12 => 0..4_u16, 1 => Just(4_096), 4 => Just(4_097)];
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

pub(crate) fn update() -> impl Strategy<Value = UpdateSpec> {
    let named = prop_oneof![1 => Just(Vec::new()), 1 => vec(named(), 1..4)];
    let reschedule = prop_oneof![6 => Just(false), 1 => Just(true)];
    let time = prop::option::weighted(0.3, offset());
    (prop::option::weighted(0.75, status()), reschedule, time, named).prop_map(
        |(status, reschedule, time, named)| UpdateSpec { status, reschedule, time, named },
    )
}

impl UpdateSpec {
    pub(crate) fn build(&self, clock: Timestamp) -> RunUpdate {
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
