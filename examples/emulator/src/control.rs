//! Endpoints for tests under `/_emulator/`, which the API does not have. Bodies are JSON objects.
//! The access key id is read as in any other request.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use invodex::Store;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::actions::with_request_id;
use crate::error::ApiError;
use crate::events;
use crate::outcomes::{Outcome, Step};
use crate::params::Params;
use crate::server;
use crate::tenants::{Tenant, Tenants};

type Shared = State<Arc<Tenants>>;

pub(crate) fn router() -> Router<Arc<Tenants>> {
    Router::new()
        .route("/runs", post(async |tenants: Shared, request| act(tenants, request, runs).await))
        .route(
            "/outcomes",
            post(async |tenants: Shared, request| act(tenants, request, outcomes).await),
        )
        .route("/clock", post(async |tenants: Shared, request| act(tenants, request, clock).await))
        .route("/reset", post(reset))
        .route("/events", get(stream))
        .route("/health", get(health))
}

/// Reads the body, calls the endpoint's function, and writes the answer.
async fn act<T: DeserializeOwned>(
    State(tenants): Shared,
    request: Request,
    action: fn(&Tenant, T) -> Result<Value, ApiError>,
) -> Response<Body> {
    let host = server::host(&request);
    let (head, body) = request.into_parts();
    let read = async {
        let params = Params::read(head.uri.query().unwrap_or_default(), b"")?;
        let tenant = tenants.get(params.access_key_id(&head.headers)).await?;
        let body = server::body_of(body).await?;
        Ok::<_, ApiError>((tenant, body))
    };
    let (tenant, body) = match read.await {
        Ok(read) => read,
        Err(error) => return server::refusal(&error, &tenants.ids.request_id(), &host),
    };
    let request_id = tenant.ids.request_id();
    let parsed = serde_json::from_slice(&body).map_err(invalid_body);
    match parsed.and_then(|body| action(&tenant, body)) {
        Ok(fields) => server::json(StatusCode::OK, with_request_id(fields, &request_id)),
        Err(error) => server::refusal(&error, &request_id, &host),
    }
}

fn invalid_body(error: serde_json::Error) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "InvalidBody", "The request body is not valid.")
        .recommend(error.to_string())
}

/// Updates a run.
fn runs(tenant: &Tenant, mut report: Map<String, Value>) -> Result<Value, ApiError> {
    let mut take = |name| match report.remove(name) {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => Err(ApiError::missing(name)),
    };
    let (invoke_id, instance_id) = (take("InvokeId")?, take("InstanceId")?);
    let step: Step = serde_json::from_value(report.into()).map_err(invalid_body)?;
    tenant.store.update_run(&invoke_id, &instance_id, &step.update()?)?;
    tenant.touch();
    Ok(json!({}))
}

/// Adds a script for runs that are accepted from now on.
fn outcomes(tenant: &Tenant, outcome: Outcome) -> Result<Value, ApiError> {
    tenant.state().outcomes.add(outcome)?;
    tenant.touch();
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

/// Moves the clock of the store. Answers the store's time, which never goes back.
fn clock(tenant: &Tenant, to: Move) -> Result<Value, ApiError> {
    match to {
        Move::Now(time) => tenant.clock.set(time.parse()?),
        Move::Advance(seconds) => tenant.clock.advance(seconds),
    }
    tenant.touch();
    Ok(json!({"Now": tenant.store.read(Store::now)}))
}

/// Empties the store and loads the captures again.
async fn reset(State(tenants): Shared, request: Request) -> Response<Body> {
    let host = server::host(&request);
    let (head, _) = request.into_parts();
    let begun = async {
        let params = Params::read(head.uri.query().unwrap_or_default(), b"")?;
        let access_key_id = params.access_key_id(&head.headers);
        tenants.reset(access_key_id);
        tenants.get(access_key_id).await
    };
    match begun.await {
        Ok(tenant) => {
            let body = with_request_id(json!({}), &tenant.ids.request_id());
            server::json(StatusCode::OK, body)
        }
        Err(error) => server::refusal(&error, &tenants.ids.request_id(), &host),
    }
}

/// Streams the store's events until the client disconnects.
async fn stream(State(tenants): Shared, request: Request) -> Response<Body> {
    let host = server::host(&request);
    let (head, _) = request.into_parts();
    let found = async {
        let params = Params::read(head.uri.query().unwrap_or_default(), b"")?;
        tenants.get(params.access_key_id(&head.headers)).await
    };
    match found.await {
        Ok(tenant) => events::stream(&tenant.store).into_response(),
        Err(error) => server::refusal(&error, &tenants.ids.request_id(), &host),
    }
}

async fn health(State(tenants): Shared) -> Response<Body> {
    let body = json!({"Status": "ok", "Stores": tenants.count()});
    server::json(StatusCode::OK, body.to_string().into_bytes())
}
