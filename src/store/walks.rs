//! Walks: all pages of a request, as one iterator over the rows.

use std::iter::successors;

use super::Store;
use crate::error::Error;
use crate::limits;
use crate::request::{DescribeInvocationResults, DescribeInvocations, check};
use crate::response::{InvocationResultView, InvocationView};

impl Store {
    /// All rows that `request` matches, newest first, over all pages. A NextToken begins the walk
    /// behind its row; the other parameters of paging are checked and ignored. The walk borrows the
    /// store, so it shows one moment. One that must let other threads write asks page by page instead,
    /// by [`next_token`](crate::DescribeInvocationsResponse::next_token).
    ///
    /// With tags the walk ends after 1,000 rows, as pages do; [`matching`](Self::matching) has no
    /// such limit. A request without Timed leaves out tasks whose schedule goes on, see
    /// [`OmittedTimed`](crate::OmittedTimed).
    ///
    /// Cost: that of a page for every 50 rows, when the iterator comes to them.
    ///
    /// # Errors
    ///
    /// As [`describe_invocations`](Self::describe_invocations), before the first row.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{DescribeInvocations, InstanceRun, Invocation, Store};
    ///
    /// let mut store = Store::default();
    /// for number in 1..=120 {
    ///     let mut invocation = Invocation::new("cn-hangzhou", format!("t-{number}"), "c-0001");
    ///     invocation.instances.push(InstanceRun::new("i-0001"));
    ///     assert!(store.accept(&invocation)?.retained);
    /// }
    /// let mut walk = store.walk_invocations(&DescribeInvocations::new("cn-hangzhou"))?;
    /// assert_eq!(walk.next().unwrap().invoke_id(), "t-120");
    /// assert_eq!(walk.last().unwrap().invoke_id(), "t-1");
    ///
    /// let nowhere = DescribeInvocations::default();
    /// assert_eq!(store.walk_invocations(&nowhere).err().unwrap().code(), "MissingParameter.RegionId");
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn walk_invocations(
        &self,
        request: &DescribeInvocations,
    ) -> Result<impl Iterator<Item = InvocationView<'_>> + use<'_>, Error> {
        check::invocations(request, &self.config)?;
        let now = self.now();
        let request = request.clone().max_results(limits::PAGE_ROWS);
        let first = self.invocations_at(&request, now)?;
        let pages = successors(Some(first), move |page| {
            // Its own token is valid, so no page after the first can fail.
            let next = request.clone().next_token(page.next_token()?);
            self.invocations_at(&next, now).ok()
        });
        Ok(pages.flat_map(|page| page.into_rows()))
    }

    /// All rows of DescribeInvocationResults that `request` matches, as
    /// [`walk_invocations`](Self::walk_invocations), which has an example, gives those of the other
    /// operation.
    ///
    /// # Errors
    ///
    /// As [`describe_invocation_results`](Self::describe_invocation_results), before the first row.
    pub fn walk_invocation_results(
        &self,
        request: &DescribeInvocationResults,
    ) -> Result<impl Iterator<Item = InvocationResultView<'_>> + use<'_>, Error> {
        check::results(request, &self.config)?;
        let now = self.now();
        let request = request.clone().max_results(limits::PAGE_ROWS);
        let first = self.results_at(&request, now)?;
        let pages = successors(Some(first), move |page| {
            let next = request.clone().next_token(page.next_token()?);
            self.results_at(&next, now).ok()
        });
        Ok(pages.flat_map(|page| page.into_rows()))
    }
}
