//! The console's page, and what its queries leave untouched. `tests/clients/browser` uses it in a browser.

mod common;

use common::Emulator;
use serde_json::json;

const OBSERVER: &str = "X-Invodex-Observer: true\r\n";

fn get(emulator: &Emulator, path: &str, headers: &str) -> String {
    let host = &emulator.address;
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    emulator.raw(head.as_bytes())
}

fn status(answer: &str) -> &str {
    &answer[9..12]
}

#[test]
fn the_page() {
    let emulator = Emulator::start(&[]);
    let page = get(&emulator, "/_emulator/", "");
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert_eq!(status(head), "200");
    for header in [
        "content-type: text/html; charset=utf-8",
        "content-security-policy: default-src 'none'; connect-src 'self';",
        "frame-ancestors 'none'; require-trusted-types-for 'script'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cache-control: no-cache",
    ] {
        assert!(head.contains(header), "{header} in {head}");
    }
    assert!(body.starts_with("<!doctype html>") && body.trim_end().ends_with("</html>"));
    // It works without a network.
    for outside in ["src=", "href=", "@import", "url(", "http://", "https://"] {
        assert!(!body.contains(outside), "{outside}");
    }
    // A link in another page may lead there, but not by a name of that page's own.
    let link = "User-Agent: Mozilla/5.0\r\nSec-Fetch-Site: cross-site\r\n";
    assert_eq!(status(&get(&emulator, "/_emulator/", link)), "200");
    assert_eq!(status(&get(&emulator, "/_emulator/health", link)), "403");
    let rebound = "GET /_emulator/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&emulator.raw(rebound.as_bytes())), "403");
    assert_eq!(emulator.post("/_emulator/", "{}").error(), (405, "UnsupportedHTTPMethod"));
    let head = format!(
        "HEAD /_emulator/ HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        emulator.address
    );
    assert_eq!(status(&emulator.raw(head.as_bytes())), "405");
}

#[test]
fn its_queries_are_not_seen_by_a_test() {
    let query = "/?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou";
    let write = "/?Action=RunCommand&Version=2014-05-26&RegionId=cn-hangzhou&Type=RunShellScript\
                 &CommandContent=df&InstanceId.1=i-1";
    let ids = |observed: bool| {
        let emulator = Emulator::start(&["--seed", "7", "--now", common::NOW]);
        if observed {
            assert_eq!(status(&get(&emulator, query, OBSERVER)), "200");
        }
        emulator.call("DescribeInvocations", &[]).ok()
    };
    assert_eq!(ids(false), ids(true));

    let emulator = Emulator::start(&[]);
    let bad = format!("{query}&PageSize=51");
    let refused = get(&emulator, &bad, OBSERVER);
    assert!(refused.contains("given 51, allowed 1 to 50"), "{refused}");
    assert_eq!(status(&get(&emulator, &format!("{query}&PageSize=52"), "")), "400");
    emulator.wait_for_log("given 52");
    assert!(!emulator.log().contains("given 51"), "{}", emulator.log());
    emulator.control("faults", json!({"Code": "Throttling", "Times": 1})).ok();
    assert_eq!(status(&get(&emulator, query, OBSERVER)), "200");
    // It is no way around a fault for a write.
    assert_eq!(status(&get(&emulator, write, OBSERVER)), "400");
    assert_eq!(status(&get(&emulator, write, OBSERVER)), "200");
}
