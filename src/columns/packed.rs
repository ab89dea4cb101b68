//! Several strings in one allocation, which is also their key: two packs are equal exactly when
//! their strings are.

/// `N` byte strings of less than 64 KiB together, behind a table of where each ends.
#[derive(Debug)]
pub(crate) struct Packed<const N: usize>(Box<[u8]>);

impl<const N: usize> Packed<N> {
    const TABLE: usize = 2 * N;

    /// Appends the packed form of `strings` to `out`. Every limit of the model keeps them below
    /// 64 KiB together, so the ends fit.
    pub(crate) fn encode(strings: [&[u8]; N], out: &mut Vec<u8>) {
        out.reserve(Self::TABLE + strings.iter().map(|string| string.len()).sum::<usize>());
        let mut end = 0_usize;
        for string in strings {
            end += string.len();
            debug_assert!(end <= usize::from(u16::MAX));
            out.extend_from_slice(&(end as u16).to_le_bytes());
        }
        for string in strings {
            out.extend_from_slice(string);
        }
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

impl<const N: usize> Key for Packed<N> {
    fn key(&self) -> &[u8] {
        self.as_bytes()
    }
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
