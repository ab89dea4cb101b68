//! The faulty front end over HTTP, with and without the control requests.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::serve::ListenerExt as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use invodex::{
    Clock as _, ImportOptions, InstanceRun, Invocation, InvocationStatus, ManualClock,
    OutputUpdate, RunUpdate, Store, SystemClock, Timestamp,
};
use invodex_testkit::subject::{Config, No, Reply, Subject as _};
use serde_json::{Value, json};

use crate::faulty::{Fault, Faulty, value};

type Pairs = Vec<(String, String)>;

/// An endpoint.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    pub(crate) fault: Option<Fault>,
    /// The control requests that there are.
    pub(crate) control: &'static [&'static str],
    /// Whether each AccessKeyId has records of its own.
    pub(crate) has_accounts: bool,
    /// The answer to a ClientToken that comes again.
    pub(crate) again: Again,
}

/// The answer of a front end to a RunCommand whose ClientToken it has answered before.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Again {
    /// It gets the answer of the first time.
    Answers,
    /// It makes a second record.
    Doubles,
    /// It is refused.
    Refused,
}

impl Endpoint {
    /// An endpoint with all control requests.
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        let control = &["reset", "clock", "records", "runs"];
        Endpoint { fault, control, has_accounts: true, again: Again::Answers }
    }

    /// Serves it until the process ends. Returns its address.
    pub(crate) fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        listener.set_nonblocking(true).expect("a socket can be");
        let served = Served { endpoint: self, accounts: HashMap::new(), ids: 0 };
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
                let router =
                    Router::new().fallback(answer).with_state(Arc::new(Mutex::new(served)));
                axum::serve(listener, router).await
            })
        });
        url
    }
}

struct Served {
    endpoint: Endpoint,
    accounts: HashMap<String, Account>,
    ids: u64,
}

struct Account {
    faulty: Faulty,
    clock: Timestamp,
    /// The answers to requests with a ClientToken.
    answered: HashMap<String, Value>,
}

async fn answer(
    State(served): State<Arc<Mutex<Served>>>,
    uri: Uri,
    body: Bytes,
) -> (StatusCode, String) {
    let mut served = served.lock().expect("no panic");
    let (status, body) = match served.answer(&uri, &body) {
        Ok(fields) => (200, fields),
        Err(No::Refused((code, status, _))) => (status, json!({"Code": code})),
        Err(other) => panic!("{other}"),
    };
    (StatusCode::from_u16(status).expect("a status"), body.to_string())
}

fn refused<T>(status: u16, code: &str) -> Reply<T> {
    Err(No::Refused((code.to_owned(), status, None)))
}

fn pairs_of(text: &str) -> Pairs {
    invodex::decode_query(text).expect("the command sends it")
}

impl Served {
    fn answer(&mut self, uri: &Uri, body: &[u8]) -> Reply<Value> {
        self.ids += 1;
        let control = uri.path().strip_prefix("/_emulator/");
        let pairs = match control {
            Some(_) => pairs_of(uri.query().unwrap_or_default()),
            None => pairs_of(std::str::from_utf8(body).expect("a form")),
        };
        let id = if self.endpoint.has_accounts { value(&pairs, "AccessKeyId") } else { None };
        let fault = self.endpoint.fault;
        let account = self.accounts.entry(id.unwrap_or_default().to_owned());
        let account = account.or_insert_with(|| Account::new(fault, SystemClock.now()));
        if let Some(name) = control {
            if !self.endpoint.control.contains(&name) {
                return refused(404, "InvalidAction.NotFound");
            }
            let body = serde_json::from_slice(body).expect("the command sends JSON");
            return account.control(fault, name, &body);
        }
        if !self.endpoint.control.contains(&"clock") {
            account.faulty.set_clock(SystemClock.now())?;
        }
        match value(&pairs, "Action").unwrap_or_default() {
            "RunCommand" => account.run_command(self.endpoint.again, self.ids, &pairs),
            "StopInvocation" => {
                let instances = numbered(&pairs, "InstanceId.", "");
                let id = value(&pairs, "InvokeId").unwrap_or_default();
                account.faulty.stop(id, &instances).map(|_| json!({}))
            }
            operation => account.faulty.describe(operation, &pairs),
        }
    }
}

/// The values of `START1END`, `START2END` and so on.
fn numbered<'p>(pairs: &'p Pairs, start: &str, end: &str) -> Vec<&'p str> {
    (1..).map_while(|n| value(pairs, &format!("{start}{n}{end}"))).collect()
}

impl Account {
    fn new(fault: Option<Fault>, now: Timestamp) -> Self {
        let mut faulty = Faulty::new(fault);
        faulty.begin(&Config::default(), now).expect("the library can");
        Account { faulty, clock: now, answered: HashMap::new() }
    }

    fn control(&mut self, fault: Option<Fault>, name: &str, body: &Value) -> Reply<Value> {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let now = text("Now").map(|now| now.parse().expect("the command sends a time"));
        match (name, now) {
            ("reset", Some(now)) => *self = Account::new(fault, now),
            ("clock", Some(now)) => {
                self.clock = now;
                self.faulty.set_clock(now)?;
            }
            ("records", _) => {
                let retained = self.faulty.accept(&self.captured(body)?)?;
                return Ok(json!({"Loaded": u8::from(retained)}));
            }
            _ => {
                let status = text("InvocationStatus");
                let decoded = |text| BASE64_STANDARD.decode(text).expect("the command sends it");
                let time = |name: &str| text(name).map(|time| time.parse().ok());
                let output = text("Output").map(decoded).map(OutputUpdate::Replace);
                let update = RunUpdate {
                    invocation_status: status.and_then(|name| InvocationStatus::from_name(&name)),
                    time: time("Time").flatten(),
                    start_time: time("StartTime"),
                    finish_time: time("FinishTime"),
                    stop_time: time("StopTime"),
                    repeats: body["Repeats"].as_u64().map(|repeats| repeats as u32),
                    dropped: body["Dropped"].as_u64(),
                    exit_code: body["ExitCode"].as_i64().map(Some),
                    output: output.or(text("Append").map(decoded).map(OutputUpdate::Append)),
                    error_code: text("ErrorCode"),
                    error_info: text("ErrorInfo"),
                    reschedule: body["Reschedule"] == true,
                    ..RunUpdate::default()
                };
                let ids = ["InvokeId", "InstanceId"].map(|name| text(name).unwrap_or_default());
                self.faulty.update_run(&ids[0], &ids[1], &update)?;
            }
        }
        Ok(json!({}))
    }

    /// The record of a captured response.
    fn captured(&self, body: &Value) -> Reply<Invocation> {
        let config = invodex::Config { retention_seconds: None, ..invodex::Config::default() };
        let mut store = Store::new(config, ManualClock::new(self.clock));
        let report = store.import(body.to_string().as_bytes(), &ImportOptions::new("cn-hangzhou"));
        let report = report.expect("it is a captured response");
        if let Some(refusal) = report.refusals.into_iter().next() {
            return refused(refusal.error.status(), refusal.error.code());
        }
        let id = body.pointer("/Invocations/Invocation/0/InvokeId").and_then(Value::as_str);
        Ok(id.and_then(|id| store.get(id)).expect("it was loaded").to_invocation())
    }

    fn run_command(&mut self, again: Again, number: u64, pairs: &Pairs) -> Reply<Value> {
        let token = value(pairs, "ClientToken").unwrap_or_default();
        match (self.answered.get(token), again) {
            (Some(answer), Again::Answers) => return Ok(answer.clone()),
            (Some(_), Again::Refused) => return refused(403, "IdempotentParameterMismatch"),
            _ => {}
        }
        let mut record = json!({
            "InvokeId": format!("t-made-{number}"), "CommandId": format!("c-made-{number}"),
            "CreationTime": self.clock, "InvocationStatus": "Pending",
        });
        for (name, value) in pairs {
            let name = match name.as_str() {
                "Type" => "CommandType",
                "Name" => "CommandName",
                "Description" => "CommandDescription",
                name => name,
            };
            if !name.contains('.') && name != "ContentEncoding" {
                record[name] = match value.parse::<u64>() {
                    Ok(number) if name == "Timeout" => number.into(),
                    _ => value.clone().into(),
                };
            }
        }
        let run = |id: &str| json!({"InstanceId": id, "InvocationStatus": "Pending"});
        let runs: Vec<Value> = numbered(pairs, "InstanceId.", "").into_iter().map(run).collect();
        record["InvokeInstances"] = json!({ "InvokeInstance": runs });
        let keys = numbered(pairs, "Tag.", ".Key").into_iter().enumerate().map(|(at, key)| {
            let value = value(pairs, &format!("Tag.{}.Value", at + 1)).unwrap_or_default();
            json!({"TagKey": key, "TagValue": value})
        });
        record["Tags"] = json!({"Tag": keys.collect::<Vec<_>>()});
        let mut record = self.captured(&json!({"Invocations": {"Invocation": [record]}}))?;
        // The store gives the times.
        record.creation_time = None;
        for run in &mut record.instances {
            *run = InstanceRun::new(std::mem::take(&mut run.instance_id));
        }
        let answer = json!({"InvokeId": record.invoke_id, "CommandId": record.command_id});
        self.faulty.accept(&record)?;
        if !token.is_empty() {
            self.answered.insert(token.to_owned(), answer.clone());
        }
        Ok(answer)
    }
}
