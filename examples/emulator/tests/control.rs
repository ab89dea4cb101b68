//! The endpoints for tests, separate stores, and runs that complete by script or automatically.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use common::{CAPTURE, Emulator, NOW};
use serde_json::{Value, json};

fn run_of(invocation: &Value) -> &Value {
    &invocation["InvokeInstances"]["InvokeInstance"][0]
}

#[test]
fn a_run_is_reported_step_by_step() {
    let emulator = Emulator::start(&["--now", NOW]);
    let invoke_id = emulator.run("", &["i-1"], &[]);
    let report = |status: &str, more: Value| {
        let mut body = json!({
            "InvokeId": invoke_id, "InstanceId": "i-1", "InvocationStatus": status,
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        emulator.control("runs", body)
    };
    report("Running", json!({})).ok();
    report("Running", json!({"Output": "aGFsZg=="})).ok();
    assert_eq!(run_of(&emulator.invocation("", &invoke_id))["Output"], "aGFsZg==");
    report("Failed", json!({"ExitCode": 2, "Output": "d2hvbGU="})).ok();
    let found = emulator.invocation("", &invoke_id);
    let run = run_of(&found);
    assert_eq!((&run["ExitCode"], &run["Output"]), (&json!(2), &json!("d2hvbGU=")));
    assert_eq!((&run["ErrorCode"], &run["FinishTime"]), (&json!("ExitCodeNonzero"), &json!(NOW)));

    assert_eq!(report("Running", json!({})).error(), (400, "InvalidParameter.InvocationStatus"));
    assert_eq!(report("Done", json!({})).error(), (400, "InvalidParameter.InvocationStatus"));
    assert_eq!(report("Failed", json!({"Output": "%"})).error(), (400, "InvalidParameter.Output"));
    assert_eq!(report("Failed", json!({"Exit": 1})).error(), (400, "InvalidBody"));
    assert_eq!(emulator.control("runs", json!({})).error(), (400, "MissingParameter.InvokeId"));
    assert_eq!(emulator.post("/_emulator/runs", "no JSON").error(), (400, "InvalidBody"));
    let unknown = json!({"InvokeId": "t-0", "InstanceId": "i-1", "InvocationStatus": "Running"});
    assert_eq!(emulator.control("runs", unknown).error(), (404, "InvalidInvokeId.NotFound"));
}

#[test]
fn a_recurring_task_has_a_history() {
    let emulator = Emulator::start(&[]);
    let invoke_id = emulator.run("", &["i-1"], &[("Frequency", "rate(5m)")]);
    for exit_code in 0..3 {
        let status = if exit_code == 0 { "Success" } else { "Failed" };
        let body =
            json!({"InvokeId": invoke_id, "InstanceId": "i-1", "InvocationStatus": "Running"});
        emulator.control("runs", body).ok();
        let body = json!({
            "InvokeId": invoke_id, "InstanceId": "i-1", "InvocationStatus": status,
            "ExitCode": exit_code, "Reschedule": true,
        });
        emulator.control("runs", body).ok();
    }
    let params = [("InvokeId", &*invoke_id), ("IncludeHistory", "true")];
    let body = emulator.call("DescribeInvocationResults", &params).ok();
    let rows = body["Invocation"]["InvocationResults"]["InvocationResult"].as_array().unwrap();
    let shown: Vec<_> =
        rows.iter().map(|row| (&row["InvocationStatus"], &row["ExitCode"])).collect();
    let expected = [("Scheduled", 2), ("Failed", 2), ("Failed", 1), ("Success", 0)];
    let expected: Vec<_> = expected.map(|(status, code)| (json!(status), json!(code))).into();
    assert_eq!(shown, expected.iter().map(|(status, code)| (status, code)).collect::<Vec<_>>());
}

#[test]
fn scripts_say_what_becomes_of_runs() {
    let emulator = Emulator::start(&[]);
    let script = |who: &str, name: &str, steps: Value| {
        emulator.control("outcomes", json!({who: name, "Steps": steps}))
    };
    let running = json!({"InvocationStatus": "Running"});
    let fails = json!({
        "InvocationStatus": "Failed", "DelayMs": 20, "ExitCode": 7, "Output": "bm8=",
    });
    script("CommandName", "breaks", json!([running, fails])).ok();
    let late = json!({"InvocationStatus": "Timeout", "DelayMs": 20});
    script("InstanceId", "i-slow", json!([running, late])).ok();

    let found = emulator.wait_for(&emulator.run("", &["i-1"], &[("Name", "breaks")]), "Failed");
    let run = run_of(&found);
    assert_eq!((&run["ExitCode"], &run["Output"]), (&json!(7), &json!("bm8=")));
    let found = emulator.wait_for(&emulator.run("", &["i-slow"], &[]), "Failed");
    assert_eq!(run_of(&found)["ErrorCode"], "ExecutionTimeout");
    // The latest matching script counts; a run without a script stays Pending.
    script("CommandName", "breaks", json!([{"InvocationStatus": "Cancelled"}])).ok();
    emulator.wait_for(&emulator.run("", &["i-1"], &[("Name", "breaks")]), "Stopped");
    let kept = emulator.run("", &["i-1"], &[("Name", "kept"), ("KeepCommand", "true")]);
    assert_eq!(emulator.invocation("", &kept)["InvocationStatus"], "Pending");
    // By the id of a saved command.
    let command_id = emulator.invocation("", &kept)["CommandId"].as_str().unwrap().to_owned();
    script("CommandId", &command_id, json!([running, {"InvocationStatus": "Success"}])).ok();
    let params = [("CommandId", &*command_id), ("InstanceId.1", "i-1")];
    let invoked = emulator.call("InvokeCommand", &params).ok()["InvokeId"].clone();
    emulator.wait_for(invoked.as_str().unwrap(), "Success");

    let wrong = json!([{"InvocationStatus": "Done"}]);
    let refused = script("CommandName", "a", wrong);
    assert_eq!(refused.error(), (400, "InvalidParameter.InvocationStatus"));
    let nobody = emulator.control("outcomes", json!({"Steps": []}));
    assert_eq!(nobody.error(), (400, "MissingParameter.CommandId"));
    let long = json!([{"InvocationStatus": "Running", "DelayMs": 86_400_001_u64}]);
    assert_eq!(script("CommandName", "a", long).error(), (400, "InvalidParameter.Steps"));
}

#[test]
fn accepted_runs_complete_by_themselves() {
    let emulator = Emulator::start(&["--auto-complete", "30"]);
    let invoke_id = emulator.run("", &["i-1", "i-2"], &[]);
    assert_eq!(emulator.invocation("", &invoke_id)["InvocationStatus"], "Pending");
    emulator.wait_for(&invoke_id, "Running");
    emulator.wait_for(&invoke_id, "Success");
    let recurring = emulator.run("", &["i-1"], &[("Frequency", "rate(5m)")]);
    emulator.wait_for(&recurring, "Scheduled");
    // A stopped run ends, too.
    let invoke_id = emulator.run("", &["i-1"], &[]);
    emulator.wait_for(&invoke_id, "Running");
    emulator.call("StopInvocation", &[("InvokeId", &invoke_id)]).ok();
    emulator.wait_for(&invoke_id, "Stopped");
}

#[test]
fn the_clock_moves_and_old_records_go() {
    let emulator = Emulator::start(&["--now", NOW, "--retention-days", "1"]);
    emulator.run("", &["i-1"], &[]);
    let clock = |to: Value| emulator.control("clock", to);
    assert_eq!(clock(json!({"Advance": 86_400})).ok()["Now"], "2024-05-02T00:00:00Z");
    assert_eq!(emulator.total(""), 1);
    assert_eq!(clock(json!({"Advance": 1})).ok()["Now"], "2024-05-02T00:00:01Z");
    assert_eq!(emulator.total(""), 0);
    let invoke_id = emulator.run("", &["i-1"], &[]);
    let created = emulator.invocation("", &invoke_id)["CreationTime"].clone();
    assert_eq!(created, "2024-05-02T00:00:01Z");
    // Another store has its own clock; a store's time never goes back.
    let other = emulator.run("other", &["i-1"], &[]);
    assert_eq!(emulator.invocation("other", &other)["CreationTime"], NOW);
    assert_eq!(clock(json!({"Now": NOW})).ok()["Now"], "2024-05-02T00:00:01Z");
    assert_eq!(clock(json!({"Now": "tomorrow"})).error(), (400, "InvalidTime"));
    assert_eq!(clock(json!({"Back": 1})).error(), (400, "InvalidBody"));
}

#[test]
fn stores_side_by_side_do_not_meet() {
    let emulator = Emulator::start(&["--now", NOW, "--retention-days", "0", "--load", CAPTURE]);
    let first = emulator.run("first", &["i-1"], &[]);
    assert_eq!([emulator.total("first"), emulator.total("second"), emulator.total("")], [2, 1, 1]);
    let body = emulator.call_as("second", "DescribeInvocations", &[("InvokeId", &first)]).ok();
    assert_eq!(body["TotalCount"], 0);
    // The key can be in the Authorization header.
    let answer = emulator.raw(
        b"GET /?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou HTTP/1.1\r\n\
          Host: a\r\nConnection: close\r\n\
          Authorization: ACS3-HMAC-SHA256 Credential=first,SignedHeaders=host,Signature=0\r\n\r\n",
    );
    assert!(answer.contains("\"TotalCount\":2"), "{answer}");
    // Nor do their tokens.
    let page = [("MaxResults", "1")];
    let token = emulator.call_as("first", "DescribeInvocations", &page).ok()["NextToken"].clone();
    let params = [("NextToken", token.as_str().unwrap())];
    emulator.call_as("first", "DescribeInvocations", &params).ok();
    let refused = emulator.call_as("second", "DescribeInvocations", &params);
    assert_eq!(refused.error(), (400, "InvalidParameter.NextToken"));

    emulator.post("/_emulator/reset?AccessKeyId=first", "").ok();
    assert_eq!(emulator.total("first"), 1);
    assert_eq!(emulator.get("/_emulator/health").body, json!({"Status": "ok", "Stores": 3}));
    let long = "x".repeat(129);
    let refused = emulator.call_as(&long, "DescribeInvocations", &[]);
    assert_eq!(refused.error(), (404, "InvalidAccessKeyId.NotFound"));
    for n in 3..1_000 {
        emulator.call_as(&n.to_string(), "DescribeInvocations", &[]).ok();
    }
    let refused = emulator.call_as("one more", "DescribeInvocations", &[]);
    assert_eq!(refused.error(), (404, "InvalidAccessKeyId.NotFound"));
}

/// The next event: its name and data.
fn next_event(stream: &mut impl BufRead) -> Option<(String, Value)> {
    let mut name = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        if let Some(given) = line.strip_prefix("event: ") {
            name = given.trim().to_owned();
        }
        if let Some(data) = line.strip_prefix("data: ") {
            return Some((name, serde_json::from_str(data).unwrap()));
        }
    }
}

fn listen(emulator: &Emulator, key: &str) -> BufReader<TcpStream> {
    let mut stream = emulator.connect();
    let head = format!(
        "GET /_emulator/events?AccessKeyId={key} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).unwrap();
    }
    stream
}

#[test]
fn events_are_sent_as_they_happen() {
    let emulator = Emulator::start(&["--now", NOW]);
    let mut events = listen(&emulator, "");
    let mut elsewhere = listen(&emulator, "other");
    let invoke_id = emulator.run("", &["i-1"], &[("Name", "report")]);
    for status in ["Running", "Success"] {
        let body = json!({"InvokeId": invoke_id, "InstanceId": "i-1", "InvocationStatus": status});
        emulator.control("runs", body).ok();
    }
    let (name, data) = next_event(&mut events).unwrap();
    assert_eq!((&*name, &data["invocationStatus"]), ("progress", &json!("Running")));
    let (name, mut data) = next_event(&mut events).unwrap();
    assert!(data["commandId"].take().as_str().unwrap().starts_with("c-"));
    let expected = json!({
        "commandId": null, "commandName": "report", "exitCode": "0", "finishTime": NOW,
        "instanceId": "i-1", "invocationStatus": "Success", "invokeId": invoke_id,
        "repeatMode": "Once", "repeats": "1", "startTime": NOW, "errorCode": "", "errorDesc": "",
    });
    assert_eq!((&*name, data), ("task", expected));
    // The other store's stream ends with that store, and had none of these events.
    emulator.post("/_emulator/reset?AccessKeyId=other", "").ok();
    let mut line = String::new();
    while elsewhere.read_line(&mut line).unwrap() > 0 {}
    assert!(!line.contains("data:"), "{line}");
}
