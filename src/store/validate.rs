//! The checks of a record before it is accepted.

use crate::error::Error;
use crate::limits::{self, at_most_chars};
use crate::model::{
    COMMAND_TEXT_FIELDS, Invocation, RUN_TEXT_FIELDS, TextField, TextLimit, check_tags,
};

/// A record that keeps every limit. A store refuses it only if it holds the same InvokeId.
#[derive(Clone, Copy)]
pub(crate) struct Valid<'a>(&'a Invocation);

impl<'a> Valid<'a> {
    /// Checks the fields in order; the first fault is the error. Cost: O(size of the record).
    pub(crate) fn new(record: &'a Invocation) -> Result<Self, Error> {
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
        for run in &record.instances {
            id("InstanceId", &run.instance_id)?;
            RUN_TEXT_FIELDS.iter().try_for_each(|field| text(field, (field.get)(run)))?;
        }
        for (at, run) in record.instances.iter().enumerate() {
            // There are at most 100 runs: comparing all pairs is cheaper than a hash table.
            if record.instances[..at].iter().any(|earlier| earlier.instance_id == run.instance_id) {
                return Err(Error::record_duplicate("InstanceId", &run.instance_id));
            }
        }
        Ok(Valid(record))
    }

    pub(super) fn record(self) -> &'a Invocation {
        self.0
    }
}

impl Invocation {
    /// Checks every limit and rule of a record, as a store does before it accepts one. Only the
    /// store knows whether the InvokeId is new: see [`Store::check`](crate::Store::check).
    ///
    /// Cost: O(size of the record).
    ///
    /// # Errors
    ///
    /// The first fault that [`Store::accept`](crate::Store::accept) would name.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{InstanceRun, Invocation};
    ///
    /// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
    /// assert_eq!(invocation.check().unwrap_err().parameter(), Some("InstanceId"));
    /// invocation.instances.push(InstanceRun::new("i-0001"));
    /// assert_eq!(invocation.check(), Ok(()));
    /// ```
    pub fn check(&self) -> Result<(), Error> {
        Valid::new(self).map(drop)
    }
}

/// Checks the fields that all records of one command share.
pub(crate) fn command(record: &Invocation) -> Result<(), Error> {
    for field in COMMAND_TEXT_FIELDS {
        text(field, (field.get)(record))?;
        // The two limited fields that are no texts are checked between texts.
        match field.name {
            "CommandDescription" => {
                bytes("CommandContent", record.command_content.len(), limits::CONTENT_BYTES)?;
            }
            "Frequency" => {
                let most = limits::TIMEOUT_SECONDS;
                let given = record.timeout.filter(|seconds| !(1..=most).contains(seconds));
                given.map_or(Ok(()), |given| {
                    Err(Error::record_out_of_range("Timeout", given, most))
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks `given` against the limit of `field`.
pub(crate) fn text<R>(field: &TextField<R>, given: &str) -> Result<(), Error> {
    match field.limit {
        TextLimit::Id => id(field.name, given),
        TextLimit::Bytes(most) => bytes(field.name, given.len(), most),
        TextLimit::Chars(most) => chars(field.name, given, most),
    }
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
