//! A file of the data set, written whole under a temporary name and then put in its place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::batch::Rows;
use crate::column::Value;
use crate::error::Error;
use crate::layout::{Place, SCHEMA_VERSION, Table};

/// The most rows and bytes that wait to be encoded.
const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 4 << 20;

/// The most rows and encoded bytes of a row group, which the writer holds until it is full.
const GROUP_ROWS: usize = 1 << 17;
const GROUP_BYTES: usize = 32 << 20;

/// A file that is being written. Dropped before it is put in its place, it leaves nothing.
pub(crate) struct TableFile {
    rows: Rows,
    writer: ArrowWriter<File>,
    temporary: Temporary,
}

/// Removes the temporary file, unless it has been renamed.
struct Temporary {
    path: PathBuf,
    place: PathBuf,
    renamed: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl TableFile {
    /// Begins the file of a table in a day.
    pub(crate) fn create(place: &Place<'_>, table: Table) -> Result<Self, Error> {
        let path = place.temporary(table);
        let file = File::create(&path).map_err(|error| Error::at(&path, cause(&error)))?;
        let temporary = Temporary { path, place: place.file(table), renamed: false };
        let rows = Rows::new(table.columns());
        let writer = ArrowWriter::try_new(file, rows.schema().clone(), Some(properties(table)))
            .map_err(|error| temporary.failed(&error))?;
        Ok(TableFile { rows, writer, temporary })
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        let pushed = self.rows.push(values);
        pushed.map_err(|error| self.temporary.failed(&error.into()))?;
        if self.rows.len() >= BATCH_ROWS || self.rows.bytes() >= BATCH_BYTES {
            self.encode()?;
        }
        Ok(())
    }

    fn encode(&mut self) -> Result<(), Error> {
        let batch = self.rows.finish().map_err(ParquetError::from);
        let written = batch.and_then(|batch| self.writer.write(&batch));
        written.map_err(|error| self.temporary.failed(&error))
    }

    /// Ends the file and waits until the disk has it.
    pub(crate) fn finish(mut self) -> Result<Finished, Error> {
        self.encode()?;
        let TableFile { writer, temporary, .. } = self;
        let file = writer.into_inner().map_err(|error| temporary.failed(&error))?;
        let synced = file.sync_all().and_then(|()| file.metadata());
        let bytes = synced.map_err(|error| Error::at(&temporary.place, cause(&error)))?.len();
        Ok(Finished { temporary, bytes })
    }
}

impl Temporary {
    fn failed(&self, error: &ParquetError) -> Error {
        let reason = match error {
            ParquetError::External(source) => match source.downcast_ref::<io::Error>() {
                Some(error) => cause(error),
                None => source.to_string(),
            },
            other => other.to_string(),
        };
        Error::at(&self.place, format_args!("cannot be written: {reason}"))
    }
}

/// A file that is complete under its temporary name.
pub(crate) struct Finished {
    temporary: Temporary,
    pub(crate) bytes: u64,
}

impl Finished {
    /// Puts the file in its place, in one step.
    pub(crate) fn replace(mut self) -> Result<(), Error> {
        let Temporary { path, place, renamed } = &mut self.temporary;
        let synced = fs::rename(&*path, &*place).and_then(|()| {
            *renamed = true;
            sync_directory(place)
        });
        synced.map_err(|error| Error::at(place, cause(&error)))
    }
}

/// Waits until the disk has the name of a file or directory.
pub(crate) fn sync_directory(file: &Path) -> io::Result<()> {
    match file.parent() {
        // Other systems have no handle of a directory to wait for.
        Some(parent) if cfg!(unix) => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// The cause in words, with what to do where it is known.
pub(crate) fn cause(error: &io::Error) -> String {
    let then = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "; make room and run it again"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; it must be writable for this user"
        }
        _ => "",
    };
    format!("{error}{then}")
}

fn properties(table: Table) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("invodex-parquet ", env!("CARGO_PKG_VERSION")).into())
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_max_row_group_bytes(Some(GROUP_BYTES))
        .set_key_value_metadata(Some(vec![
            KeyValue::new(Table::METADATA.into(), table.name().to_owned()),
            KeyValue::new(SCHEMA_VERSION.0.into(), SCHEMA_VERSION.1.to_owned()),
        ]))
        .set_sorting_columns(Some(
            (table.sorted_by().iter())
                .map(|&column| SortingColumn {
                    column_idx: column as i32,
                    descending: false,
                    nulls_first: false,
                })
                .collect(),
        ));
    for column in ["output", "command_content"] {
        // Nobody compares them with a constant.
        let path = ColumnPath::from(column);
        properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    for column in ["record_digest", "acceptance_number"] {
        // All values differ.
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    properties.build()
}
