//! The runs of the invocations: one flat column, in which the runs of a record stand side by
//! side, and apart from it what most runs do not have.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::inspect::COUNTED;
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

const EXTRA: u32 = 1 << 31;

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
    fn wide(&self) -> u32 {
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
    /// The texts it has now. Changed by [`Columns::replace_detail`](super::Columns::replace_detail).
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

    /// A copy for other columns, with what its instance and its detail are there, and without its
    /// history.
    #[inline]
    pub(super) fn copy_to(
        &self,
        instance: SymbolId,
        detail: Option<NonZeroU32>,
        extra: Option<&RunExtra>,
        extras: &mut Slab<RunExtra>,
    ) -> Run {
        let mut copy = Run { instance, ..*self };
        if !self.is_whole() {
            let kept = extra.map(RunExtra::without_history).unwrap_or_default();
            copy.rest = RunExtra { detail, ..kept }.into_rest(extras);
        }
        copy
    }
}

/// What most runs do not have.
#[derive(PartialEq, Eq, Debug, Default)]
pub(crate) struct RunExtra {
    creation_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    update_time: Option<Timestamp>,
    detail: Option<NonZeroU32>,
    output: Option<Arc<[u8]>>,
    rare: Option<Box<Rare>>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<RunExtra>() == 40);

/// What most of those do not have.
#[derive(PartialEq, Eq, Debug, Default)]
struct Rare {
    wide_repeats: Option<u32>,
    wide_exit_code: Option<i64>,
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
    fn set(
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
    fn into_rest(self, extras: &mut Slab<RunExtra>) -> u32 {
        if !self.is_default() {
            return EXTRA | extras.insert(self).get();
        }
        // In pieces it shows that there is nothing to drop.
        let RunExtra { detail, output: _output, rare: _rare, .. } = self;
        detail.map_or(0, NonZeroU32::get)
    }

    fn rare(&self) -> Option<&Rare> {
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

    fn without_history(&self) -> RunExtra {
        let rare = self.rare().map(|rare| Rare { history: Vec::new(), history_number: 0, ..*rare });
        let rare = rare.filter(|rare| *rare != Rare::default()).map(Box::new);
        RunExtra { output: self.output.clone(), rare, ..*self }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The record's CreationTime.
    const CREATED: i64 = 1_600_000_000;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(CREATED + secs).unwrap()
    }

    fn number(number: u32) -> Option<NonZeroU32> {
        NonZeroU32::new(number)
    }

    fn bytes(text: &str) -> Option<Arc<[u8]>> {
        Some(Arc::from(text.as_bytes()))
    }

    /// A run that has ended, as most have.
    fn done() -> RunState {
        RunState {
            status: InvocationStatus::Success,
            update_time: Some(at(9)),
            start_time: Some(at(3)),
            finish_time: Some(at(9)),
            stop_time: None,
            repeats: 1,
            exit_code: Some(0),
            output: None,
            dropped: 0,
            detail: None,
        }
    }

    fn record(number: u32) -> HistoryRecord {
        done().into_history(InvocationStatus::Failed, number)
    }

    /// One run and where its extra is.
    struct Kept {
        run: Run,
        extras: Slab<RunExtra>,
    }

    impl Kept {
        fn new() -> Self {
            Kept { run: Run::new(7), extras: Slab::default() }
        }

        fn of(state: &RunState) -> Self {
            let mut kept = Kept::new();
            kept.set(at(0), state);
            kept
        }

        /// Sets it, and checks that it comes back and that no extra is left over.
        fn set(&mut self, creation_time: Timestamp, state: &RunState) {
            self.run.set(at(0), creation_time, state.clone(), &mut self.extras);
            let back = self.run.state(at(0), self.extra());
            let update_time = Some(state.update_time.unwrap_or(creation_time));
            assert_eq!(back, RunState { update_time, ..state.clone() });
            assert_eq!(self.run.creation_time(at(0), self.extra()), creation_time, "{state:?}");
            self.check();
        }

        fn check(&self) {
            let used: Vec<_> = self.run.extra().into_iter().collect();
            self.extras.internal_validate("extras", &used).unwrap();
            assert!(self.extra().is_none_or(|extra| !extra.is_default()), "{:?}", self.extra());
        }

        fn extra(&self) -> Option<&RunExtra> {
            self.run.extra().map(|number| self.extras.get(number))
        }

        fn change_extra<T>(&mut self, change: impl FnOnce(&mut RunExtra) -> T) -> T {
            let changed = self.run.change_extra(&mut self.extras, change);
            self.check();
            changed
        }
    }

    #[test]
    fn a_number_beyond_its_bits_is_in_the_extra_whatever_the_others_are() {
        let delays = [(0, true), (254, true), (255, false), (-1, false), (i64::MAX, false)];
        let repeats = [(0, true), (510, true), (511, false), (u32::MAX, false)];
        let exit_codes = [
            (None, true),
            (Some(0), true),
            (Some(509), true),
            (Some(510), false),
            (Some(-1), false),
            (Some(i64::MIN), false),
            (Some(i64::MAX), false),
        ];
        let updates =
            [(None, true), (Some(at(3)), true), (Some(at(9)), true), (Some(at(10)), false)];
        for (delay, short) in delays {
            let creation_time = at(0).saturating_add_secs(delay);
            for (repeats, few) in repeats {
                for (exit_code, small) in exit_codes {
                    for (update_time, known) in updates {
                        for &status in InvocationStatus::ALL {
                            let state =
                                RunState { status, update_time, repeats, exit_code, ..done() };
                            let mut kept = Kept::new();
                            kept.set(creation_time, &state);
                            let is_whole = short && few && small && known;
                            assert_eq!(kept.run.is_whole(), is_whole, "{delay} {state:?}");
                            let rare = kept.extra().is_some_and(|extra| extra.rare.is_some());
                            assert_eq!(rare, !few || !small, "{delay} {state:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_creation_time_may_be_the_first_and_the_last_there_is() {
        let ends = [Timestamp::MIN, Timestamp::MAX];
        for (created, creation_time) in ends.iter().flat_map(|&end| ends.map(|own| (end, own))) {
            let (mut run, mut extras) = (Run::new(7), Slab::default());
            let state = RunState { update_time: None, ..done() };
            run.set(created, creation_time, state, &mut extras);
            let extra = run.extra().map(|number| extras.get(number));
            assert_eq!(run.creation_time(created, extra), creation_time);
            assert_eq!(run.update_time(created, extra), creation_time);
            assert_eq!(run.is_whole(), created == creation_time);
        }
    }

    #[test]
    fn an_update_time_is_another_time_of_the_run_or_in_the_extra() {
        let update =
            |kept: &Kept| (kept.run.update_time(at(0), kept.extra()), kept.run.small >> 30);
        for (update_time, which) in
            [(None, 0), (Some(0), 0), (Some(3), 1), (Some(9), 2), (Some(5), 3)]
        {
            let state = RunState { update_time: update_time.map(at), ..done() };
            let kept = Kept::of(&state);
            assert_eq!(update(&kept), (at(update_time.unwrap_or(0)), which));
            assert_eq!(kept.run.is_whole(), which != 3);
        }
        // Where several are alike, and where the others are not set.
        let alike = RunState { start_time: Some(at(9)), ..done() };
        assert_eq!(update(&Kept::of(&alike)), (at(9), UPDATE_IS_START));
        let alike = RunState { update_time: None, start_time: Some(at(0)), ..done() };
        assert_eq!(update(&Kept::of(&alike)), (at(0), UPDATE_IS_CREATION));
        let unset = RunState { start_time: None, finish_time: None, ..done() };
        assert_eq!(update(&Kept::of(&unset)), (at(9), 3));
    }

    #[test]
    fn an_update_time_stays_when_the_time_that_it_was_changes() {
        for time in [0, 3, 9] {
            let state = RunState { update_time: Some(at(time)), ..done() };
            for change in [
                RunState { start_time: None, ..state.clone() },
                RunState { finish_time: None, ..state.clone() },
                RunState { start_time: Some(at(9)), finish_time: Some(at(20)), ..state.clone() },
                RunState { start_time: Some(at(20)), finish_time: Some(at(3)), ..state.clone() },
            ] {
                let mut kept = Kept::of(&state);
                kept.set(at(0), &change);
                assert_eq!(kept.run.update_time(at(0), kept.extra()), at(time));
                kept.set(at(0), &state);
                assert!(kept.run.is_whole());
                // The record's own CreationTime.
                kept.set(at(1), &state);
                assert_eq!(kept.run.is_whole(), time != 0);
            }
        }
    }

    #[test]
    fn a_detail_stands_in_the_run_or_in_the_extra() {
        for (detail, fits) in [(1, true), (EXTRA - 1, true), (EXTRA, false), (u32::MAX, false)] {
            let alone = RunState { detail: number(detail), ..done() };
            let mut kept = Kept::of(&alone);
            assert!(!kept.run.is_whole());
            assert_eq!(kept.extra().is_none(), fits);
            for _ in 0..2 {
                kept.set(at(0), &RunState { output: bytes("out"), ..alone.clone() });
                assert!(kept.extra().is_some());
                kept.set(at(0), &RunState { detail: None, output: bytes("out"), ..alone.clone() });
                assert!(kept.extra().is_some());
                kept.set(at(0), &alone);
                assert_eq!(kept.extra().is_none(), fits);
                kept.set(at(0), &done());
                assert!(kept.run.is_whole());
                kept.set(at(0), &alone);
            }
            // Of a run that gains its extra by a history, and loses it.
            kept.change_extra(|extra| extra.push_history(record(1), 5));
            assert_eq!(kept.run.detail(kept.extra()), number(detail));
            kept.change_extra(|extra| extra.rare = None);
            assert_eq!(kept.run.detail(kept.extra()), number(detail));
            assert_eq!(kept.extra().is_none(), fits);
        }
    }

    #[test]
    fn a_run_is_what_it_was_set_to_last() {
        let states = [
            done(),
            RunState { update_time: None, start_time: None, finish_time: None, ..done() },
            RunState { update_time: Some(at(11)), ..done() },
            RunState { stop_time: Some(at(5)), ..done() },
            RunState { repeats: 511, ..done() },
            RunState { exit_code: Some(-1), ..done() },
            RunState { dropped: u64::MAX, ..done() },
            RunState { output: bytes("out"), ..done() },
            RunState { detail: number(1), ..done() },
            RunState { detail: number(EXTRA), ..done() },
            RunState { detail: number(2), output: bytes("other"), dropped: 1, ..done() },
        ];
        let all = || states.iter().flat_map(|state| [0, 255].map(|delay| (at(delay), state)));
        for (creation_time, state) in all() {
            let mut fresh = Kept::new();
            fresh.set(creation_time, state);
            let mut kept = Kept::new();
            for (other_time, other) in all() {
                kept.set(other_time, other);
                kept.set(creation_time, state);
                assert_eq!(kept.extra(), fresh.extra());
                assert_eq!(kept.run.small, fresh.run.small);
            }
            assert!(kept.extras.values().count() <= 1, "a place is used again");
        }
    }

    #[test]
    fn a_history_stays_whatever_is_set() {
        let mut kept = Kept::of(&done());
        kept.change_extra(|extra| extra.set_history_number(0));
        assert!(kept.run.is_whole());
        kept.change_extra(|extra| {
            extra.set_history_number(1);
            extra.push_history(record(1), 5);
        });
        for state in [RunState { repeats: 511, dropped: 3, ..done() }, done()] {
            kept.set(at(0), &state);
            let extra = kept.extra().unwrap();
            assert_eq!((extra.history(), extra.history_number()), (&[record(1)][..], 1));
        }
    }

    #[test]
    fn a_copy_is_the_run_without_its_history() {
        let wide = RunState { repeats: 511, output: bytes("out"), ..done() };
        let late = RunState { update_time: Some(at(11)), stop_time: Some(at(11)), ..done() };
        let error = RunState { detail: number(5), ..done() };
        for state in [done(), error, late, wide] {
            for with_history in [false, true] {
                let mut kept = Kept::of(&state);
                if with_history {
                    kept.change_extra(|extra| {
                        extra.set_history_number(1);
                        extra.push_history(record(1), 5);
                    });
                }
                let mut copies = Kept::new();
                let detail = state.detail.and(number(EXTRA));
                copies.run = kept.run.copy_to(8, detail, kept.extra(), &mut copies.extras);
                copies.check();
                let fresh = Kept::of(&RunState { detail, ..state.clone() });
                assert_eq!(copies.extra(), fresh.extra());
                assert_eq!(copies.run.small, fresh.run.small);
                assert_eq!((copies.run.instance, kept.run.instance), (8, 7));
            }
        }
    }

    #[test]
    fn outputs_that_are_dropped_are_counted() {
        let mut kept = Kept::of(&RunState { output: bytes("out"), dropped: 2, ..done() });
        kept.change_extra(|extra| {
            extra.push_history(HistoryRecord { output: bytes("before"), ..record(1) }, 5);
        });
        assert_eq!(kept.change_extra(RunExtra::drop_outputs), 9);
        let extra = kept.extra().unwrap();
        assert_eq!((extra.dropped(), extra.output(), extra.output_bytes()), (5, &[][..], 0));
        assert_eq!(extra.history(), [HistoryRecord { dropped: 6, ..record(1) }]);
        assert_eq!(kept.change_extra(RunExtra::drop_outputs), 0);

        // Nothing of it makes room for counting nothing.
        let mut kept = Kept::of(&RunState { stop_time: Some(at(5)), ..done() });
        assert_eq!(kept.change_extra(RunExtra::drop_outputs), 0);
        assert!(kept.extra().unwrap().rare.is_none());
    }
}
