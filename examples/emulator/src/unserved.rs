//! The answers to requests that reach no route: malformed or too large ones, and those that the proxy does
//! not pass on.

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use invodex_emulator_http::{Refuse, Unproxied};

use crate::answer::{host, refused};
use crate::error::{ApiError, refusal};
use crate::format::Style;
use crate::log;
use crate::tenants::Tenants;

impl Refuse for Tenants {
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
        self.refuse(&refusal(code).detail(detail), "", self.settings.style)
    }

    fn unproxied(&self, headers: &HeaderMap, reason: &Unproxied) -> Response<Body> {
        let error = match reason {
            Unproxied::ForeignHost(_) => refusal("Forbidden.Host").detail(format!(
                "{reason}; allowed are names under aliyuncs.com and hosts given by --proxy-map"
            )),
            Unproxied::NoAnswer(_) => refusal("BadGateway").detail(format!("--proxy-map {reason}")),
        };
        self.refuse(&error, host(headers), Style::CONTROL)
    }
}

impl Tenants {
    /// Says it to the operator too: a program may hide such an answer.
    fn refuse<B: From<Vec<u8>>>(&self, error: &ApiError, host: &str, style: Style) -> Response<B> {
        let request_id = self.ids.request_id();
        log::tell_error(error, &request_id);
        refused(error, &request_id, host, style)
    }
}
