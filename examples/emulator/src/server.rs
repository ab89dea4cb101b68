//! The routes, and the path from a request to its answer.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::routing::get;
use futures_util::{StreamExt, stream};
use invodex::Recommend;
use tower_http::catch_panic::CatchPanicLayer;

use crate::connections::Refusal;
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

/// The state that all handlers share.
struct Server {
    guard: Guard,
    tenants: Arc<Tenants>,
}

type Shared = State<Arc<Server>>;

/// All routes. The layers that control requests need are around these alone: each layer costs the
/// API's answers time.
pub(crate) fn router(tenants: Arc<Tenants>, guard: Guard) -> Router {
    let style = tenants.style();
    let control = control::router().with_state(Arc::clone(&tenants));
    let server = Arc::new(Server { guard, tenants });
    let control = guarded(control, Style::CONTROL)
        .route_layer(from_fn_with_state(Arc::clone(&server), no_head))
        .layer(from_fn_with_state(Arc::clone(&server), pass));
    let router = Router::new()
        // axum takes HEAD for GET: it would execute an action and hide its answer.
        .route("/", get(api).post(api).head(no_method))
        .route("/_emulator/", get(page).head(no_method))
        .fallback(async |State(server): Shared, request| {
            server.refuse(request, &ApiError::unknown_action())
        })
        .method_not_allowed_fallback(no_method)
        .with_state(server)
        .nest("/_emulator", control);
    log::around(guarded(router, style))
}

/// The answer to a request whose head HTTP refuses: it is malformed or too large.
pub(crate) fn unparsed(tenants: Arc<Tenants>) -> Refusal {
    Arc::new(move |status| {
        let (code, message, detail) = match status {
            StatusCode::URI_TOO_LONG => (
                "RequestURITooLong",
                "The request target is too long.",
                "allowed are 65534 bytes; send the parameters in a form",
            ),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
                "RequestHeaderFieldsTooLarge",
                "The request headers are too large.",
                "allowed are 100 headers, and 65536 bytes with the request line",
            ),
            _ => (
                "InvalidRequest",
                "The request is not valid.",
                "the request line or a header is malformed; allowed is HTTP/1.1 or HTTP/1.0",
            ),
        };
        let error = ApiError::new(status.as_u16(), code, message).detail(detail);
        let request_id = tenants.ids.request_id();
        log::tell_refused(&error, &request_id);
        // No parameter and no Host of it is known.
        refusal(&error, &request_id, "", tenants.style())
    })
}

impl Server {
    /// The answer to a request that the guard refuses. The service has no such refusal, so the answer
    /// says what it means.
    fn guards(&self, head: &Parts) -> Option<Response<Body>> {
        self.guard.check(head).err().map(|error| self.refusal(head, &error))
    }

    fn refusal(&self, head: &Parts, error: &ApiError) -> Response<Body> {
        let style = Style { recommend: Recommend::Detail, ..self.tenants.style().asked_by(head) };
        refusal(error, &self.tenants.ids.request_id(), host(&head.headers), style)
    }

    /// The answer to a request whose body is not read.
    fn refuse(&self, request: Request, error: &ApiError) -> Response<Body> {
        let (head, body) = request.into_parts();
        let refused = || refuse(&self.tenants, &head, error);
        unread(&body, self.guards(&head).unwrap_or_else(refused))
    }
}

/// Answers the console, also to a link in a page of another site.
async fn page(State(server): Shared, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    match server.guard.check_host(&head) {
        Ok(_) => unread(&body, console::page()),
        Err(error) => unread(&body, server.refusal(&head, &error)),
    }
}

async fn no_method(State(server): Shared, request: Request) -> Response<Body> {
    server.refuse(request, &ApiError::method())
}

async fn no_head(State(server): Shared, request: Request, next: Next) -> Response<Body> {
    match *request.method() {
        Method::HEAD => refuse(&server.tenants, &request.into_parts().0, &ApiError::method()),
        _ => next.run(request).await,
    }
}

/// Lets a control request pass that the guard allows. If its body is not read to the end, the
/// connection is closed, because no further request can be read from it.
async fn pass(State(server): Shared, request: Request, next: Next) -> Response<Body> {
    let (head, body) = request.into_parts();
    if let Some(refusal) = server.guards(&head) {
        return unread(&body, refusal);
    }
    let ended = Arc::new(AtomicBool::new(body.is_end_stream()));
    let body = if body.is_end_stream() || is_too_large(&body) {
        body
    } else {
        let ended = Arc::clone(&ended);
        let end = async move {
            ended.store(true, Relaxed);
            Ok(Bytes::new())
        };
        Body::from_stream(body.into_data_stream().chain(stream::once(end)))
    };
    let mut answer = next.run(Request::from_parts(head, body)).await;
    if !ended.load(Relaxed) {
        close(&mut answer);
    }
    if !answer.headers().contains_key(REQUEST_ID) {
        // It has no body with a RequestId. Its id does not change those that a seed repeats.
        name(&mut answer, &Ids::new(None, "").request_id());
    }
    answer
}

/// Adds a layer that answers a request whose handler panics with an error.
fn guarded<S: Clone + Send + Sync + 'static>(router: Router<S>, style: Style) -> Router<S> {
    router.layer(CatchPanicLayer::custom(move |_: Box<dyn Any + Send>| {
        let error = invodex::Error::dispatch_error().into();
        refusal::<Body>(&error, &Ids::new(None, "").request_id(), "", style)
    }))
}

/// Answers a request to the API.
async fn api(State(server): Shared, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    if let Some(refusal) = server.guards(&head) {
        return unread(&body, refusal);
    }
    let tenants = &server.tenants;
    let form = match body_of(body).await {
        Ok(form) => form,
        Err(error) => {
            let mut answer = refuse(tenants, &head, &error);
            close(&mut answer);
            return answer;
        }
    };
    let params = match read(&head, &form) {
        Ok(params) => params,
        Err(error) => return refuse(tenants, &head, &error),
    };
    let call = Call { headers: &head.headers, params };
    let action = call.param_or_header("Action", "x-acs-action").unwrap_or_default();
    let observes = console::is_observer(call.headers) && !actions::writes(action);
    let mut answer = act(tenants, &call, action, observes).await;
    if observes {
        log::note_unlogged(&mut answer);
    } else {
        log::note_asked(&mut answer, action, call.params.access_key_id(call.headers));
    }
    answer
}

/// Does the action. A query of the console `observes`: it takes no id that a seed repeats, no fault hits
/// it, and its error is not told to the operator.
async fn act(
    tenants: &Arc<Tenants>,
    call: &Call<'_>,
    action: &str,
    observes: bool,
) -> Response<Body> {
    let host = host(call.headers);
    let mut style = tenants.style();
    style.format = Format::asked(call.params.get("Format"), call.headers).unwrap_or(style.format);
    let tenant = match tenants.get(call.params.access_key_id(call.headers)).await {
        Ok(tenant) => tenant,
        Err(error) => return api_refusal(&error, &tenants.ids.request_id(), host, style),
    };
    let request_id = match observes {
        true => Ids::new(None, "").request_id(),
        false => tenant.ids.request_id(),
    };
    let refuse = |error: &ApiError| match observes {
        // The page shows the detail, and repeats a refused query every two seconds.
        true => {
            let style = Style { recommend: Recommend::Detail, ..style };
            refusal(error, &request_id, host, style)
        }
        false => api_refusal(error, &request_id, host, style),
    };
    let usual = async {
        let _writing = match actions::writes(action) {
            true => Some(tenant.saving.read().await),
            false => None,
        };
        match actions::answer(&tenant, call, &request_id) {
            Ok(body) => answer(
                StatusCode::OK,
                &request_id,
                style.format,
                format_args!("{action}Response"),
                body,
            ),
            Err(error) => refuse(&error),
        }
    };
    let fault = if observes { None } else { faults::hit(&tenant, action, &call.params).await };
    match fault {
        None => usual.await,
        Some(fault) => fault.answer(usual, refuse).await,
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

fn read<'a>(head: &'a Parts, form: &'a [u8]) -> Result<Params<'a>, ApiError> {
    let typed = || head.headers.contains_key(header::CONTENT_TYPE);
    if !form.is_empty() && typed() && !is_type(&head.headers, &header::CONTENT_TYPE, FORM) {
        return Err(content_type(FORM));
    }
    Ok(Params::read(head.uri.query().unwrap_or_default(), form)?)
}

/// The error for a body that is no `allowed`.
pub(crate) fn content_type(allowed: &str) -> ApiError {
    ApiError::new(415, "UnsupportedContentType", "The specified Content-Type is not supported.")
        .detail(format!("a body is {allowed}"))
}

/// Reads the whole body, within the limits.
pub(crate) async fn body_of(body: Body) -> Result<Bytes, ApiError> {
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
fn name<B>(answer: &mut Response<B>, request_id: &str) {
    let mut trace_id = Vec::with_capacity(request_id.len());
    trace_id.extend(request_id.bytes().filter(|it| *it != b'-').map(|it| it.to_ascii_lowercase()));
    for (name, id) in [(REQUEST_ID, request_id.as_bytes()), (TRACE_ID, &trace_id)] {
        if let Ok(id) = HeaderValue::from_bytes(id) {
            answer.headers_mut().insert(name, id);
        }
    }
}

/// The answer to a request of the API that is refused before its parameters are read.
fn refuse(tenants: &Tenants, head: &Parts, error: &ApiError) -> Response<Body> {
    let style = tenants.style().asked_by(head);
    api_refusal(error, &tenants.ids.request_id(), host(&head.headers), style)
}

/// The answer to a refused request to the API. The log gets the detail, which the answer may lack.
fn api_refusal(error: &ApiError, request_id: &str, host: &str, style: Style) -> Response<Body> {
    if !log::is_on() {
        tell(format!("{request_id} {error}"));
    }
    refusal(error, request_id, host, style)
}

/// Says that the connection is closed after this answer.
pub(crate) fn close(answer: &mut Response<Body>) {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

/// `answer` to a request whose body is not read: if it has one, no further request can be read.
fn unread(body: &Body, mut answer: Response<Body>) -> Response<Body> {
    if !body.is_end_stream() {
        close(&mut answer);
    }
    answer
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

#[cfg(test)]
mod tests {
    use hyper_util::service::TowerToHyperService;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;
    use crate::connections::connection;

    #[tokio::test]
    async fn a_panic_is_the_answer_to_its_own_request_alone() {
        let router = Router::new()
            .route("/panics", get(async || -> &'static str { panic!("in a handler") }))
            .route("/answers", get(async || "well"));
        let router = TowerToHyperService::new(guarded(router, Style::CONTROL));
        let (mut client, server) = duplex(1 << 16);
        tokio::spawn(connection(server, router, Arc::new(|_| Response::default())));
        // The same connection keeps working, too.
        for (path, status, text) in
            [("panics", 500, "\"Code\":\"InternalError.Dispatch\""), ("answers", 200, "well")]
                .repeat(2)
        {
            let request = format!("GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            client.write_all(request.as_bytes()).await.unwrap();
            let mut answer = [0; 4_096];
            let length = client.read(&mut answer).await.unwrap();
            let answer = str::from_utf8(&answer[..length]).unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert!(answer.contains(text), "{answer}");
        }
    }
}
