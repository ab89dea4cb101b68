//! How a column grows.

/// Makes room for one more, by doubling while small and by a thirty-second when large: a store of
/// 100,000 records should not hold room for 50,000 that never come, and large blocks are moved by
/// remapping them.
pub(crate) fn reserve_for_one<T>(vec: &mut Vec<T>) {
    if vec.len() == vec.capacity() {
        let len = vec.len();
        vec.reserve_exact((len / 32).max(len.min(1_024)).max(4));
    }
}
