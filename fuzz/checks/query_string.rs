//! Any bytes as a query string.
//!
//! What is refused has a percent sign without two hexadecimal digits, or is not UTF-8 once
//! decoded. What is not decodes to the pairs that the `form_urlencoded` crate makes of it, is the
//! same once it is written anew from them, and asks what the pairs ask, by the naive model.
//!
//! The two decoders differ where one refuses: the crate keeps a percent sign that begins no
//! escape, and puts replacement characters for what is not UTF-8.

use form_urlencoded::Serializer;
use invodex::decode_query;
use percent_encoding::percent_decode;

use super::fixture::fixture;
use super::requests::Flags;
use super::twin::Pairs;

pub(super) fn check(data: &[u8]) {
    let Some((&first, query)) = data.split_first() else { return };
    let decoded = match decode_query(query) {
        Ok(decoded) => decoded,
        Err(error) => {
            assert!(!is_decodable(query), "{error}");
            assert_eq!(
                (error.code(), error.status(), error.message()),
                ("InvalidParameter", 400, "The specified parameter is not valid.")
            );
            return;
        }
    };
    assert!(is_decodable(query), "{decoded:?}");
    let expected: Pairs = form_urlencoded::parse(query).into_owned().collect();
    assert_eq!(decoded, expected);
    // A name and value that are both empty is written as "=", which is a pair again.
    let written = Serializer::new(String::new()).extend_pairs(&expected).finish();
    assert_eq!(decode_query(&written).as_ref(), Ok(&expected), "{written}");

    let flags = Flags::read(first);
    fixture(flags.omitted_timed_any).twin.ask(flags.operation, &decoded, flags.form);
}

/// Whether every escape is whole and every name and value UTF-8.
fn is_decodable(query: &[u8]) -> bool {
    let is_hex = |at: usize| query.get(at).is_some_and(u8::is_ascii_hexdigit);
    let percents = query.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    let mut texts = query.split(|byte| b"&=".contains(byte));
    percents.into_iter().all(|(at, _)| is_hex(at + 1) && is_hex(at + 2))
        && texts.all(|text| percent_decode(text).decode_utf8().is_ok())
}
