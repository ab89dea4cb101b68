//! A running emulator and a client for it.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_invodex-emulator");
pub(crate) const CAPTURE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captured/describe-invocations.json");
/// Access keys that are accounts of their own.
pub(crate) const ONE: &str = "1111111111111111";
pub(crate) const TWO: &str = "2222222222222222";
pub(crate) const NOW: &str = "2024-05-01T00:00:00Z";

/// A running emulator. It is stopped when this is dropped.
pub(crate) struct Emulator {
    process: Child,
    pub(crate) address: String,
    /// The address of its proxy, with `--proxy`.
    pub(crate) proxy: String,
    /// The lines that it has printed to standard error.
    log: Arc<Mutex<String>>,
    agent: ureq::Agent,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The fields of a successful answer. Panics on an error.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(self.body["RequestId"].as_str().is_some_and(|id| id.len() == 36));
        self.body
    }

    /// Status and code of an error, whose body must be complete.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, &str) {
        let text = |name: &str| self.body[name].as_str().unwrap_or_else(|| panic!("{self:?}"));
        assert_eq!(text("RequestId").len(), 36, "{self:?}");
        assert!(!text("Message").is_empty() && !text("HostId").is_empty(), "{self:?}");
        text("Recommend");
        (self.status, text("Code"))
    }
}

impl Emulator {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::try_start(args).unwrap_or_else(|said| panic!("{said}"))
    }

    /// Starts the emulator, or returns what it printed if it did not start.
    pub(crate) fn try_start(args: &[&str]) -> Result<Self, String> {
        Self::try_start_by(Command::new(BINARY), args)
    }

    /// As [`try_start`](Self::try_start), with a command of one's own.
    pub(crate) fn try_start_by(mut command: Command, args: &[&str]) -> Result<Self, String> {
        let mut process = command
            .args(
                (!args.contains(&"--listen"))
                    .then_some(["--listen", "127.0.0.1:0"])
                    .into_iter()
                    .flatten(),
            )
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut told = BufReader::new(process.stdout.take().unwrap());
        told.read_line(&mut line).unwrap();
        let mut said = process.stderr.take().unwrap();
        let Some((_, address)) =
            line.trim().strip_prefix("listening on ").and_then(|told| told.split_once("://"))
        else {
            let mut text = String::new();
            said.read_to_string(&mut text).unwrap();
            process.wait().unwrap();
            return Err(text);
        };
        let mut proxy = String::new();
        if args.contains(&"--proxy") {
            told.read_line(&mut proxy).unwrap();
            proxy = proxy.trim().strip_prefix("proxy on http://").unwrap().to_owned();
        }
        let log = Arc::<Mutex<String>>::default();
        let lines = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                *lines.lock().unwrap() += &(line + "\n");
            }
        });
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .new_agent();
        Ok(Emulator { process, address: address.to_owned(), proxy, log, agent })
    }

    /// Calls `action` by GET.
    pub(crate) fn call(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.call_as("", action, params)
    }

    /// Calls `action` with an access key.
    pub(crate) fn call_as(&self, key: &str, action: &str, params: &[(&str, &str)]) -> Answer {
        let mut all = vec![("Action", action), ("Version", "2014-05-26"), ("AccessKeyId", key)];
        all.push(("RegionId", "cn-hangzhou"));
        all.extend(params);
        self.get(&format!("/?{}", query(&all)))
    }

    /// Calls `action`; `None` if the server has ended.
    pub(crate) fn try_call(&self, action: &str, params: &[(&str, &str)]) -> Option<Answer> {
        let mut all =
            vec![("Action", action), ("Version", "2014-05-26"), ("RegionId", "cn-hangzhou")];
        all.extend(params);
        let url = format!("http://{}/?{}", self.address, query(&all));
        let response = self.agent.get(url).call().ok()?;
        let status = response.status().as_u16();
        let text = response.into_body().read_to_string().ok()?;
        Some(Answer { status, body: serde_json::from_str(&text).ok()? })
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        answer(self.agent.get(format!("http://{}{path}", self.address)).call().unwrap())
    }

    /// Posts `body`: JSON to the endpoints for tests, else a form.
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        let kind = match path.starts_with("/_emulator/") {
            true => "application/json",
            false => "application/x-www-form-urlencoded",
        };
        let url = format!("http://{}{path}", self.address);
        answer(self.agent.post(url).header("Content-Type", kind).send(body).unwrap())
    }

    /// Posts to one of the endpoints for tests.
    pub(crate) fn control(&self, name: &str, body: Value) -> Answer {
        self.post(&format!("/_emulator/{name}"), &body.to_string())
    }

    /// Runs a command on `instances` and returns its InvokeId.
    #[track_caller]
    pub(crate) fn run(&self, key: &str, instances: &[&str], params: &[(&str, &str)]) -> String {
        let names: Vec<_> = (1..=instances.len()).map(|n| format!("InstanceId.{n}")).collect();
        let mut all = vec![("Type", "RunShellScript"), ("CommandContent", "df -h")];
        all.extend(names.iter().map(String::as_str).zip(instances.iter().copied()));
        all.extend(params);
        let answer = self.call_as(key, "RunCommand", &all).ok();
        answer["InvokeId"].as_str().unwrap().to_owned()
    }

    /// The one invocation with `invoke_id`.
    #[track_caller]
    pub(crate) fn invocation(&self, key: &str, invoke_id: &str) -> Value {
        let params = [("InvokeId", invoke_id), ("IncludeOutput", "true")];
        let body = self.call_as(key, "DescribeInvocations", &params).ok();
        assert_eq!(body["TotalCount"], 1, "{body}");
        body["Invocations"]["Invocation"][0].clone()
    }

    #[track_caller]
    pub(crate) fn total(&self, key: &str) -> u64 {
        self.call_as(key, "DescribeInvocations", &[]).ok()["TotalCount"].as_u64().unwrap()
    }

    /// Waits until the invocation has this overall status.
    #[track_caller]
    pub(crate) fn wait_for(&self, invoke_id: &str, status: &str) -> Value {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let invocation = self.invocation("", invoke_id);
            if invocation["InvocationStatus"] == status {
                return invocation;
            }
            assert!(Instant::now() < until, "not {status}: {invocation}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the log has a line that contains `text`, and returns the line.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) -> String {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let log = self.log.lock().unwrap().clone();
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            assert!(Instant::now() < until, "no {text}: {log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The lines so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Opens a connection.
    pub(crate) fn connect(&self) -> TcpStream {
        connect(&self.address)
    }

    /// Sends raw bytes and returns everything received until the connection is closed.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends a signal and returns whether the process ended with success.
    pub(crate) fn stop(self, signal: &str) -> bool {
        self.signal(signal);
        self.end()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Waits until the process ends and returns whether it ended with success.
    pub(crate) fn end(mut self) -> bool {
        self.process.wait().unwrap().success()
    }

    /// Takes its standard input, which must be a pipe.
    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.process.stdin.take().unwrap()
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The archive's part of `health`.
    pub(crate) fn saves(&self) -> Value {
        self.get("/_emulator/health").body["Archive"].clone()
    }

    /// Waits until the archive has everything.
    #[track_caller]
    pub(crate) fn wait_for_save(&self) -> Value {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let saves = self.saves();
            if saves["Unsaved"] == false && !saves["LastSave"].is_null() {
                return saves;
            }
            assert!(Instant::now() < until, "not saved: {saves}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn answer(response: ureq::http::Response<ureq::Body>) -> Answer {
    let status = response.status().as_u16();
    let text = response.into_body().read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, body }
}

/// Opens a connection to `address`.
pub(crate) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// A TLS connection over `stream` to `host`, which trusts the certificate in `trusted` alone.
pub(crate) fn tls(
    stream: TcpStream,
    trusted: &Path,
    host: &str,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = host.to_owned().try_into().unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}

/// Pairs as a query string or a form.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A path for a file of this test, where no file exists.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path
}
