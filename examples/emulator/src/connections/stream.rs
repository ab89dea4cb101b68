//! The stream of one connection, with what hyper has no setting for: an idle timeout beside the timeout
//! for a request's head, a body for the answers that hyper gives by itself, and a lingering close after
//! a refusal.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::http::{Response, StatusCode};
use hyper::rt::Timer;
use hyper_util::rt::TokioTimer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// The most that is read from a client after it was refused, and the time for it.
const LINGER_BYTES: usize = 64 * 1_024 * 1_024;
const LINGER_TIME: Duration = Duration::from_secs(10);

/// Makes the answer to a request whose head hyper refuses with this status.
pub(crate) type Refusal = Arc<dyn Fn(StatusCode) -> Response<Vec<u8>> + Send + Sync>;

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
    pub(super) fn ask(&self) {
        self.asked.store(true, Relaxed);
    }

    /// The request is refused, and perhaps its body is not read.
    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Relaxed);
    }
}

/// The timer by which hyper waits for a head.
pub(super) struct HeadTimer {
    pub(super) progress: Arc<Progress>,
    /// Timeout for the first byte of a head.
    pub(super) idle: Duration,
    /// Timeout for a head from its first byte on.
    pub(super) head: Duration,
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
    refusal: Refusal,
    /// Written bytes are not flushed yet.
    writing: bool,
    /// An answer in place of hyper's, and the number of its bytes that are written.
    instead: Option<(Vec<u8>, usize)>,
    /// The number of bytes that a refused client may still send, and the time for them.
    linger: Option<(usize, Pin<Box<Sleep>>)>,
}

impl<S> Stream<S> {
    pub(super) fn new(inner: S, progress: Arc<Progress>, refusal: Refusal) -> Self {
        Stream { inner, progress, refusal, writing: false, instead: None, linger: None }
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
        let answer = (self.refusal)(status);
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
        match self.take(&[IoSlice::new(bytes)]) {
            Some(taken) => Poll::Ready(Ok(taken)),
            None => Pin::new(&mut self.inner).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.take(parts) {
            Some(taken) => Poll::Ready(Ok(taken)),
            None => Pin::new(&mut self.inner).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Stream { inner, instead, writing, .. } = &mut *self;
        if let Some((bytes, written)) = instead {
            while *written < bytes.len() {
                match ready!(Pin::new(&mut *inner).poll_write(cx, &bytes[*written..]))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    count => *written += count,
                }
            }
        }
        ready!(Pin::new(inner).poll_flush(cx))?;
        (*instead, *writing) = (None, false);
        Poll::Ready(Ok(()))
    }

    /// Ends the answers, and then reads on after a refusal (lingering close). If bytes of the client
    /// found a closed connection, its system would drop the answer before the client reads it.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Stream { inner, progress, linger, .. } = &mut *self;
        if linger.is_none() {
            ready!(Pin::new(&mut *inner).poll_shutdown(cx))?;
            if !progress.unread.load(Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
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

#[cfg(test)]
#[allow(dead_code, unused_imports, reason = "the bench includes this file without a test harness")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const OWN: &[u8] = b"HTTP/1.1 431 Too Large\r\ncontent-length: 0\r\ndate: now\r\n\r\n";

    /// The answers that come of writes before and after a request is asked for.
    async fn written(before: &[u8], asked: bool, own: &[u8]) -> String {
        let (client, mut server) = duplex(1_000);
        let progress = Arc::<Progress>::default();
        let refusal: Refusal = Arc::new(|status| {
            let answer = Response::builder().header("x-test", "1");
            answer.body(status.as_str().into()).unwrap()
        });
        let mut stream = Stream::new(client, Arc::clone(&progress), refusal);
        progress.asked.store(true, Relaxed);
        stream.write_all(before).await.unwrap();
        progress.asked.store(asked, Relaxed);
        stream.write_all(own).await.unwrap();
        stream.flush().await.unwrap();
        drop(stream);
        let mut answers = String::new();
        server.read_to_string(&mut answers).await.unwrap();
        answers
    }

    #[tokio::test]
    async fn an_answer_of_hyper_gets_a_body_and_no_other_does() {
        let own = str::from_utf8(OWN).unwrap();
        let full = own.replace("content-length: 0", "x-test: 1\r\ncontent-length: 3") + "431";
        assert_eq!(written(b"", false, OWN).await, full);
        assert_eq!(written(b"", true, OWN).await, own);
        // The rest of an answer that is still being written.
        assert_eq!(written(b"-", false, OWN).await, format!("-{own}"));
        let other = b"HTTP/1.1 431 Too Large\r\ncontent-length: 9\r\n\r\n";
        assert_eq!(written(b"", false, other).await.as_bytes(), other);
    }
}
