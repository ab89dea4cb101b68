//! The fingerprint: a hash of the query to which a token is bound.

use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use crate::request::{Filters, GivenTag};

/// The XXH3-64 of the canonical bytes. Cost: O(length of the filters).
pub(super) fn fingerprint(filters: &Filters<'_>, store_id: u64) -> u64 {
    xxh3_64(&canonical_bytes(filters, store_id))
}

/// The canonical bytes of the store's id, the operation and every effective filter. Paging,
/// ContentEncoding and IncludeOutput are not part of them, because they choose no rows.
///
/// **Invariant.** Two queries have the same bytes if and only if they have the same store id,
/// operation and filters. It holds because the bytes can be decoded, as the test does.
///
/// - A value of a closed set is one byte: 0 if absent, else one more than its place in the set.
/// - A text is preceded by its length. An optional text is also preceded by the letter of its
///   filter, and writes nothing if it is absent. A later version can therefore add a filter with a
///   new letter without changing the fingerprints of queries that do not use it.
/// - A tag is its key as such a text, and then its value, if it has one, as another. Tags are sorted
///   by key, because their order chooses no rows.
///
/// **Alternatives.** A buffer on the stack took 434 ns instead of 289 for a query with three tags
/// (2026-11-28).
fn canonical_bytes(filters: &Filters<'_>, store_id: u64) -> Vec<u8> {
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
    let place = |place: Option<u8>| place.map_or(0, |place| place + 1);
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(&store_id.to_be_bytes());
    bytes.extend_from_slice(&[
        operation as u8,
        place(command_type.map(|value| value as u8)),
        place(repeat_mode.map(|value| value as u8)),
        place(timed.map(u8::from)),
        place(status.map(|value| value as u8)),
        u8::from(include_history),
    ]);
    push_text(&mut bytes, region_id);
    for (letter, text) in [
        (b'G', resource_group_id),
        (b'I', invoke_id),
        (b'C', command_id),
        (b'N', command_name),
        (b'X', instance_id),
    ] {
        if let Some(text) = text {
            push_given(&mut bytes, letter, text);
        }
    }
    let mut tags: SmallVec<[&GivenTag; 4]> = tags.iter().collect();
    tags.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let texts = tags.iter().flat_map(|tag| [(b'K', &tag.key), (b'V', &tag.value)]);
    for (letter, text) in texts {
        if let Some(text) = text {
            push_given(&mut bytes, letter, text);
        }
    }
    bytes
}

fn push_given(bytes: &mut Vec<u8>, letter: u8, text: &str) {
    bytes.push(letter);
    push_text(bytes, text);
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
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

        fn place<T: Copy>(&mut self, all: &[T]) -> Option<T> {
            let place = self.take(1)[0].checked_sub(1);
            place.map(|place| all[usize::from(place)])
        }

        fn text(&mut self) -> &'a str {
            let length = u64::from_be_bytes(self.take(8).try_into().unwrap());
            std::str::from_utf8(self.take(length as usize)).unwrap()
        }

        /// The text under this letter, if it comes next.
        fn given(&mut self, letter: u8) -> Option<&'a str> {
            let is_next = self.0.first() == Some(&letter);
            self.take(usize::from(is_next));
            is_next.then(|| self.text())
        }
    }

    /// All that the bytes hold, as text.
    fn decoded(bytes: &[u8]) -> String {
        let mut reader = Reader(bytes);
        let store_id = u64::from_be_bytes(reader.take(8).try_into().unwrap());
        // In the order of the bytes.
        let filters = Filters {
            operation: OPERATIONS[usize::from(reader.take(1)[0])],
            command_type: reader.place(CommandType::ALL),
            repeat_mode: reader.place(RepeatMode::ALL),
            timed: reader.place(&[false, true]),
            status: reader.place(InvokeStatus::ALL),
            include_history: reader.place(&[true]).is_some(),
            region_id: reader.text(),
            resource_group_id: reader.given(b'G'),
            invoke_id: reader.given(b'I'),
            command_id: reader.given(b'C'),
            command_name: reader.given(b'N'),
            instance_id: reader.given(b'X'),
            tags: &[],
        };
        let mut tags = Vec::new();
        while let Some(key) = reader.given(b'K') {
            let value = reader.given(b'V').map(str::to_owned);
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
