//! The fields in which an answer will differ from the capture.
//!
//! A field that the capture sets is kept as it is. An answer can therefore differ only in fields
//! that are derived from the statuses of the runs, in fields that the capture lacks, in a long
//! Output, of which the start is cut, and in keys that no record holds.

use std::borrow::Cow;
use std::sync::Arc;

use super::any_json::Json;
use super::keys::{Field, RunField, Shown};
use super::record::Record;
use super::report::{Difference, DifferenceKind};
use super::run::RunNotes;
use crate::limits;
use crate::model::{InstanceRun, Overall, RepeatMode, Timestamp, is_timed};

/// Adds the differences of `record`, which is complete. Its CreationTime is `created`, and its
/// position in the captured list is `position`.
pub(super) fn compare(
    record: &Record<'_>,
    created: Timestamp,
    position: usize,
    out: &mut Vec<Difference>,
) {
    let invocation = &record.invocation;
    let invoke_id = &invocation.invoke_id;
    let mut out = Differences { position, invoke_id, shared_id: None, run: None, out };
    out.add_invocation(record, created);
    for &at in &record.tags_without_value {
        out.add_omitted(format!("Tags.Tag[{at}].TagValue"), Shown::Missing, String::new());
    }
    out.add_unknown(&record.unknown);
    for (at, (run, notes)) in invocation.instances.iter().zip(&record.runs).enumerate() {
        out.run = Some((at, &run.instance_id, None));
        out.add_run(run, notes, invocation.repeat_mode, created);
        out.add_unknown(&notes.unknown);
    }
}

/// The captured and the answered value of a derived field.
type Derived<'a> = Option<(Option<&'a str>, &'a str)>;

/// The list to which the differences of one record are added.
struct Differences<'a> {
    position: usize,
    invoke_id: &'a str,
    /// The InvokeId, shared by all differences of the record; `None` until the first difference,
    /// which most records do not have.
    shared_id: Option<Arc<str>>,
    /// The run to which the fields belong: its position, InstanceId, and the id to share.
    run: Option<(usize, &'a str, Option<Arc<str>>)>,
    out: &'a mut Vec<Difference>,
}

impl Differences<'_> {
    fn add_invocation(&mut self, record: &Record<'_>, created: Timestamp) {
        let invocation = &record.invocation;
        let statuses = invocation.instances.iter().map(|run| run.invocation_status);
        let overall = Overall::derive(invocation.repeat_mode, statuses);
        for &field in Field::ALL {
            let derived: Derived<'_> = match field {
                Field::InvocationStatus => Some((
                    record.invocation_status.as_deref(),
                    overall.invocation_status().as_str(),
                )),
                Field::InvokeStatus => {
                    Some((record.invoke_status.as_deref(), overall.invoke_status().as_str()))
                }
                Field::Timed => Some((record.timed.map(flag), flag(overall.timed()))),
                _ => None,
            };
            let shown = record.shown[field as usize];
            if shown == Shown::Set {
                self.add_derived(field.as_str(), derived);
                continue;
            }
            let answered = match field {
                // Answers never show the first two, and Timeout only if it is set. A record without
                // InvokeInstances is refused.
                Field::RegionId | Field::ResourceGroupId | Field::Timeout => continue,
                Field::InvokeInstances => continue,
                Field::CreationTime => created.to_string(),
                Field::RepeatMode => invocation.repeat_mode.to_string(),
                Field::Tags => "[]".to_owned(),
                _ => derived.map_or("", |(_, answered)| answered).to_owned(),
            };
            self.add_omitted(field.as_str(), shown, answered);
        }
    }

    fn add_run(
        &mut self,
        run: &InstanceRun,
        notes: &RunNotes<'_>,
        repeat_mode: RepeatMode,
        created: Timestamp,
    ) {
        let legacy = run.invocation_status.legacy(repeat_mode).as_str();
        let timed = flag(is_timed(repeat_mode, run.invocation_status.is_end()));
        let cut = run.output.len().saturating_sub(limits::OUTPUT_BYTES);
        for &field in RunField::ALL {
            let shown = notes.shown[field as usize];
            if cut > 0 && matches!(field, RunField::Output | RunField::Dropped) {
                self.add_truncated(field, run, shown, cut);
                continue;
            }
            let derived: Derived<'_> = match field {
                RunField::InstanceInvokeStatus => {
                    Some((notes.instance_invoke_status.as_deref(), legacy))
                }
                RunField::Timed => Some((notes.timed.map(flag), timed)),
                _ => None,
            };
            if shown == Shown::Set {
                self.add_derived(field.as_str(), derived);
                continue;
            }
            let answered = match field {
                // Answers show it only when it is set.
                RunField::ExitCode => continue,
                RunField::CreationTime => created.to_string(),
                RunField::UpdateTime => run.creation_time.unwrap_or(created).to_string(),
                RunField::Repeats | RunField::Dropped => "0".to_owned(),
                _ => derived.map_or("", |(_, answered)| answered).to_owned(),
            };
            self.add_omitted(field.as_str(), shown, answered);
        }
    }

    /// Adds the difference in Output or Dropped that the loss of `cut` bytes makes.
    fn add_truncated(&mut self, field: RunField, run: &InstanceRun, shown: Shown, cut: usize) {
        let length = run.output.len();
        let (captured, answered) = if field == RunField::Output {
            (Some(format!("{length} bytes")), format!("{} bytes", length - cut))
        } else {
            let captured = (shown == Shown::Set).then(|| run.dropped.to_string());
            (captured, run.dropped.saturating_add(cut as u64).to_string())
        };
        if captured.as_ref() != Some(&answered) {
            self.add(field.as_str(), DifferenceKind::Truncated, captured, Some(answered));
        }
    }

    fn add_unknown(&mut self, unknown: &[(Cow<'_, str>, Json<'_>)]) {
        for (path, value) in unknown {
            let captured = Some(value.as_str().to_owned());
            self.add(path.clone().into_owned(), DifferenceKind::Unknown, captured, None);
        }
    }

    /// Adds a field that the capture sets, if it is derived and the answer differs.
    fn add_derived(&mut self, field: &'static str, derived: Derived<'_>) {
        if let Some((Some(captured), answered)) = derived
            && captured != answered
        {
            let (captured, answered) = (Some(captured.to_owned()), Some(answered.to_owned()));
            self.add(field, DifferenceKind::Derived, captured, answered);
        }
    }

    /// Adds a field that the capture does not set.
    fn add_omitted(&mut self, field: impl Into<Cow<'static, str>>, shown: Shown, answered: String) {
        let captured = (shown == Shown::Empty).then(String::new);
        self.add(field, DifferenceKind::Omitted, captured, Some(answered));
    }

    fn add(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        kind: DifferenceKind,
        captured: Option<String>,
        answered: Option<String>,
    ) {
        let invoke_id = self.shared_id.get_or_insert_with(|| self.invoke_id.into());
        let instance = self.run.as_mut().map(|(at, instance_id, shared_id)| {
            (*at, Arc::clone(shared_id.get_or_insert_with(|| (*instance_id).into())))
        });
        self.out.push(Difference {
            position: Some(self.position),
            invoke_id: Arc::clone(invoke_id),
            instance,
            field: field.into(),
            kind,
            captured,
            answered,
        });
    }
}

fn flag(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}
