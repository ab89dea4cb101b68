//! Records and updates in the form of the case files.

use invodex::{
    CommandType, InstanceRun, Invocation, InvocationStatus, OutputUpdate, RepeatMode, RunUpdate,
    Tag, Timestamp,
};
use serde::Deserialize;

use super::expand;

/// A record. Absent fields have default values.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordSpec {
    /// The number of records to build from this.
    count: usize,
    region_id: String,
    resource_group_id: String,
    invoke_id: String,
    /// "": the store's time.
    creation_time: String,
    command_id: String,
    command_name: String,
    command_type: String,
    command_description: String,
    command_content: String,
    command_content_bytes: Vec<u8>,
    parameters: String,
    repeat_mode: String,
    frequency: String,
    timeout: Option<u32>,
    working_dir: String,
    username: String,
    container_id: String,
    container_name: String,
    launcher: String,
    termination_mode: String,
    oss_output_delivery: String,
    tags: Vec<(String, String)>,
    /// More tags, `t1` to `tN`.
    tag_count: usize,
    /// InstanceIds, each followed by its status unless that is Pending: `i-1 Running`.
    runs: Vec<String>,
    /// More runs, `r-1` to `r-N`.
    run_count: usize,
    /// Further fields of the runs, by position in `runs`.
    run: Vec<RunSpec>,
}

impl Default for RecordSpec {
    fn default() -> Self {
        RecordSpec {
            count: 1,
            region_id: "cn-a".to_owned(),
            resource_group_id: String::new(),
            invoke_id: "t-1".to_owned(),
            creation_time: String::new(),
            command_id: "c-1".to_owned(),
            command_name: String::new(),
            command_type: "RunShellScript".to_owned(),
            command_description: String::new(),
            command_content: String::new(),
            command_content_bytes: Vec::new(),
            parameters: String::new(),
            repeat_mode: "Once".to_owned(),
            frequency: String::new(),
            timeout: None,
            working_dir: String::new(),
            username: String::new(),
            container_id: String::new(),
            container_name: String::new(),
            launcher: String::new(),
            termination_mode: String::new(),
            oss_output_delivery: String::new(),
            tags: Vec::new(),
            tag_count: 0,
            runs: vec!["i-1".to_owned()],
            run_count: 0,
            run: Vec::new(),
        }
    }
}

/// Fields of a run beside its InstanceId and status. A time of "" is unset.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RunSpec {
    creation_time: String,
    update_time: String,
    start_time: String,
    finish_time: String,
    stop_time: String,
    repeats: u32,
    exit_code: Option<i64>,
    output: String,
    output_bytes: Vec<u8>,
    dropped: u64,
    error_code: String,
    error_info: String,
    oss_output_status: String,
    oss_output_uri: String,
    oss_output_error_code: String,
    oss_output_error_info: String,
}

/// An update of a run.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateSpec {
    /// InvokeId of the record.
    pub invoke_id: String,
    /// InstanceId of the run.
    pub instance_id: String,
    status: Option<String>,
    reschedule: bool,
    time: Option<String>,
    /// "" unsets a time.
    start_time: Option<String>,
    finish_time: Option<String>,
    stop_time: Option<String>,
    repeats: Option<u32>,
    exit_code: Option<i64>,
    unset_exit_code: bool,
    output: Option<String>,
    append: Option<String>,
    dropped: Option<u64>,
    error_code: Option<String>,
    error_info: Option<String>,
    oss_output_status: Option<String>,
    oss_output_uri: Option<String>,
    oss_output_error_code: Option<String>,
    oss_output_error_info: Option<String>,
}

/// Reads a time of a case file, which must be valid.
pub(super) fn time(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|_| panic!("no time: {text}"))
}

pub(super) fn status(name: &str) -> InvocationStatus {
    InvocationStatus::from_name(name).unwrap_or_else(|| panic!("no status: {name}"))
}

pub(super) fn repeat_mode(name: &str) -> RepeatMode {
    RepeatMode::from_name(name).unwrap_or_else(|| panic!("no repeat mode: {name}"))
}

fn optional_time(text: &str) -> Option<Timestamp> {
    if text.is_empty() { None } else { Some(time(text)) }
}

/// Bytes given as text, or one by one if they are not text.
fn bytes(text: &str, bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() { expand(text).into_bytes() } else { bytes.to_vec() }
}

impl RecordSpec {
    /// Whether the record has a tag of this key.
    pub(super) fn uses_tag_key(&self, key: &str) -> bool {
        self.tags.iter().any(|(own, _)| expand(own) == key)
            || (1..=self.tag_count).any(|n| format!("t{n}") == key)
    }

    /// Builds the records.
    pub fn build(&self) -> Vec<Invocation> {
        (1..=self.count).map(|n| self.build_one(n)).collect()
    }

    fn build_one(&self, n: usize) -> Invocation {
        let text = |text: &str| expand(&text.replace("{n}", &n.to_string()));
        let mut invocation =
            Invocation::new(text(&self.region_id), text(&self.invoke_id), text(&self.command_id));
        invocation.resource_group_id = text(&self.resource_group_id);
        invocation.creation_time = optional_time(&self.creation_time);
        invocation.command_name = text(&self.command_name);
        invocation.command_type = CommandType::from_name(&self.command_type)
            .unwrap_or_else(|| panic!("no command type: {}", self.command_type));
        invocation.command_description = text(&self.command_description);
        invocation.command_content = bytes(&self.command_content, &self.command_content_bytes);
        invocation.parameters = text(&self.parameters);
        invocation.repeat_mode = repeat_mode(&self.repeat_mode);
        invocation.frequency = text(&self.frequency);
        invocation.timeout = self.timeout;
        invocation.working_dir = text(&self.working_dir);
        invocation.username = text(&self.username);
        invocation.container_id = text(&self.container_id);
        invocation.container_name = text(&self.container_name);
        invocation.launcher = text(&self.launcher);
        invocation.termination_mode = text(&self.termination_mode);
        invocation.oss_output_delivery = text(&self.oss_output_delivery);
        invocation.tags =
            self.tags.iter().map(|(key, value)| Tag::new(text(key), text(value))).collect();
        invocation.tags.extend((1..=self.tag_count).map(|n| Tag::new(format!("t{n}"), "")));
        for (index, run) in self.runs.iter().enumerate() {
            let (id, name) = run.split_once(' ').unwrap_or((run, "Pending"));
            let mut run = InstanceRun::new(text(id));
            run.invocation_status = status(name);
            if let Some(spec) = self.run.get(index) {
                spec.fill(&mut run);
            }
            invocation.instances.push(run);
        }
        let more = (1..=self.run_count).map(|n| InstanceRun::new(format!("r-{n}")));
        invocation.instances.extend(more);
        invocation
    }
}

impl RunSpec {
    fn fill(&self, run: &mut InstanceRun) {
        run.creation_time = optional_time(&self.creation_time);
        run.update_time = optional_time(&self.update_time);
        run.start_time = optional_time(&self.start_time);
        run.finish_time = optional_time(&self.finish_time);
        run.stop_time = optional_time(&self.stop_time);
        run.repeats = self.repeats;
        run.exit_code = self.exit_code;
        run.output = bytes(&self.output, &self.output_bytes);
        run.dropped = self.dropped;
        run.error_code = expand(&self.error_code);
        run.error_info = expand(&self.error_info);
        run.oss_output_status = expand(&self.oss_output_status);
        run.oss_output_uri = expand(&self.oss_output_uri);
        run.oss_output_error_code = expand(&self.oss_output_error_code);
        run.oss_output_error_info = expand(&self.oss_output_error_info);
    }
}

impl UpdateSpec {
    /// Builds the update.
    pub fn build(&self) -> RunUpdate {
        let text = |text: &Option<String>| text.as_deref().map(expand);
        let replaced = self.output.as_deref().map(expand).map(String::into_bytes);
        let appended = self.append.as_deref().map(expand).map(String::into_bytes);
        RunUpdate {
            invocation_status: self.status.as_deref().map(status),
            reschedule: self.reschedule,
            time: self.time.as_deref().map(time),
            start_time: self.start_time.as_deref().map(optional_time),
            finish_time: self.finish_time.as_deref().map(optional_time),
            stop_time: self.stop_time.as_deref().map(optional_time),
            repeats: self.repeats,
            exit_code: if self.unset_exit_code { Some(None) } else { self.exit_code.map(Some) },
            output: replaced
                .map(OutputUpdate::Replace)
                .or_else(|| appended.map(OutputUpdate::Append)),
            dropped: self.dropped,
            error_code: text(&self.error_code),
            error_info: text(&self.error_info),
            oss_output_status: text(&self.oss_output_status),
            oss_output_uri: text(&self.oss_output_uri),
            oss_output_error_code: text(&self.oss_output_error_code),
            oss_output_error_info: text(&self.oss_output_error_info),
        }
    }
}
