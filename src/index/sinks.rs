//! What a walk fills: a page, a page at an offset and a count, or anything that takes rows.
//!
//! All is marked `#[inline]`: without, this file is compiled apart from the walk, and walks that
//! find little take up to twice as long.

use super::bits::{BLOCK_ROWS, Bits};
use super::touched;
use super::words::{Sink, Span, Words};

/// The rows of a page, newest first.
pub(crate) type PageRows = Vec<u32>;

/// Room for a page with the first row of it, so that an empty one costs no allocation.
#[inline]
fn make_room(rows: &mut PageRows, most: usize) {
    if rows.capacity() == 0 {
        rows.reserve_exact(most);
    }
}

/// The first `most` matches.
pub(super) struct Newest<'r> {
    pub(super) rows: &'r mut PageRows,
    pub(super) most: usize,
}

impl Sink for Newest<'_> {
    #[inline]
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool {
        (0..8).rev().all(|at| words[at] == 0 || self.word(base + 64 * at as u32, words[at]))
    }

    #[inline]
    fn word(&mut self, base: u32, mut word: u64) -> bool {
        make_room(self.rows, self.most);
        while word != 0 {
            let bit = 63 - word.leading_zeros();
            self.rows.push(base + bit);
            if self.rows.len() == self.most {
                return false;
            }
            word ^= 1 << bit;
        }
        true
    }

    #[inline]
    fn list(&mut self, rows: &[u32]) -> bool {
        make_room(self.rows, self.most);
        self.rows.extend(rows.iter().rev().take(self.most - self.rows.len()).copied());
        self.rows.len() < self.most
    }
}

/// The `most` matches from number `skip` on, and the count of all.
pub(super) struct Counted<'r> {
    /// Matches still to be passed over.
    pub(super) skip: u64,
    pub(super) rows: &'r mut PageRows,
    pub(super) most: usize,
    pub(super) count: u64,
}

impl Counted<'_> {
    /// Passes over `ones` matches, if the page begins behind them or is full.
    fn passes(&mut self, ones: u64) -> bool {
        self.count += ones;
        if self.rows.len() == self.most {
            return true;
        }
        if ones <= self.skip {
            self.skip -= ones;
            return true;
        }
        false
    }

    /// Takes what the page needs of the matches in a word, the first of which is row `base`.
    fn take(&mut self, base: u32, mut word: u64) {
        make_room(self.rows, self.most);
        while word != 0 && self.rows.len() < self.most {
            let bit = 63 - word.leading_zeros();
            if self.skip > 0 {
                self.skip -= 1;
            } else {
                self.rows.push(base + bit);
            }
            word ^= 1 << bit;
        }
    }

    /// One set alone: its counts stand in for the words that are passed over.
    pub(super) fn visit_single(&mut self, bits: &Bits, span: Span) {
        let below = span.end.min(bits.words().len() as u32 * 64);
        if span.start >= below {
            return;
        }
        let total = u64::from(bits.count_below(below) - bits.count_below(span.start));
        self.count = total;
        if self.skip >= total || self.most == 0 {
            return;
        }
        let mut end = below;
        // The counts are of whole blocks; only those that end at the span's end can be used.
        if bits.count_below(below) == bits.len() {
            for (block, &ones) in bits.blocks().iter().enumerate().rev() {
                touched::add(1);
                if u64::from(ones) > self.skip {
                    break;
                }
                self.skip -= u64::from(ones);
                end = block as u32 * BLOCK_ROWS;
            }
        }
        // Fewer are passed over than there are, so some are left above the floor.
        let words = Words { start: span.start, end };
        words.visit([&bits.words()[words.range()]], &[], &mut Page(self));
    }
}

impl Sink for Counted<'_> {
    #[inline]
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool {
        let ones: u32 = words.iter().map(|word| word.count_ones()).sum();
        if !self.passes(u64::from(ones)) {
            for at in (0..8).rev() {
                self.take(base + 64 * at as u32, words[at]);
            }
        }
        true
    }

    #[inline]
    fn word(&mut self, base: u32, word: u64) -> bool {
        if !self.passes(u64::from(word.count_ones())) {
            self.take(base, word);
        }
        true
    }

    #[inline]
    fn list(&mut self, rows: &[u32]) -> bool {
        let skip = self.skip as usize;
        if !self.passes(rows.len() as u64) {
            let most = self.most - self.rows.len();
            make_room(self.rows, self.most);
            self.rows.extend(rows.iter().rev().skip(skip).take(most).copied());
            self.skip = 0;
        }
        true
    }
}

/// A page at an offset whose total is known already.
struct Page<'a, 'r>(&'a mut Counted<'r>);

impl Sink for Page<'_, '_> {
    #[inline]
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool {
        (0..8).rev().all(|at| self.word(base + 64 * at as u32, words[at]))
    }

    #[inline]
    fn word(&mut self, base: u32, word: u64) -> bool {
        let ones = u64::from(word.count_ones());
        if ones <= self.0.skip {
            self.0.skip -= ones;
        } else {
            self.0.take(base, word);
        }
        self.0.rows.len() < self.0.most
    }

    #[inline]
    fn list(&mut self, _: &[u32]) -> bool {
        unreachable!("one set of bits is walked by words")
    }
}

/// Every match, until the closure returns false.
pub(super) struct Each<F>(pub(super) F);

impl<F: FnMut(u32) -> bool> Sink for Each<F> {
    #[inline]
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool {
        (0..8).rev().all(|at| self.word(base + 64 * at as u32, words[at]))
    }

    #[inline]
    fn word(&mut self, base: u32, mut word: u64) -> bool {
        while word != 0 {
            let bit = 63 - word.leading_zeros();
            if !(self.0)(base + bit) {
                return false;
            }
            word ^= 1 << bit;
        }
        true
    }

    #[inline]
    fn list(&mut self, rows: &[u32]) -> bool {
        rows.iter().rev().all(|&row| (self.0)(row))
    }
}
