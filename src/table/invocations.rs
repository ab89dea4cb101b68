//! The records by slot. A slot is a record's place for as long as it lives, whatever happens to
//! its neighbours; where it stands in the list is the index's business.

use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::commands::Command;
use super::details::Detail;
use super::extras::RunExtra;
use super::flat::Flat;
use super::growth::{give_back_room, reserve_for, reserve_for_one};
use super::heads::{Head, Shared};
use super::invoke_ids::LongIds;
use super::runs::{Run, RunState};
use super::scopes::Scope;
use super::scripts::{CommandName, Script};
use super::slab::Slab;
use super::symbols::{Symbol, SymbolId, Symbols};
use super::tags::TagPair;
use crate::limits;
use crate::model::{InstanceRun, Invocation, Overall, Timestamp};
use crate::wire::{self, InstanceId};

/// An indexed column. With a value in it, it names a posting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum IndexedColumn {
    Region,
    /// Region and Timed together, since nearly every request names both: twice the region's
    /// symbol, plus one for `true`.
    RegionTimed,
    ResourceGroup,
    CommandId,
    CommandName,
    CommandType,
    RepeatMode,
    /// The filter values that match the record's overall statuses.
    Status,
    /// The filter values that match at least one of its runs.
    RunStatus,
    Instance,
    TagKey,
    TagPair,
}

impl IndexedColumn {
    pub(crate) const COUNT: usize = Self::TagPair as usize + 1;
}

/// One entry of the index: a column and a value in it.
pub(crate) type IndexKey = (IndexedColumn, u32);

/// The data of all records.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(super) heads: Vec<Option<Head>>,
    pub(super) free: Vec<u32>,
    pub(super) slots: HashTable<u32>,
    pub(super) hasher: DefaultHashBuilder,
    pub(super) runs: Flat<Run>,
    pub(super) tags: Flat<SymbolId>,
    pub(super) long_ids: LongIds,
    pub(super) extras: Slab<RunExtra>,
    pub(crate) scopes: Symbols<Scope>,
    pub(crate) regions: Symbols<Symbol>,
    pub(crate) resource_groups: Symbols<Symbol>,
    pub(crate) command_ids: Symbols<Symbol>,
    pub(crate) command_names: Symbols<CommandName>,
    pub(crate) instances: Symbols<Symbol>,
    pub(crate) tag_keys: Symbols<Symbol>,
    pub(crate) tag_pairs: Symbols<TagPair>,
    pub(crate) commands: Symbols<Command>,
    pub(crate) scripts: Symbols<Script>,
    pub(crate) details: Symbols<Detail>,
    /// Where keys are put together.
    pub(super) key: Vec<u8>,
}

/// So many records share a command or a script when its JSON is made ready. It is about as large as
/// what it shows: for fewer records it would be a good part of what each takes.
const JSON_FROM: u32 = 8;

/// Reading.
impl Table {
    /// The number of records.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The slot of the record with `invoke_id`. Cost: O(length).
    pub(crate) fn find(&self, invoke_id: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(invoke_id.as_bytes());
        self.slots
            .find(hash, |&slot| {
                invoke_id_in(&self.heads, &self.long_ids, slot) == invoke_id.as_bytes()
            })
            .copied()
    }

    /// The head of the record in `slot`, which is in use.
    pub(crate) fn head(&self, slot: u32) -> &Head {
        match &self.heads[slot as usize] {
            Some(head) => head,
            None => unreachable!("a slot is looked up while a record is in it"),
        }
    }

    pub(super) fn head_mut(&mut self, slot: u32) -> &mut Head {
        match &mut self.heads[slot as usize] {
            Some(head) => head,
            None => unreachable!("a slot is looked up while a record is in it"),
        }
    }

    /// Where run number `at` of the record in `slot` stands in the column.
    pub(super) fn run_index(&self, slot: u32, at: usize) -> usize {
        self.head(slot).first_run as usize + at
    }

    /// The runs of the record in `slot`, in the order they were named.
    pub(crate) fn runs(&self, slot: u32) -> &[Run] {
        self.runs_of(self.head(slot))
    }

    pub(crate) fn runs_of(&self, head: &Head) -> &[Run] {
        self.runs.get(head.first_run, head.run_count())
    }

    /// The tags of a record, in the order they were given.
    pub(crate) fn tags_of(&self, head: &Head) -> &[SymbolId] {
        self.tags.get(head.first_tag, head.tag_count())
    }

    pub(crate) fn scope_of(&self, head: &Head) -> &Scope {
        self.scopes.get(head.scope)
    }

    pub(crate) fn command_of(&self, head: &Head) -> &Command {
        self.commands.get(head.command)
    }

    pub(crate) fn script_of(&self, head: &Head) -> &Script {
        self.scripts.get(head.script)
    }

    pub(crate) fn extra_of(&self, run: &Run) -> Option<&RunExtra> {
        run.extra().map(|number| self.extras.get(number))
    }

    pub(crate) fn detail(&self, number: Option<NonZeroU32>) -> Option<&Detail> {
        number.map(|number| self.details.get(number.get() - 1))
    }

    /// Calls `each` with every entry that the record in `slot` has in the index, once.
    pub(crate) fn for_each_index_key(&self, slot: u32, mut each: impl FnMut(IndexKey)) {
        use IndexedColumn as C;
        let head = self.head(slot);
        let command = self.command_of(head);
        let scope = self.scope_of(head);
        each((C::Region, scope.region()));
        each((C::RegionTimed, region_timed(scope.region(), head.overall.timed())));
        each((C::ResourceGroup, scope.resource_group()));
        each((C::CommandId, command.command_id()));
        each((C::CommandName, self.script_of(head).command_name()));
        each((C::CommandType, command.command_type() as u32));
        each((C::RepeatMode, command.repeat_mode() as u32));
        for status in head.overall.matches().iter() {
            each((C::Status, status as u32));
        }
        for status in head.overall.run_matches().iter() {
            each((C::RunStatus, status as u32));
        }
        for run in self.runs_of(head) {
            each((C::Instance, run.instance));
        }
        for &tag in self.tags_of(head) {
            each((C::TagPair, tag));
            each((C::TagKey, self.tag_pairs.get(tag).tag_key()));
        }
    }
}

/// The value of [`IndexedColumn::RegionTimed`].
pub(crate) fn region_timed(region: SymbolId, timed: bool) -> u32 {
    2 * region + u32::from(timed)
}

/// Writing. The caller has validated everything.
impl Table {
    /// Stores `invocation` and returns its slot. Cost: O(size of the record).
    pub(crate) fn insert(&mut self, invocation: &Invocation, creation_time: Timestamp) -> u32 {
        let mut key = std::mem::take(&mut self.key);
        let command = self.acquire_command(invocation, &mut key);
        let script = self.acquire_script(invocation, &mut key);
        let first_tag = self.tags.place(invocation.tags.len());
        for (at, tag) in (first_tag as usize..).zip(&invocation.tags) {
            TagPair::encode_key(&tag.key, &tag.value, &mut key);
            let tag = self.acquire_tag(&tag.key, &key);
            self.tags.put(at, tag);
        }
        let (region_id, group_id) = (&invocation.region_id, &invocation.resource_group_id);
        let scope = self.acquire_scope(region_id, group_id, &mut key);

        let first_run = self.runs.place(invocation.instances.len());
        for (at, run) in (first_run as usize..).zip(&invocation.instances) {
            let run = self.new_run(run, creation_time, &mut key);
            self.runs.put(at, run);
        }
        self.key = key;

        let statuses = invocation.instances.iter().map(|run| run.invocation_status);
        let overall = Overall::derive(invocation.repeat_mode, statuses);
        let shared = Shared { command, script, scope };
        let mut head = Head::new(
            invocation.invoke_id.as_bytes(),
            &mut self.long_ids,
            creation_time,
            shared,
            overall,
        );
        head.set_runs(first_run, invocation.instances.len());
        head.set_tags(first_tag, invocation.tags.len());
        self.place(head)
    }

    /// Makes room for up to `records` records with `runs` runs together, which come next.
    pub(crate) fn reserve(&mut self, records: usize, runs: usize) {
        reserve_for(&mut self.heads, records.saturating_sub(self.free.len()));
        self.runs.reserve(runs);
    }

    /// Gives back what was reserved for records that did not come.
    pub(crate) fn give_back_room(&mut self) {
        give_back_room(&mut self.heads);
        self.runs.give_back_room();
    }

    pub(super) fn acquire_instance(&mut self, id: &[u8]) -> SymbolId {
        self.instances.acquire(id, || {
            let text = std::str::from_utf8(id).unwrap_or_default();
            Symbol::new(id, &wire::to_json(&InstanceId(text)))
        })
    }

    pub(super) fn acquire_command(
        &mut self,
        invocation: &Invocation,
        key: &mut Vec<u8>,
    ) -> SymbolId {
        Command::encode_key(invocation, key);
        let ids = &mut self.command_ids;
        let id = self.commands.acquire(key, || {
            let id = invocation.command_id.as_bytes();
            Command::new(invocation, key, ids.acquire(id, || Symbol::new(id, b"")))
        });
        if self.commands.uses(id) == JSON_FROM {
            self.share_command(id);
        }
        id
    }

    /// Makes the JSON of a command that many records use.
    pub(super) fn share_command(&mut self, id: SymbolId) {
        if self.commands.uses(id) >= JSON_FROM && !self.commands.get(id).has_json() {
            let shared = self.commands.get(id).with_json();
            self.commands.replace(id, shared);
        }
    }

    pub(super) fn acquire_script(
        &mut self,
        invocation: &Invocation,
        key: &mut Vec<u8>,
    ) -> SymbolId {
        Script::encode_key(invocation, key);
        let names = &mut self.command_names;
        let id = self.scripts.acquire(key, || {
            let name = invocation.command_name.as_bytes();
            let script = Script::new(key, names.find(name).unwrap_or(names.next_id()));
            names.acquire(name, || CommandName::within(&script));
            script
        });
        if self.scripts.uses(id) == JSON_FROM {
            self.share_script(id);
        }
        id
    }

    /// Makes the JSON of a script that many records use.
    pub(super) fn share_script(&mut self, id: SymbolId) {
        if self.scripts.uses(id) >= JSON_FROM && !self.scripts.get(id).has_json() {
            let shared = self.scripts.get(id).with_json();
            let name = shared.command_name();
            if self.command_names.get(name).is_within(self.scripts.get(id)) {
                self.command_names.replace(name, CommandName::within(&shared));
            }
            self.scripts.replace(id, shared);
        }
    }

    /// Uses the name of `script`, which is gone, once less.
    pub(super) fn release_name(&mut self, script: &Script) {
        let id = script.command_name();
        if self.command_names.release(id).is_none() {
            let name = self.command_names.get(id);
            if name.is_within(script) {
                let alone = name.alone();
                self.command_names.replace(id, alone);
            }
        }
    }

    fn new_run(&mut self, given: &InstanceRun, creation: Timestamp, key: &mut Vec<u8>) -> Run {
        let instance = self.acquire_instance(given.instance_id.as_bytes());
        let cut = given.output.len().saturating_sub(limits::OUTPUT_BYTES);
        let output = &given.output[cut..];
        let texts = [
            given.error_code.as_bytes(),
            given.error_info.as_bytes(),
            given.oss_output_status.as_bytes(),
            given.oss_output_uri.as_bytes(),
            given.oss_output_error_code.as_bytes(),
            given.oss_output_error_info.as_bytes(),
        ];
        let state = RunState {
            status: given.invocation_status,
            update_time: given.update_time,
            start_time: given.start_time,
            finish_time: given.finish_time,
            stop_time: given.stop_time,
            repeats: given.repeats,
            exit_code: given.exit_code,
            output: (!output.is_empty()).then(|| Arc::from(output)),
            dropped: given.dropped.saturating_add(cut as u64),
            detail: self.acquire_detail(texts, key),
        };
        let mut run = Run::new(instance);
        run.set(creation, given.creation_time.unwrap_or(creation), state, &mut self.extras);
        run
    }

    pub(super) fn acquire_detail(
        &mut self,
        strings: [&[u8]; 6],
        key: &mut Vec<u8>,
    ) -> Option<NonZeroU32> {
        if strings.iter().all(|string| string.is_empty()) {
            return None;
        }
        Detail::encode_key(strings, key);
        NonZeroU32::MIN.checked_add(self.details.acquire(key, || Detail::new(key)))
    }

    pub(super) fn place(&mut self, head: Head) -> u32 {
        let hash = self.hasher.hash_one(self.invoke_id(&head));
        let slot = match self.free.pop() {
            Some(slot) => {
                self.heads[slot as usize] = Some(head);
                slot
            }
            None => {
                reserve_for_one(&mut self.heads);
                self.heads.push(Some(head));
                (self.heads.len() - 1) as u32
            }
        };
        let (heads, long_ids, hasher) = (&self.heads, &self.long_ids, &self.hasher);
        self.slots.insert_unique(hash, slot, |&slot| {
            hasher.hash_one(invoke_id_in(heads, long_ids, slot))
        });
        slot
    }

    /// Removes the record in `slot` and all that only it used. Cost: O(size of the record).
    pub(crate) fn remove(&mut self, slot: u32) {
        let hash = self.hasher.hash_one(self.invoke_id(self.head(slot)));
        if let Ok(entry) = self.slots.find_entry(hash, |&found| found == slot) {
            entry.remove();
        }
        let Some(head) = self.heads[slot as usize].take() else { return };
        head.free(&mut self.long_ids);
        self.free.push(slot);
        for at in 0..head.run_count() {
            let run = self.runs.at(head.first_run as usize + at);
            self.instances.release(run.instance);
            let extra = run.extra().map(|number| self.extras.remove(number));
            self.release_detail(run.detail(extra.as_ref()));
            for record in extra.iter().flat_map(RunExtra::history) {
                self.release_detail(record.detail);
            }
        }
        self.runs.free(head.first_run, head.run_count());
        self.release_scope(head.scope);
        if let Some(command) = self.commands.release(head.command) {
            self.command_ids.release(command.command_id());
        }
        if let Some(script) = self.scripts.release(head.script) {
            self.release_name(&script);
        }
        for at in 0..head.tag_count() {
            let tag = self.tags_of(&head)[at];
            if let Some(tag) = self.tag_pairs.release(tag) {
                self.tag_keys.release(tag.tag_key());
            }
        }
        self.tags.free(head.first_tag, head.tag_count());
    }

    pub(super) fn release_detail(&mut self, detail: Option<NonZeroU32>) {
        if let Some(detail) = detail {
            self.details.release(detail.get() - 1);
        }
    }

    /// Moves the live runs together, and the live tags, once more than half of them is dead.
    /// Cost: O(all of them), spread over the removals before it.
    pub(crate) fn drop_dead(&mut self, dead_min: u32) {
        let dead_min = dead_min as usize;
        let heads = self.heads.iter_mut().flatten();
        if self.runs.is_mostly_dead(dead_min) {
            self.runs.drop_dead(heads.map(Head::runs_place));
        } else if self.tags.is_mostly_dead(dead_min) {
            self.tags.drop_dead(heads.map(Head::tags_place));
        }
    }
}

fn invoke_id_in<'a>(heads: &'a [Option<Head>], long_ids: &'a LongIds, slot: u32) -> &'a [u8] {
    heads[slot as usize].as_ref().map_or(&[], |head| head.invoke_id(long_ids))
}
