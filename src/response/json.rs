//! The fields of the answers and their rows: each name, its value and the order. Views and answers
//! serialise (with serde) by the same lists.
//!
//! An unset text or time is `""` and stays present, unset Parameters are `{}`; ExitCode and Timeout
//! are absent until they are set. Lists are never null. The order of fields in an object is free to
//! change.

use serde::{Serialize, Serializer};

use super::answers::{DescribeInvocationResultsResponse, DescribeInvocationsResponse};
use super::result_view::InvocationResultView;
use super::views::{InvocationView, RunView, TagView};
use crate::query::Page;
use crate::table::{Execution, RunTexts};
use crate::wire::{self, Fields, Group, Object, name};

impl Group for DescribeInvocationsResponse<'_> {
    fn each(&self, out: &mut impl Fields) {
        self.page.each(out);
        out.list(name!("Invocations"), name!("Invocation"), self.invocations());
    }
}

impl Group for DescribeInvocationResultsResponse<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.object(name!("Invocation"), &PageOfResults(self));
    }
}

/// The object `Invocation`, which has the fields of the page too.
struct PageOfResults<'a>(&'a DescribeInvocationResultsResponse<'a>);

impl Group for PageOfResults<'_> {
    fn each(&self, out: &mut impl Fields) {
        self.0.page.each(out);
        let rows = self.0.invocation_results();
        out.list(name!("InvocationResults"), name!("InvocationResult"), rows);
    }
}

impl<R> Group for Page<R> {
    fn each(&self, out: &mut impl Fields) {
        out.number(name!("PageNumber"), self.page_number.into());
        out.number(name!("PageSize"), self.page_size.into());
        out.number(name!("TotalCount"), self.total.unwrap_or(0));
        let next_token = self.next_token();
        out.text(name!("NextToken"), next_token.as_ref().map_or("", |token| token.as_str()));
    }
}

impl Group for InvocationView<'_> {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        out.utf8(name!("InvokeId"), self.invoke_id_bytes());
        out.time(name!("CreationTime"), Some(self.creation_time()));
        out.constant(name!("InvocationStatus"), self.invocation_status().as_str());
        out.constant(name!("InvokeStatus"), self.invoke_status().as_str());
        out.flag(name!("Timed"), self.timed());
        out.ready(self.settings.json(), || self.settings.fields());
        out.ready(self.body_json(), || self.body.fields());
        out.list(name!("Tags"), name!("Tag"), self.tags());
        out.list(name!("InvokeInstances"), name!("InvokeInstance"), self.instances());
    }
}

impl Group for TagView<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.ready(self.0.json(), || self.0.fields());
    }
}

/// A second writer for runs that succeeded with ExitCode 0, which most did, took 0.89 to 0.91 of the
/// time of a body (2026-11-28).
impl Group for RunView<'_> {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        out.ready(self.instance().json(), || self.instance().instance_field());
        out.constant(name!("InvocationStatus"), self.invocation_status().as_str());
        out.constant(name!("InstanceInvokeStatus"), self.instance_invoke_status().as_str());
        out.flag(name!("Timed"), self.timed());
        out.time(name!("CreationTime"), Some(self.creation_time()));
        out.time(name!("UpdateTime"), Some(self.update_time()));
        out.time(name!("FinishTime"), self.finish_time());
        self.execution.each(out);
        each_text(self.texts(), out);
        out.bytes(name!("Output"), self.shown_output());
    }
}

impl Group for InvocationResultView<'_> {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        out.utf8(name!("InvokeId"), self.invocation.invoke_id_bytes());
        out.ready(self.instance().json(), || self.instance().instance_field());
        out.constant(name!("InvocationStatus"), self.invocation_status().as_str());
        out.constant(name!("InvokeRecordStatus"), self.invoke_record_status().as_str());
        out.time(name!("FinishedTime"), self.finished_time());
        self.execution.each(out);
        each_text(self.texts(), out);
        self.invocation.settings.common_fields().each(out);
        out.list(name!("Tags"), name!("Tag"), self.tags());
        out.bytes(name!("Output"), self.output());
    }
}

/// The texts of an execution, unless all are empty.
#[inline(always)]
fn each_text(texts: Option<&RunTexts>, out: &mut impl Fields) {
    let json = texts.map_or(wire::NO_RUN_TEXTS_JSON.as_bytes(), RunTexts::json);
    out.ready(json, || texts.map_or(wire::NO_RUN_TEXTS, RunTexts::fields));
}

/// The fields of an execution that have the same names in both answers. The time of its end does
/// not: it is FinishTime in one and FinishedTime in the other.
impl Group for Execution<&[u8]> {
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

macro_rules! serialize {
    ($($name:ident),+) => {
        $(impl Serialize for $name<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Object { group: self, base64: self.base64() }.serialize(serializer)
            }
        })+
    };
}
serialize!(
    DescribeInvocationsResponse,
    DescribeInvocationResultsResponse,
    InvocationView,
    RunView,
    TagView,
    InvocationResultView
);
