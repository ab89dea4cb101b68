//! The lives of runs in the archive.

use std::collections::HashMap;
use std::sync::Arc;

use invodex::InvocationStatus;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::{Execution, Lives, Run, play_from_now_on, schedule_of};
use crate::outcomes::Step;
use crate::tenants::{MovedClock, Tenant};

/// The latest time of a saved step, which no clock reaches.
const MOST: i64 = i64::MAX / 4;

/// The runs that will change by themselves. Each script is written once.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// The clock, in milliseconds.
    clock: i64,
    scripts: Vec<Arc<[Step]>>,
    runs: Vec<Run<usize>>,
}

pub(super) fn status<'de, D: Deserializer<'de>>(from: D) -> Result<InvocationStatus, D::Error> {
    let name = String::deserialize(from)?;
    InvocationStatus::from_name(&name).ok_or_else(|| D::Error::custom(format!("no status: {name}")))
}

impl<S> Run<S> {
    /// The run with another form of its script. The timer of its execution counted from `from`, and
    /// counts from `to`.
    fn moved<T>(self, script: T, from: i64, to: i64) -> Run<T> {
        let moved = |execution: Execution| Execution {
            due: execution.due.clamp(0, MOST),
            timer: to.saturating_add(execution.timer.saturating_sub(from).clamp(0, MOST)),
            left: execution.left,
        };
        Run {
            invoke_id: self.invoke_id,
            instance_id: self.instance_id,
            script,
            at: self.at,
            waits: self.waits,
            schedule: self.schedule,
            execution: self.execution.map(moved),
        }
    }
}

impl Lives {
    pub(crate) fn saved(&self, clock: &MovedClock) -> Saved {
        let state = self.lock();
        let passed = state.passed();
        let (mut scripts, mut places) = (Vec::new(), HashMap::new());
        let saved = |run: &Run| {
            let script = *places.entry(Arc::as_ptr(&run.script)).or_insert_with(|| {
                scripts.push(Arc::clone(&run.script));
                scripts.len() - 1
            });
            run.clone().moved(script, passed, 0)
        };
        let runs = state.runs.values().map(saved).collect();
        Saved { clock: clock.millis(), scripts, runs }
    }
}

/// Goes on with the saved lives of a restored store. Time that has passed by its clock meanwhile
/// counts.
pub(crate) fn restore(tenant: &Arc<Tenant>, saved: Saved) {
    let mut state = tenant.lives.lock();
    let passed = state.passed();
    // The runs of a task share its schedule.
    let mut schedules = HashMap::new();
    for run in saved.runs {
        let script = saved.scripts.get(run.script).filter(|script| !script.is_empty());
        let Some(script) = script.map(Arc::clone) else { continue };
        let schedule = schedules.entry(run.invoke_id.clone()).or_insert_with_key(|invoke_id| {
            tenant.store.read(|store| schedule_of(&store.get(invoke_id)?, tenant.zone))
        });
        state.add(Run { schedule: schedule.clone(), ..run.moved(script, 0, passed) });
    }
    state.moved = tenant.clock.millis().saturating_sub(saved.clock).max(0);
    drop(state);
    play_from_now_on(tenant);
}
