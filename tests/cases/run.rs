//! Runs cases through anything that answers like a store.

use std::collections::BTreeMap;

use invodex::{InstanceRun, Invocation, InvocationStatus, RunUpdate, Timestamp};
use serde_json::Value;

use super::records::{repeat_mode, status, time};
use super::{Case, CaseFile, Config, Derivation, Group, Moves, expand};

/// Code, HTTP status and parameter of an error.
pub(crate) type Refusal = (String, u16, Option<String>);

/// A store, or the model of one.
pub(crate) trait Subject {
    fn create(config: &Config, now: Timestamp) -> Self;
    fn set_clock(&mut self, now: Timestamp);
    /// Returns whether the record is retained.
    fn accept(&mut self, invocation: &Invocation) -> Result<bool, Refusal>;
    fn accept_batch(&mut self, batch: &[Invocation]) -> Vec<Result<bool, Refusal>>;
    fn update_run(
        &mut self,
        invoke_id: &str,
        instance_id: &str,
        update: &RunUpdate,
    ) -> Result<(), Refusal>;
    /// Returns the number of changed runs.
    fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Result<usize, Refusal>;
    fn delete(&mut self, invoke_id: &str) -> Result<(), Refusal>;
    /// The wire body with `NextToken`. `RequestId` is ignored.
    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Result<Value, Refusal>;
}

/// Runs the cases of a file, each group and each table row on a store of its own, and returns their
/// number. Panics with all differences.
pub(crate) fn run_file<S: Subject>(name: &str) -> usize {
    let file = CaseFile::load(name);
    let mut failures = Vec::new();
    let mut tokens = BTreeMap::new();
    let mut count = 0;
    for group in &file.group {
        count += group.case.len();
        run_group::<S>(group, &mut tokens, &mut failures);
    }
    for row in &file.derivation {
        count += row.modes.len();
        run_derivation::<S>(row, &mut failures);
    }
    for row in &file.moves {
        count += row.modes.len();
        run_moves::<S>(row, &mut failures);
    }
    assert!(
        failures.is_empty(),
        "{name}.toml: {} of {count} cases failed\n{}",
        failures.len(),
        failures.join("\n")
    );
    count
}

fn run_group<S: Subject>(
    group: &Group,
    tokens: &mut BTreeMap<String, String>,
    failures: &mut Vec<String>,
) {
    let mut store = S::create(&group.config, time(&group.clock));
    for record in &group.record {
        for invocation in record.build() {
            if let Err(refusal) = store.accept(&invocation) {
                failures.push(format!("{}: {}: {refusal:?}", group.name, invocation.invoke_id));
            }
        }
    }
    for case in &group.case {
        if let Err(failure) = run_case(&mut store, group, case, tokens) {
            failures.push(format!("{}: {}: {failure}", group.name, case.name));
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, expected: T) -> Result<(), String> {
    if is == expected { Ok(()) } else { Err(format!("{what} is {is:?}, expected {expected:?}")) }
}

/// Checks an outcome against the expected error. Returns the value if none is expected.
fn outcome<T: std::fmt::Debug>(
    case: &Case,
    result: Result<T, Refusal>,
) -> Result<Option<T>, String> {
    match (result, case.error.clone()) {
        (Ok(value), None) => Ok(Some(value)),
        (Ok(_), Some(error)) => Err(format!("no error, expected {error:?}")),
        (Err(refusal), None) => Err(format!("error {refusal:?}")),
        (Err(refusal), Some((code, http, parameter))) => {
            same("error", refusal, (code, http, Some(parameter)))?;
            Ok(None)
        }
    }
}

fn run_case<S: Subject>(
    store: &mut S,
    group: &Group,
    case: &Case,
    tokens: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    if let Some(now) = &case.clock {
        store.set_clock(time(now));
        return Ok(());
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
        let results = store.accept_batch(&batch);
        let words = results.into_iter().map(|result| match result {
            Ok(true) => "retained".to_owned(),
            Ok(false) => "not retained".to_owned(),
            Err((code, ..)) => code,
        });
        let expected = case.retained_each.clone().unwrap_or_default();
        return same("batch", words.collect(), expected);
    }
    if let Some(update) = &case.update {
        let result = store.update_run(&update.invoke_id, &update.instance_id, &update.build());
        return outcome(case, result).map(drop);
    }
    if let Some(stop) = &case.stop {
        let instances: Vec<&str> = stop[1..].iter().map(String::as_str).collect();
        let changed = outcome(case, store.stop(&stop[0], &instances))?;
        return same("changed", changed, case.changed);
    }
    if let Some(invoke_id) = &case.delete {
        return outcome(case, store.delete(invoke_id)).map(drop);
    }
    let pairs = case.pairs.as_deref().ok_or("nothing to do")?;
    if !case.expects_something() {
        return Err("nothing is expected".to_owned());
    }
    let pairs: Vec<(String, String)> = group
        .base
        .iter()
        .chain(pairs)
        .map(|(name, value)| (expand(name), parameter(value, tokens)))
        .collect();
    let operation = case.operation.as_deref().unwrap_or(&group.operation);
    match outcome(case, store.describe(operation, &pairs))? {
        Some(body) => check_body(case, operation, &body, tokens),
        None => Ok(()),
    }
}

/// A parameter's value, with the name of a saved token replaced by the token.
fn parameter(value: &str, tokens: &BTreeMap<String, String>) -> String {
    let Some(name) = value.strip_prefix('$') else { return expand(value) };
    let end = name.find(['+', '-']).unwrap_or(name.len());
    let (name, change) = name.split_at(end);
    let mut token = tokens.get(name).unwrap_or_else(|| panic!("no token {name}")).clone();
    match change.strip_prefix('+') {
        Some(more) => token.push_str(more),
        None if change == "-" => drop(token.pop()),
        None => {}
    }
    token
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

/// A store with one record of runs `i-1`, `i-2`, ... in the given statuses.
fn store_of<S: Subject>(mode: &str, runs: &[InvocationStatus]) -> S {
    let mut store = S::create(&Config::default(), time("2026-03-01T00:00:00Z"));
    let mut invocation = Invocation::new("cn-a", "t-1", "c-1");
    invocation.repeat_mode = repeat_mode(mode);
    for (index, &status) in runs.iter().enumerate() {
        let mut run = InstanceRun::new(format!("i-{}", index + 1));
        run.invocation_status = status;
        invocation.instances.push(run);
    }
    store.accept(&invocation).expect("a record without a fault");
    store
}

/// The row of a store's single record.
fn described<S: Subject>(store: &mut S, operation: &str) -> Value {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let pairs = [pair("RegionId", "cn-a"), pair("InvokeId", "t-1"), pair("PageSize", "50")];
    let mut body = store.describe(operation, &pairs).expect("a request without a fault");
    if let Some(body) = body.as_object_mut() {
        body.remove("RequestId");
    }
    body
}

fn run_derivation<S: Subject>(row: &Derivation, failures: &mut Vec<String>) {
    let runs: Vec<InvocationStatus> = row.runs.iter().map(|name| status(name)).collect();
    for mode in &row.modes {
        let mut store = store_of::<S>(mode, &runs);
        let body = described(&mut store, "DescribeInvocations");
        let invocation = &body["Invocations"]["Invocation"][0];
        let results = described(&mut store, "DescribeInvocationResults");
        let results = &results["Invocation"]["InvocationResults"]["InvocationResult"];
        let check = || -> Result<(), String> {
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
        };
        if let Err(failure) = check() {
            failures.push(format!("{mode} {:?}: {failure}", row.runs));
        }
    }
}

fn run_moves<S: Subject>(row: &Moves, failures: &mut Vec<String>) {
    for mode in &row.modes {
        for &to in InvocationStatus::ALL {
            for reschedule in [false, true] {
                if let Err(failure) = run_move::<S>(row, mode, to, reschedule) {
                    let how = if reschedule { " and back to Scheduled" } else { "" };
                    failures.push(format!("{mode} {} to {to}{how}: {failure}", row.from));
                }
            }
        }
    }
}

fn run_move<S: Subject>(
    row: &Moves,
    mode: &str,
    to: InvocationStatus,
    reschedule: bool,
) -> Result<(), String> {
    let from = status(&row.from);
    let mut store = store_of::<S>(mode, &[from]);
    let before = described(&mut store, "DescribeInvocations");
    let update = RunUpdate { invocation_status: Some(to), reschedule, ..RunUpdate::default() };
    let result = store.update_run("t-1", "i-1", &update);
    let after = described(&mut store, "DescribeInvocations");
    let legal = if reschedule {
        row.reschedule.iter().any(|name| name == to.as_str())
    } else {
        from == to || row.to.iter().any(|name| name == to.as_str())
    };
    if !legal {
        let name = "InvocationStatus".to_owned();
        same("move", result, Err((format!("InvalidParameter.{name}"), 400, Some(name))))?;
        return same("the record", after, before);
    }
    same("move", result, Ok(()))?;
    let entry = &after["Invocations"]["Invocation"][0]["InvokeInstances"]["InvokeInstance"][0];
    let now = if reschedule { "Scheduled" } else { to.as_str() };
    same("InvocationStatus", entry["InvocationStatus"].as_str(), Some(now))
}
