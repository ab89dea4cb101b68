//! What the fuzz targets hold: each a function of bytes, which panics when something does not
//! hold. `tests/crashes.rs` replays what was found with them, and the seeds.
//!
//! - `operations`, `pairs`, `query_string`, `token`, `archive`, `capture`: the targets
//! - `twin`: a store and the naive model side by side
//! - `fixture`: the fixed records that requests are made to
//! - `requests`: bytes to wire pairs
//! - `records`, `documents`, `json`: bytes to records, archives and captured responses

mod archive;
mod capture;
mod documents;
mod fixture;
mod json;
mod operations;
mod pairs;
mod query_string;
mod records;
mod requests;
mod token;
mod twin;

/// Panics when something does not hold.
type Check = fn(&[u8]);

/// Each target by name.
pub(crate) const TARGETS: [(&str, Check); 6] = [
    ("operations", operations::check),
    ("pairs", pairs::check),
    ("query_string", query_string::check),
    ("token", token::check),
    ("archive", archive::check),
    ("capture", capture::check),
];
