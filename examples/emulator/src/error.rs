//! Errors in the API's form, and the table of them.

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
    pub(crate) fn new(status: u16, code: &'static str, message: &str) -> Self {
        ApiError(Error::service(status, code, message.to_owned()))
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
        if !matches!(name, "Action" | "Version") {
            return ApiError(error);
        }
        Self::new(400, "MissingParameter", error.message()).detail(error.detail())
    }

    /// The error for a parameter whose value is not allowed.
    pub(crate) fn invalid(name: &str, allowed: impl Into<String>) -> Self {
        ApiError(Error::invalid_parameter(name.to_owned(), allowed))
    }

    /// The error for an unknown action or path.
    pub(crate) fn unknown_action() -> Self {
        refusal("InvalidAction.NotFound")
    }

    /// The error for a method other than those `allowed`.
    pub(crate) fn method(allowed: &str) -> Self {
        refusal("UnsupportedHTTPMethod").detail(format!("allowed are {allowed}"))
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

/// The errors beside those of the library, by code, each with its status, code and message: those of the
/// service for the actions around commands and instances, those of HTTP, and those that only a fault of a
/// test raises.
const ERRORS: &str = "\
502 BadGateway The server of the specified host gives no answer.
400 CmdContent.DecodeError The CommandContent can not be base64 decoded.
403 CmdContent.ExceedLimit The length of the command content exceeds the upper limit.
403 CmdCount.ExceedQuota The total number of commands in the current region exceeds the quota.
403 CmdDesc.ExceedLimit The length of the command description exceeds the upper limit.
403 CmdName.ExceedLimit The length of the command name exceeds the upper limit.
400 CmdParam.EmptyKey You must specify the parameter names.
400 CmdParam.InvalidParamName Invalid parameter name. The name can contain only lowercase letters (a to z), uppercase letters (A to Z), numbers (0 to 9), hyphens (-), and underscores (_).
403 CmdParamCount.ExceedLimit The maximum number of custom parameters is exceeded.
403 CmdParamName.ExceedLimit The maximum length of a parameter name is exceeded.
403 Forbidden.Host The specified host is not allowed.
403 Forbidden.RAM User not authorized to operate on the specified resource, or this API doesn't support RAM.
403 Forbidden.Site A request of a browser for a page of another site is not allowed.
403 IdempotentParameterMismatch The specified parameter has changed while using an already used clientToken.
403 InstanceIds.ExceedLimit The number of instance IDs exceeds the upper limit.
404 InvalidAccessKeyId.NotFound Specified access key is not found.
404 InvalidAction.NotFound Specified api is not found, please check your url and method.
400 InvalidBody The request body is not valid.
400 InvalidClientToken.Malformed The specified parameter clientToken is not valid.
404 InvalidCmdId.NotFound The specified command ID does not exist.
404 InvalidCmdType.NotFound The specified command type does not exist.
404 InvalidCommandType.NotFound The specified parameter Type does not exist.
400 InvalidContainerId.Malformed The specified parameter ContainerId is not valid.
400 InvalidContainerName.Malformed The specified parameter ContainerName is not valid.
403 InvalidDescription.LengthLimitExceeded The length of the parameter Description exceeds the upper limit.
400 InvalidHost The Host header is not valid.
404 InvalidInstance.NotFound The specified instance does not exist.
403 InvalidLauncher.LengthLimitExceeded The length of the parameter Launcher exceeds the limit of 1 KB characters.
403 InvalidName.LengthLimitExceeded The length of the parameter Name exceeds the upper limit.
400 InvalidParam.Frequency The specified frequency is invalid.
400 InvalidParameter.OssOutputDelivery The specified parameter OssOutputDelivery is not valid.
404 InvalidRepeatMode.NotFound The specified repeat mode does not exist.
400 InvalidRequest The request is not valid.
400 InvalidSecurityToken.Expired Specified SecurityToken is expired.
404 InvalidTerminationMode.NotFound The specified parameter TerminationMode does not exist.
403 InvalidTimeout.ExceedLimit The specified parameter Timeout exceeds the upper limit.
403 LastTokenProcessing The last token request is processing.
400 MissingParam.Frequency The frequency must be specified when you create a timed task.
400 MissingParam.InstanceId The parameter instanceId is missing or empty.
400 Parameter.Disabled Parameters cannot be passed in when the command customization function is disabled.
403 Parameter.NotMatched The passed-in parameters do not match the parameters defined when you created the command.
403 ParameterCount.ExceedLimit The maximum number of parameters is exceeded.
403 ParameterKey.Duplicate Parameter names cannot be duplicated.
403 ParameterKey.ExceedLimit The maximum length of a parameter name is exceeded.
403 ParameterType.NotSupported The type of parameter value is not supported.
413 RequestEntityTooLarge The request body is too large or incomplete.
431 RequestHeaderFieldsTooLarge The request headers are too large.
408 RequestTimeout The request has timed out.
414 RequestURITooLong The request target is too long.
400 SignatureDoesNotMatch Specified signature is not matched with our calculation.
403 StoreSize.ExceedLimit The size of the store exceeds the upper limit.
400 Throttling Request was denied due to request throttling.
400 Throttling.Api Request was denied due to api flow control.
429 Throttling.Events Request was denied due to request throttling.
400 Throttling.User Request was denied due to user flow control.
415 UnsupportedContentType The specified Content-Type is not supported.
405 UnsupportedHTTPMethod This http method is not supported.
403 Username.ExceedLimit The length of the username exceeds the upper limit.
403 WindowsPasswordName.ExceedLimit The length of the WindowsPasswordName exceeds the upper limit.
403 WindowsPasswordName.Missed WindowsPasswordName must be specified when you create a Windows task.";

/// The error with this code, if it is in the table.
pub(crate) fn find(code: &str) -> Option<Error> {
    ERRORS.lines().find_map(|line| {
        let (status, rest) = line.split_once(' ')?;
        let (known, message) = rest.split_once(' ')?;
        (known == code).then_some(Error::service(status.parse().ok()?, known, message))
    })
}

/// The error with this code, which is in the table.
pub(crate) fn refusal(code: &str) -> ApiError {
    let found = find(code);
    debug_assert!(found.is_some(), "{code} is missing in the table");
    found.unwrap_or_else(Error::internal_error).into()
}
