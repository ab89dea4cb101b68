//! Counts the list rows and bitmap words that walks read and late records move, so that tests can
//! bound the work of an operation. Compiles to nothing outside tests.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static ITEMS: Cell<u64> = const { Cell::new(0) };
}

/// Adds `items` rows or words to the count of this thread.
#[inline(always)]
pub(super) fn add(items: usize) {
    #[cfg(test)]
    ITEMS.set(ITEMS.get() + items as u64);
    #[cfg(not(test))]
    let _ = items;
}

/// Runs `work` and returns its result with the number of items it touched.
#[cfg(test)]
pub(crate) fn by<T>(work: impl FnOnce() -> T) -> (T, u64) {
    ITEMS.set(0);
    let done = work();
    (done, ITEMS.get())
}
