//! The interned values that records share: texts, tags, run settings, command bodies, run texts.

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
