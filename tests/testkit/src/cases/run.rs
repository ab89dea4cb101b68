//! Runs cases through anything that answers like a store.

use std::collections::BTreeMap;

use invodex::{InstanceRun, Invocation, InvocationStatus, RunUpdate};
use serde_json::Value;

use super::records::{repeat_mode, status, time};
use super::{Case, CaseFile, CaseNames, Derivation, Group, Moves, expand};
use crate::subject::{Config, No, Reply, Subject};

/// The result of one case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseResult {
    /// The names of the case.
    pub names: CaseNames,
    /// Its result.
    pub outcome: Outcome,
}

/// The result of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The subject answered as expected.
    Held,
    /// It did not; the text has the difference.
    Broken(String),
    /// The subject does not offer an operation that the case needs; the text names it.
    NotAsked(String),
    /// The subject gave no answer; the text says what came.
    Failed(String),
}

/// The failed check of a case, or the reason why it was not made.
enum Miss {
    Different(String),
    No(No),
}

impl From<String> for Miss {
    fn from(difference: String) -> Self {
        Miss::Different(difference)
    }
}

impl From<No> for Miss {
    fn from(no: No) -> Self {
        Miss::No(no)
    }
}

impl From<Result<(), Miss>> for Outcome {
    fn from(result: Result<(), Miss>) -> Self {
        match result {
            Ok(()) => Outcome::Held,
            Err(Miss::Different(difference)) => Outcome::Broken(difference),
            Err(Miss::No(No::NotOffered(lack))) => Outcome::NotAsked(lack),
            Err(Miss::No(No::Failed(failure))) => Outcome::Failed(failure),
            Err(Miss::No(refused)) => Outcome::Broken(refused.to_string()),
        }
    }
}

/// Runs the cases of a file, each group and each table row from an empty subject. A case that
/// [failed](Outcome::Failed) is the last one: a subject that does not answer is asked nothing more.
pub fn run_file(subject: &mut dyn Subject, name: &str) -> Vec<CaseResult> {
    run_wanted(subject, name, &|_| true)
}

/// Runs the groups of a file, and the table rows that are wanted. A group may save a token for a
/// later one. The first case that failed is the last one.
pub(crate) fn run_wanted(
    subject: &mut dyn Subject,
    name: &str,
    is_wanted: &dyn Fn(&CaseNames) -> bool,
) -> Vec<CaseResult> {
    let file = CaseFile::load(name);
    let mut results = Vec::new();
    let mut tokens = BTreeMap::new();
    for group in &file.group {
        run_group(subject, group, &mut tokens, &mut results);
        if has_failed(&results) {
            return results;
        }
    }
    for row in &file.derivation {
        for mode in &row.modes {
            let names = row.names(mode);
            if is_wanted(&names) {
                let outcome = run_derivation(subject, row, mode).into();
                results.push(CaseResult { names, outcome });
                if has_failed(&results) {
                    return results;
                }
            }
        }
    }
    for row in &file.moves {
        for mode in &row.modes {
            let names = row.names(mode);
            if is_wanted(&names) {
                let outcome = run_moves(subject, row, mode).into();
                results.push(CaseResult { names, outcome });
                if has_failed(&results) {
                    return results;
                }
            }
        }
    }
    results
}

/// Whether the subject gave no answer to the last case.
fn has_failed(results: &[CaseResult]) -> bool {
    results.last().is_some_and(|result| matches!(result.outcome, Outcome::Failed(_)))
}

fn run_group(
    subject: &mut dyn Subject,
    group: &Group,
    tokens: &mut BTreeMap<String, String>,
    results: &mut Vec<CaseResult>,
) {
    let mut begin = || -> Reply<()> {
        subject.begin(&group.config, time(&group.clock))?;
        // A subject that begins with a clock of its own would show other times.
        subject.set_clock(time(&group.clock))?;
        for invocation in group.record.iter().flat_map(|record| record.build()) {
            subject.accept(&invocation)?;
        }
        Ok(())
    };
    // The reason why no further case can be asked: one before it changes the records.
    let mut stopped = begin().err();
    for case in &group.case {
        let result = match &stopped {
            Some(no) => Err(no.clone().into()),
            None => run_case(subject, group, case, tokens),
        };
        if let (Err(Miss::No(no)), None) = (&result, &case.pairs) {
            stopped.get_or_insert_with(|| no.clone());
        }
        results.push(CaseResult { names: group.names(case), outcome: result.into() });
        if has_failed(results) {
            return;
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, expected: T) -> Result<(), String> {
    if is == expected { Ok(()) } else { Err(format!("{what} is {is:?}, expected {expected:?}")) }
}

/// Checks a reply against the expected error. Returns the value if none is expected.
fn outcome<T>(case: &Case, reply: Reply<T>) -> Result<Option<T>, Miss> {
    match (reply, case.error.clone()) {
        (Ok(value), None) => Ok(Some(value)),
        (Ok(_), Some(error)) => Err(Miss::Different(format!("no error, expected {error:?}"))),
        (Err(No::Refused(refusal)), Some((code, http, parameter))) => {
            // The body of an error does not have its parameter, so not every subject tells it.
            let told = refusal.2.as_ref().map(|_| parameter);
            same("error", refusal, (code, http, told))?;
            Ok(None)
        }
        (Err(no), _) => Err(no.into()),
    }
}

fn run_case(
    store: &mut dyn Subject,
    group: &Group,
    case: &Case,
    tokens: &mut BTreeMap<String, String>,
) -> Result<(), Miss> {
    if let Some(now) = &case.clock {
        return Ok(store.set_clock(time(now))?);
    }
    if let Some(record) = &case.accept {
        for invocation in record.build() {
            let result = store.accept(&invocation);
            if let Some(retained) = outcome(case, result)? {
                same("retained", retained, case.retained.unwrap_or(true))?;
            }
        }
        return Ok(());
    }
    if let Some(batch) = &case.batch {
        let batch: Vec<Invocation> = batch.iter().flat_map(|record| record.build()).collect();
        let results = store.accept_batch(&batch)?;
        let words = results.into_iter().map(|result| match result {
            Ok(true) => Ok("retained".to_owned()),
            Ok(false) => Ok("not retained".to_owned()),
            Err(No::Refused((code, ..))) => Ok(code),
            Err(no) => Err(no),
        });
        let expected = case.retained_each.clone().unwrap_or_default();
        return Ok(same("batch", words.collect::<Reply<_>>()?, expected)?);
    }
    if let Some(update) = &case.update {
        let result = store.update_run(&update.invoke_id, &update.instance_id, &update.build());
        return outcome(case, result).map(drop);
    }
    if let Some(stop) = &case.stop {
        let instances: Vec<&str> = stop[1..].iter().map(String::as_str).collect();
        return match outcome(case, store.stop(&stop[0], &instances))? {
            Some(Some(changed)) => Ok(same("changed", Some(changed), case.changed)?),
            // The subject does not tell how many.
            Some(None) | None => Ok(()),
        };
    }
    if let Some(invoke_id) = &case.delete {
        return outcome(case, store.delete(invoke_id)).map(drop);
    }
    let pairs = case.pairs.as_deref().ok_or("nothing to do".to_owned())?;
    if !case.expects_something() {
        return Err("nothing is expected".to_owned().into());
    }
    let pairs = group.base.iter().chain(pairs);
    let pairs = pairs.map(|(name, value)| Ok((expand(name), parameter(value, tokens)?)));
    let pairs: Vec<(String, String)> = pairs.collect::<Reply<_>>()?;
    let operation = case.operation.as_deref().unwrap_or(&group.operation);
    match outcome(case, store.describe(operation, &pairs))? {
        Some(body) => Ok(check_body(case, operation, &body, tokens)?),
        None => Ok(()),
    }
}

/// A parameter's value, with the name of a saved token replaced by the token.
fn parameter(value: &str, tokens: &BTreeMap<String, String>) -> Reply<String> {
    let Some(name) = value.strip_prefix('$') else { return Ok(expand(value)) };
    let end = name.find(['+', '-']).unwrap_or(name.len());
    let (name, change) = name.split_at(end);
    let lack = || No::NotOffered(format!("the token of an earlier case, {name}"));
    let mut token = tokens.get(name).ok_or_else(lack)?.clone();
    match change.strip_prefix('+') {
        Some(more) => token.push_str(more),
        None if change == "-" => drop(token.pop()),
        None => {}
    }
    Ok(token)
}

/// The object with the paging fields, and the rows.
fn parts<'a>(operation: &str, body: &'a Value) -> Option<(&'a Value, &'a Value)> {
    if operation == "DescribeInvocations" {
        Some((body, body.pointer("/Invocations/Invocation")?))
    } else {
        let head = body.pointer("/Invocation")?;
        Some((head, head.pointer("/InvocationResults/InvocationResult")?))
    }
}

fn row_id(operation: &str, row: &Value) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or("?").to_owned();
    if operation == "DescribeInvocations" {
        text("InvokeId")
    } else {
        format!("{}/{}", text("InvokeId"), text("InstanceId"))
    }
}

fn check_body(
    case: &Case,
    operation: &str,
    body: &Value,
    tokens: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let (head, rows) = parts(operation, body).ok_or("no rows in the body")?;
    let list = rows.as_array().ok_or("the rows are no list")?;
    let ids: Vec<String> = list.iter().map(|row| row_id(operation, row)).collect();
    if let Some(first) = &case.first {
        same("first", ids.first(), Some(first))?;
    }
    if let Some(last) = &case.last {
        same("last", ids.last(), Some(last))?;
    }
    if let Some(expected) = case.rows {
        same("rows", ids.len(), expected)?;
    }
    if let Some(expected) = &case.ids {
        same("ids", &ids, expected)?;
    }
    if let Some(total) = case.total {
        same("TotalCount", head["TotalCount"].as_u64(), Some(total))?;
    }
    let token = head["NextToken"].as_str().ok_or("NextToken is no text")?;
    let opaque = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if token.len() > 64 || !token.bytes().all(opaque) {
        return Err(format!("NextToken is {token}"));
    }
    if let Some(next) = case.next {
        same("a NextToken", !token.is_empty(), next)?;
    }
    if let Some(name) = &case.save {
        tokens.insert(name.clone(), token.to_owned());
    }
    let at = |pointer: &str| {
        if pointer.starts_with('/') {
            body.pointer(pointer)
        } else {
            rows.pointer(&format!("/{pointer}"))
        }
    };
    for (pointer, expected) in &case.fields {
        let expected = match expected {
            toml::Value::String(text) => Value::String(expand(text)),
            other => serde_json::to_value(other).map_err(|error| error.to_string())?,
        };
        same(pointer, at(pointer), Some(&expected))?;
    }
    for pointer in &case.absent {
        same(pointer, at(pointer), None)?;
    }
    for (pointer, expected) in &case.keys {
        let object = at(pointer).and_then(Value::as_object).ok_or("no object")?;
        let mut names: Vec<&String> = object.keys().collect();
        let mut expected: Vec<&String> = expected.iter().collect();
        names.sort();
        expected.sort();
        same(pointer, names, expected)?;
    }
    Ok(())
}

/// Begins anew with one record of runs `i-1`, `i-2`, ... in the given statuses.
fn begin_with(subject: &mut dyn Subject, mode: &str, runs: &[InvocationStatus]) -> Reply<()> {
    let now = time("2026-03-01T00:00:00Z");
    subject.begin(&Config::default(), now)?;
    subject.set_clock(now)?;
    let mut invocation = Invocation::new("cn-a", "t-1", "c-1");
    invocation.repeat_mode = repeat_mode(mode);
    for (index, &status) in runs.iter().enumerate() {
        let mut run = InstanceRun::new(format!("i-{}", index + 1));
        run.invocation_status = status;
        invocation.instances.push(run);
    }
    subject.accept(&invocation).map(drop)
}

/// The body with the single record.
fn described(subject: &mut dyn Subject, operation: &str) -> Reply<Value> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let pairs = [pair("RegionId", "cn-a"), pair("InvokeId", "t-1"), pair("PageSize", "50")];
    let mut body = subject.describe(operation, &pairs)?;
    if let Some(body) = body.as_object_mut() {
        body.remove("RequestId");
    }
    Ok(body)
}

fn run_derivation(subject: &mut dyn Subject, row: &Derivation, mode: &str) -> Result<(), Miss> {
    let runs: Vec<InvocationStatus> = row.runs.iter().map(|name| status(name)).collect();
    begin_with(subject, mode, &runs)?;
    let body = described(subject, "DescribeInvocations")?;
    let invocation = &body["Invocations"]["Invocation"][0];
    let results = described(subject, "DescribeInvocationResults")?;
    let results = &results["Invocation"]["InvocationResults"]["InvocationResult"];
    let text = |name: &str| invocation[name].as_str();
    same("InvocationStatus", text("InvocationStatus"), Some(&row.invocation_status))?;
    same("InvokeStatus", text("InvokeStatus"), Some(&row.invoke_status))?;
    same("Timed", invocation["Timed"].as_bool(), Some(row.timed))?;
    let Some(legacy) = &row.legacy else { return Ok(()) };
    same("legacy statuses", legacy.len(), runs.len())?;
    for (index, legacy) in legacy.iter().enumerate() {
        let entry = &invocation["InvokeInstances"]["InvokeInstance"][index];
        let current = Some(row.runs[index].as_str());
        same("InvocationStatus", entry["InvocationStatus"].as_str(), current)?;
        let old = entry["InstanceInvokeStatus"].as_str();
        same("InstanceInvokeStatus", old, Some(legacy))?;
        let old = results[index]["InvokeRecordStatus"].as_str();
        same("InvokeRecordStatus", old, Some(legacy))?;
    }
    Ok(())
}

fn run_moves(subject: &mut dyn Subject, row: &Moves, mode: &str) -> Result<(), Miss> {
    for &to in InvocationStatus::ALL {
        for reschedule in [false, true] {
            run_move(subject, row, mode, to, reschedule).map_err(|miss| match miss {
                Miss::Different(difference) => {
                    let how = if reschedule { " and back to Scheduled" } else { "" };
                    Miss::Different(format!("{mode} {} to {to}{how}: {difference}", row.from))
                }
                no => no,
            })?;
        }
    }
    Ok(())
}

fn run_move(
    subject: &mut dyn Subject,
    row: &Moves,
    mode: &str,
    to: InvocationStatus,
    reschedule: bool,
) -> Result<(), Miss> {
    let from = status(&row.from);
    begin_with(subject, mode, &[from])?;
    let before = described(subject, "DescribeInvocations")?;
    let update = RunUpdate { invocation_status: Some(to), reschedule, ..RunUpdate::default() };
    let reply = subject.update_run("t-1", "i-1", &update);
    if let Err(failed @ No::Failed(_)) = reply {
        return Err(failed.into());
    }
    let after = described(subject, "DescribeInvocations")?;
    let legal = if reschedule {
        row.reschedule.iter().any(|name| name == to.as_str())
    } else {
        from == to || row.to.iter().any(|name| name == to.as_str())
    };
    if !legal {
        let name = "InvocationStatus".to_owned();
        let code = format!("InvalidParameter.{name}");
        match reply {
            Ok(()) => return Err("no error".to_owned().into()),
            Err(No::Refused(refused)) => {
                // As in `outcome`: not every subject tells the parameter.
                let told = refused.2.as_ref().map(|_| name);
                same("move", refused, (code, 400, told))?;
            }
            Err(no) => return Err(no.into()),
        }
        return Ok(same("the record", after, before)?);
    }
    reply?;
    let entry = &after["Invocations"]["Invocation"][0]["InvokeInstances"]["InvokeInstance"][0];
    let now = if reschedule { "Scheduled" } else { to.as_str() };
    Ok(same("InvocationStatus", entry["InvocationStatus"].as_str(), Some(now))?)
}
