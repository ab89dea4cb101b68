//! The form of answers: XML, headers, and the connection that they come on.

mod common;

use std::io::{Read, Write};
use std::time::Duration;

use common::{BINARY, Emulator, NOW, query};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

/// The names and texts of all values, with the names of the objects around them.
fn leaves(name: &str, json: &Value, found: &mut Vec<(String, String)>) {
    match json {
        Value::Object(fields) => {
            fields.iter().for_each(|(field, json)| leaves(&format!("{name}/{field}"), json, found));
        }
        Value::Array(rows) => rows.iter().for_each(|row| leaves(name, row, found)),
        Value::String(text) => found.push((name.to_owned(), text.clone())),
        scalar => found.push((name.to_owned(), scalar.to_string())),
    }
}

/// The same of XML, in which an element without elements is a value, also if it is an empty list.
fn xml_leaves(xml: &str) -> Vec<(String, String)> {
    let (mut path, mut text, mut found) = (Vec::new(), String::new(), Vec::new());
    let mut reader = Reader::from_str(xml);
    let mut is_leaf = false;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {xml}")) {
            Event::Start(start) => {
                path.push(String::from_utf8(start.name().0.to_vec()).unwrap());
                text.clear();
                is_leaf = true;
            }
            Event::Text(part) => text += &part.decode().unwrap(),
            Event::GeneralRef(name) => text += &entity(&name.decode().unwrap()),
            Event::End(_) => {
                if is_leaf {
                    found.push((path.join("/"), text.clone()));
                }
                path.pop();
                is_leaf = false;
            }
            Event::Eof => return found,
            Event::Decl(_) => assert_eq!(reader.buffer_position(), 38),
            other => panic!("{other:?}: {xml}"),
        }
    }
}

fn entity(name: &str) -> String {
    match name {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "#13" => "\r".to_owned(),
        _ => panic!("&{name};"),
    }
}

/// The headers and the body of an answer to a GET, with these further header lines.
fn get(emulator: &Emulator, target: &str, lines: &str) -> (String, String) {
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n");
    parts(emulator.raw(request.as_bytes()))
}

fn parts(answer: String) -> (String, String) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    (head.to_owned(), body.to_owned())
}

const XML: &str = "content-type: application/xml;charset=utf-8\r\n";
const JSON: &str = "content-type: application/json;charset=utf-8\r\n";
const QUERY: &str = "/?Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou";

#[test]
fn xml_says_what_json_says() {
    let args = ["--seed", "1", "--now", NOW, "--format"];
    let [json, xml] =
        ["json", "XML"].map(|format| Emulator::start(&[&args[..], &[format]].concat()));
    let output = "QSA8YiBjPSJkIj4mYW1wOyBdXT4gDQpC4pi6";
    let run = ("Type", "RunShellScript");
    let calls: &[(&str, &[(&str, &str)])] = &[
        (
            "RunCommand",
            &[
                run,
                ("CommandContent", "echo <a> & 'b'"),
                ("InstanceId.1", "i-1"),
                ("InstanceId.2", "i-2"),
                ("Tag.1.Key", "k"),
                ("Tag.1.Value", "v"),
                ("Name", "n"),
            ],
        ),
        (
            "CreateCommand",
            &[run, ("CommandContent", "e3thfX0="), ("Name", "<n>"), ("EnableParameter", "true")],
        ),
        (
            "DescribeInvocations",
            &[("IncludeOutput", "true"), ("InstanceId", "i-1"), ("ContentEncoding", "PlainText")],
        ),
        ("DescribeInvocationResults", &[("ContentEncoding", "PlainText")]),
        ("DescribeInvocationResults", &[("MaxResults", "1")]),
        ("DescribeCommands", &[]),
        ("DescribeInvocations", &[("CommandName", "none")]),
        ("StopInvocation", &[("InvokeId", "t-none")]),
        ("InvokeCommand", &[("CommandId", "c-none")]),
        ("DescribeInvocations", &[("MaxResults", "0")]),
        ("DescribeNothing", &[]),
    ];
    for (at, (action, params)) in calls.iter().enumerate() {
        if at == 1 {
            for emulator in [&json, &xml] {
                let found = emulator.call("DescribeInvocations", &[("Format", "JSON")]).ok();
                let mut step =
                    serde_json::json!({"InstanceId": "i-1", "InvocationStatus": "Running"});
                step["InvokeId"] = found["Invocations"]["Invocation"][0]["InvokeId"].clone();
                emulator.control("runs", step.clone()).ok();
                step["InvocationStatus"] = "Success".into();
                step["Output"] = output.into();
                emulator.control("runs", step).ok();
            }
        }
        let mut all = vec![("Action", *action), ("Version", "2014-05-26")];
        all.extend([("RegionId", "cn-hangzhou")].iter().chain(*params));
        let target = format!("/?{}", query(&all));
        let [(json_head, json), (xml_head, xml)] = [&json, &xml].map(|it| get(it, &target, ""));
        assert!(json_head.contains(JSON) && xml_head.contains(XML), "{json_head} {xml_head}");
        assert_eq!(json_head.lines().next(), xml_head.lines().next());
        let root = match json_head.contains(" 200 ") {
            true => format!("{action}Response"),
            false => "Error".to_owned(),
        };
        assert!(xml.starts_with(&format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root}>")));
        let mut expected = Vec::new();
        leaves(&root, &serde_json::from_str(&json).unwrap(), &mut expected);
        let mut found = xml_leaves(&xml);
        let is_list = |(path, text): &(String, String)| {
            text.is_empty()
                && ["Tags", "Invocations", "ParameterNames", "InvocationResults"]
                    .iter()
                    .any(|list| path.ends_with(&format!("/{list}")))
        };
        found.retain(|leaf| !is_list(leaf));
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{action}: {xml}");
    }
}

/// XML 1.0 has no most control characters, and a reader takes a bare carriage return for a line feed.
#[test]
fn every_text_is_well_formed_xml() {
    let emulator = Emulator::start(&[]);
    let given = "<b a='\"'>&amp;]]>\0\u{1b}[0m\u{7f}\r\n\t\u{fffe}\u{1f600}\u{e9}";
    emulator.run("", &["i-1"], &[("CommandContent", given), ("ContentEncoding", "PlainText")]);
    let (_, xml) = get(&emulator, &format!("{QUERY}&ContentEncoding=PlainText&Format=XML"), "");
    let (_, text) = xml.split_once("<CommandContent>").unwrap();
    assert_eq!(
        text.split_once("</CommandContent>").unwrap().0,
        "&lt;b a='\"'&gt;&amp;amp;]]&gt;\u{fffd}\u{fffd}[0m\u{7f}&#13;\n\t\u{fffd}\u{1f600}\u{e9}"
    );
}

#[test]
fn a_request_chooses_its_format() {
    let [json, xml] = ["json", "xml"].map(|format| Emulator::start(&["--format", format]));
    let accept = |kind| format!("Accept: {kind}\r\n");
    for (emulator, more, lines, expected) in [
        (&json, "", String::new(), JSON),
        (&json, "&Format=xml", String::new(), XML),
        (&json, "&Format=", accept("Application/XML"), XML),
        (&json, "&Format=JSON", accept("application/xml"), JSON),
        (&json, "", accept("text/html,application/xml;q=0.9,*/*"), JSON),
        (&xml, "", String::new(), XML),
        (&xml, "", accept("application/json"), JSON),
        (&xml, "&Format=Json", String::new(), JSON),
        // Refused before the parameters are read, or because of the format.
        (&json, "&Format=XML&InvokeId=%zz", String::new(), XML),
        (&json, "&Format=JSON&Format=%58ml&InvokeId=%zz", accept("application/json"), XML),
        (&json, "&Format=&InvokeId=%zz", accept("Application/XML; q=1"), XML),
        (&json, "&Format=YAML&InvokeId=%zz", accept("application/xml"), JSON),
        (&xml, "&InvokeId=%zz", String::new(), XML),
        (&json, "&Format=YAML", String::new(), JSON),
        (&json, "&Format=XML&AccessKeyId=broken", String::new(), XML),
        (&json, "&Format=XML", "Origin: http://evil.example\r\n".to_owned(), XML),
    ] {
        let (head, body) = get(emulator, &format!("{QUERY}{more}"), &lines);
        assert!(head.contains(expected), "{more} {lines} {head}");
        assert_eq!(body.starts_with("<?xml "), expected == XML, "{body}");
    }
    let (head, body) = get(&json, "/elsewhere?Format=XML", "");
    assert!(head.starts_with("HTTP/1.1 404 ") && body.contains("<Error><RequestId>"), "{body}");
    let (_, body) = get(&json, &format!("{QUERY}&Format=YAML"), "");
    assert!(body.contains("InvalidParameter.Format"), "{body}");
    // A form may name it too, and the last one counts.
    let form = format!("{}&Format=XML", &QUERY[2..]);
    let kind = "Application/X-WWW-Form-URLencoded; charset=UTF-8";
    let request = format!(
        "POST /?Format=JSON HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let (head, _) = parts(json.raw(request.as_bytes()));
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains(XML), "{head}");
    // Control requests are JSON.
    let (head, _) = get(&xml, "/_emulator/health?Format=XML", "");
    assert!(head.contains(JSON), "{head}");

    let said = Emulator::try_start(&["--format", "yaml"]).err().unwrap();
    assert!(
        said.contains("'yaml' for '--format <FORMAT>'") && said.contains("json, xml"),
        "{said}"
    );
    let refused = std::process::Command::new(BINARY).args(["--format", "yaml"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn control_requests_are_json_also_when_refused() {
    let emulator = Emulator::start(&["--format", "xml"]);
    for (lines, status) in [("", 404), ("Origin: null\r\n", 403)] {
        let (head, body) = get(&emulator, "/_emulator/elsewhere?Format=XML", lines);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(head.contains("content-type: application/json") && body.starts_with('{'), "{body}");
    }
}

#[test]
fn every_answer_has_its_ids_as_headers() {
    let emulator = Emulator::start(&["--seed", "1", "--now", NOW]);
    for (target, lines) in [
        (QUERY, ""),
        ("/?Action=DescribeInvocations&Version=2014-05-26", ""),
        ("/elsewhere", ""),
        (QUERY, "Origin: null\r\n"),
        ("/_emulator/runs", ""),
        ("/_emulator/health", ""),
    ] {
        let (head, body) = get(&emulator, target, lines);
        let header = |name: &str| {
            let value = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.unwrap_or_else(|| panic!("{name}: {head}")).to_owned()
        };
        let (request_id, trace_id) = (header("x-acs-request-id"), header("x-acs-trace-id"));
        let body: Value = serde_json::from_str(&body).unwrap();
        if target != "/_emulator/health" {
            assert_eq!(body["RequestId"], request_id, "{target}");
        }
        assert_eq!(trace_id, request_id.replace('-', "").to_lowercase());
        assert_eq!(trace_id.len(), 32);
        // A random UUID, in the service's upper case.
        let upper = |digit: char| digit.is_ascii_digit() || ('A'..='F').contains(&digit);
        let parts: Vec<_> = request_id.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts.concat().chars().all(upper), "{request_id}");
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'A', 'B']));
    }
}

#[test]
fn a_head_that_http_refuses_gets_an_error_too() {
    let [json, xml] = ["json", "xml"].map(|format| Emulator::start(&["--format", format]));
    let long = "x".repeat(200_000);
    for (request, status, code) in [
        (format!("GET /?{} HTTP/1.1\r\n\r\n", &long[..65_535]), 414, "RequestURITooLong"),
        (format!("GET / HTTP/1.1\r\nA: {long}\r\n\r\n"), 431, "RequestHeaderFieldsTooLarge"),
        ("GET / HTP/1.1\r\n\r\n".to_owned(), 400, "InvalidRequest"),
        // The second request of a connection, at once or later.
        (
            format!("GET {QUERY} HTTP/1.1\r\nHost: localhost\r\n\r\n(\r\n\r\n"),
            400,
            "InvalidRequest",
        ),
    ] {
        let (head, body) = parts(json.raw(request.as_bytes()));
        let (head, body) = match body.split_once("HTTP/1.1 ") {
            Some((_, second)) => parts(format!("HTTP/1.1 {second}")),
            None => (head, body),
        };
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")) && head.contains(JSON), "{head}");
        assert!(head.contains("connection: close") && !head.contains("keep-alive"), "{head}");
        let fields: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(fields["Code"], code);
        let id = fields["RequestId"].as_str().unwrap();
        assert!(head.contains(&format!("x-acs-request-id: {id}\r\n")), "{head}");
        json.wait_for_log(&format!("{id} {code}"));
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
        let (head, body) = parts(xml.raw(request.as_bytes()));
        assert!(
            head.contains(XML) && body.contains(&format!("<Code>{code}</Code>"))
                || body.contains("HTTP/1.1 400 "),
            "{head} {body}"
        );
    }
}

/// An answer that begins as hyper's own, in a store's output, stays as it is.
#[test]
fn no_text_of_an_answer_is_taken_for_an_answer() {
    let emulator = Emulator::start(&[]);
    let fake = "HTTP/1.1 431 x\r\ncontent-length: 0\r\n\r\n".repeat(400);
    for at in 0..20 {
        emulator.run("", &["i-1"], &[("CommandContent", &format!("{fake}{at}"))]);
    }
    let target = format!("{QUERY}&ContentEncoding=PlainText&MaxResults=50");
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let last = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answers = emulator.raw((request.repeat(19) + &last).as_bytes());
    assert_eq!(answers.matches("\r\n\r\n{\"RequestId\"").count(), 20);
    assert_eq!(answers.matches("HTTP/1.1 431 x").count(), 20 * 20 * 400);
    assert_eq!(answers.matches("content-length: 0").count(), 20 * 20 * 400);
}

#[test]
fn a_client_that_sends_first_and_reads_then_sees_every_refusal() {
    let emulator = Emulator::start(&[]);
    let long = "x".repeat(8_000_000);
    let post = |target: &str, lines: &str| {
        let length = long.len();
        format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: {length}\r\n\r\n{long}"
        )
    };
    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        format!("186a0\r\n{}\r\n", &long[..100_000]).repeat(80)
    );
    for (request, status) in [
        (post("/", ""), 413),
        (post("/", "Expect: 100-continue\r\n"), 413),
        (chunked, 413),
        (post("/_emulator/records", "Content-Type: application/json\r\n"), 413),
        (post("/_emulator/records", ""), 415),
        (post("/elsewhere", ""), 404),
        (post("/", "Origin: null\r\n"), 403),
        (format!("GET / HTTP/1.1\r\nA: {long}\r\n\r\n"), 431),
    ] {
        for _ in 0..5 {
            let mut stream = emulator.connect();
            // As a client does that knows no more of the answer than that it comes.
            stream
                .write_all(request.as_bytes())
                .unwrap_or_else(|error| panic!("{status}: {error}"));
            std::thread::sleep(Duration::from_millis(20));
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{status}: {error}"));
            assert!(answer.contains(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
            assert!(answer.contains("\"Code\":"), "{answer}");
        }
    }
    assert_eq!(emulator.total(""), 0);
    // It does not keep the emulator from stopping.
    let mut refused = emulator.connect();
    refused
        .write_all(
            format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\nA=",
                u64::MAX / 2
            )
            .as_bytes(),
        )
        .unwrap();
    let mut byte = [0; 1];
    refused.read_exact(&mut byte).unwrap();
    let begun = std::time::Instant::now();
    assert!(emulator.stop("-TERM"));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn head_asks_for_nothing() {
    let emulator = Emulator::start(&[]);
    let run = "/?Action=RunCommand&Version=2014-05-26&RegionId=cn-hangzhou&Type=RunShellScript\
               &CommandContent=df&InstanceId.1=i-1";
    for (target, allowed) in [
        (run, "GET, POST"),
        ("/_emulator/", "GET"),
        ("/_emulator/health", "GET"),
        ("/_emulator/faults", "POST, GET, DELETE"),
        ("/_emulator/events", "GET"),
    ] {
        let lines = "Host: localhost\r\nConnection: close\r\n\r\n";
        let answer = emulator.raw(format!("HEAD {target} HTTP/1.1\r\n{lines}").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 405 "), "{target}: {answer}");
        assert!(answer.contains(&format!("allow: {allowed}\r\n")), "{target}: {answer}");
    }
    assert_eq!(emulator.total(""), 0);
}

#[test]
fn a_connection_is_announced_as_it_is_kept() {
    let emulator = Emulator::start(&[]);
    let head = |request: &str| {
        let mut stream = emulator.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    };
    let post = |target: &str, lines: &str| {
        format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: 900000\r\n\r\nA"
        )
    };
    let json = "Content-Type: application/json\r\n";
    // Refused before the body has come.
    for request in [
        post("/elsewhere", ""),
        post("/_emulator/elsewhere", json),
        post("/_emulator/clock", ""),
        post("/", "Origin: null\r\n"),
        post("/", "").replace("POST", "DELETE"),
        post("/_emulator/health", json),
    ] {
        let answer = head(&request);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{request:.200}: {answer}");
        assert!(!answer.contains("keep-alive: "), "{request:.200}: {answer}");
    }
    // Refused after its body was read, the connection is kept.
    let form = "Action=Nothing&Version=2014-05-26";
    let length = form.len();
    let kept =
        format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{form}");
    let answer = head(&kept);
    assert!(answer.starts_with("HTTP/1.1 404 ") && answer.contains("keep-alive: "), "{answer}");
    for (version, lines, keeps) in [
        ("1.1", "", true),
        ("1.1", "Connection: TE\r\n", true),
        ("1.1", "Connection: TE, close\r\n", false),
        ("1.1", "Connection: TE\r\nConnection: Close\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: TE\r\n", false),
        ("1.0", "Connection: TE , Keep-Alive\r\n", true),
    ] {
        let answer = head(&format!("GET {QUERY} HTTP/{version}\r\nHost: localhost\r\n{lines}\r\n"));
        assert_eq!(answer.contains("keep-alive: timeout="), keeps, "{version} {lines}: {answer}");
    }
}
