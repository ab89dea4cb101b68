//! Loads archives and captured responses into a store that keeps everything.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use invodex::{Config, ImportOptions, ImportReport, Store, Timestamp};

use crate::error::Error;

/// A store without limits: no record of an input is left out because of its age or number.
fn everything() -> Config {
    Config {
        capacity: usize::MAX,
        retention_seconds: None,
        history_limit: usize::MAX,
        ..Config::default()
    }
}

/// Restores the archive in `file`. `tell` is called with the bytes that have been read and the length
/// of the file.
///
/// # Errors
///
/// If the file cannot be read, or is no whole archive.
pub fn from_archive(file: &Path, tell: &mut dyn FnMut(u64, u64)) -> Result<Store, Error> {
    let opened = File::open(file).and_then(|opened| {
        let length = opened.metadata()?.len();
        Ok((opened, length))
    });
    let (opened, length) = opened.map_err(|error| Error::at(file, error))?;
    let input = Told { input: opened, read: 0, length, tell };
    // The clock stands at the beginning of time, so the store's time is that of the last write.
    let restored = Store::restore(everything(), Timestamp::MIN, input)
        .map_err(|error| Error::at(file, error))?;
    Ok(restored.store)
}

/// A reader that tells how far it is.
struct Told<'a, R> {
    input: R,
    read: u64,
    length: u64,
    tell: &'a mut dyn FnMut(u64, u64),
}

impl<R: Read> Read for Told<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.read += count as u64;
        (self.tell)(self.read, self.length);
        Ok(count)
    }
}

/// Imports captured responses of DescribeInvocations and DescribeInvocationResults, as
/// [`Store::import_files`] reads them. The report lists what was refused.
///
/// # Errors
///
/// If a file cannot be read or is no captured response.
pub fn from_captures(
    files: &[PathBuf],
    options: &ImportOptions,
) -> Result<(Store, ImportReport), Error> {
    let mut captures = Vec::new();
    for file in files {
        let bytes = fs::read(file).map_err(|error| Error::at(file, error))?;
        captures.push((file.display().to_string(), bytes));
    }
    let captures: Vec<_> =
        captures.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let mut store = Store::new(everything(), Timestamp::MIN);
    let report =
        store.import_files(&captures, options).map_err(|error| Error::new(error.to_string()))?;
    Ok((store, report))
}
