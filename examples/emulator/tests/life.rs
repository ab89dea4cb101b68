//! Executions that begin by themselves: by schedule, by a reboot, and after a restart.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::time::Instant;

use common::{Emulator, NOW, scratch};
use invodex::{Clock, SystemClock};
use serde_json::{Value, json};

const DAY: u64 = 86_400;

/// Scripts the runs of the command `name`. A step is a status, an exit code, and a pause in ms.
fn script(emulator: &Emulator, name: &str, steps: &[(&str, i64, u64)]) {
    let step = |&(status, code, pause): &(&str, i64, u64)| {
        let mut step = json!({"InvocationStatus": status, "DelayMs": pause});
        if status != "Running" {
            step["ExitCode"] = code.into();
        }
        step
    };
    let steps: Vec<_> = steps.iter().map(step).collect();
    emulator.control("outcomes", json!({"CommandName": name, "Steps": steps})).ok();
}

/// A task of the command `name`.
fn task(emulator: &Emulator, name: &str, instances: &[&str], frequency: &str) -> String {
    let params = [("Name", name), ("Frequency", frequency), ("Timeout", "10")];
    emulator.run("", instances, &params)
}

fn advance(emulator: &Emulator, seconds: u64) {
    emulator.control("clock", json!({"Advance": seconds})).ok();
}

/// The runs and the history of a task, newest first.
fn results(emulator: &Emulator, invoke_id: &str) -> Vec<Value> {
    let (mut rows, mut token) = (Vec::new(), String::new());
    loop {
        let params = [
            ("InvokeId", invoke_id),
            ("IncludeHistory", "true"),
            ("MaxResults", "50"),
            ("NextToken", &token),
        ];
        let body = emulator.call("DescribeInvocationResults", &params).ok();
        let page = &body["Invocation"];
        rows.extend(page["InvocationResults"]["InvocationResult"].as_array().unwrap().clone());
        page["NextToken"].as_str().unwrap().clone_into(&mut token);
        if token.is_empty() {
            return rows;
        }
    }
}

/// Status, Repeats, start and end of each row: the clock times of the day.
fn shown(rows: &[Value]) -> Vec<String> {
    let time = |row: &Value, name: &str| {
        let text = row[name].as_str().unwrap();
        text.get(11..19).unwrap_or("-").to_owned()
    };
    let row = |row: &Value| {
        let (start, end) = (time(row, "StartTime"), time(row, "FinishedTime"));
        let status = row["InvocationStatus"].as_str().unwrap();
        format!("{status} {} {start} {end}", row["Repeats"])
    };
    rows.iter().map(row).collect()
}

#[test]
fn executions_begin_when_they_are_due_and_leave_history() {
    let emulator = Emulator::start(&["--now", NOW]);
    script(&emulator, "fails", &[("Running", 0, 0), ("Failed", 3, 10_000)]);
    let id = task(&emulator, "fails", &["i-1", "i-2"], "rate(60s)");
    assert_eq!(shown(&results(&emulator, &id)), ["Scheduled 0 - -"; 2]);
    advance(&emulator, 59);
    assert_eq!(shown(&results(&emulator, &id)), ["Scheduled 0 - -"; 2]);
    advance(&emulator, 1);
    assert_eq!(shown(&results(&emulator, &id)), ["Running 1 00:01:00 -"; 2]);
    // By one move: an end, a whole execution, and a begin.
    advance(&emulator, 121);
    let expected =
        ["Running 3 00:03:00 -", "Failed 2 00:02:00 00:02:10", "Failed 1 00:01:00 00:01:10"];
    assert_eq!(shown(&results(&emulator, &id)), [expected, expected].concat());
    advance(&emulator, 9);
    let rows = results(&emulator, &id);
    assert_eq!(shown(&rows)[0], "Scheduled 3 00:03:00 00:03:10");
    assert_eq!(
        (&rows[0]["ExitCode"], &rows[1]["ErrorCode"]),
        (&json!(3), &json!("ExitCodeNonzero"))
    );
    // A stopped task executes no more.
    emulator.call("StopInvocation", &[("InvokeId", &*id), ("InstanceId.1", "i-1")]).ok();
    advance(&emulator, 600);
    let rows = results(&emulator, &id);
    let repeats: Vec<_> = rows.iter().map(|row| row["Repeats"].as_u64().unwrap()).collect();
    assert_eq!(repeats, [3, 3, 2, 1, 13, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    // A run without a script is left to the test.
    let left = task(&emulator, "left", &["i-1"], "rate(60s)");
    advance(&emulator, 600);
    assert_eq!(emulator.invocation("", &left)["InvocationStatus"], "Pending");
}

#[test]
fn an_execution_is_skipped_while_the_last_one_runs() {
    let emulator = Emulator::start(&["--now", NOW]);
    script(&emulator, "slow", &[("Running", 0, 0), ("Success", 0, 90_000)]);
    let id = task(&emulator, "slow", &["i-1"], "rate(60s)");
    advance(&emulator, 400);
    let expected = [
        "Scheduled 3 00:05:00 00:06:30",
        "Success 3 00:05:00 00:06:30",
        "Success 2 00:03:00 00:04:30",
        "Success 1 00:01:00 00:02:30",
    ];
    assert_eq!(shown(&results(&emulator, &id)), expected);
    // Also while it runs because the test says so.
    let report = |status: &str, again: bool| {
        let mut body = json!({"InvokeId": id, "InstanceId": "i-1", "InvocationStatus": status});
        if again {
            body["Reschedule"] = true.into();
        }
        emulator.control("runs", body).ok();
    };
    report("Running", false);
    advance(&emulator, 20 * 60);
    assert_eq!(shown(&results(&emulator, &id))[0], "Running 4 00:06:40 -");
    report("Success", true);
    advance(&emulator, 60);
    assert_eq!(shown(&results(&emulator, &id))[0], "Running 5 00:27:00 -");
}

#[test]
fn events_come_in_the_order_of_their_times_and_none_for_a_skipped_execution() {
    let emulator = Emulator::start(&["--now", NOW]);
    script(&emulator, "slow", &[("Running", 0, 0), ("Success", 0, 90_000)]);
    script(&emulator, "fast", &[("Running", 0, 1_000), ("Failed", 2, 30_000)]);
    let slow = task(&emulator, "slow", &["i-1"], "rate(60s)");
    task(&emulator, "fast", &["i-1"], "rate(90s)");
    let mut stream = emulator.connect();
    stream.write_all(b"GET /_emulator/events HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    lines.find(String::is_empty).unwrap();
    advance(&emulator, 240);
    emulator.call("StopInvocation", &[("InvokeId", &*slow)]).ok();
    let events = lines.filter_map(|line| {
        let event: Value = serde_json::from_str(line.strip_prefix("data: ")?).unwrap();
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        let (start, end) = (text("startTime"), text("finishTime"));
        let time = if end.is_empty() { start } else { end };
        let time = time.get(14..19).unwrap_or("-");
        Some(format!("{} {} {time}", text("commandName"), text("invocationStatus")))
    });
    let events: Vec<_> = events.take(11).collect();
    let expected = [
        "slow Running 01:00",
        "fast Running 01:31",
        "fast Failed 02:01",
        "fast Scheduled 02:01",
        "slow Success 02:30",
        "slow Scheduled 02:30",
        "slow Running 03:00",
        "fast Running 03:01",
        "fast Failed 03:31",
        "fast Scheduled 03:31",
        "slow Stopping 03:00",
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_script_may_have_several_executions_and_begins_again() {
    let emulator = Emulator::start(&["--now", NOW, "--retention-days", "0"]);
    let again = |status: &str, code: i64, pause: u64| json!({"InvocationStatus": status, "ExitCode": code, "Reschedule": true, "DelayMs": pause});
    let running = json!({"InvocationStatus": "Running"});
    let steps = [running.clone(), again("Failed", 1, 90_000), running, again("Success", 0, 1_000)];
    emulator.control("outcomes", json!({"CommandName": "both", "Steps": steps})).ok();
    let id = task(&emulator, "both", &["i-1"], "rate(60s)");
    advance(&emulator, 5 * 60);
    let expected =
        ["Running 3 00:04:00 -", "Success 2 00:03:00 00:03:01", "Failed 1 00:01:00 00:02:30"];
    assert_eq!(shown(&results(&emulator, &id)), expected);
    // Two executions take three minutes. The same as by small steps.
    advance(&emulator, 30 * DAY);
    let rows = results(&emulator, &id);
    assert_eq!((rows.len(), &rows[0]["Repeats"]), (101, &json!(28_803)));
    let expected = [
        "Running 28803 00:04:00 -",
        "Success 28802 00:03:00 00:03:01",
        "Failed 28801 00:01:00 00:02:30",
        "Success 28800 00:00:00 00:00:01",
        "Failed 28799 23:58:00 23:59:30",
    ];
    assert_eq!(shown(&rows[..5]), expected);
}

#[test]
fn a_year_at_one_jump_costs_what_the_history_keeps() {
    let flags = ["--now", NOW, "--retention-days", "0", "--auto-complete", "10"];
    let emulator = Emulator::start(&flags);
    let instances: Vec<_> = (0..100).map(|n| format!("i-{n}")).collect();
    let instances: Vec<_> = instances.iter().map(String::as_str).collect();
    let minutely = task(&emulator, "", &instances, "rate(1m)");
    let berlin = task(&emulator, "", &["i-1"], "0 0/30 2 ? * * Europe/Berlin");
    let leap = task(&emulator, "", &["i-1"], "0 0 12 29 2 ? 2028");
    let begun = Instant::now();
    advance(&emulator, 365 * DAY + 1);
    println!("a year of rate(1m) on 100 instances: {:?}", begun.elapsed());
    let rows = results(&emulator, &minutely);
    assert_eq!(rows.len(), 100 * 101);
    for run in rows.chunks(101) {
        let repeats: Vec<_> = run.iter().map(|row| row["Repeats"].as_u64().unwrap()).collect();
        assert_eq!(repeats[0], 365 * 1_440);
        assert!(repeats[1..].iter().rev().copied().eq(525_501..=525_600));
        assert_eq!(run[0]["StartTime"], "2025-05-01T00:00:00Z");
        assert_eq!(run[100]["StartTime"], "2025-04-30T22:21:00Z");
    }
    // Twice a day, but for the day on which that hour is left out, or is twice.
    let rows = results(&emulator, &berlin);
    assert_eq!((rows.len(), &rows[0]["InvocationStatus"]), (101, &json!("Scheduled")));
    let repeats = rows[0]["Repeats"].as_u64().unwrap();
    assert!((2 * 364..=2 * 366).contains(&repeats), "{repeats}");
    assert_eq!(shown(&results(&emulator, &leap)), ["Scheduled 0 - -"]);
    // After its last execution a task is over.
    emulator.call("StopInvocation", &[("InvokeId", &*minutely)]).ok();
    advance(&emulator, 3 * 365 * DAY);
    let ended = "Success 1 12:00:00 12:00:00";
    assert_eq!(shown(&results(&emulator, &leap)), [ended, ended]);
}

#[test]
fn a_reboot_begins_the_executions_that_wait_for_it() {
    let emulator = Emulator::start(&["--now", NOW]);
    script(&emulator, "boot", &[("Running", 0, 0), ("Success", 0, 5_000)]);
    let task =
        |mode: &str| emulator.run("", &["i-1", "i-2"], &[("Name", "boot"), ("RepeatMode", mode)]);
    let (next, every) = (task("NextRebootOnly"), task("EveryReboot"));
    let status = |invoke_id: &str| {
        let rows = results(&emulator, invoke_id);
        rows.iter()
            .map(|row| row["InvocationStatus"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let reboot = |instance_id: &str| {
        emulator.control("reboot", json!({"InstanceId": instance_id})).ok()["Started"].clone()
    };
    advance(&emulator, DAY);
    assert_eq!(
        (status(&next), status(&every)),
        (vec!["Scheduled".into(); 2], vec!["Scheduled".into(); 2])
    );
    assert_eq!([reboot("i-1"), reboot("i-3")], [2, 0]);
    assert_eq!(status(&next), ["Running", "Scheduled"]);
    // While the last execution still runs, the next one is skipped.
    assert_eq!(reboot("i-1"), 0);
    advance(&emulator, 5);
    assert_eq!(status(&next), ["Success", "Scheduled"]);
    assert_eq!(status(&every), ["Scheduled", "Success", "Scheduled"]);
    assert_eq!(reboot("i-1"), 1);
    advance(&emulator, 5);
    assert_eq!(status(&every), ["Scheduled", "Success", "Success", "Scheduled"]);
    assert_eq!(status(&next), ["Success", "Scheduled"]);

    for (body, given) in
        [(json!({"InstanceId": ""}), "given \"\""), (json!({"InstanceId": 7}), "given 7")]
    {
        let refused = emulator.control("reboot", body);
        assert_eq!(refused.error(), (400, "InvalidParameter.InstanceId"));
        let detail = refused.body["Recommend"].as_str().unwrap();
        assert!(detail.contains(given) && detail.contains("allowed is the id of an instance"));
    }
    for body in [json!({}), json!({"InstanceId": "i-1", "Force": true}), json!([])] {
        assert_eq!(emulator.control("reboot", body).error(), (400, "InvalidBody"));
    }
}

#[test]
fn a_dry_run_runs_nothing() {
    let emulator = Emulator::start(&["--now", NOW, "--auto-complete", "0"]);
    script(&emulator, "dry", &[("Running", 0, 0)]);
    let dry = emulator.run("", &["i-1"], &[("Name", "dry"), ("RepeatMode", "DryRun")]);
    let real = emulator.run("", &["i-1"], &[]);
    emulator.wait_for(&real, "Success");
    advance(&emulator, DAY);
    emulator.control("reboot", json!({"InstanceId": "i-1"})).ok();
    assert_eq!(emulator.invocation("", &dry)["InvocationStatus"], "Pending");
}

#[test]
fn a_moved_clock_passes_pauses() {
    let emulator = Emulator::start(&["--now", NOW]);
    script(&emulator, "long", &[("Running", 0, 60_000), ("Failed", 1, 3_600_000)]);
    let id = emulator.run("", &["i-1"], &[("Name", "long")]);
    advance(&emulator, 60);
    assert_eq!(shown(&results(&emulator, &id)), ["Running 1 00:01:00 -"]);
    advance(&emulator, DAY);
    assert_eq!(shown(&results(&emulator, &id)), ["Failed 1 00:01:00 01:01:00"]);
}

#[test]
fn a_task_is_executed_as_the_clock_goes_on() {
    let emulator = Emulator::start(&["--auto-complete", "1"]);
    let soon = SystemClock.now().saturating_add_secs(2).to_string();
    let id = task(&emulator, "", &["i-1"], &format!("at({} {})", &soon[..10], &soon[11..19]));
    emulator.wait_for(&id, "Scheduled");
    let ended = emulator.wait_for(&id, "Success");
    assert_eq!(ended["InvokeInstances"]["InvokeInstance"][0]["StartTime"], soon);
}

#[test]
fn schedules_and_executions_go_on_after_a_restart() {
    let path = scratch("life.archive");
    let args = ["--now", NOW, "--archive", path.to_str().unwrap()];
    let emulator = Emulator::start(&args);
    script(&emulator, "slow", &[("Running", 0, 0), ("Success", 0, 90_000)]);
    let id = task(&emulator, "slow", &["i-1", "i-2"], "rate(60s)");
    script(&emulator, "soon", &[("Running", 0, 0), ("Failed", 1, 1_500)]);
    let boot = emulator.run("", &["i-1"], &[("Name", "soon"), ("RepeatMode", "EveryReboot")]);
    advance(&emulator, 70);
    let soon = emulator.run("", &["i-1"], &[("Name", "soon")]);
    emulator.wait_for(&soon, "Running");
    assert!(emulator.stop("-TERM"));

    let emulator = Emulator::start(&args);
    assert_eq!(emulator.invocation("", &soon)["InvocationStatus"], "Running");
    assert_eq!(shown(&results(&emulator, &id)), ["Running 1 00:01:00 -"; 2]);
    emulator.wait_for(&soon, "Failed");
    advance(&emulator, 200);
    let expected = [
        "Scheduled 2 00:03:00 00:04:30",
        "Success 2 00:03:00 00:04:30",
        "Success 1 00:01:00 00:02:30",
    ];
    assert_eq!(shown(&results(&emulator, &id)), [expected, expected].concat());
    let begun = emulator.control("reboot", json!({"InstanceId": "i-1"})).ok();
    assert_eq!(begun["Started"], 1);
    emulator.wait_for(&boot, "Running");
    assert!(emulator.stop("-TERM"));
    // Executions that were due meanwhile are made up for.
    let args = ["--now", "2024-05-01T01:00:00Z", "--archive", path.to_str().unwrap()];
    let emulator = Emulator::start(&args);
    advance(&emulator, 0);
    assert_eq!(emulator.invocation("", &boot)["InvocationStatus"], "Scheduled");
    let expected = ["Scheduled 32 01:03:00 01:04:30", "Success 32 01:03:00 01:04:30"];
    assert_eq!(shown(&results(&emulator, &id))[..2], expected);
}

#[test]
fn a_script_that_leaves_the_run_scheduled_is_taken_at_once_and_not_again() {
    let emulator = Emulator::start(&["--now", NOW]);
    let steps = json!([{"InvocationStatus": "Scheduled", "Output": "eA=="}]);
    emulator.control("outcomes", json!({"CommandName": "waits", "Steps": steps})).ok();
    let instances: Vec<_> = (0..100).map(|n| format!("i-{n}")).collect();
    let instances: Vec<_> = instances.iter().map(String::as_str).collect();
    let id = task(&emulator, "waits", &instances, "rate(1m)");
    advance(&emulator, 0);
    let body = json!({"InvokeId": id, "InstanceId": "i-0", "Output": "eQ=="});
    emulator.control("runs", body).ok();
    let begun = Instant::now();
    advance(&emulator, 20 * DAY);
    println!("20 days of rate(1m) on 100 runs without executions: {:?}", begun.elapsed());
    let rows = results(&emulator, &id);
    assert_eq!(shown(&rows), ["Scheduled 0 - -"; 100]);
    assert_eq!((&rows[0]["Output"], &rows[1]["Output"]), (&json!("eQ=="), &json!("eA==")));
}

#[test]
fn steps_after_the_last_result_belong_to_its_execution() {
    let emulator = Emulator::start(&["--now", NOW]);
    for (name, again) in [("given", true), ("usual", false)] {
        let steps = json!([
            {"InvocationStatus": "Running", "Output": ""},
            {"InvocationStatus": "Success", "Reschedule": again},
            {"Output": "eA==", "DelayMs": 90_000},
        ]);
        emulator.control("outcomes", json!({"CommandName": name, "Steps": steps})).ok();
    }
    let instances: Vec<_> = (0..10).map(|n| format!("i-{n}")).collect();
    let instances: Vec<_> = instances.iter().map(String::as_str).collect();
    let ids = ["given", "usual"].map(|name| task(&emulator, name, &instances, "rate(1m)"));
    // The one that is due before the last step is skipped.
    let mut passed = 0;
    for (time, repeats, output) in
        [(149, 1, ""), (150, 1, "eA=="), (180, 2, ""), (20 * DAY + 30, 14_400, "eA==")]
    {
        let begun = Instant::now();
        advance(&emulator, time - passed);
        println!("{time} s: {:?}", begun.elapsed());
        passed = time;
        for id in &ids {
            let rows = results(&emulator, id);
            for run in rows.chunks(1 + repeats.min(100)) {
                let found = (&run[0]["InvocationStatus"], &run[0]["Repeats"], &run[0]["Output"]);
                assert_eq!(found, (&json!("Scheduled"), &json!(repeats), &json!(output)), "{time}");
                assert_eq!(run[1]["Repeats"], repeats);
            }
        }
    }
}

#[test]
fn the_next_execution_begins_whole_after_a_test_ended_the_last_one() {
    let emulator = Emulator::start(&["--now", NOW]);
    script(&emulator, "slow", &[("Running", 0, 0), ("Success", 0, 90_000)]);
    let scheduled = task(&emulator, "slow", &["i-1"], "rate(60s)");
    let params = [("Name", "slow"), ("RepeatMode", "EveryReboot")];
    let rebooted = emulator.run("", &["i-2"], &params);
    let end = |invoke_id: &str, instance_id: &str| {
        let ended = json!({
            "InvokeId": invoke_id, "InstanceId": instance_id, "InvocationStatus": "Success",
            "Reschedule": true,
        });
        emulator.control("runs", ended).ok();
    };
    let reboot = || emulator.control("reboot", json!({"InstanceId": "i-2"})).ok();
    advance(&emulator, 60);
    reboot();
    for id in [&scheduled, &rebooted] {
        assert_eq!(shown(&results(&emulator, id)), ["Running 1 00:01:00 -"]);
    }
    end(&scheduled, "i-1");
    end(&rebooted, "i-2");
    advance(&emulator, 60);
    assert_eq!(reboot()["Started"], 1);
    for id in [&scheduled, &rebooted] {
        let expected = ["Running 2 00:02:00 -", "Success 1 00:01:00 00:01:00"];
        assert_eq!(shown(&results(&emulator, id)), expected);
    }
    advance(&emulator, 90);
    for id in [&scheduled, &rebooted] {
        assert_eq!(shown(&results(&emulator, id))[0], "Scheduled 2 00:02:00 00:03:30");
    }
}

#[test]
fn an_execution_that_a_reboot_began_is_saved_before_its_first_step() {
    let path = scratch("reboot.archive");
    let args = ["--now", NOW, "--archive", path.to_str().unwrap(), "--save-every", "0.05"];
    let emulator = Emulator::start(&args);
    script(&emulator, "late", &[("Running", 0, 3_600_000)]);
    let id = emulator.run("", &["i-1"], &[("Name", "late"), ("RepeatMode", "EveryReboot")]);
    emulator.wait_for_save();
    emulator.control("reboot", json!({"InstanceId": "i-1"})).ok();
    emulator.wait_for_save();
    emulator.stop("-KILL");
    let emulator = Emulator::start(&args);
    advance(&emulator, 3_600);
    assert_eq!(emulator.invocation("", &id)["InvocationStatus"], "Running");
}

#[test]
fn cron_schedules_count_as_memory_once_for_a_task_also_after_a_restart() {
    let path = scratch("cron.archive");
    let archive = path.to_str().unwrap();
    let taken = |frequency: &str| {
        let emulator = Emulator::start(&["--auto-complete", "0", "--max-bytes", "1000000"]);
        let params = [
            ("Type", "RunShellScript"),
            ("CommandContent", "df"),
            ("InstanceId.1", "i-1"),
            ("Frequency", frequency),
        ];
        (0..1_000).take_while(|_| emulator.call("RunCommand", &params).status == 200).count()
    };
    let [rate, cron] = ["rate(5m)", "0 */5 * * * ?"].map(taken);
    assert!((50..rate / 2).contains(&cron), "{rate} with rate, {cron} with cron");

    let args = ["--auto-complete", "0", "--archive", archive, "--max-bytes", "6000000"];
    let emulator = Emulator::start(&args);
    let instances: Vec<_> = (0..100).map(|n| format!("i-{n}")).collect();
    let instances: Vec<_> = instances.iter().map(String::as_str).collect();
    (0..20).for_each(|_| drop(task(&emulator, "", &instances, "0 */5 * * * ?")));
    assert!(emulator.stop("-TERM"));
    // The store is measured for a script that may not fit.
    let emulator = Emulator::start(&args);
    let steps = json!([{"InvocationStatus": "Running", "Output": "QUFB".repeat(100_000)}]);
    emulator.control("outcomes", json!({"CommandName": "large", "Steps": steps})).ok();
}

#[test]
fn a_stop_ends_the_runs_that_it_stops_and_no_others() {
    let emulator = Emulator::start(&["--now", NOW, "--auto-complete", "60000"]);
    let id = emulator.run("", &["i-1", "i-2"], &[]);
    let report = |instance_id: &str, status: &str| {
        let body = json!({"InvokeId": id, "InstanceId": instance_id, "InvocationStatus": status});
        emulator.control("runs", body).ok();
    };
    report("i-1", "Running");
    report("i-2", "Running");
    report("i-2", "Stopping");
    let stop = |id: &str| {
        emulator.call("StopInvocation", &[("InvokeId", id), ("InstanceId.1", "i-1")]).ok();
    };
    stop(&id);
    advance(&emulator, 30);
    // A repeated stop does not end it later, nor the other.
    stop(&id);
    emulator.call("StopInvocation", &[("InvokeId", &*id)]).ok();
    advance(&emulator, 30);
    let statuses = || {
        results(&emulator, &id)
            .iter()
            .map(|row| row["InvocationStatus"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(), ["Terminated", "Stopping"]);
    advance(&emulator, DAY);
    assert_eq!(statuses(), ["Terminated", "Stopping"]);
}

#[test]
fn a_step_happens_at_the_time_that_it_names() {
    let emulator = Emulator::start(&["--now", NOW]);
    let time = "2024-04-30T12:00:00Z";
    let steps = json!([
        {"InvocationStatus": "Running", "Time": time},
        {"InvocationStatus": "Success", "DelayMs": 5_000},
    ]);
    emulator.control("outcomes", json!({"CommandName": "early", "Steps": steps})).ok();
    let id = emulator.run("", &["i-1"], &[("Name", "early")]);
    advance(&emulator, 0);
    assert_eq!(results(&emulator, &id)[0]["StartTime"], time);
    advance(&emulator, 5);
    let row = &results(&emulator, &id)[0];
    assert_eq!(
        (&row["StartTime"], &row["FinishedTime"]),
        (&json!(time), &json!("2024-05-01T00:00:05Z"))
    );
}

#[test]
fn a_pause_may_be_longer_than_all_time() {
    let most = i64::MAX.to_string();
    let emulator = Emulator::start(&["--now", NOW, "--auto-complete", &most]);
    let id = emulator.run("", &["i-1", "i-2"], &[]);
    let scheduled = task(&emulator, "", &["i-1"], "rate(60s)");
    advance(&emulator, 2 * DAY);
    assert_eq!(emulator.invocation("", &id)["InvocationStatus"], "Pending");
    assert_eq!(shown(&results(&emulator, &scheduled)), ["Scheduled 0 - -"]);
    let body = json!({"InvokeId": id, "InstanceId": "i-1", "InvocationStatus": "Running"});
    emulator.control("runs", body).ok();
    emulator.call("StopInvocation", &[("InvokeId", &*id)]).ok();
    advance(&emulator, DAY);
    assert_eq!(results(&emulator, &id)[0]["InvocationStatus"], "Stopping");
}
