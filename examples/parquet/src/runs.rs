//! The table `runs`: a row for each run of a record, and one for each history record of the run.

use invodex::{InstanceInvokeStatus, InvocationResultView, InvocationStatus, RunView, Timestamp};

use crate::column::{columns, secs, signed};

/// A run, or one of its history records.
pub(crate) struct RunRow<'a> {
    pub(crate) invoke_id: &'a str,
    pub(crate) instance_number: i32,
    pub(crate) history_position: i32,
    pub(crate) execution: Executed<'a>,
}

/// Both show an execution, by methods of the same names.
pub(crate) enum Executed<'a> {
    Run(RunView<'a>),
    History(InvocationResultView<'a>),
}

macro_rules! both {
    ($($name:ident: $type:ty;)+) => {
        impl<'a> RunRow<'a> {
            $(fn $name(&self) -> $type {
                match &self.execution {
                    Executed::Run(view) => view.$name(),
                    Executed::History(view) => view.$name(),
                }
            })+
        }
    };
}
both! {
    instance_id: &'a str;
    invocation_status: InvocationStatus;
    start_time: Option<Timestamp>;
    stop_time: Option<Timestamp>;
    repeats: u32;
    exit_code: Option<i64>;
    dropped: u64;
    output: &'a [u8];
    error_code: &'a str;
    error_info: &'a str;
    oss_output_status: &'a str;
    oss_output_uri: &'a str;
    oss_output_error_code: &'a str;
    oss_output_error_info: &'a str;
}

impl<'a> RunRow<'a> {
    fn invoke_record_status(&self) -> InstanceInvokeStatus {
        match &self.execution {
            Executed::Run(view) => view.instance_invoke_status(),
            Executed::History(view) => view.invoke_record_status(),
        }
    }

    fn finish_time(&self) -> Option<Timestamp> {
        match &self.execution {
            Executed::Run(view) => view.finish_time(),
            Executed::History(view) => view.finished_time(),
        }
    }

    /// The run, unless this is a history record, for which the API does not show everything.
    fn run(&self) -> Option<&RunView<'a>> {
        match &self.execution {
            Executed::Run(view) => Some(view),
            Executed::History(_) => None,
        }
    }
}

columns! { row: RunRow<'a>;
    /// InvokeId. The rows of a file are sorted by it, then by the next two columns
    invoke_id: required Text = row.invoke_id;
    /// place of the instance in the record, from 1
    instance_number: required Int32 = Some(row.instance_number);
    /// 0 for the run itself, 1 for its newest history record, and so on to the oldest
    history_position: required Int32 = Some(row.history_position);
    /// whether this is an earlier execution of a recurring task and not the run itself
    is_history: required Boolean = Some(row.history_position > 0);
    /// InstanceId
    instance_id: required Text = row.instance_id();
    /// InvocationStatus of the run
    invocation_status: required Name = row.invocation_status().as_str();
    /// InvokeRecordStatus, the legacy status, which DescribeInvocations calls InstanceInvokeStatus
    invoke_record_status: required Name = row.invoke_record_status().as_str();
    /// Timed of the run; NULL for history
    timed: optional Boolean = row.run().map(|run| run.timed());
    /// CreationTime of the run; NULL for history
    creation_time: optional Time = secs(row.run().map(|run| run.creation_time()));
    /// UpdateTime; NULL for history
    update_time: optional Time = secs(row.run().map(|run| run.update_time()));
    /// StartTime
    start_time: optional Time = secs(row.start_time());
    /// FinishTime, which DescribeInvocationResults calls FinishedTime
    finish_time: optional Time = secs(row.finish_time());
    /// StopTime
    stop_time: optional Time = secs(row.stop_time());
    /// Repeats
    repeats: required Int64 = Some(i64::from(row.repeats()));
    /// ExitCode
    exit_code: optional Int64 = row.exit_code();
    /// Dropped: bytes of output that are not kept
    dropped: required Int64 = signed(row.dropped());
    /// Output
    output: required Binary = row.output();
    /// ErrorCode
    error_code: required Text = row.error_code();
    /// ErrorInfo
    error_info: required Text = row.error_info();
    /// OssOutputStatus
    oss_output_status: required Text = row.oss_output_status();
    /// OssOutputUri
    oss_output_uri: required Text = row.oss_output_uri();
    /// OssOutputErrorCode
    oss_output_error_code: required Text = row.oss_output_error_code();
    /// OssOutputErrorInfo
    oss_output_error_info: required Text = row.oss_output_error_info();
}
