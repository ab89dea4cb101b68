//! Documented cases as data: the files under `data/cases`, read into plain structs.
//!
//! The expectations are written by hand from the API's documentation. `run` runs the cases through
//! anything that answers like a store.
//!
//! A string of a record, a parameter or an update may hold `{x*3}`, which stands for `xxx`. In a
//! record with a `count`, `{n}` stands for 1, 2, ... A parameter's value `$a` stands for the token
//! that an earlier case of the file saved as `a`, `$a+x` for the same with `x` after it, and
//! `$a-` for the same without its last character.

// Every test file uses another part.
#![allow(dead_code, unused_imports)]

mod records;
mod run;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(crate) use records::{RecordSpec, UpdateSpec};
pub(crate) use run::{Refusal, Subject, run_file};

/// Every file of cases, by name.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("filters", include_str!("../data/cases/filters.toml")),
    ("statuses", include_str!("../data/cases/statuses.toml")),
    ("errors", include_str!("../data/cases/errors.toml")),
    ("paging", include_str!("../data/cases/paging.toml")),
    ("response", include_str!("../data/cases/response.toml")),
    ("results", include_str!("../data/cases/results.toml")),
    ("transitions", include_str!("../data/cases/transitions.toml")),
];

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    #[serde(default)]
    pub(crate) group: Vec<Group>,
    #[serde(default)]
    pub(crate) derivation: Vec<Derivation>,
    #[serde(default)]
    pub(crate) moves: Vec<Moves>,
}

/// A store with records, and its cases in order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) name: String,
    #[serde(default = "default_clock")]
    pub(crate) clock: String,
    #[serde(default)]
    pub(crate) config: Config,
    #[serde(default = "default_operation")]
    pub(crate) operation: String,
    /// Parameters in front of those of every case.
    #[serde(default)]
    pub(crate) base: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) record: Vec<RecordSpec>,
    pub(crate) case: Vec<Case>,
}

fn default_clock() -> String {
    "2026-03-01T00:00:00Z".to_owned()
}

fn default_operation() -> String {
    "DescribeInvocations".to_owned()
}

/// The configuration of a group's store.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) id: u64,
    pub(crate) capacity: usize,
    /// Seconds; -1: records never expire.
    pub(crate) retention_secs: i64,
    /// An omitted `Timed` restricts nothing.
    pub(crate) omitted_timed_any: bool,
    /// The known regions and whether each has this API.
    pub(crate) regions: Option<Vec<(String, bool)>>,
    pub(crate) history_limit: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            id: 0,
            capacity: 100_000,
            retention_secs: 28 * 86_400,
            omitted_timed_any: false,
            regions: None,
            history_limit: 100,
        }
    }
}

/// One request or one write, and its expected result.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Case {
    pub(crate) name: String,

    // The request or the write: one of these.
    pub(crate) pairs: Option<Vec<(String, String)>>,
    pub(crate) accept: Option<RecordSpec>,
    pub(crate) batch: Option<Vec<RecordSpec>>,
    pub(crate) update: Option<UpdateSpec>,
    /// An InvokeId, and then the InstanceIds.
    pub(crate) stop: Option<Vec<String>>,
    pub(crate) delete: Option<String>,
    pub(crate) clock: Option<String>,

    /// Overrides the group's operation.
    pub(crate) operation: Option<String>,

    // The expected answer to a request.
    /// InvokeIds, or `InvokeId/InstanceId` of results, in order.
    pub(crate) ids: Option<Vec<String>>,
    /// The number of rows.
    pub(crate) rows: Option<usize>,
    pub(crate) first: Option<String>,
    pub(crate) last: Option<String>,
    pub(crate) total: Option<u64>,
    /// Whether a NextToken follows.
    pub(crate) next: Option<bool>,
    /// The name under which the NextToken is saved.
    pub(crate) save: Option<String>,
    /// Values by JSON pointer: from the body where it begins with `/`, else from the list of rows.
    pub(crate) fields: BTreeMap<String, toml::Value>,
    /// Pointers at which there is nothing.
    pub(crate) absent: Vec<String>,
    /// All names that the object at a pointer has.
    pub(crate) keys: BTreeMap<String, Vec<String>>,

    // The expected result of a write.
    pub(crate) retained: Option<bool>,
    /// For each record of a batch: `retained`, `not retained` or an error's code.
    pub(crate) retained_each: Option<Vec<String>>,
    /// Runs that a stop changed.
    pub(crate) changed: Option<usize>,

    /// Code, HTTP status and parameter, of a request or a write.
    pub(crate) error: Option<(String, u16, String)>,
}

/// The statuses derived from those of the runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Derivation {
    pub(crate) modes: Vec<String>,
    pub(crate) runs: Vec<String>,
    pub(crate) invocation_status: String,
    pub(crate) invoke_status: String,
    pub(crate) timed: bool,
    /// The legacy status of each run, if the case checks it.
    pub(crate) legacy: Option<Vec<String>>,
}

/// All transitions from one status.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moves {
    pub(crate) from: String,
    pub(crate) modes: Vec<String>,
    pub(crate) to: Vec<String>,
    /// The results with which a run may go back to Scheduled in one step.
    #[serde(default)]
    pub(crate) reschedule: Vec<String>,
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

impl CaseFile {
    /// Reads a file of `FILES`.
    pub(crate) fn load(name: &str) -> CaseFile {
        let (_, text) = FILES.iter().find(|(known, _)| *known == name).expect("a file of cases");
        match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => panic!("{name}.toml: {error}"),
        }
    }
}

/// Expands every `{x*3}` of a text.
pub(crate) fn expand(text: &str) -> String {
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
