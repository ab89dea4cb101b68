//! Limits of time, by a clock that jumps while all wait.

use std::sync::Arc;
use std::time::Duration;

use invodex_emulator::InMemory;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};

const QUERY: &str = "/?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou";

fn emulator() -> Arc<InMemory> {
    Arc::new(InMemory::open(&[]).unwrap())
}

/// A connection to `emulator`, with a buffer of so many bytes in each direction.
fn connect(emulator: &Arc<InMemory>, buffer: usize) -> DuplexStream {
    let (emulator, (client, server)) = (Arc::clone(emulator), duplex(buffer));
    tokio::spawn(async move { emulator.serve(server).await });
    client
}

/// A connection to an emulator of its own.
fn in_memory() -> DuplexStream {
    connect(&emulator(), 1 << 16)
}

/// Sends a request with a body and returns the answer.
async fn post(client: &mut DuplexStream, target: &str, kind: &str, body: &str) -> String {
    let request = format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1 << 16];
    let length = client.read(&mut answer).await.unwrap();
    String::from_utf8(answer[..length].to_vec()).unwrap()
}

/// The bytes that come within 100 ms.
async fn received(client: &mut DuplexStream) -> String {
    let mut bytes = vec![0; 1 << 16];
    let read = tokio::time::timeout(Duration::from_millis(100), client.read(&mut bytes)).await;
    let length = read.map_or(0, |read| read.unwrap());
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

async fn seconds_until_closed(client: &mut DuplexStream) -> u64 {
    let begun = Instant::now();
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_as_long_as_announced() {
    let request = format!("GET {QUERY} HTTP/1.1\r\nHost: localhost\r\n");
    let whole = request.clone() + "\r\n";
    let mut client = in_memory();
    for pause in [0, 9, 59, 59] {
        sleep(Duration::from_secs(pause)).await;
        client.write_all(whole.as_bytes()).await.unwrap();
        let answer = received(&mut client).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 ") && answer.contains("keep-alive: timeout=60\r\n")
        );
    }
    assert_eq!(seconds_until_closed(&mut client).await, 60);
    // The head has its own limit, from its first byte on.
    let mut client = in_memory();
    for _ in 0..2 {
        sleep(Duration::from_secs(55)).await;
        client.write_all(request.as_bytes()).await.unwrap();
        sleep(Duration::from_secs(9)).await;
        client.write_all(b"\r\n").await.unwrap();
        assert!(received(&mut client).await.starts_with("HTTP/1.1 200 "));
    }
    client.write_all(b"G").await.unwrap();
    assert_eq!(seconds_until_closed(&mut client).await, 10);
    // It is announced where it holds.
    for (line, announced) in [
        (" HTTP/1.1\r\nConnection: close\r\n", false),
        (" HTTP/1.1\r\nConnection: Keep-Alive\r\n", true),
        (" HTTP/1.0\r\n", false),
        (" HTTP/1.0\r\nConnection: keep-alive\r\n", true),
    ] {
        let mut client = in_memory();
        client.write_all(whole.replace(" HTTP/1.1\r\n", line).as_bytes()).await.unwrap();
        let answer = received(&mut client).await;
        assert!(answer.contains(" 200 OK"), "{answer}");
        assert_eq!(answer.contains("keep-alive: timeout=60\r\n"), announced, "{line} {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_events_is_not_idle() {
    let mut client = in_memory();
    let request = b"GET /_emulator/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.write_all(request).await.unwrap();
    let answer = received(&mut client).await;
    assert!(answer.contains("x-acs-request-id: "), "{answer}");
    for _ in 0..20 {
        sleep(Duration::from_secs(15)).await;
        assert!(!received(&mut client).await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_come_close_together_are_delivered_together() {
    let emulator = emulator();
    let mut tests = connect(&emulator, 1 << 16);
    let instances: String = (1..=10).map(|n| format!("&InstanceId.{n}=i-{n}")).collect();
    let run = "Action=RunCommand&Version=2014-05-26&RegionId=cn-hangzhou&Type=RunShellScript";
    let run = format!("{run}&CommandContent=df{instances}");
    let answer = post(&mut tests, "/", "application/x-www-form-urlencoded", &run).await;
    let (_, invoke_id) = answer.split_once("\"InvokeId\":\"").unwrap();
    let (invoke_id, _) = invoke_id.split_once('"').unwrap();
    let mut runs = (1..=10).map(|n| {
        let report = r#""InvocationStatus":"Running""#;
        format!(r#"{{"InvokeId":"{invoke_id}","InstanceId":"i-{n}",{report}}}"#)
    });

    let mut events = connect(&emulator, 1 << 16);
    let request = b"GET /_emulator/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    events.write_all(request).await.unwrap();
    let mut bytes = vec![0; 1 << 16];
    let length = events.read(&mut bytes).await.unwrap();
    assert!(bytes[..length].starts_with(b"HTTP/1.1 200 "));
    let begun = Instant::now();
    const PAUSE: Duration = Duration::from_millis(20);
    // Each alone, for a client that waits: the first at once, the others a pause apart. Then five at
    // once: one pause for all.
    for (at, count) in [1, 1, 1, 1, 1, 5].into_iter().enumerate() {
        for run in runs.by_ref().take(count) {
            let answer = post(&mut tests, "/_emulator/runs", "application/json", &run).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        let mut received = 0;
        while received < count {
            let length = events.read(&mut bytes).await.unwrap();
            received += str::from_utf8(&bytes[..length]).unwrap().matches("event: ").count();
        }
        assert_eq!(received, count);
        assert_eq!(begun.elapsed(), PAUSE * at as u32);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_reads_is_never_late_and_one_that_trickles_is() {
    let emulator = emulator();
    let content = "x".repeat(10_000);
    let run = "Action=RunCommand&Version=2014-05-26&RegionId=cn-hangzhou&Type=RunShellScript";
    let run = format!("{run}&CommandContent={content}&InstanceId.1=i-1");
    let mut client = connect(&emulator, 1 << 16);
    post(&mut client, "/", "application/x-www-form-urlencoded", &run).await;
    let request = format!("GET {QUERY} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = vec![0; 1 << 16];
    let length = client.read(&mut bytes).await.unwrap();
    assert!(length > 10_000);

    let mut client = connect(&emulator, 1_000);
    for _ in 0..5 {
        client.write_all(request.as_bytes()).await.unwrap();
        sleep(Duration::from_secs(9)).await;
        client.read_exact(&mut bytes[..length]).await.unwrap();
    }
    client.write_all(request.as_bytes()).await.unwrap();
    // It is cut off after 10 s, whatever was read meanwhile. What was sent before can still be read.
    let begun = Instant::now();
    let mut read = 0;
    while client.read_exact(&mut [0]).await.is_ok() {
        read += 1;
        if begun.elapsed() < Duration::from_secs(11) {
            sleep(Duration::from_secs(1)).await;
        }
    }
    assert!((1_000..1_100).contains(&read), "{read}");
}
