//! The JSON that leaves the library: answers, errors and events.
//!
//! Every name stands here, and nowhere else: each group of fields is a plain struct, and
//! [`Group::each`] lists its fields once, in the order of the answer. [`Fields`] is what they are
//! listed to: `Json` appends bytes, [`Object`] is what serde serialises. Both read the same list,
//! so they cannot differ in a name or in order.
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
#[cfg(test)]
mod tests;
mod time;

pub(crate) use answer::{
    CommandBody, CommonSettings, Execution, InstanceId, Invocation, InvocationResult,
    InvocationResults, Invocations, Page, Run, RunSettings, RunTexts, Summary, Tag,
};
pub(crate) use event::Event;
pub(crate) use fields::{Fields, Group, Ready};
pub(crate) use json::{to_json, write_body};
pub(crate) use object::Object;
