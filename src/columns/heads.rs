//! What every record has, in 56 bytes.

use smallvec::SmallVec;

use super::fragment::{push_text, text_is_plain};
use super::symbols::SymbolId;
use crate::limits;
use crate::model::{Overall, Timestamp};

/// What every record has.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    invoke_id: SmallVec<[u8; 16]>,
    pub(crate) creation_time: Timestamp,
    pub(crate) command: SymbolId,
    pub(crate) script: SymbolId,
    pub(crate) region: SymbolId,
    pub(crate) resource_group: SymbolId,
    /// Where its runs and its tags begin.
    pub(super) first_run: u32,
    pub(super) first_tag: u32,
    pub(crate) overall: Overall,
    /// How many runs, how many tags, and whether the InvokeId stands in JSON as it is.
    counts: u16,
}

const _: () = assert!(size_of::<Option<Head>>() <= 56);

/// Some of the bits of `Head::counts`.
const RUNS: u16 = 0x7f;
const TAGS_SHIFT: u32 = 7;
const TAGS: u16 = 0x1f;
const PLAIN_ID: u16 = 1 << 15;
const _: () = assert!(limits::RUNS <= RUNS as usize && limits::TAGS <= TAGS as usize);

/// The shared values of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    pub(crate) command: SymbolId,
    pub(crate) script: SymbolId,
    pub(crate) region: SymbolId,
    pub(crate) resource_group: SymbolId,
}

impl Head {
    /// One without runs and tags.
    pub(super) fn new(
        invoke_id: &[u8],
        creation_time: Timestamp,
        shared: Shared,
        overall: Overall,
    ) -> Self {
        Head {
            invoke_id: SmallVec::from_slice(invoke_id),
            creation_time,
            command: shared.command,
            script: shared.script,
            region: shared.region,
            resource_group: shared.resource_group,
            first_run: 0,
            first_tag: 0,
            overall,
            counts: if text_is_plain(invoke_id) { PLAIN_ID } else { 0 },
        }
    }

    /// The same of a copy, with other numbers for the shared values, without runs and tags.
    pub(super) fn with_shared(&self, shared: Shared) -> Self {
        Head {
            // Of a slice: to clone it would take it byte by byte.
            invoke_id: SmallVec::from_slice(&self.invoke_id),
            command: shared.command,
            script: shared.script,
            region: shared.region,
            resource_group: shared.resource_group,
            first_run: 0,
            first_tag: 0,
            counts: self.counts & PLAIN_ID,
            ..*self
        }
    }

    /// Appends the InvokeId as it stands in a JSON string.
    pub(crate) fn push_invoke_id(&self, out: &mut Vec<u8>) {
        if self.counts & PLAIN_ID != 0 {
            out.extend_from_slice(&self.invoke_id);
        } else {
            push_text(&self.invoke_id, out);
        }
    }

    pub(crate) fn invoke_id(&self) -> &[u8] {
        &self.invoke_id
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

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        if self.invoke_id.spilled() { self.invoke_id.capacity() } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{InvocationStatus, RepeatMode};

    #[test]
    fn counts_share_bits_and_do_not_touch_each_other() {
        let overall = Overall::derive(RepeatMode::Once, [InvocationStatus::Success].into_iter());
        let shared = Shared { command: 1, script: 2, region: 3, resource_group: 4 };
        for (id, written) in [(&b"t-1"[..], &b"t-1"[..]), (b"t\"1", b"t\\\"1")] {
            let mut head = Head::new(id, Timestamp::MIN, shared, overall);
            let counts = |head: &Head| (head.run_count(), head.tag_count());
            assert_eq!(counts(&head), (0, 0));
            for (runs, tags) in [(limits::RUNS, 0), (limits::RUNS, limits::TAGS), (1, 20), (1, 1)] {
                head.set_runs(7, runs);
                head.set_tags(9, tags);
                assert_eq!(counts(&head), (runs, tags));
                assert_eq!((head.first_run, head.first_tag), (7, 9));
                let mut out = Vec::new();
                head.push_invoke_id(&mut out);
                assert_eq!(out, written);
            }
            let copy = head.with_shared(Shared { command: 5, ..shared });
            assert_eq!((counts(&copy), copy.command, copy.script), ((0, 0), 5, 2));
            assert_eq!(copy.invoke_id(), id);
        }
    }
}
