//! Implements [`Group`] and `Serialize` for views and answers: their fields, as `wire` writes them.

use serde::{Serialize, Serializer};

use super::answers::{DescribeInvocationResultsResponse, DescribeInvocationsResponse};
use super::result_view::InvocationResultView;
use super::views::{InvocationView, RunView, TagView};
use crate::wire::{self, Execution, Fields, Group, InstanceId, Object, Ready, Summary};

/// The fields of a page that both answers have.
macro_rules! page {
    ($answer:ident, $next_token:ident) => {
        wire::Page {
            page_number: $answer.page_number(),
            page_size: $answer.page_size(),
            total_count: $answer.total_count().unwrap_or(0),
            next_token: $next_token.as_ref().map_or("", |token| token.as_str()),
        }
    };
}

impl Group for DescribeInvocationsResponse<'_> {
    fn each(&self, out: &mut impl Fields) {
        let next_token = self.next_token();
        wire::Invocations { page: page!(self, next_token), invocations: self.invocations() }
            .each(out);
    }
}

impl Group for DescribeInvocationResultsResponse<'_> {
    fn each(&self, out: &mut impl Fields) {
        let next_token = self.next_token();
        let invocation_results = self.invocation_results();
        wire::InvocationResults { page: page!(self, next_token), invocation_results }.each(out);
    }
}

/// The fields of an execution that a run and a result have.
macro_rules! execution {
    ($row:ident) => {
        Execution {
            start_time: $row.start_time(),
            stop_time: $row.stop_time(),
            repeats: $row.repeats(),
            dropped: $row.dropped(),
            exit_code: $row.exit_code(),
        }
    };
}

impl Group for InvocationView<'_> {
    fn each(&self, out: &mut impl Fields) {
        wire::Invocation {
            summary: Summary {
                invoke_id: self.invoke_id(),
                creation_time: self.creation_time(),
                invocation_status: self.invocation_status().as_str(),
                invoke_status: self.invoke_status().as_str(),
                timed: self.timed(),
            },
            settings: Ready { json: self.settings_json(), group: || self.settings_fields() },
            body: Ready { json: self.body_json(), group: || self.body_fields() },
            tags: self.tags(),
            instances: self.instances(),
        }
        .each(out);
    }
}

impl Group for TagView<'_> {
    fn each(&self, out: &mut impl Fields) {
        let group = || wire::Tag { key: self.key(), value: self.value() };
        out.ready(self.json(), group);
    }
}

impl Group for RunView<'_> {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        wire::Run {
            instance_id: Ready {
                json: self.instance_json(),
                group: || InstanceId(self.instance_id()),
            },
            invocation_status: self.invocation_status().as_str(),
            instance_invoke_status: self.instance_invoke_status().as_str(),
            timed: self.timed(),
            creation_time: self.creation_time(),
            update_time: self.update_time(),
            finish_time: self.finish_time(),
            execution: execution!(self),
            texts: Ready { json: self.texts_json(), group: || self.texts_fields() },
            output: self.shown_output(),
        }
        .each(out);
    }
}

impl Group for InvocationResultView<'_> {
    fn each(&self, out: &mut impl Fields) {
        wire::InvocationResult {
            invoke_id: self.invoke_id(),
            instance_id: Ready {
                json: self.instance_json(),
                group: || InstanceId(self.instance_id()),
            },
            invocation_status: self.invocation_status().as_str(),
            invoke_record_status: self.invoke_record_status().as_str(),
            finished_time: self.finished_time(),
            execution: execution!(self),
            texts: Ready { json: self.texts_json(), group: || self.texts_fields() },
            settings: self.common_settings(),
            tags: self.tags(),
            output: self.output(),
        }
        .each(out);
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
    InvocationResultView
);

impl Serialize for TagView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Object { group: self, base64: true }.serialize(serializer)
    }
}
