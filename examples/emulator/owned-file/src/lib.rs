//! The place of an archive: the file, who owns it, and how it is replaced.
//!
//! Two files stand beside the archive `NAME`. `.NAME.lock` is locked by the process that owns the
//! archive, from before it restores until after its last save. `.NAME.part` is the next archive while
//! it is written. Only the owner touches it, so one that stands there at start is left from a save
//! that was cut off.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::tell::tell_at_once;

/// Time to wait for the process that owns the archive. It covers the grace and the last save of one
/// that is being stopped.
const WAIT: Duration = Duration::from_secs(10);
/// Mode of a new archive: it holds the commands and their outputs.
const MODE: u32 = 0o600;

/// An archive that this process owns.
pub(crate) struct Place {
    /// The file itself, not a link to it.
    file: PathBuf,
    part: PathBuf,
    directory: File,
    /// Locked until this is dropped.
    lock: File,
}

impl Place {
    /// Takes the ownership of the archive at `path`, which need not exist, and tries whether it can
    /// be saved there.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let named = |what: String| format!("--archive {}: {what}", path.display());
        let refuse = |error: io::Error| named(error.to_string());
        let file = resolve(path).map_err(named)?;
        let beside = |ending: &str| {
            let mut hidden = OsString::from(".");
            hidden.push(file.file_name().unwrap_or_default());
            hidden.push(ending);
            file.with_file_name(hidden)
        };
        let lock = own(&beside(".lock")).map_err(named)?;
        let directory = File::open(file.with_file_name(".")).map_err(refuse)?;
        let place = Place { part: beside(".part"), file, directory, lock };
        place.note("");
        // A directory in which no file can be made, or an owner who cannot be kept, is found now and
        // not at the first save.
        place.begin().map_err(|error| named(format!("cannot be saved: {error}")))?;
        fs::remove_file(&place.part).map_err(refuse)?;
        Ok(place)
    }

    /// The whole file; `None` if there is none.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, String> {
        match fs::read(&self.file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.named(&error)),
        }
    }

    /// Replaces the file by `bytes`, with the mode and the owner of the old file. The path always
    /// names a complete file, the old one or the new one. If it fails, nothing is left of the new
    /// one.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), String> {
        let write = || {
            let mut part = self.begin()?;
            part.write_all(bytes)?;
            part.sync_all()?;
            fs::rename(&self.part, &self.file)?;
            // The rename then survives a loss of power.
            self.directory.sync_all()
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&self.part);
            self.named(&error)
        })
    }

    /// Tells other processes in the lock file who owns the archive.
    pub(crate) fn note(&self, address: &str) {
        let at = if address.is_empty() { String::new() } else { format!(" at {address}") };
        let text = format!("process {}{at}\n", std::process::id());
        let mut lock = &self.lock;
        // It only makes a message clearer.
        let _ = lock.set_len(0).and_then(|()| lock.rewind());
        let _ = lock.write_all(text.as_bytes());
    }

    /// An error with the path of the file.
    pub(crate) fn named(&self, what: &dyn std::fmt::Display) -> String {
        format!("--archive {}: {what}", self.file.display())
    }

    /// A new empty file beside the archive, with its mode and owner. A link or a pipe that stands
    /// there is removed, never opened.
    fn begin(&self) -> io::Result<File> {
        match fs::remove_file(&self.part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let part = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&self.part)?;
        let kept = self.old().and_then(|old| old.map_or(Ok(()), |old| keep(&old, &part)));
        kept.inspect_err(|_| drop(fs::remove_file(&self.part)))?;
        Ok(part)
    }

    /// The archive that is there.
    fn old(&self) -> io::Result<Option<Metadata>> {
        match fs::symlink_metadata(&self.file) {
            Ok(old) if old.is_file() => Ok(Some(old)),
            Ok(_) => Err(io::Error::other("is not a regular file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Gives `part` the owner and the mode of `old`.
fn keep(old: &Metadata, part: &File) -> io::Result<()> {
    let new = part.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        fchown(part, Some(old.uid()), Some(old.gid())).map_err(|error| {
            let owner = format!("user {} and group {}", old.uid(), old.gid());
            io::Error::new(error.kind(), format!("its owner, {owner}, cannot be kept: {error}"))
        })?;
    }
    part.set_permissions(Permissions::from_mode(old.mode() & 0o7777))
}

/// The file that `path` stands for, links followed. It need not exist.
fn resolve(path: &Path) -> Result<PathBuf, String> {
    let name = path.file_name().ok_or("is no name of a file")?;
    let parent =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match fs::canonicalize(path) {
        Ok(file) if file.is_dir() => Err("is a directory".to_owned()),
        Ok(file) if !file.is_file() => Err("is not a regular file".to_owned()),
        Ok(file) => Ok(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            // A link to a file that does not exist yet.
            Ok(target) => resolve(&parent.join(target)),
            Err(_) => match fs::canonicalize(parent) {
                Ok(directory) => Ok(directory.join(name)),
                Err(error) => Err(format!("the directory {}: {error}", parent.display())),
            },
        },
        Err(error) => Err(error.to_string()),
    }
}

/// Locks the file at `path`. Waits for a process that has it locked, since that one may be ending.
fn own(path: &Path) -> Result<File, String> {
    let refuse = |error: io::Error| format!("the lock file {}: {error}", path.display());
    // Not through a link, and without waiting for the other end of a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(MODE).custom_flags(flags);
    let mut file = options.open(path).map_err(refuse)?;
    if !file.metadata().map_err(refuse)?.is_file() {
        return Err(refuse(io::Error::other("is not a regular file")));
    }
    let begun = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(refuse(error)),
            Err(TryLockError::WouldBlock) => {}
        }
        if begun.elapsed() >= WAIT {
            let owner = owner(&mut file);
            return Err(format!("is in use by {owner}; stop that one or name another file"));
        }
        if !told {
            told = true;
            let (owner, seconds) = (owner(&mut file), WAIT.as_secs());
            tell_at_once(&format!("the archive is in use by {owner}; waiting up to {seconds} s"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The line that the owner wrote into the lock file.
fn owner(lock: &mut File) -> String {
    let mut text = String::new();
    let _ = lock.rewind().and_then(|()| lock.take(200).read_to_string(&mut text));
    match text.trim() {
        "" => "another process".to_owned(),
        owner => owner.to_owned(),
    }
}
