//! Schedules: the three forms of a Frequency, checked whole, and the time of the next run.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use invodex::Timestamp;

use crate::error::quoted;

/// Shortest and longest interval of `rate(...)`, in seconds.
const RATE: RangeInclusive<u32> = 60..=7 * DAY;
/// Shortest interval of a cron expression, in seconds.
const CRON: u32 = 10;
/// First and last year of a cron expression.
const YEARS: (u32, u32) = (1970, 2099);
const DAY: u32 = 24 * 60 * 60;
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/// The schedule of a task.
#[derive(Debug)]
pub(crate) enum Schedule {
    /// Every so many seconds after the task was made.
    Rate { start: Timestamp, seconds: u32 },
    /// Once.
    At(Timestamp),
    /// At the times of a cron expression in a zone.
    Cron(Box<Cron>, Zone),
}

impl Schedule {
    /// Reads the Frequency of a task made at `start`. `zone` is that of a cron expression without
    /// one. The error says what is wrong with which part, and what is allowed.
    pub(crate) fn parse(frequency: &str, start: Timestamp, zone: Zone) -> Result<Self, String> {
        let frequency = frequency.trim();
        let inside = |name: &str| frequency.strip_prefix(name)?.strip_suffix(')');
        if let Some(interval) = inside("rate(") {
            let allowed = "a number and s, m, h or d, from 60 seconds to 7 days, as rate(5m)";
            let seconds = rate(interval).ok_or_else(|| none("interval", interval, allowed))?;
            return Ok(Schedule::Rate { start, seconds });
        }
        if let Some(time) = inside("at(") {
            return Ok(Schedule::At(at(time)?));
        }
        let mut fields: Vec<&str> = frequency.split_whitespace().collect();
        // A year has no letter, and each zone has some.
        let is_zone = |last: &mut &str| last.contains(|c: char| c.is_ascii_alphabetic());
        let last = if fields.len() > 6 { fields.pop_if(is_zone) } else { None };
        let zone = last.map_or(Ok(zone), str::parse)?;
        Ok(Schedule::Cron(Box::new(cron(&fields)?), zone))
    }

    /// The first time after `time` at which a run is due, if there is one.
    pub(crate) fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        match self {
            Schedule::Rate { start, seconds } => {
                let passed = time.as_secs().saturating_sub(start.as_secs()) / seconds;
                let next = i64::from(*seconds) * (i64::from(passed) + 1);
                Timestamp::from_secs(i64::from(start.as_secs()) + next)
            }
            Schedule::At(at) => (*at > time).then_some(*at),
            Schedule::Cron(cron, zone) => {
                let next = cron.find_next_occurrence(&zone.local(time)?, false).ok()?;
                Timestamp::from_secs(next.timestamp() - zone.offset)
            }
        }
    }

    /// Checks that a run is due after `now`, and that the interval between two runs allows
    /// `timeout` seconds for each.
    pub(crate) fn check(&self, now: Timestamp, timeout: u32) -> Result<(), String> {
        if self.next_after(now).is_none() {
            return Err("no run is due after the present time; allowed is a time to come".into());
        }
        match self {
            Schedule::Rate { seconds, .. } if *seconds <= timeout => Err(format!(
                "the interval of {seconds} s is not longer than the Timeout of {timeout} s"
            )),
            Schedule::Cron(cron, _) => match shorter_interval(cron, now, timeout.max(CRON)) {
                None => Ok(()),
                Some(seconds) => Err(format!(
                    "an interval of {seconds} s is shorter than {} s; allowed is at least {CRON} s \
                     and the Timeout of {timeout} s",
                    timeout.max(CRON)
                )),
            },
            _ => Ok(()),
        }
    }
}

/// A time zone: a named one, or UTC with a fixed offset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Zone {
    name: Tz,
    /// In seconds, positive in the east.
    offset: i64,
}

impl Zone {
    pub(crate) const UTC: Self = Zone { name: Tz::UTC, offset: 0 };

    /// The wall clock at `time`. Its time in UTC is too late by the offset.
    fn local(self, time: Timestamp) -> Option<DateTime<Tz>> {
        let shifted = i64::from(time.as_secs()) + self.offset;
        Some(DateTime::from_timestamp(shifted, 0)?.with_timezone(&self.name))
    }

    /// The first time at which the wall clock shows `local`, in seconds since 1970.
    fn secs(self, local: NaiveDateTime) -> Option<i64> {
        Some(self.name.from_local_datetime(&local).earliest()?.timestamp() - self.offset)
    }

    /// The begin and the end of the day of `time`, in seconds since 1970.
    pub(crate) fn day(self, time: Timestamp) -> Option<(i64, i64)> {
        let date = self.local(time)?.date_naive();
        let midnight = |date: NaiveDate| self.secs(date.and_time(NaiveTime::MIN));
        Some((midnight(date)?, midnight(date.succ_opt()?)?))
    }
}

impl FromStr for Zone {
    type Err = String;

    /// A full name, an offset from GMT without a leading zero in the hour, or UTC. GMT, which the
    /// service's agent takes too, is UTC.
    fn from_str(text: &str) -> Result<Self, String> {
        let offset = |text: &str| {
            let (sign, rest) = text.split_at_checked(1)?;
            let (hours, minutes) = rest.split_once(':')?;
            let form = (hours == "0" || !hours.starts_with('0')) && minutes.len() == 2;
            let hours = digits(hours).filter(|hours| form && *hours <= 14)?;
            let minutes = digits(minutes).filter(|minutes| *minutes <= 59)?;
            let offset = i64::from(hours * 3_600 + minutes * 60);
            match sign {
                "+" => Some(Zone { offset, ..Zone::UTC }),
                "-" => Some(Zone { offset: -offset, ..Zone::UTC }),
                _ => None,
            }
        };
        let named = |name: Tz| Zone { name, offset: 0 };
        let zone = match text.strip_prefix("GMT") {
            Some("") => Some(Zone::UTC),
            Some(text) => offset(text),
            None if text == "UTC" => Some(Zone::UTC),
            None => text.contains('/').then(|| text.parse().ok()).flatten().map(named),
        };
        zone.ok_or_else(|| {
            format!(
                "the time zone {} is unknown; allowed are a full name as Asia/Shanghai, an offset as \
                 GMT+8:00 without a leading zero in the hour, and UTC",
                quoted(text)
            )
        })
    }
}

/// The error of a part that cannot be read.
fn none(part: &str, given: &str, allowed: &str) -> String {
    format!("the {part} {} is none; allowed is {allowed}", quoted(given))
}

/// The seconds of `rate(...)`.
fn rate(interval: &str) -> Option<u32> {
    let (number, unit) = interval.split_at_checked(interval.len().checked_sub(1)?)?;
    let units = [("s", 1), ("m", 60), ("h", 3_600), ("d", DAY)];
    let (_, seconds) = units.into_iter().find(|(name, _)| *name == unit)?;
    digits(number)?.checked_mul(seconds).filter(|seconds| RATE.contains(seconds))
}

/// The time of `at(...)`.
fn at(text: &str) -> Result<Timestamp, String> {
    let allowed = "yyyy-MM-dd HH:mm:ss with a time zone after it, if it is not UTC";
    let refuse = || none("time", text, allowed);
    // The parser would take fewer digits too.
    let (time, zone) = text.split_at_checked(19).ok_or_else(refuse)?;
    let plain = time.bytes().filter(u8::is_ascii_digit).count() == 14;
    let local = NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").ok();
    let local = local.filter(|_| plain).ok_or_else(refuse)?;
    let zone = match zone.strip_prefix(' ') {
        Some(zone) => zone.parse()?,
        None if zone.is_empty() => Zone::UTC,
        None => return Err(refuse()),
    };
    // A time that a zone leaves out in spring is none.
    zone.secs(local).and_then(Timestamp::from_secs).ok_or_else(refuse)
}

/// A field of a cron expression.
struct Field {
    name: &'static str,
    range: (u32, u32),
    names: &'static [&'static str],
    /// The allowed characters beside `* , - /`.
    special: &'static str,
}

const FIELDS: [Field; 7] = [
    Field { name: "second", range: (0, 59), names: &[], special: "" },
    Field { name: "minute", range: (0, 59), names: &[], special: "" },
    Field { name: "hour", range: (0, 23), names: &[], special: "" },
    Field { name: "day", range: (1, 31), names: &[], special: "?LW" },
    Field { name: "month", range: (1, 12), names: &MONTHS, special: "" },
    Field { name: "week", range: (1, 7), names: &WEEKDAYS, special: "?L#" },
    Field { name: "year", range: YEARS, names: &[], special: "" },
];

/// Reads a cron expression. Croner allows more than the service, so each field is checked here, and
/// croner gets it as a list of plain values.
fn cron(fields: &[&str]) -> Result<Cron, String> {
    if !(6..=7).contains(&fields.len()) {
        return Err(format!(
            "{} fields; allowed are rate(...), at(...), and a cron expression of six or seven \
             fields with a time zone after them, if it has one",
            fields.len()
        ));
    }
    let mut plain = Vec::new();
    for (field, text) in FIELDS.iter().zip(fields.iter().copied().chain(["*"])) {
        let refuse = || {
            let Field { name, range: (from, to), .. } = field;
            let names = match (field.names.first(), field.names.last()) {
                (Some(first), Some(last)) => format!(", {first} to {last}"),
                _ => String::new(),
            };
            let special: String = field.special.chars().flat_map(|c| [' ', c]).collect();
            format!(
                "the {name} is {}; allowed are {from} to {to}{names} with at most one \
                 leading zero, and * , - /{special}",
                quoted(text)
            )
        };
        plain.push(field.plain(&text.to_ascii_uppercase()).ok_or_else(refuse)?);
    }
    let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Required).build();
    parser.parse(&plain.join(" ")).map_err(|error| error.to_string())
}

impl Field {
    /// The field as `*` or as a list of numbers and special items; `None` if it is not allowed.
    fn plain(&self, text: &str) -> Option<String> {
        let all = text == "*" && self.range != YEARS;
        if all || text == "?" && self.special.contains('?') {
            return Some("*".to_owned());
        }
        let mut items = BTreeSet::new();
        for item in text.split(',') {
            if let Some(special) = self.special(item) {
                items.insert(special);
                continue;
            }
            let (from, to, step) = self.values(item)?;
            items.extend((from..=to).step_by(step).map(|value| value.to_string()));
        }
        Some(Vec::from_iter(items).join(","))
    }

    /// An item of the list that names no plain value.
    fn special(&self, item: &str) -> Option<String> {
        let before = |end: char| self.value(item.strip_suffix(end)?);
        match self.name {
            "day" if matches!(item, "L" | "LW") => Some(item.to_owned()),
            "day" => Some(format!("{}W", before('W')?)),
            // The last day of the week.
            "week" if item == "L" => Some("7".to_owned()),
            "week" => match item.split_once('#') {
                Some((day, nth)) => {
                    let nth = digits(nth).filter(|nth| (1..=5).contains(nth))?;
                    Some(format!("{}#{nth}", self.value(day)?))
                }
                None => Some(format!("{}L", before('L')?)),
            },
            _ => None,
        }
    }

    /// The first and the last value of an item, and its step.
    fn values(&self, item: &str) -> Option<(u32, u32, usize)> {
        let (values, step) = match item.split_once('/') {
            Some((values, step)) => (values, Some(digits(step).filter(|&step| step > 0)?)),
            None => (item, None),
        };
        let (from, to) = match values.split_once('-') {
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            None if values == "*" => self.range,
            // A start with a step goes on to the end.
            None if step.is_some() => (self.value(values)?, self.range.1),
            None => (self.value(values)?, self.value(values)?),
        };
        (from <= to).then_some((from, to, step.unwrap_or(1) as usize))
    }

    /// A number or a name within the range.
    fn value(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| *name == text);
        if let Some(at) = named {
            return u32::try_from(at + 1).ok();
        }
        let twice = text.len() > 2 && text.starts_with("00");
        digits(text).filter(|value| !twice && (self.range.0..=self.range.1).contains(value))
    }
}

/// A number of decimal digits, without a sign.
fn digits(text: &str) -> Option<u32> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// An interval of `cron` that is shorter than `allowed` seconds, of at most a day. Measured on the
/// clock of the zone, as if none were ever changed.
fn shorter_interval(cron: &Cron, now: Timestamp, allowed: u32) -> Option<u32> {
    let pattern = &cron.pattern;
    let [hours, minutes, seconds] =
        [&pattern.hours, &pattern.minutes, &pattern.seconds].map(|field| field.values());
    let minutes =
        hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute));
    let seconds =
        |minute: u16| seconds.iter().map(move |second| u32::from(minute) * 60 + u32::from(*second));
    let mut times: Vec<u32> = minutes.flat_map(seconds).collect();
    let first = *times.first()?;
    times.push(DAY + first);
    let at = times.windows(2).position(|pair| pair[1] - pair[0] < allowed)?;
    let interval = times[at + 1] - times[at];
    if at + 2 < times.len() {
        return Some(interval);
    }
    // From the last run of a day to the first of the next, if both days have some.
    let first = NaiveTime::from_num_seconds_from_midnight_opt(first, 0)?;
    let has_runs =
        |day: NaiveDate| cron.is_time_matching(&day.and_time(first).and_utc()).unwrap_or(false);
    let today = Zone::UTC.local(now)?.date_naive();
    let days = today.iter_days().take_while(|day| day.year() <= YEARS.1 as i32);
    let mut before = false;
    days.map(has_runs).any(|here| std::mem::replace(&mut before, here) && here).then_some(interval)
}
