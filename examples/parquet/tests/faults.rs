//! Inputs that cannot be read and places that cannot be written: one error that names them, an exit code
//! that says whether anything was changed, and every file as it was or whole.

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use common::{accept, archive, command, contents, day, ended, files, record, rows, write};
use invodex::{Config, ManualClock, Regions, RepeatMode, RunUpdate, Store};
use invodex_parquet::export;
use invodex_testkit::dataset::Dataset;
use oorandom::Rand64;
use parquet::arrow::ArrowWriter;
use tempfile::{TempDir, tempdir};

/// A directory with an archive `a` of 300 records, and the data set `d` of an earlier state of it.
struct World {
    directory: TempDir,
    store: Store,
}

impl World {
    fn new() -> Self {
        let directory = tempdir().unwrap();
        let mut store = Dataset::of(300).store();
        write(&store, &directory.path().join("d"));
        let newest = store.iter().next().unwrap();
        let mut changed = newest.to_invocation();
        changed.invoke_id = "t-changed".into();
        accept(&mut store, &changed);
        archive(&store, &directory.path().join("a"));
        World { directory, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs the command on the archive and the data set.
    fn run(&self) -> (Option<i32>, String) {
        self.run_on("a", "d")
    }

    fn run_on(&self, archive: &str, dataset: &str) -> (Option<i32>, String) {
        let (archive, dataset) = (self.path(archive), self.path(dataset));
        ended(&command(&[
            "archive",
            archive.to_str().unwrap(),
            "--into",
            dataset.to_str().unwrap(),
        ]))
    }

    /// Runs it, and expects exit code 2, one line with each of `parts`, and all files as they were.
    fn refused(&self, archive: &str, dataset: &str, parts: &[&str]) {
        let before = contents(self.directory.path());
        let (code, told) = self.run_on(archive, dataset);
        assert_eq!(code, Some(2), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        for part in parts {
            assert!(told.contains(part), "{part} is not in: {told}");
        }
        assert_eq!(contents(self.directory.path()), before);
    }

    /// The data set of the archive, written anew.
    fn expected(&self) -> common::Rows {
        let fresh = tempdir().unwrap();
        write(&self.store, fresh.path());
        rows(fresh.path())
    }
}

#[test]
fn an_archive_that_cannot_be_read() {
    let world = World::new();
    let whole = fs::read(world.path("a")).unwrap();
    fs::write(world.path("cut"), &whole[..whole.len() / 2]).unwrap();
    fs::write(world.path("empty"), "").unwrap();
    fs::write(world.path("text"), "no archive").unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    fs::write(world.path("damaged"), damaged).unwrap();
    for dataset in ["d", "new"] {
        world.refused("missing", dataset, &["missing: ", "No such file"]);
        world.refused("cut", dataset, &["cut: InvalidArchive", "cut off"]);
        world.refused("empty", dataset, &["empty: InvalidArchive"]);
        world.refused("text", dataset, &["text: InvalidArchive"]);
        world.refused("damaged", dataset, &["damaged: InvalidArchive", "block"]);
        world.refused("d", dataset, &["d: ", "directory"]);
    }
    assert!(!world.path("new").exists());
}

#[test]
fn captures_that_cannot_be_read() {
    let world = World::new();
    fs::write(world.path("text"), "no capture").unwrap();
    let dataset = world.path("d");
    let before = contents(world.directory.path());
    for name in ["text", "missing"] {
        let file = world.path(name);
        let arguments = ["captures", file.to_str().unwrap(), "--into", dataset.to_str().unwrap()];
        let (code, told) = ended(&command(&arguments));
        assert_eq!((code, told.lines().count()), (Some(2), 1), "{told}");
        assert!(told.contains(name), "{told}");
    }
    assert_eq!(contents(world.directory.path()), before);
}

#[test]
fn a_directory_that_is_no_data_set() {
    let world = World::new();
    fs::create_dir(world.path("foreign")).unwrap();
    fs::write(world.path("foreign/letter.txt"), "").unwrap();
    world.refused("a", "foreign", &["foreign: is no data set", "letter.txt", "new or an empty"]);
    fs::write(world.path("file"), "").unwrap();
    world.refused("a", "file", &["file: is a file"]);
    world.refused("a", "file/below", &["file/below", "is a file"]);
    // Nobody can make a directory there.
    let (code, told) = ended(&command(&[
        "archive",
        world.path("a").to_str().unwrap(),
        "--into",
        "/proc/invodex/dataset",
    ]));
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("/proc/invodex"), "{told}");
}

#[test]
fn a_data_set_of_another_schema() {
    let world = World::new();
    let mark = world.path("d/_invodex_parquet");
    let text = fs::read_to_string(&mark).unwrap();
    fs::write(&mark, text.replace('1', "2")).unwrap();
    world.refused("a", "d", &["/d: ", "schema version 2", "writes schema version 1"]);
    fs::write(&mark, &text).unwrap();

    // A file of another program in the place of one of the data set.
    let file = files(&world.path("d/invocations")).pop().unwrap();
    let own = fs::read(&file).unwrap();
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["t-1"]));
    let batch = RecordBatch::try_from_iter([("invoke_id", ids)]).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(&file).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let name = file.to_str().unwrap();
    world.refused("a", "d", &[name, "has another schema", "schema_version is nothing, not 1"]);

    fs::write(&file, &own[..own.len() / 2]).unwrap();
    world.refused("a", "d", &[name, "cannot be read as a Parquet file"]);
    fs::write(&file, "").unwrap();
    world.refused("a", "d", &[name, "cannot be read as a Parquet file"]);
    fs::write(&file, own).unwrap();
    assert_eq!(world.run(), (Some(0), String::new()));
}

#[test]
fn foreign_and_missing_files_of_a_data_set() {
    let world = World::new();
    let day = files(&world.path("d/runs")).pop().unwrap().parent().unwrap().to_owned();
    let table = world.path("d/invocations");
    for foreign in [day.join("part-0.parquet"), table.join("letter.txt"), table.join("region_id=")]
    {
        fs::write(&foreign, "").unwrap();
        world.refused("a", "d", &[foreign.to_str().unwrap(), "is no part of a data set"]);
        fs::remove_file(foreign).unwrap();
    }
    // Engines skip these.
    fs::write(day.join("_SUCCESS"), "").unwrap();
    fs::write(day.join(".hidden"), "").unwrap();
    let file = day.join("data.parquet");
    let own = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    world.refused("a", "d", &[file.to_str().unwrap(), "is missing, although there is"]);
    fs::write(&file, own).unwrap();
    assert_eq!(world.run().0, Some(0));
}

#[test]
fn two_runs_at_once() {
    let world = World::new();
    let mark = world.path("d/_invodex_parquet");
    let held = File::open(&mark).unwrap();
    held.lock().unwrap();
    world.refused("a", "d", &["_invodex_parquet", "another run"]);
    drop(held);
    assert_eq!(world.run(), (Some(0), String::new()));
}

/// Runs the command with a limit on the size of a file, at which a write fails as on a full disk.
fn limited(kib: u32, archive: &Path, dataset: &Path) -> (Option<i32>, String) {
    // The signal of the limit would end the program.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kib * 2);
    let output = Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_invodex-parquet"), "archive"])
        .args([archive.as_os_str(), "--into".as_ref(), dataset.as_os_str()])
        .output();
    ended(&output.unwrap())
}

#[test]
fn a_full_disk() {
    let directory = tempdir().unwrap();
    let (file, dataset) = (directory.path().join("a"), directory.path().join("d"));
    let mut store = Store::new(Config::default(), ManualClock::new(day(20)));
    for number in 18..=20 {
        accept(&mut store, &record(&format!("t-{number}"), day(number)));
    }
    write(&store, &dataset);
    // The oldest of three days, which is written last, gets outputs that do not compress.
    let rng = &mut Rand64::new(26);
    for number in 0..10 {
        let mut large = record(&format!("t-large-{number}"), day(18));
        large.instances[0].output = (0..24_000).map(|_| rng.rand_u64() as u8).collect();
        accept(&mut store, &large);
    }
    archive(&store, &file);
    let before = contents(&dataset);
    let (code, told) = limited(100, &file, &dataset);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("creation_date=2025-05-18/data.parquet: cannot be written"), "{told}");
    assert!(told.contains("File too large") && told.contains("make room"), "{told}");
    assert_eq!(contents(&dataset), before);

    store.update_run("t-20", "i-1", &RunUpdate::started()).unwrap();
    archive(&store, &file);
    let (code, told) = limited(100, &file, &dataset);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.ends_with("1 of 2 days are written, the others are as they were"), "{told}");
    let after = contents(&dataset);
    let differ: Vec<_> =
        after.keys().filter(|file| before.get(*file) != after.get(*file)).collect();
    assert_eq!((after.len(), differ.len()), (before.len(), 2), "{differ:?}");

    // With room the next run goes on.
    let output = command(&["archive", file.to_str().unwrap(), "--into", dataset.to_str().unwrap()]);
    assert_eq!(ended(&output), (Some(0), String::new()));
    let fresh = tempdir().unwrap();
    write(&store, fresh.path());
    assert_eq!(rows(&dataset), rows(fresh.path()));
}

/// The two states in which a run can leave a day when it is killed: a temporary file, or the new file of
/// `runs` beside the present one of `invocations`. The next run mends both.
#[test]
fn a_run_that_is_killed_between_two_files() {
    let world = World::new();
    let fresh = tempdir().unwrap();
    write(&world.store, fresh.path());
    let changed: Vec<PathBuf> = files(&fresh.path().join("runs"))
        .into_iter()
        .map(|file| file.strip_prefix(fresh.path()).unwrap().to_owned())
        .filter(|file| {
            fs::read(world.path("d").join(file)).unwrap()
                != fs::read(fresh.path().join(file)).unwrap()
        })
        .collect();
    assert_eq!(changed.len(), 1);
    fs::copy(fresh.path().join(&changed[0]), world.path("d").join(&changed[0])).unwrap();
    let leftover = world.path("d").join(&changed[0]).with_file_name(".data.parquet.tmp");
    fs::write(&leftover, "half").unwrap();
    rows(&world.path("d"));
    assert_eq!(world.run(), (Some(0), String::new()));
    assert!(!leftover.exists());
    assert_eq!(rows(&world.path("d")), world.expected());

    // A new data set, whose mark is not written yet.
    fs::create_dir(world.path("new")).unwrap();
    fs::write(world.path("new/_invodex_parquet"), "").unwrap();
    assert_eq!(world.run_on("a", "new"), (Some(0), String::new()));
    let mark = |dataset: &str| fs::read(world.path(dataset).join("_invodex_parquet")).unwrap();
    assert_eq!(mark("new"), mark("d"));

    // A new day: the file of `runs` alone.
    let invocations = files(&world.path("d/invocations")).pop().unwrap();
    fs::remove_file(invocations).unwrap();
    assert_eq!(world.run(), (Some(0), String::new()));
    assert_eq!(rows(&world.path("d")), world.expected());
}

#[test]
fn a_run_that_is_killed_at_any_time() {
    let world = World::new();
    let expected = world.expected();
    let dataset = world.path("killed");
    let mut killed = 0;
    for milliseconds in 0..40 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_invodex-parquet"))
            .args(["archive".as_ref(), world.path("a").as_os_str(), "--into".as_ref()])
            .arg(&dataset)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds * 5));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        // Every file that has its name is whole.
        for (key, found) in rows(&dataset) {
            let wanted = &expected[&key];
            assert!(wanted == &found || wanted[1..] == found[..], "{key:?}: {found:#?}");
        }
    }
    assert!(killed > 0);
    assert_eq!(world.run_on("a", "killed").0, Some(0));
    assert_eq!(rows(&dataset), expected);
}

#[test]
fn views_are_printed_for_each_engine() {
    for engine in ["duckdb", "datafusion", "spark"] {
        let output = command(&["views", engine]);
        assert_eq!(ended(&output), (Some(0), String::new()));
        let views = String::from_utf8(output.stdout).unwrap();
        assert!(views.contains("VIEW describe_invocations AS"), "{views}");
    }
}

/// A store that knows other regions does not show the history of a task in this one.
#[test]
fn a_history_that_the_store_does_not_show() {
    let directory = tempdir().unwrap();
    let config = Config { regions: Regions::only(["cn-beijing"]), ..Config::default() };
    let mut store = Store::new(config, day(1));
    let mut task = record("t-1", day(1));
    task.repeat_mode = RepeatMode::Period;
    accept(&mut store, &task);
    let error = export(&store, directory.path(), &mut |_| ()).unwrap_err();
    assert_eq!(error.days_written(), 0);
    let told = error.to_string();
    assert!(told.contains("\"t-1\"") && told.contains("InvalidRegionId.NotFound"), "{told}");
    assert!(files(&directory.path().join("runs")).is_empty());
}

#[test]
fn arguments_that_are_refused() {
    for arguments in [&["archive"][..], &["archive", "a"], &["captures", "--into", "d"], &["views"]]
    {
        let (code, told) = ended(&command(arguments));
        assert_eq!(code, Some(2), "{told}");
    }
}
