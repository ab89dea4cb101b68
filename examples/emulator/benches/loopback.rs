//! Measures the emulator with 100,000 records: the time to start, requests a second, the library's
//! share of a request, requests a second over TLS, and the server's processor time beside that of a
//! handler that answers constant bytes. Run it with
//! `cargo bench -p invodex-emulator --bench loopback`. It needs Linux, for the processor time.
//!
//! With `--check` only the comparison runs, and the exit code is 1 if a page of 10 rows takes more
//! than [`LIMIT`] times the processor time of the constant bytes.
//!
//! Each server is a process of its own, so that its processor time, user and system, excludes the
//! clients, which are threads of this process. The server of constant bytes is this program again.
//! Both servers serve their connections by the same package, and each has a router with one handler.
//! The handler of the constant bytes reads nothing of the request and copies nothing.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use invodex::{DescribeInvocations, Store, decode_query};
use invodex_emulator_http::{Door, PlainText, serve};
use invodex_testkit::dataset::{Dataset, Options};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Maximum processor time of a page of 10 rows, as a multiple of that of the constant bytes.
const LIMIT: f64 = 1.5;
/// Minimum of requests a second over TLS, as a multiple of those without.
const TLS_LIMIT: f64 = 0.6;
/// Rounds in which the two servers take turns. The median of the ratios counts.
const ROUNDS: usize = 11;
/// The number of clients, each with one connection, and the requests of each in one turn. A turn
/// takes more than half a second of the server's processor time, which the system counts in
/// hundredths.
const CONNECTIONS: usize = 8;
const REQUESTS_EACH: usize = 5_000;
/// The first argument that makes this program the server of constant bytes. The second is the file
/// with the bytes.
const CONSTANT: &str = "--serve-constant";
const TEN_ROWS: &str = "MaxResults=10";
const PAGES: [(&str, &str); 4] = [
    ("10 rows, newest", TEN_ROWS),
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

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    if let [first, file] = &args[..]
        && first == CONSTANT
    {
        serve_constant(fs::read(file).unwrap());
        return ExitCode::SUCCESS;
    }
    // Only `cargo bench` passes `--bench`; under `cargo test` there is nothing to do.
    if !args.iter().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let check = args.iter().any(|arg| arg == "--check");
    let binary = Path::new(env!("CARGO_BIN_EXE_invodex-emulator"));

    let dataset = Dataset::of(100_000);
    let store = dataset.store();
    let capture = scratch("capture.jsonl");
    dataset.write_captured(BufWriter::new(File::create(&capture).unwrap())).unwrap();
    let capture = capture.to_str().unwrap();

    if !check {
        let size = fs::metadata(binary).unwrap().len();
        println!("binary: {:.1} MB", size as f64 / 1e6);
        start_ups(binary, capture);
    }
    let server = Server::start(emulator(binary, &["--load", capture])).0;
    if !check {
        println!("{CONNECTIONS} connections over loopback:");
        PAGES.iter().for_each(|(name, filters)| print_page(&server, &store, name, filters));
    }
    if !check {
        print_tls(&server, binary, capture);
    }
    let ratio = against_constant(&server);
    server.stop();
    println!(
        "server's processor time of a page of 10 rows: {ratio:.2} times that of constant bytes of \
         the same size; limit {LIMIT}"
    );
    if check && ratio > LIMIT { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn start_ups(binary: &Path, capture: &str) {
    let archive = scratch("loopback.archive");
    let archive = archive.to_str().unwrap();
    start_up("empty", binary, &[]);
    start_up("100,000 records from a capture", binary, &["--load", capture]);
    Server::start(emulator(binary, &["--load", capture, "--archive", archive])).0.stop();
    start_up("100,000 records from an archive", binary, &["--archive", archive]);
}

fn print_page(server: &Server, store: &Store, name: &str, filters: &str) {
    let (bytes, library) = library(store, &query(filters));
    let load = server.load(&format!("/?{}", query(filters)));
    println!(
        "{name} ({bytes} bytes): {:.0} requests/s, of the server's {:.1} µs of processor time for \
         each the library's are {:.1} µs: {:.0} %",
        load.each_second,
        load.processor * 1e6,
        library * 1e6,
        100.0 * library / load.processor,
    );
}

/// Has `server` and one over TLS take turns.
fn print_tls(server: &Server, binary: &Path, capture: &str) {
    let directory = scratch("loopback-tls");
    let flags = ["--load", capture, "--tls", "--tls-dir", directory.to_str().unwrap()];
    let mut secured = Server::start(emulator(binary, &flags)).0;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(directory.join("ca.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    secured.tls = Some(Arc::new(config));
    let path = format!("/?{}", query(TEN_ROWS));
    let rounds: Vec<_> =
        (0..ROUNDS).map(|_| [server, &secured].map(|server| server.load(&path))).collect();
    secured.stop();
    let median = |of: fn(&[Load; 2]) -> f64| median(rounds.iter().map(of));
    println!(
        "10 rows, newest, over TLS, medians of {ROUNDS} rounds: {:.0} requests/s, {:.2} times those \
         without, at least {TLS_LIMIT}; {:.1} µs of the server's processor time, {:.2} times that \
         without",
        median(|[_, secured]| secured.each_second),
        median(|[plain, secured]| secured.each_second / plain.each_second),
        median(|[_, secured]| secured.processor) * 1e6,
        median(|[plain, secured]| secured.processor / plain.processor),
    );
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn query(filters: &str) -> String {
    format!("Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou&{filters}")
}

/// The processor time of the emulator's page of 10 rows, as a multiple of that of the constant
/// bytes.
fn against_constant(server: &Server) -> f64 {
    let path = format!("/?{}", query(TEN_ROWS));
    let body = Client::connect(server).ask(&path);
    let file = scratch("constant.json");
    fs::write(&file, &body).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(CONSTANT).arg(file);
    let constant = Server::start(command).0;
    assert_eq!(Client::connect(&constant).ask(&path).len(), body.len());

    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let [emulator, constant] = [server, &constant].map(|server| server.load(&path).processor);
        rounds.push((emulator, constant, emulator / constant));
    }
    constant.stop();
    let median = |of: fn(&(f64, f64, f64)) -> f64| median(rounds.iter().map(of));
    println!(
        "page of 10 rows, {} bytes, medians of {ROUNDS} rounds: emulator {:.1} µs of processor \
         time a request, constant bytes {:.1} µs",
        body.len(),
        median(|round| round.0) * 1e6,
        median(|round| round.1) * 1e6,
    );
    median(|round| round.2)
}

/// Answers every request with `bytes` until a signal ends the process.
#[tokio::main]
async fn serve_constant(bytes: Vec<u8>) {
    async fn answer(State(bytes): State<Bytes>) -> ([(header::HeaderName, HeaderValue); 1], Bytes) {
        let kind = HeaderValue::from_static("application/json;charset=utf-8");
        ([(header::CONTENT_TYPE, kind)], bytes)
    }
    let router = Router::new().fallback(answer).with_state(Bytes::from(bytes));
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    let doors = [Door::new(listener, None, router, Arc::new(PlainText))];
    serve(&doors, async move { _ = terminate.recv().await }).await;
}

/// The length of an answer in bytes, and the seconds from the query string to the complete answer.
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

fn emulator(binary: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(["--listen", "127.0.0.1:0", "--now", &Options::default().now.to_string()])
        .args(args);
    command
}

fn start_up(what: &str, binary: &Path, args: &[&str]) {
    let times = (0..5).map(|_| {
        let (server, time) = Server::start(emulator(binary, args));
        server.stop();
        time
    });
    println!("ready, {what}: {:.1} ms", times.min().unwrap().as_secs_f64() * 1e3);
}

struct Server {
    process: Child,
    address: String,
    /// The clients' configuration, if the server speaks TLS.
    tls: Option<Arc<ClientConfig>>,
}

/// The figures of a server under load.
struct Load {
    each_second: f64,
    /// The server's processor time for one request, in seconds.
    processor: f64,
}

impl Server {
    /// Starts the server and returns it with the time until it was ready.
    fn start(mut command: Command) -> (Self, Duration) {
        let begun = Instant::now();
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, address) = line.trim().split_once("://").unwrap();
        (Server { process, address: address.to_owned(), tls: None }, begun.elapsed())
    }

    /// Has all clients request `path`, each one request after the other.
    fn load(&self, path: &str) -> Load {
        let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| Client::connect(self)).collect();
        let (before, begun) = (self.processor(), Instant::now());
        std::thread::scope(|scope| {
            for client in &mut clients {
                scope.spawn(|| (0..REQUESTS_EACH).for_each(|_| drop(client.ask(path))));
            }
        });
        let count = (CONNECTIONS * REQUESTS_EACH) as f64;
        Load {
            each_second: count / begun.elapsed().as_secs_f64(),
            processor: (self.processor() - before) / count,
        }
    }

    /// The processor time so far, user and system, in seconds.
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

/// A client with a persistent connection.
struct Client(BufReader<Box<dyn Stream>>);

trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

impl Client {
    fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(&server.address).unwrap();
        stream.set_nodelay(true).unwrap();
        let stream: Box<dyn Stream> = match server.tls.clone() {
            Some(tls) => {
                let tls = ClientConnection::new(tls, "localhost".try_into().unwrap()).unwrap();
                Box::new(StreamOwned::new(tls, stream))
            }
            None => Box::new(stream),
        };
        Client(BufReader::with_capacity(64 * 1_024, stream))
    }

    /// Requests `path` and returns the body. Panics on an error.
    fn ask(&mut self, path: &str) -> Vec<u8> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let mut length = 0;
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 200 "), "{line}");
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        body
    }
}

fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}
