//! The texts of errors and of OSS delivery, which runs share.

use super::fragment::push_text;
use super::packed::{Key, Packed, encode_key};

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

    fn is_clone_of(&self, other: &Self) -> bool {
        self.0.is_clone_of(&other.0)
    }
}

impl Detail {
    /// The JSON of a run without any of the texts.
    pub(crate) const EMPTY_JSON: &str = "\"ErrorCode\":\"\",\"ErrorInfo\":\"\",\
        \"OssOutputStatus\":\"\",\"OssOutputUri\":\"\",\"OssOutputErrorCode\":\"\",\
        \"OssOutputErrorInfo\":\"\"";

    /// Writes what identifies the detail to `key`, in the order of [`DetailField`].
    pub(crate) fn encode_key(strings: [&[u8]; 6], key: &mut Vec<u8>) {
        encode_key(strings, key);
    }

    pub(crate) fn new(key: &[u8]) -> Self {
        let strings = Packed::<6>::new(key, [], b"");
        const NAMES: [&[u8]; 6] = [
            b"\"ErrorCode\":\"",
            b"\",\"ErrorInfo\":\"",
            b"\",\"OssOutputStatus\":\"",
            b"\",\"OssOutputUri\":\"",
            b"\",\"OssOutputErrorCode\":\"",
            b"\",\"OssOutputErrorInfo\":\"",
        ];
        let mut json = Vec::new();
        for (at, name) in NAMES.iter().enumerate() {
            json.extend_from_slice(name);
            push_text(strings.get(at), &mut json);
        }
        json.push(b'"');
        Detail(Packed::new(key, [], &json))
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

    pub(crate) fn json(&self) -> &[u8] {
        self.0.json()
    }

    /// Heap bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
