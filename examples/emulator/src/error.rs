//! Errors in the API's form.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde_json::json;

/// An error of the API.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// An error of the library, which writes its own body.
    Library(invodex::Error),
    /// An error of the front end.
    Own(Box<Own>),
}

#[derive(Debug)]
pub(crate) struct Own {
    status: StatusCode,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    /// The given value and the allowed ones.
    recommend: String,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (code, message) = (code.into(), message.into());
        ApiError::Own(Box::new(Own { status, code, message, recommend: String::new() }))
    }

    /// Sets the recommendation. An error of the library has its own.
    pub(crate) fn recommend(mut self, recommend: impl Into<String>) -> Self {
        if let ApiError::Own(own) = &mut self {
            own.recommend = recommend.into();
        }
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            ApiError::Library(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            ApiError::Own(own) => own.status,
        }
    }

    /// The error for a missing parameter. Action and Version, which every action needs, share a
    /// code.
    pub(crate) fn missing(name: &str) -> Self {
        let code = match name {
            "Action" | "Version" => "MissingParameter".to_owned(),
            name => format!("MissingParameter.{name}"),
        };
        let message = format!(
            "The input parameter \"{name}\" that is mandatory for processing this request is not \
             supplied."
        );
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The error for a parameter whose value is not allowed.
    pub(crate) fn invalid(name: &str, allowed: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            format!("InvalidParameter.{name}"),
            format!("The specified parameter {name} is not valid."),
        )
        .recommend(allowed)
    }

    /// The error for an unknown action or path.
    pub(crate) fn unknown_action() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )
    }

    pub(crate) fn method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "UnsupportedHTTPMethod",
            "This http method is not supported.",
        )
    }

    /// The error for an unknown InvokeId.
    pub(crate) fn unknown_invocation() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "InvalidInvokeId.NotFound",
            "The specified invoke ID does not exist.",
        )
    }

    /// The error for an unknown CommandId.
    pub(crate) fn unknown_command() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "InvalidCmdId.NotFound",
            "The specified command ID does not exist.",
        )
    }

    /// The body of the answer, with RequestId and HostId.
    pub(crate) fn body(&self, request_id: &str, host_id: &str) -> Vec<u8> {
        let mut body = Vec::new();
        match self {
            ApiError::Library(error) => error.write_json(request_id, host_id, &mut body),
            ApiError::Own(own) => {
                let own = json!({
                    "RequestId": request_id,
                    "HostId": host_id,
                    "Code": own.code,
                    "Message": own.message,
                    "Recommend": own.recommend,
                });
                body.extend(own.to_string().into_bytes());
            }
        }
        body
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ApiError::Library(error) => error.fmt(f),
            ApiError::Own(own) => write!(f, "{}: {} {}", own.code, own.message, own.recommend),
        }
    }
}

impl std::error::Error for ApiError {}

impl From<invodex::Error> for ApiError {
    fn from(error: invodex::Error) -> Self {
        ApiError::Library(error)
    }
}
