//! What is asked: the two requests, how they are read from the wire, and the order in which they
//! are checked. Knows no store.

mod check;
mod describe_invocation_results;
mod describe_invocations;
mod params;
mod query_string;
mod tags;

pub(crate) use check::{Checked, Facts, Operation, Paging, check};
pub use describe_invocation_results::DescribeInvocationResults;
pub use describe_invocations::DescribeInvocations;
pub use params::ContentEncoding;
pub use query_string::decode_query;
