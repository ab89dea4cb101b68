//! The saves of the archive so far, for `health`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[derive(Default)]
pub(crate) struct Saves(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    /// Whether there is an archive.
    pub(crate) wanted: bool,
    pub(crate) saving: bool,
    pub(crate) last: Option<Save>,
    /// The error of the latest save, if it failed.
    pub(crate) error: Option<String>,
}

/// A save that succeeded.
pub(crate) struct Save {
    /// Everything that was answered before this is in the archive.
    pub(crate) begun: Instant,
    pub(crate) took: Duration,
    pub(crate) bytes: usize,
}

impl Saves {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As JSON; null without an archive. `changed`: anything changed since the last save began.
    pub(crate) fn json(&self, changed: bool) -> Value {
        let state = self.state();
        if !state.wanted {
            return Value::Null;
        }
        let seconds = |time: Duration| (time.as_secs_f64() * 1e3).round() / 1e3;
        let last = state.last.as_ref().map(|save| {
            json!({
                "SecondsAgo": seconds(save.begun.elapsed()),
                "Seconds": seconds(save.took),
                "Bytes": save.bytes,
            })
        });
        json!({
            "Unsaved": changed || state.saving,
            "LastSave": last,
            "Error": state.error,
        })
    }
}
