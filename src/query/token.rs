//! NextToken: the key of the last returned row, sealed with the query's fingerprint.
//!
//! Version 1 is 33 bytes, big-endian, written as 44 characters of URL-safe Base64 without
//! padding. 33 is a multiple of 3, so no character has spare bits and each token has one spelling.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | version, 1 |
//! | 8 | CreationTime of the last returned row, in seconds |
//! | 8 | its acceptance number |
//! | 2 | its run, from 0; 0 for DescribeInvocations |
//! | 4 | its history number; 0 for DescribeInvocations, all ones for a run itself |
//! | 2 | rows returned so far, in a query with tags; else 0 |
//! | 8 | seal: XXH3-64 of the 25 bytes before it, seeded with the query's fingerprint |
//!
//! The fingerprint covers the store's id, the operation and every effective filter, so a token is
//! accepted only for the same ones. The seal is a checksum and no signature: a forger gains another
//! position in the same query, nothing else.

use core::cmp::Reverse;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::fingerprint::fingerprint;
use super::snapshot::Snapshot;
use crate::error::Error;
use crate::index::RowKey;
use crate::model::Timestamp;
use crate::request::{Checked, Paging};

const VERSION: u8 = 1;
const BODY: usize = 25;
const BYTES: usize = BODY + 8;
const CHARS: usize = BYTES / 3 * 4;

/// The place of the last returned row in the answer's order. The row itself may be gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cursor {
    pub(crate) key: RowKey,
    pub(crate) run: u16,
    pub(crate) history: u32,
    /// Rows returned so far, in a query with tags.
    pub(crate) returned: u16,
}

impl Cursor {
    /// The history number of the run itself, which comes before its history.
    pub(crate) const RUN_ITSELF: u32 = u32::MAX;

    /// The place of a row of DescribeInvocations.
    pub(super) fn at(key: RowKey) -> Self {
        Cursor { key, run: 0, history: 0, returned: 0 }
    }

    /// Whether a row at `self` comes behind one at `other`: newest invocation first, then its runs
    /// in order, each followed by its history, newest first.
    pub(super) fn is_behind(self, other: Cursor) -> bool {
        let place = |cursor: Cursor| (Reverse(cursor.key), cursor.run, Reverse(cursor.history));
        place(self) > place(other)
    }
}

/// A `NextToken`: the place at which the next page begins, as opaque text of 44 characters
/// (letters, digits, `-` and `_`). It holds the key of a row, and the store keeps no state for it.
/// It never expires, survives the removal of the row, and is valid for the same filters in every
/// store with the same [`Config::id`], including one that was saved and restored. A 64-bit
/// checksum rejects damaged tokens and those of other filters or another store id. It is no
/// signature, so it does not protect against forgery.
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
///     assert!(store.accept(&invocation)?.retained);
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

    pub(super) fn write(cursor: &Cursor, fingerprint: u64) -> Self {
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
        // The text is as long as the encoding, so this cannot fail.
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

/// The cursor that the query's NextToken names, or `None` for a first page.
///
/// # Errors
///
/// `InvalidParameter.NextToken` for a token that was not given for these filters.
pub(crate) fn read(query: &Checked<'_>, snapshot: &Snapshot<'_>) -> Result<Option<Cursor>, Error> {
    let Paging::Token { next_token: Some(text), .. } = query.paging else { return Ok(None) };
    let fingerprint = fingerprint(&query.filters, snapshot.config.id);
    decode(text, fingerprint).map(Some).ok_or_else(|| Error::foreign_token(text))
}

/// The bytes that the characters encode, if each is one of the alphabet. Since the length is fixed and
/// no bits are spare, a table of the characters is all that it takes. `Engine::decode_slice` takes
/// 535 instructions here, a sixth of a query for the last page of a short list (2026-11-29).
fn decode_chars(chars: &[u8; CHARS]) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    let mut all = 0;
    for (quad, triple) in chars.chunks_exact(4).zip(bytes.chunks_exact_mut(3)) {
        let mut bits = 0;
        for &char in quad {
            let value = VALUES[usize::from(char)];
            all |= value;
            bits = bits << 6 | u32::from(value);
        }
        triple.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    (all < 64).then_some(bytes)
}

/// The value of each character of URL-safe Base64. All others have a value above 63.
const VALUES: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < 64 {
        values[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Reads a token that [`NextToken::write`] made with the same fingerprint.
fn decode(text: &str, fingerprint: u64) -> Option<Cursor> {
    let bytes = decode_chars(text.as_bytes().try_into().ok()?)?;
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
