//! From which status a run can go to which.

use super::invocation::RepeatMode;
use super::status::InvocationStatus::{self, *};

/// The statuses that a run of a task in `repeat_mode` can go to from `from`.
fn moves(from: InvocationStatus, repeat_mode: RepeatMode) -> &'static [InvocationStatus] {
    match from {
        Pending if matches!(repeat_mode, RepeatMode::Once | RepeatMode::DryRun) => {
            &[Running, Invalid, Aborted, Error, Timeout, Cancelled]
        }
        Pending => &[Scheduled, Running, Invalid, Aborted, Error, Timeout, Cancelled],
        Scheduled => &[Running, Aborted, Error, Cancelled],
        Running => &[Success, Failed, Error, Timeout, Stopping, Terminated],
        Stopping => &[Success, Failed, Error, Timeout, Terminated, Cancelled],
        Success | Failed | Invalid | Aborted | Error | Timeout | Cancelled | Terminated => &[],
    }
}

/// The results with which an execution of a recurring task can end and be scheduled again.
const RESULTS: &[InvocationStatus] = &[Success, Failed, Error, Timeout];

/// Whether a run can go from `from` to `to`; with `reschedule`, whether its execution can end
/// with `to` and the run go back to Scheduled.
///
/// # Errors
///
/// Names both statuses and those that are possible.
pub(crate) fn check_move(
    repeat_mode: RepeatMode,
    from: InvocationStatus,
    to: Option<InvocationStatus>,
    reschedule: bool,
) -> Result<(), crate::Error> {
    let refuse = |to: &str, allowed: &[InvocationStatus]| {
        let allowed: Vec<_> = allowed.iter().map(|status| status.as_str()).collect();
        let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
        Err(crate::Error::illegal_move(from.as_str(), to, &allowed))
    };
    if reschedule {
        let to = to.map_or("none", InvocationStatus::as_str);
        return if repeat_mode.is_recurring()
            && from == Running
            && RESULTS.iter().any(|result| result.as_str() == to)
        {
            Ok(())
        } else {
            refuse(
                &format!("{to} and back to Scheduled (a recurring task from Running by a result)"),
                moves(from, repeat_mode),
            )
        };
    }
    match to {
        Some(to) if to != from && !moves(from, repeat_mode).contains(&to) => {
            refuse(to.as_str(), moves(from, repeat_mode))
        }
        _ => Ok(()),
    }
}
