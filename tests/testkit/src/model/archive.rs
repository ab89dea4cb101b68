//! The state that an archive keeps, and the store restored from it.
//! Part of the naive model: shares nothing with the engine.

use std::cmp::Reverse;

use invodex::Timestamp;

use super::{Model, ModelConfig, Record};

/// The records that had not expired, and the store's counters and time.
#[derive(Clone)]
pub struct Archived {
    store_id: u64,
    records: Vec<Record>,
    accepted: u64,
    last_write: Option<Timestamp>,
}

impl Archived {
    /// The number of records.
    pub fn record_count(&self) -> usize {
        self.records.len()
    }
}

impl Model {
    /// The state that an archive keeps. Expired records are not part of it.
    pub fn save(&self) -> Archived {
        Archived {
            store_id: self.config.id,
            records: self.live().into_iter().cloned().collect(),
            accepted: self.accepted,
            last_write: self.last_write,
        }
    }

    /// Becomes the store restored from `archived`. The id is the archive's, statistics begin at 0,
    /// records beyond the limits of `config` are dropped, and subscriptions end with the old store.
    /// Returns the number of expired and of evicted records.
    pub fn restore(&mut self, archived: &Archived, config: ModelConfig) -> (u64, u64) {
        self.config = ModelConfig { id: archived.store_id, ..config };
        self.records.clone_from(&archived.records);
        self.accepted = archived.accepted;
        self.last_write = archived.last_write;
        (self.history_dropped, self.output_dropped, self.middles_cut) = (0, 0, 0);
        self.subscribers.close();

        let before = self.records.len();
        self.drop_expired();
        let kept = self.records.len();
        self.records.sort_by_key(|record| Reverse((record.created, record.number)));
        self.records.truncate(self.config.capacity);
        for run in self.records.iter_mut().flat_map(|record| &mut record.runs) {
            while run.history.len() > self.config.history_limit {
                run.history.remove(0);
                self.history_dropped += 1;
            }
        }
        self.keep_output_budget();
        ((before - kept) as u64, (kept - self.records.len()) as u64)
    }
}
