//! The two answers: a page of rows, borrowed from the store.

use std::fmt;

use super::owned::{InvocationResultsPage, InvocationsPage};
use super::result_view::InvocationResultView;
use super::show::Show;
use super::views::{InvocationView, getters};
use crate::query::{NextToken, Page, ResultRow};
use crate::table::Table;
use crate::wire;

/// The answer to [`DescribeInvocations`](crate::DescribeInvocations): one page of at most 50 rows.
///
/// It borrows from the store; [`into_owned`](Self::into_owned) copies it out as plain data.
/// Serialises (with serde) to the body that [`write_json`](Self::write_json) writes, without
/// RequestId and more slowly.
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocations, InstanceRun, Invocation, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert!(store.accept(&invocation)?.retained);
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
    table: &'a Table,
    pub(super) page: Page<u32>,
    show: Show,
}

/// The answer to [`DescribeInvocationResults`](crate::DescribeInvocationResults): one page of at
/// most 50 rows.
///
/// It has the same forms as [`DescribeInvocationsResponse`].
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocationResults, InstanceRun, Invocation, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.extend(["i-0001", "i-0002"].map(InstanceRun::new));
/// assert!(store.accept(&invocation)?.retained);
///
/// let page =
///     store.describe_invocation_results(&DescribeInvocationResults::new("cn-hangzhou"))?;
/// assert_eq!(page.len(), 2, "one row for each run");
/// let instances: Vec<_> = page.invocation_results().map(|row| row.instance_id()).collect();
/// assert_eq!(instances, ["i-0001", "i-0002"]);
/// # Ok::<(), invodex::Error>(())
/// ```
pub struct DescribeInvocationResultsResponse<'a> {
    table: &'a Table,
    pub(super) page: Page<ResultRow>,
    show: Show,
}

/// Capacity that is reserved before a body is written, in bytes: for the fields of the page, for
/// each invocation, and for each result. Most bodies need no more. With a buffer that grows by
/// doubling instead, a whole answer took 1.7 to 1.9 times as long (2026-11-28).
const PAGE_ROOM: usize = 512;
const INVOCATION_ROOM: usize = 3 << 10;
const RESULT_ROOM: usize = 3 << 9;

/// The methods that both answers share. They differ in the view of a row, in the type by which the page
/// names a row, and in the room for its JSON.
macro_rules! common_response {
    ($view:ident, $row:ty, $row_room:expr) => {
        pub(crate) fn new(table: &'a Table, page: Page<$row>, show: Show) -> Self {
            Self { table, page, show }
        }

        getters! { self:
            /// The number of rows on the page. Cost: O(1).
            len: usize = self.page.rows.len();
            /// Whether the page has no rows. Cost: O(1).
            is_empty: bool = self.page.rows.is_empty();
            /// `TotalCount`: the number of matching rows, at most 1,000 with tags. `None` with token
            /// paging, which does not count; the JSON body then has 0. Cost: O(1).
            total_count: Option<u64> = self.page.total;
            /// `NextToken`: the token of the next page, or `None` if no row follows this page; the
            /// JSON body then has `""`. Cost: O(1).
            ///
            /// A page by number has one too. A request with it asks for token paging: PageSize and
            /// PageNumber are ignored from then on, a page has 10 rows unless MaxResults says
            /// otherwise, and there is no TotalCount. Set
            /// [`max_results`](crate::DescribeInvocations::max_results) with the token, or go on by
            /// PageNumber.
            next_token: Option<NextToken> = self.page.next_token();
            /// `PageNumber`: 1 with token paging. Cost: O(1).
            page_number: u32 = self.page.page_number;
            /// `PageSize`: MaxResults with token paging. Cost: O(1).
            page_size: u32 = self.page.page_size;
        }

        fn rows(&self) -> impl ExactSizeIterator<Item = $view<'a>> + Clone {
            let (table, show) = (self.table, self.show);
            self.page.rows.iter().map(move |&row| $view::new(table, row, show))
        }

        /// The rows, out of the page.
        pub(crate) fn into_rows(self) -> impl Iterator<Item = $view<'a>> + use<'a> {
            let Self { table, page, show } = self;
            page.rows.into_iter().map(move |row| $view::new(table, row, show))
        }

        pub(super) fn base64(&self) -> bool {
            self.show.base64()
        }

        /// Appends the JSON body to `out`, which is not cleared. The body has RequestId and all fields
        /// that the API documents; their order may change. First reserves room that most bodies do not
        /// exceed: 3 KiB for each invocation, 1.5 KiB for each result.
        ///
        /// Cost: O(bytes written). Writing takes some seven times as long as copying the bytes if
        /// records share their commands, and up to some 30 times if the content is plain text or each
        /// record has its own.
        pub fn write_json(&self, request_id: &str, out: &mut Vec<u8>) {
            out.reserve(PAGE_ROOM + self.len() * $row_room);
            wire::write_body(request_id, self, self.base64(), out);
        }
    };
}

impl<'a> DescribeInvocationsResponse<'a> {
    common_response!(InvocationView, u32, INVOCATION_ROOM);

    /// `Invocations`: the rows, newest first. Cost: O(1) for each.
    pub fn invocations(&self) -> impl ExactSizeIterator<Item = InvocationView<'a>> + Clone {
        self.rows()
    }

    /// Copies the page out of the store as plain data, each row as
    /// [`to_invocation`](InvocationView::to_invocation) makes it. Cost: O(size of the rows).
    #[must_use]
    pub fn into_owned(self) -> InvocationsPage {
        InvocationsPage {
            invocations: self.invocations().map(|row| row.to_invocation()).collect(),
            total_count: self.total_count(),
            next_token: self.next_token(),
            page_number: self.page_number(),
            page_size: self.page_size(),
        }
    }
}

impl<'a> DescribeInvocationResultsResponse<'a> {
    common_response!(InvocationResultView, ResultRow, RESULT_ROOM);

    /// `InvocationResults`: the rows, in the order of the list. Cost: O(1) for each.
    pub fn invocation_results(
        &self,
    ) -> impl ExactSizeIterator<Item = InvocationResultView<'a>> + Clone {
        self.rows()
    }

    /// Copies the page out of the store as plain data, each row as
    /// [`to_result`](InvocationResultView::to_result) makes it. Cost: O(size of the rows).
    #[must_use]
    pub fn into_owned(self) -> InvocationResultsPage {
        InvocationResultsPage {
            invocation_results: self.invocation_results().map(|row| row.to_result()).collect(),
            total_count: self.total_count(),
            next_token: self.next_token(),
            page_number: self.page_number(),
            page_size: self.page_size(),
        }
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
