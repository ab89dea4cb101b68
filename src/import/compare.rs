//! What an answer will show otherwise than the capture did.
//!
//! Every other field is kept as it was read, so only what is derived, set by the store, cut or
//! missing can differ.

use std::borrow::Cow;
use std::sync::Arc;

use super::keys::{Field, RunField};
use super::record::{Record, UnknownKey};
use super::{Difference, DifferenceKind};
use crate::limits;
use crate::model::{Invocation, Overall, Timestamp, is_timed};

/// Adds the differences of `record`, which is complete and stood at `position`.
pub(super) fn compare(record: &Record<'_, '_>, position: usize, out: &mut Vec<Difference>) {
    let invocation = &record.invocation;
    let created = invocation.creation_time.unwrap_or(record.context.now);
    let mut out = Differences { position, invocation, invoke_id: None, run: None, out };
    out.add_of_invocation(record, created);
    for &at in &record.tags_without_value {
        out.omitted(format!("Tags.Tag[{at}].TagValue"), None, String::new());
    }
    // Those of the invocation first, then run by run.
    let mut unknown: Vec<_> = record.unknown.iter().collect();
    unknown.sort_by_key(|key| key.run);
    out.add_unknown(&unknown, None);
    for at in 0..record.runs.len() {
        out.run = Some((at, None));
        out.add_of_run(record, at, created);
        out.add_unknown(&unknown, Some(at));
    }
}

/// Where a record's differences go.
struct Differences<'a> {
    position: usize,
    invocation: &'a Invocation,
    /// Made when the first difference needs it.
    invoke_id: Option<Arc<str>>,
    /// The run that the fields are of, and its id when a difference has needed it.
    run: Option<(usize, Option<Arc<str>>)>,
    out: &'a mut Vec<Difference>,
}

impl Differences<'_> {
    fn add_of_invocation(&mut self, record: &Record<'_, '_>, created: Timestamp) {
        let invocation = self.invocation;
        let statuses = invocation.instances.iter().map(|run| run.invocation_status);
        let overall = Overall::derive(invocation.repeat_mode, statuses);
        for &field in Field::ALL {
            let (name, key) = (field.as_str(), field as u8);
            let derived = match field {
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
            if record.keys.is_set(key) {
                self.derived(name, derived);
                continue;
            }
            let answered = match field {
                // Never shown, or not when unset; or there would be no record.
                Field::RegionId | Field::ResourceGroupId | Field::Timeout => continue,
                Field::InvokeInstances => continue,
                Field::CreationTime => created.to_string(),
                Field::RepeatMode => invocation.repeat_mode.to_string(),
                Field::Tags => "[]".to_owned(),
                _ => derived.map_or("", |(_, answered)| answered).to_owned(),
            };
            self.omitted(name, record.keys.unset_text(key), answered);
        }
    }

    fn add_of_run(&mut self, record: &Record<'_, '_>, at: usize, created: Timestamp) {
        let (run, notes) = (&self.invocation.instances[at], &record.runs[at]);
        let repeat_mode = self.invocation.repeat_mode;
        let legacy = run.invocation_status.legacy(repeat_mode).as_str();
        let timed = flag(is_timed(repeat_mode, run.invocation_status.is_end()));
        let cut = run.output.len().saturating_sub(limits::OUTPUT_BYTES);
        for &field in RunField::ALL {
            let (name, key) = (field.as_str(), field as u8);
            let derived = match field {
                RunField::InstanceInvokeStatus => {
                    Some((notes.instance_invoke_status.as_deref(), legacy))
                }
                RunField::Timed => Some((notes.timed.map(flag), timed)),
                _ => None,
            };
            let is_set = notes.keys.is_set(key);
            match field {
                RunField::Output if cut > 0 => {
                    let length = |bytes: usize| Some(format!("{bytes} bytes"));
                    let (captured, answered) =
                        (length(run.output.len()), length(run.output.len() - cut));
                    self.add(name, DifferenceKind::Truncated, captured, answered);
                    continue;
                }
                RunField::Dropped if cut > 0 => {
                    let captured = is_set.then(|| run.dropped.to_string());
                    let answered = run.dropped.saturating_add(cut as u64);
                    if answered != run.dropped || !is_set {
                        self.add(
                            name,
                            DifferenceKind::Truncated,
                            captured,
                            Some(answered.to_string()),
                        );
                    }
                    continue;
                }
                _ => {}
            }
            if is_set {
                self.derived(name, derived);
                continue;
            }
            let answered = match field {
                // Not shown when unset.
                RunField::ExitCode => continue,
                RunField::CreationTime => created.to_string(),
                RunField::UpdateTime => run.creation_time.unwrap_or(created).to_string(),
                RunField::Repeats | RunField::Dropped => "0".to_owned(),
                _ => derived.map_or("", |(_, answered)| answered).to_owned(),
            };
            self.omitted(name, notes.keys.unset_text(key), answered);
        }
    }

    /// Adds those of `sorted` that stand in `run`.
    fn add_unknown(&mut self, sorted: &[&UnknownKey<'_>], run: Option<usize>) {
        let start = sorted.partition_point(|key| key.run < run);
        for key in sorted[start..].iter().take_while(|key| key.run == run) {
            let captured = Some(key.json.to_owned());
            self.add(key.path.clone(), DifferenceKind::Unknown, captured, None);
        }
    }

    /// Of a field that the capture sets: what it shows and what is answered, if it is derived.
    fn derived(&mut self, field: &'static str, derived: Option<(Option<&str>, &str)>) {
        if let Some((Some(captured), answered)) = derived
            && captured != answered
        {
            let (captured, answered) = (Some(captured.to_owned()), Some(answered.to_owned()));
            self.add(field, DifferenceKind::Derived, captured, answered);
        }
    }

    fn omitted(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        captured: Option<String>,
        answered: String,
    ) {
        self.add(field, DifferenceKind::Omitted, captured, Some(answered));
    }

    fn add(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        kind: DifferenceKind,
        captured: Option<String>,
        answered: Option<String>,
    ) {
        let invocation = self.invocation;
        let invoke_id =
            self.invoke_id.get_or_insert_with(|| Arc::from(&*invocation.invoke_id)).clone();
        let instance = self.run.as_mut().map(|(at, instance_id)| {
            let instance_id = instance_id
                .get_or_insert_with(|| Arc::from(&*invocation.instances[*at].instance_id));
            (*at, Arc::clone(instance_id))
        });
        let position = Some(self.position);
        let field = field.into();
        self.out.push(Difference {
            position,
            invoke_id,
            instance,
            field,
            kind,
            captured,
            answered,
        });
    }
}

fn flag(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}
