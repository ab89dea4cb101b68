//! The walk: reads the rows of a plan, newest first, into a page.

use roaring::RoaringTreemap;

use super::page::{Page, ResultRow, Window};
use super::plan::Plan;
use super::snapshot::Snapshot;
use super::token::Cursor;
use crate::index::{PageRows, Span};
use crate::model::{InvocationStatus, InvokeStatus, RepeatMode};
use crate::request::{Checked, Paging};
use crate::table::{IndexedColumn, RecordHeader};

/// The page of DescribeInvocations, with a slot for each row. Cost: that of the conjunction.
pub(crate) fn invocations(
    mut plan: Plan<'_>,
    query: &Checked<'_>,
    cursor: Option<Cursor>,
    snapshot: &Snapshot<'_>,
) -> Page<u32> {
    let window = Window::new(query, cursor);
    let span = snapshot.span();
    let order = &snapshot.index.order;
    let mut rows = PageRows::new();
    let seen = match (&mut plan, query.paging) {
        (Plan::Empty, _) => 0,
        (&mut Plan::One(row), _) if cursor.is_some_and(|at| order.key(row) >= at.key) => 0,
        (&mut Plan::One(row), _) => {
            if window.skip == 0 {
                rows.push(row);
            }
            1
        }
        (Plan::Walk(sets), Paging::Token { .. }) => {
            let end = cursor.map_or(span.end, |cursor| sets.cut_before(order, cursor.key));
            // One row more than the page holds tells whether another page follows.
            sets.newest(Span { end, ..span }, window.most + 1, &mut rows);
            rows.len() as u64
        }
        (Plan::Walk(sets), Paging::Offset { .. }) => {
            sets.page_and_count(span, window.skip, window.most, &mut rows)
        }
    };
    rows.truncate(window.most);
    let last = rows.last().map(|&row| Cursor::at(order.key(row)));
    for row in &mut rows {
        *row = order.slot(*row).unwrap_or_default();
    }
    window.page(rows, seen, last, query, snapshot)
}

/// The page of DescribeInvocationResults. Cost: that of the conjunction, and O(runs), with history O(runs
/// and history), of the invocations up to the end of the page; in offset mode of all matching invocations.
pub(crate) fn results(
    mut plan: Plan<'_>,
    query: &Checked<'_>,
    cursor: Option<Cursor>,
    snapshot: &Snapshot<'_>,
) -> Page<ResultRow> {
    let window = Window::new(query, cursor);
    let (order, table) = (&snapshot.index.order, snapshot.table);
    let instance = snapshot.instance(&query.filters);
    let counts_all = matches!(query.paging, Paging::Offset { .. });
    let (mut rows, mut last, mut seen) = (Vec::new(), None, 0);
    let mut visit = |row: u32| {
        let Some(slot) = order.slot(row) else { return true };
        let key = order.key(row);
        let head = table.header(slot);
        let repeat_mode = table.settings_of(head).repeat_mode;
        for (run, at) in table.runs_of(head).zip(0_u16..) {
            if query.filters.instance_id.is_some() && Some(run.instance) != instance {
                continue;
            }
            // Counts a row that matches and is after the cursor, and adds it if it is in the
            // window.
            let mut visit_row = |history: Option<u32>, number: u32, matches: bool| {
                let place = Cursor { key, run: at, history: number, returned: 0 };
                if matches && cursor.is_none_or(|cursor| place.is_behind(cursor)) {
                    if seen >= window.skip && rows.len() < window.most {
                        rows.push(ResultRow { slot, run: at, history });
                        last = Some(place);
                    }
                    seen += 1;
                }
            };
            let status = query.filters.status;
            let matches = has_status(run.status, repeat_mode, status);
            visit_row(None, Cursor::RUN_ITSELF, matches);
            if !query.filters.include_history {
                continue;
            }
            for (index, record) in run.history().iter().enumerate().rev() {
                // An earlier execution has the legacy status of a one-time task.
                let matches = has_status(record.execution.status, RepeatMode::Once, status);
                visit_row(Some(index as u32), record.number, matches);
            }
        }
        counts_all || seen <= window.most as u64
    };
    match &mut plan {
        Plan::Empty => {}
        &mut Plan::One(row) => {
            visit(row);
        }
        Plan::Walk(sets) => {
            let span = snapshot.span();
            // The invocation of the cursor is walked again, because it may have more rows. Cutting
            // the shortest list here, as the other operation does, took 0.88 of the time for rare
            // instances, but 1.01 to 1.19 for others (2026-11-24).
            let end = cursor.map_or(span.end, |cursor| order.rows_before(cursor.key) + 1);
            let span = Span { end: end.min(span.end), ..span };
            sets.each(span, visit);
        }
    }
    window.page(rows, seen, last, query, snapshot)
}

/// The acceptance numbers of all matching records. Cost: that of the conjunction, and O(matches).
pub(crate) fn matching(mut plan: Plan<'_>, snapshot: &Snapshot<'_>) -> RoaringTreemap {
    let number = |row| snapshot.index.order.key(row).number;
    match &mut plan {
        Plan::Empty => RoaringTreemap::new(),
        &mut Plan::One(row) => RoaringTreemap::from([number(row)]),
        Plan::Walk(sets) => {
            let mut numbers = Vec::new();
            sets.each(snapshot.span(), |row| {
                numbers.push(number(row));
                true
            });
            numbers.into_iter().collect()
        }
    }
}

/// Calls `each` with the header of every record in a region. Cost: O(records of the region).
pub(crate) fn region(
    region_id: &str,
    snapshot: &Snapshot<'_>,
    mut each: impl FnMut(&RecordHeader),
) {
    let Snapshot { table, index, .. } = *snapshot;
    let region = table.column_texts(IndexedColumn::Region).find(region_id.as_bytes());
    let rows = region.and_then(|region| index.posting((IndexedColumn::Region, region)));
    let Some(rows) = rows else { return };
    let mut sets = index.conjunction();
    sets.add(rows);
    sets.each(snapshot.span(), |row| {
        if let Some(slot) = index.order.slot(row) {
            each(table.header(slot));
        }
        true
    });
}

fn has_status(
    status: InvocationStatus,
    repeat_mode: RepeatMode,
    wanted: Option<InvokeStatus>,
) -> bool {
    wanted.is_none_or(|wanted| {
        status.as_filter() == Some(wanted) || status.legacy(repeat_mode).as_filter() == wanted
    })
}
