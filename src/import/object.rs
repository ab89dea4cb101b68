//! Reads one captured object by the table of fields, and compares it with its answer.

use std::borrow::Cow;

use super::fields::{Answer, FIELDS, Reader, Shown, Target, is_lower};
use super::json::{Json, is_named};
use super::report::{Difference, DifferenceKind};
use crate::limits;

/// The keys and values of an object.
pub(super) struct Object<'de> {
    /// The kind of the object.
    of: u8,
    /// The captured value of each of [`FIELDS`].
    seen: [Option<Json<'de>>; FIELDS.len()],
    /// The paths of the unknown keys and their values.
    pub(super) unknown: Vec<(Cow<'de, str>, Json<'de>)>,
}

impl<'de> Object<'de> {
    /// Reads each entry into `target`, also after a fault: the refusal can then name the InvokeId
    /// even if it comes later, and the reader sees every text of the file. `name` is the name of
    /// the object. A value that is no object is a fault.
    pub(super) fn read(
        name: &'static str,
        json: Json<'de>,
        of: u8,
        target: &mut Target,
        reader: &mut Reader,
    ) -> Self {
        let mut object = Object { of, seen: [None; FIELDS.len()], unknown: Vec::new() };
        let entries = json.entries().unwrap_or_else(|reason| {
            reader.refuse(name, reason);
            Vec::new()
        });
        for (key, json) in entries {
            let key = match key {
                Ok(key) => key,
                Err(reason) => {
                    reader.refuse(name, reason);
                    continue;
                }
            };
            let Some(at) = object.position(|name| is_named(&key, name)) else {
                object.unknown.push((key, json));
                continue;
            };
            let field = &FIELDS[at];
            reader.field = field.name;
            reader.note_key(&key, field.name);
            if object.seen[at].is_some() {
                reader.refuse(field.name, "given twice, allowed once".into());
            }
            object.seen[at].get_or_insert(json);
            if !json.is_null()
                && let Err(reason) = (field.read)(target, json, reader)
            {
                reader.refuse(field.name, reason);
            }
        }
        object
    }

    fn position(&self, is_it: impl Fn(&str) -> bool) -> Option<usize> {
        FIELDS.iter().position(|field| field.of & self.of != 0 && is_it(field.name))
    }

    /// The captured value of the field, unless it is missing or `null`.
    pub(super) fn value(&self, name: &str) -> Option<Json<'de>> {
        self.seen[self.position(|field| field == name)?].filter(|json| !json.is_null())
    }

    /// Whether the capture has a value other than `""`.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.value(name).is_some_and(|json| !json.is_empty_text())
    }

    /// Forgets the value of the field, which counts as missing.
    pub(super) fn unset(&mut self, name: &str) {
        if let Some(at) = self.position(|field| field == name) {
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
        let fields = FIELDS.iter().zip(&self.seen).filter(|(field, _)| field.of & self.of != 0);
        for (field, seen) in fields {
            let given = seen.filter(|json| !json.is_null());
            let is_set = given.is_some_and(|json| !json.is_empty_text());
            let is_cut = cut > 0 && matches!(field.name, "Output" | "Dropped");
            let answered: Cow<'_, str> = match &field.answer {
                _ if is_cut && field.name == "Output" => format!("{} bytes", length - cut).into(),
                _ if is_cut => shown.run.dropped.saturating_add(cut as u64).to_string().into(),
                Answer::Derived(value) if is_set || omitted => value(shown).into(),
                Answer::Unset(value) if !is_set && omitted => (*value).into(),
                Answer::Default(value) if !is_set && omitted => value(shown).into(),
                _ => continue,
            };
            let captured: Option<Cow<'_, str>> = match field.name {
                "Output" if is_cut => Some(format!("{length} bytes").into()),
                // A value that is no string is compared as it stands in the file.
                _ => given.map(|json| json.text().unwrap_or(json.as_str().into())),
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
        out.extend(self.unknown.into_iter().map(|one| Difference::unknown(run, one)));
    }
}
