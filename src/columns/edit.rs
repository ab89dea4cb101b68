//! A change of one run: taken out, changed, put back.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::invocations::Columns;
use super::runs::{HistoryRecord, Run, RunExtra, RunNumbers};
use crate::limits;
use crate::model::{InvocationStatus, Overall, Timestamp};

/// All that can change in a run.
#[derive(Clone, Debug)]
pub(crate) struct RunState {
    pub(crate) status: InvocationStatus,
    pub(crate) update_time: Option<Timestamp>,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) finish_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(crate) repeats: u32,
    pub(crate) exit_code: Option<i64>,
    pub(crate) output: Option<Arc<[u8]>>,
    pub(crate) dropped: u64,
    /// The texts it has now. Changed by [`Columns::replace_detail`].
    pub(crate) detail: Option<NonZeroU32>,
}

impl RunState {
    /// The execution as a history keeps it, ended with `status`.
    pub(super) fn into_history(self, status: InvocationStatus, number: u32) -> HistoryRecord {
        HistoryRecord {
            status,
            number,
            start_time: self.start_time,
            finish_time: self.finish_time,
            stop_time: self.stop_time,
            repeats: self.repeats,
            exit_code: self.exit_code,
            dropped: self.dropped,
            output: self.output,
            detail: self.detail,
        }
    }
}

impl Columns {
    pub(crate) fn run_state(&self, slot: u32, at: usize) -> RunState {
        let run = &self.runs(slot)[at];
        let extra = self.extra_of(run);
        RunState {
            status: run.status(),
            update_time: run.update_time,
            start_time: run.start_time,
            finish_time: run.finish_time,
            stop_time: extra.and_then(|extra| extra.stop_time),
            repeats: run.repeats(extra),
            exit_code: run.exit_code(extra),
            output: extra.and_then(|extra| extra.output.clone()),
            dropped: extra.map_or(0, |extra| extra.dropped),
            detail: run.detail,
        }
    }

    /// Puts `state` back, and derives the record's overall statuses anew.
    /// Cost: O(runs of the record).
    pub(crate) fn set_run_state(&mut self, slot: u32, at: usize, state: RunState) {
        let head = self.head(slot);
        let (created, repeat_mode) = (head.creation_time, self.command_of(head).repeat_mode());
        let index = self.run_index(slot, at);
        let run = self.runs.get_mut(index);
        run.update_time = state.update_time;
        run.start_time = state.start_time;
        run.finish_time = state.finish_time;
        run.detail = state.detail;
        let kept = run.extra.and_then(|number| self.extras.get_mut(number));
        let mut extra = kept.map(std::mem::take).unwrap_or_default();
        let numbers = RunNumbers {
            status: state.status,
            creation_time: run.creation_time(created, Some(&extra)),
            repeats: state.repeats,
            exit_code: state.exit_code,
        };
        run.set_numbers(created, &numbers, &mut extra);
        extra.stop_time = state.stop_time;
        extra.output = state.output;
        extra.dropped = state.dropped;
        self.put_extra(index, extra);
        let statuses = self.runs(slot).iter().map(Run::status);
        self.head_mut(slot).overall = Overall::derive(repeat_mode, statuses);
    }

    fn put_extra(&mut self, index: usize, extra: RunExtra) {
        let run = self.runs.get_mut(index);
        match run.extra {
            Some(number) if extra.is_default() => {
                self.extras.remove(number);
                run.extra = None;
            }
            Some(number) => {
                if let Some(place) = self.extras.get_mut(number) {
                    *place = extra;
                }
            }
            None if extra.is_default() => {}
            None => run.extra = Some(self.extras.insert(extra)),
        }
    }

    /// The number of the detail with `strings` instead of `old`, which is given back.
    pub(crate) fn replace_detail(
        &mut self,
        old: Option<NonZeroU32>,
        strings: [&[u8]; 6],
    ) -> Option<NonZeroU32> {
        let mut key = std::mem::take(&mut self.key);
        let new = self.acquire_detail(strings, &mut key);
        self.key = key;
        self.release_detail(old);
        new
    }

    /// Adds the run as it is, which has just ended an execution with `status`, to its history of
    /// at most `limit` records. Returns how many fell out, this one too where there is no number or
    /// no room for it. Cost: O(limit).
    pub(crate) fn push_history(
        &mut self,
        slot: u32,
        at: usize,
        status: InvocationStatus,
        limit: usize,
    ) -> u64 {
        let state = self.run_state(slot, at);
        let index = self.run_index(slot, at);
        // Taken out, not copied: a history that nobody else holds is changed in place.
        let kept = self.runs.get_mut(index).extra.and_then(|number| self.extras.get_mut(number));
        let mut extra = kept.map(std::mem::take).unwrap_or_default();
        if extra.history_number == limits::HISTORY_NUMBER || limit == 0 {
            extra.history_number = limits::HISTORY_NUMBER.min(extra.history_number + 1);
            self.put_extra(index, extra);
            return 1;
        }
        extra.history_number += 1;
        let number = extra.history_number;
        let detail = state.detail;
        extra.push_history(state.into_history(status, number), limit);
        let history = extra.history_mut();
        let surplus = history.len().saturating_sub(limit);
        let fallen: Vec<_> = history.drain(..surplus).map(|record| record.detail).collect();
        self.put_extra(index, extra);
        if let Some(detail) = detail {
            // The record names the run's texts once more.
            self.details.acquire_again(detail.get() - 1);
        }
        for detail in fallen {
            self.release_detail(detail);
        }
        surplus as u64
    }
}

/// Outputs of a record as a whole.
impl Columns {
    /// Bytes of output in the record's runs and their histories. Cost: O(runs and history).
    pub(crate) fn output_bytes(&self, slot: u32) -> usize {
        let extras = self.runs(slot).iter().filter_map(|run| self.extra_of(run));
        extras.map(RunExtra::output_bytes).sum()
    }

    /// Drops them, and counts them as Dropped. Returns how many. Cost: as `output_bytes`.
    pub(crate) fn drop_outputs(&mut self, slot: u32) -> u64 {
        let mut dropped = 0;
        for at in 0..self.runs(slot).len() {
            let index = self.run_index(slot, at);
            let extra =
                self.runs.get_mut(index).extra.and_then(|number| self.extras.get_mut(number));
            dropped += extra.map_or(0, RunExtra::drop_outputs);
        }
        dropped
    }
}
