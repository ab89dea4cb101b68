//! From a request to the rows of its page. Knows no JSON.

mod page;
mod plan;
mod token;
mod walk;

pub(crate) use page::{Page, ResultRow};
pub(crate) use plan::{Data, named_instance};
pub use token::NextToken;
pub(crate) use walk::{invocations, matching, results};
