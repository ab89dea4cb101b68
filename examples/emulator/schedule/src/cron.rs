//! Cron expressions: each field is checked by the rules of the service, and croner, which allows more,
//! gets it as a list of plain values.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveTime};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use invodex::Timestamp;

use crate::text::{digits, quoted};
use crate::zone::Zone;

/// Seconds of a day.
const DAY: u32 = 24 * 60 * 60;
/// First and last year.
const YEARS: (u32, u32) = (1970, 2099);
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

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

/// Reads the fields of a cron expression.
pub(crate) fn read(fields: &[&str]) -> Result<Cron, String> {
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

/// An interval of `cron` that is shorter than `allowed` seconds, of at most a day. Measured on the
/// clock of the zone, as if none were ever changed.
pub(crate) fn shorter_interval(cron: &Cron, now: Timestamp, allowed: u32) -> Option<u32> {
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
