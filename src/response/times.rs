//! Times as text, one after the other.

use crate::model::Timestamp;

/// `YYYY-MM-DDTHH:MM:SSZ`
pub(super) type TimeText = [u8; 20];

/// Writes times, of which the next mostly differs from the last in its seconds.
pub(super) struct Times {
    /// The start of the minute of `text`.
    minute: u32,
    text: TimeText,
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

impl Times {
    pub(super) fn new() -> Self {
        Times { minute: 0, text: *b"1970-01-01T00:00:00Z" }
    }

    #[inline(always)]
    pub(super) fn text(&mut self, time: Timestamp) -> TimeText {
        let second = time.as_secs().wrapping_sub(self.minute);
        if second >= 60 {
            return self.text_of_another_minute(time);
        }
        self.text[17..19].copy_from_slice(&PAIRS[second as usize]);
        self.text
    }

    #[inline(never)]
    fn text_of_another_minute(&mut self, time: Timestamp) -> TimeText {
        let secs = time.as_secs();
        let (day, minute, second) = (secs / 86_400, secs / 60 % 1_440, secs % 60);
        if day != self.minute / 86_400 {
            let (year, month, day) = date(day);
            self.text[..2].copy_from_slice(&PAIRS[(year / 100) as usize]);
            self.text[2..4].copy_from_slice(&PAIRS[(year % 100) as usize]);
            self.text[5..7].copy_from_slice(&PAIRS[month as usize]);
            self.text[8..10].copy_from_slice(&PAIRS[day as usize]);
        }
        self.text[11..13].copy_from_slice(&PAIRS[(minute / 60) as usize]);
        self.text[14..16].copy_from_slice(&PAIRS[(minute % 60) as usize]);
        self.text[17..19].copy_from_slice(&PAIRS[second as usize]);
        self.minute = secs - second;
        self.text
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
        for secs in (1..200).chain(far).chain([4_000_000_059, 1, 60, 59]) {
            let time = Timestamp::from_secs(secs).unwrap();
            assert_eq!(str::from_utf8(&times.text(time)), Ok(&*time.to_string()));
        }
    }
}
