//! What a write is about to read, read before it.

use super::Store;
use super::validate::Valid;

impl Store {
    /// Reads what accepting a record, as the next write, will read, so that it is in the caches by
    /// then. Changes nothing, and nothing depends on it: other writes may come between. Whoever lets
    /// others read meanwhile then keeps them out for a shorter time. Cost: O(size of the record and
    /// its index entries), and the same of the one that it evicts.
    pub(crate) fn look_ahead(&self, valid: Valid<'_>) {
        if self.table.len() >= self.config.capacity
            && let Some(oldest) = self.oldest()
        {
            self.table.look_ahead_to_remove(oldest);
            self.index.look_ahead_to_remove(oldest, &self.table);
        }
        let entries = self.table.look_ahead_to_insert(valid.record());
        self.index.look_at(&entries, self.index.order.rows());
    }
}
