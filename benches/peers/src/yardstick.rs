//! The yardstick Y: one AND of three bitmaps of 12.5 KB, one bit for each of 100,000 records, with
//! a count of the ones, as a plain loop.

use std::cell::RefCell;
use std::hint::black_box;

use crate::statistics::median;

/// 100,000 bits in whole chunks of 8 words.
const WORDS: usize = 1_568;

pub struct Yardstick {
    bitmaps: [Vec<u64>; 3],
    /// The time of Y in each round so far, in nanoseconds.
    times: RefCell<Vec<f64>>,
}

impl Yardstick {
    pub fn new() -> Self {
        let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
        let bitmaps = [(); 3].map(|()| {
            let word = || {
                bits ^= bits << 13;
                bits ^= bits >> 7;
                bits ^= bits << 17;
                bits
            };
            std::iter::repeat_with(word).take(WORDS).collect()
        });
        Yardstick { bitmaps, times: RefCell::default() }
    }

    /// Runs one Y.
    #[inline(never)]
    pub fn run(&self) -> u32 {
        let [a, b, c] = &self.bitmaps;
        let chunks = a.chunks_exact(8).zip(b.chunks_exact(8)).zip(c.chunks_exact(8));
        let mut count = 0;
        for ((a, b), c) in chunks {
            for at in 0..8 {
                count += (a[at] & b[at] & c[at]).count_ones();
            }
        }
        black_box(count)
    }

    pub fn note(&self, nanoseconds: f64) {
        self.times.borrow_mut().push(nanoseconds);
    }

    /// The median over all rounds so far, in nanoseconds.
    pub fn nanoseconds(&self) -> f64 {
        median(self.times.borrow().iter().copied())
    }

    /// The same without chunks, for which a compiler may choose other instructions.
    #[inline(never)]
    pub fn run_word_by_word(&self) -> u32 {
        let [a, b, c] = &self.bitmaps;
        let words = a.iter().zip(b).zip(c);
        black_box(words.map(|((a, b), c)| (a & b & c).count_ones()).sum())
    }
}
