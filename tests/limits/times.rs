//! Times at the ends of their range: parsed, formatted, stored, compared and subtracted from.

use chrono::{DateTime, TimeDelta, Utc};
use invodex::{
    Clock, Config, DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation,
    InvocationStatus, ManualClock, RunUpdate, Store, Timestamp,
};

use super::{Model, ModelConfig};

const FIRST: &str = "1970-01-01T00:00:01Z";
const LAST: &str = "2106-02-07T06:28:15Z";

/// Valid times as text, with their seconds.
const TIMES: &[(&str, u32)] = &[
    (FIRST, 1),
    ("1970-01-01T00:00:02Z", 2),
    ("1970-01-01T23:59:59Z", 86_399),
    ("1970-01-02T00:00:00Z", 86_400),
    ("1999-12-31T23:59:59Z", 946_684_799),
    ("2000-02-29T00:00:00Z", 951_782_400),
    ("2024-02-29T12:00:00Z", 1_709_208_000),
    ("2038-01-19T03:14:07Z", 2_147_483_647),
    ("2038-01-19T03:14:08Z", 2_147_483_648),
    ("2100-02-28T23:59:59Z", 4_107_542_399),
    ("2106-02-07T06:28:14Z", u32::MAX - 1),
    (LAST, u32::MAX),
];

/// Invalid times as text: out of range, on a day that does not exist, or in another form.
const OTHERS: &[&str] = &[
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "2106-02-07T06:28:16Z",
    "2106-02-08T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2023-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "2024-01-32T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T23:60:00Z",
    "2024-01-01T23:59:60Z",
    "2016-12-31T23:59:60Z",
    "2024-01-01",
    "2024-01-01T00:00Z",
    "2024-01-01T00:00:00",
    "2024-01-01T00:00:00z",
    "2024-01-01t00:00:00Z",
    "2024-01-01 00:00:00Z",
    "2024-01-01T00:00:00.0Z",
    "2024-01-01T00:00:00.000Z",
    "2024-01-01T00:00:00+00:00",
    "2024-01-01T08:00:00+08:00",
    "20240101T000000Z",
    "2024-1-1T0:0:0Z",
    "+2024-01-01T00:00:0Z",
    "-024-01-01T00:00:00Z",
    "12024-01-01T00:00:00Z",
    "2024-01-01T00:00:00Z ",
    " 2024-01-01T00:00:00Z",
    "2024-01-01T00:00:00Z\0",
    "2024-01-01T00:00: 1Z",
    "2024-01-01T00:00:+1Z",
    "2024-01-01T00:00:-1Z",
    "\u{ff12}024-01-01T00:00:00Z",
    "2024\u{2010}01\u{2010}01T00:00:00Z",
    "1700000000",
    "0",
    "-1",
    "now",
    "null",
    "\0",
];

fn time(secs: u32) -> Timestamp {
    Timestamp::from_secs(i64::from(secs)).expect("in range")
}

#[test]
fn every_form_of_a_time() {
    for &(text, secs) in TIMES {
        let read: Timestamp = text.parse().expect(text);
        assert_eq!((read.as_secs(), read.to_string()), (secs, text.to_owned()));
        assert_eq!(Timestamp::from_secs(i64::from(secs)), Some(read));
    }
    let long = ["2".repeat(1 << 20), FIRST.repeat(1 << 12), String::new()];
    for text in OTHERS.iter().copied().chain(long.iter().map(String::as_str)) {
        let what: String = text.chars().take(40).collect();
        let error = text.parse::<Timestamp>().expect_err(&what);
        assert_eq!((error.code(), error.status()), ("InvalidTime", 400), "{what}");
        let message = error.to_string();
        let given: String = format!("{what:?}").trim_end_matches('"').to_owned();
        assert!(message.contains(&given), "{message} does not name {given}");
        assert!(message.contains(FIRST) && message.contains(LAST) && message.len() < 600);
    }
    // Each character of the form is replaced by each other one.
    let text = "2024-02-29T12:34:56Z";
    let mut refused = 0;
    for at in 0..text.len() {
        for other in 0..=127_u8 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = other;
            let changed = String::from_utf8(bytes).expect("ASCII");
            match changed.parse::<Timestamp>() {
                Ok(time) => assert_eq!(time.to_string(), changed),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 20 * 118, "{refused}");
    for at in 0..text.len() {
        assert!(text[..at].parse::<Timestamp>().is_err());
        assert!(text[at + 1..].parse::<Timestamp>().is_err());
    }
}

#[test]
fn numbers_of_seconds() {
    for secs in [i64::MIN, -1, 0, i64::from(u32::MAX) + 1, 1 << 33, i64::MAX] {
        assert_eq!(Timestamp::from_secs(secs), None, "{secs}");
        let nearest = if secs < 1 { Timestamp::MIN } else { Timestamp::MAX };
        assert_eq!(Timestamp::saturating_from_secs(secs), nearest, "{secs}");
    }
    for base in [1, 2, 1_700_000_000, u32::MAX - 1, u32::MAX].map(time) {
        for by in [i64::MIN, -(1 << 33), -4_294_967_295, -4_294_967_294, -2, -1, 0, 1, 2]
            .into_iter()
            .chain([4_294_967_294, 4_294_967_295, 1 << 33, i64::MAX])
        {
            let exact = i128::from(base.as_secs()) + i128::from(by);
            let expected = exact.clamp(1, i128::from(u32::MAX)) as u32;
            assert_eq!(base.saturating_add_secs(by).as_secs(), expected, "{base} {by}");
        }
    }
    let clock = ManualClock::new(Timestamp::MIN);
    for (by, expected) in [(0, 1), (1, 2), (u32::MAX - 3, u32::MAX - 1), (1, u32::MAX)] {
        clock.advance(by);
        assert_eq!(clock.now().as_secs(), expected);
    }
    clock.advance(1);
    clock.advance(u32::MAX);
    assert_eq!(clock.now(), Timestamp::MAX);
    assert_eq!(size_of::<Option<Timestamp>>(), 4, "an unset time takes the bytes of a set one");
}

fn record(id: &str, created: Option<Timestamp>) -> Invocation {
    let mut record = Invocation::new("cn-a", id, "c-1");
    record.creation_time = created;
    record.instances.push(InstanceRun::new("i-1"));
    record
}

/// Every time at an end of the range, in every field of a record, is stored and answered as given.
#[test]
fn records_of_every_time() {
    let config = Config { retention_seconds: None, ..Config::default() };
    let mut store = Store::new(config, Timestamp::MAX);
    for (at, &(text, secs)) in TIMES.iter().enumerate() {
        let time = Some(time(secs));
        let id = format!("t-{at:02}");
        let mut record = record(&id, time);
        let run = &mut record.instances[0];
        (run.creation_time, run.update_time) = (time, time);
        (run.start_time, run.finish_time, run.stop_time) = (time, time, time);
        assert!(store.accept(&record).expect("no fault").retained);
        let view = store.get(&id).expect("it is there");
        let row = serde_json::to_value(view).expect("a view is a plain value");
        assert_eq!(row["CreationTime"], text);
        let run = &row["InvokeInstances"]["InvokeInstance"][0];
        for name in ["CreationTime", "UpdateTime", "StartTime", "FinishTime", "StopTime"] {
            assert_eq!(run[name], text, "{name}");
        }
        assert_eq!(view.to_invocation(), record);
    }
    let order: Vec<String> = store.iter().map(|view| view.invoke_id().to_owned()).collect();
    let expected: Vec<String> = (0..TIMES.len()).rev().map(|at| format!("t-{at:02}")).collect();
    assert_eq!(order, expected);
    // A walk covers the whole range.
    let mut walked = Vec::new();
    let mut token = String::new();
    loop {
        let request = DescribeInvocations::new("cn-a").max_results(1).next_token(token);
        let page = store.describe_invocations(&request).expect("no fault");
        walked.extend(page.invocations().map(|row| row.invoke_id().to_owned()));
        let Some(next) = page.next_token() else { break };
        token = next.to_string();
    }
    assert_eq!(walked, expected);
    let mut archive = Vec::new();
    store.save(&mut archive).expect("memory takes every write");
    let restored = Store::restore(store.config().clone(), Timestamp::MIN, &archive[..]);
    let restored = restored.expect("it was just saved").store;
    let same = store.iter().zip(restored.iter());
    same.for_each(|(one, other)| assert_eq!(one.to_invocation(), other.to_invocation()));
    assert_eq!((restored.len(), restored.now()), (TIMES.len(), Timestamp::MAX));
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// A time in the year 1970 + `year`, which begins at `begin`, and its text. `turn` chooses the day
/// and the time of the day. The date is counted from the lengths of the months.
fn moment(begin: u32, year: u32, turn: u32) -> (Timestamp, String) {
    // The last year of the range has 38 days, the last of them in part.
    let days = if year == YEARS - 1 { 37 } else { 365 };
    let (mut day, second) = (turn * 37 % days, 1 + turn * 7_919 % 86_399);
    let secs = begin + day * 86_400 + second;
    let february = if is_leap(1970 + year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let (year, day) = (1970 + year, day + 1);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    (time(secs), format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// The number of years of the range, which ends early in 2106.
const YEARS: u32 = 137;

/// Each year is shown after each other one, in one body.
#[test]
fn every_year_after_every_other() {
    let mut begins = vec![0_u32];
    for year in 1970..1970 + YEARS - 1 {
        let days = if is_leap(year) { 366 } else { 365 };
        begins.push(begins[begins.len() - 1] + days * 86_400);
    }
    let config = Config { retention_seconds: None, ..Config::default() };
    let mut store = Store::new(config, Timestamp::MAX);
    let mut pairs = std::collections::HashSet::new();
    for distance in 0..YEARS {
        // The first year, the one at this distance, the second year, the one at this distance.
        let years: Vec<u32> =
            (0..YEARS).flat_map(|year| [year, (year + distance) % YEARS]).collect();
        let moments: Vec<_> =
            years.iter().zip(0..).map(|(&y, turn)| moment(begins[y as usize], y, turn)).collect();
        pairs.extend(years.windows(2).map(|pair| (pair[0], pair[1])));
        let id = format!("t-{distance}");
        let mut record = record(&id, Some(moments[0].0));
        record.instances.clear();
        for (number, moments) in moments.chunks(4).enumerate() {
            let mut run = InstanceRun::new(format!("i-{number}"));
            let at = |at: usize| moments.get(at).map(|&(time, _)| time);
            (run.creation_time, run.update_time) = (at(0), at(1));
            (run.finish_time, run.start_time) = (at(2), at(3));
            record.instances.push(run);
        }
        assert!(store.accept(&record).expect("no fault").retained);
        let request = DescribeInvocations::new("cn-a").invoke_id(&*id).include_output(true);
        let mut body = Vec::new();
        store.describe_invocations(&request).expect("no fault").write_json("id", &mut body);
        let body: serde_json::Value = serde_json::from_slice(&body).expect("it is JSON");
        let row = &body["Invocations"]["Invocation"][0];
        assert_eq!(row["CreationTime"], moments[0].1);
        let runs = row["InvokeInstances"]["InvokeInstance"].as_array().expect("a list");
        assert_eq!(runs.len(), moments.len().div_ceil(4));
        for (run, moments) in runs.iter().zip(moments.chunks(4)) {
            // In the order in which a body shows them.
            let names = ["CreationTime", "UpdateTime", "FinishTime", "StartTime"];
            for (at, name) in names.into_iter().enumerate() {
                let expected = moments.get(at).map_or("", |(_, text)| text);
                assert_eq!(run[name], expected, "{id}: {name}");
            }
        }
    }
    assert_eq!(pairs.len() as u32, YEARS * YEARS, "a year has not been shown after another");
}

#[test]
fn updates_of_every_time() {
    use InvocationStatus as S;
    let moves: [(S, S, &[&str]); 5] = [
        (S::Pending, S::Running, &["StartTime"]),
        (S::Running, S::Success, &["FinishedTime"]),
        (S::Running, S::Stopping, &["StopTime"]),
        (S::Running, S::Terminated, &["FinishedTime", "StopTime"]),
        (S::Scheduled, S::Cancelled, &["StopTime"]),
    ];
    for &(text, secs) in TIMES {
        for (from, to, sets) in moves {
            let mut store = Store::new(Config::default(), time(1_700_000_000));
            let mut record = record("t-1", None);
            record.instances[0].invocation_status = from;
            assert!(store.accept(&record).expect("no fault").retained);
            let update = RunUpdate {
                invocation_status: Some(to),
                time: Some(time(secs)),
                ..RunUpdate::default()
            };
            store.update_run("t-1", "i-1", &update).expect("it can move");
            let request = DescribeInvocationResults::new("cn-a");
            let page = store.describe_invocation_results(&request).expect("no fault");
            let page = serde_json::to_value(&page).expect("a page is a plain value");
            let row = &page["Invocation"]["InvocationResults"]["InvocationResult"][0];
            for name in ["StartTime", "FinishedTime", "StopTime"] {
                let expected = if sets.contains(&name) { text } else { "" };
                assert_eq!(row[name], expected, "{from} to {to} at {text}: {name}");
            }
            // The time in an update does not move the store's time.
            assert_eq!(store.now(), time(1_700_000_000));
        }
    }
}

/// Every clock, retention and CreationTime at an end of its range, against the model: the retained
/// records, and the records after the clock has moved forward or back.
#[test]
fn retention_at_the_ends_of_the_range() {
    let times = [1, 2, 3, 60, 61, 1_700_000_000, u32::MAX - 61, u32::MAX - 1, u32::MAX];
    let retentions =
        [None, Some(0), Some(1), Some(2), Some(60), Some(u32::MAX - 1), Some(u32::MAX)];
    let (mut kept, mut gone, mut tried) = (0, 0, 0);
    for retention in retentions {
        for now in times {
            for later in times {
                let clock = ManualClock::new(time(now));
                let config = Config { retention_seconds: retention, ..Config::default() };
                let mut store = Store::new(config, clock.clone());
                let config = ModelConfig { retention_secs: retention, ..ModelConfig::default() };
                let mut model = Model::new(config, time(now));
                for (at, created) in
                    times.iter().map(|&secs| Some(time(secs))).chain([None]).enumerate()
                {
                    let record = record(&format!("t-{at}"), created);
                    let is = store.accept(&record).map(|accepted| accepted.retained);
                    let must = model.accept(&record);
                    assert_eq!(is.ok(), must.ok(), "{retention:?} {now} {created:?}");
                    tried += 1;
                }
                clock.set(time(later));
                model.set_clock(time(later));
                let is: Vec<String> =
                    store.iter().map(|view| view.invoke_id().to_owned()).collect();
                assert_eq!(is, model.list(), "{retention:?} {now} then {later}");
                assert_eq!(store.len(), is.len());
                assert_eq!(store.now(), time(now.max(later)), "it never goes back");
                let page = store.describe_invocations(&DescribeInvocations::new("cn-a"));
                assert_eq!(page.expect("no fault").total_count(), Some(is.len() as u64));
                store.internal_validate().expect("it is sound");
                kept += is.len();
                gone += 10 - is.len();
            }
        }
    }
    println!("{tried} records at the ends of the range, {kept} kept, {gone} gone");
    assert_eq!(tried, 7 * 9 * 9 * 10);
    assert!(kept > 1_000 && gone > 1_000);
}

#[cfg(feature = "json")]
#[test]
fn captured_times() {
    use invodex::ImportOptions;

    let import = |field: &str, text: &str| {
        let run_field = field.strip_prefix("run ");
        let mut run = serde_json::json!({ "InstanceId": "i-1", "InvocationStatus": "Pending" });
        let mut record = serde_json::json!({ "InvokeId": "t-1", "CommandId": "c-1" });
        let place = if run_field.is_some() { &mut run } else { &mut record };
        place[run_field.unwrap_or(field)] = text.into();
        record["CommandType"] = "RunShellScript".into();
        record["InvokeInstances"] = serde_json::json!({ "InvokeInstance": [run] });
        let capture = serde_json::json!({ "Invocations": { "Invocation": [record] } });
        let config = Config { retention_seconds: None, ..Config::default() };
        let mut store = Store::new(config, time(1_700_000_000));
        let report = store
            .import(capture.to_string().as_bytes(), &ImportOptions::new("cn-a"))
            .expect("it is a capture");
        (store, report)
    };
    let fields = [
        "CreationTime",
        "run CreationTime",
        "run UpdateTime",
        "run StartTime",
        "run FinishTime",
        "run StopTime",
    ];
    for field in fields {
        for &(text, _) in TIMES {
            let (store, report) = import(field, text);
            assert_eq!((report.loaded, report.refusals.len()), (1, 0), "{field} {text}");
            let view = serde_json::to_value(store.get("t-1")).expect("a plain value");
            let kept = match field.strip_prefix("run ") {
                Some(name) => &view["InvokeInstances"]["InvokeInstance"][0][name],
                None => &view[field],
            };
            assert_eq!(kept, text, "{field}");
        }
        for text in OTHERS {
            let (store, report) = import(field, text);
            assert!(store.is_empty(), "{field} {text}");
            assert_eq!((report.loaded, report.refusals.len()), (0, 1), "{field} {text}");
            let error = &report.refusals[0].error;
            assert_eq!(error.parameter(), Some(field.trim_start_matches("run ")), "{text}");
            let named = error.detail().contains(&format!("{text:?}"));
            assert!(named && error.detail().contains(LAST), "{error}");
        }
        // Unset times are "".
        let (_, report) = import(field, "");
        assert_eq!((report.loaded, report.refusals.len()), (1, 0), "{field}");
    }
}

#[test]
fn converts_to_chrono_and_back() {
    let time: Timestamp = "2024-02-29T23:59:59Z".parse().expect("a time");
    let date = DateTime::<Utc>::from(time);
    assert_eq!(date.to_rfc3339(), "2024-02-29T23:59:59+00:00");
    assert_eq!(Timestamp::try_from(date + TimeDelta::milliseconds(999)), Ok(time));
    assert!(Timestamp::try_from(DateTime::<Utc>::UNIX_EPOCH).is_err());
    assert_eq!(format!("{time:?} {time:>21}"), "2024-02-29T23:59:59Z  2024-02-29T23:59:59Z");
}
