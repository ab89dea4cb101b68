//! JSON of any shape, read one level at a time.
//!
//! An object is split into its entries. Each value is a text that is not read yet; serde_json has
//! checked its syntax. A value that cannot be read therefore affects only its own field, and
//! nesting of any depth takes no stack. The lists that a [`Shape`] names are split in the same pass,
//! because splitting them level by level scans each record four times more: a whole import then
//! took 4.4 times as long as serde_json into structs, and in one pass 2.7 times (2026-11-29).

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
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
    /// Stands for a list that was opened.
    pub(super) const LIST: Json<'static> = Json("[]");

    pub(super) fn as_str(self) -> &'de str {
        self.0
    }

    pub(super) fn is_null(self) -> bool {
        self.0 == "null"
    }

    pub(super) fn is_object(self) -> bool {
        self.0.starts_with('{')
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
    pub(super) fn number<T: std::str::FromStr>(self, allowed: &str) -> Result<T, Reason> {
        self.0.parse().map_err(|_| self.fault(allowed))
    }
}

pub(super) fn unreadable(error: impl Display) -> Reason {
    format!("it cannot be read: {error}")
}

/// Whether `key` is `name`, or `name` with a lower first letter, as SDKs print it.
pub(super) fn is_named(key: &str, name: &str) -> bool {
    key == name || is_sdk_form(key, name)
}

pub(super) fn is_sdk_form(key: &str, name: &str) -> bool {
    let is_lower = key.len() == name.len() && key.starts_with(|c: char| c.is_ascii_lowercase());
    is_lower && key != name && key[..1].eq_ignore_ascii_case(&name[..1]) && key[1..] == name[1..]
}

/// The keys of an object whose values are opened, and the shapes of these values. Other values are
/// left unread, and so are the items of a list.
pub(super) struct Shape(pub(super) &'static [(&'static str, Shape)]);

/// A value that was opened by a [`Shape`].
pub(super) enum Opened<'de> {
    /// In the order of the file and including repeated keys.
    Object(Vec<Entry<'de>>),
    List(Vec<Json<'de>>),
    /// The kind of a value that is neither.
    Scalar(&'static str),
    /// A value that the shape does not name.
    Unread(Json<'de>),
}

/// One entry of an object: its key, unless it cannot be read, and its value.
pub(super) type Entry<'de> = (Result<Cow<'de, str>, Reason>, Opened<'de>);

impl<'de> Opened<'de> {
    /// Opens the value `json`, which must be an object.
    pub(super) fn object(json: Json<'de>, shape: &Shape) -> Result<Vec<Entry<'de>>, Reason> {
        if !json.is_object() {
            return Err(json.fault("an object"));
        }
        match Opened::next(&mut serde_json::Deserializer::from_str(json.0), shape) {
            Ok(Opened::Object(entries)) => Ok(entries),
            Ok(other) => Err(other.fault("an object")),
            Err(error) => Err(unreadable(error)),
        }
    }

    /// Opens the next value of `deserializer`.
    ///
    /// # Errors
    ///
    /// The error of serde_json, with line and column, if the value is not JSON.
    pub(super) fn next<D: Deserializer<'de>>(
        deserializer: D,
        shape: &Shape,
    ) -> Result<Self, D::Error> {
        Opening(shape).deserialize(deserializer)
    }

    /// As [`Json::fault`].
    pub(super) fn fault(&self, allowed: &str) -> Reason {
        let given = match self {
            Opened::Object(_) => "an object",
            Opened::List(_) => "a list",
            Opened::Scalar(kind) => kind,
            Opened::Unread(json) => return json.fault(allowed),
        };
        format!("given {given}, allowed {allowed}")
    }
}

/// An object with fewer keys gives back the room that it has for more.
const FEW_KEYS: usize = 8;

/// The visits of values that are neither object nor list.
macro_rules! scalars {
    ($($visit:ident($type:ty) $kind:literal),+) => {
        $(fn $visit<E: Error>(self, _: $type) -> Result<Self::Value, E> {
            Ok(Opened::Scalar($kind))
        })+
    };
}

/// Opens the next value by a shape.
struct Opening<'a>(&'a Shape);

impl<'de> DeserializeSeed<'de> for Opening<'_> {
    type Value = Opened<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Opening<'_> {
    type Value = Opened<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // Enough for a record, a run or a record of results.
        let mut entries = Vec::with_capacity(32);
        while let Some(key) = map.next_key::<&RawValue>()? {
            let key = Json(key.get()).text();
            let named = key.as_ref().ok().and_then(|key| {
                self.0.0.iter().find(|(name, _)| is_named(key, name)).map(|(_, shape)| shape)
            });
            let value = match named {
                Some(shape) => map.next_value_seed(Opening(shape))?,
                None => Opened::Unread(Json(map.next_value::<&RawValue>()?.get())),
            };
            entries.push((key, value));
        }
        // Those of a file's bodies, which have few keys, are all held at once.
        if entries.len() < FEW_KEYS {
            entries.shrink_to_fit();
        }
        Ok(Opened::Object(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<&RawValue>()? {
            items.push(Json(item.get()));
        }
        Ok(Opened::List(items))
    }

    scalars! {
        visit_bool(bool) "true or false", visit_i64(i64) "a number", visit_u64(u64) "a number",
        visit_f64(f64) "a number", visit_str(&str) "a string"
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Opened::Scalar("null"))
    }
}
