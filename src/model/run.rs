//! What a record holds of one instance.

use super::status::InvocationStatus;
use super::time::Timestamp;

/// What happened to one invocation on one instance. Plain data, checked when the invocation is
/// accepted; may be in any status, for records that are loaded.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, InvocationStatus, OverallStatus, Store};
///
/// let mut run = InstanceRun::new("i-0001");
/// run.invocation_status = InvocationStatus::Failed;
/// run.exit_code = Some(2);
/// run.finish_time = Some("2024-05-01T00:00:03Z".parse()?);
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(run);
/// store.accept(&invocation)?;
/// assert_eq!(store.get("t-0001").unwrap().invocation_status(), OverallStatus::Failed);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstanceRun {
    /// `InstanceId`: required, at most 128 bytes, once in an invocation.
    pub instance_id: String,
    /// `InvocationStatus` of this run; the legacy status is derived.
    pub invocation_status: InvocationStatus,
    /// `CreationTime`: unset means the invocation's CreationTime.
    pub creation_time: Option<Timestamp>,
    /// `UpdateTime`: unset means this run's CreationTime.
    pub update_time: Option<Timestamp>,
    /// `StartTime`: of the last execution.
    pub start_time: Option<Timestamp>,
    /// `FinishTime`: of the last execution.
    pub finish_time: Option<Timestamp>,
    /// `StopTime`: when a stop was requested.
    pub stop_time: Option<Timestamp>,
    /// `Repeats`: how often it was started.
    pub repeats: u32,
    /// `ExitCode`, once there is one.
    pub exit_code: Option<i64>,
    /// `Output`: raw bytes. Of more than 24,576 the last 24,576 are kept.
    pub output: Vec<u8>,
    /// `Dropped`: bytes of output that are lost already; what the store cuts off is added.
    pub dropped: u64,
    /// `ErrorCode`: why it failed, as a code; at most 4,096 bytes.
    pub error_code: String,
    /// `ErrorInfo`: why it failed, as a sentence; at most 4,096 bytes.
    pub error_info: String,
    /// `OssOutputStatus`: how the delivery of the output to OSS stands; at most 4,096 bytes.
    pub oss_output_status: String,
    /// `OssOutputUri`: where the output was delivered; at most 4,096 bytes.
    pub oss_output_uri: String,
    /// `OssOutputErrorCode`: why delivery failed, as a code; at most 4,096 bytes.
    pub oss_output_error_code: String,
    /// `OssOutputErrorInfo`: why delivery failed, as a sentence; at most 4,096 bytes.
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
