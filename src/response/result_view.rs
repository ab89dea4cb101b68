//! Rows of DescribeInvocationResults as borrowed structs.

use super::show::Show;
use super::views::{InvocationView, TagView, execution_getters, getters};
use crate::model::{
    InstanceInvokeStatus, InvocationResult, InvocationStatus, RepeatMode, Tag, Timestamp,
};
use crate::query::ResultRow;
use crate::table::{Execution, IndexedColumn, RunRef, RunText, RunTexts, Table, Text};

/// One row of DescribeInvocationResults: a run, or an earlier execution of a recurring task. A
/// method that gives a text costs O(its length), every other one O(1). Serialises (with serde) to
/// one element of `InvocationResults.InvocationResult`.
///
/// # Examples
///
/// ```
/// use invodex::{
///     DescribeInvocationResults, InstanceRun, InvocationStatus, Invocation, RepeatMode, RunUpdate,
///     Store,
/// };
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.repeat_mode = RepeatMode::Period;
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert!(store.accept(&invocation)?.retained);
/// store.update_run("t-0001", "i-0001", &RunUpdate::started())?;
/// store.update_run("t-0001", "i-0001", &RunUpdate::finished(0).rescheduled())?;
///
/// let request =
///     DescribeInvocationResults::new("cn-hangzhou").invoke_id("t-0001").include_history(true);
/// let page = store.describe_invocation_results(&request)?;
/// let rows: Vec<_> = page
///     .invocation_results()
///     .map(|row| (row.invocation_status(), row.is_history()))
///     .collect();
/// assert_eq!(rows, [(InvocationStatus::Scheduled, false), (InvocationStatus::Success, true)]);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct InvocationResultView<'a> {
    pub(super) invocation: InvocationView<'a>,
    run: RunRef<'a>,
    is_history: bool,
    pub(super) execution: Execution<&'a [u8]>,
}

impl<'a> InvocationResultView<'a> {
    pub(crate) fn new(table: &'a Table, row: ResultRow, show: Show) -> Self {
        let run = table.run(row.slot, row.run.into());
        let history = row.history.and_then(|at| run.history().get(at as usize));
        InvocationResultView {
            invocation: InvocationView::new(table, row.slot, show),
            run,
            is_history: history.is_some(),
            execution: history.map_or_else(|| run.shown(), |record| record.execution.shown()),
        }
    }

    execution_getters!();

    getters! { self:
        /// Whether this is an earlier execution and not the run itself.
        is_history: bool = self.is_history;
        /// `InvokeId`: 1 to 128 bytes.
        invoke_id: &'a str = self.invocation.invoke_id();
        /// `CommandId`: 1 to 128 bytes.
        command_id: &'a str = self.invocation.command_id();
        /// `Username`: at most 255 characters.
        username: &'a str = self.invocation.username();
        /// `ContainerId`: at most 4,096 bytes.
        container_id: &'a str = self.invocation.container_id();
        /// `ContainerName`: at most 4,096 bytes.
        container_name: &'a str = self.invocation.container_name();
        /// `Launcher`: at most 1,024 bytes.
        launcher: &'a str = self.invocation.launcher();
        /// `TerminationMode`: at most 4,096 bytes.
        termination_mode: &'a str = self.invocation.termination_mode();
        /// `OssOutputDelivery`: at most 4,096 bytes.
        oss_output_delivery: &'a str = self.invocation.oss_output_delivery();
        /// `InvocationStatus` of the run, or the status with which the earlier execution ended.
        invocation_status: InvocationStatus = self.execution.status;
        /// `InvokeRecordStatus`, the legacy status. An earlier execution has that of a one-time task.
        invoke_record_status: InstanceInvokeStatus = {
            let mode = if self.is_history { RepeatMode::Once } else { self.invocation.repeat_mode() };
            self.execution.status.legacy(mode)
        };
        /// `FinishedTime`, called FinishTime in the other answer; `None` before the execution ends.
        finished_time: Option<Timestamp> = self.execution.finish_time;
    }

    /// `Tags` of the invocation: at most 20, in the order they were given.
    pub fn tags(&self) -> impl ExactSizeIterator<Item = TagView<'a>> + Clone + use<'a> {
        self.invocation.tags()
    }

    /// The row as plain data, with its output. Cost: O(size of the row).
    #[must_use]
    pub fn to_result(&self) -> InvocationResult {
        InvocationResult {
            invoke_id: self.invoke_id().into(),
            command_id: self.command_id().into(),
            instance_id: self.instance_id().into(),
            is_history: self.is_history(),
            invocation_status: self.invocation_status(),
            invoke_record_status: self.invoke_record_status(),
            start_time: self.start_time(),
            finished_time: self.finished_time(),
            stop_time: self.stop_time(),
            repeats: self.repeats(),
            exit_code: self.exit_code(),
            dropped: self.dropped(),
            output: self.output().into(),
            error_code: self.error_code().into(),
            error_info: self.error_info().into(),
            oss_output_status: self.oss_output_status().into(),
            oss_output_uri: self.oss_output_uri().into(),
            oss_output_error_code: self.oss_output_error_code().into(),
            oss_output_error_info: self.oss_output_error_info().into(),
            username: self.username().into(),
            container_id: self.container_id().into(),
            container_name: self.container_name().into(),
            launcher: self.launcher().into(),
            termination_mode: self.termination_mode().into(),
            oss_output_delivery: self.oss_output_delivery().into(),
            tags: self.tags().map(|tag| Tag::new(tag.key(), tag.value())).collect(),
        }
    }
}

impl std::fmt::Debug for InvocationResultView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvocationResultView")
            .field("invoke_id", &self.invoke_id())
            .field("instance_id", &self.instance_id())
            .field("invocation_status", &self.invocation_status())
            .field("is_history", &self.is_history())
            .finish_non_exhaustive()
    }
}
