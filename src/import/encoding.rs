//! How CommandContent and Output are written in a file, and how they are decoded.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::any_json::{Json, Reason};
use super::keys::{Field, RunField};
use crate::request::ContentEncoding;

/// Base64 when every CommandContent and Output of `records` is canonical Base64, else plain text.
/// Records that will be refused count too. Cost: O(bytes).
pub(super) fn decide(records: &[Json<'_>]) -> ContentEncoding {
    match records.iter().all(|&record| is_base64_record(record)) {
        true => ContentEncoding::Base64,
        false => ContentEncoding::PlainText,
    }
}

fn is_base64_record(record: Json<'_>) -> bool {
    readable(record).all(|(key, value)| match Field::from_name(&key) {
        Some(Field::CommandContent) => is_base64(value),
        Some(Field::InvokeInstances) => readable(value)
            .filter(|(key, _)| key == "InvokeInstance")
            .flat_map(|(_, list)| list.items().unwrap_or_default())
            .flat_map(readable)
            .filter(|(key, _)| RunField::from_name(key) == Some(RunField::Output))
            .all(|(_, output)| is_base64(output)),
        _ => true,
    })
}

/// The entries of an object whose keys can be read; nothing of another value.
fn readable(object: Json<'_>) -> impl Iterator<Item = (Cow<'_, str>, Json<'_>)> {
    let entries = object.entries().unwrap_or_default();
    entries.into_iter().filter_map(|(key, value)| Some((key.ok()?, value)))
}

/// Whether `value` is canonical Base64, or no text at all.
fn is_base64(value: Json<'_>) -> bool {
    value.text().map_or(true, |text| STANDARD.decode(&*text).is_ok())
}

/// The bytes of a CommandContent or Output.
///
/// # Errors
///
/// When the encoding is Base64 and `text` is not.
pub(super) fn decode(text: Cow<'_, str>, encoding: ContentEncoding) -> Result<Vec<u8>, Reason> {
    if encoding == ContentEncoding::PlainText {
        return Ok(text.into_owned().into_bytes());
    }
    STANDARD.decode(&*text).map_err(|error| {
        format!(
            "it is not canonical Base64: {error}; if the file is plain text, say so with \
             CaptureEncoding::PlainText"
        )
    })
}
