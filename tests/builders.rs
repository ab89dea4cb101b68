//! Requests that are built with methods ask what the wire pairs of the same names ask.

use invodex::{
    CommandType, ContentEncoding, DescribeInvocationResults, DescribeInvocations, InvokeStatus,
    RepeatMode, Store,
};

macro_rules! each_method_is_its_parameter {
    ($request:ident: $($method:ident($($value:expr),*) = [$(($name:literal, $text:literal)),+];)+) => {
        $({
            let built = $request::new("cn-a").$method($($value),*);
            let read = $request::from_pairs([("RegionId", "cn-a"), $(($name, $text)),+]);
            assert_eq!(built, read, stringify!($method));
            assert_ne!(built, $request::new("cn-a"), stringify!($method));
        })+
    };
}

#[test]
fn each_method_of_describe_invocations_is_its_parameter() {
    each_method_is_its_parameter! { DescribeInvocations:
        resource_group_id("rg-1") = [("ResourceGroupId", "rg-1")];
        invoke_id("t-1") = [("InvokeId", "t-1")];
        command_id("c-1") = [("CommandId", "c-1")];
        command_name("disk") = [("CommandName", "disk")];
        command_type(CommandType::RunBatScript) = [("CommandType", "RunBatScript")];
        repeat_mode(RepeatMode::EveryReboot) = [("RepeatMode", "EveryReboot")];
        timed(true) = [("Timed", "true")];
        invoke_status(InvokeStatus::Finished) = [("InvokeStatus", "Finished")];
        instance_id("i-1") = [("InstanceId", "i-1")];
        tag_key("env") = [("Tag.1.Key", "env")];
        tag("env", "") = [("Tag.1.Key", "env"), ("Tag.1.Value", "")];
        content_encoding(ContentEncoding::PlainText) = [("ContentEncoding", "PlainText")];
        include_output(true) = [("IncludeOutput", "true")];
        max_results(7) = [("MaxResults", "7")];
        next_token("token") = [("NextToken", "token")];
        page_number(3) = [("PageNumber", "3")];
        page_size(20) = [("PageSize", "20")];
    }
}

#[test]
fn each_method_of_describe_invocation_results_is_its_parameter() {
    each_method_is_its_parameter! { DescribeInvocationResults:
        resource_group_id("rg-1") = [("ResourceGroupId", "rg-1")];
        invoke_id("t-1") = [("InvokeId", "t-1")];
        command_id("c-1") = [("CommandId", "c-1")];
        instance_id("i-1") = [("InstanceId", "i-1")];
        invoke_record_status(InvokeStatus::Stopped) = [("InvokeRecordStatus", "Stopped")];
        include_history(true) = [("IncludeHistory", "true")];
        tag_key("env") = [("Tag.1.Key", "env")];
        tag("env", "prod") = [("Tag.1.Key", "env"), ("Tag.1.Value", "prod")];
        content_encoding(ContentEncoding::PlainText) = [("ContentEncoding", "PlainText")];
        max_results(7) = [("MaxResults", "7")];
        next_token("") = [("NextToken", "")];
        page_number(3) = [("PageNumber", "3")];
        page_size(20) = [("PageSize", "20")];
    }
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

/// A tag that is added to what came as pairs takes a number that is free.
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

/// `Debug` shows what was given, by the names of the wire, and nothing else.
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
