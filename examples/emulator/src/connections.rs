//! Accepts connections and limits them. The bench includes this file too, so that both of its
//! servers run the same code.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// Maximum size of a request's line and headers together.
const HEAD_BYTES: usize = 64 * 1_024;
/// Timeout for a request's line and headers.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time that open requests have to finish at shutdown.
const GRACE: Duration = Duration::from_secs(1);

/// Serves until `stop` completes, then lets open requests finish.
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
            // Accepting failed, for example because no file handle is free: try again later.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Sends an answer at once, even if the last one has not been acknowledged.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        // A failed connection concerns its client alone.
        tokio::spawn(async { drop(connection.await) });
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, open.shutdown()).await;
}
