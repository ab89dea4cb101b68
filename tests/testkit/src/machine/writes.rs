//! The operations that change the store.

use invodex::{Invocation, InvocationStatus, RunUpdate, Timestamp};

use super::compare::{outcome, same};
use super::{Check, Machine};
use crate::strategy::pools::{INSTANCE_IDS, at, invoke_id, pick};
use crate::strategy::{Op, RunPick, Target, executions, one_of_many};

impl Machine<'_> {
    pub(super) fn write(&mut self, op: &Op) -> Check {
        use invodex::Clock as _;
        let clock = self.clock.now();
        match op {
            Op::Accept(record) => self.accept(&record.build(clock)),
            Op::Batch(records) => {
                let batch: Vec<_> = records.iter().map(|record| record.build(clock)).collect();
                self.accept_batch(&batch)
            }
            Op::Many { count, seconds } => {
                let numbers = self.many..self.many + u64::from(*count);
                self.many = numbers.end;
                let batch: Vec<_> =
                    numbers.map(|number| one_of_many(number, clock, *seconds)).collect();
                self.accept_batch(&batch)
            }
            Op::Update { target, run, update } => {
                let (id, instance) = (self.target(target), self.instance(target, run));
                self.update(&id, &instance, &update.build(clock))
            }
            Op::Execute { target, run, result, reschedule, times } => {
                let id = self.target(target);
                let instance = self.executable(&id, run);
                for update in executions(*result, *reschedule, *times) {
                    self.update(&id, &instance, &update)?;
                }
                if let Some(known) = self.known.get_mut(&id) {
                    known.has_history = known.mode.is_recurring();
                }
                Ok(())
            }
            Op::Stop { target, runs } => self.stop(target, runs),
            Op::Delete(target) => {
                let id = self.target(target);
                let (store, model) = (self.store.delete(&id), self.model.delete(&id));
                if outcome(&id, store, model, self.coverage)?.is_some() {
                    self.removed += 1;
                    self.written(self.now());
                }
                Ok(())
            }
            Op::Clear => {
                self.removed += self.store.len() as u64;
                self.store.clear();
                self.model.clear();
                self.written(self.now());
                Ok(())
            }
            Op::Advance(seconds) => {
                self.clock.advance(u32::from(*seconds));
                self.model.set_clock(self.clock.now());
                Ok(())
            }
            Op::Set(offset) => {
                self.clock.set(at(clock, *offset));
                self.model.set_clock(self.clock.now());
                Ok(())
            }
            Op::Restore { earlier, limits } => {
                self.restore(*earlier, limits.as_ref())?;
                self.writes += 1;
                Ok(())
            }
            Op::Query { .. }
            | Op::Walk { .. }
            | Op::Continue { .. }
            | Op::Drain { .. }
            | Op::Forged { .. }
            | Op::Save
            | Op::Subscribe(_)
            | Op::Read { .. }
            | Op::Unsubscribe(_) => Ok(()),
        }
    }

    /// Notes a write that was not refused.
    fn written(&mut self, now: Timestamp) {
        self.last_write = now;
        self.writes += 1;
    }

    fn accept(&mut self, record: &Invocation) -> Check {
        let now = self.now();
        let checked = self.store.check(record).err();
        let alone = record.check().err();
        // The store knows more only of an InvokeId that it holds.
        if alone.is_some() || self.store.get(&record.invoke_id).is_none() {
            same("check without the store", &alone, &checked)?;
        }
        let (store, model) = (self.store.accept(record), self.model.accept(record));
        same("check", &checked, &store.as_ref().err().cloned())?;
        let outcome = outcome("accept", store, model, self.coverage)?;
        if let Some((accepted, retained)) = outcome {
            self.accepted += 1;
            self.written(now);
            same("the number", accepted.acceptance_number, self.accepted)?;
            same("retained", accepted.retained, retained)?;
            self.coverage.retained += u64::from(retained);
            if retained {
                self.coverage.record(record);
                self.learn(record, self.accepted, now);
            }
        }
        Ok(())
    }

    fn accept_batch(&mut self, batch: &[Invocation]) -> Check {
        let now = self.now();
        let store = self.store.accept_batch(batch);
        let model = self.model.accept_batch(batch);
        same("reports", store.len(), model.len())?;
        for (at, (store, model)) in store.into_iter().zip(model).enumerate() {
            let what = format!("record {at} of {}", batch.len());
            let Some((accepted, retained)) = outcome(&what, store, model, self.coverage)? else {
                continue;
            };
            self.accepted += 1;
            self.written(now);
            same(
                &what,
                (accepted.acceptance_number, accepted.retained),
                (self.accepted, retained),
            )?;
            self.coverage.retained += u64::from(retained);
            if retained {
                self.coverage.record(&batch[at]);
                self.learn(&batch[at], self.accepted, now);
            }
        }
        Ok(())
    }

    fn update(&mut self, id: &str, instance: &str, update: &RunUpdate) -> Check {
        let run = self.store.get(id).into_iter().flat_map(|record| record.instances());
        let had_dropped =
            run.filter(|run| run.instance_id() == instance).any(|run| run.dropped() > 0);
        let store = self.store.update_run(id, instance, update);
        let model = self.model.update_run(id, instance, update);
        if outcome("update_run", store, model, self.coverage)?.is_some() {
            if had_dropped && let Some(output) = &update.output {
                self.coverage.report(output, update.dropped.is_some());
            }
            self.written(self.now());
        }
        Ok(())
    }

    fn stop(&mut self, target: &Target, runs: &[RunPick]) -> Check {
        let id = self.target(target);
        let instances: Vec<String> = runs.iter().map(|run| self.instance(target, run)).collect();
        let instances: Vec<&str> = instances.iter().map(String::as_str).collect();
        let store = self.store.stop(&id, &instances);
        let model = self.model.stop(&id, &instances);
        if let Some((store, model)) = outcome("stop", store, model, self.coverage)? {
            same("stopped", store, model)?;
            self.written(self.now());
        }
        Ok(())
    }

    fn target(&self, target: &Target) -> String {
        match target {
            Target::Live(number) | Target::Recurring(number) => {
                let mut list = self.model.list();
                if matches!(target, Target::Recurring(_)) {
                    list.retain(|id| self.known[id].mode.is_recurring());
                }
                match list.get(usize::from(*number) % list.len().max(1)) {
                    Some(id) => id.clone(),
                    None => invoke_id(*number),
                }
            }
            Target::Pool(number) => invoke_id(*number),
        }
    }

    /// A run that can start or end, if the record has one.
    fn executable(&self, id: &str, run: &RunPick) -> String {
        use InvocationStatus as S;
        let (RunPick::Own(number) | RunPick::Pool(number)) = run;
        let can = |status| matches!(status, S::Pending | S::Scheduled | S::Running);
        let runs = self.store.get(id).into_iter().flat_map(|record| record.instances());
        let runs = runs.filter(|run| can(run.invocation_status()));
        let runs: Vec<&str> = runs.map(|run| run.instance_id()).collect();
        match runs.get(usize::from(*number) % runs.len().max(1)) {
            Some(instance) => (*instance).to_owned(),
            None => (*pick(&INSTANCE_IDS, *number)).to_owned(),
        }
    }

    fn instance(&self, target: &Target, run: &RunPick) -> String {
        let known = self.known.get(&self.target(target));
        match (run, known) {
            (RunPick::Own(number), Some(known)) => pick(&known.instances, *number).clone(),
            (RunPick::Own(number) | RunPick::Pool(number), _) => {
                (*pick(&INSTANCE_IDS, *number)).to_owned()
            }
        }
    }
}
