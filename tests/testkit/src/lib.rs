//! Everything that a test or a benchmark of a front end needs beside the library: data, generators,
//! a reference, and cases.
//!
//! - [`dataset`]: realistic records by a seed, and named requests on them
//! - [`model`]: the naive reference
//! - [`cases`]: the documented cases as data, and their runner
//! - [`strategy`]: random records, updates, requests and operations
//! - [`machine`]: runs such operations on a store and on the model
//! - [`suite`]: asks a front end everything that the rules promise
//! - [`filters`]: the parameters of both queries, and their kinds
//! - [`rules`]: the ledger of rules
//! - [`subject`]: what is tested, and what it can be asked
//! - `http` (feature `command`): an endpoint as a subject
//! - [`engine`], [`mod@reference`]: the library and the model as subjects
//!
//! Two guides of one page each, with code that runs as it stands: `guides/conformance.md` tests a front
//! end against the reference, `guides/benchmark.md` benchmarks one on 100,000 records.

pub mod cases;
pub mod dataset;
pub mod engine;
pub mod filters;
#[cfg(feature = "command")]
pub mod http;
pub mod machine;
pub mod model;
pub mod reference;
pub mod rules;
pub mod strategy;
pub mod subject;
pub mod suite;
