//! The archive: everything that survives the end of the process.

mod common;

use std::fs;

use common::{CAPTURE, Emulator, NOW, ONE, TWO, scratch};
use serde_json::{Value, json};

fn ids(body: &Value) -> Vec<String> {
    let rows = body["Invocations"]["Invocation"].as_array().unwrap();
    rows.iter().map(|row| row["InvokeId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_walk_goes_on_after_a_restart() {
    let path = scratch("walk.archive");
    let args = ["--now", NOW, "--seed", "7", "--archive", path.to_str().unwrap()];
    let emulator = Emulator::start(&args);
    let mut accepted: Vec<_> = (0..5).map(|_| emulator.run(ONE, &["i-1"], &[])).collect();
    let kept = [("Name", "kept"), ("KeepCommand", "true"), ("ClientToken", "token-1")];
    accepted.push(emulator.run("", &["i-1"], &kept));
    emulator.control("clock", json!({"Advance": 60})).ok();
    let script = json!({"InstanceId": "i-1", "Steps": [{"InvocationStatus": "Running"}]});
    emulator.control("outcomes", script).ok();
    let first = emulator.call_as(ONE, "DescribeInvocations", &[("MaxResults", "2")]).ok();
    assert!(emulator.stop("-TERM"));

    let emulator = Emulator::start(&args);
    let params = [("MaxResults", "2"), ("NextToken", first["NextToken"].as_str().unwrap())];
    let second = emulator.call_as(ONE, "DescribeInvocations", &params).ok();
    let params = [("MaxResults", "2"), ("NextToken", second["NextToken"].as_str().unwrap())];
    let third = emulator.call_as(ONE, "DescribeInvocations", &params).ok();
    let walked = [ids(&first), ids(&second), ids(&third)].concat();
    assert_eq!(walked, accepted[..5].iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(third["NextToken"], "");

    // Commands, answers to a ClientToken, scripts, clocks and repeatable ids survive, too.
    let body = emulator.call("DescribeCommands", &[]).ok();
    assert_eq!(body["Commands"]["Command"][0]["Name"], "kept");
    assert_eq!(emulator.run("", &["i-1"], &kept), accepted[5]);
    let fresh = emulator.run("", &["i-1"], &[]);
    assert!(!accepted.contains(&fresh));
    let found = emulator.wait_for(&fresh, "Running");
    assert_eq!(found["CreationTime"], "2024-05-01T00:01:00Z");
}

#[test]
fn a_clock_that_stands_does_so_after_a_restart() {
    let path = scratch("stands.archive");
    let args = ["--archive", path.to_str().unwrap()];
    let emulator = Emulator::start(&args);
    emulator.control("reset", json!({"Now": NOW})).ok();
    emulator.control("clock", json!({"Advance": 60})).ok();
    let first = emulator.run("", &["i-1"], &[]);
    assert!(emulator.stop("-TERM"));
    let emulator = Emulator::start(&args);
    let second = emulator.run("", &["i-1"], &[]);
    for invoke_id in [first, second] {
        let created = emulator.invocation("", &invoke_id)["CreationTime"].clone();
        assert_eq!(created, "2024-05-01T00:01:00Z");
    }
}

#[test]
fn an_interrupt_saves_as_well_and_captures_are_not_loaded_twice() {
    let path = scratch("interrupt.archive");
    let path = path.to_str().unwrap();
    let args = ["--retention-days", "0", "--load", CAPTURE, "--archive", path];
    let emulator = Emulator::start(&args);
    emulator.run("", &["i-1"], &[]);
    assert!(emulator.stop("-INT"));
    let emulator = Emulator::start(&args);
    assert_eq!([emulator.total(""), emulator.total(TWO)], [2, 1]);
    // A killed process leaves the old file intact.
    emulator.run("", &["i-1"], &[]);
    emulator.stop("-KILL");
    assert_eq!(Emulator::start(&args).total(""), 2);
}

#[test]
fn a_damaged_archive_is_refused_and_left_alone() {
    let path = scratch("damaged.archive");
    let args = ["--archive", path.to_str().unwrap()];
    let emulator = Emulator::start(&args);
    emulator.run("", &["i-1"], &[]);
    emulator.run(ONE, &["i-1"], &[("KeepCommand", "true")]);
    assert!(emulator.stop("-TERM"));
    let whole = fs::read(&path).unwrap();
    let mut damaged: Vec<Vec<u8>> = Vec::new();
    damaged.extend((1..16).map(|part| whole[..whole.len() * part / 16].to_vec()));
    damaged.extend((0..16).map(|part| {
        let mut bytes = whole.clone();
        bytes[whole.len() * part / 16] ^= 1;
        bytes
    }));
    damaged.push([&whole[..], b"more"].concat());
    damaged.push(Vec::new());
    for bytes in damaged {
        fs::write(&path, &bytes).unwrap();
        let said = Emulator::try_start(&args).err().unwrap();
        assert!(said.contains("damaged.archive"), "{said}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    fs::write(&path, &whole).unwrap();
    let emulator = Emulator::start(&args);
    assert_eq!([emulator.total(""), emulator.total(ONE)], [1, 1]);
}
