//! A record as a simple embedder would keep it: plain structs that serde writes as the API's JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use invodex::{
    CommandType, InstanceInvokeStatus, InstanceRun, Invocation, InvocationStatus,
    LegacyInvokeStatus, OverallStatus, RepeatMode, Timestamp,
};
use invodex_testkit::model::Overall;
use serde::{Deserialize, Deserializer, Serialize};

use crate::support::wanted::Wanted;
use crate::support::{self, Key};

/// A row of the answer, with the other fields that filters need.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Record {
    #[serde(skip, default = "no_key")]
    pub key: Key,
    /// Not in answers; captured files may have it.
    #[serde(skip_serializing)]
    pub region_id: String,
    #[serde(skip_serializing)]
    pub resource_group_id: String,
    pub invoke_id: String,
    pub creation_time: String,
    pub command_id: String,
    pub command_name: String,
    #[serde(deserialize_with = "name::command_type")]
    pub command_type: CommandType,
    pub command_description: String,
    /// In Base64, as in the answer.
    pub command_content: String,
    pub parameters: String,
    #[serde(deserialize_with = "name::repeat_mode")]
    pub repeat_mode: RepeatMode,
    pub frequency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    pub working_dir: String,
    pub username: String,
    pub container_id: String,
    pub container_name: String,
    pub launcher: String,
    pub termination_mode: String,
    pub oss_output_delivery: String,
    #[serde(deserialize_with = "name::overall_status")]
    pub invocation_status: OverallStatus,
    #[serde(deserialize_with = "name::legacy_status")]
    pub invoke_status: LegacyInvokeStatus,
    pub timed: bool,
    pub tags: Tags,
    pub invoke_instances: Runs,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tags {
    pub tag: Vec<Tag>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub tag_key: String,
    pub tag_value: String,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Runs {
    pub invoke_instance: Vec<Run>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Run {
    pub instance_id: String,
    #[serde(deserialize_with = "name::run_status")]
    pub invocation_status: InvocationStatus,
    #[serde(deserialize_with = "name::legacy_run_status")]
    pub instance_invoke_status: InstanceInvokeStatus,
    pub timed: bool,
    pub creation_time: String,
    pub update_time: String,
    pub start_time: String,
    pub finish_time: String,
    pub stop_time: String,
    pub repeats: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    pub output: String,
    pub dropped: u64,
    pub error_code: String,
    pub error_info: String,
    pub oss_output_status: String,
    pub oss_output_uri: String,
    pub oss_output_error_code: String,
    pub oss_output_error_info: String,
}

/// The answer around the rows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer<T> {
    pub request_id: String,
    pub page_number: u32,
    pub page_size: u32,
    pub total_count: u64,
    pub next_token: String,
    pub invocations: Invocations<T>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Invocations<T> {
    pub invocation: Vec<T>,
}

/// The RequestId of all answers here.
pub const REQUEST_ID: &str = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E";

impl<T> Answer<T> {
    pub fn new(rows: Vec<T>, page_size: usize, next: Option<Key>) -> Self {
        Answer {
            request_id: REQUEST_ID.into(),
            page_number: 1,
            page_size: page_size as u32,
            total_count: 0,
            next_token: next.map(token).unwrap_or_default(),
            invocations: Invocations { invocation: rows },
        }
    }
}

/// A peer's NextToken: the position alone, without a seal.
pub fn token((time, number): Key) -> String {
    format!("{:08x}{number:016x}", time.as_secs())
}

/// Reads what [`token`] wrote.
pub fn read_token(token: &str) -> Option<Key> {
    let (time, number) = token.split_at_checked(8)?;
    let time = Timestamp::from_secs(i64::from_str_radix(time, 16).ok()?)?;
    Some((time, u64::from_str_radix(number, 16).ok()?))
}

fn no_key() -> Key {
    (Timestamp::MIN, 0)
}

/// A status of the model, which names only those that there are.
fn named<T>(status: Option<T>) -> T {
    status.expect("the model's names are the library's")
}

impl Record {
    /// The `number`th accepted record, from 1.
    pub fn of(from: Invocation, number: u64) -> Self {
        let overall = Overall::of(&from);
        Record {
            key: support::key(&from, number),
            creation_time: time(from.creation_time),
            command_content: STANDARD.encode(&from.command_content),
            invocation_status: named(OverallStatus::from_name(overall.status)),
            invoke_status: named(LegacyInvokeStatus::from_name(overall.legacy)),
            timed: overall.timed,
            tags: Tags {
                tag: from
                    .tags
                    .into_iter()
                    .map(|tag| Tag { tag_key: tag.key, tag_value: tag.value })
                    .collect(),
            },
            invoke_instances: Runs {
                invoke_instance: from
                    .instances
                    .into_iter()
                    .map(|run| Run::of(run, from.repeat_mode, from.creation_time))
                    .collect(),
            },
            region_id: from.region_id,
            resource_group_id: from.resource_group_id,
            invoke_id: from.invoke_id,
            command_id: from.command_id,
            command_name: from.command_name,
            command_type: from.command_type,
            command_description: from.command_description,
            parameters: from.parameters,
            repeat_mode: from.repeat_mode,
            frequency: from.frequency,
            timeout: from.timeout,
            working_dir: from.working_dir,
            username: from.username,
            container_id: from.container_id,
            container_name: from.container_name,
            launcher: from.launcher,
            termination_mode: from.termination_mode,
            oss_output_delivery: from.oss_output_delivery,
        }
    }

    /// Whether the record matches every filter.
    pub fn matches(&self, wanted: &Wanted) -> bool {
        self.region_id == wanted.region_id
            && wanted.timed.is_none_or(|timed| timed == self.timed)
            && wanted.command_type.is_none_or(|value| value == self.command_type)
            && wanted.repeat_mode.is_none_or(|value| value == self.repeat_mode)
            && wanted.status.as_deref().is_none_or(|status| {
                self.invocation_status.as_str() == status || self.invoke_status.as_str() == status
            })
            && wanted.resource_group_id.as_ref().is_none_or(|id| *id == self.resource_group_id)
            && wanted.invoke_id.as_ref().is_none_or(|id| *id == self.invoke_id)
            && wanted.command_id.as_ref().is_none_or(|id| *id == self.command_id)
            && wanted.command_name.as_ref().is_none_or(|name| *name == self.command_name)
            && wanted.instance_id.as_ref().is_none_or(|id| {
                self.invoke_instances.invoke_instance.iter().any(|run| run.instance_id == *id)
            })
            && wanted.tags.iter().all(|(key, value)| {
                let tag = self.tags.tag.iter().find(|tag| tag.tag_key == *key);
                tag.is_some_and(|tag| value.as_ref().is_none_or(|value| *value == tag.tag_value))
            })
    }

    /// The row as the answer shows it; with a filter by instance, only the run on that instance.
    pub fn shown(&self, wanted: &Wanted) -> Record {
        let mut shown = self.clone();
        if let Some(id) = &wanted.instance_id {
            shown.invoke_instances.invoke_instance.retain(|run| run.instance_id == *id);
        }
        shown
    }
}

impl Run {
    fn of(from: InstanceRun, mode: RepeatMode, created: Option<Timestamp>) -> Self {
        let status = from.invocation_status;
        let waits = matches!(
            mode,
            RepeatMode::Period | RepeatMode::NextRebootOnly | RepeatMode::EveryReboot
        );
        let creation_time = from.creation_time.or(created);
        Run {
            instance_id: from.instance_id,
            invocation_status: status,
            instance_invoke_status: status.legacy(mode),
            timed: waits && !status.is_end(),
            creation_time: time(creation_time),
            update_time: time(from.update_time.or(creation_time)),
            start_time: time(from.start_time),
            finish_time: time(from.finish_time),
            stop_time: time(from.stop_time),
            repeats: from.repeats,
            exit_code: from.exit_code,
            output: STANDARD.encode(&from.output),
            dropped: from.dropped,
            error_code: from.error_code,
            error_info: from.error_info,
            oss_output_status: from.oss_output_status,
            oss_output_uri: from.oss_output_uri,
            oss_output_error_code: from.oss_output_error_code,
            oss_output_error_info: from.oss_output_error_info,
        }
    }
}

fn time(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

/// Reads the API's names of enumerated values.
mod name {
    use super::*;

    macro_rules! by_name {
        ($($function:ident: $type:ty),+ $(,)?) => {
            $(pub(super) fn $function<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                let name = <&str>::deserialize(from)?;
                <$type>::from_name(name).ok_or_else(|| serde::de::Error::custom("no such name"))
            })+
        };
    }
    by_name!(
        command_type: CommandType,
        repeat_mode: RepeatMode,
        overall_status: OverallStatus,
        legacy_status: LegacyInvokeStatus,
        run_status: InvocationStatus,
        legacy_run_status: InstanceInvokeStatus,
    );
}
