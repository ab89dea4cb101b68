//! Rows of DescribeInvocationResults as borrowed structs.

use super::show::Show;
use super::views::{InvocationView, TagView, all_run_texts, run_texts};
use crate::model::{
    InstanceInvokeStatus, InvocationResult, InvocationStatus, RepeatMode, Tag, Timestamp,
};
use crate::query::ResultRow;
use crate::table::{HistoryRecord, IndexedColumn, RunRef, RunText, RunTexts, Table, Text};
use crate::wire;

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
    invocation: InvocationView<'a>,
    run: RunRef<'a>,
    history: Option<&'a HistoryRecord>,
    texts: Option<&'a RunTexts>,
}

macro_rules! of_invocation {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> &'a str {
            self.invocation.$name()
        })+
    };
}

impl<'a> InvocationResultView<'a> {
    pub(crate) fn new(table: &'a Table, row: ResultRow, show: Show) -> Self {
        let run = table.run(row.slot, row.run.into());
        let history = row.history.and_then(|at| run.history().get(at as usize));
        InvocationResultView {
            invocation: InvocationView::new(table, row.slot, show),
            run,
            history,
            texts: table.texts_of(history.map_or(run.texts, |record| record.execution.texts)),
        }
    }

    pub(super) fn base64(&self) -> bool {
        self.invocation.base64()
    }

    fn table(&self) -> &'a Table {
        self.invocation.table
    }

    pub(super) fn common_settings(&self) -> wire::CommonSettings<'a> {
        self.invocation.common_settings()
    }

    /// Whether this is an earlier execution and not the run itself.
    #[must_use]
    pub fn is_history(&self) -> bool {
        self.history.is_some()
    }

    of_invocation! {
        /// `InvokeId`: 1 to 128 bytes.
        invoke_id,
        /// `CommandId`: 1 to 128 bytes.
        command_id,
        /// `Username`: at most 255 characters.
        username,
        /// `ContainerId`: at most 4,096 bytes.
        container_id,
        /// `ContainerName`: at most 4,096 bytes.
        container_name,
        /// `Launcher`: at most 1,024 bytes.
        launcher,
        /// `TerminationMode`: at most 4,096 bytes.
        termination_mode,
        /// `OssOutputDelivery`: at most 4,096 bytes.
        oss_output_delivery,
    }

    /// `Tags` of the invocation: at most 20, in the order they were given.
    pub fn tags(&self) -> impl ExactSizeIterator<Item = TagView<'a>> + Clone + use<'a> {
        self.invocation.tags()
    }

    /// `InstanceId`: 1 to 128 bytes.
    #[must_use]
    pub fn instance_id(&self) -> &'a str {
        self.instance().text()
    }

    /// `InvocationStatus` of the run, or the status with which the earlier execution ended.
    #[must_use]
    pub fn invocation_status(&self) -> InvocationStatus {
        self.history.map_or(self.run.status, |record| record.execution.status)
    }

    /// `InvokeRecordStatus`, the legacy status. An earlier execution has that of a one-time task.
    #[must_use]
    pub fn invoke_record_status(&self) -> InstanceInvokeStatus {
        match self.history {
            Some(record) => record.execution.status.legacy(RepeatMode::Once),
            None => self.run.status.legacy(self.invocation.repeat_mode()),
        }
    }

    /// `StartTime`; `None` before the execution starts.
    #[must_use]
    pub fn start_time(&self) -> Option<Timestamp> {
        self.history.map_or(self.run.start_time, |record| record.execution.start_time)
    }

    /// `FinishedTime`, called FinishTime in the other answer; `None` before the execution ends.
    #[must_use]
    pub fn finished_time(&self) -> Option<Timestamp> {
        self.history.map_or(self.run.finish_time, |record| record.execution.finish_time)
    }

    /// `StopTime`: when a stop was requested.
    #[must_use]
    pub fn stop_time(&self) -> Option<Timestamp> {
        match self.history {
            Some(record) => record.execution.stop_time,
            None => self.run.stop_time(),
        }
    }

    /// `Repeats`: the number of starts up to this execution.
    #[must_use]
    pub fn repeats(&self) -> u32 {
        self.history.map_or_else(|| self.run.repeats(), |record| record.execution.repeats)
    }

    /// `ExitCode`; `None` before the execution has one.
    #[must_use]
    pub fn exit_code(&self) -> Option<i64> {
        match self.history {
            Some(record) => record.execution.exit_code,
            None => self.run.exit_code(),
        }
    }

    /// `Dropped`: the number of bytes of output that are not kept.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        match self.history {
            Some(record) => record.execution.dropped,
            None => self.run.dropped(),
        }
    }

    /// `Output`: the bytes that are kept, raw, at most 24,576.
    #[must_use]
    pub fn output(&self) -> &'a [u8] {
        match self.history {
            Some(record) => record.execution.output(),
            None => self.run.output(),
        }
    }

    all_run_texts!();

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
