//! Derived statuses, `Timed`, and the transitions of a run, as tables.
//! Part of the naive model: shares nothing with the engine.

use invodex::InvocationStatus::{self, *};
use invodex::{Invocation, RepeatMode};

pub(super) fn is_recurring(mode: RepeatMode) -> bool {
    mode == RepeatMode::Period || mode == RepeatMode::EveryReboot
}

pub(super) fn is_end(status: InvocationStatus) -> bool {
    [Success, Failed, Invalid, Aborted, Error, Timeout, Cancelled, Terminated].contains(&status)
}

/// The legacy status of a run.
pub(super) fn legacy(status: InvocationStatus, recurring: bool) -> &'static str {
    match (status, recurring) {
        (Pending | Scheduled | Running, _) => "Running",
        (Stopping, _) => "Stopping",
        (Success | Failed, false) => "Finished",
        (Invalid | Aborted | Error | Timeout, false) => "Failed",
        (Success | Failed | Invalid | Aborted | Error | Timeout, true) => "Running",
        (Cancelled | Terminated, _) => "Stopped",
    }
}

/// The overall `InvocationStatus`: the first rule that holds.
pub(super) fn overall(runs: &[InvocationStatus]) -> &'static str {
    let any = |set: &[InvocationStatus]| runs.iter().any(|run| set.contains(run));
    let all = |set: &[InvocationStatus]| runs.iter().all(|run| set.contains(run));
    if any(&[Pending]) {
        "Pending"
    } else if any(&[Scheduled]) {
        "Scheduled"
    } else if any(&[Running]) {
        "Running"
    } else if any(&[Stopping]) {
        "Stopping"
    } else if all(&[Cancelled, Terminated]) {
        "Stopped"
    } else if all(&[Failed, Invalid, Aborted, Error, Timeout, Cancelled, Terminated]) {
        "Failed"
    } else if all(&[Success, Cancelled, Terminated]) {
        "Success"
    } else {
        "PartialFailed"
    }
}

/// The overall `InvokeStatus`, from the legacy statuses of the runs: the first rule that holds.
pub(super) fn overall_legacy(runs: &[&str]) -> &'static str {
    let any = |status: &str| runs.contains(&status);
    let all = |set: &[&str]| runs.iter().all(|run| set.contains(run));
    if any("Running") {
        "Running"
    } else if any("Stopping") {
        "Stopping"
    } else if all(&["Stopped"]) {
        "Stopped"
    } else if all(&["Failed", "Stopped"]) {
        "Failed"
    } else if all(&["Finished", "Stopped"]) {
        "Finished"
    } else {
        "PartialFailed"
    }
}

/// `Timed`, of an invocation by its overall status or of a run by its own.
pub(super) fn timed(mode: RepeatMode, status: &str) -> bool {
    [RepeatMode::Period, RepeatMode::NextRebootOnly, RepeatMode::EveryReboot].contains(&mode)
        && ["Pending", "Scheduled", "Running", "Stopping"].contains(&status)
}

/// The values of a record that are derived from its runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overall {
    /// The overall `InvocationStatus`.
    pub status: &'static str,
    /// The overall `InvokeStatus`.
    pub legacy: &'static str,
    /// `Timed`.
    pub timed: bool,
}

impl Overall {
    /// The values of a record as it stands.
    pub fn of(record: &Invocation) -> Self {
        let runs: Vec<_> = record.instances.iter().map(|run| run.invocation_status).collect();
        let recurring = is_recurring(record.repeat_mode);
        let legacies: Vec<_> = runs.iter().map(|&status| legacy(status, recurring)).collect();
        let status = overall(&runs);
        let timed = timed(record.repeat_mode, status);
        Overall { status, legacy: overall_legacy(&legacies), timed }
    }

    /// Whether a filter by this status finds the record.
    pub fn is(&self, status: &str) -> bool {
        self.status == status || self.legacy == status
    }
}

/// Whether a run may make this transition, other than back to Scheduled with an execution's result.
pub(super) fn may_move(mode: RepeatMode, from: InvocationStatus, to: InvocationStatus) -> bool {
    let to_any = |set: &[InvocationStatus]| set.contains(&to);
    match from {
        Pending if to == Scheduled => mode != RepeatMode::Once && mode != RepeatMode::DryRun,
        Pending => to_any(&[Running, Invalid, Aborted, Error, Timeout, Cancelled]),
        Scheduled => to_any(&[Running, Aborted, Error, Cancelled]),
        Running => to_any(&[Success, Failed, Error, Timeout, Stopping, Terminated]),
        Stopping => to_any(&[Success, Failed, Error, Timeout, Terminated, Cancelled]),
        _ => false,
    }
}

/// Whether an execution may end with `result` and the run go back to Scheduled.
pub(super) fn may_reschedule(
    mode: RepeatMode,
    from: InvocationStatus,
    result: InvocationStatus,
) -> bool {
    is_recurring(mode) && from == Running && [Success, Failed, Error, Timeout].contains(&result)
}
