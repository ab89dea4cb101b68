//! The answers: borrowed views of their rows, their JSON and serde forms, and pages as plain data.

mod answers;
mod json;
mod owned;
mod result_view;
mod show;
#[cfg(test)]
mod tests;
mod views;

pub use answers::{DescribeInvocationResultsResponse, DescribeInvocationsResponse};
pub use owned::{InvocationResultsPage, InvocationsPage};
pub use result_view::InvocationResultView;
pub(crate) use show::Show;
pub use views::{InvocationView, RunView, TagView};
