//! The walk through words of bits: the AND of several sets, newest first.

use super::touched;

/// The rows a query looks at: from `floor` up to, without, `below`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// The words of a span, and the rows in them.
pub(super) struct Words {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Words {
    pub(super) fn range(&self) -> std::ops::Range<usize> {
        (self.start / 64) as usize..self.end.div_ceil(64) as usize
    }

    /// Hands the AND of all terms to `sink`, newest first. `rest` is read where something is left of
    /// `terms`. Kept out of line: what it is compiled to changes with what it is inlined into.
    #[inline(never)]
    pub(super) fn visit<const N: usize>(
        &self,
        mut terms: [&[u64]; N],
        rest: &[&[u64]],
        sink: &mut impl Sink,
    ) {
        let first = self.start / 64;
        let count = terms.iter().map(|term| term.len()).min().unwrap_or(0);
        for term in &mut terms {
            *term = &term[..count];
        }
        let word_at = |at: usize| {
            let word = terms.iter().fold(u64::MAX, |word, term| word & term[at]);
            rest.iter().fold(word, |word, term| word & term[at])
        };
        let floor_mask = u64::MAX << (self.start % 64);
        let mut end = count;

        let terms_count = N + rest.len();
        // The newest word may hold rows that are not below `below`.
        touched::add(terms_count);
        end -= 1;
        let mut newest = word_at(end) & (u64::MAX >> ((64 - self.end % 64) % 64));
        if end == 0 {
            newest &= floor_mask;
        }
        if newest != 0 && !sink.word((first + end as u32) * 64, newest) {
            return;
        }
        // Whole blocks, all above the oldest word.
        while end > 8 {
            let at = end - 8;
            touched::add(8 * N);
            let mut block = [u64::MAX; 8];
            for term in &terms {
                and_into(&mut block, &term[at..end]);
            }
            if !rest.is_empty() && any(&block) {
                touched::add(8 * rest.len());
                for term in rest {
                    and_into(&mut block, &term[at..end]);
                }
            }
            end = at;
            if any(&block) && !sink.block((first + at as u32) * 64, &block) {
                return;
            }
        }
        while end > 0 {
            end -= 1;
            touched::add(terms_count);
            let mut word = word_at(end);
            if end == 0 {
                word &= floor_mask;
            }
            if word != 0 && !sink.word((first + end as u32) * 64, word) {
                return;
            }
        }
    }
}

#[inline(always)]
fn and_into(block: &mut [u64; 8], words: &[u64]) {
    for (into, word) in block.iter_mut().zip(words) {
        *into &= word;
    }
}

#[inline(always)]
fn any(block: &[u64; 8]) -> bool {
    block.iter().fold(0, |any, word| any | word) != 0
}

/// Takes matches, newest first, until it has enough.
pub(super) trait Sink {
    /// The matches of eight words, the first of which begins at row `base`. False: enough.
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool;
    /// The matches of one word. False: enough.
    fn word(&mut self, base: u32, word: u64) -> bool;
    /// Matches, ascending; at least one. False: enough.
    fn list(&mut self, rows: &[u32]) -> bool;
}
