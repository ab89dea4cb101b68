//! Wire pairs from bytes, one a line: `Name=Value`.
//!
//! Name and value are the text of the line, with replacement characters for bytes that are not
//! UTF-8. But a name whose first byte is 0x80 or more means one of the documented names, and such a
//! value one that suits them, so that one byte chooses a string that would take long to find. A
//! byte 0x01 in front of a text is dropped; it escapes a first byte that would choose.

use super::records::{
    COMMAND_IDS, COMMAND_NAMES, GROUPS, INSTANCE_IDS, REGIONS, TAG_KEYS, TAG_VALUES, pick,
};
use super::twin::Pairs;
use crate::model::Operation;

/// The operation, the policy and the form that the first byte chooses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flags {
    pub(super) operation: Operation,
    pub(super) omitted_timed_any: bool,
    pub(super) form: u8,
}

impl Flags {
    pub(super) fn read(byte: u8) -> Self {
        Flags {
            operation: operation(byte & 1 == 1),
            omitted_timed_any: byte >> 1 & 1 == 1,
            form: byte >> 2 & 3,
        }
    }
}

pub(super) fn operation(results: bool) -> Operation {
    if results { Operation::DescribeInvocationResults } else { Operation::DescribeInvocations }
}

const NAMES: [&str; 43] = [
    "RegionId",
    "InvokeId",
    "InstanceId",
    "CommandId",
    "CommandName",
    "CommandType",
    "Type",
    "RepeatMode",
    "Timed",
    "InvokeStatus",
    "InvokeRecordStatus",
    "IncludeHistory",
    "IncludeOutput",
    "ContentEncoding",
    "ResourceGroupId",
    "PageNumber",
    "PageSize",
    "MaxResults",
    "NextToken",
    "Tag.1.Key",
    "Tag.1.Value",
    "Tag.2.Key",
    "Tag.2.Value",
    "Tag.3.Key",
    "Tag.3.Value",
    "Tag.20.Key",
    "Tag.20.Value",
    "Tag.21.Key",
    "Tag.0.Key",
    "Tag.01.Key",
    "Tag.99999999999999999999.Value",
    "Tag.1",
    "Tag.1.Other",
    "Action",
    "OwnerId",
    "OwnerAccount",
    "ResourceOwnerId",
    "ResourceOwnerAccount",
    "Signature",
    "Timestamp",
    "Version",
    "regionId",
    "InvokeId.1",
];

const STATUSES: [&str; 14] = [
    "Running",
    "Finished",
    "Success",
    "Failed",
    "Stopped",
    "Stopping",
    "PartialFailed",
    "Pending",
    "Scheduled",
    "Cancelled",
    "Terminated",
    "running",
    "Invalid",
    "",
];
const TYPES: [&str; 5] =
    ["RunBatScript", "RunPowerShellScript", "RunShellScript", "RunPythonScript", ""];
const MODES: [&str; 6] = ["Once", "Period", "NextRebootOnly", "EveryReboot", "DryRun", ""];
const FLAGS: [&str; 7] = ["true", "false", "True", "FALSE", "1", " true", ""];
const NUMBERS: [&str; 16] = [
    "1",
    "2",
    "3",
    "10",
    "50",
    "007",
    "51",
    "0",
    "-1",
    "+1",
    " 1",
    "1.0",
    "2147483647",
    "2147483648",
    "99999999999999999999",
    "",
];
const ENCODINGS: [&str; 4] = ["PlainText", "Base64", "base64", ""];
const HARD_TAGS: [&str; 6] = ["", "aliyun", "ACS:x", "http://", "x-https://y", "acs"];

/// One of the values for `name`.
fn value(name: &str, number: u8, tokens: &[String]) -> String {
    let text = match name {
        "RegionId" if number < 64 => REGIONS[0],
        "RegionId" => pick(&REGIONS, number),
        "InvokeId" => return super::records::invoke_id(number),
        "InstanceId" => pick(&INSTANCE_IDS, number),
        "CommandId" => pick(&COMMAND_IDS, number),
        "CommandName" => pick(&COMMAND_NAMES, number),
        "CommandType" | "Type" => pick(&TYPES, number),
        "RepeatMode" => pick(&MODES, number),
        "Timed" | "IncludeHistory" | "IncludeOutput" => pick(&FLAGS, number),
        "InvokeStatus" | "InvokeRecordStatus" => pick(&STATUSES, number),
        "ContentEncoding" => pick(&ENCODINGS, number),
        "ResourceGroupId" => pick(&GROUPS, number),
        "PageNumber" | "PageSize" | "MaxResults" => pick(&NUMBERS, number),
        "NextToken" => match tokens.get(usize::from(number) % tokens.len().max(1)) {
            Some(token) => token,
            None => "",
        },
        _ if name.ends_with(".Key") && number < 96 => pick(&TAG_KEYS, number),
        _ if name.ends_with(".Value") && number < 96 => pick(&TAG_VALUES, number),
        _ if number < 112 => pick(&HARD_TAGS, number),
        _ => return "字".repeat([64, 65, 128, 129][usize::from(number) % 4]),
    };
    text.to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_prefix(b"\x01").unwrap_or(bytes)).into_owned()
}

/// The pairs that `bytes` mean. A value of NextToken chooses from `tokens`.
pub(super) fn pairs(bytes: &[u8], tokens: &[String]) -> Pairs {
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let equals = line.iter().position(|&byte| byte == b'=').unwrap_or(line.len());
            let name = match line[..equals].first() {
                Some(&byte) if byte >= 0x80 => NAMES[usize::from(byte - 0x80) % NAMES.len()].into(),
                _ => text(&line[..equals]),
            };
            let rest = line.get(equals + 1..).unwrap_or_default();
            let value = match rest.first() {
                Some(&byte) if byte >= 0x80 => value(&name, byte - 0x80, tokens),
                _ => text(rest),
            };
            (name, value)
        })
        .collect()
}
