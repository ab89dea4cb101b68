//! The executions of a recurring run that a jump of the clock passes. Only the latest are kept in
//! the history, so the others are counted and not executed.

use std::collections::HashMap;

use invodex::Timestamp;

use crate::{Form, Schedule};

const DAY: i64 = 24 * 60 * 60;

/// An execution that starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Start {
    /// When it is due.
    pub due: Timestamp,
    /// Its place in [`Executions::lengths`].
    pub place: usize,
    /// The number of executions before it.
    pub before: u64,
}

/// The executions of one run. One that is due while the last is not over does not start.
pub struct Executions<'a> {
    /// When they are due.
    pub schedule: &'a Schedule,
    /// Their lengths in milliseconds, which repeat. There is at least one.
    pub lengths: &'a [u64],
}

impl Executions<'_> {
    /// The first of the last `keep` executions from `first` until `until`; `first` if there are
    /// fewer.
    ///
    /// Days on which the same execution is the first, at the same time, are walked once. So it
    /// costs O(days + executions of a day), and not O(executions).
    ///
    /// # Panics
    ///
    /// If there are no lengths, or `first` has no place among them.
    pub fn last(&self, first: Start, until: Timestamp, keep: usize) -> Start {
        let mut days = Vec::new();
        let mut known = HashMap::new();
        let (mut start, mut all) = (Some(first), first.before);
        while let Some(from) = start.filter(|start| start.due <= until) {
            days.push(from);
            let (begin, end, is_plain) = day(self.schedule, from.due);
            let last = if is_plain && end <= secs(until) {
                let key = (secs(from.due) - begin, from.place);
                let (due, place, starts) = *known.entry(key).or_insert_with(|| {
                    let last = self.walk(from, end);
                    (secs(last.due) - begin, last.place, last.before - from.before)
                });
                let due = Timestamp::saturating_from_secs(begin + due);
                Start { due, place, before: from.before + starts }
            } else {
                self.walk(from, end.min(secs(until) + 1))
            };
            all = last.before + 1;
            start = self.after(last);
        }
        let target = all.saturating_sub(keep as u64);
        let day = days.partition_point(|start| start.before <= target);
        let mut start = day.checked_sub(1).map_or(first, |day| days[day]);
        while start.before < target {
            let Some(next) = self.after(start) else { break };
            start = next;
        }
        start
    }

    /// The last execution from `last` on that starts before `end`.
    fn walk(&self, mut last: Start, end: i64) -> Start {
        while let Some(next) = self.after(last).filter(|next| secs(next.due) < end) {
            last = next;
        }
        last
    }

    /// The execution that starts after that of `start`.
    ///
    /// # Panics
    ///
    /// As [`last`](Self::last).
    pub fn after(&self, start: Start) -> Option<Start> {
        let due = self.schedule.next_after(self.busy(start))?;
        let place = (start.place + 1) % self.lengths.len();
        Some(Start { due, place, before: start.before + 1 })
    }

    /// The last second at which no execution may start because of that of `start`.
    fn busy(&self, start: Start) -> Timestamp {
        let seconds = self.lengths[start.place].div_ceil(1_000).saturating_sub(1);
        start.due.saturating_add_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}

fn secs(time: Timestamp) -> i64 {
    time.as_secs().into()
}

/// The begin and the end of the day of `time` in the zone of the schedule, in seconds. And whether it
/// is plain: all plain days with executions have them at the same times after their begin. A day is
/// plain if it has 24 hours. The days of `rate` are as long as a multiple of its interval.
fn day(schedule: &Schedule, time: Timestamp) -> (i64, i64, bool) {
    let now = secs(time);
    let day = match &schedule.0 {
        Form::Rate { start, seconds } => {
            let (start, seconds) = (secs(*start), i64::from(*seconds));
            let length = (DAY + seconds - 1) / seconds * seconds;
            let begin = start + (now - start).div_euclid(length) * length;
            return (begin, begin + length, true);
        }
        Form::At(_) => None,
        Form::Cron(_, zone) => zone.day(time),
    };
    let (begin, end) = day.unwrap_or((now, now + 1));
    (begin, end, end - begin == DAY && (begin..end).contains(&now))
}
