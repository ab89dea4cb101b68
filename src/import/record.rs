//! Reads one record of DescribeInvocations into an invocation.

use super::fields::{RECORD, RUN, Reader, Shown, Target};
use super::json::Json;
use super::lists::{items_of, read_tags};
use super::object::Object;
use super::options::ImportOptions;
use super::report::{Difference, DifferenceKind, NotRetained, Place, Refusal, locate};
use crate::error::Error;
use crate::limits;
use crate::model::{
    InstanceInvokeStatus, InstanceRun, Invocation, InvocationStatus, Overall, Timestamp,
};
use crate::store::RunHistory;

/// A record that can be accepted.
pub(super) struct Record {
    pub(super) place: Place,
    pub(super) invocation: Invocation,
    /// The histories of its runs, from records of results.
    pub(super) histories: Vec<RunHistory>,
    pub(super) differences: Vec<Difference>,
    /// Whether records of results completed it.
    pub(super) is_completed: bool,
}

impl Record {
    pub(super) fn new(place: &Place, invocation: Invocation) -> Self {
        let (place, histories, differences) = (place.clone(), Vec::new(), Vec::new());
        Record { place, invocation, histories, differences, is_completed: false }
    }

    /// Adds differences of the record.
    pub(super) fn add(&mut self, mut differences: Vec<Difference>) {
        locate(&mut differences, &self.place, &self.invocation);
        self.differences.append(&mut differences);
    }

    pub(super) fn refuse(&self, error: Error) -> Refusal {
        Refusal::new(self.place.clone(), self.invocation.invoke_id.clone(), error)
    }

    /// The report on the record, which was accepted and is not held. `cutoff` is the time before
    /// which records had expired.
    pub(super) fn not_retained(self, cutoff: Timestamp) -> NotRetained {
        let expired = self.invocation.creation_time.is_some_and(|created| created < cutoff);
        NotRetained { place: self.place, invoke_id: self.invocation.invoke_id, expired }
    }

    /// Reads a record. Region, resource group and CreationTime become those of `options` and `now`
    /// if the capture lacks them.
    ///
    /// # Errors
    ///
    /// The first fault of the record.
    pub(super) fn read(
        json: Json<'_>,
        place: &Place,
        reader: &mut Reader,
        options: &ImportOptions,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let mut target = Target::new();
        let mut object = Object::read("Invocation", json, RECORD, &mut target, reader);
        // A run has a Timed of its own.
        let is_timed = target.timed == Some(true);
        target.invocation.tags = read_tags(&mut object, reader);
        let items = items_of("InvokeInstances", "InvokeInstance", &mut object, reader);
        let count = items.len();
        let mut runs = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            reader.run = Some(at);
            let noted = reader.differences.len();
            let object = Object::read("InvokeInstances", item, RUN, &mut target, reader);
            settle_status(&mut target, &object, "InstanceInvokeStatus", reader);
            let run = std::mem::replace(&mut target.run, InstanceRun::new(""));
            target.legacy = None;
            if at < limits::RUNS {
                target.invocation.instances.push(run);
                runs.push(object);
            } else {
                // A run too many refuses the record, but its texts still decide on the encoding.
                reader.differences.truncate(noted);
            }
        }
        reader.run = None;

        let mode = "RepeatMode";
        if !object.is_set(mode) && is_timed {
            let reason =
                "not given, and while Timed is true it may be any but Once; add it to the record";
            reader.refuse(mode, reason.into());
        }
        if !object.is_set("CommandType") {
            reader.error.get_or_insert_with(|| Error::record_missing("CommandType"));
        }
        if count > limits::RUNS {
            reader.error.get_or_insert_with(|| {
                Error::record_too_long("InstanceId", count, limits::RUNS, "instances")
            });
        }
        let mut invocation = target.invocation;
        if let Some(error) = reader.error.take() {
            return Err(Refusal::new(place.clone(), invocation.invoke_id, error));
        }
        set_region(&mut invocation, object.value("ResourceGroupId").is_some(), options);
        let created = *invocation.creation_time.get_or_insert(now);

        let statuses = invocation.instances.iter().map(|run| run.invocation_status);
        let overall = Overall::derive(invocation.repeat_mode, statuses);
        let repeat_mode = invocation.repeat_mode;
        let shown = Shown { repeat_mode, overall, created, run: &target.run };
        let mut differences = std::mem::take(&mut reader.differences);
        object.compare(&shown, true, None, &mut differences);
        for (at, (run, object)) in invocation.instances.iter().zip(runs).enumerate() {
            object.compare(&Shown { run, ..shown }, true, Some(at), &mut differences);
        }
        let mut record = Record::new(place, invocation);
        record.add(differences);
        Ok(record)
    }
}

/// Sets region and resource group to those of the options, if the capture lacks them.
pub(super) fn set_region(invocation: &mut Invocation, has_group: bool, options: &ImportOptions) {
    if invocation.region_id.is_empty() {
        invocation.region_id.clone_from(&options.region_id);
    }
    if !has_group {
        invocation.resource_group_id.clone_from(&options.resource_group_id);
    }
}

/// Sets the InvocationStatus of a run without one by its legacy status, the field `legacy`. Refuses
/// the record if the run has neither.
pub(super) fn settle_status(
    target: &mut Target,
    object: &Object<'_>,
    legacy: &'static str,
    reader: &mut Reader,
) {
    use InstanceInvokeStatus as L;
    let field = "InvocationStatus";
    if object.is_set(field) {
        return;
    }
    let status = match (target.legacy, target.run.exit_code) {
        (Some(L::Finished), None | Some(0)) => InvocationStatus::Success,
        (Some(L::Finished), Some(_)) | (Some(L::Failed), _) => InvocationStatus::Failed,
        (Some(L::Stopped), _) => InvocationStatus::Terminated,
        (Some(L::Stopping), _) => InvocationStatus::Stopping,
        (Some(L::Running), _) => InvocationStatus::Running,
        (None, _) if object.is_set(legacy) => {
            let allowed: Vec<_> = L::ALL.iter().map(|status| status.as_str()).collect();
            let allowed = allowed.join(", ");
            let reason = format!("given no InvocationStatus to derive it from, allowed {allowed}");
            return reader.refuse(legacy, reason);
        }
        (None, _) => {
            reader.error.get_or_insert_with(|| Error::record_missing(field));
            return;
        }
    };
    target.run.invocation_status = status;
    let captured = object.value(field).map(|_| "");
    reader.note(field, DifferenceKind::Assumed, captured, status.as_str());
}
