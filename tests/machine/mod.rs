//! The machine: does the same to a store and to the naive model, and compares every answer.
//!
//! - `pools`: the few ids, names and tags that cases are made of
//! - `setup`, `records`, `updates`, `requests`, `ops`: what a case is made of, and its strategies
//! - `writes`: the operations that change something
//! - `queries`: requests, walks and tokens
//! - `walks`: what a walk promises, kept apart from the model
//! - `state`: what must hold after every operation
//! - `compare`: where an answer differs
//! - `coverage`: what a run has seen

mod compare;
mod coverage;
mod ops;
mod pools;
mod queries;
mod records;
mod requests;
mod setup;
mod state;
mod updates;
mod walks;
mod writes;

use std::collections::HashMap;

use invodex::{Clock, Invocation, ManualClock, RepeatMode, Store, Timestamp};
use proptest::test_runner::TestCaseError;

pub(crate) use compare::body;
pub(crate) use coverage::Coverage;
pub(crate) use ops::{Case, case, large_case};

use crate::model::{Model, Operation};
use ops::Op;
use requests::Pairs;
use walks::Walk;

/// Nothing, or what is not as it must be.
pub(crate) type Check = Result<(), TestCaseError>;

/// Most walks that are open at a time; the next one takes the place of the oldest.
const OPEN_WALKS: usize = 4;
/// Most tokens kept to forge from.
const KEPT_TOKENS: usize = 6;

/// What the machine knows of a record that the store holds, or held.
#[derive(Clone, Debug)]
struct Known {
    number: u64,
    created: Timestamp,
    region: String,
    group: String,
    mode: RepeatMode,
    /// An execution of its has ended, so that it may have a history.
    has_history: bool,
    instances: Vec<String>,
}

/// A store and the model, side by side.
struct Machine<'a> {
    store: Store,
    clock: ManualClock,
    model: Model,
    /// When the last write was that was not refused.
    last_write: Timestamp,
    /// Acceptance numbers given so far.
    accepted: u64,
    /// Records that were deleted or cleared away.
    removed: u64,
    /// The crowd so far.
    many: u64,
    /// By InvokeId, the last record that was retained.
    known: HashMap<String, Known>,
    walks: Vec<Walk>,
    /// Requests without a token, and the token that the store gave for them.
    tokens: Vec<(Operation, Pairs, String)>,
    steps: usize,
    coverage: &'a mut Coverage,
}

/// Runs a case to its end, or to the first difference.
pub(crate) fn run(case: &Case, coverage: &mut Coverage) -> Check {
    let start = Timestamp::saturating_from_secs(i64::from(pools::START));
    let clock = ManualClock::new(start);
    coverage.cases += 1;
    let mut machine = Machine {
        store: Store::new(case.store.config(), clock.clone()),
        clock,
        model: Model::new(case.store.model(), start),
        last_write: Timestamp::MIN,
        accepted: 0,
        removed: 0,
        many: 0,
        known: HashMap::new(),
        walks: Vec::new(),
        tokens: Vec::new(),
        steps: 0,
        coverage,
    };
    for (at, op) in case.ops.iter().enumerate() {
        machine.step(op).map_err(|error| match error {
            TestCaseError::Fail(reason) => {
                TestCaseError::fail(format!("operation {at}, {}: {reason}", op.kind()))
            }
            reject => reject,
        })?;
    }
    machine.finish();
    Ok(())
}

impl Machine<'_> {
    fn step(&mut self, op: &Op) -> Check {
        self.steps += 1;
        self.coverage.op(op.kind());
        let changes = match op {
            Op::Query { later, request, form, measured } => {
                if *later > 0 {
                    self.write(&Op::Advance(*later))?;
                    self.check_state()?;
                    self.look_at_walks();
                }
                self.query(request, *form, *measured)?;
                false
            }
            Op::Walk { request, size, page_number } => {
                self.begin_walk(request, *size, *page_number)?;
                false
            }
            Op::Continue { walk, size, noise, form } => {
                if let Some(at) = self.open_walk(*walk) {
                    self.go_on(at, *size, noise, *form)?;
                }
                false
            }
            Op::Drain { walk, size } => {
                if let Some(at) = self.open_walk(*walk) {
                    while self.go_on(at, *size, &[], 0)? {}
                }
                false
            }
            Op::Forged { token, forgery } => {
                self.forged(*token, forgery)?;
                false
            }
            write => {
                self.write(write)?;
                true
            }
        };
        if changes {
            self.check_state()?;
            self.look_at_walks();
        }
        Ok(())
    }

    /// The store's time as it must be.
    fn now(&self) -> Timestamp {
        self.clock.now().max(self.last_write)
    }

    fn learn(&mut self, invocation: &Invocation, number: u64, now: Timestamp) {
        let known = Known {
            number,
            created: invocation.creation_time.unwrap_or(now),
            region: invocation.region_id.clone(),
            group: invocation.resource_group_id.clone(),
            mode: invocation.repeat_mode,
            has_history: false,
            instances: invocation.instances.iter().map(|run| run.instance_id.clone()).collect(),
        };
        self.known.insert(invocation.invoke_id.clone(), known);
    }

    fn finish(&mut self) {
        let statistics = self.store.statistics();
        self.coverage.evicted += statistics.evicted;
        self.coverage.expired += statistics.expired;
        self.coverage.history_dropped += statistics.history_dropped;
        self.coverage.not_retained += statistics.not_retained;
        self.coverage.retained += self.accepted - statistics.not_retained;
    }
}
