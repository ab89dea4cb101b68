//! Fields as serde values.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::escape::to_text;
use super::fields::{Fields, Group, Name};
use crate::model::Timestamp;

/// Serialises a group as a map of its fields. Bytes are in Base64 if `base64` is set, else text.
pub(crate) struct Object<G> {
    pub(crate) group: G,
    pub(crate) base64: bool,
}

impl<G: Group> Serialize for Object<G> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let map = serializer.serialize_map(None)?;
        let mut entries = Entries { map, base64: self.base64, result: Ok(()) };
        self.group.each(&mut entries);
        entries.result?;
        entries.map.end()
    }
}

/// Hands fields to a map, up to the first error of the serializer.
struct Entries<M: SerializeMap> {
    map: M,
    base64: bool,
    result: Result<(), M::Error>,
}

impl<M: SerializeMap> Entries<M> {
    fn entry(&mut self, name: &'static Name, value: &(impl Serialize + ?Sized)) {
        if self.result.is_ok() {
            self.result = self.map.serialize_entry(name.key(), value);
        }
    }
}

impl<M: SerializeMap> Fields for Entries<M> {
    fn text(&mut self, name: &'static Name, value: &str) {
        self.entry(name, value);
    }

    fn constant(&mut self, name: &'static Name, value: &'static str) {
        self.entry(name, value);
    }

    fn time(&mut self, name: &'static Name, value: Option<Timestamp>) {
        match value {
            Some(time) => self.entry(name, &time),
            None => self.entry(name, ""),
        }
    }

    fn number(&mut self, name: &'static Name, value: u64) {
        self.entry(name, &value);
    }

    fn signed(&mut self, name: &'static Name, value: i64) {
        self.entry(name, &value);
    }

    fn flag(&mut self, name: &'static Name, value: bool) {
        self.entry(name, &value);
    }

    fn bytes(&mut self, name: &'static Name, value: &[u8]) {
        let text: Cow<'_, str> = to_text(value, self.base64);
        self.entry(name, &*text);
    }

    fn object(&mut self, name: &'static Name, value: &impl Group) {
        let base64 = self.base64;
        self.entry(name, &Object { group: value, base64 });
    }

    fn list<G: Group>(
        &mut self,
        name: &'static Name,
        item: &'static Name,
        items: impl Iterator<Item = G> + Clone,
    ) {
        let base64 = self.base64;
        self.entry(name, &List { item, items, base64 });
    }

    fn ready<G: Group>(&mut self, _json: &[u8], group: impl Fn() -> G) {
        group().each(self);
    }
}

/// `{"Item":[...]}`
struct List<I> {
    item: &'static Name,
    items: I,
    base64: bool,
}

impl<G: Group, I: Iterator<Item = G> + Clone> Serialize for List<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Items<'a, I>(&'a List<I>);

        impl<G: Group, I: Iterator<Item = G> + Clone> Serialize for Items<'_, I> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let base64 = self.0.base64;
                let items = self.0.items.clone();
                serializer.collect_seq(items.map(|group| Object { group, base64 }))
            }
        }

        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.item.key(), &Items(self))?;
        map.end()
    }
}
