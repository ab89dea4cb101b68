//! A naive model of the store, which gives the expected answers straight from the rules.
//!
//! It keeps the records in a `Vec`, and answers a query by filtering, sorting and slicing all of
//! them. It shares nothing with the engine's query path: of the crate it uses only the plain
//! data types and the spelling of enum values. Statuses, transitions, limits, orders and the
//! reading of parameters are written here a second time, for clarity and not for speed.
//!
//! - `checks`: the validation of records, and the rules of tags
//! - `derive`: statuses, `Timed`, and the transitions of a run
//! - `writes`: accepting, updating, stopping, deleting
//! - `request`: wire parameters to a request, and the order of errors
//! - `paging`: pages, totals and tokens
//! - `describe`, `results`: the two queries
//! - `events`: the events that subscribers receive
//! - `archive`: the state of a store that is saved and restored

mod archive;
mod checks;
mod derive;
mod describe;
mod events;
mod paging;
mod request;
mod results;
mod writes;

use std::cmp::Reverse;
use std::collections::HashMap;

use invodex::{InstanceRun, Invocation, Timestamp};
use serde_json::Value;

pub use archive::Archived;
pub use derive::Overall;
pub use events::{ModelEvent, OWNER_ID, PLAYER_UID};
pub use paging::{ModelToken, Position};
pub use request::{Filters, Operation};

/// The configuration of a store.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    /// The store's id: a token of a store with another id is refused.
    pub id: u64,
    /// Maximum number of live records, over all regions.
    pub capacity: usize,
    /// Seconds that a record is kept after its CreationTime; `None` keeps it forever.
    pub retention_secs: Option<u32>,
    /// Whether an omitted `Timed` restricts nothing; otherwise it means false.
    pub omitted_timed_any: bool,
    /// The known regions and whether each has this API. With `None` every region is known.
    pub regions: Option<Vec<(String, bool)>>,
    /// Maximum number of history records of a run.
    pub history_limit: usize,
    /// Maximum bytes of output in all records together; `None` for no limit.
    pub output_budget: Option<usize>,
}

impl Default for ModelConfig {
    fn default() -> Self {
        ModelConfig {
            id: 0,
            capacity: 100_000,
            retention_secs: Some(28 * 86_400),
            omitted_timed_any: false,
            regions: None,
            history_limit: 100,
            output_budget: None,
        }
    }
}

/// The error of a request or a write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelError {
    /// Such as `InvalidParameter.Timed`.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// The message, if the API's documentation gives one for the code.
    pub message: Option<String>,
    /// The wire name of the parameter or field at fault.
    pub parameter: Option<String>,
}

/// The row of an answer: an invocation, one of its runs, or one of a run's history records.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RowId {
    /// InvokeId of the record.
    pub invoke_id: String,
    /// `None` in `DescribeInvocations`.
    pub instance_id: Option<String>,
    /// The history number, from 1; `None` for the run itself.
    pub history: Option<u64>,
}

/// One page.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The wire body without `RequestId` and `NextToken`.
    pub body: Value,
    /// The rows of the page, in order.
    pub ids: Vec<RowId>,
    /// `None` in token mode.
    pub total: Option<u64>,
    /// `None` if the wire has an empty `NextToken`.
    pub next: Option<ModelToken>,
}

/// One accepted invocation, with every unset CreationTime and UpdateTime filled in.
#[derive(Clone)]
struct Record {
    /// Counts up from 1 over all accepted records.
    number: u64,
    created: Timestamp,
    /// Without its runs, which are in `runs`.
    invocation: Invocation,
    runs: Vec<Run>,
}

#[derive(Clone)]
struct Run {
    now: InstanceRun,
    /// Oldest first; each has the status that its execution ended with.
    history: Vec<HistoryRecord>,
    /// History records made so far, dropped ones included.
    ended: u64,
}

#[derive(Clone)]
struct HistoryRecord {
    number: u64,
    run: InstanceRun,
}

/// The model of a store.
pub struct Model {
    config: ModelConfig,
    clock: Timestamp,
    /// The store's time at the last write that was not refused.
    last_write: Option<Timestamp>,
    /// May hold expired records until the next write; `live` leaves them out.
    records: Vec<Record>,
    accepted: u64,
    history_dropped: u64,
    output_dropped: u64,
    middles_cut: u64,
    subscribers: events::Queues,
    /// The meaning of the engine's opaque tokens, set by `learn_token`.
    tokens: HashMap<String, ModelToken>,
}

impl Model {
    /// An empty model with a clock at `now`.
    pub fn new(config: ModelConfig, now: Timestamp) -> Self {
        Model {
            config,
            clock: now,
            last_write: None,
            records: Vec::new(),
            accepted: 0,
            history_dropped: 0,
            output_dropped: 0,
            middles_cut: 0,
            subscribers: events::Queues::default(),
            tokens: HashMap::new(),
        }
    }

    /// Sets the clock, which may go back; the time of the last write stays.
    pub fn set_clock(&mut self, now: Timestamp) {
        self.clock = now;
    }

    /// InvokeIds of the live records, newest first.
    pub fn list(&self) -> Vec<String> {
        self.live().iter().map(|record| record.invocation.invoke_id.clone()).collect()
    }

    /// Sets the meaning of a token that the engine returned: the `next` of the same answer.
    pub fn learn_token(&mut self, text: &str, token: ModelToken) {
        self.tokens.insert(text.to_owned(), token);
    }

    /// The number of history records that were dropped because their run had too many.
    pub fn history_dropped(&self) -> u64 {
        self.history_dropped
    }

    /// Bytes of output that were dropped because of the budget.
    pub fn output_dropped(&self) -> u64 {
        self.output_dropped
    }

    /// How often an update cut bytes in the middle of an output.
    pub fn middles_cut(&self) -> u64 {
        self.middles_cut
    }

    /// The store's time: the later of the clock and the last write's time.
    fn now(&self) -> Timestamp {
        match self.last_write {
            Some(written) if written > self.clock => written,
            _ => self.clock,
        }
    }

    /// Whether a record is strictly older than the retention allows.
    fn is_expired(&self, created: Timestamp) -> bool {
        match self.config.retention_secs {
            None => false,
            Some(secs) => {
                i64::from(created.as_secs()) < i64::from(self.now().as_secs()) - i64::from(secs)
            }
        }
    }

    /// The records that have not expired, newest first, ties by acceptance.
    fn live(&self) -> Vec<&Record> {
        let mut live: Vec<&Record> =
            self.records.iter().filter(|record| !self.is_expired(record.created)).collect();
        live.sort_by_key(|record| Reverse((record.created, record.number)));
        live
    }
}

/// An error with the HTTP status and the message that the API's documentation gives its code.
fn error(code: &str, parameter: &str) -> ModelError {
    let (status, message) = match code {
        "InvalidRegionId.NotFound" => {
            (404, Some("The RegionId provided does not exist in our records.".to_owned()))
        }
        "RegionId.ApiNotSupported" => {
            (400, Some("The api is not supported in this region.".to_owned()))
        }
        "NumberExceed.Tags" => (400, Some("The Tags parameter number is exceed.".to_owned())),
        "MissingParameter.TagKey" => (400, Some("You must specify Tag.N.Key.".to_owned())),
        "InvalidTagKey.Malformed" => {
            (400, Some("The specified Tag.n.Key is not valid.".to_owned()))
        }
        "InvalidTagValue.Malformed" => {
            (400, Some("The specified Tag.n.Value is not valid.".to_owned()))
        }
        "Duplicate.TagKey" => (400, Some("The Tag.N.Key contain duplicate key.".to_owned())),
        "InvalidParam.PageNumber" | "InvalidParam.PageSize" => {
            (400, Some("The specified parameter is invalid.".to_owned()))
        }
        "InvalidInvokeId.NotFound" => {
            (404, Some("The specified invoke ID does not exist.".to_owned()))
        }
        "InvalidInstanceId.NotFound" => {
            (404, Some("The specified parameter InstanceId does not exist.".to_owned()))
        }
        "InstanceIds.ExceedLimit" => {
            (403, Some("The number of instance IDs exceeds the upper limit.".to_owned()))
        }
        _ => match code.split_once('.') {
            Some(("MissingParameter", name)) => (
                400,
                Some(format!(
                    "The input parameter \"{name}\" that is mandatory for processing this \
                     request is not supplied."
                )),
            ),
            Some(("InvalidParameter", name)) => {
                (400, Some(format!("The specified parameter {name} is not valid.")))
            }
            _ => panic!("no such error code: {code}"),
        },
    };
    ModelError { code: code.to_owned(), status, message, parameter: Some(parameter.to_owned()) }
}

/// A time as the wire writes it, and "" when it is unset.
fn wire_time(time: Option<Timestamp>) -> String {
    let Some(time) = time else { return String::new() };
    let seconds = time.as_secs();
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u32| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= if leap(year) { 366 } else { 365 } {
        days -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let day = days + 1;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
