//! A deadline for a client that does not read its answers.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream whose writer fails if what it has written waits longer than a limit for the reader.
pub(crate) struct Deadline<S> {
    stream: S,
    limit: Duration,
    /// Set while written bytes wait. HTTP flushes when it has nothing more to write, and only then
    /// the next wait begins: a reader that takes one byte now and then gains nothing.
    end: Option<Pin<Box<Sleep>>>,
}

impl<S> Deadline<S> {
    pub(super) fn new(stream: S, limit: Duration) -> Self {
        Deadline { stream, limit, end: None }
    }

    /// Waits for the reader, up to the end of the limit.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let limit = self.limit;
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(end.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deadline<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Deadline<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Pending => self.wait(cx),
            written => written,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(cx, parts) {
            Poll::Pending => self.wait(cx),
            written => written,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(cx));
        self.end = None;
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[allow(dead_code, unused_imports, reason = "the bench includes this file without a test harness")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_reads_is_never_late_and_one_that_trickles_is() {
        let (client, mut server) = duplex(1_000);
        let mut writer = Deadline::new(client, LIMIT);
        for _ in 0..5 {
            let read = async {
                tokio::time::sleep(LIMIT / 2).await;
                server.read_exact(&mut [0; 1_500]).await.unwrap();
            };
            let write = async {
                writer.write_all(&[0; 1_500]).await.unwrap();
                writer.flush().await.unwrap();
            };
            tokio::join!(read, write);
        }
        let begun = tokio::time::Instant::now();
        let trickle = async {
            loop {
                tokio::time::sleep(LIMIT / 10).await;
                if server.read_exact(&mut [0; 1]).await.is_err() {
                    break;
                }
            }
        };
        let write = async {
            let error = writer.write_all(&[0; 100_000]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            drop(writer);
        };
        tokio::select! { () = trickle => panic!("the writer did not end it"), () = write => {} }
        assert_eq!(begun.elapsed(), LIMIT);
    }
}
