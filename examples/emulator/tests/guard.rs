//! Which hosts and sites a request may name.

use invodex_emulator::InMemory;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

const HEALTH: &str = "/_emulator/health";
const QUERY: &str = "/?Action=DescribeRegions&Version=2014-05-26&RegionId=cn-hangzhou";

/// The status of the answer to a GET with these headers.
async fn status(emulator: &InMemory, target: &str, headers: &[(&str, &str)]) -> u16 {
    let (mut client, server) = duplex(1 << 16);
    let lines: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!("GET {target} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let (_, read) = tokio::join!(emulator.serve(server), client.read_to_string(&mut answer));
    read.unwrap();
    answer[9..12].parse().unwrap()
}

#[tokio::test]
async fn hosts() {
    let local = InMemory::open(&["--allow-host", "Emulator", "ecs.test."]).unwrap();
    let lan = ["--listen", "192.168.1.5:8088", "--allow-host", "box.lan"];
    let lan = InMemory::open(&lan).unwrap();
    let all = InMemory::open(&["--listen", "[::]:8088"]).unwrap();
    for (host, at) in [
        ("localhost", [200, 200, 200]),
        ("LOCALHOST.:8088", [200, 200, 200]),
        ("test.localhost:1", [200, 200, 200]),
        ("127.0.0.1:8088", [200, 200, 200]),
        ("127.9.9.9", [200, 200, 200]),
        ("[::1]:8088", [200, 200, 200]),
        ("[::ffff:127.0.0.1]", [200, 200, 200]),
        ("ecs.cn-hangzhou.aliyuncs.com", [200, 200, 200]),
        ("emulator:8088", [200, 403, 403]),
        ("ecs.test", [200, 403, 403]),
        ("box.lan:8088", [403, 200, 403]),
        ("192.168.1.5:8088", [403, 200, 200]),
        ("[::ffff:192.168.1.5]:8088", [403, 200, 200]),
        ("192.168.1.6", [403, 403, 200]),
        ("0.0.0.0:8088", [403, 403, 200]),
        ("aliyuncs.com", [403, 403, 403]),
        ("evilaliyuncs.com", [403, 403, 403]),
        ("aliyuncs.com.evil.example", [403, 403, 403]),
        ("evil.example:8088", [403, 403, 403]),
        ("evillocalhost", [403, 403, 403]),
        ("localhost.evil.example", [403, 403, 403]),
        ("127.0.0.1.evil.example", [403, 403, 403]),
        ("user@localhost", [400, 400, 400]),
        ("evil.example@localhost", [400, 400, 400]),
        ("local host", [400, 400, 400]),
        ("", [400, 400, 400]),
    ] {
        for (emulator, expected) in [&local, &lan, &all].into_iter().zip(at) {
            for target in [HEALTH, QUERY] {
                assert_eq!(status(emulator, target, &[("host", host)]).await, expected, "{host}");
            }
        }
    }
    assert_eq!(status(&local, QUERY, &[]).await, 400);
    let twice = [("host", "localhost"), ("host", "localhost")];
    assert_eq!(status(&local, QUERY, &twice).await, 400);
    let host = [("host", "localhost")];
    assert_eq!(status(&local, &format!("http://localhost{QUERY}"), &host).await, 200);
    assert_eq!(status(&local, &format!("http://evil.example{QUERY}"), &host).await, 403);
    // The name that is listened on.
    let named = InMemory::open(&["--listen", "Box.lan.:8088"]).unwrap();
    assert_eq!(status(&named, HEALTH, &[("host", "box.lan:8088")]).await, 200);
    assert_eq!(status(&named, HEALTH, &[("host", "emulator")]).await, 403);
}

#[tokio::test]
async fn sites() {
    let emulator = InMemory::open(&[]).unwrap();
    let browser = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)");
    for (headers, expected) in [
        (&[("user-agent", "AlibabaCloud (Linux; x86_64) Python/3.11")][..], 200),
        (&[("origin", "http://localhost:8088")], 200),
        (&[("origin", "http://LOCALHOST:8088"), ("sec-fetch-site", "same-origin")], 200),
        (&[browser, ("sec-fetch-site", "none")], 200),
        (&[browser], 403),
        (&[("origin", "http://localhost:3000")], 403),
        (&[("origin", "http://localhost:80880")], 403),
        (&[("origin", "http://127.0.0.1:8088")], 403),
        (&[("origin", "null")], 403),
        (&[("origin", "")], 403),
        (&[("origin", "http://localhost:8088"), ("origin", "http://evil.example")], 403),
        (&[browser, ("sec-fetch-site", "same-site")], 403),
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], 403),
    ] {
        let headers = [&[("host", "localhost:8088")], headers].concat();
        for target in [HEALTH, QUERY] {
            assert_eq!(status(&emulator, target, &headers).await, expected, "{headers:?}");
        }
    }
}
