//! Decodes CommandContent and Output, the encoded texts of a captured file.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::json::Reason;
use super::options::CaptureEncoding;
use crate::request::ContentEncoding;

/// The decoder for all texts of one file.
pub(super) struct Decoder {
    pub(super) encoding: ContentEncoding,
    /// Whether a text could not be decoded. Only Base64 has such texts.
    pub(super) has_failed: bool,
}

impl Decoder {
    /// A decoder for Base64, unless `encoding` is plain text. [`CaptureEncoding::Auto`] begins with
    /// Base64.
    pub(super) fn new(encoding: CaptureEncoding) -> Self {
        let encoding = match encoding {
            CaptureEncoding::PlainText => ContentEncoding::PlainText,
            CaptureEncoding::Auto | CaptureEncoding::Base64 => ContentEncoding::Base64,
        };
        Decoder { encoding, has_failed: false }
    }

    /// The bytes of a text.
    ///
    /// # Errors
    ///
    /// When the encoding is Base64 and `text` is not canonical.
    pub(super) fn decode(&mut self, text: Cow<'_, str>) -> Result<Vec<u8>, Reason> {
        if self.encoding == ContentEncoding::PlainText {
            return Ok(text.into_owned().into_bytes());
        }
        STANDARD.decode(&*text).map_err(|error| {
            self.has_failed = true;
            format!(
                "it is not canonical Base64: {error}; if the file is plain text, say so with \
                 CaptureEncoding::PlainText"
            )
        })
    }
}
