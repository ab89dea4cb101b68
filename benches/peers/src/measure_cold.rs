//! Whole answers with cold caches. Most requests of a real test come long after the last one, when
//! other work has replaced the contents of the caches.

use std::hint::black_box;
use std::time::Instant;

use serde::Serialize;

use crate::bounds::Bound;
use crate::clock::{nanoseconds_of, overhead};
use crate::equal::library_answer;
use crate::limits;
use crate::request::Case;
use crate::rounds::Effort;
use crate::statistics::median;
use crate::world::{PAGES, World};

/// Memory that is touched before each cold answer: several times a second-level cache, so that
/// neither the store nor the code is left in one.
const TOUCHED: usize = 64 << 20;

/// Bytes of a cache line. One byte of each line is touched.
const CACHE_LINE: usize = 64;

/// Answers before the warm ones are timed, and the number of warm answers that are timed together.
const WARM_UP: u32 = 8;
const WARM_CALLS: u32 = 16;

/// One class of requests from the head of the list: medians over the rounds, in nanoseconds from
/// the pairs of the request to the bytes of the answer.
#[derive(Clone, Debug, Serialize)]
pub struct Cold {
    pub class: &'static str,
    pub page: usize,
    /// The rows of the answer; fewer than the page size if fewer match.
    pub rows: usize,
    pub cold: f64,
    pub warm: f64,
    /// Cold over warm of the same round.
    pub ratio: f64,
}

/// The median over the classes whose answer fills the page. An answer with few rows or none spends
/// most of its time on cache misses of the code: cold it takes many times as long as warm, but no
/// longer than a full page.
#[derive(Clone, Debug, Serialize)]
pub struct ColdMedian {
    pub page: usize,
    pub cold: f64,
    pub warm: f64,
    pub ratio: f64,
}

pub fn measure(world: &World, cases: &[Case], effort: Effort) -> Vec<Cold> {
    let heads: Vec<_> = cases.iter().filter(|case| case.place.after.is_none()).collect();
    // Not zeros: those would be one page of memory, mapped many times.
    let other = vec![1_u8; TOUCHED];
    let mut times = vec![(Vec::new(), Vec::new()); heads.len()];
    for _ in 0..effort.rounds.div_ceil(2) {
        for (case, (cold, warm)) in heads.iter().zip(&mut times) {
            touch(&other);
            cold.push(time(world, case, 1));
            for _ in 0..WARM_UP {
                black_box(library_answer(world, &case.pairs));
            }
            warm.push(time(world, case, WARM_CALLS));
        }
    }
    let line = |(case, (cold, warm)): (&&Case, (Vec<f64>, Vec<f64>))| Cold {
        class: case.class,
        page: case.page,
        rows: world.scan.find(&case.query).rows.len(),
        ratio: median(cold.iter().zip(&warm).map(|(cold, warm)| cold / warm)),
        cold: median(cold),
        warm: median(warm),
    };
    heads.iter().zip(times).map(line).collect()
}

/// Reads one byte of each cache line.
fn touch(other: &[u8]) {
    let bytes = other.iter().step_by(CACHE_LINE);
    black_box(bytes.fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
}

/// Nanoseconds of one answer, as the mean of `calls` in a row.
fn time(world: &World, case: &Case, calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(library_answer(world, &case.pairs));
    }
    ((nanoseconds_of(start.elapsed()) - overhead()) / f64::from(calls)).max(1.0)
}

pub fn medians(lines: &[Cold]) -> Vec<ColdMedian> {
    let of_page = |page| {
        let of = |figure: fn(&Cold) -> f64| {
            let full = lines.iter().filter(|line| line.page == page && line.rows == page);
            median(full.map(figure))
        };
        ColdMedian {
            page,
            cold: of(|line| line.cold),
            warm: of(|line| line.warm),
            ratio: of(|line| line.ratio),
        }
    };
    PAGES.into_iter().map(of_page).collect()
}

pub fn bounds(lines: &[Cold], bounds: &mut Vec<Bound>) {
    bounds.extend(medians(lines).into_iter().map(|median| {
        let case = format!("{} rows", median.page);
        Bound::of_case(&limits::COLD_ANSWER, case, median.ratio)
    }));
}
