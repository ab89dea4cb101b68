//! Requests built with methods equal those read from wire pairs of the same names.

mod filters;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use filters::{Kind, PARAMETERS};
use invodex::{DescribeInvocationResults, DescribeInvocations, Store};

/// Each sample of each parameter: the built request is the one read from wire pairs, and its `Debug`
/// shows the parameter.
#[test]
fn each_method_is_its_parameter() {
    macro_rules! check {
        ($request:ident, $build:expr, $parameter:expr) => {
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
                }
            }
        };
    }
    for parameter in PARAMETERS {
        assert!(!parameter.samples.is_empty() && parameter.operations().count() > 0);
        check!(DescribeInvocations, parameter.build.invocations, parameter);
        check!(DescribeInvocationResults, parameter.build.results, parameter);
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
