//! The fields of captured objects: one table of names for each kind of object, and for each field
//! the function that reads it and the value that an answer shows without it.

use super::encoding::Decoder;
use super::json::{Json, Reason};
use super::options::CaptureEncoding;
use super::report::{Difference, DifferenceKind};
use crate::error::Error;
use crate::limits;
use crate::model::{
    CommandType, InstanceInvokeStatus, InstanceRun, Invocation, InvocationStatus, Overall,
    RepeatMode, Timestamp, is_timed,
};
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

/// The state of reading: the decoder of the file, and the differences and the fault of the record.
pub(super) struct Reader {
    pub(super) decoder: Decoder,
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
    pub(super) fn new(encoding: CaptureEncoding) -> Self {
        let (decoder, differences) = (Decoder::new(encoding), Vec::new());
        Reader { decoder, differences, has_sdk_name: false, field: "", run: None, error: None }
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

    /// Notes that the field was read from another form than an answer's.
    pub(super) fn note_form(&mut self, captured: &str, answered: String) {
        let (run, field, captured) = (self.run, self.field, Some(captured.to_owned()));
        let form = Difference::new(run, field, DifferenceKind::Form, captured, Some(answered));
        self.differences.push(form);
    }

    /// Notes that `key` stands for `name`.
    pub(super) fn note_key(&mut self, key: &str, name: &str) {
        if key.as_bytes().first() != name.as_bytes().first()
            && !std::mem::replace(&mut self.has_sdk_name, true)
        {
            self.differences.push(other_key(self.run, key, name));
        }
    }
}

/// The difference that the name of a key makes.
pub(super) fn other_key(run: Option<usize>, key: &str, name: &str) -> Difference {
    let (captured, answered) = (format!("the key {key}"), format!("the key {name}"));
    let kind = DifferenceKind::Form;
    Difference::new(run, key.to_owned(), kind, Some(captured), Some(answered))
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

/// A field by its name, the function that reads it, and the answer without it. Reading is a
/// function of target, value and reader; or the value is put into a place of the target.
macro_rules! field {
    ($name:literal, $part:ident.$field:ident = $read:expr, $answer:expr) => {
        field!(
            $name,
            |target, json, reader| {
                let read: fn(Json<'_>, &mut Reader) -> Result<_, Reason> = $read;
                target.$part.$field = read(json, reader)?;
                Ok(())
            },
            $answer
        )
    };
    ($name:literal, $read:expr, $answer:expr) => {
        Field { name: $name, read: $read, answer: $answer }
    };
}

macro_rules! text {
    ($name:literal, $part:ident.$field:ident) => {
        field!($name, $part.$field = |json, _| json.string(), Answer::Unset(""))
    };
}

const CREATED: Answer = Answer::Default(|shown| shown.created.to_string());

/// The fields of an invocation, in the order in which differences are reported.
pub(super) const RECORD: &[Field] = &[
    field!("CreationTime", invocation.creation_time = time, CREATED),
    field!(
        "InvocationStatus",
        |_, json, _| json.text().map(drop),
        Answer::Derived(|shown| shown.overall.invocation_status().as_str())
    ),
    field!(
        "InvokeStatus",
        |_, json, _| json.text().map(drop),
        Answer::Derived(|shown| shown.overall.invoke_status().as_str())
    ),
    field!("Timed", timed, Answer::Derived(|shown| flag(shown.overall.timed()))),
    field!("RepeatMode", repeat_mode, Answer::Default(|shown| shown.repeat_mode.to_string())),
    field!("CommandType", command_type, Answer::Unset("")),
    field!("CommandContent", invocation.command_content = bytes, Answer::Unset("")),
    field!("Timeout", invocation.timeout = timeout, Answer::Hidden),
    // The two lists are read in `lists`. A record without runs is refused.
    field!("Tags", |_, _, _| Ok(()), Answer::Unset("[]")),
    field!("InvokeInstances", |_, _, _| Ok(()), Answer::Hidden),
    field!("RegionId", invocation.region_id = |json, _| json.string(), Answer::Hidden),
    field!(
        "ResourceGroupId",
        invocation.resource_group_id = |json, _| json.string(),
        Answer::Hidden
    ),
    text!("InvokeId", invocation.invoke_id),
    text!("CommandId", invocation.command_id),
    text!("CommandName", invocation.command_name),
    text!("CommandDescription", invocation.command_description),
    field!("Parameters", invocation.parameters = parameters, Answer::Unset(NO_PARAMETERS)),
    text!("Frequency", invocation.frequency),
    text!("WorkingDir", invocation.working_dir),
    text!("Username", invocation.username),
    text!("ContainerId", invocation.container_id),
    text!("ContainerName", invocation.container_name),
    text!("Launcher", invocation.launcher),
    text!("TerminationMode", invocation.termination_mode),
    text!("OssOutputDelivery", invocation.oss_output_delivery),
];

/// The fields of a run in DescribeInvocations. A run without InvocationStatus is refused, or gets
/// it from the legacy status.
pub(super) const RUN: &[Field] = &[
    field!("InvocationStatus", status, Answer::Hidden),
    field!("InstanceInvokeStatus", legacy, Answer::Derived(legacy_of)),
    field!(
        "Timed",
        |_, json, _| json.flag().map(drop),
        Answer::Derived(|shown| {
            flag(is_timed(shown.repeat_mode, shown.run.invocation_status.is_end()))
        })
    ),
    field!("CreationTime", run.creation_time = time, CREATED),
    field!(
        "UpdateTime",
        run.update_time = time,
        Answer::Default(|shown| shown.run.creation_time.unwrap_or(shown.created).to_string())
    ),
    field!("StartTime", run.start_time = time, Answer::Unset("")),
    field!("FinishTime", run.finish_time = time, Answer::Unset("")),
    field!("StopTime", run.stop_time = time, Answer::Unset("")),
    field!("Repeats", run.repeats = |json, _| json.number(REPEATS), Answer::Unset("0")),
    field!("ExitCode", run.exit_code = exit_code, Answer::Hidden),
    field!("Output", run.output = bytes, Answer::Unset("")),
    field!(
        "Dropped",
        run.dropped = |json, _| json.number("a whole number from 0"),
        Answer::Unset("0")
    ),
    text!("InstanceId", run.instance_id),
    text!("ErrorCode", run.error_code),
    text!("ErrorInfo", run.error_info),
    text!("OssOutputStatus", run.oss_output_status),
    text!("OssOutputUri", run.oss_output_uri),
    text!("OssOutputErrorCode", run.oss_output_error_code),
    text!("OssOutputErrorInfo", run.oss_output_error_info),
];

/// The fields of a record of DescribeInvocationResults.
pub(super) const RESULT: &[Field] = &[
    field!("InvocationStatus", status, Answer::Hidden),
    field!("InvokeRecordStatus", legacy, Answer::Derived(legacy_of)),
    field!("StartTime", run.start_time = time, Answer::Unset("")),
    field!("FinishedTime", run.finish_time = time, Answer::Unset("")),
    field!("StopTime", run.stop_time = time, Answer::Unset("")),
    field!("Repeats", run.repeats = |json, _| json.number(REPEATS), Answer::Unset("0")),
    field!("ExitCode", run.exit_code = exit_code, Answer::Hidden),
    field!("Output", run.output = bytes, Answer::Unset("")),
    field!(
        "Dropped",
        run.dropped = |json, _| json.number("a whole number from 0"),
        Answer::Unset("0")
    ),
    field!("Tags", |_, _, _| Ok(()), Answer::Unset("[]")),
    field!("RegionId", invocation.region_id = |json, _| json.string(), Answer::Hidden),
    field!(
        "ResourceGroupId",
        invocation.resource_group_id = |json, _| json.string(),
        Answer::Hidden
    ),
    text!("InvokeId", invocation.invoke_id),
    text!("CommandId", invocation.command_id),
    text!("InstanceId", run.instance_id),
    text!("ErrorCode", run.error_code),
    text!("ErrorInfo", run.error_info),
    text!("Username", invocation.username),
    text!("ContainerId", invocation.container_id),
    text!("ContainerName", invocation.container_name),
    text!("Launcher", invocation.launcher),
    text!("TerminationMode", invocation.termination_mode),
    text!("OssOutputDelivery", invocation.oss_output_delivery),
    text!("OssOutputStatus", run.oss_output_status),
    text!("OssOutputUri", run.oss_output_uri),
    text!("OssOutputErrorCode", run.oss_output_error_code),
    text!("OssOutputErrorInfo", run.oss_output_error_info),
];

const REPEATS: &str = "a whole number from 0 to 4294967295";

fn timed(target: &mut Target, json: Json<'_>, _: &mut Reader) -> Result<(), Reason> {
    target.timed = Some(json.flag()?);
    Ok(())
}

fn repeat_mode(target: &mut Target, json: Json<'_>, _: &mut Reader) -> Result<(), Reason> {
    let mode = &mut target.invocation.repeat_mode;
    *mode = named(&json.text()?, RepeatMode::ALL, RepeatMode::as_str)?.unwrap_or(*mode);
    Ok(())
}

fn command_type(target: &mut Target, json: Json<'_>, _: &mut Reader) -> Result<(), Reason> {
    let kind = &mut target.invocation.command_type;
    *kind = named(&json.text()?, CommandType::ALL, CommandType::as_str)?.unwrap_or(*kind);
    Ok(())
}

fn bytes(json: Json<'_>, reader: &mut Reader) -> Result<Vec<u8>, Reason> {
    reader.decoder.decode(json.text()?)
}

fn timeout(json: Json<'_>, _: &mut Reader) -> Result<Option<u32>, Reason> {
    const { assert!(limits::TIMEOUT_SECONDS == 86_400) };
    json.number("a whole number from 1 to 86400").map(Some)
}

fn exit_code(json: Json<'_>, _: &mut Reader) -> Result<Option<i64>, Reason> {
    json.number("a whole number of 64 bits").map(Some)
}

/// An object is read as its JSON text.
fn parameters(json: Json<'_>, reader: &mut Reader) -> Result<String, Reason> {
    if json.is_object() {
        reader.note_form("an object", json.as_str().to_owned());
        return Ok(json.as_str().to_owned());
    }
    let is_text = json.as_str().starts_with('"');
    if is_text { json.string() } else { Err(json.fault("a string or an object")) }
}

/// A status in lower case is read, too.
fn status(target: &mut Target, json: Json<'_>, reader: &mut Reader) -> Result<(), Reason> {
    let text = json.text()?;
    let is_it = |status: &&InvocationStatus| is_lower(status.as_str(), &text);
    let status = &mut target.run.invocation_status;
    if let Some(found) = InvocationStatus::ALL.iter().find(is_it) {
        *status = *found;
        reader.note_form(&text, found.to_string());
    } else {
        let named = named(&text, InvocationStatus::ALL, InvocationStatus::as_str)?;
        *status = named.unwrap_or(*status);
    }
    Ok(())
}

/// Any text, because the status of the answer is derived.
fn legacy(target: &mut Target, json: Json<'_>, _: &mut Reader) -> Result<(), Reason> {
    let text = json.text()?;
    let is_it = |status: &&InstanceInvokeStatus| {
        status.as_str() == text || is_lower(status.as_str(), &text)
    };
    target.legacy = InstanceInvokeStatus::ALL.iter().find(is_it).copied();
    Ok(())
}

/// Whether `text` is `name` in lower case.
pub(super) fn is_lower(name: &str, text: &str) -> bool {
    let lower = name.bytes().map(|byte| byte.to_ascii_lowercase());
    name.len() == text.len() && lower.eq(text.bytes())
}

/// The value of `all` that has the name `text`; `None` for `""`.
fn named<T: Copy>(
    text: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<Option<T>, Reason> {
    let found = all.iter().copied().find(|&value| name(value) == text);
    if found.is_some() || text.is_empty() {
        return Ok(found);
    }
    let allowed: Vec<_> = all.iter().map(|&value| name(value)).collect();
    Err(Error::not_one_of("", text, &allowed).detail().to_owned())
}

/// A time; `None` for `""`. A time of old captures has a space for the T and no Z.
fn time(json: Json<'_>, reader: &mut Reader) -> Result<Option<Timestamp>, Reason> {
    let text = json.text()?;
    if text.is_empty() {
        return Ok(None);
    }
    let old_form = || {
        let (date, time) = text.split_once(' ')?;
        Timestamp::parse(&format!("{date}T{time}Z"))
    };
    match text.parse() {
        Ok(time) => Ok(Some(time)),
        Err(error) => {
            let error: Error = error;
            let time = old_form().ok_or_else(|| error.detail().to_owned())?;
            reader.note_form(&text, time.to_string());
            Ok(Some(time))
        }
    }
}

fn legacy_of(shown: &Shown<'_>) -> &'static str {
    shown.run.invocation_status.legacy(shown.repeat_mode).as_str()
}

fn flag(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}
