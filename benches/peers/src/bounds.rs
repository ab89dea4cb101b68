//! Figures beside their limits.

use std::fmt;

use serde::Serialize;

use crate::limits::{Limit, Side};

/// A measured figure and its limit.
#[derive(Clone, Debug, Serialize)]
pub struct Bound {
    pub what: String,
    pub measured: f64,
    pub limit: f64,
    pub unit: &'static str,
    pub met: bool,
}

impl Bound {
    pub fn new(limit: &Limit, measured: f64) -> Self {
        let met = match limit.side {
            Side::AtMost => measured <= limit.figure,
            Side::AtLeast => measured >= limit.figure,
        };
        Bound { what: limit.what.into(), measured, limit: limit.figure, unit: limit.unit, met }
    }

    /// A bound for one of several figures that share a limit.
    pub fn of_case(limit: &Limit, case: impl fmt::Display, measured: f64) -> Self {
        Bound { what: format!("{}: {case}", limit.what), ..Bound::new(limit, measured) }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.met { "met  " } else { "SHORT" };
        let Bound { what, measured, limit, unit, .. } = self;
        write!(f, "{mark} {measured:>10.3} of {limit:>9.3} {unit:<14} {what}")
    }
}

/// Summarises many figures that share a limit: every one that misses it, and the nearest of those
/// that meet it.
pub struct Nearest {
    limit: Limit,
    cases: Vec<(String, f64)>,
}

impl Nearest {
    pub fn to(limit: Limit) -> Self {
        Nearest { limit, cases: Vec::new() }
    }

    pub fn add(&mut self, case: impl Into<String>, measured: f64) {
        self.cases.push((case.into(), measured));
    }

    pub fn finish(self, bounds: &mut Vec<Bound>) {
        let Nearest { limit, mut cases } = self;
        // The worst first.
        cases.sort_by(|(_, a), (_, b)| match limit.side {
            Side::AtMost => b.total_cmp(a),
            Side::AtLeast => a.total_cmp(b),
        });
        let bound = |(case, measured): &(String, f64)| Bound::of_case(&limit, case, *measured);
        let missed = cases.iter().take_while(|case| !bound(case).met).count();
        bounds.extend(cases.get(missed).map(|(case, measured)| {
            let met = cases.len() - missed;
            let case = format!("{met} of {}, nearest {case}", cases.len());
            Bound::of_case(&limit, case, *measured)
        }));
        bounds.extend(cases[..missed].iter().map(bound));
    }
}
