//! Several strings in one allocation, with numbers and the piece of JSON that shows them: what a page
//! takes along with one count, and what a comparison reads at one place.

use triomphe::ThinArc;

use super::inspect::COUNTED;

/// `NUMBERS` numbers, `STRINGS` byte strings of less than 64 KiB together behind a table of where each
/// ends, and a piece of JSON, or nothing. Table and strings are the key, see [`write_key`]: two are
/// equal exactly when their strings are. A clone shares it all. A thin pointer: its table is half as
/// large, in the store and in each page.
#[derive(Clone, Debug)]
pub(super) struct Packed<const STRINGS: usize, const NUMBERS: usize = 0>(ThinArc<(), u8>);

/// Bytes of the table of `strings` strings.
pub(super) const fn table(strings: usize) -> usize {
    strings * size_of::<u16>()
}

/// Makes `out` the key of `strings`.
pub(super) fn encode_key<const STRINGS: usize>(strings: [&[u8]; STRINGS], out: &mut Vec<u8>) {
    out.clear();
    out.resize(table(STRINGS) + strings.iter().map(|string| string.len()).sum::<usize>(), 0);
    write_key(strings, out);
}

/// Writes the key of `strings` to `room`, which is long enough, and returns it. Every limit of the
/// model keeps them below 64 KiB together, so the ends fit.
pub(super) fn write_key<'r, const STRINGS: usize>(
    strings: [&[u8]; STRINGS],
    room: &'r mut [u8],
) -> &'r [u8] {
    let (ends, texts) = room.split_at_mut(table(STRINGS));
    let mut end = 0_usize;
    for (string, entry) in strings.iter().zip(ends.chunks_exact_mut(2)) {
        let start = end;
        end += string.len();
        debug_assert!(end <= usize::from(u16::MAX));
        entry.copy_from_slice(&(end as u16).to_le_bytes());
        texts[start..end].copy_from_slice(string);
    }
    &room[..table(STRINGS) + end]
}

impl<const STRINGS: usize, const NUMBERS: usize> Packed<STRINGS, NUMBERS> {
    /// Where the key begins, behind the numbers.
    const KEY: usize = NUMBERS * size_of::<u32>();
    const TEXTS: usize = Self::KEY + table(STRINGS);

    /// `key` is what [`encode_key`] wrote.
    pub(super) fn new(key: &[u8], numbers: [u32; NUMBERS], json: &[u8]) -> Self {
        debug_assert!(key.len() >= table(STRINGS));
        let mut bytes = Vec::with_capacity(Self::KEY + key.len() + json.len());
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(json);
        Packed(ThinArc::from_header_and_slice((), &bytes))
    }

    /// The number at `index`. Cost: O(1).
    pub(super) fn number(&self, index: usize) -> u32 {
        let number = self.held()[index * size_of::<u32>()..].first_chunk();
        number.map_or(0, |&number| u32::from_le_bytes(number))
    }

    /// The string at `index`. Cost: O(1).
    pub(super) fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { Self::TEXTS } else { self.end(index - 1) };
        &self.held()[start..self.end(index)]
    }

    /// The string at `index`, which was given as text.
    pub(super) fn text(&self, index: usize) -> &str {
        std::str::from_utf8(self.get(index)).unwrap_or_default()
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.held()[Self::KEY..self.end(STRINGS - 1)]
    }

    pub(super) fn json(&self) -> &[u8] {
        &self.held()[self.end(STRINGS - 1)..]
    }

    pub(super) fn is_clone_of(&self, other: &Self) -> bool {
        self.0.ptr() == other.0.ptr()
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        (COUNTED + self.held().len()).next_multiple_of(align_of::<usize>())
    }

    fn held(&self) -> &[u8] {
        &self.0.slice
    }

    fn end(&self, index: usize) -> usize {
        let (entry, held) = (Self::KEY + table(index), self.held());
        Self::TEXTS + usize::from(u16::from_le_bytes([held[entry], held[entry + 1]]))
    }
}

/// What a symbol is found by.
pub(crate) trait Key: Clone {
    fn key(&self) -> &[u8];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_each_string_number_and_the_json() {
        let mut key = Vec::new();
        encode_key([b"ab", b"", b"cde"], &mut key);
        let packed = Packed::<3, 2>::new(&key, [7, u32::MAX], b"{}");
        assert_eq!((0..3).map(|i| packed.get(i)).collect::<Vec<_>>(), [&b"ab"[..], b"", b"cde"]);
        assert_eq!((packed.number(0), packed.number(1)), (7, u32::MAX));
        assert_eq!((packed.key(), packed.json()), (&*key, &b"{}"[..]));
        let bare = Packed::<3>::new(&key, [], b"");
        assert_eq!((bare.get(2), bare.key(), bare.json()), (&b"cde"[..], &*key, &b""[..]));
        assert!(bare.is_clone_of(&bare.clone()));
        assert!(!bare.is_clone_of(&Packed::new(&key, [], b"")));
    }
}
