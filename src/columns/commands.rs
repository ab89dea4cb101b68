//! What the invocations of one command with the same settings have in common. Most records share
//! it with others, so it is interned, and shown with one ready piece of JSON.

use super::fragment::{push_bytes, push_text};
use super::packed::{Key, Packed};
use super::symbols::SymbolId;
use crate::model::{CommandType, Invocation, RepeatMode};

/// The strings of a command, in the order they are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum CommandField {
    CommandId,
    CommandName,
    CommandDescription,
    CommandContent,
    Parameters,
    Frequency,
    WorkingDir,
    Username,
    ContainerId,
    ContainerName,
    Launcher,
    TerminationMode,
    OssOutputDelivery,
    /// Type, mode and timeout as bytes: part of the key, read from fields of their own.
    Settings,
}

const FIELDS: usize = CommandField::Settings as usize + 1;

/// One command with the settings of its run.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) command_id: SymbolId,
    pub(crate) command_name: SymbolId,
    pub(crate) command_type: CommandType,
    pub(crate) repeat_mode: RepeatMode,
    pub(crate) timeout: Option<u32>,
    strings: Packed<FIELDS>,
    /// All fields of the answer from here, as JSON with Base64 content. Empty while only one
    /// record uses the command: unique content gains nothing from being kept twice.
    json: Box<[u8]>,
    /// Where the content stands in `json`, quotes included.
    content: std::ops::Range<u32>,
}

impl Key for Command {
    fn key(&self) -> &[u8] {
        self.strings.as_bytes()
    }
}

impl Command {
    /// Writes what identifies the command of `invocation` to `key`.
    pub(crate) fn encode_key(invocation: &Invocation, key: &mut Vec<u8>) {
        let timeout = invocation.timeout.unwrap_or(0).to_le_bytes();
        let settings = [
            invocation.command_type as u8,
            invocation.repeat_mode as u8,
            timeout[0],
            timeout[1],
            timeout[2],
            timeout[3],
        ];
        Packed::<FIELDS>::encode(
            [
                invocation.command_id.as_bytes(),
                invocation.command_name.as_bytes(),
                invocation.command_description.as_bytes(),
                &invocation.command_content,
                invocation.parameters.as_bytes(),
                invocation.frequency.as_bytes(),
                invocation.working_dir.as_bytes(),
                invocation.username.as_bytes(),
                invocation.container_id.as_bytes(),
                invocation.container_name.as_bytes(),
                invocation.launcher.as_bytes(),
                invocation.termination_mode.as_bytes(),
                invocation.oss_output_delivery.as_bytes(),
                &settings,
            ],
            key,
        );
    }

    /// The command of `invocation`, whose key is `key`.
    pub(crate) fn new(
        invocation: &Invocation,
        key: &[u8],
        command_id: SymbolId,
        command_name: SymbolId,
    ) -> Self {
        Command {
            command_id,
            command_name,
            command_type: invocation.command_type,
            repeat_mode: invocation.repeat_mode,
            timeout: invocation.timeout,
            strings: Packed::from_encoded(key),
            json: Box::default(),
            content: 0..0,
        }
    }

    /// The same command with its JSON ready.
    pub(crate) fn with_json(&self) -> Self {
        let mut json = Vec::new();
        self.push_before_content(&mut json);
        let start = json.len() as u32;
        self.push_content(true, &mut json);
        let end = json.len() as u32;
        self.push_after_content(&mut json);
        Command {
            strings: Packed::from_encoded(self.strings.as_bytes()),
            json: json.into_boxed_slice(),
            content: start..end,
            ..*self
        }
    }

    pub(crate) fn has_json(&self) -> bool {
        !self.json.is_empty()
    }

    pub(crate) fn get(&self, field: CommandField) -> &[u8] {
        self.strings.get(field as usize)
    }

    /// Appends the fields that come from here, from the quote that ends the InvokeId to the
    /// bracket that opens the tags.
    pub(crate) fn push_json(&self, base64: bool, out: &mut Vec<u8>) {
        if self.json.is_empty() {
            self.push_before_content(out);
            self.push_content(base64, out);
            self.push_after_content(out);
        } else if base64 {
            out.extend_from_slice(&self.json);
        } else {
            out.extend_from_slice(&self.json[..self.content.start as usize]);
            self.push_content(false, out);
            out.extend_from_slice(&self.json[self.content.end as usize..]);
        }
    }

    fn push_before_content(&self, out: &mut Vec<u8>) {
        const FIELDS: [(&[u8], CommandField); 12] = [
            (b"\",\"CommandId\":\"", CommandField::CommandId),
            (b"\",\"CommandName\":\"", CommandField::CommandName),
            (b"\",\"CommandDescription\":\"", CommandField::CommandDescription),
            (b"\",\"Parameters\":\"", CommandField::Parameters),
            (b"\",\"Frequency\":\"", CommandField::Frequency),
            (b"\",\"WorkingDir\":\"", CommandField::WorkingDir),
            (b"\",\"Username\":\"", CommandField::Username),
            (b"\",\"ContainerId\":\"", CommandField::ContainerId),
            (b"\",\"ContainerName\":\"", CommandField::ContainerName),
            (b"\",\"Launcher\":\"", CommandField::Launcher),
            (b"\",\"TerminationMode\":\"", CommandField::TerminationMode),
            (b"\",\"OssOutputDelivery\":\"", CommandField::OssOutputDelivery),
        ];
        for (name, field) in FIELDS {
            out.extend_from_slice(name);
            push_text(self.get(field), out);
        }
        out.extend_from_slice(b"\",\"CommandType\":\"");
        out.extend_from_slice(self.command_type.as_str().as_bytes());
        out.extend_from_slice(b"\",\"RepeatMode\":\"");
        out.extend_from_slice(self.repeat_mode.as_str().as_bytes());
        out.extend_from_slice(b"\",\"CommandContent\":");
    }

    fn push_content(&self, base64: bool, out: &mut Vec<u8>) {
        push_bytes(self.get(CommandField::CommandContent), base64, out);
    }

    fn push_after_content(&self, out: &mut Vec<u8>) {
        if let Some(timeout) = self.timeout {
            out.extend_from_slice(b",\"Timeout\":");
            out.extend_from_slice(timeout.to_string().as_bytes());
        }
        out.extend_from_slice(b",\"Tags\":{\"Tag\":[");
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.strings.as_bytes().len() + self.json.len()
    }
}
