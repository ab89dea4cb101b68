//! The lives of runs in the archive.

use std::collections::HashMap;
use std::sync::Arc;

use invodex::{InvocationStatus, SharedStore};
use invodex_schedule::Zone;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::{Execution, Lives, Run, schedule_of};
use crate::outcomes::Step;

/// The latest time of a saved step, which no clock reaches.
const MOST: i64 = i64::MAX / 4;

/// The runs that will change by themselves. Each script is written once.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// The clock, in milliseconds.
    clock: i64,
    scripts: Vec<Arc<[Step]>>,
    /// Each with the place of its script.
    runs: Vec<(usize, Run)>,
}

pub(super) fn status<'de, D: Deserializer<'de>>(from: D) -> Result<InvocationStatus, D::Error> {
    let name = String::deserialize(from)?;
    InvocationStatus::from_name(&name).ok_or_else(|| D::Error::custom(format!("no status: {name}")))
}

/// The execution with its timer counted from `to` in place of `from`.
fn moved(execution: Execution, from: i64, to: i64) -> Execution {
    let left = execution.timer.saturating_sub(from).clamp(0, MOST);
    Execution { due: execution.due.clamp(0, MOST), timer: to.saturating_add(left), ..execution }
}

impl Lives {
    /// The lives for the archive, at a time of the clock in milliseconds.
    pub(crate) fn saved(&self, clock: i64) -> Saved {
        let state = self.lock();
        let passed = state.passed();
        let (mut scripts, mut places) = (Vec::new(), HashMap::new());
        let saved = |run: &Run| {
            let script = *places.entry(Arc::as_ptr(&run.script)).or_insert_with(|| {
                scripts.push(Arc::clone(&run.script));
                scripts.len() - 1
            });
            let execution = run.execution.map(|execution| moved(execution, passed, 0));
            (script, Run { execution, ..run.clone() })
        };
        let runs = state.runs.values().map(saved).collect();
        Saved { clock, scripts, runs }
    }

    /// Puts the saved lives of a restored store back. Time that has passed by its clock, which shows
    /// `now` in milliseconds, counts.
    pub(crate) fn restore(&self, saved: Saved, now: i64, store: &SharedStore, zone: Zone) {
        let mut state = self.lock();
        let passed = state.passed();
        // The runs of a task share its schedule.
        let mut schedules = HashMap::new();
        for (script, run) in saved.runs {
            let script = saved.scripts.get(script).filter(|script| !script.is_empty());
            let Some(script) = script.map(Arc::clone) else { continue };
            let schedule = schedules.entry(run.invoke_id.clone()).or_insert_with_key(|invoke_id| {
                store.read(|store| schedule_of(&store.get(invoke_id)?, zone))
            });
            let execution = run.execution.map(|execution| moved(execution, 0, passed));
            state.add(Run { script, schedule: schedule.clone(), execution, ..run });
        }
        state.moved = now.saturating_sub(saved.clock).max(0);
    }
}
