//! The answers to requests that reach no router.

use std::fmt;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};

/// Writes the answers to requests that reach no router.
pub trait Refuse: Send + Sync {
    /// The answer to a request whose line and headers are malformed (400) or too large (414, 431).
    /// The server adds the length of the body.
    fn head(&self, status: StatusCode) -> Response<Vec<u8>>;

    /// The answer to a request that the proxy does not pass on.
    fn unproxied(&self, headers: &HeaderMap, reason: &Unproxied) -> Response<Body>;

    /// The answer to a request whose handler panicked. Other requests go on.
    fn panicked(&self) -> Response<Body>;
}

/// The reason why the proxy does not pass a request on.
#[derive(Debug)]
pub enum Unproxied {
    /// The proxy does not answer for the host; with what the request says of it.
    ForeignHost(String),
    /// The server of a mapped host does not answer; with the mapping and the error.
    NoAnswer(String),
}

impl Unproxied {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Unproxied::ForeignHost(_) => StatusCode::FORBIDDEN,
            Unproxied::NoAnswer(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

impl fmt::Display for Unproxied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unproxied::ForeignHost(detail) | Unproxied::NoAnswer(detail) => f.write_str(detail),
        }
    }
}

/// Refuses with a status and a text.
#[derive(Clone, Copy, Debug)]
pub struct PlainText;

impl Refuse for PlainText {
    fn head(&self, status: StatusCode) -> Response<Vec<u8>> {
        let mut answer = Response::new(status.to_string().into_bytes());
        *answer.status_mut() = status;
        answer
    }

    fn unproxied(&self, _: &HeaderMap, reason: &Unproxied) -> Response<Body> {
        let mut answer = Response::new(reason.to_string().into());
        *answer.status_mut() = reason.status();
        answer
    }

    fn panicked(&self) -> Response<Body> {
        let mut answer = Response::default();
        *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        answer
    }
}
