//! Schedules: the three forms of a Frequency, checked whole, and the time of the next run.

use std::collections::BTreeSet;
use std::str::FromStr;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use invodex::Timestamp;

use crate::error::quoted;

/// Shortest and longest interval of `rate(...)`, in seconds.
const RATE: (u32, u32) = (60, 7 * 24 * 60 * 60);
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
    /// one.
    ///
    /// # Errors
    ///
    /// The detail of the error: what is wrong with which part, and what is allowed.
    pub(crate) fn parse(frequency: &str, start: Timestamp, zone: Zone) -> Result<Self, String> {
        let frequency = frequency.trim();
        let inside = |name: &str| frequency.strip_prefix(name)?.strip_suffix(')');
        if let Some(interval) = inside("rate(") {
            return Ok(Schedule::Rate { start, seconds: rate(interval)? });
        }
        if let Some(time) = inside("at(") {
            return Ok(Schedule::At(at(time)?));
        }
        let mut fields: Vec<&str> = frequency.split_whitespace().collect();
        // A year has no letter, and each zone has some.
        let zone = match fields.last() {
            Some(last) if fields.len() > 6 && last.contains(|c: char| c.is_ascii_alphabetic()) => {
                let zone = last.parse()?;
                fields.pop();
                zone
            }
            _ => zone,
        };
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
            Schedule::Cron(cron, Zone::Named(zone)) => next_run(cron, zone, time),
            Schedule::Cron(cron, Zone::Offset(zone)) => next_run(cron, zone, time),
        }
    }

    /// Checks that a run is due after `now`, and that the interval between two runs allows
    /// `timeout` seconds for each.
    ///
    /// # Errors
    ///
    /// The detail of the error.
    pub(crate) fn check(&self, now: Timestamp, timeout: u32) -> Result<(), String> {
        if self.next_after(now).is_none() {
            return Err("no run is due after the present time; allowed is a time to come".into());
        }
        match self {
            Schedule::Rate { seconds, .. } if *seconds <= timeout => Err(format!(
                "the interval of {seconds} s is not longer than the Timeout of {timeout} s"
            )),
            Schedule::Cron(cron, _) => {
                let allowed = timeout.max(CRON);
                match shorter_interval(cron, now, allowed) {
                    None => Ok(()),
                    Some(seconds) => Err(format!(
                        "an interval of {seconds} s is shorter than {allowed} s; allowed is at \
                         least {CRON} s and the Timeout of {timeout} s"
                    )),
                }
            }
            _ => Ok(()),
        }
    }
}

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Zone {
    Named(Tz),
    Offset(FixedOffset),
}

impl Zone {
    pub(crate) const UTC: Self = Zone::Named(Tz::UTC);
}

impl FromStr for Zone {
    type Err = String;

    /// A full name, an offset from GMT without a leading zero in the hour, or UTC. GMT, which the
    /// service's agent takes too, is UTC.
    fn from_str(text: &str) -> Result<Self, String> {
        if matches!(text, "UTC" | "GMT") {
            return Ok(Zone::UTC);
        }
        let refuse = || {
            format!(
                "the time zone {} is unknown; allowed are a full name as Asia/Shanghai, an offset as \
                 GMT+8:00 without a leading zero in the hour, and UTC",
                quoted(text)
            )
        };
        let Some(offset) = text.strip_prefix("GMT") else {
            let named = text.contains('/').then(|| text.parse().ok()).flatten();
            return named.map(Zone::Named).ok_or_else(refuse);
        };
        let parse = || {
            let (sign, rest) = offset.split_at_checked(1)?;
            let (hours, minutes) = rest.split_once(':')?;
            let (h, m) = (digits(hours)?, digits(minutes)?);
            let form = (hours == "0" || !hours.starts_with('0')) && minutes.len() == 2;
            if !form || h > 14 || m > 59 {
                return None;
            }
            let seconds = i32::try_from(h * 3_600 + m * 60).ok()?;
            match sign {
                "+" => FixedOffset::east_opt(seconds),
                "-" => FixedOffset::west_opt(seconds),
                _ => None,
            }
        };
        parse().map(Zone::Offset).ok_or_else(refuse)
    }
}

/// The seconds of `rate(...)`.
fn rate(interval: &str) -> Result<u32, String> {
    let parse = || {
        let (number, unit) = interval.split_at_checked(interval.len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => DAY,
            _ => return None,
        };
        digits(number)?.checked_mul(seconds)
    };
    let seconds = parse().filter(|seconds| (RATE.0..=RATE.1).contains(seconds));
    seconds.ok_or_else(|| {
        format!(
            "the interval {} is none; allowed is a number and s, m, h or d, from 60 seconds to 7 \
             days, as rate(5m)",
            quoted(interval)
        )
    })
}

/// The time of `at(...)`.
fn at(text: &str) -> Result<Timestamp, String> {
    let refuse = || {
        format!(
            "the time {} is none; allowed is yyyy-MM-dd HH:mm:ss with a time zone after it, if it \
             is not UTC",
            quoted(text)
        )
    };
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
    let utc = match zone {
        Zone::Named(zone) => zone.from_local_datetime(&local).earliest().map(|at| at.to_utc()),
        Zone::Offset(zone) => zone.from_local_datetime(&local).earliest().map(|at| at.to_utc()),
    };
    // A time that a zone leaves out in spring is none.
    utc.and_then(|utc| Timestamp::from_secs(utc.timestamp())).ok_or_else(refuse)
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
        if text == "?" && self.special.contains('?') {
            return Some("*".to_owned());
        }
        if text == "*" && self.range != YEARS {
            return Some("*".to_owned());
        }
        let mut items = BTreeSet::new();
        for item in text.split(',') {
            self.read(item, &mut items)?;
        }
        Some(Vec::from_iter(items).join(","))
    }

    /// Reads one item of the list, and adds the special item or the values that it stands for.
    fn read(&self, item: &str, items: &mut BTreeSet<String>) -> Option<()> {
        let special = match self.name {
            "day" if matches!(item, "L" | "LW") => Some(item.to_owned()),
            "day" if item.ends_with('W') => {
                Some(format!("{}W", self.value(&item[..item.len() - 1])?))
            }
            // The last day of the week.
            "week" if item == "L" => Some("7".to_owned()),
            "week" if item.ends_with('L') => {
                Some(format!("{}L", self.value(&item[..item.len() - 1])?))
            }
            "week" if item.contains('#') => {
                let (day, nth) = item.split_once('#')?;
                let nth = digits(nth).filter(|nth| (1..=5).contains(nth))?;
                Some(format!("{}#{nth}", self.value(day)?))
            }
            _ => None,
        };
        if let Some(special) = special {
            items.insert(special);
            return Some(());
        }
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
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        items.extend((from..=to).step_by(step).map(|value| value.to_string()));
        (from <= to).then_some(())
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

fn next_run<Z: TimeZone>(cron: &Cron, zone: &Z, time: Timestamp) -> Option<Timestamp>
where
    DateTime<Z>: croner::CronDateTime,
{
    let time = DateTime::from_timestamp(time.as_secs().into(), 0)?.with_timezone(zone);
    let next = cron.find_next_occurrence(&time, false).ok()?;
    Timestamp::from_secs(next.timestamp())
}

/// An interval of `cron` that is shorter than `allowed` seconds, of at most a day. Measured on the
/// clock of the zone, as if none were ever changed.
fn shorter_interval(cron: &Cron, now: Timestamp, allowed: u32) -> Option<u32> {
    let pattern = &cron.pattern;
    let [hours, minutes, seconds] =
        [&pattern.hours, &pattern.minutes, &pattern.seconds].map(|field| field.values());
    let mut times = hours.iter().flat_map(|hour| {
        minutes.iter().flat_map(|minute| {
            seconds.iter().map(|second| {
                (u32::from(*hour) * 60 + u32::from(*minute)) * 60 + u32::from(*second)
            })
        })
    });
    let first = times.next()?;
    let mut last = first;
    for time in times {
        if time - last < allowed {
            return Some(time - last);
        }
        last = time;
    }
    // From the last run of a day to the first of the next, if both days have some.
    let overnight = DAY - last + first;
    if overnight >= allowed {
        return None;
    }
    let today: DateTime<Utc> = DateTime::from_timestamp(now.as_secs().into(), 0)?;
    let end = NaiveDate::from_ymd_opt(YEARS.1.try_into().ok()?, 12, 31)?;
    let has_runs = |day: &NaiveDate| {
        let (year, month) = (day.year(), day.month());
        let weekday = croner::Weekday::from_days_from_sunday(day.weekday().num_days_from_sunday());
        pattern.day_match(year, month, day.day(), weekday).unwrap_or(false)
            && pattern.month_match(month).unwrap_or(false)
            && pattern.year_match(year).unwrap_or(false)
    };
    let days = today.date_naive().iter_days().take_while(|day| *day <= end);
    let mut before = false;
    for day in days {
        let here = has_runs(&day);
        if here && before {
            return Some(overnight);
        }
        before = here;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2022-01-01, a Saturday.
    const START: &str = "2022-01-01T00:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn parse(frequency: &str) -> Result<Schedule, String> {
        Schedule::parse(frequency, time(START), Zone::UTC)
    }

    /// The first runs after `START`.
    fn runs(frequency: &str) -> Vec<String> {
        let schedule = parse(frequency).unwrap_or_else(|error| panic!("{frequency}: {error}"));
        let mut at = time(START);
        let next = || {
            at = schedule.next_after(at)?;
            Some(at.to_string())
        };
        std::iter::from_fn(next).take(3).collect()
    }

    #[test]
    fn the_documented_examples_run_when_they_say() {
        let table: [(&str, &[&str]); 30] = [
            ("rate(5m)", &["2022-01-01T00:05:00Z", "2022-01-01T00:10:00Z", "2022-01-01T00:15:00Z"]),
            ("rate(7d)", &["2022-01-08T00:00:00Z", "2022-01-15T00:00:00Z", "2022-01-22T00:00:00Z"]),
            ("at(2022-06-06 13:15:30)", &["2022-06-06T13:15:30Z"]),
            ("at(2022-06-06 13:15:30 Asia/Shanghai)", &["2022-06-06T05:15:30Z"]),
            ("at(2022-06-06 13:15:30 GMT-7:00)", &["2022-06-06T20:15:30Z"]),
            ("0 15 10 ? * *", &["2022-01-01T10:15:00Z", "2022-01-02T10:15:00Z"]),
            ("0 15 10 ? * * 2022 Asia/Shanghai", &["2022-01-01T02:15:00Z", "2022-01-02T02:15:00Z"]),
            (
                "0 0/30 10-11 * * ? 2022 GMT+8:00",
                &["2022-01-01T02:00:00Z", "2022-01-01T02:30:00Z", "2022-01-01T03:00:00Z"],
            ),
            ("0 55/5 14 * 10 ? 2022/2 UTC", &["2022-10-01T14:55:00Z", "2022-10-02T14:55:00Z"]),
            ("0 0 12 1 1 ? 2023/2", &["2023-01-01T12:00:00Z", "2025-01-01T12:00:00Z"]),
            ("0 0 12 1 1 ? */2", &["2022-01-01T12:00:00Z", "2024-01-01T12:00:00Z"]),
            ("0 0 10,14,16 * * ?", &["2022-01-01T10:00:00Z", "2022-01-01T14:00:00Z"]),
            ("0 0-5 14 * * ?", &["2022-01-01T14:00:00Z", "2022-01-01T14:01:00Z"]),
            ("0 0 12 ? * WED", &["2022-01-05T12:00:00Z", "2022-01-12T12:00:00Z"]),
            ("0 0 12 ? * 3", &["2022-01-05T12:00:00Z", "2022-01-12T12:00:00Z"]),
            ("0 0 12 ? * 1,SUN", &["2022-01-02T12:00:00Z", "2022-01-03T12:00:00Z"]),
            ("0 0 12 ? * mon-fri", &["2022-01-03T12:00:00Z", "2022-01-04T12:00:00Z"]),
            ("0 0 12 ? * 6-7", &["2022-01-01T12:00:00Z", "2022-01-02T12:00:00Z"]),
            ("0 0 12 ? * L", &["2022-01-02T12:00:00Z", "2022-01-09T12:00:00Z"]),
            ("0 15 10 15 * ?", &["2022-01-15T10:15:00Z", "2022-02-15T10:15:00Z"]),
            ("0 15 10 L * ?", &["2022-01-31T10:15:00Z", "2022-02-28T10:15:00Z"]),
            ("0 15 10 LW * ?", &["2022-01-31T10:15:00Z", "2022-02-28T10:15:00Z"]),
            ("0 15 10 1W * ?", &["2022-01-03T10:15:00Z", "2022-02-01T10:15:00Z"]),
            ("0 15 10 ? * 5L", &["2022-01-28T10:15:00Z", "2022-02-25T10:15:00Z"]),
            ("0 15 10 ? * 7L", &["2022-01-30T10:15:00Z", "2022-02-27T10:15:00Z"]),
            ("0 15 10 ? * FRI#3", &["2022-01-21T10:15:00Z", "2022-02-18T10:15:00Z"]),
            ("0 10,44 14 ? MAR WED", &["2022-03-02T14:10:00Z", "2022-03-02T14:44:00Z"]),
            ("0 15 08 ? * * 2022", &["2022-01-01T08:15:00Z"]),
            // Both days count.
            (
                "0 0 12 15 * MON",
                &["2022-01-03T12:00:00Z", "2022-01-10T12:00:00Z", "2022-01-15T12:00:00Z"],
            ),
            // A zone with summer time: noon moves.
            (
                "0 0 12 L 3,4 ? 2022 Europe/Berlin",
                &["2022-03-31T10:00:00Z", "2022-04-30T10:00:00Z"],
            ),
        ];
        for (frequency, expected) in table {
            let found = runs(frequency);
            assert!(
                found.iter().map(|at| &**at).zip(expected).all(|(is, at)| is == *at),
                "{frequency}: {found:?}"
            );
            assert!(found.len() >= expected.len(), "{frequency}: {found:?}");
        }
        assert_eq!(runs("at(2022-01-01 00:00:00)"), [""; 0]);
        assert_eq!(runs("0 0 0 30 2 ?"), [""; 0]);
        assert_eq!(runs("0 0 0 1 1 ? 2022"), [""; 0]);
    }

    #[test]
    fn the_interval_of_a_rate_counts_from_its_start() {
        let schedule = parse("rate(5m)").unwrap();
        let next = |from: &str| schedule.next_after(time(from)).unwrap().to_string();
        assert_eq!(next("2021-12-31T00:00:00Z"), "2022-01-01T00:05:00Z");
        assert_eq!(next("2022-01-01T00:04:59Z"), "2022-01-01T00:05:00Z");
        assert_eq!(next("2022-01-01T00:05:00Z"), "2022-01-01T00:10:00Z");
        assert_eq!(next("2023-01-01T00:07:00Z"), "2023-01-01T00:10:00Z");
    }

    #[test]
    fn bad_schedules_are_refused() {
        for bad in [
            "",
            "often",
            "rate()",
            "rate(5)",
            "rate(5w)",
            "rate(m)",
            "rate(59s)",
            "rate(8d)",
            "rate(-5m)",
            "rate(5m",
            "rate (5m)",
            "rate(5 m)",
            "rate(99999999999d)",
            "rate(\u{e9})",
            "at()",
            "at(2030-01-01)",
            "at(2030-1-1 0:0:0)",
            "at(2030-02-30 00:00:00)",
            "at(2030-01-01 00:00:00 Mars/Base)",
            "at(2030-01-01 24:00:00)",
            "at(2030-01-01 00:00:00Z)",
            "at(2030-01-01 00:00:00  UTC)",
            // The hour that Berlin leaves out.
            "at(2030-03-31 02:30:00 Europe/Berlin)",
            "* * * * *",
            "0 0 0 ? * * 2030 UTC UTC",
            "0 0 0 ? * * UTC 2030",
            "60 * * * * ?",
            "0 60 * * * ?",
            "0 0 24 * * ?",
            "0 0 0 32 * ?",
            "0 0 0 0 * ?",
            "0 0 0 ? 13 *",
            "0 0 0 ? 0 *",
            "0 0 0 ? * 0",
            "0 0 0 ? * 8",
            "0 0 0 ? * 1#6",
            "0 0 0 ? * 1#0",
            "0 0 0 ? * * 2100",
            "0 0 0 ? * * 1969",
            "0 15 008 ? * *",
            "0 0 0 ? * XYZ",
            "0 0 0 ? XYZ *",
            "? 0 0 ? * *",
            "0 ? 0 ? * *",
            "0 0 ? ? * *",
            "0 0 0 ? ? *",
            "0 0 0 ? * * ?",
            "0 L * * * ?",
            "0 0 0 1L * ?",
            "0 0 0 W * ?",
            "0 0 0 ? * 1W",
            "0 0 0 1#2 * ?",
            "0 0 0 ?,1 * ?",
            "0 5-1 0 * * ?",
            "0 0/0 0 * * ?",
            "0 /5 0 * * ?",
            "0 1,,2 0 * * ?",
            "0 -1 0 * * ?",
            "0 +1 0 * * ?",
            "0 1-2-3 0 * * ?",
            "0 1/2/3 0 * * ?",
            "0 0 0 ? * @daily",
            "@daily",
            "0 0 0 ? * +1",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}: {:?}", parse(bad));
        }
        for zone in [
            "utc",
            "CST",
            "Shanghai",
            "Asia/Nowhere",
            "GMT+08:00",
            "GMT+8",
            "GMT8:00",
            "GMT+8:0",
            "GMT+15:00",
            "GMT+8:60",
            "GMT+",
            "GMT+\u{e9}:00",
            "+8:00",
        ] {
            let error = zone.parse::<Zone>().unwrap_err();
            assert!(error.contains(zone) && error.contains("Asia/Shanghai"), "{error}");
        }
    }

    #[test]
    fn runs_that_are_too_close_or_past_are_refused() {
        let check =
            |frequency: &str, timeout| parse(frequency).unwrap().check(time(START), timeout);
        for (frequency, timeout, good) in [
            ("rate(60s)", 59, true),
            ("rate(60s)", 60, false),
            ("0/10 * * * * ?", 10, true),
            ("0/9 * * * * ?", 5, false),
            ("0/10 * * * * ?", 11, false),
            // 50 and 0 of the next minute.
            ("0/25 * * * * ?", 11, false),
            ("0 0/5 * * * ?", 300, true),
            ("0 0/5 * * * ?", 301, false),
            ("0 0 12 * * ?", 86_400, true),
            ("0 0 0,12 * * ?", 43_200, true),
            ("0 0 0,13 * * ?", 43_200, false),
            // 23:59 and 0:00 on the next day, if that has runs.
            ("0 0,59 0,23 * * ?", 61, false),
            ("0 59 23,0 1 * ?", 3_600, true),
            ("0 0 0,23 ? * 1,3", 7_200, true),
            ("0 0 0,23 ? * 1,2", 7_200, false),
            ("0 0 0,23 L,1 * ?", 7_200, false),
            ("0 0 0 30 2 ?", 60, false),
            ("0 0 0 1 1 ? 2021", 60, false),
            ("at(2021-12-31 23:59:59)", 60, false),
            ("at(2022-01-01 00:00:01)", 86_400, true),
        ] {
            let checked = check(frequency, timeout);
            assert_eq!(checked.is_ok(), good, "{frequency} {timeout}: {checked:?}");
        }
    }

    /// The check of the intervals against the runs themselves, for expressions drawn at random whose
    /// days repeat within two months.
    #[test]
    fn the_shortest_interval_is_found() {
        let mut rng = oorandom::Rand32::new(24);
        let mut draw =
            |from: &[&str]| from[rng.rand_range(0..from.len() as u32) as usize].to_owned();
        let (mut good, mut bad) = (0, 0);
        for _ in 0..60 {
            let days = ["* *", "*/2 ?", "L,1 ?", "15 ?", "? MON,WED,FRI", "? SUN,1", "? 6#1"];
            let days = draw(&days);
            let (day, week) = days.split_once(' ').unwrap();
            let frequency = format!(
                "{} {} {} {day} * {week}",
                draw(&["0", "30", "0,30", "5,55", "58-59"]),
                draw(&["0", "59", "0,59", "*/20", "7/25"]),
                draw(&["0", "23", "0,23", "*/8", "9-11", "0-3,20"]),
            );
            let schedule = parse(&frequency).unwrap();
            let runs = |at: &Timestamp| schedule.next_after(*at);
            let runs: Vec<u32> = std::iter::successors(Some(time(START)), runs)
                .skip(1)
                .map(Timestamp::as_secs)
                .take_while(|at| *at < time(START).as_secs() + 62 * DAY)
                .collect();
            let shortest = runs.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
            for timeout in [10, 60, 600, 3_600, shortest.min(DAY), (shortest + 1).min(DAY), DAY] {
                let is = schedule.check(time(START), timeout).is_ok();
                assert_eq!(is, shortest >= timeout.max(10), "{frequency} {timeout} {shortest}");
                if is { good += 1 } else { bad += 1 }
            }
        }
        assert!(good > 50 && bad > 50, "{good} {bad}");
    }
}
