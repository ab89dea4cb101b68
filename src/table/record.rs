//! The header of a record: the fields that every record has.

use super::interned::ValueId;
use super::invoke_id::{InvokeId, LongIds};
use crate::limits;
use crate::model::{Overall, Timestamp};

/// The fields that every record has, in 52 bytes.
#[derive(Clone, Debug)]
pub(crate) struct RecordHeader {
    pub(super) invoke_id: InvokeId,
    pub(crate) creation_time: Timestamp,
    pub(crate) region: ValueId,
    pub(crate) resource_group: ValueId,
    pub(crate) settings: ValueId,
    pub(crate) body: ValueId,
    /// The positions of its runs and of its tags in their arenas.
    pub(super) first_run: u32,
    pub(super) first_tag: u32,
    pub(super) run_count: u8,
    pub(super) tag_count: u8,
    /// Derived from the statuses of its runs.
    pub(crate) overall: Overall,
}

const _: () = assert!(
    size_of::<Option<RecordHeader>>() == 52,
    "a header takes 52 bytes, with or without a record: the limit of a record's memory"
);
const _: () = assert!(limits::RUNS <= u8::MAX as usize, "the count of runs is a byte");
const _: () = assert!(limits::TAGS <= u8::MAX as usize, "the count of tags is a byte");

impl RecordHeader {
    pub(super) fn invoke_id<'a>(&'a self, long_ids: &'a LongIds) -> &'a [u8] {
        self.invoke_id.get(long_ids)
    }

    pub(super) fn run_count(&self) -> usize {
        self.run_count.into()
    }

    pub(super) fn tag_count(&self) -> usize {
        self.tag_count.into()
    }

    /// The position of its runs, to be updated, and their number.
    pub(super) fn run_span_mut(&mut self) -> (&mut u32, usize) {
        let count = self.run_count();
        (&mut self.first_run, count)
    }

    /// The position of its tags, to be updated, and their number.
    pub(super) fn tag_span_mut(&mut self) -> (&mut u32, usize) {
        let count = self.tag_count();
        (&mut self.first_tag, count)
    }
}
