//! The steps of the scripts of runs, each after its pause, and the executions that are due by the clock or
//! wait for a reboot.
//!
//! A pause passes as time does, or as a test moves the clock over it. A run of a recurring task is
//! Scheduled until its next execution. An execution that is due while the last still runs is
//! skipped. The execution after the last one of a script begins the script again.

mod play;

use std::sync::Arc;
use std::time::Duration;

use invodex::{Clock, Invocation, InvocationStatus, RepeatMode, RunUpdate, Timestamp};
use tokio::time::timeout;

use self::play::{Present, play};
use crate::lives::{Run, Saved, Waits, executions, schedule_of};
use crate::outcomes::Step;
use crate::tenants::{MovedClock, Tenant};

/// Goes on with the saved lives of a restored store.
pub(crate) fn restore(tenant: &Arc<Tenant>, saved: Saved) {
    tenant.lives.restore(saved, tenant.clock.millis(), &tenant.store, tenant.settings.zone);
    play_from_now_on(tenant);
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
    state.sweep(&tenant.store);
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
                state.pause(player.clock.runs().then(|| player.clock.millis()))
            };
            drop(writing);
            let _ = timeout(pause.unwrap_or(Duration::MAX), player.lives.changed.notified()).await;
        }
    });
}
