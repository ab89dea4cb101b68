//! JSON of any shape, read one level at a time.
//!
//! An object is split into its entries. Each value is a text that is not read yet; serde_json has
//! checked its syntax. A value that cannot be read therefore affects only its own field, and
//! nesting of any depth takes no stack. The price is that serde_json scans a text once for each
//! level above it.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::model::Timestamp;

/// The reason why a value is refused, usually the given value and the allowed ones.
pub(super) type Reason = String;

/// A JSON value as in the file, without surrounding whitespace.
///
/// Only its syntax is checked: a string may hold half of a surrogate pair, which a Rust string
/// cannot, and a number may be larger than any type.
#[derive(Clone, Copy)]
pub(super) struct Json<'de>(&'de str);

/// One entry of an object: its key, unless it cannot be read, and its value.
pub(super) type Entry<'de> = (Result<Cow<'de, str>, Reason>, Json<'de>);

impl<'de> Json<'de> {
    /// Checks that `text` is one JSON value and returns it.
    ///
    /// # Errors
    ///
    /// The error of serde_json, with line and column, if `text` is not one JSON value.
    pub(super) fn parse(text: &'de str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<&RawValue>(text).map(Json::from)
    }

    pub(super) fn as_str(self) -> &'de str {
        self.0
    }

    pub(super) fn is_list(self) -> bool {
        self.0.starts_with('[')
    }

    pub(super) fn is_null(self) -> bool {
        self.0 == "null"
    }

    pub(super) fn is_empty_text(self) -> bool {
        self.0 == "\"\""
    }

    /// The reason that names the kind of the given value and the `allowed` ones.
    pub(super) fn fault(self, allowed: impl Display) -> Reason {
        let given = match self.0.as_bytes().first() {
            Some(b'n') => "null",
            Some(b't' | b'f') => "true or false",
            Some(b'"') => "a string",
            Some(b'[') => "a list",
            Some(b'{') => "an object",
            _ => self.0,
        };
        // Cut to 40 characters, because a number may have any length.
        format!("given {given:.40}, allowed {allowed}")
    }

    /// The entries of an object, in the order of the file and including repeated keys.
    pub(super) fn entries(self) -> Result<Vec<Entry<'de>>, Reason> {
        if !self.0.starts_with('{') {
            return Err(self.fault("an object"));
        }
        let Entries(entries) = serde_json::from_str(self.0).map_err(unreadable)?;
        Ok(entries)
    }

    pub(super) fn text(self) -> Result<Cow<'de, str>, Reason> {
        let quoted = self.0.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        match quoted {
            None => Err(self.fault("a string")),
            Some(text) if !text.contains('\\') => Ok(Cow::Borrowed(text)),
            Some(_) => serde_json::from_str(self.0).map(Cow::Owned).map_err(unreadable),
        }
    }

    pub(super) fn string(self) -> Result<String, Reason> {
        self.text().map(Cow::into_owned)
    }

    pub(super) fn flag(self) -> Result<bool, Reason> {
        self.0.parse().map_err(|_| self.fault("true or false"))
    }

    /// A whole number within the range of `T`.
    pub(super) fn number<T: std::str::FromStr>(self, allowed: impl Display) -> Result<T, Reason> {
        self.0.parse().map_err(|_| self.fault(allowed))
    }

    /// The value of `all` that has this name; `None` for `""`.
    pub(super) fn named<T: Copy>(
        self,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, Reason> {
        let text = self.text()?;
        let found = all.iter().copied().find(|&value| name(value) == text);
        if found.is_some() || text.is_empty() {
            return Ok(found);
        }
        let allowed: Vec<_> = all.iter().map(|&value| name(value)).collect();
        Err(Error::not_one_of("", &text, &allowed).detail().to_owned())
    }

    /// A time; `None` for `""`.
    pub(super) fn time(self) -> Result<Option<Timestamp>, Reason> {
        let text = self.text()?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|error: Error| error.detail().to_owned())
    }
}

impl<'de> From<&'de RawValue> for Json<'de> {
    fn from(raw: &'de RawValue) -> Self {
        Json(raw.get())
    }
}

fn unreadable(error: serde_json::Error) -> Reason {
    format!("it cannot be read: {error}")
}

/// The entries of an object, for [`Json::entries`].
struct Entries<'de>(Vec<Entry<'de>>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(Vec::with_capacity(16)))
    }
}

impl<'de> Visitor<'de> for Entries<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            self.0.push((Json::from(key).text(), value.into()));
        }
        Ok(self)
    }
}
