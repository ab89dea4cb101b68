//! Blocks: content in a frame with kind, length and checksum, so that damage is detected.

use std::fmt;
use std::io::{self, Read, Write};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::code::{Fault, Fields, entry};
use crate::error::Error;
use crate::model::Timestamp;

/// The first bytes of an archive. Like those of a PNG image, they name the format and reveal a
/// transfer in text mode, which would change the first byte or the line ends.
pub(super) const MAGIC: [u8; 8] = *b"\x89IVX\r\n\x1a\n";
/// The version of the format. `format.md` says which changes need a new one and how a field is added.
pub(super) const VERSION: u32 = 1;

/// A block is closed once its content has this length. It is long enough to make the cost of a
/// frame negligible, and short enough to stay in a core's cache between writing and hashing.
const BLOCK_TARGET: usize = 256 << 10;
/// The maximum length of a block's content. It bounds the memory that a reader allocates for a
/// hostile length. The longest entry, a command with every field at its limit, takes less than
/// 64 KiB, so a writer that closes blocks at the target stays far below.
const BLOCK_MOST: u32 = 1 << 20;

/// Bytes of kind and length, before the content.
const FRAME: usize = 5;
const SEAL: usize = 8;

/// The kind of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Header = 1,
    Data = 2,
    End = 3,
}

/// The content of the header block: values of the store as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) id: u64,
    pub(super) last_number: u64,
    pub(super) last_write: Timestamp,
    pub(super) records: u64,
}

/// The content of the end block: the counts of everything before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Totals {
    pub(super) records: u64,
    pub(super) runs: u64,
    pub(super) history: u64,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { records, runs, history } = self;
        write!(f, "{records} records, {runs} runs and {history} history records")
    }
}

/// Writes blocks.
pub(super) struct BlockWriter<W> {
    out: W,
    /// The open block: its frame, then its content so far.
    block: Vec<u8>,
    /// The number of the open block.
    number: u64,
}

impl<W: Write> BlockWriter<W> {
    /// Writes magic, version and the header block, and opens the first data block.
    pub(super) fn begin(out: W, header: &Header) -> Result<Self, Error> {
        let mut writer = BlockWriter { out, block: Vec::new(), number: 0 };
        writer.block.extend_from_slice(&MAGIC);
        writer.block.extend_from_slice(&VERSION.to_le_bytes());
        writer.out.write_all(&writer.block).map_err(|error| writer.failed(&error))?;
        writer.open();
        let Header { id, last_number, last_write, records } = header;
        writer.block.extend_from_slice(&id.to_le_bytes());
        writer.block.extend_from_slice(&last_number.to_le_bytes());
        writer.block.extend_from_slice(&last_write.as_secs().to_le_bytes());
        writer.block.extend_from_slice(&records.to_le_bytes());
        writer.close(Kind::Header)?;
        Ok(writer)
    }

    /// Appends an entry of `kind`, whose fields `fields` appends, and closes the block if it has
    /// reached its target length.
    pub(super) fn entry(
        &mut self,
        kind: u8,
        fields: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Error> {
        self.block.push(kind);
        fields(&mut self.block);
        if self.block.len() >= FRAME + BLOCK_TARGET {
            self.close(Kind::Data)?;
        }
        Ok(())
    }

    /// Writes the open data block, if it has an entry, and the end block, and flushes the output.
    pub(super) fn end(mut self, totals: &Totals) -> Result<(), Error> {
        if self.block.len() > FRAME {
            self.close(Kind::Data)?;
        }
        for count in [totals.records, totals.runs, totals.history] {
            self.block.extend_from_slice(&count.to_le_bytes());
        }
        self.close(Kind::End)?;
        self.out.flush().map_err(|error| self.failed(&error))
    }

    fn open(&mut self) {
        self.block.clear();
        self.block.extend_from_slice(&[0; FRAME]);
    }

    /// Seals and writes the open block, and opens the next.
    fn close(&mut self, kind: Kind) -> Result<(), Error> {
        let length = (self.block.len() - FRAME) as u32;
        debug_assert!(length <= BLOCK_MOST);
        self.block[0] = kind as u8;
        self.block[1..FRAME].copy_from_slice(&length.to_le_bytes());
        let seal = xxh3_64_with_seed(&self.block, self.number);
        self.block.extend_from_slice(&seal.to_le_bytes());
        self.out.write_all(&self.block).map_err(|error| self.failed(&error))?;
        self.number += 1;
        self.open();
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Error {
        let doing = format!("writing block {}", self.number);
        Error::archive_io(error, &doing, "what is written so far is no archive")
    }
}

/// Reads blocks. Each is read as a whole and its seal is checked before its content is used.
pub(super) struct BlockReader<R> {
    input: R,
    /// The last block: its frame, then its content, then its seal.
    block: Vec<u8>,
    kind: Kind,
    /// The number of the last block, or of the one that is being read.
    number: u64,
    /// The number of the next block.
    next: u64,
    /// Bytes read from the input.
    read: u64,
}

impl<R: Read> BlockReader<R> {
    /// Reads magic, version and the header block.
    pub(super) fn begin(input: R) -> Result<(Self, Header), Error> {
        let mut reader = BlockReader {
            input,
            block: Vec::new(),
            kind: Kind::Header,
            number: 0,
            next: 0,
            read: 0,
        };
        reader.preamble()?;
        if reader.next()? != Kind::Header {
            return Err(reader.refuse("stands where the header must be"));
        }
        let header = reader.header().map_err(|fault| reader.refuse(&fault.0))?;
        Ok((reader, header))
    }

    fn preamble(&mut self) -> Result<(), Error> {
        let length = self.fill(0, MAGIC.len() + 4)?;
        let (magic, version) = self.block.split_at(MAGIC.len().min(length));
        if length == 0 {
            return Err(Error::archive("the input is empty; give what Store::save wrote"));
        }
        if magic != &MAGIC[..magic.len()] {
            return Err(Error::archive(format!(
                "the input begins with \"{}\" and not as an archive does; give what Store::save \
                 wrote, unchanged (a transfer as text changes it)",
                magic.escape_ascii()
            )));
        }
        match <[u8; 4]>::try_from(version).map(u32::from_le_bytes) {
            Ok(VERSION) => Ok(()),
            Ok(other) => Err(Error::archive(format!(
                "it is of version {other}, known is version {VERSION}; use the release of invodex \
                 that wrote it, or a newer one; or, if it may be damaged, another copy"
            ))),
            Err(_) => Err(Error::archive(format!(
                "it ends after {length} bytes, before its first block; {COPY_AGAIN}"
            ))),
        }
    }

    fn header(&self) -> Result<Header, Fault> {
        let mut fields = self.content();
        let header = Header {
            id: fields.whole()?,
            last_number: fields.whole()?,
            last_write: Timestamp::from_secs(u32::from_le_bytes(fields.fixed()?).into())
                .ok_or_else(|| Fault::new("the time of the last write is 0"))?,
            records: fields.whole()?,
        };
        all_read(&fields)?;
        if header.last_number > NUMBER_MOST {
            return Err(Fault::new(format!(
                "the last acceptance number is {}, allowed at most {NUMBER_MOST}",
                header.last_number
            )));
        }
        if header.records > header.last_number {
            return Err(Fault::new(format!(
                "there are {} records, but only {} were ever accepted",
                header.records, header.last_number
            )));
        }
        Ok(header)
    }

    /// Reads the next block and checks its seal.
    pub(super) fn next(&mut self) -> Result<Kind, Error> {
        self.number = self.next;
        self.next += 1;
        self.fill(0, FRAME)?;
        let Ok([code, a, b, c, d]) = <[u8; FRAME]>::try_from(&*self.block) else {
            return Err(Error::archive(format!(
                "it ends before block {} and has no end block; {COPY_AGAIN}",
                self.number
            )));
        };
        self.kind = match code {
            1 => Kind::Header,
            2 => Kind::Data,
            3 => Kind::End,
            _ => {
                return Err(Error::archive(format!(
                    "block {} is of the unknown kind {code}; {COPY_AGAIN}",
                    self.number
                )));
            }
        };
        let length = u32::from_le_bytes([a, b, c, d]);
        if length > BLOCK_MOST {
            return Err(self.damaged(&format!(
                "says that it is {length} bytes long, allowed are {BLOCK_MOST}"
            )));
        }
        let length = length as usize + SEAL;
        let got = self.fill(FRAME, length)?;
        if got < length {
            return Err(self.damaged(&format!("is cut off: {got} of {length} bytes are there")));
        }
        let (sealed, seal) = self.block.split_at(self.block.len() - SEAL);
        if xxh3_64_with_seed(sealed, self.number).to_le_bytes() != seal {
            return Err(self.damaged("is damaged or not in its place: its checksum differs"));
        }
        Ok(self.kind)
    }

    /// The content of the last block.
    pub(super) fn content(&self) -> Fields<'_> {
        Fields { rest: &self.block[FRAME..self.block.len() - SEAL] }
    }

    /// Checks the totals in the last block, which is the end block, and that nothing follows it.
    pub(super) fn end(mut self, found: &Totals) -> Result<(), Error> {
        self.totals(found).map_err(|fault| self.refuse(&fault.0))?;
        let length = self.read;
        match self.fill(0, 1)? {
            0 => Ok(()),
            _ => Err(Error::archive(format!(
                "something follows its end; give only its {length} bytes"
            ))),
        }
    }

    fn totals(&self, found: &Totals) -> Result<(), Fault> {
        let mut fields = self.content();
        let said =
            Totals { records: fields.whole()?, runs: fields.whole()?, history: fields.whole()? };
        all_read(&fields)?;
        if said != *found {
            return Err(Fault::new(format!("counts {said}, but there are {found}")));
        }
        Ok(())
    }

    fn damaged(&self, what: &str) -> Error {
        self.error(what, COPY_AGAIN)
    }

    /// An error about the content of the last block. Its seal is right, so the content was written
    /// like that and another copy of the archive would not help.
    pub(super) fn refuse(&self, what: &str) -> Error {
        self.error(what, "it was written so, save the store again")
    }

    fn error(&self, what: &str, to_do: &str) -> Error {
        let kind = format!("{:?}", self.kind).to_ascii_lowercase();
        Error::archive(format!("block {} ({kind}): {what}; {to_do}", self.number))
    }

    /// An error about an entry in the last block. `left` is the number of bytes from the byte after
    /// the entry's kind to the end of the block's content.
    pub(super) fn refuse_entry(&self, kind: u8, left: usize, fault: &Fault) -> Error {
        let at = self.content().rest.len().saturating_sub(left + 1);
        self.refuse(&format!("{} at byte {at}: {}", entry::name(kind), fault.0))
    }

    /// Reads `length` bytes into the block, or fewer at the end of the input, behind its first `kept`
    /// bytes. The buffer grows with the bytes that arrive and not with `length`, which a damaged
    /// input may have invented.
    fn fill(&mut self, kept: usize, length: usize) -> Result<usize, Error> {
        self.block.truncate(kept);
        let mut limited = self.input.by_ref().take(length as u64);
        let got = limited.read_to_end(&mut self.block).map_err(|error| {
            let doing = format!("reading block {}", self.number);
            Error::archive_io(&error, &doing, "nothing was restored")
        })?;
        self.read += got as u64;
        Ok(got)
    }
}

/// The highest acceptance number in an archive. A restored store still has 2^63 numbers above it,
/// so it never runs out.
const NUMBER_MOST: u64 = i64::MAX as u64;

const COPY_AGAIN: &str = "take another copy of what Store::save wrote";

fn all_read(fields: &Fields<'_>) -> Result<(), Fault> {
    match fields.rest.len() {
        0 => Ok(()),
        left => Err(Fault::new(format!("is {left} bytes too long"))),
    }
}
