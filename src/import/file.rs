//! A captured file: its records, and the unknown keys beside them.

use std::borrow::Cow;
use std::fmt::Display;

use super::any_json::Json;
use super::nested_list::{NestedList, misplaced};
use crate::error::Error;

/// The keys that lead to the list of records.
const LIST: [&str; 2] = ["Invocations", "Invocation"];
/// The keys beside the list that every response has.
const USUAL_KEYS: [&str; 5] = ["RequestId", "PageNumber", "PageSize", "TotalCount", "NextToken"];

/// The body of a DescribeInvocations response. Its records are not read yet.
pub(super) struct File<'de> {
    pub(super) records: Vec<Json<'de>>,
    /// The paths of the unknown keys beside the list, and their values.
    pub(super) unknown: Vec<(Cow<'de, str>, Json<'de>)>,
}

impl<'de> File<'de> {
    /// Splits `bytes` into its records.
    ///
    /// # Errors
    ///
    /// `InvalidCapture` if `bytes` are not JSON or not a DescribeInvocations response. The detail
    /// says what they are instead.
    pub(super) fn read(bytes: &'de [u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(not_json)?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let found = match NestedList::find(text, "", &LIST) {
            Ok(found) => found,
            Err(error) if error.is_data() => NestedList::default(),
            Err(error) => return Err(not_json(error)),
        };
        if let Some(reason) = found.unreadable {
            return Err(not_json(format_args!("a key: {reason}")));
        }
        let (records, mut unknown) = (found.items, found.others);
        unknown.retain(|(key, _)| !USUAL_KEYS.contains(&&**key));
        let file = File { records, unknown };
        match found.lists {
            0 => Err(file.describe_other(Json::parse(text).map_err(not_json)?)),
            1 => Ok(file),
            _ => Err(Error::capture("it has more than one Invocations.Invocation list")),
        }
    }

    /// The error of a file without the list. It says what the file is, as far as the other keys
    /// tell.
    fn describe_other(&self, body: Json<'de>) -> Error {
        if let Some((place, reason)) = misplaced(body, "", &LIST) {
            let place = if place.is_empty() { "its top level" } else { &place };
            return Error::capture(format!("of {place}: {reason}"));
        }
        let other = |name: &str| {
            let found = self.unknown.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        if other("Invocation").is_some_and(|value| value.contains("\"InvocationResults\"")) {
            return Error::capture("it is a DescribeInvocationResults response");
        }
        if let (Some(code), Some(_)) = (other("Code"), other("Message")) {
            return Error::capture(format!("it is an error response, with the Code {code}"));
        }
        let keys: Vec<_> = self.unknown.iter().map(|(key, _)| format!("{key:?}")).take(8).collect();
        let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
        Error::capture(format!("it has no Invocations.Invocation list; other keys it has: {keys}"))
    }
}

fn not_json(cause: impl Display) -> Error {
    Error::capture(format!("it is not JSON: {cause}; give the response body as it was received"))
}
