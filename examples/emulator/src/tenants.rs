//! One store for each access key id, created when the id is first used.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use axum::http::StatusCode;
use invodex::{Clock, Config, Error, ImportOptions, SharedStore, Store, SystemClock, Timestamp};
use serde::{Deserialize, Serialize};

use crate::commands::Commands;
use crate::error::ApiError;
use crate::ids::{Ids, fnv1a};
use crate::outcomes::Outcomes;
use crate::run_command::Answered;

/// Maximum number of stores. It bounds the memory that a client with made-up access keys can take.
const MOST: usize = 1_000;
/// Maximum number of differences of a captured file that are printed.
const SHOWN_DIFFERENCES: usize = 100;
/// Maximum length of an access key id in bytes.
const KEY_BYTES: usize = 128;

/// Access keys that get an error which no store raises, to test how a client handles it.
const FORBIDDEN: &str = "forbidden";
const BROKEN: &str = "broken";

/// The settings of every store.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) captures: Vec<Capture>,
    pub(crate) import: ImportOptions,
    pub(crate) now: Option<Timestamp>,
    pub(crate) seed: Option<u64>,
    pub(crate) auto_complete: Option<Duration>,
}

/// A captured response that every store loads.
pub(crate) struct Capture {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// The data of one access key id.
pub(crate) struct Tenant {
    pub(crate) store: SharedStore,
    pub(crate) ids: Ids,
    pub(crate) clock: MovedClock,
    /// Locked by a request with a ClientToken while it looks up an earlier answer and makes its
    /// own.
    pub(crate) once: Mutex<()>,
    pub(crate) auto_complete: Option<Duration>,
    state: Mutex<State>,
    changed: Arc<AtomicBool>,
}

/// State that the emulator has and the library's store does not.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) commands: Commands,
    pub(crate) outcomes: Outcomes,
    /// The answers to requests with a ClientToken.
    pub(crate) answered: Answered,
}

impl Tenant {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the archive as out of date. Called after each change.
    pub(crate) fn touch(&self) {
        self.changed.store(true, Ordering::SeqCst);
    }
}

/// The clock of one store: the fixed time or the system's, plus a shift.
#[derive(Clone)]
pub(crate) struct MovedClock {
    fixed: Option<Timestamp>,
    shift: Arc<AtomicI64>,
}

impl MovedClock {
    /// Sets the clock to `time`, from which it continues.
    pub(crate) fn set(&self, time: Timestamp) {
        let shift = i64::from(time.as_secs()) - i64::from(self.base().as_secs());
        self.shift.store(shift, Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, seconds: u32) {
        self.shift.fetch_add(seconds.into(), Ordering::SeqCst);
    }

    /// The shift, in seconds.
    pub(crate) fn shift(&self) -> i64 {
        self.shift.load(Ordering::SeqCst)
    }

    fn base(&self) -> Timestamp {
        self.fixed.unwrap_or_else(|| SystemClock.now())
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        self.base().saturating_add_secs(self.shift())
    }
}

/// All stores.
pub(crate) struct Tenants {
    settings: Settings,
    open: RwLock<BTreeMap<String, Arc<Tenant>>>,
    /// Locked while a store is created, so that each is created once. Other stores answer
    /// meanwhile.
    making: Mutex<()>,
    changed: Arc<AtomicBool>,
    /// RequestIds of requests that name no store.
    pub(crate) ids: Ids,
}

impl Tenants {
    pub(crate) fn new(settings: Settings) -> Self {
        let ids = Ids::new(settings.seed, "requests without a store");
        let (open, making, changed) = Default::default();
        Tenants { settings, open, making, changed, ids }
    }

    /// Opens the default store and prints the reports of the captured files.
    pub(crate) fn open_default(&self) -> Result<(), ApiError> {
        self.make("", true).map(|_| ())
    }

    /// The store of `access_key_id`. A new store loads the captures.
    pub(crate) async fn get(
        self: &Arc<Self>,
        access_key_id: &str,
    ) -> Result<Arc<Tenant>, ApiError> {
        match access_key_id {
            FORBIDDEN => return Err(Error::forbidden().into()),
            BROKEN => return Err(Error::internal().into()),
            _ => {}
        }
        if let Some(tenant) = self.find(access_key_id) {
            return Ok(tenant);
        }
        // Loading can take long, so it must not block an asynchronous thread.
        let (tenants, key) = (Arc::clone(self), access_key_id.to_owned());
        let made = tokio::task::spawn_blocking(move || tenants.make(&key, false)).await;
        made.unwrap_or_else(|_| Err(Error::internal().into()))
    }

    fn find(&self, access_key_id: &str) -> Option<Arc<Tenant>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.get(access_key_id).cloned()
    }

    fn make(&self, access_key_id: &str, report: bool) -> Result<Arc<Tenant>, ApiError> {
        if access_key_id.len() > KEY_BYTES {
            return Err(refused_key(format!("at most {KEY_BYTES} bytes")));
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tenant) = self.find(access_key_id) {
            return Ok(tenant);
        }
        if self.count() >= MOST {
            return Err(refused_key(format!("at most {MOST} access keys at a time")));
        }
        let tenant = self.assemble(access_key_id, 0, |config, clock| {
            let mut store = Store::new(config, clock);
            for Capture { name, bytes } in &self.settings.captures {
                let loaded = store.import(bytes, &self.settings.import);
                if report {
                    match &loaded {
                        Ok(loaded) => {
                            eprintln!("{name}: {loaded}");
                            loaded.refusals.iter().for_each(|refusal| eprintln!("  {refusal}"));
                            // A large capture without some fields has millions of differences.
                            let (shown, all) = (SHOWN_DIFFERENCES, loaded.differences.len());
                            loaded
                                .differences
                                .iter()
                                .take(shown)
                                .for_each(|one| eprintln!("  {one}"));
                            if all > shown {
                                eprintln!("  and {} more differences", all - shown);
                            }
                        }
                        Err(error) => eprintln!("{name}: {error}"),
                    }
                }
                loaded?;
            }
            Ok(store)
        })?;
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(access_key_id.to_owned(), Arc::clone(&tenant));
        Ok(tenant)
    }

    /// Creates a tenant with the store that `make` returns.
    fn assemble(
        &self,
        access_key_id: &str,
        shift: i64,
        make: impl FnOnce(Config, MovedClock) -> Result<Store, Error>,
    ) -> Result<Arc<Tenant>, Error> {
        // Each store has its own id, so that it refuses the tokens of others.
        let id = fnv1a(access_key_id.as_bytes());
        let config = Config { id, ..self.settings.config.clone() };
        let clock = MovedClock { fixed: self.settings.now, shift: Arc::new(shift.into()) };
        Ok(Arc::new(Tenant {
            store: make(config, clock.clone())?.into(),
            ids: Ids::new(self.settings.seed, access_key_id),
            clock,
            once: Mutex::default(),
            auto_complete: self.settings.auto_complete,
            state: Mutex::default(),
            changed: Arc::clone(&self.changed),
        }))
    }

    /// Drops the store of `access_key_id`. The next request creates a new one.
    pub(crate) fn reset(&self, access_key_id: &str) {
        let gone = self.open.write().unwrap_or_else(PoisonError::into_inner).remove(access_key_id);
        if let Some(tenant) = gone {
            // Ends the streams of its events and the tasks of its runs.
            tenant.store.write(|store| *store = Store::default());
            tenant.touch();
        }
    }

    /// The number of open stores.
    pub(crate) fn count(&self) -> usize {
        self.open.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All open stores, with their access key ids.
    pub(crate) fn all(&self) -> Vec<(String, Arc<Tenant>)> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().map(|(key, tenant)| (key.clone(), Arc::clone(tenant))).collect()
    }

    /// Whether anything changed since the last call.
    pub(crate) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::SeqCst)
    }

    /// Makes the next [`take_changed`](Self::take_changed) return true.
    pub(crate) fn set_changed(&self) {
        self.changed.store(true, Ordering::SeqCst);
    }

    /// Opens a saved store.
    pub(crate) fn restore(&self, saved: Saved, archive: &[u8]) -> Result<(), Error> {
        let tenant = self.assemble(&saved.access_key_id, saved.shift, |config, clock| {
            Store::restore(config, clock, archive)
        })?;
        if self.settings.seed.is_some() {
            tenant.ids.set_position(saved.ids);
        }
        *tenant.state() = saved.state;
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(saved.access_key_id, tenant);
        Ok(())
    }
}

/// The saved part of a tenant beside its store.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved<S = State> {
    pub(crate) access_key_id: String,
    pub(crate) shift: i64,
    pub(crate) ids: u64,
    pub(crate) state: S,
    /// Length of the store's archive in bytes.
    pub(crate) bytes: u64,
}

fn refused_key(allowed: String) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "InvalidAccessKeyId.NotFound",
        "Specified access key is not found.",
    )
    .recommend(format!("this emulator takes {allowed}"))
}
