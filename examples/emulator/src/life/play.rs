//! Plays the runs of a store until the present.

use std::collections::{HashMap, HashSet};

use invodex::{InvocationStatus, RunUpdate, Store, Timestamp};
use invodex_schedule::{Executions, Start};

use crate::lives::{Execution, Look, Next, Run, State, Waits, executions};
use crate::tenants::Tenant;

/// A jump of fewer seconds passes few executions.
const JUMP: u32 = 600;

/// The present: the clock, and the time that has passed, in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Present {
    clock: i64,
    passed: i64,
}

impl Present {
    pub(super) fn of(tenant: &Tenant, state: &State) -> Self {
        let store_now = tenant.store.read(Store::now);
        Present { clock: tenant.clock.millis().max(millis(store_now)), passed: state.passed() }
    }

    /// An execution whose first step comes after `pause` milliseconds.
    pub(super) fn execution(&self, left: InvocationStatus, pause: i64) -> Execution {
        let (due, timer) = (self.clock.saturating_add(pause), self.passed.saturating_add(pause));
        Execution { due, timer, left }
    }
}

fn millis(time: Timestamp) -> i64 {
    i64::from(time.as_secs()) * 1_000
}

fn timestamp(millis: i64) -> Timestamp {
    Timestamp::saturating_from_secs(millis.div_euclid(1_000))
}

/// Plays all steps and executions that have come, in their order.
pub(super) fn play(tenant: &Tenant, state: &mut State) {
    let present = Present::of(tenant, state);
    let (skipped, known) = Default::default();
    if (Play { tenant, state, present, skipped, known }).all() {
        tenant.touch();
    }
}

/// The runs of a store on their way to the present.
struct Play<'a> {
    tenant: &'a Tenant,
    state: &'a mut State,
    present: Present,
    /// The runs of which [`skip`](Self::skip) has counted the executions.
    skipped: HashSet<u64>,
    /// The executions from which the runs of a task go on.
    known: HashMap<(String, Start, Vec<u64>), Start>,
}

impl Play<'_> {
    /// Whether there was anything to play.
    fn all(mut self) -> bool {
        let mut changed = false;
        loop {
            let Present { clock, passed } = self.present;
            let next = self.state.by_clock.first().copied().filter(|&(time, ..)| time <= clock);
            let timer = self.state.timers.first().copied().filter(|&(time, _)| time <= passed);
            match (next, timer) {
                (Some((time, Next::Step, id)), _) => self.take_step(time, id),
                (Some((time, Next::Execution, id)), _) => self.take_due(time, id),
                (None, Some((_, id))) => self.take_step(clock, id),
                (None, None) => return changed,
            }
            changed = true;
        }
    }

    /// Takes the next step of a run, at `time` of the clock in milliseconds.
    fn take_step(&mut self, time: i64, id: u64) {
        let Some(mut run) = self.state.take(id) else { return };
        let Some(execution) = run.execution.take() else { return };
        let taken = self.tenant.store.write(|store| {
            let look = run.look(store).filter(|look| look.status == execution.left)?;
            let mut update = run.update(look.repeat_mode, look.status)?;
            update.time = update.time.or(Some(timestamp(time)));
            store.update_run(&run.invoke_id, &run.instance_id, &update).ok()?;
            Some((run.look(store)?.status, update.reschedule))
        });
        let Some((left, again)) = taken else {
            // The next execution begins the script again, if the run has not ended.
            run.at = 0;
            let look = self.tenant.store.read(|store| run.look(store));
            if run.waits != Waits::No && look.is_some() {
                self.state.put(id, run);
            }
            return;
        };
        run.at += 1;
        if run.at < run.script.len() && (!again || run.waits == Waits::No || run.is_at_end()) {
            let here = Present { clock: time, passed: execution.timer };
            run.execution = Some(here.execution(left, run.pause()));
        } else if run.waits == Waits::No {
            return;
        } else {
            run.at %= run.script.len();
        }
        self.state.put(id, run);
    }

    /// Begins the execution of a run that is due at `time`, and sets the time of the next one.
    fn take_due(&mut self, time: i64, id: u64) {
        let Some(mut run) = self.state.take(id) else { return };
        let look = self.tenant.store.read(|store| run.look(store));
        let (Some(schedule), Some(look)) = (run.schedule.clone(), look) else { return };
        let goes_on = run.execution.filter(|execution| execution.left == look.status);
        if goes_on.is_none() {
            run.give_up();
        }
        let (due, clock) = (timestamp(time), self.present.clock);
        let next = if goes_on.is_some() || look.status != InvocationStatus::Scheduled {
            // It still runs: until its next step, or until something else changes it.
            let until = goes_on.map_or(clock, |execution| execution.due.min(clock));
            schedule.next_after(due.max(timestamp(until - 1)))
        } else if let Some(next) = self.skip(&mut run, &look, due, id) {
            Some(next)
        } else {
            let passed = self.present.passed.saturating_sub(clock - time);
            let begin = Present { clock: time, passed };
            run.execution = Some(begin.execution(look.status, run.pause()));
            schedule.next_after(due)
        };
        run.waits = Waits::Clock(next.map(Timestamp::as_secs));
        self.state.put(id, run);
    }

    /// Counts the executions of a Scheduled run that the history will not keep, as Repeats, and returns
    /// the time of the first one that it will. `None` if there are none to count.
    fn skip(&mut self, run: &mut Run, look: &Look, due: Timestamp, id: u64) -> Option<Timestamp> {
        let now = timestamp(self.present.clock);
        if now.as_secs() - due.as_secs() < JUMP || self.skipped.contains(&id) {
            return None;
        }
        let schedule = run.schedule.as_ref()?;
        let (executions, is_closed) = executions(&run.script, look.repeat_mode)?;
        let place = executions.iter().position(|&(first, _)| is_closed && first == run.at)?;
        let lengths: Vec<u64> = executions.iter().map(|&(_, length)| length).collect();
        let first = Start { due, place, before: 0 };
        // Those of the history, and the one that may still run.
        let keep = self.tenant.store.read(|store| store.config().history_limit).saturating_add(1);
        let key = (run.invoke_id.clone(), first, lengths.clone());
        let last = || Executions { schedule, lengths: &lengths }.last(first, now, keep);
        let last = *self.known.entry(key).or_insert_with(last);
        self.skipped.insert(id);
        let passed = u32::try_from(last.before).ok().filter(|&passed| passed > 0)?;
        let update = RunUpdate {
            repeats: Some(look.repeats.saturating_add(passed)),
            time: Some(due),
            ..RunUpdate::default()
        };
        self.tenant.store.update_run(&run.invoke_id, &run.instance_id, &update).ok()?;
        run.at = executions[last.place].0;
        Some(last.due)
    }
}
