//! The routes, and the path from a request to its answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use invodex::Recommend;

use crate::error::ApiError;
use crate::format::{Format, Style, is_type};
use crate::guard::Guard;
use crate::ids::{Ids, REQUEST_ID};
use crate::params::Params;
use crate::tell::tell;
use crate::tenants::Tenants;
use crate::{actions, console, control, faults, log};

/// Maximum size of a request's body.
const BODY_BYTES: usize = 1_024 * 1_024;
/// Timeout for a request's body.
const BODY_TIME: Duration = Duration::from_secs(10);
const FORM: &str = "application/x-www-form-urlencoded";
const TRACE_ID: HeaderName = HeaderName::from_static("x-acs-trace-id");
/// The paths of the control requests begin with that of the console.
const CONSOLE: &str = "/_emulator/";

struct Server {
    guard: Guard,
    tenants: Arc<Tenants>,
}

/// The router, which leads every request to one handler.
pub(crate) fn router(tenants: Arc<Tenants>, guard: Guard) -> Router {
    let serve = async |State(server): State<Arc<Server>>, request: Request| {
        let entry = log::begin_entry(&request);
        let (head, body) = request.into_parts();
        let answer = server.answer(&head, body).await;
        if let Some(entry) = entry {
            entry.end(&answer);
        }
        answer
    };
    Router::new().fallback(serve).with_state(Arc::new(Server { guard, tenants }))
}

impl Server {
    async fn answer(&self, head: &Parts, body: Body) -> Response<Body> {
        let path = head.uri.path();
        let has_body = !body.is_end_stream();
        let checked = match path {
            // Also a link in a page of another site may lead to it.
            CONSOLE => self.guard.check_host(head).map(drop),
            _ => self.guard.check(head),
        };
        if let Err(error) = checked {
            // The service has no such refusal, so the answer says what it means.
            let style =
                Style { recommend: Recommend::Detail, ..self.tenants.style().asked_by(head) };
            let request_id = self.tenants.ids.request_id();
            let mut answer = refusal(&error, &request_id, host(&head.headers), style);
            if has_body {
                close(&mut answer);
            }
            return answer;
        }
        let body = match body_of(body).await {
            Ok(body) => body,
            Err(error) => {
                let mut answer = self.refuse(head, &error);
                close(&mut answer);
                return answer;
            }
        };
        let answered = match (path, &head.method) {
            ("/", &Method::GET | &Method::POST) => self.api(head, &body).await,
            (CONSOLE, &Method::GET) => Ok(console::page()),
            ("/" | CONSOLE, _) => Err(ApiError::method()),
            (path, _) => match path.strip_prefix(CONSOLE) {
                Some(name) => control::answer(&self.tenants, name, head, &body).await,
                None => Err(ApiError::unknown_action()),
            },
        };
        answered.unwrap_or_else(|error| self.refuse(head, &error))
    }

    /// The answer to a request that is refused before its store is known.
    fn refuse(&self, head: &Parts, error: &ApiError) -> Response<Body> {
        let (request_id, host) = (self.tenants.ids.request_id(), host(&head.headers));
        if head.uri.path().starts_with(CONSOLE) {
            return refusal(error, &request_id, host, Style::CONTROL);
        }
        told(error, &request_id);
        refusal(error, &request_id, host, self.tenants.style().asked_by(head))
    }

    /// Answers a request to the API.
    async fn api(&self, head: &Parts, form: &[u8]) -> Result<Response<Body>, ApiError> {
        let typed = || head.headers.contains_key(header::CONTENT_TYPE);
        if !form.is_empty() && typed() && !is_type(&head.headers, &header::CONTENT_TYPE, FORM) {
            return Err(content_type(FORM));
        }
        let params = Params::read(head.uri.query().unwrap_or_default(), form)?;
        let call = Call { headers: &head.headers, params };
        let action = call.param_or_header("Action", "x-acs-action").unwrap_or_default();
        let observes = console::is_observer(call.headers) && !actions::writes(action);
        let mut answer = self.act(&call, action, observes).await;
        if observes {
            log::note_unlogged(&mut answer);
        } else {
            log::note_asked(&mut answer, action, call.params.access_key_id(call.headers));
        }
        Ok(answer)
    }

    /// Does the action. A query of the console `observes`: it takes no id that a seed repeats, no fault
    /// hits it, and its error is shown with its detail, and not told to the operator every two seconds.
    async fn act(&self, call: &Call<'_>, action: &str, observes: bool) -> Response<Body> {
        let host = host(call.headers);
        let mut style = self.tenants.style();
        style.format =
            Format::asked(call.params.get("Format"), call.headers).unwrap_or(style.format);
        if observes {
            style.recommend = Recommend::Detail;
        }
        let refused = |error: &ApiError, request_id: &str| {
            if !observes {
                told(error, request_id);
            }
            refusal(error, request_id, host, style)
        };
        let tenant = match self.tenants.get(call.params.access_key_id(call.headers)).await {
            Ok(tenant) => tenant,
            Err(error) => return refused(&error, &self.tenants.ids.request_id()),
        };
        let request_id = if observes { Ids::random() } else { tenant.ids.request_id() };
        let usual = async {
            let _writing = match actions::writes(action) {
                true => Some(tenant.saving.read().await),
                false => None,
            };
            match actions::answer(&tenant, call, &request_id) {
                Ok(body) => {
                    let root = format_args!("{action}Response");
                    answer(StatusCode::OK, &request_id, style.format, root, body)
                }
                Err(error) => refused(&error, &request_id),
            }
        };
        let fault = if observes { None } else { faults::hit(&tenant, action, &call.params).await };
        match fault {
            None => usual.await,
            Some(fault) => fault.answer(usual, |error| refused(error, &request_id)).await,
        }
    }
}

/// A request whose headers and parameters have been read.
pub(crate) struct Call<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) params: Params<'a>,
}

impl Call<'_> {
    /// The parameter `name`, or else `header`, which newer clients send instead.
    pub(crate) fn param_or_header(&self, name: &str, header: &str) -> Result<&str, ApiError> {
        let header = || self.headers.get(header)?.to_str().ok().filter(|value| !value.is_empty());
        self.params.get(name).or_else(header).ok_or_else(|| ApiError::missing(name))
    }
}

/// The error for a body that is no `allowed`.
pub(crate) fn content_type(allowed: &str) -> ApiError {
    ApiError::new(415, "UnsupportedContentType", "The specified Content-Type is not supported.")
        .detail(format!("a body is {allowed}"))
}

/// Reads the whole body, within the limits.
async fn body_of(body: Body) -> Result<Bytes, ApiError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let too_large = || {
        ApiError::new(413, "RequestEntityTooLarge", "The request body is too large or incomplete.")
            .detail(format!("a body has at most {BODY_BYTES} bytes"))
    };
    let too_slow = || {
        ApiError::new(408, "RequestTimeout", "The request has timed out.")
            .detail(format!("a body takes at most {} seconds", BODY_TIME.as_secs()))
    };
    if is_too_large(&body) {
        return Err(too_large());
    }
    let read = tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_BYTES));
    read.await.map_err(|_| too_slow())?.map_err(|_| too_large())
}

/// Whether the Content-Length is too large: such a body is refused before it is read.
fn is_too_large(body: &Body) -> bool {
    body.size_hint().lower() > BODY_BYTES as u64
}

/// The endpoint as the client names it.
pub(crate) fn host(headers: &HeaderMap) -> &str {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.unwrap_or_default()
}

/// The answer to a control request.
pub(crate) fn json(status: StatusCode, request_id: &str, body: Vec<u8>) -> Response<Body> {
    answer(status, request_id, Format::Json, format_args!(""), body)
}

/// An answer with the JSON `body` in this format, whose XML is the element `root`.
fn answer<B: From<Vec<u8>>>(
    status: StatusCode,
    request_id: &str,
    format: Format,
    root: fmt::Arguments<'_>,
    body: Vec<u8>,
) -> Response<B> {
    let (kind, body) = format.body(root, body);
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    name(&mut answer, request_id);
    answer
}

/// Adds the headers with the RequestId, and with a trace id made of it.
pub(crate) fn name<B>(answer: &mut Response<B>, request_id: &str) {
    let mut trace_id = Vec::with_capacity(request_id.len());
    trace_id.extend(request_id.bytes().filter(|it| *it != b'-').map(|it| it.to_ascii_lowercase()));
    for (name, id) in [(REQUEST_ID, request_id.as_bytes()), (TRACE_ID, &trace_id)] {
        if let Ok(id) = HeaderValue::from_bytes(id) {
            answer.headers_mut().insert(name, id);
        }
    }
}

/// Tells the operator of a refused request to the API, with the detail, which the answer may lack. The
/// log does it if there is one.
fn told(error: &ApiError, request_id: &str) {
    if !log::is_on() {
        tell(format!("{request_id} {error}"));
    }
}

/// Says that the connection is closed after this answer.
fn close(answer: &mut Response<Body>) {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

/// The answer to a refused request.
pub(crate) fn refusal<B: From<Vec<u8>>>(
    error: &ApiError,
    request_id: &str,
    host: &str,
    style: Style,
) -> Response<B> {
    let body = error.body(request_id, host, style.recommend);
    let root = format_args!("Error");
    let mut answer = answer(error.status(), request_id, style.format, root, body);
    log::note_refused(&mut answer, error);
    answer
}
