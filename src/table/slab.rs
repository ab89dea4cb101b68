//! A slab: values in numbered places.

use std::num::NonZeroU32;

use super::growth::reserve_for_one;

/// Values in numbered places. A freed place is used again. Numbers start at 1, so an `Option` of
/// one takes no more memory. A free place holds the default value, which has no heap memory.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    places: Vec<T>,
    free: Vec<NonZeroU32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

impl<T: Default> Slab<T> {
    pub(crate) fn insert(&mut self, value: T) -> NonZeroU32 {
        if let Some(number) = self.free.pop() {
            *self.get_mut(number) = value;
            return number;
        }
        reserve_for_one(&mut self.places);
        self.places.push(value);
        NonZeroU32::MIN.saturating_add((self.places.len() - 1) as u32)
    }

    /// The value in place `number`, which is in use.
    pub(crate) fn get(&self, number: NonZeroU32) -> &T {
        &self.places[number.get() as usize - 1]
    }

    pub(crate) fn get_mut(&mut self, number: NonZeroU32) -> &mut T {
        &mut self.places[number.get() as usize - 1]
    }

    pub(crate) fn remove(&mut self, number: NonZeroU32) -> T {
        self.free.push(number);
        std::mem::take(self.get_mut(number))
    }

    /// The values in all places, of which free ones hold the default.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.places.iter()
    }

    /// Heap bytes of the places.
    pub(crate) fn table_bytes(&self) -> usize {
        self.places.capacity() * size_of::<T>() + self.free.capacity() * 4
    }
}

impl<T: Default + PartialEq> Slab<T> {
    /// Checks that each place is either in `used` or free, and exactly once, and that free places
    /// hold the default.
    pub(crate) fn internal_validate(&self, name: &str, used: &[NonZeroU32]) -> Result<(), String> {
        let mut times = vec![0; self.places.len()];
        for number in used.iter().chain(&self.free) {
            match times.get_mut(number.get() as usize - 1) {
                Some(times) => *times += 1,
                None => return Err(format!("{name}: there is no {number}")),
            }
        }
        if let Some(at) = times.iter().position(|&times| times != 1) {
            return Err(format!("{name}: {} is used or free {} times", at + 1, times[at]));
        }
        match self.free.iter().find(|&&number| *self.get(number) != T::default()) {
            Some(number) => Err(format!("{name}: {number} is free, but holds a value")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn a_place_that_is_free_is_used_again() {
        let mut slab = Slab::default();
        assert_eq!([slab.insert("a"), slab.insert("b")], [number(1), number(2)]);
        assert_eq!(slab.remove(number(1)), "a");
        assert_eq!(slab.values().collect::<Vec<_>>(), [&"", &"b"]);
        assert_eq!(slab.insert("c"), number(1));
        *slab.get_mut(number(2)) = "d";
        assert_eq!([slab.get(number(1)), slab.get(number(2))], [&"c", &"d"]);
    }

    #[test]
    fn places_that_are_not_as_they_are_used_are_found() {
        let mut slab = Slab::default();
        for value in ["a", "b", "c"] {
            slab.insert(value);
        }
        slab.remove(number(2));
        let check = |slab: &Slab<_>, used: &[u32]| {
            let used: Vec<_> = used.iter().map(|&used| number(used)).collect();
            slab.internal_validate("slab", &used).err().unwrap_or_default()
        };
        assert_eq!(check(&slab, &[3, 1]), "");
        assert_eq!(check(&slab, &[1]), "slab: 3 is used or free 0 times");
        assert_eq!(check(&slab, &[1, 2, 3]), "slab: 2 is used or free 2 times");
        assert_eq!(check(&slab, &[1, 1, 3]), "slab: 1 is used or free 2 times");
        assert_eq!(check(&slab, &[1, 3, 4]), "slab: there is no 4");
        *slab.get_mut(number(2)) = "d";
        assert_eq!(check(&slab, &[1, 3]), "slab: 2 is free, but holds a value");
    }
}
