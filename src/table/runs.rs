//! The runs of the invocations: what each of them has.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::extras::{EXTRA, HistoryRecord, Rare, RunExtra};
use super::slab::Slab;
use super::symbols::SymbolId;
use crate::limits;
use crate::model::{InvocationStatus, Timestamp};

/// One run: 20 bytes. There are three for each record and more, so what is small is packed, and
/// what is rare is kept apart.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) instance: SymbolId,
    start_time: Option<Timestamp>,
    finish_time: Option<Timestamp>,
    /// Five small numbers, each in some of the bits; see [`Field`].
    small: u32,
    /// Where the rest of it is: 0 if there is none, the number of its detail if that is all, and
    /// with the bit [`EXTRA`] that of its extra, in which the detail stands as well.
    rest: u32,
}

const _: () = assert!(size_of::<Run>() == 20);
// There is one extra for each run at most, so that no number of one needs the bit.
const _: () = assert!(limits::CAPACITY * limits::RUNS < EXTRA as usize);

/// Some of the bits of `Run::small`. All ones mean that the number is in the extra.
struct Field {
    shift: u32,
    ones: u32,
}

const STATUS: Field = Field { shift: 0, ones: 0xf };
/// Seconds from the record's CreationTime to the run's.
const DELAY: Field = Field { shift: 4, ones: 0xff };
const REPEATS: Field = Field { shift: 12, ones: 0x1ff };
/// ExitCode + 1, 0 for none.
const EXIT_CODE: Field = Field { shift: 21, ones: 0x1ff };
/// Which of its other times the UpdateTime is: mostly that of the last thing that happened to it.
const UPDATE: Field = Field { shift: 30, ones: 0x3 };

const UPDATE_IS_CREATION: u32 = 0;
const UPDATE_IS_START: u32 = 1;
const UPDATE_IS_FINISH: u32 = 2;

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
    const fn wide(&self) -> u32 {
        self.ones << self.shift
    }
}

/// All that can change in a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RunState {
    pub(crate) status: InvocationStatus,
    /// Without one it is that of its creation.
    pub(crate) update_time: Option<Timestamp>,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) finish_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(crate) repeats: u32,
    pub(crate) exit_code: Option<i64>,
    pub(crate) output: Option<Arc<[u8]>>,
    pub(crate) dropped: u64,
    /// The texts it has now. Changed by [`Table::replace_detail`](super::Table::replace_detail).
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

/// Reading. `extra` is that of the run, and `created` the CreationTime of its record.
impl Run {
    pub(crate) fn status(&self) -> InvocationStatus {
        InvocationStatus::ALL[STATUS.get(self.small).unwrap_or(0) as usize]
    }

    pub(crate) fn creation_time(&self, created: Timestamp, extra: Option<&RunExtra>) -> Timestamp {
        match DELAY.get(self.small) {
            Some(delay) => created.saturating_add_secs(i64::from(delay)),
            None => extra.and_then(|extra| extra.creation_time).unwrap_or(created),
        }
    }

    /// Every run has one.
    pub(crate) fn update_time(&self, created: Timestamp, extra: Option<&RunExtra>) -> Timestamp {
        let time = match UPDATE.get(self.small) {
            Some(UPDATE_IS_START) => self.start_time,
            Some(UPDATE_IS_FINISH) => self.finish_time,
            Some(_) => None,
            None => extra.and_then(|extra| extra.update_time),
        };
        time.unwrap_or_else(|| self.creation_time(created, extra))
    }

    pub(crate) fn start_time(&self) -> Option<Timestamp> {
        self.start_time
    }

    pub(crate) fn finish_time(&self) -> Option<Timestamp> {
        self.finish_time
    }

    pub(crate) fn repeats(&self, extra: Option<&RunExtra>) -> u32 {
        REPEATS
            .get(self.small)
            .unwrap_or_else(|| extra.and_then(|extra| extra.rare()?.wide_repeats).unwrap_or(0))
    }

    pub(crate) fn exit_code(&self, extra: Option<&RunExtra>) -> Option<i64> {
        match EXIT_CODE.get(self.small) {
            Some(0) => None,
            Some(more) => Some(i64::from(more) - 1),
            None => extra.and_then(|extra| extra.rare()?.wide_exit_code),
        }
    }

    /// Which texts of an error or of OSS delivery it has.
    pub(crate) fn detail(&self, extra: Option<&RunExtra>) -> Option<NonZeroU32> {
        extra.map_or(NonZeroU32::new(self.rest), |extra| extra.detail)
    }

    /// Whether it has neither detail nor extra.
    #[cfg(test)]
    pub(crate) fn is_whole(&self) -> bool {
        self.rest == 0
    }

    /// The number of its extra.
    pub(super) fn extra(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.rest & !EXTRA).filter(|_| self.rest & EXTRA != 0)
    }

    pub(super) fn state(&self, created: Timestamp, extra: Option<&RunExtra>) -> RunState {
        RunState {
            status: self.status(),
            update_time: Some(self.update_time(created, extra)),
            start_time: self.start_time,
            finish_time: self.finish_time,
            stop_time: extra.and_then(|extra| extra.stop_time),
            repeats: self.repeats(extra),
            exit_code: self.exit_code(extra),
            output: extra.and_then(|extra| extra.output.clone()),
            dropped: extra.map_or(0, RunExtra::dropped),
            detail: self.detail(extra),
        }
    }
}

/// Writing.
impl Run {
    /// A run for [`set`](Self::set).
    pub(super) fn new(instance: SymbolId) -> Self {
        Run { instance, start_time: None, finish_time: None, small: 0, rest: 0 }
    }

    /// Sets all but its instance and its history. Nobody else does, since one number may stand for
    /// another: an UpdateTime that is the FinishTime would change with it. `created` is the
    /// record's CreationTime. Each of its few callers has it inline: most of a new run comes to
    /// nothing there.
    #[inline(always)]
    pub(super) fn set(
        &mut self,
        created: Timestamp,
        creation_time: Timestamp,
        state: RunState,
        extras: &mut Slab<RunExtra>,
    ) {
        let delay = DELAY.fit(i64::from(creation_time.as_secs()) - i64::from(created.as_secs()));
        let repeats = REPEATS.fit(i64::from(state.repeats));
        let exit_code = state
            .exit_code
            .map_or(Some(0), |code| EXIT_CODE.fit(code.saturating_add(1)).filter(|_| code >= 0));
        let update_time = state.update_time.unwrap_or(creation_time);
        let others = [
            (UPDATE_IS_CREATION, Some(creation_time)),
            (UPDATE_IS_START, state.start_time),
            (UPDATE_IS_FINISH, state.finish_time),
        ];
        let update = others.iter().find(|&&(_, time)| time == Some(update_time));
        let update = update.map(|&(which, _)| which << UPDATE.shift);
        self.start_time = state.start_time;
        self.finish_time = state.finish_time;
        self.small = (state.status as u32) << STATUS.shift
            | delay.unwrap_or(DELAY.wide())
            | repeats.unwrap_or(REPEATS.wide())
            | exit_code.unwrap_or(EXIT_CODE.wide())
            | update.unwrap_or(UPDATE.wide());
        let kept = self.extra().and_then(|number| extras.get_mut(number).rare.take());
        let has_rare = repeats.is_none() || exit_code.is_none() || state.dropped > 0;
        let rare = if has_rare || kept.is_some() {
            Rare::set(
                kept,
                Some(state.repeats).filter(|_| repeats.is_none()),
                state.exit_code.filter(|_| exit_code.is_none()),
                state.dropped,
            )
        } else {
            None
        };
        let extra = RunExtra {
            creation_time: Some(creation_time).filter(|_| delay.is_none()),
            stop_time: state.stop_time,
            update_time: Some(update_time).filter(|_| update.is_none()),
            detail: state.detail,
            output: state.output,
            rare,
        };
        match self.extra() {
            Some(number) if !extra.is_default() => *extras.get_mut(number) = extra,
            place => {
                place.map(|number| extras.remove(number));
                self.rest = extra.into_rest(extras);
            }
        }
    }

    /// Changes its extra, which is kept only while something in it needs one.
    pub(super) fn change_extra<T>(
        &mut self,
        extras: &mut Slab<RunExtra>,
        change: impl FnOnce(&mut RunExtra) -> T,
    ) -> T {
        if let Some(number) = self.extra() {
            let extra = extras.get_mut(number);
            let changed = change(extra);
            if extra.is_default() {
                self.rest = extras.remove(number).into_rest(extras);
            }
            return changed;
        }
        let mut extra = RunExtra { detail: NonZeroU32::new(self.rest), ..RunExtra::default() };
        let changed = change(&mut extra);
        self.rest = extra.into_rest(extras);
        changed
    }
}

#[cfg(test)]
mod tests;
