//! Lines for the operator, on standard error.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};

use crate::error::cut;

const NAME: &str = "invodex-emulator";
/// Maximum number of lines that wait for a reader of standard error. Further ones are dropped.
const WAITING: usize = 1_000;

/// Maximum length of a line that waits, in characters: what a client sends may be in it.
const LINE: usize = 4_096;

static LINES: OnceLock<SyncSender<String>> = OnceLock::new();

/// Starts the thread that writes lines. Without it they are dropped.
pub(crate) fn begin() {
    LINES.get_or_init(|| {
        let (sender, lines) = sync_channel::<String>(WAITING);
        std::thread::spawn(move || {
            for line in lines {
                let _ = writeln!(io::stderr(), "{line}");
            }
        });
        sender
    });
}

/// Writes a line to standard error with the name of the program. Otherwise as [`write`].
pub(crate) fn tell(line: String) {
    write(format!("{NAME}: {line}"));
}

/// Writes a line to standard error. Never waits and never fails: a thread of its own writes, so that
/// neither a closed standard error nor a full pipe stops the emulator.
pub(crate) fn write(line: String) {
    if let Some(lines) = LINES.get() {
        let begin = cut(&line, LINE);
        let _ = lines.try_send(match begin.len() < line.len() {
            true => format!("{begin} and more"),
            false => line,
        });
    }
}

/// Writes a line to standard error before it returns, if standard error takes it. For the last line
/// of a process, and for those before it serves.
pub(crate) fn tell_at_once(line: &str) {
    let _ = writeln!(io::stderr(), "{NAME}: {line}");
}
