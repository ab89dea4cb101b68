//! What a store is told when it is made: limits, policies, and where the time comes from.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::model::Timestamp;

/// How a store behaves. [`Default`] is the service's own behaviour: its documentation gives 100,000
/// records, four weeks, and what a request without `Timed` asks for.
///
/// Write `..Config::default()` behind the fields you set: a later version may have more.
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
    /// The store's id, which its tokens are bound to. Stores with the same id accept each other's
    /// tokens. An archive keeps it. Default 0.
    pub id: u64,
    /// The most invocations kept, over all regions. Default 100,000; more than 20,000,000 is taken
    /// as that, so that all runs can be numbered in 32 bits. With 0 every record is checked and
    /// numbered, and none is kept.
    pub capacity: usize,
    /// How many seconds after its CreationTime an invocation is kept, or `None` for ever.
    /// Default 28 days. With 0 only those of this very second, and of later ones, are kept.
    pub retention_seconds: Option<u32>,
    /// What a request without `Timed` asks for. Default [`OmittedTimed::DocumentedFalse`].
    pub omitted_timed: OmittedTimed,
    /// The regions there are. By default every one is known.
    pub regions: Regions,
    /// The most history records kept for each run of a recurring task. Default 100. With 0
    /// none is.
    pub history_limit: usize,
    /// The most bytes of output kept in all records and histories together, or `None` for no such
    /// limit (the default). Over it the oldest records lose all of their outputs first, the newest
    /// at last, which `Dropped` and the statistics count. Each run's and each history record's
    /// output counts by itself, also where two are the same. Without it 100,000 records with one
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

/// What a request without `Timed` asks for. The API's documentation says `false`, yet a look-up
/// by InvokeId does return live recurring tasks, and clients depend on it.
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
///     store.accept(&task)?;
///     let list = DescribeInvocations::new("cn-hangzhou");
///     assert_eq!(store.describe_invocations(&list)?.len(), found);
///     assert_eq!(store.describe_invocations(&list.invoke_id("t-0001"))?.len(), 1);
/// }
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum OmittedTimed {
    /// As `false`, unless InvokeId is given; then it restricts nothing.
    #[default]
    DocumentedFalse,
    /// It never restricts.
    Any,
}

/// The regions a store knows. By default every region is known. A query for another is
/// `InvalidRegionId.NotFound`, one for a region without this API `RegionId.ApiNotSupported`;
/// records are accepted in any region. A look-up costs O(regions).
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
    /// Every one where it is none.
    only: Option<Vec<String>>,
    without_api: Vec<String>,
}

impl Regions {
    /// Every region is known. The default.
    #[must_use]
    pub fn all() -> Self {
        Regions::default()
    }

    /// Only these regions are known.
    pub fn only<T: Into<String>>(ids: impl IntoIterator<Item = T>) -> Self {
        let only = Some(ids.into_iter().map(Into::into).collect());
        Regions { only, without_api: Vec::new() }
    }

    /// Adds regions that exist but do not have this API. Those that were known stay so.
    #[must_use]
    pub fn without_api<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.without_api.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Whether `id` exists, and then whether it has this API.
    pub(crate) fn find(&self, id: &str) -> Option<bool> {
        if self.without_api.iter().any(|known| known == id) {
            return Some(false);
        }
        match &self.only {
            None => Some(true),
            Some(only) => only.iter().any(|known| known == id).then_some(true),
        }
    }

    /// Those with this API, if not every region has it: for an error alone.
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
        let mut shown = f.debug_struct("Regions");
        if let Some(only) = &self.only {
            shown.field("only", only);
        }
        shown.field("without_api", &self.without_api).finish()
    }
}

/// Where a store's time comes from.
///
/// A store asks at each write and each query; its own time never goes back behind its last write,
/// even when the clock's does. [`SystemClock`] is the system's, a [`Timestamp`] stands still, a
/// [`ManualClock`] is moved by hand.
///
/// # Examples
///
/// ```
/// use invodex::{Clock, Config, Store, SystemClock, Timestamp};
///
/// /// Ten minutes behind the system's.
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
    /// The time now. Called while a store is locked by its caller, if it is: it should not wait.
    fn now(&self) -> Timestamp;
}

/// The system's clock. Not there on `wasm32-unknown-unknown`, which has none.
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

/// A fixed time: a clock that stands still.
impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}

/// A clock that is moved by hand. Clones show the same time.
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
    /// A clock that shows `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        ManualClock(Arc::new(AtomicU32::new(now.as_secs())))
    }

    /// Moves the clock to `now`, forward or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_secs(), Ordering::SeqCst);
    }

    /// Moves the clock forward by `seconds`, at most to [`Timestamp::MAX`].
    pub fn advance(&self, seconds: u32) {
        let later = |now: u32| Some(now.saturating_add(seconds));
        // The closure always returns a value, so this cannot fail.
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

/// Thresholds of the representation. They change no answer; tests shrink them so that every
/// border is crossed.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tuning {
    /// A posting of more than one row in this many is held as bits. Lists of one row in 192
    /// are where a step between two lists costs what the AND of the words costs that it
    /// replaces, at 100,000 rows; one row in 128 would save 6 bytes a record and make the
    /// longest lists twice as slow as bits.
    pub list_share: u32,
    /// A posting of up to this many rows is a list however small the store.
    pub list_min: u32,
    /// Lists are intersected in pieces from the newest: so many rows of the shortest one first,
    /// twice as many next, up to eight times as many. The first piece fills most pages; the last
    /// ones are long enough that the searches for their ends are nothing beside their rows, and
    /// short enough that their marks stay in the cache.
    pub first_piece: u32,
    /// A piece reaches over fewer rows of the store than this, each a byte of the marks: so a
    /// query's room is a constant however large the store, and the marks stay with the rows in a
    /// first-level cache of 32 KB, as most processors have. At 1,000,000 rows the longest lists take
    /// 0.91 of what they take with 40,960.
    pub piece_span: u32,
    /// Dead rows or runs below this number are never worth a pass over the store.
    pub dead_min: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning {
            list_share: 192,
            list_min: 8,
            first_piece: 128,
            piece_span: 28 << 10,
            dead_min: 4_096,
        }
    }
}
