//! The snapshot: what one query reads.

use crate::config::Config;
use crate::index::{Index, Span};
use crate::model::Timestamp;
use crate::request::Filters;
use crate::table::{IndexedColumn, Table, ValueId};

/// A store at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot<'a> {
    pub(crate) table: &'a Table,
    pub(crate) index: &'a Index,
    pub(crate) config: &'a Config,
    /// Records created before have expired.
    pub(crate) cutoff: Timestamp,
}

impl Snapshot<'_> {
    /// All rows that have not expired.
    pub(crate) fn span(&self) -> Span {
        let order = &self.index.order;
        Span { start: order.first_since(self.cutoff), end: order.rows() }
    }

    /// The slot of a record that has not expired.
    pub(crate) fn find(&self, invoke_id: &str) -> Option<u32> {
        self.table
            .find(invoke_id)
            .filter(|&slot| self.table.header(slot).creation_time >= self.cutoff)
    }

    /// The instance that the filters name, if any record has it.
    pub(crate) fn instance(&self, filters: &Filters<'_>) -> Option<ValueId> {
        let instances = self.table.column_texts(IndexedColumn::Instance);
        filters.instance_id.and_then(|id| instances.find(id.as_bytes()))
    }
}
