//! Saving the store, and continuing with a restored one.

use std::collections::HashMap;

use invodex::{Store, Timestamp};
use proptest::test_runner::TestCaseError;

use super::compare::same;
use super::walks::Walk;
use super::{Check, Known, Machine};
use crate::model::Archived;
use crate::strategy::Limits;

/// The state of the machine when the store was saved.
#[derive(Clone)]
pub(super) struct Saved {
    bytes: Vec<u8>,
    model: Archived,
    last_write: Timestamp,
    accepted: u64,
    known: HashMap<String, Known>,
    /// The open walks at that time.
    walks: Vec<Walk>,
}

impl Machine<'_> {
    pub(super) fn save(&mut self) -> Result<Saved, TestCaseError> {
        let archive = |store: &Store| -> Result<Vec<u8>, TestCaseError> {
            let mut bytes = Vec::new();
            let saved = store.save(&mut bytes);
            same("saving", saved.map_err(|error| error.to_string()), Ok(()))?;
            Ok(bytes)
        };
        let bytes = archive(&self.store)?;
        same("the same bytes each time", archive(&self.store)? == bytes, true)?;
        Ok(Saved {
            bytes,
            model: self.model.save(),
            last_write: self.last_write,
            accepted: self.accepted,
            known: self.known.clone(),
            walks: self.walks.clone(),
        })
    }

    /// Replaces the store by a restored one: from an archive of now, or from the last saved one,
    /// which undoes all later writes. The limits stay, or are replaced by `limits`.
    pub(super) fn restore(&mut self, earlier: bool, limits: Option<&Limits>) -> Check {
        let mut saved = self.save()?;
        if earlier && let Some(kept) = &self.saved {
            saved = kept.clone();
            self.coverage.taken_back += u64::from(self.accepted > kept.accepted);
        }
        if let Some(limits) = limits {
            self.spec.limits = limits.clone();
        }
        let mut config = self.spec.config();
        // The id of the archive wins.
        config.id ^= u64::from(self.steps as u32);
        let restored = Store::restore(config, self.clock.clone(), &saved.bytes[..]);
        let restored = match restored {
            Ok(restored) => restored,
            Err(error) => return same("restoring", Some(error.to_string()), None),
        };
        same("the id", restored.store.config().id, self.spec.id)?;
        self.count_statistics();
        let (expired, evicted) = self.model.restore(&saved.model, self.spec.model());
        same("what was left out", (restored.expired, restored.evicted), (expired, evicted))?;
        self.store = restored.store;
        let statistics = self.store.statistics();
        same(
            "what was beyond the limits",
            (statistics.expired, statistics.evicted, statistics.not_retained),
            (expired, evicted, 0),
        )?;
        self.coverage.restored += self.store.len() as u64;
        self.coverage.left_behind += expired + evicted;
        self.coverage.closed += self.subscribers.len() as u64;
        self.last_write = saved.last_write;
        self.accepted = saved.accepted;
        // Records that are not in the archive count as removed.
        self.removed = saved.accepted - saved.model.record_count() as u64;
        self.known = saved.known;
        self.walks = saved.walks;
        self.walks.iter_mut().for_each(|walk| walk.restored = true);
        Ok(())
    }

    /// Adds the statistics of a store that is replaced.
    pub(super) fn count_statistics(&mut self) {
        let statistics = self.store.statistics();
        self.coverage.evicted += statistics.evicted;
        self.coverage.expired += statistics.expired;
        self.coverage.history_dropped += statistics.history_dropped;
        self.coverage.output_dropped += statistics.output_bytes_dropped;
        self.coverage.middles_cut += self.model.middles_cut();
        self.coverage.not_retained += statistics.not_retained;
    }
}
