//! Connections and their limits. A file of its own, so that the bench serves with the same code.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// Bytes of a request's line and headers together.
const HEAD_BYTES: usize = 64 * 1_024;
/// How long a request's line and headers may take.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long open requests may take when the server ends.
const GRACE: Duration = Duration::from_secs(1);

/// Answers until `stop`, then lets open requests end.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(HEAD_BYTES);
    let open = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            // No more connections at the moment, as when all file handles are taken.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // An answer goes at once, also when the last one is not yet acknowledged.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        // A connection that fails is over for its client alone.
        tokio::spawn(async { drop(connection.await) });
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, open.shutdown()).await;
}
