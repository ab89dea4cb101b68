//! The JSON that leaves the library: answers, errors and events; and the escaping of query strings.
//!
//! Only this module has the names of fields. Each group of fields is a plain struct, and
//! [`Group::each`] hands its fields to a [`Fields`], in the order of the answer. There are two
//! implementations of [`Fields`]: `Json` appends bytes, and [`Object`] serialises with serde. Both
//! read the same list, so they cannot differ in a name or in the order.
//!
//! Everything here is a function of strings, numbers and times. The table keeps the bytes that
//! [`to_json`] makes of values that many records share, see [`Ready`].

mod answer;
mod error;
mod escape;
mod event;
mod fields;
mod json;
mod object;
mod percent;
#[cfg(test)]
mod tests;
mod time;

#[cfg(feature = "json")]
pub(crate) use answer::NO_PARAMETERS;
pub(crate) use answer::{
    CommandBody, CommonSettings, Execution, InstanceId, Invocation, InvocationResult,
    InvocationResults, Invocations, Page, Run, RunSettings, RunTexts, Summary, Tag,
};
pub(crate) use event::{Event, EventForm};
pub(crate) use fields::{Fields, Group, Ready};
pub(crate) use json::{to_json, write_body, write_object};
pub(crate) use object::Object;
pub(crate) use percent::percent_encode;
