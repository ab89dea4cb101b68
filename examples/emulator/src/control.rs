//! Endpoints for tests under `/_emulator/`, which the API does not have. Bodies are JSON objects.
//! The access key id is read as in any other request.

use std::fmt::Display;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
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
use crate::server;
use crate::tenants::{Tenant, Tenants};

/// The most that an update adds to a store: the output that is kept of a run.
const OUTPUT_BYTES: usize = 24_576;

type Shared = State<Arc<Tenants>>;

pub(crate) fn router() -> Router<Arc<Tenants>> {
    Router::new()
        .route("/runs", post(async |tenants: Shared, request| act(tenants, request, runs).await))
        .route(
            "/outcomes",
            post(async |tenants: Shared, request| act(tenants, request, outcomes).await),
        )
        .route("/clock", post(async |tenants: Shared, request| act(tenants, request, clock).await))
        .route(
            "/reboot",
            post(async |tenants: Shared, request| act(tenants, request, reboot).await),
        )
        .route(
            "/records",
            post(async |tenants: Shared, request| act(tenants, request, records).await),
        )
        .route(
            "/instances",
            post(async |tenants: Shared, request| act(tenants, request, instances).await),
        )
        .route(
            "/faults",
            post(async |tenants: Shared, request| act(tenants, request, add_fault).await)
                .get(async |tenants: Shared, request| ask(tenants, request, list_faults).await)
                .delete(async |tenants: Shared, request| ask(tenants, request, clear_faults).await),
        )
        .route("/reset", post(reset))
        .route("/events", get(stream))
        .route("/health", get(health))
        .fallback(async |tenants, request| refuse(tenants, request, ApiError::unknown_action()))
        .method_not_allowed_fallback(async |tenants, request| {
            refuse(tenants, request, ApiError::method())
        })
}

/// The answer to a request that no endpoint takes.
fn refuse(tenants: Shared, request: Request, error: ApiError) -> Response<Body> {
    refusal(&error, &tenants.ids.request_id(), server::host(request.headers()))
}

/// The answer to a refused request. It always carries the detail, because a person reads it.
fn refusal(error: &ApiError, request_id: &str, host: &str) -> Response<Body> {
    server::refusal(error, request_id, host, Style::CONTROL)
}

/// Reads the body, calls the endpoint's function, and writes the answer.
async fn act<T: DeserializeOwned>(
    State(tenants): Shared,
    request: Request,
    action: fn(&Tenant, T) -> Result<Value, ApiError>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let host = server::host(&head.headers);
    let read = async {
        let params = Params::read(head.uri.query().unwrap_or_default(), b"")?;
        let tenant = tenants.get(params.access_key_id(&head.headers)).await?;
        check_is_json(&head.headers)?;
        let body = server::body_of(body).await?;
        Ok::<_, ApiError>((tenant, body))
    };
    let (tenant, body) = match read.await {
        Ok(read) => read,
        Err(error) => return refusal(&error, &tenants.ids.request_id(), host),
    };
    let request_id = tenant.ids.request_id();
    let parsed = parse(&body);
    let _writing = tenant.saving.read().await;
    match parsed.and_then(|body| action(&tenant, body)) {
        Ok(fields) => {
            server::json(StatusCode::OK, &request_id, with_request_id(fields, &request_id))
        }
        Err(error) => refusal(&error, &request_id, host),
    }
}

/// As [`act`], without a body.
async fn ask(
    State(tenants): Shared,
    request: Request,
    action: fn(&Tenant) -> Value,
) -> Response<Body> {
    let (head, _) = request.into_parts();
    let host = server::host(&head.headers);
    let found = async {
        let params = Params::read(head.uri.query().unwrap_or_default(), b"")?;
        tenants.get(params.access_key_id(&head.headers)).await
    };
    match found.await {
        Ok(tenant) => {
            let request_id = tenant.ids.request_id();
            let _writing = tenant.saving.read().await;
            server::json(StatusCode::OK, &request_id, with_request_id(action(&tenant), &request_id))
        }
        Err(error) => refusal(&error, &tenants.ids.request_id(), host),
    }
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
    ApiError::new(StatusCode::BAD_REQUEST, "InvalidBody", "The request body is not valid.")
        .detail(error.to_string())
}

/// Updates a run.
fn runs(tenant: &Tenant, mut report: Map<String, Value>) -> Result<Value, ApiError> {
    let mut take = |name| match report.remove(name) {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        None => Err(ApiError::missing(name)),
        Some(given) => {
            Err(ApiError::invalid(name, format!("given {given}, allowed is the text of an id")))
        }
    };
    let (invoke_id, instance_id) = (take("InvokeId")?, take("InstanceId")?);
    if report.contains_key("DelayMs") {
        let detail = "given for a change that is made at once, allowed in the Steps of outcomes";
        return Err(ApiError::invalid("DelayMs", detail));
    }
    let step: Step = serde_path_to_error::deserialize(Value::from(report)).map_err(invalid_body)?;
    tenant.check_room(OUTPUT_BYTES)?;
    tenant.store.update_run(&invoke_id, &instance_id, &step.update()?)?;
    tenant.touch();
    Ok(json!({}))
}

/// Adds a script for runs that are accepted from now on.
fn outcomes(tenant: &Tenant, outcome: Outcome) -> Result<Value, ApiError> {
    tenant.check_room(outcome.bytes())?;
    tenant.state().outcomes.add(outcome)?;
    tenant.touch();
    Ok(json!({}))
}

/// Lists the instances of an answer of DescribeInstances, in place of those listed before.
fn instances(tenant: &Tenant, answer: Value) -> Result<Value, ApiError> {
    let mut instances = Instances::default();
    instances.add(&answer, &tenant.cloud).map_err(invalid_body)?;
    tenant.check_room(instances.bytes())?;
    let listed = instances.len();
    tenant.state().instances = Some(Arc::new(instances));
    tenant.touch();
    Ok(json!({"Listed": listed}))
}

/// Adds a fault for requests from now on.
fn add_fault(tenant: &Tenant, fault: Fault) -> Result<Value, ApiError> {
    tenant.check_room(faults::BYTES)?;
    faults::add(tenant, fault)?;
    Ok(json!({}))
}

fn list_faults(tenant: &Tenant) -> Value {
    json!({"Faults": tenant.state_to_read().faults.list()})
}

fn clear_faults(tenant: &Tenant) -> Value {
    faults::clear(tenant);
    json!({})
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
    tenant.touch();
    Ok(json!({"Now": tenant.store.read(Store::now)}))
}

/// Reads the field Now.
fn now(text: &str) -> Result<Timestamp, ApiError> {
    text.parse().map_err(|error: Error| {
        let given = format!("Now: given {}", quoted(text));
        ApiError::from(error).detail(format!("{given}, allowed is a time as 2026-03-01T00:00:00Z"))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Reboot {
    instance_id: Value,
}

/// Reboots an instance. Answers the number of executions that begin by it.
fn reboot(tenant: &Tenant, Reboot { instance_id }: Reboot) -> Result<Value, ApiError> {
    match instance_id.as_str() {
        Some(id) if !id.is_empty() => Ok(json!({"Started": life::reboot(tenant, id)})),
        _ => {
            let detail = format!("given {instance_id}, allowed is the id of an instance");
            Err(ApiError::invalid("InstanceId", detail))
        }
    }
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
    tenant.touch();
    Ok(json!({"Loaded": report.loaded, "NotRetained": report.not_retained.len()}))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Reset {
    /// The time at which the clock of the new store stands.
    now: Option<String>,
}

/// Empties the store and loads the captures again.
async fn reset(State(tenants): Shared, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let host = server::host(&head.headers);
    let begun = async {
        let params = Params::read(head.uri.query().unwrap_or_default(), b"")?;
        // It needs no body, so it may have no type either.
        if head.headers.contains_key(header::CONTENT_TYPE) {
            check_is_json(&head.headers)?;
        }
        let body = server::body_of(body).await?;
        let reset: Reset = match &body[..] {
            b"" => Reset::default(),
            body => parse(body)?,
        };
        let now = reset.now.as_deref().map(now).transpose()?;
        let access_key_id = params.access_key_id(&head.headers);
        tenants.reset(access_key_id).await;
        let tenant = tenants.get(access_key_id).await?;
        if let Some(now) = now {
            tenant.clock.stand(now);
            tenant.touch();
        }
        Ok::<_, ApiError>(tenant)
    };
    match begun.await {
        Ok(tenant) => {
            let request_id = tenant.ids.request_id();
            server::json(StatusCode::OK, &request_id, with_request_id(json!({}), &request_id))
        }
        Err(error) => refusal(&error, &tenants.ids.request_id(), host),
    }
}

/// Streams the store's events until the client disconnects.
async fn stream(State(tenants): Shared, request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    let host = server::host(&head.headers);
    let found = async {
        let params = Params::read(head.uri.query().unwrap_or_default(), b"")?;
        let form = Form::read(&params)?;
        let permit = Arc::clone(&tenants.streams).try_acquire_owned();
        let permit = permit.map_err(|_| too_many_streams())?;
        let tenant = tenants.get(params.access_key_id(&head.headers)).await?;
        Ok::<_, ApiError>((tenant, form, permit))
    };
    match found.await {
        Ok((tenant, form, permit)) => {
            // It takes the store's lock as a write does.
            let writing = tenant.saving.read().await;
            let stream = events::stream(Arc::clone(&tenant), form, permit);
            drop(writing);
            stream.into_response()
        }
        Err(error) => refusal(&error, &tenants.ids.request_id(), host),
    }
}

fn too_many_streams() -> ApiError {
    let streams = events::STREAMS;
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "Throttling.Events",
        "Request was denied due to request throttling.",
    )
    .detail(format!("allowed are {streams} streams of events at a time; close one first"))
}

async fn health(State(tenants): Shared) -> Response<Body> {
    let archive = tenants.saves.json(tenants.has_changed());
    let body = json!({"Status": "ok", "Stores": tenants.count(), "Archive": archive});
    // Not of the ids that a seed repeats: how often a client asks does not change those.
    let request_id = Ids::new(None, "").request_id();
    server::json(StatusCode::OK, &request_id, body.to_string().into_bytes())
}
