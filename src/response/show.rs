//! How rows are shown.

use crate::request::ContentEncoding;
use crate::table::ValueId;

/// How an answer shows its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Show {
    /// How CommandContent and Output are written.
    pub(crate) encoding: ContentEncoding,
    /// Whether DescribeInvocations shows Output.
    pub(crate) output: bool,
    /// Show only the run on this instance.
    pub(crate) instance: Option<ValueId>,
}

impl Show {
    pub(super) fn base64(&self) -> bool {
        self.encoding == ContentEncoding::Base64
    }
}
