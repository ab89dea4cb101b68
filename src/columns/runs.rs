//! The runs of the invocations: one flat column, in which the runs of a record stand side by
//! side, and apart from it what most runs do not have.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::inspect::COUNTED;
use super::symbols::SymbolId;
use crate::model::{InvocationStatus, Timestamp};

/// One run: 28 bytes. There are three for each record and more, so what is small or rare is
/// packed or kept apart.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) instance: SymbolId,
    pub(crate) update_time: Option<Timestamp>,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) finish_time: Option<Timestamp>,
    /// Four small numbers, each in some of the bits; see [`Field`].
    small: u32,
    /// Which texts of an error or of OSS delivery it has.
    pub(crate) detail: Option<NonZeroU32>,
    /// Where the rest of it is.
    pub(crate) extra: Option<NonZeroU32>,
}

/// Some of the bits of `Run::small`. All ones mean that the number is in the extra.
struct Field {
    shift: u32,
    ones: u32,
}

const STATUS: Field = Field { shift: 0, ones: 0xf };
/// Seconds from the record's CreationTime to the run's.
const DELAY: Field = Field { shift: 4, ones: 0xff };
const REPEATS: Field = Field { shift: 12, ones: 0x3ff };
/// ExitCode + 1, 0 for none.
const EXIT_CODE: Field = Field { shift: 22, ones: 0x3ff };

impl Field {
    /// The number in `bits`, or `None` when it is in the extra.
    fn get(&self, bits: u32) -> Option<u32> {
        Some(bits >> self.shift & self.ones).filter(|&value| value < self.ones)
    }

    /// The bits of `value`, if it fits.
    fn fit(&self, value: i64) -> Option<u32> {
        let value = u32::try_from(value).ok().filter(|&value| value < self.ones)?;
        Some(value << self.shift)
    }

    /// The bits that say it is in the extra.
    fn wide(&self) -> u32 {
        self.ones << self.shift
    }
}

/// The numbers of a run, as they are set.
pub(crate) struct RunNumbers {
    pub(crate) status: InvocationStatus,
    pub(crate) creation_time: Timestamp,
    pub(crate) repeats: u32,
    pub(crate) exit_code: Option<i64>,
}

impl Run {
    pub(crate) fn new(instance: SymbolId) -> Self {
        Run {
            instance,
            update_time: None,
            start_time: None,
            finish_time: None,
            small: 0,
            detail: None,
            extra: None,
        }
    }

    pub(crate) fn status(&self) -> InvocationStatus {
        InvocationStatus::ALL[STATUS.get(self.small).unwrap_or(0) as usize]
    }

    /// `created` is the record's CreationTime.
    pub(crate) fn creation_time(&self, created: Timestamp, extra: Option<&RunExtra>) -> Timestamp {
        match DELAY.get(self.small) {
            Some(delay) => created.saturating_add_secs(i64::from(delay)),
            None => extra.and_then(|extra| extra.creation_time).unwrap_or(created),
        }
    }

    pub(crate) fn repeats(&self, extra: Option<&RunExtra>) -> u32 {
        REPEATS
            .get(self.small)
            .unwrap_or_else(|| extra.and_then(|extra| extra.wide_repeats).unwrap_or(0))
    }

    pub(crate) fn exit_code(&self, extra: Option<&RunExtra>) -> Option<i64> {
        match EXIT_CODE.get(self.small) {
            Some(0) => None,
            Some(more) => Some(i64::from(more) - 1),
            None => extra.and_then(|extra| extra.wide_exit_code),
        }
    }

    /// Sets the numbers, those that do not fit in `extra`. `created` is the record's CreationTime.
    pub(crate) fn set_numbers(
        &mut self,
        created: Timestamp,
        numbers: &RunNumbers,
        extra: &mut RunExtra,
    ) {
        let delay = i64::from(numbers.creation_time.as_secs()) - i64::from(created.as_secs());
        let exit_code = numbers
            .exit_code
            .map_or(Some(0), |code| EXIT_CODE.fit(code.saturating_add(1)).filter(|_| code >= 0));
        let (delay, repeats) = (DELAY.fit(delay), REPEATS.fit(i64::from(numbers.repeats)));
        extra.creation_time = Some(numbers.creation_time).filter(|_| delay.is_none());
        extra.wide_repeats = Some(numbers.repeats).filter(|_| repeats.is_none());
        extra.wide_exit_code = numbers.exit_code.filter(|_| exit_code.is_none());
        self.small = (numbers.status as u32) << STATUS.shift
            | delay.unwrap_or(DELAY.wide())
            | repeats.unwrap_or(REPEATS.wide())
            | exit_code.unwrap_or(EXIT_CODE.wide());
    }
}

/// What most runs do not have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct RunExtra {
    pub(crate) creation_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(crate) wide_repeats: Option<u32>,
    /// The number of the newest history record, which is how many there ever were.
    pub(crate) history_number: u32,
    pub(crate) wide_exit_code: Option<i64>,
    pub(crate) output: Option<Arc<[u8]>>,
    pub(crate) dropped: u64,
    pub(super) history: Option<Arc<Vec<HistoryRecord>>>,
}

impl RunExtra {
    pub(crate) fn is_default(&self) -> bool {
        *self == RunExtra::default()
    }

    pub(crate) fn output(&self) -> &[u8] {
        self.output.as_deref().unwrap_or_default()
    }

    /// Ended executions of a recurring task, oldest first.
    pub(crate) fn history(&self) -> &[HistoryRecord] {
        self.history.as_ref().map_or(&[], |history| history)
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

    pub(crate) fn history_mut(&mut self) -> &mut Vec<HistoryRecord> {
        Arc::make_mut(self.history.get_or_insert_default())
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
        let mut bytes = drop_one(&mut self.output, &mut self.dropped);
        if self.history().iter().any(|record| record.output.is_some()) {
            for record in self.history_mut() {
                bytes += drop_one(&mut record.output, &mut record.dropped);
            }
        }
        bytes
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        let history = self.history.as_ref().map_or(0, |history| {
            COUNTED
                + size_of::<Vec<HistoryRecord>>()
                + history.capacity() * size_of::<HistoryRecord>()
        });
        // The last execution's output is the run's own as well.
        let last = self.history().last().and_then(|record| record.output.as_ref());
        let own = self.output.iter().filter(|own| last.is_none_or(|last| !Arc::ptr_eq(own, last)));
        let outputs = self.history().iter().filter_map(|record| record.output.as_ref()).chain(own);
        let outputs = outputs.map(|output| (COUNTED + output.len()).next_multiple_of(COUNTED / 2));
        history + outputs.sum::<usize>()
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
