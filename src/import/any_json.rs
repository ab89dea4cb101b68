//! JSON of any shape, read one level at a time.
//!
//! The readers here split an object into its entries, or a list into its items. Each is then the
//! text of a value whose syntax serde_json has checked and that is not read yet. So a value that
//! cannot be read concerns only the field it belongs to, and nesting to any depth costs no stack.
//! The price is that serde_json passes over the text once for each level.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess};
use serde::de::{IgnoredAny, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::model::Timestamp;

/// Why a value is refused: usually what was given and what is allowed.
pub(super) type Reason = String;

/// A JSON value as it stands in the file, without space around it.
///
/// Only its syntax is known to be right: a string may hold half of a surrogate pair, which no Rust
/// string can, and a number may be larger than any type.
#[derive(Clone, Copy)]
pub(super) struct Json<'de>(&'de str);

/// One entry of an object: its key, unless it cannot be read, and its value.
pub(super) type Entry<'de> = (Result<Cow<'de, str>, Reason>, Json<'de>);

impl<'de> Json<'de> {
    /// The value that `text` consists of.
    ///
    /// # Errors
    ///
    /// serde_json's, with line and column, when `text` is not one JSON value.
    pub(super) fn parse(text: &'de str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<&RawValue>(text).map(|raw| Json(raw.get()))
    }

    pub(super) fn as_str(self) -> &'de str {
        self.0
    }

    pub(super) fn is_null(self) -> bool {
        self.0 == "null"
    }

    pub(super) fn is_empty_text(self) -> bool {
        self.0 == "\"\""
    }

    /// The reason that says which kind of value was given instead of `allowed`.
    pub(super) fn fault(self, allowed: impl Display) -> Reason {
        let given = match self.0.as_bytes().first() {
            Some(b'n') => "null",
            Some(b't' | b'f') => "true or false",
            Some(b'"') => "a string",
            Some(b'[') => "a list",
            Some(b'{') => "an object",
            _ => self.0,
        };
        // A number may have any length.
        format!("given {given:.40}, allowed {allowed}")
    }

    /// The entries of an object in the order of the file, a key that is given twice included.
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

    /// A whole number that `T` holds.
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

fn unreadable(error: serde_json::Error) -> Reason {
    format!("it cannot be read: {error}")
}

/// What [`Json::entries`] collects.
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
            self.0.push((Json(key.get()).text(), Json(value.get())));
        }
        Ok(self)
    }
}

/// The list at the end of a path of keys, such as `{"Tag": [...]}` with the path `["Tag"]`.
#[derive(Default)]
pub(super) struct NestedList<'de> {
    pub(super) items: Vec<Json<'de>>,
    /// How often the list was given. Its items are those of all of them.
    pub(super) lists: usize,
    /// The other keys along the path, each behind the name of the object it is in, and their values.
    pub(super) others: Vec<(Cow<'de, str>, Json<'de>)>,
    /// The first key along the path that cannot be read.
    pub(super) unreadable: Option<Reason>,
}

impl<'de> NestedList<'de> {
    /// Finds the list in `text`, an object whose name is `place`, in one pass. A `null` in the place
    /// of the list counts as none.
    ///
    /// # Errors
    ///
    /// serde_json's, when `text` is not JSON, and a data error when a value along the path is of
    /// another type; [`misplaced`] then says which.
    pub(super) fn find(
        text: &'de str,
        place: &'static str,
        path: &[&'static str],
    ) -> Result<Self, serde_json::Error> {
        let mut found = NestedList::default();
        let mut json = serde_json::Deserializer::from_str(text);
        Step { place, path, found: &mut found }.deserialize(&mut json)?;
        json.end()?;
        Ok(found)
    }
}

/// The first value along `path` that is of the wrong type: its own path and the fault.
pub(super) fn misplaced(json: Json<'_>, place: &str, path: &[&str]) -> Option<(String, Reason)> {
    let Some((first, rest)) = path.split_first() else {
        return (!json.0.starts_with('[')).then(|| (place.to_owned(), json.fault("a list")));
    };
    let entries = match json.entries() {
        Ok(entries) => entries,
        Err(reason) => return Some((place.to_owned(), reason)),
    };
    let at_first = entries.into_iter().filter(|(key, _)| key.as_deref() == Ok(*first));
    let place = child_path(place, first);
    at_first.map(|(_, value)| misplaced(value, &place, rest)).find_map(|fault| fault)
}

fn child_path(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

/// One step along the path to a [`NestedList`].
struct Step<'a, 'de> {
    place: &'static str,
    path: &'a [&'static str],
    found: &'a mut NestedList<'de>,
}

impl<'de> DeserializeSeed<'de> for Step<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Step<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the way to a list, {:?}", self.path)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((&first, path)) = self.path.split_first() else {
            return Err(A::Error::custom("an object in the place of the list"));
        };
        while let Some(key) = map.next_key::<&RawValue>()? {
            match Json(key.get()).text() {
                Ok(key) if key == first => {
                    map.next_value_seed(Step { place: first, path, found: &mut *self.found })?;
                }
                Ok(key) => {
                    let key = match self.place {
                        "" => key,
                        place => Cow::Owned(child_path(place, &key)),
                    };
                    let value: &RawValue = map.next_value()?;
                    self.found.others.push((key, Json(value.get())));
                }
                Err(reason) => {
                    self.found.unreadable.get_or_insert(reason);
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if !self.path.is_empty() {
            return Err(A::Error::custom("a list in the place of an object"));
        }
        self.found.lists += 1;
        while let Some(item) = items.next_element::<&RawValue>()? {
            self.found.items.push(Json(item.get()));
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        if self.path.is_empty() { Ok(()) } else { Err(E::custom("null in the place of an object")) }
    }
}
