//! The data of the records, by slot: every value that an answer shows or that the index is built
//! from. This module knows neither requests nor the list order; rows belong to `index`.

mod arena;
mod core;
mod execution;
mod growth;
mod index_key;
mod inspect;
mod interned;
mod invoke_id;
mod overflow;
mod record;
mod run;
mod slab;
mod values;

pub(crate) use core::Table;
pub(crate) use execution::{Execution, TextsId};
pub(crate) use growth::reserve_for_one;
pub(crate) use index_key::{IndexKey, IndexedColumn, region_timed};
pub(crate) use interned::ValueId;
#[cfg(feature = "json")]
pub(crate) use overflow::HistoryRecord;
pub(crate) use record::RecordHeader;
pub(crate) use run::RunRef;
pub(crate) use values::{CommandBody, RunSettings, RunText, RunTexts, Setting, TagPair, Text};
