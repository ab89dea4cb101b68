//! The walk through bitmaps: ANDs their words from the newest to the oldest.

use super::collect::Collect;
use super::order::Span;
use super::touched;

/// The words that hold the rows of `span`.
pub(super) fn words_of(span: Span) -> std::ops::Range<usize> {
    (span.start / 64) as usize..span.end.div_ceil(64) as usize
}

/// The number of terms if there is a rest. With other numbers the loop over the rest is not
/// compiled: beside it the compiler takes words out of the vector registers one by one.
const TERMS_BESIDE_REST: usize = 5;

/// Hands the rows of `span` that are in all of `terms` and all of `rest` to `collector`. Each term
/// is [`words_of`] the span, which is not empty. If `rest` is not empty, there are five terms.
///
/// **Technique.** The walk takes eight words at a time, from the newest to the oldest. It ANDs the
/// terms into a block on the stack and hands the block to the collector if any bit is left. A step
/// without a match therefore costs one branch. The collector stops the walk when it has enough.
/// The newest word is not part of a block, and neither are the one to eight oldest words. They are
/// ANDed singly.
///
/// **Invariant.** The collector gets only rows of the span: the newest and the oldest word are the
/// only ones with rows outside it, neither is ever part of a block, and a mask clears those rows.
///
/// **Why it is generic.** `N` is a constant in each copy of the function, so the compiler unrolls
/// the loop over the terms and keeps the block in vector registers. There are copies for one to
/// seven terms; with two of seven terms in the loop over `rest`, a total took 1.08 times as long
/// (2026-11-29). Of more than seven sets the five smallest are the terms; a block of the others is
/// read only where the AND of the five leaves a bit, which took 0.36 of the time for twenty tag
/// keys (2026-11-24).
///
/// **Why the block is passed by value.** A block that is lent to a collector can leave the vector
/// registers: the compiler then ANDs word by word, and a dense page with a total took 1.7 times as
/// long (2026-11-29).
///
/// **Alternatives.** Of three or four sets, reading the larger ones only where the two smallest
/// leave a bit took 1.15 of the time for two dense keys without a common row and 1.35 for dense
/// filters (2026-11-25).
///
/// **Cost.** At most one AND for each term and word; less the sooner the collector has enough.
///
/// Not inlined: the machine code of an inlined loop varies with the caller.
#[inline(never)]
pub(super) fn walk_words<const N: usize>(
    span: Span,
    mut terms: [&[u64]; N],
    rest: &[&[u64]],
    collector: &mut impl Collect,
) {
    debug_assert!(N == TERMS_BESIDE_REST || rest.is_empty());
    let first = span.start / 64;
    // Equal lengths, known to the compiler, save bounds checks.
    let count = terms.iter().map(|term| term.len()).min().unwrap_or(0);
    for term in &mut terms {
        *term = &term[..count];
    }
    let word_at = |at: usize| {
        touched::add(N + rest.len());
        let word = terms.iter().fold(u64::MAX, |word, term| word & term[at]);
        rest.iter().fold(word, |word, term| word & term[at])
    };
    let base_of = |at: usize| (first + at as u32) * 64;
    let from_start = u64::MAX << (span.start % 64);
    let before_end = u64::MAX >> ((64 - span.end % 64) % 64);

    let mut end = count - 1;
    let mut newest = word_at(end) & before_end;
    if end == 0 {
        newest &= from_start;
    }
    if newest != 0 && !collector.word(base_of(end), newest) {
        return;
    }
    // Word 0, the oldest, never becomes part of a block.
    while end > 8 {
        let at = end - 8;
        touched::add(8 * N);
        let mut block = [u64::MAX; 8];
        for term in &terms {
            and_into(&mut block, &term[at..end]);
        }
        if N == TERMS_BESIDE_REST && !rest.is_empty() && any(&block) {
            touched::add(8 * rest.len());
            for term in rest {
                and_into(&mut block, &term[at..end]);
            }
        }
        end = at;
        if any(&block) && !collector.block(base_of(at), block) {
            return;
        }
    }
    while end > 0 {
        end -= 1;
        let mut word = word_at(end);
        if end == 0 {
            word &= from_start;
        }
        if word != 0 && !collector.word(base_of(end), word) {
            return;
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
