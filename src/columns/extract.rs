//! A page's records as columns of their own, so that whoever reads columns reads a copy as well.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::invocations::Columns;
use super::symbols::{SymbolId, Symbols};

impl Columns {
    /// The records in `slots`, in that order, in slots from 0; with `instance` only the run on
    /// it, and histories only if asked for. Texts are shared, each use as a symbol of its own: that
    /// is cheaper than to find out which are the same. Nothing can be found by its text in them.
    /// Cost: O(records and runs copied).
    pub(crate) fn extract(
        &self,
        slots: &[u32],
        instance: Option<SymbolId>,
        with_history: bool,
    ) -> Columns {
        let mut copy = Columns::default();
        copy.heads.reserve_exact(slots.len());
        for &slot in slots {
            let given = self.head(slot);
            let mut head = given.clone();
            head.region = share(&self.regions, given.region, &mut copy.regions);
            head.resource_group =
                share(&self.resource_groups, given.resource_group, &mut copy.resource_groups);
            head.command = share(&self.commands, given.command, &mut copy.commands);
            for tag in &mut head.tags {
                *tag = share(&self.tag_pairs, *tag, &mut copy.tag_pairs);
            }
            let first = copy.runs.len();
            let runs = self.runs_of(given).iter();
            for run in runs.filter(|run| instance.is_none_or(|id| id == run.instance)) {
                let mut copied = run.clone();
                copied.instance = share(&self.instances, run.instance, &mut copy.instances);
                copied.detail = self.share_detail(run.detail, &mut copy);
                copied.extra = self.extra_of(run).map(|extra| {
                    let mut extra = extra.clone();
                    if !with_history {
                        extra.history = None;
                    } else if !extra.history().is_empty() {
                        for record in extra.history_mut() {
                            record.detail = self.share_detail(record.detail, &mut copy);
                        }
                    }
                    copy.extras.insert(extra)
                });
                copy.runs.push(copied);
            }
            head.set_runs(first, copy.runs.len() - first);
            copy.heads.push(Some(head));
        }
        copy
    }

    fn share_detail(&self, number: Option<NonZeroU32>, copy: &mut Columns) -> Option<NonZeroU32> {
        let id = share(&self.details, number?.get() - 1, &mut copy.details);
        NonZeroU32::MIN.checked_add(id)
    }
}

fn share<T>(from: &Symbols<T>, id: SymbolId, to: &mut Symbols<T>) -> SymbolId {
    to.push_unindexed(Arc::clone(from.get(id)))
}
