//! Shows the progress of what can take long before the emulator serves: on standard error, if that is a
//! terminal, and cleared when the bar is dropped.

use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressFinish, ProgressStyle};

/// Pause between two pictures of a work whose share is not known.
const TICK: Duration = Duration::from_millis(100);

/// Restoring an archive of so many bytes.
pub(crate) fn restoring(bytes: usize) -> ProgressBar {
    ProgressBar::new(bytes as u64).with_finish(ProgressFinish::AndClear).with_style(style(
        "restoring {bytes} of {total_bytes} {wide_bar} {elapsed}, {eta} remaining",
    ))
}

/// Loading captured files of so many bytes. The library reads them together, so that only the time is
/// known.
pub(crate) fn loading(bytes: usize) -> ProgressBar {
    let what = format!("loading {} of captured files", HumanBytes(bytes as u64));
    let bar = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear);
    let bar = bar.with_style(style("{spinner} {msg}, {elapsed}")).with_message(what);
    bar.enable_steady_tick(TICK);
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
