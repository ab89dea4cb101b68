//! Collectors: they receive the matches of a walk, newest first, and decide when it stops.
//!
//! All methods are `#[inline]`, except two that say why. A walk is compiled once for each collector,
//! and walks with few matches take up to twice as long if the calls remain (1.95 times, 2026-11-24).

/// The rows of a page, newest first.
pub(crate) type PageRows = Vec<u32>;

/// Receives matches, newest first. Each method returns whether it wants more.
pub(super) trait Collect {
    /// Receives the matches of one word: bit `b` stands for row `base + b`.
    fn word(&mut self, base: u32, word: u64) -> bool;

    /// Receives the matches of eight words, the first of which begins at row `base`.
    #[inline]
    fn block(&mut self, base: u32, words: [u64; 8]) -> bool {
        (0..8).rev().all(|at| words[at] == 0 || self.word(base + 64 * at as u32, words[at]))
    }

    /// Receives matches as a list, which ascends and is not empty.
    fn list(&mut self, rows: &[u32]) -> bool;
}

/// The rows of `word`, newest first.
#[inline]
fn rows_of(base: u32, mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| 63 - word.leading_zeros())?;
        word ^= 1 << bit;
        Some(base + bit)
    })
}

/// Allocates the page with its first row, so that an empty page allocates nothing.
#[inline]
fn reserve_page(rows: &mut PageRows, most: usize) {
    if rows.capacity() == 0 {
        rows.reserve_exact(most);
    }
}

/// Collects the first `most` matches, at least 1, and stops.
pub(super) struct FirstPage<'r> {
    pub(super) rows: &'r mut PageRows,
    pub(super) most: usize,
}

impl Collect for FirstPage<'_> {
    #[inline]
    fn word(&mut self, base: u32, word: u64) -> bool {
        reserve_page(self.rows, self.most);
        rows_of(base, word).all(|row| {
            self.rows.push(row);
            self.rows.len() < self.most
        })
    }

    #[inline]
    fn list(&mut self, rows: &[u32]) -> bool {
        reserve_page(self.rows, self.most);
        self.rows.extend(rows.iter().rev().take(self.most - self.rows.len()).copied());
        self.rows.len() < self.most
    }
}

/// Collects `most` matches after the first `skip` and stops.
pub(super) struct OffsetPage<'r> {
    /// Matches still to be skipped.
    pub(super) skip: u64,
    pub(super) rows: &'r mut PageRows,
    pub(super) most: usize,
}

impl OffsetPage<'_> {
    #[inline]
    fn is_full(&self) -> bool {
        self.rows.len() == self.most
    }

    /// Returns whether the page needs none of the next `matches` matches, and if so skips them.
    #[inline]
    fn skips(&mut self, matches: u64) -> bool {
        if self.is_full() {
            return true;
        }
        let skips = matches <= self.skip;
        if skips {
            self.skip -= matches;
        }
        skips
    }

    /// Takes those of the next matches that the page needs. `skip` is lower than their number.
    #[inline]
    fn take(&mut self, matches: impl Iterator<Item = u32>) {
        reserve_page(self.rows, self.most);
        let (skip, most) = (self.skip as usize, self.most - self.rows.len());
        self.rows.extend(matches.skip(skip).take(most));
        self.skip = 0;
    }

    /// Reads the words of a block one by one. Not inlined: otherwise a block that is only counted also
    /// pays for pushing registers to the stack.
    #[inline(never)]
    fn take_block(&mut self, base: u32, words: [u64; 8]) {
        self.block(base, words);
    }
}

impl Collect for OffsetPage<'_> {
    #[inline]
    fn word(&mut self, base: u32, word: u64) -> bool {
        if !self.skips(u64::from(word.count_ones())) {
            self.take(rows_of(base, word));
        }
        !self.is_full()
    }

    #[inline]
    fn list(&mut self, rows: &[u32]) -> bool {
        if !self.skips(rows.len() as u64) {
            self.take(rows.iter().rev().copied());
        }
        !self.is_full()
    }
}

/// Collects an offset page and counts all matches, so it never stops the walk.
pub(super) struct CountedPage<'r> {
    pub(super) page: OffsetPage<'r>,
    pub(super) count: u64,
}

impl Collect for CountedPage<'_> {
    /// Counts eight words in one vector loop and reads them one by one only for the page. Not
    /// inlined: a copy inside the walk took 1.2 times as long (2026-11-29).
    #[inline(never)]
    fn block(&mut self, base: u32, words: [u64; 8]) -> bool {
        let ones: u32 = words.iter().map(|word| word.count_ones()).sum();
        self.count += u64::from(ones);
        if !self.page.skips(u64::from(ones)) {
            self.page.take_block(base, words);
        }
        true
    }

    #[inline]
    fn word(&mut self, base: u32, word: u64) -> bool {
        self.count += u64::from(word.count_ones());
        self.page.word(base, word);
        true
    }

    #[inline]
    fn list(&mut self, rows: &[u32]) -> bool {
        self.count += rows.len() as u64;
        self.page.list(rows);
        true
    }
}

/// Passes each match to a function until that returns false.
pub(super) struct ForEach<F>(pub(super) F);

impl<F: FnMut(u32) -> bool> Collect for ForEach<F> {
    #[inline]
    fn word(&mut self, base: u32, word: u64) -> bool {
        rows_of(base, word).all(&mut self.0)
    }

    #[inline]
    fn list(&mut self, rows: &[u32]) -> bool {
        rows.iter().rev().copied().all(&mut self.0)
    }
}
