//! The names of files and directories in a data set.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::column::{Column, position};
use crate::{invocations, runs};

/// The entry of a file's metadata that holds the version of the schema, and the version.
pub(crate) const SCHEMA_VERSION: (&str, &str) = ("invodex.schema_version", "1");

const FILE: &str = "data.parquet";
/// Engines skip a name with a dot first, and one that does not end in `.parquet`.
pub(crate) const TEMPORARY: &str = ".data.parquet.tmp";
pub(crate) const REGION: &str = "region_id=";
pub(crate) const DATE: &str = "creation_date=";

/// The tables of a data set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// A row for each record.
    Invocations,
    /// A row for each run, and for each history record.
    Runs,
}

impl Table {
    /// Both tables, in the order in which their files are put in place. The file of `invocations` has
    /// the digests by which a later run sees that the day is complete, so it comes last.
    pub const ALL: [Table; 2] = [Table::Runs, Table::Invocations];

    /// The entry of a file's metadata that holds the name of the table.
    pub(crate) const METADATA: &'static str = "invodex.table";

    /// The name of the table, which is its directory in the data set.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Table::Invocations => "invocations",
            Table::Runs => "runs",
        }
    }

    /// The columns of the files, in order. The names of the directories hold two more, `region_id` and
    /// `creation_date`.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Table::Invocations => invocations::COLUMNS,
            Table::Runs => runs::COLUMNS,
        }
    }

    /// The positions of the columns by which the rows of a file are sorted.
    pub(crate) fn sorted_by(self) -> Vec<usize> {
        let names: &[&str] = match self {
            Table::Invocations => &["invoke_id"],
            Table::Runs => &["invoke_id", "instance_number", "history_position"],
        };
        names.iter().map(|name| position(self.columns(), name)).collect()
    }
}

/// A region's day: the directory of one file in each table.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) root: &'a Path,
    pub(crate) region_id: &'a str,
    /// `YYYY-MM-DD`, in UTC.
    pub(crate) date: &'a str,
}

impl Place<'_> {
    pub(crate) fn directory(&self, table: Table) -> PathBuf {
        let region = format!("{REGION}{}", escape(self.region_id));
        self.root.join(table.name()).join(region).join(format!("{DATE}{}", self.date))
    }

    pub(crate) fn file(&self, table: Table) -> PathBuf {
        self.directory(table).join(FILE)
    }

    pub(crate) fn temporary(&self, table: Table) -> PathBuf {
        self.directory(table).join(TEMPORARY)
    }
}

/// A region's id as a part of a directory's name, in which the engines read it back: Hive's escape for
/// the characters that a name cannot have or that have a meaning in it.
fn escape(region_id: &str) -> String {
    let mut escaped = String::with_capacity(region_id.len());
    for character in region_id.chars() {
        match character {
            '\0'..='\x1f'
            | '\x7f'
            | '"'
            | '#'
            | '%'
            | '\''
            | '*'
            | '/'
            | ':'
            | '='
            | '?'
            | '\\'
            | '{'
            | '['
            | ']'
            | '^'
            | '<'
            | '>'
            | '|' => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "%{:02X}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Whether a name in a data set is one that this package gives. `depth` is 0 in the directory of a
/// table.
pub(crate) fn is_own(name: &str, depth: usize) -> bool {
    match depth {
        0 => name.strip_prefix(REGION).is_some_and(|region| !region.is_empty()),
        1 => name.strip_prefix(DATE).is_some_and(is_date),
        _ => name == FILE || name == TEMPORARY,
    }
}

/// Whether `text` has the form `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_column_exists() {
        for table in Table::ALL {
            let columns = table.columns();
            assert!(table.sorted_by().iter().all(|&at| at < columns.len()), "{table:?}");
            for column in columns {
                let same = columns.iter().filter(|other| other.name == column.name);
                assert_eq!(same.count(), 1, "{}", column.name);
            }
        }
    }

    #[test]
    fn regions_are_escaped_as_hive_does() {
        assert_eq!(escape("cn-hangzhou"), "cn-hangzhou");
        assert_eq!(escape("a/b=c:d%e"), "a%2Fb%3Dc%3Ad%25e");
        assert_eq!(escape("..\u{1}é "), "..%01é ");
    }

    #[test]
    fn names_of_a_data_set_are_told_from_others() {
        assert!(is_own("region_id=cn-hangzhou", 0) && !is_own("region_id=", 0));
        assert!(is_own("creation_date=2025-06-01", 1) && !is_own("creation_date=2025-6-1", 1));
        assert!(!is_own("creation_date=2025-06-0x", 1) && !is_own("region_id=r", 1));
        assert!(is_own(FILE, 2) && is_own(TEMPORARY, 2) && !is_own("part-0.parquet", 2));
    }
}
