//! What the table take, and whether all in them that is derived or counted is right.

use std::collections::HashMap;

use super::commands::Command;
use super::details::Detail;
use super::extras::RunExtra;
use super::heads::Head;
use super::invocations::Table;
use super::packed::Key;
use super::runs::Run;
use super::scopes::Scope;
use super::scripts::{CommandName, Script};
use super::symbols::{Symbol, SymbolId, Symbols};
use super::tags::TagPair;
use crate::model::Overall;

impl Table {
    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        let long_ids: usize = self.long_ids.values().map(|id| id.len()).sum();
        let records = self.heads.capacity() * size_of::<Option<Head>>()
            + (self.free.capacity()) * 4
            + self.slots.allocation_size()
            + self.runs.table_bytes()
            + self.tags.table_bytes()
            + self.extras.table_bytes()
            + self.extras.values().map(RunExtra::bytes).sum::<usize>()
            + self.key.capacity();
        let texts: usize = [
            &self.regions,
            &self.resource_groups,
            &self.command_ids,
            &self.instances,
            &self.tag_keys,
        ]
        .iter()
        .map(|symbols| symbols.table_bytes() + symbols.values().map(Symbol::bytes).sum::<usize>())
        .sum();
        let pairs: usize = self.tag_pairs.values().map(TagPair::bytes).sum();
        let scopes: usize = self.scopes.values().map(Scope::bytes).sum();
        let commands: usize = self.commands.values().map(Command::bytes).sum();
        let scripts: usize = self.scripts.values().map(Script::bytes).sum();
        let names = self.command_names.values().map(CommandName::bytes).sum::<usize>();
        let within = self
            .scripts
            .values()
            .filter(|script| self.command_names.get(script.command_name()).is_within(script));
        let names = names - within.map(Script::bytes).sum::<usize>();
        let details: usize = self.details.values().map(Detail::bytes).sum();
        let tables = self.tag_pairs.table_bytes()
            + self.scopes.table_bytes()
            + self.commands.table_bytes()
            + self.scripts.table_bytes()
            + self.command_names.table_bytes()
            + self.details.table_bytes();
        let shared = texts + pairs + scopes + commands + scripts + names + details;
        self.long_ids.table_bytes() + long_ids + records + shared + tables
    }

    /// Recomputes what is derived or counted, and names the first difference.
    pub(crate) fn internal_validate(&self) -> Result<(), String> {
        let mut uses = Uses::default();
        let (mut runs, mut tags) = (0, 0);
        let (mut extras, mut long_ids) = (Vec::new(), Vec::new());
        let mut live = 0;
        for (slot, head) in self.heads.iter().enumerate() {
            let Some(head) = head else { continue };
            live += 1;
            long_ids.extend(head.invoke_id.number());
            let invoke_id = std::str::from_utf8(self.invoke_id(head)).map_err(|e| e.to_string())?;
            if self.find(invoke_id) != Some(slot as u32) {
                return Err(format!("table: {invoke_id} is not found by its id"));
            }
            let command = self.command_of(head);
            let statuses = self.runs_of(head).iter().map(Run::status);
            if head.overall != Overall::derive(command.repeat_mode(), statuses) {
                return Err(format!("table: {invoke_id} has a stale overall status"));
            }
            runs += head.run_count();
            tags += head.tag_count();
            uses.add(10, head.scope);
            uses.add(2, head.command);
            uses.add(9, head.script);
            self.tags_of(head).iter().for_each(|&tag| uses.add(3, tag));
            for run in self.runs_of(head) {
                uses.add(4, run.instance);
                let extra = self.extra_of(run);
                extras.extend(run.extra());
                if extra.is_some_and(RunExtra::is_default) {
                    return Err(format!("table: an extra of {invoke_id} holds nothing"));
                }
                let history = extra.map_or(&[][..], RunExtra::history);
                let numbers = history.iter().map(|record| record.number);
                let last = extra.map_or(0, RunExtra::history_number);
                if !numbers.clone().is_sorted_by(|a, b| a < b) || numbers.max() > Some(last) {
                    return Err(format!("table: the history of {invoke_id} is not numbered"));
                }
                let details = history.iter().map(|record| record.detail);
                for detail in details.chain([run.detail(extra)]).flatten() {
                    uses.add(5, detail.get() - 1);
                }
            }
        }
        self.runs.internal_validate("runs", runs)?;
        self.tags.internal_validate("tags", tags)?;
        if live != self.len() || live + self.free.len() != self.heads.len() {
            return Err(format!("table: {live} records, {} findable", self.len()));
        }
        self.extras.internal_validate("extras", &extras)?;
        self.long_ids.internal_validate("long ids", &long_ids)?;
        uses.compare(10, "scopes", &self.scopes)?;
        for scope in self.scopes.values() {
            uses.add(0, scope.region());
            uses.add(1, scope.resource_group());
        }
        uses.compare(0, "regions", &self.regions)?;
        uses.compare(1, "resource_groups", &self.resource_groups)?;
        uses.compare(2, "commands", &self.commands)?;
        uses.compare(3, "tag_pairs", &self.tag_pairs)?;
        uses.compare(4, "instances", &self.instances)?;
        uses.compare(5, "details", &self.details)?;
        for command in self.commands.values() {
            uses.add(6, command.command_id());
        }
        let mut within = 0;
        for script in self.scripts.values() {
            uses.add(7, script.command_name());
            let name = self.command_names.get(script.command_name());
            within += usize::from(name.is_within(script) && !name.is_alone());
        }
        if self.command_names.values().filter(|name| !name.is_alone()).count() != within {
            return Err("table: a name is kept in a script that is gone".to_owned());
        }
        for pair in self.tag_pairs.values() {
            uses.add(8, pair.tag_key());
        }
        uses.compare(6, "command_ids", &self.command_ids)?;
        uses.compare(7, "command_names", &self.command_names)?;
        uses.compare(8, "tag_keys", &self.tag_keys)?;
        uses.compare(9, "scripts", &self.scripts)
    }
}

/// What stands in front of a shared value: two counts, or a count and its length.
pub(super) const COUNTED: usize = 2 * size_of::<usize>();

/// How often each symbol of each kind is used.
#[derive(Default)]
struct Uses([HashMap<SymbolId, u32>; 11]);

impl Uses {
    fn add(&mut self, kind: usize, id: SymbolId) {
        *self.0[kind].entry(id).or_default() += 1;
    }

    fn compare<T: Key>(&self, kind: usize, name: &str, symbols: &Symbols<T>) -> Result<(), String> {
        symbols.internal_validate(name)?;
        for id in 0..symbols.id_bound() as SymbolId {
            let used = self.0[kind].get(&id).copied().unwrap_or(0);
            if used != symbols.uses(id) {
                return Err(format!("{name}: {id} used {used}, counted {}", symbols.uses(id)));
            }
        }
        Ok(())
    }
}
