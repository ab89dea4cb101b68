//! Buffers for queries that intersect lists, kept from query to query.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::stamps::Stamps;

/// The buffers of one query.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) stamps: Stamps,
    /// The running intersection of a chunk.
    pub(super) rows: Vec<u32>,
}

impl Scratch {
    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        self.stamps.bytes() + self.rows.capacity() * size_of::<u32>()
    }
}

/// The scratches that no query is using. A query takes one and returns it, so the pool holds at
/// most as many as queries have run at the same time, and steady queries do not allocate.
#[derive(Debug, Default)]
pub(super) struct ScratchPool(Mutex<Vec<Scratch>>);

impl ScratchPool {
    /// Runs `work` with a scratch of its own. The lock is held only to take the scratch and to
    /// return it.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let mut scratch = self.lock().pop().unwrap_or_default();
        let result = work(&mut scratch);
        self.lock().push(scratch);
        result
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        let scratches = self.lock();
        scratches.capacity() * size_of::<Scratch>()
            + scratches.iter().map(Scratch::bytes).sum::<usize>()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A copied index begins with an empty pool: its queries make buffers of their own.
impl Clone for ScratchPool {
    fn clone(&self) -> Self {
        ScratchPool::default()
    }
}
