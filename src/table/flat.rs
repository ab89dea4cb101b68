//! Items of all records in one column, those of a record side by side: its runs, its tags.

use super::growth::{give_back_room, reserve_for, reserve_for_one};

/// Stretches of items. A record names its own by where it begins and how many items it has, at most
/// 255.
#[derive(Debug)]
pub(super) struct Flat<T> {
    items: Vec<T>,
    /// By how many items a record had: where those of records that are gone begin. A record with
    /// as many takes one of them.
    free: Vec<Vec<u32>>,
    /// Items of records that are gone.
    dead: usize,
}

impl<T> Default for Flat<T> {
    fn default() -> Self {
        Flat { items: Vec::new(), free: Vec::new(), dead: 0 }
    }
}

impl<T: Clone> Flat<T> {
    /// Where a record with `count` items has its own, each of which must then be
    /// [`put`](Self::put), in order.
    pub(super) fn place(&mut self, count: usize) -> u32 {
        match self.free.get_mut(count).and_then(Vec::pop) {
            Some(first) => {
                self.dead -= count;
                first
            }
            None => self.items.len() as u32,
        }
    }

    /// Puts an item in its place, which is there or the next at the end.
    pub(super) fn put(&mut self, index: usize, item: T) {
        match self.items.get_mut(index) {
            Some(place) => *place = item,
            None => {
                reserve_for_one(&mut self.items);
                self.items.push(item);
            }
        }
    }

    pub(super) fn get(&self, first: u32, count: usize) -> &[T] {
        // Of a slice from the place on: then there is no sum that could be too large.
        &self.items[first as usize..][..count]
    }

    pub(super) fn at(&self, index: usize) -> &T {
        &self.items[index]
    }

    pub(super) fn at_mut(&mut self, index: usize) -> &mut T {
        &mut self.items[index]
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut T> {
        self.items.last_mut()
    }

    /// Gives back the place of a record that is gone.
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

    /// How many items there are, those of records that are gone included.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether more than half is dead and more than `dead_min`, as happens when records with other
    /// numbers of items come than go.
    pub(super) fn is_mostly_dead(&self, dead_min: usize) -> bool {
        self.dead * 2 > self.items.len() && self.dead > dead_min
    }

    /// Keeps no more than the stretches that `records` names, and moves each to its new place.
    /// Cost: O(items).
    pub(super) fn drop_dead<'r>(&mut self, records: impl Iterator<Item = (&'r mut u32, usize)>) {
        let mut items = Vec::with_capacity(self.items.len() - self.dead);
        for (first, count) in records {
            let moved = items.len() as u32;
            items.extend_from_slice(self.get(*first, count));
            *first = moved;
        }
        *self = Flat { items, ..Flat::default() };
    }

    /// Makes room for up to `more` items, which come next.
    pub(super) fn reserve(&mut self, more: usize) {
        reserve_for(&mut self.items, more.saturating_sub(self.dead));
    }

    /// Makes room for `more` items, and for as many as there are if there is none.
    pub(super) fn reserve_twofold(&mut self, more: usize) {
        self.items.reserve(more);
    }

    /// Gives back what was reserved for items that did not come.
    pub(super) fn give_back_room(&mut self) {
        give_back_room(&mut self.items);
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.items.shrink_to_fit();
    }

    /// Heap bytes of the column.
    pub(super) fn table_bytes(&self) -> usize {
        self.items.capacity() * size_of::<T>()
            + self.free.capacity() * size_of::<Vec<u32>>()
            + self.free.iter().map(|places| places.capacity() * 4).sum::<usize>()
    }

    /// Checks the books against `live` items of records.
    pub(super) fn internal_validate(&self, name: &str, live: usize) -> Result<(), String> {
        let free = self.free.iter().enumerate().map(|(count, places)| count * places.len());
        if free.sum::<usize>() != self.dead || live + self.dead != self.items.len() {
            let (dead, all) = (self.dead, self.items.len());
            return Err(format!("{name}: {live} live and {dead} dead of {all}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(flat: &mut Flat<u8>, items: &[u8]) -> u32 {
        let first = flat.place(items.len());
        (first as usize..).zip(items).for_each(|(at, &item)| flat.put(at, item));
        first
    }

    #[test]
    fn a_place_is_used_again_by_as_many_items() {
        let mut flat = Flat::default();
        let firsts = [&b"ab"[..], b"", b"c", b"de"].map(|items| add(&mut flat, items));
        assert_eq!(firsts[0..1], [0]);
        assert_eq!((flat.get(firsts[3], 2), flat.get(firsts[1], 0)), (&b"de"[..], &b""[..]));
        flat.free(firsts[1], 0);
        flat.free(firsts[0], 2);
        assert_eq!(flat.internal_validate("flat", 3), Ok(()));
        assert_eq!(add(&mut flat, b"fgh"), 5, "no place of three is free");
        assert_eq!(add(&mut flat, b"ij"), firsts[0]);
        assert_eq!(flat.get(0, 5), b"ijcde");
        assert_eq!(flat.internal_validate("flat", 8), Ok(()));
        assert!(flat.internal_validate("flat", 7).is_err());
    }

    #[test]
    fn what_is_dead_goes_once_it_is_more_than_half() {
        let mut flat = Flat::default();
        let mut firsts = [&b"abc"[..], b"de", b"f"].map(|items| add(&mut flat, items));
        flat.free(firsts[0], 3);
        assert!(!flat.is_mostly_dead(0), "it is half");
        flat.free(firsts[2], 1);
        assert!(flat.is_mostly_dead(3) && !flat.is_mostly_dead(4));
        flat.drop_dead([(&mut firsts[1], 2)].into_iter());
        assert_eq!((firsts[1], flat.get(firsts[1], 2)), (0, &b"de"[..]));
        assert_eq!((flat.len(), flat.internal_validate("flat", 2)), (2, Ok(())));
        assert_eq!(add(&mut flat, b"g"), 2, "no free place is remembered");
    }
}
