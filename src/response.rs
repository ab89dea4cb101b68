//! The answers: borrowed views of the rows, their JSON, and an owned form.

mod json;
mod line;
mod result_view;
mod serialize;
mod times;
mod views;

use std::fmt;
use std::ops::Deref;

use crate::query::{NextToken, Page, ResultRow};
use crate::request::ContentEncoding;
use crate::table::{SymbolId, Table};
pub use result_view::InvocationResultView;
pub use views::{InvocationView, RunView, TagView};

/// Where an answer's rows are read from.
enum Rows<'a> {
    Borrowed(&'a Table),
    /// The rows of the page alone.
    Owned(Box<Table>),
}

impl Deref for Rows<'_> {
    type Target = Table;

    fn deref(&self) -> &Table {
        match self {
            Rows::Borrowed(table) => table,
            Rows::Owned(table) => table,
        }
    }
}

/// How rows are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Show {
    pub(crate) encoding: ContentEncoding,
    pub(crate) output: bool,
    /// Only the run on this instance.
    pub(crate) instance: Option<SymbolId>,
}

/// The answer to [`DescribeInvocations`](crate::DescribeInvocations): one page of at most 50 rows.
///
/// Borrows from the store; [`into_owned`](Self::into_owned) copies the page's rows, for a binding
/// that cannot hold a borrow or a front end that lets go of the store before it writes. Serialises
/// (with serde) to the body that [`write_json`](Self::write_json) writes, without RequestId and
/// more slowly.
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocations, InstanceRun, Invocation, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// store.accept(&invocation)?;
///
/// let page = store.describe_invocations(&DescribeInvocations::new("cn-hangzhou"))?;
/// assert_eq!(page.total_count(), Some(1));
/// let first = page.invocations().next().unwrap();
/// assert_eq!(first.invoke_id(), "t-0001");
///
/// let mut body = Vec::new();
/// page.write_json("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", &mut body);
/// assert!(body.starts_with(br#"{"RequestId":"473469C7-"#));
/// # Ok::<(), invodex::Error>(())
/// ```
pub struct DescribeInvocationsResponse<'a> {
    rows: Rows<'a>,
    page: Page<u32>,
    show: Show,
}

/// The answer to [`DescribeInvocationResults`](crate::DescribeInvocationResults): one page of at
/// most 50 rows.
///
/// The same forms as [`DescribeInvocationsResponse`].
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocationResults, InstanceRun, Invocation, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.extend(["i-0001", "i-0002"].map(InstanceRun::new));
/// store.accept(&invocation)?;
///
/// let page =
///     store.describe_invocation_results(&DescribeInvocationResults::new("cn-hangzhou"))?;
/// assert_eq!(page.len(), 2, "one row for each run");
/// let instances: Vec<_> = page.invocation_results().map(|row| row.instance_id()).collect();
/// assert_eq!(instances, ["i-0001", "i-0002"]);
/// # Ok::<(), invodex::Error>(())
/// ```
pub struct DescribeInvocationResultsResponse<'a> {
    rows: Rows<'a>,
    page: Page<ResultRow>,
    show: Show,
}

macro_rules! common_response {
    () => {
        /// How many rows the page has. Cost: O(1).
        #[must_use]
        pub fn len(&self) -> usize {
            self.page.rows.len()
        }

        /// Whether the page has no rows. Cost: O(1).
        #[must_use]
        pub fn is_empty(&self) -> bool {
            self.page.rows.is_empty()
        }

        /// `TotalCount`: how many rows match, at most 1,000 with tags; `None` with token paging,
        /// which does not count (and shows 0 on the wire). Cost: O(1).
        #[must_use]
        pub fn total_count(&self) -> Option<u64> {
            self.page.total
        }

        /// `NextToken`: where the walk goes on, or `None` when no row stands behind this page,
        /// which the wire shows as `""`. Cost: O(1).
        #[must_use]
        pub fn next_token(&self) -> Option<NextToken> {
            self.page.next_token
        }

        /// `PageNumber`: 1 with token paging. Cost: O(1).
        #[must_use]
        pub fn page_number(&self) -> u32 {
            self.page.page_number
        }

        /// `PageSize`: MaxResults with token paging. Cost: O(1).
        #[must_use]
        pub fn page_size(&self) -> u32 {
            self.page.page_size
        }
    };
}

impl<'a> DescribeInvocationsResponse<'a> {
    pub(crate) fn new(table: &'a Table, page: Page<u32>, show: Show) -> Self {
        DescribeInvocationsResponse { rows: Rows::Borrowed(table), page, show }
    }

    common_response!();

    /// `Invocations`: the rows, newest first. Cost: O(1) for each.
    pub fn invocations(&self) -> impl ExactSizeIterator<Item = InvocationView<'_>> {
        self.page.rows.iter().map(|&slot| InvocationView::new(&self.rows, slot, self.show))
    }

    /// Copies the page out of the store. Texts are shared, not copied.
    /// Cost: O(rows and their runs).
    #[must_use]
    pub fn into_owned(self) -> DescribeInvocationsResponse<'static> {
        self.into_owned_in(Box::default())
    }

    /// [`into_owned`](Self::into_owned) for one who has made `room`, empty, while others could write.
    pub(crate) fn into_owned_in(
        mut self,
        mut room: Box<Table>,
    ) -> DescribeInvocationsResponse<'static> {
        let rows = match self.rows {
            Rows::Owned(table) => table,
            Rows::Borrowed(table) => {
                table.extract(&self.page.rows, self.show.instance.take(), &mut room);
                for (at, slot) in self.page.rows.iter_mut().enumerate() {
                    *slot = at as u32;
                }
                room
            }
        };
        DescribeInvocationsResponse { rows: Rows::Owned(rows), page: self.page, show: self.show }
    }

    /// Appends the JSON body to `out`, which is not cleared: all fields that the API documents,
    /// texts escaped as JSON asks. Where `out` has less room than most pages need, 3 KiB for each
    /// row, it is given that first, since to grow a buffer step by step takes as long as to write
    /// it. Cost: O(bytes written): four times as long as to copy them, or up to some 30 where
    /// content is text or is each record's own.
    pub fn write_json(&self, request_id: &str, out: &mut Vec<u8>) {
        json::write_invocations(self, request_id, out);
    }
}

impl<'a> DescribeInvocationResultsResponse<'a> {
    pub(crate) fn new(table: &'a Table, page: Page<ResultRow>, show: Show) -> Self {
        DescribeInvocationResultsResponse { rows: Rows::Borrowed(table), page, show }
    }

    common_response!();

    /// `InvocationResults`: the rows, in the order of the list. Cost: O(1) for each.
    pub fn invocation_results(&self) -> impl ExactSizeIterator<Item = InvocationResultView<'_>> {
        self.page.rows.iter().map(|&row| InvocationResultView::new(&self.rows, row, self.show))
    }

    /// Copies the page out of the store. Texts are shared, not copied. Cost: O(rows).
    #[must_use]
    pub fn into_owned(self) -> DescribeInvocationResultsResponse<'static> {
        self.into_owned_in(Box::default())
    }

    /// As that of [`DescribeInvocationsResponse`].
    pub(crate) fn into_owned_in(
        mut self,
        mut room: Box<Table>,
    ) -> DescribeInvocationResultsResponse<'static> {
        let rows = match self.rows {
            Rows::Owned(table) => table,
            Rows::Borrowed(table) => {
                let rows = self.page.rows.iter_mut();
                let rows = rows.map(|row| (&mut row.slot, &mut row.run, &mut row.history));
                table.extract_runs(rows, &mut room);
                room
            }
        };
        DescribeInvocationResultsResponse {
            rows: Rows::Owned(rows),
            page: self.page,
            show: self.show,
        }
    }

    /// Appends the JSON body to `out`, as [`DescribeInvocationsResponse::write_json`] does, with
    /// room for 1.5 KiB a row. Cost: O(bytes written).
    pub fn write_json(&self, request_id: &str, out: &mut Vec<u8>) {
        json::write_results(self, request_id, out);
    }
}

impl fmt::Debug for DescribeInvocationsResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DescribeInvocationsResponse")
            .field("invoke_ids", &self.invocations().map(|row| row.invoke_id()).collect::<Vec<_>>())
            .field("total_count", &self.total_count())
            .field("next_token", &self.next_token())
            .finish()
    }
}

impl fmt::Debug for DescribeInvocationResultsResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> =
            self.invocation_results().map(|row| (row.invoke_id(), row.instance_id())).collect();
        f.debug_struct("DescribeInvocationResultsResponse")
            .field("rows", &rows)
            .field("total_count", &self.total_count())
            .field("next_token", &self.next_token())
            .finish()
    }
}
