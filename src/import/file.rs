//! A captured file: the records in it, and what stands beside them.

use std::borrow::Cow;
use std::fmt::Display;

use super::any_json::{Json, Reason};
use crate::error::Error;

/// The keys beside the list that every response has.
const USUAL_KEYS: [&str; 5] = ["RequestId", "PageNumber", "PageSize", "TotalCount", "NextToken"];

/// The body of a DescribeInvocations response, whose records are not read yet.
#[derive(Default)]
pub(super) struct File<'de> {
    pub(super) records: Vec<Json<'de>>,
    /// The paths of the unknown keys beside the list, and their values.
    pub(super) unknown: Vec<(Cow<'de, str>, Json<'de>)>,
    lists: usize,
}

impl<'de> File<'de> {
    /// Splits `bytes` into its records.
    ///
    /// # Errors
    ///
    /// `InvalidCapture` when `bytes` are no JSON or no DescribeInvocations response. The detail
    /// says what they are instead.
    pub(super) fn read(bytes: &'de [u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(not_json)?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let body = Json::parse(text).map_err(not_json)?;
        let mut file = File::default();
        for (key, value) in body.entries().map_err(|reason| misplaced("its top level", reason))? {
            let key = key.map_err(not_json)?;
            if key == "Invocations" {
                file.read_invocations(value)?;
            } else if !USUAL_KEYS.contains(&&*key) {
                file.unknown.push((key, value));
            }
        }
        match file.lists {
            0 => Err(Error::capture(file.describe_other())),
            1 => Ok(file),
            _ => Err(Error::capture("it has more than one Invocations.Invocation list")),
        }
    }

    fn read_invocations(&mut self, invocations: Json<'de>) -> Result<(), Error> {
        let entries = invocations.entries().map_err(|reason| misplaced("Invocations", reason))?;
        for (key, value) in entries {
            let key = key.map_err(not_json)?;
            if key == "Invocation" {
                let items = value.items();
                self.records = items.map_err(|it| misplaced("Invocations.Invocation", it))?;
                self.lists += 1;
            } else {
                self.unknown.push((format!("Invocations.{key}").into(), value));
            }
        }
        Ok(())
    }

    /// What a file without the list is, as far as its other keys tell.
    fn describe_other(&self) -> String {
        let other = |name: &str| {
            let found = self.unknown.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        if other("Invocation").is_some_and(|value| value.contains("\"InvocationResults\"")) {
            return "it is a DescribeInvocationResults response".into();
        }
        if let (Some(code), Some(_)) = (other("Code"), other("Message")) {
            return format!("it is an error response, with the Code {code}");
        }
        let keys: Vec<_> = self.unknown.iter().map(|(key, _)| format!("{key:?}")).take(8).collect();
        let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
        format!("it has no Invocations.Invocation list; other keys it has: {keys}")
    }
}

fn not_json(cause: impl Display) -> Error {
    Error::capture(format!("it is not JSON: {cause}; give the response body as it was received"))
}

fn misplaced(place: &str, reason: Reason) -> Error {
    Error::capture(format!("of {place}: {reason}"))
}
