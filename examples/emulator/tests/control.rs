//! The endpoints for tests, separate stores, and runs that complete by script or automatically.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use common::{CAPTURE, Emulator, NOW, ONE, TWO};
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
    let more = json!({"InvokeId": invoke_id, "InstanceId": "i-1", "Append": "IG1vcmU=",
        "Dropped": 3, "Repeats": 7, "StartTime": "2024-04-30T00:00:00Z"});
    emulator.control("runs", more).ok();
    let found = emulator.invocation("", &invoke_id);
    let run = run_of(&found);
    assert_eq!((&run["Output"], &run["Dropped"]), (&json!("aGFsZiBtb3Jl"), &json!(3)));
    assert_eq!((&run["Repeats"], &run["InvocationStatus"]), (&json!(7), &json!("Running")));
    assert_eq!(run["StartTime"], "2024-04-30T00:00:00Z");
    report("Running", json!({"StartTime": ""})).ok();
    assert_eq!(run_of(&emulator.invocation("", &invoke_id))["StartTime"], "");
    report("Failed", json!({"ExitCode": 2, "Output": "d2hvbGU="})).ok();
    let found = emulator.invocation("", &invoke_id);
    let run = run_of(&found);
    assert_eq!((&run["ExitCode"], &run["Output"]), (&json!(2), &json!("d2hvbGU=")));
    assert_eq!((&run["ErrorCode"], &run["FinishTime"]), (&json!("ExitCodeNonzero"), &json!(NOW)));

    assert_eq!(report("Running", json!({})).error(), (400, "InvalidParameter.InvocationStatus"));
    assert_eq!(report("Done", json!({})).error(), (400, "InvalidParameter.InvocationStatus"));
    assert_eq!(report("Failed", json!({"Output": "%"})).error(), (400, "InvalidParameter.Output"));
    let both = json!({"Output": "d2hvbGU=", "Append": "d2hvbGU="});
    assert_eq!(report("Failed", both).error(), (400, "InvalidParameter.Append"));
    let yesterday = json!({"StopTime": "yesterday"});
    assert_eq!(report("Failed", yesterday).error(), (400, "InvalidParameter.StopTime"));
    assert_eq!(report("Failed", json!({"Exit": 1})).error(), (400, "InvalidBody"));
    assert_eq!(emulator.control("runs", json!({})).error(), (400, "MissingParameter.InvokeId"));
    assert_eq!(emulator.post("/_emulator/runs", "no JSON").error(), (400, "InvalidBody"));
    let delayed = report("Success", json!({"DelayMs": 1}));
    assert_eq!(delayed.error(), (400, "InvalidParameter.DelayMs"));
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
    assert_eq!(script("CommandName", "a", long).error(), (400, "InvalidParameter.DelayMs"));
}

#[test]
fn a_script_that_no_run_can_take_is_refused() {
    let emulator = Emulator::start(&[]);
    let script = |steps: &[Value]| {
        emulator.control("outcomes", json!({"CommandName": "script", "Steps": steps}))
    };
    let step = |status: &str| json!({"InvocationStatus": status});
    let again = json!({"InvocationStatus": "Success", "Reschedule": true});
    let reported = |steps: &[Value]| {
        let invoke_id = emulator.run("", &["i-1"], &[("Frequency", "rate(5m)")]);
        let report = |step: &Value| {
            let mut body = step.clone();
            body["InvokeId"] = json!(invoke_id);
            body["InstanceId"] = json!("i-1");
            emulator.control("runs", body)
        };
        let (last, before) = steps.split_last().unwrap();
        before.iter().for_each(|step| drop(report(step).ok()));
        report(last)
    };
    let text = "x".repeat(4_097);
    for steps in [
        vec![step("Success")],
        vec![again.clone()],
        vec![step("Running"), step("Success"), step("Running")],
        vec![step("Running"), again.clone(), step("Success")],
        vec![json!({"InvocationStatus": "Running", "ErrorInfo": text})],
    ] {
        let (refused, reported) = (script(&steps), reported(&steps));
        assert_eq!(refused.status, 400, "{steps:?}");
        for name in ["Code", "Message", "Recommend"] {
            assert_eq!(refused.body[name], reported.body[name], "{steps:?}");
        }
    }
    let refused = script(&[step("Success")]);
    assert_eq!(refused.error(), (400, "InvalidParameter.InvocationStatus"));
    let detail = refused.body["Recommend"].as_str().unwrap();
    assert!(detail.starts_with("a run cannot go from Pending to Success"), "{detail}");

    // Nothing is kept: the run has no script, and completes by the next one that is allowed.
    let invoke_id = emulator.run("", &["i-1"], &[("Name", "script")]);
    script(&[step("Running"), step("Success")]).ok();
    emulator.wait_for(&emulator.run("", &["i-1"], &[("Name", "script")]), "Success");
    assert_eq!(emulator.invocation("", &invoke_id)["InvocationStatus"], "Pending");
    // A script that only recurring tasks can take leaves the other tasks to the script before.
    script(&[step("Running"), again]).ok();
    emulator.wait_for(&emulator.run("", &["i-1"], &[("Name", "script")]), "Success");
    let recurring = [("Name", "script"), ("Frequency", "rate(5m)")];
    emulator.wait_for(&emulator.run("", &["i-1"], &recurring), "Scheduled");
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
    let other = emulator.run(ONE, &["i-1"], &[]);
    assert_eq!(emulator.invocation(ONE, &other)["CreationTime"], NOW);
    assert_eq!(clock(json!({"Now": NOW})).ok()["Now"], "2024-05-02T00:00:01Z");
    let tomorrow = clock(json!({"Now": "tomorrow"}));
    assert_eq!(tomorrow.error(), (400, "InvalidTime"));
    assert!(tomorrow.body["Recommend"].as_str().unwrap().contains("Now: given \"tomorrow\""));
    assert_eq!(clock(json!({"Back": 1})).error(), (400, "InvalidBody"));
}

/// A captured answer with one record for each InvokeId.
fn capture(invoke_ids: &[&str]) -> Value {
    let record = |invoke_id: &&str| {
        json!({
            "InvokeId": invoke_id, "CommandId": "c-1", "CommandType": "RunShellScript",
            "CreationTime": NOW, "InvokeInstances": {"InvokeInstance": [
                {"InstanceId": "i-1", "InvocationStatus": "Success", "ExitCode": 0}
            ]}
        })
    };
    json!({"Invocations": {"Invocation": invoke_ids.iter().map(record).collect::<Vec<_>>()}})
}

#[test]
fn records_are_accepted_all_or_none() {
    let emulator = Emulator::start(&["--now", NOW, "--region", "cn-beijing"]);
    let records = |body: Value| emulator.control("records", body);
    let loaded = records(capture(&["t-1", "t-2"])).ok();
    assert_eq!([&loaded["Loaded"], &loaded["NotRetained"]], [2, 0]);
    // Records without a region are of the default one.
    assert_eq!(emulator.total(""), 0);
    let body = emulator.call("DescribeInvocations", &[("RegionId", "cn-beijing")]).ok();
    assert_eq!(body["TotalCount"], 2);

    // The second is refused, so the first is not accepted either.
    let mut refused = capture(&["t-3", "t-4"]);
    refused["Invocations"]["Invocation"][1]["CommandType"] = "RunPython".into();
    assert_eq!(records(refused).error(), (400, "InvalidParameter.CommandType"));
    for other in [json!({"Invocations": 1}), json!([]), json!({"Record": {}})] {
        assert_eq!(records(other).error().0, 400);
    }
    let body = emulator.call("DescribeInvocations", &[("RegionId", "cn-beijing")]).ok();
    assert_eq!(body["TotalCount"], 2);
    // Old ones are counted.
    let mut old = capture(&["t-5"]);
    old["Invocations"]["Invocation"][0]["CreationTime"] = "2023-05-01T00:00:00Z".into();
    assert_eq!(records(old).ok()["NotRetained"], 1);
}

#[test]
fn a_reset_can_set_the_clock_back() {
    let emulator = Emulator::start(&[]);
    let reset = |body: Value| emulator.control("reset", body);
    emulator.run("", &["i-1"], &[]);
    // A refused one leaves the store as it is.
    for (body, code) in [
        (json!({"Now": "tomorrow"}), "InvalidTime"),
        (json!({"Now": 1}), "InvalidBody"),
        (json!({"Then": NOW}), "InvalidBody"),
        // Not taken by its place.
        (json!([NOW]), "InvalidBody"),
        (json!([null]), "InvalidBody"),
    ] {
        assert_eq!(reset(body).error(), (400, code));
    }
    assert_eq!(emulator.total(""), 1);
    reset(json!({"Now": NOW})).ok();
    assert_eq!(emulator.total(""), 0);
    let invoke_id = emulator.run("", &["i-1"], &[]);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let later = emulator.run("", &["i-1"], &[]);
    for invoke_id in [invoke_id, later] {
        assert_eq!(emulator.invocation("", &invoke_id)["CreationTime"], NOW);
    }
    emulator.control("clock", json!({"Advance": 5})).ok();
    let invoke_id = emulator.run("", &["i-1"], &[]);
    assert_eq!(emulator.invocation("", &invoke_id)["CreationTime"], "2024-05-01T00:00:05Z");
}

#[test]
fn stores_side_by_side_do_not_meet() {
    let emulator = Emulator::start(&["--now", NOW, "--retention-days", "0", "--load", CAPTURE]);
    let first = emulator.run(ONE, &["i-1"], &[]);
    assert_eq!([emulator.total(ONE), emulator.total(TWO), emulator.total("")], [2, 1, 1]);
    let body = emulator.call_as(TWO, "DescribeInvocations", &[("InvokeId", &first)]).ok();
    assert_eq!(body["TotalCount"], 0);
    // The key can be in the Authorization header.
    let answer = emulator.raw(
        b"GET /?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou HTTP/1.1\r\n\
          Host: localhost\r\nConnection: close\r\n\
          Authorization: ACS3-HMAC-SHA256 Credential=1111111111111111,SignedHeaders=host,Signature=0\r\n\r\n",
    );
    assert!(answer.contains("\"TotalCount\":2"), "{answer}");
    // Nor do their tokens.
    let page = [("MaxResults", "1")];
    let token = emulator.call_as(ONE, "DescribeInvocations", &page).ok()["NextToken"].clone();
    let params = [("NextToken", token.as_str().unwrap())];
    emulator.call_as(ONE, "DescribeInvocations", &params).ok();
    let refused = emulator.call_as(TWO, "DescribeInvocations", &params);
    assert_eq!(refused.error(), (400, "InvalidParameter.NextToken"));

    emulator.post("/_emulator/reset?AccessKeyId=1111111111111111", "").ok();
    assert_eq!(emulator.total(ONE), 1);
    assert_eq!(
        emulator.get("/_emulator/health").body,
        json!({"Status": "ok", "Stores": 3, "Archive": null})
    );
}

#[test]
fn the_longest_unused_new_store_makes_room_for_another() {
    let emulator = Emulator::start(&["--seed", "1"]);
    let account = |n: u64| format!("{n:016}");
    let request_id =
        |key: &str| emulator.call_as(key, "DescribeInvocations", &[]).ok()["RequestId"].clone();
    emulator.run("", &["i-1"], &[]);
    emulator.run(ONE, &["i-1"], &[]);
    let first = request_id(&account(0));
    let listening = listen(&emulator, &format!("AccessKeyId={}", account(1)));
    for n in 2..998 {
        request_id(&account(n));
    }
    assert_eq!(emulator.get("/_emulator/health").body["Stores"], 1_000);
    // Used again, so it stays; its sequence of ids goes on.
    let second = request_id(&account(0));
    for n in 998..1_990 {
        request_id(&account(n));
    }
    assert_eq!(emulator.get("/_emulator/health").body["Stores"], 1_000);
    assert!(![first.clone(), second].contains(&request_id(&account(0))));
    assert_eq!([emulator.total(""), emulator.total(ONE)], [1, 1]);
    drop(listening);
    // This one went, and is new again.
    request_id(&account(2_000));
    for n in 2_000..3_000 {
        request_id(&account(n));
    }
    assert_eq!(request_id(&account(0)), first);
    // Stores with something in them stay.
    emulator.post("/_emulator/reset", "").ok();
    for n in 3_000..3_998 {
        emulator.run(&account(n), &["i-1"], &[]);
    }
    assert_eq!(emulator.total(&account(3_500)), 1);
    let refused = emulator.call_as(&account(9_999), "DescribeInvocations", &[]);
    assert_eq!(refused.error(), (404, "InvalidAccessKeyId.NotFound"));
}

#[test]
fn all_other_keys_are_one_account() {
    let emulator = Emulator::start(&[]);
    let token = [("ClientToken", "token-1")];
    let first = emulator.run("LTAI-old", &["i-1"], &token);
    // Renewed and temporary credentials: a retry is the same request.
    let renewed = [token[0], ("SecurityToken", "sts"), ("Format", "JSON"), ("Signature", "x")];
    assert_eq!(emulator.run("STS.renewed", &["i-1"], &renewed), first);
    assert_eq!(emulator.run("", &["i-1"], &token), first);
    let long = "x".repeat(1_000);
    for key in ["", "LTAI-old", &long, "111111111111111", "11111111111111111", "111111111111111x"] {
        assert_eq!(emulator.total(key), 1, "{key}");
    }
    assert_eq!(emulator.total(ONE), 0);
    assert_ne!(emulator.run(ONE, &["i-1"], &token), first);
    for (key, error) in
        [("forbidden", (403, "Operation.Forbidden")), ("broken", (500, "InternalError.Dispatch"))]
    {
        assert_eq!(emulator.call_as(key, "DescribeInvocations", &[]).error(), error);
        // A refused reset changes nothing.
        let reset = emulator.post(&format!("/_emulator/reset?AccessKeyId={key}"), "{}");
        assert_eq!(reset.error(), error);
        assert_eq!(emulator.total(""), 1);
    }
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

fn listen(emulator: &Emulator, query: &str) -> BufReader<TcpStream> {
    let mut stream = emulator.connect();
    let head = format!(
        "GET /_emulator/events?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
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
    let mut monitor = listen(&emulator, "Form=CloudMonitor&PlayerUid=11&OwnerId=12");
    let mut elsewhere = listen(&emulator, &format!("AccessKeyId={ONE}"));
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
    // In the form of Cloud Monitor numbers are numbers, and there is no field of an error.
    let (name, mut data) = next_event(&mut monitor).unwrap();
    assert!(data["commandId"].take().as_str().unwrap().starts_with("c-"));
    let mut expected = json!({
        "commandId": null, "commandName": "report", "finishTime": "", "instanceId": "i-1",
        "invocationStatus": "Running", "invokeId": invoke_id, "ownerId": 12, "playerUid": 11,
        "repeatMode": "Once", "repeats": 1, "startTime": NOW,
    });
    assert_eq!((&*name, data), ("progress", expected.clone()));
    let (name, mut data) = next_event(&mut monitor).unwrap();
    data["commandId"].take();
    expected["exitCode"] = 0.into();
    expected["finishTime"] = NOW.into();
    expected["invocationStatus"] = "Success".into();
    assert_eq!((&*name, data), ("task", expected));
    for (query, code) in [
        ("Form=Json", "InvalidParameter.Form"),
        ("Form=CloudMonitor&OwnerId=12", "MissingParameter.PlayerUid"),
        ("Form=CloudMonitor&PlayerUid=11&OwnerId=%2B12", "InvalidParameter.OwnerId"),
        (
            "Form=CloudMonitor&PlayerUid=18446744073709551616&OwnerId=12",
            "InvalidParameter.PlayerUid",
        ),
    ] {
        let refused = emulator.get(&format!("/_emulator/events?{query}"));
        assert_eq!(refused.error(), (400, code));
    }
    // The other store's stream ends with that store, and had none of these events.
    emulator.post("/_emulator/reset?AccessKeyId=1111111111111111", "").ok();
    let mut line = String::new();
    while elsewhere.read_line(&mut line).unwrap() > 0 {}
    assert!(!line.contains("data:"), "{line}");
}
