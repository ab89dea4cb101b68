//! Interned, counted values: each distinct one is kept once, for as long as something uses it.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::growth::reserve_for_one;
use super::packed::{Key, Packed, encode_key};

/// Names a value of one [`Symbols`].
pub(crate) type SymbolId = u32;

/// A text of less than 64 KiB and the piece of JSON that shows it, which may be empty.
#[derive(Clone, Debug)]
pub(crate) struct Symbol(Packed<1>);

impl Symbol {
    pub(crate) fn new(text: &[u8], json: &[u8]) -> Self {
        let mut key = Vec::new();
        encode_key([text], &mut key);
        Symbol(Packed::new(&key, [], json))
    }

    pub(crate) fn text(&self) -> &[u8] {
        self.0.get(0)
    }

    pub(crate) fn json(&self) -> &[u8] {
        self.0.json()
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

impl Key for Symbol {
    fn key(&self) -> &[u8] {
        self.text()
    }
}

/// So few values are compared with one after the other, which takes less than to hash the key:
/// most stores have a handful of regions and resource groups.
const FEW: usize = 8;

/// The distinct values of one kind. A clone of a value shares it, so that a page can take it along.
#[derive(Debug)]
pub(crate) struct Symbols<T> {
    values: Vec<Option<T>>,
    /// How often each value is used. Apart from the values, so that a write does not take from a
    /// reader's cache what it reads them by.
    uses: Vec<u32>,
    free: Vec<SymbolId>,
    ids: HashTable<SymbolId>,
    hasher: DefaultHashBuilder,
}

impl<T> Default for Symbols<T> {
    fn default() -> Self {
        Symbols {
            values: Vec::new(),
            uses: Vec::new(),
            free: Vec::new(),
            ids: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<T: Key> Symbols<T> {
    /// The id of the value with `key`. Cost: O(length).
    pub(crate) fn find(&self, key: &[u8]) -> Option<SymbolId> {
        if self.values.len() <= FEW {
            let is_it = |value: &Option<T>| value.as_ref().is_some_and(|value| value.key() == key);
            return self.values.iter().position(is_it).map(|id| id as SymbolId);
        }
        let hash = self.hasher.hash_one(key);
        self.ids.find(hash, |&id| self.key_of(id) == key).copied()
    }

    /// Uses the value with `key` once more, making it with `make` if it is new.
    /// Cost: O(length).
    pub(super) fn acquire(&mut self, key: &[u8], make: impl FnOnce() -> T) -> SymbolId {
        let hash = self.hasher.hash_one(key);
        if let Some(&id) = self.ids.find(hash, |&id| self.key_of(id) == key) {
            self.uses[id as usize] += 1;
            return id;
        }
        let (value, id) = (Some(make()), self.next_id());
        if self.free.pop().is_some() {
            self.values[id as usize] = value;
            self.uses[id as usize] = 1;
        } else {
            reserve_for_one(&mut self.values);
            reserve_for_one(&mut self.uses);
            self.values.push(value);
            self.uses.push(1);
        }
        let (values, hasher) = (&self.values, &self.hasher);
        self.ids.insert_unique(hash, id, |&id| hasher.hash_one(key_in(values, id)));
        id
    }

    /// The id that the next new value gets.
    pub(super) fn next_id(&self) -> SymbolId {
        self.free.last().copied().unwrap_or(self.values.len() as SymbolId)
    }

    /// Uses the value once less. Returns it when that was the last use: then it is gone.
    pub(crate) fn release(&mut self, id: SymbolId) -> Option<T> {
        let uses = &mut self.uses[id as usize];
        *uses -= 1;
        if *uses > 0 {
            return None;
        }
        let hash = self.hasher.hash_one(self.key_of(id));
        if let Ok(found) = self.ids.find_entry(hash, |&found| found == id) {
            found.remove();
        }
        self.free.push(id);
        // Of what never grows smaller by itself this is the part that is cheap to make anew.
        if self.ids.len() * 8 < self.ids.capacity() && self.ids.capacity() > 64 {
            let (values, hasher) = (&self.values, &self.hasher);
            self.ids.shrink_to(self.ids.len() * 2, |&id| hasher.hash_one(key_in(values, id)));
        }
        self.values[id as usize].take()
    }
}

impl<T> Symbols<T> {
    /// The value `id`, which is in use.
    pub(crate) fn get(&self, id: SymbolId) -> &T {
        match &self.values[id as usize] {
            Some(value) => value,
            None => unreachable!("a symbol is kept while a record uses it"),
        }
    }

    /// How often `id` is used.
    pub(super) fn uses(&self, id: SymbolId) -> u32 {
        self.uses.get(id as usize).copied().unwrap_or(0)
    }

    /// Uses `id`, which is in use, once more.
    pub(super) fn acquire_again(&mut self, id: SymbolId) {
        self.uses[id as usize] += 1;
    }

    /// Replaces the value `id` by another one with the same key.
    pub(crate) fn replace(&mut self, id: SymbolId, value: T) {
        self.values[id as usize] = Some(value);
    }

    /// One more than the highest id there ever was at once.
    pub(crate) fn id_bound(&self) -> usize {
        self.values.len()
    }

    /// The values in use.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter().flatten()
    }

    /// Heap bytes of the tables, without the values.
    pub(crate) fn table_bytes(&self) -> usize {
        self.values.capacity() * size_of::<Option<T>>()
            + self.uses.capacity() * 4
            + self.free.capacity() * size_of::<SymbolId>()
            + self.ids.allocation_size()
    }
}

impl<T: Key> Symbols<T> {
    fn key_of(&self, id: SymbolId) -> &[u8] {
        key_in(&self.values, id)
    }

    /// Checks the table against the values.
    pub(crate) fn internal_validate(&self, name: &str) -> Result<(), String> {
        let in_use = self.values().count();
        if in_use != self.ids.len()
            || in_use + self.free.len() != self.values.len()
            || self.uses.len() != self.values.len()
        {
            return Err(format!(
                "{name}: {in_use} in use, {} findable, {} free, {} values, {} counted",
                self.ids.len(),
                self.free.len(),
                self.values.len(),
                self.uses.len()
            ));
        }
        for (id, value) in self.values.iter().enumerate() {
            let Some(value) = value else { continue };
            let (key, id) = (value.key(), id as SymbolId);
            let hashed = self.ids.find(self.hasher.hash_one(key), |&found| found == id);
            if hashed.is_none() || self.find(key) != Some(id) || self.uses(id) == 0 {
                return Err(format!("{name}: {id} is not found by its key, or unused"));
            }
        }
        Ok(())
    }
}

fn key_in<T: Key>(values: &[Option<T>], id: SymbolId) -> &[u8] {
    values[id as usize].as_ref().map_or(&[], |value| value.key())
}
