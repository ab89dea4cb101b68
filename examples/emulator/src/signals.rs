//! The signals that end the emulator.

use std::fs;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM, SIGINT (Ctrl-C) and SIGHUP, unless the process was started with SIGHUP ignored, as
/// `nohup` does.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// From now on these signals do not end the process.
    pub(crate) fn catch() -> io::Result<Self> {
        let hangup = SignalKind::hangup();
        Ok(Signals {
            hangup: if is_ignored(hangup) { None } else { Some(signal(hangup)?) },
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them.
    pub(crate) async fn come(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether the process was started with the signal ignored, where the system tells it in `/proc`.
fn is_ignored(kind: SignalKind) -> bool {
    let ignored = || {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    };
    ignored().is_some_and(|mask| mask & (1 << (kind.as_raw_value() - 1)) != 0)
}
