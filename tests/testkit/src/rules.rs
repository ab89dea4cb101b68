//! The ledger of rules as data: the promises of both queries and of the store behind them, each with
//! the kind of its evidence, its source and its tests.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::cases::{CaseFile, CaseNames};

/// The text of the ledger, in TOML.
pub const LEDGER: &str = include_str!("../rules.toml");

/// All rules, by section.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The sections, in the order of the documentation.
    pub section: Vec<Section>,
}

/// The rules of one part of the contract.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its heading in the documentation.
    pub title: String,
    /// Its rules.
    pub rule: Vec<Rule>,
}

/// One rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique, such as `token.exactly-once`.
    pub id: String,
    /// The rule in one sentence.
    pub rule: String,
    /// The kind of the strongest evidence for it.
    pub kind: Kind,
    /// The kind of source, or the reason for a decision.
    pub source: String,
    /// `FILE::FUNCTION`, or `cases/FILE.toml#NAME` with a name of [`case_names`].
    pub tests: Vec<String>,
}

/// The kinds of evidence for a rule, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An answer of the service was captured, or a trial of it was reported.
    Live,
    /// The vendor's documentation or metadata says so.
    Documented,
    /// Clients or the service's agent rely on it.
    Seen,
    /// No public text says it, or two contradict each other: the choice is ours.
    Decision,
}

impl Ledger {
    /// Reads the ledger. Cost: some milliseconds.
    ///
    /// # Panics
    ///
    /// If the ledger is not well-formed, which a test of the project excludes.
    pub fn load() -> Ledger {
        toml::from_str(LEDGER).unwrap_or_else(|error| panic!("rules.toml: {error}"))
    }

    /// The ids of the rules that a case of this file shows: those that name it, or else those that
    /// name its group.
    pub fn of_case(&self, file: &str, names: &CaseNames) -> Vec<&str> {
        let with = |name: &String| {
            let test = format!("cases/{file}.toml#{name}");
            self.rules().filter(move |rule| rule.tests.contains(&test)).map(|rule| &*rule.id)
        };
        let own: BTreeSet<&str> = names.own.iter().flat_map(with).collect();
        if own.is_empty() {
            return names.group.iter().flat_map(with).collect();
        }
        own.into_iter().collect()
    }

    /// All rules, in the order of the ledger.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.section.iter().flat_map(|section| &section.rule)
    }
}

/// The names under which the ledger may refer to the cases of a file.
pub fn case_names(file: &CaseFile) -> Vec<String> {
    let mut names: Vec<String> = file.group.iter().map(|group| group.name.clone()).collect();
    for case in file.names() {
        for name in case.own {
            // The name of a row belongs to each of its cases.
            if case.group.is_some() || !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}
