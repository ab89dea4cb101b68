//! Endpoints for tests under `/_emulator/`, which the API does not have. Bodies are JSON objects.
//! The access key id is read as in any other request.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{Method, Response, header};
use axum::response::IntoResponse;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use invodex::{Error, Store, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::answer::{self, with_request_id};
use crate::error::{ApiError, quoted, refusal};
use crate::events::{self, Form};
use crate::faults::{self, Fault, Faults};
use crate::format::{Style, check_type};
use crate::ids::Ids;
use crate::incoming::Incoming;
use crate::instances::Instances;
use crate::outcomes::{Outcome, Step};
use crate::params::Params;
use crate::tenants::{STREAMS, Tenant, Tenants};
use crate::{actions, life};

/// The most that an update adds to a store: the output that is kept of a run.
const OUTPUT_BYTES: usize = 24_576;
/// The type of a body, which no form of a web page can send.
const JSON: &str = "application/json";

/// A control request.
struct Call<'a> {
    tenants: &'a Arc<Tenants>,
    head: &'a Parts,
    body: &'a mut Incoming,
}

type Endpoint = for<'a> fn(Call<'a>) -> BoxFuture<'a, Result<Response<Body>, ApiError>>;

/// The control requests by name and method.
const ENDPOINTS: [(&str, &str, Endpoint); 12] = [
    ("runs", "POST", |call| call.act(runs).boxed()),
    ("outcomes", "POST", |call| call.act(outcomes).boxed()),
    ("clock", "POST", |call| call.act(clock).boxed()),
    ("reboot", "POST", |call| call.act(reboot).boxed()),
    ("records", "POST", |call| call.act(records).boxed()),
    ("instances", "POST", |call| call.act(instances).boxed()),
    ("faults", "POST", |call| call.act(add_fault).boxed()),
    ("faults", "GET", |call| call.act(list_faults).boxed()),
    ("faults", "DELETE", |call| call.act(clear_faults).boxed()),
    ("reset", "POST", |call| call.reset().boxed()),
    ("events", "GET", |call| call.stream().boxed()),
    ("health", "GET", |call| call.health().boxed()),
];

/// The methods of a control request; none if it is unknown.
pub(crate) fn methods(name: &str) -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().filter(move |(known, ..)| *known == name).map(|(_, method, _)| *method)
}

/// Answers the control request `name`.
pub(crate) async fn answer(
    tenants: &Arc<Tenants>,
    name: &str,
    head: &Parts,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let is = |endpoint: &&(&str, &str, Endpoint)| {
        (endpoint.0, endpoint.1) == (name, head.method.as_str())
    };
    match ENDPOINTS.iter().find(is) {
        Some((.., endpoint)) => endpoint(Call { tenants, head, body }).await,
        None => Err(match methods(name).collect::<Vec<_>>().join(", ") {
            allowed if allowed.is_empty() => ApiError::unknown_action(),
            allowed => ApiError::method(&allowed),
        }),
    }
}

impl Call<'_> {
    /// Reads the body, which is `null` if the request has another method than POST, and calls `action`.
    /// The store then counts as changed, unless the request is a GET.
    async fn act<T: DeserializeOwned>(
        self,
        action: fn(&Tenant, T) -> Result<Value, ApiError>,
    ) -> Result<Response<Body>, ApiError> {
        let tenant = tenant_of(self.tenants, self.head).await?;
        let body = match self.head.method {
            Method::POST => {
                check_type(&self.head.headers, JSON)?;
                self.body.read().await?
            }
            _ => Bytes::from_static(b"null"),
        };
        let request_id = tenant.ids.request_id();
        let parsed = parse(&body);
        let _writing = tenant.saving.read().await;
        Ok(match parsed.and_then(|body| action(&tenant, body)) {
            Ok(fields) => {
                if self.head.method != Method::GET {
                    tenant.touch();
                }
                done(&request_id, fields)
            }
            Err(error) => {
                let host = answer::host(&self.head.headers);
                answer::refused(&error, &request_id, host, Style::CONTROL)
            }
        })
    }

    /// Empties the store and loads the captures again.
    async fn reset(self) -> Result<Response<Body>, ApiError> {
        // An access key that gets an error changes nothing.
        tenant_of(self.tenants, self.head).await?;
        // It needs no body, so it may have no type either.
        if self.head.headers.contains_key(header::CONTENT_TYPE) {
            check_type(&self.head.headers, JSON)?;
        }
        let reset: Reset = match &*self.body.read().await? {
            b"" => Reset::default(),
            body => parse(body)?,
        };
        let now = reset.now.as_deref().map(now).transpose()?;
        self.tenants.reset(params_of(self.head)?.access_key_id(&self.head.headers)).await;
        let tenant = tenant_of(self.tenants, self.head).await?;
        if let Some(now) = now {
            tenant.clock.stand(now);
            tenant.touch();
        }
        Ok(done(&tenant.ids.request_id(), json!({})))
    }

    /// Streams the store's events until the client disconnects.
    async fn stream(self) -> Result<Response<Body>, ApiError> {
        let form = Form::read(&params_of(self.head)?)?;
        let permit = Arc::clone(&self.tenants.streams).try_acquire_owned();
        let permit = permit.map_err(|_| {
            let allowed = format!("allowed are {} streams of events at a time", STREAMS);
            refusal("Throttling.Events").detail(format!("{allowed}; close one first"))
        })?;
        let tenant = tenant_of(self.tenants, self.head).await?;
        // It takes the store's lock as a write does.
        let _writing = tenant.saving.read().await;
        let mut answer = events::stream(Arc::clone(&tenant), form, permit).into_response();
        answer::name(&mut answer, &Ids::random());
        Ok(answer)
    }

    async fn health(self) -> Result<Response<Body>, ApiError> {
        let archive = self.tenants.saves.json(self.tenants.changed.load(SeqCst));
        let body = json!({"Status": "ok", "Stores": self.tenants.count(), "Archive": archive});
        Ok(answer::json(&Ids::random(), body.to_string().into_bytes()))
    }
}

/// The store of a request.
async fn tenant_of(tenants: &Arc<Tenants>, head: &Parts) -> Result<Arc<Tenant>, ApiError> {
    tenants.get(params_of(head)?.access_key_id(&head.headers)).await
}

fn params_of(head: &Parts) -> Result<Params<'_>, ApiError> {
    Ok(Params::read(head.uri.query().unwrap_or_default(), b"")?)
}

fn done(request_id: &str, fields: Value) -> Response<Body> {
    answer::json(request_id, with_request_id(fields, request_id))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // Fields could be read from a list, too, by their places.
    if body.trim_ascii_start().first().is_some_and(|&first| first == b'[') {
        return Err(invalid_body("a list is given, allowed is an object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(invalid_body)?;
    json.end().map_err(invalid_body)?;
    Ok(parsed)
}

/// The error of a body. Its text names the field.
fn invalid_body(error: impl Display) -> ApiError {
    refusal("InvalidBody").detail(error.to_string())
}

/// Reads an id.
fn id(name: &str, given: &Value, allowed: &str) -> Result<String, ApiError> {
    let id = given.as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    id.ok_or_else(|| ApiError::invalid(name, format!("given {given}, allowed is {allowed}")))
}

/// Updates a run.
fn runs(tenant: &Tenant, mut report: Map<String, Value>) -> Result<Value, ApiError> {
    let mut take = |name| {
        let given = report.remove(name).ok_or_else(|| ApiError::missing(name))?;
        id(name, &given, "the text of an id")
    };
    let (invoke_id, instance_id) = (take("InvokeId")?, take("InstanceId")?);
    if report.contains_key("DelayMs") {
        let detail = "given for a change that is made at once, allowed in the Steps of outcomes";
        return Err(ApiError::invalid("DelayMs", detail));
    }
    let step: Step = serde_path_to_error::deserialize(Value::from(report)).map_err(invalid_body)?;
    tenant.check_room(OUTPUT_BYTES)?;
    tenant.store.update_run(&invoke_id, &instance_id, &step.update()?)?;
    Ok(json!({}))
}

/// Adds a script for runs that are accepted from now on.
fn outcomes(tenant: &Tenant, outcome: Outcome) -> Result<Value, ApiError> {
    tenant.check_room(outcome.bytes())?;
    tenant.state().outcomes.add(outcome)?;
    Ok(json!({}))
}

/// Lists the instances of an answer of DescribeInstances, in place of those listed before.
fn instances(tenant: &Tenant, answer: Value) -> Result<Value, ApiError> {
    let mut instances = Instances::default();
    instances.add(&answer, &tenant.settings.cloud, &mut HashSet::new()).map_err(invalid_body)?;
    tenant.check_room(instances.bytes())?;
    let listed = instances.len();
    tenant.state().instances = Some(Arc::new(instances));
    Ok(json!({"Listed": listed}))
}

/// Adds a fault for requests from now on.
fn add_fault(tenant: &Tenant, fault: Fault) -> Result<Value, ApiError> {
    tenant.check_room(faults::BYTES)?;
    let (random, actions) = (tenant.ids.number(), actions::names().collect::<Vec<_>>());
    tenant.state().faults.add(fault, &actions, random)?;
    tenant.has_faults.store(true, SeqCst);
    Ok(json!({}))
}

fn list_faults(tenant: &Tenant, (): ()) -> Result<Value, ApiError> {
    Ok(json!({"Faults": tenant.state_to_read().faults.list()}))
}

fn clear_faults(tenant: &Tenant, (): ()) -> Result<Value, ApiError> {
    tenant.state().faults = Faults::default();
    tenant.has_faults.store(false, SeqCst);
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
enum Move {
    /// Sets this time.
    Now(String),
    /// Moves forward by this many seconds.
    Advance(u32),
}

/// Moves the clock of the store, and plays what it passes. Answers the store's time, which never goes back.
fn clock(tenant: &Tenant, to: Move) -> Result<Value, ApiError> {
    match to {
        Move::Now(time) => {
            let time = now(&time)?;
            life::move_clock(tenant, |clock| clock.set(time));
        }
        Move::Advance(seconds) => life::move_clock(tenant, |clock| clock.advance(seconds)),
    }
    Ok(json!({"Now": tenant.store.read(Store::now)}))
}

/// Reads the field Now.
fn now(text: &str) -> Result<Timestamp, ApiError> {
    text.parse().map_err(|error: Error| {
        let allowed = "allowed is a time as 2026-03-01T00:00:00Z";
        ApiError::from(error).detail(format!("Now: given {}, {allowed}", quoted(text)))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Reboot {
    instance_id: Value,
}

/// Reboots an instance. Answers the number of executions that begin by it.
fn reboot(tenant: &Tenant, reboot: Reboot) -> Result<Value, ApiError> {
    let id = id("InstanceId", &reboot.instance_id, "the id of an instance")?;
    Ok(json!({"Started": life::reboot(tenant, &id)}))
}

/// Accepts the records of a captured response, all or none.
fn records(tenant: &Tenant, capture: Value) -> Result<Value, ApiError> {
    let capture = capture.to_string();
    tenant.check_room(capture.len())?;
    let report = tenant.store.write(|store| {
        // Tried on a copy first, so that a refused record leaves nothing of the others.
        let tried =
            store.fork(tenant.clock.clone()).import(capture.as_bytes(), &tenant.settings.import)?;
        match tried.refusals.into_iter().next() {
            Some(refused) => Err(refused.error),
            None => store.import(capture.as_bytes(), &tenant.settings.import),
        }
    })?;
    Ok(json!({"Loaded": report.loaded, "NotRetained": report.not_retained.len()}))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Reset {
    /// The time at which the clock of the new store stands.
    now: Option<String>,
}
