//! The ids, names and tags of all cases. There are few, so that values coincide often.

/// The usual initial time of a case, in seconds.
pub const START: u32 = 1_700_000_000;

/// Calendar years of the range of times, 1970 to 2106, the first and the last in part.
pub const YEARS: u8 = 137;

/// Control characters, which JSON escapes.
pub const CONTROLS: u8 = 0x20;

/// Ids that records and requests share; a case accepts most of them more than once.
pub const INVOKE_IDS: u8 = 64;

/// In a store with a list of regions, the third lacks the API and the fourth is not on the list.
pub const REGIONS: [&str; 4] = ["cn-a", "cn-b", "cn-c", "cn-x"];
/// ResourceGroupIds.
pub const GROUPS: [&str; 3] = ["", "rg-1", "rg-2"];
/// CommandIds.
pub const COMMAND_IDS: [&str; 4] = ["c-1", "c-2", "c-3", "c-4"];
/// CommandNames, two of which differ only in case.
pub const COMMAND_NAMES: [&str; 4] = ["deploy", "Deploy", "部署", ""];
/// InstanceIds.
pub const INSTANCE_IDS: [&str; 8] = ["i-1", "i-2", "i-3", "i-4", "i-5", "i-6", "i-7", "i-8"];
/// Keys of tags, two of which differ only in case.
pub const TAG_KEYS: [&str; 5] = ["k1", "k2", "K1", "env", "版本"];
/// Values of tags.
pub const TAG_VALUES: [&str; 3] = ["", "v1", "v2"];

/// The id with this number, of [`INVOKE_IDS`].
pub fn invoke_id(number: u8) -> String {
    format!("t-{:02}", number % INVOKE_IDS)
}

/// A time in the calendar year 1970 + `year`: its middle, or early in 2106.
pub fn in_year(year: u8) -> u32 {
    // A year has 365.2425 days. The last year of the range ends on 7 February.
    let begin = u64::from(year) * 31_556_952;
    let further = if year == YEARS - 1 { 20 } else { 180 };
    (begin + further * 86_400) as u32
}

/// The element that `number` picks.
pub fn pick<T>(pool: &[T], number: impl Into<usize>) -> &T {
    &pool[number.into() % pool.len()]
}

/// The time that is `offset` seconds from `base`.
pub fn at(base: invodex::Timestamp, offset: impl Into<i64>) -> invodex::Timestamp {
    invodex::Timestamp::saturating_from_secs(i64::from(base.as_secs()) + offset.into())
}
