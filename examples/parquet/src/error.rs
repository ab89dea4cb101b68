//! The error of the package.

use std::fmt;
use std::path::Path;

/// The reason why a data set was not written, or not written to the end. `Display` shows it in one
/// line, with the file or directory at fault and what to do.
///
/// A file of the data set is replaced as a whole or not at all, so each is readable after an error.
#[derive(Debug)]
pub struct Error {
    reason: String,
    days_written: usize,
    days: usize,
}

impl Error {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Error { reason: reason.into(), days_written: 0, days: 0 }
    }

    /// An error at a file or directory.
    pub(crate) fn at(path: &Path, reason: impl fmt::Display) -> Self {
        Error::new(format!("{}: {reason}", path.display()))
    }

    /// Notes that `written` of `days` days had been written before.
    pub(crate) fn after(mut self, written: usize, days: usize) -> Self {
        (self.days_written, self.days) = (written, days);
        self
    }

    /// The number of days that were written before the error. With 0 the data set is as it was.
    #[must_use]
    pub fn days_written(&self) -> usize {
        self.days_written
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Error { reason, days_written, days } = self;
        f.write_str(reason)?;
        match days_written {
            0 => Ok(()),
            _ => write!(
                f,
                "; {days_written} of {days} days are written, the others are as they were"
            ),
        }
    }
}

impl std::error::Error for Error {}
