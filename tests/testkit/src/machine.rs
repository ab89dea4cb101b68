//! The operations machine: runs the same operations on a store and on the naive model, and compares
//! every answer. The operations are those of [`strategy`](crate::strategy).
//!
//! - `writes`: the operations that change the store
//! - `archives`: saving and restoring
//! - `subscribers`: events
//! - `queries`: requests, walks and tokens
//! - `walks`: the promises of a walk, checked independently of the model
//! - `state`: the invariants after every operation
//! - `compare`: the first difference of two answers
//! - `coverage`: the counts of a run
//! - `kept`: sequences with a name

mod archives;
mod compare;
mod coverage;
mod kept;
mod queries;
mod state;
mod subscribers;
mod walks;
mod writes;

use std::collections::HashMap;

use invodex::{Clock, Invocation, ManualClock, RepeatMode, Store, Timestamp};
use proptest::test_runner::TestCaseError;

pub use compare::answered;
pub use coverage::Coverage;
pub use kept::{Kept, kept};

use crate::model::{Model, Operation};
use crate::strategy::{Case, Op, Pairs, StoreSpec};
use archives::Saved;
use subscribers::Subscriber;
use walks::Walk;

/// Ok, or the failed check.
pub type Check = Result<(), TestCaseError>;

/// Maximum number of open walks. The next one replaces the oldest.
const OPEN_WALKS: usize = 4;
/// Maximum number of writes between the pages of a drained walk.
const WRITES_OF_A_WALK: usize = 40;
/// Maximum number of tokens that are kept to be forged.
const KEPT_TOKENS: usize = 6;

/// The machine's knowledge of a record that the store holds, or held.
#[derive(Clone, Debug)]
struct Known {
    number: u64,
    created: Timestamp,
    region: String,
    group: String,
    mode: RepeatMode,
    /// Whether an execution of it has ended, so that it may have a history.
    has_history: bool,
    instances: Vec<String>,
}

/// A store and the model, side by side.
struct Machine<'a> {
    /// The current configuration of the store.
    spec: StoreSpec,
    store: Store,
    clock: ManualClock,
    model: Model,
    /// The time of the last write that was not refused.
    last_write: Timestamp,
    /// Acceptance numbers given so far.
    accepted: u64,
    /// The number of records that were deleted or cleared, or are missing from the archive from
    /// which the store was restored.
    removed: u64,
    /// The number of writes that were not refused, and of restores.
    writes: u64,
    /// The number of crowd records so far.
    many: u64,
    /// By InvokeId, the last record that was retained.
    known: HashMap<String, Known>,
    walks: Vec<Walk>,
    /// Requests without a token, and the token that the store returned for each.
    tokens: Vec<(Operation, Pairs, String)>,
    subscribers: Vec<Subscriber>,
    saved: Option<Saved>,
    steps: usize,
    coverage: &'a mut Coverage,
}

/// Runs a case to its end, or to the first difference, and adds to the counts of `coverage`.
///
/// Cost: a plain case takes some milliseconds in a release build, because the model answers every
/// query by a look at all records.
///
/// # Errors
///
/// The operation at which the store differed from the model or broke a promise, and both values.
///
/// # Examples
///
/// ```
/// use invodex_testkit::machine::{self, Coverage};
/// use invodex_testkit::strategy::{Case, Op, RecordSpec, StoreSpec};
///
/// let ops = vec![Op::Accept(RecordSpec::default()), Op::Advance(3), Op::Clear];
/// let case = Case { store: StoreSpec::default(), ops };
/// let mut coverage = Coverage::default();
/// machine::run(&case, &mut coverage).unwrap();
/// assert!(coverage.summary().starts_with("1 cases, 3 operations"));
/// ```
pub fn run(case: &Case, coverage: &mut Coverage) -> Check {
    let start = Timestamp::saturating_from_secs(i64::from(case.store.start));
    let clock = ManualClock::new(start);
    coverage.cases += 1;
    let mut machine = Machine {
        spec: case.store.clone(),
        store: Store::new(case.store.config(), clock.clone()),
        clock,
        model: Model::new(case.store.model(), start),
        last_write: Timestamp::MIN,
        accepted: 0,
        removed: 0,
        writes: 0,
        many: 0,
        known: HashMap::new(),
        walks: Vec::new(),
        tokens: Vec::new(),
        subscribers: Vec::new(),
        saved: None,
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
    machine.finish()
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
            Op::Continue { walk, size, noise, form, between } => {
                for write in between {
                    self.step(write)?;
                }
                if let Some(at) = self.open_walk(*walk) {
                    self.have_written(at)?;
                    self.go_on(at, *size, noise, *form)?;
                }
                false
            }
            Op::Drain { walk, size, between } => {
                if let Some(at) = self.open_walk(*walk) {
                    let mut writes = between.iter().cycle().take(WRITES_OF_A_WALK);
                    for page in 0_usize.. {
                        if let Some(write) = writes.next() {
                            self.step(write)?;
                        }
                        self.have_written(at)?;
                        if !self.go_on(at, size + (page % 2) as u8, &[], 0)? {
                            break;
                        }
                    }
                }
                false
            }
            Op::Forged { token, forgery } => {
                self.forged(*token, forgery)?;
                false
            }
            Op::Save => {
                self.saved = Some(self.save()?);
                self.check_state()?;
                false
            }
            Op::Subscribe(capacity) => {
                self.subscribe(*capacity)?;
                false
            }
            Op::Read { subscriber, most } => {
                self.read(*subscriber, *most)?;
                false
            }
            Op::Unsubscribe(subscriber) => {
                self.unsubscribe(*subscriber)?;
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

    /// Makes a write that is never refused, unless the store was written since the walk's last
    /// page.
    fn have_written(&mut self, walk: usize) -> Check {
        if self.walks[walk].writes != self.writes {
            return Ok(());
        }
        let seconds = [0, 9][self.steps % 2];
        self.step(&Op::Many { count: 1, seconds })
    }

    /// The expected time of the store.
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

    fn finish(&mut self) -> Check {
        self.count_statistics();
        while !self.subscribers.is_empty() {
            self.unsubscribe(0)?;
        }
        Ok(())
    }
}
