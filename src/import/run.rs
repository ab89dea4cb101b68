//! The runs of a captured record.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use super::capture::Decoding;
use super::keys::{Keys, RunField};
use super::lenient::{AsObject, List, Object, Reason, Scalar};
use super::record::Record;
use crate::limits;
use crate::model::{InstanceRun, InvocationStatus};

/// What is noted of a run beside the run itself.
#[derive(Default)]
pub(super) struct RunNotes<'de> {
    pub(super) keys: Keys,
    pub(super) instance_invoke_status: Option<Cow<'de, str>>,
    pub(super) timed: Option<bool>,
}

/// What stands at `InvokeInstances.InvokeInstance`.
pub(super) struct RunList<'r, 'a, 'de>(pub(super) &'r mut Record<'a, 'de>);

impl<'de> List<'de> for RunList<'_, '_, 'de> {
    fn item<A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        if self.0.runs.len() > limits::RUNS {
            // The record will be refused: only their number counts, and how outputs are written.
            let mut output = OutputOnly(&self.0.context.decoding);
            let there = items.next_element_seed(AsObject(&mut output))?.is_some();
            self.0.runs_left_out += usize::from(there);
            return Ok(there);
        }
        let mut reader = RunReader {
            record: &mut *self.0,
            run: InstanceRun::new(""),
            notes: RunNotes::default(),
        };
        if items.next_element_seed(AsObject(&mut reader))?.is_none() {
            return Ok(false);
        }
        if !reader.notes.keys.is_set(RunField::InvocationStatus as u8) {
            reader.record.refuse_missing("InvocationStatus");
        }
        let RunReader { record, run, notes } = reader;
        let runs = &mut record.invocation.instances;
        if runs.len() == runs.capacity() {
            // Most records have one, and a run is large.
            runs.reserve_exact(runs.len().max(1));
        }
        runs.push(run);
        record.runs.push(notes);
        Ok(true)
    }

    fn instead(&mut self, found: Scalar<'de>) {
        if !found.is_null() {
            let fault = found.fault("a list at InvokeInstances.InvokeInstance");
            self.0.refuse("InvokeInstances", fault);
        }
    }
}

struct RunReader<'r, 'a, 'de> {
    record: &'r mut Record<'a, 'de>,
    run: InstanceRun,
    notes: RunNotes<'de>,
}

impl<'de> RunReader<'_, '_, 'de> {
    fn take(&mut self, field: RunField, value: Scalar<'de>) -> Result<(), Reason> {
        let key = field as u8;
        if value.is_null() {
            return Ok(());
        }
        if let Some(place) = field.text(&mut self.run) {
            *place = value.text()?.unwrap_or_default().into_owned();
            self.notes.keys.set(key);
            return Ok(());
        }
        use RunField as F;
        // The other times and the output may be shown as unset.
        let never_empty = matches!(
            field,
            F::CreationTime | F::UpdateTime | F::InvocationStatus | F::InstanceInvokeStatus
        );
        if value.is_empty() && never_empty {
            self.notes.keys.set_empty(key);
        } else {
            self.notes.keys.set(key);
        }
        let run = &mut self.run;
        match field {
            F::InvocationStatus => {
                let given = value.named(InvocationStatus::ALL, InvocationStatus::as_str)?;
                run.invocation_status = given.unwrap_or(run.invocation_status);
            }
            F::InstanceInvokeStatus => self.notes.instance_invoke_status = value.text()?,
            F::Timed => self.notes.timed = value.flag()?,
            F::CreationTime => run.creation_time = value.time()?,
            F::UpdateTime => run.update_time = value.time()?,
            F::StartTime => run.start_time = value.time()?,
            F::FinishTime => run.finish_time = value.time()?,
            F::StopTime => run.stop_time = value.time()?,
            F::Repeats => {
                run.repeats = value.number("a whole number from 0 to 4294967295")?.unwrap_or(0);
            }
            F::Dropped => run.dropped = value.number("a whole number from 0")?.unwrap_or(0),
            F::ExitCode => run.exit_code = value.number("a whole number of 64 bits")?,
            F::Output => {
                let text = value.text()?.unwrap_or_default();
                run.output = self.record.context.decoding.decode(text)?;
            }
            // The texts are read above.
            _ => {}
        }
        Ok(())
    }

    fn refuse(&mut self, field: &'static str, fault: Reason) {
        let at = self.record.invocation.instances.len();
        self.record.refuse(field, format!("in InvokeInstance[{at}]: {fault}"));
    }
}

impl<'de> Object<'de> for RunReader<'_, '_, 'de> {
    fn entry<A: MapAccess<'de>>(
        &mut self,
        key: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let Some(field) = RunField::from_name(&key) else {
            let at = self.record.invocation.instances.len();
            self.record.note_unknown(Some(at), key.into_owned(), map.next_value()?);
            return Ok(());
        };
        if !self.notes.keys.give(field as u8) {
            self.refuse(field.as_str(), "given twice, allowed once".into());
        }
        let value = map.next_value()?;
        if let Err(fault) = self.take(field, value) {
            self.refuse(field.as_str(), fault);
        }
        Ok(())
    }

    fn instead(&mut self, found: Scalar<'de>) {
        self.refuse("InvokeInstances", found.fault("an object"));
    }
}

/// A run of which nothing is kept.
struct OutputOnly<'a>(&'a Decoding);

impl<'de> Object<'de> for OutputOnly<'_> {
    fn entry<A: MapAccess<'de>>(
        &mut self,
        key: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if key == RunField::Output.as_str() {
            self.0.look_at(map.next_value()?);
        } else {
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn instead(&mut self, _: Scalar<'de>) {}
}
