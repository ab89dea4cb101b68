//! The proxy.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::{BINARY, Emulator, connect, scratch, tls};

const SERVICE: &str = "ecs.cn-hangzhou.aliyuncs.com";
const QUERY: &str = "/?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou";

fn start(name: &str, args: &[&str]) -> (Emulator, PathBuf) {
    let directory = scratch(name);
    let _ = std::fs::remove_dir_all(&directory);
    let flags = ["--proxy", "127.0.0.1:0", "--tls-dir", directory.to_str().unwrap()];
    (Emulator::start(&[&flags[..], args].concat()), directory.join("ca.pem"))
}

/// A request that names `host`, with further headers, after which the connection is closed.
fn get(target: &str, host: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n")
}

/// Sends bytes and returns everything received until the connection is closed.
fn exchange(mut stream: impl Read + Write, bytes: &str) -> String {
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Asks for a tunnel to `target` and returns it with the head of the answer.
fn tunnel(emulator: &Emulator, target: &str) -> (TcpStream, String) {
    let mut stream = connect(&emulator.proxy);
    write!(stream, "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    (stream, String::from_utf8(head).unwrap())
}

/// A server of the test's own. It answers each connection's one request with `answer`, and closes.
fn stub(answer: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, asked) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            let (mut request, mut length, mut chunked) = (String::new(), 0, false);
            while !request.ends_with("\r\n\r\n") {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                chunked |= line.to_lowercase() == "transfer-encoding: chunked\r\n";
                request += &line;
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            request += &String::from_utf8(body).unwrap();
            while chunked && !request.ends_with("\r\n0\r\n\r\n") {
                reader.read_line(&mut request).unwrap();
            }
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    (address, asked)
}

#[track_caller]
fn assert_page(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"TotalCount\":0"), "{answer}");
}

#[test]
fn the_services_hosts_are_the_emulator() {
    let (emulator, trusted) = start("proxy-service", &[]);
    for host in [SERVICE, "ecs.aliyuncs.com", "ECS-cn-hangzhou.aliyuncs.com"] {
        let (stream, head) = tunnel(&emulator, &format!("{host}:443"));
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        // Several requests go through one tunnel.
        let mut stream = tls(stream, &trusted, host);
        write!(stream, "GET {QUERY} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let two = exchange(stream, &get(QUERY, host, ""));
        assert_eq!(two.matches("\"TotalCount\":0").count(), 2, "{two}");

        let target = format!("http://{host}{QUERY}");
        let proxied = "Proxy-Connection: keep-alive\r\n";
        assert_page(&exchange(connect(&emulator.proxy), &get(&target, host, proxied)));
    }
    // Some clients open a tunnel for plain HTTP, in HTTP/1.0, without a Host, or do not wait for the
    // proxy's answer.
    let eager = format!("CONNECT {SERVICE}:80 HTTP/1.0\r\n\r\n{}", get(QUERY, SERVICE, ""));
    let answer = exchange(connect(&emulator.proxy), &eager);
    let (_, answer) = answer.strip_prefix("HTTP/1.0 200 ").unwrap().split_once("\r\n\r\n").unwrap();
    assert_page(answer);
    // The emulator's own address is as it was.
    assert_eq!(emulator.total(""), 0);
}

#[test]
fn every_other_host_is_refused() {
    let (emulator, trusted) = start("proxy-refused", &["--allow-host", "box.test"]);
    let hosts = [
        "pypi.org",
        "aliyuncs.com",
        "evilaliyuncs.com",
        "ecs.aliyuncs.com.evil.example",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "box.test",
    ];
    for host in hosts {
        let connect_to =
            format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {SERVICE}\r\nConnection: close\r\n\r\n");
        for asked in [connect_to, get(&format!("http://{host}{QUERY}"), SERVICE, "")] {
            let answer = exchange(connect(&emulator.proxy), &asked);
            assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
            for part in ["Forbidden.Host", host, "aliyuncs.com", "--proxy-map"] {
                assert!(answer.contains(part), "{part}: {answer}");
            }
        }
        emulator.wait_for_log(&format!("\"{host}\" is given"));
    }
    // A page cannot send more than this to the proxy: it names no host in its target.
    for asked in [get(QUERY, "localhost", ""), get("/_emulator/health", SERVICE, "")] {
        let answer = exchange(connect(&emulator.proxy), &asked);
        assert!(
            answer.starts_with("HTTP/1.1 403 ") && answer.contains("names no host"),
            "{answer}"
        );
    }
    // The guard watches behind the proxy, too.
    for (host, headers, code) in [
        ("evil.example", "", "Forbidden.Host"),
        (SERVICE, "Origin: https://evil.example\r\n", "Forbidden.Site"),
        (SERVICE, "Host: localhost\r\n", "InvalidHost"),
    ] {
        let secured = tls(tunnel(&emulator, &format!("{SERVICE}:443")).0, &trusted, SERVICE);
        let target = format!("http://{SERVICE}{QUERY}");
        for answer in [
            exchange(secured, &get(QUERY, host, headers)),
            exchange(connect(&emulator.proxy), &get(&target, host, headers)),
        ] {
            assert!(answer.contains(code), "{answer}");
        }
    }
    // A tunnel in which no TLS is spoken is closed.
    let answer = exchange(tunnel(&emulator, &format!("{SERVICE}:443")).0, &get(QUERY, SERVICE, ""));
    assert!(!answer.contains("HTTP/1.1"), "{answer}");
    for junk in ["junk", "CONNECT / HTTP/1.1", "CONNECT a:b:c HTTP/1.1"] {
        let junk = format!("{junk}\r\nConnection: close\r\n\r\n");
        let answer = exchange(connect(&emulator.proxy), &junk);
        assert!(answer.starts_with("HTTP/1.1 40"), "{junk}: {answer}");
    }
    assert_page(&exchange(
        connect(&emulator.proxy),
        &get(&format!("http://{SERVICE}{QUERY}"), SERVICE, ""),
    ));
}

#[test]
fn mapped_hosts_are_servers_of_the_test() {
    // The first is plain old HTTP, whose body ends with the connection.
    let (old, asked_old) = stub("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold");
    let (chunked, asked_chunked) = stub(
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
         3\r\nnew\r\n0\r\n\r\n",
    );
    let (silent, _asked) = stub("");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let maps = [
        format!("api.example={old}"),
        format!("ECS.cn-beijing.aliyuncs.com.={chunked}"),
        format!("100.100.100.200={old}"),
        format!("fd00::200={old}"),
        format!("silent.example={silent}"),
        format!("nobody.example={nobody}"),
    ];
    let flags: Vec<_> = maps.iter().flat_map(|map| ["--proxy-map", map]).collect();
    let (emulator, trusted) = start("proxy-mapped", &flags);

    let secured = tls(tunnel(&emulator, "api.example:8443").0, &trusted, "api.example");
    let answer = exchange(secured, &get("/a?b=c", "api.example", "X-Own: 1\r\n"));
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("old"), "{answer}");
    let asked = asked_old.recv().unwrap().to_lowercase();
    assert!(asked.starts_with("get /a?b=c http/1.1\r\n"), "{asked}");
    assert!(asked.contains("host: api.example\r\n") && asked.contains("x-own: 1\r\n"), "{asked}");

    // A mapped host of the service is the test's, in any letter case; others stay the emulator.
    let body = "Action=DescribeRegions";
    let post = format!(
        "POST http://ecs.CN-beijing.aliyuncs.com HTTP/1.1\r\nHost: ecs.cn-beijing.aliyuncs.com\r\n\
         Proxy-Connection: close\r\nProxy-Authorization: Basic YTpi\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = exchange(connect(&emulator.proxy), &post);
    assert!(answer.starts_with("HTTP/1.1 201 ") && answer.contains("new"), "{answer}");
    let asked = asked_chunked.recv().unwrap();
    assert!(asked.starts_with("POST / HTTP/1.1\r\n") && asked.ends_with(body), "{asked}");
    assert!(!asked.to_lowercase().contains("proxy-"), "{asked}");
    assert_page(&exchange(
        connect(&emulator.proxy),
        &get(&format!("http://{SERVICE}{QUERY}"), SERVICE, ""),
    ));

    // A body of unknown length reaches it too, and a header of the connection alone does not.
    let body = "Transfer-Encoding: chunked\r\nX-Own: 1\r\nConnection: x-own, TE\r\n\r\n\
                5\r\nhello\r\n0\r\n\r\n";
    for method in ["GET", "POST", "DELETE"] {
        let request = format!(
            "{method} http://api.example/ HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n"
        );
        let answer = exchange(connect(&emulator.proxy), &(request + body));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let asked = asked_old.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(asked.ends_with("5\r\nhello\r\n0\r\n\r\n"), "{asked}");
        assert!(!asked.to_lowercase().contains("x-own"), "{asked}");
    }

    // A host may be an address, in a certificate too.
    for (target, host) in
        [("100.100.100.200:443", "100.100.100.200"), ("[fd00::200]:443", "fd00::200")]
    {
        let secured = tls(tunnel(&emulator, target).0, &trusted, host);
        assert!(exchange(secured, &get("/", "a", "")).contains("old"));
    }

    for (host, address) in [("silent.example", silent), ("nobody.example", nobody)] {
        let asked = get(&format!("http://{host}/"), host, "");
        let answer = exchange(connect(&emulator.proxy), &asked);
        assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("BadGateway"), "{answer}");
        emulator.wait_for_log(&format!("--proxy-map {host}={address}: "));
    }
}

#[test]
fn the_slow_are_cut_off_and_a_stop_waits_for_none() {
    let (emulator, trusted) = start("proxy-slow", &[]);
    let until_closed = |mut stream: TcpStream| {
        let begun = Instant::now();
        let _ = stream.read_to_end(&mut Vec::new());
        begun.elapsed().as_secs()
    };
    let emulator = &emulator;
    let seconds = std::thread::scope(|scope| {
        let slow = [
            connect(&emulator.proxy),
            tunnel(emulator, &format!("{SERVICE}:443")).0,
            tunnel(emulator, &format!("{SERVICE}:80")).0,
        ];
        for mut head in [&slow[0], &slow[2]] {
            head.write_all(b"G").unwrap();
        }
        let slow = slow.map(|stream| scope.spawn(move || until_closed(stream)));
        slow.map(|slow| slow.join().unwrap())
    });
    // In a request's head, before the handshake, in the head of a request in a tunnel.
    assert!(seconds.iter().all(|seconds| (9..15).contains(seconds)), "{seconds:?}");

    // Connections that are idle between two requests do not delay a stop.
    let mut open = tls(tunnel(emulator, &format!("{SERVICE}:443")).0, &trusted, SERVICE);
    write!(open, "GET {QUERY} HTTP/1.1\r\nHost: {SERVICE}\r\n\r\n").unwrap();
    open.read_exact(&mut [0; 100]).unwrap();
    let mut plain = connect(&emulator.proxy);
    write!(plain, "GET http://{SERVICE}{QUERY} HTTP/1.1\r\nHost: {SERVICE}\r\n\r\n").unwrap();
    plain.read_exact(&mut [0; 100]).unwrap();
    let begun = Instant::now();
    emulator.signal("-TERM");
    for stream in [plain, open.sock] {
        until_closed(stream);
    }
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
}

#[test]
fn the_connections_of_both_addresses_are_counted_together() {
    let (stub, _asked) = stub("");
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\"", BINARY]);
    let (map, directory) = (format!("api.example={stub}"), scratch("proxy-few"));
    let directory = directory.to_str().unwrap();
    let args = ["--proxy", "127.0.0.1:0", "--tls-dir", directory, "--proxy-map", &map];
    let emulator = Emulator::try_start_by(few, &args).unwrap();
    // 32 of 40 file handles are spared, and each of the other connections may need two.
    let mut open: Vec<_> = (0..4).map(|_| tunnel(&emulator, &format!("{SERVICE}:80")).0).collect();
    let mut waiting = emulator.connect();
    waiting.write_all(get(QUERY, "localhost", "").as_bytes()).unwrap();
    waiting.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(waiting.read(&mut [0]).is_err());
    open.pop();
    waiting.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert_page(&answer);
}

#[test]
fn neither_address_starves_the_other() {
    let mut one = Command::new("sh");
    one.args(["-c", "ulimit -n 33; exec \"$0\" \"$@\"", BINARY]);
    let directory = scratch("proxy-one");
    let args = ["--proxy", "127.0.0.1:0", "--tls-dir", directory.to_str().unwrap()];
    // There is room for one connection.
    let emulator = Emulator::try_start_by(one, &args).unwrap();
    let mut first = emulator.connect();
    write!(first, "GET {QUERY} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    first.read_exact(&mut [0; 100]).unwrap();
    let _next = emulator.connect();
    let mut proxied = connect(&emulator.proxy);
    proxied.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    drop(first);
    let asked = get(&format!("http://{SERVICE}{QUERY}"), SERVICE, "");
    assert_page(&exchange(&mut proxied, &asked));
}

#[test]
fn bad_flags_are_refused_at_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let directory = scratch("proxy-flags");
    let directory = directory.to_str().unwrap();
    let said = |args: &[&str]| {
        let args = [&["--listen", "127.0.0.1:0", "--tls-dir", directory], args].concat();
        let said = Emulator::try_start(&args).err();
        let said = said.unwrap_or_else(|| panic!("it starts with {args:?}"));
        let status = Command::new(BINARY).args(args).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{said}");
        said
    };
    let proxy = ["--proxy", "127.0.0.1:0"];
    for (args, parts) in [
        (vec!["--proxy", &taken], vec!["--proxy", &taken, "in use", "allowed is"]),
        (vec!["--proxy", "nowhere"], vec!["--proxy nowhere"]),
        (vec!["--proxy-map", "a.example=127.0.0.1:1"], vec!["--proxy <ADDR>"]),
        (vec!["--tls-cert", "a", "--tls-key", "b"], vec!["--tls|--proxy <ADDR>"]),
        (
            [&proxy[..], &["--tls-cert", "no/such/file", "--tls-key", "b"]].concat(),
            vec!["--tls-cert no/such/file", "allowed is PEM"],
        ),
        (
            [&proxy[..], &["--proxy-map", "a.example=127.0.0.1:1", "--proxy-map", "A.example=b:2"]]
                .concat(),
            vec!["--proxy-map a.example", "given once"],
        ),
    ] {
        let said = said(&args);
        assert!(parts.iter().all(|part| said.contains(part)), "{args:?}: {said}");
    }
    for map in [
        "",
        "a.example",
        "a.example=",
        "=127.0.0.1:1",
        "a.example=127.0.0.1",
        "a:1=b:2",
        "a!b=c:1",
        "a@b=c:1",
        "a=b@c:1",
        "a=b:99999",
        "a=http://b:1",
        "*.a=b:1/",
    ] {
        let said = said(&[&proxy[..], &["--proxy-map", map]].concat());
        assert!(said.contains("--proxy-map <HOST=ADDR>"), "{map}: {said}");
        assert!(said.contains("allowed is HOST=ADDR:PORT"), "{map}: {said}");
    }
}

#[test]
fn a_long_line_of_the_log_is_cut() {
    let (emulator, _) = start("proxy-long-line", &[]);
    for (length, is_cut) in [(1_000, false), (10_000, true)] {
        let host = format!("{length}{}", "a".repeat(length));
        exchange(connect(&emulator.proxy), &get(&format!("http://{host}/"), "localhost", ""));
        let line = emulator.wait_for_log(&format!("{length}aaa"));
        assert_eq!(line.ends_with("a and more"), is_cut, "{line}");
        assert!(line.len() < 4_200, "{line}");
    }
}
