//! The texts of a run's error and of its delivery to OSS. Runs that fail alike share them.

use super::string_tuple::{KeyBytes, StringTuple, key_of};
use crate::model::RUN_TEXT_FIELDS;
use crate::table::interned::Value;
use crate::wire;

/// Number of strings in [`RunTexts`].
pub(crate) const RUN_TEXTS: usize = RUN_TEXT_FIELDS.len();

/// The strings, in the order of the tuple and of [`RUN_TEXT_FIELDS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum RunText {
    ErrorCode,
    ErrorInfo,
    OssOutputStatus,
    OssOutputUri,
    OssOutputErrorCode,
    OssOutputErrorInfo,
}

/// The texts of a run that are not all empty.
#[derive(Clone, Debug)]
pub(crate) struct RunTexts(StringTuple<RUN_TEXTS>);

impl RunTexts {
    /// The key of texts, given in the order of [`RunText`]; `None` if all are empty.
    pub(crate) fn key_of(strings: [&[u8]; RUN_TEXTS]) -> Option<KeyBytes> {
        strings.iter().any(|string| !string.is_empty()).then(|| key_of(strings))
    }

    /// The texts whose [`key_of`](Self::key_of) is `key`.
    pub(crate) fn new(key: &[u8]) -> Self {
        let bare = RunTexts(StringTuple::new(key, b""));
        RunTexts(StringTuple::new(key, &wire::to_json(&bare.fields())))
    }

    pub(crate) fn text(&self, text: RunText) -> &str {
        self.0.text(text as usize)
    }

    /// All texts, in the order of [`RunText`].
    pub(crate) fn strings(&self) -> [&[u8]; RUN_TEXTS] {
        self.0.strings()
    }

    /// The fields of both answers.
    pub(crate) fn fields(&self) -> wire::Texts<'_, RUN_TEXTS> {
        let texts = std::array::from_fn(|text| self.0.text(text));
        wire::Texts { names: wire::RUN_TEXTS, texts }
    }

    /// The JSON of [`fields`](Self::fields).
    pub(crate) fn json(&self) -> &[u8] {
        self.0.json()
    }
}

impl Value for RunTexts {
    fn key(&self) -> &[u8] {
        self.0.key()
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
