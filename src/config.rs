//! The configuration of a store: limits, policies and the clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::Timestamp;

/// The limits and policies of a store. [`Default`] is the documented behaviour of the service. Write
/// `..Config::default()` after the fields you set: a later version may add fields.
///
/// # Examples
///
/// ```
/// use invodex::{Config, Regions, Store, SystemClock};
///
/// let config = Config {
///     capacity: 10_000,
///     retention_seconds: Some(14 * 86_400),
///     regions: Regions::only(["cn-hangzhou", "cn-beijing"]),
///     ..Config::default()
/// };
/// let store = Store::new(config, SystemClock);
/// assert!(store.is_empty());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// The store's id. Tokens are bound to it: stores with the same id accept each other's tokens,
    /// so each tenant needs an id of its own. An archive contains it;
    /// [`set_id`](crate::Store::set_id) changes it. Default 0.
    pub id: u64,
    /// The most invocations kept, over all regions. Default 100,000. The maximum is 20,000,000, so
    /// that runs can be numbered in 32 bits; a larger value is reduced to it. With 0 every record
    /// is checked and numbered, and none is kept.
    pub capacity: usize,
    /// The seconds for which an invocation is kept after its CreationTime; `None` for ever. Default
    /// 28 days. With 0 only invocations of the current second, and later ones, are kept.
    pub retention_seconds: Option<u32>,
    /// The filter of a request without `Timed`. Default [`OmittedTimed::DocumentedFalse`].
    pub omitted_timed: OmittedTimed,
    /// The regions that exist. By default every region does.
    pub regions: Regions,
    /// The most history records kept for each run of a recurring task. Default 100. With 0 there
    /// is no history.
    pub history_limit: usize,
    /// The most bytes of output kept in all records and histories together; `None`, the default,
    /// sets no limit. Above it records lose all of their outputs, the oldest record first;
    /// `Dropped` and the statistics count the lost bytes. Without a limit, 100,000 records with one
    /// output of 24,576 bytes each take 2.5 GB.
    pub output_budget: Option<usize>,
    #[doc(hidden)]
    pub tuning: Tuning,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            id: 0,
            capacity: 100_000,
            retention_seconds: Some(28 * 86_400),
            omitted_timed: OmittedTimed::default(),
            regions: Regions::default(),
            history_limit: 100,
            output_budget: None,
            tuning: Tuning::default(),
        }
    }
}

impl Config {
    /// The default with the retention that the service's documentation of June 2026 states: 30 days
    /// and 10,000 records. [`Default`] follows the documentation before it.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::Config;
    ///
    /// let config = Config { id: 7, ..Config::newest_retention() };
    /// assert_eq!((config.capacity, config.retention_seconds), (10_000, Some(30 * 86_400)));
    /// ```
    #[must_use]
    pub fn newest_retention() -> Self {
        Config { capacity: 10_000, retention_seconds: Some(30 * 86_400), ..Config::default() }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config {
            id,
            capacity,
            retention_seconds,
            omitted_timed,
            regions,
            history_limit,
            output_budget,
            tuning: _,
        } = self;
        f.debug_struct("Config")
            .field("id", id)
            .field("capacity", capacity)
            .field("retention_seconds", retention_seconds)
            .field("omitted_timed", omitted_timed)
            .field("regions", regions)
            .field("history_limit", history_limit)
            .field("output_budget", output_budget)
            .finish_non_exhaustive()
    }
}

/// The filter of a request without `Timed`.
///
/// The API's documentation says `false`. But the service returns live recurring tasks to a look-up by
/// InvokeId, and clients depend on it. With an InstanceId, the documentation says, all invocations of
/// the instance are queried.
///
/// # Examples
///
/// ```
/// use invodex::{
///     Config, DescribeInvocations, InstanceRun, Invocation, OmittedTimed, RepeatMode, Store,
///     SystemClock,
/// };
///
/// let mut task = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// task.repeat_mode = RepeatMode::Period;
/// task.instances.push(InstanceRun::new("i-0001"));
/// for (omitted_timed, found) in [(OmittedTimed::DocumentedFalse, 0), (OmittedTimed::Any, 1)] {
///     let mut store =
///         Store::new(Config { omitted_timed, ..Config::default() }, SystemClock);
///     assert!(store.accept(&task)?.retained);
///     let list = DescribeInvocations::new("cn-hangzhou");
///     assert_eq!(store.describe_invocations(&list)?.len(), found);
///     assert_eq!(store.describe_invocations(&list.clone().invoke_id("t-0001"))?.len(), 1);
///     assert_eq!(store.describe_invocations(&list.instance_id("i-0001"))?.len(), 1);
/// }
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum OmittedTimed {
    /// Like `Timed=false`, unless the request has an InvokeId or an InstanceId; then there is no
    /// filter.
    #[default]
    DocumentedFalse,
    /// No filter.
    Any,
}

/// The regions of a store. By default every region exists.
///
/// A query for a region that does not exist fails with `InvalidRegionId.NotFound`, a query for a
/// region without this API with `RegionId.ApiNotSupported`. Records are accepted in any region. A
/// look-up costs O(regions).
///
/// # Examples
///
/// ```
/// use invodex::{Config, DescribeInvocations, Regions, Store, SystemClock};
///
/// let regions = Regions::only(["cn-hangzhou"]).without_api(["cn-fuzhou"]);
/// let store = Store::new(Config { regions, ..Config::default() }, SystemClock);
/// let code = |region: &str| {
///     let answer = store.describe_invocations(&DescribeInvocations::new(region));
///     answer.map_or_else(|error| error.code().to_owned(), |_| "OK".into())
/// };
/// assert_eq!(code("cn-hangzhou"), "OK");
/// assert_eq!(code("cn-fuzhou"), "RegionId.ApiNotSupported");
/// assert_eq!(code("cn-nowhere"), "InvalidRegionId.NotFound");
///
/// let all_but_one = Regions::all().without_api(["cn-fuzhou"]);
/// assert_eq!(format!("{all_but_one:?}"), r#"Regions { without_api: ["cn-fuzhou"] }"#);
/// let store = Store::new(Config { regions: all_but_one, ..Config::default() }, SystemClock);
/// assert!(store.describe_invocations(&DescribeInvocations::new("cn-nowhere")).is_ok());
/// assert!(store.describe_invocations(&DescribeInvocations::new("cn-fuzhou")).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Regions {
    /// The regions that exist; `None` for every region.
    only: Option<Vec<String>>,
    without_api: Vec<String>,
}

impl Regions {
    /// Every region exists. The default.
    #[must_use]
    pub fn all() -> Self {
        Regions::default()
    }

    /// Only these regions exist.
    pub fn only<T: Into<String>>(ids: impl IntoIterator<Item = T>) -> Self {
        let only = Some(ids.into_iter().map(Into::into).collect());
        Regions { only, without_api: Vec::new() }
    }

    /// Adds regions that exist but do not have this API.
    #[must_use]
    pub fn without_api<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.without_api.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Whether the region `id` has this API; `None` if it does not exist.
    pub(crate) fn find(&self, id: &str) -> Option<bool> {
        if self.without_api.iter().any(|known| known == id) {
            return Some(false);
        }
        match &self.only {
            None => Some(true),
            Some(only) => only.iter().any(|known| known == id).then_some(true),
        }
    }

    /// The regions that have this API, for an error; empty if every region exists.
    #[cold]
    pub(crate) fn with_api(&self) -> Vec<&str> {
        let only = self.only.iter().flatten();
        only.filter(|&id| self.find(id) == Some(true)).map(String::as_str).collect()
    }
}

impl fmt::Debug for Regions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self == &Regions::all() {
            return f.write_str("Regions(all)");
        }
        let mut fields = f.debug_struct("Regions");
        if let Some(only) = &self.only {
            fields.field("only", only);
        }
        fields.field("without_api", &self.without_api).finish()
    }
}

/// The source of a store's time.
///
/// A store reads its clock at each write and each query. If the clock goes back, the store's time
/// stays at that of its last write. [`SystemClock`] is the clock of the system, a [`Timestamp`]
/// stands still, a [`ManualClock`] is moved by hand.
///
/// # Examples
///
/// ```
/// use invodex::{Clock, Config, Store, SystemClock, Timestamp};
///
/// /// Ten minutes behind the system's clock.
/// struct Late;
///
/// impl Clock for Late {
///     fn now(&self) -> Timestamp {
///         SystemClock.now().saturating_add_secs(-600)
///     }
/// }
///
/// let store = Store::new(Config::default(), Late);
/// assert!(store.now() < SystemClock.now());
/// ```
pub trait Clock: Send + Sync {
    /// The current time. It must not block: a store may call it while its caller holds a lock.
    fn now(&self) -> Timestamp;
}

/// The clock of the system. Not available on `wasm32-unknown-unknown`, which has no clock.
///
/// # Examples
///
/// ```
/// use invodex::{Clock, SystemClock};
///
/// assert!(SystemClock.now() > "2024-05-01T00:00:00Z".parse()?);
/// # Ok::<(), invodex::Error>(())
/// ```
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::saturating_from_secs(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still.
impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}

/// A clock that is moved by hand. All clones share one time.
///
/// # Examples
///
/// ```
/// use invodex::{Clock, ManualClock, Timestamp};
///
/// let clock = ManualClock::new("2024-05-01T00:00:00Z".parse()?);
/// let same = clock.clone();
/// clock.advance(90);
/// assert_eq!(same.now().to_string(), "2024-05-01T00:01:30Z");
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone)]
pub struct ManualClock(Arc<AtomicU32>);

impl ManualClock {
    /// A clock at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        ManualClock(Arc::new(AtomicU32::new(now.as_secs())))
    }

    /// Sets the clock to `now`, forward or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_secs(), Ordering::SeqCst);
    }

    /// Moves the clock forward by `seconds`, at most to [`Timestamp::MAX`].
    pub fn advance(&self, seconds: u32) {
        let later = |now: u32| Some(now.saturating_add(seconds));
        // The closure always returns a value, so the update cannot fail.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::saturating_from_secs(i64::from(self.0.load(Ordering::SeqCst)))
    }
}

/// Thresholds of the internal representation. They never affect answers. Tests shrink them so that
/// small stores cross every threshold.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tuning {
    /// A posting list with more than one row in `list_share` is a bitmap, any other a sorted list.
    /// At one row in 192, and 100,000 rows, intersecting two lists costs the same as the AND of two
    /// bitmaps. Measured alternative: one row in 128 saves 6 bytes a record, and the longest lists
    /// cost twice as much as bitmaps.
    pub list_share: u32,
    /// A posting list of up to this many rows is a sorted list, however small the store.
    pub list_min: u32,
    /// Sorted lists are intersected in chunks, the newest rows first. The first chunk has this many
    /// rows of the shortest list, and each further one twice as many, up to eight times. The first
    /// chunk fills most pages. The later ones are long, so that finding their ends costs little
    /// beside their rows, and short enough that their stamps stay in the cache.
    pub first_chunk: u32,
    /// The most rows of the store that a chunk spans. Each takes one byte of stamps, so a query
    /// needs constant memory, and stamps and rows fit into a first-level cache of 32 KB. Measured
    /// alternative: with 40,960, the longest lists at 1,000,000 rows take 1.10 times as long.
    pub chunk_span: u32,
    /// Tombstones, or places of removed runs, are not compacted while there are no more than this.
    pub dead_min: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning {
            list_share: 192,
            list_min: 8,
            first_chunk: 128,
            chunk_span: 28 << 10,
            dead_min: 4_096,
        }
    }
}
