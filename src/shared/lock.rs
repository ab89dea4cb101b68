//! A lock on which readers and writers let each other in. It knows nothing of what it guards, and
//! takes its parts from `super::sync`: its test has others there, which try the orders of steps.

use std::sync::{PoisonError, TryLockError, TryLockResult};

use super::sync::{
    AtomicBool, AtomicUsize, Ordering, RwLock, RwLockReadGuard, RwLockWriteGuard, spin_loop,
    yield_now,
};

/// Where both sides wait they take turns: behind a write come the readers that wait, behind them a
/// writer. By the lock alone a writer would have to meet the moment between two reads of a reader
/// in a loop, and a reader that between two writes.
///
/// - `SPINS`: how often a thread tries the lock before it gives up its processor between tries. A
///   page is found and copied in a few microseconds, and to be woken takes twenty.
/// - `YIELDS`: how often it does that before it goes to sleep for the lock.
///
/// The turns and the counts are advice: the lock alone keeps the sides apart, and a thread heeds
/// them only for as long as it tries, so that one that is out of date costs time and never a
/// wake-up.
pub(super) struct SharedLock<T, const SPINS: usize = 128, const YIELDS: usize = 64> {
    guarded: RwLock<T>,
    pub(super) waiting_readers: AtomicUsize,
    pub(super) waiting_writers: AtomicUsize,
    /// All that waited to read when the last write ended have read.
    writers_turn: AtomicBool,
}

impl<T, const SPINS: usize, const YIELDS: usize> SharedLock<T, SPINS, YIELDS> {
    pub(super) fn new(guarded: T) -> Self {
        SharedLock {
            guarded: RwLock::new(guarded),
            waiting_readers: AtomicUsize::new(0),
            waiting_writers: AtomicUsize::new(0),
            writers_turn: AtomicBool::new(false),
        }
    }

    /// Waits until no writer has it. Who panics with it leaves it to the next one.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, T> {
        let attempt = || {
            let writers_first = self.waiting_writers.load(Ordering::Relaxed) > 0
                && self.writers_turn.load(Ordering::Relaxed);
            if writers_first { None } else { self.try_read() }
        };
        let guard = attempt().unwrap_or_else(|| {
            self.waiting_readers.fetch_add(1, Ordering::Relaxed);
            let guard = Self::wait(attempt)
                .unwrap_or_else(|| self.guarded.read().unwrap_or_else(PoisonError::into_inner));
            self.waiting_readers.fetch_sub(1, Ordering::Relaxed);
            guard
        });
        // Looked at first, so that readers do not take the line from each other.
        if self.waiting_readers.load(Ordering::Relaxed) == 0
            && !self.writers_turn.load(Ordering::Relaxed)
        {
            self.writers_turn.store(true, Ordering::Relaxed);
        }
        guard
    }

    /// Without waiting: `None` where a writer has it or sleeps for it.
    pub(super) fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        taken(self.guarded.try_read())
    }

    /// Waits until nobody has it. Who panics with it leaves it to the next one.
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, T> {
        let attempt = || {
            let readers_first = self.waiting_readers.load(Ordering::Relaxed) > 0
                && !self.writers_turn.load(Ordering::Relaxed);
            if readers_first { None } else { taken(self.guarded.try_write()) }
        };
        let guard = attempt().unwrap_or_else(|| {
            self.waiting_writers.fetch_add(1, Ordering::Relaxed);
            let guard = Self::wait(attempt)
                .unwrap_or_else(|| self.guarded.write().unwrap_or_else(PoisonError::into_inner));
            self.waiting_writers.fetch_sub(1, Ordering::Relaxed);
            guard
        });
        self.writers_turn.store(false, Ordering::Relaxed);
        guard
    }

    /// Tries until `attempt` succeeds or it is time to sleep.
    fn wait<G>(attempt: impl Fn() -> Option<G>) -> Option<G> {
        for tries in 0..SPINS + YIELDS {
            let guard = attempt();
            if guard.is_some() {
                return guard;
            }
            if tries < SPINS { spin_loop() } else { yield_now() }
        }
        None
    }
}

fn taken<G>(attempt: TryLockResult<G>) -> Option<G> {
    match attempt {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
