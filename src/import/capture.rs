//! A captured file, read into invocations.

use std::borrow::Cow;

use super::compare::compare;
use super::encoding::Decoder;
use super::file::File;
use super::options::{CaptureEncoding, ImportOptions};
use super::record::Record;
use super::report::{Difference, DifferenceKind, Refusal};
use crate::error::Error;
use crate::model::{Invocation, Timestamp};
use crate::request::ContentEncoding;

/// The invocations of a file, and the report on its records so far.
pub(crate) struct Capture {
    pub(super) encoding: ContentEncoding,
    /// From the end of the list to its start.
    pub(super) invocations: Vec<Invocation>,
    /// The position of each invocation in the list.
    pub(super) positions: Vec<usize>,
    pub(super) differences: Vec<Difference>,
    pub(super) refusals: Vec<Refusal>,
}

impl Capture {
    /// Reads a file. Records without a CreationTime get `now`.
    ///
    /// # Errors
    ///
    /// As [`Store::import`](crate::Store::import).
    pub(crate) fn read(
        bytes: &[u8],
        options: &ImportOptions,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let file = File::read(bytes)?;
        Ok(Self::from_file(&file, options.encoding, options, now))
    }

    fn from_file(
        file: &File<'_>,
        encoding: CaptureEncoding,
        options: &ImportOptions,
        now: Timestamp,
    ) -> Self {
        let beside_the_list = file.unknown.iter().map(|(path, value)| Difference {
            position: None,
            invoke_id: "".into(),
            instance: None,
            field: Cow::Owned(path.clone().into_owned()),
            kind: DifferenceKind::Unknown,
            captured: Some(value.as_str().to_owned()),
            answered: None,
        });
        let mut differences: Vec<_> = beside_the_list.collect();
        let (mut invocations, mut positions, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
        let mut decoder = Decoder::new(encoding);
        for (position, &json) in file.records.iter().enumerate() {
            let mut record = Record::read(json, &mut decoder);
            if encoding == CaptureEncoding::Auto && decoder.has_failed {
                // A text is not Base64, so the whole file is read again as plain text.
                return Self::from_file(file, CaptureEncoding::PlainText, options, now);
            }
            match record.complete(options, now) {
                Ok(created) => {
                    compare(&record, created, position, &mut differences);
                    invocations.push(record.invocation);
                    positions.push(position);
                }
                Err(error) => {
                    let invoke_id = record.invocation.invoke_id;
                    refusals.push(Refusal::new(position, invoke_id, error));
                }
            }
        }
        invocations.reverse();
        positions.reverse();
        Capture { encoding: decoder.encoding, invocations, positions, differences, refusals }
    }
}
