//! Intersection of posting lists of both forms, newest row first.

use smallvec::SmallVec;

use super::bitmap::{BLOCK_ROWS, Bitmap};
use super::collect::{Collect, CountedPage, FirstPage, ForEach, OffsetPage, PageRows};
use super::order::{Order, RowKey, Span};
use super::rowset::RowSet;
use super::scratch::{Scratch, ScratchPool};
use super::touched;
use super::words::{walk_words, words_of};
use crate::config::Tuning;

/// A conjunction of posting lists, at least one: a row matches if it is in all of them.
///
/// # How matches are found
///
/// - **Bitmaps only**: their words are ANDed, see [`walk_words`].
/// - **One list, any bitmaps**: each row of the list is looked up in the bitmaps.
/// - **Several lists**: the shortest list is cut into chunks, newest first. A chunk is intersected
///   with each other list in turn, see [`Stamps`](super::stamps::Stamps), and what is left is
///   looked up in the bitmaps. After a chunk in which the lists are not selective, that is, they
///   left more than half of it, the next chunk is looked up in the bitmaps first. Rare
///   lists beside dense keys without a common row take 0.69 times as long with this rule as without
///   it, and 0.53 times at 1,000,000 records (2026-11-28).
///
/// Chunks make a page that fills early cheap. The first has 128 rows of the shortest list
/// ([`Tuning::first_chunk`]), which fills most pages; each next one has twice as many, up to 1,024.
/// A chunk spans at most 28,672 rows of the store ([`Tuning::chunk_span`]), so the array of stamps
/// has a constant size.
///
/// # Why it is right
///
/// A match is in every set, so it is in the shortest list, and there in exactly one chunk. The
/// chunks go from the newest to the oldest without overlap. Collecting the matches of each chunk
/// therefore yields each match once, newest first. Bitmaps before or after the other lists only
/// change the order of the tests on a row, and never the result.
///
/// # Cost
///
/// A walk reads each row of each list at most once. It reads each word of each bitmap at most once
/// if there are only bitmaps, and otherwise one word of each for each row of the shortest list. The
/// sooner the collector has enough, the less it reads. A walk through several lists borrows a
/// scratch from the pool. The size of a scratch is bounded by the span of a chunk, and so does not
/// depend on the size of the store.
#[derive(Debug)]
pub(crate) struct Conjunction<'a> {
    lists: SmallVec<[&'a [u32]; 8]>,
    bitmaps: SmallVec<[&'a Bitmap; 8]>,
    tuning: Tuning,
    scratches: &'a ScratchPool,
}

impl<'a> Conjunction<'a> {
    /// A conjunction to which no set has been added. `scratches` has the buffers for walks through
    /// several lists.
    pub(super) fn new(tuning: Tuning, scratches: &'a ScratchPool) -> Self {
        let (lists, bitmaps) = (SmallVec::new(), SmallVec::new());
        Conjunction { lists, bitmaps, tuning, scratches }
    }

    /// Adds a set. Cost: O(1).
    #[inline]
    pub(crate) fn add(&mut self, set: &'a RowSet) {
        match set {
            RowSet::List(list) => self.lists.push(list),
            RowSet::Bitmap(bitmap) => self.bitmaps.push(bitmap),
        }
    }

    /// Whether `row` matches. Cost: O(log) for each list, O(1) for each bitmap.
    pub(crate) fn contains(&self, row: u32) -> bool {
        self.lists.iter().all(|list| list.binary_search(&row).is_ok())
            && self.bitmaps.iter().all(|bitmap| bitmap.contains(row))
    }

    /// Returns a row `r` such that the matches before `r` are those with a key lower than `key`. If
    /// there is a list, the search is done in the shortest one, which has fewer rows than the order,
    /// and that list is cut at `r`. A search of the order took 1.18 times as long for rare values
    /// after a token (2026-11-24). Cost: O(log) of that list, or of all rows if there is no list.
    pub(crate) fn cut_before(&mut self, order: &Order, key: RowKey) -> u32 {
        let Some(list) = self.lists.iter_mut().min_by_key(|list| list.len()) else {
            return order.rows_before(key);
        };
        *list = &list[..order.count_before(list, key)];
        list.last().map_or(0, |&row| row + 1)
    }

    /// Fills `rows`, which is empty, with the newest `most` matches in `span`, at least one. Cost:
    /// see [`Conjunction`].
    pub(crate) fn newest(&mut self, span: Span, most: usize, rows: &mut PageRows) {
        self.walk(span, &mut FirstPage { rows, most });
    }

    /// Fills `rows`, which is empty, with up to `most` matches in `span` after the newest `skip`,
    /// and returns the number of all matches. Cost: see [`Conjunction`]; for a single bitmap only
    /// one block count for each 512 rows and the words of the page.
    pub(crate) fn page_and_count(
        &mut self,
        span: Span,
        skip: u64,
        most: usize,
        rows: &mut PageRows,
    ) -> u64 {
        let page = OffsetPage { skip, rows, most };
        if let ([], [bitmap]) = (&*self.lists, &*self.bitmaps) {
            return page_of_one(bitmap, span, page);
        }
        let mut counted = CountedPage { page, count: 0 };
        self.walk(span, &mut counted);
        counted.count
    }

    /// Calls `each` with the matches in `span`, newest first, until it returns false. Cost: see
    /// [`Conjunction`].
    pub(crate) fn each(&mut self, span: Span, each: impl FnMut(u32) -> bool) {
        self.walk(span, &mut ForEach(each));
    }

    fn walk(&mut self, span: Span, collector: &mut impl Collect) {
        if span.start >= span.end {
            return;
        }
        self.lists.sort_unstable_by_key(|list| list.len());
        match &mut *self.lists {
            [] => walk_bitmaps(&mut self.bitmaps, span, collector),
            [list] => _ = look_up(&self.bitmaps, in_span(list, span), collector),
            [shortest, others @ ..] => self.scratches.with(|scratch| {
                let shortest = in_span(shortest, span);
                walk_lists(shortest, others, &self.bitmaps, self.tuning, scratch, collector);
            }),
        }
    }
}

/// Hands the rows of `shortest` that are in all of `others` and `bitmaps` to `collector`, chunk by
/// chunk from the newest. Each chunk cuts `others` to the rows before it.
fn walk_lists(
    mut shortest: &[u32],
    others: &mut [&[u32]],
    bitmaps: &[&Bitmap],
    tuning: Tuning,
    scratch: &mut Scratch,
    collector: &mut impl Collect,
) {
    let first_chunk = tuning.first_chunk.clamp(1, 1 << 16) as usize;
    let mut chunk_rows = first_chunk;
    let mut bitmaps_first = false;
    let Scratch { rows, stamps } = scratch;
    while !shortest.is_empty() {
        let (older, chunk) = newest_chunk(shortest, chunk_rows, tuning.chunk_span.max(1));
        shortest = older;
        chunk_rows = (chunk_rows * 2).min(first_chunk * 8);
        rows.clear();
        if bitmaps_first {
            let mut keep = ForEach(|row| {
                rows.push(row);
                true
            });
            look_up(bitmaps, chunk, &mut keep);
            rows.reverse();
        } else {
            rows.extend_from_slice(chunk);
            touched::add(chunk.len());
        }
        let given = rows.len();
        for list in &mut *others {
            let (Some(&first), Some(&last)) = (rows.first(), rows.last()) else { break };
            let end = rows_before(list, last + 1);
            let start = rows_before(&list[..end], first);
            stamps.keep_common(rows, &list[start..end]);
            // All later chunks are older than this one.
            *list = &list[..start];
        }
        let wants_more = match bitmaps_first {
            true => rows.is_empty() || collector.list(rows),
            false => look_up(bitmaps, rows, collector),
        };
        if !wants_more {
            break;
        }
        if given > 0 {
            bitmaps_first = rows.len() * 2 > given && !bitmaps.is_empty();
        }
    }
}

/// Splits `list` into its older rows and its newest chunk, which has `most` rows, or fewer if those
/// would span more than `span` rows of the store.
fn newest_chunk(list: &[u32], most: usize, span: u32) -> (&[u32], &[u32]) {
    let (older, chunk) = list.split_at(list.len().saturating_sub(most));
    match (chunk.first(), chunk.last()) {
        (Some(&first), Some(&last)) if last - first >= span => {
            let too_far = chunk.partition_point(|&row| last - row >= span);
            list.split_at(older.len() + too_far)
        }
        _ => (older, chunk),
    }
}

/// The rows of `list` in `span`.
fn in_span(list: &[u32], span: Span) -> &[u32] {
    let list = &list[..rows_before(list, span.end)];
    &list[rows_before(list, span.start)..]
}

/// The number of rows in `list` before `row`. In most calls it is none or all of them, so the ends
/// of the list are compared first.
fn rows_before(list: &[u32], row: u32) -> usize {
    match (list.first(), list.last()) {
        (Some(&first), _) if first >= row => 0,
        (_, Some(&last)) if last >= row => list.partition_point(|&held| held < row),
        _ => list.len(),
    }
}

/// Hands the rows of `span` that are in all of `bitmaps` to `collector`.
fn walk_bitmaps(bitmaps: &mut [&Bitmap], span: Span, collector: &mut impl Collect) {
    // The smallest become the terms.
    bitmaps.sort_unstable_by_key(|bitmap| bitmap.len());
    let words = bitmaps.iter().map(|bitmap| bitmap.words().len()).min().unwrap_or(0);
    // No row after the last word of any set matches.
    let span = Span { end: span.end.min(words as u32 * 64), ..span };
    if span.start >= span.end {
        return;
    }
    let terms: SmallVec<[&[u64]; 8]> =
        bitmaps.iter().map(|bitmap| &bitmap.words()[words_of(span)]).collect();
    match *terms {
        [] => {}
        [a] => walk_words(span, [a], &[], collector),
        [a, b] => walk_words(span, [a, b], &[], collector),
        [a, b, c] => walk_words(span, [a, b, c], &[], collector),
        [a, b, c, d] => walk_words(span, [a, b, c, d], &[], collector),
        [a, b, c, d, e] => walk_words(span, [a, b, c, d, e], &[], collector),
        [a, b, c, d, e, f] => walk_words(span, [a, b, c, d, e, f], &[], collector),
        [a, b, c, d, e, f, g] => walk_words(span, [a, b, c, d, e, f, g], &[], collector),
        [a, b, c, d, e, ref rest @ ..] => walk_words(span, [a, b, c, d, e], rest, collector),
    }
}

/// Fills `page` with rows of `span` in one bitmap, and returns the number of all rows of the bitmap
/// in `span`. Rows outside the page are counted by the rank directory.
fn page_of_one(bitmap: &Bitmap, span: Span, mut page: OffsetPage<'_>) -> u64 {
    let mut end = span.end.min(bitmap.words().len() as u32 * 64);
    if span.start >= end {
        return 0;
    }
    let before_end = bitmap.rank(end);
    let count = u64::from(before_end - bitmap.rank(span.start));
    if page.skip >= count || page.most == 0 {
        return count;
    }
    // If the span ends after the last row, whole blocks can be skipped from the newest one on.
    if before_end == bitmap.len() {
        for (block, &rows) in bitmap.blocks().iter().enumerate().rev() {
            touched::add(1);
            if u64::from(rows) > page.skip {
                break;
            }
            page.skip -= u64::from(rows);
            end = block as u32 * BLOCK_ROWS;
        }
    }
    // Fewer rows are skipped than there are, so the rest of the span is not empty.
    let span = Span { end, ..span };
    walk_words(span, [&bitmap.words()[words_of(span)]], &[], &mut page);
    count
}

/// The number of rows that are looked up before the collector gets the matches among them.
const BATCH: usize = 64;

/// Hands those of `rows`, which ascend, that are in all of `bitmaps` to `collector`, newest first.
/// Returns whether it wants more. Not inlined for the reason given at [`walk_words`].
#[inline(never)]
fn look_up(bitmaps: &[&Bitmap], rows: &[u32], collector: &mut impl Collect) -> bool {
    let words = Bitmap::words;
    match *bitmaps {
        [] => look_up_in([], &[], rows, collector),
        [a] => look_up_in([a].map(words), &[], rows, collector),
        [a, b] => look_up_in([a, b].map(words), &[], rows, collector),
        [a, b, c] => look_up_in([a, b, c].map(words), &[], rows, collector),
        [a, b, c, d] => look_up_in([a, b, c, d].map(words), &[], rows, collector),
        [a, b, c, d, e, ref rest @ ..] => {
            look_up_in([a, b, c, d, e].map(words), rest, rows, collector)
        }
    }
}

/// Looks up each row in all of `terms` at once, and those found there in one after the other of
/// `rest`. One bitmap after the other took
/// 1.4 to 1.8 times as long (2026-11-25).
fn look_up_in<const N: usize>(
    terms: [&[u64]; N],
    rest: &[&Bitmap],
    rows: &[u32],
    collector: &mut impl Collect,
) -> bool {
    rows.rchunks(BATCH).all(|batch| {
        touched::add(batch.len() * (1 + N + rest.len()));
        let mut found = [0; BATCH];
        let mut end = keep_in(&terms, batch, &mut found);
        for bitmap in rest {
            let batch = found;
            end = keep_in(&[bitmap.words()], &batch[..end], &mut found);
        }
        end == 0 || collector.list(&found[..end])
    })
}

/// Writes the rows of `batch` that are in all of `terms` to `found` and returns how many there are.
#[inline(always)]
fn keep_in<const N: usize>(terms: &[&[u64]; N], batch: &[u32], found: &mut [u32; BATCH]) -> usize {
    let words = terms.iter().map(|term| term.len()).min().unwrap_or(usize::MAX);
    // Branch-free as in `Stamps::keep_common`.
    let mut end = 0;
    for &row in batch {
        found[end % BATCH] = row;
        let at = (row / 64) as usize;
        let word =
            if at < words { terms.iter().fold(u64::MAX, |word, term| word & term[at]) } else { 0 };
        end += (word >> (row % 64) & 1) as usize;
    }
    end
}
