//! The options of an answer that choose no rows.

use crate::request::ContentEncoding;
use crate::table::ValueId;

/// The options with which an answer shows its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Show {
    /// The encoding of CommandContent and Output.
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
