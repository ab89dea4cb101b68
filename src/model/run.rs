//! One run of an invocation: what happened on one instance.

use super::debug::debug_struct;
use super::status::InvocationStatus;
use super::text_field::{TextField, TextLimit, text_fields};
use super::time::Timestamp;
use crate::limits;

/// The run of one invocation on one instance.
///
/// It is plain data; a store checks it when it accepts the invocation. A run may be accepted in any
/// status, so that finished records can be loaded.
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
/// assert!(store.accept(&invocation)?.retained);
/// assert_eq!(store.get("t-0001").unwrap().invocation_status(), OverallStatus::Failed);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstanceRun {
    /// `InstanceId`: required, at most 128 bytes, unique in an invocation.
    pub instance_id: String,
    /// `InvocationStatus` of this run; the legacy status is derived from it.
    pub invocation_status: InvocationStatus,
    /// `CreationTime`: if unset, the invocation's CreationTime.
    pub creation_time: Option<Timestamp>,
    /// `UpdateTime`: if unset, this run's CreationTime.
    pub update_time: Option<Timestamp>,
    /// `StartTime`: when the last execution started.
    pub start_time: Option<Timestamp>,
    /// `FinishTime`: when the last execution ended.
    pub finish_time: Option<Timestamp>,
    /// `StopTime`: when the stop was requested.
    pub stop_time: Option<Timestamp>,
    /// `Repeats`: how often the run was started.
    pub repeats: u32,
    /// `ExitCode` of the last execution, if it has one.
    pub exit_code: Option<i64>,
    /// `Output`: raw bytes. A store keeps the last 24,576 of a longer one.
    pub output: Vec<u8>,
    /// `Dropped`: how many bytes of output were lost before; a store adds the bytes that it cuts
    /// off.
    pub dropped: u64,
    /// `ErrorCode`: why the run failed, as a code; at most 4,096 bytes. Any code is kept as it is
    /// given. The API's documentation lists AccountNotExists, BadCronExpression, ClientIsUpgrading,
    /// ClientNeedUpgrade, ClientNotResponse, ClientNotRunning, CommandNotApplicable,
    /// DeliveryTimeout, DirectoryNotExists, ExecutionException, ExecutionInterrupted,
    /// ExecutionTimeout, ExitCodeNonzero, InstanceNotExists, InstanceNotRunning, InstanceReleased,
    /// SecurityGroupRuleDenied and TaskConcurrencyLimit.
    pub error_code: String,
    /// `ErrorInfo`: why the run failed, as a sentence; at most 4,096 bytes.
    pub error_info: String,
    /// `OssOutputStatus`: the status of the delivery of the output to OSS; at most 4,096 bytes.
    pub oss_output_status: String,
    /// `OssOutputUri`: where the output was delivered; at most 4,096 bytes.
    pub oss_output_uri: String,
    /// `OssOutputErrorCode`: why delivery failed, as a code; at most 4,096 bytes.
    pub oss_output_error_code: String,
    /// `OssOutputErrorInfo`: why delivery failed, as a sentence; at most 4,096 bytes.
    pub oss_output_error_info: String,
}

impl InstanceRun {
    /// A Pending run on `instance_id`, with all other fields unset.
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

debug_struct! {
    InstanceRun {
        instance_id, invocation_status, creation_time, update_time, start_time, finish_time,
        stop_time, repeats, exit_code, dropped, error_code, error_info, oss_output_status,
        oss_output_uri, oss_output_error_code, oss_output_error_info; output
    }
}

/// The texts of a run that an update can change, in the order of their checks and of the differences
/// that an import reports.
pub(crate) const RUN_TEXT_FIELDS: &[TextField<InstanceRun>] = text_fields! {
    error_code: "ErrorCode", TextLimit::Bytes(limits::TEXT_BYTES);
    error_info: "ErrorInfo", TextLimit::Bytes(limits::TEXT_BYTES);
    oss_output_status: "OssOutputStatus", TextLimit::Bytes(limits::TEXT_BYTES);
    oss_output_uri: "OssOutputUri", TextLimit::Bytes(limits::TEXT_BYTES);
    oss_output_error_code: "OssOutputErrorCode", TextLimit::Bytes(limits::TEXT_BYTES);
    oss_output_error_info: "OssOutputErrorInfo", TextLimit::Bytes(limits::TEXT_BYTES);
};
