//! The JSON that leaves the library: answers, errors and events; and the escaping of query strings.
//!
//! [`Group::each`] is the only list of the fields of an object: it hands each name and value to a
//! [`Fields`], in the order of the answer. There are two implementations of [`Fields`]: `Json` appends
//! bytes, and [`Object`] serialises with serde. Both read the same list, so they cannot differ in a name
//! or in the order.
//!
//! `response/json.rs` has the lists of the answers and their rows. The lists of errors, events and of
//! the values that many records share are here, as functions of strings, numbers and times. The table
//! keeps the bytes that [`to_json`] makes of shared values, see [`Fields::ready`].

mod error;
mod escape;
mod event;
mod fields;
mod json;
mod object;
mod percent;
mod ready;
#[cfg(test)]
mod tests;
mod time;

pub(crate) use event::{Event, EventForm};
pub(crate) use fields::{Fields, Group, Name, name};
pub(crate) use json::{to_json, write_body, write_object};
pub(crate) use object::Object;
pub(crate) use percent::percent_encode;
#[cfg(feature = "json")]
pub(crate) use ready::NO_PARAMETERS;
pub(crate) use ready::{
    CommandBody, CommonSettings, INSTANCE_ID, NO_RUN_TEXTS, NO_RUN_TEXTS_JSON, RUN_TEXTS,
    RunSettings, TAG, Texts,
};
