//! Ready pieces of JSON, and the escaping they are made with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Whether `text` stands in a JSON string as it is. Cost: O(length).
pub(super) fn text_is_plain(text: &[u8]) -> bool {
    // Without a branch inside, so that it compiles to vector instructions.
    text.iter().fold(true, |plain, &byte| plain & (byte >= 0x20) & (byte != b'"') & (byte != b'\\'))
}

/// Appends `text`, which is UTF-8, escaped and without quotes.
pub(crate) fn push_text(text: &[u8], out: &mut Vec<u8>) {
    if text_is_plain(text) {
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

/// Appends `text`, which is UTF-8, as a JSON string.
pub(crate) fn push_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    push_text(text, out);
    out.push(b'"');
}

/// How long `bytes` are in Base64.
pub(super) fn base64_length(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(3) * 4
}

/// Appends bytes as a JSON string: in Base64, or as text with replacement characters for what is
/// not UTF-8.
pub(crate) fn push_bytes(bytes: &[u8], base64: bool, out: &mut Vec<u8>) {
    if !base64 {
        return push_string(String::from_utf8_lossy(bytes).as_bytes(), out);
    }
    out.push(b'"');
    let start = out.len();
    out.resize(start + base64_length(bytes), 0);
    // The slice is as long as the encoding, so there is nothing that could fail.
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
    out.push(b'"');
}
