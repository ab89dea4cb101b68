//! A slab: values in numbered places.

use std::num::NonZeroU32;

use super::growth::reserve_for_one;

/// Values in numbered places. A freed place is used again. A free place holds the default value, which
/// has no heap memory.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    places: Vec<T>,
    free: Vec<u32>,
}

/// The number of a place, in a form in which an `Option` takes no more memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CompactId(NonZeroU32);

impl CompactId {
    pub(super) fn new(id: u32) -> Self {
        CompactId(NonZeroU32::MIN.saturating_add(id))
    }

    pub(crate) fn id(self) -> u32 {
        self.0.get() - 1
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// The values in all places, of which free ones hold the default.
    pub(super) fn places(&self) -> &[T] {
        &self.places
    }

    pub(super) fn places_mut(&mut self) -> &mut [T] {
        &mut self.places
    }

    /// The number of places in use.
    pub(super) fn used(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Heap bytes of the places.
    pub(super) fn table_bytes(&self) -> usize {
        self.places.capacity() * size_of::<T>() + self.free.capacity() * size_of::<u32>()
    }
}

impl<T: Default> Slab<T> {
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(id) = self.free.pop() {
            self.places[id as usize] = value;
            return id;
        }
        reserve_for_one(&mut self.places);
        self.places.push(value);
        (self.places.len() - 1) as u32
    }

    /// Frees place `id`, which is in use, and returns its value.
    pub(super) fn remove(&mut self, id: u32) -> T {
        self.free.push(id);
        std::mem::take(&mut self.places[id as usize])
    }
}

impl<V> Slab<Option<V>> {
    /// The value in place `id`, which is in use.
    pub(super) fn value(&self, id: u32) -> &V {
        match &self.places[id as usize] {
            Some(value) => value,
            None => unreachable!("a place is looked up while it is in use"),
        }
    }

    /// The same, to be changed.
    pub(super) fn value_mut(&mut self, id: u32) -> &mut V {
        match &mut self.places[id as usize] {
            Some(value) => value,
            None => unreachable!("a place is looked up while it is in use"),
        }
    }
}

impl<T: Default + PartialEq> Slab<T> {
    /// Checks that each place is either in `used` or free, and exactly once, and that free places
    /// hold the default.
    pub(super) fn internal_validate(&self, name: &str, used: &[u32]) -> Result<(), String> {
        let mut times = vec![0; self.places.len()];
        for &id in used.iter().chain(&self.free) {
            match times.get_mut(id as usize) {
                Some(times) => *times += 1,
                None => return Err(format!("{name}: there is no {id}")),
            }
        }
        if let Some(id) = times.iter().position(|&times| times != 1) {
            return Err(format!("{name}: {id} is used or free {} times", times[id]));
        }
        match self.free.iter().find(|&&id| self.places[id as usize] != T::default()) {
            Some(id) => Err(format!("{name}: {id} is free, but holds a value")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_free_is_used_again() {
        let mut slab = Slab::default();
        assert_eq!([slab.insert("a"), slab.insert("b")], [0, 1]);
        assert_eq!(slab.remove(0), "a");
        assert_eq!((slab.places(), slab.used()), (&["", "b"][..], 1));
        assert_eq!(slab.insert("c"), 0);
        assert_eq!((slab.places(), slab.used()), (&["c", "b"][..], 2));
    }

    #[test]
    fn places_that_are_not_as_they_are_used_are_found() {
        let mut slab = Slab::default();
        for value in ["a", "b", "c"] {
            slab.insert(value);
        }
        slab.remove(1);
        let check = |slab: &Slab<_>, used: &[u32]| {
            slab.internal_validate("slab", used).err().unwrap_or_default()
        };
        assert_eq!(check(&slab, &[2, 0]), "");
        assert_eq!(check(&slab, &[0]), "slab: 2 is used or free 0 times");
        assert_eq!(check(&slab, &[0, 1, 2]), "slab: 1 is used or free 2 times");
        assert_eq!(check(&slab, &[0, 0, 2]), "slab: 0 is used or free 2 times");
        assert_eq!(check(&slab, &[0, 2, 3]), "slab: there is no 3");
        slab.places_mut()[1] = "d";
        assert_eq!(check(&slab, &[0, 2]), "slab: 1 is free, but holds a value");
    }
}
