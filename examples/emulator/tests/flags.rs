//! The flags of the command line.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use common::{Answer, BINARY, CAPTURE, Emulator, NOW, ONE, TWO, scratch};
use serde_json::json;

#[test]
fn a_seed_repeats_every_id() {
    let ids = || {
        let emulator = Emulator::start(&["--seed", "7", "--now", NOW]);
        // Runs in other stores do not change the ids.
        emulator.run(&format!("{:016}", std::process::id()), &["i-1"], &[]);
        let params =
            [("Type", "RunShellScript"), ("CommandContent", "df"), ("InstanceId.1", "i-1")];
        (emulator.call("RunCommand", &params).ok(), emulator.call("DescribeInvocations", &[]).ok())
    };
    let first = ids();
    assert_eq!(first, ids());
    assert_ne!(first.0["RequestId"], first.1["RequestId"]);
    // Each store has ids of its own, and without a seed each start has.
    let run = |args: &[&str], key| Emulator::start(args).run(key, &["i-1"], &[]);
    assert_ne!(run(&["--seed", "7"], ONE), run(&["--seed", "7"], TWO));
    assert_ne!(run(&[], ONE), run(&[], ONE));
}

#[test]
fn captures_are_loaded_as_told() {
    let content = |encoding: &str| {
        let args = ["--retention-days", "0", "--region", "cn-beijing", "--load-encoding", encoding];
        let emulator = Emulator::start(&[&args[..], &["--load", CAPTURE]].concat());
        let params = [("RegionId", "cn-beijing"), ("ContentEncoding", "PlainText")];
        let body = emulator.call("DescribeInvocations", &params).ok();
        body["Invocations"]["Invocation"][0]["CommandContent"].as_str().map(str::to_owned)
    };
    assert_eq!(content("auto").as_deref(), Some("cnBtIC1xYSB8IGdyZXAgdnNm****"));
    assert_eq!(content("plain"), content("auto"));
    // The sample's content is masked and therefore not Base64, so its record is refused.
    assert_eq!(content("base64"), None);
    let event = CAPTURE.replace("captured/describe-invocations", "refused/task-event");
    let said = Emulator::try_start(&["--load", CAPTURE, &event]).err().unwrap();
    assert!(said.contains("task-event.json: it is a task event"), "{said}");
    let results = CAPTURE.replace("invocations", "invocation-results");
    let emulator = Emulator::start(&["--retention-days", "0", "--load", &results]);
    let params = [("InvokeId", "t-hz0jdfwd9f****")];
    let body = emulator.call("DescribeInvocationResults", &params).ok();
    let row = &body["Invocation"]["InvocationResults"]["InvocationResult"][0];
    assert_eq!(row["ErrorCode"], "ExitCodeNonzero");
    let said = Emulator::try_start(&["--load", "no/such/file"]).err().unwrap();
    assert!(said.contains("no/such/file"), "{said}");
}

#[test]
fn captured_records_may_name_their_region_and_group() {
    let path = scratch("extra-keys.json");
    let record = |id: &str, more: serde_json::Value| {
        let mut record = json!({
            "InvokeId": id, "CommandId": "c-1", "CommandType": "RunShellScript",
            "CreationTime": NOW, "RepeatMode": "Once",
            "InvokeInstances": {"InvokeInstance": [
                {"InstanceId": "i-1", "InvocationStatus": "Success"},
            ]},
        });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record
    };
    let records = [
        record("t-1", json!({"RegionId": "cn-beijing", "ResourceGroupId": "rg-1"})),
        record("t-2", json!({})),
    ];
    fs::write(&path, json!({"Invocations": {"Invocation": records}}).to_string()).unwrap();
    // Several files may be named at once.
    let load = ["--load", path.to_str().unwrap(), CAPTURE, "--retention-days", "0"];
    let emulator = Emulator::start(&load);
    let total = |params: &[(&str, &str)]| {
        emulator.call("DescribeInvocations", params).ok()["TotalCount"].as_u64().unwrap()
    };
    assert_eq!(total(&[("RegionId", "cn-beijing"), ("ResourceGroupId", "rg-1")]), 1);
    assert_eq!(total(&[("RegionId", "cn-beijing"), ("ResourceGroupId", "rg-2")]), 0);
    assert_eq!(total(&[]), 2);
}

#[test]
fn capacity_and_omitted_timed_reach_the_store() {
    let emulator = Emulator::start(&["--capacity", "2"]);
    let ids: Vec<_> = (0..3).map(|_| emulator.run("", &["i-1"], &[])).collect();
    assert_eq!(emulator.total(""), 2);
    assert_eq!(
        emulator.call("DescribeInvocations", &[("InvokeId", &ids[0])]).ok()["TotalCount"],
        0
    );

    for (policy, shown) in [("documented", 0), ("any", 1)] {
        let emulator = Emulator::start(&["--omitted-timed", policy]);
        emulator.run("", &["i-1"], &[("Frequency", "rate(5m)")]);
        assert_eq!(emulator.total(""), shown, "{policy}");
        let on_instance = emulator.call("DescribeInvocations", &[("InstanceId", "i-1")]).ok();
        assert_eq!(on_instance["TotalCount"], 1, "{policy}");
    }
}

#[test]
fn recommend_is_the_link_or_the_detail_and_the_log_has_the_detail() {
    let detail = "given 51, allowed 1 to 50";
    for (args, is_link) in
        [(&[][..], true), (&["--recommend", "link"], true), (&["--recommend", "detail"], false)]
    {
        let emulator = Emulator::start(args);
        let recommended = |answer: Answer| {
            let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
            let link = format!(
                "https://api.aliyun.com/troubleshoot?q={}&product=Ecs&requestId={}",
                text("Code"),
                text("RequestId")
            );
            assert_eq!(text("Recommend") == link, is_link, "{answer:?}");
            (text("RequestId"), text("Recommend"))
        };
        let answer = emulator.call("DescribeInvocations", &[("MaxResults", "51")]);
        let (request_id, recommend) = recommended(answer);
        assert!(is_link || recommend == detail, "{recommend}");
        let line = emulator.wait_for_log(&request_id);
        let error =
            "InvalidParameter.MaxResults (400): The specified parameter MaxResults is not valid.";
        let expected = format!("invodex-emulator: {request_id} {error} MaxResults: {detail}");
        assert_eq!(line, expected);
        // An error of the emulator itself, one of a store, one of a path, and one of a method.
        recommended(emulator.call("RunCommand", &[("Type", "RunPython")]));
        recommended(emulator.call("StopInvocation", &[("InvokeId", "t-0")]));
        recommended(emulator.get("/elsewhere"));
        recommended(emulator.get("/_emulators"));
        recommended(emulator.call_as("unavailable", "DescribeInvocations", &[]));

        // The endpoints for tests always answer with the detail.
        let control = |answer: Answer| answer.body["Recommend"].as_str().unwrap().to_owned();
        let run = json!({"InvokeId": "t-0", "InstanceId": "i-1", "InvocationStatus": "Running"});
        let unknown = control(emulator.control("runs", run));
        assert!(unknown.starts_with("given \"t-0\"; the record was never accepted"), "{unknown}");
        let body = control(emulator.post("/_emulator/clock", "{"));
        assert!(body.starts_with("EOF while parsing"), "{body}");
        assert_eq!(control(emulator.get("/_emulator/elsewhere")), "");
        assert_eq!(control(emulator.get("/_emulator/runs")), "allowed are POST");
    }
}

#[test]
fn what_it_cannot_start_with_is_said() {
    let taken = Emulator::start(&[]);
    for (args, said) in [
        (&["--listen", &taken.address][..], "in use"),
        (&["--now", "yesterday"], "yesterday"),
        (&["--retention-days", "-1"], "-1"),
        (&["--load-encoding", "gzip"], "gzip"),
        (&["--recommend", "nothing"], "nothing"),
        (&["--elsewhere"], "--elsewhere"),
    ] {
        let error = Emulator::try_start(args).err().unwrap();
        assert!(error.contains(said), "{args:?}: {error}");
    }
}

#[test]
fn a_further_name_is_allowed_and_an_open_address_is_told() {
    let status = |emulator: &Emulator, host: &str| {
        let answer = emulator.raw(
            format!("GET /_emulator/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        );
        answer[9..12].to_owned()
    };
    let emulator = Emulator::start(&["--allow-host", "emulator", "mock.test"]);
    for (host, expected) in [("emulator:1", "200"), ("mock.test", "200"), ("other.test", "403")] {
        assert_eq!(status(&emulator, host), expected, "{host}");
    }
    // An address, as that of a machine that forwards to the emulator.
    let emulator = Emulator::start(&["--allow-host", "10.0.0.5", "[FD00:0::5]", "a_b.test."]);
    for (host, expected) in [
        ("10.0.0.5:8088", "200"),
        ("[::ffff:10.0.0.5]", "200"),
        ("[fd00::5]:1", "200"),
        ("A_b.test", "200"),
        ("10.0.0.6", "403"),
        ("[fd00::6]", "403"),
    ] {
        assert_eq!(status(&emulator, host), expected, "{host}");
    }
    for given in
        ["emulator:8088", "http://x", "", "10.0.0.5:1", "[fd00::5]:1", "*.test", "a b", "a@b"]
    {
        let args = ["--listen", "127.0.0.1:0", "--allow-host", given];
        let said = Emulator::try_start(&args).err();
        let said = said.unwrap_or_else(|| panic!("it starts with {given:?}"));
        assert!(said.contains("--allow-host <NAME>") && said.contains(given), "{said}");
        assert!(said.contains("allowed is a name or an address without a port"), "{said}");
        let status = Command::new(BINARY).args(args).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(2));
    }
    let mut open = Command::new(BINARY)
        .args(["--listen", "0.0.0.0:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(open.stderr.take().unwrap()).read_line(&mut line).unwrap();
    open.kill().unwrap();
    open.wait().unwrap();
    assert!(line.contains("everyone who reaches it can read and change every store"), "{line}");
}

#[test]
fn version_and_help() {
    let said = |flag: &str| {
        let output = Command::new(BINARY).arg(flag).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let version = said("--version");
    let build = version.strip_prefix("invodex-emulator 0.1.0 (").unwrap().trim_end();
    let [commit, profile, target] =
        build.strip_suffix(')').unwrap().split(", ").collect::<Vec<_>>()[..]
    else {
        panic!("{version}")
    };
    let hash = commit.strip_prefix("commit ").unwrap_or("0");
    assert!(
        commit == "no commit"
            || (hash.len() >= 12 && hash.bytes().all(|it| it.is_ascii_hexdigit()))
    );
    assert!(matches!(profile, "debug" | "release") && target.contains('-'), "{version}");

    let help = said("--help");
    for part in [
        "Examples:",
        "Address:",
        "Archive:",
        "--until-eof",
        "invodex-emulator --load captured.json",
    ] {
        assert!(help.contains(part), "{part} in {help}");
    }
    // Every example is a command line that the program takes.
    let examples = help.lines().filter_map(|line| line.trim().strip_prefix("invodex-emulator "));
    assert_eq!(examples.clone().count(), 4);
    for example in examples {
        let mut args: Vec<_> = example.split(' ').collect();
        args.push("--help");
        let output = Command::new(BINARY).args(&args).output().unwrap();
        assert!(output.status.success(), "{example}");
    }
}

#[test]
fn it_ends_with_standard_input() {
    let path = scratch("until-eof.archive");
    let archive = path.to_str().unwrap();
    let mut command = Command::new(BINARY);
    command.stdin(Stdio::piped());
    let args = ["--until-eof", "--archive", archive, "--save-every", "86400"];
    let mut emulator = Emulator::try_start_by(command, &args).unwrap();
    emulator.run(ONE, &["i-1"], &[]);
    // Bytes on it change nothing.
    let mut stdin = emulator.stdin();
    stdin.write_all(b"anything\n").unwrap();
    emulator.run(ONE, &["i-1"], &[]);
    drop(stdin);
    assert!(emulator.end());
    // All was saved, as at a signal.
    let emulator = Emulator::start(&["--archive", archive]);
    assert_eq!(emulator.total(ONE), 2);
}
