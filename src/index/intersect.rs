//! Rows that are in every one of several sets, newest first: a page of them, or a page at an
//! offset and how many there are.
//!
//! Lists are intersected piece by piece from the newest, so that a page that is soon full costs
//! little: the rows of one are marked in a byte array and the next is tested against the marks; no
//! mark is ever cleared, the number that means "marked" changes instead. Sets held as bits are
//! ANDed eight words at a time from the newest, so that a step without a match costs one branch.

use std::sync::{Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use super::rowset::{Bits, RowSet, Tuning};
use super::touched;

/// The rows of a page, newest first.
pub(crate) type PageRows = Vec<u32>;

/// How many rows of a list are tested against bits at once, newest first, before the page is
/// looked at.
const CHUNK: usize = 64;

/// The rows a query looks at: from `floor` up to, without, `below`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) floor: u32,
    pub(crate) below: u32,
}

/// Room for a query's work.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// By row, counted from the oldest of a piece: the mark of the last step that marked it.
    marks: Vec<u8>,
    mark: u8,
    rows: Vec<u32>,
}

impl Scratch {
    /// A mark that no row has, among `rows` rows. Cost: O(1), and O(rows) each 255th time.
    fn next_mark(&mut self, rows: usize) -> u8 {
        if self.marks.len() < rows {
            self.marks.resize(rows, 0);
        }
        if self.mark == u8::MAX {
            self.marks.fill(0);
            self.mark = 0;
        }
        self.mark += 1;
        self.mark
    }

    /// Heap bytes.
    fn bytes(&self) -> usize {
        self.marks.capacity() + self.rows.capacity() * 4
    }
}

/// Scratches that no query is using: as many as there were queries at once, at most.
#[derive(Debug, Default)]
pub(crate) struct ScratchPool(Mutex<Vec<Scratch>>);

impl ScratchPool {
    /// Runs `work` with one of its own. The lock is held to take it and to give it back.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let mut scratch = self.lock().pop().unwrap_or_default();
        let done = work(&mut scratch);
        self.lock().push(scratch);
        done
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        let scratches = self.lock();
        scratches.capacity() * size_of::<Scratch>()
            + scratches.iter().map(Scratch::bytes).sum::<usize>()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets of which a row must be in all. At least one.
#[derive(Debug)]
pub(crate) struct Conjunction<'a> {
    lists: SmallVec<[&'a [u32]; 8]>,
    bits: SmallVec<[&'a Bits; 8]>,
    /// Rows of the shortest list in the first piece.
    first_piece: usize,
}

impl<'a> Conjunction<'a> {
    pub(crate) fn new(tuning: Tuning) -> Self {
        Conjunction {
            lists: SmallVec::new(),
            bits: SmallVec::new(),
            first_piece: tuning.first_piece.max(1) as usize,
        }
    }

    pub(crate) fn add(&mut self, set: &'a RowSet) {
        match set {
            RowSet::List(list) => self.lists.push(list),
            RowSet::Bits(bits) => self.bits.push(bits),
        }
    }

    /// Whether `row` is in all of them. Cost: O(log) for each list, O(1) for each set of bits.
    pub(crate) fn contains(&self, row: u32) -> bool {
        self.lists.iter().all(|list| list.binary_search(&row).is_ok())
            && self.bits.iter().all(|bits| bits.contains(row))
    }

    /// Whether rows are marked on the walk: only where lists are intersected.
    pub(crate) fn needs_scratch(&self) -> bool {
        self.lists.len() > 1
    }

    /// Up to `most` rows of `span`, newest first. Cost: O(rows of the lists), or O(words) up to
    /// the last match needed where all are bits.
    pub(crate) fn newest(&mut self, span: Span, most: usize, scratch: &mut Scratch) -> PageRows {
        let mut page = Newest { rows: PageRows::with_capacity(most), most };
        if most > 0 {
            self.visit(span, scratch, &mut page);
        }
        page.rows
    }

    /// The rows of `span` newest first from number `skip` on, up to `most`; and how many rows
    /// there are in all. Cost: O(rows of the lists), or O(words) where all are bits, O(words / 8)
    /// for one set of bits.
    pub(crate) fn page_and_count(
        &mut self,
        span: Span,
        skip: u64,
        most: usize,
        scratch: &mut Scratch,
    ) -> (PageRows, u64) {
        let mut page = Counted { skip, rows: PageRows::with_capacity(most), most, count: 0 };
        if let ([], [bits]) = (&*self.lists, &*self.bits) {
            page.visit_single(bits, span);
        } else {
            self.visit(span, scratch, &mut page);
        }
        (page.rows, page.count)
    }

    /// All rows of `span`, newest first, until `each` returns false.
    pub(crate) fn each(
        &mut self,
        span: Span,
        scratch: &mut Scratch,
        each: impl FnMut(u32) -> bool,
    ) {
        self.visit(span, scratch, &mut Each(each));
    }

    fn visit(&mut self, span: Span, scratch: &mut Scratch, sink: &mut impl Sink) {
        if span.floor >= span.below {
            return;
        }
        if self.lists.is_empty() {
            self.visit_words(span, sink);
        } else {
            self.visit_list(span, scratch, sink);
        }
    }

    /// The shortest list, in pieces from the newest: each cut down by every other list, then
    /// tested against the bits.
    fn visit_list(&mut self, span: Span, scratch: &mut Scratch, sink: &mut impl Sink) {
        self.lists.sort_unstable_by_key(|list| list.len());
        let Some((&mut shortest, others)) = self.lists.split_first_mut() else { return };
        let mut rest = in_span(shortest, span);
        if others.is_empty() {
            test_bits(&self.bits, rest, sink);
            return;
        }
        let mut piece_rows = self.first_piece;
        let mut rows = std::mem::take(&mut scratch.rows);
        while !rest.is_empty() {
            let (older, piece) = rest.split_at(rest.len().saturating_sub(piece_rows));
            rest = older;
            piece_rows = (piece_rows * 2).min(self.first_piece * 8);
            rows.clear();
            rows.extend_from_slice(piece);
            touched::add(piece.len());
            for list in &mut *others {
                let (Some(&first), Some(&last)) = (rows.first(), rows.last()) else { break };
                let upto = list.partition_point(|&row| row <= last);
                let from = list[..upto].partition_point(|&row| row < first);
                let overlap = &list[from..upto];
                // The next piece is older than all of this one.
                *list = &list[..from];
                keep_common(&mut rows, overlap, scratch);
            }
            if !test_bits(&self.bits, &rows, sink) {
                break;
            }
        }
        scratch.rows = rows;
    }

    fn visit_words(&mut self, span: Span, sink: &mut impl Sink) {
        self.bits.sort_unstable_by_key(|bits| bits.words().len());
        let Some(shortest) = self.bits.first() else { return };
        // A set's words end at its last row: behind it nothing can match.
        let below = span.below.min(shortest.words().len() as u32 * 64);
        if span.floor >= below {
            return;
        }
        let words = Words { floor: span.floor, below };
        let range = words.range();
        let mut terms: SmallVec<[&[u64]; 8]> =
            self.bits.iter().map(|bits| &bits.words()[range.clone()]).collect();
        // The loops are generic over the number of terms, which is chosen here, once.
        match &mut *terms {
            [a] => words.visit([a], &[], sink),
            [a, b] => words.visit([a, b], &[], sink),
            [a, b, c] => words.visit([a, b, c], &[], sink),
            [a, b, c, d] => words.visit([a, b, c, d], &[], sink),
            [a, b, c, d, e] => words.visit([a, b, c, d, e], &[], sink),
            [a, b, c, d, e, rest @ ..] => words.visit([a, b, c, d, e], rest, sink),
            [] => {}
        }
    }
}

/// Keeps of `rows` those that are in `list`, whose rows are from the first of `rows` to the last.
/// Both are ascending.
fn keep_common(rows: &mut Vec<u32>, list: &[u32], scratch: &mut Scratch) {
    /// With one list this many times longer than the other, looking each row up is cheaper than
    /// reading the longer one whole.
    const LOOK_UP_FROM: usize = 32;
    let (Some(&first), Some(&last)) = (rows.first(), rows.last()) else { return };
    if rows.len() * LOOK_UP_FROM < list.len() {
        touched::add(rows.len());
        rows.retain(|row| list.binary_search(row).is_ok());
        return;
    }
    touched::add(list.len());
    let mark = scratch.next_mark((last - first) as usize + 1);
    let marks = &mut scratch.marks[..];
    for &row in rows.iter() {
        marks[(row - first) as usize] = mark;
    }
    // Written without a branch: every row is stored, and only a common one moves the end on.
    rows.resize(list.len() + 1, 0);
    let mut end = 0;
    for &row in list {
        rows[end] = row;
        end += usize::from(marks[(row - first) as usize] == mark);
    }
    rows.truncate(end);
}

/// Hands the rows that are in all of `sets` to `sink`, newest first. False: it has enough.
fn test_bits(sets: &[&Bits], rows: &[u32], sink: &mut impl Sink) -> bool {
    rows.rchunks(CHUNK).all(|chunk| {
        let mut common = [0; CHUNK];
        let common = common_with_bits(sets, chunk, &mut common);
        touched::add(chunk.len() * (1 + sets.len()));
        common.is_empty() || sink.list(common)
    })
}

/// The rows of `chunk` that are in all of `sets`.
fn common_with_bits<'c>(sets: &[&Bits], chunk: &[u32], common: &'c mut [u32; CHUNK]) -> &'c [u32] {
    let mut end = chunk.len();
    common[..end].copy_from_slice(chunk);
    for bits in sets {
        let words = bits.words();
        // Written without a branch: every row is kept, and only a common one moves the end.
        let mut kept = 0;
        for at in 0..end {
            let row = common[at];
            common[kept] = row;
            let word = words.get((row / 64) as usize).copied().unwrap_or(0);
            kept += (word >> (row % 64) & 1) as usize;
        }
        end = kept;
    }
    &common[..end]
}

fn in_span(list: &[u32], span: Span) -> &[u32] {
    // Most queries begin at the head, and nothing has expired.
    let start = match list.first() {
        Some(&row) if row < span.floor => list.partition_point(|&row| row < span.floor),
        _ => 0,
    };
    let end = match list.last() {
        Some(&row) if row >= span.below => list.partition_point(|&row| row < span.below),
        _ => list.len(),
    };
    list.get(start..end).unwrap_or_default()
}

/// Takes matches, newest first, until it has enough.
trait Sink {
    /// The matches of eight words, the first of which begins at row `base`. False: enough.
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool;
    /// The matches of one word. False: enough.
    fn word(&mut self, base: u32, word: u64) -> bool;
    /// Matches, ascending; at least one. False: enough.
    fn list(&mut self, rows: &[u32]) -> bool;
}

/// The words of a span, and the rows in them.
struct Words {
    floor: u32,
    below: u32,
}

impl Words {
    fn range(&self) -> std::ops::Range<usize> {
        (self.floor / 64) as usize..self.below.div_ceil(64) as usize
    }

    /// Hands the AND of all terms to `sink`, newest first. Kept out of line: what it is compiled
    /// to changes with what it is inlined into.
    #[inline(never)]
    fn visit<const N: usize>(&self, terms: [&[u64]; N], rest: &[&[u64]], sink: &mut impl Sink) {
        let first = self.floor / 64;
        let count = terms.iter().map(|term| term.len()).min().unwrap_or(0);
        let terms = terms.map(|term| &term[..count]);
        let word_at = |at: usize| {
            let word = terms.iter().fold(u64::MAX, |word, term| word & term[at]);
            rest.iter().fold(word, |word, term| word & term[at])
        };
        let floor_mask = u64::MAX << (self.floor % 64);
        let mut end = count;

        let terms_count = N + rest.len();
        // The newest word may hold rows that are not below `below`.
        touched::add(terms_count);
        end -= 1;
        let mut newest = word_at(end) & (u64::MAX >> ((64 - self.below % 64) % 64));
        if end == 0 {
            newest &= floor_mask;
        }
        if newest != 0 && !sink.word((first + end as u32) * 64, newest) {
            return;
        }
        // Whole blocks, all above the oldest word.
        while end > 8 {
            let at = end - 8;
            touched::add(8 * terms_count);
            let mut block = [u64::MAX; 8];
            for term in &terms {
                and_into(&mut block, &term[at..end]);
            }
            for term in rest {
                and_into(&mut block, &term[at..end]);
            }
            end = at;
            if block.iter().fold(0, |any, word| any | word) != 0
                && !sink.block((first + at as u32) * 64, &block)
            {
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

/// The first `most` matches.
struct Newest {
    rows: PageRows,
    most: usize,
}

impl Sink for Newest {
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool {
        (0..8).rev().all(|at| words[at] == 0 || self.word(base + 64 * at as u32, words[at]))
    }

    fn word(&mut self, base: u32, mut word: u64) -> bool {
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

    fn list(&mut self, rows: &[u32]) -> bool {
        self.rows.extend(rows.iter().rev().take(self.most - self.rows.len()).copied());
        self.rows.len() < self.most
    }
}

/// The `most` matches from number `skip` on, and the count of all.
struct Counted {
    /// Matches still to be passed over.
    skip: u64,
    rows: PageRows,
    most: usize,
    count: u64,
}

impl Counted {
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
    fn visit_single(&mut self, bits: &Bits, span: Span) {
        let below = span.below.min(bits.words().len() as u32 * 64);
        if span.floor >= below {
            return;
        }
        let total = u64::from(bits.count_below(below) - bits.count_below(span.floor));
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
                end = block as u32 * super::rowset::BLOCK_ROWS;
            }
        }
        let words = Words { floor: span.floor, below: end };
        if span.floor < end {
            let mut page = Page(self);
            words.visit([&bits.words()[words.range()]], &[], &mut page);
        }
    }
}

impl Sink for Counted {
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool {
        let ones: u32 = words.iter().map(|word| word.count_ones()).sum();
        if !self.passes(u64::from(ones)) {
            for at in (0..8).rev() {
                self.take(base + 64 * at as u32, words[at]);
            }
        }
        true
    }

    fn word(&mut self, base: u32, word: u64) -> bool {
        if !self.passes(u64::from(word.count_ones())) {
            self.take(base, word);
        }
        true
    }

    fn list(&mut self, rows: &[u32]) -> bool {
        let skip = self.skip as usize;
        if !self.passes(rows.len() as u64) {
            let most = self.most - self.rows.len();
            self.rows.extend(rows.iter().rev().skip(skip).take(most).copied());
            self.skip = 0;
        }
        true
    }
}

/// A page at an offset whose total is known already.
struct Page<'a>(&'a mut Counted);

impl Sink for Page<'_> {
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool {
        (0..8).rev().all(|at| self.word(base + 64 * at as u32, words[at]))
    }

    fn word(&mut self, base: u32, word: u64) -> bool {
        let ones = u64::from(word.count_ones());
        if ones <= self.0.skip {
            self.0.skip -= ones;
        } else {
            self.0.take(base, word);
        }
        self.0.rows.len() < self.0.most
    }

    fn list(&mut self, _: &[u32]) -> bool {
        unreachable!("one set of bits is walked by words")
    }
}

/// Every match, until the closure returns false.
struct Each<F>(F);

impl<F: FnMut(u32) -> bool> Sink for Each<F> {
    fn block(&mut self, base: u32, words: &[u64; 8]) -> bool {
        (0..8).rev().all(|at| self.word(base + 64 * at as u32, words[at]))
    }

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

    fn list(&mut self, rows: &[u32]) -> bool {
        rows.iter().rev().all(|&row| (self.0)(row))
    }
}
