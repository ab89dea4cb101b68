//! A record with a string that serde_json cannot hold, such as half of a surrogate pair: which field
//! it is, and what the other texts say of the file.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::capture::Decoding;
use super::keys::{Field, RunField};
use super::lenient::{AsList, AsObject, List, Object, Scalar};

/// The first field of `record` whose value cannot be held. Shows `decoding` every CommandContent
/// and Output that can. Cost: O(bytes).
pub(super) fn first_field(record: &RawValue, decoding: &Decoding) -> &'static str {
    let mut first = None;
    for_each_entry(record, |key, value| {
        let Some(field) = Field::from_name(key) else { return };
        if first.is_none() && serde_json::from_str::<serde_json::Value>(value.get()).is_err() {
            first = Some(field.as_str());
        }
        match field {
            Field::CommandContent => look_at(value, decoding),
            Field::InvokeInstances => for_each_entry(value, |_, list| {
                for_each_item(list, |run| {
                    for_each_entry(run, |key, value| {
                        if key == RunField::Output.as_str() {
                            look_at(value, decoding);
                        }
                    });
                });
            }),
            _ => {}
        }
    });
    // A key may be what cannot be read; then no field is named.
    first.unwrap_or("Invocation")
}

fn look_at(value: &RawValue, decoding: &Decoding) {
    if let Ok(text) = serde_json::from_str(value.get()) {
        decoding.look_at(text);
    }
}

/// Up to the first key that cannot be held.
fn for_each_entry<'de>(object: &'de RawValue, each: impl FnMut(&str, &'de RawValue)) {
    struct Entries<F>(F);
    impl<'de, F: FnMut(&str, &'de RawValue)> Object<'de> for Entries<F> {
        fn entry<A: MapAccess<'de>>(
            &mut self,
            key: Cow<'de, str>,
            map: &mut A,
        ) -> Result<(), A::Error> {
            (self.0)(&key, map.next_value()?);
            Ok(())
        }

        fn instead(&mut self, _: Scalar<'de>) {}
    }
    let mut json = serde_json::Deserializer::from_str(object.get());
    let _ = AsObject(&mut Entries(each)).deserialize(&mut json);
}

fn for_each_item<'de>(list: &'de RawValue, each: impl FnMut(&'de RawValue)) {
    struct Items<F>(F);
    impl<'de, F: FnMut(&'de RawValue)> List<'de> for Items<F> {
        fn item<A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
            let item = items.next_element()?;
            item.map(&mut self.0);
            Ok(item.is_some())
        }

        fn instead(&mut self, _: Scalar<'de>) {}
    }
    let mut json = serde_json::Deserializer::from_str(list.get());
    let _ = AsList(&mut Items(each)).deserialize(&mut json);
}
