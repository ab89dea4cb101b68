//! A run: the state of a record's command on one instance.

use std::ops::Deref;

use super::execution::{Execution, TextsId};
use super::interned::ValueId;
use super::overflow::{HistoryRecord, RunOverflow};
use super::slab::{CompactId, Slab};
use crate::model::{InvocationStatus, Timestamp};

/// One run, in 32 bytes. A record has some three runs, so a byte here is 300 KB for 100,000
/// records.
///
/// **Layout.** Fields that most runs set are in this struct. Fields that most runs leave unset are
/// in a [`RunOverflow`], which a run has only while one of them is set. `repeats` and `exit_code`
/// are a byte in this struct if a byte can hold them, and in the overflow otherwise.
///
/// **Invariant.** `repeats` is in exactly one of the two places, and `exit_code`, which may be unset,
/// in at most one. The overflow has one only if a byte cannot hold it; the byte is then 0 or `None`.
///
/// **No field of an execution may be set on its own**, for two reasons. If only the byte of
/// `repeats` or `exit_code` is written, the old value stays in the overflow, and readers use the
/// overflow. If only `status` is written, the overall statuses of the record, which are derived
/// from the statuses of its runs, become wrong. [`set`](Self::set) therefore writes all fields of
/// an execution, in both places. Only [`Table::set_execution`](super::core::Table::set_execution),
/// which derives the overall statuses anew, and the insertion of a record call it. The history, the
/// output and Dropped, which exist only in the overflow, may change alone, through
/// [`change_overflow`](Self::change_overflow). Readers use [`RunRef`], which looks in both places.
///
/// **Cost.** O(1) to set or to read. A run with an overflow takes a second look-up, in the slab.
///
/// **Alternative.** A run packed into 20 bytes with an overflow of 40 saved 30 bytes a record
/// (2026-11-28).
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) instance: ValueId,
    pub(crate) creation_time: Timestamp,
    pub(crate) update_time: Timestamp,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) finish_time: Option<Timestamp>,
    pub(crate) texts: Option<TextsId>,
    overflow: Option<CompactId>,
    pub(crate) status: InvocationStatus,
    /// `Repeats`; 0 if it is in the overflow.
    repeats: u8,
    /// `ExitCode`; `None` if it is unset or in the overflow.
    exit_code: Option<u8>,
}

const _: () =
    assert!(size_of::<Run>() == 32, "a run takes 32 bytes: the limit of a record's memory");

impl Run {
    /// A Pending run, to be completed by [`set`](Self::set).
    pub(super) fn new(instance: ValueId, creation_time: Timestamp) -> Self {
        Run {
            instance,
            creation_time,
            update_time: creation_time,
            start_time: None,
            finish_time: None,
            texts: None,
            overflow: None,
            status: InvocationStatus::Pending,
            repeats: 0,
            exit_code: None,
        }
    }

    /// The place of the run's overflow in the slab, if it has one.
    pub(super) fn overflow(&self) -> Option<u32> {
        self.overflow.map(CompactId::id)
    }

    /// Sets the execution that the run shows. Instance, CreationTime and history do not change.
    pub(super) fn set(
        &mut self,
        execution: Execution,
        update_time: Timestamp,
        overflows: &mut Slab<RunOverflow>,
    ) {
        let Execution {
            status,
            start_time,
            finish_time,
            stop_time,
            repeats,
            exit_code,
            output,
            dropped,
            texts,
        } = execution;
        self.update_time = update_time;
        self.status = status;
        self.start_time = start_time;
        self.finish_time = finish_time;
        self.texts = texts;
        let short_repeats = u8::try_from(repeats).ok();
        self.repeats = short_repeats.unwrap_or(0);
        self.exit_code = exit_code.and_then(|code| u8::try_from(code).ok());
        let long_repeats = if short_repeats.is_none() { Some(repeats) } else { None };
        let long_exit_code = if self.exit_code.is_none() { exit_code } else { None };
        self.change_overflow(overflows, |overflow| {
            overflow.stop_time = stop_time;
            overflow.output = output;
            overflow.dropped = dropped;
            overflow.repeats = long_repeats;
            overflow.exit_code = long_exit_code;
        });
    }

    /// Changes the overflow, after making an empty one if the run has none. Drops it again if no
    /// field in it is set.
    pub(super) fn change_overflow<T>(
        &mut self,
        overflows: &mut Slab<RunOverflow>,
        change: impl FnOnce(&mut RunOverflow) -> T,
    ) -> T {
        let mut overflow = self.overflow().map(|id| overflows.remove(id)).unwrap_or_default();
        let changed = change(&mut overflow);
        let keeps = overflow.holds_something();
        self.overflow = keeps.then(|| CompactId::new(overflows.insert(overflow)));
        changed
    }
}

/// A run and its overflow, read as one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunRef<'a> {
    run: &'a Run,
    overflow: Option<&'a RunOverflow>,
}

impl Deref for RunRef<'_> {
    type Target = Run;

    fn deref(&self) -> &Run {
        self.run
    }
}

impl<'a> RunRef<'a> {
    pub(super) fn new(run: &'a Run, overflows: &'a Slab<RunOverflow>) -> Self {
        RunRef { run, overflow: run.overflow().map(|id| &overflows.places()[id as usize]) }
    }

    pub(crate) fn repeats(&self) -> u32 {
        self.overflow.and_then(|overflow| overflow.repeats).unwrap_or(self.run.repeats.into())
    }

    pub(crate) fn exit_code(&self) -> Option<i64> {
        let short = self.run.exit_code.map(i64::from);
        short.or_else(|| self.overflow?.exit_code)
    }

    /// Ended executions of a recurring task, oldest first.
    pub(crate) fn history(&self) -> &'a [HistoryRecord] {
        self.overflow.map_or(&[], |overflow| &overflow.history)
    }

    /// The number of history records that the run ever had.
    pub(crate) fn history_number(&self) -> u32 {
        self.overflow.map_or(0, |overflow| overflow.history_number)
    }

    /// Whether the run has an overflow in which no field is set.
    pub(super) fn has_empty_overflow(&self) -> bool {
        self.overflow.is_some_and(|overflow| !overflow.holds_something())
    }

    /// Bytes of output in the run and its history.
    pub(super) fn output_bytes(&self) -> usize {
        self.overflow.map_or(0, RunOverflow::output_bytes)
    }

    /// The execution that the run shows.
    pub(crate) fn execution(&self) -> Execution {
        self.shown().with_output(self.overflow.and_then(|overflow| overflow.output.clone()))
    }

    /// The same, as a view shows it.
    #[inline]
    pub(crate) fn shown(&self) -> Execution<&'a [u8]> {
        let overflow = self.overflow;
        Execution {
            status: self.run.status,
            start_time: self.run.start_time,
            finish_time: self.run.finish_time,
            stop_time: overflow.and_then(|overflow| overflow.stop_time),
            repeats: self.repeats(),
            exit_code: self.exit_code(),
            output: overflow.and_then(|overflow| overflow.output.as_deref()).unwrap_or_default(),
            dropped: overflow.map_or(0, |overflow| overflow.dropped),
            texts: self.run.texts,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const CREATED: i64 = 1_600_000_000;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(CREATED + secs).unwrap()
    }

    fn done() -> Execution {
        Execution {
            status: InvocationStatus::Success,
            start_time: Some(at(3)),
            finish_time: Some(at(9)),
            stop_time: None,
            repeats: 1,
            exit_code: Some(0),
            output: None,
            dropped: 0,
            texts: None,
        }
    }

    /// Sets `execution`, and checks that it comes back, and that there is an overflow only for fields
    /// that the run itself cannot hold.
    fn set(run: &mut Run, overflows: &mut Slab<RunOverflow>, execution: &Execution) {
        run.set(execution.clone(), at(10), overflows);
        let set = RunRef::new(run, overflows);
        assert_eq!(set.execution(), *execution);
        assert_eq!((run.creation_time, run.update_time), (at(0), at(10)));
        let fits = execution.repeats < 256
            && execution.exit_code.is_none_or(|code| (0..256).contains(&code))
            && execution.stop_time.is_none()
            && execution.output.is_none()
            && execution.dropped == 0
            && set.history().is_empty();
        assert_eq!(run.overflow().is_none(), fits, "{execution:?}");
        let used: Vec<_> = run.overflow().into_iter().collect();
        overflows.internal_validate("overflows", &used).unwrap();
    }

    /// Every kind of value that a run can hold or spill.
    fn executions() -> Vec<Execution> {
        let mut all = Vec::new();
        for repeats in [0, 1, 255, 256, u32::MAX] {
            for exit_code in [None, Some(0), Some(255), Some(256), Some(-1), Some(i64::MIN)] {
                for &status in InvocationStatus::ALL {
                    all.push(Execution { status, repeats, exit_code, ..done() });
                }
            }
        }
        all.push(Execution { stop_time: Some(at(5)), ..done() });
        all.push(Execution { output: Some(Arc::from(&b"out"[..])), ..done() });
        all.push(Execution { dropped: u64::MAX, ..done() });
        all.push(Execution { texts: Some(TextsId::new(0)), ..done() });
        all.push(Execution { start_time: None, finish_time: None, ..done() });
        all
    }

    #[test]
    fn any_execution_can_follow_any_other_and_history_stays() {
        let all = executions();
        let mut overflows = Slab::default();
        let mut run = Run::new(7, at(0));
        for first in &all {
            for second in &all {
                set(&mut run, &mut overflows, first);
                set(&mut run, &mut overflows, second);
            }
        }
        run.change_overflow(&mut overflows, |overflow| overflow.push_history(1, done(), 9));
        for execution in &all {
            set(&mut run, &mut overflows, execution);
            let run = RunRef::new(&run, &overflows);
            assert_eq!((run.history().len(), run.history_number()), (1, 1));
        }
    }
}
