//! The data of the records, by slot: what an answer shows and what an index entry is made of.
//! Knows no request and no order; rows and their order belong to `index`.

mod commands;
mod details;
mod edit;
mod extras;
mod flat;
mod growth;
mod heads;
mod inspect;
mod invocations;
mod invoke_ids;
mod packed;
mod restore;
mod runs;
mod scopes;
mod scripts;
mod slab;
mod symbols;
mod tags;

pub(crate) use commands::{Command, CommandField};
pub(crate) use details::{Detail, DetailField};
pub(crate) use extras::{HistoryRecord, RunExtra};
pub(crate) use growth::reserve_for_one;
pub(crate) use heads::{Head, Shared};
pub(crate) use invocations::{IndexKey, IndexedColumn, Table, region_timed};
pub(crate) use runs::{Run, RunState};
pub(crate) use scripts::{Script, ScriptField};
pub(crate) use symbols::SymbolId;
pub(crate) use tags::TagPair;
