//! The two answers: a page of rows, borrowed from the store.

use std::fmt;

use super::owned::{InvocationResultsPage, InvocationsPage};
use super::result_view::InvocationResultView;
use super::show::Show;
use super::views::InvocationView;
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
    page: Page<u32>,
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
    page: Page<ResultRow>,
    show: Show,
}

/// Capacity that is reserved before a body is written, in bytes: for the fields of the page, for
/// each invocation, and for each result. Most bodies need no more. With a buffer that grows by
/// doubling instead, a whole answer took 1.7 to 1.9 times as long (2026-11-28).
const PAGE_ROOM: usize = 512;
const INVOCATION_ROOM: usize = 3 << 10;
const RESULT_ROOM: usize = 3 << 9;

macro_rules! common_response {
    () => {
        /// The number of rows on the page. Cost: O(1).
        #[must_use]
        pub fn len(&self) -> usize {
            self.page.rows.len()
        }

        /// Whether the page has no rows. Cost: O(1).
        #[must_use]
        pub fn is_empty(&self) -> bool {
            self.page.rows.is_empty()
        }

        /// `TotalCount`: the number of matching rows, at most 1,000 with tags. `None` with token
        /// paging, which does not count; the JSON body then has 0. Cost: O(1).
        #[must_use]
        pub fn total_count(&self) -> Option<u64> {
            self.page.total
        }

        /// `NextToken`: the token of the next page, or `None` if no row follows this page; the JSON
        /// body then has `""`. Cost: O(1).
        ///
        /// A page by number has one too. A request with it asks for token paging: PageSize and
        /// PageNumber are ignored from then on, a page has 10 rows unless MaxResults says otherwise,
        /// and there is no TotalCount. Set
        /// [`max_results`](crate::DescribeInvocations::max_results) with the token, or go on by
        /// PageNumber.
        #[must_use]
        pub fn next_token(&self) -> Option<NextToken> {
            self.page.next_token()
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

        pub(super) fn base64(&self) -> bool {
            self.show.base64()
        }
    };
}

impl<'a> DescribeInvocationsResponse<'a> {
    pub(crate) fn new(table: &'a Table, page: Page<u32>, show: Show) -> Self {
        DescribeInvocationsResponse { table, page, show }
    }

    common_response!();

    /// `Invocations`: the rows, newest first. Cost: O(1) for each.
    pub fn invocations(&self) -> impl ExactSizeIterator<Item = InvocationView<'a>> + Clone {
        let (table, show) = (self.table, self.show);
        self.page.rows.iter().map(move |&slot| InvocationView::new(table, slot, show))
    }

    /// The rows, out of the page.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = InvocationView<'a>> + use<'a> {
        let DescribeInvocationsResponse { table, page, show } = self;
        page.rows.into_iter().map(move |slot| InvocationView::new(table, slot, show))
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

    /// Appends the JSON body to `out`, which is not cleared. The body has RequestId and all fields
    /// that the API documents; their order may change. Reserves 3 KiB a row first, which most
    /// bodies do not exceed.
    ///
    /// Cost: O(bytes written). Writing takes some seven times as long as copying the bytes if
    /// records share their commands, and up to some 30 times if the content is plain text or each
    /// record has its own.
    pub fn write_json(&self, request_id: &str, out: &mut Vec<u8>) {
        out.reserve(PAGE_ROOM + self.len() * INVOCATION_ROOM);
        wire::write_body(request_id, self, self.base64(), out);
    }
}

impl<'a> DescribeInvocationResultsResponse<'a> {
    pub(crate) fn new(table: &'a Table, page: Page<ResultRow>, show: Show) -> Self {
        DescribeInvocationResultsResponse { table, page, show }
    }

    common_response!();

    /// `InvocationResults`: the rows, in the order of the list. Cost: O(1) for each.
    pub fn invocation_results(
        &self,
    ) -> impl ExactSizeIterator<Item = InvocationResultView<'a>> + Clone {
        let (table, show) = (self.table, self.show);
        self.page.rows.iter().map(move |&row| InvocationResultView::new(table, row, show))
    }

    /// The rows, out of the page.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = InvocationResultView<'a>> + use<'a> {
        let DescribeInvocationResultsResponse { table, page, show } = self;
        page.rows.into_iter().map(move |row| InvocationResultView::new(table, row, show))
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

    /// Appends the JSON body to `out`, as [`DescribeInvocationsResponse::write_json`] does, but
    /// reserves 1.5 KiB a row. Cost: O(bytes written).
    pub fn write_json(&self, request_id: &str, out: &mut Vec<u8>) {
        out.reserve(PAGE_ROOM + self.len() * RESULT_ROOM);
        wire::write_body(request_id, self, self.base64(), out);
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
