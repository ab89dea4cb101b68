//! A front end with a switch for each of the faults that front ends of this API have: the library,
//! whose requests and answers are altered.

use std::collections::{BTreeSet, HashMap};

use invodex::{Invocation, RunUpdate, Timestamp};
use invodex_testkit::engine::{Engine, Form};
use invodex_testkit::filters::{Kind, PARAMETERS};
use invodex_testkit::subject::{Config, No, Reply, Subject};
use serde_json::{Value, json};

type Pairs = Vec<(String, String)>;

macro_rules! faults {
    ($($fault:ident => $rule:literal: $text:literal,)*) => {
        /// A fault.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Fault {
            $(#[doc = $text] $fault,)*
        }

        /// Each fault, the rule that it breaks, and the fault in words.
        pub(crate) const FAULTS: &[(Fault, &str, &str)] = &[$((Fault::$fault, $rule, $text),)*];
    };
}

faults! {
    TokenRepeatsTheLastRow => "token.never-twice": "a page by token begins with the last row of the page before",
    TokenSkipsARow => "token.exactly-once": "a page by token leaves out its first row",
    TokenEndsEarly => "token.end": "there is no token to the last page",
    TokenToAnEmptyPage => "token.end": "a full last page has a token, to an empty page",
    EmptyPageWithAToken => "token.end": "an empty page has a token",
    TokenOfOtherFilters => "token.filters": "a token is taken with other filters, and keeps its own",
    AlteredToken => "token.damaged": "a token that is not known begins anew",
    TokenDiesWithItsRecord => "token.outlives-record": "a token is refused when its record was deleted",
    TokenDiesWithTheStore => "token.outlives-store": "a token is refused after a restart",
    TokenBoundToTheSize => "token.free": "a token is refused with another page size",
    PageNumberBesideMaxResults => "page.ignored": "MaxResults is mixed with PageNumber",
    TotalOfThePage => "page.total": "TotalCount counts the page",
    NoTokenByNumber => "page.token": "a page by number has no token",
    LargePages => "page.limits": "a PageSize of 51 to 100 is taken as 50",
    NullForAnEmptyList => "page.past-end": "an empty list is null",
    FilterAfterPaging => "filter.name": "CommandName is applied to the page",
    NamesOfAnyCase => "filter.name": "CommandName matches in any letter case",
    TagsAreOred => "filter.tags": "one of several tags is enough",
    TagValueIgnored => "filter.tags": "a tag's value is ignored",
    PartialFailedWithInstance => "filter.ignored": "InvokeStatus=PartialFailed is applied beside InstanceId",
    OmittedTimedIsAny => "filter.timed": "an omitted Timed restricts nothing",
    TimedOfALookup => "filter.timed-lookup": "an omitted Timed is false beside an InvokeId too",
    InstanceShowsAll => "filter.instance-narrows": "all runs are shown beside InstanceId",
    PlainTextIgnored => "filter.encoding": "ContentEncoding=PlainText gives Base64",
    OutputAlways => "filter.output": "Output is shown without IncludeOutput",
    ParametersOfAnyCase => "request.names": "parameters' names are read in any letter case",
    FirstValueCounts => "request.twice": "the first value of a parameter counts",
    EmptyIsAValue => "request.empty": "an empty InvokeId matches nothing",
    StrictBooleans => "request.boolean": "True is refused",
    UnknownRegions => "request.regions": "an unknown region is accepted",
    OtherRegions => "request.region": "records of all regions match",
    WrongHttpStatus => "request.regions": "an error with status 404 has 400",
    ExpiredCounted => "store.expired": "expired records count in the total",
    OrderById => "order.newest-first": "rows stand by their ids",
    TiesByAcceptance => "order.ties": "of equal times the first accepted stands first",
    StoppedIsFailed => "status.overall-stopped": "an invocation whose runs are stopped is Failed",
    LegacyOfRecurring => "status.legacy-recurring": "an ended run of a recurring task is Finished",
    NumberAsText => "answer.numbers": "Repeats is a text",
    ExitCodeZero => "answer.numbers": "an unset ExitCode is 0",
    LocalTime => "answer.times": "times are those of Shanghai, with +08:00",
    NoZ => "answer.times": "times are UTC without Z",
    UnsetIsAbsent => "answer.unset": "empty texts are absent",
    EmptyParameters => "answer.parameters": "unset Parameters are an empty text",
    DroppedNotCounted => "record.output-whole": "Dropped is 0",
    HistoryLost => "results.history": "there is no history after a task is scheduled again",
    InstancesByName => "results.order": "the rows of an invocation stand by InstanceId",
    RepeatsNotCounted => "run.start": "Repeats is not counted",
    AnyMove => "run.illegal": "an illegal move is accepted",
    NoStopTime => "stop.documented": "a stop leaves no StopTime",
    StopTwice => "stop.documented": "a stop counts runs that have ended",
    IdTwice => "record.unique": "a second record with an InvokeId replaces the first",
    AlwaysRetained => "store.not-retained": "a record that is too old is reported as retained",
    UnknownDeleted => "error.invoke-id": "an unknown record is deleted without an error",
}

/// A token that was given: its request, its last row and its page size.
struct Given {
    pairs: Pairs,
    last: Option<Value>,
    size: usize,
}

/// The library with a fault, or without one.
pub(crate) struct Faulty {
    fault: Option<Fault>,
    engine: Engine,
    config: Config,
    clock: Timestamp,
    accepted: Vec<(Invocation, Timestamp)>,
    deleted: BTreeSet<String>,
    tokens: HashMap<String, Given>,
}

/// The token to an empty page.
const END: &str = "ZW5kIG9mIHRoZSBsaXN0";

pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let last = pairs.iter().rev().find(|(given, _)| given == name);
    last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn without(pairs: &[(String, String)], names: &[&str]) -> Pairs {
    pairs.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect()
}

fn with(pairs: &[(String, String)], name: &str, value: &str) -> Pairs {
    let mut pairs = without(pairs, &[name]);
    pairs.push((name.to_owned(), value.to_owned()));
    pairs
}

fn refused<T>(code: &str, parameter: &str) -> Reply<T> {
    Err(No::Refused((code.to_owned(), 400, Some(parameter.to_owned()))))
}

fn is_results(operation: &str) -> bool {
    operation == "DescribeInvocationResults"
}

fn head<'a>(operation: &str, body: &'a mut Value) -> &'a mut Value {
    if is_results(operation) { &mut body["Invocation"] } else { body }
}

fn list<'a>(operation: &str, body: &'a mut Value) -> &'a mut Value {
    if is_results(operation) {
        &mut body["Invocation"]["InvocationResults"]["InvocationResult"]
    } else {
        &mut body["Invocations"]["Invocation"]
    }
}

fn rows<'a>(operation: &str, body: &'a mut Value) -> &'a mut Vec<Value> {
    list(operation, body).as_array_mut().expect("the rows are a list")
}

/// Calls `change` with each object of an answer.
fn each_object(body: &mut Value, change: &dyn Fn(&mut serde_json::Map<String, Value>)) {
    match body {
        Value::Object(fields) => {
            fields.values_mut().for_each(|value| each_object(value, change));
            change(fields);
        }
        Value::Array(values) => values.iter_mut().for_each(|value| each_object(value, change)),
        _ => {}
    }
}

/// Calls `change` with each time of an answer that is set.
fn each_time(body: &mut Value, change: &dyn Fn(&str) -> String) {
    each_object(body, &|fields| {
        for (name, value) in fields.iter_mut() {
            if let Some(time) =
                value.as_str().filter(|time| name.ends_with("Time") && !time.is_empty())
            {
                *value = Value::String(change(time));
            }
        }
    });
}

impl Faulty {
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        Faulty {
            fault,
            engine: Engine::unchecked(Form::Body),
            config: Config::default(),
            clock: Timestamp::MIN,
            accepted: Vec::new(),
            deleted: BTreeSet::new(),
            tokens: HashMap::new(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The request that is asked instead, or a refusal.
    fn altered(&mut self, operation: &str, pairs: &[(String, String)]) -> Reply<Pairs> {
        let given = pairs.to_vec();
        let Some(fault) = self.fault else { return Ok(given) };
        let token = value(pairs, "NextToken").and_then(|token| self.tokens.get(token));
        let size = |pairs: &[(String, String)]| {
            value(pairs, "MaxResults").and_then(|size| size.parse().ok())
        };
        Ok(match fault {
            Fault::TokenOfOtherFilters => match (token, value(pairs, "NextToken")) {
                (Some(token), Some(text)) => with(&token.pairs, "NextToken", text),
                _ => given,
            },
            Fault::AlteredToken if token.is_none() && value(pairs, "NextToken").is_some() => {
                with(&given, "NextToken", "")
            }
            Fault::TokenDiesWithItsRecord => {
                let last = token.and_then(|token| token.last.as_ref());
                let last = last.and_then(|row| row["InvokeId"].as_str());
                if last.is_some_and(|id| self.deleted.contains(id)) {
                    return refused("InvalidParameter.NextToken", "NextToken");
                }
                given
            }
            Fault::TokenDiesWithTheStore
                if token.is_none() && value(pairs, "NextToken").is_some() =>
            {
                return refused("InvalidParameter.NextToken", "NextToken");
            }
            Fault::TokenBoundToTheSize => {
                let other = token
                    .is_some_and(|token| size(pairs).is_some_and(|size: usize| size != token.size));
                if other {
                    return refused("InvalidParameter.NextToken", "NextToken");
                }
                given
            }
            Fault::PageNumberBesideMaxResults => {
                match (value(pairs, "MaxResults"), value(pairs, "PageNumber")) {
                    (Some(size), Some(_)) => {
                        with(&without(pairs, &["MaxResults", "NextToken"]), "PageSize", size)
                    }
                    _ => given,
                }
            }
            Fault::LargePages => {
                match value(pairs, "PageSize").and_then(|size| size.parse::<u64>().ok()) {
                    Some(51..=100) => with(pairs, "PageSize", "50"),
                    _ => given,
                }
            }
            Fault::FilterAfterPaging if value(pairs, "InstanceId").is_none() => {
                without(pairs, &["CommandName"])
            }
            Fault::NamesOfAnyCase => match value(pairs, "CommandName") {
                Some(name) => {
                    let mut names =
                        self.accepted.iter().map(|(record, _)| record.command_name.clone());
                    match names.find(|known| known.eq_ignore_ascii_case(name)) {
                        Some(known) => with(pairs, "CommandName", &known),
                        None => given,
                    }
                }
                None => given,
            },
            Fault::TagValueIgnored => {
                let is_value = |name: &str| name.starts_with("Tag.") && name.ends_with(".Value");
                given.into_iter().filter(|(name, _)| !is_value(name)).collect()
            }
            Fault::TimedOfALookup
                if value(pairs, "InvokeId").is_some() && value(pairs, "Timed").is_none() =>
            {
                with(pairs, "Timed", "false")
            }
            Fault::PlainTextIgnored => match value(pairs, "ContentEncoding") {
                Some("PlainText") => without(pairs, &["ContentEncoding"]),
                _ => given,
            },
            Fault::OutputAlways if !is_results(operation) => {
                let by_id = value(pairs, "InvokeId").or(value(pairs, "InstanceId")).is_some();
                if by_id { with(pairs, "IncludeOutput", "true") } else { given }
            }
            Fault::ParametersOfAnyCase => {
                let known = |name: &str| {
                    let rows = PARAMETERS.iter().filter(|row| row.is_of(operation));
                    rows.map(|row| row.name).find(|known| known.eq_ignore_ascii_case(name))
                };
                let pair = |(name, value): (String, String)| {
                    (known(&name).map_or(name.clone(), str::to_owned), value)
                };
                given.into_iter().map(pair).collect()
            }
            Fault::FirstValueCounts => {
                let is_first = |at: usize| given[..at].iter().all(|(name, _)| *name != given[at].0);
                (0..given.len()).filter(|&at| is_first(at)).map(|at| given[at].clone()).collect()
            }
            Fault::EmptyIsAValue
                if given.iter().any(|(name, value)| name == "InvokeId" && value.is_empty()) =>
            {
                with(pairs, "InvokeId", "no record")
            }
            Fault::StrictBooleans => {
                let is_strict = |value: &str| ["true", "false", ""].contains(&value);
                let row = |name: &str| {
                    PARAMETERS.iter().find(|row| row.name == name && row.is_of(operation))
                };
                let is_boolean =
                    |name: &str| row(name).is_some_and(|row| row.kind == Kind::Boolean);
                match given.iter().find(|(name, value)| is_boolean(name) && !is_strict(value)) {
                    Some((name, _)) => return refused(&format!("InvalidParameter.{name}"), name),
                    None => given,
                }
            }
            Fault::HistoryLost => without(pairs, &["IncludeHistory"]),
            _ => given,
        })
    }

    /// All rows that match, without pages.
    fn all_rows(&mut self, operation: &str, pairs: &[(String, String)]) -> Vec<Value> {
        let pairs = without(pairs, &["MaxResults", "NextToken", "PageNumber"]);
        let pairs = with(&pairs, "PageSize", "50");
        let mut all = Vec::new();
        for number in 1.. {
            let page =
                self.engine.describe(operation, &with(&pairs, "PageNumber", &number.to_string()));
            let Ok(mut page) = page else { break };
            let rows = std::mem::take(rows(operation, &mut page));
            if rows.is_empty() {
                break;
            }
            all.extend(rows);
        }
        all
    }

    /// Replaces the rows of a page by number by those of another list.
    fn page_of(operation: &str, pairs: &[(String, String)], body: &mut Value, all: Vec<Value>) {
        let number = |name: &str, default: usize| {
            value(pairs, name).and_then(|text| text.parse().ok()).unwrap_or(default)
        };
        let (page, size) = (number("PageNumber", 1), number("PageSize", 10));
        head(operation, body)["TotalCount"] = all.len().into();
        let page = all.into_iter().skip(page.saturating_sub(1).saturating_mul(size)).take(size);
        *rows(operation, body) = page.collect();
    }

    /// Alters an answer. `pairs` is the request as it came.
    fn answer(&mut self, operation: &str, pairs: &[(String, String)], mut body: Value) -> Value {
        let Some(fault) = self.fault else { return body };
        let by_token = value(pairs, "MaxResults").is_some()
            || pairs.iter().any(|(name, _)| name == "NextToken");
        let came = value(pairs, "NextToken").and_then(|token| self.tokens.get(token));
        let token = head(operation, &mut body)["NextToken"].as_str().unwrap_or_default().to_owned();
        match fault {
            Fault::TokenRepeatsTheLastRow => {
                if let Some(last) = came.and_then(|token| token.last.clone()) {
                    rows(operation, &mut body).insert(0, last);
                }
            }
            Fault::TokenSkipsARow if came.is_some() => {
                let rows = rows(operation, &mut body);
                rows.drain(..rows.len().min(1));
            }
            Fault::TokenEndsEarly if by_token && !token.is_empty() => {
                let next = self.engine.describe(operation, &with(pairs, "NextToken", &token));
                if next.is_ok_and(|mut next| head(operation, &mut next)["NextToken"] == "") {
                    head(operation, &mut body)["NextToken"] = "".into();
                }
            }
            Fault::TokenToAnEmptyPage if by_token && token.is_empty() => {
                let size =
                    value(pairs, "MaxResults").and_then(|size| size.parse().ok()).unwrap_or(10);
                if rows(operation, &mut body).len() == size {
                    head(operation, &mut body)["NextToken"] = END.into();
                }
            }
            Fault::EmptyPageWithAToken if by_token && rows(operation, &mut body).is_empty() => {
                head(operation, &mut body)["NextToken"] = END.into();
            }
            Fault::TotalOfThePage if !by_token => {
                let count = rows(operation, &mut body).len();
                head(operation, &mut body)["TotalCount"] = count.into();
            }
            Fault::NoTokenByNumber if !by_token => {
                head(operation, &mut body)["NextToken"] = "".into()
            }
            Fault::NullForAnEmptyList => {
                let list = list(operation, &mut body);
                if list.as_array().is_some_and(Vec::is_empty) {
                    *list = Value::Null;
                }
            }
            Fault::FilterAfterPaging
                if !is_results(operation) && value(pairs, "InstanceId").is_none() =>
            {
                if let Some(name) = value(pairs, "CommandName") {
                    rows(operation, &mut body).retain(|row| row["CommandName"] == name);
                }
            }
            Fault::TagsAreOred if !by_token => {
                let number = |name: &str| name.split('.').nth(1).unwrap_or_default().to_owned();
                let is_tag = |name: &str| name.starts_with("Tag.");
                let tags: BTreeSet<String> = pairs
                    .iter()
                    .filter(|(name, _)| is_tag(name))
                    .map(|(name, _)| number(name))
                    .collect();
                let untagged: Pairs =
                    pairs.iter().filter(|(name, _)| !is_tag(name)).cloned().collect();
                let mut union = Vec::new();
                for tag in &tags {
                    let one =
                        pairs.iter().filter(|(name, _)| !is_tag(name) || number(name) == *tag);
                    union.extend(self.all_rows(operation, &one.cloned().collect::<Pairs>()));
                }
                if tags.len() > 1 {
                    let mut all = self.all_rows(operation, &untagged);
                    all.retain(|row| union.contains(row));
                    Self::page_of(operation, pairs, &mut body, all);
                }
            }
            Fault::PartialFailedWithInstance if !is_results(operation) => {
                let both = value(pairs, "InstanceId").is_some()
                    && value(pairs, "InvokeStatus") == Some("PartialFailed");
                if both {
                    rows(operation, &mut body)
                        .retain(|row| row["InvocationStatus"] == "PartialFailed");
                }
            }
            Fault::InstanceShowsAll
                if !is_results(operation) && value(pairs, "InstanceId").is_some() =>
            {
                let region = value(pairs, "RegionId").unwrap_or_default().to_owned();
                let ids: Vec<Value> =
                    rows(operation, &mut body).iter().map(|row| row["InvokeId"].clone()).collect();
                for (at, id) in ids.iter().enumerate() {
                    let pairs = with(&[], "RegionId", &region);
                    let pairs = with(&pairs, "InvokeId", id.as_str().unwrap_or_default());
                    if let Ok(mut whole) = self.engine.describe(operation, &pairs)
                        && let Some(whole) = rows(operation, &mut whole).pop()
                    {
                        rows(operation, &mut body)[at] = whole;
                    }
                }
            }
            Fault::OtherRegions if !by_token => {
                let mut all = self.all_rows(operation, pairs);
                for region in ["cn-a", "cn-b"]
                    .iter()
                    .filter(|region| value(pairs, "RegionId") != Some(region))
                {
                    all.extend(self.all_rows(operation, &with(pairs, "RegionId", region)));
                }
                Self::page_of(operation, pairs, &mut body, all);
            }
            Fault::ExpiredCounted if !by_token => {
                let region = value(pairs, "RegionId").unwrap_or_default();
                let age = |created: Timestamp| {
                    i64::from(self.clock.as_secs()) - i64::from(created.as_secs())
                };
                let is_expired = |created: Timestamp| {
                    self.config.retention_secs >= 0 && age(created) > self.config.retention_secs
                };
                let expired = self.accepted.iter().filter(|(record, created)| {
                    record.region_id == region
                        && is_expired(*created)
                        && !self.deleted.contains(&record.invoke_id)
                });
                let count = expired.count() as u64;
                let total = &mut head(operation, &mut body)["TotalCount"];
                *total = (total.as_u64().unwrap_or(0) + count).into();
            }
            Fault::OrderById => {
                rows(operation, &mut body).sort_by_key(|row| row["InvokeId"].to_string())
            }
            Fault::TiesByAcceptance if !is_results(operation) => {
                let rows = rows(operation, &mut body);
                rows.reverse();
                rows.sort_by_key(|row| std::cmp::Reverse(row["CreationTime"].to_string()));
            }
            Fault::InstancesByName if is_results(operation) => {
                let text = |row: &Value, name: &str| row[name].to_string();
                let rows = rows(operation, &mut body);
                let mut at = 0;
                while at < rows.len() {
                    let same =
                        rows[at..].iter().take_while(|row| row["InvokeId"] == rows[at]["InvokeId"]);
                    let end = at + same.count();
                    rows[at..end].sort_by_key(|row| text(row, "InstanceId"));
                    at = end;
                }
            }
            Fault::StoppedIsFailed => each_object(&mut body, &|fields| {
                let is_stopped =
                    fields.get("InvocationStatus").is_some_and(|status| status == "Stopped");
                if is_stopped {
                    fields.insert("InvocationStatus".to_owned(), "Failed".into());
                }
            }),
            Fault::LegacyOfRecurring => each_object(&mut body, &|fields| {
                let ended =
                    fields.get("InvocationStatus").is_some_and(|status| status == "Success");
                let old = ["InstanceInvokeStatus", "InvokeRecordStatus"].into_iter();
                for name in old.filter(|_| ended) {
                    if let Some(status) = fields.get_mut(name).filter(|status| *status == "Running")
                    {
                        *status = "Finished".into();
                    }
                }
            }),
            Fault::NumberAsText => each_object(&mut body, &|fields| {
                if let Some(repeats) = fields.get_mut("Repeats") {
                    *repeats = repeats.to_string().into();
                }
            }),
            Fault::ExitCodeZero => each_object(&mut body, &|fields| {
                if fields.contains_key("Repeats") && !fields.contains_key("ExitCode") {
                    fields.insert("ExitCode".to_owned(), 0.into());
                }
            }),
            Fault::LocalTime => each_time(&mut body, &|time| {
                let utc: Timestamp = time.parse().expect("the library writes times");
                let local = Timestamp::saturating_from_secs(i64::from(utc.as_secs()) + 8 * 3_600);
                local.to_string().replace('Z', "+08:00")
            }),
            Fault::NoZ => each_time(&mut body, &|time| time.trim_end_matches('Z').to_owned()),
            Fault::UnsetIsAbsent => {
                rows(operation, &mut body).iter_mut().for_each(|row| {
                    each_object(row, &|fields| fields.retain(|_, value| value != ""));
                });
            }
            Fault::EmptyParameters => each_object(&mut body, &|fields| {
                if let Some(parameters) = fields.get_mut("Parameters").filter(|text| *text == "{}")
                {
                    *parameters = "".into();
                }
            }),
            Fault::DroppedNotCounted => each_object(&mut body, &|fields| {
                if let Some(dropped) = fields.get_mut("Dropped") {
                    *dropped = 0.into();
                }
            }),
            Fault::RepeatsNotCounted => each_object(&mut body, &|fields| {
                if let Some(repeats) =
                    fields.get_mut("Repeats").filter(|repeats| **repeats == json!(1))
                {
                    *repeats = 0.into();
                }
            }),
            Fault::NoStopTime => each_object(&mut body, &|fields| {
                let is_cancelled =
                    fields.get("InvocationStatus").is_some_and(|status| status == "Cancelled");
                if let Some(time) = fields.get_mut("StopTime").filter(|_| is_cancelled) {
                    *time = "".into();
                }
            }),
            _ => {}
        }
        body
    }
}

impl Subject for Faulty {
    fn describe(&mut self, operation: &str, pairs: &[(String, String)]) -> Reply<Value> {
        let asked = self.altered(operation, pairs)?;
        if self.has(Fault::TokenToAnEmptyPage) && value(&asked, "NextToken") == Some(END) {
            let first = without(&asked, &["NextToken"]);
            let mut body = self.engine.describe(operation, &first)?;
            rows(operation, &mut body).clear();
            head(operation, &mut body)["NextToken"] = "".into();
            return Ok(body);
        }
        let body = match self.engine.describe(operation, &asked) {
            Ok(body) => body,
            Err(No::Refused((code, 404, parameter))) if self.has(Fault::WrongHttpStatus) => {
                return Err(No::Refused((code, 400, parameter)));
            }
            Err(no) => return Err(no),
        };
        let mut body = self.answer(operation, pairs, body);
        let last = list(operation, &mut body).as_array().and_then(|rows| rows.last().cloned());
        if let Some(token) = head(operation, &mut body)["NextToken"].as_str() {
            let size = value(&asked, "MaxResults").and_then(|size| size.parse().ok()).unwrap_or(10);
            let pairs = without(&asked, &["NextToken", "PageNumber", "PageSize"]);
            self.tokens.insert(token.to_owned(), Given { pairs, last, size });
        }
        Ok(body)
    }

    fn begin(&mut self, config: &Config, now: Timestamp) -> Reply<()> {
        self.config = config.clone();
        if self.has(Fault::OmittedTimedIsAny) {
            self.config.omitted_timed_any = true;
        }
        if self.has(Fault::UnknownRegions) {
            self.config.regions = None;
        }
        self.clock = now;
        self.accepted.clear();
        self.deleted.clear();
        self.tokens.clear();
        self.engine.begin(&self.config, now)
    }

    fn set_clock(&mut self, now: Timestamp) -> Reply<()> {
        self.clock = now;
        self.engine.set_clock(now)
    }

    fn accept(&mut self, invocation: &Invocation) -> Reply<bool> {
        let mut accepted = self.engine.accept(invocation);
        let is_twice =
            matches!(&accepted, Err(No::Refused((code, ..))) if code == "Duplicate.InvokeId");
        if self.has(Fault::IdTwice) && is_twice {
            self.engine.delete(&invocation.invoke_id)?;
            accepted = self.engine.accept(invocation);
        }
        if accepted.is_ok() {
            let created = invocation.creation_time.unwrap_or(self.clock);
            self.deleted.remove(&invocation.invoke_id);
            self.accepted.push((invocation.clone(), created));
        }
        if self.has(Fault::AlwaysRetained) { accepted.map(|_| true) } else { accepted }
    }

    fn accept_batch(&mut self, batch: &[Invocation]) -> Reply<Vec<Reply<bool>>> {
        let reports = self.engine.accept_batch(batch)?;
        for (invocation, _) in batch.iter().zip(&reports).filter(|(_, report)| report.is_ok()) {
            let created = invocation.creation_time.unwrap_or(self.clock);
            self.deleted.remove(&invocation.invoke_id);
            self.accepted.push((invocation.clone(), created));
        }
        Ok(reports)
    }

    fn update_run(&mut self, invoke_id: &str, instance_id: &str, update: &RunUpdate) -> Reply<()> {
        match self.engine.update_run(invoke_id, instance_id, update) {
            Err(No::Refused((code, ..)))
                if self.has(Fault::AnyMove) && code == "InvalidParameter.InvocationStatus" =>
            {
                Ok(())
            }
            reply => reply,
        }
    }

    fn stop(&mut self, invoke_id: &str, instances: &[&str]) -> Reply<Option<usize>> {
        let stopped = self.engine.stop(invoke_id, instances)?;
        if self.has(Fault::StopTwice) && stopped == Some(0) {
            return Ok(Some(1));
        }
        Ok(stopped)
    }

    fn delete(&mut self, invoke_id: &str) -> Reply<()> {
        let deleted = self.engine.delete(invoke_id);
        if deleted.is_ok() {
            self.deleted.insert(invoke_id.to_owned());
        }
        if self.has(Fault::UnknownDeleted) { Ok(()) } else { deleted }
    }

    fn save_and_restore(&mut self) -> Reply<()> {
        self.engine.save_and_restore()?;
        if self.has(Fault::TokenDiesWithTheStore) {
            self.tokens.clear();
        }
        Ok(())
    }
}
