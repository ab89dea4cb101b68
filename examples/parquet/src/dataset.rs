//! The directory of a data set: its mark, its lock, and a check of everything in it before anything
//! is written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::layout::{Place, SCHEMA_VERSION, TEMPORARY, Table, is_own};
use crate::write::cause;

/// The file that marks a directory as a data set. It is the lock, too: one program writes at a time.
const MARK: &str = "_invodex_parquet";

/// A directory to write a data set to: none yet, an empty one, or a data set of the same schema.
pub(crate) struct DataSet {
    root: PathBuf,
    /// The lock, once the mark exists.
    lock: Option<File>,
}

impl DataSet {
    /// Opens a directory. Writes nothing, but removes the temporary files of a run that was killed.
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        let mut dataset = DataSet { root: root.to_owned(), lock: None };
        if !look(root)? {
            return Ok(dataset);
        }
        dataset.lock = Some(lock(&root.join(MARK), false)?);
        for table in Table::ALL {
            check_names(&root.join(table.name()), 0)?;
        }
        Ok(dataset)
    }

    pub(crate) fn place<'a>(&'a self, region_id: &'a str, date: &'a str) -> Place<'a> {
        Place { root: &self.root, region_id, date }
    }

    /// Makes the directory a data set, unless it is one.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        let mark = self.root.join(MARK);
        let file = match &mut self.lock {
            Some(file) => file,
            none => {
                let made = fs::create_dir_all(&self.root);
                made.map_err(|error| Error::at(&self.root, cause(&error)))?;
                none.insert(lock(&mark, true)?)
            }
        };
        let mut write = || match file.metadata()?.len() {
            0 => file.write_all(mark_text().as_bytes()).and_then(|()| file.sync_all()),
            _ => Ok(()),
        };
        write().map_err(|error| Error::at(&mark, cause(&error)))
    }
}

/// Checks that a directory can take a data set, without waiting for other work first: that it does not
/// exist, is empty, or is a data set of this version of the schema. Changes nothing.
///
/// # Errors
///
/// If it is something else, and names the entry.
pub fn check_directory(directory: &Path) -> Result<(), Error> {
    look(directory).map(drop)
}

fn mark_text() -> String {
    format!("A data set of invodex-parquet, schema version {}.\n", SCHEMA_VERSION.1)
}

/// Whether the directory is a data set. Fails if it is neither that nor free.
fn look(root: &Path) -> Result<bool, Error> {
    let mark = root.join(MARK);
    match fs::read_to_string(&mark) {
        // It is empty if a run was killed before it wrote the text, and so nothing else.
        Ok(text) if text.is_empty() || text == mark_text() => Ok(true),
        Ok(text) => {
            let found = text.lines().next().unwrap_or_default();
            let reason = format!(
                "is a data set of another kind ({found:?}); this version writes schema version {}: \
                 name another directory",
                SCHEMA_VERSION.1
            );
            Err(Error::at(root, reason))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => match first_entry(root) {
            Ok(None) => Ok(false),
            Ok(Some(entry)) => {
                let reason = format!(
                    "is no data set of invodex-parquet, and not empty: it holds {entry:?}; name a new \
                     or an empty directory"
                );
                Err(Error::at(root, reason))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::at(root, cause(&error))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::at(root, "is a file; name a directory"))
        }
        Err(error) => Err(Error::at(&mark, cause(&error))),
    }
}

fn first_entry(directory: &Path) -> io::Result<Option<std::ffi::OsString>> {
    let entry = fs::read_dir(directory)?.next().transpose()?;
    Ok(entry.map(|entry| entry.file_name()))
}

/// Takes the lock that the mark is.
fn lock(mark: &Path, new: bool) -> Result<File, Error> {
    let file = OpenOptions::new().read(true).write(true).create_new(new).open(mark);
    let file = file.map_err(|error| Error::at(mark, cause(&error)))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::at(mark, "another run writes this data set; wait until it ends"))
        }
        Err(TryLockError::Error(error)) => Err(Error::at(mark, format!("cannot lock: {error}"))),
    }
}

/// Checks that a table has no entry of another program, which an engine would read with the table.
/// Names that begin with `_` or `.` are skipped, as engines skip them.
fn check_names(directory: &Path, depth: usize) -> Result<(), Error> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| Error::at(directory, cause(&error)))?,
    };
    for entry in entries {
        let entry = entry.map_err(|error| Error::at(directory, cause(&error)))?;
        let (path, name) = (entry.path(), entry.file_name());
        if depth == 2 && name == TEMPORARY {
            fs::remove_file(&path).map_err(|error| Error::at(&path, cause(&error)))?;
            continue;
        }
        if name.as_encoded_bytes().starts_with(b"_") || name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if !name.to_str().is_some_and(|name| is_own(name, depth)) {
            let reason = "is no part of a data set, and engines would read it as one; move it away";
            return Err(Error::at(&path, reason));
        }
        if depth < 2 {
            check_names(&path, depth + 1)?;
        }
    }
    Ok(())
}
