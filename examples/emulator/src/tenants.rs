//! One store for each account, created when the account is first used.
//!
//! All access keys belong to one account, so that renewed or temporary credentials find the same
//! records. An access key id of exactly 16 digits, the length of the service's account ids, is an
//! account of its own.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use invodex::{Clock, Config, Error, ImportOptions, SharedStore, Store, SystemClock, Timestamp};
use invodex_schedule::Zone;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};

use crate::budget::Budget;
use crate::client_token::Answered;
use crate::command::{Command, Commands};
use crate::error::{ApiError, refusal};
use crate::faults::Faults;
use crate::format::Style;
use crate::ids::{Ids, fnv1a};
use crate::instances::{Cloud, Instances};
use crate::lives::{self, Lives};
use crate::outcomes::Outcomes;
use crate::params::account_of;
use crate::progress;
use crate::saves::Saves;
use crate::tell::tell_at_once;

/// Maximum number of stores. It bounds the memory that a client with made-up accounts can take.
const MOST: usize = 1_000;
/// Maximum number of streams of events at a time. Each takes a part of every write.
pub(crate) const STREAMS: usize = 64;
/// Maximum number of refusals, and of groups of differences, of the captured files that are printed.
/// A large capture without some fields has many.
const SHOWN: usize = 100;

/// The error of an access key that gets one which no store raises, to test how a client handles it.
fn error_of_key(access_key_id: &str) -> Option<Error> {
    Some(match access_key_id {
        "forbidden" => Error::forbidden(),
        "unavailable" => Error::service_unavailable(),
        "failed" => Error::internal_error(),
        "broken" => Error::dispatch_error(),
        _ => return None,
    })
}

/// The settings of every store.
pub(crate) struct Settings {
    pub(crate) config: Config,
    /// The captured responses, with the names of their files.
    pub(crate) captures: Vec<(String, Vec<u8>)>,
    /// Maximum memory of a store.
    pub(crate) max_bytes: usize,
    /// The options of captured records.
    pub(crate) import: ImportOptions,
    pub(crate) now: Option<Timestamp>,
    /// The form of the API's answers.
    pub(crate) style: Style,
    pub(crate) seed: Option<u64>,
    pub(crate) auto_complete: Option<Duration>,
    pub(crate) cloud: Cloud,
    /// The time zone of the instances.
    pub(crate) zone: Zone,
    /// The public commands, oldest first.
    pub(crate) public_commands: Vec<Command>,
}

/// The data of one account.
pub(crate) struct Tenant {
    pub(crate) store: SharedStore,
    pub(crate) ids: Ids,
    pub(crate) clock: MovedClock,
    pub(crate) settings: Arc<Settings>,
    /// The answers to requests with a ClientToken.
    pub(crate) answered: Answered,
    /// Held shared by a request or a task while it writes, and alone while the store is copied for
    /// the archive. A copy then has all of a write or nothing, and writers wait here for the copy
    /// and not at the store's lock, where readers would wait behind them.
    pub(crate) saving: tokio::sync::RwLock<()>,
    pub(crate) lives: Lives,
    state: RwLock<State>,
    /// Whether the state has faults: requests need not lock it while it has none.
    pub(crate) has_faults: AtomicBool,
    /// Whether anything was written since the store was created.
    touched: AtomicBool,
    changed: Arc<AtomicBool>,
    /// When it was last used, by the number of uses of all stores.
    used: AtomicU64,
    budget: Budget,
    /// Whether the store was reset, which ends the task that plays its runs.
    ended: watch::Sender<bool>,
}

/// State that the emulator has and the library's store does not.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) commands: Commands,
    pub(crate) outcomes: Outcomes,
    #[serde(default)]
    pub(crate) faults: Faults,
    /// The instances that a control request listed, in place of those of the flag.
    #[serde(default)]
    pub(crate) instances: Option<Arc<Instances>>,
}

impl Tenant {
    pub(crate) fn state(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state_to_read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The listed instances; without a list every id is one.
    pub(crate) fn instances(&self) -> Option<Arc<Instances>> {
        self.state_to_read().instances.clone().or_else(|| self.settings.cloud.instances.clone())
    }

    /// Refuses a request of `bytes` for which the store may have no room.
    pub(crate) fn check_room(&self, bytes: usize) -> Result<(), ApiError> {
        self.budget.take(bytes, || {
            let state = self.state_to_read();
            self.store.statistics().bytes
                + state.commands.bytes()
                + state.outcomes.bytes()
                + state.instances.as_ref().map_or(0, |listed| listed.bytes())
                + state.faults.bytes()
                + self.lives.bytes()
        })
    }

    /// Runs a task that changes runs, until the store is reset.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut ended = self.ended.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = task => {}
                _ = ended.wait_for(|ended| *ended) => {}
            }
        });
    }

    /// Whether the store is as a new one would be.
    pub(crate) fn is_new(&self) -> bool {
        !self.touched.load(Ordering::SeqCst)
    }

    /// Marks the archive as out of date. Called after each change.
    pub(crate) fn touch(&self) {
        self.touched.store(true, Ordering::SeqCst);
        self.changed.store(true, Ordering::SeqCst);
    }
}

/// The clock of one store: the time of `--now`, else the time at which a reset made it stand, else
/// the system's; plus a shift.
#[derive(Clone)]
pub(crate) struct MovedClock {
    fixed: Option<Timestamp>,
    stands: Arc<OnceLock<Timestamp>>,
    shift: Arc<AtomicI64>,
}

impl MovedClock {
    fn new(fixed: Option<Timestamp>, stands: Option<Timestamp>, shift: i64) -> Self {
        let stands = Arc::new(stands.map_or_else(OnceLock::new, OnceLock::from));
        MovedClock { fixed, stands, shift: Arc::new(shift.into()) }
    }

    /// Sets the clock to `time`, at which it stands.
    pub(crate) fn stand(&self, time: Timestamp) {
        if self.fixed.is_none() {
            self.stands.get_or_init(|| time);
        }
        self.set(time);
    }

    /// Sets the clock to `time`, from which it continues.
    pub(crate) fn set(&self, time: Timestamp) {
        let shift = i64::from(time.as_secs()) - i64::from(self.base().as_secs());
        self.shift.store(shift, Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, seconds: u32) {
        self.shift.fetch_add(seconds.into(), Ordering::SeqCst);
    }

    /// The time at which a reset made the clock stand, without the shift.
    pub(crate) fn stands(&self) -> Option<Timestamp> {
        self.stands.get().copied()
    }

    /// Whether it goes on by itself.
    pub(crate) fn runs(&self) -> bool {
        self.fixed.or(self.stands()).is_none()
    }

    /// The time in milliseconds.
    pub(crate) fn millis(&self) -> i64 {
        let shift = self.shift().saturating_mul(1_000);
        if let Some(stands) = self.fixed.or(self.stands()) {
            return (i64::from(stands.as_secs()) * 1_000).saturating_add(shift);
        }
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX).saturating_add(shift)
    }

    /// The shift, in seconds.
    pub(crate) fn shift(&self) -> i64 {
        self.shift.load(Ordering::SeqCst)
    }

    fn base(&self) -> Timestamp {
        self.fixed.or(self.stands()).unwrap_or_else(|| SystemClock.now())
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        self.base().saturating_add_secs(self.shift())
    }
}

/// All stores.
pub(crate) struct Tenants {
    pub(crate) settings: Arc<Settings>,
    open: RwLock<BTreeMap<String, Arc<Tenant>>>,
    /// Locked while a store is created, so that each is created once. Other stores answer
    /// meanwhile.
    making: Mutex<()>,
    /// The captured records, which each new store copies.
    captured: Store,
    uses: AtomicU64,
    /// The permits of the streams of events.
    pub(crate) streams: Arc<Semaphore>,
    /// Whether anything changed since the last save began.
    pub(crate) changed: Arc<AtomicBool>,
    /// The saves of the archive, for `health`.
    pub(crate) saves: Saves,
    /// RequestIds of requests that name no store.
    pub(crate) ids: Ids,
}

impl Tenants {
    /// Loads the captured files once for all stores, and prints their reports.
    pub(crate) fn new(settings: Settings) -> Result<Self, Error> {
        let captured = captured(&settings)?;
        let ids = Ids::new(settings.seed, "requests without a store");
        let (open, making, uses, changed, saves) = Default::default();
        let streams = Arc::new(Semaphore::new(STREAMS));
        let settings = Arc::new(Settings { captures: Vec::new(), ..settings });
        Ok(Tenants { settings, open, making, captured, uses, streams, changed, saves, ids })
    }

    /// The store of the account of `access_key_id`. A new store copies the captured records.
    pub(crate) async fn get(
        self: &Arc<Self>,
        access_key_id: &str,
    ) -> Result<Arc<Tenant>, ApiError> {
        if let Some(error) = error_of_key(access_key_id) {
            return Err(error.into());
        }
        let account = account_of(access_key_id);
        if let Some(tenant) = self.find(account) {
            return Ok(tenant);
        }
        // A copy can take long, so it must not block an asynchronous thread.
        let (tenants, account) = (Arc::clone(self), account.to_owned());
        let made = tokio::task::spawn_blocking(move || tenants.make(&account)).await;
        made.unwrap_or_else(|_| Err(Error::dispatch_error().into()))
    }

    fn find(&self, account: &str) -> Option<Arc<Tenant>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let tenant = open.get(account)?;
        tenant.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(Arc::clone(tenant))
    }

    /// The store of an account, which is opened if it is not open.
    pub(crate) fn make(&self, account: &str) -> Result<Arc<Tenant>, ApiError> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tenant) = self.find(account) {
            return Ok(tenant);
        }
        if self.count() >= MOST {
            self.drop_longest_unused()?;
        }
        let tenant = self.assemble(account, None, 0, Answered::default(), |config, clock| {
            let mut store = self.captured.fork(clock);
            store.set_id(config.id);
            Ok(store)
        })?;
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(account.to_owned(), Arc::clone(&tenant));
        Ok(tenant)
    }

    /// Makes room for another store: drops the one that was not used for longest, of those in which
    /// nothing was written and which no request uses.
    fn drop_longest_unused(&self) -> Result<(), ApiError> {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let unused = open.iter().filter(|(account, tenant)| {
            !account.is_empty() && tenant.is_new() && Arc::strong_count(tenant) == 1
        });
        let longest = unused.min_by_key(|(_, tenant)| tenant.used.load(Ordering::Relaxed));
        let account = longest.map(|(account, _)| account.clone());
        let account = account.ok_or_else(|| {
            let detail = format!("this emulator takes at most {MOST} accounts at a time");
            refusal("InvalidAccessKeyId.NotFound").detail(detail)
        })?;
        open.remove(&account);
        Ok(())
    }

    /// Creates a tenant with the store that `make` returns, and a clock of these parts.
    fn assemble(
        &self,
        account: &str,
        stands: Option<Timestamp>,
        shift: i64,
        answered: Answered,
        make: impl FnOnce(Config, MovedClock) -> Result<Store, Error>,
    ) -> Result<Arc<Tenant>, Error> {
        // Each store has its own id, so that it refuses the tokens of others.
        let id = fnv1a(account.as_bytes());
        let config = Config { id, ..self.settings.config.clone() };
        let clock = MovedClock::new(self.settings.now, stands, shift);
        Ok(Arc::new(Tenant {
            store: make(config, clock.clone())?.into(),
            ids: Ids::new(self.settings.seed, account),
            clock,
            settings: Arc::clone(&self.settings),
            answered,
            saving: tokio::sync::RwLock::default(),
            lives: Lives::default(),
            state: RwLock::default(),
            has_faults: AtomicBool::new(false),
            touched: AtomicBool::new(false),
            used: AtomicU64::new(self.uses.fetch_add(1, Ordering::Relaxed)),
            budget: Budget::new(self.settings.max_bytes),
            ended: watch::Sender::new(false),
            changed: Arc::clone(&self.changed),
        }))
    }

    /// Drops the store of the account of `access_key_id`. The next request creates a new one.
    pub(crate) async fn reset(&self, access_key_id: &str) {
        let account = account_of(access_key_id);
        let Some(tenant) = self.find(account) else { return };
        let _writing = tenant.saving.read().await;
        let gone = self.open.write().unwrap_or_else(PoisonError::into_inner).remove(account);
        if let Some(tenant) = gone {
            // Ends the tasks of its runs and the streams of its events.
            tenant.ended.send_replace(true);
            tenant.store.write(|store| *store = Store::default());
            tenant.touch();
        }
    }

    /// The number of open stores.
    pub(crate) fn count(&self) -> usize {
        self.open.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All open stores, with their accounts.
    pub(crate) fn all(&self) -> Vec<(String, Arc<Tenant>)> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().map(|(account, tenant)| (account.clone(), Arc::clone(tenant))).collect()
    }

    /// Opens a saved store. The lives of its runs are left out.
    pub(crate) fn restore(&self, saved: Saved, archive: impl Read) -> Result<Arc<Tenant>, Error> {
        let (state, answered) = saved.state;
        let stands = saved.stands.and_then(|secs| Timestamp::from_secs(secs.into()));
        let (account, shift) = (&saved.account, saved.shift);
        let tenant = self.assemble(account, stands, shift, answered, |config, clock| {
            let restored = Store::restore(config, clock, archive)?;
            if !restored.is_whole() {
                tell_at_once(&format!(
                    "the store of {:?}: {} records are older than --retention-days, {} are over \
                     --capacity; they are left out",
                    saved.account, restored.expired, restored.evicted
                ));
            }
            Ok(restored.store)
        })?;
        if self.settings.seed.is_some() {
            tenant.ids.set_position(saved.ids);
        }
        tenant.touched.store(saved.touched, Ordering::SeqCst);
        tenant.has_faults.store(!state.faults.is_empty(), Ordering::SeqCst);
        *tenant.state() = state;
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(saved.account, Arc::clone(&tenant));
        Ok(tenant)
    }
}

/// The saved part of a tenant beside its store.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved<S = (State, Answered)> {
    /// 16 digits, or empty for the account of all other access keys.
    pub(crate) account: String,
    /// The time at which a reset made the clock stand, in seconds since 1970.
    #[serde(default)]
    pub(crate) stands: Option<u32>,
    pub(crate) shift: i64,
    /// Whether anything was written.
    pub(crate) touched: bool,
    pub(crate) ids: u64,
    pub(crate) state: S,
    #[serde(default)]
    pub(crate) lives: lives::Saved,
    /// Length of the store's archive in bytes.
    pub(crate) bytes: u64,
}

/// A store with the records of the captured files. Prints the report of loading them.
fn captured(settings: &Settings) -> Result<Store, Error> {
    let mut store = Store::new(settings.config.clone(), MovedClock::new(settings.now, None, 0));
    let files: Vec<_> = settings.captures.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    if files.is_empty() {
        return Ok(store);
    }
    let progress = progress::loading(files.iter().map(|(_, bytes)| bytes.len()).sum());
    let loaded = store.import_files(&files, &settings.import);
    drop(progress);
    let loaded = loaded?;
    tell_at_once(&loaded.to_string());
    tell_some(&loaded.refusals, "refusals");
    tell_some(&loaded.grouped(), "groups of differences");
    Ok(store)
}

/// Prints the first of `lines`, and the number of the others.
fn tell_some(lines: &[impl Display], what: &str) {
    lines.iter().take(SHOWN).for_each(|line| tell_at_once(&format!("  {line}")));
    if lines.len() > SHOWN {
        tell_at_once(&format!("  and {} more {what}", lines.len() - SHOWN));
    }
}
