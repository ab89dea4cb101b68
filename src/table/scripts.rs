//! The scripts of commands: name, content and parameters, apart from the settings that
//! [`Command`](super::Command) has. Where each record has a script of its own, it shares those
//! still.

use super::packed::{Key, Packed, encode_key};
use super::symbols::SymbolId;
use crate::model::Invocation;
use crate::wire::{self, CommandBody};

/// The strings of a script, in the order they are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum ScriptField {
    CommandName,
    CommandContent,
    Parameters,
}

/// The strings of a script, and the symbol of its name.
type Texts = Packed<3, 1>;

/// One script. With it its fields of the answer, as JSON with Base64 content, once many records
/// share it.
#[derive(Clone, Debug)]
pub(crate) struct Script(Texts);

impl Key for Script {
    fn key(&self) -> &[u8] {
        self.0.key()
    }
}

impl Script {
    /// Writes what identifies the script of `invocation` to `key`.
    pub(crate) fn encode_key(invocation: &Invocation, key: &mut Vec<u8>) {
        encode_key(
            [
                invocation.command_name.as_bytes(),
                &invocation.command_content,
                invocation.parameters.as_bytes(),
            ],
            key,
        );
    }

    /// The script whose key is `key`.
    pub(crate) fn new(key: &[u8], command_name: SymbolId) -> Self {
        Script(Packed::new(key, [command_name], b""))
    }

    /// The same script with its JSON ready.
    pub(crate) fn with_json(&self) -> Self {
        let json = wire::to_json(&self.fields());
        Script(Packed::new(self.0.key(), [self.command_name()], &json))
    }

    pub(crate) fn has_json(&self) -> bool {
        !self.0.json().is_empty()
    }

    /// The symbol of its name.
    pub(crate) fn command_name(&self) -> SymbolId {
        self.0.number(0)
    }

    pub(crate) fn get(&self, field: ScriptField) -> &[u8] {
        self.0.get(field as usize)
    }

    /// What an answer shows of it.
    pub(crate) fn fields(&self) -> CommandBody<'_> {
        CommandBody {
            command_name: self.0.text(ScriptField::CommandName as usize),
            parameters: self.0.text(ScriptField::Parameters as usize),
            command_content: self.get(ScriptField::CommandContent),
        }
    }

    /// The JSON of [`fields`](Self::fields) with the content in Base64, empty while few records
    /// share it.
    pub(crate) fn json(&self) -> &[u8] {
        self.0.json()
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

/// A CommandName that scripts have. It is kept in the texts of one of these, or by itself once that
/// one is gone: a name that no other record has takes no room of its own.
#[derive(Clone, Debug)]
pub(crate) struct CommandName(Texts);

impl Key for CommandName {
    fn key(&self) -> &[u8] {
        self.0.get(ScriptField::CommandName as usize)
    }
}

impl CommandName {
    /// The name of `script`, kept in it.
    pub(super) fn within(script: &Script) -> Self {
        CommandName(script.0.clone())
    }

    /// The same name by itself.
    pub(super) fn alone(&self) -> Self {
        let mut key = Vec::new();
        encode_key([self.key(), b"", b""], &mut key);
        CommandName(Packed::new(&key, [0], b""))
    }

    /// Whether it is kept in `script`.
    pub(super) fn is_within(&self, script: &Script) -> bool {
        self.0.is_clone_of(&script.0)
    }

    /// Whether it is kept with nothing else.
    pub(super) fn is_alone(&self) -> bool {
        use ScriptField as F;
        [F::CommandContent, F::Parameters]
            .iter()
            .all(|&field| self.0.get(field as usize).is_empty())
    }

    /// Heap bytes, the script's where it is kept in one.
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use crate::model::{InstanceRun, Invocation, Timestamp};

    fn insert(table: &mut Table, id: &str, content: &str) -> u32 {
        let mut record = Invocation::new("r", id, "c");
        record.command_name = "name".into();
        record.command_content = content.as_bytes().into();
        record.instances.push(InstanceRun::new("i"));
        table.insert(&record, Timestamp::MIN)
    }

    #[test]
    fn a_name_stays_and_its_script_goes() {
        let mut table = Table::default();
        let name_is_alone = |table: &Table| {
            assert_eq!(table.internal_validate(), Ok(()));
            let id = table.command_names.find(b"name").expect("a record has it");
            table.command_names.get(id).is_alone()
        };
        let first = insert(&mut table, "t-1", "one");
        let second = insert(&mut table, "t-2", "two");
        assert!(!name_is_alone(&table));
        table.remove(first);
        assert!(name_is_alone(&table), "it was kept in the script of the first");
        let third = insert(&mut table, "t-3", "three");
        assert!(name_is_alone(&table));
        table.remove(second);
        table.remove(third);
        assert_eq!(table.command_names.find(b"name"), None);

        // A script that gets its JSON is another allocation, and the name goes along.
        let ids = (0..10).map(|number| format!("t-4{number}"));
        let all: Vec<u32> = ids.map(|id| insert(&mut table, &id, "four")).collect();
        assert!(table.script_of(table.head(all[0])).has_json());
        assert!(!name_is_alone(&table));
        insert(&mut table, "t-6", "five");
        all.into_iter().for_each(|slot| table.remove(slot));
        assert!(name_is_alone(&table));
    }
}
