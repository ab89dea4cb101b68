//! Damaged archives, and readers and writers that fail.

use std::io::{self, Read, Write};

use invodex::{Config, ErrorKind, Store, Timestamp};

use super::answers::{archive, assert_survives};
use super::forge::{Blocks, PREAMBLE, sound};
use super::sample::sample;
use super::{Dataset, Options};

const NOW: Timestamp = Timestamp::MIN;

/// A reader that notes the largest buffer offered to it and the bytes read.
struct Watched<R> {
    input: R,
    largest: usize,
    read: usize,
}

impl<R: Read> Watched<R> {
    fn new(input: R) -> Self {
        Watched { input, largest: 0, read: 0 }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.largest = self.largest.max(room.len());
        let read = self.input.read(room)?;
        self.read += read;
        Ok(read)
    }
}

/// The detail of the refusal of `bytes`.
fn refusal(bytes: &[u8]) -> String {
    let Err(error) = Store::restore(Config::default(), NOW, bytes) else {
        panic!("{} bytes are accepted", bytes.len());
    };
    assert_eq!((error.kind(), error.code()), (ErrorKind::Archive, "InvalidArchive"));
    assert_eq!(error.status(), 400);
    error.detail().to_owned()
}

#[test]
fn an_archive_that_was_cut_off_anywhere_is_refused() {
    for whole in [archive(&sample().0), sound().bytes()] {
        let header = PREAMBLE.len() + 5 + 28 + 8;
        for length in 0..whole.len() {
            let detail = refusal(&whole[..length]);
            let expected = match length {
                0 => "the input is empty",
                _ if length < 8 => "it ends after",
                _ if length < PREAMBLE.len() => "before its first block",
                _ if length < PREAMBLE.len() + 5 => "it ends before block 0",
                _ if length < header => "block 0 (header): is cut off",
                _ => "block",
            };
            assert!(detail.contains(expected), "{length}: {detail}");
            assert!(length == 0 || detail.contains("another copy"), "{length}: {detail}");
        }
    }
}

#[test]
fn every_change_of_one_byte_is_refused() {
    let mut small = sound().bytes();
    for at in 0..small.len() {
        for change in 1..=u8::MAX {
            small[at] ^= change;
            refusal(&small);
            small[at] ^= change;
        }
    }
    let mut larger = archive(&sample().0);
    for at in 0..larger.len() {
        for bit in 0..8 {
            larger[at] ^= 1 << bit;
            refusal(&larger);
            larger[at] ^= 1 << bit;
        }
        for other in [0, 0xff, larger[at].wrapping_add(1)] {
            let was = std::mem::replace(&mut larger[at], other);
            if was != other {
                refusal(&larger);
            }
            larger[at] = was;
        }
    }
}

/// A store whose archive has several blocks of data.
fn large() -> Store {
    let options = Options { count: 2_000, outputs: Some(150), ..Options::default() };
    let mut store = Store::new(Config::default(), options.now);
    for result in store.accept_batch(&Dataset::new(options).collect::<Vec<_>>()) {
        assert!(result.expect("the data set is valid").retained);
    }
    store
}

#[test]
fn an_archive_that_was_cut_off_or_mixed_up_at_the_border_of_a_block_is_refused() {
    let store = large();
    let whole = archive(&store);
    let blocks = Blocks::parse(&whole);
    assert!(blocks.0.len() >= 5, "{} blocks", blocks.0.len());
    assert_eq!(blocks.bytes(), whole);

    let mut border = PREAMBLE.len();
    let mut borders = vec![border];
    for (_, content) in &blocks.0 {
        border += 5 + content.len() + 8;
        borders.push(border);
    }
    for (number, &border) in borders.iter().enumerate() {
        // Just before the boundary, at it, and at each part of the next block's frame.
        let lengths = [border - 1, border, border + 1, border + 4, border + 5, border + 6];
        for length in lengths.into_iter().filter(|&length| length < whole.len()) {
            let detail = refusal(&whole[..length]);
            let named = if length < border { number.wrapping_sub(1) } else { number };
            let expected =
                if named == usize::MAX { "first block".into() } else { format!("block {named}") };
            assert!(detail.contains(&expected), "{length}: {detail}");
        }
    }
    // Each block is intact, but one is missing, repeated or moved.
    let block = |number: usize| &whole[borders[number]..borders[number + 1]];
    let numbers: Vec<usize> = (0..blocks.0.len()).collect();
    let mut mixed = Vec::new();
    for &number in &numbers {
        let mut missing = numbers.clone();
        missing.remove(number);
        let mut twice = numbers.clone();
        twice.insert(number, number);
        mixed.extend([missing, twice]);
    }
    for pair in 1..numbers.len() {
        let mut swapped = numbers.clone();
        swapped.swap(pair - 1, pair);
        mixed.push(swapped);
    }
    for numbers in mixed {
        let mut bytes = PREAMBLE.to_vec();
        numbers.iter().for_each(|&number| bytes.extend_from_slice(block(number)));
        let detail = refusal(&bytes);
        let known = ["its checksum differs", "something follows", "has no end block"];
        assert!(known.iter().any(|known| detail.contains(known)), "{numbers:?}: {detail}");
    }
}

#[test]
fn other_files_are_refused_by_what_they_begin_with() {
    for (bytes, expected) in [
        (&b"{\"RequestId\":\"\"}"[..], "the input begins with \"{\\\"Reques\""),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "begins with \"\\x89PNG"),
        (b"\x89IVX\n\x1a\n\x01\0\0\0", "a transfer as text changes it"),
        (b"\x09IVX\r\n\x1a\n\x01\0\0\0", "a transfer as text changes it"),
        (b"x", "begins with \"x\""),
        (b"\x89IVX\r\n\x1a\n\x02\0\0\0", "it is of version 2, known is version 1"),
        (b"\x89IVX\r\n\x1a\n\0\0\0\0", "it is of version 0"),
        (b"\x89IVX\r\n\x1a\n\x01\0\0\x01", "it is of version 16777217"),
    ] {
        let detail = refusal(bytes);
        assert!(detail.contains(expected), "{detail}");
    }
}

#[test]
fn nothing_may_follow() {
    let mut bytes = sound().bytes();
    let length = bytes.len();
    for more in [&b"\0"[..], b"\n", &sound().bytes()] {
        bytes.truncate(length);
        bytes.extend_from_slice(more);
        let detail = refusal(&bytes);
        assert!(detail.contains(&format!("give only its {length} bytes")), "{detail}");
    }
}

/// Memory for a block grows with the bytes read, not with the claimed length.
#[test]
fn no_room_is_made_for_what_is_only_claimed() {
    for number in 0..3 {
        for claim in [1 << 16, 1 << 20, (1 << 20) + 1, 1 << 30, u32::MAX] {
            let sound = sound().bytes();
            let blocks = Blocks::parse(&sound).0;
            let start: usize = blocks[..number].iter().map(|(_, content)| content.len() + 13).sum();
            let at = PREAMBLE.len() + start + 1;
            let mut bytes = sound.clone();
            bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(claim));
            let mut input = Watched::new(&bytes[..]);
            let error = Store::restore(Config::default(), NOW, &mut input)
                .expect_err("no such block is there");
            let expected = if claim <= 1 << 20 { "is cut off" } else { "allowed are 1048576" };
            assert!(error.detail().contains(expected), "{error}");
            assert!(error.detail().starts_with(&format!("block {number} (")), "{error}");
            // Room grows with the bytes read, fewer than a thousand.
            assert!(input.largest <= 16 << 10, "room for {} bytes", input.largest);
            // Nothing is read of a block that is too long.
            assert!(claim <= 1 << 20 || input.read == at + 4, "{} bytes read", input.read);
        }
    }
}

#[test]
fn an_input_without_end_is_given_up_at_the_first_fault() {
    for byte in [0, 1, 2, 3, 0xff] {
        let endless = PREAMBLE.chain(io::repeat(byte));
        let mut input = Watched::new(endless);
        Store::restore(Config::default(), NOW, &mut input).expect_err("it is no archive");
        assert!(input.read < 2 << 20, "{} bytes read", input.read);
        let mut input = Watched::new(io::repeat(byte));
        Store::restore(Config::default(), NOW, &mut input).expect_err("it is no archive");
        assert!(input.read < 100, "{} bytes read", input.read);
    }
    // Input behind the end is not read further.
    let bytes = sound().bytes();
    let mut input = Watched::new(bytes.chain(io::repeat(0)));
    Store::restore(Config::default(), NOW, &mut input).expect_err("something follows");
    assert_eq!(input.read, bytes.len() + 1);
}

/// Reads or writes this many bytes, then fails.
struct Failing<T> {
    inner: T,
    left: usize,
}

impl<T> Failing<T> {
    fn next(&mut self, length: usize) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("the disk is on fire"));
        }
        Ok(length.min(self.left))
    }
}

impl<R: Read> Read for Failing<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let length = self.next(room.len())?;
        let read = self.inner.read(&mut room[..length])?;
        self.left -= read;
        Ok(read)
    }
}

impl<W: Write> Write for Failing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.next(bytes.len())?;
        let written = self.inner.write(&bytes[..length])?;
        self.left -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next(0).map(drop)
    }
}

#[test]
fn a_reader_or_a_writer_that_fails_is_named() {
    let (store, clock) = sample();
    let whole = archive(&store);
    for left in 0..=whole.len() {
        let input = Failing { inner: &whole[..], left };
        let read = Store::restore(Config::default(), clock.clone(), input)
            .expect_err("even to see that nothing follows takes a read");
        let mut out = Failing { inner: Vec::new(), left };
        // With the last byte written, flushing fails.
        let written = store.save(&mut out).expect_err("it fails before the end");
        assert_eq!(out.inner, whole[..left]);
        for error in [read, written] {
            assert_eq!((error.kind(), error.code()), (ErrorKind::Archive, "ArchiveIo"));
            assert_eq!(error.status(), 500);
            assert!(error.detail().contains("the disk is on fire"), "{error}");
            assert!(error.detail().contains("block "), "{error}");
        }
    }
    let mut out = Failing { inner: Vec::new(), left: whole.len() + 1 };
    store.save(&mut out).expect("it does not fail");
}

/// Reads one byte at a time, with an interruption before each.
struct Slow<'a> {
    input: &'a [u8],
    interrupted: bool,
}

impl Read for Slow<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = room.len().min(1);
        self.input.read(&mut room[..length])
    }
}

#[test]
fn a_slow_reader_gives_the_same_store() {
    let (store, clock) = sample();
    let whole = archive(&store);
    let input = Slow { input: &whole, interrupted: false };
    let restored = Store::restore(store.config().clone(), clock, input);
    let restored = restored.expect("it is whole").store;
    assert_eq!(archive(&restored), whole);
}

/// A writer that notes the longest write.
struct Pieces {
    longest: usize,
    total: usize,
    flushed: bool,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.longest = self.longest.max(bytes.len());
        self.total += bytes.len();
        self.flushed = false;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = true;
        Ok(())
    }
}

#[test]
fn a_large_store_is_written_and_read_in_pieces() {
    let store = large();
    let mut pieces = Pieces { longest: 0, total: 0, flushed: false };
    store.save(&mut pieces).expect("it takes everything");
    assert!(pieces.total > 900 << 10, "{} bytes in all", pieces.total);
    // A block is closed at 256 KiB, and its last entry is below 64 KiB.
    assert!(pieces.longest < 320 << 10, "{} bytes at once", pieces.longest);
    assert!(pieces.flushed);
    let whole = archive(&store);
    let mut input = Watched::new(&whole[..]);
    let restored = Store::restore(store.config().clone(), store.now(), &mut input);
    assert_eq!(restored.expect("it is whole").store.len(), store.len());
    assert!(input.largest <= 1 << 20, "room for {} bytes", input.largest);
    assert_survives(&sample().0);
}
