//! Documented cases as data: the files under `cases`, which are part of the package, read into plain
//! structs.
//!
//! The expectations are written by hand from the API's documentation. [`run_file`] runs the cases of
//! a file on any [`Subject`](crate::subject::Subject):
//!
//! ```
//! use invodex_testkit::cases::{Outcome, run_file};
//! use invodex_testkit::reference::Reference;
//!
//! let results = run_file(&mut Reference::new(), "paging");
//! assert!(results.iter().all(|result| result.outcome == Outcome::Held));
//! ```
//!
//! A string of a record, a parameter or an update may hold `{x*3}`, which stands for `xxx`. In a
//! record with a `count`, `{n}` stands for 1, 2, ... A parameter's value `$a` stands for the token
//! that an earlier case of the file saved as `a`, `$a+x` for the same with `x` after it, and
//! `$a-` for the same without its last character.

mod records;
mod run;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::subject::Config;

pub use records::{RecordSpec, UpdateSpec};
pub(crate) use run::run_wanted;
pub use run::{CaseResult, Outcome, run_file};

/// Every file of cases, by name.
pub const FILES: &[(&str, &str)] = &[
    ("filters", include_str!("../cases/filters.toml")),
    ("statuses", include_str!("../cases/statuses.toml")),
    ("errors", include_str!("../cases/errors.toml")),
    ("paging", include_str!("../cases/paging.toml")),
    ("response", include_str!("../cases/response.toml")),
    ("results", include_str!("../cases/results.toml")),
    ("transitions", include_str!("../cases/transitions.toml")),
    ("outputs", include_str!("../cases/outputs.toml")),
];

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// Stores with records, each with its requests and writes.
    #[serde(default)]
    pub group: Vec<Group>,
    /// The table of overall statuses.
    #[serde(default)]
    pub derivation: Vec<Derivation>,
    /// The table of transitions.
    #[serde(default)]
    pub moves: Vec<Moves>,
}

/// A store with records, and its cases in order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Unique in the file; with the name of a case it names the case.
    pub name: String,
    /// The time at which the store begins, as on the wire.
    #[serde(default = "default_clock")]
    pub clock: String,
    /// The settings of the store.
    #[serde(default)]
    pub config: Config,
    /// The operation of each case that names none.
    #[serde(default = "default_operation")]
    pub operation: String,
    /// Parameters in front of those of every case.
    #[serde(default)]
    pub base: Vec<(String, String)>,
    /// Records that the store accepts, in this order.
    #[serde(default)]
    pub record: Vec<RecordSpec>,
    /// Requests and writes, each on what the ones before it left.
    pub case: Vec<Case>,
}

fn default_clock() -> String {
    "2026-03-01T00:00:00Z".to_owned()
}

fn default_operation() -> String {
    "DescribeInvocations".to_owned()
}

/// One request or one write, and its expected result.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Case {
    /// Unique in the group.
    pub name: String,

    // The request or the write: one of these.
    /// A request: parameters and their values, in order.
    pub pairs: Option<Vec<(String, String)>>,
    /// Records that are accepted one by one.
    pub accept: Option<RecordSpec>,
    /// Records that are accepted at one moment.
    pub batch: Option<Vec<RecordSpec>>,
    /// A change of a run.
    pub update: Option<UpdateSpec>,
    /// An InvokeId, and then the InstanceIds.
    pub stop: Option<Vec<String>>,
    /// The InvokeId of a record that is deleted.
    pub delete: Option<String>,
    /// The time to which the clock is set.
    pub clock: Option<String>,

    /// Overrides the group's operation.
    pub operation: Option<String>,

    // The expected answer to a request.
    /// InvokeIds, or `InvokeId/InstanceId` of results, in order.
    pub ids: Option<Vec<String>>,
    /// The number of rows.
    pub rows: Option<usize>,
    /// The first of the `ids`.
    pub first: Option<String>,
    /// The last of the `ids`.
    pub last: Option<String>,
    /// TotalCount.
    pub total: Option<u64>,
    /// Whether a NextToken follows.
    pub next: Option<bool>,
    /// The name under which the NextToken is saved.
    pub save: Option<String>,
    /// Values by JSON pointer: from the body where it begins with `/`, else from the list of rows.
    pub fields: BTreeMap<String, toml::Value>,
    /// Pointers at which there is nothing.
    pub absent: Vec<String>,
    /// All names that the object at a pointer has.
    pub keys: BTreeMap<String, Vec<String>>,

    // The expected result of a write.
    /// Whether each record of `accept` is retained; true unless said.
    pub retained: Option<bool>,
    /// For each record of a batch: `retained`, `not retained` or an error's code.
    pub retained_each: Option<Vec<String>>,
    /// Runs that a stop changed.
    pub changed: Option<usize>,

    /// Code, HTTP status and parameter, of a request or a write.
    pub error: Option<(String, u16, String)>,
}

/// The statuses derived from those of the runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derivation {
    /// RepeatModes; each makes a case of its own.
    pub modes: Vec<String>,
    /// InvocationStatus of each run.
    pub runs: Vec<String>,
    /// Expected overall InvocationStatus.
    pub invocation_status: String,
    /// Expected overall InvokeStatus.
    pub invoke_status: String,
    /// Expected Timed of the record.
    pub timed: bool,
    /// The legacy status of each run, if the case checks it.
    pub legacy: Option<Vec<String>>,
}

/// All transitions from one status.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moves {
    /// InvocationStatus of the run.
    pub from: String,
    /// RepeatModes; each makes a case of its own.
    pub modes: Vec<String>,
    /// The statuses that the run may take. All others are refused.
    pub to: Vec<String>,
    /// The results with which a run may go back to Scheduled in one step.
    #[serde(default)]
    pub reschedule: Vec<String>,
}

impl Case {
    /// Whether the case checks more of the answer than that it is not an error.
    fn expects_something(&self) -> bool {
        self.ids.is_some()
            || self.rows.is_some()
            || self.first.is_some()
            || self.last.is_some()
            || self.total.is_some()
            || self.next.is_some()
            || !self.fields.is_empty()
            || !self.absent.is_empty()
            || !self.keys.is_empty()
            || self.error.is_some()
    }
}

/// The names under which the ledger may refer to a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseNames {
    /// Names of the case: its name with and without that of its group, or those of a table's row.
    pub own: Vec<String>,
    /// The name of its group, if it is in one.
    pub group: Option<String>,
}

impl std::fmt::Display for CaseNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.own.first().map_or("", String::as_str))
    }
}

/// A row of a table: `MODE: STATUSES`, and `MODE, MODE: STATUSES` for all modes of the row.
fn row_names(mode: &str, modes: &[String], rest: &str) -> CaseNames {
    let mut own = vec![format!("{mode}: {rest}")];
    if modes.len() > 1 {
        own.push(format!("{}: {rest}", modes.join(", ")));
    }
    CaseNames { own, group: None }
}

impl Group {
    /// The names of one of its cases.
    pub fn names(&self, case: &Case) -> CaseNames {
        let own = vec![format!("{} / {}", self.name, case.name), case.name.clone()];
        CaseNames { own, group: Some(self.name.clone()) }
    }
}

impl Derivation {
    /// The names of the case of one mode.
    pub fn names(&self, mode: &str) -> CaseNames {
        row_names(mode, &self.modes, &self.runs.join(", "))
    }
}

impl Moves {
    /// The names of the case of one mode.
    pub fn names(&self, mode: &str) -> CaseNames {
        row_names(mode, &self.modes, &self.from)
    }
}

impl CaseFile {
    /// The names of all its cases, in the order in which they are run.
    pub fn names(&self) -> Vec<CaseNames> {
        let cases = self.group.iter().flat_map(|group| group.case.iter().map(|c| group.names(c)));
        let derived = self.derivation.iter().flat_map(|row| row.modes.iter().map(|m| row.names(m)));
        let moves = self.moves.iter().flat_map(|row| row.modes.iter().map(|m| row.names(m)));
        cases.chain(derived).chain(moves).collect()
    }

    /// Whether a record or a request of the file has a tag of this key.
    pub fn uses_tag_key(&self, key: &str) -> bool {
        let asks = |pairs: &[(String, String)]| {
            let is_key = |name: &str| name.starts_with("Tag.") && name.ends_with(".Key");
            pairs.iter().any(|(name, value)| is_key(&expand(name)) && expand(value) == key)
        };
        self.group.iter().any(|group| {
            let accepted = group.case.iter().flat_map(|case| &case.accept);
            let batches = group.case.iter().flat_map(|case| case.batch.iter().flatten());
            let mut records = group.record.iter().chain(accepted).chain(batches);
            let mut requests = group.case.iter().flat_map(|case| &case.pairs);
            asks(&group.base)
                || requests.any(|pairs| asks(pairs))
                || records.any(|record| record.uses_tag_key(key))
        })
    }

    /// Reads a file of [`FILES`]. Cost: some milliseconds.
    ///
    /// # Panics
    ///
    /// If there is no such file.
    pub fn load(name: &str) -> CaseFile {
        let (_, text) = FILES.iter().find(|(known, _)| *known == name).expect("a file of cases");
        match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => panic!("{name}.toml: {error}"),
        }
    }
}

/// Expands every `{x*3}` of a text.
pub fn expand(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        result.push_str(before);
        let repeated = from.find('}').and_then(|close| {
            let (unit, times) = from[1..close].rsplit_once('*')?;
            Some((unit.repeat(times.parse().ok()?), close))
        });
        match repeated {
            Some((repeated, close)) => {
                result.push_str(&repeated);
                rest = &from[close + 1..];
            }
            None => {
                result.push('{');
                rest = &from[1..];
            }
        }
    }
    result + rest
}
