//! Rows that are in every one of several sets, newest first: a page of them, or a page at an
//! offset and how many there are.
//!
//! Lists are intersected piece by piece from the newest, so that a page that is soon full costs
//! little: the rows of one are marked in a byte array and the next is tested against the marks; no
//! mark is ever cleared, the number that means "marked" changes instead. Sets held as bits are
//! ANDed eight words at a time from the newest, so that a step without a match costs one branch.

use std::sync::{Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use super::bits::Bits;
use super::order::{Order, RowKey};
use super::rowset::RowSet;
use super::sinks::{Counted, Each, Newest, PageRows};
use super::touched;
use super::words::{Sink, Span, Words};
use crate::config::Tuning;

/// How many rows of a list are tested against bits at once, newest first, before the page is
/// looked at.
const CHUNK: usize = 64;

/// Room for a query's work.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// By row, counted from the oldest of a piece: the mark of the last step that marked it.
    marks: Vec<u8>,
    mark: u8,
    rows: Vec<u32>,
}

impl Scratch {
    /// A mark that no row has, among `rows` rows. Cost: O(1), and O(rows) each 255th time and when
    /// there were never as many.
    pub(super) fn next_mark(&mut self, rows: usize) -> u8 {
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
    pub(super) fn bytes(&self) -> usize {
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
    /// The most rows of the store that a piece reaches over.
    piece_span: u32,
}

impl<'a> Conjunction<'a> {
    pub(crate) fn new(tuning: Tuning) -> Self {
        Conjunction {
            lists: SmallVec::new(),
            bits: SmallVec::new(),
            first_piece: tuning.first_piece.clamp(1, 1 << 16) as usize,
            piece_span: tuning.piece_span.max(1),
        }
    }

    #[inline]
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

    /// A row that parts those of the sets: the ones that come before `key` are below it, the others
    /// are not. Where a set is a list, the shortest is cut there; it is shorter than the order.
    /// Cost: O(log) of that list, or of all rows where all are bits.
    pub(crate) fn cut_before(&mut self, order: &Order, key: RowKey) -> u32 {
        let Some(list) = self.lists.iter_mut().min_by_key(|list| list.len()) else {
            return order.rows_before(key);
        };
        *list = &list[..order.count_before(list, key)];
        list.last().map_or(0, |&row| row + 1)
    }

    /// Whether rows are marked on the walk: only where lists are intersected.
    pub(crate) fn needs_scratch(&self) -> bool {
        self.lists.len() > 1
    }

    /// Fills `rows` with up to `most` rows of `span`, at least 1, newest first. Cost: O(rows of the
    /// lists), or O(words) up to the last match needed where all are bits.
    pub(crate) fn newest(
        &mut self,
        span: Span,
        most: usize,
        scratch: &mut Scratch,
        rows: &mut PageRows,
    ) {
        self.visit(span, scratch, &mut Newest { rows, most });
    }

    /// Fills `rows` with the rows of `span` newest first from number `skip` on, up to `most`, and
    /// returns how many rows there are in all. Cost: O(rows of the lists), or O(words) where all
    /// are bits, O(words / 8) for one set of bits.
    pub(crate) fn page_and_count(
        &mut self,
        span: Span,
        skip: u64,
        most: usize,
        scratch: &mut Scratch,
        rows: &mut PageRows,
    ) -> u64 {
        let mut page = Counted { skip, rows, most, count: 0 };
        if let ([], [bits]) = (&*self.lists, &*self.bits) {
            page.visit_single(bits, span);
        } else {
            self.visit(span, scratch, &mut page);
        }
        page.count
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
        if span.start >= span.end {
            return;
        }
        if self.lists.is_empty() {
            self.visit_words(span, sink);
        } else {
            self.visit_list(span, scratch, sink);
        }
    }

    /// The shortest list, in pieces from the newest: each cut down by every other list, then tested
    /// against the bits; or the other way about, behind a piece of which the lists left most.
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
        let mut bits_first = false;
        while !rest.is_empty() {
            let (older, piece) = newest_piece(rest, piece_rows, self.piece_span);
            rest = older;
            piece_rows = (piece_rows * 2).min(self.first_piece * 8);
            rows.clear();
            if bits_first {
                let mut keep = Each(|row| {
                    rows.push(row);
                    true
                });
                test_bits(&self.bits, piece, &mut keep);
                rows.reverse();
            } else {
                rows.extend_from_slice(piece);
                touched::add(piece.len());
            }
            let given = rows.len();
            for list in &mut *others {
                let (Some(&first), Some(&last)) = (rows.first(), rows.last()) else { break };
                let upto = rows_before_from_end(list, last + 1);
                let from = rows_before_from_end(&list[..upto], first);
                let overlap = &list[from..upto];
                // The next piece is older than all of this one.
                *list = &list[..from];
                keep_common(&mut rows, overlap, scratch);
            }
            let goes_on = match bits_first {
                true => sink.list(&rows),
                false => test_bits(&self.bits, &rows, sink),
            };
            if !goes_on {
                break;
            }
            if given > 0 {
                bits_first = rows.len() * 2 > given && !self.bits.is_empty();
            }
        }
        scratch.rows = rows;
    }

    fn visit_words(&mut self, span: Span, sink: &mut impl Sink) {
        // The fewest rows first: of many sets the first ones mostly decide.
        self.bits.sort_unstable_by_key(|bits| bits.len());
        let Some(words) = self.bits.iter().map(|bits| bits.words().len()).min() else { return };
        // No row of a set is behind its words: there nothing can match.
        let below = span.end.min(words as u32 * 64);
        if span.start >= below {
            return;
        }
        let words = Words { start: span.start, end: below };
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

/// The newest `most` rows of `list`, or as many as `span` rows of the store hold, behind the rest.
fn newest_piece(list: &[u32], most: usize, span: u32) -> (&[u32], &[u32]) {
    let (older, piece) = list.split_at(list.len().saturating_sub(most));
    match (piece.first(), piece.last()) {
        (Some(&first), Some(&last)) if last - first >= span => {
            let too_far = piece.partition_point(|&row| last - row >= span);
            list.split_at(older.len() + too_far)
        }
        _ => (older, piece),
    }
}

/// Keeps of `rows` those that are in `list`, whose rows are from the first of `rows` to the last.
/// Both are ascending.
pub(super) fn keep_common(rows: &mut Vec<u32>, list: &[u32], scratch: &mut Scratch) {
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
    rows.resize(list.len(), 0);
    let mut end = 0;
    for &row in list {
        rows[end] = row;
        end += usize::from(marks[(row - first) as usize] == mark);
    }
    rows.truncate(end);
}

/// Hands those of `rows` that are in all of `sets` to `sink`, newest first. False: it has enough.
/// Kept out of line, as [`Words::visit`] is.
#[inline(never)]
fn test_bits(sets: &[&Bits], rows: &[u32], sink: &mut impl Sink) -> bool {
    match *sets {
        [] => test_words([], &[], rows, sink),
        [a] => test_words([a.words()], &[], rows, sink),
        [a, b] => test_words([a, b].map(Bits::words), &[], rows, sink),
        [a, b, c] => test_words([a, b, c].map(Bits::words), &[], rows, sink),
        [a, b, c, d] => test_words([a, b, c, d].map(Bits::words), &[], rows, sink),
        [a, b, c, d, e, ref rest @ ..] => {
            test_words([a, b, c, d, e].map(Bits::words), rest, rows, sink)
        }
    }
}

/// The same of words of bits: each row is looked up in all of `terms` at once, and in `rest` one
/// after the other if it is in those.
fn test_words<const N: usize>(
    terms: [&[u64]; N],
    rest: &[&Bits],
    rows: &[u32],
    sink: &mut impl Sink,
) -> bool {
    rows.rchunks(CHUNK).all(|chunk| {
        let mut common = [0; CHUNK];
        let mut end = keep_in(&terms, chunk, &mut common);
        for bits in rest {
            let chunk = common;
            end = keep_in(&[bits.words()], &chunk[..end], &mut common);
        }
        touched::add(chunk.len() * (1 + N + rest.len()));
        end == 0 || sink.list(&common[..end])
    })
}

/// Writes the rows of `chunk` that are in all of `terms` to `common`. Returns how many.
#[inline(always)]
fn keep_in<const N: usize>(terms: &[&[u64]; N], chunk: &[u32], common: &mut [u32; CHUNK]) -> usize {
    let count = terms.iter().map(|term| term.len()).min().unwrap_or(usize::MAX);
    // Written without a branch: every row is kept, and only a common one moves the end.
    let mut end = 0;
    for &row in chunk {
        common[end % CHUNK] = row;
        let at = (row / 64) as usize;
        let word =
            if at < count { terms.iter().fold(u64::MAX, |word, term| word & term[at]) } else { 0 };
        end += (word >> (row % 64) & 1) as usize;
    }
    end
}

fn in_span(list: &[u32], span: Span) -> &[u32] {
    // Most queries begin at the head, and nothing has expired.
    let start = match list.first() {
        Some(&row) if row < span.start => rows_before(list, span.start),
        _ => 0,
    };
    let end = match list.last() {
        Some(&row) if row >= span.end => rows_before(list, span.end),
        _ => list.len(),
    };
    list.get(start..end).unwrap_or_default()
}

/// How many rows of `list` come before row `end`, which stands near its end: searched among the last
/// 64 rows, and as long as none of them does, among twice as many.
fn rows_before_from_end(list: &[u32], end: u32) -> usize {
    if list.last().is_none_or(|&last| last < end) {
        return list.len();
    }
    let mut reach = 64;
    while reach < list.len() && list[list.len() - reach] >= end {
        reach *= 2;
    }
    let start = list.len().saturating_sub(reach);
    start + list[start..].partition_point(|&row| row < end)
}

fn rows_before(list: &[u32], end: u32) -> usize {
    touched::add(1);
    list.partition_point(|&row| row < end)
}
