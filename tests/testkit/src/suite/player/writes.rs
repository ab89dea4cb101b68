//! The operations that change the records.

use invodex::{Invocation, InvocationStatus, RepeatMode, RunUpdate, Timestamp};

use super::{Halt, Known, Play, Player, plain};
use crate::strategy::pools::{INSTANCE_IDS, invoke_id, pick};
use crate::strategy::{RunPick, Target};
use crate::subject::{No, Refusal, Subject as _};
use crate::suite::blame::{record_rule, refusal_rule};
use crate::suite::compare::After;

impl Player<'_> {
    pub(super) fn set_clock(&mut self, now: Timestamp) -> Play<()> {
        if !self.has_clock {
            return Ok(());
        }
        let set = self.subject.set_clock(now);
        if self.offered("set_clock", set)?.is_some() {
            self.log.push(format!("set the clock to {now}"));
            self.clock = now;
            let _ = self.reference.set_clock(now);
        }
        Ok(())
    }

    pub(super) fn learn(&mut self, record: &Invocation) {
        let known = Known {
            created: record.creation_time.unwrap_or(self.clock),
            is_recurring: record.repeat_mode.is_recurring(),
            has_history: false,
            region: record.region_id.clone(),
            instances: record.instances.iter().map(|run| run.instance_id.clone()).collect(),
        };
        self.removed.remove(&record.invoke_id);
        self.known.insert(record.invoke_id.clone(), known);
    }

    pub(super) fn accept(&mut self, record: &Invocation) -> Play<()> {
        let mut record = record.clone();
        if !self.has_clock {
            // The Timed of another task follows its runs.
            record.repeat_mode = RepeatMode::Once;
            record = plain(&record, self.known.len());
        }
        let mut accepted = self.subject.accept(&record);
        if matches!(accepted, Err(No::NotOffered(_))) {
            record = plain(&record, self.known.len());
            accepted = self.subject.accept(&record);
        }
        if self.lacks("accept", &accepted) {
            return Ok(());
        }
        self.log.push(format!("accept {record:?}"));
        let replies = (accepted, self.reference.accept(&record));
        if let Some((is, expected)) = self.both("accept", replies, &record_rule)? {
            self.accepted(&record, is, expected)?;
        }
        Ok(())
    }

    fn accepted(&mut self, record: &Invocation, is: bool, expected: bool) -> Play<()> {
        self.after = After::Accept;
        if is != expected {
            let text = format!("{} is retained: {is}, expected {expected}", record.invoke_id);
            return self.part("store.not-retained", text);
        }
        if !expected {
            self.tally.check("store.not-retained");
        }
        self.tally.check("record.unique");
        self.learn(record);
        Ok(())
    }

    pub(super) fn accept_batch(&mut self, batch: Vec<Invocation>) -> Play<()> {
        if batch.is_empty() {
            return Ok(());
        }
        if !self.has_clock || self.tally.offers.contains_key("accept_batch") {
            return batch.iter().try_for_each(|record| self.accept(record));
        }
        let accepted = self.subject.accept_batch(&batch);
        if self.lacks("accept_batch", &accepted) {
            return batch.iter().try_for_each(|record| self.accept(record));
        }
        self.log.push(format!("accept {} at one moment: {batch:?}", batch.len()));
        let expected = self.reference.accept_batch(&batch);
        let (is, expected) = match (accepted, expected) {
            (Ok(is), Ok(expected)) => (is, expected),
            (Err(No::Failed(failure)), _) => return Err(Halt::Failed(failure)),
            _ => return self.part("store.capacity", "a batch is refused as a whole".to_owned()),
        };
        if is.len() != expected.len() {
            let text = format!("{} reports of {} records", is.len(), expected.len());
            return self.part("record.refused", text);
        }
        for (record, replies) in batch.iter().zip(is.into_iter().zip(expected)) {
            if let Some((is, expected)) = self.both("accept", replies, &record_rule)? {
                self.accepted(record, is, expected)?;
            }
        }
        Ok(())
    }

    pub(super) fn update(&mut self, id: &str, instance: &str, update: &RunUpdate) -> Play<()> {
        let updated = self.subject.update_run(id, instance, update);
        if self.lacks("update_run", &updated) {
            return Ok(());
        }
        self.log.push(format!("update {instance} of {id}: {update:?}"));
        self.after = After::Update;
        let replies = (updated, self.reference.update_run(id, instance, update));
        use InvocationStatus as S;
        let moved = match update.invocation_status {
            _ if update.reschedule => "run.rescheduled",
            Some(S::Success | S::Failed | S::Stopping | S::Terminated) => "run.after-start",
            Some(_) => "run.before-start",
            None => "run.same-status",
        };
        // A refused move that should be made is by the rule of the move.
        let is_legal = replies.1.is_ok();
        let rule = |refusal: &Refusal| match refusal_rule(refusal) {
            "run.illegal" if is_legal => moved,
            "error.value" => "record.ids",
            rule => rule,
        };
        if self.both("update", replies, &rule)?.is_some() {
            self.tally.check(moved);
        }
        Ok(())
    }

    pub(super) fn stop(&mut self, target: &Target, runs: &[RunPick]) -> Play<()> {
        let id = self.target(target);
        let instances: Vec<String> = runs.iter().map(|run| self.instance(&id, run)).collect();
        let instances: Vec<&str> = instances.iter().map(String::as_str).collect();
        let stopped = self.subject.stop(&id, &instances);
        if self.lacks("stop", &stopped) {
            return Ok(());
        }
        self.log.push(format!("stop {id} on {instances:?}"));
        self.after = After::Stop;
        let replies = (stopped, self.reference.stop(&id, &instances));
        if let Some((is, expected)) = self.both("stop", replies, &refusal_rule)? {
            if let (Some(is), Some(expected)) = (is, expected)
                && is != expected
            {
                let text = format!("stop changed {is} runs, expected {expected}");
                self.differ("stop.documented", text)?;
            }
            self.tally.check("stop.documented");
            self.look(&id)?;
        }
        Ok(())
    }

    pub(super) fn target(&self, target: &Target) -> String {
        match target {
            Target::Live(number) | Target::Recurring(number) => {
                let mut list = self.reference.list();
                if matches!(target, Target::Recurring(_)) {
                    list.retain(|id| self.known.get(id).is_some_and(|known| known.is_recurring));
                }
                match list.get(usize::from(*number) % list.len().max(1)) {
                    Some(id) => id.clone(),
                    None => invoke_id(*number),
                }
            }
            Target::Pool(number) => invoke_id(*number),
        }
    }

    pub(super) fn instance(&self, id: &str, run: &RunPick) -> String {
        match (run, self.known.get(id)) {
            (RunPick::Own(number), Some(known)) => pick(&known.instances, *number).clone(),
            (RunPick::Own(number) | RunPick::Pool(number), _) => {
                (*pick(&INSTANCE_IDS, *number)).to_owned()
            }
        }
    }
}
