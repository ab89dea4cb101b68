//! The ids, names and tags of all cases. There are few, so that values coincide often.

/// The initial time of every case, in seconds.
pub(crate) const START: u32 = 1_700_000_000;

/// Ids that records and requests share; a case accepts most of them more than once.
pub(crate) const INVOKE_IDS: u8 = 64;

/// In a store with a list of regions, the third lacks the API and the fourth is not on the list.
pub(crate) const REGIONS: [&str; 4] = ["cn-a", "cn-b", "cn-c", "cn-x"];
pub(crate) const GROUPS: [&str; 3] = ["", "rg-1", "rg-2"];
pub(crate) const COMMAND_IDS: [&str; 4] = ["c-1", "c-2", "c-3", "c-4"];
pub(crate) const COMMAND_NAMES: [&str; 4] = ["deploy", "Deploy", "部署", ""];
pub(crate) const INSTANCE_IDS: [&str; 8] = ["i-1", "i-2", "i-3", "i-4", "i-5", "i-6", "i-7", "i-8"];
pub(crate) const TAG_KEYS: [&str; 5] = ["k1", "k2", "K1", "env", "版本"];
pub(crate) const TAG_VALUES: [&str; 3] = ["", "v1", "v2"];

/// The id with this number, of [`INVOKE_IDS`].
pub(crate) fn invoke_id(number: u8) -> String {
    format!("t-{:02}", number % INVOKE_IDS)
}

/// The element that `number` picks.
pub(crate) fn pick<T>(pool: &[T], number: impl Into<usize>) -> &T {
    &pool[number.into() % pool.len()]
}

/// The time that is `offset` seconds from `base`.
pub(crate) fn at(base: invodex::Timestamp, offset: impl Into<i64>) -> invodex::Timestamp {
    invodex::Timestamp::saturating_from_secs(i64::from(base.as_secs()) + offset.into())
}
