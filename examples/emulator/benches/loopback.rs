//! How fast the emulator starts and answers with 100,000 records, and which part of that is the
//! library's: `cargo bench -p invodex-emulator`. Needs wrk, and Linux for the processor's time.

#[path = "../../../benches/dataset/mod.rs"]
mod dataset;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dataset::{Dataset, Options};
use invodex::{Config, DescribeInvocations, Store, decode_query};
use serde_json::{Value, json};

const NOW: &str = "2025-06-01T00:00:00Z";
const SECONDS: u32 = 5;
const CONNECTIONS: u32 = 8;
const REQUESTS: [(&str, &str); 4] = [
    ("10 rows, newest", "MaxResults=10"),
    ("50 rows, newest", "MaxResults=50"),
    (
        "10 rows, by status and type, counted",
        "PageSize=10&InvokeStatus=Failed&CommandType=RunShellScript",
    ),
    (
        "50 rows, by status and type, counted",
        "PageSize=50&InvokeStatus=Failed&CommandType=RunShellScript",
    ),
];

fn main() {
    // Other than by `cargo bench` there is nothing to do.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_invodex-emulator"));
    let size = fs::metadata(binary).unwrap().len();
    println!("binary: {:.1} MB", size as f64 / 1e6);

    let mut store = Store::new(Config::default(), NOW.parse::<invodex::Timestamp>().unwrap());
    let records: Vec<_> = Dataset::new(Options::default()).collect();
    assert!(store.accept_batch(&records).iter().all(Result::is_ok));
    let capture = scratch("capture.json");
    fs::write(&capture, captured(&store).to_string()).unwrap();
    let capture = capture.to_str().unwrap();
    let archive = scratch("loopback.archive");
    let archive = archive.to_str().unwrap();

    start_up("empty", binary, &[]);
    start_up("100,000 records from a capture", binary, &["--load", capture]);
    Server::start(binary, &["--load", capture, "--archive", archive]).0.stop();
    start_up("100,000 records from an archive", binary, &["--archive", archive]);

    let (server, _) = Server::start(binary, &["--load", capture]);
    println!("{CONNECTIONS} connections over loopback, {SECONDS} s each:");
    for (name, filters) in REQUESTS {
        let query =
            format!("Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou&{filters}");
        let (bytes, library) = library(&store, &query);
        let (each_second, processor) = server.load(&format!("/?{query}"));
        println!(
            "{name} ({bytes} bytes): {each_second:.0} requests/s, of the server's {:.1} µs of \
             processor time for each the library's are {:.1} µs: {:.0} %",
            processor * 1e6,
            library * 1e6,
            100.0 * library / processor,
        );
    }
    server.stop();
}

/// Everything in the store as one captured response.
fn captured(store: &Store) -> Value {
    let mut rows = Vec::new();
    for region in dataset::pools::REGIONS.iter().map(|region| region.id) {
        let mut request = DescribeInvocations::from_pairs([("RegionId", region)]).max_results(50);
        for timed in [false, true] {
            request = request.timed(timed).next_token("");
            loop {
                let page = store.describe_invocations(&request).unwrap();
                let mut body = Vec::new();
                page.write_json("", &mut body);
                let mut body: Value = serde_json::from_slice(&body).unwrap();
                for row in body["Invocations"]["Invocation"].as_array_mut().unwrap() {
                    row["RegionId"] = region.into();
                    rows.push(row.take());
                }
                let Some(token) = page.next_token() else { break };
                request = request.next_token(token.as_str());
            }
        }
    }
    assert_eq!(rows.len(), store.len());
    rows.sort_by(|a, b| b["CreationTime"].as_str().cmp(&a["CreationTime"].as_str()));
    json!({"Invocations": {"Invocation": rows}})
}

/// Bytes of an answer, and the seconds from a query string to the whole of it.
fn library(store: &Store, query: &str) -> (usize, f64) {
    let mut bytes = 0;
    let mut answers = |count: u32| {
        let begun = Instant::now();
        for _ in 0..count {
            let request = DescribeInvocations::from_pairs(decode_query(query).unwrap());
            let mut body = Vec::new();
            let page = store.describe_invocations(&request).unwrap();
            page.write_json("473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", &mut body);
            bytes = std::hint::black_box(body).len();
        }
        begun.elapsed().as_secs_f64() / f64::from(count)
    };
    answers(5_000);
    let best = (0..5).map(|_| answers(20_000)).fold(f64::INFINITY, f64::min);
    (bytes, best)
}

fn start_up(what: &str, binary: &Path, args: &[&str]) {
    let times = (0..5).map(|_| {
        let (server, time) = Server::start(binary, args);
        server.stop();
        time
    });
    println!("ready, {what}: {:.1} ms", times.min().unwrap().as_secs_f64() * 1e3);
}

struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// The server, and how long it took until it was ready.
    fn start(binary: &Path, args: &[&str]) -> (Self, Duration) {
        let begun = Instant::now();
        let mut process = Command::new(binary)
            .args(["--listen", "127.0.0.1:0", "--now", NOW])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        (Server { process, url }, begun.elapsed())
    }

    /// Requests a second, and seconds of processor time for each.
    fn load(&self, path: &str) -> (f64, f64) {
        let before = self.processor();
        let output = Command::new("wrk")
            .args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{SECONDS}s")])
            .arg(format!("{}{path}", self.url))
            .output()
            .expect("wrk is installed");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!said.contains("Non-2xx") && !said.contains("Socket errors"), "{said}");
        let line = said.lines().find(|line| line.contains("requests in")).unwrap();
        let count: f64 = line.split_whitespace().next().unwrap().parse().unwrap();
        (count / f64::from(SECONDS), (self.processor() - before) / count)
    }

    /// Seconds of processor time until now, the system's for it included.
    fn processor(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2);
        ticks.map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
    }

    fn stop(mut self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}
