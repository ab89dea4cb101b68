//! Every maximum of records and requests, once. Imports nothing.

/// The most rows of a page.
pub(crate) const PAGE_ROWS: u32 = 50;
/// The rows of a page if the request sets neither MaxResults nor PageSize.
pub(crate) const DEFAULT_PAGE_ROWS: u32 = 10;
/// The highest PageNumber.
pub(crate) const PAGE_NUMBER: u32 = i32::MAX as u32;
/// The most rows that all pages of a query with tags have together.
pub(crate) const TAGGED_ROWS: u32 = 1_000;

/// The highest number of a history record. A token uses the next number for the run itself.
pub(crate) const HISTORY_NUMBER: u32 = u32::MAX - 1;

/// The most tags of a record or a request.
pub(crate) const TAGS: usize = 20;
/// The most characters of a tag's key.
pub(crate) const TAG_KEY_CHARS: usize = 64;
/// The most characters of a tag's value.
pub(crate) const TAG_VALUE_CHARS: usize = 128;

/// The most invocations of a store. Runs are numbered in 32 bits: 20,000,000 records of 100 runs,
/// and as many places of removed runs, stay below 2^32.
pub(crate) const CAPACITY: usize = 20_000_000;
/// The most runs of an invocation.
pub(crate) const RUNS: usize = 100;
/// The most runs that a stop names.
pub(crate) const STOPPED_RUNS: usize = 50;
/// The most bytes of an id.
pub(crate) const ID_BYTES: usize = 128;
/// The most bytes of CommandContent before encoding.
pub(crate) const CONTENT_BYTES: usize = 24_576;
/// The most bytes of Output that are kept.
pub(crate) const OUTPUT_BYTES: usize = 24_576;
/// The first bytes of Output that stay when a one-time task reports it in pieces. They count among
/// `OUTPUT_BYTES`.
pub(crate) const OUTPUT_HEAD_BYTES: usize = 6_000;
/// The longest Timeout in seconds.
pub(crate) const TIMEOUT_SECONDS: u32 = 86_400;
pub(crate) const COMMAND_NAME_CHARS: usize = 128;
pub(crate) const COMMAND_DESCRIPTION_CHARS: usize = 512;
pub(crate) const WORKING_DIR_CHARS: usize = 200;
pub(crate) const USERNAME_CHARS: usize = 255;
pub(crate) const LAUNCHER_BYTES: usize = 1_024;
/// The most bytes of a string that has no limit of its own.
pub(crate) const TEXT_BYTES: usize = 4_096;

/// Whether `text` has at most `most` characters. Cost: O(`most`), however long `text` is.
pub(crate) fn at_most_chars(text: &str, most: usize) -> bool {
    text.len() <= most || text.chars().nth(most).is_none()
}
