//! A small HTTP front end of the library, to copy: both queries, StopInvocation and RunCommand, whose
//! records are made in `run_command.rs`. One store, no accounts, no signatures. `control.rs` has requests
//! for tests; a front end works without them.

mod control;
mod run_command;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::IntoResponse;
use axum::serve::ListenerExt;
use invodex::{
    Clock, Config, DescribeInvocationResults, DescribeInvocations, Error, ManualClock, Recommend,
    Store, SystemClock, Timestamp,
};
use serde_json::{Value, json};

type Pairs = Vec<(String, String)>;

/// An error of the library, or one of the front end with its HTTP status, code and message.
enum Refusal {
    Api(Error),
    Own(u16, &'static str, String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Api(error)
    }
}

fn unknown() -> Refusal {
    Refusal::Own(404, "InvalidAction.NotFound", "The action or path is not known.".to_owned())
}

/// The last value of a parameter. An empty one is absent.
fn param<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    let last = pairs.iter().rev().find(|(given, _)| given == name);
    last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn require<'a>(pairs: &'a Pairs, name: &str) -> Result<&'a str, Refusal> {
    let missing = || Refusal::Own(400, "MissingParameter", format!("{name} is missing."));
    param(pairs, name).ok_or_else(missing)
}

/// The values of `NAME.1`, `NAME.2` and so on.
fn list<'a>(pairs: &'a Pairs, name: &str) -> Vec<&'a str> {
    (1..).map_while(|n| param(pairs, &format!("{name}.{n}"))).collect()
}

/// A body of these fields and the RequestId.
fn body(request_id: &str, mut fields: Value) -> Vec<u8> {
    fields["RequestId"] = request_id.into();
    fields.to_string().into_bytes()
}

/// A store, its clock, and the state of RunCommand.
struct FrontEnd {
    store: Store,
    clock: ManualClock,
    /// The number of ids so far.
    ids: u64,
    /// The latest requests with a ClientToken: the token, what was asked for, and the answer, oldest
    /// first.
    answered: VecDeque<(String, Pairs, Value)>,
}

impl FrontEnd {
    /// An empty store, whose clock stands at `now`.
    fn new(now: Timestamp) -> Self {
        let clock = ManualClock::new(now);
        let store = Store::new(Config::default(), clock.clone());
        FrontEnd { store, clock, ids: 0, answered: VecDeque::new() }
    }

    /// A request of the API, with its parameters in the query or in a form.
    fn api(&mut self, query: &str, form: &[u8], request_id: &str) -> Result<Vec<u8>, Refusal> {
        let mut pairs = invodex::decode_query(query)?;
        pairs.extend(invodex::decode_query(&*String::from_utf8_lossy(form))?);
        let mut out = Vec::new();
        match require(&pairs, "Action")? {
            "DescribeInvocations" => {
                let request = DescribeInvocations::from_pairs(pairs);
                self.store.describe_invocations(&request)?.write_json(request_id, &mut out);
                Ok(out)
            }
            "DescribeInvocationResults" => {
                let request = DescribeInvocationResults::from_pairs(pairs);
                self.store.describe_invocation_results(&request)?.write_json(request_id, &mut out);
                Ok(out)
            }
            "RunCommand" => Ok(body(request_id, self.run_command(pairs)?)),
            "StopInvocation" => {
                self.store.stop(require(&pairs, "InvokeId")?, &list(&pairs, "InstanceId"))?;
                Ok(body(request_id, json!({})))
            }
            _ => Err(unknown()),
        }
    }
}

/// Answers any request.
async fn answer(
    State(front_end): State<Arc<Mutex<FrontEnd>>>,
    method: Method,
    uri: Uri,
    sent: Bytes,
) -> impl IntoResponse {
    let mut front_end = front_end.lock().unwrap_or_else(PoisonError::into_inner);
    front_end.ids += 1;
    let request_id = format!("00000000-0000-4000-8000-{:012X}", front_end.ids);
    let answered = match uri.path().strip_prefix("/_emulator/") {
        Some(name) => {
            front_end.control(&method, name, &sent).map(|fields| body(&request_id, fields))
        }
        None if uri.path() == "/" => {
            front_end.api(uri.query().unwrap_or_default(), &sent, &request_id)
        }
        None => Err(unknown()),
    };
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(Refusal::Api(error)) => {
            let mut out = Vec::new();
            error.write_json(&request_id, "localhost", Recommend::Detail, &mut out);
            (error.status(), out)
        }
        Err(Refusal::Own(status, code, message)) => {
            let fields =
                json!({"HostId": "localhost", "Code": code, "Message": message, "Recommend": ""});
            (status, body(&request_id, fields))
        }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    // Without this, a keep-alive answer in two segments waits 40 ms for the client's ACK.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let front_end = Arc::new(Mutex::new(FrontEnd::new(SystemClock.now())));
    axum::serve(listener, axum::Router::new().fallback(answer).with_state(front_end)).await
}
