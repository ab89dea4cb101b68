//! The conformance suite: asks a [`Subject`] everything that the ledger's rules promise, and reports
//! rule by rule what held, what did not, and what could not be asked.
//!
//! 1. The documented cases, each under the rules that name it.
//! 2. Random sequences of operations, whose replies are compared with those of the
//!    [`Reference`](crate::reference::Reference). A difference is put down to the rule that it breaks,
//!    and the sequence shrinks to the smallest one that still breaks that rule.
//!
//! 3. A request for a record that is sent again with its ClientToken.
//!
//! A subject needs no more than [`describe`](Subject::describe); the rules that depend on more are
//! reported as not asked.
//!
//! ```
//! use invodex_testkit::engine::{Engine, Form};
//! use invodex_testkit::suite::{self, Options};
//!
//! let options = Options { cases: 2, rule: Some("token.end".to_owned()), ..Options::default() };
//! let report = suite::run(&mut Engine::new(Form::Body), &options, &mut |_| {}).unwrap();
//! assert!(report.is_held(), "{report}");
//! ```
//!
//! - `player`: performs a sequence on the subject and on the reference
//! - `compare`: the differences of two answers
//! - `blame`: the rule that a difference breaks
//! - `request`: the rules that a request's parameters stand for
//! - `shrink`: the search for the smallest sequence
//! - `report`: the result

mod blame;
mod compare;
mod player;
mod report;
mod request;
mod shrink;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use invodex::{InstanceRun, Invocation, Timestamp};
use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config as RunnerConfig, RngAlgorithm, RngSeed, TestRunner};

use crate::cases::{CaseFile, CaseNames, FILES, Outcome, run_wanted};
use crate::rules::Ledger;
use crate::strategy::pools::START;
use crate::strategy::{Case, case};
use crate::subject::{Config, No, Subject};
use player::{End, Played, play};
use shrink::Search;

pub use report::{Breach, Report, RuleOutcome, RuleReport};

/// The choice of questions, and limits of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of the first random sequence. Each further one has the next seed, so a broken rule is
    /// found again with the seed that found it, one case and the rule alone.
    pub seed: u64,
    /// The number of random sequences.
    pub cases: u32,
    /// Whether the documented cases are run.
    pub documented: bool,
    /// One rule alone, by its id.
    pub rule: Option<String>,
    /// No sequence begins after this time.
    pub time_limit: Duration,
    /// Maximum number of smaller sequences that are tried for each broken rule.
    pub shrinks: u32,
}

impl Default for Options {
    /// The documented cases and 60 sequences from seed 1, at most 100 seconds, and 400 smaller
    /// sequences for each broken rule.
    fn default() -> Self {
        let time_limit = Duration::from_secs(100);
        Options { seed: 1, cases: 60, documented: true, rule: None, time_limit, shrinks: 400 }
    }
}

/// The state of a run, for a progress bar.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Steps done: a file of documented cases, or a random sequence.
    pub done: u32,
    /// All steps.
    pub total: u32,
    /// The next step, in words.
    pub doing: String,
}

/// The checks and differences so far.
#[derive(Default)]
struct Tally {
    /// By rule, the number of checks that held.
    held: BTreeMap<String, u64>,
    broken: BTreeMap<String, Breach>,
    /// By rule, why a check of it was not made.
    lacks: BTreeMap<String, String>,
    /// By operation of the trait, what the subject says it lacks.
    offers: BTreeMap<&'static str, String>,
    documented: (usize, usize),
    sequences: u32,
    operations: u64,
    failure: Option<String>,
}

impl Tally {
    fn check(&mut self, rule: &str) {
        match self.held.get_mut(rule) {
            Some(count) => *count += 1,
            None => drop(self.held.insert(rule.to_owned(), 1)),
        }
    }

    fn check_all(&mut self, rules: &[&str]) {
        rules.iter().for_each(|rule| self.check(rule));
    }
}

/// Runs the suite. `progress` is called before each step.
///
/// A subject that fails to answer ends the run; the report has the [`failure`](Report::failure).
///
/// # Errors
///
/// `options.rule` is no rule of the ledger.
pub fn run(
    subject: &mut dyn Subject,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, String> {
    let began = Instant::now();
    let ledger = Ledger::load();
    if let Some(rule) = &options.rule
        && ledger.rules().all(|known| known.id != *rule)
    {
        let (part, _) = rule.split_once('.').unwrap_or((rule, ""));
        let near = ledger.rules().map(|known| &*known.id).filter(|id| id.starts_with(part));
        let near: Vec<&str> = near.collect();
        let allowed = if near.is_empty() {
            let parts = ledger.rules().filter_map(|known| known.id.split_once('.'));
            let parts: BTreeSet<&str> = parts.map(|(part, _)| part).collect();
            format!("rules begin with {}", parts.into_iter().collect::<Vec<_>>().join(", "))
        } else {
            format!("allowed are {}", near.join(", "))
        };
        return Err(format!("there is no rule {rule:?}; {allowed}"));
    }
    let mut run = Run { subject, options, ledger: &ledger, tally: Tally::default(), began };
    let files = if options.documented { FILES } else { &[] };
    let total = options.cases.saturating_add(files.len() as u32);
    let mut done = 0;
    let mut tell = |doing: String| {
        progress(Progress { done, total, doing });
        done += 1;
    };
    for (file, _) in files {
        if run.tally.failure.is_none() {
            tell(format!("documented cases: {file}"));
            run.documented(file);
        }
    }
    if run.tally.failure.is_none() {
        run.retried();
    }
    for number in 0..options.cases {
        let is_over = run.tally.failure.is_some() || began.elapsed() >= options.time_limit;
        // One rule alone is broken once.
        if is_over || options.rule.as_ref().is_some_and(|rule| run.tally.broken.contains_key(rule))
        {
            break;
        }
        tell(format!("random operations {} of {}", number + 1, options.cases));
        run.random(options.seed.wrapping_add(u64::from(number)));
    }
    let tally = run.tally;
    Ok(report::make(&ledger, options, tally, began.elapsed()))
}

struct Run<'a> {
    subject: &'a mut dyn Subject,
    options: &'a Options,
    ledger: &'a Ledger,
    tally: Tally,
    began: Instant,
}

impl Run<'_> {
    /// The documented cases of a file.
    fn documented(&mut self, file: &str) {
        let only = self.options.rule.as_deref();
        let names_rule = |rules: &[&str]| only.is_none_or(|only| rules.contains(&only));
        let is_wanted = |names: &CaseNames| names_rule(&self.ledger.of_case(file, names));
        if !CaseFile::load(file).names().iter().any(is_wanted) {
            return;
        }
        for result in run_wanted(self.subject, file, &is_wanted) {
            let rules = self.ledger.of_case(file, &result.names);
            if !names_rule(&rules) {
                continue;
            }
            self.tally.documented.1 += 1;
            self.tally.documented.0 += usize::from(result.outcome == Outcome::Held);
            for rule in rules {
                match &result.outcome {
                    Outcome::Held => self.tally.check(rule),
                    Outcome::Broken(difference) => {
                        let breach = Breach {
                            difference: difference.clone(),
                            found_by: format!("documented case {file}: {}", result.names),
                            sequence: Vec::new(),
                        };
                        self.tally.broken.entry(rule.to_owned()).or_insert(breach);
                    }
                    Outcome::NotAsked(lack) => {
                        let lacks = &mut self.tally.lacks;
                        lacks.entry(rule.to_owned()).or_insert_with(|| lack.clone());
                    }
                    Outcome::Failed(failure) => {
                        self.tally.failure.get_or_insert_with(|| failure.clone());
                    }
                }
            }
        }
    }

    /// A record that is made by a request with a ClientToken, which is sent again.
    fn retried(&mut self) {
        let rule = "front-end.client-token";
        if self.options.rule.as_ref().is_some_and(|only| only != rule) {
            return;
        }
        let mut record = Invocation::new("cn-hangzhou", "t-1", "c-1");
        record.command_content = b"df -h".to_vec();
        record.instances.push(InstanceRun::new("i-1"));
        let now = Timestamp::saturating_from_secs(i64::from(START));
        let begun = self.subject.begin(&Config::default(), now);
        let difference = match begun.and_then(|()| self.subject.retry(&record)) {
            Ok(1) => return self.tally.check(rule),
            Ok(count) => format!("{count} records, expected 1"),
            Err(No::NotOffered(lack)) => return drop(self.tally.offers.insert("retry", lack)),
            Err(No::Failed(failure)) => return self.tally.failure = Some(failure),
            Err(refused) => refused.to_string(),
        };
        let found_by = "a request that was sent again".to_owned();
        let sequence = vec!["RunCommand twice, with the same ClientToken".to_owned()];
        self.tally.broken.insert(rule.to_owned(), Breach { difference, found_by, sequence });
    }

    /// One random sequence, and the smallest one that breaks the same rule.
    fn random(&mut self, seed: u64) {
        let config = RunnerConfig {
            rng_algorithm: RngAlgorithm::XorShift,
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            ..RunnerConfig::default()
        };
        let mut runner = TestRunner::new(config);
        let Ok(tree) = case().new_tree(&mut runner) else { return };
        let case = tree.current();
        self.tally.sequences += 1;
        // Rules whose difference is known, or not asked for, do not hide others.
        let known: BTreeSet<String> = self.tally.broken.keys().cloned().collect();
        let only = self.options.rule.clone();
        let wanted =
            |rule: &str| !known.contains(rule) && only.as_ref().is_none_or(|only| only == rule);
        if let Some(first) = self.play(&case, &wanted) {
            let smallest = self.shrink(case, first);
            let found_by = format!("random operations, seed {seed}");
            let Played { rule, difference, sequence, .. } = smallest;
            self.tally.broken.insert(rule, Breach { difference, found_by, sequence });
        }
    }

    fn play(&mut self, case: &Case, wanted: &dyn Fn(&str) -> bool) -> Option<Played> {
        match play(self.subject, &mut self.tally, case, wanted) {
            End::Agreed => None,
            End::Differs(played) => Some(played),
            End::Failed(failure) => {
                self.tally.failure.get_or_insert(failure);
                None
            }
        }
    }

    /// The smallest sequence that breaks the same rule, within the limits.
    fn shrink(&mut self, mut case: Case, first: Played) -> Played {
        case.ops.truncate(first.ops);
        let rule = first.rule.clone();
        let mut best = first;
        let mut tries = self.options.shrinks;
        let mut breaks = |case: &Case| {
            if tries == 0
                || self.tally.failure.is_some()
                || self.began.elapsed() >= self.options.time_limit
            {
                return None;
            }
            tries -= 1;
            match self.play(case, &|other| other == rule) {
                Some(smaller) => {
                    best = smaller;
                    Some(true)
                }
                // A subject that does not answer is asked nothing more.
                None => self.tally.failure.is_none().then_some(false),
            }
        };
        Search { case, breaks: &mut breaks }.run();
        best
    }
}
