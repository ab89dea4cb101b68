//! Requests built with methods equal those read from wire pairs of the same names; the setters of
//! updates; and what `Debug` shows of requests, records and updates.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use invodex::{
    DescribeInvocationResults, DescribeInvocations, InstanceRun, Invocation, InvocationStatus,
    OutputUpdate, RunUpdate, Store, Timestamp, decode_query, encode_query,
};
use invodex_testkit::filters::{INVOCATIONS, Kind, PARAMETERS, RESULTS};
use proptest::prelude::{Strategy, any, proptest};
use proptest::sample::select;
use proptest::test_runner::Config as RunnerConfig;
use proptest::{prop_assert_eq, prop_oneof};

/// The getter of a parameter that both requests have; its value as text.
macro_rules! common_getter {
    ($request:expr, $name:expr) => {{
        let text = |text: Option<&str>| text.map(str::to_owned);
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let request = $request;
        match $name {
            "RegionId" => text(Some(request.get_region_id())),
            "ResourceGroupId" => text(request.get_resource_group_id()),
            "InvokeId" => text(request.get_invoke_id()),
            "CommandId" => text(request.get_command_id()),
            "InstanceId" => text(request.get_instance_id()),
            "Tag.1.Key" => text(request.get_tags().next().map(|(key, _)| key)),
            "Tag.1.Value" => text(request.get_tags().next().and_then(|(_, value)| value)),
            "ContentEncoding" => request.get_content_encoding().map(|value| value.to_string()),
            "MaxResults" => number(request.get_max_results()),
            "NextToken" => text(request.get_next_token()),
            "PageNumber" => number(request.get_page_number()),
            "PageSize" => number(request.get_page_size()),
            name => panic!("{name} has no getter here"),
        }
    }};
}

fn get_of_invocations(request: &DescribeInvocations, name: &str) -> Option<String> {
    match name {
        "CommandName" => request.get_command_name().map(str::to_owned),
        "CommandType" | "Type" => request.get_command_type().map(|value| value.to_string()),
        "RepeatMode" => request.get_repeat_mode().map(|value| value.to_string()),
        "Timed" => request.get_timed().map(|value| value.to_string()),
        "InvokeStatus" => request.get_invoke_status().map(|value| value.to_string()),
        "IncludeOutput" => request.get_include_output().map(|value| value.to_string()),
        name => common_getter!(request, name),
    }
}

fn get_of_results(request: &DescribeInvocationResults, name: &str) -> Option<String> {
    match name {
        "InvokeRecordStatus" => request.get_invoke_record_status().map(|value| value.to_string()),
        "IncludeHistory" => request.get_include_history().map(|value| value.to_string()),
        name => common_getter!(request, name),
    }
}

/// The value as [`to_pairs`](DescribeInvocations::to_pairs) writes it.
fn written(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Number(..) => value.trim_start_matches('0').to_owned(),
        Kind::Boolean => value.to_ascii_lowercase(),
        _ => value.to_owned(),
    }
}

/// Each sample of each parameter: the built request is the one read from wire pairs, and its `Debug`
/// shows the parameter.
#[test]
fn each_method_is_its_parameter() {
    macro_rules! check {
        ($request:ident, $get:ident, $build:expr, $parameter:expr) => {
            if let Some(build) = $build {
                for value in $parameter.samples {
                    let what = format!("{} {}: {value:?}", stringify!($request), $parameter.name);
                    let plain = $request::new("cn-0");
                    let built = build(plain.clone(), value);
                    let mut pairs = vec![("RegionId", "cn-0"), ($parameter.name, *value)];
                    if $parameter.kind == Kind::TagValue {
                        pairs.extend($parameter.beside);
                    }
                    assert_eq!(built, $request::from_pairs(pairs), "{what}");
                    assert_ne!(built, plain, "{what}");
                    let shown = match $parameter.name {
                        "Type" => "CommandType",
                        name => name,
                    };
                    assert!(format!("{built:?}").contains(&format!(" {shown}: ")), "{what}");
                    let expected = written($parameter.kind, value);
                    assert_eq!(
                        $get(&built, $parameter.name).as_deref(),
                        Some(&*expected),
                        "{what}"
                    );
                    let pair = (shown.to_owned(), expected);
                    assert!(built.to_pairs().contains(&pair), "{what}");
                    if $parameter.name != "RegionId" {
                        assert_eq!($get(&plain, $parameter.name), None, "{what}");
                    }
                }
            }
        };
    }
    for parameter in PARAMETERS {
        assert!(!parameter.samples.is_empty() && parameter.operations().count() > 0);
        check!(DescribeInvocations, get_of_invocations, parameter.build.invocations, parameter);
        check!(DescribeInvocationResults, get_of_results, parameter.build.results, parameter);
    }
}

/// The sources of the requests have a match arm for each name that they read from wire pairs.
#[test]
fn each_parameter_that_is_read_has_a_row() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/request");
    let mut read = BTreeSet::new();
    for file in ["params.rs", "describe_invocations.rs", "describe_invocation_results.rs"] {
        let source = fs::read_to_string(sources.join(file)).expect("it is there");
        let arm = |line: &str| {
            let (name, _) = line.trim_start().strip_prefix('"')?.split_once("\" =>")?;
            Some(name.to_owned())
        };
        read.extend(source.lines().filter_map(arm));
    }
    let rows = PARAMETERS.iter().map(|parameter| parameter.name.to_owned());
    let rows: BTreeSet<_> = rows.filter(|name| !name.starts_with("Tag.")).collect();
    assert_eq!(read, rows);
}

#[test]
fn tags_are_numbered_as_they_come_and_twenty_is_the_most() {
    let store = Store::default();
    for count in [2, 20, 21] {
        let built = (1..=count).fold(DescribeInvocations::new("cn-a"), |request, number| {
            if number % 2 == 0 {
                request.tag_key(format!("k{number}"))
            } else {
                request.tag(format!("k{number}"), "v")
            }
        });
        let pairs = (1..=count).flat_map(|number| {
            let key = (format!("Tag.{number}.Key"), format!("k{number}"));
            let value = (format!("Tag.{number}.Value"), "v".to_owned());
            [Some(key), (number % 2 == 1).then_some(value)].into_iter().flatten()
        });
        let region = [("RegionId".to_owned(), "cn-a".to_owned())];
        let read = DescribeInvocations::from_pairs(region.into_iter().chain(pairs));
        assert_eq!(built, read);
        let error = store.describe_invocations(&built).err();
        let code = error.as_ref().map(|error| error.code());
        assert_eq!(code, (count > 20).then_some("NumberExceed.Tags"));
    }
}

/// A tag that is added to a request read from pairs takes a free number.
#[test]
fn a_tag_behind_pairs_takes_a_free_number() {
    let region = ("RegionId", "cn-a");
    let built = |pairs: &[(&str, &str)]| {
        DescribeInvocations::from_pairs([&[region], pairs].concat()).tag_key("new").tag("more", "")
    };
    let read = |pairs: &[(&str, &str)]| {
        let request = DescribeInvocations::from_pairs([&[region], pairs].concat());
        assert!(Store::default().describe_invocations(&request).is_ok());
        request
    };
    let last = [("Tag.20.Key", "a")];
    let behind = [("Tag.1.Key", "new"), ("Tag.2.Key", "more"), ("Tag.2.Value", "")];
    assert_eq!(built(&last), read(&[&last[..], &behind].concat()));
    let gap = [("Tag.1.Key", "a"), ("Tag.3.Key", "b")];
    let around = [("Tag.2.Key", "new"), ("Tag.4.Key", "more"), ("Tag.4.Value", "")];
    assert_eq!(built(&gap), read(&[&gap[..], &around].concat()));
}

/// `Debug` shows the given parameters by their wire names, and nothing else.
#[test]
fn debug_shows_what_was_given() {
    let pairs = [
        ("RegionId", "cn-a"),
        ("ResourceGroupId", "rg-1"),
        ("InvokeId", "t-1"),
        ("CommandId", "c-1"),
        ("InstanceId", "i-1"),
        ("Tag.2.Key", "env"),
        ("Tag.3.Value", "v"),
        ("ContentEncoding", "PlainText"),
        ("MaxResults", "ten"),
        ("NextToken", "token"),
        ("PageNumber", "3"),
        ("PageSize", "20"),
    ];
    let common = r#"{ RegionId: "cn-a", ResourceGroupId: "rg-1", InvokeId: "t-1", CommandId: "c-1", InstanceId: "i-1", Tag.2.Key: "env", Tag.3.Value: "v", ContentEncoding: PlainText, MaxResults: "ten", NextToken: "token", PageNumber: 3, PageSize: 20"#;
    let shown = format!("{:?}", DescribeInvocations::from_pairs(pairs));
    assert_eq!(shown, format!("DescribeInvocations {common} }}"));
    let shown = format!("{:?}", DescribeInvocationResults::from_pairs(pairs));
    assert_eq!(shown, format!("DescribeInvocationResults {common} }}"));
    let own = [("RegionId", "cn-a"), ("InvokeStatus", "Failed"), ("Timed", "true")];
    let shown = format!("{:?}", DescribeInvocations::from_pairs(own));
    assert_eq!(
        shown,
        r#"DescribeInvocations { RegionId: "cn-a", Timed: true, InvokeStatus: Failed }"#
    );
}

/// A text that is no value of its parameter is read by no getter, and stays in the pairs.
#[test]
fn a_malformed_value_is_left_to_the_pairs() {
    for parameter in PARAMETERS {
        let is_text = matches!(parameter.kind, Kind::Region | Kind::Text | Kind::Token);
        for value in parameter.others.iter().filter(|_| !is_text) {
            let pairs = [(parameter.name, *value)];
            let name = if parameter.name == "Type" { "CommandType" } else { parameter.name };
            let pair = [(name.to_owned(), (*value).to_owned())];
            // A mode that no filter takes, and a number outside its limits, are values.
            let is_number = matches!(parameter.kind, Kind::Number(..));
            let is_value = is_number && !value.starts_with('+') && value.parse::<u32>().is_ok()
                || *value == "DryRun";
            let expected = is_value.then(|| (*value).to_owned());
            if parameter.is_of(INVOCATIONS) {
                let request = DescribeInvocations::from_pairs(pairs);
                assert_eq!(get_of_invocations(&request, name), expected, "{name}: {value:?}");
                assert_eq!(request.to_pairs(), pair);
            }
            if parameter.is_of(RESULTS) {
                let request = DescribeInvocationResults::from_pairs(pairs);
                assert_eq!(get_of_results(&request, name), expected, "{name}: {value:?}");
                assert_eq!(request.to_pairs(), pair);
            }
        }
    }
}

/// An empty text counts as absent, whether it is set by a method or read.
#[test]
fn an_empty_text_is_absent() {
    let plain = DescribeInvocations::new("cn-a");
    let built = plain.clone().resource_group_id("").invoke_id("").command_id("");
    let built = built.instance_id("").command_name("");
    assert_eq!(built, plain);
    assert_eq!(DescribeInvocations::default().to_pairs(), []);
    assert_eq!(plain.next_token("").get_next_token(), Some(""), "but not an empty token");
}

#[test]
fn tags_without_key_and_above_the_limit_stay_in_the_pairs() {
    for (given, pairs, tags) in [
        (&[("Tag.3.Value", "v")][..], &[("Tag.3.Value", "v")][..], &[("", Some("v"))][..]),
        (&[("Tag.2.Key", "")], &[("Tag.2.Key", "")], &[("", None)]),
        (
            &[("Tag.99.Value", "v"), ("Tag.21.Key", "k"), ("Tag.1.Key", "k")],
            &[("Tag.1.Key", "k"), ("Tag.21.Key", "")],
            &[("k", None)],
        ),
    ] {
        let request = DescribeInvocations::from_pairs(given);
        let owned = request.to_pairs();
        assert!(owned.iter().map(|(name, value)| (&**name, &**value)).eq(pairs.iter().copied()));
        assert!(request.get_tags().eq(tags.iter().copied()));
        assert_eq!(DescribeInvocations::from_pairs(&owned), request);
    }
}

/// Pairs of any names, most of them parameters with one of their values.
fn any_pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let parameter = select((0..PARAMETERS.len()).collect::<Vec<_>>());
    let sample = (parameter, any::<usize>()).prop_map(|(at, value)| {
        let parameter = &PARAMETERS[at];
        let values: Vec<_> = parameter.samples.iter().chain(parameter.others).collect();
        (parameter.name.to_owned(), (*values[value % values.len()]).to_owned())
    });
    let tag = (0..24_u32, any::<bool>(), "\\PC{0,3}").prop_map(|(number, is_key, text)| {
        (format!("Tag.{number}.{}", if is_key { "Key" } else { "Value" }), text)
    });
    let name = select(PARAMETERS.iter().map(|parameter| parameter.name).collect::<Vec<_>>());
    let named = (name, any::<String>()).prop_map(|(name, value)| (name.to_owned(), value));
    let pair = prop_oneof![4 => sample, 2 => tag, 1 => named, 1 => any::<(String, String)>()];
    proptest::collection::vec(pair, 0..12)
}

proptest! {
    #![proptest_config(RunnerConfig { failure_persistence: None, ..RunnerConfig::default() })]

    /// A request, valid or not, survives its pairs and its query string.
    #[test]
    fn a_request_is_read_back_from_its_pairs(given in any_pairs()) {
        macro_rules! round {
            ($request:ident) => {{
                let request = $request::from_pairs(&given);
                let pairs = request.to_pairs();
                prop_assert_eq!(&$request::from_pairs(&pairs), &request);
                let query = encode_query(&pairs);
                let decoded = decode_query(&query).expect("it was just encoded");
                prop_assert_eq!(&decoded, &pairs);
                prop_assert_eq!($request::from_pairs(decoded), request);
            }};
        }
        round!(DescribeInvocations);
        round!(DescribeInvocationResults);
    }

    /// Any pairs survive the encoding, which has only unreserved characters beside its own.
    #[test]
    fn any_pairs_are_decoded_as_they_were_encoded(given: Vec<(String, String)>) {
        let query = encode_query(&given);
        prop_assert_eq!(&decode_query(&query).expect("it was just encoded"), &given);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%=&".contains(&byte);
        prop_assert_eq!(query.bytes().all(plain), true);
    }
}

fn decoded(query: &str) -> Vec<(String, String)> {
    decode_query(query).unwrap()
}

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|&(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn decodes_every_form_of_a_part() {
    assert_eq!(decoded(""), pairs(&[]));
    assert_eq!(decoded("&&a=1&"), pairs(&[("a", "1")]));
    assert_eq!(decoded("a&b=&=c&d=e=f"), pairs(&[("a", ""), ("b", ""), ("", "c"), ("d", "e=f")]));
    assert_eq!(decoded("%E2%82%AC=%2b+%25"), pairs(&[("\u{20ac}", "+ %")]));
    assert_eq!(decoded("a=1&a=2"), pairs(&[("a", "1"), ("a", "2")]));
}

#[test]
fn refuses_malformed_parts() {
    for query in ["a=%", "a=%4", "a=%4g", "%%%=1", "a=%+1", "a=%ff", "a=%C3", "b=1&a=%e2%82"] {
        let error = decode_query(query).unwrap_err();
        assert_eq!((error.code(), error.status()), ("InvalidParameter", 400), "{query}");
    }
    assert!(decode_query(b"a=\xff").is_err());
}

#[test]
fn each_transition_sets_only_the_status() {
    for (update, status) in [
        (RunUpdate::scheduled(), InvocationStatus::Scheduled),
        (RunUpdate::started(), InvocationStatus::Running),
        (RunUpdate::stop_requested(), InvocationStatus::Stopping),
        (RunUpdate::finished(0), InvocationStatus::Success),
        (RunUpdate::cancelled(), InvocationStatus::Cancelled),
        (RunUpdate::terminated(), InvocationStatus::Terminated),
    ] {
        let expected = RunUpdate { invocation_status: Some(status), ..RunUpdate::default() };
        assert_eq!(update, expected, "{status}");
    }
}

#[test]
fn a_failure_sets_its_error() {
    let error = |update: &RunUpdate| {
        (update.invocation_status, update.error_code.clone(), update.error_info.clone())
    };
    let named = |status, code: &str, info: &str| {
        (Some(status), Some(code.to_owned()), Some(info.to_owned()))
    };
    let failed = RunUpdate::finished(-1);
    let info = "the command execution exit code is not zero.";
    assert_eq!(error(&failed), named(InvocationStatus::Failed, "ExitCodeNonzero", info));
    assert_eq!(failed.exit_code, Some(Some(-1)));
    let info = "the command execution has been timeout.";
    let timed_out = RunUpdate::timed_out();
    assert_eq!(error(&timed_out), named(InvocationStatus::Timeout, "ExecutionTimeout", info));
    assert_eq!(timed_out.exit_code, None);
    let aborted = RunUpdate::failed(InvocationStatus::Aborted, "ClientNotRunning", "no agent");
    assert_eq!(error(&aborted), named(InvocationStatus::Aborted, "ClientNotRunning", "no agent"));
}

#[test]
fn each_setter_changes_only_its_own_field() {
    let update = RunUpdate::finished(0)
        .output(*b"all")
        .error("Code", "info")
        .rescheduled()
        .at(Timestamp::MAX);
    let expected = RunUpdate {
        invocation_status: Some(InvocationStatus::Success),
        reschedule: true,
        time: Some(Timestamp::MAX),
        output: Some(OutputUpdate::Replace(b"all".to_vec())),
        error_code: Some("Code".into()),
        error_info: Some("info".into()),
        ..RunUpdate::default()
    };
    assert_eq!(update, expected);
    let more =
        RunUpdate { output: Some(OutputUpdate::Append(b"more".to_vec())), ..RunUpdate::default() };
    assert_eq!(RunUpdate::more_output(*b"more"), more);
}

#[test]
fn unset_fields_are_left_out() {
    let mut record = Invocation::new("cn-a", "t-1", "c-1");
    record.instances.push(InstanceRun::new("i-1"));
    record.instances[0].exit_code = Some(0);
    assert_eq!(
        format!("{record:?}"),
        "Invocation { region_id: \"cn-a\", invoke_id: \"t-1\", command_id: \"c-1\", \
         command_type: RunShellScript, repeat_mode: Once, instances: [InstanceRun { \
         instance_id: \"i-1\", invocation_status: Pending, exit_code: Some(0) }] }"
    );
    assert_eq!(
        format!("{:?}", RunUpdate::finished(0).rescheduled()),
        "RunUpdate { invocation_status: Some(Success), reschedule: true }"
    );
}

#[test]
fn bytes_print_as_text() {
    let mut run = InstanceRun::new("i-1");
    run.output = [&[0xff][..], &[b'x'; 100]].concat();
    let printed = format!("{run:?}");
    let text = format!("output: \"\u{fffd}{}\"... (101 bytes) }}", "x".repeat(63));
    assert!(printed.starts_with("InstanceRun { instance_id: \"i-1\", invocation_status: Pending"));
    assert!(printed.ends_with(&text), "{printed}");

    let mut record = Invocation::new("cn-a", "t-1", "c-1");
    record.command_content = b"df -h\n".to_vec();
    let printed = format!("{record:?}");
    assert!(printed.ends_with(r#"Once, command_content: "df -h\n" }"#), "{printed}");

    let update = RunUpdate::more_output("50 %");
    assert!(format!("{update:?}").contains(r#"output: Some(Append("50 %"))"#), "{update:?}");
}
