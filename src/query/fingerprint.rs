//! The fingerprint: what a token is bound to beside its row.

use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use crate::request::{Filters, GivenTag};

/// Canonical bytes. Most queries fit without an allocation.
type Bytes = SmallVec<[u8; 256]>;

/// The XXH3-64 of the canonical bytes. Cost: O(length of the filters).
pub(super) fn fingerprint(filters: &Filters<'_>, store_id: u64) -> u64 {
    xxh3_64(&canonical_bytes(filters, store_id))
}

/// The store's id, the operation and the filters, written so that different filters never have the
/// same bytes: a given filter is its letter and its value, in a fixed order; a text has its length
/// before it; a value of a closed set is its place in the set; tags are sorted by key, because their
/// numbers choose nothing. An absent filter writes nothing, so tokens outlive the version that adds
/// a filter with a letter of its own.
fn canonical_bytes(filters: &Filters<'_>, store_id: u64) -> Bytes {
    let Filters {
        operation,
        region_id,
        resource_group_id,
        invoke_id,
        command_id,
        command_name,
        command_type,
        repeat_mode,
        timed,
        status,
        instance_id,
        tags,
        include_history,
    } = *filters;
    let mut bytes = Bytes::new();
    bytes.extend_from_slice(&store_id.to_be_bytes());
    bytes.push(operation as u8);
    push_text(&mut bytes, b'R', Some(region_id));
    push_text(&mut bytes, b'G', resource_group_id);
    push_text(&mut bytes, b'I', invoke_id);
    push_text(&mut bytes, b'C', command_id);
    push_text(&mut bytes, b'N', command_name);
    push_place(&mut bytes, b'Y', command_type.map(|value| value as u8));
    push_place(&mut bytes, b'M', repeat_mode.map(|value| value as u8));
    push_place(&mut bytes, b'D', timed.map(u8::from));
    push_place(&mut bytes, b'S', status.map(|value| value as u8));
    push_text(&mut bytes, b'X', instance_id);
    push_place(&mut bytes, b'H', include_history.then_some(1));
    let mut tags: SmallVec<[&GivenTag; 4]> = tags.iter().collect();
    tags.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    for tag in tags {
        push_text(&mut bytes, b'K', tag.key.as_deref());
        push_text(&mut bytes, b'V', tag.value.as_deref());
    }
    bytes
}

fn push_text(bytes: &mut Bytes, letter: u8, text: Option<&str>) {
    if let Some(text) = text {
        bytes.push(letter);
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
}

fn push_place(bytes: &mut Bytes, letter: u8, place: Option<u8>) {
    if let Some(place) = place {
        bytes.extend_from_slice(&[letter, place]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::array::uniform5;
    use proptest::collection::btree_map;
    use proptest::option::of;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::model::{CommandType, InvokeStatus, RepeatMode};
    use crate::request::Operation::{self, DescribeInvocationResults, DescribeInvocations};

    /// Reads canonical bytes back.
    struct Reader<'a>(&'a [u8]);

    impl<'a> Reader<'a> {
        fn take(&mut self, count: usize) -> &'a [u8] {
            let (taken, rest) = self.0.split_at(count);
            self.0 = rest;
            taken
        }

        fn number(&mut self) -> u64 {
            u64::from_be_bytes(self.take(8).try_into().unwrap())
        }

        /// Whether the field with this letter comes next.
        fn is_next(&mut self, letter: u8) -> bool {
            let is_next = self.0.first() == Some(&letter);
            self.take(usize::from(is_next));
            is_next
        }

        fn text(&mut self, letter: u8) -> Option<&'a str> {
            self.is_next(letter).then(|| {
                let length = self.number() as usize;
                std::str::from_utf8(self.take(length)).unwrap()
            })
        }

        fn one_of<T: Copy>(&mut self, letter: u8, all: &[T]) -> Option<T> {
            self.is_next(letter).then(|| all[usize::from(self.take(1)[0])])
        }
    }

    /// All that the bytes hold, as text.
    fn decoded(bytes: &[u8]) -> String {
        let mut reader = Reader(bytes);
        let store_id = reader.number();
        let filters = Filters {
            operation: OPERATIONS[usize::from(reader.take(1)[0])],
            region_id: reader.text(b'R').unwrap(),
            resource_group_id: reader.text(b'G'),
            invoke_id: reader.text(b'I'),
            command_id: reader.text(b'C'),
            command_name: reader.text(b'N'),
            command_type: reader.one_of(b'Y', CommandType::ALL),
            repeat_mode: reader.one_of(b'M', RepeatMode::ALL),
            timed: reader.one_of(b'D', &[false, true]),
            status: reader.one_of(b'S', InvokeStatus::ALL),
            instance_id: reader.text(b'X'),
            include_history: reader.one_of(b'H', &[false, true]).is_some(),
            tags: &[],
        };
        let mut tags = Vec::new();
        while let Some(key) = reader.text(b'K') {
            let value = reader.text(b'V').map(str::to_owned);
            tags.push(GivenTag { number: 0, key: Some(key.to_owned()), value });
        }
        assert!(reader.0.is_empty(), "{:?} are not read", reader.0);
        format!("{store_id} {:?}", Filters { tags: &tags, ..filters })
    }

    const OPERATIONS: [Operation; 2] = [DescribeInvocations, DescribeInvocationResults];

    /// Near-collisions: texts that are parts of each other, and texts that look like the bytes of
    /// another field.
    fn text() -> impl Strategy<Value = &'static str> {
        const FIELD: &str = "C\0\0\0\0\0\0\0\u{1}a";
        const VALUE: &str = "aV\0\0\0\0\0\0\0\u{1}a";
        select(&["", "a", "b", "ab", "ba", "\0", "C", "aC", "Y\u{1}", FIELD, VALUE][..])
    }

    proptest! {
        /// Bytes from which the filters can be read back are different for different filters.
        #[test]
        fn the_filters_can_be_read_back(
            store_id in any::<u64>(),
            operation in select(&OPERATIONS[..]),
            region_id in text(),
            texts in uniform5(of(text())),
            command_type in of(select(CommandType::ALL)),
            repeat_mode in of(select(RepeatMode::ALL)),
            timed in any::<Option<bool>>(),
            status in of(select(InvokeStatus::ALL)),
            include_history in any::<bool>(),
            tags in btree_map(text(), of(text()), 0..4),
        ) {
            let [resource_group_id, invoke_id, command_id, command_name, instance_id] = texts;
            let mut tags: Vec<_> = tags
                .into_iter()
                .map(|(key, value)| (Some(key.to_owned()), value.map(str::to_owned)))
                .map(|(key, value)| GivenTag { number: 0, key, value })
                .collect();
            let with = |tags: &[GivenTag]| {
                let filters = Filters {
                    operation,
                    region_id,
                    resource_group_id,
                    invoke_id,
                    command_id,
                    command_name,
                    command_type,
                    repeat_mode,
                    timed,
                    status,
                    instance_id,
                    include_history,
                    tags,
                };
                (canonical_bytes(&filters, store_id), format!("{store_id} {filters:?}"))
            };
            let (bytes, given) = with(&tags);
            prop_assert_eq!(decoded(&bytes), given);
            // Tags are a set.
            tags.reverse();
            prop_assert_eq!(with(&tags).0, bytes);
        }
    }
}
