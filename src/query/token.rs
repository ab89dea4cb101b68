//! NextToken: a place in the order, sealed with what was asked.
//!
//! Version 1 is 33 bytes, big-endian, written as 44 characters of URL-safe Base64 without
//! padding (33 is a multiple of 3, so each text has one reading):
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 8 | CreationTime of the last returned row, seconds |
//! | 8 | its acceptance number |
//! | 2 | its run, from 0; 0 for DescribeInvocations |
//! | 4 | its history number; 0 for DescribeInvocations, all ones for a run itself |
//! | 2 | rows returned so far, in a query with tags; else 0 |
//! | 8 | seal: XXH3-64 of the 25 bytes before it, seeded with the query's fingerprint |
//!
//! The fingerprint is made of the operation, the store's id and each effective filter, so a token
//! is accepted only for them. It is a checksum and no signature.

use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::index::RowKey;
use crate::model::Timestamp;
use crate::request::{Checked, Operation};

const VERSION: u8 = 1;
const BODY: usize = 25;
const BYTES: usize = BODY + 8;
const CHARS: usize = BYTES / 3 * 4;

/// A place in the order: the last row that was returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cursor {
    pub(crate) key: RowKey,
    pub(crate) run: u16,
    pub(crate) history: u32,
    /// Rows returned so far, in a query with tags.
    pub(crate) returned: u16,
}

impl Cursor {
    /// Stands in `history` for the run itself, which comes before its history.
    pub(crate) const RUN_ITSELF: u32 = u32::MAX;
}

/// A `NextToken`: where a walk goes on, as opaque text of 44 characters (letters, digits, `-` and
/// `_`). Made from the place of a row, so nothing is kept for it: it never expires, survives the
/// row, and is valid for the same filters in every store with the same [`Config::id`], also one
/// that was saved and restored. A checksum refuses any other; it is no signature.
///
/// [`Config::id`]: crate::Config::id
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocations, InstanceRun, Invocation, Store};
///
/// let mut store = Store::default();
/// for id in ["t-0001", "t-0002"] {
///     let mut invocation = Invocation::new("cn-hangzhou", id, "c-0001");
///     invocation.instances.push(InstanceRun::new("i-0001"));
///     store.accept(&invocation)?;
/// }
/// let first = DescribeInvocations::new("cn-hangzhou").max_results(1);
/// let token = store.describe_invocations(&first)?.next_token().unwrap();
/// assert_eq!(token.as_str().len(), 44);
///
/// let second = store.describe_invocations(&first.next_token(token))?;
/// assert_eq!(second.invocations().next().unwrap().invoke_id(), "t-0001");
/// assert_eq!(second.next_token(), None);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NextToken([u8; CHARS]);

impl NextToken {
    /// The text. Cost: O(1).
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) fn write(cursor: &Cursor, fingerprint: u64) -> Self {
        let mut bytes = [0; BYTES];
        bytes[0] = VERSION;
        bytes[1..9].copy_from_slice(&u64::from(cursor.key.time.as_secs()).to_be_bytes());
        bytes[9..17].copy_from_slice(&cursor.key.number.to_be_bytes());
        bytes[17..19].copy_from_slice(&cursor.run.to_be_bytes());
        bytes[19..23].copy_from_slice(&cursor.history.to_be_bytes());
        bytes[23..25].copy_from_slice(&cursor.returned.to_be_bytes());
        let seal = xxh3_64_with_seed(&bytes[..BODY], fingerprint);
        bytes[BODY..].copy_from_slice(&seal.to_be_bytes());
        let mut text = [0; CHARS];
        // The text is as long as the encoding, so there is nothing that could fail.
        let _ = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        NextToken(text)
    }
}

impl AsRef<str> for NextToken {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// For the next request's `next_token`.
impl From<NextToken> for String {
    fn from(token: NextToken) -> Self {
        token.as_str().to_owned()
    }
}

impl fmt::Display for NextToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for NextToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NextToken({self})")
    }
}

/// Reads what [`NextToken::write`] wrote for the same fingerprint.
#[inline]
pub(crate) fn read(text: &str, fingerprint: u64) -> Option<Cursor> {
    if text.len() != CHARS {
        return None;
    }
    let mut bytes = [0; BYTES];
    if URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) != Ok(BYTES) {
        return None;
    }
    let (body, seal) = bytes.split_at(BODY);
    if xxh3_64_with_seed(body, fingerprint).to_be_bytes() != seal || body[0] != VERSION {
        return None;
    }
    let secs = i64::try_from(u64::from_be_bytes(body[1..9].try_into().ok()?)).ok()?;
    Some(Cursor {
        key: RowKey {
            time: Timestamp::from_secs(secs)?,
            number: u64::from_be_bytes(body[9..17].try_into().ok()?),
        },
        run: u16::from_be_bytes(body[17..19].try_into().ok()?),
        history: u32::from_be_bytes(body[19..23].try_into().ok()?),
        returned: u16::from_be_bytes(body[23..25].try_into().ok()?),
    })
}

/// Of 64 bits.
const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;

/// Of the operation, the store's id and the filters that choose rows. Each value is mixed by itself
/// with what its filter alone has, and the sum counts: so the order of tags is nothing, and no value
/// under another name comes to the same. A text counts by its XXH3-64, a value of a closed set by
/// its place in the set. Cost: O(length), once for a query.
pub(crate) fn fingerprint<C>(query: &Checked<'_, C>, store_id: u64) -> u64 {
    *query.fingerprint.get_or_init(|| {
        // Two numbers that are nothing but far apart. Added to a mixed id, so that no distance
        // between two ids makes up for the other operation.
        let seed = mix(store_id).wrapping_add(match query.operation {
            Operation::DescribeInvocations => 0x8ebc_6af0_9c88_c6e3,
            Operation::DescribeInvocationResults => 0x5899_65cc_7537_4cc3,
        });
        // Mixed, or in the sum two values could change places over four names.
        let text = |letter: u8, value: Option<&str>| {
            value.map_or(0, |value| mix(hash(seed, letter, value)))
        };
        let number = |letter: u8, value: Option<u8>| {
            value.map_or(0, |value| mix(seed ^ u64::from(u16::from_be_bytes([letter, value]))))
        };
        let sum = seed
            .wrapping_add(text(b'R', Some(query.region_id)))
            .wrapping_add(text(b'G', query.resource_group_id))
            .wrapping_add(text(b'I', query.invoke_id))
            .wrapping_add(text(b'C', query.command_id))
            .wrapping_add(text(b'N', query.command_name))
            .wrapping_add(text(b'X', query.instance_id))
            .wrapping_add(number(b'Y', query.command_type.map(|value| value as u8)))
            .wrapping_add(number(b'M', query.repeat_mode.map(|value| value as u8)))
            .wrapping_add(number(b'D', query.timed.map(u8::from)))
            .wrapping_add(number(b'S', query.status.map(|value| value as u8)))
            .wrapping_add(number(b'H', query.include_history.then_some(1)));
        // What a tag adds must not come apart again: which value is of which key counts.
        let tags = query.tags().map(|(key, value)| {
            let value = value.map_or(0, |value| hash(seed, b'V', value));
            mix(hash(seed, b'K', key).wrapping_add(value))
        });
        tags.fold(sum, u64::wrapping_add)
    })
}

/// Of a text under its filter's letter.
#[inline(always)]
fn hash(seed: u64, letter: u8, text: &str) -> u64 {
    // Odd multiples of an odd number are odd: none loses a bit.
    let odd = (2 * u64::from(letter) + 1).wrapping_mul(GOLDEN_RATIO);
    xxh3_64_with_seed(text.as_bytes(), seed).wrapping_mul(odd)
}

/// The finalizer of SplitMix64: one that leaves nothing of a sum, or what the filters' numbers have
/// in common comes through. No two values come to the same.
fn mix(bits: u64) -> u64 {
    let bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use std::cell::OnceCell;

    use super::*;
    use crate::request::{ContentEncoding, Paging};

    /// Nothing but texts.
    fn asked<'a>(region_id: &'a str, texts: [Option<&'a str>; 5]) -> Checked<'a, Cursor> {
        let [resource_group_id, invoke_id, command_id, command_name, instance_id] = texts;
        Checked {
            operation: Operation::DescribeInvocations,
            region_id,
            resource_group_id,
            invoke_id,
            command_id,
            command_name,
            command_type: None,
            repeat_mode: None,
            timed: None,
            status: None,
            instance_id,
            tags: &[],
            include_history: false,
            content_encoding: ContentEncoding::Base64,
            include_output: false,
            paging: Paging::Token { max_results: 10 },
            after: None,
            fingerprint: OnceCell::new(),
        }
    }

    /// The first numbers of SplitMix64 seeded with 0, whose states are multiples of one number.
    #[test]
    fn the_finalizer_is_that_of_split_mix_64() {
        let numbers = [1, 2, 3].map(|state: u64| mix(state.wrapping_mul(GOLDEN_RATIO)));
        assert_eq!(numbers, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }

    /// Two texts that change places between two filters and two others come to the same sum exactly
    /// when each adds as much to the ones less what it adds to the others. As many texts as are tried
    /// here make five hundred million pairs: 29 bits of difference would not hold.
    #[test]
    fn no_two_texts_can_change_places() {
        let texts: Vec<_> = (0..1 << 15).map(|number| format!("x{number}")).collect();
        type Asked<'a> = [Checked<'a, Cursor>; 2];
        let differences: [fn(&str) -> Asked<'_>; 3] = [
            |text| {
                let (own, other) = (Some(text), Some("y"));
                let one = asked(text, [other, None, own, other, None]);
                [one, asked("y", [own, None, other, own, None])]
            },
            |text| {
                let (own, other) = (Some(text), Some("y"));
                let one = asked(text, [None, own, other, None, other]);
                [one, asked("y", [None, other, own, None, own])]
            },
            |text| {
                let (own, other) = (Some(text), Some("y"));
                let one = asked("", [own, None, other, None, None]);
                [one, asked("", [other, None, own, None, None])]
            },
        ];
        for difference in differences {
            let mut all: Vec<_> = texts
                .iter()
                .map(|text| {
                    let [one, other] = difference(text).map(|asked| fingerprint(&asked, 0));
                    one.wrapping_sub(other)
                })
                .collect();
            all.sort_unstable();
            assert!(all.is_sorted_by(|one, other| one < other));
        }
    }
}
