//! The body of an error.

use super::fields::{Fields, Group, name};
use super::json::write_body;
use crate::error::Error;

/// The fields of an error's body after RequestId.
struct ErrorBody<'a> {
    host_id: &'a str,
    error: &'a Error,
}

impl Group for ErrorBody<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("HostId"), self.host_id);
        out.text(name!("Code"), self.error.code());
        out.text(name!("Message"), self.error.message());
        out.text(name!("Recommend"), self.error.detail());
    }
}

impl Error {
    /// Appends the API's error body: RequestId, HostId, Code, Message, and as Recommend what was
    /// given and what is allowed. The HTTP status is [`status`](Self::status). Cost: O(bytes
    /// written).
    ///
    /// # Examples
    ///
    /// ```
    /// let mut body = Vec::new();
    /// invodex::Error::forbidden().write_json("473469C7", "ecs.example.com", &mut body);
    /// assert_eq!(
    ///     String::from_utf8(body).unwrap(),
    ///     r#"{"RequestId":"473469C7","HostId":"ecs.example.com","Code":"Operation.Forbidden","#
    ///         .to_owned()
    ///         + r#""Message":"The operation is not permitted.","Recommend":""}"#
    /// );
    /// ```
    pub fn write_json(&self, request_id: &str, host_id: &str, out: &mut Vec<u8>) {
        write_body(request_id, &ErrorBody { host_id, error: self }, true, out);
    }
}
