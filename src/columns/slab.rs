//! Places by number.

use std::num::NonZeroU32;

use super::growth::reserve_for_one;

/// Values in numbered places that are used again once they are free. Numbers start at 1.
#[derive(Debug)]
pub(super) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<NonZeroU32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(crate) fn insert(&mut self, value: T) -> NonZeroU32 {
        if let Some(number) = self.free.pop() {
            self.places[number.get() as usize - 1] = Some(value);
            return number;
        }
        reserve_for_one(&mut self.places);
        self.places.push(Some(value));
        NonZeroU32::MIN.saturating_add((self.places.len() - 1) as u32)
    }

    pub(crate) fn get(&self, number: NonZeroU32) -> Option<&T> {
        self.places[number.get() as usize - 1].as_ref()
    }

    pub(crate) fn get_mut(&mut self, number: NonZeroU32) -> Option<&mut T> {
        self.places[number.get() as usize - 1].as_mut()
    }

    pub(crate) fn remove(&mut self, number: NonZeroU32) -> Option<T> {
        let value = self.places[number.get() as usize - 1].take();
        if value.is_some() {
            self.free.push(number);
        }
        value
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.places.iter().flatten()
    }

    /// Heap bytes of the places.
    pub(crate) fn table_bytes(&self) -> usize {
        self.places.capacity() * size_of::<Option<T>>() + self.free.capacity() * 4
    }
}
