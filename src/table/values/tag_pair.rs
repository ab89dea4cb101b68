//! A tag, interned as the pair of its key and value.

use super::string_tuple::{StringTuple, with_key};
use crate::table::interned::{Value, ValueId};
use crate::wire;

/// An interned tag, with its JSON.
#[derive(Clone, Debug)]
pub(crate) struct TagPair {
    strings: StringTuple<2>,
    /// The interned key alone, by which a filter without a value finds records.
    pub(crate) tag_key: ValueId,
}

impl TagPair {
    /// Calls `find` with the key under which the tag is interned. Cost: O(length).
    pub(crate) fn with_key<T>(key: &str, value: &str, find: impl FnOnce(&[u8]) -> T) -> T {
        with_key([key.as_bytes(), value.as_bytes()], find)
    }

    /// The tag of `key` and `value`. `encoded` is the key that [`with_key`](Self::with_key) gives.
    pub(crate) fn new(key: &str, value: &str, encoded: &[u8], tag_key: ValueId) -> Self {
        let json = wire::to_json(&wire::Texts { names: wire::TAG, texts: [key, value] });
        TagPair { strings: StringTuple::new(encoded, &json), tag_key }
    }

    pub(crate) fn key_text(&self) -> &str {
        self.strings.text(0)
    }

    pub(crate) fn value_text(&self) -> &str {
        self.strings.text(1)
    }

    /// The fields of both answers.
    pub(crate) fn fields(&self) -> wire::Texts<'_, 2> {
        wire::Texts { names: wire::TAG, texts: [self.key_text(), self.value_text()] }
    }

    /// The JSON of [`fields`](Self::fields).
    pub(crate) fn json(&self) -> &[u8] {
        self.strings.json()
    }
}

impl Value for TagPair {
    fn key(&self) -> &[u8] {
        self.strings.key()
    }

    fn bytes(&self) -> usize {
        self.strings.bytes()
    }
}
