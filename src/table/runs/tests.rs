//! Whether a run gives back what was set, and keeps no extra that it does not need.

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
    let updates = [(None, true), (Some(at(3)), true), (Some(at(9)), true), (Some(at(10)), false)];
    for (delay, short) in delays {
        let creation_time = at(0).saturating_add_secs(delay);
        for (repeats, few) in repeats {
            for (exit_code, small) in exit_codes {
                for (update_time, known) in updates {
                    for &status in InvocationStatus::ALL {
                        let state = RunState { status, update_time, repeats, exit_code, ..done() };
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
    let update = |kept: &Kept| (kept.run.update_time(at(0), kept.extra()), kept.run.small >> 30);
    for (update_time, which) in [(None, 0), (Some(0), 0), (Some(3), 1), (Some(9), 2), (Some(5), 3)]
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
