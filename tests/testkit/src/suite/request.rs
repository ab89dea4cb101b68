//! The rules that a request's parameters stand for, each with the request that does without it.

use crate::filters::{Kind, PARAMETERS, Parameter, Role};
use crate::model::Operation;
use crate::strategy::Pairs;

/// A rule on which a request depends.
pub(super) struct Suspect {
    pub(super) rule: &'static str,
    /// The same request without that dependence. By the rules of [`forms`] it means the same.
    pub(super) without: Pairs,
}

/// Whether a name is `Tag.N.Key` or `Tag.N.Value` with a number.
fn is_tag(name: &str) -> bool {
    match name.split('.').collect::<Vec<_>>()[..] {
        ["Tag", number, "Key" | "Value"] => {
            number.parse::<u64>().is_ok_and(|tag| tag > 0 && tag.to_string() == number)
        }
        _ => false,
    }
}

fn is_known(operation: Operation, name: &str) -> bool {
    let is_of =
        |name: &str| PARAMETERS.iter().any(|row| row.name == name && row.is_of(operation.name()));
    is_tag(name) || is_of(name)
}

/// The value that counts: the last one, unless it is empty.
pub(super) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let last = pairs.iter().rev().find(|(given, _)| given == name);
    last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// Whether pages are asked by token.
pub(super) fn is_by_token(pairs: &[(String, String)]) -> bool {
    value(pairs, "MaxResults").is_some() || pairs.iter().any(|(name, _)| name == "NextToken")
}

pub(super) fn has_tags(pairs: &[(String, String)]) -> bool {
    pairs.iter().any(|(name, _)| is_tag(name))
}

fn without(pairs: &[(String, String)], drop: impl Fn(&str) -> bool) -> Pairs {
    pairs.iter().filter(|(name, _)| !drop(name)).cloned().collect()
}

/// Forms of a request that mean the same as another: unknown names, a parameter twice, empty values,
/// spelling, ignored parameters.
pub(super) fn forms(operation: Operation, pairs: &[(String, String)]) -> Vec<Suspect> {
    let mut all = Vec::new();
    let mut add = |rule, without: Pairs| {
        if without != pairs {
            all.push(Suspect { rule, without });
        }
    };
    let nearly = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("tag") || PARAMETERS.iter().any(|row| row.name.eq_ignore_ascii_case(&name))
    };
    let unknown = |name: &str| !is_known(operation, name);
    add("request.names", without(pairs, |name| unknown(name) && nearly(name)));
    add("request.unknown", without(pairs, |name| unknown(name) && !nearly(name)));
    let kind = |name: &str| PARAMETERS.iter().find(|row| row.name == name).map(|row| row.kind);
    let spelled = |wanted: fn(&Kind) -> bool, spell: fn(&str) -> String| -> Pairs {
        let pair = |(name, value): &(String, String)| match kind(name) {
            Some(kind) if wanted(&kind) => (name.clone(), spell(value)),
            _ => (name.clone(), value.clone()),
        };
        pairs.iter().map(pair).collect()
    };
    add("request.boolean", spelled(|kind| *kind == Kind::Boolean, str::to_ascii_lowercase));
    let digits = |value: &str| match value.trim_start_matches('0') {
        "" => value.to_owned(),
        digits => digits.to_owned(),
    };
    add("request.integer", spelled(|kind| matches!(kind, Kind::Number(..)), digits));
    let counts = |at: usize| pairs[at + 1..].iter().all(|(name, _)| *name != pairs[at].0);
    add(
        "request.twice",
        (0..pairs.len()).filter(|&at| counts(at)).map(|at| pairs[at].clone()).collect(),
    );
    let keeps_empty = |name: &str| is_tag(name) || name == "NextToken";
    let is_empty = |name: &str| !keeps_empty(name) && value(pairs, name).is_none();
    add("request.empty", without(pairs, is_empty));
    if is_by_token(pairs) {
        add("page.ignored", without(pairs, |name| ["PageNumber", "PageSize"].contains(&name)));
    }
    if operation == Operation::DescribeInvocations {
        if value(pairs, "CommandType").is_some() {
            add("filter.type-both", without(pairs, |name| name == "Type"));
        }
        if value(pairs, "InstanceId").is_some() {
            let partial = value(pairs, "InvokeStatus") == Some("PartialFailed");
            add(
                "filter.ignored",
                without(pairs, |name| {
                    ["CommandName", "RepeatMode"].contains(&name)
                        || (name == "InvokeStatus" && partial)
                }),
            );
        }
    }
    all
}

/// The rule of a filter.
fn filter_rule(operation: Operation, name: &str) -> &'static str {
    match name {
        "CommandName" => "filter.name",
        "CommandType" | "Type" => "filter.type",
        "RepeatMode" => "filter.mode",
        "InvokeStatus" => "filter.status-either",
        "Timed" => "filter.timed",
        "InvokeRecordStatus" => "results.status",
        "IncludeHistory" => "results.history",
        _ if is_tag(name) => "filter.tags",
        _ if operation == Operation::DescribeInvocationResults => "results.rows",
        _ => "filter.ids",
    }
}

/// Whether a parameter chooses rows, besides the region.
fn is_filter(operation: Operation, name: &str) -> bool {
    let is_row = |row: &Parameter| {
        row.name == name && row.role == Role::Filter && row.is_of(operation.name())
    };
    name != "RegionId" && (is_tag(name) || PARAMETERS.iter().any(is_row))
}

/// The request without filters, and without IncludeOutput, which needs one of them.
pub(super) fn unfiltered(operation: Operation, pairs: &[(String, String)]) -> Pairs {
    without(pairs, |name| is_filter(operation, name) || name == "IncludeOutput")
}

/// Each filter but the region, with the request that has it and no other but Timed.
pub(super) fn filters(operation: Operation, pairs: &[(String, String)]) -> Vec<Suspect> {
    let is_filter = |name: &str| is_filter(operation, name);
    let mut all: Vec<Suspect> = Vec::new();
    // The others keep Timed, as an omitted one chooses rows too; so it is judged first.
    let (timed, others): (Vec<_>, Vec<_>) = pairs
        .iter()
        .map(|(name, _)| name)
        .filter(|name| is_filter(name))
        .partition(|name| *name == "Timed");
    for name in timed.into_iter().chain(others) {
        let rule = filter_rule(operation, name);
        let alone = without(pairs, |other| {
            let belongs = other == name
                || other == "Timed"
                || (is_tag(name) && is_tag(other))
                || (name == "IncludeHistory" && other == "InvokeId");
            is_filter(other) && !belongs
        });
        if all.iter().all(|suspect| suspect.without != alone) {
            all.push(Suspect { rule, without: alone });
        }
    }
    all
}

/// The rule by which an omitted Timed chooses rows, with the request that names it.
pub(super) fn omitted_timed(
    operation: Operation,
    pairs: &[(String, String)],
    any: bool,
) -> Option<Suspect> {
    if operation != Operation::DescribeInvocations || value(pairs, "Timed").is_some() {
        return None;
    }
    let rule = if any {
        "filter.timed-policy"
    } else if value(pairs, "InvokeId").is_some() {
        "filter.timed-lookup"
    } else if value(pairs, "InstanceId").is_some() {
        "filter.timed-instance"
    } else {
        "filter.timed"
    };
    let mut without = pairs.to_vec();
    without.push(("Timed".to_owned(), "false".to_owned()));
    Some(Suspect { rule, without })
}
