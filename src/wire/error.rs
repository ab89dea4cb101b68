//! The body of an error.

use super::fields::{Fields, Group, name};
use super::json::write_body;
use super::percent::percent_encode;
use crate::error::{Error, Recommend};

/// The fields of an error's body after RequestId.
struct ErrorBody<'a> {
    host_id: &'a str,
    error: &'a Error,
    recommend: &'a str,
}

impl Group for ErrorBody<'_> {
    fn each(&self, out: &mut impl Fields) {
        out.text(name!("HostId"), self.host_id);
        out.text(name!("Code"), self.error.code());
        out.text(name!("Message"), self.error.message());
        out.text(name!("Recommend"), self.recommend);
    }
}

impl Error {
    /// Appends the API's error body: RequestId, HostId, Code, Message, and the Recommend that
    /// `recommend` chooses. The HTTP status is [`status`](Self::status). Cost: O(bytes written).
    ///
    /// # Examples
    ///
    /// ```
    /// use invodex::{Error, Recommend};
    ///
    /// let mut body = Vec::new();
    /// Error::forbidden().write_json("473469C7", "ecs.example.com", Recommend::Link, &mut body);
    /// assert_eq!(
    ///     String::from_utf8(body).unwrap(),
    ///     r#"{"RequestId":"473469C7","HostId":"ecs.example.com","Code":"Operation.Forbidden","#
    ///         .to_owned()
    ///         + r#""Message":"The operation is not permitted.","Recommend":"#
    ///         + r#""https://api.aliyun.com/troubleshoot?q=Operation.Forbidden&product=Ecs"#
    ///         + r#"&requestId=473469C7"}"#
    /// );
    /// ```
    pub fn write_json(
        &self,
        request_id: &str,
        host_id: &str,
        recommend: Recommend,
        out: &mut Vec<u8>,
    ) {
        let link;
        let recommend = match recommend {
            Recommend::Link => {
                link = link_of(self.code(), request_id);
                &link
            }
            Recommend::Detail => self.detail(),
        };
        write_body(request_id, &ErrorBody { host_id, error: self, recommend }, true, out);
    }
}

/// The vendor's page on `code`, for the request with `request_id`.
fn link_of(code: &str, request_id: &str) -> String {
    let mut link = String::from("https://api.aliyun.com/troubleshoot?q=");
    percent_encode(code, &mut link);
    link.push_str("&product=Ecs&requestId=");
    percent_encode(request_id, &mut link);
    link
}
