//! The constructors of errors that a front end raises.

use std::borrow::Cow;

use super::{Error, ErrorKind, codes, quoted};

/// Errors that a front end raises. A store returns some of them too.
impl Error {
    /// `Operation.Forbidden` (403), for a front end that checks permissions.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Error, ErrorKind};
    ///
    /// let error = Error::forbidden();
    /// assert_eq!((error.code(), error.status()), ("Operation.Forbidden", 403));
    /// assert_eq!(error.kind(), ErrorKind::Service);
    /// assert_eq!(Error::service_unavailable().code(), "ServiceUnavailable");
    /// assert_eq!(Error::internal_error().code(), "InternalError");
    /// assert_eq!(Error::dispatch_error().code(), "InternalError.Dispatch");
    /// ```
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(&codes::FORBIDDEN)
    }

    /// `ServiceUnavailable` (500), for a front end that cannot answer at present: a client may try
    /// again.
    #[must_use]
    pub fn service_unavailable() -> Self {
        Self::new(&codes::SERVICE_UNAVAILABLE)
    }

    /// `InternalError` (500), for a front end that fails for an unknown reason.
    #[must_use]
    pub fn internal_error() -> Self {
        Self::new(&codes::INTERNAL_ERROR)
    }

    /// `InternalError.Dispatch` (500), for a front end that fails to pass a request on.
    #[must_use]
    pub fn dispatch_error() -> Self {
        Self::new(&codes::DISPATCH_ERROR)
    }

    /// `InvalidInvokeId.NotFound` (404): there is no such invocation. A store returns it for writes
    /// alone; a query for an unknown InvokeId finds nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Error, Store};
    ///
    /// let error = Error::unknown_invoke_id("t-0001");
    /// assert_eq!((error.code(), error.status()), ("InvalidInvokeId.NotFound", 404));
    /// assert_eq!(Store::default().stop("t-0001", &[]), Err(error));
    /// ```
    #[must_use]
    pub fn unknown_invoke_id(invoke_id: &str) -> Self {
        let then = "; the record was never accepted, or it has expired, was evicted or was deleted";
        Self::new(&codes::UNKNOWN_INVOKE_ID).at("InvokeId").given(invoke_id, then)
    }

    /// `InvalidInstanceId.NotFound` (404): the invocation has no run on the instance.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = invodex::Error::unknown_run("t-0001", "i-0001");
    /// assert_eq!((error.code(), error.status()), ("InvalidInstanceId.NotFound", 404));
    /// assert_eq!(error.message(), "The specified parameter InstanceId does not exist.");
    /// ```
    #[must_use]
    pub fn unknown_run(invoke_id: &str, instance_id: &str) -> Self {
        let of = quoted(invoke_id);
        let then = format!(", which is not an instance of {of}; name one of its instances");
        Self::new(&codes::UNKNOWN_RUN).at("InstanceId").given(instance_id, then)
    }

    /// `InvalidInstance.NotFound` (404): there is no such instance, for a front end that knows the
    /// instances. A store does not, and never returns it.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = invodex::Error::unknown_instance("i-0001");
    /// assert_eq!((error.code(), error.status()), ("InvalidInstance.NotFound", 404));
    /// ```
    #[must_use]
    pub fn unknown_instance(instance_id: &str) -> Self {
        let then = ", which does not exist; name an instance that does";
        Self::new(&codes::UNKNOWN_INSTANCE).at("InstanceId").given(instance_id, then)
    }

    /// `InstanceIds.ExceedLimit` (403): a request names `given` instances and may name `most`. A
    /// stop may name 50, a run request 100.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = invodex::Error::too_many_instances(101, 100);
    /// assert_eq!((error.code(), error.status()), ("InstanceIds.ExceedLimit", 403));
    /// assert!(error.detail().starts_with("given 101 instances, allowed at most 100"));
    /// ```
    #[must_use]
    pub fn too_many_instances(given: usize, most: usize) -> Self {
        Self::new(&codes::TOO_MANY_INSTANCES).at("InstanceId").saying(format!(
            "given {given} instances, allowed at most {most}; split them among several requests"
        ))
    }

    /// `MissingParameter.NAME` (400): a request lacks the parameter `name`.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = invodex::Error::missing_parameter("CommandContent");
    /// assert_eq!((error.code(), error.status()), ("MissingParameter.CommandContent", 400));
    /// assert_eq!(error.parameter(), Some("CommandContent"));
    /// ```
    #[must_use]
    pub fn missing_parameter(name: impl Into<Cow<'static, str>>) -> Self {
        Self::of(&codes::MISSING_PARAMETER, name).saying("not given; the request needs it")
    }

    /// `InvalidParameter.NAME` (400): the parameter `name` has a value that it cannot have. The
    /// `detail` says what was given and what is allowed.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = invodex::Error::invalid_parameter("Timeout", "given 5, allowed 10 to 86400");
    /// assert_eq!((error.code(), error.status()), ("InvalidParameter.Timeout", 400));
    /// assert_eq!(error.message(), "The specified parameter Timeout is not valid.");
    /// assert_eq!(error.detail(), "given 5, allowed 10 to 86400");
    /// ```
    #[must_use]
    pub fn invalid_parameter(
        name: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self::of(&codes::INVALID_PARAMETER, name).saying(detail)
    }

    /// Any other error of the API, for a front end that answers more operations than the store.
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::Error;
    ///
    /// let message = "The specified command ID does not exist.";
    /// let error = Error::service(404, "InvalidCmdId.NotFound", message)
    ///     .with_detail("given \"c-0001\", which was never created");
    /// assert_eq!(error.detail(), "given \"c-0001\", which was never created");
    /// ```
    #[must_use]
    pub fn service(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::with(ErrorKind::Service, status, code.into(), message.into())
    }

    /// The same error with another [`detail`](Self::detail).
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        self.saying(detail)
    }
}
