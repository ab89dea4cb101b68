//! Records that come by the numbers of their shared values, which are added before them.
//!
//! In table that were empty and lose nothing meanwhile, a value's symbol is how many of its
//! kind were added before it. Until [`Table::end_restore`] each added value counts as used once
//! more than by records, so that it is there whether or not a record has come that uses it.

use std::num::NonZeroU32;

use super::commands::Command;
use super::details::Detail;
use super::heads::{Head, Shared};
use super::invocations::Table;
use super::runs::{Run, RunState};
use super::scripts::Script;
use super::symbols::{Symbol, SymbolId, Symbols};
use super::tags::TagPair;
use crate::model::{Invocation, Overall, Timestamp};

/// Adding shared values. What is there already is not added; all but a command say so with false.
/// Cost: O(length).
impl Table {
    pub(crate) fn add_region(&mut self, text: &str) -> bool {
        add_plain(&mut self.regions, text)
    }

    pub(crate) fn add_resource_group(&mut self, text: &str) -> bool {
        add_plain(&mut self.resource_groups, text)
    }

    pub(crate) fn add_instance(&mut self, text: &str) -> bool {
        let before = self.instances.id_bound();
        self.acquire_instance(text.as_bytes());
        self.instances.id_bound() > before
    }

    pub(crate) fn add_tag(&mut self, key: &str, value: &str) -> bool {
        let before = self.tag_pairs.id_bound();
        let mut encoded = std::mem::take(&mut self.key);
        TagPair::encode_key(key, value, &mut encoded);
        self.acquire_tag(key, &encoded);
        self.key = encoded;
        self.tag_pairs.id_bound() > before
    }

    /// The command and the script of `invocation`, and nothing else of it. Each may be there
    /// already.
    pub(crate) fn add_command(&mut self, invocation: &Invocation) -> (SymbolId, SymbolId) {
        let mut encoded = std::mem::take(&mut self.key);
        Command::encode_key(invocation, &mut encoded);
        let command = match self.commands.find(&encoded) {
            Some(command) => command,
            None => self.acquire_command(invocation, &mut encoded),
        };
        Script::encode_key(invocation, &mut encoded);
        let script = match self.scripts.find(&encoded) {
            Some(script) => script,
            None => self.acquire_script(invocation, &mut encoded),
        };
        self.key = encoded;
        (command, script)
    }

    pub(crate) fn add_detail(&mut self, strings: [&[u8]; 6]) -> bool {
        let before = self.details.id_bound();
        let mut encoded = std::mem::take(&mut self.key);
        self.acquire_detail(strings, &mut encoded);
        self.key = encoded;
        self.details.id_bound() > before
    }
}

fn add_plain(symbols: &mut Symbols<Symbol>, text: &str) -> bool {
    let before = symbols.id_bound();
    symbols.acquire(text.as_bytes(), || Symbol::new(text.as_bytes(), b""));
    symbols.id_bound() > before
}

/// Adding records: a head, then its runs in order, each with its history in order, then
/// [`Table::place_restored`]. Cost: O(1) for each, and O(length) for texts.
impl Table {
    /// A head that uses its shared values, and is not in its place yet.
    pub(crate) fn restored_head(
        &mut self,
        invoke_id: &str,
        creation_time: Timestamp,
        shared: Shared,
        tags: &[SymbolId],
    ) -> Head {
        self.scopes.acquire_again(shared.scope);
        self.commands.acquire_again(shared.command);
        self.scripts.acquire_again(shared.script);
        let repeat_mode = self.commands.get(shared.command).repeat_mode();
        let overall = Overall::derive(repeat_mode, std::iter::empty());
        let mut head =
            Head::new(invoke_id.as_bytes(), &mut self.long_ids, creation_time, shared, overall);
        // Twice the room when it is short, and what is too much goes at the end: how many records
        // come is only claimed, and a column that grows by small steps is moved at each.
        self.heads.reserve(1);
        self.tags.reserve_twofold(tags.len());
        let first_tag = self.tags.place(tags.len());
        for (at, &tag) in (first_tag as usize..).zip(tags) {
            self.tag_pairs.acquire_again(tag);
            self.tags.put(at, tag);
        }
        head.set_tags(first_tag, tags.len());
        head
    }

    /// Adds the next run of the record created at `created`, with the count of its history ever.
    pub(crate) fn restore_run(
        &mut self,
        created: Timestamp,
        instance: SymbolId,
        creation_time: Timestamp,
        history_number: u32,
        state: RunState,
    ) {
        self.instances.acquire_again(instance);
        self.use_detail(state.detail);
        let mut run = Run::new(instance);
        run.set(created, creation_time, state, &mut self.extras);
        run.change_extra(&mut self.extras, |extra| extra.set_history_number(history_number));
        self.runs.reserve_twofold(1);
        self.runs.put(self.runs.len(), run);
    }

    /// Adds the next record, an execution that has ended, to the history of the last run, which has
    /// one, of at most `limit` records.
    pub(crate) fn restore_history(&mut self, number: u32, state: RunState, limit: usize) {
        self.use_detail(state.detail);
        if let Some(run) = self.runs.last_mut() {
            let status = state.status;
            let record = state.into_history(status, number);
            run.change_extra(&mut self.extras, |extra| extra.push_history(record, limit));
        }
    }

    /// Puts `head`, with the last `runs` runs, in its place. Returns its slot.
    pub(crate) fn place_restored(&mut self, mut head: Head, runs: usize) -> u32 {
        head.set_runs((self.runs.len() - runs) as u32, runs);
        let repeat_mode = self.command_of(&head).repeat_mode();
        head.overall = Overall::derive(repeat_mode, self.runs_of(&head).iter().map(Run::status));
        self.place(head)
    }

    /// Ends it: what no record uses goes, what several use gets its JSON.
    /// Cost: O(distinct values).
    pub(crate) fn end_restore(&mut self) {
        (0..self.scopes.id_bound() as SymbolId).for_each(|id| self.release_scope(id));
        release_all(&mut self.regions, |_| {});
        release_all(&mut self.resource_groups, |_| {});
        release_all(&mut self.instances, |_| {});
        release_all(&mut self.details, |_: &Detail| {});
        release_all(&mut self.tag_pairs, |pair: &TagPair| {
            self.tag_keys.release(pair.tag_key());
        });
        release_all(&mut self.commands, |command: &Command| {
            self.command_ids.release(command.command_id());
        });
        for id in 0..self.scripts.id_bound() as SymbolId {
            if let Some(script) = self.scripts.release(id) {
                self.release_name(&script);
            }
        }
        for id in 0..self.commands.id_bound() as SymbolId {
            self.share_command(id);
        }
        for id in 0..self.scripts.id_bound() as SymbolId {
            self.share_script(id);
        }
        self.heads.shrink_to_fit();
        self.runs.shrink_to_fit();
        self.tags.shrink_to_fit();
    }

    fn use_detail(&mut self, detail: Option<NonZeroU32>) {
        if let Some(detail) = detail {
            self.details.acquire_again(detail.get() - 1);
        }
    }
}

fn release_all<T: super::packed::Key>(symbols: &mut Symbols<T>, mut gone: impl FnMut(&T)) {
    for id in 0..symbols.id_bound() as SymbolId {
        if let Some(value) = symbols.release(id) {
            gone(&value);
        }
    }
}
