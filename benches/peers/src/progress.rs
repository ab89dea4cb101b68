//! Says which stage of a run begins, how long the run took so far, and how long the rest may take.
//!
//! It says so between the stages alone: a bar that moves would take its time from the measurements.

use std::time::Instant;

use crate::args::Args;
use crate::world::Variant;

/// The seconds of each stage of a whole run (2 busy cores, 2026-11-30). They tell the shares of the stages; a
/// machine's speed follows from the stages that it has done.
const SECONDS: [(&str, f64); 12] = [
    (YARDSTICK, 20.0),
    (MEMORY, 38.0),
    (FILL, 6.0),
    (EQUAL, 10.0),
    (FIND, 24.0),
    (FIND_SQLITE, 130.0),
    (ANSWER, 161.0),
    (COLD, 28.0),
    (WRITE, 65.0),
    (SHARED, 25.0),
    (GROWTH, 29.0),
    (LOAD, 52.0),
];

pub const YARDSTICK: &str = "the yardstick";
pub const MEMORY: &str = "memory";
pub const FILL: &str = "filling";
pub const EQUAL: &str = "all answers equal?";
pub const FIND: &str = "finding pages";
/// The data set alone is in SQLite too, which takes most of this time.
pub const FIND_SQLITE: &str = "finding pages, in SQLite too";
pub const ANSWER: &str = "bodies and whole answers";
pub const COLD: &str = "answers with cold caches";
pub const WRITE: &str = "writes";
pub const SHARED: &str = "a reader and a writer";
pub const GROWTH: &str = "growth";
pub const LOAD: &str = "loading";

/// The progress of a run.
pub struct Progress {
    started: Instant,
    /// The seconds of the stages that are still to begin, by [`SECONDS`].
    left: f64,
    /// Those of the stages that have begun.
    begun: f64,
}

impl Progress {
    /// The progress of a run with these arguments, which begins now.
    pub fn new(args: &Args) -> Self {
        let mut left = seconds(YARDSTICK);
        let mut plan = |section: &str, stages: &[&str]| {
            if args.wants(section) {
                left += stages.iter().map(|stage| seconds(stage)).sum::<f64>();
            }
        };
        plan("memory", &[MEMORY]);
        for variant in Variant::ALL {
            plan("find", &[finding(variant)]);
            if variant == Variant::Plain {
                plan("answer", &[ANSWER]);
                plan("cold", &[COLD]);
            }
        }
        plan("write", &[WRITE]);
        plan("shared", &[SHARED]);
        plan("growth", &[GROWTH]);
        plan("load", &[LOAD]);
        left += (seconds(FILL) + seconds(EQUAL)) * variants(args).count() as f64;
        Progress { started: Instant::now(), left, begun: 0.0 }
    }

    /// Says that a stage begins, of a variant of the data if one is given.
    pub fn begin(&mut self, stage: &str, variant: Option<Variant>) {
        let elapsed = self.started.elapsed().as_secs_f64();
        // The first stages are too short to tell the speed of a machine.
        let rest = match self.begun > (self.begun + self.left) / 10.0 {
            true => format!(", some {:.0} s remaining", self.left * elapsed / self.begun),
            false => String::new(),
        };
        let of = variant.map(|variant| format!("{}: ", variant.name())).unwrap_or_default();
        eprintln!("[{elapsed:6.1} s{rest}] {of}{stage}");
        self.left = (self.left - seconds(stage)).max(0.0);
        self.begun += seconds(stage);
    }

    pub fn end(&self) {
        eprintln!("[{:6.1} s] done", self.started.elapsed().as_secs_f64());
    }
}

/// The stage that finds pages of a variant.
pub fn finding(variant: Variant) -> &'static str {
    if variant == Variant::Plain { FIND_SQLITE } else { FIND }
}

fn seconds(stage: &str) -> f64 {
    SECONDS.iter().find(|(name, _)| *name == stage).map_or(0.0, |(_, seconds)| *seconds)
}

/// The variants of the data that a run with these arguments queries.
pub fn variants(args: &Args) -> impl Iterator<Item = Variant> {
    let (find, plain) = (args.wants("find"), args.wants("answer") || args.wants("cold"));
    let queried = move |variant: &Variant| find || (plain && *variant == Variant::Plain);
    Variant::ALL.into_iter().filter(queried)
}
