//! The console: a page for a person, which shows a store and sends control requests.
//!
//! The page is one file and the same for everyone, so it may be opened from anywhere. What it shows it asks
//! for by requests of its own, which the guard checks.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Response, header};

const PAGE: &str = include_str!("../console/index.html");

/// Marks the queries of the page. They are to change nothing that a test can see.
const OBSERVER: HeaderName = HeaderName::from_static("x-invodex-observer");

/// The page loads nothing, talks to its own emulator alone, stands in no other page, and cannot turn text
/// into markup.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'",
    ),
    (header::CACHE_CONTROL, "no-cache"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

pub(crate) fn page() -> Response<Body> {
    let mut answer = Response::new(PAGE.into());
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    answer
}

/// Whether a request is one of the page.
pub(crate) fn is_observer(headers: &HeaderMap) -> bool {
    headers.contains_key(OBSERVER)
}
