use super::status::InvocationStatus;
use super::time::Timestamp;

/// What happened to one invocation on one instance.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InstanceRun {
    /// `InstanceId`: required, once in an invocation.
    pub instance_id: String,
    /// `InvocationStatus` of this run.
    pub invocation_status: InvocationStatus,
    /// `CreationTime`: unset means the invocation's CreationTime.
    pub creation_time: Option<Timestamp>,
    /// `UpdateTime`: unset means this run's CreationTime.
    pub update_time: Option<Timestamp>,
    /// `StartTime`.
    pub start_time: Option<Timestamp>,
    /// `FinishTime`.
    pub finish_time: Option<Timestamp>,
    /// `StopTime`.
    pub stop_time: Option<Timestamp>,
    /// `Repeats`: how often it was started.
    pub repeats: u32,
    /// `ExitCode`, once there is one.
    pub exit_code: Option<i64>,
    /// `Output`: raw bytes. Of more than 24,576 the last 24,576 are kept.
    pub output: Vec<u8>,
    /// `Dropped`: bytes of output that are lost already; what the store cuts off is added.
    pub dropped: u64,
    /// `ErrorCode`.
    pub error_code: String,
    /// `ErrorInfo`.
    pub error_info: String,
    /// `OssOutputStatus`.
    pub oss_output_status: String,
    /// `OssOutputUri`.
    pub oss_output_uri: String,
    /// `OssOutputErrorCode`.
    pub oss_output_error_code: String,
    /// `OssOutputErrorInfo`.
    pub oss_output_error_info: String,
}

impl InstanceRun {
    /// A Pending run on `instance_id` with all else unset.
    pub fn new(instance_id: impl Into<String>) -> Self {
        InstanceRun {
            instance_id: instance_id.into(),
            invocation_status: InvocationStatus::Pending,
            creation_time: None,
            update_time: None,
            start_time: None,
            finish_time: None,
            stop_time: None,
            repeats: 0,
            exit_code: None,
            output: Vec::new(),
            dropped: 0,
            error_code: String::new(),
            error_info: String::new(),
            oss_output_status: String::new(),
            oss_output_uri: String::new(),
            oss_output_error_code: String::new(),
            oss_output_error_info: String::new(),
        }
    }
}

/// A change of one run: a move to another status, other fields, or both.
///
/// A field that is `Some` replaces the run's, and wins over what a move sets by itself; a field
/// that is `None` stays, or takes what the move sets. For a time or the exit code `Some(None)`
/// unsets.
///
/// | move to | sets by itself |
/// |---|---|
/// | Running | StartTime; Repeats + 1; clears FinishTime, ExitCode, Output, Dropped and the error and OSS fields of the execution before |
/// | Stopping | StopTime |
/// | Success | FinishTime, ExitCode 0 |
/// | Failed, Invalid, Aborted, Error, Timeout | FinishTime |
/// | Terminated | FinishTime, and StopTime unless it was Stopping |
/// | Cancelled | StopTime unless it was Stopping |
///
/// Every update sets UpdateTime.
///
/// # Examples
///
/// ```
/// use invodex::{InvocationStatus, RunUpdate};
///
/// let update = RunUpdate {
///     invocation_status: Some(InvocationStatus::Failed),
///     exit_code: Some(Some(2)),
///     ..RunUpdate::default()
/// };
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunUpdate {
    /// `InvocationStatus` to move to. `None`, or the one the run has: no move.
    pub invocation_status: Option<InvocationStatus>,
    /// The execution of a recurring task ends with `invocation_status` (Success, Failed, Error or
    /// Timeout) and the run goes back to Scheduled, in one step.
    pub reschedule: bool,
    /// When it happened: UpdateTime and the times a move sets. Unset means the store's time.
    pub time: Option<Timestamp>,
    /// `StartTime`.
    pub start_time: Option<Option<Timestamp>>,
    /// `FinishTime`.
    pub finish_time: Option<Option<Timestamp>>,
    /// `StopTime`.
    pub stop_time: Option<Option<Timestamp>>,
    /// `Repeats`.
    pub repeats: Option<u32>,
    /// `ExitCode`.
    pub exit_code: Option<Option<i64>>,
    /// `Output`, whole or the next piece.
    pub output: Option<OutputUpdate>,
    /// `Dropped`: bytes lost before `output`; what the store cuts off is added.
    pub dropped: Option<u64>,
    /// `ErrorCode`.
    pub error_code: Option<String>,
    /// `ErrorInfo`.
    pub error_info: Option<String>,
    /// `OssOutputStatus`.
    pub oss_output_status: Option<String>,
    /// `OssOutputUri`.
    pub oss_output_uri: Option<String>,
    /// `OssOutputErrorCode`.
    pub oss_output_error_code: Option<String>,
    /// `OssOutputErrorInfo`.
    pub oss_output_error_info: Option<String>,
}

/// How an update changes a run's output. Of more than 24,576 bytes the last 24,576 are kept, and
/// `Dropped` counts the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OutputUpdate {
    /// These bytes instead of those there.
    Replace(Vec<u8>),
    /// These bytes after those there.
    Append(Vec<u8>),
}
