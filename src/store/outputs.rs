//! The budget for all outputs together: over it the oldest records' outputs go first.

use std::collections::BTreeMap;

use super::Store;
use crate::index::RowKey;

/// Which records hold output, oldest first. Kept only for a store that has a budget.
#[derive(Debug)]
pub(super) struct OutputBudget {
    most: usize,
    total: usize,
    /// By the record's place in the list: its slot and its bytes, more than none.
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

    /// The oldest record with output, if all together are over the budget.
    fn oldest_over(&self) -> Option<(RowKey, u32)> {
        let (&key, &(slot, _)) = self.by_age.first_key_value()?;
        (self.total > self.most).then_some((key, slot))
    }
}

impl Store {
    /// Takes note that the outputs of the record in `slot` have changed.
    pub(super) fn note_outputs(&mut self, slot: u32) {
        if let Some(budget) = &mut self.outputs {
            let order = &self.index.order;
            let key = order.key(order.row_of(slot));
            budget.set(key, slot, self.table.output_bytes(slot));
        }
    }

    /// Takes note that the record in `slot`, which is still there, goes.
    pub(super) fn forget_outputs(&mut self, slot: u32) {
        if let Some(budget) = &mut self.outputs {
            let order = &self.index.order;
            budget.set(order.key(order.row_of(slot)), slot, 0);
        }
    }

    /// Drops outputs until the budget holds.
    pub(super) fn keep_output_budget(&mut self) {
        while let Some((key, slot)) = self.outputs.as_ref().and_then(OutputBudget::oldest_over) {
            self.counters.output_bytes_dropped += self.table.drop_outputs(slot);
            if let Some(budget) = &mut self.outputs {
                budget.set(key, slot, 0);
            }
        }
    }

    /// Checks the budget's books against the table.
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
