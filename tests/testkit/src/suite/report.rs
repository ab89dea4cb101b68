//! The result of a run, rule by rule.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Options, Tally};
use crate::rules::Ledger;

/// The width of the table, in characters.
const WIDTH: usize = 100;
/// Maximum number of characters of a reason in the table.
const REASON: usize = WIDTH - 45;
/// Maximum number of operations of a sequence that the table shows.
const SHOWN: usize = 12;
/// Maximum number of characters of an operation that the table shows.
const LONG: usize = 400;

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed of the first random sequence.
    pub seed: u64,
    /// Each rule of the ledger that was to be asked, in the ledger's order.
    pub rules: Vec<RuleReport>,
    /// Documented cases that held, and all that were run.
    pub documented: (usize, usize),
    /// Random sequences, without the smaller ones that were tried.
    pub sequences: u32,
    /// Operations of all sequences, those of the smaller ones included.
    pub operations: u64,
    /// The reason why the run ended early: the subject gave no answer, or one in no form of the API.
    pub failure: Option<String>,
    /// The time that the run took.
    pub elapsed: Duration,
}

/// The result of a rule.
#[derive(Clone, Debug)]
pub struct RuleReport {
    /// The rule's id.
    pub id: String,
    /// The rule in one sentence.
    pub text: String,
    /// The checks of it that held.
    pub held: u64,
    /// Whether it holds.
    pub outcome: RuleOutcome,
}

/// Whether a rule holds.
#[derive(Clone, Debug)]
pub enum RuleOutcome {
    /// Every check held, and there was one.
    Held,
    /// A check did not hold.
    Broken(Breach),
    /// There was no check; the text says why.
    NotAsked(String),
}

/// A check that did not hold.
#[derive(Clone, Debug)]
pub struct Breach {
    /// The reply, and the expected one.
    pub difference: String,
    /// The documented case, or the random operations with the seed that repeats them.
    pub found_by: String,
    /// The smallest sequence of operations that shows it, each in words. Empty for a documented case.
    pub sequence: Vec<String>,
}

/// Rules that the trait cannot show, by the beginning of their ids, and the reason.
const UNSEEN: &[(&str, &str)] = &[
    ("event.", "the trait has no events"),
    ("archive.damage", "the trait has no archives, only their effect"),
    ("archive.versions", "the trait has no archives, only their effect"),
    ("import.", "the trait loads no captured responses"),
    ("error.body", "the trait's replies have no body of an error"),
    ("error.recommend", "the trait's replies have no body of an error"),
    ("error.detail", "the trait's replies have no body of an error"),
    ("error.raised", "no request of the trait raises these errors"),
    ("request.query-string", "the trait's parameters are decoded already"),
    ("record.output-budget", "the trait sets no limit of all outputs"),
    ("record.time-range", "the trait takes no times but those of the range"),
    ("store.retention", "it needs 100,000 records"),
    ("store.newest-retention", "it is a configuration of the library"),
    ("store.steady", "the trait does not show memory"),
];

/// Rules that need one operation of the trait.
const NEEDS: &[(&str, &str)] = &[
    ("token.outlives-store", "save_and_restore"),
    ("archive.whole", "save_and_restore"),
    ("store.time", "set_clock"),
    ("store.age", "set_clock"),
    ("store.expired", "set_clock"),
    ("stop.", "stop"),
    ("run.", "update_run"),
    ("history.", "update_run"),
    ("record.output-", "update_run"),
    ("status.", "update_run"),
    ("error.invoke-id", "delete"),
    ("front-end.client-token", "retry"),
    ("", "begin"),
    ("", "accept"),
    ("", "set_clock"),
];

pub(super) fn make(
    ledger: &Ledger,
    options: &Options,
    mut tally: Tally,
    elapsed: Duration,
) -> Report {
    let is_asked = |id: &str| options.rule.as_deref().is_none_or(|only| only == id);
    let mut rules = Vec::new();
    for rule in ledger.rules().filter(|rule| is_asked(&rule.id)) {
        let id = &rule.id;
        let held = tally.held.get(id).copied().unwrap_or(0);
        let outcome = if let Some(breach) = tally.broken.remove(id) {
            RuleOutcome::Broken(breach)
        } else if held > 0 {
            RuleOutcome::Held
        } else {
            RuleOutcome::NotAsked(reason(&tally, id))
        };
        rules.push(RuleReport { id: id.clone(), text: rule.rule.clone(), held, outcome });
    }
    Report {
        seed: options.seed,
        rules,
        documented: tally.documented,
        sequences: tally.sequences,
        operations: tally.operations,
        failure: tally.failure,
        elapsed,
    }
}

/// Why a rule was not asked.
fn reason(tally: &Tally, id: &str) -> String {
    let begins = |(start, _): &&(&str, &str)| id.starts_with(start);
    if let Some((_, reason)) = UNSEEN.iter().find(begins) {
        return (*reason).to_owned();
    }
    let lack = NEEDS.iter().filter(begins).find_map(|(_, operation)| tally.offers.get(operation));
    match (tally.lacks.get(id), lack) {
        (Some(lack), _) | (None, Some(lack)) => format!("not offered: {lack}"),
        (None, None) if tally.failure.is_some() => "the run ended before".to_owned(),
        (None, None) => "no case of this run came to it".to_owned(),
    }
}

impl Report {
    /// Whether nothing is broken and the run was not ended by a failure.
    pub fn is_held(&self) -> bool {
        self.failure.is_none() && self.broken().next().is_none()
    }

    /// The broken rules, each with what shows it.
    pub fn broken(&self) -> impl Iterator<Item = (&RuleReport, &Breach)> {
        self.rules.iter().filter_map(|rule| match &rule.outcome {
            RuleOutcome::Broken(breach) => Some((rule, breach)),
            _ => None,
        })
    }

    /// The numbers of rules that held, were broken and were not asked.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |is: fn(&RuleOutcome) -> bool| {
            self.rules.iter().filter(|rule| is(&rule.outcome)).count()
        };
        (
            count(|outcome| matches!(outcome, RuleOutcome::Held)),
            count(|outcome| matches!(outcome, RuleOutcome::Broken(_))),
            count(|outcome| matches!(outcome, RuleOutcome::NotAsked(_))),
        )
    }

    /// The report as JSON, for other programs.
    pub fn to_json(&self) -> Value {
        let rules = self.rules.iter().map(|rule| {
            let mut fields = json!({ "id": rule.id, "rule": rule.text, "checks": rule.held });
            match &rule.outcome {
                RuleOutcome::Held => fields["outcome"] = "held".into(),
                RuleOutcome::Broken(breach) => {
                    fields["outcome"] = "broken".into();
                    fields["difference"] = breach.difference.clone().into();
                    fields["found_by"] = breach.found_by.clone().into();
                    fields["sequence"] = breach.sequence.clone().into();
                }
                RuleOutcome::NotAsked(reason) => {
                    fields["outcome"] = "not asked".into();
                    fields["reason"] = reason.clone().into();
                }
            }
            fields
        });
        let (held, broken, not_asked) = self.counts();
        json!({
            "seed": self.seed,
            "held": held,
            "broken": broken,
            "not_asked": not_asked,
            "documented_cases": self.documented.1,
            "documented_cases_held": self.documented.0,
            "random_sequences": self.sequences,
            "operations": self.operations,
            "seconds": self.elapsed.as_secs_f64(),
            "failure": self.failure,
            "rules": rules.collect::<Vec<_>>(),
        })
    }
}

/// Writes a text in lines of the table's width, each behind `indent` blanks.
fn wrapped(f: &mut fmt::Formatter<'_>, indent: usize, text: &str) -> fmt::Result {
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && indent + length > WIDTH {
            writeln!(f, "{:indent$}{line}", "")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(f, "{:indent$}{line}", "")
}

/// The beginning of a text.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<34}{:<11}{:>9}", "rule", "result", "checks")?;
        // The reasons that are longer than their column, each once.
        let mut long: Vec<&str> = Vec::new();
        for rule in &self.rules {
            match &rule.outcome {
                RuleOutcome::Held => writeln!(f, "{:<34}{:<11}{:>9}", rule.id, "held", rule.held)?,
                RuleOutcome::Broken(_) => {
                    writeln!(f, "{:<34}{:<11}{:>9}", rule.id, "BROKEN", rule.held)?;
                }
                RuleOutcome::NotAsked(reason) => {
                    let mut shown = reason.clone();
                    if reason.chars().count() > REASON {
                        shown = reason.chars().take(REASON - 3).chain("...".chars()).collect();
                        if !long.contains(&&**reason) {
                            long.push(reason);
                        }
                    }
                    writeln!(f, "{:<34}{:<11}{shown}", rule.id, "not asked")?;
                }
            }
        }
        if !long.is_empty() {
            writeln!(f, "\nReasons that are cut above:")?;
            long.iter().try_for_each(|reason| wrapped(f, 2, reason))?;
        }
        for (rule, breach) in self.broken() {
            writeln!(f, "\nBROKEN {}", rule.id)?;
            wrapped(f, 2, &rule.text)?;
            wrapped(f, 2, &format!("Found by {}.", breach.found_by))?;
            for (number, operation) in breach.sequence.iter().enumerate().take(SHOWN) {
                wrapped(f, 4, &format!("{}. {}", number + 1, cut(operation)))?;
            }
            if breach.sequence.len() > SHOWN {
                writeln!(f, "    ... and {} more", breach.sequence.len() - SHOWN)?;
            }
            wrapped(f, 2, &format!("Difference: {}", cut(&breach.difference)))?;
        }
        let (held, broken, not_asked) = self.counts();
        writeln!(f, "\n{held} rules held, {broken} broken, {not_asked} not asked.")?;
        writeln!(
            f,
            "{} of {} documented cases held; {} random sequences from seed {}, {} operations; {:.1} s.",
            self.documented.0,
            self.documented.1,
            self.sequences,
            self.seed,
            self.operations,
            self.elapsed.as_secs_f64()
        )?;
        if let Some(failure) = &self.failure {
            wrapped(f, 0, &format!("The run ended early: {}", cut(failure)))?;
        }
        Ok(())
    }
}
