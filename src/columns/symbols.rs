//! Interned, counted values: each distinct one is kept once, for as long as something uses it.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::packed::Key;

/// Names a value of one [`Symbols`].
pub(crate) type SymbolId = u32;

/// A text and the piece of JSON that shows it, which may be empty.
#[derive(Debug)]
pub(crate) struct Symbol {
    text: Box<[u8]>,
    json: Box<[u8]>,
}

impl Symbol {
    pub(crate) fn new(text: &[u8], json: Vec<u8>) -> Self {
        Symbol { text: text.into(), json: json.into_boxed_slice() }
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(crate) fn json(&self) -> &[u8] {
        &self.json
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.json.len()
    }
}

impl Key for Symbol {
    fn key(&self) -> &[u8] {
        &self.text
    }
}

/// So few values are compared with one after the other, which takes less than to hash the key:
/// most stores have a handful of regions and resource groups.
const FEW: usize = 8;

/// The distinct values of one kind. Values are shared, so that a page can take them along.
#[derive(Debug)]
pub(crate) struct Symbols<T> {
    entries: Vec<Entry<T>>,
    free: Vec<SymbolId>,
    ids: HashTable<SymbolId>,
    hasher: DefaultHashBuilder,
}

#[derive(Debug)]
struct Entry<T> {
    value: Option<Arc<T>>,
    uses: u32,
}

impl<T> Default for Symbols<T> {
    fn default() -> Self {
        Symbols {
            entries: Vec::new(),
            free: Vec::new(),
            ids: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<T: Key> Symbols<T> {
    /// The id of the value with `key`. Cost: O(length).
    pub(crate) fn find(&self, key: &[u8]) -> Option<SymbolId> {
        if self.entries.len() <= FEW {
            let at =
                |entry: &Entry<T>| entry.value.as_ref().is_some_and(|value| value.key() == key);
            return self.entries.iter().position(at).map(|id| id as SymbolId);
        }
        let hash = self.hasher.hash_one(key);
        self.ids.find(hash, |&id| self.key_of(id) == key).copied()
    }

    /// Uses the value with `key` once more, making it with `make` if it is new.
    /// Cost: O(length).
    pub(super) fn acquire(&mut self, key: &[u8], make: impl FnOnce() -> T) -> SymbolId {
        let hash = self.hasher.hash_one(key);
        if let Some(&id) = self.ids.find(hash, |&id| self.key_of(id) == key) {
            self.entries[id as usize].uses += 1;
            return id;
        }
        let entry = Entry { value: Some(Arc::new(make())), uses: 1 };
        let id = match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = entry;
                id
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as SymbolId
            }
        };
        let (entries, hasher) = (&self.entries, &self.hasher);
        self.ids.insert_unique(hash, id, |&id| hasher.hash_one(key_in(entries, id)));
        id
    }

    /// Uses the value once less. Returns it when that was the last use: then it is gone.
    pub(crate) fn release(&mut self, id: SymbolId) -> Option<Arc<T>> {
        let entry = &mut self.entries[id as usize];
        entry.uses -= 1;
        if entry.uses > 0 {
            return None;
        }
        let hash = self.hasher.hash_one(self.key_of(id));
        if let Ok(found) = self.ids.find_entry(hash, |&found| found == id) {
            found.remove();
        }
        self.free.push(id);
        // Of what never grows smaller by itself this is the part that is cheap to make anew.
        if self.ids.len() * 8 < self.ids.capacity() && self.ids.capacity() > 64 {
            let (entries, hasher) = (&self.entries, &self.hasher);
            self.ids.shrink_to(self.ids.len() * 2, |&id| hasher.hash_one(key_in(entries, id)));
        }
        self.entries[id as usize].value.take()
    }
}

impl<T> Symbols<T> {
    /// The value `id`, which is in use.
    pub(crate) fn get(&self, id: SymbolId) -> &Arc<T> {
        match &self.entries[id as usize].value {
            Some(value) => value,
            None => unreachable!("a symbol is kept while a record uses it"),
        }
    }

    /// How often `id` is used.
    pub(super) fn uses(&self, id: SymbolId) -> u32 {
        self.entries.get(id as usize).map_or(0, |entry| entry.uses)
    }

    /// Uses `id`, which is in use, once more.
    pub(super) fn acquire_again(&mut self, id: SymbolId) {
        self.entries[id as usize].uses += 1;
    }

    /// Replaces the value `id` by another one with the same key.
    pub(crate) fn replace(&mut self, id: SymbolId, value: T) {
        self.entries[id as usize].value = Some(Arc::new(value));
    }

    /// Adds a shared value without a way to find it: for the columns of a page.
    pub(super) fn push_unindexed(&mut self, value: Arc<T>) -> SymbolId {
        self.entries.push(Entry { value: Some(value), uses: 1 });
        (self.entries.len() - 1) as SymbolId
    }

    /// One more than the highest id there ever was at once.
    pub(crate) fn id_bound(&self) -> usize {
        self.entries.len()
    }

    /// The values in use.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Arc<T>> {
        self.entries.iter().filter_map(|entry| entry.value.as_ref())
    }

    /// Heap bytes of the tables, without the values.
    pub(crate) fn table_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry<T>>()
            + self.free.capacity() * size_of::<SymbolId>()
            + self.ids.allocation_size()
    }
}

impl<T: Key> Symbols<T> {
    fn key_of(&self, id: SymbolId) -> &[u8] {
        key_in(&self.entries, id)
    }

    /// Checks the table against the entries.
    pub(crate) fn internal_validate(&self, name: &str) -> Result<(), String> {
        let in_use = self.entries.iter().filter(|entry| entry.value.is_some()).count();
        if in_use != self.ids.len() || in_use + self.free.len() != self.entries.len() {
            return Err(format!(
                "{name}: {in_use} in use, {} findable, {} free, {} entries",
                self.ids.len(),
                self.free.len(),
                self.entries.len()
            ));
        }
        for (id, entry) in self.entries.iter().enumerate() {
            let Some(value) = &entry.value else { continue };
            let (key, id) = (value.key(), id as SymbolId);
            let hashed = self.ids.find(self.hasher.hash_one(key), |&found| found == id);
            if hashed.is_none() || self.find(key) != Some(id) || entry.uses == 0 {
                return Err(format!("{name}: {id} is not found by its key, or unused"));
            }
        }
        Ok(())
    }
}

fn key_in<T: Key>(entries: &[Entry<T>], id: SymbolId) -> &[u8] {
    entries[id as usize].value.as_ref().map_or(&[], |value| value.key())
}
