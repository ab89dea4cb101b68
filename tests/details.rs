//! The details of errors: the given value and the allowed ones. The documented cases check
//! codes and messages.

use invodex::{
    Config, DescribeInvocations, Error, InstanceRun, Invocation, InvocationStatus, Regions,
    RepeatMode, RunUpdate, Store, Timestamp,
};

fn detail(pairs: &[(&str, &str)]) -> String {
    let config = Config {
        regions: Regions::only(["cn-a", "cn-b"]).without_api(["cn-b", "cn-c"]),
        ..Config::default()
    };
    let now = Timestamp::from_secs(1_700_000_000).expect("in range");
    let request = DescribeInvocations::from_pairs(pairs.iter().copied());
    let store = Store::new(config, now);
    let error = store.describe_invocations(&request).expect_err("it has a fault");
    error.detail().to_owned()
}

fn in_region(pairs: &[(&str, &str)]) -> String {
    detail(&[&[("RegionId", "cn-a")], pairs].concat())
}

#[test]
fn a_value_is_quoted_and_cut() {
    assert_eq!(in_region(&[("MaxResults", "ten")]), r#"given "ten", allowed 1 to 50"#);
    assert_eq!(in_region(&[("MaxResults", "51")]), "given 51, allowed 1 to 50");
    assert_eq!(in_region(&[("PageNumber", "-1")]), r#"given "-1", allowed 1 to 2147483647"#);
    assert_eq!(in_region(&[("Timed", "\"\n")]), r#"given "\"\n", allowed true, false"#);
    let (long, shown) = ("x".repeat(100), "x".repeat(64));
    for (name, allowed) in [("MaxResults", "1 to 50"), ("ContentEncoding", "PlainText, Base64")] {
        let expected = format!(r#"given "{shown}"... (100 bytes), allowed {allowed}"#);
        assert_eq!(in_region(&[(name, &long)]), expected);
    }
}

#[test]
fn only_regions_with_this_api_are_listed() {
    let allowed = "allowed the regions of the store's configuration: cn-a";
    assert_eq!(detail(&[("RegionId", "cn-d")]), format!(r#"given "cn-d", {allowed}"#));
}

#[test]
fn of_many_regions_the_first_eight_are_listed() {
    let allowed = |count: usize| {
        let config = Config {
            regions: Regions::only((1..=count).map(|n| format!("cn-{n}"))),
            ..Config::default()
        };
        let request = DescribeInvocations::new("cn-x");
        let store = Store::new(config, Timestamp::MIN);
        let error = store.describe_invocations(&request).expect_err("the region is unknown");
        let detail = error.detail();
        detail.split_once("configuration: ").expect("it lists regions").1.to_owned()
    };
    assert_eq!(allowed(8), "cn-1, cn-2, cn-3, cn-4, cn-5, cn-6, cn-7, cn-8");
    assert_eq!(allowed(9), "cn-1, cn-2, cn-3, cn-4, cn-5, cn-6, cn-7, cn-8, ...");
}

#[test]
fn a_missing_parameter_is_asked_for_by_its_use() {
    assert_eq!(detail(&[]), "not given; name the region of the records");
    let advice = "IncludeOutput needs an InvokeId or an InstanceId, IncludeHistory an InvokeId";
    assert_eq!(in_region(&[("IncludeOutput", "true")]), format!("not given; {advice}"));
}

#[test]
fn the_lowest_number_of_a_tag_is_named() {
    let above = |numbers: [u32; 2]| {
        let names = numbers.map(|number| format!("Tag.{number}.Key"));
        in_region(&[(&names[0], "a"), (&names[1], "b")])
    };
    let expected = "given a tag numbered 21, allowed 1 to 20; name fewer tags";
    assert_eq!(above([30, 21]), expected);
    assert_eq!(above([21, 30]), expected);
}

#[test]
fn a_refused_transition_names_the_allowed_ones() {
    use InvocationStatus as S;
    let refused = |repeat_mode, from, to, reschedule| {
        let mut record = Invocation::new("cn-a", "t-1", "c-1");
        record.repeat_mode = repeat_mode;
        record.instances.push(InstanceRun::new("i-1"));
        record.instances[0].invocation_status = from;
        let mut store = Store::default();
        assert!(store.accept(&record).expect("it is valid").retained);
        let invocation_status = Some(to);
        let update = RunUpdate { invocation_status, reschedule, ..RunUpdate::default() };
        let error = store.update_run("t-1", "i-1", &update).expect_err("it is refused");
        error.detail().to_owned()
    };
    for (detail, end) in [
        (
            refused(RepeatMode::Once, S::Scheduled, S::Success, false),
            "allowed from Scheduled: Running, Aborted, Error, Cancelled",
        ),
        (refused(RepeatMode::Period, S::Failed, S::Running, false), "allowed from Failed: nothing"),
        (
            refused(RepeatMode::Period, S::Running, S::Cancelled, true),
            "Success, Failed, Error, Timeout",
        ),
    ] {
        assert!(detail.ends_with(end), "{detail}");
    }
}

#[test]
fn an_error_without_a_detail_ends_with_its_message() {
    let error = Error::forbidden();
    let message = format!("{} ({}): {}", error.code(), error.status(), error.message());
    assert_eq!((error.detail(), error.to_string()), ("", message));
}
