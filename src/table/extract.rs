//! A page's records as a table of their own, so that whoever reads a table reads a copy as well.

use std::num::NonZeroU32;

use super::heads::{Head, Shared};
use super::invocations::Table;
use super::packed::Key;
use super::runs::Run;
use super::symbols::{SymbolId, Symbols};

impl Table {
    /// Copies the records in `slots` to `copy`, which is empty, in that order, in slots from 0, without
    /// their histories; with `instance` only the run on it. Texts are shared, each use as a symbol of
    /// its own unless it is that of the use before: that is cheaper than to find out which are the
    /// same. They are only read: `find` must not be called on them. Cost: O(records and runs copied).
    pub(crate) fn extract(&self, slots: &[u32], instance: Option<SymbolId>, copy: &mut Table) {
        let heads = || slots.iter().map(|&slot| self.head(slot));
        let runs = match instance {
            Some(_) => slots.len(),
            None => heads().map(Head::run_count).sum(),
        };
        // All at once: no table is moved while the store is held.
        copy.heads.reserve_exact(slots.len());
        copy.commands.reserve(slots.len());
        copy.scripts.reserve(slots.len());
        copy.scopes.reserve(slots.len());
        let tags = heads().map(Head::tag_count).sum();
        copy.tag_pairs.reserve(tags);
        copy.tags.reserve_exact(tags);
        copy.runs.reserve_exact(runs);
        copy.instances.reserve(runs);
        for &slot in slots {
            let first = copy.runs.len();
            let runs = self.runs(slot).iter();
            for run in runs.filter(|run| instance.is_none_or(|id| id == run.instance)) {
                self.share_run(run, copy);
            }
            let mut head = self.share_head(slot, copy);
            head.set_runs(first as u32, copy.runs.len() - first);
            copy.heads.push(Some(head));
        }
    }

    /// The same of single runs: a row is a slot, a run in it, and a record of that run's history
    /// where one is meant, and becomes what it is in the copy. Rows of one record stand together,
    /// and so do those of one of its runs. Cost: O(rows).
    pub(crate) fn extract_runs<'r>(
        &self,
        rows: impl Iterator<Item = (&'r mut u32, &'r mut u16, &'r mut Option<u32>)>,
        copy: &mut Table,
    ) {
        let mut last = None;
        let mut first = 0;
        for (slot, run, history) in rows {
            let (given_slot, given_run) = (*slot, *run);
            let given = &self.runs(given_slot)[usize::from(given_run)];
            if last.is_none_or(|(slot, _)| slot != given_slot) {
                first = copy.runs.len();
                let head = self.share_head(given_slot, copy);
                copy.heads.push(Some(head));
            }
            if last != Some((given_slot, given_run)) {
                self.share_run(given, copy);
                if let Some(Some(head)) = copy.heads.last_mut() {
                    head.set_runs(first as u32, copy.runs.len() - first);
                }
            }
            last = Some((given_slot, given_run));
            (*slot, *run) = (copy.heads.len() as u32 - 1, (copy.runs.len() - first) as u16 - 1);
            if let Some(at) = history {
                *at = self.share_history(given, *at as usize, copy);
            }
        }
    }

    fn share_head(&self, slot: u32, copy: &mut Table) -> Head {
        let given = self.head(slot);
        let shared = Shared {
            command: share(&self.commands, given.command, &mut copy.commands),
            script: share(&self.scripts, given.script, &mut copy.scripts),
            scope: share(&self.scopes, given.scope, &mut copy.scopes),
        };
        let mut head = given.copied(&self.long_ids, &mut copy.long_ids, shared);
        let first = copy.tags.len();
        for (at, &tag) in (first..).zip(self.tags_of(given)) {
            copy.tags.put(at, share(&self.tag_pairs, tag, &mut copy.tag_pairs));
        }
        head.set_tags(first as u32, copy.tags.len() - first);
        head
    }

    /// Puts a run behind all others of `copy`, without its history.
    fn share_run(&self, run: &Run, copy: &mut Table) {
        let instance = share(&self.instances, run.instance, &mut copy.instances);
        let extra = self.extra_of(run);
        let detail = self.share_detail(run.detail(extra), copy);
        let copied = run.copy_to(instance, detail, extra, &mut copy.extras);
        copy.runs.put(copy.runs.len(), copied);
    }

    /// Puts one record of the history of `run` behind those that the last run of `copy` has; its
    /// place there.
    fn share_history(&self, run: &Run, at: usize, copy: &mut Table) -> u32 {
        let Some(record) = self.extra_of(run).and_then(|extra| extra.history().get(at)) else {
            return 0;
        };
        let mut record = record.clone();
        record.detail = self.share_detail(record.detail, copy);
        let Some(copied) = copy.runs.last_mut() else { return 0 };
        copied.change_extra(&mut copy.extras, |extra| {
            extra.history_mut().push(record);
            extra.history().len() as u32 - 1
        })
    }

    fn share_detail(&self, number: Option<NonZeroU32>, copy: &mut Table) -> Option<NonZeroU32> {
        let id = share(&self.details, number?.get() - 1, &mut copy.details);
        NonZeroU32::MIN.checked_add(id)
    }
}

fn share<T: Key>(from: &Symbols<T>, id: SymbolId, to: &mut Symbols<T>) -> SymbolId {
    to.share(from.get(id))
}
