//! Interned, reference-counted values: each distinct value is stored once, while a record uses it.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::growth::reserve_for_one;
use super::slab::Slab;

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
/// **Technique.** A slab of values, a parallel column of use counts, and a hash table that stores ids
/// and compares keys through the values.
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
    values: Slab<Option<V>>,
    /// Use counts. They are not beside the values, so a write that only counts does not invalidate
    /// the cache lines in which readers have the values.
    uses: Vec<u32>,
    ids: HashTable<ValueId>,
    hasher: DefaultHashBuilder,
}

impl<V> Default for Interned<V> {
    fn default() -> Self {
        Interned {
            values: Slab::default(),
            uses: Vec::new(),
            ids: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<V: Value> Interned<V> {
    /// The id of the value with `key`. Cost: O(length).
    pub(crate) fn find(&self, key: &[u8]) -> Option<ValueId> {
        let values = self.values.places();
        if values.len() <= FEW {
            let has_key = |value: &Option<V>| value.as_ref().is_some_and(|v| v.key() == key);
            return values.iter().position(has_key).map(|id| id as ValueId);
        }
        let hash = self.hasher.hash_one(key);
        self.ids.find(hash, |&id| self.get(id).key() == key).copied()
    }

    /// Counts one more use of the value with `key` and returns its id. A new value is made by
    /// `make` and has one use. Cost: O(length).
    pub(crate) fn acquire(&mut self, key: &[u8], make: impl FnOnce() -> V) -> ValueId {
        if let Some(id) = self.find(key) {
            self.uses[id as usize] += 1;
            return id;
        }
        let id = self.values.insert(Some(make()));
        if id as usize == self.uses.len() {
            reserve_for_one(&mut self.uses);
            self.uses.push(0);
        }
        self.uses[id as usize] = 1;
        let (values, hasher) = (&self.values, &self.hasher);
        self.ids
            .insert_unique(hasher.hash_one(key), id, |&id| hasher.hash_one(values.value(id).key()));
        id
    }

    /// Counts one use less. Frees and returns the value if that was its last use.
    pub(crate) fn release(&mut self, id: ValueId) -> Option<V> {
        let uses = &mut self.uses[id as usize];
        *uses -= 1;
        if *uses > 0 {
            return None;
        }
        let hash = self.hasher.hash_one(self.get(id).key());
        if let Ok(entry) = self.ids.find_entry(hash, |&found| found == id) {
            entry.remove();
        }
        // The hash table never shrinks by itself, and rebuilding it is cheap, since it holds only
        // ids.
        if self.ids.len() * 8 < self.ids.capacity() && self.ids.capacity() > 64 {
            let (values, hasher) = (&self.values, &self.hasher);
            self.ids.shrink_to(self.ids.len() * 2, |&id| hasher.hash_one(values.value(id).key()));
        }
        self.values.remove(id)
    }

    /// Heap bytes, the values included. Cost: O(values).
    pub(crate) fn bytes(&self) -> usize {
        self.values.table_bytes()
            + self.uses.capacity() * size_of::<u32>()
            + self.ids.allocation_size()
            + self.values().map(V::bytes).sum::<usize>()
    }

    /// Checks the hash table, the free list and the counts against the values.
    pub(crate) fn internal_validate(&self, name: &str) -> Result<(), String> {
        let (held, used, findable) = (self.values().count(), self.values.used(), self.ids.len());
        let (slots, counts) = (self.id_bound(), self.uses.len());
        if held != used || held != findable || counts != slots {
            return Err(format!(
                "{name}: {held} values, of which {used} are in use and {findable} in the hash table; \
                 {slots} slots have {counts} counts"
            ));
        }
        for (id, value) in self.values.places().iter().enumerate() {
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
        self.values.value(id)
    }

    /// The value `id`, which is in use, for a change that does not affect its key.
    pub(super) fn get_mut(&mut self, id: ValueId) -> &mut V {
        self.values.value_mut(id)
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
        self.values.places().len()
    }

    /// The values in use.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.values.places().iter().flatten()
    }
}
