//! `invodex` (invocation index): an in-memory columnar store of command-execution records that
//! answers the cloud API's `DescribeInvocations` and `DescribeInvocationResults` (ECS,
//! 2014-05-26), with every documented filter, both ways of paging and every documented error.
//!
//! It is the core that front ends embed: emulators of the API, test doubles, consoles, bindings. By
//! default it holds up to 100,000 records. A page by token is found in under a microsecond mostly,
//! one by number, with its total, in about two; to write it takes some seven times as long as to
//! copy its bytes, or up to some 30 where content is shown as text or is each record's own.
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
//! store.accept(&invocation)?;
//! store.update_run("t-0001", "i-0001", &RunUpdate::started())?;
//! store.update_run("t-0001", "i-0001", &RunUpdate::finished(0).output(*b"ok"))?;
//!
//! // What a client sent, decoded; an error carries the API's code, status and message.
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
//! | hold records, answer queries | [`Store`], [`Config`] |
//! | do so from several threads | [`SharedStore`] |
//! | say what is asked | [`DescribeInvocations`], [`DescribeInvocationResults`], [`decode_query`] |
//! | read or write the answer | [`DescribeInvocationsResponse`], [`DescribeInvocationResultsResponse`] |
//! | keep a page as plain data | [`InvocationsPage`], [`InvocationResultsPage`] |
//! | put records in | [`Invocation`], [`InstanceRun`], [`Store::accept`], [`Store::import`] |
//! | move a run on | [`RunUpdate`], [`Store::update_run`], [`Store::stop`] |
//! | combine queries as sets | [`Store::matching`], [`Store::select`] |
//! | be told of changes | [`Store::subscribe`], [`TaskEvent`] |
//! | keep a store | [`Store::save`], [`Store::restore`] |
//! | answer an error | [`Error`], [`Error::write_json`] |
//!
//! The [cookbook] has recipes: the failures of the last hour, waiting until something is done,
//! walking, totals, async servers, fixed clocks, captures, archives.
//!
//! # Embedding
//!
//! The core of an HTTP front end, whatever the HTTP stack: parameters in, status and body out. The
//! front end adds the transport, a RequestId, and the operations that make records.
//!
//! ```
//! use invodex::{DescribeInvocationResults, DescribeInvocations, Error, SharedStore, decode_query};
//!
//! fn answer(store: &SharedStore, query: &str, request_id: &str) -> (u16, Vec<u8>) {
//!     let mut body = Vec::new();
//!     match describe(store, query, request_id, &mut body) {
//!         Ok(()) => (200, body),
//!         Err(error) => {
//!             error.write_json(request_id, "ecs.example.com", &mut body);
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
//! - **Async**: a query takes microseconds, so call [`SharedStore`] from the task itself; see the
//!   [cookbook](cookbook#serve-from-an-async-server) for that and for events.
//! - **Many tenants**: one store for each. An empty one takes less than 2 KB and well under a
//!   microsecond to make. Give each its own [`Config::id`], so that one's tokens are refused by the
//!   other.
//! - **Not Rust**: pass bytes. [`decode_query`] takes the query string as it came; answers and errors
//!   are written as bytes. [`into_owned`](DescribeInvocationsResponse::into_owned) makes plain data
//!   of a page, [`InvocationView::to_invocation`] of a row.
//!
//! The package `examples/emulator` is a whole one, which the official SDKs talk to.
//!
//! # Features
//!
//! - `json` (default): [`Store::import`], and with it serde_json. Without it (`default-features =
//!   false`) all else is there; answers and errors are written without serde_json.
//!
//! # What it does not do
//!
//! - HTTP, signatures, users and permissions: a front end's part. [`Error::forbidden`],
//!   [`Error::internal`] and [`Error::service`] are there for it to raise.
//! - Running commands, or the API's other operations: it holds what a front end reports.
//! - XML answers.
//! - Persistence beyond [`Store::save`]: there is no log; what was written since is lost with the
//!   process.
//! - Times outside 1970 to 2106, or finer than a second: the API writes none.

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
mod shared;
mod store;
mod table;
mod wire;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use config::SystemClock;
#[doc(hidden)]
pub use config::Tuning;
pub use config::{Clock, Config, ManualClock, OmittedTimed, Regions};
pub use error::{Error, ErrorKind};
#[cfg(feature = "json")]
pub use import::{
    CaptureEncoding, Difference, DifferenceKind, ImportOptions, ImportReport, NotRetained, Refusal,
};
pub use model::{
    CommandType, InstanceInvokeStatus, InstanceRun, Invocation, InvocationResult, InvocationStatus,
    InvokeStatus, LegacyInvokeStatus, OutputUpdate, OverallStatus, RepeatMode, RunUpdate, Tag,
    Timestamp,
};
pub use query::NextToken;
pub use request::{ContentEncoding, DescribeInvocationResults, DescribeInvocations, decode_query};
pub use response::{
    DescribeInvocationResultsResponse, DescribeInvocationsResponse, InvocationResultView,
    InvocationResultsPage, InvocationView, InvocationsPage, RunView, TagView,
};
/// What [`Store::matching`] gives, to be named without the same version of its crate.
#[doc(no_inline)]
pub use roaring::RoaringTreemap;
pub use shared::SharedStore;
pub use store::{Accepted, Statistics, Store, Subscription, TaskEvent};

// A unit test, because it takes `#[non_exhaustive]` structs apart without `..`.
#[cfg(test)]
#[path = "../tests/every_field/mod.rs"]
mod every_field;

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
