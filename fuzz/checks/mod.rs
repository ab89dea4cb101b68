//! The fuzz targets: functions of bytes that panic if a property does not hold. `tests/crashes.rs`
//! replays the inputs that they found, and the seeds.
//!
//! - `operations`, `pairs`, `query_string`, `token`, `archive`, `capture`: the targets
//! - `fixture`: a store and the naive model with fixed records, for requests
//! - `requests`: wire pairs from bytes
//! - `documents`, `json`: archives and captured responses from bytes

mod archive;
mod capture;
mod documents;
mod fixture;
mod json;
mod operations;
mod pairs;
mod query_string;
mod requests;
mod token;

/// A target: panics if a property does not hold.
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
