//! A single interned text: an id or a name that records share.

use super::string_tuple::{StringTuple, key_of};
use crate::table::interned::Value;
use crate::wire;

/// A text of less than 64 KiB and its JSON, which may be empty.
#[derive(Clone, Debug)]
pub(crate) struct Text(StringTuple<1>);

impl Text {
    pub(crate) fn new(text: &str, json: &[u8]) -> Self {
        Text(StringTuple::new(&key_of([text.as_bytes()]), json))
    }

    /// An InstanceId, with the JSON of its field.
    pub(crate) fn instance_id(id: &str) -> Self {
        Text::new(id, &wire::to_json(&wire::Texts { names: wire::INSTANCE_ID, texts: [id] }))
    }

    /// The field of both answers that shows an InstanceId.
    pub(crate) fn instance_field(&self) -> wire::Texts<'_, 1> {
        wire::Texts { names: wire::INSTANCE_ID, texts: [self.text()] }
    }

    pub(crate) fn text(&self) -> &str {
        self.0.text(0)
    }

    pub(crate) fn json(&self) -> &[u8] {
        self.0.json()
    }
}

impl Value for Text {
    /// The text itself, so that a look-up need not build a key.
    fn key(&self) -> &[u8] {
        self.0.get(0)
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
