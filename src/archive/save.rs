//! A store's records into blocks.

use std::io::Write;
use std::num::NonZeroU32;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::block::{BlockWriter, Header, Totals};
use super::code::{
    MODES, STATUSES, TYPES, code_of, entry, put_bytes, put_number, put_signed, put_time, shape,
};
use crate::error::Error;
use crate::index::RowKey;
use crate::limits;
use crate::model::{InvocationStatus, Timestamp};
use crate::store::Store;
use crate::table::{
    CommandField, Detail, Head, HistoryRecord, Run, RunExtra, ScriptField, SymbolId, Table,
};

pub(super) fn save(store: &Store, out: impl Write) -> Result<(), Error> {
    let saved = store.saved();
    let (span, order) = (saved.snapshot.span(), &saved.snapshot.index.order);
    let rows = || (span.start..span.end).filter_map(|row| Some((order.key(row), order.slot(row)?)));
    let header = Header {
        id: saved.snapshot.config.id,
        last_number: saved.last_number,
        last_write: saved.last_write,
        records: rows().count() as u64,
    };
    let table = saved.snapshot.table;
    let mut saver = Saver {
        blocks: BlockWriter::begin(out, &header)?,
        table,
        totals: Totals::default(),
        time: 0,
        number: 0,
        regions: Numbering::new(table.regions.id_bound()),
        resource_groups: Numbering::new(table.resource_groups.id_bound()),
        instances: Numbering::new(table.instances.id_bound()),
        tags: Numbering::new(table.tag_pairs.id_bound()),
        commands: HashMap::new(),
        texts: Numbering::new(table.details.id_bound()),
    };
    for (key, slot) in rows() {
        saver.record(key, slot)?;
    }
    saver.blocks.end(&saver.totals)
}

/// What has been written, as far as what follows depends on it.
struct Saver<'a, W> {
    blocks: BlockWriter<W>,
    table: &'a Table,
    totals: Totals,
    /// CreationTime and acceptance number of the record before.
    time: u32,
    number: u64,
    regions: Numbering,
    resource_groups: Numbering,
    instances: Numbering,
    tags: Numbering,
    /// Command and script together, which are one in an archive.
    commands: HashMap<(SymbolId, SymbolId), u64>,
    texts: Numbering,
}

/// The numbers under which shared values were written: in the order of their first use, so that
/// the bytes follow from the records alone.
struct Numbering {
    /// By symbol: the number plus one, or 0 for what is not written yet.
    by_symbol: Vec<u32>,
    next: u32,
}

impl Numbering {
    fn new(id_bound: usize) -> Self {
        Numbering { by_symbol: vec![0; id_bound], next: 0 }
    }

    /// The number of `id`, and whether it is new.
    fn number(&mut self, id: SymbolId) -> (u64, bool) {
        let number = &mut self.by_symbol[id as usize];
        let is_new = *number == 0;
        if is_new {
            self.next += 1;
            *number = self.next;
        }
        (u64::from(*number - 1), is_new)
    }
}

/// What a run and a history record have in common.
struct Execution<'a> {
    status: InvocationStatus,
    repeats: u32,
    start_time: Option<Timestamp>,
    finish_time: Option<Timestamp>,
    exit_code: Option<i64>,
    texts: Option<u64>,
    stop_time: Option<Timestamp>,
    output: &'a [u8],
    dropped: u64,
}

impl Execution<'_> {
    fn shape(&self) -> u64 {
        let bit = |bit: u64, set: bool| if set { bit } else { 0 };
        bit(shape::START_TIME, self.start_time.is_some())
            | bit(shape::FINISH_TIME, self.finish_time.is_some())
            | bit(shape::EXIT_CODE, self.exit_code.is_some())
            | bit(shape::TEXTS, self.texts.is_some())
            | bit(shape::STOP_TIME, self.stop_time.is_some())
            | bit(shape::OUTPUT, !self.output.is_empty())
            | bit(shape::DROPPED, self.dropped > 0)
    }

    /// Writes all with `shape`, which may have further bits. Times count from `base`.
    fn put(&self, shape: u64, base: Timestamp, out: &mut Vec<u8>) {
        out.push(code_of(STATUSES, &self.status));
        put_number(shape, out);
        put_number(self.repeats.into(), out);
        for time in [self.start_time, self.finish_time].into_iter().flatten() {
            put_time(time, base, out);
        }
        if let Some(exit_code) = self.exit_code {
            put_signed(exit_code, out);
        }
        if let Some(texts) = self.texts {
            put_number(texts, out);
        }
        if let Some(time) = self.stop_time {
            put_time(time, base, out);
        }
        if !self.output.is_empty() {
            put_bytes(self.output, out);
        }
        if self.dropped > 0 {
            put_number(self.dropped, out);
        }
    }
}

impl<W: Write> Saver<'_, W> {
    fn record(&mut self, key: RowKey, slot: u32) -> Result<(), Error> {
        let table = self.table;
        let head = table.head(slot);
        let scope = table.scope_of(head);
        let region = self.region(scope.region())?;
        let resource_group = self.resource_group(scope.resource_group())?;
        let command = self.command(head)?;
        let mut tags = SmallVec::<[u64; limits::TAGS]>::new();
        for &tag in table.tags_of(head) {
            tags.push(self.tag(tag)?);
        }
        let runs = table.runs_of(head);
        let (time, number) = (key.time.as_secs(), key.number);
        let (later, further) = (time - self.time, number.wrapping_sub(self.number));
        self.blocks.entry(entry::RECORD, |out| {
            put_bytes(table.invoke_id(head), out);
            put_number(later.into(), out);
            put_signed(further as i64, out);
            put_number(region, out);
            put_number(resource_group, out);
            put_number(command, out);
            put_number(tags.len() as u64, out);
            tags.iter().for_each(|&tag| put_number(tag, out));
            put_number(runs.len() as u64, out);
        })?;
        (self.time, self.number) = (time, number);
        self.totals.records += 1;
        runs.iter().try_for_each(|run| self.run(run, key.time))
    }

    fn run(&mut self, run: &Run, base: Timestamp) -> Result<(), Error> {
        let extra = self.table.extra_of(run);
        let instance = self.instance(run.instance)?;
        let execution = Execution {
            status: run.status(),
            repeats: run.repeats(extra),
            start_time: run.start_time(),
            finish_time: run.finish_time(),
            exit_code: run.exit_code(extra),
            texts: self.texts(run.detail(extra))?,
            stop_time: extra.and_then(|extra| extra.stop_time),
            output: extra.map_or(&[], RunExtra::output),
            dropped: extra.map_or(0, RunExtra::dropped),
        };
        let creation_time =
            Some(run.creation_time(base, extra)).filter(|&creation_time| creation_time != base);
        let ever = extra.map_or(0, RunExtra::history_number);
        let history = extra.map_or(&[][..], RunExtra::history);
        let mut shape = execution.shape();
        shape |= creation_time.map_or(0, |_| shape::CREATION_TIME);
        shape |= if ever > 0 { shape::HISTORY } else { 0 };
        self.blocks.entry(entry::RUN, |out| {
            put_number(instance, out);
            put_time(run.update_time(base, extra), base, out);
            execution.put(shape, base, out);
            if let Some(time) = creation_time {
                put_time(time, base, out);
            }
            if ever > 0 {
                put_number(ever.into(), out);
                put_number(history.len() as u64, out);
            }
        })?;
        self.totals.runs += 1;
        history.iter().try_for_each(|record| self.history(record, base))
    }

    fn history(&mut self, record: &HistoryRecord, base: Timestamp) -> Result<(), Error> {
        let execution = Execution {
            status: record.status,
            repeats: record.repeats,
            start_time: record.start_time,
            finish_time: record.finish_time,
            exit_code: record.exit_code,
            texts: self.texts(record.detail)?,
            stop_time: record.stop_time,
            output: record.output.as_deref().unwrap_or_default(),
            dropped: record.dropped,
        };
        self.totals.history += 1;
        self.blocks.entry(entry::HISTORY, |out| execution.put(execution.shape(), base, out))
    }
}

/// Shared values: each gives its number, and writes the value before its first use.
impl<W: Write> Saver<'_, W> {
    fn region(&mut self, id: SymbolId) -> Result<u64, Error> {
        let numbered = self.regions.number(id);
        let table = self.table;
        self.text(entry::REGION, numbered, table.regions.get(id).text())
    }

    fn resource_group(&mut self, id: SymbolId) -> Result<u64, Error> {
        let numbered = self.resource_groups.number(id);
        let table = self.table;
        self.text(entry::RESOURCE_GROUP, numbered, table.resource_groups.get(id).text())
    }

    fn instance(&mut self, id: SymbolId) -> Result<u64, Error> {
        let numbered = self.instances.number(id);
        let table = self.table;
        self.text(entry::INSTANCE, numbered, table.instances.get(id).text())
    }

    /// Writes a text whose number is new.
    fn text(&mut self, kind: u8, (number, is_new): (u64, bool), text: &[u8]) -> Result<u64, Error> {
        if is_new {
            self.blocks.entry(kind, |out| put_bytes(text, out))?;
        }
        Ok(number)
    }

    fn tag(&mut self, id: SymbolId) -> Result<u64, Error> {
        let (number, is_new) = self.tags.number(id);
        if is_new {
            let pair = self.table.tag_pairs.get(id);
            self.blocks.entry(entry::TAG, |out| {
                put_bytes(pair.key_text(), out);
                put_bytes(pair.value_text(), out);
            })?;
        }
        Ok(number)
    }

    fn command(&mut self, head: &Head) -> Result<u64, Error> {
        let next = self.commands.len() as u64;
        let number = *self.commands.entry((head.command, head.script)).or_insert(next);
        if number == next {
            use {CommandField as C, ScriptField as S};
            let (table, blocks) = (self.table, &mut self.blocks);
            let (command, script) = (table.command_of(head), table.script_of(head));
            blocks.entry(entry::COMMAND, |out| {
                put_bytes(command.get(C::CommandId), out);
                put_bytes(script.get(S::CommandName), out);
                put_bytes(command.get(C::CommandDescription), out);
                put_bytes(script.get(S::CommandContent), out);
                put_bytes(script.get(S::Parameters), out);
                put_bytes(command.get(C::Frequency), out);
                put_bytes(command.get(C::WorkingDir), out);
                put_bytes(command.get(C::Username), out);
                put_bytes(command.get(C::ContainerId), out);
                put_bytes(command.get(C::ContainerName), out);
                put_bytes(command.get(C::Launcher), out);
                put_bytes(command.get(C::TerminationMode), out);
                put_bytes(command.get(C::OssOutputDelivery), out);
                out.push(code_of(TYPES, &command.command_type()));
                out.push(code_of(MODES, &command.repeat_mode()));
                put_number(command.timeout().unwrap_or(0).into(), out);
            })?;
        }
        Ok(number)
    }

    fn texts(&mut self, detail: Option<NonZeroU32>) -> Result<Option<u64>, Error> {
        let Some(detail) = detail else { return Ok(None) };
        let (number, is_new) = self.texts.number(detail.get() - 1);
        if is_new {
            let strings = Detail::strings(self.table.detail(Some(detail)));
            self.blocks.entry(entry::TEXTS, |out| {
                strings.iter().for_each(|string| put_bytes(string, out));
            })?;
        }
        Ok(Some(number))
    }
}
