//! Answers: the body in its format, and the headers that each has.

use std::fmt;

use axum::body::Body;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::error::ApiError;
use crate::format::{Format, Style};
use crate::ids::REQUEST_ID;
use crate::log;

const TRACE_ID: HeaderName = HeaderName::from_static("x-acs-trace-id");

/// The endpoint as the client names it.
pub(crate) fn host(headers: &HeaderMap) -> &str {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.unwrap_or_default()
}

/// The answer to a control request.
pub(crate) fn json(request_id: &str, body: Vec<u8>) -> Response<Body> {
    answer(StatusCode::OK, request_id, Format::Json, format_args!(""), body)
}

/// An answer with the JSON `body` in this format, whose XML is the element `root`.
pub(crate) fn answer<B: From<Vec<u8>>>(
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

/// The answer to a refused request.
pub(crate) fn refused<B: From<Vec<u8>>>(
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

/// The body with these fields and the RequestId.
pub(crate) fn with_request_id(mut fields: Value, request_id: &str) -> Vec<u8> {
    fields["RequestId"] = request_id.into();
    fields.to_string().into_bytes()
}
