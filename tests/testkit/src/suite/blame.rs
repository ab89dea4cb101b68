//! The rule that a difference breaks.

use std::collections::BTreeSet;

use crate::subject::Refusal;

/// The rule that asks for the refusal of a request or a write.
pub(super) fn refusal_rule((code, _, parameter): &Refusal) -> &'static str {
    let parameter = parameter.as_deref().unwrap_or_default();
    match code.as_str() {
        "MissingParameter.RegionId" | "MissingParameter.InvokeId" => "error.missing",
        "InvalidRegionId.NotFound" | "RegionId.ApiNotSupported" => "request.regions",
        "InvalidTagKey.Malformed" | "InvalidTagValue.Malformed" => "error.tag-limits",
        "NumberExceed.Tags" | "MissingParameter.TagKey" | "Duplicate.TagKey" => "error.tags",
        "InvalidParam.PageNumber" => "page.number",
        "InvalidParam.PageSize" | "InvalidParameter.MaxResults" => "page.limits",
        "InvalidParameter.NextToken" => "token.damaged",
        "InvalidInvokeId.NotFound" => "error.invoke-id",
        "InvalidInstanceId.NotFound" => "error.instance-id",
        "InstanceIds.ExceedLimit" => "stop.limit",
        "InvalidParameter.InvocationStatus" => "run.illegal",
        _ if parameter.ends_with("Time") => "run.times",
        _ => "error.value",
    }
}

/// The rule that asks for the refusal of a record.
pub(super) fn record_rule((code, _, parameter): &Refusal) -> &'static str {
    let name = parameter.as_deref().or_else(|| code.rsplit('.').next()).unwrap_or_default();
    match name.rsplit('.').next().unwrap_or_default() {
        "CommandName" | "CommandDescription" | "Username" | "WorkingDir" | "Launcher" => {
            "record.texts"
        }
        "CommandContent" => "record.content",
        "Timeout" => "record.timeout",
        "Key" | "Value" | "Tag" | "Tags" | "TagKey" | "Malformed" => "record.lists",
        "InstanceId" => "record.lists",
        _ if code == "Duplicate.InvokeId" => "record.unique",
        _ => "record.ids",
    }
}

/// The rule that two different refusals break.
pub(super) fn order_rule(is: &Refusal, expected: &Refusal) -> &'static str {
    let family = |code: &str| match code {
        "NumberExceed.Tags"
        | "MissingParameter.TagKey"
        | "Duplicate.TagKey"
        | "InvalidTagKey.Malformed"
        | "InvalidTagValue.Malformed" => 1,
        "InvalidParam.PageNumber" | "InvalidParam.PageSize" | "InvalidParameter.MaxResults" => 2,
        "InvalidParameter.NextToken" | "MissingParameter.InvokeId" => 3,
        code if code.starts_with("InvalidParameter.") => 4,
        _ => 5,
    };
    if is.0 == expected.0 {
        // The status or the parameter differs.
        match refusal_rule(expected) {
            "page.number" | "page.limits" | "token.damaged" => "error.paging",
            "error.tag-limits" => "error.tags",
            rule => rule,
        }
    } else if family(&is.0) == family(&expected.0) {
        "error.order-inside"
    } else {
        "error.order"
    }
}

/// The rule of a list of rows whose ids are the expected ones in another order.
pub(super) fn sorting_rule(results: bool, is: &[(String, String)]) -> &'static str {
    // Without a time, of a subject with its own clock, no two are known to be equal.
    let falls = is.windows(2).all(|rows| rows[0].1 >= rows[1].1 && !rows[0].1.is_empty());
    match (results, falls) {
        (true, _) => "results.order",
        (false, true) => "order.ties",
        (false, false) => "order.newest-first",
    }
}

/// The first element that stands in the list twice.
pub(super) fn twice<'a>(ids: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = BTreeSet::new();
    ids.into_iter().find(|id| !seen.insert(*id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::rules::Ledger;

    /// Every text of these files that has the form of a rule's id is one.
    #[test]
    fn every_named_rule_is_in_the_ledger() {
        let ledger = Ledger::load();
        let ids: BTreeSet<&str> = ledger.rules().map(|rule| &*rule.id).collect();
        let parts: BTreeSet<&str> = ids.iter().filter_map(|id| id.split('.').next()).collect();
        let files = [
            include_str!("blame.rs"),
            include_str!("compare.rs"),
            include_str!("player.rs"),
            include_str!("player/ask.rs"),
            include_str!("player/judge.rs"),
            include_str!("player/walks.rs"),
            include_str!("player/writes.rs"),
            include_str!("request.rs"),
        ];
        let texts = files.iter().flat_map(|file| file.split('"'));
        let is_id = |text: &&str| {
            text.split_once('.').is_some_and(|(part, rest)| {
                let is_name = |c: char| c.is_ascii_lowercase() || c == '-';
                parts.contains(part) && !rest.is_empty() && rest.chars().all(is_name)
            })
        };
        let named: Vec<&str> = texts.filter(is_id).filter(|id| !id.ends_with(".rs")).collect();
        assert!(named.len() > 100, "{} rules are named", named.len());
        let unknown: Vec<&&str> = named.iter().filter(|id| !ids.contains(**id)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
