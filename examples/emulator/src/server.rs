//! The routes, and the path from a request to its answer.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::ApiError;
use crate::ids::Ids;
use crate::params::Params;
use crate::tenants::Tenants;
use crate::{actions, control};

/// Maximum size of a request's body.
const BODY_BYTES: usize = 1_024 * 1_024;
/// Timeout for a request's body.
const BODY_TIME: Duration = Duration::from_secs(10);

/// All routes.
pub(crate) fn router(tenants: Arc<Tenants>) -> Router {
    let router = Router::new()
        .route("/", get(api).post(api))
        .nest("/_emulator", control::router())
        .fallback(async |tenants, request| refuse(tenants, request, ApiError::unknown_action()))
        .method_not_allowed_fallback(async |tenants, request| {
            refuse(tenants, request, ApiError::method())
        });
    guarded(router).with_state(tenants)
}

/// Adds a layer that answers a request whose handler panics with an error.
fn guarded<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| {
        refusal(&invodex::Error::internal().into(), &Ids::new(None, "").request_id(), "")
    }))
}

/// Answers a request to the API.
async fn api(State(tenants): State<Arc<Tenants>>, request: Request) -> Response<Body> {
    let host = host(&request);
    let read = async {
        let call = read(request).await?;
        let tenant = tenants.get(call.params.access_key_id(&call.headers)).await?;
        Ok((call, tenant))
    };
    let (call, tenant) = match read.await {
        Ok(read) => read,
        Err(error) => return refusal(&error, &tenants.ids.request_id(), &host),
    };
    let request_id = tenant.ids.request_id();
    match actions::answer(&tenant, &call, &request_id) {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => refusal(&error, &request_id, &host),
    }
}

/// A request whose headers and parameters have been read.
pub(crate) struct Call {
    pub(crate) headers: HeaderMap,
    pub(crate) params: Params,
}

impl Call {
    /// The parameter `name`, or else `header`, which newer clients send instead.
    pub(crate) fn param_or_header(&self, name: &str, header: &str) -> Result<&str, ApiError> {
        let header = || self.headers.get(header)?.to_str().ok().filter(|value| !value.is_empty());
        self.params.get(name).or_else(header).ok_or_else(|| ApiError::missing(name))
    }
}

async fn read(request: Request) -> Result<Call, ApiError> {
    let (head, body) = request.into_parts();
    let form = body_of(body).await?;
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !form.is_empty() && !is_form {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedContentType",
            "The specified Content-Type is not supported.",
        )
        .recommend("a body is application/x-www-form-urlencoded"));
    }
    let params = Params::read(head.uri.query().unwrap_or_default(), &form)?;
    Ok(Call { headers: head.headers, params })
}

/// Reads the whole body, within the limits.
pub(crate) async fn body_of(body: Body) -> Result<Vec<u8>, ApiError> {
    let too_large = || {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "The request body is too large or incomplete.",
        )
        .recommend(format!("a body has at most {BODY_BYTES} bytes"))
    };
    let too_slow = || {
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", "The request has timed out.")
            .recommend(format!("a body takes at most {} seconds", BODY_TIME.as_secs()))
    };
    // A body whose Content-Length is too large is refused before it is read.
    if body.size_hint().lower() > BODY_BYTES as u64 {
        return Err(too_large());
    }
    let read = tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_BYTES));
    let bytes = read.await.map_err(|_| too_slow())?.map_err(|_| too_large())?;
    Ok(bytes.into())
}

/// The endpoint as the client names it.
pub(crate) fn host(request: &Request) -> String {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    named.unwrap_or_default().to_owned()
}

pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let kind = HeaderValue::from_static("application/json;charset=utf-8");
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

/// The answer to a request that names no store.
fn refuse(tenants: State<Arc<Tenants>>, request: Request, error: ApiError) -> Response<Body> {
    refusal(&error, &tenants.ids.request_id(), &host(&request))
}

/// The answer to a refused request. If its body was not read to the end, the connection is closed,
/// because no further request can be read from it.
pub(crate) fn refusal(error: &ApiError, request_id: &str, host: &str) -> Response<Body> {
    let mut answer = json(error.status(), error.body(request_id, host));
    if matches!(error.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::connections::serve;

    async fn ask(connection: &mut TcpStream, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4_096];
        let length = connection.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    #[tokio::test]
    async fn a_panic_is_the_answer_to_its_own_request_alone() {
        let router = Router::new()
            .route("/panics", get(async || -> &'static str { panic!("in a handler") }))
            .route("/answers", get(async || "well"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, guarded(router), std::future::pending()));

        // The same connection keeps working, too.
        let mut connection = TcpStream::connect(address).await.unwrap();
        for _ in 0..2 {
            let answer = ask(&mut connection, "/panics").await;
            assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
            assert!(answer.contains("\"Code\":\"InternalError.Dispatch\""), "{answer}");
            let answer = ask(&mut connection, "/answers").await;
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("well"), "{answer}");
        }
    }
}
