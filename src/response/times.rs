//! Times as text, one after the other.

use crate::model::Timestamp;

/// `YYYY-MM-DDTHH:MM:SSZ`
pub(super) type TimeText = [u8; 20];

/// Writes times, of which the next is mostly of the same day as the last, or else of the one before.
pub(super) struct Times {
    last: Day,
    before: Day,
}

#[derive(Clone, Copy)]
struct Day {
    /// In seconds.
    start: u32,
    /// Some time of it.
    text: TimeText,
}

/// A time that is ready to be written, once or more.
pub(super) struct ReadyTime {
    /// Some time of its day.
    day: TimeText,
    clock: [u8; 8],
}

impl ReadyTime {
    /// Only stores: to read a text right after parts of it were stored would wait for the stores.
    #[inline(always)]
    pub(super) fn write(&self, out: &mut TimeText) {
        *out = self.day;
        out[11..19].copy_from_slice(&self.clock);
    }
}

impl Day {
    fn has(&self, time: Timestamp) -> bool {
        time.as_secs() >= self.start && time.as_secs() - self.start < DAY
    }
}

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

/// `00:00:` to `23:59:`, with room for the seconds in the last two bytes.
static MINUTES: [u64; 1_440] = {
    let mut minutes = [0; 1_440];
    let mut at = 0;
    while at < minutes.len() {
        let ([h, i], [m, n]) = (PAIRS[at / 60], PAIRS[at % 60]);
        minutes[at] = u64::from_le_bytes([h, i, b':', m, n, b':', 0, 0]);
        at += 1;
    }
    minutes
};

const DAY: u32 = 86_400;

impl Times {
    pub(super) fn new() -> Self {
        let first = Day { start: 0, text: *b"1970-01-01T00:00:00Z" };
        Times { last: first, before: first }
    }

    #[inline(always)]
    pub(super) fn write(&mut self, time: Timestamp, out: &mut TimeText) {
        self.ready(time).write(out);
    }

    #[inline(always)]
    pub(super) fn ready(&mut self, time: Timestamp) -> ReadyTime {
        if !self.last.has(time) {
            self.change_day(time);
        }
        let second = time.as_secs() - self.last.start;
        // No branch by hour or minute: where the next time falls is anybody's guess.
        let minute = MINUTES[(second / 60) as usize];
        let pair = u16::from_le_bytes(PAIRS[(second % 60) as usize]);
        ReadyTime { day: self.last.text, clock: (minute | u64::from(pair) << 48).to_le_bytes() }
    }

    #[inline(never)]
    fn change_day(&mut self, time: Timestamp) {
        std::mem::swap(&mut self.last, &mut self.before);
        if self.last.has(time) {
            return;
        }
        let days = time.as_secs() / DAY;
        let (year, month, day) = date(days);
        let Day { start, text } = &mut self.last;
        text[..2].copy_from_slice(&PAIRS[(year / 100) as usize]);
        text[2..4].copy_from_slice(&PAIRS[(year % 100) as usize]);
        text[5..7].copy_from_slice(&PAIRS[month as usize]);
        text[8..10].copy_from_slice(&PAIRS[day as usize]);
        *start = days * DAY;
    }
}

/// Year, month and day of the day `days` after 1970-01-01, by counting from March of the year 0
/// in eras of 400 years: with the leap day last, all months but it have a fixed place.
fn date(days: u32) -> (u32, u32, u32) {
    const DAYS_TO_1970: u32 = 719_468;
    let days = days + DAYS_TO_1970;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (400 * era + year_of_era + u32::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let first = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for days in 0..=u32::MAX / 86_400 {
            use chrono::Datelike;
            let expected = first + chrono::Days::new(u64::from(days));
            let expected = (expected.year() as u32, expected.month(), expected.day());
            assert_eq!(date(days), expected);
        }
    }

    #[test]
    fn writes_times_as_their_type_does() {
        let mut times = Times::new();
        let far = [86_399, 86_400, 951_782_399, 951_782_400, 951_696_000, 61, 4_000_000_000];
        for secs in
            (1..86_400 + 200).chain(far).chain([4_000_000_059, i64::from(u32::MAX), 1, 60, 59])
        {
            let time = Timestamp::from_secs(secs).unwrap();
            let mut text = TimeText::default();
            times.write(time, &mut text);
            assert_eq!(str::from_utf8(&text), Ok(&*time.to_string()));
        }
    }
}
