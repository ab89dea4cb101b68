//! The memory of the table, and the check of its derived values and counts.

use std::collections::HashMap;

use super::core::Table;
use super::index_key::{IndexKey, IndexedColumn};
use super::interned::{Interned, Value, ValueId};
use super::overflow::RunOverflow;
use super::record::RecordHeader;
use crate::model::Overall;

impl Table {
    /// Heap bytes. Cost: O(records and distinct values).
    pub(crate) fn bytes(&self) -> usize {
        // Destructured without `..`, so that a new column does not compile until it is counted.
        let Table {
            headers,
            slots,
            hasher: _,
            long_ids,
            runs,
            overflows,
            tags,
            column_texts,
            tag_pairs,
            settings,
            bodies,
            run_texts,
        } = self;
        let records = headers.table_bytes()
            + slots.allocation_size()
            + long_ids.table_bytes()
            + long_ids.places().iter().map(|id| id.len()).sum::<usize>();
        let items = runs.table_bytes()
            + tags.table_bytes()
            + overflows.table_bytes()
            + overflows.places().iter().map(RunOverflow::bytes).sum::<usize>();
        records
            + items
            + column_texts.iter().map(Interned::bytes).sum::<usize>()
            + tag_pairs.bytes()
            + settings.bytes()
            + bodies.bytes()
            + run_texts.bytes()
    }

    /// Recomputes every derived value and every count, and names the first difference.
    pub(crate) fn internal_validate(&self) -> Result<(), String> {
        use IndexedColumn as C;
        let mut uses = Uses::default();
        let (mut runs, mut tags) = (0, 0);
        let (mut overflows, mut long_ids) = (Vec::new(), Vec::new());
        let mut live = 0;
        for (slot, header) in self.headers.places().iter().enumerate() {
            let Some(header) = header else { continue };
            live += 1;
            runs += header.run_count();
            tags += header.tag_count();
            long_ids.extend(header.invoke_id.number());
            self.validate_record(slot as u32, header)?;
            uses.add_text((C::Region, header.region));
            uses.add_text((C::ResourceGroup, header.resource_group));
            uses.add(Kind::Settings, header.settings);
            uses.add(Kind::Body, header.body);
            self.tags_of(header).iter().for_each(|&tag| uses.add(Kind::TagPair, tag));
            for run in self.runs_of(header) {
                uses.add_text((C::Instance, run.instance));
                overflows.extend(run.overflow());
                let history = run.history().iter().map(|record| record.execution.texts);
                let texts = history.chain([run.texts]).flatten();
                texts.for_each(|texts| uses.add(Kind::RunTexts, texts.id()));
            }
        }
        let (findable, used) = (self.len(), self.headers.used());
        if live != findable || live != used {
            return Err(format!(
                "table: {live} slots hold a record, but {findable} are found by their id and {used} \
                 are in use"
            ));
        }
        self.runs.internal_validate("runs", runs)?;
        self.tags.internal_validate("tags", tags)?;
        self.overflows.internal_validate("overflows", &overflows)?;
        self.long_ids.internal_validate("long ids", &long_ids)?;
        for settings in self.settings.values() {
            settings.index_keys().for_each(|key| uses.add_text(key));
        }
        for body in self.bodies.values() {
            uses.add_text((C::CommandName, body.name));
        }
        for pair in self.tag_pairs.values() {
            uses.add_text((C::TagKey, pair.tag_key));
        }
        for (column, texts) in C::TEXTS.into_iter().zip(&self.column_texts) {
            uses.compare(Kind::Text(column), texts)?;
        }
        uses.compare(Kind::TagPair, &self.tag_pairs)?;
        uses.compare(Kind::Settings, &self.settings)?;
        uses.compare(Kind::Body, &self.bodies)?;
        uses.compare(Kind::RunTexts, &self.run_texts)
    }

    /// Checks the derived values of one record.
    fn validate_record(&self, slot: u32, header: &RecordHeader) -> Result<(), String> {
        let invoke_id = std::str::from_utf8(self.invoke_id(header)).map_err(|e| e.to_string())?;
        if self.find(invoke_id) != Some(slot) {
            return Err(format!("table: the record {invoke_id} is not found by its id"));
        }
        let statuses = self.runs_of(header).map(|run| run.status);
        let derived = Overall::derive(self.settings_of(header).repeat_mode, statuses);
        if header.overall != derived {
            return Err(format!(
                "table: {invoke_id} has the overall statuses {:?}, its runs give {derived:?}",
                header.overall
            ));
        }
        for run in self.runs_of(header) {
            if run.has_empty_overflow() {
                return Err(format!(
                    "table: a run of {invoke_id} has an overflow that holds nothing"
                ));
            }
            let numbers = run.history().iter().map(|record| record.number);
            let last = run.history_number();
            if !numbers.clone().is_sorted_by(|a, b| a < b) || numbers.max() > Some(last) {
                return Err(format!(
                    "table: the history records of a run of {invoke_id} are not numbered in order up \
                     to {last}"
                ));
            }
        }
        Ok(())
    }
}

/// The kinds of interned values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Kind {
    Text(IndexedColumn),
    TagPair,
    Settings,
    Body,
    RunTexts,
}

/// The number of uses of each value of each kind, by records or by other values.
#[derive(Default)]
struct Uses(HashMap<(Kind, ValueId), u32>);

impl Uses {
    fn add_text(&mut self, (column, id): IndexKey) {
        self.add(Kind::Text(column), id);
    }

    fn add(&mut self, kind: Kind, id: ValueId) {
        *self.0.entry((kind, id)).or_default() += 1;
    }

    /// Checks `values` and compares each use count with the uses that were added.
    fn compare<V: Value>(&self, kind: Kind, values: &Interned<V>) -> Result<(), String> {
        values.internal_validate(&format!("{kind:?} values"))?;
        for id in 0..values.id_bound() as ValueId {
            let used = self.0.get(&(kind, id)).copied().unwrap_or(0);
            let counted = values.uses(id);
            if used != counted {
                return Err(format!(
                    "{kind:?} values: value {id} is used {used} times, counted {counted}"
                ));
            }
        }
        Ok(())
    }
}
