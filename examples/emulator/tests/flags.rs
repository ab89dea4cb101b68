//! The flags of the command line.

mod common;

use std::fs;

use common::{CAPTURE, Emulator, NOW, scratch};
use serde_json::json;

#[test]
fn a_seed_repeats_every_id() {
    let ids = || {
        let emulator = Emulator::start(&["--seed", "7", "--now", NOW]);
        // Runs in other stores do not change the ids.
        emulator.run(&std::process::id().to_string(), &["i-1"], &[]);
        let params =
            [("Type", "RunShellScript"), ("CommandContent", "df"), ("InstanceId.1", "i-1")];
        (emulator.call("RunCommand", &params).ok(), emulator.call("DescribeInvocations", &[]).ok())
    };
    let first = ids();
    assert_eq!(first, ids());
    assert_ne!(first.0["RequestId"], first.1["RequestId"]);
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
    let results = CAPTURE.replace("invocations", "invocation-results");
    let said = Emulator::try_start(&["--load", &results]).err().unwrap();
    assert!(said.contains("describe-invocation-results.json"), "{said}");
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
        (&["--elsewhere"], "--elsewhere"),
    ] {
        let error = Emulator::try_start(args).err().unwrap();
        assert!(error.contains(said), "{args:?}: {error}");
    }
}
