//! The store: one writer with `&mut self`, any number of readers with `&self`.

mod accept;
#[cfg(feature = "json")]
mod completed;
mod copy_on_write;
mod events;
mod fork;
mod outputs;
mod restored;
mod retention;
mod task_event;
#[cfg(test)]
mod tests;
mod totals;
mod update;
pub(crate) mod validate;
mod walks;

use std::fmt;

use roaring::RoaringTreemap;

pub use accept::Accepted;
pub use events::Subscription;
pub use restored::Restored;
pub(crate) use restored::RunHistory;
pub use retention::Statistics;
pub use task_event::{EventData, TaskEvent};

use crate::config::{Clock, Config};
use crate::error::Error;
use crate::index::Index;
use crate::limits;
use crate::model::Timestamp;
use crate::query::{Snapshot, plan, token, walk};
use crate::request::{
    Checked, ContentEncoding, DescribeInvocationResults, DescribeInvocations, check,
};
use crate::response::{
    DescribeInvocationResultsResponse, DescribeInvocationsResponse, InvocationView, Show,
};
use crate::table::Table;
use copy_on_write::CopyOnWrite;
use events::Subscribers;
use outputs::OutputBudget;
use retention::Counters;

/// Up to [`Config::capacity`] execution records, and the answers over them.
///
/// A query never shows an expired record, whether or not a write has come since it expired. A
/// refused write changes nothing. Queries and look-ups take `&self`, writes `&mut self`;
/// [`SharedStore`](crate::SharedStore) is for several threads. No method panics.
///
/// An empty store takes about 2.2 KB, and is made and dropped in less than a microsecond. A record
/// with three runs takes about 280 bytes beside its unique texts and its outputs. The store keeps
/// the memory of the most records that it ever held at once; [`clear`](Self::clear), or saving and
/// restoring, gives it back.
///
/// # Examples
///
/// ```
/// use invodex::{
///     DescribeInvocations, InstanceRun, Invocation, InvokeStatus, RunUpdate, Store,
/// };
///
/// let mut store = Store::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// assert!(store.accept(&invocation)?.retained);
///
/// store.update_run("t-0001", "i-0001", &RunUpdate::started())?;
///
/// let request = DescribeInvocations::new("cn-hangzhou").invoke_status(InvokeStatus::Running);
/// assert_eq!(store.describe_invocations(&request)?.len(), 1);
/// # Ok::<(), invodex::Error>(())
/// ```
pub struct Store {
    config: Config,
    clock: Box<dyn Clock>,
    /// Shared with forks of the store until one of them writes.
    table: CopyOnWrite<Table>,
    index: CopyOnWrite<Index>,
    /// The acceptance number of the last accepted record.
    last_number: u64,
    /// When the last write was.
    last_write: Timestamp,
    counters: Counters,
    subscribers: Subscribers,
    outputs: Option<OutputBudget>,
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl Default for Store {
    /// An empty store with the default configuration and the system's clock.
    fn default() -> Self {
        Store::new(Config::default(), crate::config::SystemClock)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("len", &self.len())
            .field("now", &self.now())
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// An empty store. [`Default`] is the same with [`Config::default`] and the system's clock.
    /// Cost: O(1).
    pub fn new(mut config: Config, clock: impl Clock + 'static) -> Self {
        config.capacity = config.capacity.min(limits::CAPACITY);
        Store {
            index: CopyOnWrite::new(Index::new(config.tuning)),
            outputs: config.output_budget.map(OutputBudget::new),
            config,
            clock: Box::new(clock),
            table: CopyOnWrite::default(),
            last_number: 0,
            last_write: Timestamp::MIN,
            counters: Counters::default(),
            subscribers: Subscribers::default(),
        }
    }

    /// The configuration of the store. Cost: O(1).
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Gives the store another [`id`](Config::id). The tokens that it gave before are refused from
    /// then on, unless it gets the old id back. For a store that was forked, or restored from the
    /// archive of another. Cost: O(1).
    ///
    /// # Examples
    ///
    /// Two tenants begin with the same records, and refuse each other's tokens:
    ///
    /// ```
    /// use invodex::{DescribeInvocations, InstanceRun, Invocation, Store, SystemClock};
    ///
    /// let mut one = Store::default();
    /// for id in ["t-0001", "t-0002"] {
    ///     let mut invocation = Invocation::new("cn-hangzhou", id, "c-0001");
    ///     invocation.instances.push(InstanceRun::new("i-0001"));
    ///     assert!(one.accept(&invocation)?.retained);
    /// }
    /// let mut two = one.fork(SystemClock);
    /// two.set_id(2);
    ///
    /// let first = DescribeInvocations::new("cn-hangzhou").max_results(1);
    /// let next = first.clone().next_token(one.describe_invocations(&first)?.next_token().unwrap());
    /// assert_eq!(one.describe_invocations(&next)?.len(), 1);
    /// assert_eq!(two.describe_invocations(&next).err().unwrap().code(), "InvalidParameter.NextToken");
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn set_id(&mut self, id: u64) {
        self.config.id = id;
    }

    /// The store's time: the later of the clock's time and that of the last write. It never goes
    /// back behind a write, whatever the clock does. Queries do not move it. Cost: O(1).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.time_when(self.clock.now())
    }

    /// The store's time when its clock shows `shown`.
    pub(crate) fn time_when(&self, shown: Timestamp) -> Timestamp {
        shown.max(self.last_write)
    }

    /// The number of records that have not expired. Cost: O(1), and O(expired since the last
    /// write).
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len() - self.expired_at(self.now())
    }

    /// Whether there is no record. Cost: as [`len`](Self::len).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record with `invoke_id`, in any region; `None` also when it has expired. Cost: O(length
    /// of the id).
    #[must_use]
    pub fn get(&self, invoke_id: &str) -> Option<InvocationView<'_>> {
        self.snapshot(self.now()).find(invoke_id).map(|slot| self.view(slot))
    }

    /// The acceptance number of the record with `invoke_id`, as [`accept`](Self::accept) and
    /// [`matching`](Self::matching) return it; `None` also when the record has expired. Cost:
    /// O(length of the id).
    #[must_use]
    pub fn acceptance_number(&self, invoke_id: &str) -> Option<u64> {
        let order = &self.index.order;
        self.snapshot(self.now()).find(invoke_id).map(|slot| order.key(order.row_of(slot)).number)
    }

    /// The records with these acceptance numbers, in list order. Numbers of removed or expired
    /// records are ignored. Cost: O(records), each looked up in `numbers`.
    pub fn select(
        &self,
        numbers: &RoaringTreemap,
    ) -> impl DoubleEndedIterator<Item = InvocationView<'_>> {
        let (order, span) = (&self.index.order, self.snapshot(self.now()).span());
        let rows = (span.start..span.end).rev();
        let chosen = rows.filter(|&row| numbers.contains(order.key(row).number));
        chosen.filter_map(|row| order.slot(row)).map(|slot| self.view(slot))
    }

    /// All records of all regions that have not expired, in list order: by CreationTime, newest
    /// first, and at equal times by acceptance number, highest first. Cost: O(1) for each.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = InvocationView<'_>> {
        let slots = self.index.order.newest_first(self.snapshot(self.now()).span().start);
        slots.map(|slot| self.view(slot))
    }

    fn view(&self, slot: u32) -> InvocationView<'_> {
        InvocationView::new(&self.table, slot, SHOW_ALL)
    }

    /// Answers DescribeInvocations: the page that `request` asks for. It borrows from the store.
    ///
    /// Cost, with n records and f filters: O(f) to plan. Finding the page takes at most
    /// O(f n / 64) word operations if every filter matches many records, or O(f k) if one matches
    /// only k, and less the earlier the page is full. An offset page also counts, at the same worst
    /// cost.
    ///
    /// # Errors
    ///
    /// The first fault of the request in the API's order: a missing or unknown RegionId, then
    /// tags, then paging, then other values, then IncludeOutput without an id, then NextToken.
    pub fn describe_invocations(
        &self,
        request: &DescribeInvocations,
    ) -> Result<DescribeInvocationsResponse<'_>, Error> {
        self.invocations_at(request, self.now())
    }

    /// Like [`describe_invocations`](Self::describe_invocations), at the time `now`.
    #[inline]
    fn invocations_at(
        &self,
        request: &DescribeInvocations,
        now: Timestamp,
    ) -> Result<DescribeInvocationsResponse<'_>, Error> {
        let query = check::invocations(request, &self.config)?;
        let snapshot = self.snapshot(now);
        let cursor = token::read(&query, &snapshot)?;
        let plan = plan(&query, &snapshot);
        let page = walk::invocations(plan, &query, cursor, &snapshot);
        Ok(DescribeInvocationsResponse::new(&self.table, page, show(&query, &snapshot)))
    }

    /// Answers DescribeInvocationResults: a row for each run, and with IncludeHistory one for each
    /// history record. See [`DescribeInvocationResultsResponse`] for an example.
    ///
    /// Cost: that of [`describe_invocations`](Self::describe_invocations), and O(runs) of the
    /// invocations up to the end of the page, with IncludeHistory O(runs and history). An offset page
    /// also counts: O(runs of all matching invocations).
    ///
    /// # Errors
    ///
    /// The first fault of the request in the order of
    /// [`describe_invocations`](Self::describe_invocations). The other values are
    /// InvokeRecordStatus, ContentEncoding and IncludeHistory, which needs an InvokeId.
    pub fn describe_invocation_results(
        &self,
        request: &DescribeInvocationResults,
    ) -> Result<DescribeInvocationResultsResponse<'_>, Error> {
        self.results_at(request, self.now())
    }

    /// Like [`describe_invocation_results`](Self::describe_invocation_results), at the time `now`.
    #[inline]
    fn results_at(
        &self,
        request: &DescribeInvocationResults,
        now: Timestamp,
    ) -> Result<DescribeInvocationResultsResponse<'_>, Error> {
        let query = check::results(request, &self.config)?;
        let snapshot = self.snapshot(now);
        let cursor = token::read(&query, &snapshot)?;
        let plan = plan(&query, &snapshot);
        let page = walk::results(plan, &query, cursor, &snapshot);
        Ok(DescribeInvocationResultsResponse::new(&self.table, page, show(&query, &snapshot)))
    }

    /// The acceptance numbers of all records that match the filters of `request`. The caller can
    /// combine such sets and get their records from [`select`](Self::select). Paging and the limit
    /// of queries with tags do not apply, but the values of paging are checked.
    ///
    /// Cost: that of an offset page, and O(matches).
    ///
    /// # Errors
    ///
    /// As [`describe_invocations`](Self::describe_invocations).
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{DescribeInvocations, InstanceRun, Invocation, InvokeStatus, Store};
    ///
    /// let mut store = Store::default();
    /// for id in ["t-0001", "t-0002"] {
    ///     let mut invocation = Invocation::new("cn-hangzhou", id, "c-0001");
    ///     invocation.instances.push(InstanceRun::new("i-0001"));
    ///     assert!(store.accept(&invocation)?.retained);
    /// }
    /// store.stop("t-0001", &[])?;
    ///
    /// let all = DescribeInvocations::new("cn-hangzhou");
    /// let stopped = store.matching(&all.clone().invoke_status(InvokeStatus::Stopped))?;
    /// let others = store.matching(&all)? - stopped;
    /// assert_eq!(others.iter().collect::<Vec<_>>(), [2]);
    /// assert_eq!(store.acceptance_number("t-0002"), Some(2));
    /// assert_eq!(store.select(&others).next().unwrap().invoke_id(), "t-0002");
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn matching(&self, request: &DescribeInvocations) -> Result<RoaringTreemap, Error> {
        let query = check::invocations(request, &self.config)?;
        let snapshot = self.snapshot(self.now());
        token::read(&query, &snapshot)?;
        Ok(walk::matching(plan(&query, &snapshot), &snapshot))
    }

    /// A snapshot of the store at `now`, for one query. A write also finds its record through a
    /// snapshot at the time at which it begins, so the record cannot expire before it is changed.
    pub(crate) fn snapshot(&self, now: Timestamp) -> Snapshot<'_> {
        Snapshot {
            table: &self.table,
            index: &self.index,
            config: &self.config,
            cutoff: self.cutoff(now),
        }
    }

    fn find_at(&self, now: Timestamp, invoke_id: &str) -> Result<u32, Error> {
        self.snapshot(now).find(invoke_id).ok_or_else(|| Error::unknown_invoke_id(invoke_id))
    }

    /// Recomputes every derived value and every count, and names the first difference.
    #[doc(hidden)]
    pub fn internal_validate(&self) -> Result<(), String> {
        self.table.internal_validate()?;
        self.index.internal_validate(&self.table)?;
        if self.table.len() > self.config.capacity {
            return Err(format!("store: {} records, over capacity", self.table.len()));
        }
        self.validate_outputs()
    }
}

/// The options with which an answer shows its rows.
fn show(query: &Checked<'_>, snapshot: &Snapshot<'_>) -> Show {
    Show {
        encoding: query.content_encoding,
        output: query.include_output,
        instance: snapshot.instance(&query.filters),
    }
}

/// The options with which records are shown outside an answer.
const SHOW_ALL: Show = Show { encoding: ContentEncoding::Base64, output: true, instance: None };
