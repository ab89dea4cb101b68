//! The form of a posting list with many rows: a bitmap with a rank directory.

use super::touched;

/// Rows in one block of the rank directory: the bits of one cache line.
pub(super) const BLOCK_ROWS: u32 = 512;
const BLOCK_WORDS: usize = (BLOCK_ROWS / 64) as usize;

/// A set of rows, one bit each.
///
/// Row `r` is bit `r % 64` of word `r / 64`. A row after the last word is not in the set.
///
/// The rank directory holds the number of rows of the set in each block of 512 rows. An offset page
/// uses it to skip blocks without reading their words. It takes a thirty-second of the memory of
/// the words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
    /// The rank directory: the number of rows in each block.
    blocks: Vec<u16>,
    len: u32,
}

impl Bitmap {
    /// The set of the rows in `list`, which ascends. Cost: O(last row / 64).
    pub(super) fn from_list(list: &[u32]) -> Self {
        let mut bitmap = Bitmap::default();
        if let Some(&last) = list.last() {
            bitmap.grow_to(last);
        }
        for &row in list {
            bitmap.insert(row);
        }
        bitmap
    }

    /// The number of rows. Cost: O(1).
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// The words. They include every row of the set, and may go on after its last row.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// The rank directory.
    pub(super) fn blocks(&self) -> &[u16] {
        &self.blocks
    }

    /// Whether `row` is in the set. Cost: O(1).
    pub(super) fn contains(&self, row: u32) -> bool {
        self.words.get((row / 64) as usize).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Extends the words so that they include `row`. The capacity grows by a thirty-second.
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

    /// The number of words that fit without an allocation.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.words.capacity()
    }

    /// Adds `row`, which is not in the set. Cost: O(1) amortised.
    pub(super) fn insert(&mut self, row: u32) {
        self.grow_to(row);
        self.words[(row / 64) as usize] |= 1 << (row % 64);
        self.blocks[(row / BLOCK_ROWS) as usize] += 1;
        self.len += 1;
    }

    /// Removes `row`, which is in the set. Cost: O(1).
    pub(super) fn remove(&mut self, row: u32) {
        self.words[(row / 64) as usize] &= !(1 << (row % 64));
        self.blocks[(row / BLOCK_ROWS) as usize] -= 1;
        self.len -= 1;
    }

    /// Increments every row from `row` on by one. Cost: O(words from `row` on).
    pub(super) fn open_gap(&mut self, row: u32) {
        let at = (row / 64) as usize;
        if at >= self.words.len() {
            return;
        }
        if self.words.last().is_some_and(|word| word >> 63 == 1) {
            self.grow_to(64 * self.words.len() as u32);
        }
        self.shift_counts(at / BLOCK_WORDS);
        self.shift_words(at, row % 64);
    }

    /// Updates the rank directory for [`open_gap`](Self::open_gap), before the words are shifted:
    /// the last row of each block from `block` on moves into the next block.
    fn shift_counts(&mut self, block: usize) {
        let mut carry = 0;
        let blocks = self.blocks.iter_mut().zip(self.words.chunks(BLOCK_WORDS));
        for (count, words) in blocks.skip(block) {
            let out = if words.len() == BLOCK_WORDS { words[BLOCK_WORDS - 1] >> 63 } else { 0 };
            *count = *count + carry as u16 - out as u16;
            carry = out;
        }
    }

    /// Shifts all bits from bit `bit` of word `at` on up by one.
    ///
    /// The words are shifted from the last to the first, so that each step reads only words that no
    /// earlier step has changed, and none waits for a carry. A step shifts 64 words and reads them
    /// from a copy on the stack, which compiles to vector code. With eight words a step it did not,
    /// and a late record took 1.2 times as long (2026-11-28).
    fn shift_words(&mut self, at: usize, bit: u32) {
        const STEP: usize = 64;
        let words = &mut self.words[at..];
        touched::add(words.len());
        let mut end = words.len();
        while let Some(start) = end.checked_sub(STEP + 1) {
            let Ok(old) = <[u64; STEP + 1]>::try_from(&words[start..end]) else { break };
            for (at, word) in words[start + 1..end].iter_mut().enumerate() {
                *word = old[at + 1] << 1 | old[at] >> 63;
            }
            end = start + 1;
        }
        for word in (1..end).rev() {
            words[word] = words[word] << 1 | words[word - 1] >> 63;
        }
        let stay = (1_u64 << bit) - 1;
        words[0] = (words[0] & stay) | ((words[0] & !stay) << 1);
    }

    /// Decrements every row by `rows`, a multiple of 512. The set has no row before `rows`. Cost:
    /// O(words).
    pub(super) fn drop_front(&mut self, rows: u32) {
        let words = ((rows / 64) as usize).min(self.words.len());
        self.words.drain(..words);
        self.blocks.drain(..((rows / BLOCK_ROWS) as usize).min(self.blocks.len()));
    }

    /// The number of rows before `row`. Cost: O(`row` / 512).
    pub(super) fn rank(&self, row: u32) -> u32 {
        let block = (row / BLOCK_ROWS) as usize;
        if block >= self.blocks.len() {
            return self.len;
        }
        let blocks: u32 = self.blocks[..block].iter().map(|&count| u32::from(count)).sum();
        let at = (row / 64) as usize;
        let words = &self.words[block * BLOCK_WORDS..at.min(self.words.len())];
        let words: u32 = words.iter().map(|word| word.count_ones()).sum();
        let before = (1_u64 << (row % 64)) - 1;
        let last = self.words.get(at).map_or(0, |word| (word & before).count_ones());
        blocks + words + last
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

    /// Heap bytes, those of the struct in its box included.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Bitmap>() + self.words.capacity() * 8 + self.blocks.capacity() * 2
    }

    /// Counts all bits and compares them with the rank directory and the length.
    pub(super) fn internal_validate(&self) -> Result<(), String> {
        let (blocks, words) = (self.blocks.len(), self.words.len());
        if blocks != words.div_ceil(BLOCK_WORDS) {
            return Err(format!("the bitmap has {blocks} block counts for {words} words"));
        }
        for (block, words) in self.words.chunks(BLOCK_WORDS).enumerate() {
            let (count, held): (u32, _) =
                (words.iter().map(|word| word.count_ones()).sum(), self.blocks[block]);
            if count != u32::from(held) {
                return Err(format!("block {block} has {count} rows, but its count is {held}"));
            }
        }
        let count: u32 = self.blocks.iter().map(|&count| u32::from(count)).sum();
        if count != self.len {
            return Err(format!("the bitmap has {count} rows, but its length is {}", self.len));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_opened_in_any_number_of_words() {
        // Around one and two of the steps in which words are shifted.
        for words in [1, 2, 9, 63, 64, 65, 66, 67, 128, 129, 130, 131, 200] {
            let rows = 64 * words;
            let plain: Vec<u32> = (0..rows).filter(|row| row % 3 == 0 || row % 64 > 61).collect();
            for row in [0, 1, 62, 63, 64, 65, rows / 2, rows - 1] {
                let mut bitmap = Bitmap::from_list(&plain);
                bitmap.open_gap(row);
                let expected = plain.iter().map(|&held| held + u32::from(held >= row));
                assert!(bitmap.rows().eq(expected), "row {row} of {words} words");
                assert_eq!(bitmap.internal_validate(), Ok(()));
            }
        }
    }
}
