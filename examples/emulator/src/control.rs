//! Endpoints for tests under `/_emulator/`, which the API does not have. Bodies are JSON objects.
//! The access key id is read as in any other request.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use invodex::{Error, Store, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::actions::with_request_id;
use crate::error::{ApiError, quoted};
use crate::events::{self, Form};
use crate::faults::{self, Fault};
use crate::format::{Style, is_type};
use crate::ids::Ids;
use crate::instances::Instances;
use crate::life;
use crate::outcomes::{Outcome, Step};
use crate::params::Params;
use crate::refusals::refusal;
use crate::server;
use crate::tenants::{Tenant, Tenants};

/// The most that an update adds to a store: the output that is kept of a run.
const OUTPUT_BYTES: usize = 24_576;

/// A control request.
struct Call<'a> {
    tenants: &'a Arc<Tenants>,
    head: &'a Parts,
    body: &'a [u8],
}

/// Answers the control request `name`.
pub(crate) async fn answer(
    tenants: &Arc<Tenants>,
    name: &str,
    head: &Parts,
    body: &[u8],
) -> Result<Response<Body>, ApiError> {
    let call = Call { tenants, head, body };
    match (name, head.method.as_str()) {
        ("runs", "POST") => call.act(runs).await,
        ("outcomes", "POST") => call.act(outcomes).await,
        ("clock", "POST") => call.act(clock).await,
        ("reboot", "POST") => call.act(reboot).await,
        ("records", "POST") => call.act(records).await,
        ("instances", "POST") => call.act(instances).await,
        ("faults", "POST") => call.act(add_fault).await,
        ("faults", "GET") => call.act(list_faults).await,
        ("faults", "DELETE") => call.act(clear_faults).await,
        ("reset", "POST") => call.reset().await,
        ("events", "GET") => call.stream().await,
        ("health", "GET") => Ok(health(tenants)),
        ("runs" | "outcomes" | "clock" | "reboot" | "records" | "instances", _)
        | ("faults" | "reset" | "events" | "health", _) => Err(ApiError::method()),
        _ => Err(ApiError::unknown_action()),
    }
}

impl Call<'_> {
    /// Reads the body, which is `null` if the request has another method than POST, and calls `action`.
    /// The store then counts as changed, unless the request is a GET.
    async fn act<T: DeserializeOwned>(
        &self,
        action: fn(&Tenant, T) -> Result<Value, ApiError>,
    ) -> Result<Response<Body>, ApiError> {
        let tenant = self.tenant().await?;
        let is_post = self.head.method == Method::POST;
        if is_post {
            check_is_json(&self.head.headers)?;
        }
        let request_id = tenant.ids.request_id();
        let parsed = parse(if is_post { self.body } else { b"null" });
        let _writing = tenant.saving.read().await;
        Ok(match parsed.and_then(|body| action(&tenant, body)) {
            Ok(fields) => {
                if self.head.method != Method::GET {
                    tenant.touch();
                }
                done(&request_id, fields)
            }
            Err(error) => {
                let host = server::host(&self.head.headers);
                server::refusal(&error, &request_id, host, Style::CONTROL)
            }
        })
    }

    /// The store of the request.
    async fn tenant(&self) -> Result<Arc<Tenant>, ApiError> {
        self.tenants.get(self.params()?.access_key_id(&self.head.headers)).await
    }

    fn params(&self) -> Result<Params<'_>, ApiError> {
        Ok(Params::read(self.head.uri.query().unwrap_or_default(), b"")?)
    }

    /// Empties the store and loads the captures again.
    async fn reset(&self) -> Result<Response<Body>, ApiError> {
        // It needs no body, so it may have no type either.
        if self.head.headers.contains_key(header::CONTENT_TYPE) {
            check_is_json(&self.head.headers)?;
        }
        let reset: Reset = match self.body {
            b"" => Reset::default(),
            body => parse(body)?,
        };
        let now = reset.now.as_deref().map(now).transpose()?;
        self.tenants.reset(self.params()?.access_key_id(&self.head.headers)).await;
        let tenant = self.tenant().await?;
        if let Some(now) = now {
            tenant.clock.stand(now);
            tenant.touch();
        }
        Ok(done(&tenant.ids.request_id(), json!({})))
    }

    /// Streams the store's events until the client disconnects.
    async fn stream(&self) -> Result<Response<Body>, ApiError> {
        let form = Form::read(&self.params()?)?;
        let permit = Arc::clone(&self.tenants.streams).try_acquire_owned();
        let permit = permit.map_err(|_| {
            let allowed = format!("allowed are {} streams of events at a time", events::STREAMS);
            refusal("Throttling.Events").detail(format!("{allowed}; close one first"))
        })?;
        let tenant = self.tenant().await?;
        // It takes the store's lock as a write does.
        let _writing = tenant.saving.read().await;
        let mut answer = events::stream(Arc::clone(&tenant), form, permit).into_response();
        server::name(&mut answer, &Ids::random());
        Ok(answer)
    }
}

fn done(request_id: &str, fields: Value) -> Response<Body> {
    server::json(StatusCode::OK, request_id, with_request_id(fields, request_id))
}

/// No form of a web page can send this type.
fn check_is_json(headers: &HeaderMap) -> Result<(), ApiError> {
    const JSON: &str = "application/json";
    match is_type(headers, &header::CONTENT_TYPE, JSON) {
        true => Ok(()),
        false => Err(server::content_type(JSON)),
    }
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
    instances.add(&answer, &tenant.cloud, &mut HashSet::new()).map_err(invalid_body)?;
    tenant.check_room(instances.bytes())?;
    let listed = instances.len();
    tenant.state().instances = Some(Arc::new(instances));
    Ok(json!({"Listed": listed}))
}

/// Adds a fault for requests from now on.
fn add_fault(tenant: &Tenant, fault: Fault) -> Result<Value, ApiError> {
    tenant.check_room(faults::BYTES)?;
    faults::add(tenant, fault)?;
    Ok(json!({}))
}

fn list_faults(tenant: &Tenant, (): ()) -> Result<Value, ApiError> {
    Ok(json!({"Faults": tenant.state_to_read().faults.list()}))
}

fn clear_faults(tenant: &Tenant, (): ()) -> Result<Value, ApiError> {
    faults::clear(tenant);
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
        let tried = store.fork(tenant.clock.clone()).import(capture.as_bytes(), &tenant.import)?;
        match tried.refusals.into_iter().next() {
            Some(refused) => Err(refused.error),
            None => store.import(capture.as_bytes(), &tenant.import),
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

fn health(tenants: &Tenants) -> Response<Body> {
    let archive = tenants.saves.json(tenants.has_changed());
    let body = json!({"Status": "ok", "Stores": tenants.count(), "Archive": archive});
    server::json(StatusCode::OK, &Ids::random(), body.to_string().into_bytes())
}
