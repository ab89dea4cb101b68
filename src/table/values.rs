//! The values that records share, each interned: texts, tags, settings, bodies, texts of runs.

mod command_body;
mod run_settings;
mod run_texts;
mod string_tuple;
mod tag_pair;
mod text;

pub(crate) use command_body::CommandBody;
pub(crate) use run_settings::{RunSettings, Setting};
pub(crate) use run_texts::{RUN_TEXTS, RunText, RunTexts};
pub(super) use string_tuple::KeyBytes;
pub(crate) use tag_pair::TagPair;
pub(crate) use text::Text;
