//! The plan: the posting lists that a query intersects, or a row found without them.

use super::snapshot::Snapshot;
use crate::index::Conjunction;
use crate::request::{Checked, Filters, Operation};
use crate::table::{IndexedColumn, region_timed};

/// The way in which a query finds its rows.
// Each query makes one, on the stack. A box would cost an allocation.
#[expect(clippy::large_enum_variant)]
pub(crate) enum Plan<'a> {
    /// A filter has a value that no record has: no row matches.
    Empty,
    /// The row of the record with the InvokeId, which has not expired and matches all filters.
    One(u32),
    /// The rows in all posting lists of the conjunction.
    Walk(Conjunction<'a>),
}

/// Makes the plan. Cost: O(filters), and with InvokeId O(log) for each posting list.
// Inlined for the reason that `request::check` gives.
#[inline(always)]
pub(crate) fn plan<'a>(query: &Checked<'_>, snapshot: &Snapshot<'a>) -> Plan<'a> {
    let mut sets = snapshot.index.conjunction();
    if add_sets(&query.filters, snapshot, &mut sets).is_none() {
        return Plan::Empty;
    }
    let Some(invoke_id) = query.filters.invoke_id else { return Plan::Walk(sets) };
    match snapshot.find(invoke_id).map(|slot| snapshot.index.order.row_of(slot)) {
        Some(row) if sets.contains(row) => Plan::One(row),
        _ => Plan::Empty,
    }
}

/// Adds the posting lists of all filters except InvokeId. Returns `None` if one of them is empty.
fn add_sets<'a>(
    filters: &Filters<'_>,
    snapshot: &Snapshot<'a>,
    sets: &mut Conjunction<'a>,
) -> Option<()> {
    use IndexedColumn as C;
    let Filters {
        operation,
        region_id,
        resource_group_id,
        invoke_id: _,
        command_id,
        command_name,
        command_type,
        repeat_mode,
        timed,
        status,
        instance_id,
        tags,
        include_history,
    } = *filters;
    let table = snapshot.table;
    let mut require = |column: C, value: Option<u32>| {
        sets.add(snapshot.index.posting((column, value?))?);
        Some(())
    };
    let find = |column, text: &str| table.column_texts(column).find(text.as_bytes());
    let region = find(C::Region, region_id)?;
    match timed {
        Some(timed) => require(C::RegionTimed, Some(region_timed(region, timed)))?,
        None => require(C::Region, Some(region))?,
    }
    for (column, text) in [
        (C::ResourceGroup, resource_group_id),
        (C::CommandId, command_id),
        (C::CommandName, command_name),
    ] {
        if let Some(text) = text {
            require(column, find(column, text))?;
        }
    }
    if let Some(value) = command_type {
        require(C::CommandType, Some(value as u32))?;
    }
    if let Some(value) = repeat_mode {
        require(C::RepeatMode, Some(value as u32))?;
    }
    match (status, operation) {
        (Some(value), Operation::DescribeInvocations) => require(C::Status, Some(value as u32))?,
        // With IncludeHistory the column is not used, because it indexes the present runs and not
        // their history. The walk then compares the status of each earlier execution.
        (Some(value), Operation::DescribeInvocationResults) if !include_history => {
            require(C::RunStatus, Some(value as u32))?;
        }
        _ => {}
    }
    if instance_id.is_some() {
        require(C::Instance, snapshot.instance(filters))?;
    }
    for tag in tags {
        let key = tag.key.as_deref().unwrap_or_default();
        match &tag.value {
            None => require(C::TagKey, find(C::TagKey, key))?,
            Some(value) => require(C::TagPair, table.find_tag_pair(key, value))?,
        }
    }
    Some(())
}
