//! Blocks back into a store, entry by entry, each held against the limits of the model.

use std::io::Read;
use std::num::NonZeroU32;
use std::sync::Arc;

use hashbrown::HashSet;
use roaring::RoaringTreemap;
use smallvec::SmallVec;

use super::block::{BlockReader, Header, Kind, Totals};
use super::code::{Fault, Fields, MODES, STATUSES, TYPES, entry, shape};
use crate::config::{Clock, Config};
use crate::error::Error;
use crate::index::RowKey;
use crate::limits;
use crate::model::{Invocation, Timestamp, check_tags};
use crate::store::{Gone, Store, validate};
use crate::table::{Head, RunState, Shared, SymbolId};

pub(super) fn restore(
    config: Config,
    clock: impl Clock + 'static,
    input: impl Read,
) -> Result<Store, Error> {
    let (mut blocks, header) = BlockReader::begin(input)?;
    let config = Config { id: header.id, ..config };
    let store = Store::resume(config, clock, header.last_number, header.last_write);
    let mut restorer = Restorer::new(store, header);
    loop {
        match blocks.next()? {
            Kind::Header => return Err(blocks.refuse("is the second of its kind")),
            Kind::End => {
                restorer.all_there().map_err(|fault| blocks.refuse(&fault.0))?;
                blocks.end(&restorer.totals)?;
                return Ok(restorer.store.restored(restorer.gone));
            }
            Kind::Data => {
                let mut content = blocks.content();
                loop {
                    let kind = content.byte().map_err(|_| blocks.refuse("is empty"))?;
                    let left = content.left();
                    restorer
                        .entry(kind, &mut content)
                        .map_err(|fault| blocks.refuse_entry(kind, left, &fault))?;
                    if content.left() == 0 {
                        break;
                    }
                }
            }
        }
    }
}

/// A store that is being filled. If anything is wrong it is thrown away.
struct Restorer {
    store: Store,
    header: Header,
    totals: Totals,
    gone: Gone,
    /// What was created before this has expired.
    cutoff: Timestamp,
    /// So many of the oldest records are over the capacity.
    surplus: u64,
    /// The acceptance numbers so far.
    numbers: RoaringTreemap,
    last: Option<RowKey>,
    /// The record whose runs are being read.
    record: Option<Record>,
    /// Its run whose history is being read.
    history: Option<History>,
    /// Where a command is put together.
    command: Invocation,
    /// By number, the symbols of its two parts; and all of these.
    commands: Vec<(SymbolId, SymbolId)>,
    known_commands: HashSet<(SymbolId, SymbolId)>,
}

struct Record {
    key: RowKey,
    /// `None` for a record that is beyond a limit: it is checked, and that is all.
    head: Option<Head>,
    recurring: bool,
    runs: usize,
    /// Of the runs read so far.
    instances: SmallVec<[SymbolId; 20]>,
}

struct History {
    /// The number of the next record, and of the last.
    next: u32,
    last: u32,
    /// So many of the next records are over the limit.
    surplus: u32,
}

impl Restorer {
    fn new(store: Store, header: Header) -> Self {
        let capacity = store.config().capacity as u64;
        Restorer {
            cutoff: store.saved().snapshot.cutoff,
            store,
            header,
            totals: Totals::default(),
            gone: Gone::default(),
            surplus: header.records.saturating_sub(capacity),
            numbers: RoaringTreemap::new(),
            last: None,
            record: None,
            history: None,
            command: Invocation::new("", "", ""),
            commands: Vec::new(),
            known_commands: HashSet::new(),
        }
    }

    /// Takes the entry of `kind` whose fields come next.
    fn entry(&mut self, kind: u8, fields: &mut Fields<'_>) -> Result<(), Fault> {
        match kind {
            entry::RUN => self.run(fields),
            entry::RECORD => self.record(fields),
            entry::HISTORY => self.history(fields),
            entry::REGION | entry::RESOURCE_GROUP | entry::INSTANCE => self.text(kind, fields),
            entry::TAG => self.tag(fields),
            entry::COMMAND => self.command(fields),
            entry::TEXTS => self.texts(fields),
            _ => Err(Fault::new(format!("is of the unknown kind {kind}"))),
        }
    }

    /// Checks that every record has come.
    fn all_there(&self) -> Result<(), Fault> {
        self.complete()?;
        let (found, said) = (self.totals.records, self.header.records);
        if found < said {
            return Err(Fault(format!("comes after {found} records, the header says {said}")));
        }
        Ok(())
    }

    /// Checks that no record is under way.
    fn complete(&self) -> Result<(), Fault> {
        match (&self.record, &self.history) {
            (None, None) => Ok(()),
            (Some(record), None) => Err(Fault(format!(
                "comes after {} of {} runs of record {}",
                record.instances.len(),
                record.runs,
                self.totals.records
            ))),
            (_, Some(history)) => Err(Fault(format!(
                "comes before history record {} of record {}",
                history.next, self.totals.records
            ))),
        }
    }

    fn record(&mut self, fields: &mut Fields<'_>) -> Result<(), Fault> {
        self.complete()?;
        let position = self.totals.records;
        if position >= self.header.records {
            return Err(Fault(format!("is one more than the {position} of the header")));
        }
        let invoke_id = fields.text("InvokeId")?;
        validate::id("InvokeId", invoke_id)?;
        let key = self.key(fields)?;
        let table = self.store.table_mut();
        let region = fields.reference("its region", table.regions.id_bound())?;
        let resource_group =
            fields.reference("its resource group", table.resource_groups.id_bound())?;
        let command = fields.reference("its command", self.commands.len())?;
        let (command, script) = self.commands[command as usize];
        let mut tags = SmallVec::<[SymbolId; limits::TAGS]>::new();
        let mut tag_keys = SmallVec::<[SymbolId; limits::TAGS]>::new();
        for _ in 0..fields.count("tags", limits::TAGS)? {
            let tag = fields.reference("a tag", table.tag_pairs.id_bound())?;
            let tag_key = table.tag_pairs.get(tag).tag_key();
            if tag_keys.contains(&tag_key) {
                return Err(Fault::new("has two tags with the same key"));
            }
            tag_keys.push(tag_key);
            tags.push(tag);
        }
        let runs = fields.count("runs", limits::RUNS)?;
        if runs == 0 {
            return Err(Fault::new("has no runs"));
        }
        if table.find(invoke_id).is_some() {
            return Err(Fault(format!("has the InvokeId {invoke_id:?} of an earlier one")));
        }
        let recurring = table.commands.get(command).repeat_mode().is_recurring();
        let kept = key.time >= self.cutoff && position >= self.surplus;
        if !kept {
            let gone = if key.time < self.cutoff {
                &mut self.gone.expired
            } else {
                &mut self.gone.evicted
            };
            *gone += 1;
        }
        let head = kept.then(|| {
            let scope = table.add_scope(region, resource_group);
            let shared = Shared { command, script, scope };
            table.restored_head(invoke_id, key.time, shared, &tags)
        });
        self.totals.records += 1;
        self.record = Some(Record { key, head, recurring, runs, instances: SmallVec::new() });
        Ok(())
    }

    /// A record's place, which is behind that of the one before.
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
        let record = match (&mut self.record, &self.history) {
            (Some(record), None) => record,
            (None, None) => return Err(Fault::new("belongs to no record")),
            (_, Some(_)) => return Err(Fault::new("comes before the end of a history")),
        };
        let table = self.store.table_mut();
        let base = record.key.time;
        let instance = fields.reference("its instance", table.instances.id_bound())?;
        if record.instances.contains(&instance) {
            return Err(Fault::new("is the second of its record on the same instance"));
        }
        record.instances.push(instance);
        let update_time = fields.time("UpdateTime", base)?;
        let texts = table.details.id_bound();
        let (mut state, shape) = execution(fields, base, shape::RUN, texts)?;
        state.update_time = Some(update_time);
        let creation_time = match shape & shape::CREATION_TIME {
            0 => base,
            _ => fields.time("CreationTime", base)?,
        };
        let (mut ever, mut kept) = (0, 0);
        if shape & shape::HISTORY != 0 {
            ever = fields.small("the count of its history")?;
            if ever > limits::HISTORY_NUMBER {
                return Err(Fault(format!(
                    "the count of its history is {ever}, allowed at most {}",
                    limits::HISTORY_NUMBER
                )));
            }
            kept = fields.count("history records", ever as usize)? as u32;
            if !record.recurring {
                return Err(Fault::new("has a history, but its task is not recurring"));
            }
        }
        if record.head.is_some() {
            table.restore_run(base, instance, creation_time, ever, state);
        }
        self.totals.runs += 1;
        if kept > 0 {
            let limit = u32::try_from(self.store.config().history_limit).unwrap_or(u32::MAX);
            let surplus = kept.saturating_sub(limit);
            if record.head.is_some() {
                self.gone.history += u64::from(surplus);
            }
            self.history = Some(History { next: ever - kept + 1, last: ever, surplus });
        } else {
            self.run_done();
        }
        Ok(())
    }

    fn history(&mut self, fields: &mut Fields<'_>) -> Result<(), Fault> {
        let (Some(record), Some(history)) = (&self.record, &mut self.history) else {
            return Err(Fault::new("belongs to no run"));
        };
        let limit = self.store.config().history_limit;
        let table = self.store.table_mut();
        let texts = table.details.id_bound();
        let (state, _) = execution(fields, record.key.time, shape::EXECUTION, texts)?;
        if !state.status.is_end() {
            return Err(Fault(format!("is {}, which is no end of an execution", state.status)));
        }
        let number = history.next;
        if history.surplus > 0 {
            history.surplus -= 1;
        } else if record.head.is_some() {
            table.restore_history(number, state, limit);
        }
        self.totals.history += 1;
        if number < history.last {
            history.next += 1;
        } else {
            self.history = None;
            self.run_done();
        }
        Ok(())
    }

    /// Puts the record in its place once its last run is whole.
    fn run_done(&mut self) {
        if let Some(mut record) =
            self.record.take_if(|record| record.instances.len() == record.runs)
            && let Some(head) = record.head.take()
        {
            self.store.restore_record(record.key, head, record.runs);
        }
    }
}

/// Shared values.
impl Restorer {
    fn text(&mut self, kind: u8, fields: &mut Fields<'_>) -> Result<(), Fault> {
        let table = self.store.table_mut();
        let is_new = match kind {
            entry::REGION => {
                let text = fields.text("RegionId")?;
                validate::id("RegionId", text)?;
                table.add_region(text)
            }
            entry::RESOURCE_GROUP => {
                let text = fields.text("ResourceGroupId")?;
                validate::bytes("ResourceGroupId", text.len(), limits::ID_BYTES)?;
                table.add_resource_group(text)
            }
            _ => {
                let text = fields.text("InstanceId")?;
                validate::id("InstanceId", text)?;
                table.add_instance(text)
            }
        };
        once(is_new)
    }

    fn tag(&mut self, fields: &mut Fields<'_>) -> Result<(), Fault> {
        let (key, value) = (fields.text("TagKey")?, fields.text("TagValue")?);
        check_tags(std::iter::once((1, Some(key), Some(value)))).map_err(Error::record_tag)?;
        once(self.store.table_mut().add_tag(key, value))
    }

    fn command(&mut self, fields: &mut Fields<'_>) -> Result<(), Fault> {
        let command = &mut self.command;
        fields.fill("CommandId", &mut command.command_id)?;
        fields.fill("CommandName", &mut command.command_name)?;
        fields.fill("CommandDescription", &mut command.command_description)?;
        command.command_content.clear();
        command.command_content.extend_from_slice(fields.bytes()?);
        fields.fill("Parameters", &mut command.parameters)?;
        fields.fill("Frequency", &mut command.frequency)?;
        fields.fill("WorkingDir", &mut command.working_dir)?;
        fields.fill("Username", &mut command.username)?;
        fields.fill("ContainerId", &mut command.container_id)?;
        fields.fill("ContainerName", &mut command.container_name)?;
        fields.fill("Launcher", &mut command.launcher)?;
        fields.fill("TerminationMode", &mut command.termination_mode)?;
        fields.fill("OssOutputDelivery", &mut command.oss_output_delivery)?;
        command.command_type = fields.code("CommandType", TYPES)?;
        command.repeat_mode = fields.code("RepeatMode", MODES)?;
        command.timeout = Some(fields.small("Timeout")?).filter(|&timeout| timeout != 0);
        validate::command(command)?;
        let command = self.store.table_mut().add_command(command);
        self.commands.push(command);
        once(self.known_commands.insert(command))
    }

    fn texts(&mut self, fields: &mut Fields<'_>) -> Result<(), Fault> {
        let mut strings = [""; 6];
        for (string, field) in strings.iter_mut().zip(validate::DETAIL_FIELDS) {
            *string = fields.text(field)?;
            validate::text(field, string)?;
        }
        if strings.iter().all(|string| string.is_empty()) {
            return Err(Fault::new("has no text"));
        }
        once(self.store.table_mut().add_detail(strings.map(str::as_bytes)))
    }
}

/// Refuses a shared value that was there already: numbers would name the same thing twice.
fn once(is_new: bool) -> Result<(), Fault> {
    if is_new { Ok(()) } else { Err(Fault::new("is there already")) }
}

/// What a run and a history record have in common, and the shape it was written with.
fn execution(
    fields: &mut Fields<'_>,
    base: Timestamp,
    allowed: u64,
    texts: usize,
) -> Result<(RunState, u64), Fault> {
    let status = fields.code("InvocationStatus", STATUSES)?;
    let shape = fields.number()?;
    if shape & !allowed != 0 {
        return Err(Fault(format!("has the shape {shape}, allowed are the bits of {allowed}")));
    }
    let has = |bit: u64| shape & bit != 0;
    let repeats = fields.small("Repeats")?;
    let start_time = has(shape::START_TIME).then(|| fields.time("StartTime", base)).transpose()?;
    let finish_time =
        has(shape::FINISH_TIME).then(|| fields.time("FinishTime", base)).transpose()?;
    let exit_code = has(shape::EXIT_CODE).then(|| fields.signed()).transpose()?;
    let detail = has(shape::TEXTS).then(|| fields.reference("its texts", texts)).transpose()?;
    let stop_time = has(shape::STOP_TIME).then(|| fields.time("StopTime", base)).transpose()?;
    let output = if has(shape::OUTPUT) { fields.bytes()? } else { &[] };
    validate::bytes("Output", output.len(), limits::OUTPUT_BYTES)?;
    let dropped = if has(shape::DROPPED) { fields.number()? } else { 0 };
    let state = RunState {
        status,
        update_time: None,
        start_time,
        finish_time,
        stop_time,
        repeats,
        exit_code,
        output: (!output.is_empty()).then(|| Arc::from(output)),
        dropped,
        detail: detail.and_then(|number| NonZeroU32::MIN.checked_add(number)),
    };
    Ok((state, shape))
}
