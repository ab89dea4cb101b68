//! Replays the seeds of the fuzz target `emulator` and the inputs that it found: every file under
//! `fuzz/seeds/emulator` and `tests/data/crashes/emulator`.

#[path = "../../../fuzz/checks/emulator.rs"]
mod emulator;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[test]
fn every_input_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["fuzz/seeds/emulator", "tests/data/crashes/emulator"] {
        let entries = fs::read_dir(root.join(folder)).into_iter().flatten();
        files.extend(entries.map(|entry| entry.expect("it can be read").path()));
    }
    files.sort();
    let mut seen = BTreeSet::new();
    files.retain(|file| {
        let data = fs::read(file).expect("it can be read");
        let checked = catch_unwind(|| emulator::check(&data));
        println!("{}: {checked:?}", file.display());
        seen.extend(checked.as_ref().into_iter().flatten().copied());
        checked.is_err()
    });
    assert!(files.is_empty(), "failed: {files:#?}");
    // The seeds reach the handlers and the refusals.
    let reached = [100, 200, 400, 403, 404, 405, 408, 413, 415, 500];
    assert!(seen.is_superset(&reached.into()), "reached {seen:?}");
}
