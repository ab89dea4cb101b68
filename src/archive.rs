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
use crate::store::Store;

impl Store {
    /// Writes the whole store to `out` and flushes it: the records that have not expired by its
    /// time now, their runs and histories, acceptance numbers, the store's time and id, as an
    /// archive that [`restore`](Self::restore) reads. The format is written down in
    /// `src/archive/format.md`; every later version reads what this one wrote.
    ///
    /// Writes some 256 KiB at a time and needs as much memory, and 4 bytes for each distinct
    /// text. Cost: O(size of the records), about 0.1 µs for a run. A record with three runs takes
    /// about 70 bytes, besides its outputs; what records share is written once.
    ///
    /// # Errors
    ///
    /// `ArchiveIo` when `out` fails, with its error in the detail. What was written until then is
    /// no archive, and is refused as one.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Config, InstanceRun, Invocation, Store, SystemClock};
    ///
    /// let mut store = Store::default();
    /// let mut invocation = Invocation::new("cn-hangzhou", "t-0001", "c-0001");
    /// invocation.instances.push(InstanceRun::new("i-0001"));
    /// store.accept(&invocation)?;
    ///
    /// let mut archive = Vec::new();
    /// store.save(&mut archive)?;
    /// let restored = Store::restore(Config::default(), SystemClock, &archive[..])?;
    /// let record = |store: &Store| store.get("t-0001").map(|view| view.to_invocation());
    /// assert_eq!(record(&restored), record(&store));
    /// # Ok::<(), invodex::Error>(())
    /// ```
    pub fn save(&self, out: impl io::Write) -> Result<(), Error> {
        save::save(self, out)
    }

    /// The store that [`save`](Self::save) wrote to what `input` gives, up to its end.
    ///
    /// Under the same configuration and clock it gives the same answers and takes the same tokens,
    /// also those made before, and acceptance numbers go on. Its id is the archive's, whatever
    /// `config` says, and its time is never earlier than the archive's last write. Otherwise
    /// `config` holds: what is beyond its limits goes, oldest first, and is counted in the
    /// statistics, which begin at 0.
    ///
    /// Cost: O(size of the archive), about 0.5 µs for a run. Reads in pieces of 8 KiB or more, so
    /// `input` need not be buffered.
    ///
    /// # Errors
    ///
    /// `InvalidArchive` when the input is empty, of another format or version, cut off, damaged,
    /// followed by something else, or holds what no store can hold; the detail names the block,
    /// where there is a first one, and what to do. `ArchiveIo` when `input` fails. There is never a
    /// part of a store.
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
    ) -> Result<Store, Error> {
        restore::restore(config, clock, input)
    }
}
