//! Schedules, and the executions that a long time passes.

use invodex::Timestamp;
use invodex_schedule::{Executions, Schedule, Start, Zone};

const DAY: u32 = 24 * 60 * 60;

/// 2022-01-01, a Saturday.
const START: &str = "2022-01-01T00:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn parse(frequency: &str) -> Result<Schedule, String> {
    Schedule::parse(frequency, time(START), Zone::UTC)
}

/// The first runs after `START`.
fn runs(frequency: &str) -> Vec<String> {
    let schedule = parse(frequency).unwrap_or_else(|error| panic!("{frequency}: {error}"));
    let mut at = time(START);
    let next = || {
        at = schedule.next_after(at)?;
        Some(at.to_string())
    };
    std::iter::from_fn(next).take(3).collect()
}

#[test]
fn the_documented_examples_run_when_they_say() {
    let table: [(&str, &[&str]); 30] = [
        ("rate(5m)", &["2022-01-01T00:05:00Z", "2022-01-01T00:10:00Z", "2022-01-01T00:15:00Z"]),
        ("rate(7d)", &["2022-01-08T00:00:00Z", "2022-01-15T00:00:00Z", "2022-01-22T00:00:00Z"]),
        ("at(2022-06-06 13:15:30)", &["2022-06-06T13:15:30Z"]),
        ("at(2022-06-06 13:15:30 Asia/Shanghai)", &["2022-06-06T05:15:30Z"]),
        ("at(2022-06-06 13:15:30 GMT-7:00)", &["2022-06-06T20:15:30Z"]),
        ("0 15 10 ? * *", &["2022-01-01T10:15:00Z", "2022-01-02T10:15:00Z"]),
        ("0 15 10 ? * * 2022 Asia/Shanghai", &["2022-01-01T02:15:00Z", "2022-01-02T02:15:00Z"]),
        (
            "0 0/30 10-11 * * ? 2022 GMT+8:00",
            &["2022-01-01T02:00:00Z", "2022-01-01T02:30:00Z", "2022-01-01T03:00:00Z"],
        ),
        ("0 55/5 14 * 10 ? 2022/2 UTC", &["2022-10-01T14:55:00Z", "2022-10-02T14:55:00Z"]),
        ("0 0 12 1 1 ? 2023/2", &["2023-01-01T12:00:00Z", "2025-01-01T12:00:00Z"]),
        ("0 0 12 1 1 ? */2", &["2022-01-01T12:00:00Z", "2024-01-01T12:00:00Z"]),
        ("0 0 10,14,16 * * ?", &["2022-01-01T10:00:00Z", "2022-01-01T14:00:00Z"]),
        ("0 0-5 14 * * ?", &["2022-01-01T14:00:00Z", "2022-01-01T14:01:00Z"]),
        ("0 0 12 ? * WED", &["2022-01-05T12:00:00Z", "2022-01-12T12:00:00Z"]),
        ("0 0 12 ? * 3", &["2022-01-05T12:00:00Z", "2022-01-12T12:00:00Z"]),
        ("0 0 12 ? * 1,SUN", &["2022-01-02T12:00:00Z", "2022-01-03T12:00:00Z"]),
        ("0 0 12 ? * mon-fri", &["2022-01-03T12:00:00Z", "2022-01-04T12:00:00Z"]),
        ("0 0 12 ? * 6-7", &["2022-01-01T12:00:00Z", "2022-01-02T12:00:00Z"]),
        ("0 0 12 ? * L", &["2022-01-02T12:00:00Z", "2022-01-09T12:00:00Z"]),
        ("0 15 10 15 * ?", &["2022-01-15T10:15:00Z", "2022-02-15T10:15:00Z"]),
        ("0 15 10 L * ?", &["2022-01-31T10:15:00Z", "2022-02-28T10:15:00Z"]),
        ("0 15 10 LW * ?", &["2022-01-31T10:15:00Z", "2022-02-28T10:15:00Z"]),
        ("0 15 10 1W * ?", &["2022-01-03T10:15:00Z", "2022-02-01T10:15:00Z"]),
        ("0 15 10 ? * 5L", &["2022-01-28T10:15:00Z", "2022-02-25T10:15:00Z"]),
        ("0 15 10 ? * 7L", &["2022-01-30T10:15:00Z", "2022-02-27T10:15:00Z"]),
        ("0 15 10 ? * FRI#3", &["2022-01-21T10:15:00Z", "2022-02-18T10:15:00Z"]),
        ("0 10,44 14 ? MAR WED", &["2022-03-02T14:10:00Z", "2022-03-02T14:44:00Z"]),
        ("0 15 08 ? * * 2022", &["2022-01-01T08:15:00Z"]),
        // Both days count.
        (
            "0 0 12 15 * MON",
            &["2022-01-03T12:00:00Z", "2022-01-10T12:00:00Z", "2022-01-15T12:00:00Z"],
        ),
        // A zone with summer time: noon moves.
        ("0 0 12 L 3,4 ? 2022 Europe/Berlin", &["2022-03-31T10:00:00Z", "2022-04-30T10:00:00Z"]),
    ];
    for (frequency, expected) in table {
        let found = runs(frequency);
        assert!(
            found.iter().map(|at| &**at).zip(expected).all(|(is, at)| is == *at),
            "{frequency}: {found:?}"
        );
        assert!(found.len() >= expected.len(), "{frequency}: {found:?}");
    }
    assert_eq!(runs("at(2022-01-01 00:00:00)"), [""; 0]);
    assert_eq!(runs("0 0 0 30 2 ?"), [""; 0]);
    assert_eq!(runs("0 0 0 1 1 ? 2022"), [""; 0]);
}

#[test]
fn the_interval_of_a_rate_counts_from_its_start() {
    let schedule = parse("rate(5m)").unwrap();
    let next = |from: &str| schedule.next_after(time(from)).unwrap().to_string();
    assert_eq!(next("2021-12-31T00:00:00Z"), "2022-01-01T00:05:00Z");
    assert_eq!(next("2022-01-01T00:04:59Z"), "2022-01-01T00:05:00Z");
    assert_eq!(next("2022-01-01T00:05:00Z"), "2022-01-01T00:10:00Z");
    assert_eq!(next("2023-01-01T00:07:00Z"), "2023-01-01T00:10:00Z");
}

#[test]
fn bad_schedules_are_refused() {
    for bad in [
        "",
        "often",
        "rate()",
        "rate(5)",
        "rate(5w)",
        "rate(m)",
        "rate(59s)",
        "rate(8d)",
        "rate(-5m)",
        "rate(5m",
        "rate (5m)",
        "rate(5 m)",
        "rate(99999999999d)",
        "rate(\u{e9})",
        "at()",
        "at(2030-01-01)",
        "at(2030-1-1 0:0:0)",
        "at(2030-02-30 00:00:00)",
        "at(2030-01-01 00:00:00 Mars/Base)",
        "at(2030-01-01 24:00:00)",
        "at(2030-01-01 00:00:00Z)",
        "at(2030-01-01 00:00:00  UTC)",
        // The hour that Berlin leaves out.
        "at(2030-03-31 02:30:00 Europe/Berlin)",
        "* * * * *",
        "0 0 0 ? * * 2030 UTC UTC",
        "0 0 0 ? * * UTC 2030",
        "60 * * * * ?",
        "0 60 * * * ?",
        "0 0 24 * * ?",
        "0 0 0 32 * ?",
        "0 0 0 0 * ?",
        "0 0 0 ? 13 *",
        "0 0 0 ? 0 *",
        "0 0 0 ? * 0",
        "0 0 0 ? * 8",
        "0 0 0 ? * 1#6",
        "0 0 0 ? * 1#0",
        "0 0 0 ? * * 2100",
        "0 0 0 ? * * 1969",
        "0 15 008 ? * *",
        "0 0 0 ? * XYZ",
        "0 0 0 ? XYZ *",
        "? 0 0 ? * *",
        "0 ? 0 ? * *",
        "0 0 ? ? * *",
        "0 0 0 ? ? *",
        "0 0 0 ? * * ?",
        "0 L * * * ?",
        "0 0 0 1L * ?",
        "0 0 0 W * ?",
        "0 0 0 ? * 1W",
        "0 0 0 1#2 * ?",
        "0 0 0 ?,1 * ?",
        "0 5-1 0 * * ?",
        "0 0/0 0 * * ?",
        "0 /5 0 * * ?",
        "0 1,,2 0 * * ?",
        "0 -1 0 * * ?",
        "0 +1 0 * * ?",
        "0 1-2-3 0 * * ?",
        "0 1/2/3 0 * * ?",
        "0 0 0 ? * @daily",
        "@daily",
        "0 0 0 ? * +1",
    ] {
        assert!(parse(bad).is_err(), "{bad:?}: {:?}", parse(bad));
    }
    for zone in [
        "utc",
        "CST",
        "Shanghai",
        "Asia/Nowhere",
        "GMT+08:00",
        "GMT+8",
        "GMT8:00",
        "GMT+8:0",
        "GMT+15:00",
        "GMT+8:60",
        "GMT+",
        "GMT+\u{e9}:00",
        "+8:00",
    ] {
        let error = zone.parse::<Zone>().unwrap_err();
        assert!(error.contains(zone) && error.contains("Asia/Shanghai"), "{error}");
    }
}

#[test]
fn runs_that_are_too_close_or_past_are_refused() {
    let check = |frequency: &str, timeout| parse(frequency).unwrap().check(time(START), timeout);
    for (frequency, timeout, good) in [
        ("rate(60s)", 59, true),
        ("rate(60s)", 60, false),
        ("0/10 * * * * ?", 10, true),
        ("0/9 * * * * ?", 5, false),
        ("0/10 * * * * ?", 11, false),
        // 50 and 0 of the next minute.
        ("0/25 * * * * ?", 11, false),
        ("0 0/5 * * * ?", 300, true),
        ("0 0/5 * * * ?", 301, false),
        ("0 0 12 * * ?", 86_400, true),
        ("0 0 0,12 * * ?", 43_200, true),
        ("0 0 0,13 * * ?", 43_200, false),
        // 23:59 and 0:00 on the next day, if that has runs.
        ("0 0,59 0,23 * * ?", 61, false),
        ("0 59 23,0 1 * ?", 3_600, true),
        ("0 0 0,23 ? * 1,3", 7_200, true),
        ("0 0 0,23 ? * 1,2", 7_200, false),
        ("0 0 0,23 L,1 * ?", 7_200, false),
        ("0 0 0 30 2 ?", 60, false),
        ("0 0 0 1 1 ? 2021", 60, false),
        ("at(2021-12-31 23:59:59)", 60, false),
        ("at(2022-01-01 00:00:01)", 86_400, true),
    ] {
        let checked = check(frequency, timeout);
        assert_eq!(checked.is_ok(), good, "{frequency} {timeout}: {checked:?}");
    }
}

/// The check of the intervals against the runs themselves, for expressions drawn at random whose
/// days repeat within two months.
#[test]
fn the_shortest_interval_is_found() {
    let mut rng = oorandom::Rand32::new(24);
    let mut draw = |from: &[&str]| from[rng.rand_range(0..from.len() as u32) as usize].to_owned();
    let (mut good, mut bad) = (0, 0);
    for _ in 0..60 {
        let days = ["* *", "*/2 ?", "L,1 ?", "15 ?", "? MON,WED,FRI", "? SUN,1", "? 6#1"];
        let days = draw(&days);
        let (day, week) = days.split_once(' ').unwrap();
        let frequency = format!(
            "{} {} {} {day} * {week}",
            draw(&["0", "30", "0,30", "5,55", "58-59"]),
            draw(&["0", "59", "0,59", "*/20", "7/25"]),
            draw(&["0", "23", "0,23", "*/8", "9-11", "0-3,20"]),
        );
        let schedule = parse(&frequency).unwrap();
        let runs = |at: &Timestamp| schedule.next_after(*at);
        let runs: Vec<u32> = std::iter::successors(Some(time(START)), runs)
            .skip(1)
            .map(Timestamp::as_secs)
            .take_while(|at| *at < time(START).as_secs() + 62 * DAY)
            .collect();
        let shortest = runs.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
        for timeout in [10, 60, 600, 3_600, shortest.min(DAY), (shortest + 1).min(DAY), DAY] {
            let is = schedule.check(time(START), timeout).is_ok();
            assert_eq!(is, shortest >= timeout.max(10), "{frequency} {timeout} {shortest}");
            if is { good += 1 } else { bad += 1 }
        }
    }
    assert!(good > 50 && bad > 50, "{good} {bad}");
}

#[test]
fn the_last_executions_are_those_of_walking_all() {
    let begin = time("2024-02-25T00:00:07Z");
    let hour = 3_600_000;
    for frequency in [
        "rate(60s)",
        "rate(7m)",
        "rate(25h)",
        "rate(7d)",
        "at(2024-02-26 01:02:03)",
        "0/10 * * * * ?",
        "0 0/30 * * * ? Europe/Berlin",
        "0 15 2 * * ? Europe/Berlin",
        "0 0/20 22-23 ? * mon,wed America/Sao_Paulo",
        "0 0 0/6 29 2 ?",
        "30 0/45 * L * ? GMT+5:45",
        "0 0 12 1 * ? 2024",
    ] {
        let schedule = Schedule::parse(frequency, begin, Zone::UTC).unwrap();
        let due = schedule.next_after(begin).unwrap();
        for lengths in [
            &[0][..],
            &[1_000, 2_500],
            &[59_999],
            &[60_001, 0],
            &[5 * hour + 1, 17],
            &[1_000, 26 * hour, 0],
        ] {
            let executions = Executions { schedule: &schedule, lengths };
            let first = Start { due, place: lengths.len() - 1, before: 3 };
            let all: Vec<_> = std::iter::successors(Some(first), |last| executions.after(*last))
                .take(20_000)
                .take_while(|start| start.due < begin.saturating_add_secs(300 * i64::from(DAY)))
                .collect();
            for days in [0, 2, 45, 250] {
                let until = begin.saturating_add_secs(days * i64::from(DAY) + 12_345);
                let passed = all.partition_point(|start| start.due <= until);
                if passed == 20_000 {
                    continue;
                }
                for keep in [1, 101] {
                    let expected = all[..passed].iter().rev().take(keep).next_back();
                    let last = executions.last(first, until, keep);
                    assert_eq!(last, *expected.unwrap_or(&first), "{frequency} {lengths:?} {days}");
                }
            }
        }
    }
}
