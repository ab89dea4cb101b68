//! What the invocations of one command with the same settings have in common. Most records share
//! it with others, so it is interned, and shown with one ready piece of JSON.

use super::fragment::{push_bytes, push_text};
use super::packed::{Key, Packed, encode_key};
use super::symbols::SymbolId;
use crate::limits;
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
    /// Type, mode and timeout, see [`settings`]: part of the key, read from a number.
    Settings,
}

const FIELDS: usize = CommandField::Settings as usize + 1;

/// The numbers of a command, in the order they are packed.
#[derive(Clone, Copy)]
enum Number {
    /// The symbol of the CommandId.
    CommandId,
    /// The symbol of the CommandName.
    CommandName,
    Settings,
    /// Where the content begins in the JSON, with its quote.
    ContentStart,
    /// Where the JSON goes on behind the content.
    ContentEnd,
}

const NUMBERS: usize = Number::ContentEnd as usize + 1;

/// One command with the settings of its run. With it all fields of the answer from here, as JSON with
/// Base64 content, from its second use on: unique content gains nothing from being kept twice.
#[derive(Clone, Debug)]
pub(crate) struct Command(Packed<FIELDS, NUMBERS>);

/// Type, mode and timeout, 0 for none, in one number.
fn settings(invocation: &Invocation) -> u32 {
    const {
        assert!(CommandType::ALL.len() <= 16 && RepeatMode::ALL.len() <= 16);
        assert!(limits::TIMEOUT_SECONDS < 1 << 24);
    }
    let timeout = invocation.timeout.unwrap_or(0);
    timeout << 8 | (invocation.command_type as u32) << 4 | invocation.repeat_mode as u32
}

impl Key for Command {
    fn key(&self) -> &[u8] {
        self.0.key()
    }

    fn is_clone_of(&self, other: &Self) -> bool {
        self.0.is_clone_of(&other.0)
    }
}

impl Command {
    /// Writes what identifies the command of `invocation` to `key`.
    pub(crate) fn encode_key(invocation: &Invocation, key: &mut Vec<u8>) {
        encode_key::<FIELDS>(
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
                &settings(invocation).to_le_bytes(),
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
        Command(Packed::new(key, [command_id, command_name, settings(invocation), 0, 0], b""))
    }

    /// The same command with its JSON ready.
    pub(crate) fn with_json(&self) -> Self {
        let mut json = Vec::new();
        self.push_before_content(&mut json);
        let start = json.len() as u32;
        self.push_content(true, &mut json);
        let end = json.len() as u32;
        self.push_after_content(&mut json);
        let [id, name, settings] =
            [Number::CommandId, Number::CommandName, Number::Settings].map(|at| self.number(at));
        Command(Packed::new(self.0.key(), [id, name, settings, start, end], &json))
    }

    pub(crate) fn has_json(&self) -> bool {
        !self.0.json().is_empty()
    }

    fn number(&self, number: Number) -> u32 {
        self.0.number(number as usize)
    }

    pub(crate) fn command_id(&self) -> SymbolId {
        self.number(Number::CommandId)
    }

    pub(crate) fn command_name(&self) -> SymbolId {
        self.number(Number::CommandName)
    }

    pub(crate) fn command_type(&self) -> CommandType {
        CommandType::ALL[(self.number(Number::Settings) >> 4 & 0xf) as usize]
    }

    pub(crate) fn repeat_mode(&self) -> RepeatMode {
        RepeatMode::ALL[(self.number(Number::Settings) & 0xf) as usize]
    }

    pub(crate) fn timeout(&self) -> Option<u32> {
        Some(self.number(Number::Settings) >> 8).filter(|&timeout| timeout > 0)
    }

    pub(crate) fn get(&self, field: CommandField) -> &[u8] {
        self.0.get(field as usize)
    }

    /// Appends the fields that come from here, from the quote that ends the InvokeId to the
    /// bracket that opens the tags.
    pub(crate) fn push_json(&self, base64: bool, out: &mut Vec<u8>) {
        let json = self.0.json();
        if json.is_empty() {
            self.push_before_content(out);
            self.push_content(base64, out);
            self.push_after_content(out);
        } else if base64 {
            out.extend_from_slice(json);
        } else {
            out.extend_from_slice(&json[..self.number(Number::ContentStart) as usize]);
            self.push_content(false, out);
            out.extend_from_slice(&json[self.number(Number::ContentEnd) as usize..]);
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
        out.extend_from_slice(self.command_type().as_str().as_bytes());
        out.extend_from_slice(b"\",\"RepeatMode\":\"");
        out.extend_from_slice(self.repeat_mode().as_str().as_bytes());
        out.extend_from_slice(b"\",\"CommandContent\":");
    }

    fn push_content(&self, base64: bool, out: &mut Vec<u8>) {
        push_bytes(self.get(CommandField::CommandContent), base64, out);
    }

    fn push_after_content(&self, out: &mut Vec<u8>) {
        if let Some(timeout) = self.timeout() {
            out.extend_from_slice(b",\"Timeout\":");
            out.extend_from_slice(timeout.to_string().as_bytes());
        }
        out.extend_from_slice(b",\"Tags\":{\"Tag\":[");
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
