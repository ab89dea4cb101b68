//! JSON of any shape, read one level at a time.
//!
//! An object is split into its entries and a list into its items. Each value is a text that is not
//! read yet; serde_json has checked its syntax. A value that cannot be read therefore affects only
//! its own field, and nesting of any depth takes no stack.
//!
//! Each level is scanned once more. Splitting the known lists in one pass with the objects around
//! them took 0.67 of the time of a whole import, and its limit does not need it (2026-11-29).

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The reason why a value is refused, usually the given value and the allowed ones.
pub(super) type Reason = String;

/// A JSON value as in the file, without surrounding whitespace.
///
/// Only its syntax is checked: a string may hold half of a surrogate pair, which a Rust string
/// cannot, and a number may be larger than any type.
#[derive(Clone, Copy)]
pub(super) struct Json<'de>(&'de str);

impl<'de> Json<'de> {
    pub(super) fn as_str(self) -> &'de str {
        self.0
    }

    pub(super) fn is_null(self) -> bool {
        self.0 == "null"
    }

    pub(super) fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    pub(super) fn is_list(self) -> bool {
        self.0.starts_with('[')
    }

    pub(super) fn is_empty_text(self) -> bool {
        self.0 == "\"\""
    }

    fn kind(self) -> &'static str {
        match self.0.as_bytes().first() {
            Some(b'n') => "null",
            Some(b't' | b'f') => "true or false",
            Some(b'"') => "a string",
            Some(b'[') => "a list",
            Some(b'{') => "an object",
            _ => "a number",
        }
    }

    /// The reason that names the given number, or the kind of another value, and what is `allowed`.
    pub(super) fn fault(self, allowed: impl Display) -> Reason {
        let given = Some(self.kind()).filter(|&kind| kind != "a number").unwrap_or(self.0);
        // Cut to 40 characters, because a number may have any length.
        format!("given {given:.40}, allowed {allowed}")
    }

    /// The entries of an object, in the order of the file and including repeated keys.
    pub(super) fn entries(self) -> Result<Vec<Entry<'de>>, Reason> {
        if !self.is_object() {
            return Err(self.fault("an object"));
        }
        serde_json::Deserializer::from_str(self.0).deserialize_map(Entries).map_err(unreadable)
    }

    pub(super) fn items(self) -> Result<Vec<Json<'de>>, Reason> {
        if !self.is_list() {
            return Err(format!("given {}, allowed a list", self.kind()));
        }
        serde_json::from_str(self.0).map_err(unreadable)
    }

    pub(super) fn text(self) -> Result<Cow<'de, str>, Reason> {
        let quoted = self.0.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        match quoted {
            None => Err(self.fault("a string")),
            Some(text) if !text.contains('\\') => Ok(Cow::Borrowed(text)),
            Some(_) => serde_json::from_str(self.0).map(Cow::Owned).map_err(unreadable),
        }
    }

    /// A flag, or a whole number within the range of `T`.
    pub(super) fn parsed<T: std::str::FromStr>(self, allowed: &str) -> Result<T, Reason> {
        self.0.parse().map_err(|_| self.fault(allowed))
    }
}

fn unreadable(error: impl Display) -> Reason {
    format!("it cannot be read: {error}")
}

/// Whether `key` is `name`, or `name` with a lower first letter, as SDKs print it.
pub(super) fn is_named(key: &str, name: &str) -> bool {
    // Most names differ in length, which is compared first.
    key.len() == name.len()
        && (key == name
            || key.starts_with(|first: char| first.is_ascii_lowercase())
                && key[..1].eq_ignore_ascii_case(&name[..1])
                && key[1..] == name[1..])
}

/// One entry of an object: its key, unless it cannot be read, and its value.
pub(super) type Entry<'de> = (Result<Cow<'de, str>, Reason>, Json<'de>);

/// The next value.
///
/// # Errors
///
/// The error of serde_json, with line and column, if it is not JSON.
impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|value| Json(value.get()))
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<Entry<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(32);
        while let Some((key, value)) = map.next_entry::<Json<'_>, _>()? {
            entries.push((key.text(), value));
        }
        Ok(entries)
    }
}
