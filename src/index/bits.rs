//! The form of a posting of many rows: words of bits, with a count for each block of 512 rows so
//! that an offset need not count what it skips.

use super::touched;

/// Rows in one count of the rank directory: one cache line of bits.
pub(crate) const BLOCK_ROWS: u32 = 512;
const BLOCK_WORDS: usize = (BLOCK_ROWS / 64) as usize;

/// Words of bits, up to the last row of the set or further.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    /// How many rows each block of 512 holds.
    blocks: Vec<u16>,
    count: u32,
}

impl Bits {
    pub(super) fn from_list(list: &[u32]) -> Self {
        let mut bits = Bits::default();
        if let Some(&last) = list.last() {
            bits.grow_to(last);
        }
        for &row in list {
            bits.insert(row);
        }
        bits
    }

    /// How many rows.
    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// The words, up to the last row of the set or further.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many rows each block of 512 holds.
    pub(crate) fn blocks(&self) -> &[u16] {
        &self.blocks
    }

    pub(crate) fn contains(&self, row: u32) -> bool {
        self.words.get((row / 64) as usize).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    fn grow_to(&mut self, row: u32) {
        let words = (row / 64 + 1) as usize;
        if words > self.words.len() {
            if words > self.words.capacity() {
                self.words.reserve_exact(words - self.words.len() + self.words.len() / 32);
            }
            self.words.resize(words, 0);
            self.blocks.resize(words.div_ceil(BLOCK_WORDS), 0);
        }
    }

    /// For how many words there is room.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.words.capacity()
    }

    /// Adds `row`, which is not in the set. Cost: O(1).
    pub(super) fn insert(&mut self, row: u32) {
        self.grow_to(row);
        self.words[(row / 64) as usize] |= 1 << (row % 64);
        self.blocks[(row / BLOCK_ROWS) as usize] += 1;
        self.count += 1;
    }

    /// Removes `row`, which is in the set. Cost: O(1).
    pub(super) fn remove(&mut self, row: u32) {
        self.words[(row / 64) as usize] &= !(1 << (row % 64));
        self.blocks[(row / BLOCK_ROWS) as usize] -= 1;
        self.count -= 1;
    }

    /// Moves every row from `row` on up by one. Cost: O(words).
    pub(super) fn open_gap(&mut self, row: u32) {
        let at = (row / 64) as usize;
        if at >= self.words.len() {
            return;
        }
        if self.words.last().is_some_and(|word| word >> 63 == 1) {
            self.grow_to(64 * self.words.len() as u32);
        }
        // What leaves a block at its top comes into the next one at its bottom.
        let block = at / BLOCK_WORDS;
        let mut carry = 0;
        for (count, words) in self.blocks.iter_mut().zip(self.words.chunks(BLOCK_WORDS)).skip(block)
        {
            let out = if words.len() == BLOCK_WORDS { words[BLOCK_WORDS - 1] >> 63 } else { 0 };
            *count = *count + carry as u16 - out as u16;
            carry = out;
        }
        // From the top, so that no step waits for the one before; many words at a time and from a
        // copy, so that they are vectors: few become shifts of pairs of words, which are slow.
        const AT_ONCE: usize = 64;
        let words = &mut self.words[at..];
        touched::add(words.len());
        let mut end = words.len();
        while let Some(start) = end.checked_sub(AT_ONCE + 1) {
            let Ok(old) = <[u64; AT_ONCE + 1]>::try_from(&words[start..end]) else { break };
            for (at, word) in words[start + 1..end].iter_mut().enumerate() {
                *word = old[at + 1] << 1 | old[at] >> 63;
            }
            end = start + 1;
        }
        for word in (1..end).rev() {
            words[word] = words[word] << 1 | words[word - 1] >> 63;
        }
        let below = (1_u64 << (row % 64)) - 1;
        let first = self.words[at];
        self.words[at] = (first & below) | ((first & !below) << 1);
    }

    /// Takes away the oldest `rows` rows, none of which is in the set; a multiple of 512.
    /// Cost: O(words).
    pub(super) fn drop_front(&mut self, rows: u32) {
        let words = ((rows / 64) as usize).min(self.words.len());
        self.words.drain(..words);
        self.blocks.drain(..((rows / BLOCK_ROWS) as usize).min(self.blocks.len()));
    }

    /// How many rows below `row`. Cost: O(rows / 512).
    pub(crate) fn count_below(&self, row: u32) -> u32 {
        let block = (row / BLOCK_ROWS) as usize;
        if block >= self.blocks.len() {
            return self.count;
        }
        let blocks: u32 = self.blocks[..block].iter().map(|&count| u32::from(count)).sum();
        let at = (row / 64) as usize;
        let start = block * BLOCK_WORDS;
        let words: u32 =
            self.words[start..at.min(self.words.len())].iter().map(|word| word.count_ones()).sum();
        let below = (1_u64 << (row % 64)) - 1;
        let rest = self.words.get(at).map_or(0, |word| (word & below).count_ones());
        blocks + words + rest
    }

    /// The rows, oldest first.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(64 * at as u32 + bit)
            })
        })
    }

    /// Heap bytes, its own place included.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Bits>() + self.words.capacity() * 8 + self.blocks.capacity() * 2
    }

    pub(super) fn internal_validate(&self) -> Result<(), String> {
        if self.blocks.len() != self.words.len().div_ceil(BLOCK_WORDS) {
            return Err(format!("bits: {} blocks, {} words", self.blocks.len(), self.words.len()));
        }
        for (at, words) in self.words.chunks(BLOCK_WORDS).enumerate() {
            let count: u32 = words.iter().map(|word| word.count_ones()).sum();
            if count != u32::from(self.blocks[at]) {
                return Err(format!("bits: block {at} holds {count}, counted {}", self.blocks[at]));
            }
        }
        let count: u32 = self.blocks.iter().map(|&block| u32::from(block)).sum();
        if count != self.count {
            return Err(format!("bits: hold {count}, counted {}", self.count));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_opened_in_any_number_of_words() {
        // Around one and two of the steps in which they are moved.
        for words in [1, 2, 9, 63, 64, 65, 66, 67, 128, 129, 130, 131, 200] {
            let rows = 64 * words;
            let plain: Vec<u32> = (0..rows).filter(|row| row % 3 == 0 || row % 64 > 61).collect();
            for row in [0, 1, 62, 63, 64, 65, rows / 2, rows - 1] {
                let mut bits = Bits::from_list(&plain);
                bits.open_gap(row);
                let expected = plain.iter().map(|&held| held + u32::from(held >= row));
                assert!(bits.rows().eq(expected), "row {row} of {words} words");
                assert_eq!(bits.internal_validate(), Ok(()));
            }
        }
    }
}
