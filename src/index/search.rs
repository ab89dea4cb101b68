//! Where an ascending sequence parts.

/// How many of `count` positions `is_before` holds for, which are the first ones: what
/// `slice::partition_point` gives. Three are asked at a time, because each answer waits for memory
/// and those of one step wait together: half as many steps as by halves. Cost: O(log `count`).
pub(super) fn partition_point(count: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut start, mut rest) = (0, count);
    while rest >= 3 {
        let quarter = (rest + 1) / 4;
        // Written out: whether `map` of an array is inlined is anybody's guess, and shows.
        let first = is_before(start + quarter - 1);
        let second = is_before(start + 2 * quarter - 1);
        let third = is_before(start + 3 * quarter - 1);
        start += (usize::from(first) + usize::from(second) + usize::from(third)) * quarter;
        // A little more than is left where one of them does not hold: what it was asked for is
        // still in order.
        rest -= 3 * quarter;
    }
    start + (start..start + rest).filter(|&at| is_before(at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_in_every_length_is_found() {
        for count in 0..70 {
            for place in 0..=count {
                let asked = |at: usize| {
                    assert!(at < count);
                    at < place
                };
                assert_eq!(partition_point(count, asked), place, "of {count}");
            }
        }
    }
}
