//! Reads one captured record into an invocation.

use std::borrow::Cow;

use super::any_json::{Entry, Json, Reason};
use super::encoding::Decoder;
use super::keys::{Field, Shown};
use super::nested_list::{NestedList, misplaced};
use super::options::ImportOptions;
use super::run::{Run, RunNotes};
use crate::error::Error;
use crate::limits;
use crate::model::{CommandType, Invocation, RepeatMode, Tag, Timestamp};

/// A record as it was read, with notes on the keys that the capture has.
///
/// Each entry is read independently. A fault in one refuses the record, but the others are still
/// read, so that the refusal can name the InvokeId even if it comes later.
pub(super) struct Record<'de> {
    pub(super) invocation: Invocation,
    /// By [`Field`].
    pub(super) shown: [Shown; Field::ALL.len()],
    pub(super) invocation_status: Option<Cow<'de, str>>,
    pub(super) invoke_status: Option<Cow<'de, str>>,
    pub(super) timed: Option<bool>,
    /// One for each run of the invocation.
    pub(super) runs: Vec<RunNotes<'de>>,
    /// Positions of the tags without a TagValue.
    pub(super) tags_without_value: Vec<usize>,
    /// The paths of the unknown keys and their values.
    pub(super) unknown: Vec<(Cow<'de, str>, Json<'de>)>,
    /// The number of runs in the capture. Runs beyond the limit of a record are counted only.
    run_count: usize,
    /// The first fault.
    error: Option<Error>,
}

impl<'de> Record<'de> {
    /// Reads the whole record, also after a fault, because `decoder` must see every CommandContent
    /// and Output of the file.
    pub(super) fn read(json: Json<'de>, decoder: &mut Decoder) -> Self {
        let mut record = Record {
            invocation: Invocation::new("", "", ""),
            shown: Default::default(),
            invocation_status: None,
            invoke_status: None,
            timed: None,
            runs: Vec::new(),
            tags_without_value: Vec::new(),
            unknown: Vec::new(),
            run_count: 0,
            error: None,
        };
        match json.entries() {
            Ok(entries) => {
                for entry in entries {
                    record.read_entry(entry, decoder);
                }
            }
            Err(reason) => record.refuse("Invocation", reason),
        }
        record
    }

    /// Checks that no required field is missing. Sets region, resource group and CreationTime, if
    /// the capture lacks them, to those of the caller's options and to `now`. Returns the
    /// CreationTime.
    ///
    /// # Errors
    ///
    /// The first fault of the record.
    pub(super) fn complete(
        &mut self,
        options: &ImportOptions,
        now: Timestamp,
    ) -> Result<Timestamp, Error> {
        if !self.is_set(Field::RepeatMode) && self.timed == Some(true) {
            let reason =
                "not given, and while Timed is true it may be any but Once; add it to the record";
            self.refuse("RepeatMode", reason.into());
        }
        if !self.is_set(Field::CommandType) {
            self.error.get_or_insert_with(|| Error::record_missing("CommandType"));
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.run_count > limits::RUNS {
            let (field, unit) = ("InstanceId", "instances");
            return Err(Error::record_too_long(field, self.run_count, limits::RUNS, unit));
        }
        if self.invocation.region_id.is_empty() {
            self.invocation.region_id.clone_from(&options.region_id);
        }
        if !self.is_set(Field::ResourceGroupId) {
            self.invocation.resource_group_id.clone_from(&options.resource_group_id);
        }
        Ok(*self.invocation.creation_time.get_or_insert(now))
    }

    fn is_set(&self, field: Field) -> bool {
        self.shown[field as usize] == Shown::Set
    }

    /// Keeps the fault, unless there was one before.
    fn refuse(&mut self, field: &'static str, reason: Reason) {
        self.error.get_or_insert_with(|| Error::captured(field, reason));
    }

    fn read_entry(&mut self, (key, value): Entry<'de>, decoder: &mut Decoder) {
        let key = match key {
            Ok(key) => key,
            Err(reason) => return self.refuse("Invocation", reason),
        };
        let Some(field) = Field::from_name(&key) else {
            self.unknown.push((key, value));
            return;
        };
        let shown = Shown::of(field.as_str(), value);
        let before = std::mem::replace(&mut self.shown[field as usize], shown);
        if before != Shown::Missing {
            self.refuse(field.as_str(), "given twice, allowed once".into());
        }
        if !value.is_null()
            && let Err(reason) = self.read_field(field, value, decoder)
        {
            self.refuse(field.as_str(), reason);
        }
    }

    /// Reads a value that is not `null`.
    fn read_field(
        &mut self,
        field: Field,
        value: Json<'de>,
        decoder: &mut Decoder,
    ) -> Result<(), Reason> {
        use Field as F;
        let invocation = &mut self.invocation;
        match field {
            F::CreationTime => invocation.creation_time = value.time()?,
            F::InvocationStatus => self.invocation_status = Some(value.text()?),
            F::InvokeStatus => self.invoke_status = Some(value.text()?),
            F::Timed => self.timed = Some(value.flag()?),
            F::RepeatMode => {
                let given = value.named(RepeatMode::ALL, RepeatMode::as_str)?;
                invocation.repeat_mode = given.unwrap_or(invocation.repeat_mode);
            }
            F::CommandType => {
                let given = value.named(CommandType::ALL, CommandType::as_str)?;
                invocation.command_type = given.unwrap_or(invocation.command_type);
            }
            F::CommandContent => invocation.command_content = decoder.decode(value.text()?)?,
            F::Timeout => {
                let most = limits::TIMEOUT_SECONDS;
                let timeout = value.number(format_args!("a whole number from 1 to {most}"))?;
                invocation.timeout = Some(timeout);
            }
            F::Tags => self.read_tags(value),
            F::InvokeInstances => self.read_runs(value, decoder),
            F::RegionId => invocation.region_id = value.string()?,
            F::ResourceGroupId => invocation.resource_group_id = value.string()?,
            F::InvokeId => invocation.invoke_id = value.string()?,
            F::CommandId => invocation.command_id = value.string()?,
            F::CommandName => invocation.command_name = value.string()?,
            F::CommandDescription => invocation.command_description = value.string()?,
            F::Parameters => invocation.parameters = value.string()?,
            F::Frequency => invocation.frequency = value.string()?,
            F::WorkingDir => invocation.working_dir = value.string()?,
            F::Username => invocation.username = value.string()?,
            F::ContainerId => invocation.container_id = value.string()?,
            F::ContainerName => invocation.container_name = value.string()?,
            F::Launcher => invocation.launcher = value.string()?,
            F::TerminationMode => invocation.termination_mode = value.string()?,
            F::OssOutputDelivery => invocation.oss_output_delivery = value.string()?,
        }
        Ok(())
    }

    /// The items of the list in its wrapper, `{"<item>": [...]}`; `None` when there is no list.
    fn unwrap_list(
        &mut self,
        field: Field,
        item: &'static str,
        wrapper: Json<'de>,
    ) -> Option<Vec<Json<'de>>> {
        let name = field.as_str();
        let Ok(mut found) = NestedList::find(wrapper.as_str(), name, &[item]) else {
            let (place, reason) = misplaced(wrapper, name, &[item])?;
            self.refuse(name, format!("{place}: {reason}"));
            return None;
        };
        self.unknown.append(&mut found.others);
        if let Some(reason) = found.unreadable {
            self.refuse(name, reason);
        }
        if found.lists > 1 {
            self.refuse(name, format!("{item} is given twice"));
        }
        (found.lists > 0).then_some(found.items)
    }

    fn read_tags(&mut self, wrapper: Json<'de>) {
        let Some(tags) = self.unwrap_list(Field::Tags, "Tag", wrapper) else {
            self.shown[Field::Tags as usize] = Shown::Null;
            return;
        };
        // One tag above the limit is enough to refuse the record.
        for (at, tag) in tags.into_iter().take(limits::TAGS + 1).enumerate() {
            if let Err(reason) = self.read_tag(at, tag) {
                self.refuse(Field::Tags.as_str(), reason);
            }
        }
    }

    fn read_tag(&mut self, at: usize, json: Json<'de>) -> Result<(), Reason> {
        let fault = |reason| format!("Tags.Tag[{at}]: {reason}");
        let (mut tag_key, mut tag_value) = (None, None);
        for (key, value) in json.entries().map_err(fault)? {
            let key = key.map_err(fault)?;
            let text = match &*key {
                "TagKey" => &mut tag_key,
                "TagValue" => &mut tag_value,
                _ => {
                    self.unknown.push((format!("Tags.Tag[{at}].{key}").into(), value));
                    continue;
                }
            };
            if value.is_null() {
                continue;
            }
            let fault = |reason| format!("Tags.Tag[{at}].{key}: {reason}");
            let given = value.string().map_err(fault)?;
            if text.replace(given).is_some() {
                return Err(fault("given twice, allowed once".into()));
            }
        }
        if tag_value.is_none() {
            self.tags_without_value.push(at);
        }
        let (key, value) = (tag_key.unwrap_or_default(), tag_value.unwrap_or_default());
        self.invocation.tags.push(Tag { key, value });
        Ok(())
    }

    fn read_runs(&mut self, wrapper: Json<'de>, decoder: &mut Decoder) {
        let runs = self.unwrap_list(Field::InvokeInstances, "InvokeInstance", wrapper);
        let runs = runs.unwrap_or_default();
        self.run_count = runs.len();
        self.invocation.instances.reserve_exact(runs.len().min(limits::RUNS));
        for (at, json) in runs.into_iter().enumerate() {
            let Run { run, notes, error, .. } = Run::read(json, at, decoder);
            // Too many runs refuse the record, so those above the limit need not be kept.
            if at < limits::RUNS {
                self.error = self.error.take().or(error);
                self.invocation.instances.push(run);
                self.runs.push(notes);
            }
        }
    }
}
