//! The two forms of a posting, and how each takes a change.
//!
//! Rows are numbered from the oldest. A posting of few rows is a sorted list of them; one of many
//! is words of bits, with a count for each block of 512 rows so that an offset need not count
//! what it skips.

use smallvec::SmallVec;

use super::touched;
use crate::config::Tuning;

/// Rows in one count of the rank directory: one cache line of bits.
pub(crate) const BLOCK_ROWS: u32 = 512;
const BLOCK_WORDS: usize = (BLOCK_ROWS / 64) as usize;

/// A set of rows.
#[derive(Debug)]
pub(crate) enum RowSet {
    /// Ascending.
    List(SmallVec<[u32; 4]>),
    /// Boxed, since there are many lists for each of these.
    Bits(Box<Bits>),
}

impl Default for RowSet {
    fn default() -> Self {
        RowSet::List(SmallVec::new())
    }
}

/// Words of bits, up to the last row of the set or further.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    /// How many rows each block of 512 holds.
    blocks: Vec<u16>,
    count: u32,
}

/// The longest list among `rows` rows.
pub(super) fn list_most(rows: u32, tuning: Tuning) -> usize {
    (rows / tuning.list_share).max(tuning.list_min) as usize
}

impl RowSet {
    /// How many rows. Cost: O(1).
    pub(crate) fn len(&self) -> u32 {
        match self {
            RowSet::List(list) => list.len() as u32,
            RowSet::Bits(bits) => bits.count,
        }
    }

    /// In which of the two forms it is.
    pub(super) fn is_list(&self) -> bool {
        matches!(self, RowSet::List(_))
    }

    /// Something of what a change of `row` reads: of a list both ends, where most changes are.
    pub(super) fn look_at(&self, row: u32) -> u64 {
        match self {
            RowSet::List(list) => {
                let ends = [list.first(), list.last()];
                ends.into_iter().flatten().fold(0, |seen, &row| seen ^ u64::from(row))
            }
            RowSet::Bits(bits) => {
                let word = bits.words.get((row / 64) as usize).copied().unwrap_or(0);
                let block = bits.blocks.get((row / BLOCK_ROWS) as usize).copied().unwrap_or(0);
                word ^ u64::from(block)
            }
        }
    }

    /// Adds `row`, which is not in the set, among `rows` rows in all. Cost: O(1) at the end,
    /// O(list) elsewhere in a list.
    pub(crate) fn insert(&mut self, row: u32, rows: u32, tuning: Tuning) {
        match self {
            RowSet::List(list) => {
                if list.last().is_none_or(|&last| last < row) {
                    if list.len() == list.capacity() && list.spilled() {
                        // A quarter more, not twice as much: lists are most of the index.
                        list.reserve_exact((list.len() / 4).max(4));
                    }
                    list.push(row);
                } else if let Err(at) = list.binary_search(&row) {
                    list.insert(at, row);
                }
                if list.len() > list_most(rows, tuning) {
                    *self = RowSet::Bits(Box::new(Bits::from_list(list)));
                }
            }
            RowSet::Bits(bits) => {
                bits.insert(row);
                self.shrink_form(rows, tuning);
            }
        }
    }

    /// Removes `row`, which is in the set. Cost: as `insert`.
    pub(crate) fn remove(&mut self, row: u32, rows: u32, tuning: Tuning) {
        match self {
            RowSet::List(list) => {
                // The oldest row is the one that eviction asks for.
                let at = if list.first() == Some(&row) { Ok(0) } else { list.binary_search(&row) };
                if let Ok(at) = at {
                    list.remove(at);
                }
                if list.spilled() && list.len() * 4 < list.capacity() {
                    list.shrink_to_fit();
                }
            }
            RowSet::Bits(bits) => {
                bits.remove(row);
                self.shrink_form(rows, tuning);
            }
        }
    }

    /// Turns bits into a list once they are well below what would become bits again: far enough
    /// that a set at the border does not change its form at every write.
    fn shrink_form(&mut self, rows: u32, tuning: Tuning) {
        if let RowSet::Bits(bits) = self
            && (bits.count + bits.count / 16 + 1) as usize <= list_most(rows, tuning)
        {
            *self = RowSet::List(bits.rows().collect());
        }
    }

    /// Moves every row from `row` on up by one, to make room for a new one. Cost: O(set).
    pub(crate) fn open_gap(&mut self, row: u32) {
        match self {
            // Late records are seldom late by much: most lists end before the gap.
            RowSet::List(list) if list.last().is_none_or(|&last| last < row) => {}
            // Without a branch and a search: most lists are short, and this is vector code.
            RowSet::List(list) => {
                touched::add(list.len());
                list.iter_mut().for_each(|member| *member += u32::from(*member >= row));
            }
            RowSet::Bits(bits) => bits.open_gap(row),
        }
    }

    /// Takes away the oldest `rows` rows, none of which is in the set; a multiple of 512.
    /// Cost: O(set).
    pub(crate) fn drop_front(&mut self, rows: u32) {
        match self {
            RowSet::List(list) => list.iter_mut().for_each(|member| *member -= rows),
            RowSet::Bits(bits) => {
                let words = ((rows / 64) as usize).min(bits.words.len());
                bits.words.drain(..words);
                bits.blocks.drain(..((rows / BLOCK_ROWS) as usize).min(bits.blocks.len()));
            }
        }
    }

    /// The rows, oldest first.
    pub(crate) fn rows(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            RowSet::List(list) => Box::new(list.iter().copied()),
            RowSet::Bits(bits) => Box::new(bits.rows()),
        }
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            RowSet::List(list) if list.spilled() => list.capacity() * 4,
            RowSet::List(_) => 0,
            RowSet::Bits(bits) => {
                size_of::<Bits>() + bits.words.capacity() * 8 + bits.blocks.capacity() * 2
            }
        }
    }

    /// Checks the form from inside.
    pub(crate) fn internal_validate(&self) -> Result<(), String> {
        match self {
            RowSet::List(list) => match list.windows(2).find(|pair| pair[0] >= pair[1]) {
                Some(pair) => Err(format!("list: {} before {}", pair[0], pair[1])),
                None => Ok(()),
            },
            RowSet::Bits(bits) => bits.internal_validate(),
        }
    }
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

    pub(super) fn insert(&mut self, row: u32) {
        self.grow_to(row);
        self.words[(row / 64) as usize] |= 1 << (row % 64);
        self.blocks[(row / BLOCK_ROWS) as usize] += 1;
        self.count += 1;
    }

    fn remove(&mut self, row: u32) {
        self.words[(row / 64) as usize] &= !(1 << (row % 64));
        self.blocks[(row / BLOCK_ROWS) as usize] -= 1;
        self.count -= 1;
    }

    fn open_gap(&mut self, row: u32) {
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
        // From the top, so that no step waits for the one before; eight words at a time, so that
        // they are vectors.
        let words = &mut self.words[at..];
        touched::add(words.len());
        let mut end = words.len();
        while let Some(start) = end.checked_sub(9) {
            let Ok(old) = <[u64; 9]>::try_from(&words[start..end]) else { break };
            for (word, pair) in words[start + 1..end].iter_mut().zip(old.windows(2)) {
                *word = pair[1] << 1 | pair[0] >> 63;
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

    fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(64 * at as u32 + bit)
            })
        })
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
