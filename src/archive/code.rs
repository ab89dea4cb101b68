//! The encoding of values: the numbers and texts that entries consist of.

use crate::error::Error;
use crate::model::Timestamp;

/// Kinds of entries.
pub(super) mod entry {
    pub(in crate::archive) const REGION: u8 = 1;
    pub(in crate::archive) const RESOURCE_GROUP: u8 = 2;
    pub(in crate::archive) const INSTANCE: u8 = 3;
    pub(in crate::archive) const TAG: u8 = 4;
    pub(in crate::archive) const COMMAND: u8 = 5;
    pub(in crate::archive) const TEXTS: u8 = 6;
    pub(in crate::archive) const RECORD: u8 = 7;
    pub(in crate::archive) const RUN: u8 = 8;
    pub(in crate::archive) const HISTORY: u8 = 9;

    pub(in crate::archive) fn name(kind: u8) -> &'static str {
        const NAMES: [&str; 9] = [
            "region",
            "resource group",
            "instance",
            "tag",
            "command",
            "texts",
            "record",
            "run",
            "history record",
        ];
        NAMES.get(usize::from(kind).wrapping_sub(1)).copied().unwrap_or("entry")
    }
}

/// Appends `value` in LEB128: groups of seven bits, the lowest first.
pub(super) fn put_number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends `value` in zigzag form, so that a value near zero is short, whatever its sign.
pub(super) fn put_signed(value: i64, out: &mut Vec<u8>) {
    put_number((value << 1 ^ value >> 63) as u64, out);
}

/// Appends the distance of `time` from `base`.
pub(super) fn put_time(time: Timestamp, base: Timestamp, out: &mut Vec<u8>) {
    put_signed(i64::from(time.as_secs()) - i64::from(base.as_secs()), out);
}

/// Appends the length of `bytes`, then `bytes`.
pub(super) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A fault in an entry. The reader of blocks adds the block and the byte.
#[derive(Debug)]
pub(super) struct Fault(pub(super) String);

impl Fault {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Fault(what.into())
    }
}

impl From<Error> for Fault {
    /// The fault of a value that breaks a limit of records.
    fn from(error: Error) -> Self {
        let field = error.parameter().unwrap_or("a field");
        Fault(format!("{field}: {}", error.detail()))
    }
}

/// A reader of the fields in a block's content: the bytes that are not read yet.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        let (&first, rest) = self.rest.split_first().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(first)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Fault> {
        let split = usize::try_from(length).ok().and_then(|n| self.rest.split_at_checked(n));
        let (taken, rest) = split.ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Reads a number of eight bytes, the lowest first.
    pub(super) fn whole(&mut self) -> Result<u64, Fault> {
        self.fixed().map(u64::from_le_bytes)
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Reads a number that [`put_number`] wrote.
    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, Fault> {
        match self.rest {
            // Most numbers have one byte.
            [first @ ..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*first))
            }
            _ => self.long_number(),
        }
    }

    /// Reads a number of more than one byte.
    fn long_number(&mut self) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let group = u64::from(byte & 0x7f);
            if group << shift >> shift != group {
                break;
            }
            value |= group << shift;
            if byte < 0x80 {
                if byte == 0 {
                    return Err(Fault::new("a number is not in its shortest form"));
                }
                return Ok(value);
            }
        }
        Err(Fault::new("a number is over 64 bits"))
    }

    /// Reads a number that [`put_signed`] wrote.
    pub(super) fn signed(&mut self) -> Result<i64, Fault> {
        let value = self.number()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Reads a number of at most 32 bits.
    pub(super) fn small(&mut self, what: &str) -> Result<u32, Fault> {
        let value = self.number()?;
        u32::try_from(value)
            .map_err(|_| Fault(format!("{what} is {value}, allowed at most {}", u32::MAX)))
    }

    /// Reads a count of at most `most`.
    pub(super) fn count(&mut self, what: &str, most: usize) -> Result<usize, Fault> {
        let value = self.number()?;
        match usize::try_from(value) {
            Ok(count) if count <= most => Ok(count),
            _ => Err(Fault(format!("has {value} {what}, allowed at most {most}"))),
        }
    }

    /// Reads a number that names one of `count` values.
    pub(super) fn place(&mut self, what: &str, count: usize) -> Result<usize, Fault> {
        let number = self.number()?;
        let place = usize::try_from(number).ok().filter(|&place| place < count);
        place.ok_or_else(|| Fault(format!("{what} is number {number}, there are {count} so far")))
    }

    /// Reads a number and returns the one of `values` that it names.
    pub(super) fn value<'v, T>(&mut self, what: &str, values: &'v [T]) -> Result<&'v T, Fault> {
        Ok(&values[self.place(what, values.len())?])
    }

    /// Reads a time that [`put_time`] wrote.
    pub(super) fn time(&mut self, what: &str, base: Timestamp) -> Result<Timestamp, Fault> {
        let distance = self.signed()?;
        let secs = i64::from(base.as_secs()).checked_add(distance);
        secs.and_then(Timestamp::from_secs).ok_or_else(|| {
            Fault(format!("{what} is {distance} seconds from {base}, allowed 1 to {}", u32::MAX))
        })
    }

    /// Reads the code of one of `all`: its place in this list, which has every value of the type in
    /// the order of declaration.
    pub(super) fn code<T: Copy>(&mut self, what: &str, all: &[T]) -> Result<T, Fault> {
        let code = self.byte()?;
        all.get(usize::from(code)).copied().ok_or_else(|| {
            Fault(format!("{what} has the code {code}, known are 0 to {}", all.len() - 1))
        })
    }

    /// Reads bytes that [`put_bytes`] wrote.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let length = self.number()?;
        self.take(length)
    }

    /// Reads a text that [`put_bytes`] wrote; bytes that are not UTF-8 are a fault.
    pub(super) fn text(&mut self, what: &str) -> Result<&'a str, Fault> {
        std::str::from_utf8(self.bytes()?)
            .map_err(|error| Fault(format!("{what} is not UTF-8: {error}")))
    }
}

#[cold]
fn cut_off() -> Fault {
    Fault::new("is longer than what is left of the block")
}
