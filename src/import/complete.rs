//! Completes a record by the records of results with its InvokeId.
//!
//! The rule is all or nothing. If a value in the results differs from one that the record has set,
//! the two show different moments or different tasks: the record stays as it is, and each such value
//! is a difference. Otherwise every field that the record has unset takes the value of the results.
//! `""`, 0 and empty lists count as unset.

use std::borrow::Cow;

use super::record::Record;
use super::report::{Difference, DifferenceKind, Place, Refusal, locate};
use super::results::{Combined, Group};
use crate::error::Error;
use crate::model::{COMMAND_TEXT_FIELDS, InstanceRun, Invocation, RUN_TEXT_FIELDS, Tag};
use crate::store::RunHistory;

impl Record {
    /// Completes the record by `group`, and adds the differences. `held` has the history that each run
    /// has already, oldest first. Returns false if the two contradict each other.
    ///
    /// # Errors
    ///
    /// If an instance of the results is not part of the record, if they have history of a task that
    /// has none, or if they contradict each other. The record is then unchanged.
    pub(super) fn complete(
        &mut self,
        group: Group<'_>,
        held: &[Vec<InstanceRun>],
    ) -> Result<bool, Refusal> {
        let Combined { invocation: theirs, places, histories } = group.combine()?;
        let mode = self.invocation.repeat_mode;
        let mut merge = Merge::new(&places[0], &theirs);
        let mut completed = self.invocation.clone();
        merge.invocation(&mut completed, &theirs);
        let mut positions = Vec::new();
        for (theirs, place) in theirs.instances.iter().zip(&places) {
            let is_it = |run: &InstanceRun| run.instance_id == theirs.instance_id;
            let Some(at) = completed.instances.iter().position(is_it) else {
                let (id, invoke_id) = (&theirs.instance_id, &self.invocation.invoke_id);
                return Err(group.refuse(place, Error::unknown_run(invoke_id, id)));
            };
            (merge.run, merge.place) = (Some(at), place);
            merge.run(&mut completed.instances[at], theirs);
            positions.push(at);
        }
        let mut new = Vec::new();
        for given in histories {
            let (place, count) = (&places[given.run], given.records.len());
            if !mode.is_recurring() {
                let count = count + 1;
                let reason = format!(
                    "given {count} records of results for one instance, allowed 1: the task is \
                     {mode}, which has no history"
                );
                return Err(group.refuse(place, Error::captured("RepeatMode", reason)));
            }
            let run = positions[given.run];
            (merge.run, merge.place) = (Some(run), place);
            match held.get(run).filter(|held| !held.is_empty()) {
                None => new.push(RunHistory { run, ..given }),
                Some(held) => merge.history(held, &given.records),
            }
        }
        let Merge { mut taken, mut conflicts, .. } = merge;
        let agree = conflicts.is_empty();
        if agree {
            locate(&mut taken, &self.place, &self.invocation);
            let is_taken = |one: &Difference| {
                taken.iter().any(|other| one.field == other.field && one.run() == other.run())
            };
            self.differences.retain(|one| !is_taken(one));
            self.differences.append(&mut taken);
            (self.invocation, self.histories, self.is_completed) = (completed, new, true);
        } else {
            self.differences.append(&mut conflicts);
        }
        group.add_differences(mode, false, &mut self.differences);
        Ok(agree)
    }
}

/// Collects the values that a record takes from results, and those that contradict it.
struct Merge<'a> {
    /// The position of the run in the record, for a field of a run.
    run: Option<usize>,
    /// The record of results.
    place: &'a Place,
    theirs: &'a Invocation,
    taken: Vec<Difference>,
    conflicts: Vec<Difference>,
}

impl<'a> Merge<'a> {
    fn new(place: &'a Place, theirs: &'a Invocation) -> Self {
        Merge { run: None, place, theirs, taken: Vec::new(), conflicts: Vec::new() }
    }

    fn value<T: PartialEq + Default>(
        &mut self,
        field: &'static str,
        mine: &mut T,
        theirs: T,
        show: impl Fn(&T) -> String,
    ) {
        use DifferenceKind as K;
        if theirs == T::default() || *mine == theirs {
            return;
        }
        let (held, given) = (show(mine), Some(show(&theirs)));
        if *mine == T::default() {
            *mine = theirs;
            self.taken.push(Difference::new(self.run, field, K::Completed, None, given));
        } else {
            let name = if field == "FinishTime" { "FinishedTime" } else { field };
            self.conflict(name, given, held);
        }
    }

    fn invocation(&mut self, mine: &mut Invocation, theirs: &Invocation) {
        for field in COMMAND_TEXT_FIELDS {
            let theirs = (field.get)(theirs).to_owned();
            self.value(field.name, (field.get_mut)(mine), theirs, String::clone);
        }
        self.value("RegionId", &mut mine.region_id, theirs.region_id.clone(), String::clone);
        let group = theirs.resource_group_id.clone();
        self.value("ResourceGroupId", &mut mine.resource_group_id, group, String::clone);
        let pair = |tag: &Tag| format!("{:?}: {:?}", tag.key, tag.value);
        let pairs = |tags: &Vec<Tag>| tags.iter().map(pair).collect::<Vec<_>>().join(", ");
        self.value("Tags", &mut mine.tags, theirs.tags.clone(), pairs);
    }

    /// Compares the history of a run with that of the results. It cannot be completed, so a value
    /// that only the results have is a contradiction too.
    fn history(&mut self, mine: &[InstanceRun], theirs: &[InstanceRun]) {
        let (mut held, given) = (mine.len(), theirs.len());
        self.value("history", &mut held, given, |count| format!("{count} records"));
        for (mine, theirs) in mine.iter().zip(theirs).filter(|_| mine.len() == given) {
            let before = self.taken.len();
            self.run(&mut mine.clone(), theirs);
            for taken in self.taken.split_off(before) {
                let Difference { field, answered: given, .. } = taken;
                self.conflict(field, given, String::new());
            }
        }
    }

    fn conflict(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        given: Option<String>,
        held: String,
    ) {
        let kind = DifferenceKind::Conflict;
        let mut conflict = [Difference::new(None, field, kind, given, Some(held))];
        locate(&mut conflict, self.place, self.theirs);
        self.conflicts.extend(conflict);
    }

    fn run(&mut self, mine: &mut InstanceRun, theirs: &InstanceRun) {
        let status = Some(theirs.invocation_status);
        self.value("InvocationStatus", &mut Some(mine.invocation_status), status, shown);
        self.value("StartTime", &mut mine.start_time, theirs.start_time, shown);
        self.value("FinishTime", &mut mine.finish_time, theirs.finish_time, shown);
        self.value("StopTime", &mut mine.stop_time, theirs.stop_time, shown);
        self.value("Repeats", &mut mine.repeats, theirs.repeats, u32::to_string);
        self.value("ExitCode", &mut mine.exit_code, theirs.exit_code, shown);
        // With bytes that are no text, both are shown in ASCII: replacement characters could make
        // different outputs look equal.
        let are_texts = [&mine.output, &theirs.output].map(|output| str::from_utf8(output).is_ok());
        let text = |bytes: &Vec<u8>| match are_texts {
            [true, true] => String::from_utf8_lossy(bytes).into_owned(),
            _ => bytes.escape_ascii().to_string(),
        };
        self.value("Output", &mut mine.output, theirs.output.clone(), text);
        self.value("Dropped", &mut mine.dropped, theirs.dropped, u64::to_string);
        for field in RUN_TEXT_FIELDS {
            let theirs = (field.get)(theirs).to_owned();
            self.value(field.name, (field.get_mut)(mine), theirs, String::clone);
        }
    }
}

fn shown<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map(T::to_string).unwrap_or_default()
}
