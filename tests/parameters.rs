//! Every parameter of both operations with every sort of value, against a table and against the
//! model: the error's code, and a short detail that names the given value and the allowed ones.

#[path = "parameters/fields.rs"]
mod fields;
#[path = "parameters/values.rs"]
mod values;

use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, Error, InstanceRun, Invocation,
    Recommend, Regions, Store, Tag, Timestamp, decode_query,
};
use invodex_testkit::engine::Form;
use invodex_testkit::filters::{Kind, PARAMETERS, Parameter};
use invodex_testkit::model::{Model, ModelConfig};
use serde_json::Value;
use values::{Expected, TABLE};

pub(crate) type Pairs = Vec<(String, String)>;

/// A parameter under one name, and what must be given beside it.
struct Row {
    name: String,
    parameter: &'static Parameter,
    beside: Pairs,
}

/// Every parameter; those of tags also with the highest number.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for parameter in PARAMETERS {
        let numbers: &[&str] = if parameter.name.contains('1') { &["1", "20"] } else { &["1"] };
        for number in numbers {
            let numbered = |name: &str| name.replace('1', number);
            let beside = parameter.beside.iter();
            let beside = beside.map(|(name, value)| (numbered(name), (*value).to_owned()));
            rows.push(Row { name: numbered(parameter.name), parameter, beside: beside.collect() });
        }
    }
    rows
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_700_000_000).expect("in range")
}

/// A store and the model with the same records, of which one has the value `1` in every text.
fn both() -> (Store, Model) {
    let config = Config { regions: Regions::only(["cn-a"]), ..Config::default() };
    let mut store = Store::new(config, now());
    let regions = Some(vec![("cn-a".to_owned(), true)]);
    let mut model = Model::new(ModelConfig { regions, ..ModelConfig::default() }, now());
    for id in ["0", "1", "2"] {
        let mut record = Invocation::new("cn-a", id, id);
        record.resource_group_id = id.into();
        record.command_name = id.into();
        record.tags.push(Tag::new(id, id));
        record.instances.push(InstanceRun::new(id));
        assert!(store.accept(&record).expect("a record without a fault").retained);
        model.accept(&record).expect("a record without a fault");
    }
    (store, model)
}

fn owned(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The query string of a client that escapes every byte except letters and digits.
fn encoded(pairs: &Pairs) -> String {
    let escaped = |text: &str| {
        let byte = |byte: u8| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        };
        text.bytes().map(byte).collect::<String>()
    };
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The store's answer. Panics if the model's differs.
fn answer(
    store: &Store,
    model: &Model,
    operation: &str,
    pairs: &Pairs,
    what: &str,
) -> Result<Value, Error> {
    let expected = match operation {
        "DescribeInvocations" => model.describe_invocations(pairs),
        _ => model.describe_invocation_results(pairs),
    };
    let answer = invodex_testkit::engine::describe(store, operation, pairs, Form::Body);
    match (&answer, expected) {
        (Ok(page), Ok(expected)) => {
            let mut page = page.clone();
            let head = if operation == "DescribeInvocations" {
                &mut page
            } else {
                &mut page["Invocation"]
            };
            head.as_object_mut().and_then(|head| head.remove("NextToken"));
            assert!(page == expected.body, "{what}: not as the model");
        }
        (Err(error), Err(expected)) => assert_eq!(
            (error.code(), error.status(), Some(error.message()), error.parameter()),
            (
                expected.code.as_str(),
                expected.status,
                expected.message.as_deref(),
                expected.parameter.as_deref()
            ),
            "{what}"
        ),
        (answer, expected) => {
            let answer = answer.as_ref().err().map(|error| error.to_string());
            let expected = expected.err().map(|error| error.code);
            panic!("{what}: {answer:?}, the model {expected:?}");
        }
    }
    answer
}

/// Checks that an error names the given value and the allowed ones in few words, in a JSON body.
pub(crate) fn assert_helpful(error: &Error, given: Option<&str>, allowed: &[&str], what: &str) {
    let text = error.to_string();
    assert!(text.len() <= 1_200, "{what}: {} bytes: {text}", text.len());
    assert!(text.chars().all(|letter| !letter.is_control()), "{what}: {text:?}");
    if let Some(given) = given {
        let quoted = format!("{given:?}");
        let start: String = quoted.trim_end_matches('"').chars().take(40).collect();
        let named = text.contains(&start) || text.contains(&format!("given {given},"));
        assert!(named, "{what}: {start} is not in {text}");
    }
    for allowed in allowed {
        assert!(text.contains(allowed), "{what}: {allowed} is not in {text}");
    }
    let mut body = Vec::new();
    error.write_json("id", "host", Recommend::Detail, &mut body);
    let body: Value = serde_json::from_slice(&body).expect("an error's body is JSON");
    assert_eq!(body["Code"], error.code(), "{what}");
    assert_eq!(body["Message"], error.message(), "{what}");
    assert_eq!(body["Recommend"], error.detail(), "{what}");
}

#[test]
fn every_parameter_with_every_value() {
    let (store, model) = both();
    let (mut asked, mut refused) = (0, 0);
    for Row { name, parameter, beside } in &rows() {
        let kind = parameter.kind;
        for operation in parameter.operations() {
            for row in TABLE {
                for value in row.values(kind) {
                    let mut pairs = beside.clone();
                    if kind != Kind::Region {
                        pairs.insert(0, ("RegionId".to_owned(), "cn-a".to_owned()));
                    }
                    pairs.push((name.clone(), value.clone()));
                    let what = format!("{operation} {name}: {}", row.name);
                    let answer = answer(&store, &model, operation, &pairs, &what);
                    check(&answer, name, kind, row.expected(kind), &value, &what);
                    // The same as a query string.
                    if value.len() < 4_096 {
                        let decoded = decode_query(encoded(&pairs)).expect("it was encoded");
                        assert!(decoded == pairs, "{what}: not as it was encoded");
                    }
                    asked += 1;
                    refused += usize::from(answer.is_err());
                }
            }
        }
    }
    println!("{asked} requests, {refused} refused");
    // 23 parameters, 14 of them in both operations, times the values of the table.
    assert_eq!((asked, refused), (values::ASKED, values::REFUSED));
}

fn check(
    answer: &Result<Value, Error>,
    name: &str,
    kind: Kind,
    expected: Expected,
    value: &str,
    what: &str,
) {
    let (code, status, parameter) = match (expected, kind) {
        (Expected::Taken, _) => {
            assert!(answer.is_ok(), "{what}: {:?}", answer.as_ref().err());
            return;
        }
        (Expected::Missing, _) => ("MissingParameter.RegionId".to_owned(), 400, name.to_owned()),
        (Expected::Refused, Kind::Region) => {
            ("InvalidRegionId.NotFound".to_owned(), 404, name.to_owned())
        }
        (Expected::Refused, Kind::TagKey) => {
            ("InvalidTagKey.Malformed".to_owned(), 400, name.to_owned())
        }
        (Expected::Refused, Kind::TagValue) => {
            ("InvalidTagValue.Malformed".to_owned(), 400, name.to_owned())
        }
        (Expected::Refused, Kind::Number(code, _)) => {
            (format!("{code}.{name}"), 400, name.to_owned())
        }
        (Expected::Refused, Kind::Name(name, _)) => {
            (format!("InvalidParameter.{name}"), 400, name.to_owned())
        }
        (Expected::Refused, Kind::Boolean | Kind::Token | Kind::Text) => {
            (format!("InvalidParameter.{name}"), 400, name.to_owned())
        }
    };
    let Err(error) = answer else { panic!("{what}: is accepted") };
    let is = (error.code(), error.status(), error.parameter());
    assert_eq!(is, (code.as_str(), status, Some(parameter.as_str())), "{what}");
    let most;
    let allowed: &[&str] = match kind {
        Kind::Region | Kind::Text => &[],
        Kind::Token => &["this store did not give for these filters"],
        Kind::Number(_, limit) => {
            most = format!("allowed 1 to {limit}");
            &[&most]
        }
        Kind::Name(_, names) => names,
        Kind::Boolean => &["true", "false"],
        Kind::TagKey => &["1 to 64 characters"],
        Kind::TagValue => &["at most 128 characters"],
    };
    let is_given = !matches!(kind, Kind::Token) && expected != Expected::Missing;
    assert_helpful(error, is_given.then_some(value), allowed, what);
}

/// Bytes of a query string that are not text are refused before any parameter is read.
#[test]
fn bytes_that_are_no_text() {
    const PARTS: [&[u8]; 22] = [
        b"%FF",
        b"%fe",
        b"%80",
        b"%C3",
        b"%C3%28",
        b"%C0%80",
        b"%E2%82",
        b"%E5%AD",
        b"%ED%A0%80",
        b"%F0%9F%98",
        b"%F4%90%80%80",
        b"%F8%88%80%80%80",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"%",
        b"%4",
        b"%4g",
        b"%zz",
        b"%%41",
        b"%u0041",
        b"% 41",
    ];
    let mut tried = 0;
    let long = b"x".repeat(1 << 20);
    for Row { name, .. } in &rows() {
        for part in PARTS {
            let name = name.as_bytes();
            let mut all = vec![
                [name, part, b"=z"].concat(),
                [part, b"z", name, b"=z"].concat(),
                [b"RegionId=cn-a&", name, b"=", part].concat(),
                [b"RegionId=cn-a&", name, b"=z", part].concat(),
                [b"RegionId=cn-a&", name, b"=", part, b"z"].concat(),
            ];
            if name == b"InvokeId" {
                all.push([name, b"=", &long, part].concat());
            }
            for query in all {
                let what = format!("{}", query[..query.len().min(80)].escape_ascii());
                let Err(error) = decode_query(&query) else { panic!("{what} is accepted") };
                let is = (error.code(), error.status(), error.message(), error.parameter());
                let message = "The specified parameter is not valid.";
                assert_eq!(is, ("InvalidParameter", 400, message, None), "{what}");
                let rule = ["text in UTF-8", "only before two hexadecimal digits"];
                assert!(rule.iter().any(|rule| error.detail().contains(rule)), "{what}: {error}");
                assert_helpful(&error, None, &["given "], &what);
                tried += 1;
            }
        }
    }
    println!("{tried} query strings refused");
    assert_eq!(tried, 23 * 22 * 5 + 22);
}

/// Names that resemble a parameter's are unknown and are ignored.
#[test]
fn names_that_are_no_parameter() {
    let (store, model) = both();
    let mut tried = 0;
    for Row { name, parameter, .. } in &rows() {
        let (first, rest) = name.split_at(1);
        let names = [
            name.to_ascii_lowercase(),
            name.to_ascii_uppercase(),
            format!("{}{rest}", first.to_ascii_lowercase()),
            format!(" {name}"),
            format!("{name} "),
            format!("{name}\0"),
            format!("{name}\n"),
            format!("{name}.1"),
            format!("{name}[]"),
            format!("{name}{}", "x".repeat(1 << 16)),
            rest.to_owned(),
            name[..name.len() - 1].to_owned(),
            name.replace('.', "．"),
            name.replace('1', "１"),
            name.replace("1", "01"),
            name.replace("20", "0"),
            name.replace("20", "-1"),
            name.replace("20", "+1"),
            name.replace("20", "2 0"),
            name.replace("Tag.", "Tags."),
            String::new(),
        ];
        for operation in parameter.operations() {
            let plain = owned(&[("RegionId", "cn-a")]);
            let expected = answer(&store, &model, operation, &plain, "none").expect("no fault");
            for other in names.iter().filter(|other| *other != name) {
                let mut pairs = plain.clone();
                pairs.push((other.clone(), "-1".to_owned()));
                let what = format!("{operation} {:?}", other.chars().take(40).collect::<String>());
                let page = answer(&store, &model, operation, &pairs, &what);
                assert_eq!(page.ok().as_ref(), Some(&expected), "{what}");
                tried += 1;
            }
        }
    }
    println!("{tried} unknown names ignored");
    assert!(tried > 500, "{tried}");
}

/// The typed builders have the same limits as the wire.
#[test]
fn builders_are_checked_as_pairs_are() {
    let (store, _) = both();
    for number in [0, 51, u32::MAX] {
        let asked = DescribeInvocations::new("cn-a");
        let code = |request: DescribeInvocations| {
            store.describe_invocations(&request).err().map(|error| error.code().to_owned())
        };
        let size = code(asked.clone().page_size(number));
        assert_eq!(size.as_deref(), Some("InvalidParam.PageSize"));
        let results = code(asked.clone().max_results(number));
        assert_eq!(results.as_deref(), Some("InvalidParameter.MaxResults"));
        let page = code(asked.page_number(number));
        let is_page = (1..=2_147_483_647).contains(&number);
        assert_eq!(page.as_deref(), (!is_page).then_some("InvalidParam.PageNumber"));
    }
    let tags = (0..21).fold(DescribeInvocationResults::new("cn-a"), |request, number| {
        request.tag_key(format!("k{number}"))
    });
    let code = store.describe_invocation_results(&tags).err().map(|error| error.code().to_owned());
    assert_eq!(code.as_deref(), Some("NumberExceed.Tags"));
}
