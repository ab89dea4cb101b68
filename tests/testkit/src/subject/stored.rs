//! A store of the library with a clock that stands.

use invodex::{
    Invocation, ManualClock, OmittedTimed, Regions, RunUpdate, Store, Timestamp, Tuning,
};

use super::reply::{Config, Reply};

/// A store and its clock, for a subject around the library: every write of
/// [`Subject`](super::Subject) goes to it by default.
pub struct Stored {
    /// The store.
    pub store: Store,
    clock: ManualClock,
    tuning: Tuning,
}

impl Stored {
    /// An empty store with the default settings.
    pub fn new() -> Self {
        Stored::with_tuning(Tuning::default())
    }

    /// The same with other thresholds, which change no answer.
    pub fn with_tuning(tuning: Tuning) -> Self {
        let clock = ManualClock::new(Timestamp::MIN);
        let config = invodex::Config { tuning, ..invodex::Config::default() };
        Stored { store: Store::new(config, clock.clone()), clock, tuning }
    }

    pub(crate) fn begin(&mut self, config: &Config, now: Timestamp) -> Reply<()> {
        let mut regions = Regions::all();
        if let Some(known) = &config.regions {
            let of = |api: bool| known.iter().filter(move |(_, has)| *has == api).map(|(id, _)| id);
            regions = Regions::only(of(true)).without_api(of(false));
        }
        let config = invodex::Config {
            id: config.id,
            capacity: config.capacity,
            retention_seconds: u32::try_from(config.retention_secs).ok(),
            omitted_timed: if config.omitted_timed_any {
                OmittedTimed::Any
            } else {
                OmittedTimed::DocumentedFalse
            },
            regions,
            history_limit: config.history_limit,
            tuning: self.tuning,
            ..invodex::Config::default()
        };
        self.clock = ManualClock::new(now);
        self.store = Store::new(config, self.clock.clone());
        Ok(())
    }

    pub(crate) fn set_clock(&mut self, now: Timestamp) -> Reply<()> {
        self.clock.set(now);
        Ok(())
    }

    pub(crate) fn accept(&mut self, invocation: &Invocation) -> Reply<bool> {
        Ok(self.store.accept(invocation)?.retained)
    }

    pub(crate) fn accept_batch(&mut self, batch: &[Invocation]) -> Reply<Vec<Reply<bool>>> {
        let reports = self.store.accept_batch(batch).into_iter();
        Ok(reports.map(|report| Ok(report?.retained)).collect())
    }

    pub(crate) fn update_run(
        &mut self,
        invoke_id: &str,
        instance_id: &str,
        update: &RunUpdate,
    ) -> Reply<()> {
        Ok(self.store.update_run(invoke_id, instance_id, update)?)
    }

    pub(crate) fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Reply<Option<usize>> {
        Ok(Some(self.store.stop(invoke_id, instances)?))
    }

    pub(crate) fn delete(&mut self, invoke_id: &str) -> Reply<()> {
        Ok(self.store.delete(invoke_id)?)
    }

    pub(crate) fn save_and_restore(&mut self) -> Reply<()> {
        let mut archive = Vec::new();
        self.store.save(&mut archive).expect("a Vec takes everything");
        let config = self.store.config().clone();
        let restored = Store::restore(config, self.clock.clone(), &archive[..]);
        self.store = restored.expect("it was just saved").store;
        Ok(())
    }
}

impl Default for Stored {
    fn default() -> Self {
        Stored::new()
    }
}
