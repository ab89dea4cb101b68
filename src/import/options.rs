//! The options of an import: facts about a captured file that it does not contain.

/// The encoding of CommandContent and Output in a captured file.
///
/// # Examples
///
/// ```
/// use invodex::{CaptureEncoding, ContentEncoding, ImportOptions, Store};
///
/// let capture = br#"{"Invocations": {"Invocation": []}}"#;
/// let options = ImportOptions::new("cn-hangzhou").encoding(CaptureEncoding::PlainText);
/// let report = Store::default().import(capture, &options)?;
/// assert_eq!(report.files[0].encoding, ContentEncoding::PlainText);
/// # Ok::<(), invodex::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum CaptureEncoding {
    /// Decided once for the file: Base64 if every CommandContent and Output in it, also in refused
    /// records, is canonical Base64 (full padding, no bits beyond the last byte); plain text
    /// otherwise.
    #[default]
    Auto,
    /// Base64. A record with another value is refused.
    Base64,
    /// Plain text.
    PlainText,
}

/// Facts that a captured response lacks, for [`Store::import`](crate::Store::import).
///
/// # Examples
///
/// ```
/// use invodex::{CaptureEncoding, ImportOptions};
///
/// let options = ImportOptions::new("cn-hangzhou").encoding(CaptureEncoding::PlainText);
/// assert_eq!(options.region_id, "cn-hangzhou");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImportOptions {
    /// `RegionId` of the records that do not carry their own as an extra key.
    pub region_id: String,
    /// `ResourceGroupId` of the records that do not carry their own as an extra key. Default
    /// empty.
    pub resource_group_id: String,
    /// The encoding of CommandContent and Output. Default [`CaptureEncoding::Auto`].
    pub encoding: CaptureEncoding,
}

impl ImportOptions {
    /// Records of `region_id` in no resource group, and the encoding decided by the file.
    pub fn new(region_id: impl Into<String>) -> Self {
        ImportOptions {
            region_id: region_id.into(),
            resource_group_id: String::new(),
            encoding: CaptureEncoding::Auto,
        }
    }

    /// Sets [`resource_group_id`](Self::resource_group_id).
    #[must_use]
    pub fn resource_group_id(mut self, id: impl Into<String>) -> Self {
        self.resource_group_id = id.into();
        self
    }

    /// Sets [`encoding`](Self::encoding).
    #[must_use]
    pub fn encoding(mut self, encoding: CaptureEncoding) -> Self {
        self.encoding = encoding;
        self
    }
}
