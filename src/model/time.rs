//! Times as the API writes them: whole seconds from 1970 to 2106.

use core::fmt;
use core::num::NonZeroU32;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};

/// A moment in whole seconds, from 1970-01-01T00:00:01Z to 2106-02-07T06:28:15Z.
///
/// The API writes a time as `YYYY-MM-DDTHH:MM:SSZ`, so a whole second is its finest unit. A
/// `Timestamp` takes four bytes, and so does an `Option<Timestamp>`; `None` is the API's unset time,
/// which it writes as `""`. A `Timestamp` is also a [`Clock`](crate::Clock) that stands still.
///
/// # Examples
///
/// ```
/// use invodex::Timestamp;
///
/// let time: Timestamp = "2020-01-19T09:15:46Z".parse()?;
/// assert_eq!(time.as_secs(), 1_579_425_346);
/// assert_eq!(time.to_string(), "2020-01-19T09:15:46Z");
/// assert_eq!(time.saturating_add_secs(-46).to_string(), "2020-01-19T09:15:00Z");
/// assert!("2020-01-19".parse::<Timestamp>().is_err());
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NonZeroU32);

impl Timestamp {
    /// 1970-01-01T00:00:01Z.
    pub const MIN: Timestamp = Timestamp(NonZeroU32::MIN);
    /// 2106-02-07T06:28:15Z.
    pub const MAX: Timestamp = Timestamp(NonZeroU32::MAX);

    /// The moment `secs` seconds after the Unix epoch, or `None` outside the range.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Option<Self> {
        if secs < 1 || secs > u32::MAX as i64 {
            return None;
        }
        match NonZeroU32::new(secs as u32) {
            Some(secs) => Some(Timestamp(secs)),
            None => None,
        }
    }

    /// The moment `secs` seconds after the Unix epoch, clamped to the range.
    #[must_use]
    pub fn saturating_from_secs(secs: i64) -> Self {
        Self::from_secs(secs).unwrap_or(if secs < 1 { Self::MIN } else { Self::MAX })
    }

    /// Seconds since the Unix epoch, at least 1.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0.get()
    }

    /// The moment `secs` seconds later (earlier if negative), clamped to the range.
    #[must_use]
    pub fn saturating_add_secs(self, secs: i64) -> Self {
        Self::saturating_from_secs(i64::from(self.as_secs()).saturating_add(secs))
    }

    /// Parses `YYYY-MM-DDTHH:MM:SSZ`, the only form that the API writes; `None` for anything else.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
        let digit = |at: usize| {
            let value = bytes[at].wrapping_sub(b'0');
            (value < 10).then_some(u32::from(value))
        };
        let pair = |at: usize| Some(digit(at)? * 10 + digit(at + 1)?);
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
        if separators.iter().any(|&(at, byte)| bytes[at] != byte) {
            return None;
        }
        let year = pair(0)? * 100 + pair(2)?;
        let date = NaiveDate::from_ymd_opt(year as i32, pair(5)?, pair(8)?)?;
        let time = NaiveTime::from_hms_opt(pair(11)?, pair(14)?, pair(17)?)?;
        Self::from_secs(NaiveDateTime::new(date, time).and_utc().timestamp())
    }
}

impl core::str::FromStr for Timestamp {
    type Err = crate::Error;

    /// Reads the API's form, `YYYY-MM-DDTHH:MM:SSZ`. Cost: O(1).
    ///
    /// # Errors
    ///
    /// `InvalidTime`, with the form and the range that are allowed.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or_else(|| crate::Error::time(text))
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(time: Timestamp) -> Self {
        Utc.timestamp_opt(i64::from(time.as_secs()), 0).single().unwrap_or_default()
    }
}

impl TryFrom<DateTime<Utc>> for Timestamp {
    type Error = crate::Error;

    /// Truncates to whole seconds.
    ///
    /// # Errors
    ///
    /// `InvalidTime` if the time is outside the range.
    fn try_from(time: DateTime<Utc>) -> Result<Self, Self::Error> {
        Self::from_secs(time.timestamp()).ok_or_else(|| crate::Error::time(&time.to_rfc3339()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&DateTime::<Utc>::from(*self).format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
