//! From a checked request to its page: a snapshot of the store, the cursor that the token names, a
//! plan, and the walk that fills the page. Knows no JSON.

mod fingerprint;
mod page;
mod plan;
mod snapshot;
pub(crate) mod token;
pub(crate) mod walk;

pub(crate) use page::{Page, ResultRow};
pub(crate) use plan::plan;
pub(crate) use snapshot::Snapshot;
pub use token::NextToken;
