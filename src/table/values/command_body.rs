//! The body of a command: name, content and parameters. It is interned apart from the
//! [`RunSettings`](super::RunSettings), because records with a body of their own still share those.

use super::string_tuple::{KeyBytes, StringTuple, key_of};
use crate::model::Invocation;
use crate::table::interned::{Value, ValueId};
use crate::wire;

/// The strings of a body, in the order of the tuple.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum BodyField {
    CommandName,
    CommandContent,
    Parameters,
}

/// An interned body. Once many records share it, it keeps the JSON of its fields, with the content
/// in Base64.
#[derive(Clone, Debug)]
pub(crate) struct CommandBody {
    strings: StringTuple<3>,
    /// The interned CommandName alone, by which the filter finds records.
    pub(crate) name: ValueId,
}

impl CommandBody {
    /// The key of the body of `invocation`.
    pub(crate) fn key_of(invocation: &Invocation) -> KeyBytes {
        key_of([
            invocation.command_name.as_bytes(),
            &invocation.command_content,
            invocation.parameters.as_bytes(),
        ])
    }

    /// The body whose [`key_of`](Self::key_of) is `key`.
    pub(crate) fn new(key: &[u8], name: ValueId) -> Self {
        CommandBody { strings: StringTuple::new(key, b""), name }
    }

    /// Makes and keeps the JSON of [`fields`](Self::fields).
    pub(crate) fn make_json(&mut self) {
        let json = wire::to_json(&self.fields());
        self.strings = StringTuple::new(self.strings.key(), &json);
    }

    pub(crate) fn command_name(&self) -> &str {
        self.strings.text(BodyField::CommandName as usize)
    }

    pub(crate) fn command_content(&self) -> &[u8] {
        self.strings.get(BodyField::CommandContent as usize)
    }

    pub(crate) fn parameters(&self) -> &str {
        self.strings.text(BodyField::Parameters as usize)
    }

    /// The fields of DescribeInvocations.
    pub(crate) fn fields(&self) -> wire::CommandBody<'_> {
        wire::CommandBody {
            command_name: self.command_name(),
            parameters: self.parameters(),
            command_content: self.command_content(),
        }
    }

    /// The JSON of [`fields`](Self::fields) with the content in Base64; empty until it was made.
    pub(crate) fn json(&self) -> &[u8] {
        self.strings.json()
    }
}

impl Value for CommandBody {
    fn key(&self) -> &[u8] {
        self.strings.key()
    }

    fn bytes(&self) -> usize {
        self.strings.bytes()
    }
}
