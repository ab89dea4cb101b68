//! Counts what walks look at and what late records move, for the tests that bound it. Outside tests
//! it is nothing.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static ITEMS: Cell<u64> = const { Cell::new(0) };
}

/// So many rows of lists or words of bits have been looked at.
#[inline(always)]
pub(super) fn add(items: usize) {
    #[cfg(test)]
    ITEMS.set(ITEMS.get() + items as u64);
    #[cfg(not(test))]
    let _ = items;
}

/// How many items `work` looks at.
#[cfg(test)]
pub(crate) fn by<T>(work: impl FnOnce() -> T) -> (T, u64) {
    ITEMS.set(0);
    let done = work();
    (done, ITEMS.get())
}
