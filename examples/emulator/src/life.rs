//! The lives of runs: the steps of their scripts, each after its pause, and the executions that are
//! due by the clock or wait for a reboot.
//!
//! A pause passes as time does, or as a test moves the clock over it. A run of a recurring task is
//! Scheduled until its next execution. An execution that is due while the last still runs is
//! skipped. The execution after the last one of a script begins the script again.

mod play;
mod saved;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use invodex::{
    Clock, Invocation, InvocationStatus, InvocationView, RepeatMode, RunUpdate, Store, Timestamp,
};
use invodex_schedule::{Schedule, Zone};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use self::play::{Present, executions, play, rescheduled};
pub(crate) use self::saved::{Saved, restore};
use crate::outcomes::Step;
use crate::tenants::{MovedClock, Tenant};

/// The longest pause before the clock is looked at again, which others may set.
const LOOK: Duration = Duration::from_secs(60);
/// Memory of a run, roughly.
const RUN_BYTES: usize = 1_024;

/// The runs of a store that will change by themselves.
pub(crate) struct Lives {
    state: Mutex<State>,
    /// Wakes the task that plays them.
    changed: Notify,
}

struct State {
    begun: Instant,
    /// By how much the clock was moved forward, in milliseconds.
    moved: i64,
    /// Whether there is a task that plays the runs.
    is_played: bool,
    last_id: u64,
    runs: BTreeMap<u64, Run>,
    /// The next events by the clock, see [`Run::by_clock`], and the next steps by
    /// [`Execution::timer`], each with its run.
    by_clock: BTreeSet<(i64, Next, u64)>,
    timers: BTreeSet<(i64, u64)>,
    /// The number of runs when those that had ended were dropped.
    swept: usize,
}

/// A run. In the archive its script stands beside it, and its schedule follows from its record.
#[derive(Clone, Serialize, Deserialize)]
struct Run {
    invoke_id: String,
    instance_id: String,
    #[serde(skip)]
    script: Arc<[Step]>,
    /// The next step.
    at: usize,
    waits: Waits,
    #[serde(skip)]
    schedule: Option<Arc<Schedule>>,
    execution: Option<Execution>,
}

/// The kind of the next event. At the same time an execution ends before the next one begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Step,
    Execution,
}

/// The event that begins the next execution of a run.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Waits {
    /// Nothing: the only one has begun.
    No,
    /// This time, in seconds; none if the schedule is over.
    Clock(Option<u32>),
    Reboot,
}

/// An execution that has begun. Its next step comes at one of two times: the first when a test moves
/// the clock over it, the second when the clock stands or was set back.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Execution {
    /// By the clock, in milliseconds.
    due: i64,
    /// In milliseconds of passed time; in the archive from its saving on.
    #[serde(rename = "pause")]
    timer: i64,
    /// The status that the last step left. With another one something else has changed the run, and
    /// the execution is given up.
    #[serde(deserialize_with = "saved::status")]
    left: InvocationStatus,
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
    fn lock(&self) -> MutexGuard<'_, State> {
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
    fn passed(&self) -> i64 {
        self.moved.saturating_add(self.begun.elapsed().as_millis() as i64)
    }

    fn add(&mut self, run: Run) {
        self.last_id += 1;
        self.put(self.last_id, run);
    }

    /// Puts a run in, or back after a change.
    fn put(&mut self, id: u64, run: Run) {
        self.by_clock.extend(run.by_clock().map(|(time, next)| (time, next, id)));
        self.timers.extend(run.execution.map(|execution| (execution.timer, id)));
        self.runs.insert(id, run);
    }

    /// Takes a run out, to change it or for good.
    fn take(&mut self, id: u64) -> Option<Run> {
        let run = self.runs.remove(&id)?;
        for (time, next) in run.by_clock() {
            self.by_clock.remove(&(time, next, id));
        }
        run.execution.map(|execution| self.timers.remove(&(execution.timer, id)));
        Some(run)
    }

    /// Drops the runs that have ended or whose records are gone, if there may be many.
    fn sweep(&mut self, tenant: &Tenant) {
        if self.runs.len() <= 2 * self.swept + 1_000 {
            return;
        }
        let ended = |run: &Run| tenant.store.read(|store| run.look(store)).is_none();
        let ids = self.runs.iter().filter(|(_, run)| ended(run)).map(|(&id, _)| id);
        ids.collect::<Vec<_>>().into_iter().for_each(|id| drop(self.take(id)));
        self.swept = self.runs.len();
    }

    /// The time until the next step or the next execution.
    fn pause(&self, clock: &MovedClock) -> Option<Duration> {
        let until = |time: i64, now: i64| {
            Duration::from_millis(time.saturating_sub(now).max(0).unsigned_abs())
        };
        let timer = self.timers.first().map(|&(timer, _)| until(timer, self.passed()));
        let by_clock = self.by_clock.first().filter(|_| clock.runs());
        let by_clock = by_clock.map(|&(time, ..)| until(time, clock.millis()).min(LOOK));
        timer.into_iter().chain(by_clock).min()
    }
}

/// A run as the store has it.
struct Look {
    status: InvocationStatus,
    repeat_mode: RepeatMode,
    repeats: u32,
}

impl Run {
    fn new(invoke_id: &str, instance_id: &str, script: Arc<[Step]>) -> Self {
        let (invoke_id, instance_id) = (invoke_id.to_owned(), instance_id.to_owned());
        let (at, waits, schedule, execution) = (0, Waits::No, None, None);
        Run { invoke_id, instance_id, script, at, waits, schedule, execution }
    }

    /// The next events by the clock, each with its time in milliseconds.
    fn by_clock(&self) -> impl Iterator<Item = (i64, Next)> {
        let step = self.execution.map(|execution| (execution.due, Next::Step));
        let due = match self.waits {
            Waits::Clock(due) => due.map(|due| (i64::from(due) * 1_000, Next::Execution)),
            Waits::No | Waits::Reboot => None,
        };
        step.into_iter().chain(due)
    }

    /// Gives up the execution, if there is one. The next one begins the script again.
    fn give_up(&mut self) {
        if self.execution.take().is_some() {
            self.at = 0;
        }
    }

    /// The run, if it has not ended.
    fn look(&self, store: &Store) -> Option<Look> {
        let record = store.get(&self.invoke_id)?;
        let run = record.instances().find(|run| run.instance_id() == self.instance_id)?;
        let status = run.invocation_status();
        let look = Look { status, repeat_mode: record.repeat_mode(), repeats: run.repeats() };
        (!status.is_end()).then_some(look)
    }

    /// The update of the next step, for a run in status `from`. The result of an execution by
    /// schedule also schedules the next one, if there is one.
    fn update(&self, repeat_mode: RepeatMode, from: InvocationStatus) -> Option<RunUpdate> {
        let update = self.script.get(self.at)?.update().ok()?;
        Some(match self.waits {
            Waits::No => update,
            Waits::Clock(next) => rescheduled(update, repeat_mode, from, next.is_some()),
            Waits::Reboot => rescheduled(update, repeat_mode, from, true),
        })
    }

    /// Whether the steps that are left keep a Scheduled run Scheduled.
    fn is_at_end(&self) -> bool {
        let keeps = |step: &Step| {
            let status = step.without_output().map(|update| update.invocation_status);
            matches!(status, Ok(None | Some(InvocationStatus::Scheduled)))
        };
        self.script.get(self.at..).is_some_and(|left| left.iter().all(keeps))
    }

    fn pause(&self) -> i64 {
        self.script.get(self.at).map_or(0, Step::pause)
    }
}

/// The schedule of a Period task on instances in `zone`.
fn schedule_of(record: &InvocationView<'_>, zone: Zone) -> Option<Arc<Schedule>> {
    if record.repeat_mode() != RepeatMode::Period {
        return None;
    }
    Schedule::parse(record.frequency(), record.creation_time(), zone).ok().map(Arc::new)
}

/// Begins the lives of the runs of a new record that have a script or complete automatically.
pub(crate) fn begin(tenant: &Arc<Tenant>, invocation: &Invocation) {
    let (repeat_mode, invoke_id) = (invocation.repeat_mode, &invocation.invoke_id);
    if repeat_mode == RepeatMode::DryRun {
        return;
    }
    // An execution that is due by now is made up for.
    let schedule = tenant.store.read(|store| {
        let record = store.get(invoke_id)?;
        let schedule = schedule_of(&record, tenant.settings.zone)?;
        Some((schedule.next_after(record.creation_time()), schedule))
    });
    let (first, schedule) = schedule.unzip();
    for run in &invocation.instances {
        let (id, usual) = (&run.instance_id, tenant.settings.auto_complete);
        let script = tenant.state().outcomes.take(invocation, id, usual);
        let Some(script) = script else { continue };
        let waits = match repeat_mode {
            RepeatMode::Once | RepeatMode::DryRun => Waits::No,
            _ if executions(&script, repeat_mode).is_none() => Waits::No,
            RepeatMode::Period => Waits::Clock(first.flatten().map(Timestamp::as_secs)),
            RepeatMode::NextRebootOnly | RepeatMode::EveryReboot => Waits::Reboot,
        };
        if waits != Waits::No {
            // A stop may have come before it.
            let _ = tenant.store.update_run(invoke_id, &run.instance_id, &RunUpdate::scheduled());
        }
        let run = Run::new(invoke_id, &run.instance_id, script);
        let run = Run { waits, schedule: schedule.clone(), ..run };
        begin_run(tenant, run, InvocationStatus::Pending);
    }
    play_from_now_on(tenant);
}

/// Begins the life of a run, and its execution if that waits for nothing.
fn begin_run(tenant: &Tenant, mut run: Run, left: InvocationStatus) {
    let mut state = tenant.lives.lock();
    if run.waits == Waits::No {
        run.execution = Some(Present::of(tenant, &state).execution(left, run.pause()));
    }
    state.sweep(tenant);
    state.add(run);
}

/// Sets Stopping runs of a record to Terminated after a pause.
pub(crate) fn end_stopping(
    tenant: &Arc<Tenant>,
    invoke_id: &str,
    instance_ids: Vec<String>,
    pause: Duration,
) {
    let script: Arc<[Step]> = [Step::to(InvocationStatus::Terminated, pause)].into();
    for instance_id in instance_ids {
        let run = Run::new(invoke_id, &instance_id, Arc::clone(&script));
        begin_run(tenant, run, InvocationStatus::Stopping);
    }
    play_from_now_on(tenant);
}

/// Begins the executions that wait for a reboot of the instance, and returns their number.
pub(crate) fn reboot(tenant: &Tenant, instance_id: &str) -> usize {
    let mut state = tenant.lives.lock();
    let present = Present::of(tenant, &state);
    let left = InvocationStatus::Scheduled;
    let begins = |run: &Run| {
        let is_here = run.waits == Waits::Reboot && run.instance_id == instance_id;
        let look = is_here.then(|| tenant.store.read(|store| run.look(store))).flatten();
        let goes_on = run.execution.is_some_and(|execution| execution.left == left);
        look.is_some_and(|look| look.status == left) && !goes_on
    };
    let begun = state.runs.iter().filter(|(_, run)| begins(run));
    let begun: Vec<_> = begun.map(|(&id, _)| id).collect();
    for &id in &begun {
        let Some(mut run) = state.take(id) else { continue };
        run.give_up();
        run.execution = Some(present.execution(left, run.pause()));
        state.put(id, run);
    }
    play(tenant, &mut state);
    tenant.lives.changed.notify_one();
    begun.len()
}

/// Moves the clock, and plays all that it passes.
pub(crate) fn move_clock(tenant: &Tenant, to: impl FnOnce(&MovedClock)) {
    let mut state = tenant.lives.lock();
    let before = tenant.clock.now();
    to(&tenant.clock);
    let by = tenant.clock.now().as_secs().saturating_sub(before.as_secs());
    state.moved = state.moved.saturating_add(i64::from(by) * 1_000);
    play(tenant, &mut state);
    tenant.lives.changed.notify_one();
}

/// Plays the runs from now on, until the store is reset.
fn play_from_now_on(tenant: &Arc<Tenant>) {
    let mut state = tenant.lives.lock();
    if state.is_played || state.runs.is_empty() {
        return tenant.lives.changed.notify_one();
    }
    state.is_played = true;
    let player = Arc::clone(tenant);
    tenant.spawn(async move {
        loop {
            let writing = player.saving.read().await;
            let pause = {
                let mut state = player.lives.lock();
                play(&player, &mut state);
                state.pause(&player.clock)
            };
            drop(writing);
            let _ = timeout(pause.unwrap_or(Duration::MAX), player.lives.changed.notified()).await;
        }
    });
}
