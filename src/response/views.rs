//! Rows of DescribeInvocations as borrowed structs.

use super::show::Show;
use crate::model::{
    CommandType, InstanceInvokeStatus, InstanceRun, Invocation, InvocationStatus,
    LegacyInvokeStatus, OverallStatus, RepeatMode, Tag, Timestamp, is_timed,
};
use crate::table::{
    CommandBody, Execution, IndexedColumn, RecordHeader, RunRef, RunSettings, RunText, RunTexts,
    Setting, Table, TagPair, Text,
};

/// Defines the getters of a view: for each its documentation, name, type and value.
macro_rules! getters {
    ($self:ident: $($(#[$doc:meta])* $name:ident: $type:ty = $value:expr;)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(&$self) -> $type {
            $value
        })+
    };
}
pub(super) use getters;

/// One row of DescribeInvocations, borrowed from a store. A view is a few pointers and is `Copy`. A
/// method that returns a text costs O(its length), every other one O(1) unless it says otherwise.
///
/// An unset text is an empty string; an unset time or number is `None`. Bytes are raw: the request's
/// ContentEncoding decides only how the row serialises (with serde), to one element of
/// `Invocations.Invocation`.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, OverallStatus, Store, Tag};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.tags.push(Tag::new("owner", "zhangsan"));
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert!(store.accept(&invocation)?.retained);
///
/// let row = store.get("t-0001").unwrap();
/// assert_eq!(row.invocation_status(), OverallStatus::Pending);
/// assert_eq!(row.creation_time(), store.now());
/// assert_eq!(row.tags().next().unwrap().value(), "zhangsan");
/// assert_eq!(row.instances().next().unwrap().instance_id(), "i-0001");
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct InvocationView<'a> {
    pub(super) table: &'a Table,
    header: &'a RecordHeader,
    pub(super) settings: &'a RunSettings,
    pub(super) body: &'a CommandBody,
    show: Show,
}

impl<'a> InvocationView<'a> {
    pub(crate) fn new(table: &'a Table, slot: u32, show: Show) -> Self {
        let header = table.header(slot);
        let (settings, body) = (table.settings_of(header), table.body_of(header));
        InvocationView { table, header, settings, body, show }
    }

    getters! { self:
        /// `InvokeId`: 1 to 128 bytes, unique in the store.
        invoke_id: &'a str = std::str::from_utf8(self.invoke_id_bytes()).unwrap_or_default();
        /// `RegionId` of the record: 1 to 128 bytes. The answer does not show it.
        region_id: &'a str =
            self.table.column_texts(IndexedColumn::Region).get(self.header.region).text();
        /// `ResourceGroupId` of the record: at most 128 bytes. The answer does not show it.
        resource_group_id: &'a str = {
            let groups = self.table.column_texts(IndexedColumn::ResourceGroup);
            groups.get(self.header.resource_group).text()
        };
        /// `CreationTime`: the key of the list order, and the start of the record's age.
        creation_time: Timestamp = self.header.creation_time;
        /// Overall `InvocationStatus`, derived from the runs.
        invocation_status: OverallStatus = self.header.overall.invocation_status();
        /// Overall `InvokeStatus`, the legacy one, derived from the runs.
        invoke_status: LegacyInvokeStatus = self.header.overall.invoke_status();
        /// `Timed`: whether it is a task of RepeatMode Period, NextRebootOnly or EveryReboot that is
        /// not over.
        timed: bool = self.header.overall.timed();
        /// `CommandId`: 1 to 128 bytes.
        command_id: &'a str = self.settings.text(Setting::CommandId);
        /// `CommandDescription`: at most 512 characters.
        command_description: &'a str = self.settings.text(Setting::CommandDescription);
        /// `Frequency`: the schedule, at most 4,096 bytes.
        frequency: &'a str = self.settings.text(Setting::Frequency);
        /// `WorkingDir`: at most 200 characters.
        working_dir: &'a str = self.settings.text(Setting::WorkingDir);
        /// `Username`: at most 255 characters.
        username: &'a str = self.settings.text(Setting::Username);
        /// `ContainerId`: at most 4,096 bytes.
        container_id: &'a str = self.settings.text(Setting::ContainerId);
        /// `ContainerName`: at most 4,096 bytes.
        container_name: &'a str = self.settings.text(Setting::ContainerName);
        /// `Launcher`: at most 1,024 bytes.
        launcher: &'a str = self.settings.text(Setting::Launcher);
        /// `TerminationMode`: at most 4,096 bytes.
        termination_mode: &'a str = self.settings.text(Setting::TerminationMode);
        /// `OssOutputDelivery`: at most 4,096 bytes.
        oss_output_delivery: &'a str = self.settings.text(Setting::OssOutputDelivery);
        /// `CommandName`: at most 128 characters.
        command_name: &'a str = self.body.command_name();
        /// `Parameters`: JSON text as it was given, at most 4,096 bytes. If unset it is empty, and
        /// the answer shows `{}`.
        parameters: &'a str = self.body.parameters();
        /// `CommandContent`: at most 24,576 bytes, before any encoding.
        command_content: &'a [u8] = self.body.command_content();
        /// `CommandType`: what interprets the command.
        command_type: CommandType = self.settings.command_type;
        /// `RepeatMode`: when the command runs.
        repeat_mode: RepeatMode = self.settings.repeat_mode;
        /// `Timeout`: 1 to 86,400 seconds, if set.
        timeout: Option<u32> = self.settings.timeout;
    }

    /// `Tags`: at most 20, in the order they were given.
    pub fn tags(&self) -> impl ExactSizeIterator<Item = TagView<'a>> + Clone + use<'a> {
        let table = self.table;
        table.tags_of(self.header).iter().map(|&tag| TagView(table.tag_pairs.get(tag)))
    }

    /// `InvokeInstances`: 1 to 100, in the order they were named; only the one asked for when the
    /// request names an instance.
    pub fn instances(&self) -> impl Iterator<Item = RunView<'a>> + Clone + use<'a> {
        let view = *self;
        let runs = self.table.runs_of(self.header);
        runs.filter(move |run| view.show.instance.is_none_or(|instance| instance == run.instance))
            .map(move |run| RunView { invocation: view, run, execution: run.shown() })
    }

    pub(super) fn invoke_id_bytes(&self) -> &'a [u8] {
        self.table.invoke_id(self.header)
    }

    pub(super) fn base64(&self) -> bool {
        self.show.base64()
    }

    /// The ready JSON of the command body, or nothing. It has the content in Base64.
    pub(super) fn body_json(&self) -> &'a [u8] {
        if self.base64() { self.body.json() } else { &[] }
    }

    /// The record as it could be accepted again, with the runs of [`instances`](Self::instances)
    /// and their outputs, whether or not the answer shows those. The history of a recurring task is
    /// not part of it. Cost: O(size of the record).
    ///
    /// # Examples
    ///
    /// ```
    /// # use invodex::{InstanceRun, Invocation, Store};
    /// # let mut store = Store::default();
    /// # let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
    /// # invocation.instances.push(InstanceRun::new("i-0001"));
    /// # store.accept(&invocation)?;
    /// let mut again = store.get("t-0001").unwrap().to_invocation();
    /// again.invoke_id = "t-0002".into();
    /// assert!(store.accept(&again)?.retained);
    /// # Ok::<(), invodex::Error>(())
    /// ```
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
        f.debug_struct("InvocationView")
            .field("invocation_status", &self.invocation_status())
            .field("invoke_status", &self.invoke_status())
            .field("timed", &self.timed())
            .field("invocation", &self.to_invocation())
            .finish()
    }
}

/// One tag of a row. Serialises (with serde) to one element of `Tags.Tag`.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, Store, Tag};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// invocation.tags = vec![Tag::new("owner", "zhangsan"), Tag::new("reviewed", "")];
/// assert!(store.accept(&invocation)?.retained);
///
/// let row = store.get("t-0001").unwrap();
/// let tags: Vec<_> = row.tags().map(|tag| (tag.key(), tag.value())).collect();
/// assert_eq!(tags, [("owner", "zhangsan"), ("reviewed", "")]);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct TagView<'a>(pub(super) &'a TagPair);

impl<'a> TagView<'a> {
    getters! { self:
        /// `TagKey`: 1 to 64 characters. Cost: O(1).
        key: &'a str = self.0.key_text();
        /// `TagValue`: at most 128 characters, may be empty. Cost: O(1).
        value: &'a str = self.0.value_text();
    }

    pub(super) fn base64(&self) -> bool {
        true
    }
}

impl std::fmt::Debug for TagView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}={:?}", self.key(), self.value())
    }
}

/// One run of a row: what happened on one instance. A method that returns a text costs O(its length),
/// every other one O(1). Serialises (with serde) to one element of
/// `InvokeInstances.InvokeInstance`, with Output if the request asks for it.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, RunUpdate, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert!(store.accept(&invocation)?.retained);
/// store.update_run("t-0001", "i-0001", &RunUpdate::started())?;
/// store.update_run("t-0001", "i-0001", &RunUpdate::finished(2).output(*b"no such file"))?;
///
/// let row = store.get("t-0001").unwrap();
/// let run = row.instances().next().unwrap();
/// assert_eq!((run.exit_code(), run.error_code()), (Some(2), "ExitCodeNonzero"));
/// assert_eq!(run.output(), b"no such file");
/// assert!(run.start_time().is_some() && run.stop_time().is_none());
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct RunView<'a> {
    invocation: InvocationView<'a>,
    run: RunRef<'a>,
    pub(super) execution: Execution<&'a [u8]>,
}

/// The methods that `RunView` and `InvocationResultView` share: both show an execution.
macro_rules! execution_getters {
    () => {
        getters! { self:
            /// `InstanceId`: 1 to 128 bytes.
            instance_id: &'a str = self.instance().text();
            /// `StartTime` of the execution; `None` before it starts.
            start_time: Option<Timestamp> = self.execution.start_time;
            /// `StopTime`: when a stop was requested.
            stop_time: Option<Timestamp> = self.execution.stop_time;
            /// `Repeats`: the number of starts of the run, up to this execution.
            repeats: u32 = self.execution.repeats;
            /// `ExitCode` of the execution; `None` before it has one.
            exit_code: Option<i64> = self.execution.exit_code;
            /// `Dropped`: the number of bytes of output that are not kept.
            dropped: u64 = self.execution.dropped;
            /// The output that is kept, at most 24,576 bytes, raw, whether or not the answer shows it.
            output: &'a [u8] = self.execution.output;
            /// `ErrorCode`: why it failed, as a code; at most 4,096 bytes, may be empty.
            error_code: &'a str = self.text(RunText::ErrorCode);
            /// `ErrorInfo`: why it failed, as a sentence; at most 4,096 bytes, may be empty.
            error_info: &'a str = self.text(RunText::ErrorInfo);
            /// `OssOutputStatus`: how the delivery of the output to OSS stands; at most 4,096
            /// bytes, may be empty.
            oss_output_status: &'a str = self.text(RunText::OssOutputStatus);
            /// `OssOutputUri`: where the output was delivered; at most 4,096 bytes, may be empty.
            oss_output_uri: &'a str = self.text(RunText::OssOutputUri);
            /// `OssOutputErrorCode`: why delivery failed, as a code; at most 4,096 bytes, may be
            /// empty.
            oss_output_error_code: &'a str = self.text(RunText::OssOutputErrorCode);
            /// `OssOutputErrorInfo`: why delivery failed, as a sentence; at most 4,096 bytes, may
            /// be empty.
            oss_output_error_info: &'a str = self.text(RunText::OssOutputErrorInfo);
        }

        /// The texts of the execution, unless all are empty.
        #[inline(always)]
        pub(super) fn texts(&self) -> Option<&'a RunTexts> {
            self.invocation.table.texts_of(self.execution.texts)
        }

        fn text(&self, text: RunText) -> &'a str {
            self.texts().map_or("", |texts| texts.text(text))
        }

        #[inline(always)]
        pub(super) fn instance(&self) -> &'a Text {
            let instances = self.invocation.table.column_texts(IndexedColumn::Instance);
            instances.get(self.run.instance)
        }

        pub(super) fn base64(&self) -> bool {
            self.invocation.base64()
        }
    };
}
pub(super) use execution_getters;

impl<'a> RunView<'a> {
    execution_getters!();

    getters! { self:
        /// `InvocationStatus` of the run.
        invocation_status: InvocationStatus = self.run.status;
        /// `InstanceInvokeStatus`, the legacy status, derived from the other.
        instance_invoke_status: InstanceInvokeStatus =
            self.run.status.legacy(self.invocation.repeat_mode());
        /// `Timed` of the run: as that of the invocation, but derived from the run's own status.
        timed: bool = is_timed(self.invocation.repeat_mode(), self.run.status.is_end());
        /// `CreationTime`: the invocation's, unless the run was given its own.
        creation_time: Timestamp = self.run.creation_time;
        /// `UpdateTime`: the time of the last change, at first the run's CreationTime.
        update_time: Timestamp = self.run.update_time;
        /// `FinishTime` of the last execution; `None` before it ends.
        finish_time: Option<Timestamp> = self.run.finish_time;
    }

    /// The output that the answer shows.
    pub(super) fn shown_output(&self) -> &'a [u8] {
        if self.invocation.show.output { self.output() } else { &[] }
    }

    fn to_run(self) -> InstanceRun {
        InstanceRun {
            instance_id: self.instance_id().into(),
            invocation_status: self.invocation_status(),
            creation_time: Some(self.creation_time()),
            update_time: Some(self.update_time()),
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
        f.debug_struct("RunView")
            .field("instance_invoke_status", &self.instance_invoke_status())
            .field("timed", &self.timed())
            .field("run", &self.to_run())
            .finish()
    }
}
