//! An HTTP proxy for programs that hold the hosts of a service fixed: a proxy variable leads them here,
//! and a certificate that they trust lets them believe it.
//!
//! It answers for the hosts of one domain itself, both to CONNECT and to requests that name the host in
//! their target. It asks servers of the test for the hosts that are mapped to them, and refuses every
//! other host: no request leaves for the network.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, HeaderValue, Method, Response, Uri, Version, header};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::connection::{Stopping, answer, close, named_by_connection, requests};
use crate::door::Door;
use crate::host::{is_host, plain_name};
use crate::refuse::{Refuse, Unproxied};

/// Timeout for a mapped server, up to the headers of its answer.
const STUB_TIME: Duration = Duration::from_secs(30);
/// The port of a tunnel without TLS.
const HTTP: u16 = 80;

/// A host, and the address of the HTTP server that answers for it.
#[derive(Clone, Debug)]
pub struct Stub {
    /// In lower case, without a dot at the end.
    host: String,
    address: String,
}

impl Stub {
    /// Reads `HOST=ADDR:PORT`.
    ///
    /// # Errors
    ///
    /// If it is something else, with what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read = || {
            let (host, address) = text.split_once('=').filter(|(host, _)| is_host(host))?;
            let address = address.parse::<Authority>().ok()?;
            address.port_u16()?;
            let address = Some(address.to_string()).filter(|address| !address.contains('@'))?;
            Some(Stub { host: plain_name(host), address })
        };
        read().ok_or_else(|| "allowed is HOST=ADDR:PORT, as in a.example=127.0.0.1:9000".to_owned())
    }

    /// The host, in lower case, without a dot at the end.
    pub fn host(&self) -> &str {
        &self.host
    }
}

struct Proxy {
    tls: TlsAcceptor,
    /// Answers for the hosts under `domain`, which begins with a dot.
    router: Router,
    domain: &'static str,
    /// The mapped hosts.
    stubs: Vec<(String, Router)>,
    refuse: Arc<dyn Refuse>,
}

/// A connection that a client asked for by CONNECT.
struct Tunnel {
    stream: OnUpgrade,
    tls: Option<TlsAcceptor>,
    router: Router,
}

impl Door {
    /// A listener that is a proxy. `router` answers for the hosts under `domain`, such as
    /// `.example.com`, the servers of `stubs` for theirs, and `refuse` for all others. A tunnel begins
    /// with a TLS handshake, unless it is to port 80. A mapped server has 30 seconds for the headers of
    /// its answer.
    ///
    /// # Errors
    ///
    /// If two of `stubs` are for one host.
    pub fn proxy(
        listener: TcpListener,
        tls: TlsAcceptor,
        (domain, router): (&'static str, Router),
        stubs: &[Stub],
        refuse: Arc<dyn Refuse>,
    ) -> Result<Self, String> {
        let mut mapped: Vec<(String, Router)> = Vec::new();
        for stub in stubs {
            if mapped.iter().any(|(host, _)| *host == stub.host) {
                return Err(format!("{}: a host is given once", stub.host));
            }
            mapped.push((stub.host.clone(), router_of(stub.clone(), Arc::clone(&refuse))));
        }
        // The client's and the mapped server's.
        let handles = if mapped.is_empty() { 1 } else { 2 };
        let proxy = Arc::new(Proxy { tls, router, domain, stubs: mapped, refuse });
        Ok(Door::by(listener, handles, move |stream, stopping| {
            Box::pin(Arc::clone(&proxy).serve(stream, stopping))
        }))
    }
}

impl Proxy {
    /// Serves a client's connection: its requests, and then its tunnel if it asked for one.
    async fn serve(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        stopping: Stopping,
    ) {
        let tunnel = Mutex::new(None);
        let service = service_fn(async |request| Ok(self.answer(request, &tunnel).await));
        let refuse = || Arc::clone(&self.refuse);
        requests(stream, service, refuse(), stopping.clone()).await;
        let tunnel = tunnel.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(Tunnel { stream, tls, router }) = tunnel
            && let Ok(stream) = stream.await
        {
            answer(TokioIo::new(stream), tls, router, refuse(), stopping).await;
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        tunnel: &Mutex<Option<Tunnel>>,
    ) -> Response<Body> {
        let asked = request.uri().authority();
        let Some(router) = asked.and_then(|asked| self.router(asked.host())) else {
            let reason = Unproxied::ForeignHost(asked.map(|asked| asked.host().to_owned()));
            let answer = self.refuse.unproxied(request.headers(), &reason);
            // Its body is not read.
            return close(answer, !request.body().is_end_stream());
        };
        if request.method() != Method::CONNECT {
            let Ok(answer) = TowerToHyperService::new(router).call(request).await;
            return answer;
        }
        let plain = asked.and_then(Authority::port_u16) == Some(HTTP);
        let tls = (!plain).then(|| self.tls.clone());
        let wanted = Tunnel { stream: hyper::upgrade::on(request), tls, router };
        *tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some(wanted);
        Response::default()
    }

    /// The answers of `host`, if it is not refused.
    fn router(&self, host: &str) -> Option<Router> {
        // An IPv6 address is in brackets here, and has none in a flag.
        let host = plain_name(host.trim_matches(['[', ']']));
        let stub = self.stubs.iter().find(|(mapped, _)| *mapped == host);
        let own = || host.ends_with(self.domain).then_some(&self.router);
        stub.map(|(_, router)| router).or_else(own).cloned()
    }
}

/// The answers of a mapped server.
fn router_of(stub: Stub, refuse: Arc<dyn Refuse>) -> Router {
    Router::new().fallback(async move |request: Request| {
        let headers = request.headers().clone();
        let has_body = !request.body().is_end_stream();
        let error = match timeout(STUB_TIME, ask(&stub.address, request)).await {
            Ok(Ok(answer)) => return answer,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} seconds", STUB_TIME.as_secs()),
        };
        let reason = Unproxied::NoAnswer(format!("{}={}: {error}", stub.host, stub.address));
        // Perhaps not all of its body was read.
        close(refuse.unproxied(&headers, &reason), has_body)
    })
}

/// Asks the server at `address` by a connection of its own.
async fn ask(
    address: &str,
    request: Request,
) -> Result<Response<Body>, Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut server, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().cloned();
    head.uri = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    head.version = Version::HTTP_11;
    remove_own(&mut head.headers);
    if !body.is_end_stream() && !head.headers.contains_key(header::CONTENT_LENGTH) {
        // Without it hyper sends no body with a GET.
        let chunked = HeaderValue::from_static("chunked");
        head.headers.insert(header::TRANSFER_ENCODING, chunked);
    }
    let answer = server.send_request(Request::from_parts(head, body)).await?;
    let (mut head, body) = answer.into_parts();
    head.version = Version::HTTP_11;
    remove_own(&mut head.headers);
    Ok(Response::from_parts(head, Body::new(body)))
}

/// Removes the headers that concern one connection alone.
fn remove_own(headers: &mut HeaderMap) {
    let named: Vec<_> = named_by_connection(headers).map(str::to_owned).collect();
    let own = ["connection", "keep-alive", "proxy-authorization", "proxy-connection", "te"];
    let own = own.into_iter().chain(["transfer-encoding", "upgrade"]);
    named.iter().map(String::as_str).chain(own).for_each(|name| drop(headers.remove(name)));
}
