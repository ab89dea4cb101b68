//! The stream of one connection, with what hyper has no setting for: an idle timeout beside the timeout
//! for a request's head, a timeout for a client that does not read its answers, a body for the answers
//! that hyper gives by itself, and a lingering close after a refusal.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::http::StatusCode;
use hyper::rt::Timer;
use hyper_util::rt::TokioTimer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::refuse::Refuse;

/// Timeout for a client to read what is written.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// The most that is read from a client after it was refused, and the time for it.
const LINGER_BYTES: usize = 64 * 1_024 * 1_024;
const LINGER_TIME: Duration = Duration::from_secs(10);

/// How far a connection is. Its stream, timer and service share it.
#[derive(Default)]
pub(crate) struct Progress {
    /// Bytes came since a head is awaited.
    received: AtomicBool,
    /// The service has the request whose head was awaited last.
    asked: AtomicBool,
    /// That request was refused, and perhaps its body was not read.
    unread: AtomicBool,
}

impl Progress {
    /// The service gets a request.
    pub(crate) fn ask(&self) {
        self.asked.store(true, Relaxed);
    }

    /// The request is refused, and perhaps its body is not read.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Relaxed);
    }
}

/// The timer by which hyper waits for a head.
pub(crate) struct HeadTimer {
    pub(crate) progress: Arc<Progress>,
    /// Timeout for the first byte of a head.
    pub(crate) idle: Duration,
    /// Timeout for a head from its first byte on.
    pub(crate) head: Duration,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        TokioTimer::new().sleep(duration)
    }

    /// hyper calls this when it begins to wait for a head: it has read all of the request before.
    fn sleep_until(&self, _: std::time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        let Progress { received, asked, unread } = &*self.progress;
        [received, asked, unread].into_iter().for_each(|flag| flag.store(false, Relaxed));
        let (progress, end) = (Arc::clone(&self.progress), Box::pin(sleep(self.idle)));
        Box::pin(HeadSleep { progress, end, head: Some(self.head) })
    }
}

/// Ends when a head takes too long.
struct HeadSleep {
    progress: Arc<Progress>,
    end: Pin<Box<Sleep>>,
    /// Timeout for the head, until its first byte came.
    head: Option<Duration>,
}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.progress.received.load(Relaxed)
            && let Some(head) = self.head.take()
        {
            self.end.as_mut().reset(Instant::now() + head);
        }
        self.end.as_mut().poll(cx)
    }
}

impl hyper::rt::Sleep for HeadSleep {}

/// The stream of one connection.
pub(crate) struct Stream<S> {
    inner: S,
    progress: Arc<Progress>,
    refuse: Arc<dyn Refuse>,
    /// Written bytes are not flushed yet.
    writing: bool,
    /// Set while written bytes wait for the client. HTTP flushes when it has nothing more to write, and
    /// only then the next wait begins: a reader that takes one byte now and then gains nothing.
    late: Option<Pin<Box<Sleep>>>,
    /// An answer in place of hyper's, and the number of its bytes that are written.
    instead: Option<(Vec<u8>, usize)>,
    /// The number of bytes that a refused client may still send, and the time for them.
    linger: Option<(usize, Pin<Box<Sleep>>)>,
}

impl<S> Stream<S> {
    pub(crate) fn new(inner: S, progress: Arc<Progress>, refuse: Arc<dyn Refuse>) -> Self {
        let (writing, late, instead, linger) = (false, None, None, None);
        Stream { inner, progress, refuse, writing, late, instead, linger }
    }

    /// Fails if the client takes too long for what is `written`.
    fn in_time<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_pending() {
            let late = self.late.get_or_insert_with(|| Box::pin(sleep(ANSWER_TIME)));
            ready!(late.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
    }

    /// Takes an answer that hyper gives by itself: the first bytes that are written since it awaits
    /// a head which the service never got. Returns their number.
    fn take(&mut self, parts: &[IoSlice<'_>]) -> Option<usize> {
        let is_first = !std::mem::replace(&mut self.writing, true);
        if !is_first || self.progress.asked.load(Relaxed) {
            return None;
        }
        let head = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let head = String::from_utf8(head).ok()?;
        let status = StatusCode::from_bytes(head.get(9..12)?.as_bytes()).ok()?;
        let (before, after) = head.split_once("content-length: 0\r\n")?;
        let answer = self.refuse.head(status);
        let mut bytes = before.as_bytes().to_vec();
        for (name, value) in answer.headers() {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend(format!("content-length: {}\r\n{after}", answer.body().len()).bytes());
        bytes.extend(answer.body());
        self.instead = Some((bytes, 0));
        self.progress.leave_unread();
        Some(head.len())
    }
}

impl<S: AsyncWrite + Unpin> Stream<S> {
    /// Writes what is written instead, and flushes.
    fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some((bytes, written)) = &mut self.instead {
            while *written < bytes.len() {
                match ready!(Pin::new(&mut self.inner).poll_write(cx, &bytes[*written..]))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    count => *written += count,
                }
            }
        }
        Pin::new(&mut self.inner).poll_flush(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.progress.received.store(true, Relaxed);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(taken) = self.take(&[IoSlice::new(bytes)]) {
            return Poll::Ready(Ok(taken));
        }
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.in_time(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(taken) = self.take(parts) {
            return Poll::Ready(Ok(taken));
        }
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.in_time(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.flush(cx);
        ready!(self.in_time(cx, flushed))?;
        (self.instead, self.writing, self.late) = (None, false, None);
        Poll::Ready(Ok(()))
    }

    /// Ends the answers, and then reads on after a refusal (lingering close). If bytes of the client
    /// found a closed connection, its system would drop the answer before the client reads it.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            let shut = Pin::new(&mut self.inner).poll_shutdown(cx);
            ready!(self.in_time(cx, shut))?;
            if !self.progress.unread.load(Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
        let Stream { inner, linger, .. } = &mut *self;
        let (left, end) =
            linger.get_or_insert_with(|| (LINGER_BYTES, Box::pin(sleep(LINGER_TIME))));
        let mut bytes = [0; 8_192];
        while *left > 0 && end.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut *inner).poll_read(cx, &mut buffer));
            match buffer.filled().len() {
                0 => break,
                _ if read.is_err() => break,
                count => *left = left.saturating_sub(count),
            }
        }
        Poll::Ready(Ok(()))
    }
}
