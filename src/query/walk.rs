//! From a plan to the rows of a page: the walk by token, the page at an offset, and the border
//! that tags draw.

use roaring::RoaringTreemap;

use super::page::{Page, PagePlace, ResultRow};
use super::plan::{Data, Plan, named_instance, plan};
use super::token::{Cursor, fingerprint};
use crate::index::{PageRows, Span};
use crate::limits;
use crate::model::{InvocationStatus, InvokeStatus, RepeatMode};
use crate::request::{Checked, Paging};
use crate::table::{RunExtra, SymbolId};

/// The page of DescribeInvocations, by slot. `instance` is what [`named_instance`] gives. Cost: that
/// of a conjunction of sets.
pub(crate) fn invocations(
    data: Data<'_>,
    query: &Checked<'_, Cursor>,
    instance: Option<SymbolId>,
) -> Page<u32> {
    let window = Window::of(query);
    let span = data.span();
    let order = &data.index.order;
    let mut sets = data.index.conjunction();
    let mut rows = PageRows::new();
    let total = match (plan(data, query, instance, &mut sets), query.paging) {
        (Plan::Nothing, _) => 0,
        (Plan::One(row), _) if row < span.start => 0,
        (Plan::One(row), _) => {
            // No token was ever given for one row, so it stands behind none.
            if window.skip == 0 {
                rows.push(row);
            }
            1
        }
        (Plan::Rows, Paging::Token { .. }) => {
            let below = query.after.map_or(span.end, |cursor| sets.cut_before(order, cursor.key));
            sets.newest(Span { end: below, ..span }, window.most + 1, &mut rows);
            0
        }
        (Plan::Rows, Paging::Offset { .. }) => {
            sets.page_and_count(span, window.skip, window.most, &mut rows)
        }
    };
    window.page(
        data,
        query,
        rows,
        total,
        |row| order.slot(row).unwrap_or_default(),
        |row, returned| Cursor { key: order.key(*row), run: 0, history: 0, returned },
    )
}

/// The page of DescribeInvocationResults, with `instance` as above. Cost: that of a conjunction of
/// sets for the invocations, and O(their runs) up to the end of the page; in offset mode O(runs of
/// all matching invocations).
pub(crate) fn results(
    data: Data<'_>,
    query: &Checked<'_, Cursor>,
    instance: Option<SymbolId>,
) -> Page<ResultRow> {
    let window = Window::of(query);
    let span = data.span();
    let order = &data.index.order;
    // The invocation that the cursor is in may have more rows.
    let below = query.after.map_or(span.end, |cursor| {
        let before = order.rows_before(cursor.key);
        let inside = before < span.end && order.key(before) == cursor.key;
        before + u32::from(inside)
    });
    let counting = matches!(query.paging, Paging::Offset { .. });
    let mut rows = Vec::<(u32, ResultRow)>::new();
    let mut seen = 0_u64;
    let mut visit = |row: u32| {
        let Some(slot) = order.slot(row) else { return true };
        let after = query.after.filter(|cursor| cursor.key == order.key(row));
        let head = data.table.head(slot);
        let repeat_mode = data.table.command_of(head).repeat_mode();
        for (at, run) in data.table.runs_of(head).iter().enumerate() {
            if query.instance_id.is_some() && Some(run.instance) != instance {
                continue;
            }
            let mut take = |history: Option<u32>, number: u32, matches: bool| {
                let behind = after.is_none_or(|cursor| {
                    let at = at as u16;
                    at > cursor.run || (at == cursor.run && number < cursor.history)
                });
                if behind && matches {
                    let wanted = window.most + usize::from(!counting);
                    if seen >= window.skip && rows.len() < wanted {
                        rows.push((row, ResultRow { slot, run: at as u16, history }));
                    }
                    seen += 1;
                }
            };
            take(None, Cursor::RUN_ITSELF, run_matches(query.status, run.status(), repeat_mode));
            if !query.include_history {
                continue;
            }
            let history = data.table.extra_of(run).map_or(&[][..], RunExtra::history);
            for (index, record) in history.iter().enumerate().rev() {
                let matches = run_matches(query.status, record.status, RepeatMode::Once);
                take(Some(index as u32), record.number, matches);
            }
        }
        counting || rows.len() <= window.most
    };
    let span = Span { end: below, ..span };
    let mut sets = data.index.conjunction();
    match plan(data, query, instance, &mut sets) {
        Plan::Nothing => {}
        Plan::One(row) => {
            if (span.start..span.end).contains(&row) {
                visit(row);
            }
        }
        Plan::Rows => sets.each(span, visit),
    }
    window.page(
        data,
        query,
        rows,
        seen,
        |(_, row)| row,
        |(row, result), returned| Cursor {
            key: order.key(*row),
            run: result.run,
            history: match result.history {
                None => Cursor::RUN_ITSELF,
                Some(index) => history_number(data, *result, index),
            },
            returned,
        },
    )
}

/// The acceptance numbers of all records that the filters match. Cost: O(matches) more than a
/// page.
pub(crate) fn matching(data: Data<'_>, query: &Checked<'_, Cursor>) -> RoaringTreemap {
    let span = data.span();
    let order = &data.index.order;
    let mut sets = data.index.conjunction();
    match plan(data, query, named_instance(data.table, query), &mut sets) {
        Plan::Nothing => RoaringTreemap::new(),
        Plan::One(row) if row < span.start => RoaringTreemap::new(),
        Plan::One(row) => RoaringTreemap::from([order.key(row).number]),
        Plan::Rows => {
            let mut numbers = Vec::new();
            sets.each(span, |row| {
                numbers.push(order.key(row).number);
                true
            });
            numbers.into_iter().collect()
        }
    }
}

fn history_number(data: Data<'_>, row: ResultRow, index: u32) -> u32 {
    let run = &data.table.runs(row.slot)[usize::from(row.run)];
    let extra = data.table.extra_of(run);
    extra.and_then(|extra| extra.history().get(index as usize)).map_or(0, |record| record.number)
}

fn run_matches(
    wanted: Option<InvokeStatus>,
    status: InvocationStatus,
    repeat_mode: RepeatMode,
) -> bool {
    wanted.is_none_or(|wanted| {
        status.as_filter() == Some(wanted) || status.legacy(repeat_mode).as_filter() == wanted
    })
}

/// Which rows of the matching ones a page shows, and what of them.
struct Window {
    skip: u64,
    most: usize,
    place: PagePlace,
    /// Rows that were returned before and count towards the limit of a query with tags.
    returned: u64,
}

impl Window {
    fn of(query: &Checked<'_, Cursor>) -> Self {
        let (skip, most, place, returned) = match query.paging {
            Paging::Token { max_results } => {
                let returned = query.after.map_or(0, |cursor| u64::from(cursor.returned));
                let place = PagePlace { page_number: 1, page_size: max_results };
                (0, max_results, place, returned)
            }
            Paging::Offset { page_number, page_size } => {
                let skip = u64::from(page_number - 1) * u64::from(page_size);
                (skip, page_size, PagePlace { page_number, page_size }, skip)
            }
        };
        let most = if query.tags.is_empty() {
            u64::from(most)
        } else {
            u64::from(most).min(u64::from(limits::TAGGED_ROWS).saturating_sub(returned))
        };
        Window { skip, most: most as usize, place, returned }
    }

    /// Makes the page of what the walk found: in token mode up to one row more than the page
    /// holds, in offset mode the page's rows and their total.
    fn page<T, R>(
        &self,
        data: Data<'_>,
        query: &Checked<'_, Cursor>,
        mut found: Vec<T>,
        total: u64,
        row: impl Fn(T) -> R,
        cursor: impl Fn(&T, u16) -> Cursor,
    ) -> Page<R> {
        let tagged = !query.tags.is_empty();
        let (more, total) = match query.paging {
            Paging::Token { .. } => (found.len() > self.most, None),
            Paging::Offset { .. } => {
                let most = if tagged { u64::from(limits::TAGGED_ROWS) } else { u64::MAX };
                let total = total.min(most);
                (self.skip + (found.len() as u64) < total, Some(total))
            }
        };
        found.truncate(self.most);
        let returned = if tagged { self.returned + found.len() as u64 } else { 0 };
        let more = more && returned < u64::from(limits::TAGGED_ROWS);
        let next = found.last().filter(|_| more).map(|last| {
            // At most 1,000, so it fits.
            (cursor(last, returned as u16), fingerprint(query, data.config.id))
        });
        Page { rows: found.into_iter().map(row).collect(), place: self.place, total, next }
    }
}
