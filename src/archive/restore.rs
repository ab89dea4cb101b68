//! Restores a store from blocks, entry by entry. Each value is checked against its limit.

use std::io::Read;

use hashbrown::HashSet;
use roaring::RoaringTreemap;
use xxhash_rust::xxh3::xxh3_128;

use super::block::{BlockReader, Header, Kind, Totals};
use super::code::{Fault, Fields, entry};
use super::command;
use super::execution::{self, Texts, shape};
use crate::config::{Clock, Config};
use crate::error::Error;
use crate::index::RowKey;
use crate::limits;
use crate::model::{InstanceRun, Invocation, RUN_TEXT_FIELDS, Tag, Timestamp, check_tags};
use crate::store::{Restored, RunHistory, Store, validate};

pub(super) fn restore(
    config: Config,
    clock: impl Clock + 'static,
    input: impl Read,
) -> Result<Restored, Error> {
    let (mut blocks, header) = BlockReader::begin(input)?;
    let config = Config { id: header.id, ..config };
    let store = Store::resume(config, clock, header.last_number, header.last_write);
    let mut restorer = Restorer {
        cutoff: store.cutoff(store.now()),
        surplus: header.records.saturating_sub(store.config().capacity as u64),
        store,
        header,
        totals: Totals::default(),
        expired: 0,
        evicted: 0,
        numbers: RoaringTreemap::new(),
        last: None,
        values: Values::default(),
        record: None,
        spare_tags: Vec::new(),
        spare_runs: Vec::new(),
        spare_ids: Vec::new(),
    };
    loop {
        match blocks.next()? {
            Kind::Header => return Err(blocks.refuse("is the second of its kind")),
            Kind::End => {
                restorer.all_there().map_err(|fault| blocks.refuse(&fault.0))?;
                blocks.end(&restorer.totals)?;
                return Ok(restorer.store.restored(restorer.expired, restorer.evicted));
            }
            Kind::Data => {
                let mut content = blocks.content();
                if content.rest.is_empty() {
                    return Err(blocks.refuse("is empty"));
                }
                while let Some((&kind, rest)) = content.rest.split_first() {
                    content.rest = rest;
                    let done = restorer.entry(kind, &mut content);
                    done.map_err(|fault| blocks.refuse_entry(kind, rest.len(), &fault))?;
                }
            }
        }
    }
}

/// A store that is being filled. It is dropped on the first fault.
struct Restorer {
    store: Store,
    header: Header,
    totals: Totals,
    /// Records of the archive that are left out, by age and by capacity.
    expired: u64,
    evicted: u64,
    /// Records created before this time have expired.
    cutoff: Timestamp,
    /// The number of the oldest records that are over the capacity.
    surplus: u64,
    /// The acceptance numbers so far, none of which may be repeated.
    numbers: RoaringTreemap,
    last: Option<RowKey>,
    values: Values,
    /// The record whose runs are being read.
    record: Option<Record>,
    /// The tags of the last record: the next one takes their room.
    spare_tags: Vec<Tag>,
    /// Room for the runs of the next record.
    spare_runs: Vec<InstanceRun>,
    /// Room for their InstanceIds.
    spare_ids: Vec<String>,
}

/// The shared values so far, by number.
#[derive(Default)]
struct Values {
    regions: Vec<String>,
    resource_groups: Vec<String>,
    instances: Vec<String>,
    tags: Vec<Tag>,
    /// A record for each command, with only the fields of the command set. That of the record which
    /// is being read has the other fields too.
    commands: Vec<Invocation>,
    texts: Vec<Texts>,
    /// The XXH3-128 of each entry, to detect a repeated value. A value has only one encoding, so
    /// equal values have equal entries.
    seen: HashSet<u128>,
}

/// The record that is being read: some of its runs or history records are still to come.
struct Record {
    key: RowKey,
    /// The number of the command, to which the fields of the record are added: to copy the command
    /// for each record would add a tenth to the time, and to move it some hundredths.
    command: usize,
    /// The number of its runs.
    runs: usize,
    /// Whether the store keeps the record. One beyond its limits is only checked.
    kept: bool,
    histories: Vec<RunHistory>,
    /// The number of history records of the last run that are still to come.
    history_left: usize,
}

impl Restorer {
    /// Reads an entry of `kind`, whose fields come next.
    fn entry(&mut self, kind: u8, fields: &mut Fields<'_>) -> Result<(), Fault> {
        match kind {
            entry::RUN => self.run(fields),
            entry::RECORD => self.record(fields),
            entry::HISTORY => self.history(fields),
            _ => self.values.entry(kind, fields),
        }
    }

    /// Checks that all records of the header have been read.
    fn all_there(&self) -> Result<(), Fault> {
        self.complete()?;
        let (found, said) = (self.totals.records, self.header.records);
        if found < said {
            return Err(Fault(format!("comes after {found} records, the header says {said}")));
        }
        Ok(())
    }

    /// Checks that the last record lacks no run and no history record.
    fn complete(&self) -> Result<(), Fault> {
        let Some(record) = &self.record else { return Ok(()) };
        let position = self.totals.records;
        Err(Fault(if record.history_left > 0 {
            let next = record
                .histories
                .last()
                .map_or(0, |history| u64::from(history.first) + history.records.len() as u64);
            format!("comes before history record {next} of record {position}")
        } else {
            let (there, said) = (self.values.commands[record.command].instances.len(), record.runs);
            format!("comes after {there} of {said} runs of record {position}")
        }))
    }

    fn record(&mut self, fields: &mut Fields<'_>) -> Result<(), Fault> {
        self.complete()?;
        let position = self.totals.records;
        if position >= self.header.records {
            return Err(Fault(format!("is one more than the {position} of the header")));
        }
        let invoke_id = id(fields, "InvokeId")?;
        let key = self.key(fields)?;
        let region = fields.place("its region", self.values.regions.len())?;
        let resource_group =
            fields.place("its resource group", self.values.resource_groups.len())?;
        let command = fields.place("its command", self.values.commands.len())?;
        let values = &mut self.values;
        let invocation = &mut values.commands[command];
        invocation.region_id.clone_from(&values.regions[region]);
        invocation.resource_group_id.clone_from(&values.resource_groups[resource_group]);
        invocation.invoke_id.push_str(invoke_id);
        invocation.tags = std::mem::take(&mut self.spare_tags);
        let tags = fields.count("tags", limits::TAGS)?;
        invocation.tags.resize_with(tags, Tag::default);
        for at in 0..tags {
            let tag = fields.value("a tag", &values.tags)?;
            let (earlier, rest) = invocation.tags.split_at_mut(at);
            if earlier.iter().any(|other| other.key == tag.key) {
                return Err(Fault::new("has two tags with the same key"));
            }
            rest[0].key.clone_from(&tag.key);
            rest[0].value.clone_from(&tag.value);
        }
        let runs = fields.count("runs", limits::RUNS)?;
        if runs == 0 {
            return Err(Fault::new("has no runs"));
        }
        invocation.instances = std::mem::take(&mut self.spare_runs);
        if self.store.holds(invoke_id) {
            return Err(Fault(format!("has the InvokeId {invoke_id:?} of an earlier one")));
        }
        let expired = key.time < self.cutoff;
        let evicted = !expired && position < self.surplus;
        self.expired += u64::from(expired);
        self.evicted += u64::from(evicted);
        self.totals.records += 1;
        let kept = !expired && !evicted;
        let (histories, history_left) = (Vec::new(), 0);
        self.record = Some(Record { key, command, runs, kept, histories, history_left });
        Ok(())
    }

    /// Reads the key of a record, which must be higher than that of the record before it.
    fn key(&mut self, fields: &mut Fields<'_>) -> Result<RowKey, Fault> {
        let later = fields.number()?;
        let further = fields.signed()?;
        let (time, number) = self.last.map_or((0, 0), |last| (last.time.as_secs(), last.number));
        let secs = u64::from(time).checked_add(later).and_then(|secs| i64::try_from(secs).ok());
        let time = secs.and_then(Timestamp::from_secs).ok_or_else(|| {
            Fault(format!("CreationTime is {time} and {later} more, allowed 1 to {}", u32::MAX))
        })?;
        let key = RowKey { time, number: number.wrapping_add_signed(further) };
        if !(1..=self.header.last_number).contains(&key.number) {
            return Err(Fault(format!(
                "has the acceptance number {}, the header allows 1 to {}",
                key.number, self.header.last_number
            )));
        }
        if self.last.is_some_and(|last| last >= key) {
            return Err(Fault::new("does not stand behind the record before it"));
        }
        if !self.numbers.insert(key.number) {
            return Err(Fault(format!("has the acceptance number {} of another", key.number)));
        }
        self.last = Some(key);
        Ok(key)
    }

    fn run(&mut self, fields: &mut Fields<'_>) -> Result<(), Fault> {
        let Some(record) = &mut self.record else {
            return Err(Fault::new("belongs to no record"));
        };
        if record.history_left > 0 {
            return Err(Fault::new("comes before the end of a history"));
        }
        let base = record.key.time;
        let instance_id = fields.value("its instance", &self.values.instances)?;
        let invocation = &mut self.values.commands[record.command];
        let instances = &mut invocation.instances;
        if instances.iter().any(|other| other.instance_id == *instance_id) {
            return Err(Fault::new("is the second of its record on the same instance"));
        }
        let update_time = fields.time("UpdateTime", base)?;
        let texts = &self.values.texts;
        // Filled in its place: a run is some 300 bytes, which are better not moved.
        let number = instances.len();
        let mut room = self.spare_ids.pop().unwrap_or_default();
        room.clone_from(instance_id);
        instances.push(InstanceRun::new(room));
        let run = &mut instances[number];
        let shape = execution::take(fields, run, base, shape::RUN, texts)?;
        run.update_time = Some(update_time);
        if shape & shape::CREATION_TIME != 0 {
            run.creation_time = Some(fields.time("CreationTime", base)?);
        }
        if shape & shape::HISTORY != 0 {
            let ever = fields.small("the count of its history")?;
            if ever > limits::HISTORY_NUMBER {
                return Err(Fault(format!(
                    "the count of its history is {ever}, allowed at most {}",
                    limits::HISTORY_NUMBER
                )));
            }
            let kept = fields.count("history records", ever as usize)?;
            if !invocation.repeat_mode.is_recurring() {
                return Err(Fault::new("has a history, but its task is not recurring"));
            }
            record.history_left = kept;
            record.histories.push(RunHistory {
                run: number,
                ever,
                first: ever - kept as u32 + 1,
                records: Vec::new(),
            });
        }
        self.totals.runs += 1;
        self.store_whole();
        Ok(())
    }

    fn history(&mut self, fields: &mut Fields<'_>) -> Result<(), Fault> {
        let Some(record) = self.record.as_mut().filter(|record| record.history_left > 0) else {
            return Err(Fault::new("belongs to no run"));
        };
        let texts = &self.values.texts;
        let mut execution = InstanceRun::new("");
        execution::take(fields, &mut execution, record.key.time, shape::EXECUTION, texts)?;
        let status = execution.invocation_status;
        if !status.is_end() {
            return Err(Fault(format!("is {status}, which is no end of an execution")));
        }
        if let Some(history) = record.histories.last_mut() {
            history.records.push(execution);
        }
        record.history_left -= 1;
        self.totals.history += 1;
        self.store_whole();
        Ok(())
    }

    /// Inserts the record into the store once all its runs and their histories have been read, unless
    /// it is left out.
    fn store_whole(&mut self) {
        let Some(record) = &self.record else { return };
        let invocation = &mut self.values.commands[record.command];
        if record.history_left > 0 || invocation.instances.len() < record.runs {
            return;
        }
        if record.kept {
            self.store.restore_record(record.key, invocation, &record.histories);
        }
        // The command alone is left.
        invocation.invoke_id.clear();
        self.spare_tags = std::mem::take(&mut invocation.tags);
        self.spare_runs = std::mem::take(&mut invocation.instances);
        self.spare_ids.extend(self.spare_runs.drain(..).map(|run| run.instance_id));
        self.record = None;
    }
}

/// Reads an id, which is not empty.
fn id<'a>(fields: &mut Fields<'a>, what: &'static str) -> Result<&'a str, Fault> {
    let text = fields.text(what)?;
    validate::id(what, text)?;
    Ok(text)
}

impl Values {
    /// Reads a shared value of `kind`.
    fn entry(&mut self, kind: u8, fields: &mut Fields<'_>) -> Result<(), Fault> {
        let rest = fields.rest;
        match kind {
            entry::REGION => self.regions.push(id(fields, "RegionId")?.into()),
            entry::RESOURCE_GROUP => {
                let text = fields.text("ResourceGroupId")?;
                validate::bytes("ResourceGroupId", text.len(), limits::ID_BYTES)?;
                self.resource_groups.push(text.into());
            }
            entry::INSTANCE => self.instances.push(id(fields, "InstanceId")?.into()),
            entry::TAG => {
                let (key, value) = (fields.text("TagKey")?, fields.text("TagValue")?);
                check_tags(std::iter::once((1, Some(key), Some(value))))
                    .map_err(Error::record_tag)?;
                self.tags.push(Tag::new(key, value));
            }
            entry::COMMAND => self.commands.push(command::take(fields)?),
            entry::TEXTS => {
                let mut texts = Texts::default();
                for (text, field) in texts.iter_mut().zip(RUN_TEXT_FIELDS) {
                    *text = fields.text(field.name)?.into();
                    validate::text(field, text)?;
                }
                if texts.iter().all(String::is_empty) {
                    return Err(Fault::new("has no text"));
                }
                self.texts.push(texts);
            }
            _ => return Err(Fault::new(format!("is of the unknown kind {kind}"))),
        }
        let entry = &rest[..rest.len() - fields.rest.len()];
        let mut key = vec![kind];
        key.extend_from_slice(entry);
        // With two numbers for one value, equal stores could have different archives.
        if !self.seen.insert(xxh3_128(&key)) {
            return Err(Fault::new("is there already"));
        }
        Ok(())
    }
}
