//! Two answers to one request: what differs, by which rule, and what agrees.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Known, Origin, Page, Play, Player, ROWS, Token, Walk, with, without};
use crate::model::Operation;
use crate::suite::blame::{sorting_rule, twice};
use crate::suite::compare::{
    Difference, Parts, Place, each_field, field_rule, parts, row_id, short,
};
use crate::suite::request::{
    Suspect, filters, forms, has_tags, is_by_token, omitted_timed, unfiltered, value,
};

impl Player<'_> {
    /// The differences of two answers to one request, by what differs.
    pub(super) fn differences(
        &self,
        operation: Operation,
        pairs: &[(String, String)],
        by_token: bool,
        is: &Value,
        expected: &Value,
    ) -> Vec<Difference> {
        let mut all: Vec<Difference> = Vec::new();
        let mut add = |rule: &'static str, text: String| {
            if all.iter().all(|known| known.rule != rule) {
                all.push(Difference { rule, text });
            }
        };
        let Ok(expected) = parts(operation, expected) else { return all };
        let is = match parts(operation, is) {
            Ok(is) => is,
            Err(difference) => return vec![difference],
        };
        let ids = |parts: &Parts<'_>| parts.rows.iter().map(row_id).collect::<Vec<_>>();
        if ids(&is) != ids(&expected) {
            let text = format!("rows {:?}, expected {:?}", ids(&is), ids(&expected));
            return vec![Difference { rule: ROWS, text }];
        }
        let mut path = Vec::new();
        let mut seen = BTreeSet::new();
        for (is, expected) in is.rows.iter().zip(expected.rows) {
            let is_history = !seen.insert(row_id(expected));
            let place = Place { operation, pairs, after: self.after, row: expected, is_history };
            each_field(&mut path, Some(is), Some(expected), &mut |path, is, expected| {
                if is == expected {
                    return;
                }
                let names: Vec<&str> = path.iter().map(String::as_str).collect();
                let rule = field_rule(&place, &names, is, expected);
                let field = format!("{} of {}", names.join("/"), row_id(place.row));
                add(rule, format!("{field} is {}, expected {}", short(is), short(expected)));
            });
        }
        each_field(&mut path, Some(is.head), Some(expected.head), &mut |path, is, expected| {
            let name = path.first().map(String::as_str).unwrap_or_default();
            if is == expected || !["TotalCount", "PageNumber", "PageSize"].contains(&name) {
                return;
            }
            let rule = match name {
                _ if is.is_none_or(|is| !is.is_number()) => "answer.names",
                _ if by_token => "token.numbers",
                "TotalCount"
                    if self.has_expired()
                        && is.and_then(Value::as_u64) > expected.and_then(Value::as_u64) =>
                {
                    "store.expired"
                }
                "TotalCount" if has_tags(pairs) && is.and_then(Value::as_u64) > Some(1_000) => {
                    "page.tags"
                }
                "TotalCount" => "page.total",
                _ => "page.defaults",
            };
            add(rule, format!("{name} is {}, expected {}", short(is), short(expected)));
        });
        if is.token.is_empty() != expected.token.is_empty() {
            let rule = if by_token { "token.end" } else { "page.token" };
            let rows = expected.rows.len();
            add(
                rule,
                if is.token.is_empty() {
                    format!("no NextToken after {rows} rows, but more follow")
                } else {
                    format!("a NextToken after {rows} rows, but none follow")
                },
            );
        }
        all
    }

    /// Whether a record has expired that no write has removed.
    fn has_expired(&self) -> bool {
        self.known.iter().any(|(_, known)| self.is_expired(known))
    }

    fn is_expired(&self, known: &Known) -> bool {
        let age = i64::from(self.clock.as_secs()) - i64::from(known.created.as_secs());
        self.config.retention_secs >= 0 && age > self.config.retention_secs
    }

    /// Compares two answers, and finds the rule of each difference.
    pub(super) fn judge(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
        token: Option<(&Token, &Origin<'_>)>,
        is: &Value,
        expected: &Value,
    ) -> Play<Option<Page>> {
        let differences =
            self.differences(operation, pairs, token.is_some() || is_by_token(pairs), is, expected);
        if differences.is_empty() {
            let walk = match token {
                Some((_, Origin::Walk(walk))) => Some(*walk),
                _ => None,
            };
            return Ok(self.count(operation, pairs, walk, is, expected));
        }
        for Difference { rule, text } in differences {
            let rule = match rule {
                ROWS => self.rows_rule(operation, pairs, token, is, expected)?,
                "page.total" | "store.expired" | "page.defaults" | "token.numbers"
                | "page.token"
                    if token.is_none() =>
                {
                    self.count_rule(operation, pairs)?.unwrap_or(rule)
                }
                rule => rule,
            };
            self.differ(rule, text)?;
        }
        Ok(None)
    }

    /// The rule of a form or a filter without which the counts of a page agree.
    fn count_rule(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
    ) -> Play<Option<&'static str>> {
        if let Some(rule) = self.culprit(operation, forms(operation, pairs), true)? {
            return Ok(Some(rule));
        }
        let suspects = filters(operation, pairs);
        if !suspects.is_empty() && self.agrees(operation, &unfiltered(operation, pairs))? {
            return self.culprit(operation, suspects, false);
        }
        Ok(None)
    }

    /// The rule that other rows than the expected ones break.
    fn rows_rule(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
        token: Option<(&Token, &Origin<'_>)>,
        is: &Value,
        expected: &Value,
    ) -> Play<&'static str> {
        let results = operation == Operation::DescribeInvocationResults;
        let rows = |body: &Value| -> Vec<(String, String)> {
            let Ok(parts) = parts(operation, body) else { return Vec::new() };
            let created = |row: &Value| row["CreationTime"].as_str().unwrap_or_default().to_owned();
            parts.rows.iter().map(|row| (row_id(row), created(row))).collect()
        };
        let (is, expected) = (rows(is), rows(expected));
        let ids =
            |rows: &[(String, String)]| rows.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
        let (is_ids, expected_ids) = (ids(&is), ids(&expected));
        let has_history =
            value(pairs, "IncludeHistory").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if let Some((_, Origin::Walk(walk))) = token {
            let again = is_ids.iter().any(|id| walk.returned.contains(id));
            if !has_history && (again || twice(is_ids.iter()).is_some()) {
                return Ok("token.never-twice");
            }
        }
        let mut sorted = (is_ids.clone(), expected_ids.clone());
        sorted.0.sort();
        sorted.1.sort();
        if sorted.0 == sorted.1 {
            return Ok(sorting_rule(results, &is));
        }
        if token.is_none()
            && let Some(rule) = self.culprit(operation, forms(operation, pairs), true)?
        {
            return Ok(rule);
        }
        let more: Vec<&String> = is_ids.iter().filter(|id| !expected_ids.contains(id)).collect();
        let live = self.reference.list();
        for id in &more {
            let id = id.split('/').next().unwrap_or_default();
            match self.known.get(id) {
                _ if live.iter().any(|live| live == id) => {}
                Some(known) if self.is_expired(known) => return Ok("store.expired"),
                Some(_) => return Ok("store.capacity"),
                None if self.removed.contains(id) => return Ok("record.unique"),
                None => {}
            }
        }
        let of_region = |id: &&String| {
            let id = id.split('/').next().unwrap_or_default();
            let region = value(pairs, "RegionId").unwrap_or_default();
            self.known.get(id).is_none_or(|known| known.region == region)
        };
        if !more.iter().all(of_region) {
            return Ok("request.region");
        }
        // Without the token, by which a fault of a filter is told from one of the walk.
        let all = with(
            &without(pairs, &["MaxResults", "NextToken"]),
            &[("PageNumber", "1"), ("PageSize", "50")],
        );
        let asked = if token.is_some() { &all[..] } else { pairs };
        let timed = omitted_timed(operation, asked, self.config.omitted_timed_any);
        if let Some(Suspect { rule, without }) = timed
            && !self.agrees(operation, asked)?
            && self.agrees(operation, &without)?
            && self.agrees(operation, &with(&without, &[("Timed", "true")]))?
        {
            return Ok(rule);
        }
        if let Some(rule) = self.culprit(operation, filters(operation, asked), false)? {
            return Ok(rule);
        }
        if token.is_some() {
            return Ok(if more.is_empty() { "token.exactly-once" } else { "token.position" });
        }
        if !filters(operation, pairs).is_empty() && !self.agrees(operation, &all)? {
            return Ok("request.and");
        }
        if self.agrees(operation, &all)? {
            return Ok(match value(pairs, "PageNumber") {
                _ if is_by_token(pairs) => "token.mode",
                Some(_) if expected.is_empty() => "page.past-end",
                _ if is.len() != expected.len() => "page.limits",
                _ => "page.defaults",
            });
        }
        let orders = is_ids.iter().zip(&expected_ids).any(|(is, expected)| is != expected);
        Ok(match orders {
            _ if results => "results.order",
            true => sorting_rule(results, &is),
            false => "store.capacity",
        })
    }

    /// Counts an answer under the rules that it shows, and keeps its token.
    fn count(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
        walk: Option<&Walk>,
        is: &Value,
        expected: &Value,
    ) -> Option<Page> {
        let (Ok(is), Ok(expected)) = (parts(operation, is), parts(operation, expected)) else {
            return None;
        };
        let results = operation == Operation::DescribeInvocationResults;
        let token = (!is.token.is_empty())
            .then(|| Token { subject: is.token.to_owned(), reference: expected.token.to_owned() });
        let has_expired = self.has_expired();
        let tally = &mut *self.tally;
        for suspect in forms(operation, pairs).iter().chain(&filters(operation, pairs)) {
            tally.check(suspect.rule);
        }
        if let Some(suspect) = omitted_timed(operation, pairs, self.config.omitted_timed_any) {
            tally.check(suspect.rule);
        }
        if filters(operation, pairs).len() > 1 {
            tally.check("request.and");
        }
        tally.check("request.region");
        if results {
            tally.check("results.rows");
        }
        if has_expired {
            tally.check("store.expired");
        }
        if expected.rows.is_empty() {
            tally.check("page.past-end");
        }
        if expected.rows.len() > 1 {
            let created = |row: &Value| row["CreationTime"].clone();
            let is_tie = |one, other| created(one) == created(other) && created(one) != Value::Null;
            let ties = expected.rows.windows(2).any(|rows| is_tie(&rows[0], &rows[1]));
            tally.check(match (results, ties) {
                (true, _) => "results.order",
                (false, true) => "order.ties",
                (false, false) => "order.newest-first",
            });
        }
        if is_by_token(pairs) {
            tally.check_all(&["token.mode", "token.numbers", "token.end"]);
        } else {
            tally.check_all(&["page.total", "page.token"]);
        }
        if walk.is_some() {
            tally.check_all(&["token.exactly-once", "token.never-twice", "token.position"]);
        }
        let mut path = Vec::new();
        let mut seen = BTreeSet::new();
        for row in expected.rows {
            let is_history = !seen.insert(row_id(row));
            let place = Place { operation, pairs, after: self.after, row, is_history };
            each_field(&mut path, Some(row), Some(row), &mut |path, value, _| {
                let names: Vec<&str> = path.iter().map(String::as_str).collect();
                tally.check(field_rule(&place, &names, value, value));
                match value {
                    Some(Value::String(text)) if text.is_empty() => tally.check("answer.unset"),
                    Some(Value::String(_))
                        if names.last().is_some_and(|name| name.ends_with("Time")) =>
                    {
                        tally.check("answer.times");
                    }
                    Some(Value::Number(_)) => tally.check("answer.numbers"),
                    _ => {}
                }
            });
        }
        let ids = expected.rows.iter().map(row_id).collect();
        if let Some(token) = &token {
            let is_opaque = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if token.subject.len() <= 64 && token.subject.bytes().all(is_opaque) {
                tally.check("token.form");
            }
        }
        Some(Page { ids, token })
    }
}
