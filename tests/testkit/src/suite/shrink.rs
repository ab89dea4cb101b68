//! The search for the smallest sequence that breaks a rule.
//!
//! Operations are cut in halves, quarters and so on, which needs a few dozen sequences instead of one
//! for each operation: each one has many requests, and a subject may answer over a network. Then each
//! remaining value goes to its default.

use crate::strategy::{Case, Limits, Named, Op, RecordSpec, RunSpec, StoreSpec};

/// A search: tries cases, and keeps the last one that is still broken.
pub(super) struct Search<'a> {
    pub(super) case: Case,
    /// Whether a case breaks the rule, or `None` if there are no more tries.
    pub(super) breaks: &'a mut dyn FnMut(&Case) -> Option<bool>,
}

impl Search<'_> {
    /// Tries a case.
    fn attempt(&mut self, case: Case) -> bool {
        if case == self.case || (self.breaks)(&case) != Some(true) {
            return false;
        }
        self.case = case;
        true
    }

    /// Makes the case as small as the tries allow.
    pub(super) fn run(&mut self) {
        loop {
            let before = self.case.clone();
            self.cut(|case| Some(&mut case.ops));
            for at in (0..self.case.ops.len()).rev() {
                self.cut_inside(at);
            }
            self.simplify_store();
            for at in 0..self.case.ops.len() {
                self.simplify(at);
            }
            if self.case == before {
                return;
            }
        }
    }

    /// Cuts parts out of a list of the case, the largest first.
    fn cut<T: Clone>(&mut self, list: impl Fn(&mut Case) -> Option<&mut Vec<T>>) {
        let length = |case: &mut Case| list(case).map_or(0, |list| list.len());
        let mut part = length(&mut self.case);
        while part > 0 {
            let mut end = length(&mut self.case);
            while end > 0 {
                let start = end.saturating_sub(part);
                let mut case = self.case.clone();
                if let Some(list) = list(&mut case) {
                    list.drain(start..end);
                }
                self.attempt(case);
                end = start;
            }
            part /= 2;
        }
    }

    fn cut_inside(&mut self, at: usize) {
        match &self.case.ops[at] {
            Op::Batch(_) => {
                self.cut(|case| match &mut case.ops[at] {
                    Op::Batch(records) => Some(records),
                    _ => None,
                });
                if let Op::Batch(records) = &self.case.ops[at]
                    && let [record] = &records[..]
                {
                    let accept = Op::Accept(record.clone());
                    self.replace(at, accept);
                }
            }
            Op::Continue { .. } | Op::Drain { .. } => self.cut(|case| match &mut case.ops[at] {
                Op::Continue { between, .. } | Op::Drain { between, .. } => Some(between),
                _ => None,
            }),
            Op::Stop { .. } => self.cut(|case| match &mut case.ops[at] {
                Op::Stop { runs, .. } => Some(runs),
                _ => None,
            }),
            Op::Query { .. } | Op::Walk { .. } => self.cut(|case| match &mut case.ops[at] {
                Op::Query { request, .. } | Op::Walk { request, .. } => Some(&mut request.pairs),
                _ => None,
            }),
            Op::Update { .. } => self.cut(|case| match &mut case.ops[at] {
                Op::Update { update, .. } => Some::<&mut Vec<Named>>(&mut update.named),
                _ => None,
            }),
            _ => {}
        }
    }

    fn replace(&mut self, at: usize, op: Op) -> bool {
        let mut case = self.case.clone();
        case.ops[at] = op;
        self.attempt(case)
    }

    /// Tries a change of an operation.
    fn change(&mut self, at: usize, change: impl Fn(&mut Op)) -> bool {
        let mut op = self.case.ops[at].clone();
        change(&mut op);
        self.replace(at, op)
    }

    fn simplify(&mut self, at: usize) {
        let count = match &self.case.ops[at] {
            Op::Accept(_) => 1,
            Op::Batch(records) => records.len(),
            _ => 0,
        };
        for record in 0..count {
            self.simplify_record(at, record);
        }
        self.change(at, |op| match op {
            Op::Many { count, .. } => *count /= 2,
            Op::Execute { times, .. } => *times = 1,
            Op::Query { later, .. } => *later = 0,
            Op::Continue { noise, .. } => noise.clear(),
            Op::Update { update, .. } => update.time = None,
            _ => {}
        });
    }

    fn simplify_record(&mut self, at: usize, number: usize) {
        let changes: [fn(&mut RecordSpec); 13] = [
            |record| *record = RecordSpec { id: record.id, ..RecordSpec::default() },
            |record| record.faults.clear(),
            |record| record.control = None,
            |record| record.details = 0,
            |record| record.more_runs = 0,
            |record| record.many_tags = false,
            |record| record.tags.clear(),
            |record| record.tags.truncate(1),
            |record| record.runs.truncate(1),
            |record| record.runs.iter_mut().for_each(|run| *run = RunSpec::default()),
            |record| record.created = None,
            |record| record.mode = invodex::RepeatMode::Once,
            |record| (record.region, record.group, record.command) = (0, 0, 0),
        ];
        for change in changes {
            self.change(at, |op| match op {
                Op::Accept(record) => change(record),
                Op::Batch(records) => records.get_mut(number).into_iter().for_each(change),
                _ => {}
            });
        }
    }

    fn simplify_store(&mut self) {
        let changes: [fn(&mut StoreSpec); 6] = [
            |store| *store = StoreSpec::default(),
            |store| store.id = 0,
            |store| store.has_regions = false,
            |store| store.omitted_timed_any = false,
            |store| store.start = StoreSpec::default().start,
            |store| store.limits = Limits::default(),
        ];
        for change in changes {
            let mut case = self.case.clone();
            change(&mut case.store);
            self.attempt(case);
        }
    }
}
