//! A change of one run: taken out, changed, put back.

use std::num::NonZeroU32;

use super::extras::RunExtra;
use super::invocations::Table;
use super::runs::{Run, RunState};
use crate::limits;
use crate::model::{InvocationStatus, Overall};

impl Table {
    pub(crate) fn run_state(&self, slot: u32, at: usize) -> RunState {
        let run = &self.runs(slot)[at];
        run.state(self.head(slot).creation_time, self.extra_of(run))
    }

    /// Puts `state` back, and derives the record's overall statuses anew.
    /// Cost: O(runs of the record).
    pub(crate) fn set_run_state(&mut self, slot: u32, at: usize, state: RunState) {
        let head = self.head(slot);
        let (created, repeat_mode) = (head.creation_time, self.command_of(head).repeat_mode());
        let index = self.run_index(slot, at);
        let run = self.runs.at(index);
        let creation_time = run.creation_time(created, self.extra_of(run));
        self.runs.at_mut(index).set(created, creation_time, state, &mut self.extras);
        let statuses = self.runs(slot).iter().map(Run::status);
        self.head_mut(slot).overall = Overall::derive(repeat_mode, statuses);
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
        let detail = state.detail;
        let index = self.run_index(slot, at);
        let fallen = self.runs.at_mut(index).change_extra(&mut self.extras, |extra| {
            let number = extra.history_number() + 1;
            extra.set_history_number(number.min(limits::HISTORY_NUMBER));
            if number > limits::HISTORY_NUMBER || limit == 0 {
                return None;
            }
            extra.push_history(state.into_history(status, number), limit);
            let history = extra.history_mut();
            let surplus = history.len().saturating_sub(limit);
            Some(history.drain(..surplus).map(|record| record.detail).collect::<Vec<_>>())
        });
        let Some(fallen) = fallen else { return 1 };
        let surplus = fallen.len() as u64;
        if let Some(detail) = detail {
            // The record names the run's texts once more.
            self.details.acquire_again(detail.get() - 1);
        }
        for detail in fallen {
            self.release_detail(detail);
        }
        surplus
    }
}

/// Outputs of a record as a whole.
impl Table {
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
            let extra = self.runs.at(index).extra();
            dropped += extra.map_or(0, |number| self.extras.get_mut(number).drop_outputs());
        }
        dropped
    }
}
