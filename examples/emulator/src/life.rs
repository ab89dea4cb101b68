//! The lives of runs: the steps of their scripts, each after its pause, and the executions that are
//! due by the clock or wait for a reboot.
//!
//! A pause passes as time does, or as a test moves the clock over it. A run of a recurring task is
//! Scheduled until its next execution. An execution that is due while the last still runs is
//! skipped. The execution after the last one of a script begins the script again.

mod play;
mod saved;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use invodex::{
    Clock, Invocation, InvocationStatus, InvocationView, RepeatMode, RunUpdate, Store, Timestamp,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use self::play::{Cycle, Present, play, rescheduled};
pub(crate) use self::saved::{Saved, restore};
use crate::outcomes::{Step, script_of};
use crate::schedule::{Schedule, Zone};
use crate::tenants::{MovedClock, Tenant};

/// The longest pause before the clock is looked at again, which others may set.
const LOOK: Duration = Duration::from_secs(60);
/// Memory of a run, and of the schedule of a task, roughly: a cron expression has a byte for each year.
const RUN_BYTES: usize = 1_024;
const CRON_BYTES: usize = 6_144;

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
    /// The next steps, by [`Execution::due`] and by [`Execution::timer`].
    steps: BTreeSet<(i64, u64)>,
    timers: BTreeSet<(i64, u64)>,
    /// The next executions by the clock.
    dues: BTreeSet<(Timestamp, u64)>,
    /// The number of runs when those that had ended were dropped.
    swept: usize,
}

struct Run {
    invoke_id: String,
    instance_id: String,
    script: Arc<[Step]>,
    /// The next step.
    at: usize,
    waits: Waits,
    schedule: Option<Arc<Schedule>>,
    execution: Option<Execution>,
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
#[derive(Clone, Copy)]
struct Execution {
    /// By the clock, in milliseconds.
    due: i64,
    /// In milliseconds of passed time.
    timer: i64,
    /// The status that the last step left. With another one something else has changed the run, and
    /// the execution is given up.
    left: InvocationStatus,
}

impl Default for Lives {
    fn default() -> Self {
        let (is_played, last_id, runs, steps, timers, dues, swept) = Default::default();
        let begun = Instant::now();
        let state = State { begun, moved: 0, is_played, last_id, runs, steps, timers, dues, swept };
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
        let crons = schedules.filter(|schedule| matches!(***schedule, Schedule::Cron(..)));
        let crons = crons.map(Arc::as_ptr).collect::<HashSet<_>>().len();
        state.runs.len() * RUN_BYTES + crons * CRON_BYTES
    }
}

impl State {
    /// The time that has passed, in milliseconds.
    fn passed(&self) -> i64 {
        let elapsed = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        elapsed.saturating_add(self.moved)
    }

    fn add(&mut self, mut run: Run) {
        self.last_id += 1;
        let execution = run.execution.take();
        if let Waits::Clock(Some(due)) = run.waits {
            self.dues.insert((Timestamp::saturating_from_secs(due.into()), self.last_id));
        }
        self.runs.insert(self.last_id, run);
        self.set(self.last_id, execution);
    }

    /// Replaces the execution of a run.
    fn set(&mut self, id: u64, execution: Option<Execution>) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        if let Some(before) = std::mem::replace(&mut run.execution, execution) {
            self.steps.remove(&(before.due, id));
            self.timers.remove(&(before.timer, id));
        }
        if let Some(Execution { due, timer, .. }) = execution {
            self.steps.insert((due, id));
            self.timers.insert((timer, id));
        }
    }

    /// Gives up the execution of a run, if there is one. The next one begins the script again.
    fn give_up(&mut self, id: u64) {
        if let Some(run) = self.runs.get_mut(&id).filter(|run| run.execution.is_some()) {
            run.at = 0;
            self.set(id, None);
        }
    }

    fn remove(&mut self, id: u64) {
        self.set(id, None);
        let Some(run) = self.runs.remove(&id) else { return };
        if let Waits::Clock(Some(due)) = run.waits {
            self.dues.remove(&(Timestamp::saturating_from_secs(due.into()), id));
        }
    }

    /// Drops the runs that have ended or whose records are gone, if there may be many.
    fn sweep(&mut self, tenant: &Tenant) {
        if self.runs.len() <= 2 * self.swept + 1_000 {
            return;
        }
        let ended = |run: &Run| tenant.store.read(|store| run.look(store)).is_none();
        let ids = self.runs.iter().filter(|(_, run)| ended(run)).map(|(&id, _)| id);
        ids.collect::<Vec<_>>().into_iter().for_each(|id| self.remove(id));
        self.swept = self.runs.len();
    }

    /// The time until the next step or the next execution.
    fn pause(&self, clock: &MovedClock) -> Option<Duration> {
        let millis = |millis: i64| Duration::from_millis(millis.max(0).unsigned_abs());
        let timer =
            self.timers.first().map(|(timer, _)| millis(timer.saturating_sub(self.passed())));
        let due = self.dues.first().map(|(due, _)| i64::from(due.as_secs()) * 1_000);
        let step = self.steps.first().map(|(due, _)| *due);
        let by_clock = due.into_iter().chain(step).min().filter(|_| clock.runs());
        let by_clock = by_clock.map(|due| millis(due.saturating_sub(clock.millis())).min(LOOK));
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
        let schedule = schedule_of(&record, tenant.zone)?;
        Some((schedule.next_after(record.creation_time()), schedule))
    });
    let (first, schedule) =
        schedule.map_or((None, None), |(first, schedule)| (first, Some(schedule)));
    for run in &invocation.instances {
        let Some(script) = script_of(tenant, invocation, &run.instance_id) else { continue };
        let mut state = tenant.lives.lock();
        let waits = match repeat_mode {
            RepeatMode::Once | RepeatMode::DryRun => Waits::No,
            _ if Cycle::of(&script, repeat_mode).is_none() => Waits::No,
            RepeatMode::Period => Waits::Clock(first.map(Timestamp::as_secs)),
            RepeatMode::NextRebootOnly | RepeatMode::EveryReboot => Waits::Reboot,
        };
        let mut run = Run {
            invoke_id: invoke_id.clone(),
            instance_id: run.instance_id.clone(),
            script,
            at: 0,
            waits,
            schedule: schedule.clone(),
            execution: None,
        };
        if waits == Waits::No {
            let present = Present::of(tenant, &state);
            run.execution = Some(present.execution(InvocationStatus::Pending, run.pause()));
        } else {
            let scheduled = RunUpdate::scheduled();
            // A stop may have come before it.
            let _ = tenant.store.update_run(invoke_id, &run.instance_id, &scheduled);
        }
        state.sweep(tenant);
        state.add(run);
    }
    play_from_now_on(tenant);
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
        let mut state = tenant.lives.lock();
        let present = Present::of(tenant, &state);
        let execution = present.execution(InvocationStatus::Stopping, script[0].pause());
        state.sweep(tenant);
        state.add(Run {
            invoke_id: invoke_id.to_owned(),
            instance_id,
            script: Arc::clone(&script),
            at: 0,
            waits: Waits::No,
            schedule: None,
            execution: Some(execution),
        });
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
        state.give_up(id);
        let pause = state.runs.get(&id).map_or(0, Run::pause);
        state.set(id, Some(present.execution(left, pause)));
    }
    if !begun.is_empty() {
        tenant.touch();
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
            let changed = player.lives.changed.notified();
            match pause {
                Some(pause) => tokio::select! {
                    () = sleep(pause) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    });
}
