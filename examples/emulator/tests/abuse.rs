//! Bad requests. Each gets its documented answer, and the server keeps working.

mod common;

use std::io::{Read, Write};
use std::time::Instant;

use common::Emulator;

/// A request line, its headers and body, as bytes.
fn request(method: &str, target: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = [method.as_bytes(), b" ", target, b" HTTP/1.1\r\nHost: localhost\r\n"].concat();
    bytes.extend(b"Connection: close\r\n");
    if !body.is_empty() {
        let length = body.len();
        bytes.extend(b"Content-Type: application/x-www-form-urlencoded\r\n");
        bytes.extend(format!("Content-Length: {length}\r\n").as_bytes());
    }
    [&bytes[..], b"\r\n", body].concat()
}

const TEXT: &str = "Content-Type: text/plain\r\n";

/// A POST with these header lines beside its length.
fn typed(path: &str, lines: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\
         Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn json(path: &str, body: &[u8]) -> Vec<u8> {
    typed(path, "Content-Type: application/json\r\n", body)
}

/// A GET with these headers.
fn with(lines: &str) -> Vec<u8> {
    format!("GET /?{CALL} HTTP/1.1\r\n{lines}\r\nConnection: close\r\n\r\n").into_bytes()
}

const CALL: &str = "Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou";

fn get(more: &[u8]) -> Vec<u8> {
    request("GET", &[b"/?", CALL.as_bytes(), more].concat(), b"")
}

fn post(more: &[u8]) -> Vec<u8> {
    request("POST", b"/", &[CALL.as_bytes(), more].concat())
}

/// The status of an answer, and its code if it has one.
fn got(answer: &str) -> (&str, &str) {
    let status = answer
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..))
        .and_then(|rest| rest.get(..3))
        .unwrap_or("cut");
    let code = answer.split_once("\"Code\":\"").and_then(|(_, rest)| rest.split_once('"'));
    (status, code.map_or("", |(code, _)| code))
}

#[test]
fn each_gets_its_answer() {
    let emulator = Emulator::start(&[]);
    let many = |name: &str, count| -> Vec<u8> {
        (0..count).flat_map(|n| format!("&{name}{n}=x").into_bytes()).collect()
    };
    let tags: Vec<u8> =
        (1..=10_000).flat_map(|n| format!("&Tag.{n}.Key=k{n}").into_bytes()).collect();
    let long = vec![b'x'; 2_000_000];
    let escape = "InvalidParameter";
    let media = "UnsupportedContentType";
    let (long_target, large_head) = ("RequestURITooLong", "RequestHeaderFieldsTooLarge");
    let preflight =
        b"OPTIONS /_emulator/clock HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
          Origin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n\r\n"
            .to_vec();
    let table: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("bad percent escape", get(b"&InvokeId=%zz"), "400", escape),
        ("percent escape cut short", get(b"&InvokeId=%4"), "400", escape),
        ("bad percent escape in a name", get(b"&%zz=1"), "400", escape),
        ("bad percent escape in a form", post(b"&InvokeId=%zz"), "400", escape),
        ("escaped bytes that are not UTF-8", get(b"&InvokeId=%ff%fe"), "400", escape),
        ("bytes that are not UTF-8 in a form", post(b"&InvokeId=\xff\xfe"), "400", escape),
        ("bytes that are not UTF-8 in the target", get(b"&InvokeId=\xff\xfe"), "400", "InvalidRequest"),
        ("a NUL in the target", get(b"&InvokeId=\0"), "400", "InvalidRequest"),
        ("an escaped NUL", get(b"&InvokeId=%00"), "200", ""),
        ("repeated parameter, the last counts", get(b"&MaxResults=99&MaxResults=5"), "200", ""),
        (
            "repeated parameter, the last is wrong",
            get(b"&MaxResults=5&MaxResults=99"),
            "400",
            "InvalidParameter.MaxResults",
        ),
        ("only separators", get(&[b'&'; 10_000]), "200", ""),
        ("3,000 unknown parameters by GET", get(&many("p", 3_000)), "200", ""),
        ("10,000 parameters by GET", get(&many("p", 10_000)), "414", long_target),
        ("10,000 parameters in a form", post(&many("p", 10_000)), "200", ""),
        ("10,000 times one parameter", post(&b"&InvokeId=x".repeat(10_000)), "200", ""),
        ("10,000 tags", post(&tags), "400", "NumberExceed.Tags"),
        ("10,000 short parameters by GET", get(&b"&p=x".repeat(10_000)), "200", ""),
        ("target of 65,400 bytes", get(&long[..65_300]), "200", ""),
        ("target of 65,600 bytes", get(&long[..65_500]), "414", long_target),
        ("target of 2,000,000 bytes", get(&long), "431", large_head),
        ("headers of 2,000,000 bytes", [b"GET / HTTP/1.1\r\nA: ", &long[..]].concat(), "431", large_head),
        (
            "200 headers",
            [&b"GET / HTTP/1.1\r\n"[..], &b"A: b\r\n".repeat(200), b"\r\n"].concat(),
            "431",
            large_head,
        ),
        ("body of 2,000,000 bytes", post(&long), "413", "RequestEntityTooLarge"),
        (
            "body that claims 10 TB",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000000\r\n\r\n".to_vec(),
            "413",
            "RequestEntityTooLarge",
        ),
        (
            "body with a length that is none",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n".to_vec(),
            "400",
            "InvalidRequest",
        ),
        ("no HTTP at all", b"\x16\x03\x01 hello\r\n\r\n".to_vec(), "400", "InvalidRequest"),
        ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), "cut", ""),
        ("another method", request("DELETE", b"/", b""), "405", "UnsupportedHTTPMethod"),
        (
            "JSON as a form",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
              Content-Length: 2\r\n\r\n{}"
                .to_vec(),
            "415",
            "UnsupportedContentType",
        ),
        (
            "deeply nested JSON",
            json("/_emulator/runs", &b"[".repeat(100_000)),
            "400",
            "InvalidBody",
        ),
        ("a form as JSON", request("POST", b"/_emulator/clock", b"{}"), "415", media),
        ("no type", typed("/_emulator/clock", "", b"{\"Advance\":1}"), "415", media),
        ("plain text", typed("/_emulator/reset", TEXT, b"{}"), "415", media),
        ("no Host", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec(), "400", "InvalidHost"),
        ("no Host in HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n".to_vec(), "400", "InvalidHost"),
        (
            "two Hosts",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                .to_vec(),
            "400",
            "InvalidHost",
        ),
        ("a foreign Host", with("Host: evil.example"), "403", "Forbidden.Host"),
        ("a foreign Origin", with("Host: localhost\r\nOrigin: null"), "403", "Forbidden.Site"),
        ("a foreign site", with("Host: localhost\r\nSec-Fetch-Site: same-site"), "403", "Forbidden.Site"),
        ("a preflight", preflight, "403", "Forbidden.Site"),
        (
            "action in another letter case",
            get(b"&Action=describeinvocations"),
            "404",
            "InvalidAction.NotFound",
        ),
        ("empty values", get(b"&InvokeId=&MaxResults=&PageSize="), "200", ""),
        ("empty NextToken", get(b"&NextToken="), "200", ""),
        ("made-up NextToken", get(b"&NextToken=AAAA"), "400", "InvalidParameter.NextToken"),
    ];
    for (what, bytes, status, code) in table {
        let answer = emulator.raw(&bytes);
        println!("{what}: {} {}", got(&answer).0, got(&answer).1);
        assert_eq!(got(&answer), (status, code), "{what}: {answer:.300}");
        assert_eq!(emulator.total(""), 0, "after: {what}");
    }
}

#[test]
fn the_slow_are_cut_off() {
    let emulator = Emulator::start(&[]);
    let slow = |start: &[u8]| {
        let mut stream = emulator.connect();
        stream.write_all(start).unwrap();
        let begun = Instant::now();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        (answer, begun.elapsed().as_secs())
    };
    std::thread::scope(|scope| {
        let head = scope.spawn(|| slow(b"GET / HTTP/1.1\r\nHost:"));
        let body = scope.spawn(|| {
            slow(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nAction=")
        });
        let (answer, seconds) = head.join().unwrap();
        println!("slow headers: {:?} after {seconds} s", got(&answer));
        // Closed without an answer, as a connection that is idle between two requests is.
        assert_eq!(answer, "");
        assert!((9..15).contains(&seconds), "{seconds}");
        let (answer, seconds) = body.join().unwrap();
        println!("slow body: {:?} after {seconds} s", got(&answer));
        assert_eq!(got(&answer), ("408", "RequestTimeout"), "{answer}");
        assert!((9..15).contains(&seconds), "{seconds}");
    });
    assert_eq!(emulator.total(""), 0);
}

#[test]
fn many_clients_at_once_do_not_disturb_each_other() {
    let emulator = Emulator::start(&[]);
    std::thread::scope(|scope| {
        for client in 0..8 {
            let emulator = &emulator;
            scope.spawn(move || {
                for n in 0..50 {
                    if client % 2 == 0 {
                        emulator.run("", &["i-1"], &[]);
                    } else if n % 5 == 0 {
                        emulator.raw(&get(b"&x=%zz"));
                    } else {
                        emulator.total("");
                    }
                }
            });
        }
    });
    assert_eq!(emulator.total(""), 200);
}
