//! The command against endpoints that give no answer of the API, or none any more: it says what it asked
//! and what came, and exits with 2. The same with arguments that it cannot run with.

use std::io::{Read, Write, pipe};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the command. Returns its exit code and what it printed to standard error.
fn run(url: &str) -> (Option<i32>, String) {
    run_with(&[url, "--request-limit", "2"])
}

fn run_with(args: &[&str]) -> (Option<i32>, String) {
    let begun = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_invodex-conformance"));
    let output = command.args(args).output().expect("it starts");
    assert!(begun.elapsed() < Duration::from_secs(10), "{args:?} took {:?}", begun.elapsed());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Runs the command against a socket that sends these bytes to each connection, and then closes it or
/// waits.
fn against(bytes: &'static [u8], waits: bool) -> String {
    against_socket(move |mut stream| {
        let _ = stream.read(&mut [0; 4_096]);
        let _ = stream.write_all(bytes);
        if waits {
            std::thread::sleep(Duration::from_secs(30));
        }
    })
}

fn against_socket(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        listener.incoming().flatten().for_each(serve);
    });
    let (code, said) = run(&url);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains(&format!("asked POST {url}/ (DescribeInvocations")), "{said}");
    said
}

#[test]
fn what_came_is_told() {
    let html = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>";
    assert!(against(html, false).contains("<html>"));
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Requ";
    assert!(against(half, false).contains("status 200 came, and then"));
    let redirect = b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n";
    assert!(against(redirect, false).contains("302"));
    let failed = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops";
    assert!(against(failed, false).contains("status 500 came"));
    assert!(against(b"", false).contains("no answer came"));
    assert!(against(b"", true).contains("timeout"));
}

#[test]
fn a_reset_connection_is_told() {
    // A socket that is closed with unread bytes resets its connection.
    let reset = against_socket(|stream| {
        let _ = stream.peek(&mut [0]);
    });
    assert!(reset.contains("no answer came") && reset.contains("reset"), "{reset}");
}

#[test]
fn a_port_that_speaks_tls_is_told() {
    // A fatal alert: unexpected message.
    let alert = against(b"\x15\x03\x01\x00\x02\x02\x0a", false);
    assert!(alert.contains("no answer came"), "{alert}");
    let words =
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    assert!(against(words, false).contains("Client sent an HTTP request to an HTTPS server"));
}

/// Serves an endpoint that answers so many requests with an empty object, and then none. Returns its
/// address.
fn hangs_after(answers: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
        let mut open = Vec::new();
        for (number, mut stream) in listener.incoming().flatten().enumerate() {
            if number < answers {
                let _ = stream.read(&mut [0; 65_536]);
                let _ = stream.write_all(answer);
            } else {
                open.push(stream);
            }
        }
    });
    url
}

#[test]
fn an_endpoint_that_stops_answering_is_asked_nothing_more() {
    for (answers, args) in [
        // In the documented cases: at the first of all, and at a request of a group.
        (1, &[][..]),
        (40, &[]),
        // While the smallest sequence is searched for.
        (12, &["--skip-documented"]),
    ] {
        let url = hangs_after(answers);
        let (code, said) = run_with(&[&[&*url, "--request-limit", "1"], args].concat());
        assert_eq!(code, Some(2), "{answers}: {said}");
        assert_eq!(said, "", "{answers}");
    }
}

#[test]
fn nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    let (code, said) = run(&url);
    assert_eq!(code, Some(2));
    assert!(said.contains("no answer came"), "{said}");
}

#[test]
fn https_is_refused() {
    let (code, said) = run("https://127.0.0.1:8443");
    assert_eq!(code, Some(2));
    assert!(said.contains("https://, which is not built in"), "{said}");
}

#[test]
fn the_real_service_is_refused() {
    for url in [
        "https://ecs.aliyuncs.com",
        "http://ECS.cn-hangzhou.AliyunCS.com.:80/",
        "http://api.aliyun.com",
        "http://127.0.0.1@ecs.aliyuncs.com/",
    ] {
        let (code, said) = run(url);
        assert_eq!(code, Some(2), "{url}");
        assert!(said.contains("real service") || said.contains("user's name"), "{said}");
    }
}

#[test]
fn a_limit_that_no_request_can_take_is_refused() {
    for limit in ["0", "3601", "18446744073709551615"] {
        let (code, said) = run_with(&["http://127.0.0.1:1", "--request-limit", limit]);
        assert_eq!(code, Some(2), "{limit}");
        assert!(said.contains(limit) && said.contains("1..=3600"), "{said}");
    }
}

#[test]
fn a_tag_that_cannot_keep_records_apart_is_refused() {
    // Refused by the API; of the random requests and records; of the documented cases.
    let refused = ["", "aliyun", "ACS:x", "a-http://b", "https://", "k1", "m20", "acs"];
    for key in refused.into_iter().chain(["env", "owner", "x", "t20", "a"]) {
        let (code, said) = run_with(&["http://127.0.0.1:1", "--tag", key]);
        assert_eq!(code, Some(2), "{key}: {said}");
        let start = format!("could not run: {key:?} is no key for --tag: given ");
        assert!(said.starts_with(&start) && said.contains(", allowed "), "{key}: {said}");
    }
    let (_, said) = run_with(&["http://127.0.0.1:1", "--tag", "conformance"]);
    assert!(said.contains("no answer came"), "{said}");
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_the_run() {
    for option in ["--json", "--junit"] {
        let url = hangs_after(1);
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/none/report");
        let (code, said) = run_with(&[&url, option, file]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.starts_with(&format!("could not run: {file}: ")), "{said}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    for (args, expected) in [
        (vec!["--list".to_owned()], Some(0)),
        (vec![hangs_after(1), "--request-limit".to_owned(), "1".to_owned()], Some(2)),
    ] {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_invodex-conformance"));
        let command = command.args(&args).stdout(writer).stderr(Stdio::piped());
        let output = command.spawn().and_then(Child::wait_with_output).expect("it starts");
        assert_eq!(output.status.code(), expected, "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}
