//! Tags at their limits, in queries and in records, against the model. Times are in `times`.

#[path = "limits/times.rs"]
mod times;

use invodex::{Config, DescribeInvocations, InstanceRun, Invocation, Store, Tag, Timestamp};
use invodex_testkit::engine::Form;
use invodex_testkit::model::{Model, ModelConfig};

type Pairs = Vec<(String, String)>;

/// Characters of 1, 2, 3 and 4 bytes.
const WIDTHS: [char; 4] = ['x', '\u{e9}', '\u{5b57}', '\u{1f600}'];

fn now() -> Timestamp {
    Timestamp::from_secs(1_700_000_000).expect("in range")
}

fn both() -> (Store, Model) {
    (Store::new(Config::default(), now()), Model::new(ModelConfig::default(), now()))
}

fn record(tags: &[Tag]) -> Invocation {
    let mut record = Invocation::new("cn-a", "t-1", "c-1");
    record.tags = tags.to_vec();
    record.instances.push(InstanceRun::new("i-1"));
    record
}

/// The code and the parameter of a record's refusal, which must be equal for store and model.
fn accept(tags: &[Tag]) -> Option<(String, String)> {
    let (mut store, mut model) = both();
    let record = record(tags);
    let report = store.accept(&record);
    let is = report.map(drop).map_err(|error| {
        (error.code().to_owned(), error.parameter().unwrap_or_default().to_owned())
    });
    let must = model.accept(&record).map(drop);
    let must = must.map_err(|error| (error.code, error.parameter.unwrap_or_default()));
    assert_eq!(is, must, "{} tags", tags.len());
    if is.is_ok() {
        let kept = store.get("t-1").map(|view| view.to_invocation().tags);
        assert_eq!(kept.as_deref(), Some(tags));
    }
    is.err()
}

/// The same for both queries with these tags at the given numbers. A request without an error must
/// find the record with the tags, and no other.
fn ask(tags: &[(u32, Tag)]) -> Option<(String, String)> {
    let (mut store, mut model) = both();
    let own: Vec<Tag> = tags.iter().map(|(_, tag)| tag.clone()).collect();
    if store.accept(&record(&own)).is_ok() {
        model.accept(&record(&own)).expect("the store did");
    }
    let mut other = record(&[Tag::new("other", "")]);
    other.invoke_id = "t-2".into();
    assert!(store.accept(&other).expect("no fault").retained);
    model.accept(&other).expect("no fault");
    let mut pairs: Pairs = vec![("RegionId".into(), "cn-a".into())];
    for (number, tag) in tags {
        pairs.push((format!("Tag.{number}.Key"), tag.key.clone()));
        pairs.push((format!("Tag.{number}.Value"), tag.value.clone()));
    }
    let mut outcomes = ["DescribeInvocations", "DescribeInvocationResults"].map(|operation| {
        let answer = invodex_testkit::engine::describe(&store, operation, &pairs, Form::Views);
        let is = answer.map_err(|error| {
            (error.code().to_owned(), error.parameter().unwrap_or_default().to_owned())
        });
        let must = match operation {
            "DescribeInvocations" => model.describe_invocations(&pairs),
            _ => model.describe_invocation_results(&pairs),
        };
        let must = must.map_err(|error| (error.code, error.parameter.unwrap_or_default()));
        assert_eq!(is.as_ref().err(), must.as_ref().err(), "{operation}");
        let Ok(page) = is else { return is.err() };
        let head = if operation == "DescribeInvocations" { &page } else { &page["Invocation"] };
        let expected = if tags.is_empty() { 2 } else { 1 };
        assert_eq!(head["TotalCount"].as_u64(), Some(expected), "{operation}");
        assert_eq!(must.map(|answer| answer.total), Ok(Some(expected)), "{operation}");
        None
    });
    assert_eq!(outcomes[0], outcomes[1]);
    outcomes[0].take()
}

fn fault(code: &str, parameter: &str) -> Option<(String, String)> {
    Some((code.to_owned(), parameter.to_owned()))
}

fn numbered(tags: &[Tag]) -> Vec<(u32, Tag)> {
    (1..).zip(tags.iter().cloned()).collect()
}

#[test]
fn so_many_tags() {
    for count in [0_usize, 1, 2, 19, 20, 21, 22, 100, 1_000] {
        let tags: Vec<Tag> = (0..count).map(|n| Tag::new(format!("k{n}"), "v")).collect();
        let expected = if count > 20 { fault("NumberExceed.Tags", "Tag") } else { None };
        assert_eq!(accept(&tags), expected, "{count}");
        assert_eq!(ask(&numbered(&tags)), expected, "{count}");
        // Numbers with gaps, up to the highest.
        let gaps: Vec<_> = tags.iter().rev().take(10).cloned().collect();
        let gaps: Vec<_> = (0..).map(|n| 20 - 2 * n).zip(gaps).collect();
        assert_eq!(ask(&gaps), None, "{count}");
    }
    for number in [20, 21, 22, 99, 1_000, u32::MAX] {
        let expected = if number > 20 { fault("NumberExceed.Tags", "Tag") } else { None };
        assert_eq!(ask(&[(number, Tag::new("k", "v"))]), expected, "Tag.{number}");
        // Too many tags is reported before any fault of one tag.
        let bad = [(1, Tag::new("", "http://")), (number, Tag::new("k", "v"))];
        let first =
            if number > 20 { expected } else { fault("InvalidTagKey.Malformed", "Tag.1.Key") };
        assert_eq!(ask(&bad), first, "Tag.{number}");
    }
}

#[test]
fn so_many_characters() {
    let mut tried = 0;
    for width in WIDTHS {
        for mixed in [false, true] {
            let text = |count: usize| {
                let other = if mixed { WIDTHS } else { [width; 4] };
                (0..count).map(|at| other[(at + width.len_utf8()) % 4]).collect::<String>()
            };
            for count in [0, 1, 2, 16, 21, 22, 32, 33, 63, 64, 65, 66, 128, 256] {
                let at = 1 + count as u32 % 20;
                let tag = Tag::new(text(count), "v");
                let is_bad = !(1..=64).contains(&count);
                let expected = |n: u32| {
                    let parameter = format!("Tag.{n}.Key");
                    if is_bad { fault("InvalidTagKey.Malformed", &parameter) } else { None }
                };
                assert_eq!(accept(std::slice::from_ref(&tag)), expected(1), "{count} {width}");
                assert_eq!(ask(&[(at, tag)]), expected(at), "{count} {width}");
                tried += 1;
            }
            for count in [0, 1, 2, 32, 42, 43, 64, 65, 127, 128, 129, 130, 256, 512] {
                let at = 1 + count as u32 % 20;
                let tag = Tag::new("k", text(count));
                let expected = |n: u32| {
                    let parameter = format!("Tag.{n}.Value");
                    if count > 128 { fault("InvalidTagValue.Malformed", &parameter) } else { None }
                };
                assert_eq!(accept(std::slice::from_ref(&tag)), expected(1), "{count} {width}");
                assert_eq!(ask(&[(at, tag)]), expected(at), "{count} {width}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 4 * 2 * 28);
}

/// 20 tags of maximum length, in characters of each width; then with one of them a character
/// longer.
#[test]
fn as_much_as_there_may_be() {
    for width in WIDTHS {
        let tag = |n: usize, more: usize| {
            let key: String = format!("{n:02}").chars().chain([width; 62]).collect();
            Tag::new(key, width.to_string().repeat(128 + more))
        };
        let tags: Vec<Tag> = (1..=20).map(|n| tag(n, 0)).collect();
        assert_eq!(accept(&tags), None);
        assert_eq!(ask(&numbered(&tags)), None);
        for at in 1..=20 {
            let mut longer = tags.clone();
            longer[at - 1] = tag(at, 1);
            let expected = fault("InvalidTagValue.Malformed", &format!("Tag.{at}.Value"));
            assert_eq!(accept(&longer), expected);
            assert_eq!(ask(&numbered(&longer)), expected);
            // Duplicates are reported last.
            let mut twice = tags.clone();
            let earlier = twice[(at + 18) % 20].key.clone();
            twice[at - 1].key = earlier;
            let later = if at == 1 { 20 } else { at };
            let expected = fault("Duplicate.TagKey", &format!("Tag.{later}.Key"));
            assert_eq!(accept(&twice), expected);
            assert_eq!(ask(&numbered(&twice)), expected);
        }
    }
}

/// Forbidden beginnings of keys and forbidden parts of texts, in any letter case where case is
/// ignored, and texts that only resemble them.
#[test]
fn reserved_words() {
    let bad_keys =
        ["aliyun", "ALIYUN", "aLiYuNx", "acs:", "ACS:x", "Acs:", "http://", "x-https://y"];
    let good_keys = [
        "aliyu",
        "xaliyun",
        " aliyun",
        "ａliyun",
        "acs",
        "acs.",
        "xacs:",
        "http:/",
        "http:/ /",
        "https:",
        "HTTP://x",
        "Https://x",
        "htt\u{ff50}://",
        "ac\u{17f}:",
        "acs\u{ff1a}",
        "al\u{131}yun",
        "al\u{130}yun",
    ];
    for (keys, is_bad) in [(&bad_keys[..], true), (&good_keys[..], false)] {
        for key in keys {
            let tag = Tag::new(*key, "");
            let code = if is_bad { fault("InvalidTagKey.Malformed", "Tag.1.Key") } else { None };
            assert_eq!(accept(std::slice::from_ref(&tag)), code, "{key}");
            assert_eq!(ask(&[(1, tag)]), code, "{key}");
        }
    }
    for (value, is_bad) in [
        ("http://", true),
        ("https://", true),
        ("a http://b", true),
        ("aliyun", false),
        ("acs:", false),
        ("http:/", false),
        ("HTTP://", false),
        ("", false),
        ("\0", false),
    ] {
        let tag = Tag::new("k", value);
        let code = if is_bad { fault("InvalidTagValue.Malformed", "Tag.1.Value") } else { None };
        assert_eq!(accept(std::slice::from_ref(&tag)), code, "{value}");
        assert_eq!(ask(&[(1, tag)]), code, "{value}");
    }
}

#[test]
fn each_rule_is_checked_over_all_tags_before_the_next() {
    let pairs = [("RegionId", "cn-a"), ("Tag.1.Key", ""), ("Tag.2.Value", "v")];
    let error =
        DescribeInvocations::from_pairs(pairs).check(&Config::default()).expect_err("two faults");
    assert_eq!((error.code(), error.parameter()), ("MissingParameter.TagKey", Some("Tag.2.Key")));
    let tags = |tags: [(&str, &str); 3]| tags.map(|(key, value)| Tag::new(key, value));
    for (tags, expected) in [
        (
            tags([("k", "http://x"), ("ACS:k", ""), ("k", "")]),
            ("InvalidTagKey.Malformed", 2, "Key"),
        ),
        (
            tags([("k", ""), ("l", "xhttps://"), ("k", "")]),
            ("InvalidTagValue.Malformed", 2, "Value"),
        ),
        (tags([("k", ""), ("l", ""), ("k", "v")]), ("Duplicate.TagKey", 3, "Key")),
        (tags([("k", "v"), ("k", "w"), ("l", "")]), ("Duplicate.TagKey", 2, "Key")),
    ] {
        let (code, number, part) = expected;
        let expected = fault(code, &format!("Tag.{number}.{part}"));
        assert_eq!(accept(&tags), expected);
        assert_eq!(ask(&numbered(&tags)), expected);
    }
}

/// A query with tags reaches exactly the newest 1,000 rows.
#[test]
fn so_many_rows_of_a_query_with_tags() {
    for count in [999_u64, 1_000, 1_001, 1_050] {
        let (mut store, _) = both();
        let records: Vec<Invocation> = (0..count)
            .map(|n| {
                let mut record = record(&[Tag::new("k", "v")]);
                record.invoke_id = format!("t-{n}");
                record
            })
            .collect();
        assert!(store.accept_batch(&records).iter().all(Result::is_ok));
        let request = || DescribeInvocations::new("cn-a").tag_key("k");
        let page = |number: u32, size: u32| {
            let request = request().page_number(number).page_size(size);
            let page = store.describe_invocations(&request).expect("no fault");
            (page.len(), page.total_count(), page.next_token().is_some())
        };
        let total = Some(count.min(1_000));
        let last = count.min(1_000) as usize - 950;
        assert_eq!(page(20, 50), (last, total, false), "{count}");
        assert_eq!(page(21, 50), (0, total, false), "{count}");
        // 41 divides neither number.
        assert_eq!(page(24, 41), (41, total, count > 984), "{count}");
        assert_eq!(page(25, 41), (count.min(1_000) as usize - 984, total, false), "{count}");
        let mut walked = 0;
        let mut token = String::new();
        loop {
            let request = request().max_results(41).next_token(token);
            let page = store.describe_invocations(&request).expect("no fault");
            walked += page.len();
            let Some(next) = page.next_token() else { break };
            token = next.to_string();
        }
        assert_eq!(walked as u64, count.min(1_000));
    }
}
