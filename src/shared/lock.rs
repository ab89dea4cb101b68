//! A lock on which readers and writers let each other in. It knows nothing of what it guards, and
//! takes its parts from `super::sync`: its test has others there, which try every order of steps.

use std::sync::{PoisonError, TryLockError, TryLockResult};

use super::sync::{
    AtomicUsize, Ordering, RwLock, RwLockReadGuard, RwLockWriteGuard, spin_loop, yield_now,
};

/// - `SPINS`: how often the lock is tried before the thread goes to sleep for it. A page is found
///   and copied in a few microseconds, and to be woken takes twenty.
/// - `COURTESY`: how often a writer steps back for readers that wait before it takes its turn. The
///   lock itself keeps readers from overtaking a writer that waits; nothing keeps a writer in a
///   loop from taking it again before the readers it has just let in are awake.
///
/// Nobody waits for the count of readers to reach a value: it only makes writers step back for a
/// while, so a count that is out of date costs time and never a wake-up.
pub(super) struct SharedLock<T, const SPINS: usize = 500, const COURTESY: usize = 64> {
    guarded: RwLock<T>,
    /// Readers that sleep for the lock.
    pub(super) waiting_readers: AtomicUsize,
}

impl<T, const SPINS: usize, const COURTESY: usize> SharedLock<T, SPINS, COURTESY> {
    pub(super) fn new(guarded: T) -> Self {
        SharedLock { guarded: RwLock::new(guarded), waiting_readers: AtomicUsize::new(0) }
    }

    /// Waits until no writer has it. Who panics with it leaves it to the next one.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, T> {
        if let Some(guard) = spin::<_, SPINS>(|| self.try_read()) {
            return guard;
        }
        self.waiting_readers.fetch_add(1, Ordering::Relaxed);
        let guard = self.guarded.read().unwrap_or_else(PoisonError::into_inner);
        self.waiting_readers.fetch_sub(1, Ordering::Relaxed);
        guard
    }

    /// Without waiting: `None` where a writer has it or waits for it.
    pub(super) fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        taken(self.guarded.try_read())
    }

    /// Waits until nobody has it. Who panics with it leaves it to the next one.
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, T> {
        for _ in 0..COURTESY {
            if self.waiting_readers.load(Ordering::Relaxed) == 0 {
                break;
            }
            yield_now();
        }
        spin::<_, SPINS>(|| taken(self.guarded.try_write()))
            .unwrap_or_else(|| self.guarded.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn taken<G>(attempt: TryLockResult<G>) -> Option<G> {
    match attempt {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn spin<G, const SPINS: usize>(mut attempt: impl FnMut() -> Option<G>) -> Option<G> {
    for _ in 0..SPINS {
        let guard = attempt();
        if guard.is_some() {
            return guard;
        }
        spin_loop();
    }
    None
}
