//! Answers and errors as bytes of JSON. `serialize` is what serde makes of the same rows; tests hold
//! the two equal.
//!
//! What many records share (a command, a tag, an instance, the texts of an error) stands ready as
//! a piece of JSON in the table and is appended whole. The short fields of one record or run are
//! put together on the stack first, in as few appends as there can be. The order of the fields
//! follows from that; JSON has none.

use super::line::{Line, Padded};
use super::times::{ReadyTime, Times};
use super::{
    DescribeInvocationResultsResponse, DescribeInvocationsResponse, InvocationResultView, Show,
};
use crate::error::Error;
use crate::model::{
    InvocationStatus, LegacyInvokeStatus, OverallStatus, RepeatMode, Timestamp, is_timed,
};
use crate::query::{NextToken, Page};
use crate::request::ContentEncoding;
use crate::table::{
    Detail, Head, PlainSuccess, Run, RunExtra, Table, push_bytes, push_string, push_text,
};

/// Bytes of room that are made for an answer at once, so that most buffers need not grow: for what
/// comes before its rows, for an invocation, and for a result.
const PLACE: usize = 512;
const INVOCATION: usize = 3 << 10;
const RESULT: usize = 3 << 9;

pub(super) fn write_invocations(
    page: &DescribeInvocationsResponse<'_>,
    request_id: &str,
    out: &mut Vec<u8>,
) {
    out.reserve(PLACE + page.page.rows.len() * INVOCATION);
    let mut writer = Writer::new(&page.rows, page.show, out);
    writer.out.extend_from_slice(b"{\"RequestId\":");
    push_string(request_id.as_bytes(), writer.out);
    writer.out.push(b',');
    writer.push_place(&page.page);
    writer.out.extend_from_slice(b",\"Invocations\":{\"Invocation\":[");
    for &slot in &page.page.rows {
        writer.push_invocation(slot);
    }
    end_list(b"]}}", out);
}

pub(super) fn write_results(
    page: &DescribeInvocationResultsResponse<'_>,
    request_id: &str,
    out: &mut Vec<u8>,
) {
    out.reserve(PLACE + page.page.rows.len() * RESULT);
    let mut writer = Writer::new(&page.rows, page.show, out);
    writer.out.extend_from_slice(b"{\"RequestId\":");
    push_string(request_id.as_bytes(), writer.out);
    writer.out.extend_from_slice(b",\"Invocation\":{");
    writer.push_place(&page.page);
    writer.out.extend_from_slice(b",\"InvocationResults\":{\"InvocationResult\":[");
    for row in page.invocation_results() {
        writer.push_result(&row);
    }
    end_list(b"]}}}", out);
}

/// Every item of a list is written with a comma behind it; `behind`, which begins with the list's
/// bracket, takes the place of the last one.
fn end_list(behind: &[u8], out: &mut Vec<u8>) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.extend_from_slice(behind);
}

/// What comes before the times of a run: few combinations, so each stands ready.
const fn run_status(status: InvocationStatus, mode: RepeatMode, timed: bool) -> [&'static str; 6] {
    [
        ",\"InvocationStatus\":\"",
        status.as_str(),
        "\",\"InstanceInvokeStatus\":\"",
        status.legacy(mode).as_str(),
        "\",\"Timed\":",
        if timed { "true" } else { "false" },
    ]
}

/// Where a time is put in.
const TIME: &str = "____________________";
const CREATION_TIME: &str = ",\"CreationTime\":\"";
const UPDATE_TIME: &str = "\",\"UpdateTime\":\"";
const START_TIME: &str = "\",\"StartTime\":\"";
const FINISH_TIME: &str = "\",\"FinishTime\":\"";
const STOP_TIME: &str = "\",\"StopTime\":\"";
const REPEATS: &str = "\",\"Repeats\":";

/// A run up to its StopTime: its statuses, and its times where all but the last two are set. The
/// text is copied whole, and then the times are put in.
type RunText = Padded<256>;

/// By status, whether the task is recurring, Timed, and whether StartTime and FinishTime are set.
static RUN: [[[[[RunText; 2]; 2]; 2]; 2]; InvocationStatus::ALL.len()] = {
    let mut texts = [[[[[RunText::of(&[], &[]); 2]; 2]; 2]; 2]; InvocationStatus::ALL.len()];
    let mut at = 0;
    while at < texts.len() {
        let mut combination = 0;
        while combination < 16 {
            let [recurring, timed, started, finished] =
                [combination / 8, combination / 4 % 2, combination / 2 % 2, combination % 2];
            let mode = if recurring == 1 { RepeatMode::Period } else { RepeatMode::Once };
            let statuses = run_status(InvocationStatus::ALL[at], mode, timed == 1);
            let times = run_times(started == 1, finished == 1);
            texts[at][recurring][timed][started][finished] = RunText::of(&statuses, &times);
            combination += 1;
        }
        at += 1;
    }
    texts
};

const fn run_times(started: bool, finished: bool) -> [&'static str; 9] {
    [
        CREATION_TIME,
        TIME,
        UPDATE_TIME,
        TIME,
        START_TIME,
        if started { TIME } else { "" },
        FINISH_TIME,
        if finished { TIME } else { "" },
        STOP_TIME,
    ]
}

// Where the times stand, counted from the end of a text without its StartTime and FinishTime.
const FINISH_AT: usize = STOP_TIME.len();
const START_AT: usize = FINISH_AT + FINISH_TIME.len();
const UPDATE_AT: usize = START_AT + START_TIME.len();
const CREATION_AT: usize = UPDATE_AT + TIME.len() + UPDATE_TIME.len();

const NO_OUTPUT: &str = ",\"Output\":\"\"},";

/// The rest of a run of which there is no more to say than Repeats, after its StopTime: with
/// ExitCode 0, and without one.
const REST: [[&str; 3]; 2] = [
    ["\",\"Repeats\":_,\"Dropped\":0,\"ExitCode\":0,", Detail::EMPTY_JSON, NO_OUTPUT],
    ["\",\"Repeats\":_,\"Dropped\":0,", Detail::EMPTY_JSON, NO_OUTPUT],
];
static REST_TEXT: [Padded<192>; 2] = [Padded::of(&REST[0], &[]), Padded::of(&REST[1], &[])];
const SUCCESS_REST: usize = REST[0][0].len() + REST[0][1].len() + REST[0][2].len();

/// All of a plain success, which is not Timed since it has ended, in one text: by whether the task is
/// recurring.
static SUCCESS: [Padded<448>; 2] = {
    let times = run_times(true, true);
    let mut rest = [""; 12];
    let mut at = 0;
    while at < rest.len() {
        rest[at] = if at < times.len() { times[at] } else { REST[0][at - times.len()] };
        at += 1;
    }
    let once = run_status(InvocationStatus::Success, RepeatMode::Once, false);
    let recurring = run_status(InvocationStatus::Success, RepeatMode::Period, false);
    [Padded::of(&once, &rest), Padded::of(&recurring, &rest)]
};

/// What comes before the InvokeId of an invocation, from its CreationTime on: by overall status,
/// legacy overall status, and Timed.
type ByOverall = [[[Padded<144>; 2]; LegacyInvokeStatus::ALL.len()]; OverallStatus::ALL.len()];

static OVERALL: ByOverall = {
    let mut texts =
        [[[Padded::of(&[], &[]); 2]; LegacyInvokeStatus::ALL.len()]; OverallStatus::ALL.len()];
    let mut at = 0;
    while at < texts.len() {
        let mut legacy = 0;
        while legacy < texts[at].len() {
            texts[at][legacy] = [overall(at, legacy, "false"), overall(at, legacy, "true")];
            legacy += 1;
        }
        at += 1;
    }
    texts
};

const fn overall(status: usize, legacy: usize, timed: &str) -> Padded<144> {
    Padded::of(
        &[
            "{\"InvocationStatus\":\"",
            OverallStatus::ALL[status].as_str(),
            "\",\"InvokeStatus\":\"",
            LegacyInvokeStatus::ALL[legacy].as_str(),
            "\",\"Timed\":",
            timed,
        ],
        &[CREATION_TIME, TIME, INVOKE_ID],
    )
}

const INVOKE_ID: &str = "\",\"InvokeId\":\"";
/// From the CreationTime of an invocation to its InvokeId.
const TO_INVOKE_ID: usize = TIME.len() + INVOKE_ID.len();

struct Writer<'a> {
    table: &'a Table,
    show: Show,
    line: Line,
    times: Times,
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    fn new(table: &'a Table, show: Show, out: &'a mut Vec<u8>) -> Self {
        Writer { table, show, line: Line::new(), times: Times::new(), out }
    }

    fn base64(&self) -> bool {
        self.show.encoding == ContentEncoding::Base64
    }

    fn push_place<R>(&mut self, page: &Page<R>) {
        self.line.put(b"\"PageNumber\":");
        self.line.put_number(u64::from(page.page_number));
        self.line.put(b",\"PageSize\":");
        self.line.put_number(u64::from(page.page_size));
        self.line.put(b",\"TotalCount\":");
        self.line.put_number(page.total.unwrap_or(0));
        self.line.put(b",\"NextToken\":\"");
        self.line.append_to(self.out);
        self.out
            .extend_from_slice(page.next_token.as_ref().map_or("", NextToken::as_str).as_bytes());
        self.out.push(b'"');
    }

    fn push_invocation(&mut self, slot: u32) {
        let head = self.table.head(slot);
        let command = self.table.command_of(head);
        let overall = head.overall;
        let (status, legacy) =
            (overall.invocation_status() as usize, overall.invoke_status() as usize);
        let text = &OVERALL[status][legacy][usize::from(overall.timed())];
        self.out.extend_from_slice(text.as_bytes());
        let end = self.out.last_chunk_mut::<TO_INVOKE_ID>();
        if let Some(text) = end.and_then(|end| end.first_chunk_mut()) {
            self.times.write(head.creation_time, text);
        }
        self.table.push_invoke_id(head, self.out);
        command.push_json(self.out);
        self.table.script_of(head).push_json(self.base64(), self.out);
        self.push_tags(head, b"]},\"InvokeInstances\":{\"InvokeInstance\":[");
        for run in self.table.runs_of(head) {
            if self.show.instance.is_none_or(|instance| instance == run.instance) {
                self.push_run(head, run, command.repeat_mode());
            }
        }
        end_list(b"]}},", self.out);
    }

    /// The tags and what comes behind them.
    fn push_tags(&mut self, head: &Head, behind: &[u8]) {
        for &tag in self.table.tags_of(head) {
            self.out.extend_from_slice(self.table.tag_pairs.get(tag).json());
        }
        end_list(behind, self.out);
    }

    fn push_run(&mut self, head: &Head, run: &Run, repeat_mode: RepeatMode) {
        self.out.extend_from_slice(self.table.instances.get(run.instance).json());
        match run.plain_success(head.creation_time).filter(|success| success.repeats < 10) {
            Some(success) => self.push_success(&success, repeat_mode),
            None => self.push_any_run(head, run, repeat_mode),
        }
    }

    /// The rest of a run behind its InstanceId, as that of any other below.
    #[inline(always)]
    fn push_success(&mut self, success: &PlainSuccess, repeat_mode: RepeatMode) {
        let recurring = usize::from(repeat_mode.is_recurring());
        self.out.extend_from_slice(SUCCESS[recurring].as_bytes());
        let end = self.out.len() - SUCCESS_REST;
        let finished = self.times.ready(success.finish_time);
        self.put(end - FINISH_AT, &finished);
        let started = self.times.ready(success.start_time);
        self.put(end - START_AT - TIME.len(), &started);
        self.put(end - UPDATE_AT - 2 * TIME.len(), &finished);
        let created = self.times.ready(success.creation_time);
        self.put(end - CREATION_AT - 2 * TIME.len(), &created);
        self.out[end + REPEATS.len()] = b'0' + success.repeats as u8;
    }

    /// Puts a time in where its text stands in what is written, which ends at `end`.
    #[inline(always)]
    fn put(&mut self, end: usize, time: &ReadyTime) {
        if let Some(text) = self.out[..end].last_chunk_mut() {
            time.write(text);
        }
    }

    fn push_any_run(&mut self, head: &Head, run: &Run, repeat_mode: RepeatMode) {
        let extra = self.table.extra_of(run);
        let status = run.status();
        let recurring = usize::from(repeat_mode.is_recurring());
        let timed = is_timed(repeat_mode, status.is_end());
        let (started, finished) = (run.start_time(), run.finish_time());
        let text = &RUN[status as usize][recurring][usize::from(timed)]
            [usize::from(started.is_some())][usize::from(finished.is_some())];
        self.out.extend_from_slice(text.as_bytes());
        let end = self.out.len();
        let mut shift = 0;
        if let Some(finished) = finished {
            let finished = self.times.ready(finished);
            self.put(end - FINISH_AT, &finished);
            shift += TIME.len();
        }
        if let Some(started) = started {
            let started = self.times.ready(started);
            self.put(end - START_AT - shift, &started);
            shift += TIME.len();
        }
        // Every run has both: a store sets what it is not given.
        let updated = self.times.ready(run.update_time(head.creation_time, extra));
        self.put(end - UPDATE_AT - shift, &updated);
        let created = self.times.ready(run.creation_time(head.creation_time, extra));
        self.put(end - CREATION_AT - shift, &created);

        let (repeats, exit_code) = (run.repeats(extra), run.exit_code(extra));
        if run.is_whole() && repeats < 10 && matches!(exit_code, None | Some(0)) {
            let rest = &REST_TEXT[usize::from(exit_code.is_none())];
            self.out.extend_from_slice(rest.as_bytes());
            self.out[end + REPEATS.len()] = b'0' + repeats as u8;
            return;
        }
        if let Some(stop_time) = extra.and_then(|extra| extra.stop_time) {
            self.put_time(stop_time);
        }
        self.line.put_text(REPEATS);
        self.line.put_number(u64::from(repeats));
        self.line.put(b",\"Dropped\":");
        self.line.put_number(extra.map_or(0, RunExtra::dropped));
        put_exit_code(&mut self.line, exit_code);
        self.line.append_to(self.out);
        self.push_detail(self.table.detail(run.detail(extra)));
        match extra.map(|extra| extra.output()) {
            Some(output) if self.show.output && !output.is_empty() => {
                self.out.extend_from_slice(b",\"Output\":");
                push_bytes(output, self.base64(), self.out);
                self.out.extend_from_slice(b"},");
            }
            _ => self.out.extend_from_slice(NO_OUTPUT.as_bytes()),
        }
    }

    fn put_time(&mut self, time: Timestamp) {
        if let Some(text) = self.line.next() {
            self.times.write(time, text);
        }
    }

    fn push_detail(&mut self, detail: Option<&Detail>) {
        self.out.extend_from_slice(detail.map_or(Detail::EMPTY_JSON.as_bytes(), Detail::json));
    }

    fn push_result(&mut self, row: &InvocationResultView<'_>) {
        let (head, detail) = row.parts();
        self.out.extend_from_slice(row.instance_json());
        self.out.extend_from_slice(b",\"InvokeId\":\"");
        self.table.push_invoke_id(head, self.out);
        self.out.extend_from_slice(b"\",\"InvocationStatus\":\"");
        self.out.extend_from_slice(row.invocation_status().as_str().as_bytes());
        self.out.extend_from_slice(b"\",\"InvokeRecordStatus\":\"");
        self.out.extend_from_slice(row.invoke_record_status().as_str().as_bytes());
        let times = [
            (START_TIME, row.start_time()),
            ("\",\"FinishedTime\":\"", row.finished_time()),
            (STOP_TIME, row.stop_time()),
        ];
        for (name, time) in times {
            self.line.put_text(name);
            if let Some(time) = time {
                self.put_time(time);
            }
        }
        let line = &mut self.line;
        line.put_text(REPEATS);
        line.put_number(u64::from(row.repeats()));
        line.put(b",\"Dropped\":");
        line.put_number(row.dropped());
        put_exit_code(line, row.exit_code());
        line.append_to(self.out);
        self.push_detail(detail);
        let texts: [(&[u8], &str); 7] = [
            (b",\"CommandId\":\"", row.command_id()),
            (b"\",\"Username\":\"", row.username()),
            (b"\",\"ContainerId\":\"", row.container_id()),
            (b"\",\"ContainerName\":\"", row.container_name()),
            (b"\",\"Launcher\":\"", row.launcher()),
            (b"\",\"TerminationMode\":\"", row.termination_mode()),
            (b"\",\"OssOutputDelivery\":\"", row.oss_output_delivery()),
        ];
        for (name, text) in texts {
            self.out.extend_from_slice(name);
            push_text(text.as_bytes(), self.out);
        }
        self.out.extend_from_slice(b"\",\"Tags\":{\"Tag\":[");
        self.push_tags(head, b"]},\"Output\":");
        push_bytes(row.output(), self.base64(), self.out);
        self.out.extend_from_slice(b"},");
    }
}

/// ExitCode if there is one, and the comma before the next field.
fn put_exit_code(line: &mut Line, exit_code: Option<i64>) {
    match exit_code {
        None => {}
        Some(0) => line.put(b",\"ExitCode\":0"),
        Some(exit_code) => {
            line.put(b",\"ExitCode\":");
            if exit_code < 0 {
                line.put(b"-");
            }
            line.put_number(exit_code.unsigned_abs());
        }
    }
    line.put(b",");
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
        let fields: [(&[u8], &str); 5] = [
            (b"{\"RequestId\":", request_id),
            (b",\"HostId\":", host_id),
            (b",\"Code\":", self.code()),
            (b",\"Message\":", self.message()),
            (b",\"Recommend\":", self.detail()),
        ];
        for (name, value) in fields {
            out.extend_from_slice(name);
            push_string(value.as_bytes(), out);
        }
        out.push(b'}');
    }
}
