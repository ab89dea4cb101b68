//! Faults that a test asks for: chosen requests to the API wait, get an error, or lose their answer.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, Response, header};
use fastrand::Rng;
use futures_util::{StreamExt, stream};
use invodex::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::params::Params;
use crate::{error, log};

/// Maximum number of faults in a store.
const FAULTS: usize = 100;
/// Maximum wait of a request: one hour.
const DELAY_MS: u64 = 3_600_000;
/// Maximum length of InstanceId and Code, and of Message, in bytes.
const NAME: usize = 128;
const MESSAGE: usize = 1_024;
/// Memory of a fault, at most.
pub(crate) const BYTES: usize = 2_048;

/// A fault: the requests that it is for, and what becomes of them. An absent choice fits any request.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// An instance that the request names.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// The first request that it can hit, counted from 1.
    #[serde(default = "first")]
    from: u64,
    /// The number of requests that it hits; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    /// The wait before anything else.
    #[serde(default)]
    delay_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<Cut>,
}

fn first() -> u64 {
    1
}

/// When the connection is cut.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Cut {
    BeforeAction,
    AfterAction,
    HalfAnswer,
}

impl Fault {
    fn check(&self, actions: &[&str]) -> Result<(), ApiError> {
        let invalid = |name: &str, allowed: &str| {
            let given = &json!(self)[name];
            Err(ApiError::invalid(name, format!("given {given}, allowed {allowed}")))
        };
        let fits = |text: &Option<String>, most| {
            text.as_ref().is_none_or(|text| !text.is_empty() && text.len() <= most)
        };
        let action = self.action.as_deref().is_none_or(|action| actions.contains(&action));
        let probability = self.probability.is_none_or(|it| it > 0.0 && it <= 1.0);
        let status = self.status.is_none_or(|status| (400..600).contains(&status));
        for (name, is_allowed, allowed) in [
            ("Action", action, &*actions.join(", ")),
            ("InstanceId", fits(&self.instance_id, NAME), &format!("1 to {NAME} bytes")),
            ("Message", fits(&self.message, MESSAGE), &format!("1 to {MESSAGE} bytes")),
            ("From", self.from > 0, "1 or more"),
            ("Times", self.times != Some(0), "1 or more"),
            ("Probability", probability, "more than 0, at most 1"),
            ("DelayMs", self.delay_ms <= DELAY_MS, &format!("at most {DELAY_MS}")),
            ("Status", status, "400 to 599"),
        ] {
            if !is_allowed {
                return invalid(name, allowed);
            }
        }
        match (&self.code, self.cut) {
            (None, None) if self.delay_ms == 0 => {
                return Err(ApiError::missing("Code").detail("give Code, Cut, or DelayMs above 0"));
            }
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid("Cut", "given with Code, allowed is one of both"));
            }
            (None, _) if self.status.is_some() || self.message.is_some() => {
                let detail = "Status and Message are those of an error; give its Code";
                return Err(ApiError::missing("Code").detail(detail));
            }
            _ => {}
        }
        let Some(code) = &self.code else { return Ok(()) };
        if code.is_empty() || code.len() > NAME || !code.bytes().all(|it| it.is_ascii_graphic()) {
            return invalid("Code", &format!("1 to {NAME} visible ASCII characters"));
        }
        if self.status.is_none() && named(code).is_none() {
            let detail = format!(
                "Code {code:?} has no known status; give Status, or a Code that needs none, such as \
                 Throttling.User or Forbidden.RAM"
            );
            return Err(ApiError::missing("Status").detail(detail));
        }
        Ok(())
    }

    fn is_for(&self, action: &str, params: &Params) -> bool {
        let names = |id: &String| {
            params.get("InstanceId") == Some(id) || params.list("InstanceId").contains(&&**id)
        };
        self.action.as_ref().is_none_or(|it| it == action)
            && self.instance_id.as_ref().is_none_or(names)
    }

    /// The error that the request gets.
    fn error(&self) -> Option<ApiError> {
        let code = self.code.as_ref()?;
        let named = named(code);
        let status = self.status.or(named.as_ref().map(Error::status))?;
        let message = self.message.clone().or(named.map(|error| error.message().to_owned()));
        let message = message.unwrap_or_else(|| "The request was refused by a test.".to_owned());
        Some(
            Error::service(status, code.clone(), message).with_detail("a fault of the test").into(),
        )
    }

    /// Answers a request that the fault hits. `usual` does its action.
    pub(crate) async fn answer(
        &self,
        usual: impl Future<Output = Response<Body>>,
        refuse: impl FnOnce(&ApiError) -> Response<Body>,
    ) -> Response<Body> {
        tokio::time::sleep(Duration::from_millis(self.delay_ms)).await;
        if let Some(error) = self.error() {
            return refuse(&error);
        }
        match self.cut {
            None => usual.await,
            Some(Cut::BeforeAction) => cut(Response::default(), Bytes::new()),
            Some(Cut::AfterAction) => {
                usual.await;
                cut(Response::default(), Bytes::new())
            }
            Some(Cut::HalfAnswer) => {
                let (mut head, body) = usual.await.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
                head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
                cut(Response::from_parts(head, Body::empty()), body.slice(..body.len() / 2))
            }
        }
    }
}

/// An error of the service by its code.
fn named(code: &str) -> Option<Error> {
    match code {
        "InternalError" => Some(Error::internal_error()),
        "ServiceUnavailable" => Some(Error::service_unavailable()),
        "Operation.Forbidden" => Some(Error::forbidden()),
        _ => error::find(code),
    }
}

/// `answer` with a body of `begin`, after which the connection is closed. Without a `begin` nothing is
/// sent at all: the HTTP layer writes the head together with the first bytes of the body.
fn cut(answer: Response<Body>, begin: Bytes) -> Response<Body> {
    let is_begun = !begin.is_empty();
    let end = async move {
        if is_begun {
            // The HTTP layer sends the bytes written so far before this goes on.
            tokio::task::yield_now().await;
        }
        Err(io::Error::other("cut by a fault"))
    };
    let begin = stream::iter(is_begun.then_some(Ok(begin)));
    let mut answer = answer.map(|_| Body::from_stream(begin.chain(stream::once(end))));
    log::note(&mut answer, |notes| notes.cut = true);
    answer
}

/// A fault with its counts.
#[derive(Serialize, Deserialize)]
struct Armed {
    fault: Fault,
    /// The number of requests that it is for.
    matched: u64,
    /// The number of requests that it hit.
    hits: u64,
    /// The position in the sequence of its random numbers.
    random: u64,
}

/// The faults of a store, in the order in which they were given.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Faults(Vec<Armed>);

impl Faults {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The memory of all faults, at most.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len() * BYTES
    }

    /// All faults, with their counts.
    pub(crate) fn list(&self) -> Vec<Value> {
        let listed = |armed: &Armed| {
            let mut fields = json!(armed.fault);
            fields["Matched"] = armed.matched.into();
            fields["Hits"] = armed.hits.into();
            fields
        };
        self.0.iter().map(listed).collect()
    }

    /// Whether a fault is for a request.
    pub(crate) fn are_for(&self, action: &str, params: &Params) -> bool {
        self.0.iter().any(|armed| armed.fault.is_for(action, params))
    }

    /// Adds a fault for one of `actions` or any. `random` begins the sequence of its random numbers.
    pub(crate) fn add(
        &mut self,
        fault: Fault,
        actions: &[&str],
        random: u64,
    ) -> Result<(), ApiError> {
        fault.check(actions)?;
        if self.0.len() >= FAULTS {
            let detail = format!("{FAULTS} are given, allowed are {FAULTS}; clear them first");
            return Err(ApiError::invalid("Faults", detail));
        }
        self.0.push(Armed { fault, matched: 0, hits: 0, random });
        Ok(())
    }

    /// Counts a request, and returns the first fault that hits it.
    pub(crate) fn hit(&mut self, action: &str, params: &Params) -> Option<Fault> {
        let mut hit = None;
        for Armed { fault, matched, hits, random } in &mut self.0 {
            if !fault.is_for(action, params) {
                continue;
            }
            *matched = matched.saturating_add(1);
            if hit.is_some() || *matched < fault.from || fault.times.is_some_and(|it| *hits >= it) {
                continue;
            }
            if let Some(probability) = fault.probability {
                let mut rng = Rng::with_seed(*random);
                let drawn = rng.f64();
                *random = rng.get_seed();
                if drawn >= probability {
                    continue;
                }
            }
            *hits = hits.saturating_add(1);
            hit = Some(fault.clone());
        }
        hit
    }
}
