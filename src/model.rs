//! The records a store holds: plain data, and every rule that derives one value from others or
//! refuses it for itself. Knows nothing of storage, requests or answers.

mod invocation;
mod moves;
mod names;
mod result;
mod run;
mod shown;
mod status;
mod tags;
mod time;
mod update;

pub use invocation::{CommandType, Invocation, RepeatMode, Tag};
pub(crate) use moves::check_move;
pub(crate) use names::api_names;
pub use result::InvocationResult;
pub use run::InstanceRun;
pub use status::{
    InstanceInvokeStatus, InvocationStatus, InvokeStatus, LegacyInvokeStatus, OverallStatus,
};
pub(crate) use status::{Overall, is_timed};
pub(crate) use tags::check_tags;
pub use time::Timestamp;
pub use update::{OutputUpdate, RunUpdate};
