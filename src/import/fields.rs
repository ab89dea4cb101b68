//! The fields of captured objects: one table of all names, and for each field the kinds of objects
//! that have it, the function that reads it, and the value that an answer shows without it.

use std::borrow::Cow;
use std::str::FromStr;

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

/// The kinds of captured objects, as bits: an invocation, a run of it, a record of results.
pub(super) const RECORD: u8 = 1;
pub(super) const RUN: u8 = 2;
pub(super) const RESULT: u8 = 4;

/// A field of captured objects.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// The kinds of objects that have it.
    pub(super) of: u8,
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

/// A field by its name, the kinds of objects that have it, its answer, and the function that reads
/// it, with the place in the target. Without a place the value is checked and not kept.
macro_rules! field {
    ($name:literal, $of:expr, $answer:expr, $($place:ident).+ = $read:ident) => {
        field!($name, $of, $answer, |target, json, reader| {
            target.$($place).+ = $read(json, reader)?;
            Ok(())
        })
    };
    ($name:literal, $of:expr, $answer:expr, $read:expr) => {
        Field { name: $name, of: $of, answer: $answer, read: $read }
    };
}

const NONE: Answer = Answer::Unset("");
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

fn timed(shown: &Shown<'_>) -> &'static str {
    flag_text(shown.overall.timed())
}

fn run_timed(shown: &Shown<'_>) -> &'static str {
    flag_text(is_timed(shown.repeat_mode, shown.run.invocation_status.is_end()))
}

fn flag_text(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

/// The fields of all objects, in the order in which differences are reported.
pub(super) const FIELDS: &[Field] = &[
    field!("CreationTime", RECORD, CREATED, invocation.creation_time = time),
    field!("InvocationStatus", RECORD, Answer::Derived(overall_status), any_text),
    field!("InvokeStatus", RECORD, Answer::Derived(overall_legacy_status), any_text),
    field!("Timed", RECORD, Answer::Derived(timed), timed = flag),
    field!("RepeatMode", RECORD, MODE, invocation.repeat_mode = repeat_mode),
    field!("CommandType", RECORD, NONE, invocation.command_type = command_type),
    field!("CommandContent", RECORD, NONE, invocation.command_content = bytes),
    field!("Timeout", RECORD, Answer::Hidden, invocation.timeout = timeout),
    // A run without InvocationStatus is refused, or gets it from the legacy status.
    field!("InvocationStatus", RUN | RESULT, Answer::Hidden, run.invocation_status = status),
    field!("InstanceInvokeStatus", RUN, Answer::Derived(legacy_status), legacy = legacy),
    field!("InvokeRecordStatus", RESULT, Answer::Derived(legacy_status), legacy = legacy),
    field!("Timed", RUN, Answer::Derived(run_timed), timed = flag),
    field!("CreationTime", RUN, CREATED, run.creation_time = time),
    field!("UpdateTime", RUN, RUN_CREATED, run.update_time = time),
    field!("StartTime", RUN | RESULT, NONE, run.start_time = time),
    field!("FinishTime", RUN, NONE, run.finish_time = time),
    field!("FinishedTime", RESULT, NONE, run.finish_time = time),
    field!("StopTime", RUN | RESULT, NONE, run.stop_time = time),
    field!("Repeats", RUN | RESULT, Answer::Unset("0"), run.repeats = repeats),
    field!("ExitCode", RUN | RESULT, Answer::Hidden, run.exit_code = exit_code),
    field!("Output", RUN | RESULT, NONE, run.output = bytes),
    field!("Dropped", RUN | RESULT, Answer::Unset("0"), run.dropped = dropped),
    // The two lists are read in `lists`. A record without runs is refused.
    field!("Tags", RECORD | RESULT, Answer::Unset("[]"), unread),
    field!("InvokeInstances", RECORD, Answer::Hidden, unread),
    field!("RegionId", RECORD | RESULT, Answer::Hidden, invocation.region_id = string),
    field!(
        "ResourceGroupId",
        RECORD | RESULT,
        Answer::Hidden,
        invocation.resource_group_id = string
    ),
    field!("InvokeId", RECORD | RESULT, NONE, invocation.invoke_id = string),
    field!("CommandId", RECORD | RESULT, NONE, invocation.command_id = string),
    field!("CommandName", RECORD, NONE, invocation.command_name = string),
    field!("CommandDescription", RECORD, NONE, invocation.command_description = string),
    field!("Parameters", RECORD, Answer::Unset(NO_PARAMETERS), invocation.parameters = parameters),
    field!("Frequency", RECORD, NONE, invocation.frequency = string),
    field!("WorkingDir", RECORD, NONE, invocation.working_dir = string),
    field!("InstanceId", RUN | RESULT, NONE, run.instance_id = string),
    field!("ErrorCode", RUN | RESULT, NONE, run.error_code = string),
    field!("ErrorInfo", RUN | RESULT, NONE, run.error_info = string),
    field!("Username", RECORD | RESULT, NONE, invocation.username = string),
    field!("ContainerId", RECORD | RESULT, NONE, invocation.container_id = string),
    field!("ContainerName", RECORD | RESULT, NONE, invocation.container_name = string),
    field!("Launcher", RECORD | RESULT, NONE, invocation.launcher = string),
    field!("TerminationMode", RECORD | RESULT, NONE, invocation.termination_mode = string),
    field!("OssOutputDelivery", RECORD | RESULT, NONE, invocation.oss_output_delivery = string),
    field!("OssOutputStatus", RUN | RESULT, NONE, run.oss_output_status = string),
    field!("OssOutputUri", RUN | RESULT, NONE, run.oss_output_uri = string),
    field!("OssOutputErrorCode", RUN | RESULT, NONE, run.oss_output_error_code = string),
    field!("OssOutputErrorInfo", RUN | RESULT, NONE, run.oss_output_error_info = string),
];

/// For the lists, which `lists` reads.
fn unread(_: &mut Target, _: Json<'_>, _: &mut Reader) -> Result<(), Reason> {
    Ok(())
}

fn any_text(_: &mut Target, json: Json<'_>, _: &mut Reader) -> Result<(), Reason> {
    json.text().map(drop)
}

fn flag(json: Json<'_>, _: &mut Reader) -> Result<Option<bool>, Reason> {
    json.parsed("true or false").map(Some)
}

fn repeat_mode(json: Json<'_>, _: &mut Reader) -> Result<RepeatMode, Reason> {
    named(&json.text()?, RepeatMode::Once)
}

fn command_type(json: Json<'_>, _: &mut Reader) -> Result<CommandType, Reason> {
    named(&json.text()?, CommandType::RunShellScript)
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
    named(&text, InvocationStatus::Pending)
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

/// The value with the name `text`; `unset` for `""`.
fn named<T: FromStr<Err = Error>>(text: &str, unset: T) -> Result<T, Reason> {
    if text.is_empty() {
        return Ok(unset);
    }
    text.parse().map_err(|error: Error| error.detail().to_owned())
}

/// A time; `None` for `""`. A time of old captures has a space for the T and no Z.
fn time(json: Json<'_>, reader: &mut Reader) -> Result<Option<Timestamp>, Reason> {
    let text = json.text()?;
    if let Some((date, time)) = text.split_once(' ')
        && let Some(time) = Timestamp::parse(&format!("{date}T{time}Z"))
    {
        reader.note_form(&text, time.to_string());
        return Ok(Some(time));
    }
    if text.is_empty() { Ok(None) } else { named(&text, Timestamp::MIN).map(Some) }
}
