//! An execution in an archive: the fields that a run and a history record have in common.

use super::code::{Fault, Fields, put_bytes, put_number, put_signed, put_time};
use crate::limits;
use crate::model::{InstanceRun, InvocationStatus, RUN_TEXT_FIELDS, Timestamp};
use crate::store::validate;
use crate::table::Execution;

/// The bits of a shape. Each says that an optional field of an execution or a run is present. The
/// fields are written in the order of these constants.
pub(super) mod shape {
    pub(in crate::archive) const START_TIME: u64 = 1;
    pub(in crate::archive) const FINISH_TIME: u64 = 1 << 1;
    pub(in crate::archive) const EXIT_CODE: u64 = 1 << 2;
    pub(in crate::archive) const TEXTS: u64 = 1 << 3;
    pub(in crate::archive) const STOP_TIME: u64 = 1 << 4;
    pub(in crate::archive) const OUTPUT: u64 = 1 << 5;
    pub(in crate::archive) const DROPPED: u64 = 1 << 6;
    /// The bits that a history record may have.
    pub(in crate::archive) const EXECUTION: u64 = (1 << 7) - 1;
    pub(in crate::archive) const CREATION_TIME: u64 = 1 << 7;
    pub(in crate::archive) const HISTORY: u64 = 1 << 8;
    /// The bits that a run may have.
    pub(in crate::archive) const RUN: u64 = (1 << 9) - 1;
}

/// The strings of an entry of the kind texts.
pub(super) type Texts = [String; RUN_TEXT_FIELDS.len()];

/// Appends an execution, whose texts have the number `texts`. Times are relative to `base`.
/// `further` has the bits of the shape for fields that the caller appends after the execution.
pub(super) fn put(
    execution: &Execution,
    texts: Option<u64>,
    base: Timestamp,
    further: u64,
    out: &mut Vec<u8>,
) {
    let bit = |bit: u64, set: bool| if set { bit } else { 0 };
    let shape = further
        | bit(shape::START_TIME, execution.start_time.is_some())
        | bit(shape::FINISH_TIME, execution.finish_time.is_some())
        | bit(shape::EXIT_CODE, execution.exit_code.is_some())
        | bit(shape::TEXTS, texts.is_some())
        | bit(shape::STOP_TIME, execution.stop_time.is_some())
        | bit(shape::OUTPUT, !execution.output().is_empty())
        | bit(shape::DROPPED, execution.dropped > 0);
    out.push(execution.status as u8);
    put_number(shape, out);
    put_number(execution.repeats.into(), out);
    for time in [execution.start_time, execution.finish_time].into_iter().flatten() {
        put_time(time, base, out);
    }
    if let Some(exit_code) = execution.exit_code {
        put_signed(exit_code, out);
    }
    if let Some(texts) = texts {
        put_number(texts, out);
    }
    if let Some(time) = execution.stop_time {
        put_time(time, base, out);
    }
    if !execution.output().is_empty() {
        put_bytes(execution.output(), out);
    }
    if execution.dropped > 0 {
        put_number(execution.dropped, out);
    }
}

/// Reads an execution that [`put`] wrote into `run`, which is new, and returns its shape. A bit of the
/// shape outside `allowed` is a fault. `texts` are the texts before the entry.
pub(super) fn take(
    fields: &mut Fields<'_>,
    run: &mut InstanceRun,
    base: Timestamp,
    allowed: u64,
    texts: &[Texts],
) -> Result<u64, Fault> {
    run.invocation_status = fields.code("InvocationStatus", InvocationStatus::ALL)?;
    let shape = fields.number()?;
    if shape & !allowed != 0 {
        return Err(Fault(format!("has the shape {shape}, allowed are the bits of {allowed}")));
    }
    let has = |bit: u64| shape & bit != 0;
    run.repeats = fields.small("Repeats")?;
    if has(shape::START_TIME) {
        run.start_time = Some(fields.time("StartTime", base)?);
    }
    if has(shape::FINISH_TIME) {
        run.finish_time = Some(fields.time("FinishTime", base)?);
    }
    if has(shape::EXIT_CODE) {
        run.exit_code = Some(fields.signed()?);
    }
    if has(shape::TEXTS) {
        [
            run.error_code,
            run.error_info,
            run.oss_output_status,
            run.oss_output_uri,
            run.oss_output_error_code,
            run.oss_output_error_info,
        ] = fields.value("its texts", texts)?.clone();
    }
    if has(shape::STOP_TIME) {
        run.stop_time = Some(fields.time("StopTime", base)?);
    }
    if has(shape::OUTPUT) {
        run.output = fields.bytes()?.into();
        validate::bytes("Output", run.output.len(), limits::OUTPUT_BYTES)?;
    }
    if has(shape::DROPPED) {
        run.dropped = fields.number()?;
    }
    Ok(shape)
}
