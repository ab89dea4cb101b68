//! Writes the records of a store to a data set.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use invodex::{InvocationView, Store};

use crate::dataset::DataSet;
use crate::day;
use crate::error::Error;

/// The records of a day by region, each list in list order.
type Regions<'a> = BTreeMap<&'a str, Vec<InvocationView<'a>>>;

/// How far an export is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Records that have been compared with the data set, or written.
    pub done: usize,
    /// Records of the store. All of them are compared, and then those of changed days written.
    pub total: usize,
    /// Whether records are written by now.
    pub writing: bool,
}

/// The numbers of an export. A day is one of a region: a file in each table. `Display` shows them in
/// one line.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Records of the store.
    pub records: usize,
    /// Days that were written, because they are new or have a changed record.
    pub days_written: usize,
    /// Days of the store that the data set has already.
    pub days_unchanged: usize,
    /// Records of the store that were written.
    pub records_written: usize,
    /// Runs and history records of these.
    pub runs_written: usize,
    /// Records in the written days that the store does not hold, and that stayed.
    pub records_kept: usize,
    /// Bytes of the written files.
    pub bytes: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { records, days_written, days_unchanged, .. } = self;
        write!(f, "{records} records; {days_written} days written, {days_unchanged} unchanged")?;
        if *days_written > 0 {
            let Summary { records_written, runs_written, records_kept, bytes, .. } = self;
            write!(f, "; written: {records_written} records with {runs_written} runs, ")?;
            write!(f, "{records_kept} records kept that the store does not hold, {bytes} bytes")?;
        }
        Ok(())
    }
}

/// Writes the records of `store` to the data set in `directory`, which is made if there is none. `tell`
/// is called now and then.
///
/// A day of a region is one file in each of both tables. The file is written if it is new or if one of
/// its records has changed, and then has the store's records and those of the present file that the
/// store does not hold. Days of which the store has no record, or no changed one, are not touched. A
/// history record that the store no longer holds stays, too, and so does an output that it dropped to
/// keep [`output_budget`](invodex::Config::output_budget).
///
/// Cost: O(records, runs and history records of the store), and O(rows of the days that are written).
/// Memory, beside the store: about 60 bytes for each record of the largest day, with present files
/// about 120 more, and at most some 150 MB for the open files.
///
/// # Errors
///
/// If the directory is not a data set of this schema, or a file cannot be read or written; also if the
/// store's [`regions`](invodex::Config::regions) leave out the region of a recurring task, whose history
/// it then does not show. Each file is as it was or whole, and [`Error::days_written`] says whether any
/// is new. The next export goes on.
///
/// # Examples
///
/// ```
/// use invodex::{InstanceRun, Invocation, SharedStore};
///
/// let store = SharedStore::default();
/// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
/// invocation.instances.push(InstanceRun::new("i-0001"));
/// store.accept(&invocation)?;
///
/// // A fork, so that writers of a shared store do not wait.
/// let fork = store.read(|store| store.fork(store.now()));
/// # let directory = tempfile::tempdir()?;
/// # let directory = &directory.path().join("dataset");
/// let first = invodex_parquet::export(&fork, directory, &mut |_| ())?;
/// assert_eq!((first.records_written, first.days_written), (1, 1));
/// let second = invodex_parquet::export(&fork, directory, &mut |_| ())?;
/// assert_eq!((second.days_written, second.days_unchanged), (0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn export(
    store: &Store,
    directory: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<Summary, Error> {
    let mut dataset = DataSet::open(directory)?;
    // A clock that stands still: no record expires between the two passes, nor while it is read.
    let store = &store.fork(store.now());
    let total = store.len();
    let mut summary = Summary { records: total, ..Summary::default() };

    let (mut unchanged, mut days, mut done) = (BTreeSet::new(), 0, 0);
    for (date, regions) in by_day(store) {
        for (region_id, records) in regions {
            if day::is_unchanged(store, &records, &dataset.place(region_id, &date))? {
                unchanged.insert((date.clone(), region_id));
            } else {
                days += 1;
            }
            done += records.len();
            tell(Progress { done, total, writing: false });
        }
    }
    summary.days_unchanged = unchanged.len();
    if days > 0 {
        dataset.begin()?;
    }

    done = 0;
    for (date, regions) in by_day(store) {
        for (region_id, records) in regions {
            if unchanged.contains(&(date.clone(), region_id)) {
                done += records.len();
                continue;
            }
            let count = records.len();
            let mut told = || {
                done += 1;
                if done.is_multiple_of(1_000) || done == total {
                    tell(Progress { done, total, writing: true });
                }
            };
            let place = dataset.place(region_id, &date);
            let written = day::write(store, records, &place, &mut told)
                .map_err(|error| error.after(summary.days_written, days))?;
            summary.days_written += 1;
            summary.records_written += count;
            summary.runs_written += written.runs;
            summary.records_kept += written.kept_records;
            summary.bytes += written.bytes;
        }
    }
    Ok(summary)
}

/// The days of the store, newest first. Holds the views of one day.
fn by_day(store: &Store) -> impl Iterator<Item = (String, Regions<'_>)> {
    let mut records = store.iter().peekable();
    std::iter::from_fn(move || {
        let day = |view: &InvocationView<'_>| view.creation_time().as_secs() / 86_400;
        let first = *records.peek()?;
        let mut regions = Regions::new();
        while let Some(view) = records.next_if(|view| day(view) == day(&first)) {
            regions.entry(view.region_id()).or_default().push(view);
        }
        // A time is written YYYY-MM-DDTHH:MM:SSZ.
        let date = first.creation_time().to_string()[..10].to_owned();
        Some((date, regions))
    })
}
