//! The bound for the memory of one store.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{ApiError, refusal};

/// Bytes that a request may take for each of its own bytes, and beside them: an estimate that holds
/// until the next measurement.
const GROWTH: usize = 16;
const EACH: usize = 4_096;
/// A measured store counts as full with less than this part of its bound left, because measuring
/// takes long and the next measurement comes when that part is used up.
const RESERVE: usize = 64;
/// Pause between two measurements of a full store.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// The bytes of a store, measured now and then, and estimated in between.
pub(crate) struct Budget {
    most: usize,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    /// At the last measurement.
    measured: usize,
    /// The estimated growth since.
    since: usize,
    /// The last measurement that found the store full.
    full: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(most: usize) -> Self {
        Budget { most, used: Mutex::default() }
    }

    /// Refuses a request of `bytes` if the store has no room for what it may write. `measure` takes
    /// O(size of the store) and is called each time that the estimate reaches the bound.
    pub(crate) fn take(
        &self,
        bytes: usize,
        measure: impl FnOnce() -> usize,
    ) -> Result<(), ApiError> {
        let growth = bytes.saturating_mul(GROWTH).saturating_add(EACH);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        match used.full {
            Some(full) if full.elapsed() < PAUSE => return Err(self.full()),
            None if used.measured.saturating_add(used.since).saturating_add(growth)
                <= self.most =>
            {
                used.since += growth;
                return Ok(());
            }
            _ => {}
        }
        used.measured = measure();
        used.since = growth;
        let is_full = used.measured > self.most - self.most / RESERVE;
        used.full = is_full.then(Instant::now);
        if is_full { Err(self.full()) } else { Ok(()) }
    }

    fn full(&self) -> ApiError {
        refusal("StoreSize.ExceedLimit").detail(format!(
            "allowed are {} bytes; reset the store, or start with a larger --max-bytes",
            self.most
        ))
    }
}
