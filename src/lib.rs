//! `invodex` (invocation index): an in-memory columnar store of command-execution records that
//! answers the cloud API's `DescribeInvocations` and `DescribeInvocationResults` (ECS,
//! 2014-05-26), with every documented filter, both ways of paging and every documented error.
//!
//! Front ends embed it: emulators of the API, test doubles, consoles, bindings. A store holds up to
//! 100,000 records by default. It finds a page in at most a few microseconds, and writes the JSON
//! body in 5 to 30 of them.
//!
//! ```
//! use invodex::{DescribeInvocations, InstanceRun, Invocation, RunUpdate, Store};
//!
//! let mut store = Store::default();
//!
//! let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
//! invocation.command_name = "disk-report".into();
//! invocation.command_content = b"df -h".to_vec();
//! invocation.instances.push(InstanceRun::new("i-0001"));
//! assert!(store.accept(&invocation)?.retained);
//! store.update_run("t-0001", "i-0001", &RunUpdate::started())?;
//! store.update_run("t-0001", "i-0001", &RunUpdate::finished(0).output(*b"ok"))?;
//!
//! // The decoded parameters of a client. An error has the API's code, HTTP status and message.
//! let request = DescribeInvocations::from_pairs([
//!     ("RegionId", "cn-hangzhou"),
//!     ("InvokeStatus", "Success"),
//!     ("MaxResults", "50"),
//! ]);
//! let page = store.describe_invocations(&request)?;
//! let mut body = Vec::new();
//! page.write_json("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", &mut body);
//! # Ok::<(), invodex::Error>(())
//! ```
//!
//! # Where to look
//!
//! | to | use |
//! |---|---|
//! | hold records and answer queries | [`Store`], [`Config`] |
//! | do so from several threads | [`SharedStore`] |
//! | make a request | [`DescribeInvocations`], [`DescribeInvocationResults`], [`decode_query`], [`encode_query`] |
//! | read or write the answer | [`DescribeInvocationsResponse`], [`DescribeInvocationResultsResponse`] |
//! | get a page as plain data | [`InvocationsPage`], [`InvocationResultsPage`] |
//! | read all pages at once | [`Store::walk_invocations`], [`Store::walk_invocation_results`] |
//! | count the records of each status | [`Store::totals_by_status`] |
//! | derive an overall status | [`OverallStatus::of_runs`], [`LegacyInvokeStatus::of_runs`] |
//! | add records | [`Invocation`], [`InstanceRun`], [`Store::accept`], [`Store::import`] |
//! | check a record, or a region and tags, without adding anything | [`Invocation::check`], [`Store::check`], [`DescribeInvocations::check`] |
//! | update a run | [`RunUpdate`], [`Store::update_run`], [`Store::stop`] |
//! | combine queries as sets | [`Store::matching`], [`Store::select`] |
//! | receive events | [`Store::subscribe`], [`TaskEvent`], [`EventData`] |
//! | save a store, or copy it | [`Store::save`], [`Store::restore`], [`Store::fork`] |
//! | answer an error | [`Error`] with the table of all codes, [`Error::write_json`], [`Recommend`] |
//!
//! The [cookbook] has recipes: the failures of the last hour, waiting for the end of a task, walks,
//! totals, async servers, fixed clocks, a copy for each test, captures, archives, tenants.
//!
//! # Embedding
//!
//! The core of an HTTP front end, for any HTTP stack: it takes the query string and returns status
//! and body. The front end adds the transport, a RequestId, and the operations that create records.
//!
//! ```
//! use invodex::{
//!     DescribeInvocationResults, DescribeInvocations, Error, Recommend, SharedStore, decode_query,
//! };
//!
//! fn answer(store: &SharedStore, query: &str, request_id: &str) -> (u16, Vec<u8>) {
//!     let mut body = Vec::new();
//!     match describe(store, query, request_id, &mut body) {
//!         Ok(()) => (200, body),
//!         Err(error) => {
//!             error.write_json(request_id, "ecs.example.com", Recommend::Link, &mut body);
//!             (error.status(), body)
//!         }
//!     }
//! }
//!
//! fn describe(
//!     store: &SharedStore,
//!     query: &str,
//!     request_id: &str,
//!     body: &mut Vec<u8>,
//! ) -> Result<(), Error> {
//!     let pairs = decode_query(query)?;
//!     let action = pairs.iter().rev().find(|(name, _)| name == "Action").map(|(_, value)| &**value);
//!     match action {
//!         Some("DescribeInvocations") => {
//!             let request = DescribeInvocations::from_pairs(pairs);
//!             store.describe_invocations(&request, request_id, body)
//!         }
//!         Some("DescribeInvocationResults") => {
//!             let request = DescribeInvocationResults::from_pairs(pairs);
//!             store.describe_invocation_results(&request, request_id, body)
//!         }
//!         _ => Err(Error::service(404, "InvalidAction.NotFound", "No such operation.")),
//!     }
//! }
//!
//! let store = SharedStore::default();
//! let query = "Action=DescribeInvocations&RegionId=cn-hangzhou&MaxResults=10";
//! assert_eq!(answer(&store, query, "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E").0, 200);
//! assert_eq!(answer(&store, "Action=DescribeInvocations", "473469C7").0, 400);
//! ```
//!
//! - **Async**: a query takes microseconds, so call [`SharedStore`] from the task itself. The
//!   [cookbook](cookbook#serve-from-an-async-server) has an example, and one for events.
//! - **Many tenants**: use one store for each. An empty store takes about 2.2 KB and is made in
//!   less than a microsecond. Give each its own [`Config::id`], so that a store refuses the tokens
//!   of the others: the [cookbook](cookbook#many-tenants) has an example.
//! - **Other languages**: pass bytes. [`decode_query`] takes the query string as it came, and
//!   answers and errors are written as bytes.
//!   [`into_owned`](DescribeInvocationsResponse::into_owned) converts a page to plain data,
//!   [`InvocationView::to_invocation`] a row.
//!
//! The package `examples/emulator` is a complete front end, which the official SDKs talk to. The
//! package `tests/testkit` has realistic records, a reference and a conformance suite, to test and
//! benchmark a front end of your own.
//!
//! # Features
//!
//! - `json` (default): [`Store::import`], which needs serde_json. Everything else works without it
//!   (`default-features = false`); answers and errors are written without serde_json.
//!
//! # Policies and decisions
//!
//! The API's documentation is silent on some questions and contradicts itself on others. One rule
//! was chosen for each of them, and a test holds it. The page [rules] lists every rule of the library
//! with its source and its tests; those of the kind *decision* are the ones that were chosen. The
//! documentation of the item that follows a rule states it, too.
//!
//! Policies can be chosen anew: [`OmittedTimed`], [`Recommend`], the retention
//! ([`Config::newest_retention`]), the lengths of histories ([`Config::history_limit`]) and the limit
//! of all outputs together ([`Config::output_budget`]).
//!
//! # What it does not do
//!
//! - HTTP, signatures, users and permissions, which are the front end's part. [`Error`] has a
//!   constructor for each error that it raises, such as [`Error::forbidden`].
//! - Running commands, and the API's other operations. A store holds what a front end reports.
//! - XML answers.
//! - A log of writes. Writes since the last [`Store::save`] are lost with the process.
//! - Times outside 1970 to 2106, or finer than a second. The API writes none.

mod archive;
mod config;
#[cfg(any(doc, doctest))]
pub mod cookbook;
mod error;
#[cfg(feature = "json")]
mod import;
mod index;
mod limits;
mod model;
mod query;
mod request;
mod response;
#[cfg(any(doc, doctest))]
pub mod rules;
mod shared;
mod store;
mod table;
mod wire;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use config::SystemClock;
#[doc(hidden)]
pub use config::Tuning;
pub use config::{Clock, Config, ManualClock, OmittedTimed, Regions};
pub use error::{Error, ErrorKind, Recommend};
#[cfg(feature = "json")]
pub use import::{
    CaptureEncoding, Difference, DifferenceGroup, DifferenceKind, ImportOptions, ImportReport,
    ImportedFile, NotRetained, Place, Refusal,
};
pub use model::{
    CommandType, InstanceInvokeStatus, InstanceRun, Invocation, InvocationResult, InvocationStatus,
    InvokeStatus, LegacyInvokeStatus, OutputUpdate, OverallStatus, RepeatMode, RunUpdate, Tag,
    Timestamp,
};
pub use query::NextToken;
pub use request::{
    ContentEncoding, DescribeInvocationResults, DescribeInvocations, decode_query, encode_query,
};
pub use response::{
    DescribeInvocationResultsResponse, DescribeInvocationsResponse, InvocationResultView,
    InvocationResultsPage, InvocationView, InvocationsPage, RunView, TagView,
};
/// The type that [`Store::matching`] returns, so that callers need not depend on `roaring`.
#[doc(no_inline)]
pub use roaring::RoaringTreemap;
pub use shared::SharedStore;
pub use store::{Accepted, EventData, Restored, Statistics, Store, Subscription, TaskEvent};

// A unit test, because it takes `#[non_exhaustive]` structs apart without `..`.
#[cfg(test)]
#[path = "../tests/every_field/mod.rs"]
mod every_field;

/// Accepting without looking at the answer is a warning. The second example differs only in that it
/// looks, so the first fails for no other reason.
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// invodex::Store::default().accept(&invodex::Invocation::new("r", "t", "c")).unwrap();
/// ```
///
/// ```no_run
/// #![deny(unused_must_use)]
/// let _ = invodex::Store::default().accept(&invodex::Invocation::new("r", "t", "c")).unwrap();
/// ```
#[cfg(doctest)]
struct AcceptedIsLookedAt;

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
