//! Errors in the API's form.

use std::borrow::Cow;
use std::fmt;

use axum::http::StatusCode;
use invodex::{Error, Recommend};

/// Maximum length of a given value in a detail, in characters.
const SHOWN: usize = 60;

/// `given` in quotes. A long value is cut.
pub(crate) fn quoted(given: &str) -> String {
    match cut(given, SHOWN) {
        begin if begin.len() < given.len() => format!("{begin:?} and more"),
        whole => format!("{whole:?}"),
    }
}

/// The first `length` characters of a text.
pub(crate) fn cut(text: &str, length: usize) -> &str {
    text.char_indices().nth(length).map_or(text, |(end, _)| &text[..end])
}

/// An error of the API.
#[derive(Debug)]
pub(crate) struct ApiError(Error);

impl ApiError {
    pub(crate) fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        ApiError(Error::service(status, code, message))
    }

    /// Sets the detail: the given value and the allowed ones.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        ApiError(self.0.with_detail(detail))
    }

    pub(crate) fn code(&self) -> &str {
        self.0.code()
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The error for a missing parameter. Action and Version, which every action needs, share a
    /// code.
    pub(crate) fn missing(name: &str) -> Self {
        let error = Error::missing_parameter(name.to_owned());
        match name {
            "Action" | "Version" => {
                let message = error.message().to_owned();
                Self::new(400, "MissingParameter", message).detail(error.detail())
            }
            _ => ApiError(error),
        }
    }

    /// The error for a parameter whose value is not allowed.
    pub(crate) fn invalid(name: &str, allowed: impl Into<String>) -> Self {
        ApiError(Error::invalid_parameter(name.to_owned(), allowed))
    }

    /// The error for an unknown action or path.
    pub(crate) fn unknown_action() -> Self {
        Self::new(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )
    }

    pub(crate) fn method() -> Self {
        Self::new(405, "UnsupportedHTTPMethod", "This http method is not supported.")
    }

    /// The error for an unknown CommandId.
    pub(crate) fn unknown_command() -> Self {
        Self::new(404, "InvalidCmdId.NotFound", "The specified command ID does not exist.")
    }

    /// The body of the answer, with RequestId, HostId and the Recommend that is chosen.
    pub(crate) fn body(&self, request_id: &str, host_id: &str, recommend: Recommend) -> Vec<u8> {
        let mut body = Vec::new();
        self.0.write_json(request_id, host_id, recommend, &mut body);
        body
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ApiError {}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        ApiError(error)
    }
}
