//! The acceptance numbers of the rows.

use crate::table::reserve_for_one;

/// One number for each row. Four bytes each, counted from the lowest, as long as no two are further
/// apart than that reaches; eight from then on.
#[derive(Debug)]
pub(super) enum Numbers {
    Near { base: u64, above: Vec<u32> },
    Far(Vec<u64>),
}

impl Default for Numbers {
    fn default() -> Self {
        Numbers::Near { base: 0, above: Vec::new() }
    }
}

impl Numbers {
    pub(super) fn len(&self) -> usize {
        match self {
            Numbers::Near { above, .. } => above.len(),
            Numbers::Far(numbers) => numbers.len(),
        }
    }

    /// The number of `row`. Cost: O(1).
    pub(super) fn get(&self, row: usize) -> u64 {
        match self {
            Numbers::Near { base, above } => base + u64::from(above[row]),
            Numbers::Far(numbers) => numbers[row],
        }
    }

    /// Puts `number` in front of row `at`, or behind all. Cost: O(rows behind), and O(rows) each
    /// time that four bytes no longer reach from the lowest.
    pub(super) fn insert(&mut self, at: usize, number: u64) {
        match self {
            Numbers::Near { base, above } => match distance(*base, number) {
                Some(distance) => {
                    reserve_for_one(above);
                    above.insert(at, distance);
                }
                None => {
                    *self = self.counted_anew(number);
                    self.insert(at, number);
                }
            },
            Numbers::Far(numbers) => {
                reserve_for_one(numbers);
                numbers.insert(at, number);
            }
        }
    }

    /// The same numbers in a form that takes `number` too.
    fn counted_anew(&self, number: u64) -> Self {
        let all = || (0..self.len()).map(|row| self.get(row));
        let lowest = all().fold(number, u64::min);
        if distance(lowest, all().fold(number, u64::max)).is_some() {
            let above = all().filter_map(|number| distance(lowest, number)).collect();
            Numbers::Near { base: lowest, above }
        } else {
            Numbers::Far(all().collect())
        }
    }

    /// Takes away the first `rows`. Cost: O(rows).
    pub(super) fn drop_front(&mut self, rows: usize) {
        match self {
            Numbers::Near { above, .. } => drop(above.drain(..rows)),
            Numbers::Far(numbers) => drop(numbers.drain(..rows)),
        }
    }

    pub(super) fn reserve_exact(&mut self, more: usize) {
        match self {
            Numbers::Near { above, .. } => above.reserve_exact(more),
            Numbers::Far(numbers) => numbers.reserve_exact(more),
        }
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Numbers::Near { above, .. } => above.capacity() * 4,
            Numbers::Far(numbers) => numbers.capacity() * 8,
        }
    }
}

fn distance(base: u64, number: u64) -> Option<u32> {
    number.checked_sub(base)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_however_far_they_are_apart() {
        const REACH: u64 = u32::MAX as u64;
        let steps: [(usize, u64, bool); 8] = [
            (0, 7, true),
            (1, REACH, true),
            // The first from the base on; then the lowest is counted from.
            (2, REACH + 7, true),
            (1, 8, true),
            (0, 9, true),
            (5, REACH + 8, false),
            (0, u64::MAX, false),
            (3, 0, false),
        ];
        let (mut numbers, mut expected) = (Numbers::default(), Vec::new());
        for (at, number, near) in steps {
            numbers.insert(at, number);
            expected.insert(at, number);
            assert_eq!(matches!(numbers, Numbers::Near { .. }), near, "{number}");
            assert_eq!(
                (0..numbers.len()).map(|row| numbers.get(row)).collect::<Vec<_>>(),
                expected
            );
        }
        numbers.drop_front(3);
        expected.drain(..3);
        assert_eq!((0..numbers.len()).map(|row| numbers.get(row)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn numbers_that_grow_for_ever_stay_near() {
        let mut numbers = Numbers::default();
        for number in (0..40).map(|step| step << 30) {
            numbers.insert(numbers.len(), number);
            numbers.drop_front(numbers.len().saturating_sub(3));
            assert!(matches!(numbers, Numbers::Near { .. }));
            assert_eq!(numbers.get(numbers.len() - 1), number);
        }
    }
}
