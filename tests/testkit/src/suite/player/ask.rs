//! Requests: both replies, and the rule of a refusal that differs.

use serde_json::Value;

use super::{Halt, Known, Origin, Page, Play, Player, Token, Walk, leave_out_times, with, words};
use crate::model::Operation;
use crate::strategy::Pairs;
use crate::subject::{No, Refusal, Reply, Subject as _};
use crate::suite::blame::{order_rule, refusal_rule};
use crate::suite::request::{Suspect, forms, is_by_token};

impl Player<'_> {
    /// Replaces the placeholders of a request by ids.
    pub(super) fn resolve(&self, pairs: &[(String, String)]) -> Pairs {
        let list = self.reference.list();
        let has = |test: fn(&Known) -> bool| -> Vec<&String> {
            list.iter().filter(|id| self.known.get(*id).is_some_and(test)).collect()
        };
        let resolved = |value: &String| {
            let number = value.strip_prefix('@')?;
            let (number, ids) = match number.strip_prefix('h') {
                Some(number) => {
                    let ids = has(|known| known.has_history);
                    (number, if ids.is_empty() { has(|known| known.is_recurring) } else { ids })
                }
                None => (number, list.iter().collect()),
            };
            let number: usize = number.parse().ok()?;
            let id = ids.get(number % ids.len().max(1));
            Some(id.map_or_else(|| "t-nobody".to_owned(), |id| (*id).clone()))
        };
        let pair = |(name, value): &(String, String)| {
            (name.clone(), resolved(value).unwrap_or_else(|| value.clone()))
        };
        pairs.iter().map(pair).collect()
    }

    /// Asks for a record by its id, with all that there is to see.
    pub(super) fn look(&mut self, id: &str) -> Play<()> {
        let Some(known) = self.known.get(id) else { return Ok(()) };
        let region = known.region.clone();
        let pairs = with(&[], &[("RegionId", &region), ("InvokeId", id)]);
        let shown = with(&pairs, &[("IncludeOutput", "true")]);
        self.ask(Operation::DescribeInvocations, &shown, None)?;
        let shown = with(&pairs, &[("IncludeHistory", "true"), ("PageSize", "50")]);
        self.ask(Operation::DescribeInvocationResults, &shown, None).map(drop)
    }

    /// Both replies, without what a comparison ignores.
    fn exchange(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
        token: Option<&Token>,
    ) -> Play<(Reply<Value>, Reply<Value>)> {
        let with_token = |text: fn(&Token) -> &str| match token {
            Some(token) => with(pairs, &[("NextToken", text(token))]),
            None => pairs.to_vec(),
        };
        let is = self.subject.describe(operation.name(), &with_token(|token| &token.subject));
        let expected =
            self.reference.describe(operation.name(), &with_token(|token| &token.reference));
        let clean = |mut body: Value| {
            if let Some(body) = body.as_object_mut() {
                body.remove("RequestId");
            }
            if !self.has_clock {
                leave_out_times(&mut body);
            }
            body
        };
        match is {
            Err(No::Failed(failure)) => Err(Halt::Failed(failure)),
            is => Ok((is.map(&clean), expected.map(&clean))),
        }
    }

    /// Whether both give the same answer to a request, but for the text of the token.
    pub(super) fn agrees(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
    ) -> Play<bool> {
        let (is, expected) = self.exchange(operation, pairs, None)?;
        Ok(match (is, expected) {
            (Ok(is), Ok(expected)) => {
                self.differences(operation, pairs, is_by_token(pairs), &is, &expected).is_empty()
            }
            (Err(No::Refused(is)), Err(No::Refused(expected))) => {
                Self::is_same_refusal(&is, &expected)
            }
            _ => false,
        })
    }

    /// The rule of the first suspect without which both agree, or with which alone they do not.
    pub(super) fn culprit(
        &mut self,
        operation: Operation,
        suspects: Vec<Suspect>,
        agree: bool,
    ) -> Play<Option<&'static str>> {
        for Suspect { rule, without } in suspects {
            if self.agrees(operation, &without)? == agree {
                return Ok(Some(rule));
            }
        }
        Ok(None)
    }

    /// A request whose filters cannot be compared, as the subject's runs go by themselves.
    fn follows_the_clock(&self, pairs: &[(String, String)]) -> bool {
        let names = ["InvokeStatus", "InvokeRecordStatus", "Timed", "IncludeHistory"];
        !self.has_clock && pairs.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// Asks both. `origin` says how the request came to its token.
    pub(super) fn ask(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
        token: Option<(&Token, &Origin<'_>)>,
    ) -> Play<Option<Page>> {
        let (is, expected) = self.exchange(operation, pairs, token.map(|(token, _)| token))?;
        let way = match token {
            None => String::new(),
            Some((_, Origin::Walk(_))) => " NextToken=(that of the page before)".to_owned(),
            Some((_, Origin::Filters)) => " NextToken=(that of another request)".to_owned(),
            Some((token, Origin::Altered)) => format!(" NextToken={} (altered)", token.subject),
        };
        let asked = format!("{} {}{way}", operation.name(), words(pairs));
        self.log.push(asked);
        match (is, expected) {
            (Err(No::NotOffered(lack)), _) => {
                self.tally.offers.entry("describe").or_insert(lack);
                Ok(None)
            }
            (Err(No::Failed(failure)), _) => Err(Halt::Failed(failure)),
            (Err(No::Refused(is)), Err(No::Refused(expected))) => {
                if Self::is_same_refusal(&is, &expected) {
                    self.count_refusal(&expected, token);
                } else {
                    let text = format!(
                        "{}, expected {}",
                        No::Refused(is.clone()),
                        No::Refused(expected.clone())
                    );
                    let form = self.form(operation, pairs, token)?;
                    self.differ(form.unwrap_or(order_rule(&is, &expected)), text)?;
                }
                Ok(None)
            }
            (Err(No::Refused(is)), _) => {
                let text = format!("{}, expected an answer", No::Refused(is.clone()));
                let rule = match (self.form(operation, pairs, token)?, token) {
                    (Some(rule), _) => rule,
                    (None, Some((_, Origin::Walk(walk)))) => self.token_rule(walk)?,
                    _ => refusal_rule(&is),
                };
                self.differ(rule, text)?;
                Ok(None)
            }
            (Ok(_), Err(expected)) => {
                let No::Refused(refusal) = &expected else { return Ok(None) };
                let form = self.form(operation, pairs, token)?;
                let rule = match (refusal_rule(refusal), token) {
                    (_, None) if form.is_some() => form.unwrap_or_default(),
                    ("token.damaged", Some((_, Origin::Filters))) => "token.filters",
                    ("error.tag-limits", _) if self.is_reserved_by_case(pairs) => "error.tag-case",
                    (rule, _) => rule,
                };
                self.differ(rule, format!("an answer, expected {expected}"))?;
                Ok(None)
            }
            (Ok(_), Ok(_)) if self.is_empty_handed || self.follows_the_clock(pairs) => Ok(None),
            (Ok(is), Ok(expected)) => self.judge(operation, pairs, token, &is, &expected),
        }
    }

    fn is_reserved_by_case(&self, pairs: &[(String, String)]) -> bool {
        let is_reserved = |key: &str| key.starts_with("aliyun") || key.starts_with("acs:");
        pairs.iter().any(|(name, key)| {
            name.ends_with(".Key") && is_reserved(&key.to_ascii_lowercase()) && !is_reserved(key)
        })
    }

    fn count_refusal(&mut self, refusal: &Refusal, token: Option<(&Token, &Origin<'_>)>) {
        match (refusal_rule(refusal), token) {
            ("token.damaged", Some((_, Origin::Filters))) => self.tally.check("token.filters"),
            (rule @ ("token.damaged" | "page.number" | "page.limits"), _) => {
                self.tally.check(rule);
                self.tally.check("error.paging");
            }
            (rule @ "error.tag-limits", _) => {
                self.tally.check(rule);
                self.tally.check("error.tags");
            }
            (rule, _) => self.tally.check(rule),
        }
        self.tally.check("error.order");
    }

    /// The rule by which a walk's token is valid, which the subject refuses.
    fn token_rule(&mut self, walk: &Walk) -> Play<&'static str> {
        let same = with(&walk.pairs, &[("MaxResults", &walk.size.to_string())]);
        let record = walk.last.split('/').next().unwrap_or_default();
        Ok(if self.exchange(walk.operation, &same, Some(&walk.token))?.0.is_ok() {
            "token.free"
        } else if walk.restored {
            "token.outlives-store"
        } else if self.reference.list().iter().all(|id| id != record) {
            "token.outlives-record"
        } else {
            "token.exactly-once"
        })
    }

    /// The rule of the form without which both agree. A request with a token cannot be asked again in
    /// another form without it.
    pub(super) fn form(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
        token: Option<(&Token, &Origin<'_>)>,
    ) -> Play<Option<&'static str>> {
        match token {
            None => self.culprit(operation, forms(operation, pairs), true),
            Some(_) => Ok(None),
        }
    }
}
