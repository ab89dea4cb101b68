//! The overflow of a run: the fields that most runs leave unset.

use std::sync::Arc;

use super::execution::Execution;
use crate::model::Timestamp;

/// Bytes of the two reference counts that an `Arc` stores before its content.
const COUNTS: usize = 2 * size_of::<usize>();

/// Fields that most runs leave unset. A run has an overflow only while a field in it is set.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct RunOverflow {
    pub(super) stop_time: Option<Timestamp>,
    /// The number of the newest history record. It equals the number of history records that the
    /// run ever had, dropped ones included.
    pub(super) history_number: u32,
    pub(super) output: Option<Arc<[u8]>>,
    pub(super) dropped: u64,
    /// A `Repeats` above 255.
    pub(super) repeats: Option<u32>,
    /// An `ExitCode` outside 0..=255.
    pub(super) exit_code: Option<i64>,
    /// Ended executions of a recurring task, oldest first.
    pub(super) history: Vec<HistoryRecord>,
}

/// One earlier execution of a recurring task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HistoryRecord {
    /// The position among all history records that the run ever had, from 1. Tokens name it, so it
    /// never changes and is never used again.
    pub(crate) number: u32,
    pub(crate) execution: Execution,
}

impl RunOverflow {
    /// Whether a field is set.
    pub(super) fn holds_something(&self) -> bool {
        *self != RunOverflow::default()
    }

    /// Appends a record. Reserves at most `limit` + 1 records, because the caller drops any
    /// surplus.
    pub(super) fn push_history(&mut self, number: u32, execution: Execution, limit: usize) {
        let history = &mut self.history;
        if history.len() == history.capacity() {
            let most = limit.saturating_sub(history.len()).saturating_add(1);
            history.reserve_exact(history.len().clamp(1, most));
        }
        history.push(HistoryRecord { number, execution });
        self.history_number = number;
    }

    /// Bytes of output in the run and its history.
    pub(super) fn output_bytes(&self) -> usize {
        let history = self.history.iter().map(|record| record.execution.output().len());
        self.output.as_deref().unwrap_or_default().len() + history.sum::<usize>()
    }

    /// Drops all outputs, adds their bytes to Dropped, and returns the number of bytes.
    pub(super) fn drop_outputs(&mut self) -> u64 {
        fn drop_one(output: &mut Option<Arc<[u8]>>, dropped: &mut u64) -> u64 {
            let bytes = output.take().map_or(0, |output| output.len() as u64);
            *dropped = dropped.saturating_add(bytes);
            bytes
        }
        let mut bytes = drop_one(&mut self.output, &mut self.dropped);
        for HistoryRecord { execution, .. } in &mut self.history {
            bytes += drop_one(&mut execution.output, &mut execution.dropped);
        }
        bytes
    }

    /// Heap bytes. An output that the run shares with its last history record counts once.
    pub(super) fn bytes(&self) -> usize {
        let outputs = self.history.iter().filter_map(|record| record.execution.output.as_ref());
        let last = outputs.clone().next_back();
        let own = self.output.iter().filter(|own| last.is_none_or(|last| !Arc::ptr_eq(own, last)));
        let size = |output: &Arc<[u8]>| (COUNTS + output.len()).next_multiple_of(COUNTS / 2);
        self.history.capacity() * size_of::<HistoryRecord>()
            + outputs.chain(own).map(size).sum::<usize>()
    }
}
