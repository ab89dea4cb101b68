//! Splits a file into the bodies of responses, and a body into records that are not read yet.

use std::borrow::Cow;
use std::fmt::Display;

use serde::{Deserialize, Deserializer};

use super::fields::Reader;
use super::json::{Entry, Json, Opened, Reason, Shape, is_named};
use super::lists::{Unknown, open_list};
use super::options::CaptureEncoding;
use super::report::{Difference, DifferenceKind};

/// The lists of a body: `Invocations.Invocation`, `Invocation.InvocationResults.InvocationResult`.
const BODY: Shape = Shape(&[
    ("Invocations", Shape(&[("Invocation", Shape(&[]))])),
    ("Invocation", Shape(&[("InvocationResults", Shape(&[("InvocationResult", Shape(&[]))]))])),
]);
/// Keys beside a list that describe the captured answer, and not its records.
const USUAL_KEYS: [&str; 5] = ["RequestId", "PageNumber", "PageSize", "TotalCount", "NextToken"];
/// Keys of an SDK's envelope beside `body`.
const ENVELOPE_KEYS: [&str; 2] = ["headers", "statusCode"];

/// The body of one response.
pub(super) struct Body<'de> {
    /// Whether it is a DescribeInvocationResults response.
    pub(super) has_results: bool,
    pub(super) records: Vec<Json<'de>>,
    /// Other forms in which the body was read, and keys beside the list that are left out.
    pub(super) differences: Vec<Difference>,
}

/// A value of a file, opened as a body.
struct Value<'de>(Opened<'de>);

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Opened::next(deserializer, &BODY).map(Value)
    }
}

/// The bodies of a file: one, several in a list, or several one after the other. Cost: O(bytes).
///
/// # Errors
///
/// Says which body is at fault, and what it is instead.
pub(super) fn split(bytes: &[u8]) -> Result<Vec<Body<'_>>, Reason> {
    let not_json = |cause: &dyn Display| {
        format!("it is not JSON: {cause}; give the response body as it was received")
    };
    let text = std::str::from_utf8(bytes).map_err(|error| not_json(&error))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    // Not `Deserializer::end` after each value: where another one follows, it makes an error, and for
    // the line of an error all of the file before it is searched.
    let stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let read = stream.map(|value| match value {
        Ok(Value(opened)) => Ok(opened),
        Err(error) if error.is_eof() => {
            Err(not_json(&format_args!("cut off at byte {} ({error})", bytes.len())))
        }
        Err(error) => Err(not_json(&error)),
    });
    let mut values = read.collect::<Result<Vec<_>, _>>()?;
    if values.is_empty() {
        return Err(not_json(&format_args!("cut off at byte {} (it has no value)", bytes.len())));
    }
    if let [Opened::List(items)] = &values[..] {
        let open = |&item| Opened::object(item, &BODY).map(Opened::Object);
        let opened = items.iter().map(open).enumerate();
        values = opened.map(|(at, item)| item.map_err(at_body(at))).collect::<Result<_, _>>()?;
        if values.is_empty() {
            return Err("it is an empty list".to_owned());
        }
    }
    let is_single = values.len() == 1;
    let bodies = values.into_iter().enumerate().map(|(at, value)| {
        let body = Body::of(value, true);
        if is_single { body } else { body.map_err(at_body(at)) }
    });
    bodies.collect()
}

fn at_body(at: usize) -> impl Fn(Reason) -> Reason {
    move |reason| format!("in body {at}: {reason}")
}

impl<'de> Body<'de> {
    /// Finds the list of `value`. `may_be_envelope` says whether the body may stand under `body`.
    fn of(value: Opened<'de>, may_be_envelope: bool) -> Result<Self, Reason> {
        let Opened::Object(entries) = value else {
            return Err(value.fault("an object, the body of a response"));
        };
        // It reads no text.
        let reader = &mut Reader::new(CaptureEncoding::PlainText);
        let (mut list, mut others) = (None, Unknown::new());
        for (key, value) in entries {
            let key = key.map_err(|reason| format!("a key: {reason}"))?;
            match (BODY.0.iter().find(|(name, _)| is_named(&key, name)), value) {
                (Some((name, _)), value) => {
                    reader.note_key(&key, name);
                    if let Some((other, _)) = list.replace((*name, value)) {
                        let both =
                            "it has both Invocations and Invocation: give one response a body";
                        let twice = format!("{name} is given twice");
                        return Err(if other == *name { twice } else { both.to_owned() });
                    }
                }
                (None, Opened::Unread(value)) => others.push((key, value)),
                (None, _) => {}
            }
        }
        let in_envelope = others.iter().position(|(key, _)| may_be_envelope && key == "body");
        let mut body = match (list, in_envelope) {
            (Some((name, value)), _) => {
                let has_results = name == "Invocation";
                let path: &[_] = match has_results {
                    true => &["InvocationResults", "InvocationResult"],
                    false => &["Invocation"],
                };
                let records = open_list(name, value, path, &mut others, reader)?;
                let Some(records) = records else {
                    return Err(format!("it has no {name}.{} list", path.join(".")));
                };
                let is_usual = |path: &str| {
                    let key = path.rsplit('.').next().unwrap_or_default();
                    USUAL_KEYS.iter().any(|name| is_named(key, name))
                };
                others.retain(|(path, _)| !is_usual(path));
                Body { has_results, records, differences: std::mem::take(&mut reader.differences) }
            }
            (None, Some(at)) => {
                let (_, inner) = others.swap_remove(at);
                let entries = Opened::object(inner, &BODY);
                let entries = entries.map_err(|reason| format!("of body: {reason}"))?;
                let mut body = Body::of(Opened::Object(entries), false)?;
                others.retain(|(key, _)| !ENVELOPE_KEYS.contains(&&**key));
                let (form, captured) = (DifferenceKind::Form, Some("an envelope".to_owned()));
                let answered = Some("the body in it".to_owned());
                body.differences.push(Difference::new(None, "body", form, captured, answered));
                body
            }
            (None, None) => return Err(describe_other(&others)),
        };
        for (path, value) in others {
            let (kind, captured) = (DifferenceKind::Unknown, Some(value.as_str().to_owned()));
            body.differences.push(Difference::new(None, path.into_owned(), kind, captured, None));
        }
        Ok(body)
    }
}

/// Says what an object without a list is, as far as its keys tell.
fn describe_other(entries: &[(Cow<'_, str>, Json<'_>)]) -> Reason {
    let find = |name: &str| entries.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
    let code = |name| find(name).and_then(|value| value.text().ok());
    if let (Some(code), Some(_)) = (code("Code"), find("Message")) {
        return format!("it is an error body of the API ({code:.64})");
    }
    let printed = code("ErrorCode").filter(|_| find("Message").is_some());
    if let Some(code) = printed.or_else(|| code("error_code")) {
        return format!("it is an error as a tool prints it ({code:.64})");
    }
    if find("InvokeInstances").is_some() || find("InvocationResults").is_some() {
        return "it is a part of a response; give the whole body".to_owned();
    }
    if find("InvokeRecordStatus").is_some() {
        return "it is a record of DescribeInvocationResults; give the whole body".to_owned();
    }
    let is_event = |value: Json<'_>| {
        let event = Opened::object(value, &Shape(&[])).unwrap_or_default();
        event.iter().any(|(key, _)| key.as_deref() == Ok("invocationStatus"))
    };
    let inside = ["content", "data"].into_iter().find_map(find);
    if inside.is_some_and(is_event) || find("invocationStatus").is_some() {
        return "it is a task event; only responses can be loaded".to_owned();
    }
    for (key, value) in entries {
        // A list of the API stands in an object of the plural's name, such as Instances.Instance.
        let Some(item) = key.strip_suffix('s').filter(|item| !item.is_empty()) else { continue };
        let wrapped: Vec<Entry<'_>> = Opened::object(*value, &Shape(&[])).unwrap_or_default();
        if wrapped.iter().any(|(inner, _)| inner.as_deref() == Ok(item)) {
            return format!("it is a Describe{key:.64} response");
        }
    }
    if find("InvokeId").is_some() {
        return "it is a RunCommand or InvokeCommand response".to_owned();
    }
    let keys: Vec<_> = entries.iter().map(|(key, _)| format!("{key:?}")).take(8).collect();
    let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
    format!("it has neither an Invocations nor an Invocation list; its keys: {keys}")
}
