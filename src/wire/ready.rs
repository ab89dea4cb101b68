//! The fields of both answers, group by group.
//!
//! An unset text or time is `""` and stays present, unset Parameters are `{}`; ExitCode and Timeout
//! are absent until they are set. Lists are never null. The order of fields in an object is free to
//! change.

use super::fields::{Fields, Group, name};
use crate::model::Timestamp;

/// The fields of DescribeInvocations after RequestId.
pub(crate) struct Invocations<'a, I> {
    pub(crate) page: Page<'a>,
    pub(crate) invocations: I,
}

impl<G: Group, I: Iterator<Item = G> + Clone> Group for Invocations<'_, I> {
    fn each(&self, out: &mut impl Fields) {
        self.page.each(out);
        out.list(name!("Invocations"), name!("Invocation"), self.invocations.clone());
    }
}

/// The fields of DescribeInvocationResults after RequestId. Those of the page are inside
/// `Invocation`.
pub(crate) struct InvocationResults<'a, I> {
    pub(crate) page: Page<'a>,
    pub(crate) invocation_results: I,
}

impl<G: Group, I: Iterator<Item = G> + Clone> Group for InvocationResults<'_, I> {
    fn each(&self, out: &mut impl Fields) {
        struct Inner<'a, I>(&'a InvocationResults<'a, I>);

        impl<G: Group, I: Iterator<Item = G> + Clone> Group for Inner<'_, I> {
            fn each(&self, out: &mut impl Fields) {
                let rows = self.0.invocation_results.clone();
                self.0.page.each(out);
                out.list(name!("InvocationResults"), name!("InvocationResult"), rows);
            }
        }

        out.object(name!("Invocation"), &Inner(self));
    }
}

/// Number and size of the page, the count of matching rows, and the token of the next page.
pub(crate) struct Page<'a> {
    pub(crate) page_number: u32,
    pub(crate) page_size: u32,
    pub(crate) total_count: u64,
    pub(crate) next_token: &'a str,
}

impl Group for Page<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.number(name!("PageNumber"), self.page_number.into());
        out.number(name!("PageSize"), self.page_size.into());
        out.number(name!("TotalCount"), self.total_count);
        out.text(name!("NextToken"), self.next_token);
    }
}

/// One element of `Invocations.Invocation`.
pub(crate) struct Invocation<'a, S, B, T, R> {
    pub(crate) summary: Summary<'a>,
    /// The [`RunSettings`].
    pub(crate) settings: S,
    /// The [`CommandBody`].
    pub(crate) body: B,
    /// Each a [`Tag`].
    pub(crate) tags: T,
    /// Each a [`Run`].
    pub(crate) instances: R,
}

impl<S, B, T, R> Group for Invocation<'_, S, B, T, R>
where
    S: Group,
    B: Group,
    T: Iterator<Item: Group> + Clone,
    R: Iterator<Item: Group> + Clone,
{
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        self.summary.each(out);
        self.settings.each(out);
        self.body.each(out);
        out.list(name!("Tags"), name!("Tag"), self.tags.clone());
        out.list(name!("InvokeInstances"), name!("InvokeInstance"), self.instances.clone());
    }
}

/// The id, time and statuses of an invocation.
pub(crate) struct Summary<'a> {
    pub(crate) invoke_id: &'a str,
    pub(crate) creation_time: Timestamp,
    pub(crate) invocation_status: &'static str,
    pub(crate) invoke_status: &'static str,
    pub(crate) timed: bool,
}

impl Group for Summary<'_> {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("InvokeId"), self.invoke_id);
        out.time(name!("CreationTime"), Some(self.creation_time));
        out.constant(name!("InvocationStatus"), self.invocation_status);
        out.constant(name!("InvokeStatus"), self.invoke_status);
        out.flag(name!("Timed"), self.timed);
    }
}

/// The settings with which a command is run.
#[derive(Default)]
pub(crate) struct RunSettings<'a> {
    pub(crate) common: CommonSettings<'a>,
    pub(crate) command_description: &'a str,
    pub(crate) command_type: &'static str,
    pub(crate) repeat_mode: &'static str,
    pub(crate) frequency: &'a str,
    pub(crate) timeout: Option<u32>,
    pub(crate) working_dir: &'a str,
}

impl Group for RunSettings<'_> {
    fn each(&self, out: &mut impl Fields) {
        self.common.each(out);
        out.text(name!("CommandDescription"), self.command_description);
        out.constant(name!("CommandType"), self.command_type);
        out.constant(name!("RepeatMode"), self.repeat_mode);
        out.text(name!("Frequency"), self.frequency);
        if let Some(timeout) = self.timeout {
            out.number(name!("Timeout"), timeout.into());
        }
        out.text(name!("WorkingDir"), self.working_dir);
    }
}

/// The settings that both answers show.
#[derive(Default)]
pub(crate) struct CommonSettings<'a> {
    pub(crate) command_id: &'a str,
    pub(crate) username: &'a str,
    pub(crate) container_id: &'a str,
    pub(crate) container_name: &'a str,
    pub(crate) launcher: &'a str,
    pub(crate) termination_mode: &'a str,
    pub(crate) oss_output_delivery: &'a str,
}

impl Group for CommonSettings<'_> {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("CommandId"), self.command_id);
        out.text(name!("Username"), self.username);
        out.text(name!("ContainerId"), self.container_id);
        out.text(name!("ContainerName"), self.container_name);
        out.text(name!("Launcher"), self.launcher);
        out.text(name!("TerminationMode"), self.termination_mode);
        out.text(name!("OssOutputDelivery"), self.oss_output_delivery);
    }
}

/// The answer to unset Parameters: the text of an empty JSON object. The service writes it, and
/// clients parse it.
pub(crate) const NO_PARAMETERS: &str = "{}";

/// The name, parameters and content of a command.
#[derive(Default)]
pub(crate) struct CommandBody<'a> {
    pub(crate) command_name: &'a str,
    /// Empty if unset.
    pub(crate) parameters: &'a str,
    pub(crate) command_content: &'a [u8],
}

impl Group for CommandBody<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("CommandName"), self.command_name);
        let unset = self.parameters.is_empty();
        out.text(name!("Parameters"), if unset { NO_PARAMETERS } else { self.parameters });
        out.bytes(name!("CommandContent"), self.command_content);
    }
}

/// One element of `Tags.Tag`.
pub(crate) struct Tag<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: &'a str,
}

impl Group for Tag<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("TagKey"), self.key);
        out.text(name!("TagValue"), self.value);
    }
}

/// One element of `InvokeInstances.InvokeInstance`. A second writer for runs that succeeded with
/// ExitCode 0, which most did, took 0.89 to 0.91 of the time of a body (2026-11-28).
pub(crate) struct Run<'a, I, T> {
    /// The [`InstanceId`].
    pub(crate) instance_id: I,
    pub(crate) invocation_status: &'static str,
    pub(crate) instance_invoke_status: &'static str,
    pub(crate) timed: bool,
    pub(crate) creation_time: Timestamp,
    pub(crate) update_time: Timestamp,
    pub(crate) finish_time: Option<Timestamp>,
    pub(crate) execution: Execution,
    /// The [`RunTexts`].
    pub(crate) texts: T,
    /// Empty if the answer does not show outputs.
    pub(crate) output: &'a [u8],
}

impl<I: Group, T: Group> Group for Run<'_, I, T> {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        self.instance_id.each(out);
        out.constant(name!("InvocationStatus"), self.invocation_status);
        out.constant(name!("InstanceInvokeStatus"), self.instance_invoke_status);
        out.flag(name!("Timed"), self.timed);
        out.time(name!("CreationTime"), Some(self.creation_time));
        out.time(name!("UpdateTime"), Some(self.update_time));
        out.time(name!("FinishTime"), self.finish_time);
        self.execution.each(out);
        self.texts.each(out);
        out.bytes(name!("Output"), self.output);
    }
}

/// One element of `InvocationResults.InvocationResult`.
pub(crate) struct InvocationResult<'a, I, T, G> {
    pub(crate) invoke_id: &'a str,
    /// The [`InstanceId`].
    pub(crate) instance_id: I,
    pub(crate) invocation_status: &'static str,
    pub(crate) invoke_record_status: &'static str,
    pub(crate) finished_time: Option<Timestamp>,
    pub(crate) execution: Execution,
    /// The [`RunTexts`].
    pub(crate) texts: T,
    pub(crate) settings: CommonSettings<'a>,
    /// Each a [`Tag`].
    pub(crate) tags: G,
    pub(crate) output: &'a [u8],
}

impl<I, T, G> Group for InvocationResult<'_, I, T, G>
where
    I: Group,
    T: Group,
    G: Iterator<Item: Group> + Clone,
{
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("InvokeId"), self.invoke_id);
        self.instance_id.each(out);
        out.constant(name!("InvocationStatus"), self.invocation_status);
        out.constant(name!("InvokeRecordStatus"), self.invoke_record_status);
        out.time(name!("FinishedTime"), self.finished_time);
        self.execution.each(out);
        self.texts.each(out);
        self.settings.each(out);
        out.list(name!("Tags"), name!("Tag"), self.tags.clone());
        out.bytes(name!("Output"), self.output);
    }
}

/// The instance of a run.
pub(crate) struct InstanceId<'a>(pub(crate) &'a str);

impl Group for InstanceId<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("InstanceId"), self.0);
    }
}

/// The fields of an execution that have the same names in both answers. The time of its end does
/// not: it is FinishTime in one and FinishedTime in the other.
pub(crate) struct Execution {
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(crate) repeats: u32,
    pub(crate) dropped: u64,
    pub(crate) exit_code: Option<i64>,
}

impl Group for Execution {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        out.time(name!("StartTime"), self.start_time);
        out.time(name!("StopTime"), self.stop_time);
        out.number(name!("Repeats"), self.repeats.into());
        out.number(name!("Dropped"), self.dropped);
        if let Some(exit_code) = self.exit_code {
            out.signed(name!("ExitCode"), exit_code);
        }
    }
}

/// The texts of an error and of the output's delivery to OSS.
#[derive(Default)]
pub(crate) struct RunTexts<'a> {
    pub(crate) error_code: &'a str,
    pub(crate) error_info: &'a str,
    pub(crate) oss_output_status: &'a str,
    pub(crate) oss_output_uri: &'a str,
    pub(crate) oss_output_error_code: &'a str,
    pub(crate) oss_output_error_info: &'a str,
}

impl RunTexts<'_> {
    /// The JSON of a run without any of these texts, as most runs are: one append instead of
    /// twelve.
    pub(crate) const NONE_JSON: &'static str = concat!(
        r#""ErrorCode":"","ErrorInfo":"","OssOutputStatus":"","OssOutputUri":"","#,
        r#""OssOutputErrorCode":"","OssOutputErrorInfo":"","#,
    );
}

impl Group for RunTexts<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("ErrorCode"), self.error_code);
        out.text(name!("ErrorInfo"), self.error_info);
        out.text(name!("OssOutputStatus"), self.oss_output_status);
        out.text(name!("OssOutputUri"), self.oss_output_uri);
        out.text(name!("OssOutputErrorCode"), self.oss_output_error_code);
        out.text(name!("OssOutputErrorInfo"), self.oss_output_error_info);
    }
}
