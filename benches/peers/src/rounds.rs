//! Many short rounds in which all contenders take turns. A disturbance of the machine then hits few
//! turns of each contender. The median over the rounds counts, in nanoseconds and in Y of the same
//! round.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::statistics::median;
use crate::yardstick::Yardstick;

/// The time of one call.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Cost {
    pub nanoseconds: f64,
    /// In units of the yardstick.
    pub y: f64,
}

impl Cost {
    /// The cost without `part`, at least zero.
    pub fn less(self, part: Cost) -> Cost {
        Cost {
            nanoseconds: (self.nanoseconds - part.nanoseconds).max(0.0),
            y: (self.y - part.y).max(0.0),
        }
    }
}

/// The number of rounds and their lengths.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    pub rounds: usize,
    /// The length of one contender's turn, unless a single call takes longer.
    pub turn: Duration,
    /// The least length of a round, so that a disturbance does not outlast the rounds of few
    /// contenders.
    pub round: Duration,
}

impl Effort {
    pub const FULL: Effort =
        Effort { rounds: 41, turn: Duration::from_micros(40), round: Duration::from_millis(500) };
    pub const QUICK: Effort =
        Effort { rounds: 9, turn: Duration::from_micros(20), round: Duration::ZERO };
}

/// Number of Y whose mean is the reference of a round.
const Y_CALLS: u32 = 16;

/// Calls before the clock starts.
const WARM_UP: u32 = 8;

/// A longer call is made once in a turn, and only in every third round. It is not warmed up,
/// because it reads more than the caches hold.
const LONG: Duration = Duration::from_millis(1);

/// A measured function. Its result goes to `black_box`, so that its work is not optimised away.
pub type Contender<'a> = Box<dyn FnMut() -> usize + 'a>;

/// Contenders that are compared with each other and run one after the other in each round.
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

/// The time of one Y now, in nanoseconds.
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

/// The calls of one contender in a round, and its costs in the rounds so far.
struct Turn {
    /// Calls before the clock starts, because other contenders have filled the caches.
    warm_up: u32,
    calls: u32,
    /// Takes part in one round of this many.
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

/// The median of the nanoseconds and the median of the Y.
pub fn median_cost(costs: &[Cost]) -> Cost {
    Cost {
        nanoseconds: median(costs.iter().map(|cost| cost.nanoseconds)),
        y: median(costs.iter().map(|cost| cost.y)),
    }
}
