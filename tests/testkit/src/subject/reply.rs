//! The forms of a subject's replies, and its settings.

use std::fmt;

use invodex::Error;
use serde_json::Value;

/// The code, the HTTP status and the parameter of an error of the API.
pub type Refusal = (String, u16, Option<String>);

/// The result of an operation, or the reason why there is none.
pub type Reply<T> = Result<T, No>;

/// Why an operation has no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum No {
    /// The subject answered with an error of the API.
    Refused(Refusal),
    /// The subject cannot do this; the text says what it lacks. The rule is not asked.
    NotOffered(String),
    /// The subject did not answer, or not in a form of the API; the text says what was asked and what
    /// came.
    Failed(String),
}

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            No::Refused((code, status, parameter)) => {
                write!(f, "error {status} {code}")?;
                parameter.iter().try_for_each(|name| write!(f, " of {name}"))
            }
            No::NotOffered(lack) => write!(f, "not offered: {lack}"),
            No::Failed(failure) => write!(f, "no answer: {failure}"),
        }
    }
}

impl From<Error> for No {
    fn from(error: Error) -> Self {
        let parameter = error.parameter().map(str::to_owned);
        No::Refused((error.code().to_owned(), error.status(), parameter))
    }
}

/// The reply of an HTTP status and a body. The body of an error does not tell its parameter.
///
/// # Errors
///
/// The error of the API, or [`No::Failed`] for a body that is no JSON.
pub fn answered(status: u16, body: &[u8]) -> Reply<Value> {
    let failed = |error| No::Failed(format!("the body is no JSON: {error}"));
    let body: Value = serde_json::from_slice(body).map_err(failed)?;
    if status == 200 {
        return Ok(body);
    }
    Err(No::Refused((body["Code"].as_str().unwrap_or_default().to_owned(), status, None)))
}

/// The settings of a store under test.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The id of the store, which is part of its tokens.
    pub id: u64,
    /// Maximum number of records.
    pub capacity: usize,
    /// Seconds that a record is kept after its CreationTime; -1 keeps it forever.
    pub retention_secs: i64,
    /// An omitted `Timed` restricts nothing.
    pub omitted_timed_any: bool,
    /// The known regions and whether each has this API. With `None` every region is known.
    pub regions: Option<Vec<(String, bool)>>,
    /// Maximum number of history records of a run.
    pub history_limit: usize,
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
