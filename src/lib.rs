//! placeholder

mod columns;
mod config;
mod error;
mod index;
mod limits;
mod model;
mod query;
mod request;
mod response;
mod store;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use config::SystemClock;
#[doc(hidden)]
pub use config::Tuning;
pub use config::{Clock, Config, ManualClock, OmittedTimed, Regions};
pub use error::{Error, ErrorKind};
pub use model::{
    CommandType, InstanceInvokeStatus, InstanceRun, Invocation, InvocationStatus, InvokeStatus,
    LegacyInvokeStatus, OutputUpdate, OverallStatus, RepeatMode, RunUpdate, Tag, Timestamp,
};
pub use query::NextToken;
pub use request::{ContentEncoding, DescribeInvocationResults, DescribeInvocations};
pub use response::{
    DescribeInvocationResultsResponse, DescribeInvocationsResponse, InvocationResultView,
    InvocationView, RunView, TagView,
};
pub use store::{Accepted, Statistics, Store};
