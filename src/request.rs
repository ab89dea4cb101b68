//! Requests: their builders, reading them from wire pairs, and [`check`], which returns the
//! effective filters or the API's first error. This module does not know the store.

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
pub use query_string::{decode_query, encode_query};
pub(crate) use tags::GivenTag;
