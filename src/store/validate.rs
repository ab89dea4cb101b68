//! The checks of a record before it is accepted.

use crate::error::Error;
use crate::limits::{self, at_most_chars};
use crate::model::{InstanceRun, Invocation, check_tags};

/// A record that keeps every limit. A store refuses it only if it holds the same InvokeId.
#[derive(Clone, Copy)]
pub(crate) struct Valid<'a>(&'a Invocation);

impl<'a> Valid<'a> {
    /// Checks the fields in order; the first fault is the error. Cost: O(size of the record).
    pub(crate) fn new(invocation: &'a Invocation) -> Result<Self, Error> {
        validate(invocation)?;
        Ok(Valid(invocation))
    }

    pub(super) fn record(self) -> &'a Invocation {
        self.0
    }
}

fn validate(invocation: &Invocation) -> Result<(), Error> {
    let record = invocation;
    id("RegionId", &record.region_id)?;
    bytes("ResourceGroupId", record.resource_group_id.len(), limits::ID_BYTES)?;
    id("InvokeId", &record.invoke_id)?;
    command(record)?;

    let numbered = (1..).zip(&record.tags);
    check_tags(numbered.map(|(n, tag)| (n, Some(&*tag.key), Some(&*tag.value))))
        .map_err(Error::record_tag)?;

    if record.instances.is_empty() {
        return Err(Error::record_missing("InstanceId"));
    }
    if record.instances.len() > limits::RUNS {
        let given = record.instances.len();
        return Err(Error::record_too_long("InstanceId", given, limits::RUNS, "instances"));
    }
    record.instances.iter().try_for_each(validate_run)?;
    for (at, run) in record.instances.iter().enumerate() {
        // There are at most 100 runs: comparing all pairs is cheaper than a hash table.
        if record.instances[..at].iter().any(|earlier| earlier.instance_id == run.instance_id) {
            return Err(Error::record_duplicate("InstanceId", &run.instance_id));
        }
    }
    Ok(())
}

/// Checks the fields that all records of one command share.
pub(crate) fn command(record: &Invocation) -> Result<(), Error> {
    id("CommandId", &record.command_id)?;
    chars("CommandName", &record.command_name, limits::COMMAND_NAME_CHARS)?;
    chars("CommandDescription", &record.command_description, limits::COMMAND_DESCRIPTION_CHARS)?;
    bytes("CommandContent", record.command_content.len(), limits::CONTENT_BYTES)?;
    text("Parameters", &record.parameters)?;
    text("Frequency", &record.frequency)?;
    if let Some(timeout) = record.timeout.filter(|t| !(1..=limits::TIMEOUT_SECONDS).contains(t)) {
        return Err(Error::record_out_of_range("Timeout", timeout, limits::TIMEOUT_SECONDS));
    }
    chars("WorkingDir", &record.working_dir, limits::WORKING_DIR_CHARS)?;
    chars("Username", &record.username, limits::USERNAME_CHARS)?;
    text("ContainerId", &record.container_id)?;
    text("ContainerName", &record.container_name)?;
    bytes("Launcher", record.launcher.len(), limits::LAUNCHER_BYTES)?;
    text("TerminationMode", &record.termination_mode)?;
    text("OssOutputDelivery", &record.oss_output_delivery)
}

fn validate_run(run: &InstanceRun) -> Result<(), Error> {
    id("InstanceId", &run.instance_id)?;
    let texts = [
        &run.error_code,
        &run.error_info,
        &run.oss_output_status,
        &run.oss_output_uri,
        &run.oss_output_error_code,
        &run.oss_output_error_info,
    ];
    RUN_TEXT_FIELDS.iter().zip(texts).try_for_each(|(field, given)| text(field, given))
}

/// The texts of a run that an update can change, in the order of the checks.
pub(crate) const RUN_TEXT_FIELDS: [&str; 6] = [
    "ErrorCode",
    "ErrorInfo",
    "OssOutputStatus",
    "OssOutputUri",
    "OssOutputErrorCode",
    "OssOutputErrorInfo",
];

/// Checks a string that has no limit of its own.
pub(crate) fn text(field: &'static str, given: &str) -> Result<(), Error> {
    bytes(field, given.len(), limits::TEXT_BYTES)
}

pub(crate) fn id(field: &'static str, given: &str) -> Result<(), Error> {
    if given.is_empty() {
        return Err(Error::record_missing(field));
    }
    bytes(field, given.len(), limits::ID_BYTES)
}

pub(crate) fn bytes(field: &'static str, given: usize, most: usize) -> Result<(), Error> {
    if given > most {
        return Err(Error::record_too_long(field, given, most, "bytes"));
    }
    Ok(())
}

fn chars(field: &'static str, given: &str, most: usize) -> Result<(), Error> {
    if at_most_chars(given, most) {
        return Ok(());
    }
    Err(Error::record_too_long(field, given.chars().count(), most, "characters"))
}
