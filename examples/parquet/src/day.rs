//! The files of one region's day: whether they must be written, and how they are merged.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;

use invodex::{InvocationView, Store};

use crate::column::{Value, position};
use crate::error::Error;
use crate::layout::{Place, Table};
use crate::read::{KeptRow, OldFile, OldRows};
use crate::record::{Record, Scratch};
use crate::runs::{self, RunRow};
use crate::write::{TableFile, cause, sync_directory};

/// Whether the data set has all `records` of a day as the store holds them. `records` are in list
/// order.
///
/// The files keep the order of records with equal CreationTimes by acceptance numbers. Those of another
/// import of the same capture differ in value, so their order is compared.
pub(crate) fn is_unchanged<'a>(
    store: &'a Store,
    records: &[InvocationView<'a>],
    place: &Place<'_>,
) -> Result<bool, Error> {
    let old_runs = OldFile::open(place, Table::Runs)?;
    let Some(old) = OldFile::open(place, Table::Invocations)? else { return Ok(false) };
    if old_runs.is_none() {
        let reason = format!(
            "is missing, although there is {}; restore it, or move the other away",
            place.file(Table::Invocations).display()
        );
        return Err(Error::at(&place.file(Table::Runs), reason));
    }
    let digests = old.digests()?;
    let mut scratch = Scratch::default();
    let mut before = None;
    for &view in records {
        let Some(&(digest, number)) = digests.get(view.invoke_id()) else { return Ok(false) };
        let time = view.creation_time();
        if before.is_some_and(|(later, higher)| later == time && number >= higher) {
            return Ok(false);
        }
        before = Some((time, number));
        if Record::read(store, view, &mut scratch)?.digest() != digest {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The numbers of what was written.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Written {
    pub(crate) kept_records: usize,
    pub(crate) runs: usize,
    pub(crate) bytes: u64,
}

/// Writes both files of a day, with the records that the store holds, and with those of the present
/// files that it does not hold. `told` is called after each record.
pub(crate) fn write<'a>(
    store: &'a Store,
    mut records: Vec<InvocationView<'a>>,
    place: &Place<'_>,
    told: &mut dyn FnMut(),
) -> Result<Written, Error> {
    for table in Table::ALL {
        create_directory(&place.directory(table))?;
    }
    records.sort_unstable_by_key(|view| view.invoke_id());

    let mut written = Written::default();
    let mut invocations = Merge::begin(place, Table::Invocations)?;
    let mut runs = Merge::begin(place, Table::Runs)?;
    let (mut scratch, mut values) = (Scratch::default(), Vec::new());
    for view in records {
        let record = Record::read(store, view, &mut scratch)?;
        written.kept_records += invocations.keep_before(record.invoke_id())?;
        invocations.skip(record.invoke_id())?;
        record.values(&mut values);
        invocations.file.push(&values)?;

        runs.keep_before(record.invoke_id())?;
        written.runs += write_runs(&mut runs, &record)?;
        told();
    }
    written.kept_records += invocations.keep_rest()?;
    runs.keep_rest()?;

    let (runs, invocations) = (runs.file.finish()?, invocations.file.finish()?);
    written.bytes = runs.bytes + invocations.bytes;
    // In the order of `Table::ALL`, which has the reason.
    runs.replace()?;
    invocations.replace()?;
    Ok(written)
}

/// Creates a directory, and those above it, so that they outlive a loss of power like the file in them.
fn create_directory(directory: &Path) -> Result<(), Error> {
    if directory.is_dir() {
        return Ok(());
    }
    if let Some(parent) = directory.parent() {
        create_directory(parent)?;
    }
    let created = fs::create_dir(directory).and_then(|()| sync_directory(directory));
    created.map_err(|error| Error::at(directory, cause(&error)))
}

/// A table's new file, and the rows of the present one that come after those that were written.
struct Merge {
    file: TableFile,
    old: Option<OldRows>,
}

impl Merge {
    fn begin(place: &Place<'_>, table: Table) -> Result<Self, Error> {
        let old = OldFile::open(place, table)?.map(|old| old.rows(table)).transpose()?;
        Ok(Merge { file: TableFile::create(place, table)?, old })
    }

    /// Copies the present rows whose InvokeId satisfies `keep`, up to the first that does not. Returns
    /// their number.
    fn keep_while(&mut self, keep: impl Fn(&str) -> bool) -> Result<usize, Error> {
        let mut kept = 0;
        while let Some(old) = &mut self.old
            && old.invoke_id().is_some_and(&keep)
        {
            self.file.push(&old.values())?;
            old.advance()?;
            kept += 1;
        }
        Ok(kept)
    }

    fn keep_before(&mut self, invoke_id: &str) -> Result<usize, Error> {
        self.keep_while(|old| old < invoke_id)
    }

    fn keep_rest(&mut self) -> Result<usize, Error> {
        self.keep_while(|_| true)
    }

    /// Passes over the present rows of a record.
    fn skip(&mut self, invoke_id: &str) -> Result<(), Error> {
        while let Some(old) = &mut self.old
            && old.invoke_id() == Some(invoke_id)
        {
            old.advance()?;
        }
        Ok(())
    }

    /// Takes the present rows of a record out.
    fn take(&mut self, invoke_id: &str) -> Result<Vec<KeptRow>, Error> {
        let mut taken = Vec::new();
        while let Some(old) = &mut self.old
            && old.invoke_id() == Some(invoke_id)
        {
            taken.extend(old.kept());
            old.advance()?;
        }
        Ok(taken)
    }
}

/// Writes the rows of a record in `runs`. Returns the number of those that the store holds.
///
/// Two things of a record that the store still holds may be in the present file alone: history records
/// beyond the store's limit, and outputs that the store dropped to keep its budget. Both stay.
fn write_runs(runs: &mut Merge, record: &Record<'_>) -> Result<usize, Error> {
    let old = runs.take(record.invoke_id())?;
    let mut old: VecDeque<Vec<Value<'_>>> = old.iter().map(KeptRow::values).collect();
    let columns = Columns::new();
    let mut values = Vec::new();
    for (at, row) in record.runs.iter().enumerate() {
        runs::values(row, &mut values);
        if let Some(same) = old.iter().position(|old| columns.same_execution(old, &values))
            && let Some(same) = old.remove(same)
        {
            columns.keep_output(&same, &mut values);
        }
        runs.file.push(&values)?;
        let is_last = |next: Option<&RunRow<'_>>| {
            next.is_none_or(|next| next.instance_number != row.instance_number)
        };
        if is_last(record.runs.get(at + 1)) {
            columns.write_history(&mut runs.file, &old, row)?;
        }
    }
    Ok(record.runs.len())
}

/// The positions of columns of `runs`.
struct Columns {
    instance: usize,
    number: usize,
    position: usize,
    is_history: usize,
    execution: [usize; 3],
    output: usize,
    dropped: usize,
}

impl Columns {
    fn new() -> Self {
        let at = |name| position(runs::COLUMNS, name);
        Columns {
            instance: at("instance_id"),
            number: at("instance_number"),
            position: at("history_position"),
            is_history: at("is_history"),
            execution: [at("repeats"), at("start_time"), at("finish_time")],
            output: at("output"),
            dropped: at("dropped"),
        }
    }

    /// Whether two rows of a record show the same execution, whether as the run or as history.
    fn same_execution(&self, one: &[Value<'_>], other: &[Value<'_>]) -> bool {
        one[self.is_history] == other[self.is_history]
            && one[self.instance] == other[self.instance]
            && self.execution.iter().all(|&at| one[at] == other[at])
    }

    /// Takes the output of the present row, if the store has dropped just this one.
    fn keep_output<'a>(&self, old: &[Value<'a>], new: &mut [Value<'a>]) {
        if let (Value::Binary([]), &Value::Int64(Some(now))) =
            (&new[self.output], &new[self.dropped])
            && let (Value::Binary(output), &Value::Int64(Some(before))) =
                (&old[self.output], &old[self.dropped])
            && now.checked_sub(before) == Some(output.len() as i64)
        {
            new[self.output] = old[self.output].clone();
            new[self.dropped] = old[self.dropped].clone();
        }
    }

    /// Writes the history of a run that only the present file has, behind `last`, its last row.
    fn write_history(
        &self,
        file: &mut TableFile,
        old: &VecDeque<Vec<Value<'_>>>,
        last: &RunRow<'_>,
    ) -> Result<(), Error> {
        let older = old.iter().filter(|old| {
            old[self.is_history] == Value::Boolean(Some(true))
                && old[self.number] == Value::Int32(Some(last.instance_number))
        });
        for (position, older) in (last.history_position + 1..).zip(older) {
            let mut values = older.clone();
            values[self.position] = Value::Int32(Some(position));
            file.push(&values)?;
        }
        Ok(())
    }
}
