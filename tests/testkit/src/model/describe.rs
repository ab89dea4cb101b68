//! `DescribeInvocations`: the matching records and their form in the answer.
//! Part of the naive model: shares nothing with the engine.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use invodex::{InstanceRun, InvocationStatus, Tag};
use serde_json::{Value, json};

use super::paging::{Position, shown};
use super::request::{self, Filters, Operation, Request};
use super::{Answer, Model, ModelError, Record, RowId, derive, wire_time};

impl Model {
    /// Answers either query.
    ///
    /// # Errors
    ///
    /// The first fault of the request.
    pub fn describe(
        &self,
        operation: Operation,
        pairs: &[(String, String)],
    ) -> Result<Answer, ModelError> {
        match operation {
            Operation::DescribeInvocations => self.describe_invocations(pairs),
            Operation::DescribeInvocationResults => self.describe_invocation_results(pairs),
        }
    }

    /// Answers `DescribeInvocations`.
    pub fn describe_invocations(&self, pairs: &[(String, String)]) -> Result<Answer, ModelError> {
        let request = request::read(&self.config, Operation::DescribeInvocations, pairs)?;
        let token = self.token(&request)?;
        let records = self.matching(&request.filters);
        let positions: Vec<Position> = records
            .iter()
            .map(|record| Position {
                created: record.created.as_secs(),
                number: record.number,
                run: 0,
                history: None,
            })
            .collect();
        let page = self.page(&request, token, &positions);
        let records = &records[page.start..page.end];
        let (number, size, total) = shown(&request.paging, page.total);
        let rows: Vec<Value> = records.iter().map(|record| row(record, &request)).collect();
        let body = json!({
            "PageNumber": number,
            "PageSize": size,
            "TotalCount": total,
            "Invocations": { "Invocation": rows },
        });
        let id = |record: &&Record| RowId {
            invoke_id: record.invocation.invoke_id.clone(),
            instance_id: None,
            history: None,
        };
        let ids = records.iter().map(id).collect();
        Ok(Answer { body, ids, total: page.total, next: page.next })
    }

    /// InvokeIds of all matching records in order, regardless of the page and of the rows that a
    /// query with tags can reach. The request is checked, except for its token.
    pub fn describe_invocations_all_matching(
        &self,
        pairs: &[(String, String)],
    ) -> Result<Vec<String>, ModelError> {
        let request = request::read(&self.config, Operation::DescribeInvocations, pairs)?;
        let records = self.matching(&request.filters);
        Ok(records.iter().map(|record| record.invocation.invoke_id.clone()).collect())
    }

    /// The number of records of a region in each overall `InvocationStatus`.
    pub fn totals_by_status(&self, region_id: &str) -> BTreeMap<&'static str, u64> {
        let mut totals = BTreeMap::new();
        for status in [
            "Pending",
            "Scheduled",
            "Running",
            "Stopping",
            "Stopped",
            "Failed",
            "Success",
            "PartialFailed",
        ] {
            let has = |record: &&&Record| {
                record.invocation.region_id == region_id && overall(record) == status
            };
            totals.insert(status, self.live().iter().filter(has).count() as u64);
        }
        totals
    }

    fn matching(&self, filters: &Filters) -> Vec<&Record> {
        let mut records = self.live();
        records.retain(|record| matches(record, filters));
        records
    }
}

/// Whether the filter is absent or has this value.
fn is<T: PartialEq<str> + ?Sized>(filter: Option<&T>, value: &str) -> bool {
    filter.is_none_or(|filter| filter == value)
}

/// Whether a record matches the filters that both queries have.
pub(super) fn matches_record(record: &Record, filters: &Filters) -> bool {
    let invocation = &record.invocation;
    let has_tag = |(key, value): &(String, Option<String>)| {
        invocation.tags.iter().any(|tag| tag.key == *key && is(value.as_ref(), &tag.value))
    };
    invocation.region_id == filters.region_id
        && is(filters.resource_group_id.as_ref(), &invocation.resource_group_id)
        && is(filters.invoke_id.as_ref(), &invocation.invoke_id)
        && is(filters.command_id.as_ref(), &invocation.command_id)
        && filters.tags.iter().all(has_tag)
}

fn matches(record: &Record, filters: &Filters) -> bool {
    let invocation = &record.invocation;
    let status = overall(record);
    let on_instance =
        |instance_id: &String| record.runs.iter().any(|run| run.now.instance_id == *instance_id);
    let has_status = |filter: &String| filter == status || filter == overall_legacy(record);
    matches_record(record, filters)
        && is(filters.command_name.as_ref(), &invocation.command_name)
        && is(filters.command_type.as_ref(), invocation.command_type.as_str())
        && is(filters.repeat_mode.as_ref(), invocation.repeat_mode.as_str())
        && filters.timed.is_none_or(|timed| timed == derive::timed(invocation.repeat_mode, status))
        && filters.status.as_ref().is_none_or(has_status)
        && filters.instance_id.as_ref().is_none_or(on_instance)
}

fn overall(record: &Record) -> &'static str {
    let statuses: Vec<InvocationStatus> =
        record.runs.iter().map(|run| run.now.invocation_status).collect();
    derive::overall(&statuses)
}

fn overall_legacy(record: &Record) -> &'static str {
    let recurring = derive::is_recurring(record.invocation.repeat_mode);
    let statuses: Vec<&str> = record
        .runs
        .iter()
        .map(|run| derive::legacy(run.now.invocation_status, recurring))
        .collect();
    derive::overall_legacy(&statuses)
}

/// Bytes in the encoding that a request asks for.
pub(super) fn encoded(bytes: &[u8], plain_text: bool) -> String {
    if plain_text { String::from_utf8_lossy(bytes).into_owned() } else { STANDARD.encode(bytes) }
}

pub(super) fn wire_tags(tags: &[Tag]) -> Value {
    let tags: Vec<Value> =
        tags.iter().map(|tag| json!({ "TagKey": tag.key, "TagValue": tag.value })).collect();
    json!({ "Tag": tags })
}

fn row(record: &Record, request: &Request) -> Value {
    let invocation = &record.invocation;
    let status = overall(record);
    let wanted = |run: &&InstanceRun| is(request.filters.instance_id.as_ref(), &run.instance_id);
    let instances: Vec<Value> = record
        .runs
        .iter()
        .map(|run| &run.now)
        .filter(wanted)
        .map(|run| instance(record, run, request))
        .collect();
    // A command without parameters has the text of an empty JSON object.
    let parameters = match invocation.parameters.as_str() {
        "" => "{}",
        given => given,
    };
    let mut row = json!({
        "CommandContent": encoded(&invocation.command_content, request.plain_text),
        "CommandDescription": invocation.command_description,
        "CommandId": invocation.command_id,
        "CommandName": invocation.command_name,
        "CommandType": invocation.command_type.as_str(),
        "ContainerId": invocation.container_id,
        "ContainerName": invocation.container_name,
        "CreationTime": wire_time(Some(record.created)),
        "Frequency": invocation.frequency,
        "InvocationStatus": status,
        "InvokeId": invocation.invoke_id,
        "InvokeStatus": overall_legacy(record),
        "Launcher": invocation.launcher,
        "OssOutputDelivery": invocation.oss_output_delivery,
        "Parameters": parameters,
        "RepeatMode": invocation.repeat_mode.as_str(),
        "TerminationMode": invocation.termination_mode,
        "Timed": derive::timed(invocation.repeat_mode, status),
        "Username": invocation.username,
        "WorkingDir": invocation.working_dir,
        "InvokeInstances": { "InvokeInstance": instances },
        "Tags": wire_tags(&invocation.tags),
    });
    if let Some(timeout) = invocation.timeout {
        row["Timeout"] = json!(timeout);
    }
    row
}

fn instance(record: &Record, run: &InstanceRun, request: &Request) -> Value {
    let mode = record.invocation.repeat_mode;
    let status = run.invocation_status;
    let output = if request.include_output {
        encoded(&run.output, request.plain_text)
    } else {
        String::new()
    };
    let mut entry = json!({
        "CreationTime": wire_time(run.creation_time),
        "Dropped": run.dropped,
        "ErrorCode": run.error_code,
        "ErrorInfo": run.error_info,
        "FinishTime": wire_time(run.finish_time),
        "InstanceId": run.instance_id,
        "InstanceInvokeStatus": derive::legacy(status, derive::is_recurring(mode)),
        "InvocationStatus": status.as_str(),
        "OssOutputErrorCode": run.oss_output_error_code,
        "OssOutputErrorInfo": run.oss_output_error_info,
        "OssOutputStatus": run.oss_output_status,
        "OssOutputUri": run.oss_output_uri,
        "Output": output,
        "Repeats": run.repeats,
        "StartTime": wire_time(run.start_time),
        "StopTime": wire_time(run.stop_time),
        "Timed": derive::timed(mode, status.as_str()),
        "UpdateTime": wire_time(run.update_time),
    });
    if let Some(exit_code) = run.exit_code {
        entry["ExitCode"] = json!(exit_code);
    }
    entry
}
