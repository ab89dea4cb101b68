//! The records of a store as plain data, and the rules that need nothing but one record: which
//! values are derived from others, which transitions a run can make, which tags are valid. Knows
//! neither storage nor requests nor answers.

mod debug;
mod invocation;
mod kinds;
mod names;
mod output;
mod result;
mod run;
mod status;
mod tags;
mod text_field;
mod time;
mod transitions;
mod update;

pub(crate) use invocation::COMMAND_TEXT_FIELDS;
pub use invocation::{Invocation, Tag};
pub use kinds::{CommandType, RepeatMode};
pub(crate) use names::api_names;
pub(crate) use output::{append_output, whole_output};
pub use result::InvocationResult;
pub use run::InstanceRun;
pub(crate) use run::RUN_TEXT_FIELDS;
pub use status::{
    InstanceInvokeStatus, InvocationStatus, InvokeStatus, LegacyInvokeStatus, OverallStatus,
};
pub(crate) use status::{Overall, is_timed};
pub(crate) use tags::check_tags;
pub(crate) use text_field::{TextField, TextLimit};
pub use time::Timestamp;
pub(crate) use transitions::check_transition;
pub use update::{OutputUpdate, RunUpdate};
