//! Fields and groups of fields, independent of the form in which they are written.

use crate::model::Timestamp;

/// The name of a field, in all constants that `Json` appends for it.
pub(crate) struct Name {
    /// `"Name":"",`
    pub(crate) empty: &'static str,
    /// `"Name":0,`
    pub(crate) zero: &'static str,
    /// `"Name":true,`
    pub(crate) yes: &'static str,
    /// `"Name":false,`
    pub(crate) no: &'static str,
    /// `"Name":"YYYY-MM-DDTHH:MM:SSZ",`
    pub(crate) time: &'static str,
}

/// The [`Name`] of a string literal.
macro_rules! name {
    ($name:literal) => {
        &$crate::wire::Name {
            empty: concat!("\"", $name, "\":\"\","),
            zero: concat!("\"", $name, "\":0,"),
            yes: concat!("\"", $name, "\":true,"),
            no: concat!("\"", $name, "\":false,"),
            time: concat!("\"", $name, "\":\"YYYY-MM-DDTHH:MM:SSZ\","),
        }
    };
}
pub(crate) use name;

impl Name {
    /// `Name`
    pub(crate) fn key(&self) -> &'static str {
        &self.empty[1..self.empty.len() - 5]
    }

    /// `"Name":`
    #[inline(always)]
    pub(super) fn before_value(&self) -> &'static [u8] {
        &self.empty.as_bytes()[..self.empty.len() - 3]
    }

    /// `"Name":"`
    #[inline(always)]
    pub(super) fn before_text(&self) -> &'static [u8] {
        &self.empty.as_bytes()[..self.empty.len() - 2]
    }
}

/// Receives the fields of one object, in order.
pub(crate) trait Fields {
    /// A text. The implementation escapes it.
    fn text(&mut self, name: &'static Name, value: &str);

    /// A text as its bytes, which are UTF-8. `Json` does not check that again.
    fn utf8(&mut self, name: &'static Name, value: &[u8]) {
        self.text(name, std::str::from_utf8(value).unwrap_or_default());
    }

    /// A text that the API defines, such as a status, which needs no escaping.
    fn constant(&mut self, name: &'static Name, value: &'static str);

    /// A time; an unset one is the empty text.
    fn time(&mut self, name: &'static Name, value: Option<Timestamp>);

    fn number(&mut self, name: &'static Name, value: u64);

    fn signed(&mut self, name: &'static Name, value: i64);

    fn flag(&mut self, name: &'static Name, value: bool);

    /// Bytes in the answer's encoding.
    fn bytes(&mut self, name: &'static Name, value: &[u8]);

    /// An object.
    fn object(&mut self, name: &'static Name, value: &impl Group);

    /// A list in the API's form, `{"Item":[...]}`.
    fn list<G: Group>(
        &mut self,
        name: &'static Name,
        item: &'static Name,
        items: impl Iterator<Item = G> + Clone,
    );

    /// The fields of the group that `group` makes, whose JSON may have been made before, because many
    /// records share the value. `json` is the result of [`to_json`](super::to_json) for that group, or
    /// empty. `Json` appends a `json` that is not empty and does not call `group`.
    fn ready<G: Group>(&mut self, json: &[u8], group: impl Fn() -> G);
}

/// Fields of one object, or a part of its fields.
pub(crate) trait Group {
    /// Hands each field to `out`. Only this method has the names and the order of the fields.
    fn each(&self, out: &mut impl Fields);
}

impl<G: Group> Group for &G {
    #[inline(always)]
    fn each(&self, out: &mut impl Fields) {
        (**self).each(out);
    }
}
