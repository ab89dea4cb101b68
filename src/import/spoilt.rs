//! A record with a string that serde_json cannot hold, such as half of a surrogate pair: which field
//! it is, whose record it is, and what its texts say of the file.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::capture::Decoding;
use super::keys::{Field, RunField};
use super::lenient::{AsObject, Scalar};
use super::record::Record;

/// Refuses `record`, which is all of `json` that could be read up to `fault`: each field is read by
/// itself, so that those behind the first fault say what they have to say. Cost: O(bytes).
pub(super) fn refuse(record: &mut Record<'_, '_>, json: &RawValue, fault: &str) {
    let mut first = None;
    for (name, value) in entries(json) {
        let Some(name) = name else {
            first.get_or_insert("Invocation");
            continue;
        };
        let Some(field) = Field::from_name(&name) else { continue };
        let alone = format!("{{\"{}\":{}}}", field.as_str(), value.get());
        let mut reader = Record::new(record.context);
        let mut json = serde_json::Deserializer::from_str(&alone);
        if AsObject(&mut reader).deserialize(&mut json).is_err() {
            first.get_or_insert(field.as_str());
            if field == Field::InvokeInstances {
                look_at_outputs(value, &record.context.decoding);
            }
        } else if field == Field::InvokeId {
            record.invocation.invoke_id = reader.invocation.invoke_id;
        }
    }
    record.refuse(first.unwrap_or("Invocation"), fault);
}

fn look_at_outputs(instances: &RawValue, decoding: &Decoding) {
    let named = |wanted: &'static str| {
        move |(name, value): (Option<Cow<'_, str>>, _)| (name? == wanted).then_some(value)
    };
    for list in entries(instances).into_iter().filter_map(named("InvokeInstance")) {
        let runs: Vec<&RawValue> = serde_json::from_str(list.get()).unwrap_or_default();
        for run in runs {
            for output in entries(run).into_iter().filter_map(named(RunField::Output.as_str())) {
                if let Ok(text) = serde_json::from_str::<Scalar<'_>>(output.get()) {
                    decoding.look_at(text);
                }
            }
        }
    }
}

/// A key, unless it is one that cannot be held, and what it has.
type Entry<'de> = (Option<Cow<'de, str>>, &'de RawValue);

/// What stands in an object; nothing of what is none.
fn entries(json: &RawValue) -> Vec<Entry<'_>> {
    struct Entries<'de>(Vec<Entry<'de>>);
    impl<'de> Deserialize<'de> for Entries<'de> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Entries(Vec::new()))
        }
    }
    impl<'de> Visitor<'de> for Entries<'de> {
        type Value = Self;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
            while let Some((key, value)) = map.next_entry::<&RawValue, _>()? {
                self.0.push((serde_json::from_str(key.get()).ok(), value));
            }
            Ok(self)
        }
    }
    serde_json::from_str(json.get()).map_or_else(|_| Vec::new(), |Entries(entries)| entries)
}
