//! The answers to requests that reach no route: malformed or too large ones, those that the proxy does
//! not pass on, and those whose handler panicked.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use invodex_emulator_http::{Refuse, Unproxied};

use crate::error::ApiError;
use crate::format::Style;
use crate::ids::Ids;
use crate::log;
use crate::server::{host, refusal};
use crate::tenants::Tenants;

pub(crate) struct Unserved(pub(crate) Arc<Tenants>);

impl Refuse for Unserved {
    fn head(&self, status: StatusCode) -> Response<Vec<u8>> {
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
        // No parameter and no Host of it is known.
        self.told(&error, "", self.0.style())
    }

    fn unproxied(&self, headers: &HeaderMap, reason: &Unproxied) -> Response<Body> {
        let (code, message, detail) = match reason {
            Unproxied::ForeignHost(given) => (
                "Forbidden.Host",
                "The proxy does not answer for the specified host.",
                format!(
                    "{given}; allowed are names under aliyuncs.com and hosts given by --proxy-map"
                ),
            ),
            Unproxied::NoAnswer(error) => (
                "BadGateway",
                "The server of the specified host gives no answer.",
                format!("--proxy-map {error}"),
            ),
        };
        let error = ApiError::new(reason.status().as_u16(), code, message).detail(detail);
        self.told(&error, host(headers), Style::CONTROL)
    }

    fn panicked(&self) -> Response<Body> {
        let error = invodex::Error::dispatch_error().into();
        // Its id does not change those that a seed repeats.
        refusal(&error, &Ids::random(), "", self.0.style())
    }
}

impl Unserved {
    /// Says it to the operator too: a program may hide such an answer.
    fn told<B: From<Vec<u8>>>(&self, error: &ApiError, host: &str, style: Style) -> Response<B> {
        let request_id = self.0.ids.request_id();
        log::tell_refused(error, &request_id);
        refusal(error, &request_id, host, style)
    }
}
