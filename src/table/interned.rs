//! Interned, reference-counted values: each distinct value is stored once, while a record uses it.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::growth::reserve_for_one;

/// Identifies a value of one [`Interned`]. Records and index keys hold ids in place of values.
pub(crate) type ValueId = u32;

/// A value that can be interned.
pub(crate) trait Value {
    /// The bytes that identify it: two values are the same if and only if their keys are equal.
    fn key(&self) -> &[u8];

    /// Heap bytes.
    fn bytes(&self) -> usize;
}

/// Up to this number of values, a look-up compares keys one by one, which is cheaper than hashing.
/// Most stores have only a few regions and resource groups.
const FEW: usize = 8;

/// The distinct values of one kind, each with the number of its uses.
///
/// **Technique.** A slab of values with a free list, a parallel column of use counts, and a hash
/// table that stores ids and compares keys through the values.
///
/// **Invariant.** A place in the slab holds a value if and only if its use count is above 0, and
/// then the hash table has its id exactly once. The use count is the number of ids that records, or
/// other values, hold.
///
/// **Freeing.** [`release`](Self::release) of the last use frees the value at once, and its id is
/// used again for a later value. The table calls it when it removes the last record that uses the
/// value, and for run texts also when an update replaces them or a history record is dropped. An id
/// can be used again because a record leaves the index before it leaves the table: no posting list
/// of the freed id has a row. A value may hold the id of another one, as a tag pair holds that of
/// its key; `release` returns the freed value so that the caller can release that id too. A store
/// that accepts and evicts for ever therefore does not grow.
///
/// **Cost.** One hash of the key for each `acquire`, and one for the last `release`.
#[derive(Clone, Debug)]
pub(crate) struct Interned<V> {
    values: Vec<Option<V>>,
    /// Use counts. They are not beside the values, so a write that only counts does not invalidate
    /// the cache lines in which readers have the values.
    uses: Vec<u32>,
    free: Vec<ValueId>,
    ids: HashTable<ValueId>,
    hasher: DefaultHashBuilder,
}

impl<V> Default for Interned<V> {
    fn default() -> Self {
        Interned {
            values: Vec::new(),
            uses: Vec::new(),
            free: Vec::new(),
            ids: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<V: Value> Interned<V> {
    /// The id of the value with `key`. Cost: O(length).
    pub(crate) fn find(&self, key: &[u8]) -> Option<ValueId> {
        if self.values.len() <= FEW {
            let has_key = |value: &Option<V>| value.as_ref().is_some_and(|v| v.key() == key);
            return self.values.iter().position(has_key).map(|id| id as ValueId);
        }
        let hash = self.hasher.hash_one(key);
        self.ids.find(hash, |&id| key_in(&self.values, id) == key).copied()
    }

    /// Counts one more use of the value with `key` and returns its id. A new value is made by
    /// `make` and has one use. Cost: O(length).
    pub(crate) fn acquire(&mut self, key: &[u8], make: impl FnOnce() -> V) -> ValueId {
        if let Some(id) = self.find(key) {
            self.uses[id as usize] += 1;
            return id;
        }
        let value = Some(make());
        let id = match self.free.pop() {
            Some(id) => {
                self.values[id as usize] = value;
                self.uses[id as usize] = 1;
                id
            }
            None => {
                reserve_for_one(&mut self.values);
                reserve_for_one(&mut self.uses);
                self.values.push(value);
                self.uses.push(1);
                (self.values.len() - 1) as ValueId
            }
        };
        let (values, hasher) = (&self.values, &self.hasher);
        self.ids.insert_unique(hasher.hash_one(key), id, |&id| hasher.hash_one(key_in(values, id)));
        id
    }

    /// Counts one use less. Frees and returns the value if that was its last use.
    pub(crate) fn release(&mut self, id: ValueId) -> Option<V> {
        let uses = &mut self.uses[id as usize];
        *uses -= 1;
        if *uses > 0 {
            return None;
        }
        let hash = self.hasher.hash_one(key_in(&self.values, id));
        if let Ok(entry) = self.ids.find_entry(hash, |&found| found == id) {
            entry.remove();
        }
        self.free.push(id);
        // The hash table never shrinks by itself, and rebuilding it is cheap, since it holds only
        // ids.
        if self.ids.len() * 8 < self.ids.capacity() && self.ids.capacity() > 64 {
            let (values, hasher) = (&self.values, &self.hasher);
            self.ids.shrink_to(self.ids.len() * 2, |&id| hasher.hash_one(key_in(values, id)));
        }
        self.values[id as usize].take()
    }

    /// Heap bytes, the values included. Cost: O(values).
    pub(crate) fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<Option<V>>()
            + self.uses.capacity() * size_of::<u32>()
            + self.free.capacity() * size_of::<ValueId>()
            + self.ids.allocation_size()
            + self.values().map(V::bytes).sum::<usize>()
    }

    /// Checks the hash table, the free list and the counts against the values.
    pub(crate) fn internal_validate(&self, name: &str) -> Result<(), String> {
        let in_use = self.values().count();
        let (findable, free, slots) = (self.ids.len(), self.free.len(), self.values.len());
        if in_use != findable || in_use + free != slots || self.uses.len() != slots {
            return Err(format!(
                "{name}: {in_use} of {slots} slots hold a value, but {findable} are in the hash \
                 table, {free} on the free list, and {} have a count",
                self.uses.len()
            ));
        }
        for (id, value) in self.values.iter().enumerate() {
            let Some(value) = value else { continue };
            let (key, id) = (value.key(), id as ValueId);
            let hashed = self.ids.find(self.hasher.hash_one(key), |&found| found == id);
            if hashed.is_none() || self.find(key) != Some(id) {
                return Err(format!("{name}: value {id} is not found by its key"));
            }
            if self.uses(id) == 0 {
                return Err(format!("{name}: value {id} is held, but its use count is 0"));
            }
        }
        Ok(())
    }
}

impl<V> Interned<V> {
    /// The value `id`, which is in use.
    pub(crate) fn get(&self, id: ValueId) -> &V {
        match &self.values[id as usize] {
            Some(value) => value,
            None => unreachable!("a value is kept while a record uses it"),
        }
    }

    /// The value `id`, which is in use, for a change that does not affect its key.
    pub(super) fn get_mut(&mut self, id: ValueId) -> &mut V {
        match &mut self.values[id as usize] {
            Some(value) => value,
            None => unreachable!("a value is kept while a record uses it"),
        }
    }

    /// The number of uses of `id`.
    pub(super) fn uses(&self, id: ValueId) -> u32 {
        self.uses.get(id as usize).copied().unwrap_or(0)
    }

    /// Counts one more use of `id`, which is in use.
    pub(super) fn acquire_again(&mut self, id: ValueId) {
        self.uses[id as usize] += 1;
    }

    /// One more than the highest id that was ever in use.
    pub(crate) fn id_bound(&self) -> usize {
        self.values.len()
    }

    /// The values in use.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.values.iter().flatten()
    }
}

fn key_in<V: Value>(values: &[Option<V>], id: ValueId) -> &[u8] {
    values[id as usize].as_ref().map_or(&[], |value| value.key())
}
