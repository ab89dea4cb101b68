//! What the invocations of one command with the same settings have in common, but its script. Most
//! records share it with others, so it is interned, and shown with one ready piece of JSON.

use super::packed::{Key, Packed, encode_key};
use super::symbols::SymbolId;
use crate::limits;
use crate::model::{CommandType, Invocation, RepeatMode};
use crate::wire::{self, CommonSettings, RunSettings};

/// The strings of a command, in the order they are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum CommandField {
    CommandId,
    CommandDescription,
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
    Settings,
}

const NUMBERS: usize = Number::Settings as usize + 1;

/// One command with the settings of its run. With it these fields of the answer, as JSON, once many
/// records share it.
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
}

impl Command {
    /// Writes what identifies the command of `invocation` to `key`.
    pub(crate) fn encode_key(invocation: &Invocation, key: &mut Vec<u8>) {
        encode_key::<FIELDS>(
            [
                invocation.command_id.as_bytes(),
                invocation.command_description.as_bytes(),
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
    pub(crate) fn new(invocation: &Invocation, key: &[u8], command_id: SymbolId) -> Self {
        Command(Packed::new(key, [command_id, settings(invocation)], b""))
    }

    /// The same command with its JSON ready.
    pub(crate) fn with_json(&self) -> Self {
        let json = wire::to_json(&self.fields());
        let numbers = [Number::CommandId, Number::Settings].map(|at| self.number(at));
        Command(Packed::new(self.0.key(), numbers, &json))
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

    /// What an answer shows of it.
    pub(crate) fn fields(&self) -> RunSettings<'_> {
        RunSettings {
            common: self.common_fields(),
            command_description: self.0.text(CommandField::CommandDescription as usize),
            command_type: self.command_type().as_str(),
            repeat_mode: self.repeat_mode().as_str(),
            frequency: self.0.text(CommandField::Frequency as usize),
            timeout: self.timeout(),
            working_dir: self.0.text(CommandField::WorkingDir as usize),
        }
    }

    /// What both answers show of it.
    pub(crate) fn common_fields(&self) -> CommonSettings<'_> {
        CommonSettings {
            command_id: self.0.text(CommandField::CommandId as usize),
            username: self.0.text(CommandField::Username as usize),
            container_id: self.0.text(CommandField::ContainerId as usize),
            container_name: self.0.text(CommandField::ContainerName as usize),
            launcher: self.0.text(CommandField::Launcher as usize),
            termination_mode: self.0.text(CommandField::TerminationMode as usize),
            oss_output_delivery: self.0.text(CommandField::OssOutputDelivery as usize),
        }
    }

    /// The JSON of [`fields`](Self::fields), empty while few records share it.
    pub(crate) fn json(&self) -> &[u8] {
        self.0.json()
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
