//! One captured record, read into an invocation, with notes of what the capture shows of it.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::capture::Context;
use super::keys::{Field, Keys};
use super::lenient::{AsList, AsObject, List, Object, Reason, Scalar};
use super::run::{RunList, RunNotes};
use crate::error::Error;
use crate::limits;
use crate::model::{CommandType, Invocation, RepeatMode, Tag};

/// A record while it is read.
pub(super) struct Record<'a, 'de> {
    pub(super) context: &'a Context<'a>,
    pub(super) invocation: Invocation,
    pub(super) keys: Keys,
    pub(super) invocation_status: Option<Cow<'de, str>>,
    pub(super) invoke_status: Option<Cow<'de, str>>,
    pub(super) timed: Option<bool>,
    /// One for each run of the invocation.
    pub(super) runs: Vec<RunNotes<'de>>,
    /// Runs beyond one more than there may be, which refuse the record.
    pub(super) runs_left_out: usize,
    /// Positions of the tags without a TagValue.
    pub(super) tags_without_value: Vec<usize>,
    pub(super) unknown: Vec<UnknownKey<'de>>,
    /// The first fault.
    error: Option<Error>,
}

/// A key that no record holds.
pub(super) struct UnknownKey<'de> {
    /// The run it stands in.
    pub(super) run: Option<usize>,
    pub(super) path: String,
    pub(super) json: &'de str,
}

impl<'a, 'de> Record<'a, 'de> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Record {
            context,
            invocation: Invocation::new("", "", ""),
            keys: Keys::default(),
            invocation_status: None,
            invoke_status: None,
            timed: None,
            runs: Vec::new(),
            runs_left_out: 0,
            tags_without_value: Vec::new(),
            unknown: Vec::new(),
            error: None,
        }
    }

    /// Refuses the record, unless it is refused already.
    pub(super) fn refuse(&mut self, field: &'static str, detail: impl Into<String>) {
        self.error.get_or_insert_with(|| Error::captured(field, detail));
    }

    pub(super) fn refuse_missing(&mut self, field: &'static str) {
        self.error.get_or_insert_with(|| Error::record_missing(field));
    }

    pub(super) fn note_unknown(&mut self, run: Option<usize>, path: String, value: &'de RawValue) {
        self.unknown.push(UnknownKey { run, path, json: value.get() });
    }

    fn take(&mut self, field: Field, value: Scalar<'de>) -> Result<(), Reason> {
        let key = field as u8;
        if value.is_null() {
            return Ok(());
        }
        if let Some(place) = field.text(&mut self.invocation) {
            *place = value.text()?.unwrap_or_default().into_owned();
            self.keys.set(key);
            return Ok(());
        }
        if value.is_empty() && field != Field::CommandContent {
            self.keys.set_empty(key);
        } else {
            self.keys.set(key);
        }
        let record = &mut self.invocation;
        match field {
            Field::CreationTime => record.creation_time = value.time()?,
            Field::InvocationStatus => self.invocation_status = value.text()?,
            Field::InvokeStatus => self.invoke_status = value.text()?,
            Field::Timed => self.timed = value.flag()?,
            Field::RepeatMode => {
                let given = value.named(RepeatMode::ALL, RepeatMode::as_str)?;
                record.repeat_mode = given.unwrap_or(record.repeat_mode);
            }
            Field::CommandType => {
                let given = value.named(CommandType::ALL, CommandType::as_str)?;
                record.command_type = given.unwrap_or(record.command_type);
            }
            Field::CommandContent => {
                let text = value.text()?.unwrap_or_default();
                record.command_content = self.context.decoding.decode(text)?;
            }
            Field::Timeout => {
                let most = limits::TIMEOUT_SECONDS;
                record.timeout = value.number(format_args!("a whole number from 1 to {most}"))?;
            }
            // The lists are read by readers of their own, the texts above.
            _ => {}
        }
        Ok(())
    }

    /// What is missing, and what the caller gave for what is.
    ///
    /// # Errors
    ///
    /// The first fault.
    pub(super) fn complete(&mut self) -> Result<(), Error> {
        if !self.keys.is_set(Field::RepeatMode as u8) && self.timed == Some(true) {
            self.refuse(
                "RepeatMode",
                "not given, and while Timed is true it may be any but Once; add it to the record",
            );
        }
        if !self.keys.is_set(Field::CommandType as u8) {
            self.refuse_missing("CommandType");
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.runs_left_out > 0 {
            let given = self.runs.len() + self.runs_left_out;
            return Err(Error::record_too_long("InstanceId", given, limits::RUNS, "instances"));
        }
        let options = self.context.options;
        let record = &mut self.invocation;
        if record.region_id.is_empty() {
            record.region_id.clone_from(&options.region_id);
        }
        if !self.keys.is_set(Field::ResourceGroupId as u8) {
            record.resource_group_id.clone_from(&options.resource_group_id);
        }
        record.creation_time.get_or_insert(self.context.now);
        Ok(())
    }
}

impl<'de> Object<'de> for Record<'_, 'de> {
    fn entry<A: MapAccess<'de>>(
        &mut self,
        key: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let Some(field) = Field::from_name(&key) else {
            self.note_unknown(None, key.into_owned(), map.next_value()?);
            return Ok(());
        };
        if !self.keys.give(field as u8) {
            self.refuse(field.as_str(), "given twice, allowed once");
        }
        match field {
            Field::Tags => map.next_value_seed(AsObject(&mut Tags(self, false))),
            Field::InvokeInstances => {
                map.next_value_seed(AsObject(&mut InvokeInstances(self, false)))
            }
            _ => {
                let value = map.next_value()?;
                if let Err(fault) = self.take(field, value) {
                    self.refuse(field.as_str(), fault);
                }
                Ok(())
            }
        }
    }

    fn instead(&mut self, found: Scalar<'de>) {
        self.refuse("Invocation", found.fault("an object"));
    }
}

/// An object that holds one list.
macro_rules! wrapper {
    ($(#[$meta:meta])* $name:ident { $item:literal: $list:expr }) => {
        $(#[$meta])*
        /// Whether the list has been there.
        struct $name<'r, 'a, 'de>(&'r mut Record<'a, 'de>, bool);

        impl<'de> Object<'de> for $name<'_, '_, 'de> {
            fn entry<A: MapAccess<'de>>(
                &mut self,
                key: Cow<'de, str>,
                map: &mut A,
            ) -> Result<(), A::Error> {
                if key == $item {
                    if std::mem::replace(&mut self.1, true) {
                        self.0.refuse(stringify!($name), concat!($item, " is given twice"));
                    }
                    return map.next_value_seed(AsList(&mut $list(self.0)));
                }
                let path = format!("{}.{key}", stringify!($name));
                self.0.note_unknown(None, path, map.next_value()?);
                Ok(())
            }

            fn instead(&mut self, found: Scalar<'de>) {
                if !found.is_null() {
                    self.0.refuse(stringify!($name), found.fault("an object"));
                }
            }
        }
    };
}

wrapper! {
    /// What stands at `Tags`.
    Tags { "Tag": TagList }
}
wrapper! {
    /// What stands at `InvokeInstances`.
    InvokeInstances { "InvokeInstance": RunList }
}

/// What stands at `Tags.Tag`.
struct TagList<'r, 'a, 'de>(&'r mut Record<'a, 'de>);

impl<'de> List<'de> for TagList<'_, '_, 'de> {
    fn item<A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        let record = &mut *self.0;
        record.keys.set(Field::Tags as u8);
        if record.invocation.tags.len() > limits::TAGS {
            // The record will be refused: more of its tags say nothing more.
            return Ok(items.next_element::<IgnoredAny>()?.is_some());
        }
        let mut tag = TagReader { record, tag: Tag::default(), has_key: false, has_value: false };
        if items.next_element_seed(AsObject(&mut tag))?.is_none() {
            return Ok(false);
        }
        let TagReader { record, tag, has_value, .. } = tag;
        if !has_value {
            record.tags_without_value.push(record.invocation.tags.len());
        }
        record.invocation.tags.push(tag);
        Ok(true)
    }

    fn instead(&mut self, found: Scalar<'de>) {
        if !found.is_null() {
            self.0.refuse("Tags", found.fault("a list at Tags.Tag"));
        }
    }
}

struct TagReader<'r, 'a, 'de> {
    record: &'r mut Record<'a, 'de>,
    tag: Tag,
    has_key: bool,
    has_value: bool,
}

impl<'de> Object<'de> for TagReader<'_, '_, 'de> {
    fn entry<A: MapAccess<'de>>(
        &mut self,
        key: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let at = self.record.invocation.tags.len();
        if key != "TagKey" && key != "TagValue" {
            let path = format!("Tags.Tag[{at}].{key}");
            self.record.note_unknown(None, path, map.next_value()?);
            return Ok(());
        }
        let (has, text) = match &*key {
            "TagKey" => (&mut self.has_key, &mut self.tag.key),
            _ => (&mut self.has_value, &mut self.tag.value),
        };
        let value: Scalar<'de> = map.next_value()?;
        let fault = match value.text() {
            Ok(Some(_)) if *has => "given twice, allowed once".to_owned(),
            Ok(Some(given)) => {
                *has = true;
                *text = given.into_owned();
                return Ok(());
            }
            Ok(None) => return Ok(()),
            Err(fault) => fault,
        };
        self.record.refuse("Tags", format!("Tags.Tag[{at}].{key}: {fault}"));
        Ok(())
    }

    fn instead(&mut self, found: Scalar<'de>) {
        let at = self.record.invocation.tags.len();
        let fault = found.fault("an object");
        self.record.refuse("Tags", format!("Tags.Tag[{at}]: {fault}"));
    }
}
