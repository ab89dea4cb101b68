//! Walks by token, and tokens that were altered.

use super::{OPEN_WALKS, Origin, Play, Player, Token, Walk, with};
use crate::model::Operation;
use crate::strategy::{Forgery, Pairs};

impl Player<'_> {
    fn token_has_form(&mut self, token: &Token) -> Play<()> {
        let is_opaque = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if token.subject.len() > 64 || !token.subject.bytes().all(is_opaque) {
            let text = format!("NextToken is {:?}", token.subject);
            self.differ("token.form", text)?;
        }
        Ok(())
    }

    pub(super) fn begin_walk(
        &mut self,
        operation: Operation,
        pairs: Pairs,
        size: u8,
        page_number: Option<u8>,
    ) -> Play<()> {
        let size_text = size.to_string();
        let first = match page_number {
            Some(number) => {
                with(&pairs, &[("PageSize", &size_text), ("PageNumber", &number.to_string())])
            }
            None => with(&pairs, &[("MaxResults", &size_text)]),
        };
        let Some(page) = self.ask(operation, &first, None)? else { return Ok(()) };
        let Some(token) = page.token else { return Ok(()) };
        self.token_has_form(&token)?;
        let last = page.ids.last().cloned().unwrap_or_default();
        self.tokens.push((operation, pairs.clone(), token.clone()));
        let returned = page.ids.into_iter().collect();
        self.walks.push(Walk { operation, pairs, token, returned, last, size, restored: false });
        if self.walks.len() > OPEN_WALKS {
            self.walks.remove(0);
        }
        Ok(())
    }

    /// Asks for the next page of a walk. Returns false if there is none.
    pub(super) fn go_on(&mut self, walk: u8, size: u8, noise: &[(String, String)]) -> Play<bool> {
        if self.walks.is_empty() {
            return Ok(false);
        }
        let at = usize::from(walk) % self.walks.len();
        let mut walk = self.walks.remove(at);
        let mut pairs = walk.pairs.clone();
        pairs.extend_from_slice(noise);
        pairs.push(("MaxResults".to_owned(), size.to_string()));
        let token = walk.token.clone();
        let page = self.ask(walk.operation, &pairs, Some((&token, &Origin::Walk(&walk))))?;
        let Some(page) = page else { return Ok(false) };
        let tally = &mut *self.tally;
        let rule = match self.reference.list() {
            _ if walk.restored => Some("token.outlives-store"),
            list if list.iter().all(|id| walk.last.split('/').next() != Some(id)) => {
                Some("token.outlives-record")
            }
            _ if size != walk.size || !noise.is_empty() => Some("token.free"),
            _ => None,
        };
        if let Some(rule) = rule {
            tally.check(rule);
        }
        let Some(token) = page.token else { return Ok(false) };
        walk.last = page.ids.last().cloned().unwrap_or_default();
        walk.returned.extend(page.ids);
        (walk.token, walk.size, walk.restored) = (token, size, false);
        self.walks.insert(at, walk);
        Ok(true)
    }

    pub(super) fn forged(&mut self, token: u8, forgery: &Forgery) -> Play<()> {
        if self.tokens.is_empty() {
            return Ok(());
        }
        let at = usize::from(token) % self.tokens.len();
        let (mut operation, mut pairs, mut token) = self.tokens[at].clone();
        let text = &mut token.subject;
        let mut origin = Origin::Altered;
        match forgery {
            Forgery::Change { at, by } => {
                const LETTERS: &[u8; 64] =
                    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                let letters: Vec<char> = text.chars().collect();
                let at = usize::from(*at) % letters.len().max(1);
                let old =
                    LETTERS.iter().position(|&letter| Some(&char::from(letter)) == letters.get(at));
                let new =
                    char::from(LETTERS[(old.unwrap_or(0) + usize::from(*by)) % LETTERS.len()]);
                let changed = letters.iter().enumerate();
                *text = changed.map(|(place, &old)| if place == at { new } else { old }).collect();
            }
            Forgery::Truncate(by) => {
                let kept = text.chars().count().saturating_sub(usize::from(*by)).max(1);
                *text = text.chars().take(kept).collect();
            }
            Forgery::Extend(more) => text.push_str(more),
            Forgery::Text(other) => text.clone_from(other),
            Forgery::More(more) => {
                origin = Origin::Filters;
                pairs.extend(self.resolve(more));
            }
            Forgery::Less(number) => {
                origin = Origin::Filters;
                if pairs.len() > 1 {
                    pairs.remove(1 + usize::from(*number) % (pairs.len() - 1));
                }
            }
            Forgery::Operation => {
                origin = Origin::Filters;
                operation = match operation {
                    Operation::DescribeInvocations => Operation::DescribeInvocationResults,
                    Operation::DescribeInvocationResults => Operation::DescribeInvocations,
                };
            }
            Forgery::Store => return Ok(()),
        }
        if token.subject != self.tokens[at].2.subject {
            token.reference.push_str(" altered");
        }
        self.ask(operation, &pairs, Some((&token, &origin))).map(drop)
    }
}
