//! Splits a list inside objects, such as the runs in `{"InvokeInstance": [...]}`, in one pass.
//!
//! Splitting it level by level, as `any_json` does, scans all records four times more, and an
//! import took 1.2 to 1.4 times as long (records of 2.4 KB, 2026-11-28). A value of the wrong type
//! on the path to the list ends the pass; [`misplaced`] then looks for it level by level.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::any_json::{Json, Reason};

/// The list at the end of a path of keys, such as `{"Tag": [...]}` with the path `["Tag"]`.
#[derive(Default)]
pub(super) struct NestedList<'de> {
    pub(super) items: Vec<Json<'de>>,
    /// The number of lists at the end of the path. It is above 1 if a key is given twice; `items`
    /// then has the items of all lists.
    pub(super) lists: usize,
    /// The paths of the other keys in the objects along the path, and their values.
    pub(super) others: Vec<(Cow<'de, str>, Json<'de>)>,
    /// The reason of the first key along the path that cannot be read.
    pub(super) unreadable: Option<Reason>,
}

impl<'de> NestedList<'de> {
    /// Finds the list in `text`, the object at `place`. `null` in place of the list counts as no
    /// list.
    ///
    /// # Errors
    ///
    /// A syntax error if `text` is not JSON, a data error if a value along the path has the wrong
    /// type.
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

/// The path and the fault of the first value along the path that has the wrong type, if any.
pub(super) fn misplaced(json: Json<'_>, place: &str, path: &[&str]) -> Option<(String, Reason)> {
    let Some((first, rest)) = path.split_first() else {
        return (!json.is_list()).then(|| (place.to_owned(), json.fault("a list")));
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
            return Err(Error::custom("an object in the place of the list"));
        };
        while let Some(key) = map.next_key::<&RawValue>()? {
            match Json::from(key).text() {
                Ok(key) if key == first => {
                    map.next_value_seed(Step { place: first, path, found: &mut *self.found })?;
                }
                Ok(key) => {
                    let key = match self.place {
                        "" => key,
                        place => Cow::Owned(child_path(place, &key)),
                    };
                    let value: &RawValue = map.next_value()?;
                    self.found.others.push((key, value.into()));
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
            return Err(Error::custom("a list in the place of an object"));
        }
        self.found.lists += 1;
        while let Some(item) = items.next_element::<&RawValue>()? {
            self.found.items.push(item.into());
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if self.path.is_empty() { Ok(()) } else { Err(E::custom("null in the place of an object")) }
    }
}
