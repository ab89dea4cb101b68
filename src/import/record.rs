//! Reads one record of DescribeInvocations into an invocation.

use super::fields::{RECORD, RUN, Reader, Shown, Target};
use super::json::{Json, Opened, Shape};
use super::lists::{items_of, read_tags};
use super::object::Object;
use super::options::ImportOptions;
use super::report::{Difference, DifferenceKind, Place, Refusal, locate};
use crate::error::Error;
use crate::limits;
use crate::model::{
    InstanceInvokeStatus, InstanceRun, Invocation, InvocationStatus, Overall, Timestamp,
};
use crate::store::RunHistory;

/// The lists of a record.
const SHAPE: Shape = Shape(&[
    ("InvokeInstances", Shape(&[("InvokeInstance", Shape(&[]))])),
    ("Tags", Shape(&[("Tag", Shape(&[]))])),
]);

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
    /// A record of the store, to be completed by records of results, the first one at `place`.
    pub(super) fn held(place: Place, invocation: Invocation) -> Self {
        let (histories, differences) = (Vec::new(), Vec::new());
        Record { place, invocation, histories, differences, is_completed: false }
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
        let refused = |id, error| Refusal::new(place.clone(), id, error);
        let entries = Opened::object(json, &SHAPE)
            .map_err(|reason| refused(String::new(), Error::captured("Invocation", reason)))?;
        let mut object = Object::read("Invocation", entries, RECORD, &mut target, reader);
        target.invocation.tags = read_tags(&mut object, reader);
        let items = items_of("InvokeInstances", "InvokeInstance", &mut object, reader);
        let count = items.len();
        let most = count.min(limits::RUNS);
        target.invocation.instances.reserve_exact(most);
        let mut runs = Vec::with_capacity(most);
        for (at, item) in items.into_iter().enumerate() {
            let object = read_run(at, item, &mut target, reader);
            let run = std::mem::replace(&mut target.run, InstanceRun::new(""));
            target.legacy = None;
            if let Some(object) = object {
                target.invocation.instances.push(run);
                runs.push(object);
            }
        }

        let mode = "RepeatMode";
        if !object.is_set(mode) && target.timed == Some(true) {
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
            return Err(refused(invocation.invoke_id, error));
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
        locate(&mut differences, place, &invocation);
        let (place, histories) = (place.clone(), Vec::new());
        Ok(Record { place, invocation, histories, differences, is_completed: false })
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

/// Reads the run at position `at` into the target; `None` if it is no object, or beyond the number
/// of runs that a record can have. The decoder sees the texts of all runs.
fn read_run<'de>(
    at: usize,
    json: Json<'de>,
    target: &mut Target,
    reader: &mut Reader,
) -> Option<Object<'de>> {
    reader.run = Some(at);
    let noted = reader.differences.len();
    let object = match Opened::object(json, &Shape(&[])) {
        Ok(entries) => {
            let object = Object::read("InvokeInstances", entries, RUN, target, reader);
            settle_status(target, &object, "InstanceInvokeStatus", reader);
            Some(object)
        }
        Err(reason) => {
            reader.refuse("InvokeInstances", reason);
            None
        }
    };
    reader.run = None;
    if at >= limits::RUNS {
        reader.differences.truncate(noted);
        return None;
    }
    object
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
    let captured = object.value(field).map(|_| String::new());
    let (kind, answered) = (DifferenceKind::Assumed, Some(status.to_string()));
    reader.differences.push(Difference::new(reader.run, field, kind, captured, answered));
}
