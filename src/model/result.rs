//! A row of DescribeInvocationResults as plain data.

use super::debug::debug_struct;
use super::invocation::Tag;
use super::status::{InstanceInvokeStatus, InvocationStatus};
use super::time::Timestamp;

/// One row of DescribeInvocationResults as plain data: a run, or an earlier execution of a
/// recurring task. See [`InvocationResultsPage`](crate::InvocationResultsPage) for an example.
///
/// A field that the API shows as `""` is an empty string, or `None` for a time or a number.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvocationResult {
    /// `InvokeId`: 1 to 128 bytes.
    pub invoke_id: String,
    /// `CommandId`: 1 to 128 bytes.
    pub command_id: String,
    /// `InstanceId`: 1 to 128 bytes.
    pub instance_id: String,
    /// Whether this is an earlier execution and not the run itself.
    pub is_history: bool,
    /// `InvocationStatus` of the run, or the one the earlier execution ended with.
    pub invocation_status: InvocationStatus,
    /// `InvokeRecordStatus`, the legacy status.
    pub invoke_record_status: InstanceInvokeStatus,
    /// `StartTime`, once there is one.
    pub start_time: Option<Timestamp>,
    /// `FinishedTime`, once there is one.
    pub finished_time: Option<Timestamp>,
    /// `StopTime`: when a stop was requested.
    pub stop_time: Option<Timestamp>,
    /// `Repeats`: how often the run had been started.
    pub repeats: u32,
    /// `ExitCode`, once there is one.
    pub exit_code: Option<i64>,
    /// `Dropped`: bytes of output that are lost.
    pub dropped: u64,
    /// `Output` that is kept: at most 24,576 bytes, raw.
    pub output: Vec<u8>,
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
    /// `Username`: at most 255 characters.
    pub username: String,
    /// `ContainerId`: at most 4,096 bytes.
    pub container_id: String,
    /// `ContainerName`: at most 4,096 bytes.
    pub container_name: String,
    /// `Launcher`: at most 1,024 bytes.
    pub launcher: String,
    /// `TerminationMode`: at most 4,096 bytes.
    pub termination_mode: String,
    /// `OssOutputDelivery`: at most 4,096 bytes.
    pub oss_output_delivery: String,
    /// `Tags` of the invocation: at most 20, in the order they were given.
    pub tags: Vec<Tag>,
}

debug_struct! {
    InvocationResult {
        invoke_id, command_id, instance_id, is_history, invocation_status, invoke_record_status,
        start_time, finished_time, stop_time, repeats, exit_code, dropped, error_code, error_info,
        oss_output_status, oss_output_uri, oss_output_error_code, oss_output_error_info, username,
        container_id, container_name, launcher, termination_mode, oss_output_delivery, tags; output
    }
}
