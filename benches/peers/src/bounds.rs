//! What is required, and how far each figure is from it.

use std::fmt;

use serde::Serialize;

/// A bound and what was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Bound {
    pub what: String,
    pub measured: f64,
    pub limit: f64,
    pub unit: &'static str,
    pub met: bool,
}

impl Bound {
    pub fn at_most(what: impl Into<String>, measured: f64, limit: f64, unit: &'static str) -> Self {
        Bound { what: what.into(), measured, limit, unit, met: measured <= limit }
    }

    pub fn at_least(
        what: impl Into<String>,
        measured: f64,
        limit: f64,
        unit: &'static str,
    ) -> Self {
        Bound { what: what.into(), measured, limit, unit, met: measured >= limit }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.met { "met  " } else { "SHORT" };
        let Bound { what, measured, limit, unit, .. } = self;
        write!(f, "{mark} {measured:>10.3} of {limit:>9.3} {unit:<14} {what}")
    }
}

/// Of many figures with a bound each, the one nearest to its bound stands for those that are
/// met; every one that is not is named.
#[derive(Default)]
pub struct Worst {
    bounds: Vec<Bound>,
}

impl Worst {
    pub fn add(&mut self, bound: Bound) {
        self.bounds.push(bound);
    }

    /// `of` says what all of them are.
    pub fn finish(self, of: &str, bounds: &mut Vec<Bound>) {
        let share = |bound: &Bound| {
            let share = bound.measured / bound.limit;
            if bound.met == (share <= 1.0) { share } else { 1.0 / share }
        };
        let met = self.bounds.iter().filter(|bound| bound.met);
        let nearest = met.max_by(|a, b| share(a).total_cmp(&share(b))).cloned();
        let (all, short) = (self.bounds.len(), self.bounds.iter().filter(|b| !b.met).count());
        bounds.extend(nearest.map(|mut bound| {
            bound.what = format!("{of}: {} of {all}, nearest {}", all - short, bound.what);
            bound
        }));
        bounds.extend(self.bounds.into_iter().filter(|bound| !bound.met).map(|mut bound| {
            bound.what = format!("{of}: {}", bound.what);
            bound
        }));
    }
}

/// How many Y finding a page may take: 2 with up to three filters besides region and Timed, then
/// one more for each three.
pub fn find_limit(filters: usize) -> f64 {
    (filters as f64 / 3.0 + 1.0).max(2.0)
}
