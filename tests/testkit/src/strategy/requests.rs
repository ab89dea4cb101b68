//! Requests: wire pairs with every parameter, valid and invalid values, in any combination.
//!
//! The value `@7` stands for the id of a live record, `@h7` for the id of one with a history, or of
//! a recurring task if no record has one. The record is chosen when the request is made.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use super::pools::{INSTANCE_IDS, REGIONS, TAG_KEYS, TAG_VALUES, invoke_id, pick};
use crate::filters::{BOOLEANS, Kind, PARAMETERS, Parameter, Role, STATUSES};
use crate::model::Operation;

/// The parameters of a request, in order.
pub type Pairs = Vec<(String, String)>;

/// A request in wire form, which may be invalid, and may name a record by a placeholder: `@7` is the
/// id of a record that the store holds, `@h7` the id of one with a history.
#[derive(Clone, PartialEq, Debug)]
pub struct RequestSpec {
    /// The query.
    pub operation: Operation,
    /// Its parameters.
    pub pairs: Pairs,
}

fn owned(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// One parameter with a valid value, rarely an invalid or an empty one.
fn parameter(
    name: &'static str,
    good: &'static [&'static str],
    bad: &'static [&'static str],
    bad_weight: u32,
) -> BoxedStrategy<Pairs> {
    let value = if bad_weight == 0 || bad.is_empty() {
        select(good).boxed()
    } else {
        prop_oneof![24 => select(good), 2 * bad_weight => select(bad), bad_weight => Just("")]
            .boxed()
    };
    value.prop_map(move |value| owned(&[(name, value)])).boxed()
}

/// `InvokeId`: of a live record, of the pool, or of no record.
fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<u8>().prop_map(|number| format!("@{number}")),
        2 => any::<u8>().prop_map(invoke_id),
        1 => Just("t-none".to_owned()),
    ]
}

/// Keys of tags that are not valid, or just valid.
fn hard_keys() -> Vec<String> {
    let long = ["x".repeat(65), "字".repeat(65), "字".repeat(64), "x".repeat(64)];
    let keys = ["", "aliyun", "ALIYUNx", "acs:x", "Acs:", "http://", "a-https://b", "acs", "ali"];
    keys.into_iter().map(str::to_owned).chain(long).collect()
}

/// The key of one of the 20 tags of a request with as many as there may be.
fn key_of_many(number: u8) -> String {
    format!("m{number}")
}

/// Whether records or requests of the strategies have tags of this key.
///
/// ```
/// use invodex_testkit::strategy::{pools::TAG_KEYS, uses_tag_key};
///
/// assert!(uses_tag_key(TAG_KEYS[0]) && !uses_tag_key("conformance"));
/// ```
pub fn uses_tag_key(key: &str) -> bool {
    TAG_KEYS.contains(&key)
        || hard_keys().iter().any(|hard| hard == key)
        || (1..=20).any(|number| key_of_many(number) == key)
}

/// Values of tags that are not valid, or just valid.
fn hard_values() -> Vec<String> {
    vec!["x".repeat(128), "字".repeat(129), "http://x".to_owned()]
}

fn tag(bad: u32) -> BoxedStrategy<Pairs> {
    let names = |number: String, key: String, value: Option<String>| {
        let mut pairs = vec![(format!("Tag.{number}.Key"), key)];
        pairs.extend(value.map(|value| (format!("Tag.{number}.Value"), value)));
        pairs
    };
    let number = (1..=20_u8).prop_map(|number| number.to_string());
    let key = prop_oneof![3 => select(&TAG_KEYS[..2]), 1 => select(&TAG_KEYS[..])];
    let key = key.prop_map(str::to_owned);
    let value = prop::option::of(select(&TAG_VALUES[..]).prop_map(str::to_owned));
    let good = (number, key, value).prop_map(move |(number, key, value)| names(number, key, value));
    if bad == 0 {
        return good.boxed();
    }
    let number = || (1..=20_u8).prop_map(|number| number.to_string());
    let above = select(&["21", "22", "100", "99999999999999999999"][..])
        .prop_map(move |number| names(number.to_owned(), "k1".to_owned(), None));
    let keys = hard_keys();
    let key = (number(), select(keys)).prop_map(move |(number, key)| names(number, key, None));
    let value = (number(), select(hard_values()))
        .prop_map(move |(number, value)| names(number, "k2".to_owned(), Some(value)));
    let alone = number().prop_map(|number| owned(&[(&format!("Tag.{number}.Value"), "v1")]));
    let twenty = any::<bool>().prop_map(|values| {
        let pairs = (1..=20).flat_map(|number| {
            let value = values.then(|| (format!("Tag.{number}.Value"), "v1".to_owned()));
            std::iter::once((format!("Tag.{number}.Key"), key_of_many(number))).chain(value)
        });
        pairs.collect::<Pairs>()
    });
    prop_oneof![
        60 / bad => good,
        2 => above,
        2 => key,
        2 => value,
        2 => alone,
        1 => twenty,
    ]
    .boxed()
}

/// The row's parameter.
fn sampled(row: &Parameter, bad: u32) -> (u32, BoxedStrategy<Pairs>) {
    (row.weight, parameter(row.name, row.samples, row.others, bad))
}

/// Filters and parameters of the output. `bad` is the weight of invalid values.
fn filters(operation: Operation, bad: u32) -> Vec<(u32, BoxedStrategy<Pairs>)> {
    let mut all =
        vec![(1, id().prop_map(|id| vec![("InvokeId".to_owned(), id)]).boxed()), (4, tag(bad))];
    let is_special = |row: &Parameter| {
        matches!(row.kind, Kind::Region | Kind::TagKey | Kind::TagValue)
            || row.name == "InvokeId"
            // Alone it is a fault.
            || (bad == 0 && !row.beside.is_empty())
    };
    for row in PARAMETERS.iter().filter(|row| row.is_of(operation.name())) {
        if row.role != Role::Page && !is_special(row) {
            all.push(sampled(row, bad));
        }
    }
    if operation == Operation::DescribeInvocations {
        // Each of these is ignored beside InstanceId.
        let ignored = select(
            &[("CommandName", "deploy"), ("RepeatMode", "Once"), ("InvokeStatus", "PartialFailed")]
                [..],
        );
        let ignored = (ignored, select(&INSTANCE_IDS[..]));
        let ignored = ignored.prop_map(|(pair, id)| owned(&[pair, ("InstanceId", id)]));
        all.push((1, ignored.boxed()));
        let output = (select(BOOLEANS), any::<bool>(), id());
        let output = output.prop_map(move |(value, with_id, id)| {
            let mut pairs = owned(&[("IncludeOutput", value)]);
            if with_id {
                pairs.push(("InvokeId".to_owned(), id));
            } else if bad == 0 || value.len() % 2 == 0 {
                pairs.extend(owned(&[("InstanceId", "i-1")]));
            }
            pairs
        });
        all.push((2, output.boxed()));
    } else {
        let history = (0..3_u8).prop_map(|number| {
            let id = ("InvokeId".to_owned(), format!("@h{number}"));
            let mut pairs = owned(&[("IncludeHistory", "true")]);
            pairs.push(id);
            pairs
        });
        all.push((4, history.boxed()));
        if bad > 0 {
            let any_id = id().prop_map(|id| {
                vec![("IncludeHistory".to_owned(), "TRUE".to_owned()), ("InvokeId".to_owned(), id)]
            });
            all.push((1, any_id.boxed()));
        }
    }
    all
}

/// Paging by number and by token.
fn paging(bad: u32) -> Vec<(u32, BoxedStrategy<Pairs>)> {
    let pages = PARAMETERS.iter().filter(|row| row.role == Role::Page);
    pages.map(|row| sampled(row, bad)).collect()
}

/// Names of no parameter.
const UNKNOWN: &[&str] = &[
    "OwnerId",
    "ResourceOwnerAccount",
    "SignatureNonce",
    "invokeId",
    "InvokeId.1",
    "Tag.0.Key",
    "Tag.01.Key",
    "Tag.1",
    "Tag.1.Other",
    "Tag.1.Key.2",
    "Tag..Key",
    "Tag.-1.Value",
    "tag.1.Key",
];

/// Unknown parameters.
fn unknown() -> BoxedStrategy<Pairs> {
    select(UNKNOWN).prop_map(|name| owned(&[(name, "k1")])).boxed()
}

/// Names of tags beside those of the table of parameters.
const TAGS: &[&str] = &[
    "Tag.2.Key",
    "Tag.2.Value",
    "Tag.3.Key",
    "Tag.3.Value",
    "Tag.20.Key",
    "Tag.20.Value",
    "Tag.21.Key",
    "Tag.99999999999999999999.Value",
];

/// The parameter and the value that two bytes choose, for a fuzzer: any parameter of both queries or
/// an unknown one, with a valid value, or one time in three with an invalid or an empty one. An
/// InvokeId is one of the pool.
///
/// ```
/// use invodex_testkit::strategy::chosen_pair;
///
/// assert_eq!(chosen_pair(0, 0), ("RegionId".to_owned(), "cn-a".to_owned()));
/// ```
pub fn chosen_pair(name: u8, value: u8) -> (String, String) {
    let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
    let names = PARAMETERS.iter().map(|row| row.name).chain(TAGS.iter().chain(UNKNOWN).copied());
    let name = *pick(&names.collect::<Vec<_>>(), name);
    let row = PARAMETERS.iter().find(|row| row.name == name);
    let is_valid = value < 168;
    let values: Vec<String> = match name {
        "InvokeId" if value < 240 => vec![invoke_id(value)],
        "RegionId" => owned(&REGIONS),
        _ if name.ends_with(".Key") && is_valid => owned(&TAG_KEYS),
        _ if name.ends_with(".Key") => hard_keys(),
        _ if name.ends_with(".Value") && is_valid => owned(&TAG_VALUES),
        _ if name.ends_with(".Value") => hard_values(),
        _ if is_valid => owned(row.map_or(&["k1"], |row| row.samples)),
        _ => owned(&[row.map_or(&[][..], |row| row.others), &[""]].concat()),
    };
    (name.to_owned(), pick(&values, value).clone())
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        3 => Just(Operation::DescribeInvocations),
        2 => Just(Operation::DescribeInvocationResults),
    ]
}

/// A request for the history of a record that has one.
fn history(most_pages: usize) -> impl Strategy<Value = RequestSpec> {
    let status = prop_oneof![3 => Just(None), 1 => select(STATUSES).prop_map(Some)];
    let pages = Union::new_weighted(paging(1));
    (0..3_u8, status, vec(pages, 0..=most_pages)).prop_map(|(number, status, pages)| {
        let mut pairs = owned(&[("RegionId", REGIONS[0]), ("IncludeHistory", "True")]);
        pairs.push(("InvokeId".to_owned(), format!("@h{number}")));
        pairs.extend(status.map(|status| ("InvokeRecordStatus".to_owned(), status.to_owned())));
        pairs.extend(pages.into_iter().flatten());
        RequestSpec { operation: Operation::DescribeInvocationResults, pairs }
    })
}

/// One further filter, of either operation. The other operation ignores it.
pub(super) fn one_more() -> impl Strategy<Value = Pairs> {
    let mut all = filters(Operation::DescribeInvocations, 0);
    all.extend(filters(Operation::DescribeInvocationResults, 0));
    all.push((1, parameter("RegionId", &REGIONS[..2], &[], 0)));
    all.push((1, unknown()));
    Union::new_weighted(all)
}

/// Any request: valid and invalid values, in any combination.
///
/// ```
/// use invodex_testkit::strategy::request;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let drawn = request().new_tree(&mut TestRunner::deterministic()).unwrap().current();
/// println!("{} with {:?}", drawn.operation.name(), drawn.pairs);
/// ```
pub fn request() -> impl Strategy<Value = RequestSpec> {
    let any = (region(), operation()).prop_flat_map(|(region, operation)| {
        any_pairs(region, operation).prop_map(move |pairs| RequestSpec { operation, pairs })
    });
    prop_oneof![9 => any, 1 => history(1)]
}

/// The first RegionId of a request, if it has one.
fn region() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        40 => Just(Some(REGIONS[0])),
        12 => Just(Some(REGIONS[1])),
        2 => Just(Some(REGIONS[2])),
        2 => Just(Some(REGIONS[3])),
        1 => Just(Some("")),
        1 => Just(None),
    ]
}

fn any_pairs(region: Option<&'static str>, operation: Operation) -> impl Strategy<Value = Pairs> {
    let mut elements = filters(operation, 1);
    elements.extend(paging(1));
    elements.push((1, unknown()));
    elements.push((1, parameter("RegionId", &REGIONS[..2], &[], 0)));
    let count = prop_oneof![3 => 0..3_usize, 3 => 1..5_usize, 1 => 3..8_usize];
    let elements = Union::new_weighted(elements);
    let elements = count.prop_flat_map(move |count| vec(elements.clone(), count));
    elements.prop_map(move |elements| {
        let region = region.map(|region| ("RegionId".to_owned(), region.to_owned()));
        region.into_iter().chain(elements.into_iter().flatten()).collect()
    })
}

/// The parameters of any request of `operation`: valid and invalid values, in any combination, with
/// ids of the pool.
///
/// ```
/// use invodex::{Config, DescribeInvocations, Store, Timestamp};
/// use invodex_testkit::model::Operation;
/// use invodex_testkit::strategy::wire_pairs;
/// use proptest::strategy::{Strategy as _, ValueTree as _};
/// use proptest::test_runner::TestRunner;
///
/// let store = Store::new(Config::default(), Timestamp::MIN);
/// let mut runner = TestRunner::deterministic();
/// let pairs = wire_pairs(Operation::DescribeInvocations).new_tree(&mut runner).unwrap().current();
/// let request = DescribeInvocations::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
/// // The same as of the front end under test: an answer, or an error's code and status.
/// let _ = store.describe_invocations(&request);
/// ```
pub fn wire_pairs(operation: Operation) -> impl Strategy<Value = Pairs> {
    let pairs = region().prop_flat_map(move |region| any_pairs(region, operation));
    pairs.prop_map(of_the_pool)
}

/// The parameters of a request of `operation` that no store refuses.
pub(super) fn valid_pairs(operation: Operation) -> impl Strategy<Value = Pairs> {
    let mut elements = filters(operation, 0);
    elements.extend(paging(0));
    (select(&REGIONS[..2]), vec(Union::new_weighted(elements), 0..5)).prop_map(
        |(region, elements)| {
            let mut pairs = owned(&[("RegionId", region)]);
            for element in elements {
                // A tag's number or key given twice is a fault, or takes another key's value.
                let is_tag = element[0].0.starts_with("Tag.");
                let is_same = |(name, value): &(String, String)| {
                    *name == element[0].0 || (name.ends_with(".Key") && *value == element[0].1)
                };
                if !(is_tag && pairs.iter().any(is_same)) {
                    pairs.extend(element);
                }
            }
            of_the_pool(pairs)
        },
    )
}

/// The pairs with ids of the pool in place of the placeholders.
fn of_the_pool(mut pairs: Pairs) -> Pairs {
    for (_, value) in &mut pairs {
        let number = value.strip_prefix('@').map(|number| number.trim_start_matches('h').parse());
        if let Some(Ok(number)) = number {
            *value = invoke_id(number);
        }
    }
    pairs
}

/// A request that begins a walk: valid values, no paging, few filters.
pub(super) fn walk() -> impl Strategy<Value = RequestSpec> {
    prop_oneof![5 => any_walk(), 1 => history(0)]
}

fn any_walk() -> impl Strategy<Value = RequestSpec> {
    operation().prop_flat_map(|operation| {
        let elements = Union::new_weighted(filters(operation, 0));
        let count = prop_oneof![2 => Just(0_usize), 2 => Just(1), 1 => Just(2)];
        let elements = count.prop_flat_map(move |count| vec(elements.clone(), count));
        elements.prop_map(move |elements| {
            let region = ("RegionId".to_owned(), REGIONS[0].to_owned());
            let pairs = std::iter::once(region).chain(elements.into_iter().flatten()).collect();
            RequestSpec { operation, pairs }
        })
    })
}

/// Parameters that may differ between the pages of a walk.
pub(super) fn noise() -> impl Strategy<Value = Pairs> {
    let ignored = parameter("PageNumber", &["0", "2", "x"], &[], 0);
    let size = parameter("PageSize", &["51", "3"], &[], 0);
    let encoding = parameter("ContentEncoding", &["PlainText", "Base64"], &[], 0);
    vec(prop_oneof![ignored, size, encoding, unknown()], 0..3)
        .prop_map(|pairs| pairs.into_iter().flatten().collect())
}
