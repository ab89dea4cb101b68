//! The fields of captured objects: one table of names for each kind of object, and for each field
//! the function that reads it and the value that an answer shows without it.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::json::{Json, Reason};
use super::options::CaptureEncoding;
use super::report::{Difference, DifferenceKind};
use crate::error::Error;
use crate::limits;
use crate::model::{
    CommandType, InstanceInvokeStatus, InstanceRun, Invocation, InvocationStatus, Overall,
    RepeatMode, Timestamp, is_timed,
};
use crate::request::ContentEncoding;
use crate::wire::NO_PARAMETERS;

/// The values of one captured object. A record of results has fields of both parts.
pub(super) struct Target {
    pub(super) invocation: Invocation,
    pub(super) run: InstanceRun,
    pub(super) timed: Option<bool>,
    pub(super) legacy: Option<InstanceInvokeStatus>,
}

impl Target {
    pub(super) fn new() -> Self {
        let (invocation, run) = (Invocation::new("", "", ""), InstanceRun::new(""));
        Target { invocation, run, timed: None, legacy: None }
    }
}

/// The state of reading: the encoding of the file, and the differences and the fault of the record.
pub(super) struct Reader {
    pub(super) encoding: ContentEncoding,
    /// Whether a text of the file is no Base64, although the encoding is.
    pub(super) is_not_base64: bool,
    /// The differences of the record so far.
    pub(super) differences: Vec<Difference>,
    /// Whether a name with a lower first letter was noted. One note is enough for a record.
    has_sdk_name: bool,
    /// The name of the field that is being read.
    pub(super) field: &'static str,
    /// The position of the run that is being read.
    pub(super) run: Option<usize>,
    /// The first fault of the record.
    pub(super) error: Option<Error>,
}

impl Reader {
    /// [`CaptureEncoding::Auto`] begins with Base64.
    pub(super) fn new(encoding: CaptureEncoding) -> Self {
        Reader {
            encoding: match encoding {
                CaptureEncoding::PlainText => ContentEncoding::PlainText,
                CaptureEncoding::Auto | CaptureEncoding::Base64 => ContentEncoding::Base64,
            },
            is_not_base64: false,
            differences: Vec::new(),
            has_sdk_name: false,
            field: "",
            run: None,
            error: None,
        }
    }

    /// Begins the next record.
    pub(super) fn begin(&mut self) {
        self.differences.clear();
        (self.has_sdk_name, self.run, self.error) = (false, None, None);
    }

    /// Keeps the fault, unless there was one before.
    pub(super) fn refuse(&mut self, field: &'static str, reason: Reason) {
        let run = self.run;
        self.error.get_or_insert_with(|| match run {
            Some(at) => Error::captured(field, format!("in InvokeInstance[{at}]: {reason}")),
            None => Error::captured(field, reason),
        });
    }

    /// Notes a difference.
    pub(super) fn note(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        kind: DifferenceKind,
        captured: Option<&str>,
        answered: impl Into<String>,
    ) {
        let (captured, answered) = (captured.map(str::to_owned), Some(answered.into()));
        self.differences.push(Difference::new(self.run, field, kind, captured, answered));
    }

    /// Notes that the field was read from another form than an answer's.
    fn note_form(&mut self, captured: &str, answered: impl Into<String>) {
        self.note(self.field, DifferenceKind::Form, Some(captured), answered);
    }

    /// Notes that `key` stands for `name`.
    pub(super) fn note_key(&mut self, key: &str, name: &str) {
        if key.as_bytes().first() != name.as_bytes().first()
            && !std::mem::replace(&mut self.has_sdk_name, true)
        {
            let (captured, answered) = (format!("the key {key}"), format!("the key {name}"));
            self.note(key.to_owned(), DifferenceKind::Form, Some(&captured), answered);
        }
    }
}

/// A field of a captured object.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// Reads a value that is not `null` into the target.
    pub(super) read: fn(&mut Target, Json<'_>, &mut Reader) -> Result<(), Reason>,
    pub(super) answer: Answer,
}

/// The value of a field in an answer, beside the captured one.
pub(super) enum Answer {
    /// The captured value, or this one.
    Unset(&'static str),
    /// The captured value, or one that follows from others.
    Default(fn(&Shown<'_>) -> String),
    /// Always a value that follows from others.
    Derived(fn(&Shown<'_>) -> &'static str),
    /// The captured value, or none.
    Hidden,
}

/// A record, or a run of it, as an answer shows it.
pub(super) struct Shown<'a> {
    pub(super) repeat_mode: RepeatMode,
    pub(super) overall: Overall,
    pub(super) created: Timestamp,
    pub(super) run: &'a InstanceRun,
}

/// A field by its name, its answer, and the function that reads it, with the place in the target.
/// Without a place the value is checked and not kept.
macro_rules! field {
    ($name:literal, $answer:expr, $($place:ident).+ = $read:ident) => {
        Field {
            name: $name,
            answer: $answer,
            read: |target, json, reader| Ok(target.$($place).+ = $read(json, reader)?),
        }
    };
    ($name:literal, $answer:expr, $read:ident) => {
        Field { name: $name, answer: $answer, read: |_, json, reader| $read(json, reader).map(drop) }
    };
}

const MODE: Answer = Answer::Default(|shown| shown.repeat_mode.to_string());
const CREATED: Answer = Answer::Default(|shown| shown.created.to_string());
const RUN_CREATED: Answer =
    Answer::Default(|shown| shown.run.creation_time.unwrap_or(shown.created).to_string());

fn overall_status(shown: &Shown<'_>) -> &'static str {
    shown.overall.invocation_status().as_str()
}

fn overall_legacy_status(shown: &Shown<'_>) -> &'static str {
    shown.overall.invoke_status().as_str()
}

fn legacy_status(shown: &Shown<'_>) -> &'static str {
    shown.run.invocation_status.legacy(shown.repeat_mode).as_str()
}

fn run_timed(shown: &Shown<'_>) -> &'static str {
    flag_text(is_timed(shown.repeat_mode, shown.run.invocation_status.is_end()))
}

fn flag_text(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

/// The fields of an invocation, in the order in which differences are reported.
pub(super) const RECORD: &[Field] = &[
    field!("CreationTime", CREATED, invocation.creation_time = time),
    field!("InvocationStatus", Answer::Derived(overall_status), string),
    field!("InvokeStatus", Answer::Derived(overall_legacy_status), string),
    field!("Timed", Answer::Derived(|shown| flag_text(shown.overall.timed())), timed = flag),
    field!("RepeatMode", MODE, invocation.repeat_mode = repeat_mode),
    field!("CommandType", Answer::Unset(""), invocation.command_type = command_type),
    field!("CommandContent", Answer::Unset(""), invocation.command_content = bytes),
    field!("Timeout", Answer::Hidden, invocation.timeout = timeout),
    // The two lists are read in `lists`. A record without runs is refused.
    field!("Tags", Answer::Unset("[]"), unread),
    field!("InvokeInstances", Answer::Hidden, unread),
    field!("RegionId", Answer::Hidden, invocation.region_id = string),
    field!("ResourceGroupId", Answer::Hidden, invocation.resource_group_id = string),
    field!("InvokeId", Answer::Unset(""), invocation.invoke_id = string),
    field!("CommandId", Answer::Unset(""), invocation.command_id = string),
    field!("CommandName", Answer::Unset(""), invocation.command_name = string),
    field!("CommandDescription", Answer::Unset(""), invocation.command_description = string),
    field!("Parameters", Answer::Unset(NO_PARAMETERS), invocation.parameters = parameters),
    field!("Frequency", Answer::Unset(""), invocation.frequency = string),
    field!("WorkingDir", Answer::Unset(""), invocation.working_dir = string),
    field!("Username", Answer::Unset(""), invocation.username = string),
    field!("ContainerId", Answer::Unset(""), invocation.container_id = string),
    field!("ContainerName", Answer::Unset(""), invocation.container_name = string),
    field!("Launcher", Answer::Unset(""), invocation.launcher = string),
    field!("TerminationMode", Answer::Unset(""), invocation.termination_mode = string),
    field!("OssOutputDelivery", Answer::Unset(""), invocation.oss_output_delivery = string),
];

/// The fields of a run in DescribeInvocations. A run without InvocationStatus is refused, or gets
/// it from the legacy status.
pub(super) const RUN: &[Field] = &[
    field!("InvocationStatus", Answer::Hidden, run.invocation_status = status),
    field!("InstanceInvokeStatus", Answer::Derived(legacy_status), legacy = legacy),
    field!("Timed", Answer::Derived(run_timed), flag),
    field!("CreationTime", CREATED, run.creation_time = time),
    field!("UpdateTime", RUN_CREATED, run.update_time = time),
    field!("StartTime", Answer::Unset(""), run.start_time = time),
    field!("FinishTime", Answer::Unset(""), run.finish_time = time),
    field!("StopTime", Answer::Unset(""), run.stop_time = time),
    field!("Repeats", Answer::Unset("0"), run.repeats = repeats),
    field!("ExitCode", Answer::Hidden, run.exit_code = exit_code),
    field!("Output", Answer::Unset(""), run.output = bytes),
    field!("Dropped", Answer::Unset("0"), run.dropped = dropped),
    field!("InstanceId", Answer::Unset(""), run.instance_id = string),
    field!("ErrorCode", Answer::Unset(""), run.error_code = string),
    field!("ErrorInfo", Answer::Unset(""), run.error_info = string),
    field!("OssOutputStatus", Answer::Unset(""), run.oss_output_status = string),
    field!("OssOutputUri", Answer::Unset(""), run.oss_output_uri = string),
    field!("OssOutputErrorCode", Answer::Unset(""), run.oss_output_error_code = string),
    field!("OssOutputErrorInfo", Answer::Unset(""), run.oss_output_error_info = string),
];

/// The fields of a record of DescribeInvocationResults.
pub(super) const RESULT: &[Field] = &[
    field!("InvocationStatus", Answer::Hidden, run.invocation_status = status),
    field!("InvokeRecordStatus", Answer::Derived(legacy_status), legacy = legacy),
    field!("StartTime", Answer::Unset(""), run.start_time = time),
    field!("FinishedTime", Answer::Unset(""), run.finish_time = time),
    field!("StopTime", Answer::Unset(""), run.stop_time = time),
    field!("Repeats", Answer::Unset("0"), run.repeats = repeats),
    field!("ExitCode", Answer::Hidden, run.exit_code = exit_code),
    field!("Output", Answer::Unset(""), run.output = bytes),
    field!("Dropped", Answer::Unset("0"), run.dropped = dropped),
    field!("Tags", Answer::Unset("[]"), unread),
    field!("RegionId", Answer::Hidden, invocation.region_id = string),
    field!("ResourceGroupId", Answer::Hidden, invocation.resource_group_id = string),
    field!("InvokeId", Answer::Unset(""), invocation.invoke_id = string),
    field!("CommandId", Answer::Unset(""), invocation.command_id = string),
    field!("InstanceId", Answer::Unset(""), run.instance_id = string),
    field!("ErrorCode", Answer::Unset(""), run.error_code = string),
    field!("ErrorInfo", Answer::Unset(""), run.error_info = string),
    field!("Username", Answer::Unset(""), invocation.username = string),
    field!("ContainerId", Answer::Unset(""), invocation.container_id = string),
    field!("ContainerName", Answer::Unset(""), invocation.container_name = string),
    field!("Launcher", Answer::Unset(""), invocation.launcher = string),
    field!("TerminationMode", Answer::Unset(""), invocation.termination_mode = string),
    field!("OssOutputDelivery", Answer::Unset(""), invocation.oss_output_delivery = string),
    field!("OssOutputStatus", Answer::Unset(""), run.oss_output_status = string),
    field!("OssOutputUri", Answer::Unset(""), run.oss_output_uri = string),
    field!("OssOutputErrorCode", Answer::Unset(""), run.oss_output_error_code = string),
    field!("OssOutputErrorInfo", Answer::Unset(""), run.oss_output_error_info = string),
];

/// For the lists, which `lists` reads.
fn unread(_: Json<'_>, _: &mut Reader) -> Result<(), Reason> {
    Ok(())
}

fn flag(json: Json<'_>, _: &mut Reader) -> Result<Option<bool>, Reason> {
    json.parsed("true or false").map(Some)
}

fn repeat_mode(json: Json<'_>, _: &mut Reader) -> Result<RepeatMode, Reason> {
    named(&json.text()?, RepeatMode::Once, RepeatMode::ALL, RepeatMode::as_str)
}

fn command_type(json: Json<'_>, _: &mut Reader) -> Result<CommandType, Reason> {
    named(&json.text()?, CommandType::RunShellScript, CommandType::ALL, CommandType::as_str)
}

fn string(json: Json<'_>, _: &mut Reader) -> Result<String, Reason> {
    json.text().map(Cow::into_owned)
}

/// The bytes of an encoded text. Base64 must be canonical.
fn bytes(json: Json<'_>, reader: &mut Reader) -> Result<Vec<u8>, Reason> {
    let text = json.text()?;
    if reader.encoding == ContentEncoding::PlainText {
        return Ok(text.into_owned().into_bytes());
    }
    STANDARD.decode(&*text).map_err(|error| {
        reader.is_not_base64 = true;
        format!(
            "it is not canonical Base64: {error}; if the file is plain text, say so with \
             CaptureEncoding::PlainText"
        )
    })
}

fn timeout(json: Json<'_>, _: &mut Reader) -> Result<Option<u32>, Reason> {
    const { assert!(limits::TIMEOUT_SECONDS == 86_400) };
    json.parsed("a whole number from 1 to 86400").map(Some)
}

fn repeats(json: Json<'_>, _: &mut Reader) -> Result<u32, Reason> {
    json.parsed("a whole number from 0 to 4294967295")
}

fn dropped(json: Json<'_>, _: &mut Reader) -> Result<u64, Reason> {
    json.parsed("a whole number from 0")
}

fn exit_code(json: Json<'_>, _: &mut Reader) -> Result<Option<i64>, Reason> {
    json.parsed("a whole number of 64 bits").map(Some)
}

/// An object is read as its JSON text.
fn parameters(json: Json<'_>, reader: &mut Reader) -> Result<String, Reason> {
    if json.is_object() {
        reader.note_form("an object", json.as_str().to_owned());
        return Ok(json.as_str().to_owned());
    }
    let is_text = json.as_str().starts_with('"');
    if is_text { string(json, reader) } else { Err(json.fault("a string or an object")) }
}

/// A status in lower case is read, too.
fn status(json: Json<'_>, reader: &mut Reader) -> Result<InvocationStatus, Reason> {
    let text = json.text()?;
    let mut all = InvocationStatus::ALL.iter();
    if let Some(status) = all.find(|status| is_lower(status.as_str(), &text)) {
        reader.note_form(&text, status.as_str());
        return Ok(*status);
    }
    named(&text, InvocationStatus::Pending, InvocationStatus::ALL, InvocationStatus::as_str)
}

/// Any text, because the status of the answer is derived.
fn legacy(json: Json<'_>, _: &mut Reader) -> Result<Option<InstanceInvokeStatus>, Reason> {
    let text = json.text()?;
    let mut all = InstanceInvokeStatus::ALL.iter().copied();
    Ok(all.find(|status| status.as_str() == text || is_lower(status.as_str(), &text)))
}

/// Whether `text` is `name` in lower case.
pub(super) fn is_lower(name: &str, text: &str) -> bool {
    let lower = name.bytes().map(|byte| byte.to_ascii_lowercase());
    name.len() == text.len() && lower.eq(text.bytes())
}

/// The value of `all` that has the name `text`; `unset` for `""`.
fn named<T: Copy>(
    text: &str,
    unset: T,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, Reason> {
    if text.is_empty() {
        return Ok(unset);
    }
    all.iter().copied().find(|&value| name(value) == text).ok_or_else(|| {
        let allowed: Vec<_> = all.iter().map(|&value| name(value)).collect();
        Error::not_one_of("", text, &allowed).detail().to_owned()
    })
}

/// A time; `None` for `""`. A time of old captures has a space for the T and no Z.
fn time(json: Json<'_>, reader: &mut Reader) -> Result<Option<Timestamp>, Reason> {
    let text = json.text()?;
    if text.is_empty() {
        return Ok(None);
    }
    if let Some((date, time)) = text.split_once(' ')
        && let Some(time) = Timestamp::parse(&format!("{date}T{time}Z"))
    {
        reader.note_form(&text, time.to_string());
        return Ok(Some(time));
    }
    text.parse().map(Some).map_err(|error: Error| error.detail().to_owned())
}
