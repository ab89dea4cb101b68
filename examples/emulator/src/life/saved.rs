//! The lives of runs in the archive.

use std::collections::HashMap;
use std::sync::Arc;

use invodex::InvocationStatus;
use serde::{Deserialize, Serialize};

use super::{Execution, Lives, Run, Waits, play_from_now_on, schedule_of};
use crate::outcomes::Step;
use crate::tenants::{MovedClock, Tenant};

/// The latest time of a restored step, which no clock reaches.
const MOST: i64 = i64::MAX / 4;

/// The runs that will change by themselves. Each script is written once.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// The clock, in milliseconds.
    clock: i64,
    scripts: Vec<Arc<[Step]>>,
    runs: Vec<SavedRun>,
}

#[derive(Serialize, Deserialize)]
struct SavedRun {
    invoke_id: String,
    instance_id: String,
    script: usize,
    at: usize,
    waits: Waits,
    execution: Option<SavedExecution>,
}

#[derive(Serialize, Deserialize)]
struct SavedExecution {
    due: i64,
    /// The pause before its next step, in milliseconds.
    pause: i64,
    left: String,
}

impl Lives {
    pub(crate) fn saved(&self, clock: &MovedClock) -> Saved {
        let state = self.lock();
        let passed = state.passed();
        let (mut scripts, mut places) = (Vec::new(), HashMap::new());
        let saved = |run: &Run| SavedRun {
            invoke_id: run.invoke_id.clone(),
            instance_id: run.instance_id.clone(),
            script: *places.entry(Arc::as_ptr(&run.script)).or_insert_with(|| {
                scripts.push(Arc::clone(&run.script));
                scripts.len() - 1
            }),
            at: run.at,
            waits: run.waits,
            execution: run.execution.map(|execution| SavedExecution {
                due: execution.due,
                pause: execution.timer - passed,
                left: execution.left.to_string(),
            }),
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
        let restored = || {
            let script = saved.scripts.get(run.script).filter(|script| !script.is_empty())?;
            let execution = run.execution.map(|execution| {
                Some(Execution {
                    due: execution.due.clamp(0, MOST),
                    timer: passed.saturating_add(execution.pause.clamp(0, MOST)),
                    left: InvocationStatus::from_name(&execution.left)?,
                })
            });
            let schedule = schedules.entry(run.invoke_id.clone()).or_insert_with_key(|invoke_id| {
                tenant.store.read(|store| schedule_of(&store.get(invoke_id)?, tenant.zone))
            });
            Some(Run {
                schedule: schedule.clone(),
                invoke_id: run.invoke_id,
                instance_id: run.instance_id,
                script: Arc::clone(script),
                at: run.at,
                waits: run.waits,
                execution: execution.flatten(),
            })
        };
        restored().into_iter().for_each(|run| state.add(run));
    }
    state.moved = tenant.clock.millis().saturating_sub(saved.clock).max(0);
    drop(state);
    play_from_now_on(tenant);
}
