//! Many short rounds in which the contenders take turns, so that what disturbs the machine
//! disturbs all of them; of each the median is kept, in nanoseconds and in Y of the same round.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::yardstick::Yardstick;

/// What one thing costs.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Cost {
    pub nanoseconds: f64,
    /// In units of the yardstick.
    pub y: f64,
}

impl Cost {
    /// What is left without `part`.
    pub fn less(self, part: Cost) -> Cost {
        Cost {
            nanoseconds: (self.nanoseconds - part.nanoseconds).max(0.0),
            y: (self.y - part.y).max(0.0),
        }
    }
}

/// How long and how often things are measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    pub rounds: usize,
    /// How long one contender's turn takes, unless a single call takes longer.
    pub turn: Duration,
}

impl Effort {
    pub const FULL: Effort = Effort { rounds: 41, turn: Duration::from_micros(40) };
    pub const QUICK: Effort = Effort { rounds: 9, turn: Duration::from_micros(20) };
}

/// How many Y make the reference of a round.
const Y_CALLS: u32 = 16;

/// How many calls come before the clock starts.
const WARM_UP: u32 = 8;

/// Something that is measured. What it returns is only kept from being left out.
pub type Contender<'a> = Box<dyn FnMut() -> usize + 'a>;

/// The cost of one call of each contender.
pub fn interleave(
    effort: Effort,
    yardstick: &Yardstick,
    contenders: &mut [Contender<'_>],
) -> Vec<Cost> {
    let turns: Vec<Turn> =
        contenders.iter_mut().map(|contender| Turn::calibrate(effort.turn, contender)).collect();
    let mut costs = vec![Vec::with_capacity(effort.rounds); contenders.len()];
    for _ in 0..effort.rounds {
        let y = time_y(yardstick);
        for ((contender, turn), costs) in contenders.iter_mut().zip(&turns).zip(&mut costs) {
            let nanoseconds = turn.take(contender);
            costs.push(Cost { nanoseconds, y: nanoseconds / y });
        }
    }
    costs.iter().map(|costs| median_cost(costs)).collect()
}

/// How many nanoseconds one Y takes now.
pub fn time_y(yardstick: &Yardstick) -> f64 {
    time_some(|| yardstick.run())
}

/// How many nanoseconds one of as many calls takes as make the reference of a round.
pub fn time_some(mut work: impl FnMut() -> u32) -> f64 {
    black_box(work());
    let start = Instant::now();
    for _ in 0..Y_CALLS {
        black_box(work());
    }
    start.elapsed().as_nanos() as f64 / f64::from(Y_CALLS)
}

/// What one contender does in a round.
struct Turn {
    /// Before the clock starts: those before it have filled the caches with theirs.
    warm_up: u32,
    calls: u32,
}

impl Turn {
    fn calibrate(turn: Duration, contender: &mut Contender<'_>) -> Self {
        let mut calls = 1_u32;
        loop {
            let start = Instant::now();
            for _ in 0..calls {
                black_box(contender());
            }
            let took = start.elapsed();
            if took * 2 >= turn || calls >= 1 << 20 {
                let each = took.as_nanos().max(1) / u128::from(calls);
                let calls = (turn.as_nanos() / each.max(1)).clamp(1, 1 << 20) as u32;
                // What takes milliseconds goes through more than the caches hold.
                let warm_up = if each > 2_000_000 { 0 } else { WARM_UP };
                return Turn { warm_up, calls };
            }
            calls *= 4;
        }
    }

    /// Nanoseconds of one call.
    fn take(&self, contender: &mut Contender<'_>) -> f64 {
        for _ in 0..self.warm_up {
            black_box(contender());
        }
        let start = Instant::now();
        for _ in 0..self.calls {
            black_box(contender());
        }
        start.elapsed().as_nanos() as f64 / f64::from(self.calls)
    }
}

/// Both medians, each for itself.
pub fn median_cost(costs: &[Cost]) -> Cost {
    Cost {
        nanoseconds: median(costs.iter().map(|cost| cost.nanoseconds)),
        y: median(costs.iter().map(|cost| cost.y)),
    }
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quantile(values, 0.5)
}

/// The value below which the share `at` of all lies; 0 of none.
pub fn quantile(values: impl IntoIterator<Item = f64>, at: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let index = (values.len() as f64 * at) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// The geometric mean; 1 of none.
pub fn geometric_mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0_usize), |(sum, count), value| (sum + value.max(1e-9).ln(), count + 1));
    (sum / count.max(1) as f64).exp()
}
