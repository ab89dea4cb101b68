//! From a checked request to the sets that its rows must be in. Every check that needs the store
//! is made here.

use crate::config::Config;
use crate::index::{Conjunction, Index, Span};
use crate::model::Timestamp;
use crate::query::token::{self, Cursor};
use crate::request::{Checked, Facts, Operation};
use crate::table::{IndexKey, IndexedColumn, SymbolId, Table, region_timed};

/// What a query reads: a store at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a> {
    pub(crate) table: &'a Table,
    pub(crate) index: &'a Index,
    pub(crate) config: &'a Config,
    /// What was created before has expired.
    pub(crate) cutoff: Timestamp,
}

impl<'a> Data<'a> {
    /// All rows that are not expired.
    pub(crate) fn span(&self) -> Span {
        let order = &self.index.order;
        Span { start: order.first_since(self.cutoff), end: order.rows() }
    }

    /// The slot of a record that is not expired.
    pub(crate) fn find(&self, invoke_id: &str) -> Option<u32> {
        self.table
            .find(invoke_id)
            .filter(|&slot| self.table.head(slot).creation_time >= self.cutoff)
    }
}

impl Facts for Data<'_> {
    type Cursor = Cursor;

    #[inline]
    fn cursor(&self, text: &str, query: &Checked<'_, Cursor>) -> Option<Cursor> {
        token::read(text, token::fingerprint(query, self.config.id))
    }
}

/// How to come to the rows of a query.
pub(super) enum Plan {
    /// A filter has a value that no record has.
    Nothing,
    /// The one record with the InvokeId, which meets all other filters.
    One(u32),
    /// The rows in all of the sets.
    Rows,
}

/// Fills `sets`, which are large, where they stand. `instance` is what [`named_instance`] gives.
/// Cost: O(filters), and O(log) or O(1) for each when InvokeId is given.
pub(crate) fn plan<'a>(
    data: Data<'a>,
    query: &Checked<'_, Cursor>,
    instance: Option<SymbolId>,
    sets: &mut Conjunction<'a>,
) -> Plan {
    let found = each_key(data.table, query, instance, |key| {
        data.index.posting(key).map(|set| sets.add(set)).is_some()
    });
    if !found {
        return Plan::Nothing;
    }
    let Some(invoke_id) = query.invoke_id else { return Plan::Rows };
    match data.table.find(invoke_id).map(|slot| data.index.order.row_of(slot)) {
        Some(row) if sets.contains(row) => Plan::One(row),
        _ => Plan::Nothing,
    }
}

/// The symbol of the instance that `query` names, if any record has it: for the plan, and for
/// what is shown of a row.
pub(crate) fn named_instance(table: &Table, query: &Checked<'_, Cursor>) -> Option<SymbolId> {
    query.instance_id.and_then(|id| table.instances.find(id.as_bytes()))
}

/// Calls `each` with the index key of every filter but InvokeId. False when a filter's value is
/// unknown or `each` says so.
fn each_key(
    table: &Table,
    query: &Checked<'_, Cursor>,
    instance: Option<SymbolId>,
    mut each: impl FnMut(IndexKey) -> bool,
) -> bool {
    use IndexedColumn as C;
    let mut with = |column: C, value: Option<u32>| value.is_some_and(|value| each((column, value)));
    let Some(region) = table.regions.find(query.region_id.as_bytes()) else { return false };
    let scope = match query.timed {
        Some(timed) => with(C::RegionTimed, Some(region_timed(region, timed))),
        None => with(C::Region, Some(region)),
    };
    // A history is of one invocation, whose rows are looked at one by one.
    let status_column = match query.operation {
        Operation::DescribeInvocations => Some(C::Status),
        Operation::DescribeInvocationResults if query.include_history => None,
        Operation::DescribeInvocationResults => Some(C::RunStatus),
    };
    scope
        && query
            .resource_group_id
            .is_none_or(|id| with(C::ResourceGroup, table.resource_groups.find(id.as_bytes())))
        && query
            .command_id
            .is_none_or(|id| with(C::CommandId, table.command_ids.find(id.as_bytes())))
        && query
            .command_name
            .is_none_or(|name| with(C::CommandName, table.command_names.find(name.as_bytes())))
        && query.command_type.is_none_or(|value| with(C::CommandType, Some(value as u32)))
        && query.repeat_mode.is_none_or(|value| with(C::RepeatMode, Some(value as u32)))
        && query
            .status
            .zip(status_column)
            .is_none_or(|(value, column)| with(column, Some(value as u32)))
        && query.instance_id.is_none_or(|_| with(C::Instance, instance))
        && query.tags().all(|(key, value)| match value {
            None => with(C::TagKey, table.tag_keys.find(key.as_bytes())),
            Some(value) => with(C::TagPair, table.find_tag_pair(key, value)),
        })
}
