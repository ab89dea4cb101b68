//! Replays the inputs that the fuzz targets found, and their seeds: every file under
//! `tests/data/crashes` and `fuzz/seeds` goes to the target after which its folder is named.
#![cfg(feature = "json")]

mod captures;
#[path = "../fuzz/checks/mod.rs"]
mod checks;
#[allow(dead_code)]
#[path = "archive/forge.rs"]
mod forge;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The files of a folder, in the order of their names; none if there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.sort();
    files
}

/// Runs the target on every file, and lists those that fail.
fn replay(name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (_, check) = checks::TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    let seeds = files(&root.join("fuzz/seeds").join(name));
    assert!(seeds.len() >= 3, "{name} has only {} seeds", seeds.len());
    let mut failed = Vec::new();
    for file in seeds.into_iter().chain(files(&root.join("tests/data/crashes").join(name))) {
        let data = fs::read(&file).expect("it can be read");
        if catch_unwind(AssertUnwindSafe(|| check(&data))).is_err() {
            failed.push(file);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

macro_rules! replay {
    ($($name:ident),+) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })+

        #[test]
        fn every_target_is_replayed() {
            let names = checks::TARGETS.map(|(name, _)| name);
            assert_eq!(names, [$(stringify!($name)),+]);
            let crashes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/crashes");
            for folder in files(&crashes).into_iter().filter(|path| path.is_dir()) {
                let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                // Those of the emulator are replayed by its own tests.
                let is_known = name == "emulator" || names.contains(&name);
                assert!(is_known, "{} is of no target", folder.display());
            }
        }
    };
}
replay!(operations, pairs, query_string, token, archive, capture);
