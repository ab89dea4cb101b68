//! The output budget: a limit on the bytes of all outputs together. Outputs of the oldest records
//! are dropped first.

use std::collections::BTreeMap;

use super::Store;
use crate::index::RowKey;

/// The records with output, oldest first. Only a store with a budget has one.
#[derive(Clone, Debug)]
pub(super) struct OutputBudget {
    most: usize,
    total: usize,
    /// For each record with output, by its key in the list order: its slot and its bytes of output,
    /// which are above 0.
    by_age: BTreeMap<RowKey, (u32, usize)>,
}

impl OutputBudget {
    pub(super) fn new(most: usize) -> Self {
        OutputBudget { most, total: 0, by_age: BTreeMap::new() }
    }

    fn set(&mut self, key: RowKey, slot: u32, bytes: usize) {
        let before = if bytes == 0 {
            self.by_age.remove(&key)
        } else {
            self.by_age.insert(key, (slot, bytes))
        };
        self.total = self.total + bytes - before.map_or(0, |(_, bytes)| bytes);
    }

    /// The oldest record with output, if the total is over the budget.
    fn oldest_over(&self) -> Option<u32> {
        let (_, &(slot, _)) = self.by_age.first_key_value()?;
        (self.total > self.most).then_some(slot)
    }
}

impl Store {
    /// Updates the budget's entry for the record in `slot`, whose outputs may have changed.
    pub(super) fn note_outputs(&mut self, slot: u32) {
        if self.outputs.is_some() {
            self.set_outputs(slot, self.table.output_bytes(slot));
        }
    }

    /// Sets the budget's entry for the record in `slot`: 0 before it is removed.
    pub(super) fn set_outputs(&mut self, slot: u32, bytes: usize) {
        if let Some(budget) = &mut self.outputs {
            let order = &self.index.order;
            budget.set(order.key(order.row_of(slot)), slot, bytes);
        }
    }

    /// Drops outputs, those of the oldest record first, until the total is within the budget.
    pub(super) fn keep_output_budget(&mut self) {
        while let Some(slot) = self.outputs.as_ref().and_then(OutputBudget::oldest_over) {
            self.counters.output_bytes_dropped += self.table.drop_outputs(slot);
            self.set_outputs(slot, 0);
        }
    }

    /// Recomputes the budget's entries and total from the table, and names the first difference.
    pub(super) fn validate_outputs(&self) -> Result<(), String> {
        let Some(budget) = &self.outputs else { return Ok(()) };
        let mut total = 0;
        for slot in self.index.order.newest_first(self.index.order.first()) {
            let bytes = self.table.output_bytes(slot);
            let key = self.index.order.key(self.index.order.row_of(slot));
            let noted = budget.by_age.get(&key).map_or(0, |&(_, bytes)| bytes);
            if noted != bytes {
                return Err(format!("outputs: {bytes} bytes in slot {slot}, noted {noted}"));
            }
            total += bytes;
        }
        if total != budget.total || total > budget.most {
            return Err(format!("outputs: {total} bytes, noted {}", budget.total));
        }
        Ok(())
    }
}
