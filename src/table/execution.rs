//! One execution of a command on an instance.

use std::sync::Arc;

use super::slab::CompactId;
use crate::model::{InvocationStatus, Timestamp};

/// The id of interned texts.
pub(crate) type TextsId = CompactId;

/// One execution of a command on an instance: the last one, which a run shows, or an earlier one,
/// in a history record. `O` is its output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Execution<O = Output> {
    pub(crate) status: InvocationStatus,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) finish_time: Option<Timestamp>,
    pub(crate) stop_time: Option<Timestamp>,
    pub(crate) repeats: u32,
    pub(crate) exit_code: Option<i64>,
    pub(crate) output: O,
    pub(crate) dropped: u64,
    pub(crate) texts: Option<TextsId>,
}

/// An output that is shared between the run and the history record of the same execution.
pub(crate) type Output = Option<Arc<[u8]>>;

impl Execution {
    pub(crate) fn output(&self) -> &[u8] {
        self.output.as_deref().unwrap_or_default()
    }

    /// The execution as a view shows it.
    pub(crate) fn shown(&self) -> Execution<&[u8]> {
        self.with_output(self.output())
    }
}

impl<O> Execution<O> {
    /// The execution with its output in another form.
    pub(super) fn with_output<P>(&self, output: P) -> Execution<P> {
        let &Execution {
            status,
            start_time,
            finish_time,
            stop_time,
            repeats,
            exit_code,
            output: _,
            dropped,
            texts,
        } = self;
        Execution {
            status,
            start_time,
            finish_time,
            stop_time,
            repeats,
            exit_code,
            output,
            dropped,
            texts,
        }
    }
}
