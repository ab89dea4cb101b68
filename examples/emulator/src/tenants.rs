//! One store for each access key id, made when it is first named.

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

/// The most stores at a time: a client that makes up access keys takes no more memory than these.
const MOST: usize = 1_000;
/// Differences of a captured file that are printed one by one.
const SHOWN_DIFFERENCES: usize = 100;
/// Bytes of an access key id.
const KEY_BYTES: usize = 128;

/// Access keys that get an error that no store raises, for tests of a client's answer to it.
const FORBIDDEN: &str = "forbidden";
const BROKEN: &str = "broken";

/// What every store begins with.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) captures: Vec<Capture>,
    pub(crate) import: ImportOptions,
    pub(crate) now: Option<Timestamp>,
    pub(crate) seed: Option<u64>,
    pub(crate) auto_complete: Option<Duration>,
}

/// A captured response, to load.
pub(crate) struct Capture {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// What stands under one access key id.
pub(crate) struct Tenant {
    pub(crate) store: SharedStore,
    pub(crate) ids: Ids,
    pub(crate) clock: MovedClock,
    /// Held by a request with a ClientToken from the look for an earlier answer to its own.
    pub(crate) once: Mutex<()>,
    pub(crate) auto_complete: Option<Duration>,
    state: Mutex<State>,
    changed: Arc<AtomicBool>,
}

/// What an emulator knows and a store does not.
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

    /// To be called after each change, so that it is saved.
    pub(crate) fn touch(&self) {
        self.changed.store(true, Ordering::SeqCst);
    }
}

/// The time of one store: the fixed one or the system's, moved by some seconds.
#[derive(Clone)]
pub(crate) struct MovedClock {
    fixed: Option<Timestamp>,
    shift: Arc<AtomicI64>,
}

impl MovedClock {
    /// To `time`, from where it goes on.
    pub(crate) fn set(&self, time: Timestamp) {
        let shift = i64::from(time.as_secs()) - i64::from(self.base().as_secs());
        self.shift.store(shift, Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, seconds: u32) {
        self.shift.fetch_add(seconds.into(), Ordering::SeqCst);
    }

    /// How many seconds it was moved.
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
    /// Held while a store is made, so that each is made once and the others answer meanwhile.
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

    /// Opens the default store, and tells what became of the captures.
    pub(crate) fn open_default(&self) -> Result<(), ApiError> {
        self.make("", true).map(|_| ())
    }

    /// The store of `access_key_id`; a new one begins with the captures.
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
        // Loading may take longer than an asynchronous thread can be held up.
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
                            // A large capture that lacks fields has millions of them.
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

    /// Puts a tenant together around the store that `make` makes.
    fn assemble(
        &self,
        access_key_id: &str,
        shift: i64,
        make: impl FnOnce(Config, MovedClock) -> Result<Store, Error>,
    ) -> Result<Arc<Tenant>, Error> {
        // Another id for each, so that no store takes another one's tokens.
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

    /// Forgets the store of `access_key_id`: the next request begins anew.
    pub(crate) fn reset(&self, access_key_id: &str) {
        let gone = self.open.write().unwrap_or_else(PoisonError::into_inner).remove(access_key_id);
        if let Some(tenant) = gone {
            // Ends streams of its events, and what its runs would still do by themselves.
            tenant.store.write(|store| *store = Store::default());
            tenant.touch();
        }
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.open.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All that are open, with their access key ids.
    pub(crate) fn all(&self) -> Vec<(String, Arc<Tenant>)> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().map(|(key, tenant)| (key.clone(), Arc::clone(tenant))).collect()
    }

    /// Whether anything changed since the last call.
    pub(crate) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::SeqCst)
    }

    /// Has [`take_changed`](Self::take_changed) say yes.
    pub(crate) fn set_changed(&self) {
        self.changed.store(true, Ordering::SeqCst);
    }

    /// Opens a store that was saved.
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

/// What is saved of a tenant beside its store.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved<S = State> {
    pub(crate) access_key_id: String,
    pub(crate) shift: i64,
    pub(crate) ids: u64,
    pub(crate) state: S,
    /// Bytes of the store's archive.
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
