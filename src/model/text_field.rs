//! Lists of the texts of a record. Limits and imports treat all texts alike and iterate such a list,
//! so a new text is one line in it.

/// A text of a record of type `R`.
pub(crate) struct TextField<R> {
    /// The API's name.
    pub(crate) name: &'static str,
    pub(crate) limit: TextLimit,
    pub(crate) get: fn(&R) -> &str,
    pub(crate) get_mut: fn(&mut R) -> &mut String,
}

/// The length that a text may have.
pub(crate) enum TextLimit {
    /// An id: required, and within the limit of all ids.
    Id,
    /// At most this many bytes.
    Bytes(usize),
    /// At most this many characters.
    Chars(usize),
}

/// A list of [`TextField`]s. Each line has the field of the struct, the API's name and the limit.
macro_rules! text_fields {
    ($($field:ident: $name:literal, $limit:expr;)+) => {
        &[$(TextField {
            name: $name,
            limit: $limit,
            get: |record| &record.$field,
            get_mut: |record| &mut record.$field,
        }),+]
    };
}
pub(super) use text_fields;
