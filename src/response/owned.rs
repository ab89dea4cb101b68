//! The two answers as plain data.

use crate::model::{Invocation, InvocationResult};
use crate::query::NextToken;

/// A page of DescribeInvocations as plain data, from
/// [`DescribeInvocationsResponse::into_owned`](crate::DescribeInvocationsResponse::into_owned): for
/// a page that must outlive the borrow of its store.
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocations, Error, InvocationsPage, SharedStore};
///
/// fn page(store: &SharedStore, request: &DescribeInvocations) -> Result<InvocationsPage, Error> {
///     store.read(|store| store.describe_invocations(request).map(|page| page.into_owned()))
/// }
///
/// let page = page(&SharedStore::default(), &DescribeInvocations::new("cn-hangzhou"))?;
/// assert!(page.invocations.is_empty());
/// assert_eq!((page.total_count, page.next_token), (Some(0), None));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InvocationsPage {
    /// `Invocations`: the rows, newest first, with the runs that the answer shows. Outputs are
    /// there whether or not the answer shows them.
    pub invocations: Vec<Invocation>,
    /// `TotalCount`: the number of matching rows; `None` with token paging.
    pub total_count: Option<u64>,
    /// `NextToken`: the token of the next page, if any row follows this page.
    pub next_token: Option<NextToken>,
    /// `PageNumber`: 1 with token paging.
    pub page_number: u32,
    /// `PageSize`: MaxResults with token paging.
    pub page_size: u32,
}

/// A page of DescribeInvocationResults as plain data, from
/// [`DescribeInvocationResultsResponse::into_owned`](crate::DescribeInvocationResultsResponse::into_owned).
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocationResults, InstanceRun, Invocation, InvocationStatus, Store};
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert!(store.accept(&invocation)?.retained);
///
/// let request = DescribeInvocationResults::new("cn-hangzhou");
/// let page = store.describe_invocation_results(&request)?.into_owned();
/// drop(store);
/// let row = &page.invocation_results[0];
/// assert_eq!((&*row.invoke_id, row.invocation_status), ("t-0001", InvocationStatus::Pending));
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InvocationResultsPage {
    /// `InvocationResults`: the rows, in the order of the list.
    pub invocation_results: Vec<InvocationResult>,
    /// `TotalCount`: the number of matching rows; `None` with token paging.
    pub total_count: Option<u64>,
    /// `NextToken`: the token of the next page, if any row follows this page.
    pub next_token: Option<NextToken>,
    /// `PageNumber`: 1 with token paging.
    pub page_number: u32,
    /// `PageSize`: MaxResults with token paging.
    pub page_size: u32,
}
