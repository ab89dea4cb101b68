//! The transitions between the statuses of a run.

use super::kinds::RepeatMode;
use super::status::InvocationStatus::{self, *};

/// The statuses that a run in status `from` can go to, in a task of `repeat_mode`.
fn transitions(from: InvocationStatus, repeat_mode: RepeatMode) -> &'static [InvocationStatus] {
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

/// The results after which a run of a recurring task can be scheduled again.
const RESULTS: &[InvocationStatus] = &[Success, Failed, Error, Timeout];

/// Checks the transition of a run from `from` to `to`. No status, or the same one, is no transition
/// and always allowed. With `reschedule` the execution ends with the result `to` and the run goes
/// back to Scheduled.
///
/// # Errors
///
/// The error names both statuses and the transitions that are allowed.
pub(crate) fn check_transition(
    repeat_mode: RepeatMode,
    from: InvocationStatus,
    to: Option<InvocationStatus>,
    reschedule: bool,
) -> Result<(), crate::Error> {
    if reschedule {
        let result = to.filter(|to| RESULTS.contains(to));
        if repeat_mode.is_recurring() && from == Running && result.is_some() {
            return Ok(());
        }
        let result = to.map_or("no result", InvocationStatus::as_str);
        return Err(crate::Error::illegal_reschedule(from.as_str(), result, &names(RESULTS)));
    }
    match to {
        Some(to) if to != from && !transitions(from, repeat_mode).contains(&to) => {
            let allowed = names(transitions(from, repeat_mode));
            Err(crate::Error::illegal_transition(from.as_str(), to.as_str(), &allowed))
        }
        _ => Ok(()),
    }
}

fn names(statuses: &[InvocationStatus]) -> Vec<&'static str> {
    statuses.iter().map(|status| status.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_task_has_every_transition_of_any_other_task() {
        for &repeat_mode in RepeatMode::ALL {
            for &from in InvocationStatus::ALL {
                for &to in InvocationStatus::ALL {
                    for reschedule in [false, true] {
                        let check = |mode| check_transition(mode, from, Some(to), reschedule);
                        assert!(check(repeat_mode).is_err() || check(RepeatMode::Period).is_ok());
                    }
                }
            }
        }
    }
}
