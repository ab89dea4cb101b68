//! Texts and bytes inside a JSON string.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Whether `text`, which is UTF-8, needs no escaping in a JSON string. Cost: O(length).
pub(super) fn is_plain(text: &[u8]) -> bool {
    // Without a branch inside, so that it compiles to vector instructions.
    text.iter().fold(true, |plain, &byte| plain & (byte >= 0x20) & (byte != b'"') & (byte != b'\\'))
}

/// Appends `text`, which is UTF-8, escaped and without quotes. Cost: O(length).
pub(super) fn push_text(text: &[u8], out: &mut Vec<u8>) {
    if is_plain(text) {
        out.extend_from_slice(text);
        return;
    }
    let mut done = 0;
    for (at, &byte) in text.iter().enumerate() {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            0x00..=0x1f => b'u',
            _ => continue,
        };
        out.extend_from_slice(&text[done..at]);
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            out.extend_from_slice(&[b'0', b'0', HEX[high], HEX[low]]);
        }
        done = at + 1;
    }
    out.extend_from_slice(&text[done..]);
}

/// Appends `bytes` without quotes: in Base64, or as text in which replacement characters take the
/// place of bytes that are not UTF-8. Cost: O(length).
pub(super) fn push_bytes(bytes: &[u8], base64: bool, out: &mut Vec<u8>) {
    if !base64 {
        return push_text(String::from_utf8_lossy(bytes).as_bytes(), out);
    }
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    // The slice is as long as the encoding, so this cannot fail.
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}

/// `bytes` as [`push_bytes`] writes them, before escaping.
pub(super) fn to_text(bytes: &[u8], base64: bool) -> Cow<'_, str> {
    if base64 { STANDARD.encode(bytes).into() } else { String::from_utf8_lossy(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JSON has two forms of some characters, such as `\r` and `\u000d`. A body that serde writes
    /// has the short one, and both ways to write a body give the same bytes.
    #[test]
    fn each_character_has_the_form_that_serde_json_writes() {
        for character in '\0'..='\u{100}' {
            for text in [character.to_string(), format!("a{character}b")] {
                let mut escaped = Vec::new();
                push_text(text.as_bytes(), &mut escaped);
                let expected = serde_json::to_string(&text).unwrap();
                assert_eq!(escaped, &expected.as_bytes()[1..expected.len() - 1], "{character:?}");
            }
        }
    }
}
