//! A column of runs or of tags, in which the items of each record are contiguous.

use super::growth::reserve_for_one;

/// Spans of items in one vector. A record identifies its span by the position of the first item and
/// the number of items, at most 255.
///
/// **Technique.** There is a free list for each length. The span of a removed record goes onto the
/// list of its length, and the next record with the same number of items takes it. In a full store
/// most records have the same lengths as the evicted ones, so few items stay unused. If more than
/// half are, [`compact`](Self::compact) moves the live spans together.
///
/// **Invariant.** Each item is in the span of one record or in one free span, and `dead` counts the
/// latter.
#[derive(Clone, Debug)]
pub(super) struct SpanArena<T> {
    items: Vec<T>,
    /// The positions of free spans, by length.
    free: Vec<Vec<u32>>,
    /// Items in free spans.
    dead: usize,
}

impl<T> Default for SpanArena<T> {
    fn default() -> Self {
        SpanArena { items: Vec::new(), free: Vec::new(), dead: 0 }
    }
}

impl<T: Clone> SpanArena<T> {
    /// Stores `items` and returns the position of their span. Cost: O(items).
    pub(super) fn insert(&mut self, items: impl ExactSizeIterator<Item = T>) -> u32 {
        match self.free.get_mut(items.len()).and_then(Vec::pop) {
            Some(first) => {
                self.dead -= items.len();
                self.items[first as usize..]
                    .iter_mut()
                    .zip(items)
                    .for_each(|(at, item)| *at = item);
                first
            }
            None => {
                let first = self.items.len() as u32;
                for item in items {
                    reserve_for_one(&mut self.items);
                    self.items.push(item);
                }
                first
            }
        }
    }

    pub(super) fn get(&self, first: u32, count: usize) -> &[T] {
        // Sliced in two steps, so that no sum can overflow.
        &self.items[first as usize..][..count]
    }

    pub(super) fn get_mut(&mut self, first: u32, count: usize) -> &mut [T] {
        &mut self.items[first as usize..][..count]
    }

    /// Frees the span of a removed record. Its items keep their old values until they are used
    /// again.
    pub(super) fn free(&mut self, first: u32, count: usize) {
        if count == 0 {
            return;
        }
        if self.free.len() <= count {
            self.free.resize_with(count + 1, Vec::new);
        }
        self.free[count].push(first);
        self.dead += count;
    }

    /// Whether more than half of the items, and more than `dead_min`, are in free spans. This
    /// happens if new records have other numbers of items than the removed ones.
    pub(super) fn is_mostly_dead(&self, dead_min: usize) -> bool {
        self.dead * 2 > self.items.len() && self.dead > dead_min
    }

    /// Moves the live spans together and drops the free ones. `records` has the position and length
    /// of each live span; the positions are updated. Cost: O(items).
    pub(super) fn compact<'r>(&mut self, records: impl Iterator<Item = (&'r mut u32, usize)>) {
        let mut items = Vec::with_capacity(self.items.len() - self.dead);
        for (first, count) in records {
            let moved = items.len() as u32;
            items.extend_from_slice(self.get(*first, count));
            *first = moved;
        }
        *self = SpanArena { items, ..SpanArena::default() };
    }

    /// Heap bytes of the column.
    pub(super) fn table_bytes(&self) -> usize {
        self.items.capacity() * size_of::<T>()
            + self.free.capacity() * size_of::<Vec<u32>>()
            + self.free.iter().map(|spans| spans.capacity() * size_of::<u32>()).sum::<usize>()
    }

    /// Checks the free lists against `live`, the number of items that records have.
    pub(super) fn internal_validate(&self, name: &str, live: usize) -> Result<(), String> {
        let free: usize = self.free.iter().enumerate().map(|(len, spans)| len * spans.len()).sum();
        let (dead, all) = (self.dead, self.items.len());
        if free != dead {
            return Err(format!("{name}: the free lists hold {free} items, counted {dead}"));
        }
        if live + dead != all {
            return Err(format!("{name}: records have {live} items and {dead} are free, of {all}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(arena: &mut SpanArena<u8>, items: &[u8]) -> u32 {
        arena.insert(items.iter().copied())
    }

    #[test]
    fn a_free_span_is_used_again_by_as_many_items() {
        let mut arena = SpanArena::default();
        let firsts = [&b"ab"[..], b"", b"c", b"de"].map(|items| add(&mut arena, items));
        assert_eq!(firsts[0], 0);
        assert_eq!((arena.get(firsts[3], 2), arena.get(firsts[1], 0)), (&b"de"[..], &b""[..]));
        arena.free(firsts[1], 0);
        arena.free(firsts[0], 2);
        assert_eq!(arena.internal_validate("arena", 3), Ok(()));
        assert_eq!(add(&mut arena, b"fgh"), 5, "no span of three is free");
        assert_eq!(add(&mut arena, b"ij"), firsts[0]);
        assert_eq!(arena.get(0, 5), b"ijcde");
        arena.get_mut(firsts[2], 1)[0] = b'C';
        assert_eq!(arena.get(0, 5), b"ijCde");
        assert_eq!(arena.internal_validate("arena", 8), Ok(()));
        assert!(arena.internal_validate("arena", 7).is_err());
    }

    #[test]
    fn free_spans_go_once_they_are_more_than_half() {
        let mut arena = SpanArena::default();
        let mut firsts = [&b"abc"[..], b"de", b"f"].map(|items| add(&mut arena, items));
        arena.free(firsts[0], 3);
        assert!(!arena.is_mostly_dead(0), "it is half");
        arena.free(firsts[2], 1);
        assert!(arena.is_mostly_dead(3) && !arena.is_mostly_dead(4));
        arena.compact([(&mut firsts[1], 2)].into_iter());
        assert_eq!((firsts[1], arena.get(firsts[1], 2)), (0, &b"de"[..]));
        assert_eq!(arena.internal_validate("arena", 2), Ok(()));
        assert_eq!(add(&mut arena, b"g"), 2, "no free span is remembered");
    }
}
