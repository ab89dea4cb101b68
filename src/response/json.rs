//! The one writer of answers: rows to bytes.
//!
//! What many records share (a command, a tag, an instance, the texts of an error) stands ready as
//! a piece of JSON in the columns; the rest is put together here.

use super::{
    DescribeInvocationResultsResponse, DescribeInvocationsResponse, InvocationResultView, Show,
};
use crate::columns::{Columns, Detail, Head, Run, push_bytes, push_string, push_text};
use crate::model::{RepeatMode, Timestamp, is_timed};
use crate::query::{NextToken, PagePlace};
use crate::request::ContentEncoding;

pub(super) fn write_invocations(
    page: &DescribeInvocationsResponse<'_>,
    request_id: &str,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"RequestId\":");
    push_string(request_id.as_bytes(), out);
    out.push(b',');
    push_place(page.totals(), out);
    out.extend_from_slice(b",\"Invocations\":{\"Invocation\":[");
    let mut times = Times::default();
    for (at, &slot) in page.page.rows.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_invocation(&page.rows, slot, page.show, &mut times, out);
    }
    out.extend_from_slice(b"]}}");
}

pub(super) fn write_results(
    page: &DescribeInvocationResultsResponse<'_>,
    request_id: &str,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"RequestId\":");
    push_string(request_id.as_bytes(), out);
    out.extend_from_slice(b",\"Invocation\":{");
    push_place(page.totals(), out);
    out.extend_from_slice(b",\"InvocationResults\":{\"InvocationResult\":[");
    let mut times = Times::default();
    for (at, row) in page.invocation_results().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_result(&row, &mut times, out);
    }
    out.extend_from_slice(b"]}}}");
}

fn push_place((place, total, next): (PagePlace, u64, Option<NextToken>), out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"PageNumber\":");
    push_number(u64::from(place.page_number), out);
    out.extend_from_slice(b",\"PageSize\":");
    push_number(u64::from(place.page_size), out);
    out.extend_from_slice(b",\"TotalCount\":");
    push_number(total, out);
    out.extend_from_slice(b",\"NextToken\":\"");
    out.extend_from_slice(next.as_ref().map_or("", NextToken::as_str).as_bytes());
    out.push(b'"');
}

fn push_invocation(columns: &Columns, slot: u32, show: Show, times: &mut Times, out: &mut Vec<u8>) {
    let head = columns.head(slot);
    let command = columns.command_of(head);
    out.extend_from_slice(b"{\"InvokeId\":\"");
    push_text(head.invoke_id(), out);
    out.extend_from_slice(b"\",");
    command.push_json(show.encoding == ContentEncoding::Base64, out);
    out.extend_from_slice(b"\"CreationTime\":\"");
    times.push(head.creation_time, out);
    out.extend_from_slice(b"\",\"InvocationStatus\":\"");
    out.extend_from_slice(head.overall.invocation_status.as_str().as_bytes());
    out.extend_from_slice(b"\",\"InvokeStatus\":\"");
    out.extend_from_slice(head.overall.invoke_status.as_str().as_bytes());
    push_timed(head.overall.timed, out);
    push_tags(columns, head, out);
    out.extend_from_slice(b",\"InvokeInstances\":{\"InvokeInstance\":[");
    let mut first = true;
    for run in columns.runs_of(head) {
        if show.instance.is_some_and(|instance| instance != run.instance) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        push_run(columns, head, run, command.repeat_mode, show, times, out);
    }
    out.extend_from_slice(b"]}}");
}

/// Closes the string before it.
fn push_timed(timed: bool, out: &mut Vec<u8>) {
    let text: &[u8] = if timed { b"\",\"Timed\":true" } else { b"\",\"Timed\":false" };
    out.extend_from_slice(text);
}

fn push_tags(columns: &Columns, head: &Head, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"Tags\":{\"Tag\":[");
    for (at, &tag) in head.tags.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(columns.tag_pairs.get(tag).json());
    }
    out.extend_from_slice(b"]}");
}

fn push_run(
    columns: &Columns,
    head: &Head,
    run: &Run,
    repeat_mode: RepeatMode,
    show: Show,
    times: &mut Times,
    out: &mut Vec<u8>,
) {
    let extra = columns.extra_of(run);
    out.extend_from_slice(columns.instances.get(run.instance).json());
    out.extend_from_slice(b",\"InvocationStatus\":\"");
    out.extend_from_slice(run.status().as_str().as_bytes());
    out.extend_from_slice(b"\",\"InstanceInvokeStatus\":\"");
    out.extend_from_slice(run.status().legacy(repeat_mode).as_str().as_bytes());
    push_timed(is_timed(repeat_mode, run.status().is_end()), out);
    let creation_time = extra.and_then(|extra| extra.creation_time).unwrap_or(head.creation_time);
    times.push_field(b",\"CreationTime\":\"", Some(creation_time), out);
    times.push_field(b",\"UpdateTime\":\"", run.update_time, out);
    times.push_field(b",\"StartTime\":\"", run.start_time, out);
    times.push_field(b",\"FinishTime\":\"", run.finish_time, out);
    times.push_field(b",\"StopTime\":\"", extra.and_then(|extra| extra.stop_time), out);
    let dropped = extra.map_or(0, |extra| extra.dropped);
    push_counts(run.repeats(extra), dropped, run.exit_code(extra), out);
    out.extend_from_slice(columns.detail(run.detail).map_or(Detail::EMPTY_JSON, Detail::json));
    match extra {
        Some(extra) if show.output && !extra.output().is_empty() => {
            out.extend_from_slice(b",\"Output\":");
            push_bytes(extra.output(), show.encoding == ContentEncoding::Base64, out);
            out.push(b'}');
        }
        _ => out.extend_from_slice(b",\"Output\":\"\"}"),
    }
}

/// With a comma behind.
fn push_counts(repeats: u32, dropped: u64, exit_code: Option<i64>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"Repeats\":");
    push_number(u64::from(repeats), out);
    out.extend_from_slice(b",\"Dropped\":");
    push_number(dropped, out);
    if let Some(exit_code) = exit_code {
        out.extend_from_slice(b",\"ExitCode\":");
        if exit_code < 0 {
            out.push(b'-');
        }
        push_number(exit_code.unsigned_abs(), out);
    }
    out.push(b',');
}

fn push_result(row: &InvocationResultView<'_>, times: &mut Times, out: &mut Vec<u8>) {
    let (columns, head, detail, encoding) = row.parts();
    out.extend_from_slice(row.instance_json());
    out.extend_from_slice(b",\"InvokeId\":\"");
    push_text(head.invoke_id(), out);
    out.extend_from_slice(b"\",\"InvocationStatus\":\"");
    out.extend_from_slice(row.invocation_status().as_str().as_bytes());
    out.extend_from_slice(b"\",\"InvokeRecordStatus\":\"");
    out.extend_from_slice(row.invoke_record_status().as_str().as_bytes());
    out.push(b'"');
    times.push_field(b",\"StartTime\":\"", row.start_time(), out);
    times.push_field(b",\"FinishedTime\":\"", row.finished_time(), out);
    times.push_field(b",\"StopTime\":\"", row.stop_time(), out);
    push_counts(row.repeats(), row.dropped(), row.exit_code(), out);
    out.extend_from_slice(detail.map_or(Detail::EMPTY_JSON, Detail::json));
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
        out.extend_from_slice(name);
        push_text(text.as_bytes(), out);
    }
    out.push(b'"');
    push_tags(columns, head, out);
    out.extend_from_slice(b",\"Output\":");
    push_bytes(row.output(), encoding == ContentEncoding::Base64, out);
    out.push(b'}');
}

fn push_number(number: u64, out: &mut Vec<u8>) {
    if number < 10 {
        out.push(b'0' + number as u8);
        return;
    }
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number;
    while rest > 0 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes times, which in one page are mostly of a few days.
struct Times {
    day: u32,
    /// `YYYY-MM-DDT` of `day`, then the time of day.
    text: [u8; 20],
}

impl Default for Times {
    fn default() -> Self {
        Times { day: 0, text: *b"1970-01-01T00:00:00Z" }
    }
}

impl Times {
    fn push(&mut self, time: Timestamp, out: &mut Vec<u8>) {
        let (day, second) = (time.as_secs() / 86_400, time.as_secs() % 86_400);
        if day != self.day {
            self.day = day;
            // The type's own text, of which the date is taken.
            let text = time.to_string();
            self.text[..11].copy_from_slice(&text.as_bytes()[..11]);
        }
        let mut put = |at: usize, value: u32| {
            self.text[at] = b'0' + (value / 10) as u8;
            self.text[at + 1] = b'0' + (value % 10) as u8;
        };
        put(11, second / 3_600);
        put(14, second / 60 % 60);
        put(17, second % 60);
        out.extend_from_slice(&self.text);
    }

    /// `name`, the time or nothing, and the closing quote.
    fn push_field(&mut self, name: &[u8], time: Option<Timestamp>, out: &mut Vec<u8>) {
        out.extend_from_slice(name);
        if let Some(time) = time {
            self.push(time, out);
        }
        out.push(b'"');
    }
}
