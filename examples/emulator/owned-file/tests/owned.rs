//! One owner, a whole file at each moment, and nothing left of a write that failed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use invodex_owned_file::OwnedFile;

/// An empty directory.
fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn names(directory: &PathBuf) -> Vec<String> {
    let files = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let directory = directory("owned-replaced");
    let path = directory.join("state");
    let file = OwnedFile::open(&path, |_| panic!("nobody owns it")).unwrap();
    assert_eq!(file.read().unwrap(), None);
    assert_eq!(names(&directory), [".state.lock"]);
    file.write(b"one").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    // Who has the old file open goes on reading it.
    let old = fs::File::open(&path).unwrap();
    file.write(b"two").unwrap();
    assert_eq!(std::io::read_to_string(old).unwrap(), "one");
    assert_eq!(file.read().unwrap().unwrap(), b"two");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(names(&directory), [".state.lock", "state"]);
}

#[test]
fn a_link_beside_it_is_removed_and_one_to_it_is_followed() {
    let directory = directory("owned-links");
    let (path, other) = (directory.join("state"), directory.join("other"));
    fs::write(&other, "other").unwrap();
    symlink(&other, directory.join(".state.part")).unwrap();
    let file = OwnedFile::open(&path, |_| panic!("nobody owns it")).unwrap();
    file.write(b"one").unwrap();
    assert_eq!(fs::read_to_string(&other).unwrap(), "other");
    drop(file);

    let link = directory.join("link");
    symlink("state", &link).unwrap();
    let file = OwnedFile::open(&link, |_| panic!("nobody owns it")).unwrap();
    assert_eq!(file.path(), fs::canonicalize(&path).unwrap());
    file.write(b"two").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&path).unwrap(), "two");
}

#[test]
fn a_failed_write_leaves_nothing() {
    let directory = directory("owned-failed");
    let path = directory.join("state");
    let file = OwnedFile::open(&path, |_| panic!("nobody owns it")).unwrap();
    // A directory cannot be replaced by a file.
    fs::create_dir(&path).unwrap();
    assert!(file.write(b"one").is_err());
    assert_eq!(names(&directory), [".state.lock", "state"]);
    for (path, said) in [
        (path.clone(), "is a directory"),
        (directory.join("missing/state"), "the directory"),
        (PathBuf::from("/dev/null"), "is not a regular file"),
    ] {
        let refused = OwnedFile::open(&path, |_| ()).unwrap_err();
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn a_second_owner_waits_for_the_first() {
    let path = directory("owned-twice").join("state");
    let first = OwnedFile::open(&path, |_| panic!("nobody owns it")).unwrap();
    first.note("127.0.0.1:1");
    let mut told = Vec::new();
    let (begun, held) = (std::time::Instant::now(), std::time::Duration::from_millis(200));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(held);
            drop(first);
        });
        OwnedFile::open(&path, |text| told.push(text.to_owned())).unwrap();
    });
    assert!(begun.elapsed() >= held);
    let process = std::process::id();
    assert_eq!(told, [format!("in use by process {process} at 127.0.0.1:1; waiting up to 10 s")]);
}
