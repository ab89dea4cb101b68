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
use crate::table::{
    Execution, IndexKey, IndexedColumn, RecordHeader, RunRef, Table, TextsId, ValueId,
};

pub(super) fn save(store: &Store, out: impl Write) -> Result<(), Error> {
    let snapshot = store.snapshot(store.now());
    let (span, order) = (snapshot.span(), &snapshot.index.order);
    let rows = || (span.start..span.end).filter_map(|row| Some((order.key(row), order.slot(row)?)));
    let (last_number, last_write) = store.last_write();
    let records = rows().count() as u64;
    let header = Header { id: snapshot.config.id, last_number, last_write, records };
    let mut saver = Saver {
        blocks: BlockWriter::begin(out, &header)?,
        table: snapshot.table,
        totals: Totals::default(),
        time: 0,
        number: 0,
        numbers: Default::default(),
        commands: HashMap::new(),
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
    /// The numbers of the shared values, by the kind of their entry.
    numbers: [Numbers; entry::TEXTS as usize + 1],
    /// The number of each pair of settings and body, which are one entry in an archive.
    commands: HashMap<(ValueId, ValueId), u64>,
}

/// The numbers of the shared values of one kind, in the order of their first use. Ids would not do: they depend on removed records, and the bytes of an archive must depend on the present ones
/// alone.
#[derive(Default)]
struct Numbers {
    /// By id: the number plus one, or 0 if the value is not written yet.
    by_id: Vec<u32>,
    next: u32,
}

impl<W: Write> Saver<'_, W> {
    fn record(&mut self, key: RowKey, slot: u32) -> Result<(), Error> {
        let table = self.table;
        let header = table.header(slot);
        let region = self.text(entry::REGION, (IndexedColumn::Region, header.region))?;
        let group = (IndexedColumn::ResourceGroup, header.resource_group);
        let resource_group = self.text(entry::RESOURCE_GROUP, group)?;
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
        let instance = self.text(entry::INSTANCE, (IndexedColumn::Instance, run.instance))?;
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
    /// A value of `kind`, whose fields `fields` appends.
    fn shared(
        &mut self,
        kind: u8,
        id: ValueId,
        fields: impl FnOnce(&mut Vec<u8>),
    ) -> Result<u64, Error> {
        let Numbers { by_id, next } = &mut self.numbers[usize::from(kind)];
        let at = id as usize;
        if at >= by_id.len() {
            by_id.resize(at + 1, 0);
        }
        if by_id[at] == 0 {
            *next += 1;
            by_id[at] = *next;
            self.blocks.entry(kind, fields)?;
        }
        Ok(u64::from(by_id[at] - 1))
    }

    fn text(&mut self, kind: u8, (column, id): IndexKey) -> Result<u64, Error> {
        let text = self.table.column_texts(column).get(id);
        self.shared(kind, id, |out| put_bytes(text.text().as_bytes(), out))
    }

    fn tag(&mut self, id: ValueId) -> Result<u64, Error> {
        let pair = self.table.tag_pairs.get(id);
        self.shared(entry::TAG, id, |out| {
            put_bytes(pair.key_text().as_bytes(), out);
            put_bytes(pair.value_text().as_bytes(), out);
        })
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
        let strings = self.table.run_texts.get(texts.id()).strings();
        let put = |out: &mut Vec<u8>| strings.iter().for_each(|string| put_bytes(string, out));
        self.shared(entry::TEXTS, texts.id(), put).map(Some)
    }
}
