#![doc = include_str!("archive/format.md")]

mod block;
mod code;
mod command;
mod execution;
mod restore;
mod save;

use std::io;

use crate::config::{Clock, Config};
use crate::error::Error;
use crate::store::{Restored, Store};

impl Store {
    /// Writes the store to `out` as an archive that [`restore`](Self::restore) reads, and flushes
    /// `out`. The archive holds the records that have not expired, with their runs, histories and
    /// acceptance numbers, and the store's time and id. `src/archive/format.md` specifies the
    /// format. Every later version of the crate reads the archives of this one.
    ///
    /// A record with three runs takes about 70 bytes in the archive, besides its outputs; values that
    /// records share are written once. Cost: O(size of the records), about 0.1 µs for a run, and
    /// memory for a block of 256 KiB and 4 bytes for each distinct text.
    ///
    /// # Errors
    ///
    /// `ArchiveIo` if `out` fails; the detail has its error. The bytes written so far are no
    /// archive, and [`restore`](Self::restore) refuses them.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Config, InstanceRun, Invocation, Store, SystemClock};
    ///
    /// let mut store = Store::default();
    /// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
    /// invocation.instances.push(InstanceRun::new("i-0001"));
    /// assert!(store.accept(&invocation)?.retained);
    ///
    /// let mut archive = Vec::new();
    /// store.save(&mut archive)?;
    /// let restored = Store::restore(Config::default(), SystemClock, &archive[..])?.store;
    /// let record = |store: &Store| store.get("t-0001").map(|view| view.to_invocation());
    /// assert_eq!(record(&restored), record(&store));
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn save(&self, out: impl io::Write) -> Result<(), Error> {
        save::save(self, out)
    }

    /// Restores a store from `input`, which is read to its end and must be one archive written by
    /// [`save`](Self::save).
    ///
    /// With the same configuration and clock, the restored store gives the same answers and accepts
    /// the same tokens, including those made before; acceptance numbers continue. Its id is that of
    /// the archive, whatever `config` says ([`set_id`](Self::set_id) gives it another), and its time
    /// is never earlier than the archive's last write. All other settings of `config` apply.
    ///
    /// **Records beyond the limits of `config` are left out**, the oldest first: an archive of old
    /// records needs the `retention_seconds` with which they were kept. [`Restored`] counts them.
    ///
    /// Cost: O(size of the archive), about 0.5 µs for a run. `input` need not be buffered.
    ///
    /// # Errors
    ///
    /// `InvalidArchive` if the input is empty, has another format or version, is cut off, damaged
    /// or followed by other bytes, or holds values that no store can hold. The detail names the
    /// block, if one was begun, and says what to do. `ArchiveIo` if `input` fails. An error never
    /// leaves a partial store.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Config, Store, SystemClock};
    ///
    /// let mut archive = Vec::new();
    /// Store::default().save(&mut archive)?;
    /// archive.pop();
    /// let error = Store::restore(Config::default(), SystemClock, &archive[..]).err().unwrap();
    /// assert_eq!(error.code(), "InvalidArchive");
    /// assert!(error.detail().starts_with("block 1 (end): is cut off"));
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn restore(
        config: Config,
        clock: impl Clock + 'static,
        input: impl io::Read,
    ) -> Result<Restored, Error> {
        restore::restore(config, clock, input)
    }
}
