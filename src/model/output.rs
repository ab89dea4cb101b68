//! The part of a long output that is kept. The service's agent cuts outputs in the same way.

use super::kinds::RepeatMode;
use crate::limits::{OUTPUT_BYTES, OUTPUT_HEAD_BYTES};

/// Cuts an output that is given whole. Returns its last [`OUTPUT_BYTES`] and the number of bytes
/// before them.
pub(crate) fn whole_output(output: &[u8]) -> (&[u8], u64) {
    let (cut, kept) = output.split_at(output.len().saturating_sub(OUTPUT_BYTES));
    (kept, cut.len() as u64)
}

/// Appends `more` to the `stored` output of a run. Returns the output that is kept and the number of
/// bytes that were cut.
///
/// A recurring task keeps the last [`OUTPUT_BYTES`]. Another task keeps the first
/// [`OUTPUT_HEAD_BYTES`] and the last bytes of the rest. The place of an earlier cut need not be
/// stored: it is always behind the same number of bytes. So pieces of any size give the same output
/// as their concatenation.
///
/// Cost: O(bytes of both).
pub(crate) fn append_output(stored: &[u8], more: &[u8], repeat_mode: RepeatMode) -> (Vec<u8>, u64) {
    let head = if repeat_mode.is_recurring() { 0 } else { OUTPUT_HEAD_BYTES };
    let mut output = [stored, more].concat();
    let cut = output.len().saturating_sub(OUTPUT_BYTES);
    if cut > 0 {
        output.drain(head..head + cut);
    }
    (output, cut as u64)
}
