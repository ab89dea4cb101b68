//! A server beside the emulator: its doors, its proxy and the answers in place of a router.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use invodex_emulator_http::{Authority, Door, PlainText, Stub, is_host, plain_name, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// The whole answer to a request, after which the server closes the connection.
async fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

#[tokio::test]
async fn doors_answer_until_they_are_stopped() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("plain-authority");
    let authority = Authority::open(&directory).unwrap();
    assert!(authority.pem.starts_with("-----BEGIN CERTIFICATE-----"));
    let tls = authority.acceptor(&[], ".example.com").unwrap();

    let router = Router::new().route("/", get(async || "well"));
    let ((direct, address), (proxy, proxied)) = (listen().await, listen().await);
    let (nobody, gone) = listen().await;
    drop(nobody);
    let stubs = [Stub::parse(&format!("Gone.Example.=127.0.0.1:{}", &gone[10..])).unwrap()];
    assert_eq!(stubs[0].host(), "gone.example");
    let own = (".example.com", router.clone());
    let twice = [stubs[0].clone(), Stub::parse("gone.example=127.0.0.1:1").unwrap()];
    let refused =
        Door::proxy(listen().await.0, tls.clone(), own.clone(), &twice, Arc::new(PlainText));
    assert_eq!(refused.err().unwrap(), "gone.example: a host is given once");
    let doors = [
        Door::new(direct, None, router, Arc::new(PlainText)),
        Door::proxy(proxy, tls, own, &stubs, Arc::new(PlainText)).unwrap(),
    ];
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        serve(&doors, async { drop(stopped.await) }).await;
    });

    let close = "Connection: close\r\n\r\n";
    for (address, request, status, body) in [
        (&address, format!("GET / HTTP/1.1\r\nHost: a\r\n{close}"), 200, "well"),
        (&address, "GET / HTTP/1.1\r\nHost\r\n\r\n".to_owned(), 400, "400 Bad Request"),
        (
            &proxied,
            format!("GET http://a.example.com/ HTTP/1.1\r\nHost: a\r\n{close}"),
            200,
            "well",
        ),
        (
            &proxied,
            format!("GET http://other.example/ HTTP/1.1\r\nHost: a\r\n{close}"),
            403,
            "\"other.example\" is given",
        ),
        (
            &proxied,
            format!("GET / HTTP/1.1\r\nHost: a\r\n{close}"),
            403,
            "the request's target names no host, as one to a proxy does",
        ),
        (
            &proxied,
            format!("GET http://gone.example/ HTTP/1.1\r\nHost: a\r\n{close}"),
            502,
            "gone.example=127.0.0.1:",
        ),
    ] {
        let answer = ask(address, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        let (head, given) = answer.split_once("\r\n\r\n").unwrap();
        assert!(given.starts_with(body), "{request}: {answer}");
        assert!(head.contains(&format!("content-length: {}", given.len())), "{answer}");
    }
    stop.send(()).unwrap();
    served.await.unwrap();
    // The doors are gone, and their ports are free.
    TcpListener::bind(&address).await.unwrap();
}

#[test]
fn hosts_are_read_as_they_are_compared() {
    for (text, is) in [
        ("a.example=127.0.0.1:1", true),
        ("::1=127.0.0.1:1", true),
        ("a.example", false),
        ("a b=127.0.0.1:1", false),
        ("a.example=127.0.0.1", false),
        ("a.example=user@127.0.0.1:1", false),
    ] {
        assert_eq!(Stub::parse(text).is_ok(), is, "{text}");
    }
    assert!(is_host("a.example") && is_host("127.0.0.1") && !is_host("a b"));
    assert_eq!(plain_name("A.Example."), "a.example");
}
