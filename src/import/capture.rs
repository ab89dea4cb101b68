//! The captured files of an import, read and not loaded yet.

use std::sync::Arc;

use super::bodies::{Body, split};
use super::fields::Reader;
use super::options::{CaptureEncoding, ImportOptions};
use super::record::Record;
use super::report::{Difference, ImportedFile, Place, Refusal};
use super::results::Row;
use crate::error::Error;
use crate::model::Timestamp;

/// The records of all files, and the report on them so far.
#[derive(Default)]
pub(crate) struct Capture<'de> {
    pub(super) files: Vec<ImportedFile>,
    /// The records of DescribeInvocations that can be accepted, in the order of the files.
    pub(super) records: Vec<Record>,
    /// The records of DescribeInvocationResults, in the order of the files.
    pub(super) rows: Vec<Row<'de>>,
    /// Beside the lists.
    pub(super) differences: Vec<Difference>,
    pub(super) refusals: Vec<Refusal>,
}

impl<'de> Capture<'de> {
    /// Reads files, each with its name if it has one. Records without a CreationTime get `now`.
    ///
    /// # Errors
    ///
    /// As [`Store::import_files`](crate::Store::import_files).
    pub(crate) fn read(
        files: &[(Option<&str>, &'de [u8])],
        options: &ImportOptions,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut capture = Capture::default();
        for (file, &(name, bytes)) in files.iter().enumerate() {
            let bodies = split(bytes).map_err(|reason| match name {
                Some(name) => Error::capture(format!("{name}: {reason}")),
                None => Error::capture(reason),
            })?;
            let mut place = Place { file, name: name.map(Arc::from), ..Place::default() };
            let begun = (capture.records.len(), capture.rows.len(), capture.refusals.len());
            let mut reader = Reader::new(options.encoding);
            let done = capture.read_records(&bodies, &place, &mut reader, options, now);
            if !done {
                // A text is not Base64, so the whole file is read again as plain text.
                capture.records.truncate(begun.0);
                capture.rows.truncate(begun.1);
                capture.refusals.truncate(begun.2);
                reader = Reader::new(CaptureEncoding::PlainText);
                capture.read_records(&bodies, &place, &mut reader, options, now);
            }
            let (name, count) = (place.name.clone(), bodies.len());
            capture.files.push(ImportedFile {
                name,
                bodies: count,
                encoding: reader.decoder.encoding,
            });
            for (at, body) in bodies.into_iter().enumerate() {
                place.body = (count > 1).then_some(at);
                let beside = body.differences.into_iter();
                let beside = beside.map(|one| Difference { place: place.clone(), ..one });
                capture.differences.extend(beside);
            }
        }
        Ok(capture)
    }

    /// Reads the records of a file. Returns false if the encoding is to be found out and a text is
    /// not Base64; the rest is then not read.
    fn read_records(
        &mut self,
        bodies: &[Body<'de>],
        file: &Place,
        reader: &mut Reader,
        options: &ImportOptions,
        now: Timestamp,
    ) -> bool {
        let mut place = file.clone();
        for (at, body) in bodies.iter().enumerate() {
            place.body = (bodies.len() > 1).then_some(at);
            for (at, &json) in body.records.iter().enumerate() {
                place.record = Some(at);
                reader.begin();
                let refusal = if body.has_results {
                    let row = Row::read(json, &place, reader);
                    row.map(|row| self.rows.push(row)).err()
                } else {
                    let record = Record::read(json, &place, reader, options, now);
                    record.map(|record| self.records.push(record)).err()
                };
                self.refusals.extend(refusal);
                if options.encoding == CaptureEncoding::Auto && reader.decoder.has_failed {
                    return false;
                }
            }
        }
        true
    }
}
