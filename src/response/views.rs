//! Rows as borrowed structs.

use super::Show;
use crate::columns::{
    Columns, Command, CommandField, Detail, DetailField, Head, HistoryRecord, Run, RunExtra,
    TagPair,
};
use crate::model::{
    CommandType, InstanceInvokeStatus, InstanceRun, Invocation, InvocationStatus,
    LegacyInvokeStatus, OverallStatus, RepeatMode, Tag, Timestamp, is_timed,
};
use crate::query::ResultRow;
use crate::request::ContentEncoding;

/// Text of the columns, which was UTF-8 when it was accepted.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// One row of DescribeInvocations. Every method costs O(1) unless it says otherwise.
#[derive(Clone, Copy)]
pub struct InvocationView<'a> {
    columns: &'a Columns,
    head: &'a Head,
    command: &'a Command,
    pub(super) show: Show,
}

macro_rules! command_texts {
    ($($(#[$doc:meta])* $name:ident: $field:ident),+ $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> &'a str {
            text(self.command.get(CommandField::$field))
        })+
    };
}

impl<'a> InvocationView<'a> {
    pub(crate) fn new(columns: &'a Columns, slot: u32, show: Show) -> Self {
        let head = columns.head(slot);
        InvocationView { columns, head, command: columns.command_of(head), show }
    }

    /// `InvokeId`.
    #[must_use]
    pub fn invoke_id(&self) -> &'a str {
        text(self.head.invoke_id())
    }

    /// `RegionId` of the record. The answer does not show it.
    #[must_use]
    pub fn region_id(&self) -> &'a str {
        text(self.columns.regions.get(self.head.region).text())
    }

    /// `ResourceGroupId` of the record. The answer does not show it.
    #[must_use]
    pub fn resource_group_id(&self) -> &'a str {
        text(self.columns.resource_groups.get(self.head.resource_group).text())
    }

    /// `CreationTime`.
    #[must_use]
    pub fn creation_time(&self) -> Timestamp {
        self.head.creation_time
    }

    /// Overall `InvocationStatus`.
    #[must_use]
    pub fn invocation_status(&self) -> OverallStatus {
        self.head.overall.invocation_status
    }

    /// Overall `InvokeStatus`, the legacy one.
    #[must_use]
    pub fn invoke_status(&self) -> LegacyInvokeStatus {
        self.head.overall.invoke_status
    }

    /// `Timed`.
    #[must_use]
    pub fn timed(&self) -> bool {
        self.head.overall.timed
    }

    command_texts! {
        /// `CommandId`.
        command_id: CommandId,
        /// `CommandName`.
        command_name: CommandName,
        /// `CommandDescription`.
        command_description: CommandDescription,
        /// `Parameters`.
        parameters: Parameters,
        /// `Frequency`.
        frequency: Frequency,
        /// `WorkingDir`.
        working_dir: WorkingDir,
        /// `Username`.
        username: Username,
        /// `ContainerId`.
        container_id: ContainerId,
        /// `ContainerName`.
        container_name: ContainerName,
        /// `Launcher`.
        launcher: Launcher,
        /// `TerminationMode`.
        termination_mode: TerminationMode,
        /// `OssOutputDelivery`.
        oss_output_delivery: OssOutputDelivery,
    }

    /// `CommandContent`, raw.
    #[must_use]
    pub fn command_content(&self) -> &'a [u8] {
        self.command.get(CommandField::CommandContent)
    }

    /// `CommandType`.
    #[must_use]
    pub fn command_type(&self) -> CommandType {
        self.command.command_type
    }

    /// `RepeatMode`.
    #[must_use]
    pub fn repeat_mode(&self) -> RepeatMode {
        self.command.repeat_mode
    }

    /// `Timeout` in seconds, if set.
    #[must_use]
    pub fn timeout(&self) -> Option<u32> {
        self.command.timeout
    }

    /// `Tags`, in the order they were given.
    pub fn tags(&self) -> impl ExactSizeIterator<Item = TagView<'a>> + use<'a> {
        let columns = self.columns;
        self.head.tags.iter().map(|&tag| TagView(columns.tag_pairs.get(tag)))
    }

    /// `InvokeInstances`, in the order they were named; only the one asked for when the request
    /// names an instance.
    pub fn instances(&self) -> impl Iterator<Item = RunView<'a>> + use<'a> {
        let view = *self;
        let runs = self.columns.runs_of(self.head).iter();
        runs.filter(move |run| view.show.instance.is_none_or(|instance| instance == run.instance))
            .map(move |run| RunView::new(view, run))
    }

    /// The record as it could be accepted again, with the runs of [`instances`](Self::instances)
    /// and their outputs. The history of a recurring task is not part of it.
    /// Cost: O(size of the record).
    #[must_use]
    pub fn to_invocation(&self) -> Invocation {
        Invocation {
            region_id: self.region_id().into(),
            resource_group_id: self.resource_group_id().into(),
            invoke_id: self.invoke_id().into(),
            creation_time: Some(self.creation_time()),
            command_id: self.command_id().into(),
            command_name: self.command_name().into(),
            command_type: self.command_type(),
            command_description: self.command_description().into(),
            command_content: self.command_content().into(),
            parameters: self.parameters().into(),
            repeat_mode: self.repeat_mode(),
            frequency: self.frequency().into(),
            timeout: self.timeout(),
            working_dir: self.working_dir().into(),
            username: self.username().into(),
            container_id: self.container_id().into(),
            container_name: self.container_name().into(),
            launcher: self.launcher().into(),
            termination_mode: self.termination_mode().into(),
            oss_output_delivery: self.oss_output_delivery().into(),
            tags: self.tags().map(|tag| Tag::new(tag.key(), tag.value())).collect(),
            instances: self.instances().map(RunView::to_run).collect(),
        }
    }
}

impl std::fmt::Debug for InvocationView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_invocation().fmt(f)
    }
}

/// One tag of a row.
#[derive(Clone, Copy)]
pub struct TagView<'a>(&'a TagPair);

impl<'a> TagView<'a> {
    /// `TagKey`.
    #[must_use]
    pub fn key(&self) -> &'a str {
        text(self.0.key_text())
    }

    /// `TagValue`.
    #[must_use]
    pub fn value(&self) -> &'a str {
        text(self.0.value_text())
    }
}

impl std::fmt::Debug for TagView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}={:?}", self.key(), self.value())
    }
}

/// One run of a row. Every method costs O(1).
#[derive(Clone, Copy)]
pub struct RunView<'a> {
    columns: &'a Columns,
    head: &'a Head,
    run: &'a Run,
    extra: Option<&'a RunExtra>,
    detail: Option<&'a Detail>,
    pub(super) show: Show,
}

macro_rules! detail_texts {
    ($($(#[$doc:meta])* $name:ident: $field:ident),+ $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> &'a str {
            self.detail.map_or("", |detail| text(detail.get(DetailField::$field)))
        })+
    };
}

/// The texts that a run and a row of DescribeInvocationResults share.
macro_rules! all_detail_texts {
    () => {
        detail_texts! {
            /// `ErrorCode`.
            error_code: ErrorCode,
            /// `ErrorInfo`.
            error_info: ErrorInfo,
            /// `OssOutputStatus`.
            oss_output_status: OssOutputStatus,
            /// `OssOutputUri`.
            oss_output_uri: OssOutputUri,
            /// `OssOutputErrorCode`.
            oss_output_error_code: OssOutputErrorCode,
            /// `OssOutputErrorInfo`.
            oss_output_error_info: OssOutputErrorInfo,
        }
    };
}

impl<'a> RunView<'a> {
    fn new(invocation: InvocationView<'a>, run: &'a Run) -> Self {
        let InvocationView { columns, head, show, .. } = invocation;
        let (extra, detail) = (columns.extra_of(run), columns.detail(run.detail));
        RunView { columns, head, run, extra, detail, show }
    }

    fn repeat_mode(&self) -> RepeatMode {
        self.columns.command_of(self.head).repeat_mode
    }

    /// `InstanceId`.
    #[must_use]
    pub fn instance_id(&self) -> &'a str {
        text(self.columns.instances.get(self.run.instance).text())
    }

    /// `InvocationStatus` of the run.
    #[must_use]
    pub fn invocation_status(&self) -> InvocationStatus {
        self.run.status()
    }

    /// `InstanceInvokeStatus`, the legacy status.
    #[must_use]
    pub fn instance_invoke_status(&self) -> InstanceInvokeStatus {
        self.run.status().legacy(self.repeat_mode())
    }

    /// `Timed` of the run.
    #[must_use]
    pub fn timed(&self) -> bool {
        is_timed(self.repeat_mode(), self.run.status().is_end())
    }

    /// `CreationTime`.
    #[must_use]
    pub fn creation_time(&self) -> Option<Timestamp> {
        Some(self.run.creation_time(self.head.creation_time, self.extra))
    }

    /// `UpdateTime`.
    #[must_use]
    pub fn update_time(&self) -> Option<Timestamp> {
        self.run.update_time
    }

    /// `StartTime`.
    #[must_use]
    pub fn start_time(&self) -> Option<Timestamp> {
        self.run.start_time
    }

    /// `FinishTime`.
    #[must_use]
    pub fn finish_time(&self) -> Option<Timestamp> {
        self.run.finish_time
    }

    /// `StopTime`.
    #[must_use]
    pub fn stop_time(&self) -> Option<Timestamp> {
        self.extra.and_then(|extra| extra.stop_time)
    }

    /// `Repeats`.
    #[must_use]
    pub fn repeats(&self) -> u32 {
        self.run.repeats(self.extra)
    }

    /// `ExitCode`, once there is one.
    #[must_use]
    pub fn exit_code(&self) -> Option<i64> {
        self.run.exit_code(self.extra)
    }

    /// `Dropped`.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.extra.map_or(0, |extra| extra.dropped)
    }

    /// The output that is kept, raw, whether or not the answer shows it.
    #[must_use]
    pub fn output(&self) -> &'a [u8] {
        self.extra.map_or(&[], RunExtra::output)
    }

    all_detail_texts!();

    fn to_run(self) -> InstanceRun {
        InstanceRun {
            instance_id: self.instance_id().into(),
            invocation_status: self.invocation_status(),
            creation_time: self.creation_time(),
            update_time: self.update_time(),
            start_time: self.start_time(),
            finish_time: self.finish_time(),
            stop_time: self.stop_time(),
            repeats: self.repeats(),
            exit_code: self.exit_code(),
            output: self.output().into(),
            dropped: self.dropped(),
            error_code: self.error_code().into(),
            error_info: self.error_info().into(),
            oss_output_status: self.oss_output_status().into(),
            oss_output_uri: self.oss_output_uri().into(),
            oss_output_error_code: self.oss_output_error_code().into(),
            oss_output_error_info: self.oss_output_error_info().into(),
        }
    }
}

impl std::fmt::Debug for RunView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_run().fmt(f)
    }
}

/// One row of DescribeInvocationResults: a run, or an earlier execution of a recurring task.
/// Every method costs O(1).
#[derive(Clone, Copy)]
pub struct InvocationResultView<'a> {
    invocation: InvocationView<'a>,
    run: &'a Run,
    extra: Option<&'a RunExtra>,
    history: Option<&'a HistoryRecord>,
    detail: Option<&'a Detail>,
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
    pub(crate) fn new(columns: &'a Columns, row: ResultRow, show: Show) -> Self {
        let run = &columns.runs(row.slot)[usize::from(row.run)];
        let extra = columns.extra_of(run);
        let history =
            row.history.zip(extra).and_then(|(at, extra)| extra.history().get(at as usize));
        InvocationResultView {
            invocation: InvocationView::new(columns, row.slot, show),
            run,
            extra,
            history,
            detail: columns.detail(history.map_or(run.detail, |record| record.detail)),
        }
    }

    /// How Output is written.
    pub(super) fn encoding(&self) -> ContentEncoding {
        self.invocation.show.encoding
    }

    /// What the writer takes in one piece.
    pub(super) fn parts(&self) -> (&'a Head, Option<&'a Detail>) {
        (self.invocation.head, self.detail)
    }

    /// `{"InstanceId":"..."`
    pub(super) fn instance_json(&self) -> &'a [u8] {
        self.invocation.columns.instances.get(self.run.instance).json()
    }

    /// Whether this is an earlier execution.
    #[must_use]
    pub fn is_history(&self) -> bool {
        self.history.is_some()
    }

    of_invocation! {
        /// `InvokeId`.
        invoke_id,
        /// `CommandId`.
        command_id,
        /// `Username`.
        username,
        /// `ContainerId`.
        container_id,
        /// `ContainerName`.
        container_name,
        /// `Launcher`.
        launcher,
        /// `TerminationMode`.
        termination_mode,
        /// `OssOutputDelivery`.
        oss_output_delivery,
    }

    /// `Tags` of the invocation.
    pub fn tags(&self) -> impl ExactSizeIterator<Item = TagView<'a>> + use<'a> {
        self.invocation.tags()
    }

    /// `InstanceId`.
    #[must_use]
    pub fn instance_id(&self) -> &'a str {
        text(self.invocation.columns.instances.get(self.run.instance).text())
    }

    /// `InvocationStatus`.
    #[must_use]
    pub fn invocation_status(&self) -> InvocationStatus {
        self.history.map_or(self.run.status(), |record| record.status)
    }

    /// `InvokeRecordStatus`, the legacy status. That of an earlier execution is as of a one-time
    /// task.
    #[must_use]
    pub fn invoke_record_status(&self) -> InstanceInvokeStatus {
        match self.history {
            Some(record) => record.status.legacy(RepeatMode::Once),
            None => self.run.status().legacy(self.invocation.repeat_mode()),
        }
    }

    /// `StartTime`.
    #[must_use]
    pub fn start_time(&self) -> Option<Timestamp> {
        self.history.map_or(self.run.start_time, |record| record.start_time)
    }

    /// `FinishedTime`.
    #[must_use]
    pub fn finished_time(&self) -> Option<Timestamp> {
        self.history.map_or(self.run.finish_time, |record| record.finish_time)
    }

    /// `StopTime`.
    #[must_use]
    pub fn stop_time(&self) -> Option<Timestamp> {
        match self.history {
            Some(record) => record.stop_time,
            None => self.extra.and_then(|extra| extra.stop_time),
        }
    }

    /// `Repeats`.
    #[must_use]
    pub fn repeats(&self) -> u32 {
        self.history.map_or_else(|| self.run.repeats(self.extra), |record| record.repeats)
    }

    /// `ExitCode`, once there is one.
    #[must_use]
    pub fn exit_code(&self) -> Option<i64> {
        match self.history {
            Some(record) => record.exit_code,
            None => self.run.exit_code(self.extra),
        }
    }

    /// `Dropped`.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        match self.history {
            Some(record) => record.dropped,
            None => self.extra.map_or(0, |extra| extra.dropped),
        }
    }

    /// `Output` that is kept, raw.
    #[must_use]
    pub fn output(&self) -> &'a [u8] {
        match self.history {
            Some(record) => record.output.as_deref().unwrap_or_default(),
            None => self.extra.map_or(&[], RunExtra::output),
        }
    }

    all_detail_texts!();
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
