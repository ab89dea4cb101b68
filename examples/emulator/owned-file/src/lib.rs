//! A file that one process owns, and replaces as a whole. It needs Unix.
//!
//! Two files stand beside the file `NAME`. `.NAME.lock` is locked by the process that owns the file, from
//! before it is read until after the last write. `.NAME.part` is the next content while it is written.
//! Only the owner touches it, so one that stands there at first is left from a write that was cut off.
//!
//! ```
//! # let directory = std::env::temp_dir().join(format!("owned-file-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory)?;
//! use invodex_owned_file::OwnedFile;
//!
//! let path = directory.join("state");
//! let file = OwnedFile::open(&path, |told| eprintln!("the file is {told}"))?;
//! assert_eq!(file.read()?, None);
//! file.write(b"all of it")?;
//! assert_eq!(std::fs::read(&path)?, b"all of it");
//! # std::fs::remove_dir_all(&directory)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

/// Time to wait for the process that owns the file, which may be ending.
const WAIT: Duration = Duration::from_secs(10);
/// Mode of a new file.
const MODE: u32 = 0o600;

/// A file that this process owns.
#[derive(Debug)]
pub struct OwnedFile {
    /// The file itself, not a link to it.
    file: PathBuf,
    part: PathBuf,
    directory: File,
    /// Locked until this is dropped.
    lock: File,
}

impl OwnedFile {
    /// Takes the ownership of the file at `path`, which need not exist, and tries whether it can be
    /// replaced. If another process owns it, calls `waits` once with a text about that process, and waits
    /// for it up to 10 seconds. The thread is blocked meanwhile.
    ///
    /// # Errors
    ///
    /// If it is no regular file, if its directory is missing or takes no file, if its owner cannot be
    /// kept, or if another process keeps it.
    pub fn open(path: &Path, waits: impl FnOnce(&str)) -> Result<Self, String> {
        let refuse = |error: io::Error| error.to_string();
        let file = resolve(path)?;
        let beside = |ending: &str| {
            let mut hidden = OsString::from(".");
            hidden.push(file.file_name().unwrap_or_default());
            hidden.push(ending);
            file.with_file_name(hidden)
        };
        let lock = own(&beside(".lock"), waits)?;
        let directory = File::open(file.with_file_name(".")).map_err(refuse)?;
        let owned = OwnedFile { part: beside(".part"), file, directory, lock };
        owned.note("");
        // A directory in which no file can be made, or an owner who cannot be kept, is found now and
        // not at the first write.
        owned.begin().map_err(|error| format!("cannot be replaced: {error}"))?;
        fs::remove_file(&owned.part).map_err(refuse)?;
        Ok(owned)
    }

    /// The file itself, not a link to it.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// The whole file; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file by `bytes`, with the mode and the owner of the old file. The path always
    /// names a complete file, the old one or the new one.
    ///
    /// # Errors
    ///
    /// If it cannot be written. Then nothing is left of the new one, unless the rename alone could not be
    /// made durable.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let write = || {
            let mut part = self.begin()?;
            part.write_all(bytes)?;
            part.sync_all()?;
            fs::rename(&self.part, &self.file)?;
            // The rename then survives a loss of power.
            self.directory.sync_all()
        };
        write().inspect_err(|_| drop(fs::remove_file(&self.part)))
    }

    /// Tells other processes in the lock file who owns the file: this process, at `address` if it is not
    /// empty.
    pub fn note(&self, address: &str) {
        let at = if address.is_empty() { String::new() } else { format!(" at {address}") };
        let text = format!("process {}{at}\n", std::process::id());
        let mut lock = &self.lock;
        // It only makes a message clearer.
        let _ = lock.set_len(0).and_then(|()| lock.rewind());
        let _ = lock.write_all(text.as_bytes());
    }

    /// A new empty `.NAME.part` with the mode and the owner of the file. A link or a pipe that stands in
    /// its place is removed, never opened.
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

    /// The file that is there.
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
fn own(path: &Path, waits: impl FnOnce(&str)) -> Result<File, String> {
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
    let mut waits = Some(waits);
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
        if let Some(waits) = waits.take() {
            waits(&format!("in use by {}; waiting up to {} s", owner(&mut file), WAIT.as_secs()));
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
