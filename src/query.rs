//! Answers a checked request: takes a snapshot of the store, reads the cursor of the token, makes a
//! plan, and walks the rows of the plan into a page. This module does not know JSON.

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
