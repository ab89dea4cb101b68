//! The `Recommend` field of an error's body.

/// The content of the `Recommend` field of an error's body.
///
/// The service writes a link: bodies of its errors that were captured show it. The detail says more
/// to a person who reads the body.
///
/// # Examples
///
/// ```
/// use invodex::{Error, Recommend};
///
/// let error = Error::unknown_invoke_id("t-0001");
/// let body = |recommend| {
///     let mut body = Vec::new();
///     error.write_json("473469C7", "ecs.example.com", recommend, &mut body);
///     String::from_utf8(body).unwrap()
/// };
/// let link = "https://api.aliyun.com/troubleshoot?q=InvalidInvokeId.NotFound&product=Ecs&requestId=473469C7";
/// assert!(body(Recommend::Link).contains(link));
/// assert!(body(Recommend::Detail).contains("the record was never accepted"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Recommend {
    /// A link to the vendor's page on the code, as the service writes it:
    /// `https://api.aliyun.com/troubleshoot?q=CODE&product=Ecs&requestId=REQUESTID`.
    #[default]
    Link,
    /// The error's [`detail`](crate::Error::detail): what was given and what is allowed. Empty if the
    /// error has none.
    Detail,
}
