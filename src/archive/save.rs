//! Writes the records of a store into blocks.

use std::io::Write;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::block::{BlockWriter, Header, Totals};
use super::code::{entry, put_bytes, put_number, put_signed, put_time};
use super::command;
use super::execution::{self, shape};
use crate::error::Error;
use crate::index::RowKey;
use crate::limits;
use crate::model::Timestamp;
use crate::store::Store;
use crate::table::{Execution, RecordHeader, RunRef, Table, TextsId, ValueId};

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
        texts: Numbering::new(table.run_texts.id_bound()),
    };
    for (key, slot) in rows() {
        saver.record(key, slot)?;
    }
    saver.blocks.end(&saver.totals)
}

/// The writer, and what later entries need to know of earlier ones.
struct Saver<'a, W> {
    blocks: BlockWriter<W>,
    table: &'a Table,
    totals: Totals,
    /// CreationTime and acceptance number of the previous record, 0 before the first.
    time: u32,
    number: u64,
    regions: Numbering,
    resource_groups: Numbering,
    instances: Numbering,
    tags: Numbering,
    /// The number of each pair of settings and body, which are one entry in an archive.
    commands: HashMap<(ValueId, ValueId), u64>,
    texts: Numbering,
}

/// Assigns numbers to the shared values of one kind, in the order of their first use. Ids would not
/// do: they depend on removed records, and the bytes of an archive must depend on the present ones
/// alone.
struct Numbering {
    /// By id: the number plus one, or 0 if the value is not written yet.
    by_id: Vec<u32>,
    next: u32,
}

impl Numbering {
    fn new(id_bound: usize) -> Self {
        Numbering { by_id: vec![0; id_bound], next: 0 }
    }

    /// The number of `id`, and whether it is new.
    fn number(&mut self, id: ValueId) -> (u64, bool) {
        let number = &mut self.by_id[id as usize];
        let is_new = *number == 0;
        if is_new {
            self.next += 1;
            *number = self.next;
        }
        (u64::from(*number - 1), is_new)
    }
}

impl<W: Write> Saver<'_, W> {
    fn record(&mut self, key: RowKey, slot: u32) -> Result<(), Error> {
        let table = self.table;
        let header = table.header(slot);
        let region = self.region(header.region)?;
        let resource_group = self.resource_group(header.resource_group)?;
        let command = self.command(header)?;
        let mut tags = SmallVec::<[u64; limits::TAGS]>::new();
        for &tag in table.tags_of(header) {
            tags.push(self.tag(tag)?);
        }
        let mut runs = table.runs_of(header);
        let (time, number) = (key.time.as_secs(), key.number);
        let (later, further) = (time - self.time, number.wrapping_sub(self.number));
        self.blocks.entry(entry::RECORD, |out| {
            put_bytes(table.invoke_id(header), out);
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
        runs.try_for_each(|run| self.run(run, key.time))
    }

    fn run(&mut self, run: RunRef<'_>, base: Timestamp) -> Result<(), Error> {
        let instance = self.instance(run.instance)?;
        let execution = run.execution();
        let texts = self.texts(execution.texts)?;
        let creation_time = Some(run.creation_time).filter(|&creation_time| creation_time != base);
        let (ever, history) = (run.history_number(), run.history());
        let mut further = creation_time.map_or(0, |_| shape::CREATION_TIME);
        further |= if ever > 0 { shape::HISTORY } else { 0 };
        self.blocks.entry(entry::RUN, |out| {
            put_number(instance, out);
            put_time(run.update_time, base, out);
            execution::put(&execution, texts, base, further, out);
            if let Some(time) = creation_time {
                put_time(time, base, out);
            }
            if ever > 0 {
                put_number(ever.into(), out);
                put_number(history.len() as u64, out);
            }
        })?;
        self.totals.runs += 1;
        history.iter().try_for_each(|record| self.history(&record.execution, base))
    }

    fn history(&mut self, execution: &Execution, base: Timestamp) -> Result<(), Error> {
        let texts = self.texts(execution.texts)?;
        self.totals.history += 1;
        self.blocks.entry(entry::HISTORY, |out| execution::put(execution, texts, base, 0, out))
    }
}

/// Shared values. Each method returns the number of a value and writes it before its first use.
impl<W: Write> Saver<'_, W> {
    fn region(&mut self, id: ValueId) -> Result<u64, Error> {
        let numbered = self.regions.number(id);
        let table = self.table;
        self.text(entry::REGION, numbered, table.regions.get(id).text().as_bytes())
    }

    fn resource_group(&mut self, id: ValueId) -> Result<u64, Error> {
        let numbered = self.resource_groups.number(id);
        let table = self.table;
        self.text(entry::RESOURCE_GROUP, numbered, table.resource_groups.get(id).text().as_bytes())
    }

    fn instance(&mut self, id: ValueId) -> Result<u64, Error> {
        let numbered = self.instances.number(id);
        let table = self.table;
        self.text(entry::INSTANCE, numbered, table.instances.get(id).text().as_bytes())
    }

    /// Writes a text if its number is new, and returns the number.
    fn text(&mut self, kind: u8, (number, is_new): (u64, bool), text: &[u8]) -> Result<u64, Error> {
        if is_new {
            self.blocks.entry(kind, |out| put_bytes(text, out))?;
        }
        Ok(number)
    }

    fn tag(&mut self, id: ValueId) -> Result<u64, Error> {
        let (number, is_new) = self.tags.number(id);
        if is_new {
            let pair = self.table.tag_pairs.get(id);
            self.blocks.entry(entry::TAG, |out| {
                put_bytes(pair.key_text().as_bytes(), out);
                put_bytes(pair.value_text().as_bytes(), out);
            })?;
        }
        Ok(number)
    }

    fn command(&mut self, header: &RecordHeader) -> Result<u64, Error> {
        let next = self.commands.len() as u64;
        let number = *self.commands.entry((header.settings, header.body)).or_insert(next);
        if number == next {
            let (settings, body) = (self.table.settings_of(header), self.table.body_of(header));
            self.blocks.entry(entry::COMMAND, |out| command::put(settings, body, out))?;
        }
        Ok(number)
    }

    fn texts(&mut self, texts: Option<TextsId>) -> Result<Option<u64>, Error> {
        let Some(texts) = texts else { return Ok(None) };
        let (number, is_new) = self.texts.number(texts.id());
        if is_new {
            let strings = self.table.run_texts.get(texts.id()).strings();
            self.blocks.entry(entry::TEXTS, |out| {
                strings.iter().for_each(|string| put_bytes(string, out));
            })?;
        }
        Ok(Some(number))
    }
}
