//! `DescribeInvocationResults`: the matching runs and history records and their form in the answer.
//! Part of the naive model: shares nothing with the engine.

use invodex::InstanceRun;
use serde_json::{Value, json};

use super::describe::{encoded, matches_record, wire_tags};
use super::paging::{Position, shown};
use super::request::{self, Filters, Operation, Request};
use super::{Answer, Model, ModelError, Record, RowId, derive, wire_time};

/// One row: a run, or one of its history records.
struct Row<'a> {
    record: &'a Record,
    run: &'a InstanceRun,
    legacy: &'static str,
    position: Position,
}

impl Model {
    /// Answers `DescribeInvocationResults`.
    pub fn describe_invocation_results(
        &self,
        pairs: &[(String, String)],
    ) -> Result<Answer, ModelError> {
        let request = request::read(&self.config, Operation::DescribeInvocationResults, pairs)?;
        let token = self.token(&request)?;
        let mut rows: Vec<Row<'_>> = Vec::new();
        for record in self.live() {
            if matches_record(record, &request.filters) {
                rows.extend(rows_of(record, request.filters.include_history));
            }
        }
        rows.retain(|row| matches_run(row, &request.filters));
        let positions: Vec<Position> = rows.iter().map(|row| row.position.clone()).collect();
        let page = self.page(&request, token, &positions);
        let rows = &rows[page.start..page.end];
        let (number, size, total) = shown(&request.paging, page.total);
        let results: Vec<Value> = rows.iter().map(|row| result(row, &request)).collect();
        let body = json!({
            "Invocation": {
                "PageNumber": number,
                "PageSize": size,
                "TotalCount": total,
                "InvocationResults": { "InvocationResult": results },
            },
        });
        let id = |row: &Row<'_>| RowId {
            invoke_id: row.record.invocation.invoke_id.clone(),
            instance_id: Some(row.run.instance_id.clone()),
            history: row.position.history,
        };
        let ids = rows.iter().map(id).collect();
        Ok(Answer { body, ids, total: page.total, next: page.next })
    }
}

/// The rows of a record in order: its runs, each followed by its history, newest first.
fn rows_of(record: &Record, include_history: bool) -> Vec<Row<'_>> {
    let recurring = derive::is_recurring(record.invocation.repeat_mode);
    let mut rows = Vec::new();
    for (index, run) in record.runs.iter().enumerate() {
        let position = |history| Position {
            created: record.created.as_secs(),
            number: record.number,
            run: index,
            history,
        };
        rows.push(Row {
            record,
            run: &run.now,
            legacy: derive::legacy(run.now.invocation_status, recurring),
            position: position(None),
        });
        if include_history {
            // An ended execution has the legacy status of a one-time task, whatever the schedule.
            rows.extend(run.history.iter().rev().map(|past| Row {
                record,
                run: &past.run,
                legacy: derive::legacy(past.run.invocation_status, false),
                position: position(Some(past.number)),
            }));
        }
    }
    rows
}

fn matches_run(row: &Row<'_>, filters: &Filters) -> bool {
    let status = row.run.invocation_status.as_str();
    filters.instance_id.as_ref().is_none_or(|id| *id == row.run.instance_id)
        && filters.status.as_ref().is_none_or(|filter| filter == status || filter == row.legacy)
}

fn result(row: &Row<'_>, request: &Request) -> Value {
    let invocation = &row.record.invocation;
    let run = row.run;
    let mut result = json!({
        "InvokeId": invocation.invoke_id,
        "CommandId": invocation.command_id,
        "InstanceId": run.instance_id,
        "InvocationStatus": run.invocation_status.as_str(),
        "InvokeRecordStatus": row.legacy,
        "StartTime": wire_time(run.start_time),
        "FinishedTime": wire_time(run.finish_time),
        "StopTime": wire_time(run.stop_time),
        "Repeats": run.repeats,
        "Dropped": run.dropped,
        "ErrorCode": run.error_code,
        "ErrorInfo": run.error_info,
        "Output": encoded(&run.output, request.plain_text),
        "Username": invocation.username,
        "ContainerId": invocation.container_id,
        "ContainerName": invocation.container_name,
        "Launcher": invocation.launcher,
        "TerminationMode": invocation.termination_mode,
        "Tags": wire_tags(&invocation.tags),
        "OssOutputDelivery": invocation.oss_output_delivery,
        "OssOutputStatus": run.oss_output_status,
        "OssOutputUri": run.oss_output_uri,
        "OssOutputErrorCode": run.oss_output_error_code,
        "OssOutputErrorInfo": run.oss_output_error_info,
    });
    if let Some(exit_code) = run.exit_code {
        result["ExitCode"] = json!(exit_code);
    }
    result
}
