//! The schedules of recurring tasks: the three forms of the parameter Frequency, checked whole by the
//! documentation of the service, the time of the next run, and the executions that a long time passes.
//!
//! The package knows neither runs nor stores, so that any front end can use it.
//!
//! ```
//! use invodex::Timestamp;
//! use invodex_schedule::{Schedule, Zone};
//!
//! let created: Timestamp = "2024-05-01T00:00:00Z".parse()?;
//! let daily = Schedule::parse("0 30 9 * * ? Asia/Shanghai", created, Zone::UTC)?;
//! daily.check(created, 60)?;
//! assert_eq!(daily.next_after(created), Some("2024-05-01T01:30:00Z".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cron;
mod executions;
mod text;
mod zone;

use std::ops::RangeInclusive;

use chrono::NaiveDateTime;
use croner::Cron;
use invodex::Timestamp;

pub use executions::{Executions, Start};
use text::{digits, quoted};
pub use zone::Zone;

/// Shortest and longest interval of `rate(...)`, in seconds.
const RATE: RangeInclusive<u32> = 60..=7 * DAY;
/// Shortest interval of a cron expression, in seconds.
const CRON: u32 = 10;
const DAY: u32 = 24 * 60 * 60;

/// Memory of a cron expression, roughly: it has a byte for each year.
const CRON_BYTES: usize = 6_144;

/// The schedule of a task.
#[derive(Debug)]
pub struct Schedule(Form);

#[derive(Debug)]
enum Form {
    /// Every so many seconds, at least 60, after the task was made.
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
    /// If it has none of the three forms. The text names the part, what was given and what is allowed.
    pub fn parse(frequency: &str, start: Timestamp, zone: Zone) -> Result<Self, String> {
        let frequency = frequency.trim();
        let inside = |name: &str| frequency.strip_prefix(name)?.strip_suffix(')');
        if let Some(interval) = inside("rate(") {
            let allowed = "a number and s, m, h or d, from 60 seconds to 7 days, as rate(5m)";
            let seconds = rate(interval).ok_or_else(|| none("interval", interval, allowed))?;
            return Ok(Schedule(Form::Rate { start, seconds }));
        }
        if let Some(time) = inside("at(") {
            return Ok(Schedule(Form::At(at(time)?)));
        }
        let mut fields: Vec<&str> = frequency.split_whitespace().collect();
        // A year has no letter, and each zone has some.
        let is_zone = |last: &mut &str| last.contains(|c: char| c.is_ascii_alphabetic());
        let last = if fields.len() > 6 { fields.pop_if(is_zone) } else { None };
        let zone = last.map_or(Ok(zone), str::parse)?;
        Ok(Schedule(Form::Cron(Box::new(cron::read(&fields)?), zone)))
    }

    /// The first time after `time` at which a run is due, if there is one.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        match &self.0 {
            Form::Rate { start, seconds } => {
                let passed = time.as_secs().saturating_sub(start.as_secs()) / seconds;
                let next = i64::from(*seconds) * (i64::from(passed) + 1);
                Timestamp::from_secs(i64::from(start.as_secs()) + next)
            }
            Form::At(at) => (*at > time).then_some(*at),
            Form::Cron(cron, zone) => {
                let next = cron.find_next_occurrence(&zone.local(time)?, false).ok()?;
                Timestamp::from_secs(next.timestamp() - zone.offset)
            }
        }
    }

    /// Checks that a run is due after `now`, and that the interval between two runs allows
    /// `timeout` seconds for each.
    ///
    /// # Errors
    ///
    /// If not, with the reason and what is allowed.
    pub fn check(&self, now: Timestamp, timeout: u32) -> Result<(), String> {
        if self.next_after(now).is_none() {
            return Err("no run is due after the present time; allowed is a time to come".into());
        }
        match &self.0 {
            Form::Rate { seconds, .. } if *seconds <= timeout => Err(format!(
                "the interval of {seconds} s is not longer than the Timeout of {timeout} s"
            )),
            Form::Cron(cron, _) => match cron::shorter_interval(cron, now, timeout.max(CRON)) {
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

    /// Memory beside the value itself in bytes, roughly.
    pub fn bytes(&self) -> usize {
        if matches!(self.0, Form::Cron(..)) { CRON_BYTES } else { 0 }
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
