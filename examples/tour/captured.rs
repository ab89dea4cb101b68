//! A captured response: loaded, asked for again, and compared field by field.

use std::collections::{BTreeMap, BTreeSet};

use invodex::{
    Config, ContentEncoding, DescribeInvocations, Difference, DifferenceGroup, ImportOptions,
    ImportReport, Place, Store, SystemClock,
};
use serde_json::Value;

const REGION: &str = "cn-hangzhou";
/// Maximum number of lines of one kind that are printed for a file.
const SHOWN: usize = 12;
const COLUMNS: usize = 140;

/// The place of a field: the position of the record, that of the run if it is in one, the
/// field.
type Field = (usize, Option<usize>, String);

/// Imports a file and prints the report. Returns false if the store's answers differ from the file
/// in other places than the report says.
pub(crate) fn load(name: &str, bytes: &[u8]) -> bool {
    println!("\n  {name}");
    let mut store = empty();
    let report = match store.import(bytes, &ImportOptions::new(REGION)) {
        Ok(report) => report,
        Err(error) => {
            println!("    refused, {}", error.detail());
            return true;
        }
    };
    print(&report);
    let captured: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let Some(list) = captured["Invocations"]["Invocation"].as_array() else {
        println!("    not compared with the answers: not one body of DescribeInvocations");
        return true;
    };
    let at = |place: &Place| place.record.unwrap_or_default();
    let refused: BTreeSet<_> = report.refusals.iter().map(|one| at(&one.place)).collect();
    let mut differing = BTreeSet::new();
    let mut answered = 0;
    for (position, captured) in list.iter().enumerate() {
        let invoke_id = captured["InvokeId"].as_str().unwrap_or_default();
        if refused.contains(&position) {
            continue;
        }
        if let Some(answer) = ask_again(&store, invoke_id, report.files[0].encoding) {
            answered += 1;
            compare(position, captured, &answer, &mut differing);
        }
    }
    let (loaded, count) = (report.loaded, differing.len());
    println!("    asked again by InvokeId: {answered} of {loaded} answered, {count} fields differ");

    let reported: BTreeSet<Field> = report.differences.iter().filter_map(place).collect();
    let silent: Vec<_> = differing.difference(&reported).collect();
    let untrue: Vec<_> = reported.difference(&differing).collect();
    let as_reported = silent.is_empty() && untrue.is_empty() && answered == report.loaded;
    if !as_reported {
        println!("    NOT AS REPORTED: silent {silent:?}, not so {untrue:?}");
    }
    as_reported
}

/// Imports files together, so that results complete the records of the others, and prints the
/// report. Returns false if a file is refused.
pub(crate) fn load_together(files: &[(&str, &[u8])]) -> bool {
    println!(
        "\n  {}, together",
        files.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    );
    match empty().import_files(files, &ImportOptions::new(REGION)) {
        Ok(report) => print(&report),
        Err(error) => {
            println!("    refused, {}", error.detail());
            return false;
        }
    }
    true
}

/// A store for records of any age.
fn empty() -> Store {
    Store::new(Config { retention_seconds: None, ..Config::default() }, SystemClock)
}

fn print(report: &ImportReport) {
    println!("    {report}");
    for refusal in report.refusals.iter().take(SHOWN) {
        println!("    {refusal}");
    }
    rest(report.refusals.len());
    show(&report.grouped());
}

/// The place of a reported difference. A path inside a field is cut to the field, because
/// [`compare`] compares whole fields.
fn place(difference: &Difference) -> Option<Field> {
    let run = difference.instance.as_ref().map(|(at, _)| *at);
    let field = difference.field.split('.').next().unwrap_or_default();
    let is_seen = run.is_some() || field != "InvokeInstances";
    is_seen.then_some((difference.place.record?, run, field.to_owned()))
}

/// The record as the store answers it to a client that names it.
fn ask_again(store: &Store, invoke_id: &str, encoding: ContentEncoding) -> Option<Value> {
    let region = store.get(invoke_id)?.region_id();
    let request = DescribeInvocations::new(region)
        .invoke_id(invoke_id)
        .include_output(true)
        .content_encoding(encoding);
    let mut body = Vec::new();
    store.describe_invocations(&request).ok()?.write_json("tour", &mut body);
    let mut body: Value = serde_json::from_slice(&body).ok()?;
    body.pointer_mut("/Invocations/Invocation/0").map(Value::take)
}

/// Adds every field in which the two differ. A `null` field counts as absent.
fn compare(position: usize, captured: &Value, answered: &Value, out: &mut BTreeSet<Field>) {
    let fields = |run: Option<usize>, captured: &Value, answered: &Value| {
        let of = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let (captured, answered) = (of(captured), of(answered));
        let mut names: BTreeSet<String> = captured.keys().chain(answered.keys()).cloned().collect();
        names.retain(|name| {
            let value = |of: &serde_json::Map<_, _>| of.get(name).cloned().unwrap_or_default();
            value(&captured) != value(&answered)
        });
        names.into_iter().map(move |name| (position, run, name))
    };
    // Runs are compared one by one. Answers never show the two ids, which only the import reads.
    const APART: [&str; 3] = ["InvokeInstances", "RegionId", "ResourceGroupId"];
    let of_record = fields(None, captured, answered);
    out.extend(of_record.filter(|(.., name)| !APART.contains(&name.as_str())));
    let runs = |record: &Value| record["InvokeInstances"]["InvokeInstance"].as_array().cloned();
    let (captured, answered) = (runs(captured), runs(answered));
    let pairs = captured.into_iter().flatten().zip(answered.into_iter().flatten());
    for (at, (captured, answered)) in pairs.enumerate() {
        out.extend(fields(Some(at), &captured, &answered));
    }
}

/// Prints groups of differences: omitted fields in a few lines, all others one by one.
fn show(groups: &[DifferenceGroup<'_>]) {
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let mut others = Vec::new();
    for group in groups {
        let one = group.first;
        match (&one.captured, one.answered.as_deref()) {
            (None, Some("" | "[]" | "{}" | "0")) => {
                let run = if one.instance.is_some() { "run." } else { "" };
                *left_out.entry(format!("{run}{}", one.field)).or_default() += group.count;
            }
            _ => others.push(group),
        }
    }
    for group in others.iter().take(SHOWN) {
        println!("      {}", cut(group.to_string()));
    }
    rest(others.len());
    if left_out.is_empty() {
        return;
    }
    let mut line = "      omitted, and answered as unset:".to_owned();
    for (field, count) in &left_out {
        let word = if *count == 1 { format!(" {field}") } else { format!(" {field} x{count}") };
        if line.len() + word.len() > COLUMNS {
            println!("{line}");
            line = " ".repeat(15);
        }
        line.push_str(&word);
    }
    println!("{line}");
}

fn cut(line: String) -> String {
    match line.char_indices().nth(COLUMNS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

fn rest(count: usize) {
    if count > SHOWN {
        println!("      ... and {} more", count - SHOWN);
    }
}
