//! A store to bytes and back.
//!
//! # What is in an archive
//!
//! The records that have not expired, with their runs and histories, in list order; their
//! acceptance numbers and the last one given; the time of the last write; the store's id.
//! Statistics, subscriptions, the configuration and the clock are not in it. The bytes follow
//! from these alone: stores with the same history of writes save to the same bytes, on every
//! platform, whatever their representation.
//!
//! # The format, version 1
//!
//! ```text
//! archive = magic, version, header block, data block..., end block
//! magic   = 89 49 56 58 0d 0a 1a 0a
//! version = 01 00 00 00
//! block   = kind: 1 byte, length: u32, content: that many bytes, seal: u64
//! ```
//!
//! Numbers of fixed size, as `u32` and `u64`, are little-endian. A block's kind is 1 (header),
//! 2 (data) or 3 (end), its length at most 1,048,576, and its seal XXH3-64 of all of it before the
//! seal, seeded with the block's number (the header's is 0): a block that is damaged, missing,
//! twice there or elsewhere is noticed. Nothing follows the end block. The writer closes a data
//! block when it holds 256 KiB or more.
//!
//! ```text
//! header content = store id: u64, last acceptance number: u64,
//!                  time of the last write: u32, number of records: u64
//! data content   = entry, entry...        at least one; none goes over a block's end
//! end content    = number of records: u64, of runs: u64, of history records: u64
//! ```
//!
//! The last acceptance number is below 2^63, and there are no more records than it.
//!
//! ## Entries
//!
//! | in an entry | is |
//! |---|---|
//! | number | an unsigned integer of up to 64 bits in groups of 7 bits, the lowest first, each but the last with 0x80 set; in the shortest form |
//! | signed | a signed integer *n* of 64 bits as the number 2*n*, or -2*n*-1 where negative |
//! | bytes | their count as a number, then they |
//! | text | bytes that are UTF-8 |
//! | time | whole seconds since 1970-01-01T00:00:00Z, 1 to 2^32-1, as the signed distance from the CreationTime of the record |
//! | code | one byte, see below |
//!
//! An entry is its kind, one byte, and its fields:
//!
//! | kind | fields |
//! |---|---|
//! | 1 region | RegionId: text |
//! | 2 resource group | ResourceGroupId: text |
//! | 3 instance | InstanceId: text |
//! | 4 tag | TagKey: text, TagValue: text |
//! | 5 command | CommandId, CommandName, CommandDescription: texts, CommandContent: bytes, Parameters, Frequency, WorkingDir, Username, ContainerId, ContainerName, Launcher, TerminationMode, OssOutputDelivery: texts, CommandType: code, RepeatMode: code, Timeout: number, 0 where unset |
//! | 6 texts | ErrorCode, ErrorInfo, OssOutputStatus, OssOutputUri, OssOutputErrorCode, OssOutputErrorInfo: texts, not all empty |
//! | 7 record | InvokeId: text, CreationTime: number, acceptance number: signed, region, resource group, command: numbers, count of tags: number, each tag: number, count of runs: number |
//! | 8 run | instance: number, UpdateTime: time, then an execution |
//! | 9 history record | an execution |
//!
//! What records share stands in entries of the kinds 1 to 6, each before its first use and once.
//! It is named by its number: how many of its kind stand before it. Such entries may stand
//! between any others.
//!
//! Records stand in list order, the oldest first: by CreationTime, then acceptance number. Each
//! gives its CreationTime and its acceptance number as the difference from those of the record
//! before, the first from 0; the difference of acceptance numbers wraps around 2^64. The count of
//! runs is followed by that many runs in the order they were named, each followed by its history,
//! oldest first. The history records kept are the last ones of all there were, so their numbers
//! follow from the counts.
//!
//! An execution:
//!
//! | field | there if the shape has the bit | |
//! |---|---|---|
//! | InvocationStatus | always | code |
//! | shape | always | number |
//! | Repeats | always | number, at most 2^32-1 |
//! | StartTime | 1 | time |
//! | FinishTime | 2 | time |
//! | ExitCode | 4 | signed |
//! | texts | 8 | number |
//! | StopTime | 16 | time |
//! | Output | 32 | bytes |
//! | Dropped | 64 | number |
//! | CreationTime of the run, unless it is the record's | 128, only in a run | time |
//! | history | 256, only in a run of a recurring task | how many there ever were: number, at most 2^32-1; how many follow: number |
//!
//! Codes of a status: 0 Pending, 1 Scheduled, 2 Running, 3 Stopping, 4 Success, 5 Failed,
//! 6 Invalid, 7 Aborted, 8 Error, 9 Timeout, 10 Cancelled, 11 Terminated; a history record has
//! one of 4 to 11. Of a type: 0 RunBatScript, 1 RunPowerShellScript, 2 RunShellScript. Of a mode:
//! 0 Once, 1 Period, 2 NextRebootOnly, 3 EveryReboot, 4 DryRun.
//!
//! Every value keeps the limits of [`Store::accept`]: lengths, counts, ranges, rules of tags,
//! distinct instances in a record, tag keys in a record, InvokeIds and acceptance numbers.
//!
//! # Reading
//!
//! A block is read whole, as its bytes come, and its seal checked, before anything in it is
//! believed. No room is made for what is only claimed. Each value is then held against its limit
//! while it goes straight into the columns of a store that nobody sees before the end; the index
//! is built on the way, since rows come in order. Records that the limits of the new store do not
//! hold are checked and left out, except that their InvokeIds are not compared with others.

mod block;
mod code;
mod restore;
mod save;

use std::io;

use crate::config::{Clock, Config};
use crate::error::Error;
use crate::store::Store;

impl Store {
    /// Writes the whole store to `out` and flushes it: the records that have not expired, their
    /// runs and histories, acceptance numbers, the store's time and id, as an archive that
    /// [`restore`](Self::restore) reads. What of it is kept and how is written down in
    /// ARCHITECTURE.md; every later version reads what this one wrote.
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
    /// Under the same configuration and clock it gives the same answers and takes the same
    /// tokens, also those made before, and acceptance numbers go on. Its id is that of the
    /// archive, whatever `config` says; so is the earliest that its time can be. Otherwise
    /// `config` holds: what is beyond its limits goes, oldest first, and is counted in the
    /// statistics, which begin at 0.
    ///
    /// Cost: O(size of the archive), about 0.5 µs for a run. Reads in pieces as large as a block,
    /// so `input` need not be buffered.
    ///
    /// # Errors
    ///
    /// `InvalidArchive` when the input is empty, of another format or version, cut off, damaged,
    /// followed by something else, or holds what no store can hold; the detail names the block
    /// and what to do. `ArchiveIo` when `input` fails. There is never a part of a store.
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
