//! Bounds of memory and time: what one client takes does not grow without end, and does not keep
//! others from their answers.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{BINARY, Emulator, scratch};
use serde_json::json;

/// The memory of the process in MB.
fn resident(emulator: &Emulator) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", emulator.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() / 1_000
}

#[test]
fn a_script_is_shared_by_its_runs_and_ends_at_a_reset() {
    let emulator = Emulator::start(&[]);
    let output = "QUFB".repeat(2_000);
    let mut steps = vec![json!({"InvocationStatus": "Running", "DelayMs": 86_400_000})];
    steps.extend((0..90).map(|_| json!({"InvocationStatus": "Running", "Output": output})));
    let instances: Vec<_> = (0..100).map(|n| format!("i-{n}")).collect();
    let instances: Vec<_> = instances.iter().map(String::as_str).collect();
    let round = || {
        let script = json!({"CommandName": "large", "Steps": steps});
        emulator.control("outcomes", script).ok();
        for _ in 0..20 {
            emulator.run("", &instances, &[("Name", "large")]);
        }
    };
    round();
    let first = resident(&emulator);
    for _ in 0..20 {
        emulator.post("/_emulator/reset", "").ok();
        round();
    }
    let last = resident(&emulator);
    println!(
        "20 requests with a script of 720 KB: {first} MB; after 20 resets and rounds: {last} MB"
    );
    assert!(first < 100 && last < 150, "{first} {last}");
}

#[test]
fn a_result_is_shared_by_its_runs() {
    let emulator = Emulator::start(&["--auto-complete", "86400000"]);
    let result = json!({"InvocationStatus": "Success", "Output": "QUFB".repeat(100_000)});
    emulator.control("outcomes", json!({"CommandName": "large", "Result": result})).ok();
    let instances: Vec<_> = (0..100).map(|n| format!("i-{n}")).collect();
    let instances: Vec<_> = instances.iter().map(String::as_str).collect();
    for _ in 0..10 {
        emulator.run("", &instances, &[("Name", "large")]);
    }
    let taken = resident(&emulator);
    assert!(taken < 100, "{taken} MB for 1,000 runs with one result of 400 KB");
}

/// Opens a stream of events. Returns its status and the rest of the answer.
fn listen(emulator: &Emulator) -> (u16, BufReader<TcpStream>) {
    let mut stream = BufReader::new(emulator.connect());
    let head = "GET /_emulator/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.get_mut().write_all(head.as_bytes()).unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    (line.split(' ').nth(1).unwrap().parse().unwrap(), stream)
}

#[test]
fn streams_of_events_are_bounded_and_each_has_all_events() {
    let emulator = Emulator::start(&[]);
    let invoke_ids: Vec<_> = (0..300).map(|_| emulator.run("", &["i-1"], &[])).collect();
    let update = |invoke_ids: &[String]| {
        let begun = Instant::now();
        for invoke_id in invoke_ids {
            let body = json!({
                "InvokeId": invoke_id, "InstanceId": "i-1", "InvocationStatus": "Running",
            });
            emulator.control("runs", body).ok();
        }
        begun.elapsed()
    };
    let alone = update(&invoke_ids[..150]);
    let mut streams: Vec<_> = (0..64).map(|_| listen(&emulator)).collect();
    assert!(streams.iter().all(|(status, _)| *status == 200));
    for _ in 0..200 {
        assert_eq!(listen(&emulator).0, 429);
    }
    let beside = update(&invoke_ids[150..]);
    println!("150 updates: alone {alone:?}, beside 64 idle streams {beside:?}");
    // Each has all events.
    for (_, stream) in &mut streams {
        let events = stream.lines().map_while(Result::ok);
        assert_eq!(events.filter(|line| line.starts_with("data:")).take(150).count(), 150);
    }
    // A closed one makes room.
    streams.pop();
    let until = Instant::now() + Duration::from_secs(10);
    while listen(&emulator).0 != 200 {
        assert!(Instant::now() < until);
    }
}

#[test]
fn a_client_that_does_not_read_is_cut_off() {
    let emulator = Emulator::start(&[]);
    let output = "QUFB".repeat(8_000);
    let instances: Vec<_> = (0..100).map(|n| format!("i-{n}")).collect();
    let instances: Vec<_> = instances.iter().map(String::as_str).collect();
    emulator.control(
        "outcomes",
        json!({"CommandName": "large", "Steps": [
            {"InvocationStatus": "Running"},
            {"InvocationStatus": "Success", "Output": output},
        ]}),
    );
    let invoke_id = emulator.run("", &instances, &[("Name", "large")]);
    emulator.wait_for(&invoke_id, "Success");
    // More answers than the system's buffers take.
    const ANSWERS: usize = 10;
    let request = |connection: &str| {
        format!(
            "GET /?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou\
             &IncludeOutput=true&InvokeId={invoke_id} HTTP/1.1\r\nHost: localhost\r\n\
             Connection: {connection}\r\n\r\n"
        )
    };
    let length = emulator.raw(request("close").as_bytes()).len();
    let all = request("keep-alive").repeat(ANSWERS - 1) + &request("close");
    let received = |pause| {
        let mut stream = emulator.connect();
        stream.write_all(all.as_bytes()).unwrap();
        std::thread::sleep(pause);
        let mut answers = Vec::new();
        let _ = stream.read_to_end(&mut answers);
        answers.len()
    };
    let (late, soon) = (received(Duration::from_secs(12)), received(Duration::ZERO));
    println!("after 12 s {late} bytes are received, at once {soon}");
    assert!(soon > length * ANSWERS - 1_000, "{soon} {length}");
    assert!(late < length * (ANSWERS - 1), "{late} {length}");
}

#[test]
fn a_full_store_refuses_and_others_go_on() {
    let emulator = Emulator::start(&["--max-bytes", "4000000"]);
    let content = "x".repeat(10_000);
    let mut taken = 0;
    let refused = loop {
        let name = format!("n-{taken}");
        let text = format!("{content}{taken}");
        let form = [
            ("Action", "RunCommand"),
            ("Version", "2014-05-26"),
            ("RegionId", "cn-hangzhou"),
            ("Type", "RunShellScript"),
            ("CommandContent", &text),
            ("Name", &name),
            ("InstanceId.1", "i-1"),
        ];
        let answer = emulator.post("/", &common::query(&form));
        if answer.status != 200 {
            break answer;
        }
        taken += 1;
        assert!(taken < 1_000);
    };
    assert_eq!(refused.error(), (403, "StoreSize.ExceedLimit"));
    assert!((200..450).contains(&taken), "{taken}");
    let create = [("Type", "RunShellScript"), ("CommandContent", "ZGY="), ("Name", "n")];
    assert_eq!(emulator.call("CreateCommand", &create).error().0, 403);
    let script = json!({"CommandName": "a", "Steps": [{"InvocationStatus": "Running"}]});
    assert_eq!(emulator.control("outcomes", script).error().0, 403);
    // It still answers, other stores still take, and a reset makes room.
    assert_eq!(emulator.total(""), taken);
    emulator.run(common::ONE, &["i-1"], &[]);
    emulator.post("/_emulator/reset", "").ok();
    emulator.run("", &["i-1"], &[]);
}

#[test]
fn connections_leave_file_handles_for_a_save() {
    let path = scratch("handles.archive");
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\"", BINARY]);
    let args = ["--archive", path.to_str().unwrap(), "--save-every", "0.05"];
    let emulator = Emulator::try_start_by(few, &args).unwrap();
    let mut writer = emulator.connect();
    // More than there are handles, and less than the system lets wait.
    let _idle: Vec<_> = (0..100).map(|_| emulator.connect()).collect();
    std::thread::sleep(Duration::from_millis(200));
    let request = "GET /?Action=RunCommand&Version=2014-05-26&RegionId=cn-hangzhou\
                   &Type=RunShellScript&CommandContent=df&InstanceId.1=i-1 HTTP/1.1\r\n\
                   Host: localhost\r\n\r\n";
    writer.write_all(request.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(writer).read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 200 "), "{line}");
    let until = Instant::now() + Duration::from_secs(10);
    while !path.exists() {
        assert!(Instant::now() < until, "not saved");
        std::thread::sleep(Duration::from_millis(10));
    }
    emulator.stop("-KILL");
    assert_eq!(Emulator::start(&args).total(""), 1);
}
