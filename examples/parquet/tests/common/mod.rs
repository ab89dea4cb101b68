//! Helpers that the tests share: data sets as rows and as bytes, and records.

#![allow(dead_code, reason = "each test uses its own part")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use invodex::{InstanceRun, Invocation, Store, Timestamp};
use invodex_parquet::{Summary, Table, export};
use parquet::file::reader::{FileReader, SerializedFileReader};

/// The rows of each record by region, day and InvokeId, as texts: those of both tables.
pub(crate) type Rows = BTreeMap<(String, String), Vec<String>>;

/// Reads a whole data set.
pub(crate) fn rows(dataset: &Path) -> Rows {
    let mut rows = Rows::new();
    for table in [Table::Invocations, Table::Runs] {
        // Engines skip what has another name, such as a file that a killed run left.
        let named = |file: &PathBuf| file.ends_with("data.parquet");
        for file in files(&dataset.join(table.name())).into_iter().filter(named) {
            let day = file.parent().unwrap().strip_prefix(dataset.join(table.name())).unwrap();
            let reader = SerializedFileReader::new(File::open(&file).unwrap()).unwrap();
            let mut ids = Vec::new();
            for row in reader.get_row_iter(None).unwrap() {
                let row = row.unwrap();
                let id = row.get_column_iter().next().unwrap().1.to_string();
                ids.push(id.clone());
                let key = (day.display().to_string(), id);
                rows.entry(key).or_default().push(row.to_string());
            }
            assert!(ids.is_sorted(), "{}", file.display());
        }
    }
    rows
}

/// All files under a directory, with a `.` in front too.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Each file with its content.
pub(crate) fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(directory).into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

pub(crate) fn write(store: &Store, dataset: &Path) -> Summary {
    export(store, dataset, &mut |_| ()).unwrap()
}

/// Accepts a record, which the store must hold.
pub(crate) fn accept(store: &mut Store, record: &Invocation) {
    assert!(store.accept(record).unwrap().retained);
}

pub(crate) fn archive(store: &Store, file: &Path) {
    store.save(File::create(file).unwrap()).unwrap();
}

/// The command with arguments.
pub(crate) fn command(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_invodex-parquet")).args(arguments).output().unwrap()
}

/// The exit code of an output, and what it has on standard error.
pub(crate) fn ended(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).trim_end().to_owned())
}

/// A record with one run on `i-1`.
pub(crate) fn record(id: &str, created: Timestamp) -> Invocation {
    let mut record = Invocation::new("cn-hangzhou", id, "c-0001");
    record.creation_time = Some(created);
    record.instances.push(InstanceRun::new("i-1"));
    record
}

/// Noon of a day in May 2025.
pub(crate) fn day(day: u32) -> Timestamp {
    format!("2025-05-{day:02}T12:00:00Z").parse().unwrap()
}
