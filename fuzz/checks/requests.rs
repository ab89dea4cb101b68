//! Wire pairs from bytes, one a line: `Name=Value`.
//!
//! Name and value are the text of the line, with replacement characters for bytes that are not
//! UTF-8. But a name whose first byte is 0x80 or more means one of the documented names, and such a
//! value behind it one that suits it, so that one byte chooses a string that would take long to find.
//! A byte 0x01 in front of a text is dropped; it escapes a first byte that would choose.

use invodex_testkit::model::Operation;
use invodex_testkit::strategy::{Pairs, chosen_pair};

/// The operation, the policy and the form that the first byte chooses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flags {
    pub(super) operation: Operation,
    pub(super) omitted_timed_any: bool,
    pub(super) form: u8,
}

impl Flags {
    pub(super) fn read(byte: u8) -> Self {
        Flags {
            operation: Operation::ALL[usize::from(byte & 1)],
            omitted_timed_any: byte >> 1 & 1 == 1,
            form: byte >> 2 & 3,
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_prefix(b"\x01").unwrap_or(bytes)).into_owned()
}

/// The pairs that `bytes` mean. A chosen value of NextToken is one of `tokens`.
pub(super) fn pairs(bytes: &[u8], tokens: &[String]) -> Pairs {
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| pair(line, tokens)).collect()
}

fn pair(line: &[u8], tokens: &[String]) -> (String, String) {
    let equals = line.iter().position(|&byte| byte == b'=').unwrap_or(line.len());
    let (name, value) = (&line[..equals], line.get(equals + 1..).unwrap_or_default());
    let &[first @ 0x80..=0xff, ..] = name else { return (text(name), text(value)) };
    let number = value.first().map_or(0, |&byte| byte.wrapping_sub(0x80));
    let (name, chosen) = chosen_pair(first - 0x80, number.wrapping_mul(2));
    match value {
        [0x80..=0xff, ..] if name == "NextToken" && !tokens.is_empty() => {
            (name, tokens[usize::from(number) % tokens.len()].clone())
        }
        [0x80..=0xff, ..] => (name, chosen),
        _ => (name, text(value)),
    }
}
