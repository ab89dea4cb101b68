//! The views as serde writes them: the API's fields, one by one. What `json` writes faster is held
//! equal to this by tests.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{
    DescribeInvocationResultsResponse, DescribeInvocationsResponse, InvocationResultView,
    InvocationView, RunView, TagView,
};
use crate::model::Timestamp;
use crate::request::ContentEncoding;

/// Bytes as the answer writes them.
fn encoded(bytes: &[u8], encoding: ContentEncoding) -> Cow<'_, str> {
    match encoding {
        ContentEncoding::Base64 => Cow::Owned(STANDARD.encode(bytes)),
        ContentEncoding::PlainText => String::from_utf8_lossy(bytes),
    }
}

/// An unset time is `""`.
struct Time(Option<Timestamp>);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(time) => time.serialize(serializer),
            None => serializer.serialize_str(""),
        }
    }
}

/// `{"NAME": [items]}`, the API's form of a list.
struct List<I>(&'static str, I);

impl<I: Iterator + Clone> Serialize for List<I>
where
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Items<I>(I);
        impl<I: Iterator + Clone> Serialize for Items<I>
        where
            I::Item: Serialize,
        {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut seq = serializer.serialize_seq(None)?;
                for item in self.0.clone() {
                    seq.serialize_element(&item)?;
                }
                seq.end()
            }
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &Items(self.1.clone()))?;
        map.end()
    }
}

impl Serialize for TagView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("TagKey", self.key())?;
        map.serialize_entry("TagValue", self.value())?;
        map.end()
    }
}

/// The settings of a run request that both answers show.
macro_rules! serialize_settings {
    ($map:ident, $view:ident) => {
        $map.serialize_entry("Username", $view.username())?;
        $map.serialize_entry("ContainerId", $view.container_id())?;
        $map.serialize_entry("ContainerName", $view.container_name())?;
        $map.serialize_entry("Launcher", $view.launcher())?;
        $map.serialize_entry("TerminationMode", $view.termination_mode())?;
        $map.serialize_entry("OssOutputDelivery", $view.oss_output_delivery())?;
    };
}

impl Serialize for InvocationView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tags: Vec<_> = self.tags().collect();
        let instances: Vec<_> = self.instances().collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("InvokeId", self.invoke_id())?;
        map.serialize_entry("CommandId", self.command_id())?;
        map.serialize_entry("CommandName", self.command_name())?;
        map.serialize_entry("CommandDescription", self.command_description())?;
        map.serialize_entry("Parameters", self.parameters())?;
        map.serialize_entry("Frequency", self.frequency())?;
        map.serialize_entry("WorkingDir", self.working_dir())?;
        serialize_settings!(map, self);
        map.serialize_entry("CommandType", &self.command_type())?;
        map.serialize_entry("RepeatMode", &self.repeat_mode())?;
        map.serialize_entry(
            "CommandContent",
            &encoded(self.command_content(), self.show.encoding),
        )?;
        if let Some(timeout) = self.timeout() {
            map.serialize_entry("Timeout", &timeout)?;
        }
        map.serialize_entry("CreationTime", &self.creation_time())?;
        map.serialize_entry("InvocationStatus", &self.invocation_status())?;
        map.serialize_entry("InvokeStatus", &self.invoke_status())?;
        map.serialize_entry("Timed", &self.timed())?;
        map.serialize_entry("Tags", &List("Tag", tags.iter()))?;
        map.serialize_entry("InvokeInstances", &List("InvokeInstance", instances.iter()))?;
        map.end()
    }
}

/// The fields of a run that both answers show.
macro_rules! serialize_details {
    ($map:ident, $view:ident) => {
        $map.serialize_entry("ErrorCode", $view.error_code())?;
        $map.serialize_entry("ErrorInfo", $view.error_info())?;
        $map.serialize_entry("OssOutputStatus", $view.oss_output_status())?;
        $map.serialize_entry("OssOutputUri", $view.oss_output_uri())?;
        $map.serialize_entry("OssOutputErrorCode", $view.oss_output_error_code())?;
        $map.serialize_entry("OssOutputErrorInfo", $view.oss_output_error_info())?;
        $map.serialize_entry("StartTime", &Time($view.start_time()))?;
        $map.serialize_entry("StopTime", &Time($view.stop_time()))?;
        $map.serialize_entry("Repeats", &$view.repeats())?;
        $map.serialize_entry("Dropped", &$view.dropped())?;
        if let Some(exit_code) = $view.exit_code() {
            $map.serialize_entry("ExitCode", &exit_code)?;
        }
    };
}

impl Serialize for RunView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let output = if self.show.output { self.output() } else { &[] };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("InstanceId", self.instance_id())?;
        map.serialize_entry("InvocationStatus", &self.invocation_status())?;
        map.serialize_entry("InstanceInvokeStatus", &self.instance_invoke_status())?;
        map.serialize_entry("Timed", &self.timed())?;
        map.serialize_entry("CreationTime", &self.creation_time())?;
        map.serialize_entry("UpdateTime", &self.update_time())?;
        map.serialize_entry("FinishTime", &Time(self.finish_time()))?;
        serialize_details!(map, self);
        map.serialize_entry("Output", &encoded(output, self.show.encoding))?;
        map.end()
    }
}

impl Serialize for InvocationResultView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tags: Vec<_> = self.tags().collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("InvokeId", self.invoke_id())?;
        map.serialize_entry("CommandId", self.command_id())?;
        map.serialize_entry("InstanceId", self.instance_id())?;
        map.serialize_entry("InvocationStatus", &self.invocation_status())?;
        map.serialize_entry("InvokeRecordStatus", &self.invoke_record_status())?;
        map.serialize_entry("FinishedTime", &Time(self.finished_time()))?;
        serialize_details!(map, self);
        serialize_settings!(map, self);
        map.serialize_entry("Tags", &List("Tag", tags.iter()))?;
        map.serialize_entry("Output", &encoded(self.output(), self.encoding()))?;
        map.end()
    }
}

macro_rules! serialize_place {
    ($map:ident, $page:ident) => {
        $map.serialize_entry("PageNumber", &$page.page_number())?;
        $map.serialize_entry("PageSize", &$page.page_size())?;
        $map.serialize_entry("TotalCount", &$page.total_count().unwrap_or(0))?;
        $map.serialize_entry(
            "NextToken",
            $page.next_token().as_ref().map_or("", |token| token.as_str()),
        )?;
    };
}

impl Serialize for DescribeInvocationsResponse<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows: Vec<_> = self.invocations().collect();
        let mut map = serializer.serialize_map(None)?;
        serialize_place!(map, self);
        map.serialize_entry("Invocations", &List("Invocation", rows.iter()))?;
        map.end()
    }
}

impl Serialize for DescribeInvocationResultsResponse<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Inner<'a, 'b>(&'a DescribeInvocationResultsResponse<'b>);
        impl Serialize for Inner<'_, '_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let page = self.0;
                let rows: Vec<_> = page.invocation_results().collect();
                let mut map = serializer.serialize_map(None)?;
                serialize_place!(map, page);
                map.serialize_entry("InvocationResults", &List("InvocationResult", rows.iter()))?;
                map.end()
            }
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("Invocation", &Inner(self))?;
        map.end()
    }
}
