//! A data set that is written as captured responses loads into a store that answers as the store
//! that is made directly.

use invodex::{DescribeInvocationResults, DescribeInvocations, ImportOptions, ImportReport, Store};
use invodex_testkit::dataset::pools::REGIONS;
use invodex_testkit::dataset::requests::{adversarial, classes};
use invodex_testkit::dataset::{Dataset, Options};

/// Every variant, alone and together.
fn variants(count: usize) -> Vec<Options> {
    let plain = Options { count, ..Options::default() };
    let all = Options {
        seed: 2,
        now: "2031-02-03T04:05:06Z".parse().expect("a time"),
        statuses_clustered: true,
        unique_content: true,
        shuffled_times: true,
        mean_runs: 10,
        outputs: Some(100),
        adversarial_lists: true,
        ..plain
    };
    vec![
        plain,
        Options { statuses_clustered: true, ..plain },
        Options { unique_content: true, ..plain },
        Options { shuffled_times: true, ..plain },
        Options { mean_runs: 10, ..plain },
        Options { outputs: Some(300), ..plain },
        Options { adversarial_lists: true, ..plain },
        all,
    ]
}

fn captured(dataset: &Dataset) -> Vec<u8> {
    let mut captured = Vec::new();
    dataset.write_captured(&mut captured).expect("a vector takes all");
    captured
}

fn results(dataset: &Dataset) -> Vec<u8> {
    let mut captured = Vec::new();
    dataset.write_captured_results(&mut captured).expect("a vector takes all");
    captured
}

fn empty(dataset: &Dataset) -> Store {
    Store::new(dataset.config(), dataset.clock())
}

fn import_options() -> ImportOptions {
    ImportOptions::new("no-region")
}

fn assert_clean(report: &ImportReport, count: usize, variant: &Options) {
    let first = report.differences.first().map(ToString::to_string);
    assert_eq!(first, None, "{variant:?}");
    let first = report.refusals.first().map(ToString::to_string);
    assert_eq!(first, None, "{variant:?}");
    assert_eq!((report.loaded, report.not_retained.len()), (count, 0), "{variant:?}");
}

/// Holds two stores to the same records in the same order, and to the same pages.
fn assert_equal(imported: &Store, direct: &Store, options: &Options) {
    let all = |store: &Store| store.iter().map(|row| row.to_invocation()).collect::<Vec<_>>();
    assert!(all(imported) == all(direct), "{options:?}");
    for class in classes(options).into_iter().chain(adversarial(options)) {
        let request = DescribeInvocations::from_pairs(&class.pairs).page_size(50);
        let page = |store: &Store| {
            let answer = store.describe_invocations(&request).expect("a valid request");
            let answer = answer.into_owned();
            // A token holds an acceptance number, which times in another order change.
            (answer.invocations, answer.total_count, answer.next_token.is_some())
        };
        assert!(page(imported) == page(direct), "{}: {options:?}", class.name);
    }
    for region in &REGIONS {
        let request = DescribeInvocationResults::new(region.id).page_size(50);
        let page = |store: &Store| {
            let answer = store.describe_invocation_results(&request).expect("a valid request");
            let answer = answer.into_owned();
            (answer.invocation_results, answer.total_count, answer.next_token.is_some())
        };
        assert!(page(imported) == page(direct), "{}: {options:?}", region.id);
    }
}

#[test]
fn every_variant_is_read_back_without_a_difference() {
    for options in variants(1_000) {
        let dataset = Dataset::new(options);
        let mut imported = empty(&dataset);
        let report = imported.import(&captured(&dataset), &import_options()).expect("a capture");
        assert_clean(&report, 1_000, &options);
        assert_equal(&imported, &dataset.store(), &options);
    }
}

#[test]
fn twenty_thousand_records_are_read_back() {
    let plain = Options { count: 20_000, ..Options::default() };
    for options in [plain, Options { shuffled_times: true, ..plain }] {
        let dataset = Dataset::new(options);
        let mut imported = empty(&dataset);
        let report = imported.import(&captured(&dataset), &import_options()).expect("a capture");
        assert_clean(&report, 20_000, &options);
        assert_equal(&imported, &dataset.store(), &options);
    }
}

#[test]
fn results_agree_with_the_records() {
    for options in variants(200) {
        let dataset = Dataset::new(options);
        let (records, runs) = (captured(&dataset), results(&dataset));
        let mut imported = empty(&dataset);
        let files: [(&str, &[u8]); 2] = [("records", &records), ("runs", &runs)];
        let report = imported.import_files(&files, &import_options()).expect("captures");
        assert_clean(&report, 200, &options);
        assert_equal(&imported, &dataset.store(), &options);
        let written: usize =
            std::str::from_utf8(&runs).expect("text").matches("\"InvokeId\"").count();
        let expected: usize = dataset.map(|record| record.instances.len()).sum();
        assert_eq!(written, expected);
    }
}

#[test]
fn a_page_has_fifty_rows_and_its_numbers() {
    let dataset = Dataset::of(120);
    let pages = |captured: Vec<u8>, list: &str| -> Vec<(serde_json::Value, usize)> {
        let text = String::from_utf8(captured).expect("text");
        let pages = text.lines().map(|line| serde_json::from_str(line).expect("an object"));
        let rows = |page: &serde_json::Value| {
            page.pointer(list).and_then(|list| list.as_array()).map_or(0, Vec::len)
        };
        pages
            .map(|page| {
                let rows = rows(&page);
                (page, rows)
            })
            .collect()
    };
    let records = pages(captured(&dataset), "/Invocations/Invocation");
    assert_eq!(records.iter().map(|(_, rows)| *rows).collect::<Vec<_>>(), [50, 50, 20]);
    for (at, (page, _)) in records.iter().enumerate() {
        assert_eq!((&page["PageNumber"], &page["TotalCount"]), (&(at + 1).into(), &120.into()));
    }
    let runs = pages(results(&dataset), "/Invocation/InvocationResults/InvocationResult");
    let (last, full) = runs.split_last().expect("there are runs");
    assert!(full.iter().all(|(_, rows)| *rows == 50) && (1..=50).contains(&last.1));
    assert_ne!(runs[0].0["RequestId"], runs[1].0["RequestId"]);
}

#[test]
fn a_full_writer_is_reported() {
    let mut room = [0; 1_000];
    let written = Dataset::of(10).write_captured(&mut room[..]);
    assert!(written.is_err());
    assert!(Dataset::of(10).write_captured_results(&mut room[..]).is_err());
}
