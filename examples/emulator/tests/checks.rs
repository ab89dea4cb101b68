//! The emulator refuses requests that the service refuses: checks of RunCommand, InvokeCommand and
//! CreateCommand by the documentation.

mod common;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use common::{Answer, Emulator, NOW, query};
use serde_json::{Value, json};

/// 64 hexadecimal digits.
const CONTAINER: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Posts an action on one instance.
fn post(emulator: &Emulator, action: &str, params: &[(&str, &str)]) -> Answer {
    let mut all = vec![("Action", action), ("Version", "2014-05-26"), ("RegionId", "cn-hangzhou")];
    if action != "InvokeCommand" {
        all.extend([("Type", "RunShellScript"), ("Name", "n")]);
    }
    all.extend([("InstanceId.1", "i-1")]);
    all.extend(params);
    emulator.post("/", &query(&all))
}

/// Runs `df` with `params`.
fn run(emulator: &Emulator, params: &[(&str, &str)]) -> Answer {
    post(emulator, "RunCommand", &[&[("CommandContent", "df")], params].concat())
}

/// The code of the error, or an empty string.
fn code(answer: &Answer) -> &str {
    match answer.status {
        200 => "",
        _ => answer.error().1,
    }
}

#[test]
fn a_content_is_limited_in_base64() {
    let emulator = Emulator::start(&["--recommend", "detail"]);
    let plain = |action: &str, length: usize, more: &[(&str, &str)]| {
        let content = "x".repeat(length);
        let plain = [("CommandContent", &*content), ("ContentEncoding", "PLAINTEXT")];
        post(&emulator, action, &[&plain, more].concat())
    };
    let encoded = |action: &str, length: usize, more: &[(&str, &str)]| {
        let content = BASE64_STANDARD.encode("x".repeat(length));
        let encoded = [("CommandContent", &*content), ("ContentEncoding", "base64")];
        post(&emulator, action, &[&encoded, more].concat())
    };
    let limit = (403, "CmdContent.ExceedLimit");
    plain("RunCommand", 18_432, &[]).ok();
    assert_eq!(plain("RunCommand", 18_433, &[]).error(), limit);
    encoded("RunCommand", 18_432, &[]).ok();
    assert_eq!(encoded("RunCommand", 18_433, &[]).error(), limit);
    // Both were seen live: 22.7 KB of text are refused, 23,132 characters of Base64 are taken.
    assert_eq!(plain("RunCommand", 22_700, &[]).error(), limit);
    encoded("RunCommand", 23_132 / 4 * 3, &[]).ok();
    let keep = [("KeepCommand", "true")];
    plain("RunCommand", 13_824, &keep).ok();
    assert_eq!(plain("RunCommand", 13_825, &keep).error(), limit);
    plain("CreateCommand", 13_824, &[]).ok();
    encoded("CreateCommand", 13_824, &[]).ok();
    let refused = encoded("CreateCommand", 13_825, &[]);
    assert_eq!(refused.error(), limit);
    let said = refused.body["Recommend"].as_str().unwrap();
    assert_eq!(said, "given 18436 bytes of Base64, allowed are 18432");
}

#[test]
fn an_encoding_is_of_any_letter_case_and_base64_may_be_wrapped() {
    let emulator = Emulator::start(&[]);
    let content = |params: &[(&str, &str)]| {
        let answer = post(&emulator, "RunCommand", params).ok();
        let found = emulator.invocation("", answer["InvokeId"].as_str().unwrap());
        BASE64_STANDARD.decode(found["CommandContent"].as_str().unwrap()).unwrap()
    };
    let script = "echo ".to_owned() + &"long ".repeat(30);
    let lines = |end: &str| {
        let encoded = BASE64_STANDARD.encode(&script);
        let lines: Vec<_> = encoded.as_bytes().chunks(76).map(<[u8]>::to_vec).collect();
        lines.iter().map(|line| String::from_utf8_lossy(line) + end).collect::<String>()
    };
    for wrapped in [lines(""), lines("\n"), lines("\r\n")] {
        for encoding in ["Base64", "base64", "BASE64"] {
            let given = [("CommandContent", &*wrapped), ("ContentEncoding", encoding)];
            assert_eq!(content(&given), script.as_bytes(), "{encoding}");
        }
    }
    // An unknown encoding is PlainText when a command is run, and Base64 when it is created.
    for encoding in ["PlainText", "plaintext", "Gzip", ""] {
        let given = [("CommandContent", "ZGY="), ("ContentEncoding", encoding)];
        assert_eq!(content(&given), b"ZGY=", "{encoding}");
    }
    for (encoding, shown) in [("Gzip", "df"), ("", "df"), ("PLAINTEXT", "ZGY=")] {
        let given = [("CommandContent", "ZGY="), ("ContentEncoding", encoding)];
        let id = post(&emulator, "CreateCommand", &given).ok()["CommandId"].clone();
        for plain in ["PlainText", "plaintext"] {
            let asked = [("CommandId", id.as_str().unwrap()), ("ContentEncoding", plain)];
            let found = emulator.call("DescribeCommands", &asked).ok();
            assert_eq!(found["Commands"]["Command"][0]["CommandContent"], shown, "{encoding}");
        }
    }
    for bad in ["%", "ZGY", "Z G Y=", "ZGY=="] {
        let given = [("CommandContent", bad), ("ContentEncoding", "Base64")];
        let refused = post(&emulator, "RunCommand", &given);
        assert_eq!(refused.error(), (400, "CmdContent.DecodeError"), "{bad}");
    }
}

#[test]
fn parameters_are_named_in_any_letter_case() {
    let emulator = Emulator::start(&[]);
    let with = |content: &str, parameters: &str| {
        let given = [("CommandContent", content), ("Parameters", parameters)];
        post(&emulator, "RunCommand", &[&given[..], &[("EnableParameter", "true")]].concat())
    };
    let long = "x".repeat(1_800);
    let (ten, eleven) = ("{{a}}".repeat(10), "{{A}}".repeat(11));
    let value = |value: &str| json!({"a": value}).to_string();
    let table: [(&str, &str, &str); 22] = [
        ("df {{Folder}}", "{\"folder\":\"/\"}", ""),
        ("df {{ folder\n}}", "{\"FOLDER\":\"/\"}", ""),
        ("df {{a}} {{A}} {{b}}", "{}", ""),
        ("df {{a}}", "{\"a\":\"1\",\"A\":\"2\"}", "ParameterKey.Duplicate"),
        ("df {{a}}", "{\"a\":\"1\",\"a\":\"1\"}", "ParameterKey.Duplicate"),
        ("df {{a}}", "{\"b\":\"1\"}", "Parameter.NotMatched"),
        ("df {{a}}", "{\"\":\"1\"}", "Parameter.NotMatched"),
        ("df {{a}}", "{\"a\":[1]}", "ParameterType.NotSupported"),
        ("df {{a}}", "{\"a\":{}}", "ParameterType.NotSupported"),
        ("df {{a}}", "{\"a\":1}", ""),
        ("df {{a}}", "[]", "InvalidParameter.Parameters"),
        ("{{ACS::RegionId}}{{ACS::AccountId}}{{ACS::InstanceId}}", "{}", ""),
        ("{{ACS::InstanceName}}{{ACS::InvokeId}}{{acs::commandid}}", "{}", ""),
        ("{{ACS::Password}}", "{}", "CmdParam.InvalidParamName"),
        ("{{acs::x}}", "{}", "CmdParam.InvalidParamName"),
        ("{{ACS::RegionId}}", "{\"ACS::RegionId\":\"x\"}", "Parameter.NotMatched"),
        ("{{a.b}}", "{}", "CmdParam.InvalidParamName"),
        ("{{\u{e9}}}", "{}", "CmdParam.InvalidParamName"),
        ("{{a{{b}}", "{\"b\":\"\"}", ""),
        ("{{a", "{}", ""),
        // With the values filled in the limit holds again.
        (&ten, &value(&long), ""),
        (&eleven, &value(&long), "CmdContent.ExceedLimit"),
    ];
    for (content, parameters, expected) in table {
        let answer = with(content, parameters);
        assert_eq!(code(&answer), expected, "{content} {parameters:.60}");
    }
    // A parameter that is not passed is empty: the content may be longer than what it becomes.
    let names: String = (0..20).map(|number| format!("{{{{{number:0>64}}}}}")).collect();
    with(&names, "{}").ok();
    // A long value that is named often is counted, not written.
    let often = "{{a}}".repeat(3_600);
    assert_eq!(code(&with(&often, &value(&"x".repeat(200_000)))), "CmdContent.ExceedLimit");
    // Without EnableParameter braces are text.
    run(&emulator, &[("CommandContent", "{{ACS::Password}} {{}}")]).ok();

    // The same for a command that is kept.
    let content = BASE64_STANDARD.encode("{{Folder}}".to_owned() + &"{{folder}}".repeat(5));
    let create = [("CommandContent", &*content), ("EnableParameter", "true")];
    let id = post(&emulator, "CreateCommand", &create).ok()["CommandId"].clone();
    let id = ("CommandId", id.as_str().unwrap());
    let found = emulator.call("DescribeCommands", &[id]).ok();
    let names = &found["Commands"]["Command"][0]["ParameterNames"]["ParameterName"];
    assert_eq!(*names, json!(["Folder"]));
    let invoke = |given: &str| post(&emulator, "InvokeCommand", &[id, ("Parameters", given)]);
    invoke("{\"FOLDER\":\"/\"}").ok();
    assert_eq!(invoke("{\"other\":\"/\"}").error(), (403, "Parameter.NotMatched"));
    let long = json!({"folder": "x".repeat(4_000)}).to_string();
    assert_eq!(invoke(&long).error(), (403, "CmdContent.ExceedLimit"));
}

#[test]
fn every_field_of_a_run_is_checked() {
    let emulator = Emulator::start(&["--recommend", "detail"]);
    let kind = |runtime: &str, digits: &str| format!("{runtime}{digits}");
    let upper = CONTAINER.to_ascii_uppercase();
    let (id, name) = ("InvalidContainerId.Malformed", "InvalidContainerName.Malformed");
    let (mode, oss) = ("InvalidTerminationMode.NotFound", "InvalidParameter.OssOutputDelivery");
    let long = "x".repeat(256);
    let table: Vec<(&str, String, &str)> = vec![
        ("Timeout", "10".into(), ""),
        ("Timeout", "86400".into(), ""),
        ("Timeout", "9".into(), "InvalidTimeout.ExceedLimit"),
        ("Timeout", "0".into(), "InvalidTimeout.ExceedLimit"),
        ("Timeout", "86401".into(), "InvalidTimeout.ExceedLimit"),
        ("Timeout", "60.0".into(), "InvalidParameter.Timeout"),
        ("ContainerId", CONTAINER.into(), ""),
        ("ContainerId", upper, ""),
        ("ContainerId", kind("docker://", CONTAINER), ""),
        ("ContainerId", kind("containerd://", CONTAINER), ""),
        ("ContainerId", kind("cri-o://", CONTAINER), ""),
        ("ContainerId", kind("podman://", CONTAINER), id),
        ("ContainerId", kind("docker:", CONTAINER), id),
        ("ContainerId", "docker://".into(), id),
        ("ContainerId", CONTAINER[1..].into(), id),
        ("ContainerId", kind("0", CONTAINER), id),
        ("ContainerId", CONTAINER.replace('a', "g"), id),
        ("ContainerId", "container-1".into(), id),
        ("ContainerName", "web_1.a-b".into(), ""),
        ("ContainerName", "-web".into(), name),
        ("ContainerName", "a b".into(), name),
        ("ContainerName", "\u{e9}".into(), name),
        ("TerminationMode", "Process".into(), ""),
        ("TerminationMode", "ProcessTree".into(), ""),
        ("TerminationMode", "processtree".into(), mode),
        ("TerminationMode", "Tree".into(), mode),
        ("OssOutputDelivery", "oss://bucket-1/a/b".into(), ""),
        ("OssOutputDelivery", "oss://bucket-1/".into(), ""),
        ("OssOutputDelivery", "bucket-1/a".into(), oss),
        ("OssOutputDelivery", "oss://bucket-1".into(), oss),
        ("OssOutputDelivery", "oss:///a".into(), oss),
        ("OssOutputDelivery", "oss://Bucket/a".into(), oss),
        ("OssOutputDelivery", "oss://-bucket/a".into(), oss),
        ("OssOutputDelivery", "http://bucket-1/a".into(), oss),
        ("WindowsPasswordName", "name".into(), ""),
        ("WindowsPasswordName", long, "WindowsPasswordName.ExceedLimit"),
        ("RepeatMode", "Twice".into(), "InvalidRepeatMode.NotFound"),
        ("RepeatMode", "once".into(), "InvalidRepeatMode.NotFound"),
        ("RepeatMode", "Period".into(), "MissingParam.Frequency"),
        ("RepeatMode", "DryRun".into(), ""),
        // It has no effect any more.
        ("Timed", "true".into(), ""),
        ("Timed", "perhaps".into(), ""),
        ("InstanceId.1", String::new(), "MissingParam.InstanceId"),
        ("ClientToken", "\u{e9}".into(), "InvalidClientToken.Malformed"),
    ];
    let kept = post(&emulator, "CreateCommand", &[("CommandContent", "ZGY=")]).ok();
    let kept = ("CommandId", kept["CommandId"].as_str().unwrap());
    for (field, given, expected) in &table {
        for answer in [
            run(&emulator, &[(field, given)]),
            post(&emulator, "InvokeCommand", &[kept, (field, given)]),
        ] {
            assert_eq!(code(&answer), *expected, "{field} {given:.70}");
            let said = answer.body["Recommend"].as_str().unwrap_or_default();
            let malformed = expected.contains("Malformed") || expected.contains("NotFound");
            assert!(!malformed || said.contains("allowed"), "{expected}: {said}");
        }
    }
    // The statuses, which the table leaves out.
    for (field, given, status) in [
        ("Timeout", "9", 403),
        ("ContainerId", "x", 400),
        ("ContainerName", "-", 400),
        ("TerminationMode", "x", 404),
        ("OssOutputDelivery", "x", 400),
        ("RepeatMode", "x", 404),
        ("RepeatMode", "Period", 400),
        ("Frequency", "x", 400),
        ("InstanceId.1", "", 400),
        ("ClientToken", "\u{e9}", 400),
    ] {
        assert_eq!(run(&emulator, &[(field, given)]).status, status, "{field}");
    }
    let create = |timeout| [("CommandContent", "ZGY="), ("Timeout", timeout)];
    let refused = post(&emulator, "CreateCommand", &create("9"));
    assert_eq!(refused.error(), (403, "InvalidTimeout.ExceedLimit"));
    // A user of Windows needs a password.
    let windows = [("Type", "RunBatScript"), ("Username", "me")];
    assert_eq!(run(&emulator, &windows).error(), (403, "WindowsPasswordName.Missed"));
    run(&emulator, &[("Type", "RunBatScript"), ("Username", "System")]).ok();
    run(&emulator, &[&windows[..], &[("WindowsPasswordName", "name")]].concat()).ok();
    // Timed without a Frequency makes no task recurring.
    let once = run(&emulator, &[("Timed", "true")]).ok();
    let found = emulator.invocation("", once["InvokeId"].as_str().unwrap());
    assert_eq!((&found["RepeatMode"], &found["Timed"]), (&json!("Once"), &json!(false)));
}

#[test]
fn a_frequency_is_checked_whole() {
    let emulator =
        Emulator::start(&["--now", NOW, "--zone", "Asia/Shanghai", "--recommend", "detail"]);
    let table = [
        ("rate(60s)", "59", ""),
        ("rate(60s)", "60", "not longer than the Timeout of 60 s"),
        ("rate(59s)", "10", "the interval \"59s\""),
        ("rate(8d)", "10", "the interval \"8d\""),
        ("at(2024-05-01 08:00:00)", "10", ""),
        ("at(2024-05-01 08:00:00 Asia/Shanghai)", "10", "no run is due"),
        ("at(2024-05-01 08:00:01 GMT+8:00)", "10", ""),
        ("at(2024-05-01 08:00:01 GMT+08:00)", "10", "the time zone \"GMT+08:00\""),
        ("0 0/5 14 * 10 ? 2022/2 UTC", "300", ""),
        ("0 */20 * * * *", "1200", ""),
        ("0 */20 * * * *", "1201", "shorter than 1201 s"),
        ("*/5 * * * * ?", "10", "shorter than 10 s"),
        ("0 15 10 ? * 8", "10", "the week is \"8\""),
        ("0 15 10 ? * * 2100", "10", "the year is \"2100\""),
        ("0 15 10 ? * * 2023", "10", "no run is due"),
        ("0 15 008 ? * *", "10", "the hour is \"008\""),
        ("0 0 12 * * ? Mars/Base", "10", "the time zone \"Mars/Base\""),
        ("* * * * *", "10", "5 fields"),
        // Today in UTC is yesterday in the zone of the instances.
        ("0 0 4 1 5 ? 2024 UTC", "10", ""),
        ("0 0 4 1 5 ? 2024", "10", "no run is due"),
    ];
    for (frequency, timeout, said) in table {
        let answer = run(&emulator, &[("Frequency", frequency), ("Timeout", timeout)]);
        if said.is_empty() {
            let id = answer.ok()["InvokeId"].clone();
            let found = emulator.invocation("", id.as_str().unwrap());
            let kept = (&found["RepeatMode"], &found["Frequency"]);
            assert_eq!(kept, (&json!("Period"), &json!(frequency)));
            continue;
        }
        assert_eq!(answer.error(), (400, "InvalidParam.Frequency"), "{frequency} {timeout}");
        let detail = answer.body["Recommend"].as_str().unwrap();
        let complete = detail.contains(said) && detail.contains(&format!("{frequency:?}"));
        assert!(complete, "{frequency}: {detail}");
    }
    // As long as a request may be.
    for long in ["0-59,".repeat(60_000), "0 ".repeat(150_000), "1W,".repeat(100_000)] {
        let answer = run(&emulator, &[("Frequency", &format!("{long}1 * * * * ?"))]);
        assert_eq!(answer.error(), (400, "InvalidParam.Frequency"));
    }
    let said = Emulator::try_start(&["--zone", "Nowhere"]).err().unwrap();
    assert!(said.contains("--zone") && said.contains("\"Nowhere\""), "{said}");
    assert!(said.contains("Asia/Shanghai"), "{said}");
}

#[test]
fn a_client_token_holds_for_create_command_too() {
    let emulator = Emulator::start(&[]);
    let create = |name: &str, token: &str| {
        let given = [("CommandContent", "ZGY="), ("Name", name), ("ClientToken", token)];
        post(&emulator, "CreateCommand", &given)
    };
    let first = create("a", "t").ok()["CommandId"].clone();
    assert_eq!(create("a", "t").ok()["CommandId"], first);
    assert_eq!(create("b", "t").error(), (403, "IdempotentParameterMismatch"));
    assert_ne!(create("a", "u").ok()["CommandId"], first);
    let total: Value = emulator.call("DescribeCommands", &[]).ok()["TotalCount"].clone();
    assert_eq!(total, 2);
}

#[test]
fn every_refusal_is_in_the_table() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let sources: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|file| file.unwrap().path()).collect();
    let sources = sources.iter().filter(|path| path.is_file());
    let text: String = sources.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let named: Vec<_> =
        text.split("refusal(\"").skip(1).map(|rest| rest.split('"').next()).collect();
    assert!(named.len() > 15, "{named:?}");
    for code in named {
        let code = code.unwrap();
        let row = text
            .lines()
            .find(|line| line.get(3..).is_some_and(|row| row.starts_with(&format!(" {code} "))));
        let status = row.and_then(|row| row[..3].parse::<u16>().ok());
        assert!(status.is_some_and(|status| (400..600).contains(&status)), "{code}: {row:?}");
    }
}
