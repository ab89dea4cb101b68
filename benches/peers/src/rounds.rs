//! Many short rounds in which all contenders take turns, so that what disturbs the machine for a
//! while disturbs all of them, and few turns of each; the median is kept, in nanoseconds and in Y
//! of the same round.

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
    /// How long a round takes at least: few contenders wait for what disturbs the machine to pass.
    pub round: Duration,
}

impl Effort {
    pub const FULL: Effort =
        Effort { rounds: 41, turn: Duration::from_micros(40), round: Duration::from_millis(500) };
    pub const QUICK: Effort =
        Effort { rounds: 9, turn: Duration::from_micros(20), round: Duration::ZERO };
}

/// How many Y make the reference of a round.
const Y_CALLS: u32 = 16;

/// How many calls come before the clock starts.
const WARM_UP: u32 = 8;

/// What takes longer takes no more than one call in a turn, without warming up since it goes
/// through more than the caches hold, and has its turn in every third round only.
const LONG: Duration = Duration::from_millis(1);

/// Something that is measured. What it returns is only kept from being left out.
pub type Contender<'a> = Box<dyn FnMut() -> usize + 'a>;

/// Contenders that are compared with each other, one after the other in each round.
pub type Group<'a> = Vec<Contender<'a>>;

/// The cost of one call of each contender of each group.
pub fn interleave(
    effort: Effort,
    yardstick: &Yardstick,
    groups: &mut [Group<'_>],
) -> Vec<Vec<Cost>> {
    let mut all: Vec<Vec<Turn>> = groups
        .iter_mut()
        .map(|group| group.iter_mut().map(|one| Turn::calibrate(effort.turn, one)).collect())
        .collect();
    for round in 0..effort.rounds {
        let start = Instant::now();
        for (group, turns) in groups.iter_mut().zip(&mut all) {
            let y = time_y(yardstick);
            for (contender, turn) in group.iter_mut().zip(turns) {
                turn.take(round, contender, y);
            }
        }
        std::thread::sleep(effort.round.saturating_sub(start.elapsed()));
    }
    all.iter().map(|turns| turns.iter().map(|turn| median_cost(&turn.costs)).collect()).collect()
}

/// How many nanoseconds one Y takes now.
pub fn time_y(yardstick: &Yardstick) -> f64 {
    black_box(yardstick.run());
    let start = Instant::now();
    for _ in 0..Y_CALLS {
        black_box(yardstick.run());
    }
    let nanoseconds = start.elapsed().as_nanos() as f64 / f64::from(Y_CALLS);
    yardstick.note(nanoseconds);
    nanoseconds
}

/// What one contender does in a round, and what it cost in those that are over.
struct Turn {
    /// Before the clock starts: those before it have filled the caches with theirs.
    warm_up: u32,
    calls: u32,
    /// It takes part in every so many rounds.
    every: usize,
    costs: Vec<Cost>,
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
                let long = each > LONG.as_nanos();
                let (warm_up, every) = if long { (0, 3) } else { (WARM_UP, 1) };
                return Turn { warm_up, calls, every, costs: Vec::new() };
            }
            calls *= 4;
        }
    }

    fn take(&mut self, round: usize, contender: &mut Contender<'_>, y: f64) {
        if !round.is_multiple_of(self.every) {
            return;
        }
        for _ in 0..self.warm_up {
            black_box(contender());
        }
        let start = Instant::now();
        for _ in 0..self.calls {
            black_box(contender());
        }
        let nanoseconds = start.elapsed().as_nanos() as f64 / f64::from(self.calls);
        self.costs.push(Cost { nanoseconds, y: nanoseconds / y });
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
