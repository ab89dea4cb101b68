//! An HTTP proxy for programs that hold the service's own hosts fixed: a proxy variable leads them to
//! the emulator, and a certificate that they trust lets them believe it.
//!
//! It answers for the hosts under aliyuncs.com itself, both to CONNECT and to requests that name the
//! host in their target. It asks servers of the test for the hosts that are mapped to them, and refuses
//! every other host: no request leaves for the network.

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
use tokio_rustls::rustls::pki_types::ServerName;

use crate::connections::{self, Door, Refusal, Stopping};
use crate::error::ApiError;
use crate::format::Style;
use crate::guard::plain_name;
use crate::log;
use crate::server::{self, refusal};
use crate::tenants::Tenants;

/// Timeout for a mapped server, up to the headers of its answer.
const STUB_TIME: Duration = Duration::from_secs(30);
/// The port of a tunnel without TLS.
const HTTP: u16 = 80;

/// A host, and the address of the HTTP server that answers for it.
#[derive(Clone, Debug)]
pub(crate) struct Stub {
    /// In lower case, without a dot at the end.
    pub(crate) host: String,
    address: String,
}

impl Stub {
    /// Reads `HOST=ADDR`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let read = || {
            let (host, address) = text.split_once('=')?;
            ServerName::try_from(host).ok()?;
            let address = address.parse::<Authority>().ok()?;
            address.port_u16()?;
            let address = Some(address.to_string()).filter(|address| !address.contains('@'))?;
            Some(Stub { host: plain_name(host), address })
        };
        read().ok_or_else(|| "allowed is HOST=ADDR:PORT, as in a.example=127.0.0.1:9000".to_owned())
    }
}

struct Proxy {
    tls: TlsAcceptor,
    emulator: Router,
    /// The mapped hosts.
    stubs: Vec<(String, Router)>,
    refusal: Refusal,
    tenants: Arc<Tenants>,
}

/// A connection that a client asked for by CONNECT.
struct Tunnel {
    stream: OnUpgrade,
    tls: Option<TlsAcceptor>,
    router: Router,
}

/// The proxy on `listener`. `emulator` answers for the service's hosts.
pub(crate) fn door(
    listener: TcpListener,
    tls: TlsAcceptor,
    emulator: Router,
    tenants: Arc<Tenants>,
    stubs: &[Stub],
) -> Result<Door, String> {
    let mut mapped: Vec<(String, Router)> = Vec::new();
    for stub in stubs {
        if mapped.iter().any(|(host, _)| *host == stub.host) {
            return Err(format!("--proxy-map {}: a host is given once", stub.host));
        }
        mapped.push((stub.host.clone(), router(stub.clone(), Arc::clone(&tenants))));
    }
    // The client's and the mapped server's.
    let handles = if mapped.is_empty() { 1 } else { 2 };
    let refusal = server::unparsed(Arc::clone(&tenants));
    let proxy = Arc::new(Proxy { tls, emulator, stubs: mapped, refusal, tenants });
    Ok(Door::by(listener, handles, move |stream, stopping| {
        Box::pin(Arc::clone(&proxy).serve(stream, stopping))
    }))
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
        let refusal = || Arc::clone(&self.refusal);
        connections::requests(stream, service, refusal(), stopping.clone()).await;
        let tunnel = tunnel.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(Tunnel { stream, tls, router }) = tunnel
            && let Ok(stream) = stream.await
        {
            connections::answer(TokioIo::new(stream), tls, router, refusal(), stopping).await;
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        tunnel: &Mutex<Option<Tunnel>>,
    ) -> Response<Body> {
        let asked = request.uri().authority();
        let Some(router) = asked.and_then(|asked| self.router(asked.host())) else {
            let mut answer = refuse(&self.tenants, request.headers(), &foreign_host(asked));
            if !request.body().is_end_stream() {
                server::close(&mut answer);
            }
            return answer;
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
        let emulator = || host.ends_with(".aliyuncs.com").then_some(&self.emulator);
        stub.map(|(_, router)| router).or_else(emulator).cloned()
    }
}

/// The answers of a mapped server.
fn router(stub: Stub, tenants: Arc<Tenants>) -> Router {
    Router::new().fallback(async move |request: Request| {
        let headers = request.headers().clone();
        let has_body = !request.body().is_end_stream();
        let answer = timeout(STUB_TIME, ask(&stub.address, request)).await;
        let error = match answer {
            Ok(Ok(answer)) => return answer,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} seconds", STUB_TIME.as_secs()),
        };
        let mut answer = refuse(&tenants, &headers, &no_answer(&stub, &error));
        if has_body {
            // Perhaps not all of it was read.
            server::close(&mut answer);
        }
        answer
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
    let named: Vec<_> = connections::named_by_connection(headers).map(str::to_owned).collect();
    let own = ["connection", "keep-alive", "proxy-authorization", "proxy-connection", "te"];
    let own = own.into_iter().chain(["transfer-encoding", "upgrade"]);
    named.iter().map(String::as_str).chain(own).for_each(|name| drop(headers.remove(name)));
}

/// Refuses a request, and says so to the operator too: a program may hide a proxy's answers.
fn refuse(tenants: &Tenants, headers: &HeaderMap, error: &ApiError) -> Response<Body> {
    let request_id = tenants.ids.request_id();
    log::tell_refused(error, &request_id);
    refusal(error, &request_id, server::host(headers), Style::CONTROL)
}

fn foreign_host(asked: Option<&Authority>) -> ApiError {
    let given = match asked {
        Some(asked) => format!("{:?} is given", asked.host()),
        None => "the request's target names none, as one to a proxy does".to_owned(),
    };
    ApiError::new(403, "Forbidden.Host", "The proxy does not answer for the specified host.")
        .detail(format!(
            "{given}; allowed are names under aliyuncs.com and hosts given by --proxy-map"
        ))
}

fn no_answer(stub: &Stub, error: &str) -> ApiError {
    ApiError::new(502, "BadGateway", "The server of the specified host gives no answer.")
        .detail(format!("--proxy-map {}={}: {error}", stub.host, stub.address))
}
