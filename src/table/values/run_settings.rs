//! The run settings: command id, description, schedule, user, container and all other fields of a
//! command except its body. Most records share them with others.

use super::string_tuple::{KeyBytes, StringTuple, key_of};
use crate::model::{CommandType, Invocation, RepeatMode};
use crate::table::index_key::{INDEXED_SETTINGS, IndexKey};
use crate::table::interned::{Value, ValueId};
use crate::wire;

/// The strings of the settings, in the order of the tuple.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Setting {
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
    /// CommandType, RepeatMode and Timeout as bytes: they are part of the key, and are read from
    /// the fields of [`RunSettings`].
    Numbers,
}

const STRINGS: usize = Setting::Numbers as usize + 1;

/// Interned run settings. Once many records share them, they keep the JSON of their fields.
#[derive(Clone, Debug)]
pub(crate) struct RunSettings {
    strings: StringTuple<STRINGS>,
    /// The interned texts of [`INDEXED_SETTINGS`], in that order.
    indexed: [ValueId; INDEXED_SETTINGS.len()],
    /// In seconds.
    pub(crate) timeout: Option<u32>,
    pub(crate) command_type: CommandType,
    pub(crate) repeat_mode: RepeatMode,
}

impl RunSettings {
    /// The key of the settings of `invocation`.
    pub(crate) fn key_of(invocation: &Invocation) -> KeyBytes {
        let [a, b, c, d] = invocation.timeout.unwrap_or(0).to_le_bytes();
        let numbers = [invocation.command_type as u8, invocation.repeat_mode as u8, a, b, c, d];
        key_of::<STRINGS>([
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
            &numbers,
        ])
    }

    /// The settings of `invocation`, whose [`key_of`](Self::key_of) is `key`. `indexed` are the
    /// interned texts of [`INDEXED_SETTINGS`].
    pub(crate) fn new(
        invocation: &Invocation,
        key: &[u8],
        indexed: [ValueId; INDEXED_SETTINGS.len()],
    ) -> Self {
        RunSettings {
            strings: StringTuple::new(key, b""),
            indexed,
            timeout: invocation.timeout,
            command_type: invocation.command_type,
            repeat_mode: invocation.repeat_mode,
        }
    }

    /// Makes and keeps the JSON of [`fields`](Self::fields).
    pub(crate) fn make_json(&mut self) {
        let json = wire::to_json(&self.fields());
        self.strings = StringTuple::new(self.strings.key(), &json);
    }

    /// The columns of [`INDEXED_SETTINGS`], each with its interned text.
    pub(crate) fn index_keys(&self) -> impl Iterator<Item = IndexKey> {
        INDEXED_SETTINGS.iter().zip(self.indexed).map(|(setting, id)| (setting.column, id))
    }

    pub(crate) fn text(&self, setting: Setting) -> &str {
        self.strings.text(setting as usize)
    }

    /// The fields of DescribeInvocations.
    pub(crate) fn fields(&self) -> wire::RunSettings<'_> {
        wire::RunSettings {
            common: self.common_fields(),
            command_description: self.text(Setting::CommandDescription),
            command_type: self.command_type.as_str(),
            repeat_mode: self.repeat_mode.as_str(),
            frequency: self.text(Setting::Frequency),
            timeout: self.timeout,
            working_dir: self.text(Setting::WorkingDir),
        }
    }

    /// The fields that both answers show.
    pub(crate) fn common_fields(&self) -> wire::CommonSettings<'_> {
        wire::CommonSettings {
            command_id: self.text(Setting::CommandId),
            username: self.text(Setting::Username),
            container_id: self.text(Setting::ContainerId),
            container_name: self.text(Setting::ContainerName),
            launcher: self.text(Setting::Launcher),
            termination_mode: self.text(Setting::TerminationMode),
            oss_output_delivery: self.text(Setting::OssOutputDelivery),
        }
    }

    /// The JSON of [`fields`](Self::fields); empty until it was made.
    pub(crate) fn json(&self) -> &[u8] {
        self.strings.json()
    }
}

impl Value for RunSettings {
    fn key(&self) -> &[u8] {
        self.strings.key()
    }

    fn bytes(&self) -> usize {
        self.strings.bytes()
    }
}
