//! Every action, over HTTP.

mod common;

use common::{Emulator, NOW, query};
use serde_json::{Value, json};

const CONTAINER: &str = "docker://0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF";

#[test]
fn run_command_fills_every_field_of_a_record() {
    let emulator = Emulator::start(&["--now", NOW]);
    let invoke_id = emulator.run(
        "",
        &["i-2", "i-1"],
        &[
            ("Name", "disk report"),
            ("Description", "of \"all\" disks"),
            ("CommandContent", "ZGYge3sgZm9sZGVyIH19"),
            ("ContentEncoding", "base64"),
            ("ResourceGroupId", "rg-1"),
            ("WorkingDir", "/home/"),
            ("Timeout", "600"),
            ("EnableParameter", "True"),
            ("Parameters", "{\"folder\":\"/tmp\"}"),
            ("Username", "root"),
            ("ContainerId", CONTAINER),
            ("ContainerName", "first"),
            ("Launcher", "sh -x"),
            ("TerminationMode", "ProcessTree"),
            ("OssOutputDelivery", "oss://bucket/prefix"),
            ("Frequency", "0 */20 * * * ?"),
            ("Tag.1.Key", "owner"),
            ("Tag.1.Value", "zhangsan"),
            ("Tag.3.Key", "empty"),
        ],
    );
    let mut found = emulator.invocation("", &invoke_id);
    let command_id = found["CommandId"].take();
    assert!(command_id.as_str().unwrap().starts_with("c-"));
    let run = |instance_id: &str| {
        json!({
            "InstanceId": instance_id, "InvocationStatus": "Pending", "Timed": true,
            "InstanceInvokeStatus": "Running", "CreationTime": NOW, "UpdateTime": NOW,
            "StartTime": "", "FinishTime": "", "StopTime": "", "Repeats": 0, "Dropped": 0,
            "Output": "", "ErrorCode": "", "ErrorInfo": "", "OssOutputStatus": "",
            "OssOutputUri": "", "OssOutputErrorCode": "", "OssOutputErrorInfo": "",
        })
    };
    let expected = json!({
        "InvokeId": invoke_id, "CommandId": null, "CommandName": "disk report",
        "CommandDescription": "of \"all\" disks", "CommandType": "RunShellScript",
        "CommandContent": "ZGYge3sgZm9sZGVyIH19", "Parameters": "{\"folder\":\"/tmp\"}",
        "CreationTime": NOW, "InvocationStatus": "Pending", "InvokeStatus": "Running",
        "RepeatMode": "Period", "Timed": true, "Frequency": "0 */20 * * * ?", "Timeout": 600,
        "WorkingDir": "/home/", "Username": "root", "ContainerId": CONTAINER,
        "ContainerName": "first", "Launcher": "sh -x", "TerminationMode": "ProcessTree",
        "OssOutputDelivery": "oss://bucket/prefix",
        "Tags": {"Tag": [
            {"TagKey": "owner", "TagValue": "zhangsan"}, {"TagKey": "empty", "TagValue": ""},
        ]},
        "InvokeInstances": {"InvokeInstance": [run("i-2"), run("i-1")]},
    });
    assert_eq!(found, expected);

    let group =
        emulator.call("DescribeInvocations", &[("ResourceGroupId", "rg-1"), ("Timed", "true")]);
    assert_eq!(group.ok()["TotalCount"], 1);
    let results = emulator.call("DescribeInvocationResults", &[("InvokeId", &invoke_id)]).ok();
    assert_eq!(results["Invocation"]["TotalCount"], 2);
    let first = &results["Invocation"]["InvocationResults"]["InvocationResult"][0];
    assert_eq!((&first["InstanceId"], &first["Username"]), (&json!("i-2"), &json!("root")));
}

#[test]
fn every_refusal_of_run_command_has_its_code() {
    let emulator = Emulator::start(&["--regions", "cn-hangzhou,cn-beijing"]);
    let long = |length: usize| "x".repeat(length);
    let many: String = (1..=101).map(|n| format!("InstanceId.{n}=i-{n}&")).collect();
    let names: String = (0..21).map(|n| format!("{{{{p{n}}}}}")).collect();
    let eleven: String = (0..11).map(|n| format!("\"p{n}\":\"\",")).collect();
    let eleven = format!("{{{}}}", eleven.trim_end_matches(','));
    let parameters = |content: &str, given: &str| {
        query(&[("EnableParameter", "true"), ("CommandContent", content), ("Parameters", given)])
    };
    let table: Vec<(String, u16, &str)> = vec![
        ("RegionId=".into(), 400, "MissingParameter.RegionId"),
        ("RegionId=cn-nowhere".into(), 404, "InvalidRegionId.NotFound"),
        ("Type=".into(), 400, "MissingParameter.Type"),
        ("Type=RunPython".into(), 404, "InvalidCmdType.NotFound"),
        ("CommandContent=".into(), 400, "MissingParameter.CommandContent"),
        ("ContentEncoding=Base64&CommandContent=%25".into(), 400, "CmdContent.DecodeError"),
        (format!("CommandContent={}", long(18_433)), 403, "CmdContent.ExceedLimit"),
        (format!("Name={}", long(129)), 403, "CmdName.ExceedLimit"),
        (format!("Description={}", long(513)), 403, "CmdDesc.ExceedLimit"),
        (format!("Username={}", long(256)), 403, "Username.ExceedLimit"),
        (format!("Launcher={}", long(1_025)), 403, "InvalidLauncher.LengthLimitExceeded"),
        (format!("WorkingDir={}", long(201)), 400, "InvalidParameter.WorkingDir"),
        ("Timeout=9".into(), 403, "InvalidTimeout.ExceedLimit"),
        ("Timeout=86401".into(), 403, "InvalidTimeout.ExceedLimit"),
        ("Timeout=1m".into(), 400, "InvalidParameter.Timeout"),
        ("InstanceId.1=".into(), 400, "MissingParam.InstanceId"),
        (many, 403, "InstanceIds.ExceedLimit"),
        ("InstanceId.2=i-1".into(), 400, "Duplicate.InstanceId"),
        ("RepeatMode=Twice".into(), 404, "InvalidRepeatMode.NotFound"),
        ("RepeatMode=Period".into(), 400, "MissingParam.Frequency"),
        ("RepeatMode=Period&Timed=false".into(), 400, "MissingParam.Frequency"),
        ("Frequency=often".into(), 400, "InvalidParam.Frequency"),
        ("KeepCommand=maybe".into(), 400, "InvalidParameter.KeepCommand"),
        ("Parameters={}%7B".into(), 400, "InvalidParameter.Parameters"),
        (query(&[("Parameters", "{\"a\":\"b\"}")]), 400, "Parameter.Disabled"),
        (parameters("{{a}}", "{\"b\":\"\"}"), 403, "Parameter.NotMatched"),
        (parameters("{{a}}", &eleven), 403, "ParameterCount.ExceedLimit"),
        (
            parameters("{{a}}", &format!("{{\"{}\":\"\"}}", long(65))),
            403,
            "ParameterKey.ExceedLimit",
        ),
        (parameters(&names, "{}"), 403, "CmdParamCount.ExceedLimit"),
        (parameters("{{ }}", "{}"), 400, "CmdParam.EmptyKey"),
        (parameters("{{a b}}", "{}"), 400, "CmdParam.InvalidParamName"),
        (parameters(&format!("{{{{{}}}}}", long(65)), "{}"), 403, "CmdParamName.ExceedLimit"),
        ("Tag.1.Value=v".into(), 400, "MissingParameter.TagKey"),
        ("Tag.1.Key=acs:x".into(), 400, "InvalidTagKey.Malformed"),
        ("Tag.21.Key=k".into(), 400, "NumberExceed.Tags"),
        (format!("ClientToken={}", long(65)), 400, "InvalidClientToken.Malformed"),
    ];
    for (change, status, code) in table {
        let form = format!(
            "Action=RunCommand&Version=2014-05-26&RegionId=cn-hangzhou&Type=RunShellScript&\
             CommandContent=df&InstanceId.1=i-1&{change}"
        );
        assert_eq!(emulator.post("/", &form).error(), (status, code), "{change:.60}");
    }
    assert_eq!(emulator.total(""), 0);
}

#[test]
fn run_command_takes_what_is_at_its_limits() {
    let emulator = Emulator::start(&[]);
    let long = |characters: usize| "x".repeat(characters);
    let name = |number: usize| format!("{number:064}");
    let content: String = (0..20).map(|number| format!("{{{{{}}}}}", name(number))).collect();
    // Repeats each name, and adds names that the service fills in.
    let content = format!("{content}{content}{}", "{{ACS::RegionId}}".repeat(30));
    let parameters: serde_json::Map<_, _> = (0..10).map(|n| (name(n), json!("v"))).collect();
    let parameters = Value::Object(parameters).to_string();
    let instances = (1..=100).map(|number| (format!("InstanceId.{number}"), format!("i-{number}")));
    let given = [
        ("Action", "RunCommand"),
        ("Version", "2014-05-26"),
        ("RegionId", "cn-hangzhou"),
        ("Type", "RunShellScript"),
        ("Name", &long(128)),
        ("Description", &long(512)),
        ("Username", &long(255)),
        ("Launcher", &long(1_024)),
        ("WorkingDir", &long(200)),
        ("Timeout", "86400"),
        ("EnableParameter", "true"),
        ("CommandContent", &content),
        ("Parameters", &parameters),
        ("ClientToken", &long(64)),
    ];
    let pairs = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let pairs: Vec<_> = pairs.chain(instances).collect();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    let answer = emulator.post("/", &query(&pairs)).ok();
    let found = emulator.invocation("", answer["InvokeId"].as_str().expect("an id"));
    assert_eq!(found["Parameters"], parameters);
    assert_eq!(found["InvokeInstances"]["InvokeInstance"].as_array().map(Vec::len), Some(100));
}

#[test]
fn schedules_and_modes() {
    let emulator = Emulator::start(&[]);
    let mode = |params: &[(&str, &str)]| {
        let invoke_id = emulator.run("", &["i-1"], params);
        let found = emulator.invocation("", &invoke_id);
        (found["RepeatMode"].as_str().unwrap().to_owned(), found["Timed"].as_bool().unwrap())
    };
    assert_eq!(mode(&[]), ("Once".into(), false));
    assert_eq!(mode(&[("RepeatMode", "EveryReboot")]), ("EveryReboot".into(), true));
    assert_eq!(mode(&[("RepeatMode", "NextRebootOnly")]), ("NextRebootOnly".into(), true));
    assert_eq!(mode(&[("RepeatMode", "DryRun")]), ("DryRun".into(), false));
    for frequency in ["rate(5m)", "at(2099-01-01 00:00:00)", "0 15 10 ? * * 2099 Asia/Shanghai"] {
        let params = [("RepeatMode", "Once"), ("Frequency", frequency)];
        assert_eq!(mode(&params), ("Period".into(), true), "{frequency}");
    }
}

#[test]
fn commands_are_kept_invoked_and_deleted() {
    let emulator = Emulator::start(&["--now", NOW]);
    let create = |params: &[(&str, &str)]| {
        let mut all = vec![("Name", "report"), ("Type", "RunShellScript")];
        all.extend([("CommandContent", "ZGYge3tmb2xkZXJ9fQ=="), ("EnableParameter", "true")]);
        all.extend(params);
        emulator.call("CreateCommand", &all)
    };
    let body = create(&[("Timeout", "90"), ("Tag.1.Key", "owner"), ("Tag.1.Value", "me")]).ok();
    let command_id = body["CommandId"].as_str().unwrap();
    let described = |params: &[(&str, &str)]| emulator.call("DescribeCommands", params).ok();
    let body = described(&[("CommandId", command_id), ("ContentEncoding", "PlainText")]);
    let command = &body["Commands"]["Command"][0];
    assert_eq!(command["CommandContent"], "df {{folder}}");
    assert_eq!(command["ParameterNames"]["ParameterName"], json!(["folder"]));
    assert_eq!((&command["Timeout"], &command["CreationTime"]), (&json!(90), &json!(NOW)));
    assert_eq!(command["Tags"]["Tag"], json!([{"TagKey": "owner", "TagValue": "me"}]));

    let params = [("CommandId", command_id), ("InstanceId.1", "i-1"), ("WorkingDir", "/srv")];
    let with = [&params[..], &[("Parameters", "{\"folder\":\"/\"}")]].concat();
    let invoke_id = emulator.call("InvokeCommand", &with).ok()["InvokeId"].clone();
    let run = emulator.invocation("", invoke_id.as_str().unwrap());
    assert_eq!(run["CommandId"], command_id);
    assert_eq!((&run["CommandName"], &run["Timeout"]), (&json!("report"), &json!(90)));
    assert_eq!(
        (&run["WorkingDir"], &run["Parameters"]),
        (&json!("/srv"), &json!("{\"folder\":\"/\"}"))
    );
    assert_eq!(described(&[])["Commands"]["Command"][0]["InvokeTimes"], 1);

    // RunCommand saves its command only with KeepCommand.
    emulator.run("", &["i-1"], &[("Name", "gone")]);
    emulator.run("", &["i-1"], &[("Name", "kept"), ("KeepCommand", "true")]);
    let names = |body: Value| -> Vec<String> {
        let commands = body["Commands"]["Command"].as_array().unwrap().clone();
        commands.iter().map(|command| command["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(described(&[])), ["kept", "report"]);
    let first = described(&[("MaxResults", "1")]);
    let token = first["NextToken"].as_str().unwrap().to_owned();
    assert_eq!(names(first), ["kept"]);
    let second = described(&[("MaxResults", "1"), ("NextToken", &token)]);
    assert_eq!((&second["NextToken"], names(second.clone())), (&json!(""), vec!["report".into()]));
    assert_eq!(names(described(&[("PageSize", "1"), ("PageNumber", "2")])), ["report"]);
    assert_eq!(names(described(&[("Name", "kept")])), ["kept"]);
    assert_eq!(names(described(&[("Tag.1.Key", "owner"), ("Tag.1.Value", "me")])), ["report"]);
    assert_eq!(names(described(&[("RegionId", "cn-beijing")])), [""; 0]);

    emulator.call("DeleteCommand", &[("CommandId", command_id)]).ok();
    let unknown = (404, "InvalidCmdId.NotFound");
    assert_eq!(emulator.call("DeleteCommand", &[("CommandId", command_id)]).error(), unknown);
    assert_eq!(emulator.call("InvokeCommand", &params).error(), unknown);
    // Its records stay.
    assert_eq!(emulator.invocation("", invoke_id.as_str().unwrap())["CommandName"], "report");

    let missing = |name: &str| create(&[(name, "")]).body["Code"].clone();
    for name in ["Name", "Type", "CommandContent"] {
        assert_eq!(missing(name), format!("MissingParameter.{name}"));
    }
    let long = "x".repeat(129);
    assert_eq!(create(&[("Name", &long)]).error(), (403, "CmdName.ExceedLimit"));
    assert_eq!(create(&[("CommandContent", "%")]).error(), (400, "CmdContent.DecodeError"));
}

#[test]
fn stop_invocation() {
    let emulator = Emulator::start(&[]);
    let invoke_id = emulator.run("", &["i-1", "i-2"], &[]);
    let running =
        json!({"InvokeId": invoke_id, "InstanceId": "i-2", "InvocationStatus": "Running"});
    emulator.control("runs", running).ok();
    let stop = |params: &[(&str, &str)]| emulator.call("StopInvocation", params);
    let id = ("InvokeId", &*invoke_id);
    assert_eq!(stop(&[]).error(), (400, "MissingParameter.InvokeId"));
    assert_eq!(stop(&[("InvokeId", "t-0")]).error(), (404, "InvalidInvokeId.NotFound"));
    assert_eq!(stop(&[id, ("RegionId", "cn-beijing")]).error(), (404, "InvalidInvokeId.NotFound"));
    assert_eq!(stop(&[id, ("InstanceId.1", "i-3")]).error(), (404, "InvalidInstanceId.NotFound"));
    let names: Vec<_> = (1..=51).map(|n| format!("InstanceId.{n}")).collect();
    let named = |most| [id].into_iter().chain(names[..most].iter().map(|name| (&**name, "i-9")));
    let many = |most| stop(&named(most).collect::<Vec<_>>());
    assert_eq!(many(50).error(), (404, "InvalidInstanceId.NotFound"));
    assert_eq!(many(51).error(), (403, "InstanceIds.ExceedLimit"));
    stop(&[id, ("InstanceId.1", "i-1")]).ok();
    let statuses = || {
        let found = emulator.invocation("", &invoke_id);
        let runs = found["InvokeInstances"]["InvokeInstance"].as_array().unwrap().clone();
        [0, 1].map(|at: usize| runs[at]["InvocationStatus"].as_str().unwrap().to_owned())
    };
    assert_eq!(statuses(), ["Cancelled", "Running"]);
    stop(&[id]).ok();
    assert_eq!(statuses(), ["Cancelled", "Stopping"]);
}

#[test]
fn keys_whose_requests_are_refused() {
    let emulator = Emulator::start(&[]);
    for (key, status, code) in [
        ("forbidden", 403, "Operation.Forbidden"),
        ("unavailable", 500, "ServiceUnavailable"),
        ("failed", 500, "InternalError"),
        ("broken", 500, "InternalError.Dispatch"),
    ] {
        let answer = emulator.call_as(key, "DescribeInvocations", &[]);
        assert_eq!(answer.error(), (status, code), "{key}");
    }
}

#[test]
fn a_client_token_gets_one_answer() {
    let emulator = Emulator::start(&[]);
    let token = ("ClientToken", "token-1");
    let first = emulator.run("", &["i-1"], &[token, ("SignatureNonce", "1"), ("Signature", "a")]);
    let second = emulator.run("", &["i-1"], &[token, ("SignatureNonce", "2"), ("Signature", "b")]);
    assert_eq!(first, second);
    assert_eq!(emulator.total(""), 1);
    let other =
        [("Type", "RunShellScript"), ("CommandContent", "df"), ("InstanceId.1", "i-2"), token];
    assert_eq!(emulator.call("RunCommand", &other).error(), (403, "IdempotentParameterMismatch"));
}

#[test]
fn a_name_with_another_form_of_number_is_an_unknown_parameter() {
    let emulator = Emulator::start(&[]);
    let odd = [
        ("InstanceId.01", "i-2"),
        ("InstanceId.+2", "i-3"),
        ("Tag.01.Key", "odd"),
        ("Tag.+2.Key", "odd"),
        ("Tag.0.Key", "odd"),
        ("ResourceTag.01.Key", "odd"),
    ];
    let invoke_id = emulator.run(
        "",
        &["i-1", "i-4"],
        &[&odd[..], &[("Name", "kept"), ("KeepCommand", "true")]].concat(),
    );
    let found = emulator.invocation("", &invoke_id);
    assert_eq!(found["Tags"]["Tag"], json!([]));
    let instances = found["InvokeInstances"]["InvokeInstance"].as_array().unwrap();
    assert_eq!(instances.len(), 2);
    let id = ("InvokeId", &*invoke_id);
    emulator.call("StopInvocation", &[id, ("InstanceId.1", "i-1"), ("InstanceId.04", "i-4")]).ok();
    let found = emulator.invocation("", &invoke_id);
    let statuses = [0, 1].map(|at: usize| {
        found["InvokeInstances"]["InvokeInstance"][at]["InvocationStatus"].clone()
    });
    assert!(statuses.contains(&json!("Pending")), "{statuses:?}");
    let command = ("CommandId", found["CommandId"].as_str().unwrap());
    let invoked = [command, ("InstanceId.1", "i-1"), ("InstanceId.02", "i-2"), ("Tag.01.Key", "t")];
    let again = emulator.call("InvokeCommand", &invoked).ok()["InvokeId"].clone();
    let again = emulator.invocation("", again.as_str().unwrap());
    assert_eq!(again["Tags"]["Tag"], json!([]));
    assert_eq!(again["InvokeInstances"]["InvokeInstance"].as_array().unwrap().len(), 1);
    let commands = emulator.call("DescribeCommands", &[("Tag.01.Key", "no such tag")]).ok();
    assert_eq!(commands["TotalCount"], 1);
}

#[test]
fn what_every_action_needs() {
    let emulator = Emulator::start(&[]);
    let table = [
        ("/", 400, "MissingParameter"),
        ("/?Action=DescribeInvocations", 400, "MissingParameter"),
        ("/?Action=DescribeInvocations&Version=2015-01-01", 400, "InvalidParameter"),
        ("/?Action=DescribeDisks&Version=2014-05-26", 404, "InvalidAction.NotFound"),
        (
            "/?Action=DescribeInvocations&Version=2014-05-26&Format=YAML",
            400,
            "InvalidParameter.Format",
        ),
        ("/?Action=DescribeInvocations&Version=2014-05-26", 400, "MissingParameter.RegionId"),
        ("/elsewhere", 404, "InvalidAction.NotFound"),
        ("/_emulator/elsewhere", 404, "InvalidAction.NotFound"),
        ("/_emulator/runs", 405, "UnsupportedHTTPMethod"),
    ];
    for (path, status, code) in table {
        assert_eq!(emulator.get(path).error(), (status, code), "{path}");
    }
    // Parameters in a form, Action and Version in the headers that newer clients send.
    let form = "Action=DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou&Format=json";
    emulator.post("/", form).ok();
    let answer = emulator.raw(
        b"POST /?RegionId=cn-hangzhou HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
          x-acs-action: DescribeInvocations\r\nx-acs-version: 2014-05-26\r\n\
          Content-Length: 0\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}
