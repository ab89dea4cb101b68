//! What is about to be read, looked at first: much comes from memory at once where nothing waits for
//! it. Advice, on which no answer depends.

use std::hash::BuildHasher;
use std::hint::black_box;

use smallvec::SmallVec;

use super::commands::Command;
use super::invocations::{IndexKeys, IndexedColumn, Table};
use super::packed::{Key, encode_key};
use super::scripts::Script;
use super::symbols::{SymbolId, Symbols};
use super::tags::TagPair;
use crate::model::{InstanceRun, Invocation, Tag};

type Ids = SmallVec<[SymbolId; 8]>;

/// Room for most keys.
const KEY_BYTES: usize = 512;

impl Table {
    /// Looks at what inserting `invocation` reads. Gives the entries that it most likely gets in the
    /// index beside other records, but none of table with few values, which stay in the caches.
    /// Cost: O(size of the record).
    pub(crate) fn look_ahead_to_insert(&self, invocation: &Invocation) -> IndexKeys {
        let mut key = Vec::with_capacity(KEY_BYTES);
        let likely = |run: &InstanceRun| self.instances.likely(run.instance_id.as_bytes());
        let instances: Ids = invocation.instances.iter().filter_map(likely).collect();
        let mut likely = |tag: &Tag| {
            TagPair::encode_key(&tag.key, &tag.value, &mut key);
            self.tag_pairs.likely(&key)
        };
        let tags: Ids = invocation.tags.iter().filter_map(&mut likely).collect();
        Command::encode_key(invocation, &mut key);
        let command = self.commands.likely(&key);
        Script::encode_key(invocation, &mut key);
        let script = self.scripts.likely(&key);
        let scope = [&invocation.region_id, &invocation.resource_group_id];
        encode_key(scope.map(|id| id.as_bytes()), &mut key);
        let scope = self.scopes.likely(&key);
        black_box(self.likely_slot(invocation.invoke_id.as_bytes()));

        // What is found by these numbers first, then what stands behind it.
        look_at(&self.instances, &instances);
        look_at(&self.tag_pairs, &tags);
        look_at(&self.commands, &command);
        look_at(&self.scripts, &script);
        look_at(&self.scopes, &scope);
        look_behind(&self.instances, &instances);
        look_behind(&self.tag_pairs, &tags);
        look_behind(&self.commands, &command);
        look_behind(&self.scripts, &script);

        use IndexedColumn as C;
        let mut entries = IndexKeys::new();
        entries.extend(instances.iter().map(|&id| (C::Instance, id)));
        entries.extend(tags.iter().map(|&id| (C::TagPair, id)));
        entries.extend(tags.iter().map(|&id| (C::TagKey, self.tag_pairs.get(id).tag_key())));
        entries.extend(command.map(|id| (C::CommandId, self.commands.get(id).command_id())));
        entries.extend(script.map(|id| (C::CommandName, self.scripts.get(id).command_name())));
        entries
    }

    /// Looks at what removing the record in `slot` reads, but its entries in the index. Cost: O(size
    /// of the record).
    pub(crate) fn look_ahead_to_remove(&self, slot: u32) {
        let head = self.head(slot);
        let (command, script) = (Some(head.command), Some(head.script));
        let instances: Ids = self.runs_of(head).iter().map(|run| run.instance).collect();
        look_at(&self.instances, &instances);
        look_at(&self.tag_pairs, self.tags_of(head));
        look_at(&self.commands, &command);
        look_at(&self.scripts, &script);
        look_behind(&self.tag_pairs, self.tags_of(head));
        look_behind(&self.commands, &command);
        look_behind(&self.scripts, &script);
        black_box(self.likely_slot(self.invoke_id(head)));
    }

    fn likely_slot(&self, invoke_id: &[u8]) -> Option<u32> {
        self.slots.find(self.hasher.hash_one(invoke_id), |_| true).copied()
    }
}

/// Reads where the values `ids` are, and how often they are used.
fn look_at<'i, T: Key>(symbols: &Symbols<T>, ids: impl IntoIterator<Item = &'i SymbolId>) {
    black_box(ids.into_iter().fold(0, |seen, &id| seen ^ symbols.look_at(id)));
}

/// Reads the beginnings of the values `ids`.
fn look_behind<'i, T: Key>(symbols: &Symbols<T>, ids: impl IntoIterator<Item = &'i SymbolId>) {
    black_box(ids.into_iter().fold(0, |seen, &id| seen ^ symbols.get(id).key().len()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    /// A record with texts of its own: two instances, two tags, and so on.
    fn record(number: usize) -> Invocation {
        let mut record = Invocation::new("r", format!("t-{number}"), format!("c-{number}"));
        record.command_name = format!("name-{number}");
        for part in ["a", "b"] {
            record.instances.push(InstanceRun::new(format!("i-{number}-{part}")));
            record.tags.push(Tag::new(format!("k-{number}-{part}"), part));
        }
        record
    }

    #[test]
    fn what_is_looked_at_is_what_a_record_then_shares() {
        let mut table = Table::default();
        let slots: Vec<u32> =
            (0..1_000).map(|n| table.insert(&record(n), Timestamp::MIN)).collect();
        let mut right = 0;
        for (number, &slot) in slots.iter().enumerate() {
            let mut entries = IndexKeys::new();
            table.for_each_index_key(slot, |entry| entries.push(entry));
            let likely = table.look_ahead_to_insert(&record(number));
            assert_eq!(likely.len(), 8, "two instances, two tags, their keys, a command, a name");
            right += likely.iter().filter(|entry| entries.contains(entry)).count();
        }
        // Values are told apart by seven bits of their hashes.
        assert!(right > 7_000, "{right} of 8,000");
    }

    #[test]
    fn a_record_that_shares_nothing_has_nothing_to_look_at() {
        let mut table = Table::default();
        assert!(table.look_ahead_to_insert(&record(1)).is_empty());
        let slot = table.insert(&record(1), Timestamp::MIN);
        table.look_ahead_to_remove(slot);
        table.remove(slot);
        assert!(table.look_ahead_to_insert(&record(1)).is_empty());
        assert_eq!(table.internal_validate(), Ok(()));
    }
}
