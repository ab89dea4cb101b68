//! Operations on a store, and sequences of them.

use invodex::{InvocationStatus, RunUpdate};

use super::records::RecordSpec;
use super::requests::{Pairs, RequestSpec};
use super::setup::{Limits, StoreSpec};
use super::updates::UpdateSpec;

/// A record that a write names.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// An existing record.
    Live(u8),
    /// An existing recurring task, the first ones more often.
    Recurring(u8),
    /// Any id of the pool, whether or not it exists.
    Pool(u8),
}

/// A run that a write names.
#[derive(Clone, PartialEq, Debug)]
pub enum RunPick {
    /// A run of the record.
    Own(u8),
    /// A run on an instance of the pool, which the record may lack.
    Pool(u8),
}

/// A change to a token that the store returned, or to its request.
#[derive(Clone, PartialEq, Debug)]
pub enum Forgery {
    /// Replaces a character.
    Change {
        /// The place of the character, counted round.
        at: u8,
        /// The distance to the new one in the alphabet.
        by: u8,
    },
    /// Drops the last characters.
    Truncate(u8),
    /// Appends characters.
    Extend(String),
    /// Replaces the whole text.
    Text(String),
    /// Adds a parameter, mostly a filter.
    More(Pairs),
    /// Drops a parameter.
    Less(u8),
    /// Asks the other operation.
    Operation,
    /// Asks another store, with the same id or another.
    Store,
}

/// The updates of `times` executions of a run, each with this result.
pub(crate) fn executions(
    result: InvocationStatus,
    reschedule: bool,
    times: u8,
) -> impl Iterator<Item = RunUpdate> {
    let to = |status| RunUpdate { invocation_status: Some(status), ..RunUpdate::default() };
    let end = RunUpdate { reschedule, ..to(result) };
    (0..times).flat_map(move |_| [to(InvocationStatus::Running), end.clone()])
}

/// One step of a case.
#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    /// Accepts a record.
    Accept(RecordSpec),
    /// Accepts records at one moment.
    Batch(Vec<RecordSpec>),
    /// Accepts a batch of plain records, see [`one_of_many`](super::one_of_many).
    Many {
        /// The number of records.
        count: u16,
        /// The records are created within this many seconds before the clock.
        seconds: u8,
    },
    /// Updates a run.
    Update {
        /// The record.
        target: Target,
        /// Its run.
        run: RunPick,
        /// The update.
        update: UpdateSpec,
    },
    /// Starts and ends a run, with or without a schedule that continues.
    Execute {
        /// The record.
        target: Target,
        /// Its run.
        run: RunPick,
        /// The status with which each execution ends.
        result: InvocationStatus,
        /// Whether the schedule continues.
        reschedule: bool,
        /// The number of executions, as long as the schedule continues.
        times: u8,
    },
    /// Stops runs.
    Stop {
        /// The record.
        target: Target,
        /// Its runs; none stands for all.
        runs: Vec<RunPick>,
    },
    /// Deletes a record.
    Delete(Target),
    /// Deletes all records.
    Clear,
    /// Moves the clock forward by this many seconds.
    Advance(u8),
    /// Moves the clock by this many seconds, forward or back.
    Set(i8),
    /// Asks a query.
    Query {
        /// Moves the clock forward by this many seconds first, without a write in between.
        later: u8,
        /// The request.
        request: RequestSpec,
        /// The form of the library's answer; beyond the forms, all of them.
        form: u8,
        /// Whether to count the rows that each filter excludes.
        measured: bool,
    },
    /// Begins a walk, at the first page or behind a page by number.
    Walk {
        /// The request. Its parameters of paging are left out.
        request: RequestSpec,
        /// The number of rows of the page.
        size: u8,
        /// The page by number.
        page_number: Option<u8>,
    },
    /// Continues an open walk by a page.
    Continue {
        /// The walk, counted round.
        walk: u8,
        /// The number of rows of the page.
        size: u8,
        /// Parameters that do not matter to the token.
        noise: Pairs,
        /// The form of the library's answer, as in a query.
        form: u8,
        /// Writes that come before the page.
        between: Vec<Op>,
    },
    /// Continues an open walk to its end.
    Drain {
        /// The walk, counted round.
        walk: u8,
        /// The number of rows of a page; every second one has one row more.
        size: u8,
        /// Writes, one before each page in turn.
        between: Vec<Op>,
    },
    /// Saves the store for a later restore.
    Save,
    /// Saves and restores the store, or restores the last saved archive.
    Restore {
        /// Whether the last saved archive is restored.
        earlier: bool,
        /// Other limits from now on.
        limits: Option<Limits>,
    },
    /// Subscribes to events, with this capacity.
    Subscribe(u8),
    /// Reads events.
    Read {
        /// The subscription, counted round.
        subscriber: u8,
        /// Maximum number of events.
        most: u8,
    },
    /// Reads the remaining events of a subscription, and drops it.
    Unsubscribe(u8),
    /// Asks with a token that was given before, or with its request, altered.
    Forged {
        /// The token, counted round.
        token: u8,
        /// The change.
        forgery: Forgery,
    },
}

/// A store and its operations.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// The store's configuration.
    pub store: StoreSpec,
    /// The operations, in order.
    pub ops: Vec<Op>,
}

impl Op {
    /// The names of all kinds.
    pub const KINDS: [&'static str; 22] = [
        "accept",
        "backfill",
        "batch",
        "many",
        "update",
        "execute",
        "stop",
        "delete",
        "clear",
        "advance",
        "set",
        "query",
        "walk",
        "continue",
        "drain",
        "forged",
        "save",
        "restore",
        "restore earlier",
        "subscribe",
        "read",
        "unsubscribe",
    ];

    /// The name of the kind, one of [`KINDS`](Op::KINDS).
    pub fn kind(&self) -> &'static str {
        match self {
            Op::Accept(record) if record.is_backfill() => "backfill",
            Op::Accept(_) => "accept",
            Op::Batch(_) => "batch",
            Op::Many { .. } => "many",
            Op::Update { .. } => "update",
            Op::Execute { .. } => "execute",
            Op::Stop { .. } => "stop",
            Op::Delete(_) => "delete",
            Op::Clear => "clear",
            Op::Advance(_) => "advance",
            Op::Set(_) => "set",
            Op::Query { .. } => "query",
            Op::Walk { .. } => "walk",
            Op::Continue { .. } => "continue",
            Op::Drain { .. } => "drain",
            Op::Forged { .. } => "forged",
            Op::Save => "save",
            Op::Restore { earlier: false, .. } => "restore",
            Op::Restore { earlier: true, .. } => "restore earlier",
            Op::Subscribe(_) => "subscribe",
            Op::Read { .. } => "read",
            Op::Unsubscribe(_) => "unsubscribe",
        }
    }
}
