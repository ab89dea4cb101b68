//! Time zones: a named one, or UTC with a fixed offset.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use invodex::Timestamp;

use crate::text::{digits, quoted};

/// A time zone: a named one, or UTC with a fixed offset. Read from a full name such as
/// `Asia/Shanghai`, an offset such as `GMT+8:00`, or `UTC`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zone {
    pub(crate) name: Tz,
    /// In seconds, positive in the east.
    pub(crate) offset: i64,
}

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Zone { name: Tz::UTC, offset: 0 };

    /// The wall clock at `time`. Its time in UTC is too late by the offset.
    pub(crate) fn local(self, time: Timestamp) -> Option<DateTime<Tz>> {
        let shifted = i64::from(time.as_secs()) + self.offset;
        Some(DateTime::from_timestamp(shifted, 0)?.with_timezone(&self.name))
    }

    /// The first time at which the wall clock shows `local`, in seconds since 1970.
    pub(crate) fn secs(self, local: NaiveDateTime) -> Option<i64> {
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

    /// Reads a full name, an offset from GMT without a leading zero in the hour, or UTC. GMT, which the
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
