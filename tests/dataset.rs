//! The generator of data sets: its marginals, its variants, and the matches of its requests.

use invodex_testkit::dataset;

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::OnceLock;

use invodex::{CommandType, InstanceRun, Invocation, InvocationStatus, OverallStatus, RepeatMode};
use invodex_testkit::dataset::requests::{Class, adversarial, classes};
use invodex_testkit::dataset::{Dataset, Options, STATUSES};
use invodex_testkit::model::Overall;

const COUNT: usize = 20_000;

fn options() -> Options {
    Options { count: COUNT, ..Options::default() }
}

/// The data set with the default options but its size, generated once.
fn records() -> &'static [Invocation] {
    static RECORDS: OnceLock<Vec<Invocation>> = OnceLock::new();
    RECORDS.get_or_init(|| Dataset::new(options()).collect())
}

/// The overall status.
fn overall(record: &Invocation) -> OverallStatus {
    OverallStatus::from_name(Overall::of(record).status).expect("the model has the same names")
}

/// Whether a record matches the pairs of a class, filter by filter.
fn matches(record: &Invocation, pairs: &[(String, String)]) -> bool {
    let value = |name: &str| {
        let last = pairs.iter().rev().find(|(parameter, _)| parameter == name);
        last.map(|(_, value)| value.as_str())
    };
    let by_instance = value("InstanceId").is_some();
    let timed = value("Timed").map(|timed| timed.eq_ignore_ascii_case("true"));
    if (timed.is_some() || value("InvokeId").is_none() && !by_instance)
        && Overall::of(record).timed != timed.unwrap_or(false)
    {
        return false;
    }
    pairs.iter().all(|(parameter, value_here)| match parameter.as_str() {
        "RegionId" => record.region_id == *value_here,
        "ResourceGroupId" => record.resource_group_id == *value_here,
        "InvokeId" => record.invoke_id == *value_here,
        "CommandId" => record.command_id == *value_here,
        "CommandName" => by_instance || record.command_name == *value_here,
        "CommandType" => record.command_type.as_str() == value_here,
        "RepeatMode" => by_instance || record.repeat_mode.as_str() == value_here,
        "InvokeStatus" => {
            by_instance && value_here == "PartialFailed" || Overall::of(record).is(value_here)
        }
        "InstanceId" => record.instances.iter().any(|run| run.instance_id == *value_here),
        "Timed" => true,
        tag => {
            let (number, part) = tag["Tag.".len()..].split_once('.').expect("a tag parameter");
            let value = value(&format!("Tag.{number}.Value"));
            part == "Value"
                || record.tags.iter().any(|tag| {
                    tag.key == *value_here && value.is_none_or(|value| tag.value == value)
                })
        }
    })
}

fn count<'a, K: Eq + Hash>(
    records: &'a [Invocation],
    keys: impl Fn(&'a Invocation) -> Vec<K>,
) -> HashMap<K, usize> {
    let mut counts = HashMap::new();
    for key in records.iter().flat_map(keys) {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// Holds the share of each value to its percentage, within five standard deviations.
fn assert_shares<K: Eq + Hash + std::fmt::Debug>(
    counts: &HashMap<K, usize>,
    expected: &[(K, f64)],
) {
    let total = counts.values().sum::<usize>() as f64;
    for (value, percent) in expected {
        let share = percent / 100.0;
        let found = counts.get(value).copied().unwrap_or(0) as f64;
        let tolerance = 5.0 * (total * share * (1.0 - share)).sqrt();
        assert!(
            (found - total * share).abs() <= tolerance,
            "{value:?}: {found} of {total}, not {percent} %"
        );
    }
    assert_eq!(counts.len(), expected.len(), "other values: {counts:?}");
}

fn expected_statuses() -> [(OverallStatus, f64); 8] {
    STATUSES.map(|(status, permille)| (status, permille as f64 / 10.0))
}

#[test]
fn statuses_types_modes_groups_and_regions_have_their_shares() {
    let records = records();
    assert_shares(&count(records, |record| vec![overall(record)]), &expected_statuses());
    assert_shares(
        &count(records, |record| vec![record.command_type]),
        &[
            (CommandType::RunShellScript, 85.0),
            (CommandType::RunBatScript, 5.0),
            (CommandType::RunPowerShellScript, 10.0),
        ],
    );
    assert_shares(
        &count(records, |record| vec![record.repeat_mode]),
        &[
            (RepeatMode::Once, 88.0),
            (RepeatMode::Period, 9.0),
            (RepeatMode::NextRebootOnly, 1.0),
            (RepeatMode::EveryReboot, 2.0),
        ],
    );
    assert_shares(
        &count(records, |record| vec![record.region_id.as_str()]),
        &[("cn-hangzhou", 90.0), ("cn-shanghai", 8.0), ("cn-beijing", 2.0)],
    );
    assert_eq!(count(records, |record| vec![record.resource_group_id.as_str()]).len(), 5);
    for record in records {
        let once = record.repeat_mode == RepeatMode::Once;
        assert!(!once || overall(record) != OverallStatus::Scheduled, "{record:?}");
    }
}

#[test]
fn runs_and_instances_are_as_many_as_said() {
    let of_mean = |mean_runs| {
        let records: Vec<_> = Dataset::new(Options { mean_runs, ..options() }).collect();
        assert!(records.iter().all(|record| (1..=20).contains(&record.instances.len())));
        let runs: usize = records.iter().map(|record| record.instances.len()).sum();
        let single = records.iter().filter(|record| record.instances.len() == 1).count();
        (runs as f64 / COUNT as f64, single as f64 / COUNT as f64)
    };
    let (mean, single) = of_mean(3);
    assert!((2.9..3.1).contains(&mean) && (0.58..0.62).contains(&single), "{mean} {single}");
    let (mean, single) = of_mean(10);
    assert!((9.8..10.2).contains(&mean) && (0.09..0.11).contains(&single), "{mean} {single}");

    let runs = |record: &'static Invocation| {
        record.instances.iter().map(|run| run.instance_id.as_str()).collect()
    };
    let instances = count(records(), runs);
    let total = instances.values().sum::<usize>() as f64;
    assert!((4_500..=5_000).contains(&instances.len()), "{}", instances.len());
    // The sum of 1/n^0.8 for n up to 5,000 is 23.0; no record draws an instance twice.
    let most = instances.values().max().map_or(0.0, |&most| most as f64 / total);
    assert!((0.035..0.0435).contains(&most), "{most}");
}

#[test]
fn tags_and_commands_are_as_many_as_said() {
    let records = records();
    let tags: usize = records.iter().map(|record| record.tags.len()).sum();
    let mean = tags as f64 / COUNT as f64;
    assert!((2.35..2.45).contains(&mean), "{mean}");
    assert!(records.iter().all(|record| record.tags.len() <= 5));
    let tags = |record: &'static Invocation| {
        record.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
    };
    let pairs = count(records, tags);
    let keys: HashSet<_> = pairs.keys().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 40);
    assert!((1_700..=2_000).contains(&pairs.len()), "{}", pairs.len());

    let of = |record: &'static Invocation| {
        vec![(&record.command_id, &record.command_name, &record.command_content)]
    };
    let commands = count(records, of);
    assert_eq!(commands.len(), 300);
    assert!(commands.keys().all(|(.., content)| content.len() == 200));
}

#[test]
fn every_variant_is_within_the_limits_and_every_time_makes_sense() {
    let variants = [
        Options { ..options() },
        Options { statuses_clustered: true, shuffled_times: true, mean_runs: 10, ..options() },
        Options { unique_content: true, outputs: Some(300), adversarial_lists: true, ..options() },
    ];
    for options in variants {
        let mut ids = HashSet::new();
        for record in Dataset::new(Options { count: 5_000, ..options }) {
            assert!(ids.insert(record.invoke_id.clone()), "{}", record.invoke_id);
            assert!(record.invoke_id.starts_with("t-") && record.invoke_id.len() == 16);
            assert!(record.command_name.chars().count() <= 128);
            assert!(record.command_content.len() <= 24_576);
            assert!(record.timeout.is_some_and(|timeout| (1..=86_400).contains(&timeout)));
            assert!((1..=100).contains(&record.instances.len()));
            let instances: HashSet<_> =
                record.instances.iter().map(|run| &run.instance_id).collect();
            assert_eq!(instances.len(), record.instances.len());
            assert!(record.tags.len() <= 20);
            let keys: HashSet<_> = record.tags.iter().map(|tag| &tag.key).collect();
            assert_eq!(keys.len(), record.tags.len());
            for run in &record.instances {
                assert_run(&record, run, &options);
            }
        }
    }
}

fn assert_run(record: &Invocation, run: &InstanceRun, options: &Options) {
    use InvocationStatus as S;
    let times = [
        record.creation_time,
        run.creation_time,
        run.start_time,
        run.stop_time,
        run.finish_time,
        Some(options.now),
    ];
    assert!(times.iter().flatten().is_sorted(), "{record:?}");
    let last = [run.creation_time, run.start_time, run.stop_time, run.finish_time];
    assert_eq!(run.update_time, last.into_iter().flatten().max(), "{run:?}");

    let status = run.invocation_status;
    let failure = matches!(status, S::Failed | S::Invalid | S::Aborted | S::Error | S::Timeout);
    assert_eq!(!run.error_code.is_empty(), failure, "{run:?}");
    assert_eq!(run.error_code.is_empty(), run.error_info.is_empty(), "{run:?}");
    let started = run.start_time.is_some();
    assert_eq!(run.repeats > 0, started, "{run:?}");
    match status {
        S::Pending | S::Cancelled | S::Aborted | S::Invalid => assert!(!started, "{run:?}"),
        S::Scheduled => {}
        _ => assert!(started, "{run:?}"),
    }
    assert_eq!(
        run.stop_time.is_some(),
        matches!(status, S::Stopping | S::Cancelled | S::Terminated),
        "{run:?}"
    );
    assert_eq!(status == S::Success, run.exit_code == Some(0) && status != S::Scheduled);
    assert_eq!(status == S::Failed, run.exit_code.is_some_and(|code| code != 0), "{run:?}");
    let output = if started { options.outputs.unwrap_or(0) } else { 0 };
    assert_eq!(run.output.len(), output);
}

#[test]
fn creation_times_increase_with_many_ties() {
    let times: Vec<_> = records().iter().map(|record| record.creation_time).collect();
    assert!(times.is_sorted());
    let ties = times.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!((COUNT / 3..COUNT / 2).contains(&ties), "{ties}");
    let secs = |at: usize| times[at].map_or(0, |time| i64::from(time.as_secs()));
    let now = i64::from(options().now.as_secs());
    assert!((0..600).contains(&(now - secs(COUNT - 1))));
    assert!((now - secs(0) - 20 * 86_400).abs() < 600);

    let shuffled: Vec<_> = Dataset::new(Options { shuffled_times: true, ..options() })
        .map(|record| record.creation_time)
        .collect();
    let up = shuffled.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!((COUNT * 48 / 100..COUNT * 52 / 100).contains(&up), "{up}");
    let mut sorted = shuffled;
    sorted.sort();
    assert_eq!(sorted, times);
}

#[test]
fn a_record_depends_on_the_options_and_its_number_only() {
    let records = records();
    let dataset = Dataset::new(options());
    assert_eq!(dataset.len(), COUNT);
    for k in (0..COUNT).rev().step_by(977) {
        assert_eq!(dataset.record(k), records[k]);
    }
    assert_eq!(dataset.clone().nth(1_234).as_ref(), Some(&records[1_234]));
    let other = Dataset::new(Options { seed: 2, ..options() });
    assert!(records.iter().zip(other.take(1_000)).all(|(a, b)| a.invoke_id != b.invoke_id));
    // Must be the same on every platform and in every later version, so that figures compare.
    let record = &records[COUNT - 1];
    let created = record.creation_time.map(|time| time.to_string());
    assert_eq!(record.invoke_id, "t-hz01fuf4ajn19o");
    assert_eq!(record.instances[0].instance_id, "i-bp1uff77552mpm8pchu");
    assert_eq!(created.as_deref(), Some("2025-05-31T23:59:41Z"));
}

#[test]
fn clustered_statuses_are_stretches_with_the_same_shares() {
    let clustered: Vec<_> =
        Dataset::new(Options { statuses_clustered: true, ..options() }).collect();
    let statuses: Vec<_> = clustered.iter().map(overall).collect();
    let changes = statuses.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!((30..40).contains(&changes), "{changes}");
    assert_shares(&count(&clustered, |record| vec![overall(record)]), &expected_statuses());
    assert_eq!(count(&clustered, |record| vec![record.repeat_mode]).len(), 4);
}

#[test]
fn unique_content_is_unique_to_each_record() {
    let options = Options { unique_content: true, ..options() };
    let records: Vec<_> = Dataset::new(options).take(5_000).collect();
    let distinct = |of: fn(&Invocation) -> &[u8]| {
        records.iter().map(of).collect::<HashSet<_>>().len() == records.len()
    };
    assert!(distinct(|record| &record.command_content));
    assert!(distinct(|record| record.parameters.as_bytes()));
    assert!(distinct(|record| record.command_name.as_bytes()));
    for (record, shared) in records.iter().zip(crate::records()) {
        assert_eq!(record.command_content.len(), 500);
        assert_eq!((&record.tags, &record.instances), (&shared.tags, &shared.instances));
    }
}

#[test]
fn adversarial_lists_are_one_record_in_their_period() {
    let options = Options { adversarial_lists: true, ..options() };
    let records: Vec<_> = Dataset::new(options).collect();
    let rows = |key: &str| -> Vec<usize> {
        let has = |at: &usize| records[*at].tags.iter().any(|tag| tag.key == key);
        (0..records.len()).filter(has).collect()
    };
    let (a, b, c) = (rows("adv-a"), rows("adv-b"), rows("adv-c"));
    assert_eq!(a, b);
    let share = COUNT / dataset::ADVERSARIAL_PERIOD;
    for rows in [&a, &c] {
        assert!((share..=share + 1).contains(&rows.len()), "{}", rows.len());
    }
    assert!(a.iter().all(|row| !c.contains(row)));
    assert_eq!((rows("even").len(), rows("odd").len()), (COUNT / 2, COUNT / 2));
    // The other tags are those of the data set without the option.
    let plain = &crate::records()[64];
    assert_eq!(records[64].tags[..plain.tags.len()], plain.tags);
}

#[test]
fn each_class_of_requests_finds_what_its_name_says() {
    let plain = options();
    let hard = Options { adversarial_lists: true, ..plain };
    let hard_records: Vec<_> = Dataset::new(hard).collect();
    let mut names = HashSet::new();
    let mut check = |classes: &[Class], records: &[Invocation]| {
        for Class { name, pairs } in classes {
            assert!(names.insert(*name), "{name} is used twice");
            let found = records.iter().filter(|record| matches(record, pairs)).count();
            assert_eq!(found == 0, name.starts_with("none-"), "{name}: {found}");
        }
    };
    check(&classes(&plain), records());
    check(&adversarial(&hard), &hard_records);
}
