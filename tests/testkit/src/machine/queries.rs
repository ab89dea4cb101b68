//! Requests, walks and tokens.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use invodex::{DescribeInvocationResults, DescribeInvocations, Store, Timestamp};
use proptest::test_runner::TestCaseError;

use super::compare::{answered, outcome, same};
use super::coverage::filter_names;
use super::walks::{Matching, RowKey, TAGGED_ROWS, Walk, has_tags};
use super::{Check, KEPT_TOKENS, Machine, OPEN_WALKS};
use crate::engine::{self, Form};
use crate::model::{Answer, Operation, RowId};
use crate::strategy::{Forgery, Pairs, RequestSpec, pools};

/// The parameters that choose a page.
const PAGING: [&str; 4] = ["PageNumber", "PageSize", "MaxResults", "NextToken"];

/// An answer on which the store and the model agree.
struct Page {
    ids: Vec<RowId>,
    token: Option<String>,
}

/// The pairs without those of these names.
fn without(pairs: &[(String, String)], names: &[&str]) -> Pairs {
    pairs.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect()
}

fn with(pairs: &[(String, String)], more: &[(&str, &str)]) -> Pairs {
    let more = more.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    pairs.iter().cloned().chain(more).collect()
}

impl Machine<'_> {
    pub(super) fn query(&mut self, request: &RequestSpec, form: u8, measured: bool) -> Check {
        let pairs = self.resolve(&request.pairs);
        self.ask(request.operation, &pairs, form)?;
        if request.operation == Operation::DescribeInvocations {
            self.check_matching(&pairs)?;
        }
        if measured {
            self.measure(request.operation, &pairs);
        }
        Ok(())
    }

    /// Replaces placeholders by ids.
    fn resolve(&self, pairs: &[(String, String)]) -> Pairs {
        let list = self.model.list();
        let known = |id: &&String| self.known.get(*id);
        let is_recurring = |id: &&String| known(id).is_some_and(|known| known.mode.is_recurring());
        let has_history = |id: &&String| known(id).is_some_and(|known| known.has_history);
        let resolved = |value: &String| {
            let number = value.strip_prefix('@')?;
            let (number, ids): (_, Vec<&String>) = match number.strip_prefix('h') {
                Some(number) if list.iter().any(|id| has_history(&id)) => {
                    (number, list.iter().filter(has_history).collect())
                }
                Some(number) => (number, list.iter().filter(is_recurring).collect()),
                None => (number, list.iter().collect()),
            };
            let number: usize = number.parse().ok()?;
            Some(match ids.get(number % ids.len().max(1)) {
                Some(id) => (*id).clone(),
                None => "t-nobody".to_owned(),
            })
        };
        let resolved = pairs
            .iter()
            .map(|(name, value)| (name.clone(), resolved(value).unwrap_or_else(|| value.clone())));
        resolved.collect()
    }

    /// Asks both, and compares the answers in one form or in all.
    fn ask(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
        form: u8,
    ) -> Result<Option<Page>, TestCaseError> {
        const FORMS: [Form; 3] = [Form::Body, Form::Views, Form::Owned];
        self.coverage.queries += 1;
        let forms = FORMS.get(usize::from(form)).map_or(&FORMS[..], std::slice::from_ref);
        let answer = self.model.describe(operation, pairs);
        let mut text = None;
        for form in forms {
            let token = answered(&self.store, operation, pairs, *form, &answer, self.coverage)?;
            let Some(token) = token else { return Ok(None) };
            same("the token of each form", &token, text.get_or_insert_with(|| token.clone()))?;
        }
        // If one refused, both did, as checked above.
        let Ok(answer) = answer else { return Ok(None) };
        let token = text.filter(|token| !token.is_empty());
        self.check_typed(operation, pairs, &answer, token.as_deref())?;
        if let (Some(token), Some(next)) = (&token, answer.next) {
            let is_opaque = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            same("opaque", token.len() <= 64 && token.bytes().all(is_opaque), true)?;
            self.model.learn_token(token, next);
            self.tokens.push((operation, without(pairs, &PAGING), token.clone()));
            if self.tokens.len() > KEPT_TOKENS {
                self.tokens.remove(0);
            }
        }
        self.coverage.rows += answer.ids.len() as u64;
        self.coverage.history_rows +=
            answer.ids.iter().filter(|row| row.history.is_some()).count() as u64;
        Ok(Some(Page { ids: answer.ids, token }))
    }

    /// The same answer as a caller in the same process sees it.
    fn check_typed(
        &self,
        operation: Operation,
        pairs: &[(String, String)],
        answer: &Answer,
        token: Option<&str>,
    ) -> Check {
        macro_rules! seen {
            ($request:ident, $describe:ident) => {{
                let request = $request::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
                let page = self.store.$describe(&request);
                page.map(|page| {
                    let token = page.next_token().map(|token| token.to_string());
                    (page.len(), page.total_count(), token)
                })
            }};
        }
        let seen = match operation {
            Operation::DescribeInvocations => seen!(DescribeInvocations, describe_invocations),
            Operation::DescribeInvocationResults => {
                seen!(DescribeInvocationResults, describe_invocation_results)
            }
        };
        let expected = (answer.ids.len(), answer.total, token.map(str::to_owned));
        same("the page", seen.map_err(|error| error.to_string()), Ok(expected))
    }

    /// All records that match, as a set of acceptance numbers.
    fn check_matching(&mut self, pairs: &[(String, String)]) -> Check {
        let pairs = without(pairs, &["NextToken"]);
        let request =
            DescribeInvocations::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
        let store = self.store.matching(&request);
        let model = self.model.describe_invocations_all_matching(&pairs);
        let Some((store, model)) = outcome("matching", store, model, self.coverage)? else {
            return Ok(());
        };
        let numbers: BTreeSet<u64> = model.iter().map(|id| self.known[id].number).collect();
        same("matching", store.iter().eq(numbers.iter().copied()), true)?;
        let selected = self.store.select(&store).map(|view| view.invoke_id().to_owned());
        same("select", selected.collect::<Vec<_>>(), model.clone())?;
        let of = |id: &String| self.store.acceptance_number(id) == Some(self.known[id].number);
        same("acceptance_number", model.iter().all(of), true)?;
        let walk = self.store.walk_invocations(&request);
        let walk = walk.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let walked: Vec<_> = walk.map(|view| view.invoke_id().to_owned()).collect();
        let most = if has_tags(&pairs) { TAGGED_ROWS as usize } else { usize::MAX };
        same("a walk in the process", walked, model.into_iter().take(most).collect())
    }

    /// The number of matching rows, by the model.
    fn count(&self, operation: Operation, pairs: &[(String, String)]) -> Option<u64> {
        let pairs = without(pairs, &PAGING);
        match operation {
            Operation::DescribeInvocations => {
                let ids = self.model.describe_invocations_all_matching(&pairs).ok()?;
                Some(ids.len() as u64)
            }
            Operation::DescribeInvocationResults => {
                let answer =
                    self.model.describe_invocation_results(&with(&pairs, &[("PageSize", "1")]));
                answer.ok()?.total
            }
        }
    }

    /// Counts which filters of a request exclude rows, and which leave some.
    fn measure(&mut self, operation: Operation, pairs: &[(String, String)]) {
        let pairs = without(pairs, &["IncludeOutput"]);
        let Some(count) = self.count(operation, &pairs) else { return };
        let is_given = |name: &str| {
            let last = pairs.iter().rev().find(|(given, _)| given == name);
            last.is_some_and(|(_, value)| !value.is_empty())
        };
        let replaced = |name: &str, values: &[&str]| {
            let counts = values.iter().filter_map(|value| {
                self.count(operation, &with(&without(&pairs, &[name]), &[(name, value)]))
            });
            counts.sum::<u64>()
        };
        let mut effects = Vec::new();
        for name in filter_names(operation.name()) {
            let all = match name {
                "RegionId" => replaced(name, &pools::REGIONS),
                "Timed" => replaced(name, &["true", "false"]),
                "Tag.N.Key" | "Tag.N.Value" => continue,
                _ if !is_given(name) => continue,
                _ => match self.count(operation, &without(&pairs, &[name])) {
                    // A history adds rows.
                    Some(other) if name == "IncludeHistory" => count + count.saturating_sub(other),
                    Some(other) => other,
                    None => continue,
                },
            };
            effects.push((name, all > count));
        }
        for number in 1..=20 {
            let (key, value) = (format!("Tag.{number}.Key"), format!("Tag.{number}.Value"));
            if pairs.iter().any(|(name, _)| *name == key) {
                let pair = pairs.iter().any(|(name, _)| *name == value);
                let name = if pair { "Tag.N.Value" } else { "Tag.N.Key" };
                let all = self.count(operation, &without(&pairs, &[&key, &value]));
                effects.push((name, all > Some(count)));
            }
        }
        for (name, excluded) in effects {
            self.coverage.filter(operation.name(), name, excluded, count > 0);
        }
    }

    fn key(&self, row: &RowId) -> RowKey {
        let known = &self.known[&row.invoke_id];
        let run = row.instance_id.as_ref();
        let run = run.and_then(|id| known.instances.iter().position(|other| other == id));
        let history = row.history.unwrap_or(u64::MAX);
        (Reverse((known.created.as_secs(), known.number)), run.unwrap_or(0), Reverse(history))
    }

    fn keys(&self, rows: &[RowId]) -> Vec<RowKey> {
        rows.iter().map(|row| self.key(row)).collect()
    }

    /// Every row that matches now, by the model. Does not use its walks.
    fn matching(&self, operation: Operation, pairs: &[(String, String)]) -> Matching {
        if operation == Operation::DescribeInvocations {
            let ids = self.model.describe_invocations_all_matching(pairs).ok()?;
            let row = |invoke_id| RowId { invoke_id, instance_id: None, history: None };
            return Some(ids.into_iter().map(|id| self.key(&row(id))).collect());
        }
        let mut rows = BTreeSet::new();
        for number in 1.. {
            let number = number.to_string();
            let pairs = with(pairs, &[("PageSize", "50"), ("PageNumber", &number)]);
            let answer = self.model.describe_invocation_results(&pairs).ok()?;
            rows.extend(self.keys(&answer.ids));
            let is_tagged = has_tags(&pairs);
            if is_tagged && answer.total >= Some(TAGGED_ROWS) {
                return None;
            }
            if answer.next.is_none() {
                break;
            }
        }
        Some(rows)
    }

    pub(super) fn look_at_walks(&mut self) {
        let mut walks = std::mem::take(&mut self.walks);
        for walk in &mut walks {
            walk.look(self.matching(walk.operation, &walk.pairs));
        }
        self.walks = walks;
    }

    pub(super) fn open_walk(&self, number: u8) -> Option<usize> {
        (!self.walks.is_empty()).then(|| usize::from(number) % self.walks.len())
    }

    pub(super) fn begin_walk(
        &mut self,
        request: &RequestSpec,
        size: u8,
        page_number: Option<u8>,
    ) -> Check {
        let operation = request.operation;
        let pairs = without(&self.resolve(&request.pairs), &PAGING);
        let size_text = size.to_string();
        let first = match page_number {
            Some(number) => {
                let number = number.to_string();
                with(&pairs, &[("PageSize", &size_text), ("PageNumber", &number)])
            }
            None => with(&pairs, &[("MaxResults", &size_text)]),
        };
        let Some(page) = self.ask(operation, &first, 0)? else { return Ok(()) };
        self.coverage.walks += 1;
        let mut walk = Walk::new(operation, pairs.clone(), self.matching(operation, &pairs));
        let keys = self.keys(&page.ids);
        (walk.size, walk.writes) = (size, self.writes);
        let goes_on = match page_number {
            Some(number) => {
                walk.pass(&keys, u64::from(number) * u64::from(size));
                walk.token = page.token.unwrap_or_default();
                !walk.token.is_empty()
            }
            None => walk.take(&keys, page.token.as_deref())?,
        };
        if goes_on {
            self.walks.push(walk);
            if self.walks.len() > OPEN_WALKS {
                self.walks.remove(0);
            }
        } else {
            self.coverage.ended_walks += 1;
        }
        Ok(())
    }

    /// Asks for the next page of an open walk. Returns false if the walk is over.
    pub(super) fn go_on(
        &mut self,
        at: usize,
        size: u8,
        noise: &[(String, String)],
        form: u8,
    ) -> Result<bool, TestCaseError> {
        let mut walk = self.walks.remove(at);
        let mut pairs = walk.pairs.clone();
        pairs.extend_from_slice(noise);
        pairs.push(("MaxResults".to_owned(), size.to_string()));
        pairs.push(("NextToken".to_owned(), walk.token.clone()));
        let page = self.ask(walk.operation, &pairs, form)?;
        let page = self.t4_t5_t6_the_token_holds(&walk, size, page)?;
        (walk.size, walk.writes, walk.restored) = (size, self.writes, false);
        let keys = self.keys(&page.ids);
        let goes_on = walk.take(&keys, page.token.as_deref())?;
        if goes_on {
            self.walks.insert(at, walk);
        } else {
            self.coverage.ended_walks += 1;
            self.coverage.capped_walks += u64::from(walk.is_capped());
        }
        Ok(goes_on)
    }

    /// A walk's token is never refused: not after its record was removed (T4), not after the store
    /// was saved and restored (T5), not with another page size (T6).
    fn t4_t5_t6_the_token_holds(
        &mut self,
        walk: &Walk,
        size: u8,
        page: Option<Page>,
    ) -> Result<Page, TestCaseError> {
        let Some(page) = page else {
            return Err(TestCaseError::fail(format!("{:?}: the walk is refused", walk.pairs)));
        };
        self.coverage.pages += 1;
        self.coverage.written_pages += u64::from(walk.writes != self.writes);
        self.coverage.pages_behind_nothing += u64::from(walk.points_at_nothing());
        self.coverage.pages_restored += u64::from(walk.restored);
        self.coverage.pages_resized += u64::from(walk.size != size);
        Ok(page)
    }

    pub(super) fn forged(&mut self, token: u8, forgery: &Forgery) -> Check {
        if self.tokens.is_empty() {
            return Ok(());
        }
        let at = usize::from(token) % self.tokens.len();
        let (mut operation, mut pairs, mut token) = self.tokens[at].clone();
        match forgery {
            Forgery::Change { at, by } => {
                const LETTERS: &[u8; 64] =
                    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                let at = usize::from(*at) % token.len();
                let old = LETTERS.iter().position(|&letter| letter == token.as_bytes()[at]);
                let new = LETTERS[(old.unwrap_or(0) + usize::from(*by)) % LETTERS.len()];
                token.replace_range(at..=at, &char::from(new).to_string());
            }
            Forgery::Truncate(by) => {
                token.truncate(token.len().saturating_sub(usize::from(*by)).max(1));
            }
            Forgery::Extend(more) => token.push_str(more),
            Forgery::Text(text) => token.clone_from(text),
            Forgery::More(more) => pairs.extend(self.resolve(more)),
            Forgery::Less(number) => {
                // RegionId, which is first, may stay.
                if pairs.len() > 1 {
                    pairs.remove(1 + usize::from(*number) % (pairs.len() - 1));
                }
            }
            Forgery::Operation => {
                operation = match operation {
                    Operation::DescribeInvocations => Operation::DescribeInvocationResults,
                    Operation::DescribeInvocationResults => Operation::DescribeInvocations,
                };
            }
            Forgery::Store => return self.check_other_stores(operation, &pairs, &token),
        }
        let altered = self.tokens[at].2 != token;
        pairs.push(("NextToken".to_owned(), token));
        if altered {
            let error = self.model.describe(operation, &pairs).err().map(|error| error.code);
            same("a forged token", error.as_deref(), Some("InvalidParameter.NextToken"))?;
        }
        self.ask(operation, &pairs, 0).map(drop)
    }

    /// A token is valid in every store with the same id, and in no other.
    fn check_other_stores(
        &mut self,
        operation: Operation,
        pairs: &[(String, String)],
        token: &str,
    ) -> Check {
        let pairs = with(pairs, &[("NextToken", token)]);
        let mut config = self.store.config().clone();
        let twin = Store::new(config.clone(), Timestamp::MAX);
        let answer = engine::describe(&twin, operation.name(), &pairs, Form::Body);
        same("a store of the same id", answer.map_err(|error| error.to_string()).err(), None)?;
        config.id ^= 1;
        let other = Store::new(config, Timestamp::MAX);
        let answer = engine::describe(&other, operation.name(), &pairs, Form::Body);
        let code = answer.err().map(|error| error.code().to_owned());
        same("a store of another id", code.as_deref(), Some("InvalidParameter.NextToken"))
    }
}
