//! One connection: its requests, one after the other.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Request, Response, Version};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::refuse::Refuse;
use crate::stream::{HeadTimer, Progress, Stream};

/// Maximum size of a request's line and headers together.
const HEAD_BYTES: usize = 64 * 1_024;
/// Timeout for the first byte of a request, which answers announce.
const IDLE_TIME: Duration = Duration::from_secs(60);
const KEEP_ALIVE: (HeaderName, &str) = (HeaderName::from_static("keep-alive"), "timeout=60");
/// Timeout for a request's line and headers from their first byte on, and for a TLS handshake.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// Tells a connection that the server stops.
pub(crate) type Stopping = watch::Receiver<()>;

/// Serves a connection to its end, with the limits of one that came through a door.
pub async fn serve_stream<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    router: Router,
    refuse: Arc<dyn Refuse>,
) {
    // A failed connection concerns its client alone.
    let _ = connection(stream, TowerToHyperService::new(router), refuse).await;
}

/// Serves a connection to its end. With `tls` it begins with a handshake.
pub(crate) async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    tls: Option<TlsAcceptor>,
    router: Router,
    refuse: Arc<dyn Refuse>,
    stopping: Stopping,
) {
    let service = TowerToHyperService::new(router);
    let Some(tls) = tls else { return requests(stream, service, refuse, stopping).await };
    if let Ok(Ok(stream)) = timeout(HEAD_TIME, tls.accept(stream)).await {
        requests(stream, service, refuse, stopping).await;
    }
}

/// Answers the requests of a connection, up to its end or an upgrade.
pub(crate) async fn requests<S, V>(
    stream: S,
    service: V,
    refuse: Arc<dyn Refuse>,
    mut stopping: Stopping,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    V: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>,
{
    let mut connection = pin!(connection(stream, service, refuse));
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
    refuse: Arc<dyn Refuse>,
) -> UpgradeableConnection<
    TokioIo<Stream<S>>,
    impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>,
>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    V: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>,
{
    let progress = Arc::<Progress>::default();
    let stream = Stream::new(stream, Arc::clone(&progress), refuse);
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

/// `answer`, after which the connection is closed `if_unread`: no further request can be read from it.
pub(crate) fn close(mut answer: Response<Body>, if_unread: bool) -> Response<Body> {
    if if_unread {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}
