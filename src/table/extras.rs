//! What most runs do not have, apart from them.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::inspect::COUNTED;
use super::slab::Slab;
use crate::model::{InvocationStatus, Timestamp};

/// The bit by which the rest of a run, the number of an extra or of a detail, tells which it is.
pub(super) const EXTRA: u32 = 1 << 31;

/// What most runs do not have.
#[derive(PartialEq, Eq, Debug, Default)]
pub(crate) struct RunExtra {
    pub(super) creation_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(super) update_time: Option<Timestamp>,
    pub(super) detail: Option<NonZeroU32>,
    pub(super) output: Option<Arc<[u8]>>,
    pub(super) rare: Option<Box<Rare>>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<RunExtra>() == 40);

/// What most of those do not have.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Rare {
    pub(super) wide_repeats: Option<u32>,
    pub(super) wide_exit_code: Option<i64>,
    dropped: u64,
    /// Ended executions of a recurring task, oldest first.
    history: Vec<HistoryRecord>,
    /// The number of the newest history record, which is how many there ever were.
    history_number: u32,
}

impl Rare {
    /// What there is with all of it set but the history, which is that of `kept`. Few runs come
    /// here.
    #[inline(never)]
    pub(super) fn set(
        kept: Option<Box<Rare>>,
        wide_repeats: Option<u32>,
        wide_exit_code: Option<i64>,
        dropped: u64,
    ) -> Option<Box<Rare>> {
        let mut rare = kept.unwrap_or_default();
        rare.wide_repeats = wide_repeats;
        rare.wide_exit_code = wide_exit_code;
        rare.dropped = dropped;
        Some(rare).filter(|rare| **rare != Rare::default())
    }
}

impl RunExtra {
    /// Whether there is nothing in it that a run does not hold by itself.
    pub(super) fn is_default(&self) -> bool {
        let RunExtra { creation_time, stop_time, update_time, detail, output, rare } = self;
        creation_time.is_none()
            && stop_time.is_none()
            && update_time.is_none()
            && detail.is_none_or(|detail| detail.get() & EXTRA == 0)
            && output.is_none()
            && rare.is_none()
    }

    /// What a run has as its rest, for which it was made.
    #[inline(always)]
    pub(super) fn into_rest(self, extras: &mut Slab<RunExtra>) -> u32 {
        if !self.is_default() {
            return EXTRA | extras.insert(self).get();
        }
        // In pieces it shows that there is nothing to drop.
        let RunExtra { detail, output: _output, rare: _rare, .. } = self;
        detail.map_or(0, NonZeroU32::get)
    }

    pub(super) fn rare(&self) -> Option<&Rare> {
        self.rare.as_deref()
    }

    /// Bytes of output that are lost.
    pub(crate) fn dropped(&self) -> u64 {
        self.rare().map_or(0, |rare| rare.dropped)
    }

    pub(crate) fn output(&self) -> &[u8] {
        self.output.as_deref().unwrap_or_default()
    }

    /// Ended executions of a recurring task, oldest first.
    pub(crate) fn history(&self) -> &[HistoryRecord] {
        self.rare().map_or(&[], |rare| &rare.history)
    }

    /// How many there ever were.
    pub(crate) fn history_number(&self) -> u32 {
        self.rare().map_or(0, |rare| rare.history_number)
    }

    pub(super) fn set_history_number(&mut self, number: u32) {
        if number != self.history_number() {
            self.rare.get_or_insert_default().history_number = number;
        }
    }

    /// Adds a record behind the others, of which at most `limit` will stay.
    pub(super) fn push_history(&mut self, record: HistoryRecord, limit: usize) {
        let history = self.history_mut();
        if history.len() == history.capacity() {
            let most = limit.saturating_sub(history.len()).saturating_add(1);
            history.reserve_exact(history.len().clamp(1, most));
        }
        history.push(record);
    }

    pub(super) fn history_mut(&mut self) -> &mut Vec<HistoryRecord> {
        &mut self.rare.get_or_insert_default().history
    }

    /// Bytes of output in the run and its history.
    pub(crate) fn output_bytes(&self) -> usize {
        let history = self.history().iter().filter_map(|record| record.output.as_ref());
        self.output().len() + history.map(|output| output.len()).sum::<usize>()
    }

    /// Drops them, counts them as Dropped, and returns how many.
    pub(crate) fn drop_outputs(&mut self) -> u64 {
        fn drop_one(output: &mut Option<Arc<[u8]>>, dropped: &mut u64) -> u64 {
            let bytes = output.take().map_or(0, |output| output.len() as u64);
            *dropped = dropped.saturating_add(bytes);
            bytes
        }
        if self.output_bytes() == 0 {
            return 0;
        }
        let rare = self.rare.get_or_insert_default();
        let mut bytes = drop_one(&mut self.output, &mut rare.dropped);
        for record in &mut rare.history {
            bytes += drop_one(&mut record.output, &mut record.dropped);
        }
        bytes
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        let rare = self.rare().map_or(0, |rare| {
            size_of::<Rare>() + rare.history.capacity() * size_of::<HistoryRecord>()
        });
        // The last execution's output is the run's own as well.
        let last = self.history().last().and_then(|record| record.output.as_ref());
        let own = self.output.iter().filter(|own| last.is_none_or(|last| !Arc::ptr_eq(own, last)));
        let outputs = self.history().iter().filter_map(|record| record.output.as_ref()).chain(own);
        let outputs = outputs.map(|output| (COUNTED + output.len()).next_multiple_of(COUNTED / 2));
        rare + outputs.sum::<usize>()
    }
}

/// One earlier execution of a recurring task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HistoryRecord {
    pub(crate) status: InvocationStatus,
    pub(crate) number: u32,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) finish_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(crate) repeats: u32,
    pub(crate) exit_code: Option<i64>,
    pub(crate) dropped: u64,
    pub(crate) output: Option<Arc<[u8]>>,
    pub(crate) detail: Option<NonZeroU32>,
}
