//! The list of commands: filters, tokens, public commands.

mod common;

use std::fs;

use common::{Emulator, NOW, ONE, scratch};
use serde_json::{Value, json};

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn create(emulator: &Emulator, params: Pairs) -> String {
    let mut all = vec![("Type", "RunShellScript"), ("CommandContent", "ZGY=")];
    all.extend(params);
    emulator.call("CreateCommand", &all).ok()["CommandId"].as_str().unwrap().to_owned()
}

/// The names of the commands of an answer.
fn names(answer: &Value) -> Vec<&str> {
    let commands = answer["Commands"]["Command"].as_array().unwrap();
    commands.iter().map(|command| command["Name"].as_str().unwrap()).collect()
}

#[test]
fn filters_are_patterns_and_tag_keys_stand_alone() {
    let emulator = Emulator::start(&[]);
    for (name, description, tag) in [
        ("disk-report", "of all disks", Some("")),
        ("disk-clean", "of old files", Some("me")),
        ("report", "", None),
    ] {
        let mut params = vec![("Name", name), ("Description", description)];
        if let Some(value) = tag {
            params.extend([("Tag.1.Key", "owner"), ("Tag.1.Value", value)]);
        }
        create(&emulator, &params);
    }
    let all = ["report", "disk-clean", "disk-report"];
    let table: [(&str, Pairs, &[&str]); 19] = [
        ("exact", &[("Name", "report")], &all[..1]),
        ("start", &[("Name", "disk*")], &all[1..]),
        ("end", &[("Name", "*report")], &["report", "disk-report"]),
        ("part", &[("Name", "*isk*")], &all[1..]),
        ("between", &[("Name", "d*k*port")], &all[2..]),
        ("not twice", &[("Name", "report*report")], &[]),
        ("everything", &[("Name", "*")], &all),
        ("no part without a star", &[("Name", "isk")], &[]),
        ("letter case", &[("Name", "DISK*")], &[]),
        ("description", &[("Description", "of*")], &all[1..]),
        ("description, exact", &[("Description", "of all")], &[]),
        ("two", &[("Name", "disk*"), ("Description", "*files")], &all[1..2]),
        ("key alone", &[("Tag.1.Key", "owner")], &all[1..]),
        ("key and value", &[("Tag.1.Key", "owner"), ("Tag.1.Value", "me")], &all[1..2]),
        ("key and empty value", &[("Tag.1.Key", "owner"), ("Tag.1.Value", "")], &all[2..]),
        ("other key", &[("Tag.1.Key", "own")], &[]),
        ("type", &[("Type", "RunBatScript")], &[]),
        // One's own commands are of no provider.
        ("provider", &[("Provider", "AlibabaCloud")], &[]),
        ("any provider", &[("Provider", "*")], &[]),
    ];
    for (what, params, expected) in table {
        let answer = emulator.call("DescribeCommands", params).ok();
        assert_eq!(names(&answer), expected, "{what}");
        assert_eq!(answer["TotalCount"], expected.len(), "{what}");
    }
    let long = |most: usize| ["x".repeat(most), "x".repeat(most + 1)];
    let ([name, longer], [text, more]) = (long(128), long(512));
    emulator.call("DescribeCommands", &[("Name", &name), ("Description", &text)]).ok();
    for (name, value, error) in [
        ("Name", &*longer, (403, "InvalidName.LengthLimitExceeded")),
        ("Description", &*more, (403, "InvalidDescription.LengthLimitExceeded")),
        ("Type", "RunPython", (404, "InvalidCommandType.NotFound")),
        ("Latest", "maybe", (400, "InvalidParameter.Latest")),
        ("PageNumber", "0", (400, "InvalidParam.PageNumber")),
        ("PageSize", "51", (400, "InvalidParam.PageSize")),
        ("MaxResults", "51", (400, "InvalidParameter.MaxResults")),
        ("NextToken", "1", (400, "InvalidParameter.NextToken")),
        ("Tag.1.Key", "acs:x", (400, "InvalidTagKey.Malformed")),
    ] {
        assert_eq!(emulator.call("DescribeCommands", &[(name, value)]).error(), error, "{name}");
    }
}

#[test]
fn a_token_is_stable_under_writes() {
    let emulator = Emulator::start(&[]);
    let ids: Vec<_> = (0..6).map(|n| create(&emulator, &[("Name", &format!("n-{n}"))])).collect();
    let page = |token: &str, more: &[(&str, &str)]| {
        let params = [&[("MaxResults", "2"), ("NextToken", token)], more].concat();
        emulator.call("DescribeCommands", &params)
    };
    let first = page("", &[]).ok();
    assert_eq!(names(&first), ["n-5", "n-4"]);
    // By token there is no count, as in the queries.
    assert_eq!((&first["TotalCount"], &first["PageNumber"]), (&json!(0), &json!(1)));
    assert_eq!(first["PageSize"], 2);
    let token = first["NextToken"].as_str().unwrap();
    // New ones, one before the page deleted, the last of the page deleted, the next deleted.
    create(&emulator, &[("Name", "new")]);
    for at in [5, 4, 3] {
        emulator.call("DeleteCommand", &[("CommandId", &ids[at])]).ok();
    }
    let second = page(token, &[]).ok();
    assert_eq!(names(&second), ["n-2", "n-1"]);
    // ContentEncoding and the sizes may differ from page to page.
    let token = second["NextToken"].as_str().unwrap();
    let third = page(token, &[("ContentEncoding", "PlainText"), ("PageSize", "9")]).ok();
    assert_eq!((names(&third), &third["NextToken"]), (vec!["n-0"], &json!("")));
    let without = emulator.call("DescribeCommands", &[("NextToken", token)]).ok();
    assert_eq!((names(&without), &without["PageSize"]), (vec!["n-0"], &json!(10)));
    // By number there is a count, and a token to go on with.
    let numbered = [("PageNumber", "2"), ("PageSize", "2")];
    let numbered = emulator.call("DescribeCommands", &numbered).ok();
    assert_eq!((names(&numbered), &numbered["TotalCount"]), (vec!["n-1", "n-0"], &json!(4)));
    let far = emulator.call("DescribeCommands", &[("PageNumber", "4000000")]).ok();
    assert_eq!((names(&far), &far["TotalCount"]), (vec![], &json!(4)));

    let refused = (400, "InvalidParameter.NextToken");
    assert_eq!(page(token, &[("Name", "n*")]).error(), refused);
    assert_eq!(page(&token[1..], &[]).error(), refused);
    for at in 0..token.len() {
        let mut altered = token.as_bytes().to_vec();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert_eq!(page(&altered, &[]).error(), refused, "{altered}");
    }
    // It survives a change of the newest: a number that is taken again shows nothing twice.
    let last = create(&emulator, &[("Name", "last")]);
    let first = page("", &[]).ok();
    emulator.call("DeleteCommand", &[("CommandId", &last)]).ok();
    create(&emulator, &[("Name", "again")]);
    let next = page(first["NextToken"].as_str().unwrap(), &[]).ok();
    assert_eq!((names(&first), names(&next)), (vec!["last", "new"], vec!["n-2", "n-1"]));
}

/// A public command of the file.
fn public(id: &str, name: &str, provider: &str, more: Value) -> Value {
    let mut command = json!({
        "CommandId": id, "Name": name, "Type": "RunShellScript", "CommandContent": "ZGYge3thfX0=",
        "Provider": provider, "Description": "of the provider", "EnableParameter": true,
        "ParameterDefinitions": {"ParameterDefinition": []},
    });
    command.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    command
}

#[test]
fn public_commands_come_from_a_file() {
    let path = scratch("public-commands.json");
    let name = "ACS-ECS-DiskReport-for-linux.sh";
    let commands = [
        public(
            "c-new",
            name,
            "AlibabaCloud.ECS.GuestOS",
            json!({
                "Version": 2, "Timeout": 90, "ResourceGroupId": null, "InvokeTimes": "7", "tags": 1, "Latest": null,
            }),
        ),
        public("c-old", name, "AlibabaCloud.ECS.GuestOS", json!({"Version": 1, "Latest": false})),
        public("c-diagnose", "ACS-ECS-Diagnose", "AlibabaCloud.ECS.GuestOSDiagnose", json!({})),
        public("c-else", "ELSE-Tool", "Elsewhere", json!({"Category": "Else"})),
    ];
    fs::write(&path, json!({"Commands": {"Command": commands}}).to_string()).unwrap();
    let emulator = Emulator::start(&["--now", NOW, "--commands", path.to_str().unwrap()]);
    create(&emulator, &[("Name", "ACS-ECS-mine")]);

    let describe = |params: Pairs| emulator.call("DescribeCommands", params).ok();
    let (alibaba, guest) = (("Provider", "AlibabaCloud"), "AlibabaCloud.ECS.GuestOS");
    let own = ["ACS-ECS-mine"];
    assert_eq!(names(&describe(&[])), own);
    assert_eq!(names(&describe(&[("Name", "ACS*")])), own);
    assert_eq!(names(&describe(&[("CommandId", "c-new")])), [""; 0]);
    let three = [name, name, "ACS-ECS-Diagnose"];
    assert_eq!(names(&describe(&[alibaba])), three);
    assert_eq!(names(&describe(&[("Provider", guest)])), three[..2]);
    assert_eq!(names(&describe(&[("Provider", "AlibabaCloud.ECS*")])), three);
    assert_eq!(names(&describe(&[("Provider", "Alibaba")])), [""; 0]);
    assert_eq!(names(&describe(&[("Provider", "Elsewhere")])), ["ELSE-Tool"]);
    assert_eq!(names(&describe(&[alibaba, ("Latest", "true")])), three[1..]);
    // A part of the name is enough.
    assert_eq!(names(&describe(&[alibaba, ("Name", "Diag")])), three[2..]);
    assert_eq!(names(&describe(&[alibaba, ("Name", "*.sh"), ("Latest", "true")])), three[..1]);
    // They are of every region and account, and can be walked.
    let far = [alibaba, ("RegionId", "cn-beijing"), ("MaxResults", "2")];
    let body = emulator.call_as(ONE, "DescribeCommands", &far).ok();
    assert_eq!(names(&body), three[..2]);
    let shown = &body["Commands"]["Command"][0];
    for (field, value) in [
        ("CommandId", json!("c-new")),
        ("Provider", json!(guest)),
        ("Version", json!(2)),
        ("Latest", json!(true)),
        ("Timeout", json!(90)),
        ("CommandContent", json!("ZGYge3thfX0=")),
        ("ParameterNames", json!({"ParameterName": ["a"]})),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    let next = ("NextToken", body["NextToken"].as_str().unwrap());
    let rest = emulator.call_as(ONE, "DescribeCommands", &[&far[..], &[next]].concat()).ok();
    assert_eq!((names(&rest), &rest["NextToken"]), (vec![three[2]], &json!("")));

    // One runs them by id or by name, of several versions the latest.
    for (asked, id) in [(name, "c-new"), ("c-old", "c-old"), ("c-new", "c-new")] {
        let params = [("CommandId", asked), ("InstanceId.1", "i-1"), ("Parameters", "{\"A\":1}")];
        let invoked = emulator.call("InvokeCommand", &params).ok();
        let found = emulator.invocation("", invoked["InvokeId"].as_str().unwrap());
        let what = (&found["CommandId"], &found["CommandName"], &found["CommandContent"]);
        assert_eq!(what, (&json!(id), &json!(name), &json!("ZGYge3thfX0=")));
    }
    let gone = emulator.call("DeleteCommand", &[("CommandId", "c-new")]);
    assert_eq!(gone.error(), (404, "InvalidCmdId.NotFound"));
    let params = [("CommandId", "c-none"), ("InstanceId.1", "i-1")];
    assert_eq!(emulator.call("InvokeCommand", &params).error(), (404, "InvalidCmdId.NotFound"));
}

#[test]
fn a_bad_file_of_public_commands_is_refused_at_start() {
    let path = scratch("bad-public-commands.json");
    let with = |more: Value| {
        let good = public("c-1", "n", "p", json!({}));
        json!({"Commands": {"Command": [good, public("c-2", "n", "p", more)]}}).to_string()
    };
    let text = path.to_str().unwrap();
    for (content, said) in [
        ("".to_owned(), "EOF"),
        ("[]".to_owned(), "Commands.Command: allowed is a list"),
        ("{}".to_owned(), "Commands.Command: allowed is a list"),
        (json!({"Commands": {}}).to_string(), "Commands.Command: allowed is a list"),
        (
            json!({"Commands": {"Command": [{"Name": "n"}]}}).to_string(),
            "Commands.Command[0].CommandId is missing or empty",
        ),
        (
            with(json!({"Timeout": "90"})),
            "Commands.Command[1].Timeout: invalid type: string \"90\"",
        ),
        (with(json!({})) + "{}", "trailing characters"),
        (with(json!({"Provider": null})), "Commands.Command[1].Provider is missing or empty"),
        (with(json!({"CommandContent": null})), "Commands.Command[1].CommandContent is missing"),
        (with(json!({"Type": "RunPython"})), "Commands.Command[1].Type is \"RunPython\"; allowed"),
        (with(json!({"CommandContent": "%"})), "Commands.Command[1].CommandContent is no Base64"),
        (with(json!({"Name": "x".repeat(129)})), "CommandName"),
        (with(json!({"CommandId": "c-1"})), "CommandId \"c-1\" is given twice"),
    ] {
        fs::write(&path, content).unwrap();
        let refused = Emulator::try_start(&["--commands", text]).err().unwrap();
        assert!(refused.contains(&format!("--commands {text}: ")), "{refused}");
        assert!(refused.contains(said), "{said}: {refused}");
    }
    let refused = Emulator::try_start(&["--commands", "no/such/file"]).err().unwrap();
    assert!(refused.contains("--commands no/such/file: "), "{refused}");
}
