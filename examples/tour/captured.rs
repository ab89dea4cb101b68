//! A captured response: loaded, asked for again, and compared field by field.

use std::collections::{BTreeMap, BTreeSet};

use invodex::{
    Config, ContentEncoding, DescribeInvocations, Difference, ImportOptions, Store, SystemClock,
};
use serde_json::Value;

const REGION: &str = "cn-hangzhou";
/// Maximum number of lines of one kind that are printed for a file.
const SHOWN: usize = 12;
const COLUMNS: usize = 106;

/// The place of a difference: the position of the record, that of the run if it is in one, the
/// field.
type Place = (usize, Option<usize>, String);

/// Imports a file and prints the report. Returns false if the store's answers differ from the file
/// in other places than the report says.
pub(crate) fn load(name: &str, bytes: &[u8]) -> bool {
    println!("\n  {name}");
    let config = Config { retention_seconds: None, ..Config::default() };
    let mut store = Store::new(config, SystemClock);
    let report = match store.import(bytes, &ImportOptions::new(REGION)) {
        Ok(report) => report,
        Err(error) => {
            println!("    refused, {}", error.detail());
            return true;
        }
    };
    println!("    {report}");
    for refusal in report.refusals.iter().take(SHOWN) {
        println!("    {}", cut(refusal.to_string()));
    }
    rest(report.refusals.len());

    let captured: Value = match serde_json::from_slice(bytes) {
        Ok(captured) => captured,
        Err(error) => {
            println!("    not compared with the answers: {error}");
            return true;
        }
    };
    let list = captured["Invocations"]["Invocation"].as_array().map_or(&[][..], Vec::as_slice);
    let refused: BTreeSet<_> = report.refusals.iter().map(|refusal| refusal.position).collect();
    let mut differing = BTreeSet::new();
    let mut answered = 0;
    for (position, captured) in list.iter().enumerate() {
        let invoke_id = captured["InvokeId"].as_str().unwrap_or_default();
        if refused.contains(&position) {
            continue;
        }
        if let Some(answer) = ask_again(&store, invoke_id, report.encoding) {
            answered += 1;
            compare(position, captured, &answer, &mut differing);
        }
    }
    println!(
        "    asked again by InvokeId with IncludeOutput: {answered} of {} answered; {} fields differ:",
        report.loaded,
        differing.len()
    );
    show(&report.differences);

    let reported: BTreeSet<Place> = report.differences.iter().filter_map(place).collect();
    let silent: Vec<_> = differing.difference(&reported).collect();
    let untrue: Vec<_> = reported.difference(&differing).collect();
    let as_reported = silent.is_empty() && untrue.is_empty() && answered == report.loaded;
    if !as_reported {
        println!("    NOT AS REPORTED: silent {silent:?}, not so {untrue:?}");
    }
    as_reported
}

/// The place of a reported difference. A path inside a field is cut to the field, because
/// [`compare`] compares whole fields.
fn place(difference: &Difference) -> Option<Place> {
    let run = difference.instance.as_ref().map(|(at, _)| *at);
    let field = difference.field.split('.').next().unwrap_or_default();
    let is_seen = run.is_some() || field != "InvokeInstances";
    is_seen.then_some((difference.position?, run, field.to_owned()))
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
fn compare(position: usize, captured: &Value, answered: &Value, out: &mut BTreeSet<Place>) {
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

/// Prints the differences by kind: omitted fields in a few lines, all others one by one.
fn show(differences: &[Difference]) {
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let mut others = Vec::new();
    for one in differences {
        match (&one.captured, one.answered.as_deref()) {
            (None, Some("" | "[]" | "0")) => {
                let run = if one.instance.is_some() { "run." } else { "" };
                *left_out.entry(format!("{run}{}", one.field)).or_default() += 1;
            }
            _ => others.push(one),
        }
    }
    for one in others.iter().take(SHOWN) {
        let place = match (one.position, &one.instance) {
            (None, _) => "beside the list".to_owned(),
            (Some(position), None) => format!("record {position}"),
            (Some(position), Some((at, _))) => format!("record {position}, run {at}"),
        };
        let value = |text: &Option<String>| {
            text.as_ref().map_or("nothing".to_owned(), |text| format!("{text:?}"))
        };
        let (captured, answered) = (value(&one.captured), value(&one.answered));
        println!(
            "{}",
            cut(format!(
                "      {:<10}{place}: {}: captured {captured}, answered {answered}",
                one.kind.to_string(),
                one.field
            ))
        );
    }
    rest(others.len());
    if left_out.is_empty() {
        return;
    }
    let mut line = "      omitted   and answered as unset:".to_owned();
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
