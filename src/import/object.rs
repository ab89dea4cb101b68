//! Reads one captured object by its table of fields, and compares it with its answer.

use std::borrow::Cow;

use super::fields::{Answer, Field, Reader, Shown, Target, is_lower};
use super::json::{Entry, Json, Opened, is_sdk_form};
use super::report::{Difference, DifferenceKind};
use crate::limits;

/// The keys and values of an object.
pub(super) struct Object<'de> {
    fields: &'static [Field],
    /// The captured value of each field.
    seen: [Option<Json<'de>>; MOST_FIELDS],
    /// The values of fields that are lists.
    pub(super) lists: Vec<(&'static str, Opened<'de>)>,
    /// The paths of the unknown keys and their values.
    pub(super) unknown: Vec<(Cow<'de, str>, Json<'de>)>,
}

const MOST_FIELDS: usize = 32;

impl<'de> Object<'de> {
    /// Reads each entry into `target`, also after a fault: the refusal can then name the InvokeId
    /// even if it comes later, and the decoder sees every text of the file. `name` is the name of
    /// the object.
    pub(super) fn read(
        name: &'static str,
        entries: Vec<Entry<'de>>,
        fields: &'static [Field],
        target: &mut Target,
        reader: &mut Reader,
    ) -> Self {
        let (seen, lists, unknown) = ([None; MOST_FIELDS], Vec::new(), Vec::new());
        let mut object = Object { fields, seen, lists, unknown };
        for (key, value) in entries {
            let key = match key {
                Ok(key) => key,
                Err(reason) => {
                    reader.refuse(name, reason);
                    continue;
                }
            };
            let Some(at) = find(fields, &key) else {
                if let Opened::Unread(json) = value {
                    object.unknown.push((key, json));
                }
                continue;
            };
            let field = &fields[at];
            reader.field = field.name;
            reader.note_key(&key, field.name);
            let json = match value {
                Opened::Unread(json) => json,
                list => {
                    object.lists.push((field.name, list));
                    Json::LIST
                }
            };
            if object.seen[at].replace(json).is_some() {
                reader.refuse(field.name, "given twice, allowed once".into());
            }
            if !json.is_null()
                && let Err(reason) = (field.read)(target, json, reader)
            {
                reader.refuse(field.name, reason);
            }
        }
        object
    }

    /// The captured value of the field, unless it is missing or `null`.
    pub(super) fn value(&self, name: &str) -> Option<Json<'de>> {
        let at = self.fields.iter().position(|field| field.name == name)?;
        self.seen[at].filter(|json| !json.is_null())
    }

    /// Whether the capture has a value other than `""`.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.value(name).is_some_and(|json| !json.is_empty_text())
    }

    /// Forgets the value of the field, which counts as missing.
    pub(super) fn unset(&mut self, name: &str) {
        if let Some(at) = self.fields.iter().position(|field| field.name == name) {
            self.seen[at] = None;
        }
    }

    /// Adds the fields in which an answer differs to `out`, for run number `run`. `omitted` says
    /// whether fields that the capture lacks are among them.
    ///
    /// A field that the capture sets is kept as it is. An answer can therefore differ only in
    /// derived fields, in fields that the capture lacks, in a long Output, of which the start is
    /// cut, and in keys that no record holds.
    pub(super) fn compare(
        self,
        shown: &Shown<'_>,
        omitted: bool,
        run: Option<usize>,
        out: &mut Vec<Difference>,
    ) {
        use DifferenceKind as K;
        let length = shown.run.output.len();
        let cut = length.saturating_sub(limits::OUTPUT_BYTES);
        for (field, seen) in self.fields.iter().zip(&self.seen) {
            let captured = seen.filter(|json| !json.is_null());
            let is_set = captured.is_some_and(|json| !json.is_empty_text());
            // A value that is no string is compared as it stands in the file.
            let text = |json: Json<'de>| json.text().unwrap_or(Cow::Borrowed(json.as_str()));
            let (captured, answered, is_cut) = match (&field.answer, field.name) {
                (_, "Output") if cut > 0 => {
                    let captured = Cow::Owned(format!("{length} bytes"));
                    (Some(captured), format!("{} bytes", length - cut).into(), true)
                }
                (_, "Dropped") if cut > 0 => {
                    let answered = shown.run.dropped.saturating_add(cut as u64).to_string();
                    (captured.map(text), Cow::Owned(answered), true)
                }
                (Answer::Derived(value), _) if is_set || omitted => {
                    (captured.map(text), Cow::Borrowed(value(shown)), false)
                }
                (Answer::Unset(value), _) if !is_set && omitted => {
                    (captured.map(text), Cow::Borrowed(*value), false)
                }
                (Answer::Default(value), _) if !is_set && omitted => {
                    (captured.map(text), Cow::Owned(value(shown)), false)
                }
                _ => continue,
            };
            let kind = match &captured {
                Some(text) if *text == answered => continue,
                _ if is_cut => K::Truncated,
                Some(text) if is_set && is_lower(&answered, text) => K::Form,
                _ if is_set => K::Derived,
                _ => K::Omitted,
            };
            let (captured, answered) = (captured.map(Cow::into_owned), Some(answered.into_owned()));
            out.push(Difference::new(run, field.name, kind, captured, answered));
        }
        for (path, value) in self.unknown {
            let captured = Some(value.as_str().to_owned());
            out.push(Difference::new(run, path.into_owned(), K::Unknown, captured, None));
        }
    }
}

/// The position of the field that `key` names.
fn find(fields: &[Field], key: &str) -> Option<usize> {
    // Most names differ in length or first letter, which is cheaper to compare than a string.
    let first = key.as_bytes().first();
    let exact = fields.iter().position(|field| {
        let name = field.name;
        name.len() == key.len() && name.as_bytes().first() == first && name == key
    });
    exact.or_else(|| fields.iter().position(|field| is_sdk_form(key, field.name)))
}
