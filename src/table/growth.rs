//! How a column grows.

/// By how much a column of `len` grows at least: by as much while small and by a thirty-second when
/// large, since a store of 100,000 records should not hold room for 50,000 that never come.
fn step(len: usize) -> usize {
    (len / 32).max(len.min(1_024)).max(4)
}

/// Makes room for one more.
pub(crate) fn reserve_for_one<T>(vec: &mut Vec<T>) {
    reserve_for(vec, 1);
}

/// Makes room for `more` at once: a large block that grows by steps is moved at each of them, which
/// an allocator can do without a copy as long as it has not been used much.
pub(super) fn reserve_for<T>(vec: &mut Vec<T>, more: usize) {
    if vec.capacity() - vec.len() < more {
        vec.reserve_exact(more.max(step(vec.len())));
    }
}

/// Gives back room for more than one step.
pub(super) fn give_back_room<T>(vec: &mut Vec<T>) {
    vec.shrink_to(vec.len() + step(vec.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_at_once_gets_its_room_and_never_less_than_a_step() {
        let mut column: Vec<u8> = Vec::new();
        reserve_for(&mut column, 10_000);
        assert_eq!(column.capacity(), 10_000);
        column.resize(10_000, 0);
        reserve_for(&mut column, 1);
        assert_eq!(column.capacity(), 11_024);
        reserve_for(&mut column, 1_024);
        assert_eq!(column.capacity(), 11_024, "it is there");
        column.resize(64_000, 0);
        column.shrink_to_fit();
        reserve_for_one(&mut column);
        assert_eq!(column.capacity(), 66_000);
    }

    #[test]
    fn room_for_more_than_a_step_is_given_back() {
        let mut column: Vec<u8> = Vec::with_capacity(70_000);
        column.resize(64_000, 0);
        give_back_room(&mut column);
        assert_eq!(column.capacity(), 66_000);
        column.truncate(1);
        give_back_room(&mut column);
        assert_eq!(column.capacity(), 5);
    }
}
