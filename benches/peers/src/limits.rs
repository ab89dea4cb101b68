//! The limits of the library's speed and memory at 100,000 records. `--check` holds a run to them.
//!
//! The emulator's limit, 1.5 times the processor time of a handler that answers constant bytes, is
//! checked by its own bench: `cargo bench -p invodex-emulator --bench loopback -- --check`.

/// The end of the range that a figure must not leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    AtMost,
    AtLeast,
}

/// A limit for one figure, or for each figure of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub what: &'static str,
    pub side: Side,
    pub figure: f64,
    pub unit: &'static str,
}

const fn at_most(what: &'static str, figure: f64, unit: &'static str) -> Limit {
    Limit { what, side: Side::AtMost, figure, unit }
}

const fn at_least(what: &'static str, figure: f64, unit: &'static str) -> Limit {
    Limit { what, side: Side::AtLeast, figure, unit }
}

pub const FIND: Limit = at_most("find, each class (adversarial ones included)", 1.5, "Y");
pub const FIND_SQLITE: Limit =
    at_least("find against SQLite, ids only, each request", 5.0, "x as fast");
pub const FIND_SQLITE_MEAN: Limit =
    at_least("find against SQLite, ids only, geometric mean", 35.0, "x as fast");
pub const FIND_ROARING_MEAN: Limit =
    at_most("find against roaring, geometric mean of two filters and more", 0.2, "x its time");
pub const COLD_ANSWER: Limit = at_most(
    "whole answer with cold caches (64 MB of other memory touched before each), median of full pages",
    22.0,
    "x warm",
);
pub const TOTAL: Limit = at_most("exact total with first page", 2.0, "Y");
pub const DEEP_OFFSET: Limit = at_most("deep offset", 2.0, "Y");
pub const BODY_MEMCPY: Limit =
    at_most("JSON body of 50 rows (Base64) against memcpy", 8.0, "x its time");
pub const BODY_SERDE_JSON: Limit =
    at_most("JSON body of 50 rows (Base64) against serde_json", 0.12, "x its time");
pub const ANSWER_SQLITE: Limit =
    at_least("whole answer against SQLite, each request", 10.0, "x as fast");
pub const ANSWER_MOCK_SERVER: Limit =
    at_least("whole answer against a mock server, each request", 100.0, "x as fast");
pub const ACCEPT: Limit = at_most("accept", 4.0, "Y");
pub const EVICT: Limit =
    at_most("evict (accept into a full store less accept into one that is not)", 1.0, "Y");
pub const STATUS_CHANGE: Limit = at_most("status change", 1.0, "Y");
pub const LATE_RECORD: Limit =
    at_most("single late record into the middle of a full store", 800.0, "Y");
pub const MEMORY_SHARED: Limit = at_most("memory of a record, 3 runs, shared content", 285.0, "B");
pub const MEMORY_UNIQUE: Limit =
    at_most("memory of a record, 3 runs, unique content of 500 bytes", 960.0, "B");
pub const GROWTH_EARLY: Limit =
    at_most("growth from 100,000 to 1,000,000, classes that stop early", 3.0, "x");
pub const GROWTH_OTHERS: Limit =
    at_most("growth from 100,000 to 1,000,000, other classes", 12.0, "x");
pub const READ_P99: Limit = at_most("reader p99 beside 50,000 writes/s", 3.0, "x alone");
pub const WRITE_P99: Limit = at_most("write p99 at 50,000 writes/s beside a reader", 60.0, "Y");
pub const IMPORT: Limit =
    at_most("import of captures against serde_json into structs", 3.0, "x its time");
pub const RESTORE: Limit =
    at_most("restore of an archive against serde_json parsing the same records", 0.5, "x its time");
pub const STEADY_MEMORY: Limit =
    at_most("memory over steady accepts and evictions, second half", 1.01, "x the first");
pub const EMPTY_STORE: Limit = at_most("empty store", 4_096.0, "B");
