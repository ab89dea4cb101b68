//! Reads records of DescribeInvocationResults, and makes invocations of those of one InvokeId.

use std::collections::HashMap;

use super::fields::{RESULT, Reader, Shown, Target};
use super::json::{Json, Opened, Shape};
use super::lists::read_tags;
use super::object::Object;
use super::options::ImportOptions;
use super::record::{Record, set_region, settle_status};
use super::report::{Difference, DifferenceKind, Place, Refusal, locate};
use crate::error::Error;
use crate::limits;
use crate::model::{
    COMMAND_TEXT_FIELDS, InstanceRun, Invocation, Overall, RUN_TEXT_FIELDS, RepeatMode, Timestamp,
};
use crate::store::{RunHistory, validate};

/// The lists of a record of results.
const SHAPE: Shape = Shape(&[("Tags", Shape(&[("Tag", Shape(&[]))]))]);

/// One record of results.
pub(super) struct Row<'de> {
    place: Place,
    /// The fields of the invocation; no runs.
    invocation: Invocation,
    run: InstanceRun,
    object: Object<'de>,
    differences: Vec<Difference>,
    error: Option<Error>,
}

impl<'de> Row<'de> {
    /// Reads a record. A fault in it later refuses its whole group.
    ///
    /// # Errors
    ///
    /// If the record has no InvokeId.
    pub(super) fn read(
        json: Json<'de>,
        place: &Place,
        reader: &mut Reader,
    ) -> Result<Self, Refusal> {
        let refused = |error| Refusal::new(place.clone(), String::new(), error);
        let name = "InvocationResult";
        let entries = Opened::object(json, &SHAPE)
            .map_err(|reason| refused(Error::captured(name, reason)))?;
        let mut target = Target::new();
        let mut object = Object::read(name, entries, RESULT, &mut target, reader);
        target.invocation.tags = read_tags(&mut object, reader);
        settle_status(&mut target, &object, "InvokeRecordStatus", reader);
        let Target { invocation, run, .. } = target;
        let error = reader.error.take();
        if invocation.invoke_id.is_empty() {
            return Err(refused(error.unwrap_or_else(|| Error::record_missing("InvokeId"))));
        }
        let (place, differences) = (place.clone(), std::mem::take(&mut reader.differences));
        Ok(Row { place, invocation, run, object, differences, error })
    }
}

/// The records of results with one InvokeId, in the order of the files.
pub(super) struct Group<'de> {
    rows: Vec<Row<'de>>,
}

/// The groups of `rows`, in the order of their first records.
pub(super) fn group(rows: Vec<Row<'_>>) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut by_id = HashMap::new();
    for row in rows {
        let at = *by_id.entry(row.invocation.invoke_id.clone()).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { rows: vec![row] }),
        }
    }
    groups
}

/// The invocation that a group shows.
pub(super) struct Combined {
    /// Only what the records have: region, resource group and CreationTime may be unset.
    pub(super) invocation: Invocation,
    /// The place of the record of each run.
    pub(super) places: Vec<Place>,
    pub(super) histories: Vec<RunHistory>,
}

impl Group<'_> {
    pub(super) fn invoke_id(&self) -> &str {
        &self.rows[0].invocation.invoke_id
    }

    /// A refusal of the whole group.
    pub(super) fn refuse(&self, place: &Place, error: Error) -> Refusal {
        Refusal::new(place.clone(), self.invoke_id().to_owned(), error)
    }

    pub(super) fn place(&self) -> &Place {
        &self.rows[0].place
    }

    /// Combines the records. The first one of an instance is its run, the others are its history,
    /// newest first.
    ///
    /// # Errors
    ///
    /// The first fault of a record, or a contradiction between two of them.
    pub(super) fn combine(&self) -> Result<Combined, Refusal> {
        let first = &self.rows[0];
        let mut combined = Combined {
            invocation: first.invocation.clone(),
            places: Vec::new(),
            histories: Vec::new(),
        };
        let invocation = &mut combined.invocation;
        for row in &self.rows {
            let refused = |error| Err(self.refuse(&row.place, error));
            if let Some(error) = &row.error {
                return refused(error.clone());
            }
            let differs = |name: &'static str| {
                let (first, reason) = (&first.place, "differs from the record of this InvokeId at");
                refused(Error::captured(name, format!("{reason} {first}")))
            };
            for field in COMMAND_TEXT_FIELDS {
                if (field.get)(invocation) != (field.get)(&row.invocation) {
                    return differs(field.name);
                }
            }
            if invocation.tags != row.invocation.tags {
                return differs("Tags");
            }
            let run = &row.run;
            let is_same = |held: &InstanceRun| held.instance_id == run.instance_id;
            let Some(at) = invocation.instances.iter().position(is_same) else {
                if invocation.instances.len() == limits::RUNS {
                    let (given, most) = (limits::RUNS + 1, limits::RUNS);
                    return refused(Error::record_too_long("InstanceId", given, most, "instances"));
                }
                invocation.instances.push(run.clone());
                combined.places.push(row.place.clone());
                continue;
            };
            if !run.invocation_status.is_end() {
                let status = run.invocation_status;
                let reason = format!(
                    "given {status} in a further record of the instance, allowed a final status: it \
                     is read as history; leave one record for each execution"
                );
                return refused(Error::captured("InvocationStatus", reason));
            }
            let mut texts = RUN_TEXT_FIELDS.iter();
            if let Err(error) = texts.try_for_each(|field| validate::text(field, (field.get)(run)))
            {
                return refused(error);
            }
            invocation.repeat_mode = RepeatMode::Period;
            let position = combined.histories.iter().position(|history| history.run == at);
            let position = position.unwrap_or_else(|| {
                combined.histories.push(RunHistory { run: at, ever: 0, first: 1, records: vec![] });
                combined.histories.len() - 1
            });
            combined.histories[position].records.push(run.clone());
        }
        for history in &mut combined.histories {
            history.records.reverse();
            history.ever = history.records.len() as u32;
        }
        Ok(combined)
    }

    /// The record that the group makes by itself, with the fields that it assumes.
    ///
    /// # Errors
    ///
    /// If no record has a time from which CreationTime could follow.
    pub(super) fn make(self, options: &ImportOptions) -> Result<Record, Refusal> {
        let Combined { mut invocation, histories, .. } = self.combine()?;
        let place = self.rows[0].place.clone();
        let runs = || self.rows.iter().map(|row| &row.run);
        let started = runs().filter_map(|run| run.start_time).min();
        let created = started.or_else(|| runs().filter_map(|run| run.stop_time).min());
        let Some(created) = created else {
            let reason = "not given, and no record of this InvokeId has a StartTime or StopTime from \
                          which it follows; load the DescribeInvocations response as well";
            return Err(self.refuse(&place, Error::captured("CreationTime", reason)));
        };
        invocation.creation_time = Some(created);
        let has_group = self.rows[0].object.value("ResourceGroupId").is_some();
        set_region(&mut invocation, has_group, options);
        let mut differences = [
            ("CreationTime", created.to_string()),
            ("RepeatMode", invocation.repeat_mode.to_string()),
            ("CommandType", invocation.command_type.to_string()),
        ]
        .map(|(field, value)| {
            Difference::new(None, field, DifferenceKind::Assumed, None, Some(value))
        })
        .to_vec();
        locate(&mut differences, &place, &invocation);
        self.add_differences(invocation.repeat_mode, true, &mut differences);
        Ok(Record { place, invocation, histories, differences, is_completed: false })
    }

    /// Adds the differences between the records and the answer for a task of `repeat_mode`.
    /// `omitted` says whether fields that the records lack are among them.
    pub(super) fn add_differences(
        self,
        repeat_mode: RepeatMode,
        omitted: bool,
        out: &mut Vec<Difference>,
    ) {
        let mut instances = Vec::new();
        for Row { place, invocation, run, object, mut differences, .. } in self.rows {
            // The legacy status of an earlier execution is that of a task that runs once.
            let is_history = instances.contains(&run.instance_id);
            let repeat_mode = if is_history { RepeatMode::Once } else { repeat_mode };
            let overall = Overall::derive(repeat_mode, [run.invocation_status].into_iter());
            // Records of results have no CreationTime.
            let shown = Shown { repeat_mode, overall, created: Timestamp::MIN, run: &run };
            object.compare(&shown, omitted, None, &mut differences);
            locate(&mut differences, &place, &invocation);
            out.append(&mut differences);
            if !is_history {
                instances.push(run.instance_id);
            }
        }
    }
}
