//! Accepts connections, limits their number, and ends them.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use futures_util::future::BoxFuture;
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::connection::{Stopping, answer};
use crate::refuse::Refuse;

/// Maximum number of connections. Further ones wait until one is closed.
const CONNECTIONS: usize = 512;
/// File handles that connections leave for everything else, such as files.
const SPARE_HANDLES: usize = 32;
/// Time that open requests have to finish at shutdown.
const GRACE: Duration = Duration::from_secs(1);

/// A listener, and how the connections to it are served.
pub struct Door {
    listener: TcpListener,
    /// File handles that a connection may take.
    handles: usize,
    serve: Box<Serve>,
}

type Serve = dyn Fn(TcpStream, Stopping) -> BoxFuture<'static, ()> + Send + Sync;

impl Door {
    /// A listener whose requests `router` answers, and `refuse` those whose line and headers are not
    /// valid. With `tls` every connection begins with a handshake.
    pub fn new(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        router: Router,
        refuse: Arc<dyn Refuse>,
    ) -> Self {
        Self::by(listener, 1, move |stream, stopping| {
            let (router, refuse) = (router.clone(), Arc::clone(&refuse));
            Box::pin(answer(stream, tls.clone(), router, refuse, stopping))
        })
    }

    /// A listener whose connections are served by `serve` and take up to so many file handles each.
    pub(crate) fn by(
        listener: TcpListener,
        handles: usize,
        serve: impl Fn(TcpStream, Stopping) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        Door { listener, handles, serve: Box::new(serve) }
    }
}

/// Serves the connections of all doors until `stop` completes. Then it takes no new request, lets open
/// ones finish for a second, and cuts off those that take longer. When it returns, no handler runs any
/// more. The listeners stay bound.
pub async fn serve(doors: &[Door], stop: impl Future<Output = ()>) {
    let (running, stopping) = watch::channel(());
    let mut tasks = JoinSet::new();
    let most = most_connections(doors.iter().map(|door| door.handles).max().unwrap_or(1));
    tokio::pin!(stop);
    // The door after the last one that was served, so that none starves another.
    let mut first = 0;
    loop {
        let accept = poll_fn(|cx| {
            for at in (first..doors.len()).chain(0..first) {
                if let Poll::Ready(accepted) = doors[at].listener.poll_accept(cx) {
                    return Poll::Ready((at, accepted));
                }
            }
            Poll::Pending
        });
        let (at, accepted) = tokio::select! {
            accepted = accept, if tasks.len() < most => accepted,
            // A failed connection concerns its client alone.
            Some(_) = tasks.join_next() => continue,
            () = &mut stop => break,
        };
        first = (at + 1) % doors.len();
        let Ok((stream, _)) = accepted else {
            // Accepting failed, for example because no file handle is free: try again later.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Sends an answer at once, even if the last one has not been acknowledged.
        let _ = stream.set_nodelay(true);
        tasks.spawn((doors[at].serve)(stream, stopping.clone()));
    }
    drop(running);
    let _ = timeout(GRACE, async { while tasks.join_next().await.is_some() {} }).await;
    // A handler runs to its end between two waits. So a task that is cut off has changed nothing
    // yet, or all and not sent its answer.
    tasks.shutdown().await;
}

/// The maximum number of connections, of so many file handles each, with the file handles that the
/// process may have.
fn most_connections(handles_each: usize) -> usize {
    let handles = getrlimit(Resource::Nofile).current;
    let handles = handles.and_then(|handles| usize::try_from(handles).ok()).unwrap_or(usize::MAX);
    (handles.saturating_sub(SPARE_HANDLES) / handles_each).clamp(1, CONNECTIONS)
}
