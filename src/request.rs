//! Requests: how they are built or read from wire pairs, and [`check`], which gives the filters in
//! effect or the API's first error. Knows no store.

pub(crate) mod check;
mod describe_invocation_results;
mod describe_invocations;
mod params;
mod query_string;
mod tags;

pub(crate) use check::{Checked, Filters, Operation, Paging};
pub use describe_invocation_results::DescribeInvocationResults;
pub use describe_invocations::DescribeInvocations;
pub use params::ContentEncoding;
pub use query_string::decode_query;
pub(crate) use tags::GivenTag;
