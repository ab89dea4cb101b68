//! The texts of errors and of OSS delivery, which runs share.

use super::packed::{Key, Packed, encode_key};
use crate::wire::{self, RunTexts};

/// The strings of a detail, in the order they are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum DetailField {
    ErrorCode,
    ErrorInfo,
    OssOutputStatus,
    OssOutputUri,
    OssOutputErrorCode,
    OssOutputErrorInfo,
}

/// The texts of an error and of OSS delivery. Runs that fail alike share them.
#[derive(Clone, Debug)]
pub(crate) struct Detail(Packed<6>);

impl Key for Detail {
    fn key(&self) -> &[u8] {
        self.0.key()
    }
}

impl Detail {
    /// Writes what identifies the detail to `key`, in the order of [`DetailField`].
    pub(crate) fn encode_key(strings: [&[u8]; 6], key: &mut Vec<u8>) {
        encode_key(strings, key);
    }

    pub(crate) fn new(key: &[u8]) -> Self {
        let json = wire::to_json(&Detail(Packed::new(key, [], b"")).fields());
        Detail(Packed::new(key, [], &json))
    }

    /// What an answer shows of it.
    pub(crate) fn fields(&self) -> RunTexts<'_> {
        RunTexts {
            error_code: self.0.text(DetailField::ErrorCode as usize),
            error_info: self.0.text(DetailField::ErrorInfo as usize),
            oss_output_status: self.0.text(DetailField::OssOutputStatus as usize),
            oss_output_uri: self.0.text(DetailField::OssOutputUri as usize),
            oss_output_error_code: self.0.text(DetailField::OssOutputErrorCode as usize),
            oss_output_error_info: self.0.text(DetailField::OssOutputErrorInfo as usize),
        }
    }

    /// The texts of `detail`, or none.
    pub(crate) fn strings(detail: Option<&Detail>) -> [&[u8]; 6] {
        use DetailField as F;
        const FIELDS: [F; 6] = [
            F::ErrorCode,
            F::ErrorInfo,
            F::OssOutputStatus,
            F::OssOutputUri,
            F::OssOutputErrorCode,
            F::OssOutputErrorInfo,
        ];
        FIELDS.map(|field| detail.map_or(&[][..], |detail| detail.get(field)))
    }

    pub(crate) fn get(&self, field: DetailField) -> &[u8] {
        self.0.get(field as usize)
    }

    /// The JSON of [`fields`](Self::fields).
    pub(crate) fn json(&self) -> &[u8] {
        self.0.json()
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
