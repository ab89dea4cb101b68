//! The snapshot: the state of a store that one query reads.

use crate::config::Config;
use crate::index::{Index, Span};
use crate::model::Timestamp;
use crate::request::Filters;
use crate::table::{Table, ValueId};

/// A store at one moment. A borrow of the store keeps writes out while the snapshot exists.
///
/// Expiry does not change the store: `cutoff` follows from the time of the query, and the query
/// skips the rows before it, which are a prefix of the order. The next write removes those records.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot<'a> {
    pub(crate) table: &'a Table,
    pub(crate) index: &'a Index,
    pub(crate) config: &'a Config,
    /// Records created before this time have expired.
    pub(crate) cutoff: Timestamp,
}

impl Snapshot<'_> {
    /// All rows that have not expired. May contain tombstones.
    pub(crate) fn span(&self) -> Span {
        let order = &self.index.order;
        Span { start: order.first_since(self.cutoff), end: order.rows() }
    }

    /// The slot of the record with `invoke_id`, unless it has expired.
    pub(crate) fn find(&self, invoke_id: &str) -> Option<u32> {
        self.table
            .find(invoke_id)
            .filter(|&slot| self.table.header(slot).creation_time >= self.cutoff)
    }

    /// The id of the instance that the filters name, if any record has it.
    pub(crate) fn instance(&self, filters: &Filters<'_>) -> Option<ValueId> {
        filters.instance_id.and_then(|id| self.table.instances.find(id.as_bytes()))
    }
}
