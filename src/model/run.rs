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
