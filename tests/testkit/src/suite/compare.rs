//! The differences of two answers, and the rules of single fields.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::request;
use crate::model::Operation;

/// A broken rule, and what shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Difference {
    pub(super) rule: &'static str,
    pub(super) text: String,
}

/// The latest write, by which the fields that it changes are judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    Accept,
    Update,
    Stop,
}

/// The head and the rows of a body, and the token apart.
pub(super) struct Parts<'a> {
    pub(super) head: &'a Value,
    pub(super) rows: &'a Vec<Value>,
    pub(super) token: &'a str,
}

/// The parts of a body, or the rule that it breaks by not having them.
pub(super) fn parts(operation: Operation, body: &Value) -> Result<Parts<'_>, Difference> {
    let (head, list) = match operation {
        Operation::DescribeInvocations => (Some(body), "/Invocations/Invocation"),
        Operation::DescribeInvocationResults => {
            (body.get("Invocation"), "/InvocationResults/InvocationResult")
        }
    };
    let names = match operation {
        Operation::DescribeInvocations => "answer.names",
        Operation::DescribeInvocationResults => "results.shape",
    };
    let no = |rule, text: String| Difference { rule, text };
    let head = head.ok_or_else(|| no(names, "the body has no Invocation".to_owned()))?;
    let rows = match head.pointer(list) {
        Some(Value::Array(rows)) => rows,
        Some(Value::Null) => {
            return Err(no("page.past-end", format!("{list} is null, not a list")));
        }
        None | Some(_) => return Err(no(names, format!("the body has no list at {list}"))),
    };
    let token = head["NextToken"].as_str();
    let token = token.ok_or_else(|| no(names, "NextToken is no text".to_owned()))?;
    Ok(Parts { head, rows, token })
}

/// The id of a row: of results with its instance, its times and its output, which tell the history
/// records of a run apart as far as anything does.
pub(super) fn row_id(row: &Value) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    match row["InstanceId"].as_str() {
        None => text("InvokeId"),
        Some(instance) => format!("{}/{instance}", text("InvokeId")),
    }
}

/// Whether the texts are a text and its Base64.
fn is_encoded(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_str(), other.as_str()) else { return false };
    let is_of = |plain: &str, coded: &str| {
        STANDARD.decode(coded).is_ok_and(|bytes| String::from_utf8_lossy(&bytes) == plain)
    };
    !one.is_empty() && (is_of(one, other) || is_of(other, one))
}

fn is_time(text: &str) -> bool {
    text.len() == 20 && text.parse::<invodex::Timestamp>().is_ok()
}

/// The surroundings of a field.
pub(super) struct Place<'a> {
    pub(super) operation: Operation,
    pub(super) pairs: &'a [(String, String)],
    pub(super) after: After,
    /// The row as the reference has it.
    pub(super) row: &'a Value,
    /// Whether another row before it has the same run, so that this one is history.
    pub(super) is_history: bool,
}

/// The rule that says what a field holds. `path` leads from the row to it.
pub(super) fn field_rule(
    place: &Place<'_>,
    path: &[&str],
    is: Option<&Value>,
    expected: Option<&Value>,
) -> &'static str {
    let results = place.operation == Operation::DescribeInvocationResults;
    let of_run = results || path.len() > 1;
    let names = if results { "results.shape" } else { "answer.names" };
    let name = path.last().copied().unwrap_or_default();
    let recurring =
        ["Period", "EveryReboot"].contains(&place.row["RepeatMode"].as_str().unwrap_or(""));
    let text = expected.and_then(Value::as_str);
    match name {
        "Timeout" => return "answer.timeout",
        "ExitCode" | "Repeats" | "Dropped" if is.is_some_and(|is| !is.is_number()) => {
            return "answer.numbers";
        }
        "ExitCode" if expected.is_none() => return "answer.numbers",
        "Repeats" | "Dropped" if is.is_none() => return "answer.numbers",
        "Parameters" if text == Some("{}") => return "answer.parameters",
        _ => {}
    }
    match (is, expected) {
        (None, Some(Value::String(text))) if text.is_empty() => return "answer.unset",
        (Some(Value::Null), Some(Value::String(text))) if text.is_empty() => return "answer.unset",
        (None, _) | (_, None) => return names,
        (Some(Value::String(is)), Some(Value::String(_)))
            if name.ends_with("Time") && !is.is_empty() && !is_time(is) =>
        {
            return "answer.times";
        }
        _ => {}
    }
    match name {
        "InvocationStatus" if !of_run => match text.unwrap_or_default() {
            "Stopped" => "status.overall-stopped",
            "Failed" => "status.overall-failed",
            "Success" => "status.overall-success-stopped",
            "PartialFailed" => "status.overall-partial",
            _ => "status.overall-unfinished-first",
        },
        "InvokeStatus" => "status.overall-legacy",
        "Timed" if of_run => "status.timed-of-run",
        "Timed" => "status.timed",
        "InvocationStatus" => match place.after {
            After::Accept => "record.any-status",
            After::Update => "run.after-start",
            After::Stop if text == Some("Stopping") => "stop.running",
            After::Stop => "stop.documented",
        },
        "InstanceInvokeStatus" | "InvokeRecordStatus" => {
            legacy_rule(place, path, text.unwrap_or_default(), recurring)
        }
        "CreationTime" | "UpdateTime" if of_run => "run.unset-times",
        "CreationTime" => "store.backfill",
        "StartTime" | "Repeats" => "run.start",
        "StopTime" if place.after == After::Stop => "stop.documented",
        "FinishTime" | "FinishedTime" | "StopTime" => "run.times",
        "ExitCode" => "run.start",
        "ErrorCode" | "ErrorInfo" => "run.error-code",
        "CommandContent" | "Output" => output_rule(place, name, is, expected),
        "Dropped" => stored_output_rule(place),
        "InvokeInstance" | "InvokeInstances"
            if request::value(place.pairs, "InstanceId").is_some() =>
        {
            "filter.instance-narrows"
        }
        "Parameters" => "answer.parameters",
        _ => names,
    }
}

fn legacy_rule(place: &Place<'_>, path: &[&str], legacy: &str, recurring: bool) -> &'static str {
    if place.is_history {
        return "status.legacy-history";
    }
    let run = match path {
        ["InvokeInstances", "InvokeInstance", at, ..] => {
            let at: usize = at.parse().unwrap_or(0);
            &place.row["InvokeInstances"]["InvokeInstance"][at]
        }
        _ => place.row,
    };
    let status = run["InvocationStatus"].as_str().unwrap_or_default();
    let ended = !["Pending", "Scheduled", "Running", "Stopping"].contains(&status);
    match status {
        "Pending" => "status.legacy-pending",
        _ if ended && (recurring || legacy == "Running") => "status.legacy-recurring",
        "Success" | "Timeout" | "Terminated" => "status.legacy-captured",
        _ => "status.legacy",
    }
}

fn stored_output_rule(place: &Place<'_>) -> &'static str {
    match place.after {
        After::Accept => "record.output-whole",
        After::Update | After::Stop => "record.output-stored",
    }
}

fn output_rule(
    place: &Place<'_>,
    name: &str,
    is: Option<&Value>,
    expected: Option<&Value>,
) -> &'static str {
    let (Some(is), Some(expected)) = (is, expected) else { return "filter.output" };
    let text = expected.as_str().unwrap_or_default();
    let bytes = text.contains('\u{fffd}');
    if is_encoded(is, expected) {
        "filter.encoding"
    } else if bytes {
        "filter.plain-bytes"
    } else if name == "CommandContent" {
        "filter.encoding"
    } else if place.operation == Operation::DescribeInvocationResults && is.as_str() == Some("") {
        "results.output"
    } else if place.operation == Operation::DescribeInvocations
        && (text.is_empty() != is.as_str().unwrap_or_default().is_empty())
    {
        "filter.output"
    } else {
        stored_output_rule(place)
    }
}

/// Takes the path of a field, its value and the expected one.
pub(super) type FieldVisitor<'f, 'v> =
    dyn FnMut(&[String], Option<&'v Value>, Option<&'v Value>) + 'f;

/// Calls `each` with every field of two rows that either has, down to the fields of objects in lists.
pub(super) fn each_field<'v>(
    path: &mut Vec<String>,
    is: Option<&'v Value>,
    expected: Option<&'v Value>,
    each: &mut FieldVisitor<'_, 'v>,
) {
    match (is, expected) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let more = other.keys().filter(|name| !one.contains_key(*name));
            for name in one.keys().chain(more) {
                path.push(name.clone());
                each_field(path, one.get(name), other.get(name), each);
                path.pop();
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                path.push(at.to_string());
                each_field(path, Some(one), Some(other), each);
                path.pop();
            }
        }
        _ => each(path, is, expected),
    }
}

/// A value in short.
pub(super) fn short(value: Option<&Value>) -> String {
    let text = value.map_or_else(|| "absent".to_owned(), Value::to_string);
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
