//! The rules of tags. Requests and records share them.

use crate::error::TagFault;
use crate::limits::{TAG_KEY_CHARS, TAG_VALUE_CHARS, TAGS, at_most_chars};

/// A tag to check: its number, and its key and value if they were given.
pub(crate) type NumberedTag<'a> = (u32, Option<&'a str>, Option<&'a str>);

/// Checks `tags`, which come in ascending order of their numbers, and returns the first fault. Each
/// rule is checked over all tags before the next rule: count, missing keys, keys, values, duplicate
/// keys. Cost: O(length of all tags).
pub(crate) fn check_tags<'a>(
    tags: impl Iterator<Item = NumberedTag<'a>> + Clone,
) -> Result<(), TagFault<'a>> {
    let all_fit = tags.clone().all(|(number, key, value)| {
        number <= TAGS as u32 && key.is_some_and(is_tag_key) && value.is_none_or(is_tag_value)
    });
    if all_fit { check_duplicates(tags) } else { first_fault(tags).map_or(Ok(()), Err) }
}

/// The first fault, other than a duplicate key.
#[cold]
fn first_fault<'a>(tags: impl Iterator<Item = NumberedTag<'a>> + Clone) -> Option<TagFault<'a>> {
    let too_many =
        |(number, ..): NumberedTag<'a>| (number > TAGS as u32).then_some(TagFault::TooMany(number));
    let missing = |(number, key, _): NumberedTag<'a>| match key {
        None => Some(TagFault::KeyMissing(number)),
        Some(_) => None,
    };
    let bad_key = |(number, key, _): NumberedTag<'a>| {
        key.filter(|key| !is_tag_key(key)).map(|key| TagFault::Key(number, key))
    };
    let bad_value = |(number, _, value): NumberedTag<'a>| {
        value.filter(|value| !is_tag_value(value)).map(|value| TagFault::Value(number, value))
    };
    (tags.clone().find_map(too_many))
        .or_else(|| tags.clone().find_map(missing))
        .or_else(|| tags.clone().find_map(bad_key))
        .or_else(|| tags.clone().find_map(bad_value))
}

/// Refuses the first tag whose key is also the key of an earlier tag.
fn check_duplicates<'a>(
    tags: impl Iterator<Item = NumberedTag<'a>> + Clone,
) -> Result<(), TagFault<'a>> {
    // `seen` is a Bloom filter of the last eight bytes of each key: keys of a family mostly differ at
    // their ends. Only a key whose bit is set is compared with all earlier keys.
    let mut seen = [0_u64; 4];
    for (at, (number, key, _)) in tags.clone().enumerate() {
        let bytes = key.unwrap_or_default().as_bytes();
        let end = match bytes.last_chunk() {
            Some(end) => u64::from_le_bytes(*end),
            None => bytes.iter().fold(0, |end, &byte| end << 8 | u64::from(byte)),
        };
        // Multiplicative hashing: the top bits depend on all bytes.
        let hash = end.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
        let (word, bit) = (&mut seen[(hash >> 6) as usize], 1 << (hash & 63));
        if *word & bit != 0 && tags.clone().take(at).any(|(_, earlier, _)| earlier == key) {
            return Err(TagFault::DuplicateKey(number, key.unwrap_or_default()));
        }
        *word |= bit;
    }
    Ok(())
}

fn is_tag_key(key: &str) -> bool {
    !key.is_empty()
        && at_most_chars(key, TAG_KEY_CHARS)
        && !starts_with(key, b"aliyun")
        && (!has_colon(key) || !starts_with(key, b"acs:") && !names_url(key))
}

fn is_tag_value(value: &str) -> bool {
    at_most_chars(value, TAG_VALUE_CHARS) && (!has_colon(value) || !names_url(value))
}

/// Whether `text` starts with `prefix` in any letter case.
fn starts_with(text: &str, prefix: &[u8]) -> bool {
    let start = text.as_bytes().get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Looks for the one byte that every URL has: few keys and values have it, and one byte is found faster
/// than a text. There is no branch inside, so that it compiles to vector instructions.
fn has_colon(text: &str) -> bool {
    text.bytes().fold(false, |found, byte| found | (byte == b':'))
}

fn names_url(text: &str) -> bool {
    text.contains("http://") || text.contains("https://")
}
