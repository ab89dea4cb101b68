//! Every code that this crate gives an error, with its HTTP status and message.
//!
//! An [`Error`](super::Error) is made of one of these, except by `Error::service`. `codes.md` is the
//! same list for readers.

use super::ErrorKind;

/// A code, its HTTP status and its message.
#[derive(Debug)]
pub(super) struct Code {
    /// The kind of the error, unless its constructor sets another.
    pub(super) kind: ErrorKind,
    /// Contains [`NAME`] if the code names a parameter.
    pub(super) code: &'static str,
    pub(super) status: u16,
    /// May contain [`NAME`] if the code does.
    pub(super) message: &'static str,
}

/// The name of a parameter or a field stands in its place.
pub(super) const NAME: &str = "NAME";

macro_rules! codes {
    ($(
        $(#[$attribute:meta])*
        $name:ident: $kind:ident, $code:literal, $status:literal, $message:literal;
    )*) => {
        $(
            $(#[$attribute])*
            pub(super) const $name: Code = Code {
                kind: ErrorKind::$kind, code: $code, status: $status, message: $message,
            };
        )*

        #[cfg(test)]
        const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    MISSING_PARAMETER: Request, "MissingParameter.NAME", 400,
        "The input parameter \"NAME\" that is mandatory for processing this request is not supplied.";
    INVALID_REGION_ID: Request, "InvalidRegionId.NotFound", 404,
        "The RegionId provided does not exist in our records.";
    API_NOT_SUPPORTED: Request, "RegionId.ApiNotSupported", 400,
        "The api is not supported in this region.";
    TOO_MANY_TAGS: Request, "NumberExceed.Tags", 400, "The Tags parameter number is exceed.";
    MISSING_TAG_KEY: Request, "MissingParameter.TagKey", 400, "You must specify Tag.N.Key.";
    INVALID_TAG_KEY: Request, "InvalidTagKey.Malformed", 400, "The specified Tag.n.Key is not valid.";
    INVALID_TAG_VALUE: Request, "InvalidTagValue.Malformed", 400, "The specified Tag.n.Value is not valid.";
    DUPLICATE_TAG_KEY: Request, "Duplicate.TagKey", 400, "The Tag.N.Key contain duplicate key.";
    INVALID_PAGE: Request, "InvalidParam.NAME", 400, "The specified parameter is invalid.";
    INVALID_PARAMETER: Request, "InvalidParameter.NAME", 400,
        "The specified parameter NAME is not valid.";
    INVALID_ENCODING: Request, "InvalidParameter", 400, "The specified parameter is not valid.";
    TOO_MANY_INSTANCES: Request, "InstanceIds.ExceedLimit", 403,
        "The number of instance IDs exceeds the upper limit.";
    UNKNOWN_INVOKE_ID: NotFound, "InvalidInvokeId.NotFound", 404, "The specified invoke ID does not exist.";
    UNKNOWN_RUN: NotFound, "InvalidInstanceId.NotFound", 404,
        "The specified parameter InstanceId does not exist.";
    UNKNOWN_INSTANCE: NotFound, "InvalidInstance.NotFound", 404, "The specified instance does not exist.";
    DUPLICATE_INVOKE_ID: Record, "Duplicate.InvokeId", 400, "The specified invoke ID already exists.";
    DUPLICATE_INSTANCE_ID: Record, "Duplicate.InstanceId", 400,
        "The specified instance ID is duplicate.";
    FORBIDDEN: Service, "Operation.Forbidden", 403, "The operation is not permitted.";
    SERVICE_UNAVAILABLE: Service, "ServiceUnavailable", 500,
        "The request has failed due to a temporary failure of the server.";
    INTERNAL_ERROR: Service, "InternalError", 500,
        "The request processing has failed due to some unknown error.";
    DISPATCH_ERROR: Service, "InternalError.Dispatch", 500,
        "An error occurred when you dispatched the request.";
    INVALID_TIME: Time, "InvalidTime", 400, "The specified time is not valid.";
    #[cfg_attr(not(feature = "json"), allow(dead_code))]
    INVALID_CAPTURE: Capture, "InvalidCapture", 400,
        "The file is not a captured response of DescribeInvocations or DescribeInvocationResults.";
    INVALID_ARCHIVE: Archive, "InvalidArchive", 400, "The archive cannot be restored.";
    ARCHIVE_IO: Archive, "ArchiveIo", 500, "The archive cannot be read or written.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_code() {
        let rows = include_str!("codes.md").lines().filter(|line| line.starts_with("| `"));
        let rows: Vec<_> = rows.collect();
        assert_eq!(rows.len(), ALL.len());
        for (row, Code { code, status, message, .. }) in rows.iter().zip(ALL) {
            assert!(row.starts_with(&format!("| `{code}` | {status} | {message} | ")), "{row}");
        }
    }

    #[test]
    fn a_message_names_a_parameter_only_if_the_code_does() {
        for Code { code, message, .. } in ALL {
            assert!(code.contains(NAME) || !message.contains(NAME), "{code}");
        }
    }
}
