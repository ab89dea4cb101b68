//! Outcomes and faults that a test asks for: which run or request gets them, how often, and what is
//! refused.

mod common;

use std::time::{Duration, Instant};

use common::{Answer, Emulator, ONE, scratch};
use serde_json::{Value, json};

fn run_of(invocation: &Value) -> &Value {
    &invocation["InvokeInstances"]["InvokeInstance"][0]
}

impl Emulator {
    fn clear_faults(&self) {
        let request =
            "DELETE /_emulator/faults HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let answer = self.raw(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    /// Matched and Hits of each fault.
    fn counts(&self) -> Vec<[u64; 2]> {
        let body = self.get("/_emulator/faults").ok();
        let faults = body["Faults"].as_array().unwrap().iter();
        faults.map(|fault| ["Matched", "Hits"].map(|name| fault[name].as_u64().unwrap())).collect()
    }

    /// Statuses of `count` requests in turn.
    fn statuses(&self, count: usize, action: &str, params: &[(&str, &str)]) -> Vec<u16> {
        (0..count).map(|_| self.call(action, params).status).collect()
    }
}

/// Each body is 400 with this code, and its text has each of the words.
#[track_caller]
fn assert_refused(emulator: &Emulator, name: &str, refusals: &[(Value, &str, &[&str])]) {
    for (body, code, words) in refusals {
        let answer: Answer = emulator.control(name, body.clone());
        assert_eq!(answer.error(), (400, *code), "{body}");
        let text = answer.body["Recommend"].as_str().unwrap();
        for word in *words {
            assert!(text.contains(word), "{body}: {word} is not in {text}");
        }
    }
}

#[test]
fn runs_get_the_outcome_of_their_command_in_sequence_or_by_default() {
    let emulator = Emulator::start(&["--auto-complete", "1"]);
    let outcome = |body: Value| emulator.control("outcomes", body).ok();
    let ends = |content: &str, more: &[(&str, &str)]| {
        let params = [&[("CommandContent", content)], more].concat();
        let mut all = vec![("Type", "RunShellScript"), ("InstanceId.1", "i-1")];
        all.extend(params);
        let answer = emulator.call("RunCommand", &all).ok();
        let invoke_id = answer["InvokeId"].as_str().unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let run = run_of(&emulator.invocation("", invoke_id)).clone();
            let status = run["InvocationStatus"].as_str().unwrap().to_owned();
            let is_end = !["Pending", "Running"].contains(&&*status);
            if is_end {
                return (status, run["ExitCode"].clone(), run["Output"].clone());
            }
            assert!(Instant::now() < until, "{run}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let success = |output: &str| ("Success".to_owned(), json!(0), json!(output));
    let result =
        |output: &str| json!({"InvocationStatus": "Success", "ExitCode": 0, "Output": output});
    // By the whole content, and by a pattern.
    outcome(json!({"CommandContent": "cat /etc/*", "Result": result("d2hvbGU=")}));
    outcome(json!({"ContentPattern": "tail *log* -n*", "Result": result("cGF0dGVybg==")}));
    assert_eq!(ends("cat /etc/*", &[]), success("d2hvbGU="));
    assert_eq!(ends("tail\n-f /var/log/x", &[]).2, "");
    assert_eq!(ends("tail a.log\n-f -n 5", &[]), success("cGF0dGVybg=="));
    for other in ["cat /etc/hosts", "cat /etc/*\n", " cat /etc/*", "tail log", "tail -n 1 log"] {
        assert_eq!(ends(other, &[]), success(""), "{other}");
    }
    // A pattern and an instance together.
    outcome(json!({"ContentPattern": "*", "InstanceId": "i-2", "Result": result("aS0y")}));
    assert_eq!(ends("tail a.log -n 5", &[]), success("cGF0dGVybg=="));

    // In sequence: two failures, a time-out, then the one by default. Base64 makes no difference.
    let failed = |code| json!({"InvocationStatus": "Failed", "ExitCode": code});
    outcome(json!({"CommandName": "flaky", "Result": result("b2s=")}));
    outcome(json!({"CommandName": "flaky", "Times": 2, "Result": failed(1)}));
    let timeout = json!([{"InvocationStatus": "Running"}, {"InvocationStatus": "Timeout"}]);
    outcome(json!({"CommandName": "flaky", "Times": 1, "Steps": timeout}));
    let named = [("Name", "flaky")];
    assert_eq!(ends("ls", &named), ("Failed".to_owned(), json!(1), json!("")));
    let encoded = [("Name", "flaky"), ("ContentEncoding", "Base64")];
    assert_eq!(ends("bHM=", &encoded), ("Failed".to_owned(), json!(1), json!("")));
    assert_eq!(ends("ls", &named).0, "Timeout");
    assert_eq!(ends("ls", &named), success("b2s="));
    assert_eq!(ends("ls", &named), success("b2s="));

    // All other runs; a run that never starts; a recurring task, which is scheduled again.
    let invalid = json!({"InvocationStatus": "Invalid", "ErrorCode": "InstanceNotRunning"});
    outcome(json!({"Default": true, "Result": invalid}));
    assert_eq!(ends("ls", &[]), ("Invalid".to_owned(), Value::Null, json!("")));
    assert_eq!(ends("ls", &named), success("b2s="));
    let recurring = [("CommandContent", "ls"), ("Name", "flaky"), ("Frequency", "rate(5m)")];
    let invoke_id = emulator.run("", &["i-1"], &recurring);
    emulator.control("clock", json!({"Advance": 301})).ok();
    let run = run_of(&emulator.invocation("", &invoke_id)).clone();
    let is = ["InvocationStatus", "ExitCode", "Output"].map(|name| run[name].clone());
    assert_eq!(is, [json!("Scheduled"), json!(0), json!("b2s=")]);

    // Each instance is a run.
    outcome(json!({"CommandName": "pair", "Times": 1, "Result": failed(3)}));
    outcome(json!({"CommandName": "pair", "Times": 1, "Result": result("b2s=")}));
    let invoke_id = emulator.run("", &["i-1", "i-3"], &[("Name", "pair")]);
    let found = emulator.wait_for(&invoke_id, "PartialFailed");
    let runs = found["InvokeInstances"]["InvokeInstance"].as_array().unwrap();
    let codes: Vec<_> = runs.iter().map(|run| run["ExitCode"].clone()).collect();
    assert_eq!(codes, [3, 0]);
}

#[test]
fn an_outcome_that_can_not_be_is_refused() {
    let emulator = Emulator::start(&[]);
    let running = json!([{"InvocationStatus": "Running"}]);
    let success = json!({"InvocationStatus": "Success"});
    let end = |status: &str| json!({"CommandName": "a", "Result": {"InvocationStatus": status}});
    assert_refused(
        &emulator,
        "outcomes",
        &[
            (
                json!({"Steps": running}),
                "MissingParameter.CommandId",
                &["ContentPattern", "Default"],
            ),
            (
                json!({"Default": false, "Steps": running}),
                "MissingParameter.CommandId",
                &["Default"],
            ),
            (
                json!({"Default": true, "InstanceId": "i-1", "Steps": running}),
                "InvalidParameter.Default",
                &["given true", "InstanceId"],
            ),
            (
                json!({"CommandContent": "", "Steps": running}),
                "InvalidParameter.CommandContent",
                &["given an empty text"],
            ),
            (
                json!({"ContentPattern": "", "Steps": running}),
                "InvalidParameter.ContentPattern",
                &["given an empty text"],
            ),
            (
                json!({"CommandName": "a", "Times": 0, "Steps": running}),
                "InvalidParameter.Times",
                &["given 0", "allowed 1 to 4294967295"],
            ),
            (json!({"CommandName": "a"}), "MissingParameter.Steps", &["Result"]),
            (
                json!({"CommandName": "a", "Steps": running, "Result": success}),
                "InvalidParameter.Result",
                &["given with Steps"],
            ),
            (
                end("Running"),
                "InvalidParameter.InvocationStatus",
                &["\"Running\"", "Success, Failed"],
            ),
            (end("Done"), "InvalidParameter.InvocationStatus", &["given \"Done\"", "allowed"]),
            (
                json!({"CommandName": "n".repeat(513), "Result": success}),
                "InvalidParameter.CommandName",
                &["given 513 bytes", "allowed are 512"],
            ),
            (
                json!({"ContentPattern": "*".repeat(24_577), "Result": success}),
                "InvalidParameter.ContentPattern",
                &["given 24577 bytes", "allowed are 24576"],
            ),
            (
                json!({"CommandName": "a", "Steps": vec![json!({"InvocationStatus": "Running"}); 101]}),
                "InvalidParameter.Steps",
                &["given 101 steps", "allowed are 100"],
            ),
            (
                json!({"CommandName": "a", "Result": {"InvocationStatus": "Success", "DelayMs": 86_400_001}}),
                "InvalidParameter.DelayMs",
                &["given 86400001", "86400000"],
            ),
            (
                json!({"CommandName": "a", "Result": {"InvocationStatus": "Success", "Output": "%"}}),
                "InvalidParameter.Output",
                &["given \"%\"", "Base64"],
            ),
            (
                json!({"CommandName": "a", "Result": {"InvocationStatus": "Invalid", "Reschedule": true}}),
                "InvalidParameter.InvocationStatus",
                &["Invalid"],
            ),
            // The text names the field.
            (json!({"CommandContent": 1}), "InvalidBody", &["CommandContent", "1", "string"]),
            (json!({"Times": -1}), "InvalidBody", &["Times", "-1", "u32"]),
            (json!({"Default": "yes"}), "InvalidBody", &["Default", "yes", "boolean"]),
            (json!({"Steps": [{"DelayMs": "1"}]}), "InvalidBody", &["Steps[0].DelayMs", "u64"]),
            (
                json!({"Result": {"ExitCode": 1.5}}),
                "InvalidBody",
                &["Result.ExitCode", "1.5", "i64"],
            ),
            (json!({"Result": {"Out": ""}}), "InvalidBody", &["Out", "InvocationStatus"]),
        ],
    );
    // Nothing of it is kept.
    let invoke_id = emulator.run("", &["i-1"], &[("Name", "a")]);
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(emulator.invocation("", &invoke_id)["InvocationStatus"], "Pending");
}

#[test]
fn chosen_requests_get_an_error_and_are_counted() {
    let emulator = Emulator::start(&["--seed", "1"]);
    let fault = |body: Value| emulator.control("faults", body).ok();
    // The second and third request of an action.
    fault(
        json!({"Action": "DescribeInvocations", "Code": "Throttling.User", "From": 2, "Times": 2}),
    );
    assert_eq!(emulator.statuses(4, "DescribeInvocations", &[]), [200, 400, 400, 200]);
    assert_eq!(emulator.statuses(1, "DescribeCommands", &[]), [200]);
    assert_eq!(emulator.counts(), [[4, 2]]);
    // Another account has faults of its own.
    let elsewhere = "/_emulator/faults?AccessKeyId=1111111111111111";
    emulator.post(elsewhere, &json!({"Code": "Forbidden.RAM"}).to_string()).ok();
    assert_eq!(emulator.call_as(ONE, "DescribeCommands", &[]).error(), (403, "Forbidden.RAM"));
    assert_eq!(emulator.call("DescribeCommands", &[]).status, 200);

    // The first fault that hits answers; all count. Without an Action it is for every action.
    emulator.clear_faults();
    assert_eq!(emulator.counts(), [[0; 2]; 0]);
    fault(json!({"Code": "ServiceUnavailable", "Times": 1}));
    fault(json!({"Code": "InternalError", "Times": 1}));
    fault(json!({"Action": "DescribeCommands", "Code": "Busy", "Status": 503, "Message": "Wait."}));
    let answer = emulator.call("DescribeCommands", &[]);
    assert_eq!(answer.error(), (500, "ServiceUnavailable"));
    assert_eq!(emulator.call("NoSuchAction", &[]).error(), (500, "InternalError"));
    let answer = emulator.call("DescribeCommands", &[]);
    assert_eq!((answer.error(), &answer.body["Message"]), ((503, "Busy"), &json!("Wait.")));
    assert_eq!(emulator.call("NoSuchAction", &[]).error(), (404, "InvalidAction.NotFound"));
    assert_eq!(emulator.counts(), [[4, 1], [4, 1], [2, 1]]);
    // As it was given, with its counts.
    let listed = emulator.get("/_emulator/faults").ok()["Faults"][2].clone();
    let expected = json!({
        "Action": "DescribeCommands", "Code": "Busy", "Status": 503, "Message": "Wait.",
        "From": 1, "DelayMs": 0, "Matched": 2, "Hits": 1,
    });
    assert_eq!(listed, expected);
    emulator.wait_for_log("Busy");

    // For an instance that the request names, in both ways.
    emulator.clear_faults();
    fault(json!({"InstanceId": "i-2", "Code": "LastTokenProcessing"}));
    let command = [("Type", "RunShellScript"), ("CommandContent", "ls"), ("InstanceId.1", "i-1")];
    assert_eq!(emulator.statuses(1, "RunCommand", &command), [200]);
    let both = [&command[..], &[("InstanceId.2", "i-2")]].concat();
    assert_eq!(emulator.call("RunCommand", &both).error(), (403, "LastTokenProcessing"));
    assert_eq!(emulator.statuses(1, "DescribeInvocations", &[("InstanceId", "i-2")]), [403]);
    // The refused request did nothing; a reset clears.
    assert_eq!(emulator.total(""), 1);
    emulator.control("reset", json!({})).ok();
    assert_eq!(emulator.counts(), [[0; 2]; 0]);
}

#[test]
fn a_seed_repeats_which_requests_a_probability_hits() {
    let drawn = || {
        let emulator = Emulator::start(&["--seed", "7"]);
        let chance = json!({"Probability": 0.25, "Code": "Throttling", "Times": 30});
        emulator.control("faults", chance).ok();
        let statuses = emulator.statuses(200, "DescribeInvocations", &[]);
        (statuses, emulator.counts())
    };
    let (statuses, counts) = drawn();
    let hits = statuses.iter().filter(|status| **status == 400).count();
    assert!((15..=30).contains(&hits), "{hits}");
    assert_eq!(counts, [[200, hits as u64]]);
    assert_eq!(drawn(), (statuses, counts));
    let always = Emulator::start(&[]);
    always.control("faults", json!({"Probability": 1, "Code": "Throttling"})).ok();
    assert_eq!(always.statuses(5, "DescribeInvocations", &[]), [400; 5]);
}

#[test]
fn a_request_waits_or_loses_its_answer() {
    let emulator = Emulator::start(&[]);
    let fault = |body: Value| emulator.control("faults", body).ok();
    let run = |token: &str| {
        let target = format!(
            "/?Action=RunCommand&Version=2014-05-26&RegionId=cn-hangzhou&Type=RunShellScript\
             &CommandContent=ls&InstanceId.1=i-1&ClientToken={token}"
        );
        let head = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        emulator.raw(head.as_bytes())
    };
    let begun = Instant::now();
    fault(json!({"Action": "DescribeInvocations", "DelayMs": 300, "Times": 1}));
    assert_eq!(emulator.total(""), 0);
    assert!(begun.elapsed() >= Duration::from_millis(300));

    // Before the action: nothing is sent, nothing done.
    fault(json!({"Action": "RunCommand", "Cut": "BeforeAction", "Times": 1}));
    assert_eq!(run("a"), "");
    assert_eq!(emulator.total(""), 0);
    // After it: nothing is sent, and the retry with its ClientToken gets the answer of the first.
    fault(json!({"Action": "RunCommand", "Cut": "AfterAction", "Times": 1}));
    assert_eq!(run("b"), "");
    assert_eq!(emulator.total(""), 1);
    assert!(run("b").contains("InvokeId"));
    assert_eq!(emulator.total(""), 1);
    // Half the answer.
    fault(json!({"Action": "RunCommand", "Cut": "HalfAnswer", "DelayMs": 20, "Times": 1}));
    let half = run("c");
    let (head, half) = half.split_once("\r\n\r\n").unwrap();
    let whole = run("c");
    let (_, whole) = whole.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.to_lowercase().contains(&format!("content-length: {}", whole.len())), "{head}");
    let invoke_id =
        |body: &str| body.split_once("CommandId").map(|(_, rest)| rest[..20].to_owned());
    assert_eq!((half.len(), invoke_id(half)), (whole.len() / 2, invoke_id(whole)));
    assert_eq!(emulator.total(""), 2);
    // Half of a large one, and the server goes on.
    for _ in 0..60 {
        emulator.run("", &["i-1"], &[]);
    }
    fault(json!({"Action": "DescribeInvocations", "Cut": "HalfAnswer", "Times": 1}));
    let head = "GET /?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou&PageSize=50 \
                HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = emulator.raw(head.as_bytes());
    let (head, half) = answer.split_once("\r\n\r\n").unwrap();
    let length = head.to_lowercase().split_once("content-length: ").unwrap().1.to_owned();
    let length: usize = length.lines().next().unwrap().parse().unwrap();
    assert!(length > 30_000);
    assert_eq!(half.len(), length / 2);
    assert_eq!(emulator.total(""), 62);
}

#[test]
fn faults_and_sequences_outlive_a_restart() {
    let path = scratch("faults.archive");
    let args = ["--archive", path.to_str().unwrap(), "--auto-complete", "1"];
    let emulator = Emulator::start(&args);
    let result = json!({"InvocationStatus": "Failed", "ExitCode": 1});
    let outcome = json!({"CommandName": "flaky", "Times": 2, "Result": result});
    emulator.control("outcomes", outcome).ok();
    emulator.control("faults", json!({"Code": "Throttling", "From": 2, "Times": 2})).ok();
    assert_eq!(emulator.statuses(2, "DescribeInvocations", &[]), [200, 400]);
    assert!(emulator.stop("-TERM"));
    let emulator = Emulator::start(&args);
    assert_eq!(emulator.counts(), [[2, 1]]);
    assert_eq!(emulator.statuses(2, "DescribeInvocations", &[]), [400, 200]);
    for status in ["Failed", "Failed", "Success"] {
        emulator.wait_for(&emulator.run("", &["i-1"], &[("Name", "flaky")]), status);
    }
}

#[test]
fn a_fault_that_can_not_be_is_refused() {
    let emulator = Emulator::start(&[]);
    let long = "x".repeat(1_025);
    assert_refused(
        &emulator,
        "faults",
        &[
            (json!({}), "MissingParameter.Code", &["Cut", "DelayMs"]),
            (json!({"DelayMs": 0}), "MissingParameter.Code", &["DelayMs above 0"]),
            (
                json!({"Action": "RunComand", "Code": "Throttling"}),
                "InvalidParameter.Action",
                &["given \"RunComand\"", "RunCommand"],
            ),
            (
                json!({"InstanceId": "", "Code": "Throttling"}),
                "InvalidParameter.InstanceId",
                &["given \"\", allowed 1 to 128 bytes"],
            ),
            (
                json!({"From": 0, "Code": "Throttling"}),
                "InvalidParameter.From",
                &["given 0", "1 or more"],
            ),
            (json!({"Times": 0, "Code": "Throttling"}), "InvalidParameter.Times", &["given 0"]),
            (
                json!({"Probability": 1.5, "Code": "Throttling"}),
                "InvalidParameter.Probability",
                &["given 1.5", "at most 1"],
            ),
            (
                json!({"Probability": 0, "DelayMs": 1}),
                "InvalidParameter.Probability",
                &["more than 0"],
            ),
            (json!({"DelayMs": 3_600_001}), "InvalidParameter.DelayMs", &["3600001", "3600000"]),
            (json!({"Code": "Busy"}), "MissingParameter.Status", &["\"Busy\"", "Throttling.User"]),
            (json!({"Code": "Bu sy", "Status": 503}), "InvalidParameter.Code", &["Bu sy", "ASCII"]),
            (
                json!({"Code": "Busy", "Status": 200}),
                "InvalidParameter.Status",
                &["200", "400 to 599"],
            ),
            (json!({"Code": "Throttling", "Message": long}), "InvalidParameter.Message", &["1024"]),
            (json!({"Status": 503, "DelayMs": 1}), "MissingParameter.Code", &["Status"]),
            (json!({"Code": "Throttling", "Cut": "HalfAnswer"}), "InvalidParameter.Cut", &["Code"]),
            (json!({"Cut": "Half"}), "InvalidBody", &["Cut", "Half", "HalfAnswer"]),
            (json!({"Code": "Throttling", "Time": 1}), "InvalidBody", &["`Time`", "`Times`"]),
            (json!({"Status": 70_000}), "InvalidBody", &["Status", "70000", "u16"]),
            (json!([]), "InvalidBody", &["allowed is an object"]),
        ],
    );
    assert_eq!(emulator.counts(), [[0; 2]; 0]);
    for _ in 0..100 {
        emulator.control("faults", json!({"Action": "RunCommand", "Code": "Throttling"})).ok();
    }
    let more = emulator.control("faults", json!({"Code": "Throttling"}));
    assert_eq!(more.error(), (400, "InvalidParameter.Faults"));
    assert_eq!(emulator.total(""), 0);
}
