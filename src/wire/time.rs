//! Times as text.

use chrono::{DateTime, Datelike, Utc};

use crate::model::Timestamp;

/// `YYYY-MM-DDTHH:MM:SSZ`
pub(super) type TimeText = [u8; 20];

/// Writes times. Keeps the dates of the last two days that it wrote: a page around midnight, or of
/// tasks that repeat, goes to and fro between two.
pub(super) struct Times {
    last: Day,
    before: Day,
}

#[derive(Clone, Copy)]
struct Day {
    /// Days since 1970-01-01.
    number: u32,
    /// Some time of the day.
    text: TimeText,
}

const DAY_SECONDS: u32 = 86_400;

/// `00` to `99`, as two bytes in a number whose first byte is the lowest. There are 128 entries, so
/// that a mask proves an index to be in range.
const PAIRS: [u16; 128] = {
    let mut pairs = [0; 128];
    let mut value = 0;
    while value < 100 {
        pairs[value] = u16::from_le_bytes([b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
        value += 1;
    }
    pairs
};

/// `HH:MM` of each minute of a day, as five bytes in a number whose first byte is the lowest. A quarter
/// of the instructions of a body write times, and the table saves a division and a look-up for each.
const MINUTES: [u64; 24 * 60] = {
    let mut minutes = [0; 24 * 60];
    let mut minute = 0;
    while minute < minutes.len() {
        let (hour, rest) = (PAIRS[minute / 60] as u64, PAIRS[minute % 60] as u64);
        minutes[minute] = hour | (b':' as u64) << 16 | rest << 24;
        minute += 1;
    }
    minutes
};

/// The two digits of `value`, which is below 100.
#[inline(always)]
fn pair(value: u32) -> u16 {
    PAIRS[(value & 127) as usize]
}

impl Times {
    pub(super) fn new() -> Self {
        let first = Day { number: 0, text: *b"1970-01-01T00:00:00Z" };
        Times { last: first, before: first }
    }

    /// Writes `time` to `out`. Cost: O(1).
    #[inline(always)]
    pub(super) fn write(&mut self, time: Timestamp, out: &mut TimeText) {
        let day = time.as_secs() / DAY_SECONDS;
        let second = time.as_secs() - day * DAY_SECONDS;
        if day != self.last.number {
            self.change_day(day, time);
        }
        let minute = second / 60;
        let seconds = u64::from(pair(second - minute * 60));
        // `HH:MM:SS`, of which the first byte is the lowest.
        let clock = MINUTES[minute as usize] | u64::from(b':') << 40 | seconds << 48;
        *out = self.last.text;
        out[11..19].copy_from_slice(&clock.to_le_bytes());
    }

    #[inline(never)]
    fn change_day(&mut self, day: u32, time: Timestamp) {
        std::mem::swap(&mut self.last, &mut self.before);
        if day == self.last.number {
            return;
        }
        let date = DateTime::<Utc>::from(time);
        let year = date.year() as u32;
        let Day { number, text } = &mut self.last;
        *number = day;
        text[..2].copy_from_slice(&pair(year / 100).to_le_bytes());
        text[2..4].copy_from_slice(&pair(year % 100).to_le_bytes());
        text[5..7].copy_from_slice(&pair(date.month()).to_le_bytes());
        text[8..10].copy_from_slice(&pair(date.day()).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_times_as_their_type_does() {
        let mut times = Times::new();
        let far = [86_399, 86_400, 951_782_399, 951_782_400, 951_696_000, 61, 4_000_000_000];
        let days = (0..=i64::from(u32::MAX / DAY_SECONDS)).map(|day| day * 86_400 + 3_599);
        for secs in (1..86_400 + 200).chain(far).chain(days).chain([i64::from(u32::MAX), 1, 60]) {
            let time = Timestamp::from_secs(secs).unwrap();
            let mut text = TimeText::default();
            times.write(time, &mut text);
            assert_eq!(str::from_utf8(&text), Ok(&*time.to_string()));
        }
    }
}
