//! Any bytes as a query string.
//!
//! It is refused if and only if it has a percent sign without two hexadecimal digits, or is not
//! UTF-8 once decoded. Any other decodes to the same pairs as with the `form_urlencoded` crate,
//! decodes to them again once they are encoded, and has the naive model's answer.
//!
//! The crate itself refuses nothing: it keeps a percent sign that begins no escape, and replaces
//! bytes that are not UTF-8.

use form_urlencoded::Serializer;
use invodex::decode_query;
use invodex_testkit::strategy::Pairs;
use percent_encoding::percent_decode;

use super::fixture::fixture;
use super::requests::Flags;

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
    // A pair whose name and value are both empty is encoded as "=", which is a pair again.
    let written = Serializer::new(String::new()).extend_pairs(&expected).finish();
    assert_eq!(decode_query(&written).as_ref(), Ok(&expected), "{written}");

    let flags = Flags::read(first);
    fixture(flags.omitted_timed_any).ask(flags.operation, &decoded, flags.form);
}

/// Whether every escape is complete and every name and value is UTF-8.
fn is_decodable(query: &[u8]) -> bool {
    let is_hex = |at: usize| query.get(at).is_some_and(u8::is_ascii_hexdigit);
    let percents = query.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    let mut texts = query.split(|byte| b"&=".contains(byte));
    percents.into_iter().all(|(at, _)| is_hex(at + 1) && is_hex(at + 2))
        && texts.all(|text| percent_decode(text).decode_utf8().is_ok())
}
