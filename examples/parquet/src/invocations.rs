//! The table `invocations`: a row for each record.

use invodex::InvocationView;

use crate::column::{columns, secs, signed};

/// A record as the table takes it.
pub(crate) struct InvocationRow<'a> {
    pub(crate) view: InvocationView<'a>,
    pub(crate) acceptance_number: u64,
    pub(crate) record_digest: i64,
}

columns! { row: InvocationRow<'a>;
    /// InvokeId. The rows of a file are sorted by it
    invoke_id: required Text = row.view.invoke_id();
    /// CreationTime
    creation_time: required Time = secs(Some(row.view.creation_time()));
    /// orders records of one CreationTime: the number under which the store accepted the record
    acceptance_number: required Int64 = signed(row.acceptance_number);
    /// ResourceGroupId
    resource_group_id: required Text = row.view.resource_group_id();
    /// InvocationStatus, derived from the runs
    invocation_status: required Name = row.view.invocation_status().as_str();
    /// InvokeStatus, the legacy one
    invoke_status: required Name = row.view.invoke_status().as_str();
    /// Timed: a task of RepeatMode Period, NextRebootOnly or EveryReboot that is not over
    timed: required Boolean = Some(row.view.timed());
    /// CommandId
    command_id: required Text = row.view.command_id();
    /// CommandName
    command_name: required Text = row.view.command_name();
    /// CommandType
    command_type: required Name = row.view.command_type().as_str();
    /// CommandDescription
    command_description: required Text = row.view.command_description();
    /// CommandContent
    command_content: required Binary = row.view.command_content();
    /// Parameters, as they were given; the view shows `{}` for none, as the API does
    parameters: required Text = row.view.parameters();
    /// RepeatMode
    repeat_mode: required Name = row.view.repeat_mode().as_str();
    /// Frequency
    frequency: required Text = row.view.frequency();
    /// Timeout in seconds
    timeout: optional Int32 = row.view.timeout().and_then(|secs| i32::try_from(secs).ok());
    /// WorkingDir
    working_dir: required Text = row.view.working_dir();
    /// Username
    username: required Text = row.view.username();
    /// ContainerId
    container_id: required Text = row.view.container_id();
    /// ContainerName
    container_name: required Text = row.view.container_name();
    /// Launcher
    launcher: required Text = row.view.launcher();
    /// TerminationMode
    termination_mode: required Text = row.view.termination_mode();
    /// OssOutputDelivery
    oss_output_delivery: required Text = row.view.oss_output_delivery();
    /// Tags
    tags: required Tags = row.view.tags().map(|tag| (tag.key(), tag.value())).collect();
    /// XXH3-64 of the record with its runs as the store last gave it; tells the next run what has changed
    record_digest: required Int64 = Some(row.record_digest);
}
