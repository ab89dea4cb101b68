//! Bytes on connections of the emulator. The first byte chooses the flags. A line that begins with
//! `~` ends a part of the bytes: `~` alone continues on the same connection, `~+` opens a new one, and
//! `~w` waits longer than any time limit. In a part, `Length: *` becomes the length of what follows the
//! empty line, and `$InvokeId`, `$CommandId` and `$NextToken` the last one of an answer.
//!
//! The clock of the runtime stands still while anything is to be done, and jumps when all tasks wait.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use httparse::{EMPTY_HEADER, Request, Response, Status, parse_chunk_size};
use invodex_emulator::InMemory;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The flags beside the clock and the seed.
const FLAGS: [&[&str]; 6] = [
    &[],
    &["--recommend", "detail"],
    &["--auto-complete", "5"],
    &["--capacity", "3", "--regions", "cn-hangzhou,-C"],
    &["--max-bytes", "30000", "--omitted-timed", "any"],
    &["--format", "xml"],
];
/// Every status that the README documents.
const STATUSES: [u16; 11] = [200, 400, 403, 404, 405, 408, 413, 414, 415, 429, 431];
/// The codes of status 500, which access keys ask for. A panic has the last one too.
const ASKED: [&str; 3] = ["ServiceUnavailable", "InternalError", "InternalError.Dispatch"];
/// Bytes of an answer that may wait for the client.
const BUFFER: usize = 1 << 18;
const LAST: &[u8] = b"GET /?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou \
    HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Clears the faults, so that the last request gets its answer.
const CLEAR: &[u8] = b"DELETE /_emulator/faults HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Panics anywhere, also those that the emulator catches.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Panics if a property does not hold. Returns the status of every answer.
pub(crate) fn check(data: &[u8]) -> Vec<u16> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(panic);
        }));
    });
    let panics = PANICS.load(Ordering::SeqCst);
    let Some((&flags, data)) = data.split_first() else { return Vec::new() };
    let flags = FLAGS[usize::from(flags) % FLAGS.len()];
    let always = ["--seed", "1", "--now", "2024-05-01T00:00:00Z"];
    let emulator = InMemory::open(&[&always[..], flags].concat()).expect("it opens");
    // One for each input: it ends the tasks of runs.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    // A fault changes its counts, and answers with any status or not at all.
    let faulty = contains(data, b"faults");
    // Without tasks that change runs, only an answered request changes anything.
    let quiet = !flags.contains(&"--auto-complete") && !contains(data, b"outcomes") && !faulty;
    let statuses = runtime.block_on(talk(emulator.into(), data, quiet, faulty));
    drop(runtime);
    assert_eq!(PANICS.load(Ordering::SeqCst), panics, "the emulator panicked");
    statuses
}

/// A connection, with everything that came from it.
struct Client {
    stream: DuplexStream,
    received: Vec<u8>,
}

impl Client {
    fn open(emulator: &Arc<InMemory>, tasks: &mut JoinSet<()>) -> Self {
        let (stream, server) = duplex(BUFFER);
        let emulator = Arc::clone(emulator);
        tasks.spawn(async move { emulator.serve(server).await });
        Client { stream, received: Vec::new() }
    }

    /// Sends `bytes`, and reads until nothing more comes.
    async fn send(&mut self, bytes: &[u8], wait: Duration) {
        // A closed connection takes no more, and one whose answers are not read waits.
        for piece in bytes.chunks(BUFFER / 4) {
            let _ = timeout(wait, self.stream.write_all(piece)).await;
            self.read(wait).await;
        }
        self.read(wait).await;
    }

    async fn read(&mut self, wait: Duration) {
        let mut buffer = [0; 4_096];
        while let Ok(Ok(1..)) = timeout(wait, self.stream.read(&mut buffer))
            .await
            .map(|read| read.inspect(|&length| self.received.extend_from_slice(&buffer[..length])))
        {
        }
    }
}

async fn talk(emulator: Arc<InMemory>, data: &[u8], quiet: bool, faulty: bool) -> Vec<u16> {
    let (moment, long) = (Duration::from_millis(1), Duration::from_secs(61));
    let mut tasks = JoinSet::new();
    let mut clients = vec![Client::open(&emulator, &mut tasks)];
    let mut known = ["InvokeId", "CommandId", "NextToken"].map(|name| (name, String::new()));
    let mut state = emulator.state().expect("a valid store");
    let (mut first, mut streams) = (true, 0);
    for (end, part) in parts(data) {
        let bytes = filled(part, &known);
        let client = clients.last_mut().expect("a client");
        let begin = client.received.len();
        client.send(&bytes, moment).await;
        if end == b"w" {
            // An open stream of events never ends, but says so every 15 seconds.
            let _ = timeout(long, tokio::time::sleep(long)).await;
            client.read(moment).await;
        }
        let got = &client.received[begin..];
        learn(got, &mut known);
        let accepted = [&b"HTTP/1.1 200"[..], b"HTTP/1.0 200"].iter().any(|ok| contains(got, ok));
        let now = emulator.state().expect("a valid store");
        if quiet && !accepted {
            assert!(now == state, "a request that was not accepted changed a store");
        }
        if first && is_foreign(&bytes) {
            let entered = got.starts_with(b"HTTP/1.1 200") || got.starts_with(b"HTTP/1.0 200");
            assert!(!entered, "a web page got in");
        }
        (state, first) = (now, false);
        if end == b"+" && streams < 70 {
            clients.push(Client::open(&emulator, &mut tasks));
            (first, streams) = (true, streams + 1);
        }
    }
    let mut last = Client::open(&emulator, &mut tasks);
    last.send(CLEAR, moment).await;
    last.send(LAST, moment).await;
    let mut statuses = check_answers(&last.received, false);
    assert_eq!(statuses, [200, 200], "the emulator no longer answers");
    for client in &mut clients {
        client.read(moment).await;
        if !faulty {
            statuses.extend(check_answers(&client.received, contains(data, b"HEAD")));
        }
    }
    emulator.state().expect("a valid store");
    tasks.shutdown().await;
    statuses
}

/// The parts, each with what its last line says after `~`.
fn parts(data: &[u8]) -> Vec<(&[u8], Vec<u8>)> {
    let (mut parts, mut part) = (Vec::new(), Vec::new());
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_prefix(b"~") {
            Some(end) => parts.push((end.trim_ascii(), std::mem::take(&mut part))),
            None => part.extend_from_slice(line),
        }
    }
    parts.push((b"", part));
    parts
}

/// A part with its length and the names of earlier answers filled in.
fn filled(mut part: Vec<u8>, known: &[(&str, String)]) -> Vec<u8> {
    for (name, value) in known {
        let name = format!("${name}");
        while let Some(at) = find(&part, name.as_bytes()) {
            part.splice(at..at + name.len(), value.bytes());
        }
    }
    let body = find(&part, b"\n\n").map(|at| at + 2).or(find(&part, b"\r\n\r\n").map(|at| at + 4));
    if let (Some(at), Some(body)) = (find(&part, b"Length: *"), body) {
        let length = (part.len() - body).to_string();
        part.splice(at + 8..at + 9, length.bytes());
    }
    part
}

/// Notes the ids and the token of an answer. A name is only replaced by text that has no `$`.
fn learn(got: &[u8], known: &mut [(&str, String)]) {
    for (name, value) in known {
        let start = format!("\"{name}\":\"");
        let Some(at) = find(got, start.as_bytes()) else { continue };
        let rest = &got[at + start.len()..];
        let end = rest.iter().position(|&byte| byte == b'"').unwrap_or_default();
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_=".contains(byte);
        if rest[..end].iter().all(plain) {
            *value = String::from_utf8_lossy(&rest[..end]).into_owned();
        }
    }
}

/// Whether a request is of a page of another site, or for another host, by the words of the README.
fn is_foreign(bytes: &[u8]) -> bool {
    let mut headers = [EMPTY_HEADER; 100];
    let mut request = Request::new(&mut headers);
    if !matches!(request.parse(bytes), Ok(Status::Complete(_))) {
        return false;
    }
    let all = |name: &str| -> Vec<_> {
        let named = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| String::from_utf8_lossy(header.value)).collect()
    };
    let hosts = all("host");
    let [host] = &hosts[..] else { return true };
    let host = host.to_lowercase();
    let name = host.rsplit_once(':').map_or(&*host, |(name, _)| name).trim_end_matches('.');
    let is_own = name == "localhost"
        || [".localhost", ".aliyuncs.com"].iter().any(|end| name.ends_with(end))
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        // No page can have an address of the other version as its name.
        || host.starts_with('[');
    let (origins, sites) = (all("origin"), all("sec-fetch-site"));
    let own = [format!("http://{host}"), format!("https://{host}")];
    let is_silent = origins.is_empty() && sites.is_empty();
    !is_own
        || origins.iter().any(|origin| !own.contains(&origin.to_lowercase()))
        || sites.iter().any(|site| site != "same-origin" && site != "none")
        || is_silent && all("user-agent").iter().any(|agent| agent.starts_with("Mozilla/"))
}

/// Checks that `bytes` are whole answers, the last of which may be a stream that goes on.
fn check_answers(mut bytes: &[u8], head_is_asked: bool) -> Vec<u16> {
    let mut statuses = Vec::new();
    while !bytes.is_empty() {
        let mut headers = [EMPTY_HEADER; 64];
        let mut answer = Response::new(&mut headers);
        let Ok(Status::Complete(start)) = answer.parse(bytes) else {
            panic!("no answer: {}", bytes[..bytes.len().min(300)].escape_ascii());
        };
        let status = answer.code.expect("a status");
        statuses.push(status);
        bytes = &bytes[start..];
        if status == 100 {
            continue;
        }
        let header = |name: &str| {
            let mut named = answer.headers.iter().filter(|it| it.name.eq_ignore_ascii_case(name));
            named.next().map(|it| str::from_utf8(it.value).expect("a header of text"))
        };
        let kind = header("content-type");
        if kind == Some("text/event-stream") {
            assert_eq!(status, 200);
            if header("transfer-encoding").is_some() {
                check_chunks(bytes);
            }
            return statuses;
        }
        let length: usize = header("content-length").map_or(0, |it| it.parse().expect("a length"));
        if head_is_asked && (bytes.is_empty() || bytes.starts_with(b"HTTP/1.")) {
            continue;
        }
        assert!(length <= bytes.len(), "status {status}: {length} bytes, {} came", bytes.len());
        let (body, rest) = bytes.split_at(length);
        bytes = rest;
        if body.is_empty() {
            // A head that HTTP refuses, while an earlier answer is still being written.
            assert!([400, 414, 431].contains(&status), "status {status} without a body");
            continue;
        }
        let body = match kind {
            Some("application/xml;charset=utf-8") => xml_fields(body),
            _ => serde_json::from_slice(body).expect("JSON"),
        };
        check_body(status, &body);
    }
    statuses
}

/// Checks the chunks of a stream of events, of which the last may be cut.
fn check_chunks(mut bytes: &[u8]) {
    while let Status::Complete((start, length)) = parse_chunk_size(bytes).expect("a chunk") {
        let end = start + usize::try_from(length).expect("a length") + 2;
        let Some(chunk) = bytes.get(start..end) else { return };
        assert!(chunk.ends_with(b"\r\n") && str::from_utf8(chunk).is_ok());
        bytes = &bytes[end..];
    }
}

/// The elements in the root of an XML body, with their texts.
fn xml_fields(body: &[u8]) -> Value {
    let mut reader = Reader::from_str(str::from_utf8(body).expect("UTF-8"));
    let (mut path, mut fields) = (Vec::new(), serde_json::Map::new());
    loop {
        let text = match reader.read_event().expect("XML") {
            Event::Start(start) => {
                path.push(String::from_utf8_lossy(start.name().0).into_owned());
                String::new()
            }
            Event::Text(text) => text.decode().expect("text").into_owned(),
            // It stands for one character.
            Event::GeneralRef(_) => "?".to_owned(),
            Event::End(_) => {
                path.pop();
                continue;
            }
            Event::Eof => return fields.into(),
            _ => continue,
        };
        if let [_, name] = &path[..] {
            let field = fields.entry(name.clone()).or_insert_with(|| "".into());
            *field = format!("{}{text}", field.as_str().expect("a text")).into();
        }
    }
}

fn check_body(status: u16, body: &Value) {
    let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{status}: {body}"));
    if status == 200 && body["Status"] == "ok" && body["Stores"].is_u64() {
        return;
    }
    assert_eq!(text("RequestId").len(), 36, "{body}");
    if status == 200 {
        return;
    }
    text("HostId");
    text("Recommend");
    assert!(!text("Message").is_empty() && !text("Code").is_empty(), "{body}");
    assert_eq!(body.as_object().map(|fields| fields.len()), Some(5), "{body}");
    let documented = STATUSES.contains(&status) || status == 500 && ASKED.contains(&text("Code"));
    assert!(documented, "{status}: {body}");
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    find(bytes, wanted).is_some()
}
