//! Every control character, and every other character that JSON or a link escapes, in every text of
//! an answer, an event, an error and a Recommend, in each encoding. Also as an id that is asked for.

use std::fmt::Write as _;

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, Error, InstanceRun, Invocation,
    Recommend, RepeatMode, RunUpdate, Store, Tag, Timestamp, decode_query,
};
use invodex_testkit::engine::Form;
use invodex_testkit::model::{Model, ModelConfig};
use serde_json::Value;

/// Characters that are escaped somewhere, and their neighbours.
const OTHERS: [char; 15] = [
    ' ',
    '"',
    '#',
    '%',
    '&',
    '+',
    '/',
    '=',
    '?',
    '\\',
    '\u{7f}',
    '\u{80}',
    '\u{9f}',
    '\u{2028}',
    '\u{1f600}',
];

fn characters() -> impl Iterator<Item = char> {
    ('\0'..='\u{1f}').chain(OTHERS)
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_700_000_000).expect("in range")
}

/// A text with the character at both ends, twice in a row, and between others. Each `name` gives
/// another text.
fn text(character: char, name: &str) -> String {
    format!("{character}{name}{character}{character}x{character}")
}

/// A record with the character in each of its texts.
fn record(character: char, number: u32, long_id: bool) -> Invocation {
    let text = |name: &str| text(character, name);
    let id = format!("t-{number}{}", if long_id { "-longer-than-the-header-holds" } else { "" });
    let mut record = Invocation::new(text("cn"), text(&id), text("c"));
    record.resource_group_id = text("rg");
    record.command_name = text("name");
    record.command_description = text("description");
    record.command_content = [text("content").as_bytes(), b"\xff"].concat();
    record.parameters = text("parameters");
    record.repeat_mode = RepeatMode::Period;
    record.frequency = text("frequency");
    record.working_dir = text("dir");
    record.username = text("user");
    record.container_id = text("container");
    record.container_name = text("web");
    record.launcher = text("launcher");
    record.termination_mode = text("mode");
    record.oss_output_delivery = text("delivery");
    record.tags = vec![Tag::new(text("key"), text("value"))];
    let mut run = InstanceRun::new(text("i"));
    run.error_code = text("code");
    run.error_info = text("info");
    run.output = text("output").into_bytes();
    run.oss_output_status = text("status");
    run.oss_output_uri = text("uri");
    run.oss_output_error_code = text("oss code");
    run.oss_output_error_info = text("oss info");
    record.instances.push(run);
    record
}

/// `text` in a query string, each byte escaped.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        write!(all, "%{byte:02x}").expect("a string takes it");
        all
    })
}

/// Requests that find the record, one for each text that a filter names.
fn requests(record: &Invocation) -> Vec<(&'static str, String)> {
    let mut requests = Vec::new();
    let region = escaped(&record.region_id);
    let tag = &record.tags[0];
    let filters = [
        ("InvokeId", &record.invoke_id),
        ("CommandId", &record.command_id),
        ("ResourceGroupId", &record.resource_group_id),
        ("CommandName", &record.command_name),
        ("InstanceId", &record.instances[0].instance_id),
        ("Tag.1.Key", &tag.key),
    ];
    for encoding in ["Base64", "PlainText"] {
        for (name, value) in filters {
            let query = format!(
                "RegionId={region}&ContentEncoding={encoding}&Timed=true&PageSize=50&{name}={}",
                escaped(value)
            );
            if name != "CommandName" {
                requests.push(("DescribeInvocationResults", query.clone()));
            }
            requests.push(("DescribeInvocations", query));
        }
        let of_tag =
            format!("&Tag.3.Key={}&Tag.3.Value={}", escaped(&tag.key), escaped(&tag.value));
        let output = format!("&IncludeOutput=true&InvokeId={}", escaped(&record.invoke_id));
        for more in [of_tag, output] {
            let query = format!("RegionId={region}&ContentEncoding={encoding}&Timed=true{more}");
            requests.push(("DescribeInvocations", query));
        }
    }
    requests
}

/// Compares each answer of the store, in each form, with the model's.
fn compare(store: &Store, model: &Model, record: &Invocation) {
    for (operation, query) in requests(record) {
        let pairs = decode_query(&query).expect("it is escaped");
        let answer = match operation {
            "DescribeInvocations" => model.describe_invocations(&pairs),
            _ => model.describe_invocation_results(&pairs),
        };
        let answer = answer.expect("the request has no fault");
        assert!(!answer.ids.is_empty(), "{operation} {query} finds the record");
        for form in [Form::Body, Form::Views, Form::Owned] {
            let body = invodex_testkit::engine::describe(store, operation, &pairs, form);
            let mut body = body.expect("the request has no fault");
            let head = match operation {
                "DescribeInvocations" => &mut body,
                _ => &mut body["Invocation"],
            };
            let token = head.as_object_mut().and_then(|head| head.remove("NextToken"));
            assert_eq!(token, Some("".into()));
            assert_eq!(body, answer.body, "{operation} {query} as {form:?}");
        }
    }
}

/// Shared values have ready JSON from some number of uses on, so the first record is asked for
/// alone and then beside as many others.
#[test]
fn every_character_in_every_text_of_a_record() {
    const RECORDS: u32 = 9;
    for character in characters() {
        let mut store = Store::new(Config::default(), now());
        let mut model = Model::new(ModelConfig::default(), now());
        for number in 1..=RECORDS {
            let record = record(character, number, number % 2 == 1);
            assert!(store.accept(&record).expect("no text is too long").retained);
            model.accept(&record).expect("no text is too long");
            let view = store.get(&record.invoke_id).expect("it is there");
            let mut copy = view.to_invocation();
            // Unset times of a run are filled in.
            copy.creation_time = None;
            (copy.instances[0].creation_time, copy.instances[0].update_time) = (None, None);
            assert_eq!(copy, record);
            if [1, RECORDS].contains(&number) {
                compare(&store, &model, &record);
            }
        }
        let mut archive = Vec::new();
        store.save(&mut archive).expect("memory takes every write");
        let restored = Store::restore(Config::default(), now(), &archive[..]);
        let restored = restored.expect("it was just saved");
        compare(&restored.store, &model, &record(character, RECORDS, true));
    }
}

#[test]
fn every_character_in_the_texts_that_a_caller_gives() {
    let store = Store::new(Config::default(), now());
    for character in characters() {
        let id = text(character, "request");
        let mut bodies = [Vec::new(), Vec::new()];
        let invocations = store.describe_invocations(&DescribeInvocations::new("cn-a"));
        invocations.expect("no fault").write_json(&id, &mut bodies[0]);
        let results = store.describe_invocation_results(&DescribeInvocationResults::new("cn-a"));
        results.expect("no fault").write_json(&id, &mut bodies[1]);
        for body in bodies {
            let body: Value = serde_json::from_slice(&body).expect("it is JSON");
            assert_eq!(body["RequestId"], *id);
        }
    }
}

#[test]
fn every_character_in_both_forms_of_an_event() {
    for character in characters() {
        let record = record(character, 1, true);
        let mut store = Store::new(Config::default(), now());
        assert!(store.accept(&record).expect("no text is too long").retained);
        let events = store.subscribe(10);
        let (code, description) = (text(character, "code"), text(character, "description"));
        let instance_id = &record.instances[0].instance_id;
        let mut failed = RunUpdate::started();
        (failed.error_code, failed.error_info) = (Some(code.clone()), Some(description.clone()));
        store.update_run(&record.invoke_id, instance_id, &failed).expect("it is pending");
        let event = events.try_next().expect("its status has changed");
        for data in [event.event_bridge(), event.cloud_monitor(1, 2)] {
            let mut body = Vec::new();
            data.write_json(&mut body);
            let body: Value = serde_json::from_slice(&body).expect("it is JSON");
            assert_eq!(body, serde_json::to_value(data).expect("it is a plain value"));
            for (name, expected) in [
                ("commandId", &record.command_id),
                ("commandName", &record.command_name),
                ("instanceId", instance_id),
                ("invokeId", &record.invoke_id),
                ("errorCode", &code),
                ("errorDesc", &description),
            ] {
                assert_eq!(body[name], **expected, "{name}");
            }
        }
    }
}

/// `text` as a value of the link: only letters, digits and `-._~` stand for themselves.
fn in_link(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => write!(encoded, "%{byte:02X}").expect("a string takes it"),
        }
    }
    encoded
}

#[test]
fn every_character_in_every_text_of_an_error_and_in_a_recommend() {
    for character in characters() {
        let text = |name: &str| text(character, name);
        let (request_id, host_id) = (text("request"), text("host"));
        let own = Error::service(400, text("Code"), text("message")).with_detail(text("detail"));
        let mut store = Store::new(Config::default(), now());
        let unknown = store.delete(&text("t")).expect_err("there is none");
        // A detail shows the given text in the form of a Rust literal.
        assert!(unknown.detail().contains(&format!("{:?}", text("t"))), "{unknown}");
        let request = DescribeInvocations::new("cn-a").next_token(text("token"));
        let token = store.describe_invocations(&request).expect_err("the store gave none");
        assert!(token.detail().contains(&format!("{:?}", text("token"))), "{token}");
        for error in [own, unknown, token] {
            for recommend in [Recommend::Link, Recommend::Detail] {
                let mut body = Vec::new();
                error.write_json(&request_id, &host_id, recommend, &mut body);
                let body: Value = serde_json::from_slice(&body).expect("it is JSON");
                let said = match recommend {
                    Recommend::Detail => error.detail().to_owned(),
                    Recommend::Link => format!(
                        "https://api.aliyun.com/troubleshoot?q={}&product=Ecs&requestId={}",
                        in_link(error.code()),
                        in_link(&request_id)
                    ),
                };
                let expected = serde_json::json!({
                    "RequestId": request_id,
                    "HostId": host_id,
                    "Code": error.code(),
                    "Message": error.message(),
                    "Recommend": said,
                });
                assert_eq!(body, expected);
            }
        }
    }
}
