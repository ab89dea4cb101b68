//! Several strings in one allocation: the key under which a value is interned, followed by the JSON
//! of the value.

use smallvec::SmallVec;

/// `N` byte strings of less than 64 KiB together, and optionally the JSON of the value.
///
/// **Layout.** The end of each string as a little-endian `u16`, the strings, the JSON. The part
/// before the JSON is the key.
///
/// **Invariant.** Two tuples have equal keys if and only if their strings are equal, because the
/// ends come first and determine the position of each string.
///
/// **Alternative.** With strings and JSON in allocations of their own, a record of unique content
/// took 54 bytes more, and an accept 1.04 of the time (2026-11-25).
#[derive(Clone, Debug)]
pub(crate) struct StringTuple<const N: usize>(Box<[u8]>);

/// The key of a tuple. Most keys fit without a heap allocation.
pub(crate) type KeyBytes = SmallVec<[u8; 256]>;

/// The number of bytes that the ends of `n` strings take.
const fn ends(n: usize) -> usize {
    n * size_of::<u16>()
}

/// The key of a tuple with `strings`. The limits of a record keep them below 64 KiB together, and a
/// request's tag is checked against the same limits before its key is made, so each end fits.
/// Cost: O(length).
pub(crate) fn key_of<const N: usize>(strings: [&[u8]; N]) -> KeyBytes {
    let mut key = KeyBytes::from_elem(0, length_of(strings));
    write_key(strings, &mut key);
    key
}

/// Calls `find` with the key of `strings`, which stays on the stack if it is short: a query and a
/// write make one for each tag. Cost: O(length).
pub(crate) fn with_key<const N: usize, T>(strings: [&[u8]; N], find: impl FnOnce(&[u8]) -> T) -> T {
    const SHORT: usize = 96;
    match [0; SHORT].get_mut(..length_of(strings)) {
        Some(room) => {
            write_key(strings, room);
            find(room)
        }
        None => find(&key_of(strings)),
    }
}

/// The length of the key of `strings`.
fn length_of<const N: usize>(strings: [&[u8]; N]) -> usize {
    ends(N) + strings.iter().map(|string| string.len()).sum::<usize>()
}

/// Writes the key of `strings` to `room`, which is as long.
#[inline]
fn write_key<const N: usize>(strings: [&[u8]; N], room: &mut [u8]) {
    let (ends, texts) = room.split_at_mut(ends(N));
    let mut end = 0;
    for (string, entry) in strings.iter().zip(ends.chunks_exact_mut(2)) {
        let start = end;
        end += string.len();
        debug_assert!(end <= usize::from(u16::MAX));
        entry.copy_from_slice(&(end as u16).to_le_bytes());
        texts[start..end].copy_from_slice(string);
    }
}

impl<const N: usize> StringTuple<N> {
    /// The tuple with `key`, which [`key_of`] made, and `json`, which may be empty.
    pub(crate) fn new(key: &[u8], json: &[u8]) -> Self {
        debug_assert!(key.len() >= ends(N));
        StringTuple([key, json].concat().into())
    }

    /// The string at `index`. Cost: O(1).
    pub(crate) fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { ends(N) } else { self.end(index - 1) };
        &self.0[start..self.end(index)]
    }

    /// The string at `index`, which is text. Cost: O(length).
    pub(crate) fn text(&self, index: usize) -> &str {
        // Every text of a record is UTF-8.
        std::str::from_utf8(self.get(index)).unwrap_or_default()
    }

    /// All strings. Cost: O(1) for each.
    pub(crate) fn strings(&self) -> [&[u8]; N] {
        std::array::from_fn(|index| self.get(index))
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.0[..self.end(N - 1)]
    }

    /// The JSON; empty if none was made.
    pub(crate) fn json(&self) -> &[u8] {
        &self.0[self.end(N - 1)..]
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len()
    }

    /// The end of the string at `index`, as a position in the allocation.
    fn end(&self, index: usize) -> usize {
        let at = ends(index);
        ends(N) + usize::from(u16::from_le_bytes([self.0[at], self.0[at + 1]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_each_string_the_key_and_the_json() {
        let key = key_of([b"ab", b"", b"cde"]);
        let tuple = StringTuple::<3>::new(&key, b"{}");
        assert_eq!(tuple.strings(), [&b"ab"[..], b"", b"cde"]);
        assert_eq!((tuple.key(), tuple.json()), (&*key, &b"{}"[..]));
        let bare = StringTuple::<3>::new(&key, b"");
        assert_eq!((bare.get(2), bare.key(), bare.json()), (&b"cde"[..], &*key, &b""[..]));
    }

    #[test]
    fn text_that_moves_between_strings_changes_the_key() {
        assert_ne!(key_of([b"ab", b"c"]), key_of([b"a", b"bc"]));
        assert_ne!(key_of([b"", b"a"]), key_of([b"a", b""]));
    }
}
