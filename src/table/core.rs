//! The table of all records, by slot. A record keeps its slot until it is removed; the slot is then
//! used again. The row of a record, its position in the list order, belongs to the index.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::SmallVec;

use super::arena::SpanArena;
use super::execution::{Execution, TextsId};
use super::index_key::{INDEXED_SETTINGS, IndexKey, IndexedColumn, region_timed};
use super::interned::{Interned, ValueId};
use super::invoke_id::{InvokeId, LongIds};
use super::overflow::RunOverflow;
use super::record::RecordHeader;
use super::run::{Run, RunRef};
use super::slab::Slab;
use super::values::{CommandBody, KeyBytes, RUN_TEXTS, RunSettings, RunTexts, TagPair, Text};
use crate::limits;
use crate::model::{
    InstanceRun, Invocation, InvocationStatus, Overall, RUN_TEXT_FIELDS, Timestamp, whole_output,
};

/// The data of all records, in columns.
///
/// A record is a [`RecordHeader`] in its slot. The header has a span of runs, a span of tags, and
/// the ids of the interned values that the record shares with others.
///
/// **Invariant.** Each id in a header, a run, a history record or another value is one counted use
/// of an interned value. [`insert`](Self::insert) acquires them and [`remove`](Self::remove)
/// releases them, so a value lives exactly as long as something uses it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// By slot.
    pub(super) headers: Slab<Option<RecordHeader>>,
    /// The slots of all records, hashed by InvokeId.
    pub(super) slots: HashTable<u32>,
    pub(super) hasher: DefaultHashBuilder,
    pub(super) long_ids: LongIds,
    pub(super) runs: SpanArena<Run>,
    pub(super) overflows: Slab<RunOverflow>,
    pub(super) tags: SpanArena<ValueId>,
    pub(super) column_texts: ColumnTexts,
    pub(crate) tag_pairs: Interned<TagPair>,
    pub(crate) settings: Interned<RunSettings>,
    pub(crate) bodies: Interned<CommandBody>,
    pub(crate) run_texts: Interned<RunTexts>,
}

/// The interned texts of each column of [`IndexedColumn::TEXTS`], in that order.
type ColumnTexts = [Interned<Text>; IndexedColumn::TEXTS.len()];

/// Settings and a body keep their JSON from this number of uses on. The JSON is about as large as
/// the value, so with fewer uses it would be a large part of the memory of each record. From the
/// second use on, a record took 3 bytes more (2026-11-28).
const JSON_FROM: u32 = 8;

/// Reading.
impl Table {
    /// The number of records. Cost: O(1).
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The slot of the record with `invoke_id`. Cost: O(length).
    pub(crate) fn find(&self, invoke_id: &str) -> Option<u32> {
        let id = invoke_id.as_bytes();
        let hash = self.hasher.hash_one(id);
        self.slots
            .find(hash, |&slot| self.headers.value(slot).invoke_id(&self.long_ids) == id)
            .copied()
    }

    /// The header of the record in `slot`, which is in use.
    pub(crate) fn header(&self, slot: u32) -> &RecordHeader {
        self.headers.value(slot)
    }

    pub(crate) fn invoke_id<'a>(&'a self, header: &'a RecordHeader) -> &'a [u8] {
        header.invoke_id(&self.long_ids)
    }

    pub(crate) fn settings_of(&self, header: &RecordHeader) -> &RunSettings {
        self.settings.get(header.settings)
    }

    pub(crate) fn body_of(&self, header: &RecordHeader) -> &CommandBody {
        self.bodies.get(header.body)
    }

    /// The interned texts of `column`, which is one of [`IndexedColumn::TEXTS`].
    pub(crate) fn column_texts(&self, column: IndexedColumn) -> &Interned<Text> {
        &self.column_texts[column as usize]
    }

    /// The tags of a record, in the order they were given.
    pub(crate) fn tags_of(&self, header: &RecordHeader) -> &[ValueId] {
        self.tags.get(header.first_tag, header.tag_count())
    }

    /// The runs of a record, in the order they were named.
    pub(crate) fn runs_of(
        &self,
        header: &RecordHeader,
    ) -> impl ExactSizeIterator<Item = RunRef<'_>> + Clone + use<'_> {
        let runs = self.runs.get(header.first_run, header.run_count()).iter();
        runs.map(|run| RunRef::new(run, &self.overflows))
    }

    /// Run number `at` of the record in `slot`.
    pub(crate) fn run(&self, slot: u32, at: usize) -> RunRef<'_> {
        let header = self.header(slot);
        let runs = self.runs.get(header.first_run, header.run_count());
        RunRef::new(&runs[at], &self.overflows)
    }

    /// The number of the run of the record in `slot` on `instance_id`. Cost: O(runs).
    pub(crate) fn find_run(&self, slot: u32, instance_id: &str) -> Option<usize> {
        let instances = self.column_texts(IndexedColumn::Instance);
        let instance = instances.find(instance_id.as_bytes())?;
        self.runs_of(self.header(slot)).position(|run| run.instance == instance)
    }

    /// The interned texts of a run or a history record; `None` if all are empty.
    pub(crate) fn texts_of(&self, texts: Option<TextsId>) -> Option<&RunTexts> {
        texts.map(|texts| self.run_texts.get(texts.id()))
    }

    /// The id of the tag with this key and value. Cost: O(length).
    pub(crate) fn find_tag_pair(&self, key: &str, value: &str) -> Option<ValueId> {
        TagPair::with_key(key, value, |encoded| self.tag_pairs.find(encoded))
    }

    /// Calls `each` once with every index key of the record in `slot`: the columns and values whose
    /// posting lists contain its row.
    pub(crate) fn for_each_index_key(&self, slot: u32, mut each: impl FnMut(IndexKey)) {
        use IndexedColumn as C;
        let header = self.header(slot);
        let settings = self.settings_of(header);
        each((C::Region, header.region));
        each((C::RegionTimed, region_timed(header.region, header.overall.timed())));
        each((C::ResourceGroup, header.resource_group));
        settings.index_keys().for_each(&mut each);
        each((C::CommandName, self.body_of(header).name));
        each((C::CommandType, settings.command_type as u32));
        each((C::RepeatMode, settings.repeat_mode as u32));
        for status in header.overall.matches().iter() {
            each((C::Status, status as u32));
        }
        for status in header.overall.run_matches().iter() {
            each((C::RunStatus, status as u32));
        }
        for run in self.runs.get(header.first_run, header.run_count()) {
            each((C::Instance, run.instance));
        }
        for &tag in self.tags_of(header) {
            each((C::TagPair, tag));
            each((C::TagKey, self.tag_pairs.get(tag).tag_key));
        }
    }
}

/// Inserting and removing. The caller has validated all values, so nothing here can fail.
impl Table {
    /// Stores `invocation` and returns its slot. Cost: O(size of the record).
    pub(crate) fn insert(&mut self, invocation: &Invocation, creation_time: Timestamp) -> u32 {
        use IndexedColumn as C;
        let settings = self.acquire_settings(invocation);
        let body = self.acquire_body(invocation);
        let texts = &mut self.column_texts;
        let region = acquire_text(texts, C::Region, &invocation.region_id);
        let resource_group = acquire_text(texts, C::ResourceGroup, &invocation.resource_group_id);
        let tags: SmallVec<[ValueId; limits::TAGS]> =
            invocation.tags.iter().map(|tag| self.acquire_tag(&tag.key, &tag.value)).collect();
        let runs: SmallVec<[Run; 8]> =
            invocation.instances.iter().map(|run| self.new_run(run, creation_time)).collect();
        let statuses = runs.iter().map(|run| run.status);
        let header = RecordHeader {
            invoke_id: InvokeId::new(invocation.invoke_id.as_bytes(), &mut self.long_ids),
            creation_time,
            region,
            resource_group,
            settings,
            body,
            overall: Overall::derive(invocation.repeat_mode, statuses),
            run_count: runs.len() as u8,
            tag_count: tags.len() as u8,
            first_run: self.runs.insert(runs.into_iter()),
            first_tag: self.tags.insert(tags.into_iter()),
        };
        self.place(header)
    }

    /// Puts `header` into a free slot.
    fn place(&mut self, header: RecordHeader) -> u32 {
        let hash = self.hasher.hash_one(self.invoke_id(&header));
        let slot = self.headers.insert(Some(header));
        let (headers, long_ids, hasher) = (&self.headers, &self.long_ids, &self.hasher);
        self.slots.insert_unique(hash, slot, |&slot| {
            hasher.hash_one(headers.value(slot).invoke_id(long_ids))
        });
        slot
    }

    fn acquire_settings(&mut self, invocation: &Invocation) -> ValueId {
        let key = RunSettings::key_of(invocation);
        let texts = &mut self.column_texts;
        let id = self.settings.acquire(&key, || {
            let indexed = INDEXED_SETTINGS
                .map(|setting| acquire_text(texts, setting.column, (setting.text)(invocation)));
            RunSettings::new(invocation, &key, indexed)
        });
        if self.settings.uses(id) == JSON_FROM {
            self.settings.get_mut(id).make_json();
        }
        id
    }

    fn acquire_body(&mut self, invocation: &Invocation) -> ValueId {
        let key = CommandBody::key_of(invocation);
        let texts = &mut self.column_texts;
        let id = self.bodies.acquire(&key, || {
            let name = acquire_text(texts, IndexedColumn::CommandName, &invocation.command_name);
            CommandBody::new(&key, name)
        });
        if self.bodies.uses(id) == JSON_FROM {
            self.bodies.get_mut(id).make_json();
        }
        id
    }

    fn acquire_tag(&mut self, key: &str, value: &str) -> ValueId {
        let (texts, tag_pairs) = (&mut self.column_texts, &mut self.tag_pairs);
        TagPair::with_key(key, value, |encoded| {
            tag_pairs.acquire(encoded, || {
                let tag_key = acquire_text(texts, IndexedColumn::TagKey, key);
                TagPair::new(key, value, encoded, tag_key)
            })
        })
    }

    fn new_run(&mut self, given: &InstanceRun, record_created: Timestamp) -> Run {
        let instance_id = &*given.instance_id;
        let instances = &mut self.column_texts[IndexedColumn::Instance as usize];
        let instance = instances.acquire(instance_id.as_bytes(), || Text::instance_id(instance_id));
        let creation_time = given.creation_time.unwrap_or(record_created);
        let execution = self.execution_of(given);
        let mut run = Run::new(instance, creation_time);
        run.set(execution, given.update_time.unwrap_or(creation_time), &mut self.overflows);
        run
    }

    /// The execution that `given` shows, with its texts acquired.
    fn execution_of(&mut self, given: &InstanceRun) -> Execution {
        let (output, cut) = whole_output(&given.output);
        Execution {
            status: given.invocation_status,
            start_time: given.start_time,
            finish_time: given.finish_time,
            stop_time: given.stop_time,
            repeats: given.repeats,
            exit_code: given.exit_code,
            output: (!output.is_empty()).then(|| Arc::from(output)),
            dropped: given.dropped.saturating_add(cut),
            texts: self.acquire_texts(RunTexts::key_of(std::array::from_fn(|at| {
                (RUN_TEXT_FIELDS[at].get)(given).as_bytes()
            }))),
        }
    }

    /// Counts one more use of the texts with `key`; `None` stands for texts that are all empty.
    fn acquire_texts(&mut self, key: Option<KeyBytes>) -> Option<TextsId> {
        let key = key?;
        Some(TextsId::new(self.run_texts.acquire(&key, || RunTexts::new(&key))))
    }

    fn release_texts(&mut self, texts: Option<TextsId>) {
        if let Some(texts) = texts {
            self.run_texts.release(texts.id());
        }
    }

    /// Acquires the texts `old` in which the strings of `named` replace the others, and releases
    /// `old`. Cost: O(length).
    pub(crate) fn replace_texts(
        &mut self,
        old: Option<TextsId>,
        named: [Option<&str>; RUN_TEXTS],
    ) -> Option<TextsId> {
        let mut strings = self.texts_of(old).map(RunTexts::strings).unwrap_or_default();
        for (string, named) in strings.iter_mut().zip(named) {
            *string = named.map_or(*string, str::as_bytes);
        }
        let key = RunTexts::key_of(strings);
        let new = self.acquire_texts(key);
        self.release_texts(old);
        new
    }

    /// Removes the record in `slot` and releases its values; those that no other record uses are
    /// freed. Cost: O(size of the record).
    pub(crate) fn remove(&mut self, slot: u32) {
        use IndexedColumn as C;
        let hash = self.hasher.hash_one(self.invoke_id(self.header(slot)));
        if let Ok(entry) = self.slots.find_entry(hash, |&found| found == slot) {
            entry.remove();
        }
        let Some(header) = self.headers.remove(slot) else { return };
        header.invoke_id.free(&mut self.long_ids);
        let column_texts = &mut self.column_texts;
        release_text(column_texts, (C::Region, header.region));
        release_text(column_texts, (C::ResourceGroup, header.resource_group));
        if let Some(settings) = self.settings.release(header.settings) {
            settings.index_keys().for_each(|key| release_text(column_texts, key));
        }
        if let Some(body) = self.bodies.release(header.body) {
            release_text(column_texts, (C::CommandName, body.name));
        }
        for &tag in self.tags.get(header.first_tag, header.tag_count()) {
            if let Some(tag) = self.tag_pairs.release(tag) {
                release_text(column_texts, (C::TagKey, tag.tag_key));
            }
        }
        self.tags.free(header.first_tag, header.tag_count());
        for run in self.runs.get(header.first_run, header.run_count()) {
            release_text(column_texts, (C::Instance, run.instance));
            let overflow = run.overflow().map(|id| self.overflows.remove(id));
            let history = overflow.iter().flat_map(|overflow| &overflow.history);
            let texts = history.map(|record| record.execution.texts).chain([run.texts]);
            texts.flatten().for_each(|texts| drop(self.run_texts.release(texts.id())));
        }
        self.runs.free(header.first_run, header.run_count());
    }

    /// Replaces the record in `slot` by `invocation`, which has the same InvokeId and the same
    /// instances in the same order. CreationTime and histories stay. Cost: O(size of the record).
    #[cfg(feature = "json")]
    pub(crate) fn replace(&mut self, slot: u32, invocation: &Invocation) {
        let (created, runs) = (self.header(slot).creation_time, self.header(slot).run_count());
        let histories: Vec<_> = (0..runs)
            .map(|at| {
                let (run, overflows) = self.run_mut(slot, at);
                run.change_overflow(overflows, |overflow| {
                    let number = std::mem::take(&mut overflow.history_number);
                    (std::mem::take(&mut overflow.history), number)
                })
            })
            .collect();
        self.remove(slot);
        let again = self.insert(invocation, created);
        debug_assert_eq!(slot, again, "the slot that was freed last is used first");
        for (at, (history, number)) in histories.into_iter().enumerate() {
            let (run, overflows) = self.run_mut(slot, at);
            run.change_overflow(overflows, |overflow| {
                (overflow.history, overflow.history_number) = (history, number);
            });
        }
    }

    /// Compacts the runs or the tags once more than half of the arena is free. Cost: O(runs) or
    /// O(tags), amortised O(1) for each removed item.
    pub(crate) fn compact(&mut self, dead_min: u32) {
        let dead_min = dead_min as usize;
        let headers = self.headers.places_mut().iter_mut().flatten();
        if self.runs.is_mostly_dead(dead_min) {
            self.runs.compact(headers.map(RecordHeader::run_span_mut));
        } else if self.tags.is_mostly_dead(dead_min) {
            self.tags.compact(headers.map(RecordHeader::tag_span_mut));
        }
    }
}

/// Changing a run.
impl Table {
    fn run_mut(&mut self, slot: u32, at: usize) -> (&mut Run, &mut Slab<RunOverflow>) {
        let header = self.header(slot);
        let (first, count) = (header.first_run, header.run_count());
        (&mut self.runs.get_mut(first, count)[at], &mut self.overflows)
    }

    /// Sets the execution that a run shows, and derives the overall statuses of the record anew.
    /// The caller has acquired the texts of `execution` and released the ones that they replace,
    /// see [`replace_texts`](Self::replace_texts). Cost: O(runs of the record).
    pub(crate) fn set_execution(
        &mut self,
        slot: u32,
        at: usize,
        execution: Execution,
        update_time: Timestamp,
    ) {
        let (run, overflows) = self.run_mut(slot, at);
        run.set(execution, update_time, overflows);
        let header = self.header(slot);
        let statuses = self.runs_of(header).map(|run| run.status);
        let overall = Overall::derive(self.settings_of(header).repeat_mode, statuses);
        self.headers.value_mut(slot).overall = overall;
    }

    /// Adds the execution that the run shows to its history, with the end status `status`, and
    /// keeps at most `limit` records. Returns the number of records that are lost: the oldest ones
    /// beyond the limit, or this one if `limit` is 0 or no number is left for it. Cost: O(limit).
    pub(crate) fn push_history(
        &mut self,
        slot: u32,
        at: usize,
        status: InvocationStatus,
        limit: usize,
    ) -> u64 {
        let execution = Execution { status, ..self.run(slot, at).execution() };
        let texts = execution.texts;
        let (run, overflows) = self.run_mut(slot, at);
        let lost = run.change_overflow(overflows, |overflow| {
            let number = overflow.history_number + 1;
            if number > limits::HISTORY_NUMBER || limit == 0 {
                overflow.history_number = number.min(limits::HISTORY_NUMBER);
                return None;
            }
            overflow.push_history(number, execution, limit);
            let surplus = overflow.history.len().saturating_sub(limit);
            let lost = overflow.history.drain(..surplus);
            Some(lost.map(|record| record.execution.texts).collect::<Vec<_>>())
        });
        let Some(lost) = lost else { return 1 };
        if let Some(texts) = texts {
            // The history record uses the run's texts once more.
            self.run_texts.acquire_again(texts.id());
        }
        let count = lost.len() as u64;
        lost.into_iter().for_each(|texts| self.release_texts(texts));
        count
    }

    /// Appends a history record that was read from an archive. The caller adds at most `limit` to a
    /// run.
    pub(crate) fn restore_history(
        &mut self,
        slot: u32,
        at: usize,
        number: u32,
        given: &InstanceRun,
        limit: usize,
    ) {
        let execution = self.execution_of(given);
        let (run, overflows) = self.run_mut(slot, at);
        run.change_overflow(overflows, |overflow| overflow.push_history(number, execution, limit));
    }

    /// Sets the number of history records that the run ever had, as read from an archive.
    pub(crate) fn set_history_number(&mut self, slot: u32, at: usize, number: u32) {
        let (run, overflows) = self.run_mut(slot, at);
        run.change_overflow(overflows, |overflow| overflow.history_number = number);
    }
}

/// The outputs of a record.
impl Table {
    /// Bytes of output in the record's runs and their histories. Cost: O(runs and history).
    pub(crate) fn output_bytes(&self, slot: u32) -> usize {
        self.runs_of(self.header(slot)).map(|run| run.output_bytes()).sum()
    }

    /// Drops all outputs of the record, adds their bytes to Dropped, and returns the number of
    /// bytes. Cost: that of [`output_bytes`](Self::output_bytes).
    pub(crate) fn drop_outputs(&mut self, slot: u32) -> u64 {
        let mut dropped = 0;
        for at in 0..self.header(slot).run_count() {
            let (run, overflows) = self.run_mut(slot, at);
            dropped += run.change_overflow(overflows, RunOverflow::drop_outputs);
        }
        dropped
    }
}

/// Counts one more use of `text` in `column`, which is one of [`IndexedColumn::TEXTS`].
fn acquire_text(texts: &mut ColumnTexts, column: IndexedColumn, text: &str) -> ValueId {
    texts[column as usize].acquire(text.as_bytes(), || Text::new(text, b""))
}

/// Counts one use less of a text that [`acquire_text`] gave.
fn release_text(texts: &mut ColumnTexts, (column, id): IndexKey) {
    texts[column as usize].release(id);
}
