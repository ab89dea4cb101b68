//! Every action, over HTTP.

mod common;

use common::{Emulator, NOW, query};
use serde_json::{Value, json};

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
            ("Timeout", "3600"),
            ("EnableParameter", "True"),
            ("Parameters", "{\"folder\":\"/tmp\"}"),
            ("Username", "root"),
            ("ContainerId", "container-1"),
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
        "RepeatMode": "Period", "Timed": true, "Frequency": "0 */20 * * * ?", "Timeout": 3600,
        "WorkingDir": "/home/", "Username": "root", "ContainerId": "container-1",
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
        (format!("CommandContent={}", long(24_577)), 403, "CmdContent.ExceedLimit"),
        (format!("Name={}", long(129)), 403, "CmdName.ExceedLimit"),
        (format!("Description={}", long(513)), 403, "CmdDesc.ExceedLimit"),
        (format!("Username={}", long(256)), 403, "Username.ExceedLimit"),
        (format!("Launcher={}", long(1_025)), 403, "InvalidLauncher.LengthLimitExceeded"),
        (format!("WorkingDir={}", long(201)), 400, "InvalidParameter.WorkingDir"),
        ("Timeout=0".into(), 400, "InvalidParameter.Timeout"),
        ("Timeout=86401".into(), 400, "InvalidParameter.Timeout"),
        ("Timeout=1m".into(), 400, "InvalidParameter.Timeout"),
        ("InstanceId.1=".into(), 400, "MissingParameter.InstanceId"),
        (many, 403, "InstanceIds.ExceedLimit"),
        ("InstanceId.2=i-1".into(), 400, "Duplicate.InstanceId"),
        ("RepeatMode=Twice".into(), 400, "InvalidParameter.RepeatMode"),
        ("RepeatMode=Period".into(), 403, "MissingParam.Frequency"),
        ("Timed=True".into(), 403, "MissingParam.Frequency"),
        ("Frequency=often".into(), 403, "InvalidParam.Frequency"),
        ("KeepCommand=maybe".into(), 400, "InvalidParameter.KeepCommand"),
        ("Parameters={}%7B".into(), 400, "InvalidParameter.Parameters"),
        (query(&[("Parameters", "{\"a\":\"b\"}")]), 404, "Parameter.Disabled"),
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
        (format!("ClientToken={}", long(65)), 400, "InvalidParameter.ClientToken"),
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
    for frequency in ["rate(5m)", "at(2030-01-01 00:00:00)", "0 15 10 ? * * 2022 Asia/Shanghai"] {
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
    assert_eq!(stop(&[id, ("InstanceId.1", "i-3")]).error(), (404, "InvalidInstance.NotFound"));
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
fn a_client_token_gets_one_answer() {
    let emulator = Emulator::start(&[]);
    let token = ("ClientToken", "token-1");
    let first = emulator.run("", &["i-1"], &[token, ("SignatureNonce", "1"), ("Signature", "a")]);
    let second = emulator.run("", &["i-1"], &[token, ("SignatureNonce", "2"), ("Signature", "b")]);
    assert_eq!(first, second);
    assert_eq!(emulator.total(""), 1);
    let other =
        [("Type", "RunShellScript"), ("CommandContent", "df"), ("InstanceId.1", "i-2"), token];
    assert_eq!(emulator.call("RunCommand", &other).error(), (400, "IdempotentParameterMismatch"));
}

#[test]
fn what_every_action_needs() {
    let emulator = Emulator::start(&[]);
    let table = [
        ("/", 400, "MissingParameter"),
        ("/?Action=DescribeInvocations", 400, "MissingParameter"),
        ("/?Action=DescribeInvocations&Version=2015-01-01", 400, "InvalidParameter"),
        ("/?Action=DescribeInstances&Version=2014-05-26", 404, "InvalidAction.NotFound"),
        (
            "/?Action=DescribeInvocations&Version=2014-05-26&Format=XML",
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
        b"POST /?RegionId=cn-hangzhou HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
          x-acs-action: DescribeInvocations\r\nx-acs-version: 2014-05-26\r\n\
          Content-Length: 0\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}
