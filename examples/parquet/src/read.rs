//! The files that a data set has already.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::batch::read;
use crate::column::{Value, schema};
use crate::error::Error;
use crate::layout::{Place, SCHEMA_VERSION, Table};
use crate::write::cause;

/// Rows that are decoded at a time. Each may have an output of 24,576 bytes.
const BATCH_ROWS: usize = 1_024;

/// An open file of a data set, whose schema has been checked.
pub(crate) struct OldFile {
    path: PathBuf,
    builder: ParquetRecordBatchReaderBuilder<File>,
}

impl OldFile {
    /// Opens the file of a table in a day, if there is one.
    pub(crate) fn open(place: &Place<'_>, table: Table) -> Result<Option<Self>, Error> {
        let path = place.file(table);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(|error| Error::at(&path, cause(&error)))?,
        };
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)
            .map_err(|error| unreadable(&path, error))?;
        let old = OldFile { path, builder };
        old.check(table)?;
        Ok(Some(old))
    }

    fn check(&self, table: Table) -> Result<(), Error> {
        let metadata = self.builder.metadata().file_metadata().key_value_metadata();
        let entry = |key: &str| {
            let entry = metadata?.iter().find(|entry| entry.key == key)?;
            entry.value.as_deref()
        };
        let then = "move the file away, or name another directory";
        for (key, wanted) in [SCHEMA_VERSION, (Table::METADATA, table.name())] {
            let found = entry(key);
            if found != Some(wanted) {
                let found = found.unwrap_or("nothing");
                let reason =
                    format!("has another schema: its {key} is {found}, not {wanted}; {then}");
                return Err(Error::at(&self.path, reason));
            }
        }
        let wanted = schema(table.columns());
        let (found, wanted) = (self.builder.schema().fields(), wanted.fields());
        if found == wanted {
            return Ok(());
        }
        let differs = found.iter().zip(wanted).find(|(found, wanted)| found != wanted);
        let what = match differs {
            Some((found, wanted)) => format!(
                "{} {} in place of {} {}",
                found.name(),
                found.data_type(),
                wanted.name(),
                wanted.data_type()
            ),
            None => format!("{} columns in place of {}", found.len(), wanted.len()),
        };
        Err(Error::at(&self.path, format!("has another schema: {what}; {then}")))
    }

    /// The rows of a file of the table, in order.
    pub(crate) fn rows(self, table: Table) -> Result<OldRows, Error> {
        let OldFile { path, builder } = self;
        let reader = builder
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|error| unreadable(&path, error))?;
        let mut rows = OldRows { table, path, reader, batch: None, at: 0 };
        rows.load()?;
        Ok(rows)
    }

    /// The digest and the acceptance number of each record in a file of `invocations`, by InvokeId.
    pub(crate) fn digests(self) -> Result<HashMap<String, (i64, i64)>, Error> {
        let OldFile { path, builder } = self;
        let names = ["invoke_id", "record_digest", "acceptance_number"];
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS * 8).build();
        let mut digests = HashMap::new();
        for batch in reader.map_err(|error| unreadable(&path, error))? {
            let batch = batch.map_err(|error| unreadable(&path, error))?;
            let [ids, digests_of, numbers] = names.map(|name| batch.column_by_name(name));
            // The schema has been checked.
            let (Some(ids), Some(digests_of), Some(numbers)) = (ids, digests_of, numbers) else {
                continue;
            };
            let ids = ids.as_string::<i32>().iter().flatten();
            let digests_of = digests_of.as_primitive::<Int64Type>().values();
            let numbers = numbers.as_primitive::<Int64Type>().values();
            for ((id, &digest), &number) in ids.zip(digests_of).zip(numbers) {
                digests.insert(id.to_owned(), (digest, number));
            }
        }
        Ok(digests)
    }
}

fn unreadable(path: &Path, error: impl std::fmt::Display) -> Error {
    let reason = format!(
        "cannot be read as a Parquet file ({error}); restore it, or move it away with the file of the \
         other table"
    );
    Error::at(path, reason)
}

/// The rows of a file, one after the other. Both tables have InvokeId as their first column.
pub(crate) struct OldRows {
    table: Table,
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    at: usize,
}

impl OldRows {
    /// Takes the next batch that has rows.
    fn load(&mut self) -> Result<(), Error> {
        self.at = 0;
        loop {
            let next = self.reader.next().transpose();
            self.batch = next.map_err(|error| unreadable(&self.path, error))?;
            if self.batch.as_ref().is_none_or(|batch| batch.num_rows() > 0) {
                return Ok(());
            }
        }
    }

    /// The InvokeId of the next row.
    pub(crate) fn invoke_id(&self) -> Option<&str> {
        Some(self.batch.as_ref()?.column(0).as_string::<i32>().value(self.at))
    }

    /// The values of the next row.
    pub(crate) fn values(&self) -> Vec<Value<'_>> {
        match &self.batch {
            Some(batch) => read(self.table.columns(), batch, self.at),
            None => Vec::new(),
        }
    }

    /// The next row as a row of a batch, which outlives the file's other rows.
    pub(crate) fn kept(&self) -> Option<KeptRow> {
        Some(KeptRow { table: self.table, batch: self.batch.clone()?, at: self.at })
    }

    pub(crate) fn advance(&mut self) -> Result<(), Error> {
        self.at += 1;
        match &self.batch {
            Some(batch) if self.at >= batch.num_rows() => self.load(),
            _ => Ok(()),
        }
    }
}

/// A row of a file.
pub(crate) struct KeptRow {
    table: Table,
    batch: RecordBatch,
    at: usize,
}

impl KeptRow {
    pub(crate) fn values(&self) -> Vec<Value<'_>> {
        read(self.table.columns(), &self.batch, self.at)
    }
}
