//! Writes what `tests/clients/parquet` compares: a data set, and the store's answers to every class of
//! requests.
//!
//! ```sh
//! cargo run -p invodex-parquet --example answers -- 20000 DIRECTORY
//! ```
//!
//! DIRECTORY gets `dataset`; `answers.jsonl` with a question in each line, its total, the ids of all its
//! rows in order, and some rows in full; and `failures.json`, the answer to the question of the README.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use invodex::{
    DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation, InvocationStatus,
    RepeatMode, RunUpdate, Store, Tag,
};
use invodex_testkit::dataset::requests::{Class, adversarial, classes};
use invodex_testkit::dataset::{Dataset, Options};
use serde_json::{Value, json};

type Pairs = Vec<(String, String)>;

/// The most rows of a page.
const PAGE: usize = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, directory] = &arguments[..] else {
        return Err("usage: answers COUNT DIRECTORY".into());
    };
    let options = Options {
        count: count.parse()?,
        adversarial_lists: true,
        outputs: Some(40),
        ..Options::default()
    };
    let directory = Path::new(directory);
    let mut store = Dataset::new(options).store();
    add_histories(&mut store)?;
    add_texts(&mut store)?;
    invodex_parquet::export(&store, &directory.join("dataset"), &mut |_| ())?;

    let mut lines = String::new();
    for (operation, name, pairs) in questions(&store, &options) {
        lines += &format!("{}\n", answer(&store, operation, name, &pairs)?);
    }
    fs::write(directory.join("answers.jsonl"), lines)?;
    fs::write(directory.join("failures.json"), failures(&store)?.to_string())?;
    Ok(())
}

/// Lets the scheduled tasks run, so that they have histories. The tasks of the data set have none.
fn add_histories(store: &mut Store) -> Result<(), invodex::Error> {
    let scheduled =
        |run: &invodex::RunView<'_>| run.invocation_status() == InvocationStatus::Scheduled;
    let runs: Vec<(String, String)> = (store.iter())
        .filter(|record| record.repeat_mode().is_recurring())
        .flat_map(|record| {
            let runs = record.instances().filter(scheduled);
            runs.map(move |run| (record.invoke_id().to_owned(), run.instance_id().to_owned()))
        })
        .collect();
    for (number, (invoke_id, instance_id)) in runs.iter().enumerate() {
        for execution in 0..number % 4 {
            let output = format!("execution {execution}");
            let ended = match (number + execution) % 3 {
                0 => RunUpdate::finished(1),
                _ => RunUpdate::finished(0),
            };
            store.update_run(invoke_id, instance_id, &RunUpdate::started())?;
            store.update_run(invoke_id, instance_id, &ended.output(output).rescheduled())?;
        }
    }
    Ok(())
}

/// A record whose texts have all that SQL and JSON could stumble over, in a region of its own.
fn add_texts(store: &mut Store) -> Result<(), invodex::Error> {
    for number in 0..3 {
        let mut record = Invocation::new(REGION, format!("t-'\"\\{number}"), "c-\u{1}\n\t;--");
        record.creation_time = Some(store.now());
        record.command_name = "name 'with' \"quotes\" \u{1f980}".into();
        record.command_content = vec![0, 255, number, b'\''];
        record.repeat_mode = RepeatMode::Period;
        record.tags =
            vec![Tag::new("z key", ""), Tag::new("a'key", "va\"lue\u{0}"), Tag::new("é", "ü")];
        for instance in ["i-'1", "i-\\2"] {
            let mut run = InstanceRun::new(instance);
            run.output = vec![0, 1, 254, 255];
            run.exit_code = Some(i64::MIN);
            run.dropped = 1 << 40;
            run.repeats = u32::MAX;
            record.instances.push(run);
        }
        assert!(store.accept(&record)?.retained);
    }
    Ok(())
}

const REGION: &str = "eu-'1' %41 é=/x";

fn questions(store: &Store, options: &Options) -> Vec<(&'static str, String, Pairs)> {
    let mut questions = Vec::new();
    let mut ask = |operation, name: &str, pairs: Pairs| {
        questions.push((operation, name.to_owned(), pairs));
    };
    let given = |pairs: &[(&str, &str)]| -> Pairs {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    };
    for Class { name, pairs, .. } in classes(options).into_iter().chain(adversarial(options)) {
        // The other operation has fewer filters, and its own name for one of them.
        let renamed = |(name, value): &(String, String)| match &**name {
            "InvokeStatus" => ("InvokeRecordStatus".to_owned(), value.clone()),
            _ => (name.clone(), value.clone()),
        };
        ask("DescribeInvocationResults", name, pairs.iter().map(renamed).collect());
        ask("DescribeInvocations", name, pairs);
    }
    // Cases that no class has: ignored filters, every value of a status, histories, outputs, odd texts.
    let instance = store.iter().flat_map(|record| record.instances()).map(|run| run.instance_id());
    let instance = instance.last().unwrap_or_default();
    let region = "cn-hangzhou";
    for (name, more) in [
        ("ignored-name", [("CommandName", "no such name"), ("RepeatMode", "Period")]),
        ("ignored-partial-failed", [("InvokeStatus", "PartialFailed"), ("Timed", "false")]),
        ("instance-output", [("IncludeOutput", "true"), ("Timed", "false")]),
    ] {
        let mut pairs = given(&[("RegionId", region), ("InstanceId", instance)]);
        pairs.extend(given(&more));
        ask("DescribeInvocations", name, pairs);
    }
    for status in invodex::InvokeStatus::ALL {
        let name = format!("status-{status}");
        let pairs = |parameter| given(&[("RegionId", region), (parameter, status.as_str())]);
        ask("DescribeInvocations", &name, pairs("InvokeStatus"));
        ask("DescribeInvocationResults", &name, pairs("InvokeRecordStatus"));
    }
    for region in ["cn-shanghai", "cn-beijing", "cn-nowhere", REGION] {
        ask("DescribeInvocations", &format!("region {region}"), given(&[("RegionId", region)]));
        ask(
            "DescribeInvocationResults",
            &format!("region {region}"),
            given(&[("RegionId", region)]),
        );
    }
    let odd = [("RegionId", REGION), ("Tag.1.Key", "a'key"), ("Tag.1.Value", "va\"lue\u{0}")];
    ask("DescribeInvocations", "odd texts", given(&odd));
    ask("DescribeInvocations", "odd id", given(&[("RegionId", REGION), ("InvokeId", "t-'\"\\1")]));
    ask("DescribeInvocationResults", "odd texts", given(&odd));
    let recurring = store.iter().filter(|record| record.repeat_mode().is_recurring());
    for record in recurring.step_by(23).take(20) {
        let pairs = [
            ("RegionId", record.region_id()),
            ("InvokeId", record.invoke_id()),
            ("IncludeHistory", "true"),
        ];
        ask("DescribeInvocationResults", "history", given(&pairs));
        let mut failed = given(&pairs);
        failed.extend(given(&[("InvokeRecordStatus", "Failed")]));
        ask("DescribeInvocationResults", "failed history", failed);
    }
    questions
}

/// The answer of the store: the ids of all rows, and the first and the last pages in full.
fn answer(
    store: &Store,
    operation: &str,
    name: String,
    pairs: &Pairs,
) -> Result<Value, invodex::Error> {
    let ids: Vec<Value> = if operation == "DescribeInvocations" {
        let walk = store.walk_invocations(&DescribeInvocations::from_pairs(pairs))?;
        walk.map(|row| json!([row.invoke_id()])).collect()
    } else {
        let walk = store.walk_invocation_results(&DescribeInvocationResults::from_pairs(pairs))?;
        walk.map(|row| json!([row.invoke_id(), row.instance_id(), row.is_history()])).collect()
    };
    let (total, first) = page(store, operation, pairs, 1)?;
    let mut rows = vec![json!([0, first])];
    let last = ids.len().div_ceil(PAGE);
    if last > 1 {
        rows.push(json!([(last - 1) * PAGE, page(store, operation, pairs, last)?.1]));
    }
    Ok(json!({
        "name": name, "operation": operation, "pairs": pairs,
        "total": total, "matches": matches(store, operation, pairs, total)?, "ids": ids, "rows": rows,
    }))
}

/// The total and the rows of a page, as the JSON body has them.
fn page(
    store: &Store,
    operation: &str,
    pairs: &Pairs,
    number: usize,
) -> Result<(u64, Value), invodex::Error> {
    let mut pairs = pairs.clone();
    pairs.push(("PageNumber".into(), number.to_string()));
    pairs.push(("PageSize".into(), PAGE.to_string()));
    let mut body = Vec::new();
    let total = if operation == "DescribeInvocations" {
        let page = store.describe_invocations(&DescribeInvocations::from_pairs(&pairs))?;
        page.write_json("", &mut body);
        page.total_count()
    } else {
        let request = DescribeInvocationResults::from_pairs(&pairs);
        let page = store.describe_invocation_results(&request)?;
        page.write_json("", &mut body);
        page.total_count()
    };
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let rows = match operation {
        "DescribeInvocations" => body["Invocations"]["Invocation"].take(),
        _ => body["Invocation"]["InvocationResults"]["InvocationResult"].take(),
    };
    Ok((total.unwrap_or_default(), rows))
}

/// The number of all matches, also of those that a query with tags does not reach.
fn matches(
    store: &Store,
    operation: &str,
    pairs: &Pairs,
    total: u64,
) -> Result<u64, invodex::Error> {
    if !pairs.iter().any(|(name, _)| name.starts_with("Tag.")) {
        return Ok(total);
    }
    if operation == "DescribeInvocations" {
        return Ok(store.matching(&DescribeInvocations::from_pairs(pairs))?.len());
    }
    // The runs of the records that match all but the status.
    let value =
        |name: &str| pairs.iter().find(|(other, _)| other == name).map(|(_, value)| &**value);
    let shared = |name: &str| {
        name.starts_with("Tag.")
            || matches!(name, "RegionId" | "ResourceGroupId" | "InvokeId" | "CommandId")
    };
    let of_record = pairs.iter().filter(|(name, _)| shared(name)).cloned();
    let mut both = 0;
    for timed in ["true", "false"] {
        let mut request: Pairs = of_record.clone().collect();
        request.push(("Timed".into(), timed.into()));
        let numbers = store.matching(&DescribeInvocations::from_pairs(&request))?;
        for record in store.select(&numbers) {
            let mode = record.repeat_mode();
            let counts = record.instances().filter(|run| {
                let status = run.invocation_status();
                value("InstanceId").is_none_or(|id| id == run.instance_id())
                    && value("InvokeRecordStatus").is_none_or(|filter| {
                        filter == status.as_str() || filter == status.legacy(mode).as_str()
                    })
            });
            both += counts.count() as u64;
        }
    }
    Ok(both)
}

/// Failures by command and day, counted from the rows of the store.
fn failures(store: &Store) -> Result<Value, invodex::Error> {
    use InvocationStatus::{Aborted, Error, Failed, Invalid, Timeout};
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for record in store.iter() {
        let request = DescribeInvocationResults::new(record.region_id())
            .invoke_id(record.invoke_id())
            .include_history(true);
        for row in store.walk_invocation_results(&request)? {
            if matches!(row.invocation_status(), Failed | Invalid | Aborted | Error | Timeout) {
                let day = record.creation_time().to_string()[..10].to_owned();
                *counts.entry((day, record.command_name().to_owned())).or_default() += 1;
            }
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|((day, name), count), ((other_day, other_name), other)| {
        other.cmp(count).then(other_day.cmp(day)).then(name.cmp(other_name))
    });
    let rows =
        counts.iter().take(5).map(|((day, name), count)| json!([day, name, count.to_string()]));
    Ok(rows.collect())
}
