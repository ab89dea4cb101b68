//! The answers to requests that reach no route: malformed or too large ones, those that the proxy does
//! not pass on, and those whose handler panicked.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use invodex_emulator_http::{Refuse, Unproxied};

use crate::answer::{host, refused};
use crate::error::{ApiError, refusal};
use crate::format::Style;
use crate::ids::Ids;
use crate::log;
use crate::tenants::Tenants;

pub(crate) struct Unserved(pub(crate) Arc<Tenants>);

impl Refuse for Unserved {
    fn head(&self, status: StatusCode) -> Response<Vec<u8>> {
        let (code, detail) = match status {
            StatusCode::URI_TOO_LONG => {
                ("RequestURITooLong", "allowed are 65534 bytes; send the parameters in a form")
            }
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
                "RequestHeaderFieldsTooLarge",
                "allowed are 100 headers, and 65536 bytes with the request line",
            ),
            _ => (
                "InvalidRequest",
                "the request line or a header is malformed; allowed is HTTP/1.1 or HTTP/1.0",
            ),
        };
        // No parameter and no Host of it is known.
        self.told(&refusal(code).detail(detail), "", self.0.settings.style)
    }

    fn unproxied(&self, headers: &HeaderMap, reason: &Unproxied) -> Response<Body> {
        let error = match reason {
            Unproxied::ForeignHost(given) => refusal("Forbidden.Host").detail(format!(
                "{given}; allowed are names under aliyuncs.com and hosts given by --proxy-map"
            )),
            Unproxied::NoAnswer(error) => {
                refusal("BadGateway").detail(format!("--proxy-map {error}"))
            }
        };
        self.told(&error, host(headers), Style::CONTROL)
    }

    fn panicked(&self) -> Response<Body> {
        let error = invodex::Error::dispatch_error().into();
        // Its id does not change those that a seed repeats.
        refused(&error, &Ids::random(), "", self.0.settings.style)
    }
}

impl Unserved {
    /// Says it to the operator too: a program may hide such an answer.
    fn told<B: From<Vec<u8>>>(&self, error: &ApiError, host: &str, style: Style) -> Response<B> {
        let request_id = self.0.ids.request_id();
        log::tell_refused(error, &request_id);
        refused(error, &request_id, host, style)
    }
}
