//! The signals that end the emulator, and the end of standard input.

use std::fs;
use std::future::poll_fn;
use std::io;
use std::task::Poll;

use futures_util::FutureExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Catches SIGTERM, SIGINT (Ctrl-C) and SIGHUP, which from now on do not end the process. SIGHUP stays
/// ignored if the process was started so, as by `nohup`. The returned future waits for one of them, and
/// with `until_eof` also for the end of standard input.
pub(crate) fn catch(until_eof: bool) -> io::Result<impl Future<Output = ()>> {
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
    let wanted =
        kinds.into_iter().filter(|kind| *kind != SignalKind::hangup() || !is_ignored(*kind));
    let mut signals = wanted.map(signal).collect::<io::Result<Vec<_>>>()?;
    let mut eof = until_eof.then(eof);
    Ok(poll_fn(move |cx| {
        let signalled = signals.iter_mut().any(|signal| signal.poll_recv(cx).is_ready());
        let ended = eof.as_mut().is_some_and(|eof| eof.poll_unpin(cx).is_ready());
        if signalled || ended { Poll::Ready(()) } else { Poll::Pending }
    }))
}

/// Waits for the end of standard input. A thread of its own reads it: one of the runtime would hold up
/// the end of the process.
fn eof() -> oneshot::Receiver<()> {
    let (sender, ended) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = sender.send(());
    });
    ended
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
