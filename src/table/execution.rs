//! One execution of a command on an instance.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::interned::ValueId;
use crate::model::{InvocationStatus, Timestamp};

/// The id of interned texts, in a form in which an `Option` takes no more memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TextsId(NonZeroU32);

impl TextsId {
    pub(super) fn new(id: ValueId) -> Self {
        TextsId(NonZeroU32::MIN.saturating_add(id))
    }

    pub(crate) fn id(self) -> ValueId {
        self.0.get() - 1
    }
}

/// One execution of a command on an instance: the last one, which a run shows, or an earlier one,
/// in a history record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Execution {
    pub(crate) status: InvocationStatus,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) finish_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(crate) repeats: u32,
    pub(crate) exit_code: Option<i64>,
    /// Shared between the run and the history record of the same execution.
    pub(crate) output: Option<Arc<[u8]>>,
    pub(crate) dropped: u64,
    pub(crate) texts: Option<TextsId>,
}

impl Execution {
    pub(crate) fn output(&self) -> &[u8] {
        self.output.as_deref().unwrap_or_default()
    }
}
