//! Accepts connections and limits them. The bench includes this file too, so that both of its
//! servers run the same code.

#[path = "connections/stream.rs"]
mod stream;

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Request, Response, Version};
use futures_util::future::BoxFuture;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

pub(crate) use stream::Refusal;
use stream::{HeadTimer, Progress, Stream};

/// Maximum number of connections. Further ones wait until one is closed.
const CONNECTIONS: usize = 512;
/// File handles that connections leave for everything else, such as a save of the archive.
const SPARE_HANDLES: usize = 32;
/// Maximum size of a request's line and headers together.
const HEAD_BYTES: usize = 64 * 1_024;
/// Timeout for the first byte of a request, which answers announce.
const IDLE_TIME: Duration = Duration::from_secs(60);
const KEEP_ALIVE: (HeaderName, &str) = (HeaderName::from_static("keep-alive"), "timeout=60");
/// Timeout for a request's line and headers from their first byte on, and for a TLS handshake.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time that open requests have to finish at shutdown.
const GRACE: Duration = Duration::from_secs(1);

/// A listener, and how the connections to it are served.
pub(crate) struct Door {
    listener: TcpListener,
    /// File handles that a connection may take.
    handles: usize,
    serve: Box<Serve>,
}

type Serve = dyn Fn(TcpStream, Stopping) -> BoxFuture<'static, ()> + Send + Sync;

impl Door {
    /// A listener whose connections are answered by `router`, and by `refusal` for what HTTP itself
    /// refuses. With `tls` every connection begins with a handshake.
    pub(crate) fn new(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        router: Router,
        refusal: Refusal,
    ) -> Self {
        Self::by(listener, 1, move |stream, stopping| {
            let (router, refusal) = (router.clone(), Arc::clone(&refusal));
            Box::pin(answer(stream, tls.clone(), router, refusal, stopping))
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

/// Tells a connection that the emulator stops.
pub(crate) type Stopping = watch::Receiver<()>;

/// Serves the connections of all doors until `stop` completes. Then it takes no new request, lets open
/// ones finish, and cuts off those that take longer than the grace. When it returns, no request is in
/// progress and none was answered of which anything is still to be done. The listeners stay bound.
pub(crate) async fn serve(doors: &[Door], stop: impl Future<Output = ()>) {
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

/// Serves a connection to its end, with `tls` after a handshake.
pub(crate) async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    tls: Option<TlsAcceptor>,
    router: Router,
    refusal: Refusal,
    stopping: Stopping,
) {
    let service = TowerToHyperService::new(router);
    let Some(tls) = tls else { return requests(stream, service, refusal, stopping).await };
    if let Ok(Ok(stream)) = timeout(HEAD_TIME, tls.accept(stream)).await {
        requests(stream, service, refusal, stopping).await;
    }
}

/// Answers the requests of a connection, up to its end or an upgrade.
pub(crate) async fn requests<S, V>(stream: S, service: V, refusal: Refusal, mut stopping: Stopping)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    V: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>,
{
    let mut connection = pin!(connection(stream, service, refusal));
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// A connection over `stream` that answers once it is polled.
pub(crate) fn connection<S, V>(
    stream: S,
    service: V,
    refusal: Refusal,
) -> UpgradeableConnection<
    TokioIo<Stream<S>>,
    impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>,
>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    V: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>,
{
    let progress = Arc::<Progress>::default();
    let stream = Stream::new(stream, Arc::clone(&progress), refusal);
    let timer = HeadTimer { progress: Arc::clone(&progress), idle: IDLE_TIME, head: HEAD_TIME };
    let service = service_fn(move |request: Request<Incoming>| {
        progress.ask();
        let (progress, keeps) = (Arc::clone(&progress), keeps_alive(&request));
        let has_body = !request.body().is_end_stream();
        let answer = service.call(request);
        async move {
            let mut answer = answer.await?;
            if has_body && answer.status().as_u16() >= 400 {
                progress.leave_unread();
            }
            if keeps && !answer.headers().contains_key(CONNECTION) {
                let (name, value) = KEEP_ALIVE;
                answer.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            Ok(answer)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(timer).header_read_timeout(HEAD_TIME).max_buf_size(HEAD_BYTES);
    http.serve_connection(TokioIo::new(stream), service).with_upgrades()
}

/// Whether a client keeps the connection after this request.
fn keeps_alive(request: &Request<Incoming>) -> bool {
    let says = |option: &str| {
        named_by_connection(request.headers()).any(|name| name.eq_ignore_ascii_case(option))
    };
    !says("close") && (request.version() == Version::HTTP_11 || says("keep-alive"))
}

/// The options and the names of headers in all Connection headers.
pub(crate) fn named_by_connection(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// The maximum number of connections, of so many file handles each, with the file handles that the
/// process may have.
fn most_connections(handles_each: usize) -> usize {
    let handles = getrlimit(Resource::Nofile).current;
    let handles = handles.and_then(|handles| usize::try_from(handles).ok()).unwrap_or(usize::MAX);
    (handles.saturating_sub(SPARE_HANDLES) / handles_each).clamp(1, CONNECTIONS)
}
