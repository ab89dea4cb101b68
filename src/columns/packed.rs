//! Several strings in one allocation, which is also their key: two packs are equal exactly when
//! their strings are.

/// `N` byte strings of less than 64 KiB together, behind a table of where each ends.
#[derive(Debug)]
pub(super) struct Packed<const N: usize>(Box<[u8]>);

impl<const N: usize> Packed<N> {
    pub(super) const TABLE: usize = 2 * N;

    /// Makes `out` the packed form of `strings`.
    pub(crate) fn encode(strings: [&[u8]; N], out: &mut Vec<u8>) {
        out.clear();
        out.resize(Self::TABLE + strings.iter().map(|string| string.len()).sum::<usize>(), 0);
        Self::write(strings, out);
    }

    /// Writes the packed form of `strings` to `room`, which is long enough, and returns it. Every
    /// limit of the model keeps them below 64 KiB together, so the ends fit.
    pub(crate) fn write<'r>(strings: [&[u8]; N], room: &'r mut [u8]) -> &'r [u8] {
        let (table, texts) = room.split_at_mut(Self::TABLE);
        let mut end = 0_usize;
        for (string, entry) in strings.iter().zip(table.chunks_exact_mut(2)) {
            let start = end;
            end += string.len();
            debug_assert!(end <= usize::from(u16::MAX));
            entry.copy_from_slice(&(end as u16).to_le_bytes());
            texts[start..end].copy_from_slice(string);
        }
        &room[..Self::TABLE + end]
    }

    /// The pack whose bytes `encode` wrote.
    pub(crate) fn from_encoded(bytes: &[u8]) -> Self {
        debug_assert!(bytes.len() >= Self::TABLE);
        Packed(bytes.into())
    }

    fn end(&self, index: usize) -> usize {
        usize::from(u16::from_le_bytes([self.0[2 * index], self.0[2 * index + 1]]))
    }

    /// The string at `index`. Cost: O(1).
    pub(crate) fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.end(index - 1) };
        &self.0[Self::TABLE + start..Self::TABLE + self.end(index)]
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What a symbol is found by.
pub(crate) trait Key {
    fn key(&self) -> &[u8];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_each_string() {
        let mut bytes = Vec::new();
        Packed::<3>::encode([b"ab", b"", b"cde"], &mut bytes);
        let packed = Packed::<3>::from_encoded(&bytes);
        assert_eq!((0..3).map(|i| packed.get(i)).collect::<Vec<_>>(), [&b"ab"[..], b"", b"cde"]);
    }
}
