//! Listed instances: what describes them, and the runs on them.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::{BINARY, Emulator, NOW, ONE, TWO, query, scratch};
use serde_json::{Value, json};

type Params<'a> = &'a [(&'a str, &'a str)];

/// A file with an answer of DescribeInstances for each of `answers`.
fn file(name: &str, answers: &[Value]) -> PathBuf {
    let path = scratch(name);
    let text: Vec<_> = answers.iter().map(|list| answer(list.clone()).to_string()).collect();
    fs::write(&path, text.join("\n")).unwrap();
    path
}

fn answer(instances: Value) -> Value {
    json!({"RequestId": "R", "TotalCount": 2, "Instances": {"Instance": instances}})
}

fn start(name: &str, more: &[&str]) -> Emulator {
    let web = json!({
        "InstanceId": "i-web", "InstanceName": "web-1", "Status": "Running", "OSType": "linux",
        "RegionId": "cn-hangzhou", "ResourceGroupId": "rg-1", "Cpu": 2, "HostName": "iZweb",
        "VpcAttributes": {"PrivateIpAddress": {"IpAddress": ["10.0.0.1"]}, "VpcId": "vpc-1"},
        "Tags": {"Tag": [
            {"TagKey": "env", "TagValue": "prod"}, {"TagKey": "owner", "TagValue": ""},
        ]},
    });
    let others = json!([
        {"InstanceId": "i-stopped", "InstanceName": "web-2", "Status": "Stopped",
            "Tags": {"Tag": [{"TagKey": "env", "TagValue": "prod"}]}},
        {"InstanceId": "i-bare", "InstanceName": "db-1", "OSType": "windows",
            "CloudAssistantStatus": "false",
            "Tags": {"Tag": [{"TagKey": "env", "TagValue": "test"}]}},
        {"InstanceId": "i-far", "RegionId": "cn-beijing",
            "Tags": {"Tag": [{"TagKey": "env", "TagValue": "prod"}]}},
        {"InstanceId": "i-plain"},
    ]);
    let path = file(name, &[json!([web]), others]);
    let args = ["--instances", path.to_str().unwrap(), "--now", NOW];
    Emulator::start(&[&args[..], more].concat())
}

fn rows(body: &Value) -> &Vec<Value> {
    body["Instances"]["Instance"].as_array().unwrap()
}

fn ids(body: &Value) -> Vec<&str> {
    rows(body).iter().map(|row| row["InstanceId"].as_str().unwrap()).collect()
}

#[test]
fn instances_are_described_by_every_filter() {
    let emulator = start("filters.json", &[]);
    let all = ["i-web", "i-stopped", "i-bare", "i-plain"];
    let table: &[(Params, &[&str])] = &[
        (&[], &all),
        (&[("RegionId", "cn-beijing")], &["i-far"]),
        (&[("InstanceIds", "[\"i-plain\", \"i-web\", \"i-far\", \"i-0\"]")], &["i-web", "i-plain"]),
        (&[("InstanceIds", "[]")], &[]),
        (&[("InstanceName", "web-*")], &["i-web", "i-stopped"]),
        (&[("InstanceName", "*-1")], &["i-web", "i-bare"]),
        (&[("InstanceName", "web")], &[]),
        (&[("InstanceName", "i-plain")], &["i-plain"]),
        (&[("Status", "Running")], &["i-web", "i-bare", "i-plain"]),
        (&[("Status", "Stopped")], &["i-stopped"]),
        (&[("ResourceGroupId", "rg-1")], &["i-web"]),
        (&[("Tag.1.Key", "env")], &["i-web", "i-stopped", "i-bare"]),
        (&[("Tag.1.Key", "env"), ("Tag.1.Value", "prod")], &["i-web", "i-stopped"]),
        (&[("Tag.1.Key", "owner"), ("Tag.1.Value", "")], &["i-web"]),
        (&[("Tag.1.Key", "env"), ("Tag.2.Key", "owner")], &["i-web"]),
        (
            &[("Tag.1.Key", "env"), ("Status", "Running"), ("InstanceName", "*b*")],
            &["i-web", "i-bare"],
        ),
    ];
    for (params, expected) in table {
        let body = emulator.call("DescribeInstances", params).ok();
        assert_eq!(ids(&body), *expected, "{params:?}");
        assert_eq!(body["TotalCount"], expected.len(), "{params:?}");
    }
    let body = emulator.call("DescribeInstances", &[]).ok();
    let [web, _, bare, plain] = &rows(&body)[..] else { panic!("{body}") };
    // Every captured field, and none of the emulator's own.
    assert_eq!(web["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0], "10.0.0.1");
    assert_eq!((&web["Cpu"], &web["HostName"]), (&json!(2), &json!("iZweb")));
    assert_eq!(web["Tags"]["Tag"][1], json!({"TagKey": "owner", "TagValue": ""}));
    assert_eq!(bare.get("CloudAssistantStatus"), None);
    assert_eq!(
        *plain,
        json!({
            "InstanceId": "i-plain", "InstanceName": "i-plain", "OSType": "linux",
            "RegionId": "cn-hangzhou", "ResourceGroupId": "", "Status": "Running",
            "Tags": {"Tag": []},
        })
    );
}

#[test]
fn both_pagings_reach_every_instance() {
    let emulator = Emulator::start(&[]);
    let instances: Vec<_> = (0..45).map(|n| json!({"InstanceId": format!("i-{n:02}")})).collect();
    emulator.control("instances", answer(instances.into())).ok();
    let expected: Vec<_> = (0..45).map(|n| format!("i-{n:02}")).collect();

    let mut found: Vec<String> = Vec::new();
    for (page, length) in [("1", 20), ("2", 20), ("3", 5), ("4", 0)] {
        let params = [("PageNumber", page), ("PageSize", "20")];
        let body = emulator.call("DescribeInstances", &params).ok();
        assert_eq!((&body["TotalCount"], &body["PageSize"]), (&json!(45), &json!(20)));
        assert_eq!(rows(&body).len(), length, "{page}");
        found.extend(ids(&body).into_iter().map(str::to_owned));
    }
    assert_eq!(found, expected);

    // Outside 10 to 100 MaxResults counts as the nearer of the two.
    for (max_results, lengths) in
        [("1", vec![10, 10, 10, 10, 5]), ("15", vec![15; 3]), ("999", vec![45])]
    {
        let (mut found, mut pages, mut token) = (Vec::new(), Vec::new(), String::new());
        loop {
            let params = [("MaxResults", max_results), ("NextToken", &token)];
            let body = emulator.call("DescribeInstances", &params).ok();
            pages.push(rows(&body).len());
            found.extend(ids(&body).into_iter().map(str::to_owned));
            token = body["NextToken"].as_str().unwrap().to_owned();
            if token.is_empty() {
                break;
            }
        }
        assert_eq!((found, pages), (expected.clone(), lengths), "{max_results}");
    }

    let statuses = |params: &[(&str, &str)]| {
        let body = emulator.call("DescribeCloudAssistantStatus", params).ok();
        let set = &body["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"];
        (set.as_array().unwrap().len(), body["NextToken"].as_str().unwrap().to_owned())
    };
    assert_eq!(statuses(&[]), (10, "10".to_owned()));
    assert_eq!(statuses(&[("MaxResults", "50")]), (45, String::new()));
    assert_eq!(statuses(&[("NextToken", "40"), ("MaxResults", "2")]), (2, "42".to_owned()));
    assert_eq!(statuses(&[("PageNumber", "3"), ("PageSize", "20")]), (5, String::new()));
    let named: Vec<_> =
        (1..=30).map(|n| (format!("InstanceId.{n}"), format!("i-{n:02}"))).collect();
    let named: Vec<_> = named.iter().map(|(name, id)| (&**name, &**id)).collect();
    assert_eq!(statuses(&named), (30, String::new()));
}

#[test]
fn cloud_assistant_tells_what_the_store_has() {
    let emulator = start("assistant.json", &[]);
    let done = emulator.run("", &["i-web"], &[]);
    for status in ["Running", "Success"] {
        let run = json!({"InvokeId": done, "InstanceId": "i-web", "InvocationStatus": status});
        emulator.control("runs", run).ok();
    }
    emulator.control("clock", json!({"Advance": 60})).ok();
    emulator.run("", &["i-web", "i-stopped"], &[]);
    emulator.control("clock", json!({"Advance": 60})).ok();
    let of = |params: &[(&str, &str)]| {
        let body = emulator.call("DescribeCloudAssistantStatus", params).ok();
        body["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"].clone()
    };
    let named = |id: &str| of(&[("InstanceId.1", id)])[0].clone();
    assert_eq!(
        named("i-web"),
        json!({
            "InstanceId": "i-web", "CloudAssistantStatus": "true", "OSType": "Linux",
            "CloudAssistantVersion": "2.2.4.1000", "SupportSessionManager": true,
            "LastHeartbeatTime": "2024-05-01T00:02:00Z", "LastInvokedTime": "2024-05-01T00:01:00Z",
            "InvocationCount": 1, "ActiveTaskCount": 1,
        })
    );
    assert_eq!(
        named("i-stopped"),
        json!({
            "InstanceId": "i-stopped", "CloudAssistantStatus": "false", "OSType": "Linux",
            "CloudAssistantVersion": "", "SupportSessionManager": false,
            "LastHeartbeatTime": "", "LastInvokedTime": "2024-05-01T00:01:00Z",
            "InvocationCount": 1, "ActiveTaskCount": 0,
        })
    );
    let bare = named("i-bare");
    assert_eq!(
        (&bare["CloudAssistantStatus"], &bare["OSType"], &bare["LastInvokedTime"]),
        (&json!("false"), &json!("Windows"), &json!(""))
    );
    assert_eq!(of(&[("OSType", "Windows")]).as_array().unwrap().len(), 1);
    assert_eq!(of(&[("OSType", "Linux")]).as_array().unwrap().len(), 3);
    assert_eq!(of(&[("OSType", "FreeBSD")]), json!([]));
}

#[test]
fn regions_are_those_of_the_flag_and_their_endpoint_is_the_emulator() {
    let of = |emulator: &Emulator, host: &str| -> Vec<(String, String)> {
        let answer = emulator.raw(
            format!(
                "GET /?Action=DescribeRegions&Version=2014-05-26 HTTP/1.1\r\nHost: {host}\r\n\
                 Connection: close\r\n\r\n"
            )
            .as_bytes(),
        );
        let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let rows = body["Regions"]["Region"].as_array().unwrap();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.iter().map(|row| (text(row, "RegionId"), text(row, "RegionEndpoint"))).collect()
    };
    let emulator = Emulator::start(&["--regions", "cn-hangzhou,-cn-fuzhou"]);
    let address = emulator.address.clone();
    let expected = ["cn-hangzhou", "cn-fuzhou"].map(|id| (id.to_owned(), address.clone()));
    assert_eq!(of(&emulator, &address), expected);
    let service = ["cn-hangzhou", "cn-fuzhou"];
    let service = service.map(|id| (id.to_owned(), format!("ecs.{id}.aliyuncs.com")));
    for host in ["ecs.aliyuncs.com", "ECS.CN-Hangzhou.Aliyuncs.Com", "ecs.aliyuncs.com."] {
        assert_eq!(of(&emulator, host), service, "{host}");
    }
    // A name of the service that is pointed at the emulator, at a port of its own.
    for host in ["ecs.cn-hangzhou.aliyuncs.com:8088", "[::1]:8088"] {
        let same = ["cn-hangzhou", "cn-fuzhou"].map(|id| (id.to_owned(), host.to_owned()));
        assert_eq!(of(&emulator, host), same);
    }

    let emulator = Emulator::start(&[]);
    let known: BTreeSet<_> = of(&emulator, "localhost").into_iter().map(|(id, _)| id).collect();
    assert!(known.len() > 20 && known.contains("cn-hangzhou") && known.contains("eu-central-1"));
}

#[test]
fn a_run_needs_a_listed_instance_of_the_region() {
    let emulator = start("unknown.json", &[]);
    let command = [("Name", "df"), ("Type", "RunShellScript"), ("CommandContent", "ZGY=")];
    let command_id = emulator.call("CreateCommand", &command).ok()["CommandId"].clone();
    let by = |action: &str, more: &[(&str, &str)]| {
        let mut params = vec![("CommandId", command_id.as_str().unwrap())];
        params.extend([("Type", "RunShellScript"), ("CommandContent", "df")]);
        params.extend(more);
        emulator.call(action, &params)
    };
    let many: Vec<_> =
        (1..=21).map(|n| (format!("ResourceTag.{n}.Key"), format!("k{n}"))).collect();
    let many: Vec<_> = many.iter().map(|(name, key)| (&**name, &**key)).collect();
    let table: &[(Params, u16, &str)] = &[
        (&[("InstanceId.1", "i-web"), ("InstanceId.2", "i-0")], 404, "InvalidInstance.NotFound"),
        (&[("InstanceId.1", "i-far")], 404, "InvalidInstance.NotFound"),
        (&[("ResourceTag.1.Key", "none")], 404, "InvalidInstance.NotFound"),
        (
            &[("ResourceTag.1.Key", "env"), ("ResourceTag.1.Value", "")],
            404,
            "InvalidInstance.NotFound",
        ),
        (
            &[("InstanceId.1", "i-web"), ("ResourceTag.1.Key", "env")],
            400,
            "InvalidParameter.ResourceTag",
        ),
        (&[("ResourceTag.1.Value", "prod")], 400, "MissingParameter.TagKey"),
        (&[("ResourceTag.1.Key", "acs:x")], 400, "InvalidTagKey.Malformed"),
        (&many, 400, "NumberExceed.Tags"),
    ];
    for (params, status, code) in table {
        for action in ["RunCommand", "InvokeCommand"] {
            assert_eq!(by(action, params).error(), (*status, *code), "{action} {params:?}");
        }
    }
    assert_eq!(emulator.total(""), 0);
    let unknown = "InstanceId: given \"i-0\"; 4 instances are listed in cn-hangzhou";
    emulator.wait_for_log(unknown);

    let chosen = |tags: &[(&str, &str)]| {
        let invoke_id = by("InvokeCommand", tags).ok()["InvokeId"].clone();
        let found = emulator.invocation("", invoke_id.as_str().unwrap());
        let runs = found["InvokeInstances"]["InvokeInstance"].as_array().unwrap().clone();
        runs.iter().map(|run| run["InstanceId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let prod = [("ResourceTag.1.Key", "env"), ("ResourceTag.1.Value", "prod")];
    assert_eq!(chosen(&prod), ["i-web", "i-stopped"]);
    assert_eq!(chosen(&[("ResourceTag.2.Key", "env")]), ["i-web", "i-stopped", "i-bare"]);
    assert_eq!(chosen(&[("ResourceTag.1.Key", "env"), ("ResourceTag.3.Key", "owner")]), ["i-web"]);
    // The tags choose instances; they are no tags of the record.
    assert_eq!(emulator.call("DescribeInvocations", &[("Tag.1.Key", "env")]).ok()["TotalCount"], 0);

    let many: Vec<_> = (0..101)
        .map(|n| {
            json!({"InstanceId": format!("i-{n}"),
            "Tags": {"Tag": [{"TagKey": "env", "TagValue": "prod"}]}})
        })
        .collect();
    emulator.control("instances", answer(many.into())).ok();
    assert_eq!(by("RunCommand", &prod).error(), (403, "InstanceIds.ExceedLimit"));
}

#[test]
fn too_many_and_long_ids_are_refused() {
    let emulator = start("too-many.json", &["--recommend", "detail"]);
    let names: Vec<_> = (1..=101).map(|n| format!("InstanceId.{n}")).collect();
    let call = |count: usize, id: &str| {
        let ids = names[..count].iter().map(|name| (&**name, id));
        let params =
            [("Type", "RunShellScript"), ("CommandContent", "df"), ("Action", "RunCommand")];
        let more = [("Version", "2014-05-26"), ("RegionId", "cn-hangzhou")];
        let params: Vec<_> = params.into_iter().chain(more).chain(ids).collect();
        emulator.post("/", &query(&params))
    };
    assert_eq!(call(101, "i-unknown").error(), (403, "InstanceIds.ExceedLimit"));
    assert_eq!(call(100, "i-unknown").error(), (404, "InvalidInstance.NotFound"));
    let refused = call(1, &"i".repeat(100_000));
    assert_eq!(refused.error(), (404, "InvalidInstance.NotFound"));
    let detail = refused.body["Recommend"].as_str().unwrap();
    assert!(detail.contains("iii") && detail.len() < 1_000, "{}", detail.len());
}

#[test]
fn a_run_on_a_stopped_or_bare_instance_is_aborted() {
    let emulator = start("aborted.json", &["--auto-complete", "1"]);
    // A script does not start what cannot be sent.
    let steps = json!([{"InvocationStatus": "Running"}]);
    emulator.control("outcomes", json!({"InstanceId": "i-stopped", "Steps": steps})).ok();
    let three = ["i-web", "i-stopped", "i-bare"];
    let once = emulator.run("", &three, &[]);
    let found = emulator.wait_for(&once, "PartialFailed");
    let runs = found["InvokeInstances"]["InvokeInstance"].as_array().unwrap();
    let text = |run: &Value, name: &str| run[name].as_str().unwrap().to_owned();
    let ends: Vec<_> = runs
        .iter()
        .map(|run| ["InvocationStatus", "ErrorCode", "ErrorInfo"].map(|name| text(run, name)))
        .collect();
    let stopped = "the instance is not running when create task.";
    let bare = "the aliyun service is not running on the instance.";
    assert_eq!(
        ends,
        [
            ["Success", "", ""],
            ["Aborted", "InstanceNotRunning", stopped],
            ["Aborted", "ClientNotRunning", bare],
        ]
    );
    // It has ended when the answer is there, and nothing starts it afterwards.
    for more in [&[][..], &[("Frequency", "rate(5m)")], &[("RepeatMode", "EveryReboot")]] {
        let only = emulator.run("", &["i-stopped"], more);
        let params = [("InvokeId", &*only), ("IncludeHistory", "true")];
        let body = emulator.call("DescribeInvocationResults", &params).ok();
        let rows = body["Invocation"]["InvocationResults"]["InvocationResult"].as_array().unwrap();
        assert_eq!(rows.len(), 1, "{more:?}");
        assert_eq!(
            (&rows[0]["InvocationStatus"], &rows[0]["Repeats"]),
            (&json!("Aborted"), &json!(0))
        );
    }
    // The instance starts.
    emulator.control("reset", json!({})).ok();
    emulator.control("instances", answer(json!([{"InstanceId": "i-stopped"}]))).ok();
    let started = emulator.run("", &["i-stopped"], &[]);
    emulator.wait_for(&started, "Success");
}

#[test]
fn a_list_belongs_to_an_account_and_is_in_the_archive() {
    let archive = scratch("instances.archive");
    let more = ["--archive", archive.to_str().unwrap()];
    let emulator = start("listed.json", &more);
    let listed = |emulator: &Emulator, key: &str| {
        ids(&emulator.call_as(key, "DescribeInstances", &[]).ok()).join(" ")
    };
    let one = format!("/_emulator/instances?AccessKeyId={ONE}");
    let body = answer(json!([{"InstanceId": "i-1", "CloudAssistantStatus": false}]));
    assert_eq!(emulator.post(&one, &body.to_string()).ok()["Listed"], 1);
    let two = format!("/_emulator/instances?AccessKeyId={TWO}");
    assert_eq!(emulator.post(&two, &answer(json!([])).to_string()).ok()["Listed"], 0);
    let of_file = "i-web i-stopped i-bare i-plain";
    let all = |emulator: &Emulator| ["", ONE, TWO].map(|key| listed(emulator, key));
    assert_eq!(all(&emulator), [of_file, "i-1", ""]);
    let params = [("InstanceId.1", "i-1")];
    let none = emulator.call_as(TWO, "DescribeCloudAssistantStatus", &params);
    assert_eq!(none.error(), (404, "InvalidInstance.NotFound"));
    assert!(emulator.stop("-TERM"));

    let emulator = start("listed.json", &more);
    assert_eq!(all(&emulator), [of_file, "i-1", ""]);
    let run = emulator.run(ONE, &["i-1"], &[]);
    let run = &emulator.invocation(ONE, &run)["InvokeInstances"]["InvokeInstance"][0];
    assert_eq!(run["ErrorCode"], "ClientNotRunning");
    // A reset lists the instances of the file again.
    let reset = format!("/_emulator/reset?AccessKeyId={ONE}");
    emulator.post(&reset, "{}").ok();
    assert_eq!(all(&emulator), [of_file, of_file, ""]);
}

#[test]
fn a_list_has_bounds() {
    let list = |length: u32| {
        let instances: Vec<_> =
            (0..length).map(|n| json!({"InstanceId": format!("i-{n}")})).collect();
        answer(instances.into())
    };
    let emulator = Emulator::start(&["--max-bytes", "1000000"]);
    let refused = emulator.control("instances", list(10_001));
    assert_eq!(refused.error(), (400, "InvalidBody"));
    let detail = refused.body["Recommend"].as_str().unwrap();
    assert_eq!(detail, "Instances.Instance[10000]: allowed are 10000 instances");
    assert_eq!(emulator.control("instances", list(10_000)).ok()["Listed"], 10_000);
    // The list counts as memory of the store. A reset frees it.
    let params = [("Type", "RunShellScript"), ("CommandContent", "df"), ("InstanceId.1", "i-0")];
    assert_eq!(emulator.call("RunCommand", &params).error(), (403, "StoreSize.ExceedLimit"));
    emulator.control("reset", json!({})).ok();
    emulator.call("RunCommand", &params).ok();
}

#[test]
fn the_list_in_the_readme_is_one() {
    let section = include_str!("../README.md").split("\n## Instances\n").nth(1).unwrap();
    let list = section.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let emulator = Emulator::start(&[]);
    assert_eq!(emulator.post("/_emulator/instances", list).ok()["Listed"], 3);
    let body = emulator.call("DescribeInstances", &[("Tag.1.Key", "env")]).ok();
    assert_eq!(ids(&body), ["i-1"]);
}

#[test]
fn without_a_list_every_id_is_an_instance() {
    let emulator = Emulator::start(&["--now", NOW]);
    assert_eq!(emulator.call("DescribeInstances", &[]).ok()["TotalCount"], 0);
    let body = emulator.call("DescribeInstances", &[("InstanceIds", "[\"i-1\",\"i-2\"]")]).ok();
    assert_eq!(ids(&body), ["i-1", "i-2"]);
    assert_eq!(
        (&rows(&body)[0]["Status"], &rows(&body)[0]["RegionId"]),
        (&json!("Running"), &json!("cn-hangzhou"))
    );
    let params = [("InstanceId.1", "i-1")];
    let body = emulator.call("DescribeCloudAssistantStatus", &params).ok();
    let row = &body["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"][0];
    assert_eq!((&row["CloudAssistantStatus"], &row["InstanceId"]), (&json!("true"), &json!("i-1")));
    let params =
        [("Type", "RunShellScript"), ("CommandContent", "df"), ("ResourceTag.1.Key", "env")];
    let refused = emulator.call("RunCommand", &params);
    assert_eq!(refused.error(), (404, "InvalidInstance.NotFound"));
    emulator.wait_for_log("list instances by --instances or the control request instances");
}

#[test]
fn a_refused_request_names_what_is_allowed() {
    let emulator = start("refused.json", &["--recommend", "detail"]);
    let many: Vec<_> = (0..101).map(|n| format!("i-{n}")).collect();
    let many_ids = json!(many).to_string();
    let many: Vec<_> = (1..=101).map(|n| (format!("InstanceId.{n}"), format!("i-{n}"))).collect();
    let many: Vec<_> = many.iter().map(|(name, id)| (&**name, &**id)).collect();
    let (instances, assistant) = ("DescribeInstances", "DescribeCloudAssistantStatus");
    let table: &[(&str, Params, u16, &str, &str)] = &[
        (instances, &[("RegionId", "")], 400, "MissingParameter.RegionId", ""),
        (instances, &[("InstanceIds", "i-1")], 400, "InvalidParameter", "such as [\"i-1\"]"),
        (instances, &[("InstanceIds", "[1]")], 400, "InvalidParameter", "integer `1`"),
        (instances, &[("InstanceIds", &many_ids)], 403, "InstanceIds.ExceedLimit", "given 101"),
        (instances, &[("Status", "Up")], 400, "InvalidParameter.Status", "Pending, Running"),
        (instances, &[("PageSize", "101")], 400, "InvalidParameter.PageSize", "1 to 100"),
        (instances, &[("PageNumber", "0")], 400, "InvalidParameter.PageNumber", "1 to "),
        (instances, &[("MaxResults", "x")], 400, "InvalidParameter.MaxResults", "digits"),
        (instances, &[("NextToken", "x")], 400, "InvalidParameter.NextToken", "page before"),
        (instances, &[("Tag.1.Key", "acs:a")], 400, "InvalidTagKey.Malformed", "acs:"),
        (assistant, &[("OSType", "linux")], 400, "InvalidParameter.OSType", "Windows, Linux"),
        (assistant, &[("MaxResults", "51")], 400, "InvalidParameter.MaxResults", "1 to 50"),
        (assistant, &[("PageSize", "51")], 400, "InvalidParameter.PageSize", "1 to 50"),
        (assistant, &[("InstanceId.1", "i-0")], 404, "InvalidInstance.NotFound", "i-0"),
        (assistant, &many, 403, "InstanceIds.ExceedLimit", "given 101"),
    ];
    for (action, params, status, code, said) in table {
        let refused = emulator.call(action, params);
        assert_eq!(refused.error(), (*status, *code), "{params:?}");
        let detail = refused.body["Recommend"].as_str().unwrap();
        assert!(detail.contains(said), "{params:?}: {detail}");
    }
}

/// Malformed lists: of each a part of the error.
fn malformed() -> Vec<(Value, &'static str)> {
    let one = |instance: Value| answer(json!([{"InstanceId": "i-0"}, instance]));
    let id = "i".repeat(129);
    vec![
        (json!([]), "allowed is a"),
        (json!([{"Instances": {"Instance": []}}]), "allowed is a"),
        (json!({}), "Instances.Instance: allowed is a list"),
        (json!({"Instances": []}), "Instances.Instance: allowed is a list"),
        (json!({"Instances": {"Instance": {}}}), "Instances.Instance: allowed is a list"),
        (answer(json!(["i-1"])), "Instances.Instance[0]: given \"i-1\", allowed is an object"),
        (one(json!({})), "Instances.Instance[1]: missing field `InstanceId`"),
        (
            one(json!({"InstanceId": 1})),
            "Instances.Instance[1]: InstanceId: invalid type: integer `1`",
        ),
        (one(json!({"InstanceId": ""})), "InstanceId: given \"\", allowed are 1 to 128 bytes"),
        (one(json!({"InstanceId": id})), "allowed are 1 to 128 bytes"),
        (one(json!({"InstanceId": "i-0"})), "InstanceId: \"i-0\" is listed before"),
        (
            one(json!({"InstanceId": "i-1", "Status": "Up"})),
            "Status: given \"Up\", allowed Pending, Running, Starting, Stopping, Stopped",
        ),
        (
            one(json!({"InstanceId": "i-1", "InstanceName": []})),
            "InstanceName: invalid type: sequence",
        ),
        (
            one(json!({"InstanceId": "i-1", "RegionId": "cn-x"})),
            "RegionId: given \"cn-x\", allowed cn-hangzhou, cn-beijing",
        ),
        (
            one(json!({"InstanceId": "i-1", "CloudAssistantStatus": "on"})),
            "CloudAssistantStatus: given \"on\", allowed true, false",
        ),
        (one(json!({"InstanceId": "i-1", "Tags": []})), "Tags"),
        (
            one(json!({"InstanceId": "i-1", "a b": 1})),
            "Instances.Instance[1]: the key \"a b\" is given, allowed are",
        ),
        (one(json!({"InstanceId": "i-1", "VpcAttributes": {"A": [{"1x": []}]}})), "the key \"1x\""),
        (one(json!({"InstanceId": "i-1", "": null})), "the key \"\""),
        (one(json!({"InstanceId": "i-1", "a></a": ""})), "the key \"a></a\""),
        (
            one(json!({"InstanceId": "i-1", "Tags": {"Tag": [{"Key": "a"}]}})),
            "Tags.Tag[0]: missing field `TagKey`",
        ),
    ]
}

#[test]
fn a_malformed_list_is_refused_and_the_old_one_stays() {
    let regions = ["--regions", "cn-hangzhou,cn-beijing"];
    let emulator = start("malformed-kept.json", &regions);
    for (body, said) in malformed() {
        let refused = emulator.control("instances", body.clone());
        assert_eq!(refused.error(), (400, "InvalidBody"), "{body}");
        let detail = refused.body["Recommend"].as_str().unwrap();
        assert!(detail.contains(said), "{body}: {detail}");
        assert_eq!(emulator.call("DescribeInstances", &[]).ok()["TotalCount"], 4);
    }

    let path = scratch("malformed.json");
    let flags = [&regions[..], &["--instances", path.to_str().unwrap()]].concat();
    let mut texts: Vec<_> =
        malformed().into_iter().map(|(body, said)| (body.to_string(), said)).collect();
    let first = answer(json!([{"InstanceId": "i-0"}]));
    texts.push((format!("{first}{first}"), "InstanceId: \"i-0\" is listed before"));
    texts.push((String::new(), "it has no instance"));
    texts.push((format!("{first}x"), "expected value at line 1 column"));
    for (text, said) in texts {
        fs::write(&path, &text).unwrap();
        let output = Command::new(BINARY).args(&flags).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.contains("malformed.json: ") && told.contains(said), "{text}: {told}");
    }
    let output = Command::new(BINARY).args(["--instances", "no/such/file"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), told.lines().count()), (Some(2), 1), "{told}");
    assert!(told.contains("--instances no/such/file: No such file"), "{told}");
}
