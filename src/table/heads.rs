//! What every record has, in 48 bytes.

use super::invocations::Table;
use super::invoke_ids::{InvokeId, LongIds};
use super::symbols::SymbolId;
use crate::limits;
use crate::model::{Overall, Timestamp};

/// What every record has.
#[derive(Debug)]
pub(crate) struct Head {
    pub(super) invoke_id: InvokeId,
    pub(crate) creation_time: Timestamp,
    pub(crate) command: SymbolId,
    pub(crate) script: SymbolId,
    pub(crate) scope: SymbolId,
    /// Where its runs and its tags begin.
    pub(super) first_run: u32,
    pub(super) first_tag: u32,
    pub(crate) overall: Overall,
    /// How many runs, and how many tags.
    counts: u16,
}

const _: () = assert!(size_of::<Option<Head>>() <= 48);

/// Some of the bits of `Head::counts`.
const RUNS: u16 = 0x7f;
const TAGS_SHIFT: u32 = 7;
const TAGS: u16 = 0x1f;
const _: () = assert!(limits::RUNS <= RUNS as usize && limits::TAGS <= TAGS as usize);

/// The shared values of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    pub(crate) command: SymbolId,
    pub(crate) script: SymbolId,
    pub(crate) scope: SymbolId,
}

impl Head {
    /// One without runs and tags.
    pub(super) fn new(
        invoke_id: &[u8],
        long_ids: &mut LongIds,
        creation_time: Timestamp,
        shared: Shared,
        overall: Overall,
    ) -> Self {
        Head {
            invoke_id: InvokeId::new(invoke_id, long_ids),
            creation_time,
            command: shared.command,
            script: shared.script,
            scope: shared.scope,
            first_run: 0,
            first_tag: 0,
            overall,
            counts: 0,
        }
    }

    pub(super) fn invoke_id<'a>(&'a self, long_ids: &'a LongIds) -> &'a [u8] {
        self.invoke_id.get(long_ids)
    }

    /// Gives back what it has apart.
    pub(super) fn free(&self, long_ids: &mut LongIds) {
        self.invoke_id.free(long_ids);
    }

    pub(super) fn run_count(&self) -> usize {
        usize::from(self.counts & RUNS)
    }

    pub(super) fn tag_count(&self) -> usize {
        usize::from(self.counts >> TAGS_SHIFT & TAGS)
    }

    pub(super) fn set_runs(&mut self, first: u32, count: usize) {
        self.first_run = first;
        self.counts = self.counts & !RUNS | count as u16;
    }

    pub(super) fn set_tags(&mut self, first: u32, count: usize) {
        self.first_tag = first;
        self.counts = self.counts & !(TAGS << TAGS_SHIFT) | (count as u16) << TAGS_SHIFT;
    }

    /// Where its runs begin, to be changed, and how many there are.
    pub(super) fn runs_place(&mut self) -> (&mut u32, usize) {
        let count = self.run_count();
        (&mut self.first_run, count)
    }

    /// The same of its tags.
    pub(super) fn tags_place(&mut self) -> (&mut u32, usize) {
        let count = self.tag_count();
        (&mut self.first_tag, count)
    }
}

impl Table {
    pub(crate) fn invoke_id<'a>(&'a self, head: &'a Head) -> &'a [u8] {
        head.invoke_id(&self.long_ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{InvocationStatus, RepeatMode};

    #[test]
    fn counts_share_bits_and_do_not_touch_each_other() {
        let overall = Overall::derive(RepeatMode::Once, [InvocationStatus::Success].into_iter());
        let shared = Shared { command: 1, script: 2, scope: 3 };
        let mut table = Table::default();
        let mut head = Head::new(b"t-1", &mut table.long_ids, Timestamp::MIN, shared, overall);
        let counts = |head: &Head| (head.run_count(), head.tag_count());
        assert_eq!(counts(&head), (0, 0));
        for (runs, tags) in [(limits::RUNS, 0), (limits::RUNS, limits::TAGS), (1, 20), (1, 1)] {
            head.set_runs(7, runs);
            head.set_tags(9, tags);
            assert_eq!(counts(&head), (runs, tags));
            assert_eq!((head.first_run, head.first_tag), (7, 9));
        }
    }
}
