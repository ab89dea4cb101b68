//! The answers that the server gives in place of a router.

use std::fmt;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};

/// Writes the answers that the server gives in place of a router.
pub trait Refuse: Send + Sync {
    /// The answer to a request whose line and headers are malformed (400) or too large (414, 431).
    /// The server adds the length of the body.
    fn head(&self, status: StatusCode) -> Response<Vec<u8>>;

    /// The answer to a request that the proxy does not pass on.
    fn unproxied(&self, headers: &HeaderMap, reason: &Unproxied) -> Response<Body>;
}

/// The reason why the proxy does not pass a request on.
#[derive(Debug)]
pub enum Unproxied {
    /// The proxy does not answer for the host, or the target of the request names none.
    ForeignHost(Option<String>),
    /// The server of a mapped host does not answer: the mapping and the error.
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
            Unproxied::ForeignHost(Some(host)) => write!(f, "{host:?} is given"),
            Unproxied::ForeignHost(None) => {
                f.write_str("the request's target names no host, as one to a proxy does")
            }
            Unproxied::NoAnswer(detail) => f.write_str(detail),
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
}
