//! Tags, which records share by pairs of key and value.

use super::invocations::Table;
use super::packed::{self, Key, Packed};
use super::symbols::{Symbol, SymbolId};
use crate::limits;
use crate::wire;

/// A tag as the records that carry it share it.
#[derive(Clone, Debug)]
pub(crate) struct TagPair(Packed<2, 1>);

impl Key for TagPair {
    fn key(&self) -> &[u8] {
        self.0.key()
    }
}

impl TagPair {
    /// The longest key in bytes.
    const KEY_BYTES: usize =
        packed::table(2) + limits::CHAR_BYTES * (limits::TAG_KEY_CHARS + limits::TAG_VALUE_CHARS);

    pub(super) fn encode_key(key: &str, value: &str, out: &mut Vec<u8>) {
        packed::encode_key([key.as_bytes(), value.as_bytes()], out);
    }

    fn new(encoded: &[u8], tag_key: SymbolId) -> Self {
        let strings = Packed::<2>::new(encoded, [], b"");
        let json = wire::to_json(&wire::Tag { key: strings.text(0), value: strings.text(1) });
        TagPair(Packed::new(encoded, [tag_key], &json))
    }

    pub(crate) fn tag_key(&self) -> SymbolId {
        self.0.number(0)
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes()
    }

    pub(crate) fn key_text(&self) -> &[u8] {
        self.0.get(0)
    }

    pub(crate) fn value_text(&self) -> &[u8] {
        self.0.get(1)
    }

    /// The JSON of the tag.
    pub(crate) fn json(&self) -> &[u8] {
        self.0.json()
    }
}

impl Table {
    /// The tag with the key `key` and the value `value`, which are no longer than tags are.
    /// Cost: O(length).
    pub(crate) fn find_tag_pair(&self, key: &str, value: &str) -> Option<SymbolId> {
        /// Most are shorter, and the room is cleared first.
        const SHORT: usize = 96;
        let strings = [key.as_bytes(), value.as_bytes()];
        if packed::table(2) + key.len() + value.len() <= SHORT {
            self.tag_pairs.find(packed::write_key(strings, &mut [0; SHORT]))
        } else {
            self.tag_pairs.find(packed::write_key(strings, &mut [0; TagPair::KEY_BYTES]))
        }
    }

    /// The tag with the key `tag_key` whose pair is `encoded`.
    pub(super) fn acquire_tag(&mut self, tag_key: &str, encoded: &[u8]) -> SymbolId {
        let (text, tag_keys) = (tag_key.as_bytes(), &mut self.tag_keys);
        self.tag_pairs.acquire(encoded, || {
            TagPair::new(encoded, tag_keys.acquire(text, || Symbol::new(text, b"")))
        })
    }
}
