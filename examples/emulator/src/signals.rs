//! The signals that end the emulator.

use std::fs;
use std::future::poll_fn;
use std::io;
use std::task::Poll;

use tokio::signal::unix::{SignalKind, signal};

/// Catches SIGTERM, SIGINT (Ctrl-C) and SIGHUP, which from now on do not end the process. SIGHUP stays
/// ignored if the process was started so, as by `nohup`. What is returned waits for one of them.
pub(crate) fn catch() -> io::Result<impl Future<Output = ()>> {
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
    let wanted =
        kinds.into_iter().filter(|kind| *kind != SignalKind::hangup() || !is_ignored(*kind));
    let mut signals = wanted.map(signal).collect::<io::Result<Vec<_>>>()?;
    Ok(poll_fn(move |cx| match signals.iter_mut().any(|signal| signal.poll_recv(cx).is_ready()) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    }))
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
