//! The lives of runs: the scripts and the schedules that they follow, and how far they are.

mod saved;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use invodex::{InvocationStatus, InvocationView, RepeatMode, RunUpdate, SharedStore, Store};
use invodex_schedule::{Schedule, Zone};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use self::saved::Saved;
use crate::outcomes::Step;

/// The longest pause before the clock is looked at again, which others may set.
const LOOK: Duration = Duration::from_secs(60);
/// Memory of a run, roughly.
const RUN_BYTES: usize = 1_024;

/// The runs of a store that will change by themselves.
pub(crate) struct Lives {
    state: Mutex<State>,
    /// Wakes the task that plays them.
    pub(crate) changed: Notify,
}

pub(crate) struct State {
    begun: Instant,
    /// By how much the clock was moved forward, in milliseconds.
    pub(crate) moved: i64,
    /// Whether there is a task that plays the runs.
    pub(crate) is_played: bool,
    last_id: u64,
    pub(crate) runs: BTreeMap<u64, Run>,
    /// The next events by the clock, see [`Run::by_clock`], and the next steps by
    /// [`Execution::timer`], each with its run.
    pub(crate) by_clock: BTreeSet<(i64, Next, u64)>,
    pub(crate) timers: BTreeSet<(i64, u64)>,
    /// The number of runs when those that had ended were dropped.
    swept: usize,
}

/// A run. In the archive its script stands beside it, and its schedule follows from its record.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) invoke_id: String,
    pub(crate) instance_id: String,
    #[serde(skip)]
    pub(crate) script: Arc<[Step]>,
    /// The next step.
    pub(crate) at: usize,
    pub(crate) waits: Waits,
    #[serde(skip)]
    pub(crate) schedule: Option<Arc<Schedule>>,
    pub(crate) execution: Option<Execution>,
}

/// The kind of the next event. At the same time an execution ends before the next one begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Next {
    Step,
    Execution,
}

/// The event that begins the next execution of a run.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Waits {
    /// Nothing: the only one has begun.
    No,
    /// This time, in seconds; none if the schedule is over.
    Clock(Option<u32>),
    Reboot,
}

/// An execution that has begun. Its next step comes at one of two times: the first when a test moves
/// the clock over it, the second when the clock stands or was set back.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Execution {
    /// By the clock, in milliseconds.
    pub(crate) due: i64,
    /// In milliseconds of passed time; in the archive from its saving on.
    #[serde(rename = "pause")]
    pub(crate) timer: i64,
    /// The status that the last step left. With another one something else has changed the run, and
    /// the execution is given up.
    #[serde(deserialize_with = "saved::status")]
    pub(crate) left: InvocationStatus,
}

impl Default for Lives {
    fn default() -> Self {
        let (moved, is_played, last_id, runs, by_clock, timers, swept) = Default::default();
        let begun = Instant::now();
        let state = State { begun, moved, is_played, last_id, runs, by_clock, timers, swept };
        Lives { state: Mutex::new(state), changed: Notify::new() }
    }
}

impl Lives {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The memory of all runs, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let state = self.lock();
        let schedules = state.runs.values().filter_map(|run| run.schedule.as_ref());
        // The runs of a task share its schedule.
        let tasks: HashMap<_, _> = schedules.map(|one| (Arc::as_ptr(one), one.bytes())).collect();
        state.runs.len() * RUN_BYTES + tasks.values().sum::<usize>()
    }
}

impl State {
    /// The time that has passed, in milliseconds.
    pub(crate) fn passed(&self) -> i64 {
        self.moved.saturating_add(self.begun.elapsed().as_millis() as i64)
    }

    pub(crate) fn add(&mut self, run: Run) {
        self.last_id += 1;
        self.put(self.last_id, run);
    }

    /// Puts a run in, or back after a change.
    pub(crate) fn put(&mut self, id: u64, run: Run) {
        self.by_clock.extend(run.by_clock().map(|(time, next)| (time, next, id)));
        self.timers.extend(run.execution.map(|execution| (execution.timer, id)));
        self.runs.insert(id, run);
    }

    /// Takes a run out, to change it or for good.
    pub(crate) fn take(&mut self, id: u64) -> Option<Run> {
        let run = self.runs.remove(&id)?;
        for (time, next) in run.by_clock() {
            self.by_clock.remove(&(time, next, id));
        }
        run.execution.map(|execution| self.timers.remove(&(execution.timer, id)));
        Some(run)
    }

    /// Drops the runs that have ended or whose records are gone, if there may be many.
    pub(crate) fn sweep(&mut self, store: &SharedStore) {
        if self.runs.len() <= 2 * self.swept + 1_000 {
            return;
        }
        let ended = |run: &Run| store.read(|store| run.look(store)).is_none();
        let ids = self.runs.iter().filter(|(_, run)| ended(run)).map(|(&id, _)| id);
        ids.collect::<Vec<_>>().into_iter().for_each(|id| drop(self.take(id)));
        self.swept = self.runs.len();
    }

    /// The time until the next step or the next execution, by a clock that shows `now` in milliseconds,
    /// or stands.
    pub(crate) fn pause(&self, now: Option<i64>) -> Option<Duration> {
        let until = |time: i64, now: i64| {
            Duration::from_millis(time.saturating_sub(now).max(0).unsigned_abs())
        };
        let timer = self.timers.first().map(|&(timer, _)| until(timer, self.passed()));
        let by_clock = self.by_clock.first().zip(now);
        let by_clock = by_clock.map(|(&(time, ..), now)| until(time, now).min(LOOK));
        timer.into_iter().chain(by_clock).min()
    }
}

/// A run as the store has it.
pub(crate) struct Look {
    pub(crate) status: InvocationStatus,
    pub(crate) repeat_mode: RepeatMode,
    pub(crate) repeats: u32,
}

impl Run {
    pub(crate) fn new(invoke_id: &str, instance_id: &str, script: Arc<[Step]>) -> Self {
        let (invoke_id, instance_id) = (invoke_id.to_owned(), instance_id.to_owned());
        let (at, waits, schedule, execution) = (0, Waits::No, None, None);
        Run { invoke_id, instance_id, script, at, waits, schedule, execution }
    }

    /// The next events by the clock, each with its time in milliseconds.
    pub(crate) fn by_clock(&self) -> impl Iterator<Item = (i64, Next)> {
        let step = self.execution.map(|execution| (execution.due, Next::Step));
        let due = match self.waits {
            Waits::Clock(due) => due.map(|due| (i64::from(due) * 1_000, Next::Execution)),
            Waits::No | Waits::Reboot => None,
        };
        step.into_iter().chain(due)
    }

    /// Gives up the execution, if there is one. The next one begins the script again.
    pub(crate) fn give_up(&mut self) {
        if self.execution.take().is_some() {
            self.at = 0;
        }
    }

    /// The run, if it has not ended.
    pub(crate) fn look(&self, store: &Store) -> Option<Look> {
        let record = store.get(&self.invoke_id)?;
        let run = record.instances().find(|run| run.instance_id() == self.instance_id)?;
        let status = run.invocation_status();
        let look = Look { status, repeat_mode: record.repeat_mode(), repeats: run.repeats() };
        (!status.is_end()).then_some(look)
    }

    /// The update of the next step, for a run in status `from`. The result of an execution by
    /// schedule also schedules the next one, if there is one.
    pub(crate) fn update(
        &self,
        repeat_mode: RepeatMode,
        from: InvocationStatus,
    ) -> Option<RunUpdate> {
        let update = self.script.get(self.at)?.update().ok()?;
        Some(match self.waits {
            Waits::No => update,
            Waits::Clock(next) => rescheduled(update, repeat_mode, from, next.is_some()),
            Waits::Reboot => rescheduled(update, repeat_mode, from, true),
        })
    }

    /// Whether the steps that are left keep a Scheduled run Scheduled.
    pub(crate) fn is_at_end(&self) -> bool {
        let keeps = |step: &Step| {
            let status = step.without_output().map(|update| update.invocation_status);
            matches!(status, Ok(None | Some(InvocationStatus::Scheduled)))
        };
        self.script.get(self.at..).is_some_and(|left| left.iter().all(keeps))
    }

    pub(crate) fn pause(&self) -> i64 {
        self.script.get(self.at).map_or(0, Step::pause)
    }
}

/// The schedule of a Period task on instances in `zone`.
pub(crate) fn schedule_of(record: &InvocationView<'_>, zone: Zone) -> Option<Arc<Schedule>> {
    if record.repeat_mode() != RepeatMode::Period {
        return None;
    }
    Schedule::parse(record.frequency(), record.creation_time(), zone).ok().map(Arc::new)
}

/// The update by a step of a run in status `from`. The result of an execution of a recurring task also
/// schedules the next one, if there is one `again`.
pub(crate) fn rescheduled(
    mut update: RunUpdate,
    repeat_mode: RepeatMode,
    from: InvocationStatus,
    again: bool,
) -> RunUpdate {
    use InvocationStatus::{Error, Failed, Running, Success, Timeout};
    let is_result = matches!(update.invocation_status, Some(Success | Failed | Error | Timeout));
    if repeat_mode.is_recurring() && from == Running && is_result {
        update.reschedule = again;
    }
    update
}

/// The executions of a script for a run that begins Scheduled, in order: the first step of each, and
/// its length in milliseconds. And whether each ends with a result, so that the script can begin again.
///
/// `None` if a run that is Scheduled cannot take the script, or stays Scheduled by it. Steps after the
/// last result that leave the run Scheduled belong to the execution with that result.
pub(crate) fn executions(
    script: &[Step],
    repeat_mode: RepeatMode,
) -> Option<(Vec<(usize, u64)>, bool)> {
    let (mut executions, mut first, mut length) = (Vec::new(), 0, 0_u64);
    let mut status = InvocationStatus::Scheduled;
    for (at, step) in script.iter().enumerate() {
        let update = rescheduled(step.without_output().ok()?, repeat_mode, status, true);
        status = update.check(repeat_mode, status).ok()?;
        length = length.saturating_add(step.pause().unsigned_abs());
        if update.reschedule {
            executions.push((first, length));
            (first, length) = (at + 1, 0);
        }
    }
    let is_closed = status == InvocationStatus::Scheduled;
    if is_closed {
        let (_, last) = executions.last_mut()?;
        *last = last.saturating_add(length);
    }
    Some((executions, is_closed))
}
