//! Reads one run of a captured record.

use std::borrow::Cow;

use super::any_json::{Entry, Json, Reason};
use super::encoding::Decoder;
use super::keys::{RunField, Shown};
use crate::error::Error;
use crate::model::{InstanceRun, InvocationStatus};

/// Notes on a captured run: the keys that the capture has, and the values that a run does not hold.
#[derive(Default)]
pub(super) struct RunNotes<'de> {
    /// By [`RunField`].
    pub(super) shown: [Shown; RunField::ALL.len()],
    pub(super) instance_invoke_status: Option<Cow<'de, str>>,
    pub(super) timed: Option<bool>,
    /// The unknown keys and their values.
    pub(super) unknown: Vec<(Cow<'de, str>, Json<'de>)>,
}

/// A run as it was read.
pub(super) struct Run<'de> {
    pub(super) run: InstanceRun,
    pub(super) notes: RunNotes<'de>,
    /// The first fault, which refuses the record.
    pub(super) error: Option<Error>,
    /// The position in InvokeInstance.
    at: usize,
}

impl<'de> Run<'de> {
    /// Reads the run at position `at` of InvokeInstance.
    pub(super) fn read(json: Json<'de>, at: usize, decoder: &mut Decoder) -> Self {
        let (run, notes) = (InstanceRun::new(""), RunNotes::default());
        let mut read = Run { run, notes, error: None, at };
        match json.entries() {
            Ok(entries) => {
                for entry in entries {
                    read.read_entry(entry, decoder);
                }
            }
            Err(reason) => read.refuse("InvokeInstances", reason),
        }
        if read.notes.shown[RunField::InvocationStatus as usize] != Shown::Set {
            read.error.get_or_insert_with(|| Error::record_missing("InvocationStatus"));
        }
        read
    }

    /// Keeps the fault, unless there was one before.
    fn refuse(&mut self, field: &'static str, reason: Reason) {
        let at = self.at;
        self.error.get_or_insert_with(|| {
            Error::captured(field, format!("in InvokeInstance[{at}]: {reason}"))
        });
    }

    fn read_entry(&mut self, (key, value): Entry<'de>, decoder: &mut Decoder) {
        let key = match key {
            Ok(key) => key,
            Err(reason) => return self.refuse("InvokeInstances", reason),
        };
        let Some(field) = RunField::from_name(&key) else {
            self.notes.unknown.push((key, value));
            return;
        };
        let shown = Shown::of(field.as_str(), value);
        let before = std::mem::replace(&mut self.notes.shown[field as usize], shown);
        if before != Shown::Missing {
            self.refuse(field.as_str(), "given twice, allowed once".into());
        }
        if !value.is_null()
            && let Err(reason) = self.read_field(field, value, decoder)
        {
            self.refuse(field.as_str(), reason);
        }
    }

    /// Reads a value that is not `null`.
    fn read_field(
        &mut self,
        field: RunField,
        value: Json<'de>,
        decoder: &mut Decoder,
    ) -> Result<(), Reason> {
        use RunField as F;
        let run = &mut self.run;
        match field {
            F::InvocationStatus => {
                let given = value.named(InvocationStatus::ALL, InvocationStatus::as_str)?;
                run.invocation_status = given.unwrap_or(run.invocation_status);
            }
            F::InstanceInvokeStatus => self.notes.instance_invoke_status = Some(value.text()?),
            F::Timed => self.notes.timed = Some(value.flag()?),
            F::CreationTime => run.creation_time = value.time()?,
            F::UpdateTime => run.update_time = value.time()?,
            F::StartTime => run.start_time = value.time()?,
            F::FinishTime => run.finish_time = value.time()?,
            F::StopTime => run.stop_time = value.time()?,
            F::Repeats => run.repeats = value.number("a whole number from 0 to 4294967295")?,
            F::ExitCode => run.exit_code = Some(value.number("a whole number of 64 bits")?),
            F::Output => run.output = decoder.decode(value.text()?)?,
            F::Dropped => run.dropped = value.number("a whole number from 0")?,
            F::InstanceId => run.instance_id = value.string()?,
            F::ErrorCode => run.error_code = value.string()?,
            F::ErrorInfo => run.error_info = value.string()?,
            F::OssOutputStatus => run.oss_output_status = value.string()?,
            F::OssOutputUri => run.oss_output_uri = value.string()?,
            F::OssOutputErrorCode => run.oss_output_error_code = value.string()?,
            F::OssOutputErrorInfo => run.oss_output_error_info = value.string()?,
        }
        Ok(())
    }
}
