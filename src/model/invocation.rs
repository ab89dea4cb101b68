//! An invocation: one run request of one command, with its tags and its runs.

use super::debug::debug_struct;
use super::kinds::{CommandType, RepeatMode};
use super::run::InstanceRun;
use super::text_field::{TextField, TextLimit, text_fields};
use super::time::Timestamp;
use crate::limits;

/// A tag: a key and a value. The value may be empty.
///
/// A key must not start with `aliyun` or `acs:`, in any letter case. Neither key nor value may
/// contain `http://` or `https://`. A store checks these rules when it accepts the record.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, Store, Tag};
///
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// invocation.tags.push(Tag::new("acs:owner", "zhangsan"));
/// let error = Store::default().accept(&invocation).unwrap_err();
/// assert_eq!((error.code(), error.parameter()), ("InvalidTagKey.Malformed", Some("Tag.1.Key")));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tag {
    /// `TagKey`: 1 to 64 characters.
    pub key: String,
    /// `TagValue`: at most 128 characters.
    pub value: String,
}

impl Tag {
    /// The tag `key` = `value`.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Tag { key: key.into(), value: value.into() }
    }
}

/// One run request of one command on 1 to 100 instances.
///
/// A store accepts this type and gives it back. It is plain data: any value can be built, and a
/// store checks the limits below when it accepts the record. The overall statuses and `Timed` are
/// not fields, because a store derives them from the runs.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, RepeatMode, Tag};
///
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.command_name = "disk-report".into();
/// invocation.command_content = b"df -h".to_vec();
/// invocation.repeat_mode = RepeatMode::Period;
/// invocation.tags.push(Tag::new("owner", "zhangsan"));
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invocation {
    /// `RegionId`: required, at most 128 bytes.
    pub region_id: String,
    /// `ResourceGroupId`: at most 128 bytes, may be empty.
    pub resource_group_id: String,
    /// `InvokeId`: required, at most 128 bytes, unique in a store.
    pub invoke_id: String,
    /// `CreationTime`: if unset, the store's time when it accepts the record. It may lie in the
    /// past or the future, and records may arrive in any order of it.
    pub creation_time: Option<Timestamp>,
    /// `CommandId`: required, at most 128 bytes.
    pub command_id: String,
    /// `CommandName`: at most 128 characters.
    pub command_name: String,
    /// `CommandType`: the interpreter of the command.
    pub command_type: CommandType,
    /// `CommandDescription`: at most 512 characters.
    pub command_description: String,
    /// `CommandContent`: raw bytes, before any encoding; at most 24,576.
    pub command_content: Vec<u8>,
    /// `Parameters`: JSON text, stored unchanged; at most 4,096 bytes. An answer shows `{}` if it
    /// is empty, as the service does for a command without parameters. Stores, archives and pages
    /// of plain data keep an empty text and `{}` as they were given.
    pub parameters: String,
    /// `RepeatMode`: when the command runs.
    pub repeat_mode: RepeatMode,
    /// `Frequency`: the schedule, stored unchanged; at most 4,096 bytes.
    pub frequency: String,
    /// `Timeout`: 1 to 86,400 seconds, or unset.
    pub timeout: Option<u32>,
    /// `WorkingDir`: at most 200 characters.
    pub working_dir: String,
    /// `Username`: at most 255 characters.
    pub username: String,
    /// `ContainerId`: at most 4,096 bytes.
    pub container_id: String,
    /// `ContainerName`: at most 4,096 bytes.
    pub container_name: String,
    /// `Launcher`: at most 1,024 bytes.
    pub launcher: String,
    /// `TerminationMode`: the service uses `Process` and `ProcessTree`; stored unchanged, at most
    /// 4,096 bytes.
    pub termination_mode: String,
    /// `OssOutputDelivery`: at most 4,096 bytes.
    pub oss_output_delivery: String,
    /// `Tags`: at most 20 with distinct keys.
    pub tags: Vec<Tag>,
    /// `InvokeInstances`: 1 to 100 runs on distinct instances, in the order of the request.
    pub instances: Vec<InstanceRun>,
}

impl Invocation {
    /// An invocation with the three required ids; a shell script that runs once; all other fields
    /// unset.
    pub fn new(
        region_id: impl Into<String>,
        invoke_id: impl Into<String>,
        command_id: impl Into<String>,
    ) -> Self {
        Invocation {
            region_id: region_id.into(),
            resource_group_id: String::new(),
            invoke_id: invoke_id.into(),
            creation_time: None,
            command_id: command_id.into(),
            command_name: String::new(),
            command_type: CommandType::RunShellScript,
            command_description: String::new(),
            command_content: Vec::new(),
            parameters: String::new(),
            repeat_mode: RepeatMode::Once,
            frequency: String::new(),
            timeout: None,
            working_dir: String::new(),
            username: String::new(),
            container_id: String::new(),
            container_name: String::new(),
            launcher: String::new(),
            termination_mode: String::new(),
            oss_output_delivery: String::new(),
            tags: Vec::new(),
            instances: Vec::new(),
        }
    }
}

debug_struct! {
    Invocation {
        region_id, resource_group_id, invoke_id, creation_time, command_id, command_name,
        command_type, command_description, parameters, repeat_mode, frequency, timeout,
        working_dir, username, container_id, container_name, launcher, termination_mode,
        oss_output_delivery, tags, instances; command_content
    }
}

/// The texts of an invocation that belong to its command, in the order of their checks and of the
/// differences that an import reports.
pub(crate) const COMMAND_TEXT_FIELDS: &[TextField<Invocation>] = text_fields! {
    command_id: "CommandId", TextLimit::Id;
    command_name: "CommandName", TextLimit::Chars(limits::COMMAND_NAME_CHARS);
    command_description: "CommandDescription", TextLimit::Chars(limits::COMMAND_DESCRIPTION_CHARS);
    parameters: "Parameters", TextLimit::Bytes(limits::TEXT_BYTES);
    frequency: "Frequency", TextLimit::Bytes(limits::TEXT_BYTES);
    working_dir: "WorkingDir", TextLimit::Chars(limits::WORKING_DIR_CHARS);
    username: "Username", TextLimit::Chars(limits::USERNAME_CHARS);
    container_id: "ContainerId", TextLimit::Bytes(limits::TEXT_BYTES);
    container_name: "ContainerName", TextLimit::Bytes(limits::TEXT_BYTES);
    launcher: "Launcher", TextLimit::Bytes(limits::LAUNCHER_BYTES);
    termination_mode: "TerminationMode", TextLimit::Bytes(limits::TEXT_BYTES);
    oss_output_delivery: "OssOutputDelivery", TextLimit::Bytes(limits::TEXT_BYTES);
};
