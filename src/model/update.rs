//! An update: what a front end reports about a run.

use std::fmt;

use super::debug::{BytesAsText, debug_struct};
use super::status::InvocationStatus;
use super::time::Timestamp;

/// A change of one run: a transition to another status, a change of other fields, or both.
///
/// A field that is `Some` replaces the run's field, and takes precedence over what the transition
/// sets. A field that is `None` is left to the transition, or else stays as it is. For a time and
/// the exit code, `Some(None)` unsets the field.
///
/// | transition to | sets |
/// |---|---|
/// | Running | StartTime; Repeats + 1; unsets FinishTime, StopTime, ExitCode, Output, Dropped and the error and OSS fields of the previous execution |
/// | Stopping | StopTime |
/// | Success | FinishTime, ExitCode 0 |
/// | Failed, Invalid, Aborted, Error, Timeout | FinishTime |
/// | Terminated | FinishTime, and StopTime unless it was Stopping |
/// | Cancelled | StopTime unless it was Stopping |
///
/// Every update sets UpdateTime. The allowed transitions are:
///
/// | from | to |
/// |---|---|
/// | Pending | Running, Invalid, Aborted, Error, Timeout, Cancelled; Scheduled unless the RepeatMode is Once or DryRun |
/// | Scheduled | Running, Aborted, Error, Cancelled |
/// | Running | Success, Failed, Error, Timeout, Stopping, Terminated |
/// | Stopping | Success, Failed, Error, Timeout, Terminated, Cancelled |
///
/// Write `..RunUpdate::default()` after the fields you set: a later version may add fields.
///
/// # Examples
///
/// ```
/// use invodex::RunUpdate;
///
/// let started = RunUpdate::started();
/// let failed = RunUpdate::finished(2).output(*b"no such file");
/// let next_time = RunUpdate::finished(0).rescheduled();
///
/// // Any combination of fields is a change as well.
/// let explained = RunUpdate { error_info: Some("disk full".into()), ..RunUpdate::default() };
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RunUpdate {
    /// `InvocationStatus` to go to. With `None`, or the run's own status, there is no transition.
    pub invocation_status: Option<InvocationStatus>,
    /// If true, the execution of a recurring task ends with `invocation_status` (Success, Failed,
    /// Error or Timeout) and the run goes back to Scheduled, in one step.
    pub reschedule: bool,
    /// When it happened: the UpdateTime, and the times that the transition sets. If unset, the
    /// store's time.
    pub time: Option<Timestamp>,
    /// `StartTime`; `Some(None)` unsets it.
    pub start_time: Option<Option<Timestamp>>,
    /// `FinishTime`; `Some(None)` unsets it.
    pub finish_time: Option<Option<Timestamp>>,
    /// `StopTime`; `Some(None)` unsets it.
    pub stop_time: Option<Option<Timestamp>>,
    /// `Repeats`: how often the run was started.
    pub repeats: Option<u32>,
    /// `ExitCode`; `Some(None)` unsets it.
    pub exit_code: Option<Option<i64>>,
    /// `Output`: the whole output, or more of it. Output that arrives after the run has been
    /// scheduled again is added to the run, and not to the history record of the execution.
    pub output: Option<OutputUpdate>,
    /// `Dropped`: how many bytes were lost before this update; a store adds the bytes that it
    /// cuts.
    pub dropped: Option<u64>,
    /// `ErrorCode`: at most 4,096 bytes.
    pub error_code: Option<String>,
    /// `ErrorInfo`: at most 4,096 bytes.
    pub error_info: Option<String>,
    /// `OssOutputStatus`: at most 4,096 bytes.
    pub oss_output_status: Option<String>,
    /// `OssOutputUri`: at most 4,096 bytes.
    pub oss_output_uri: Option<String>,
    /// `OssOutputErrorCode`: at most 4,096 bytes.
    pub oss_output_error_code: Option<String>,
    /// `OssOutputErrorInfo`: at most 4,096 bytes.
    pub oss_output_error_info: Option<String>,
}

debug_struct! {
    RunUpdate {
        invocation_status, reschedule, time, start_time, finish_time, stop_time, repeats, exit_code,
        output, dropped, error_code, error_info, oss_output_status, oss_output_uri,
        oss_output_error_code, oss_output_error_info
    }
}

impl RunUpdate {
    /// To Scheduled: the run waits for the next time of its schedule.
    #[must_use]
    pub fn scheduled() -> Self {
        Self::to(InvocationStatus::Scheduled)
    }

    /// To Running: the run was started.
    #[must_use]
    pub fn started() -> Self {
        Self::to(InvocationStatus::Running)
    }

    /// To Success if the exit code is 0; otherwise to Failed, with the service's own ErrorCode and
    /// ErrorInfo for it.
    #[must_use]
    pub fn finished(exit_code: i64) -> Self {
        if exit_code == 0 {
            return Self::to(InvocationStatus::Success);
        }
        RunUpdate { exit_code: Some(Some(exit_code)), ..Self::to(InvocationStatus::Failed) }
            .error("ExitCodeNonzero", "the command execution exit code is not zero.")
    }

    /// To Invalid, Aborted, Error or another final `status`, with the given ErrorCode and
    /// ErrorInfo.
    #[must_use]
    pub fn failed(
        status: InvocationStatus,
        error_code: impl Into<String>,
        error_info: impl Into<String>,
    ) -> Self {
        Self::to(status).error(error_code, error_info)
    }

    /// To Timeout, with the service's own ErrorCode and ErrorInfo for it.
    #[must_use]
    pub fn timed_out() -> Self {
        Self::to(InvocationStatus::Timeout)
            .error("ExecutionTimeout", "the command execution has been timeout.")
    }

    /// To Stopping: a stop was requested.
    #[must_use]
    pub fn stop_requested() -> Self {
        Self::to(InvocationStatus::Stopping)
    }

    /// To Cancelled: the run was stopped before it started.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::to(InvocationStatus::Cancelled)
    }

    /// To Terminated: the run was stopped while it was running.
    #[must_use]
    pub fn terminated() -> Self {
        Self::to(InvocationStatus::Terminated)
    }

    /// No transition: appends `bytes` to the output.
    #[must_use]
    pub fn more_output(bytes: impl Into<Vec<u8>>) -> Self {
        RunUpdate { output: Some(OutputUpdate::Append(bytes.into())), ..RunUpdate::default() }
    }

    /// Sets the whole output.
    #[must_use]
    pub fn output(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.output = Some(OutputUpdate::Replace(bytes.into()));
        self
    }

    /// Sets ErrorCode and ErrorInfo.
    #[must_use]
    pub fn error(mut self, code: impl Into<String>, info: impl Into<String>) -> Self {
        self.error_code = Some(code.into());
        self.error_info = Some(info.into());
        self
    }

    /// Sets `reschedule`: the recurring task waits for the next time of its schedule.
    #[must_use]
    pub fn rescheduled(mut self) -> Self {
        self.reschedule = true;
        self
    }

    /// Sets the time at which it happened.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    fn to(status: InvocationStatus) -> Self {
        RunUpdate { invocation_status: Some(status), ..RunUpdate::default() }
    }
}

/// How an update changes the output of a run. A store keeps at most 24,576 bytes, as the service's
/// agent does, and `Dropped` counts the others:
///
/// | output | kept |
/// |---|---|
/// | given whole, or of a recurring task (Period, EveryReboot) | the last 24,576 bytes |
/// | of any other task, reported in pieces | the first 6,000 bytes, and the last 18,576 of the rest |
///
/// An update that names `dropped` replaces the number so far; the bytes that the same update cuts are
/// added to it.
///
/// # Examples
///
/// ```
/// use invodex::{OutputUpdate, RunUpdate};
///
/// let more = RunUpdate::more_output(*b"50 %\n");
/// assert_eq!(more.output, Some(OutputUpdate::Append(b"50 %\n".to_vec())));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum OutputUpdate {
    /// These bytes are the whole output. They replace the output that is stored, and `Dropped`
    /// starts anew.
    Replace(Vec<u8>),
    /// These bytes are the next piece. They follow the output that is stored, whether earlier
    /// pieces, a replacement, an accepted record or an archive put it there; `Dropped` grows by
    /// the bytes that are cut.
    Append(Vec<u8>),
}

impl fmt::Debug for OutputUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes) = match self {
            OutputUpdate::Replace(bytes) => ("Replace", bytes),
            OutputUpdate::Append(bytes) => ("Append", bytes),
        };
        f.debug_tuple(name).field(&BytesAsText(bytes)).finish()
    }
}
