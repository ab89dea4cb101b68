//! A request as the peers read it, and the result of finding a page.

use invodex::DescribeInvocations;

use crate::support::dataset::requests::Class;
use crate::support::place::Place;
use crate::support::wanted::Wanted;
use crate::support::{Key, TAGGED_ROWS, stores};

/// A request as a peer reads it.
#[derive(Clone, Debug)]
pub struct Query {
    pub wanted: Wanted,
    pub page: usize,
    /// The last row before the page, if any.
    pub after: Option<Key>,
    /// The number of rows that a query with tags has returned before.
    pub returned: usize,
}

impl Query {
    /// Reads the pairs of a request, and the text of a token with `read_token`. A peer's token
    /// lacks the number of rows that a query with tags has returned, which is always 1 here.
    pub fn from_pairs(
        pairs: &[(String, String)],
        read_token: impl Fn(&str) -> Option<Key>,
    ) -> Self {
        let find = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| &*pair.1);
        let wanted = Wanted::from_pairs(pairs);
        let after = find("NextToken").and_then(read_token);
        let returned = usize::from(after.is_some() && !wanted.tags.is_empty());
        let page = find("MaxResults").and_then(|text| text.parse().ok()).unwrap_or(10);
        Query { wanted, page, after, returned }
    }

    /// The page size.
    pub fn rows(&self) -> usize {
        match self.wanted.tags.is_empty() {
            true => self.page,
            false => self.page.min(TAGGED_ROWS - self.returned),
        }
    }

    /// Whether another page may follow one of `rows` rows.
    pub fn may_go_on(&self, rows: usize) -> bool {
        self.wanted.tags.is_empty() || self.returned + rows < TAGGED_ROWS
    }

    /// The total that the answer shows for a counted one.
    pub fn reach(&self, total: u64) -> u64 {
        if self.wanted.tags.is_empty() { total } else { total.min(TAGGED_ROWS as u64) }
    }
}

/// The rows of a page, numbered from the oldest record, and whether another page follows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    pub rows: Vec<u32>,
    pub more: bool,
}

/// A request in every form that is measured.
pub struct Case {
    pub class: &'static str,
    pub adversarial: bool,
    pub page: usize,
    pub place: Place,
    /// The library's form.
    pub request: DescribeInvocations,
    /// The peers' form.
    pub query: Query,
    /// The wire form, with the library's token and with the peers'.
    pub pairs: Vec<(String, String)>,
    pub peer_pairs: Vec<(String, String)>,
}

impl Case {
    pub fn new(class: &Class, adversarial: bool, page: usize, place: &Place) -> Self {
        let mut pairs = class.pairs.clone();
        pairs.push(("MaxResults".into(), page.to_string()));
        let mut peer_pairs = pairs.clone();
        if let (Some(token), Some(after)) = (&place.token, place.after) {
            pairs.push(("NextToken".into(), token.clone()));
            peer_pairs.push(("NextToken".into(), crate::record::token(after)));
        }
        Case {
            class: class.name,
            adversarial,
            page,
            place: place.clone(),
            request: stores::request(&class.pairs, place.token.as_deref(), page),
            query: Query::from_pairs(&peer_pairs, crate::record::read_token),
            pairs,
            peer_pairs,
        }
    }

    pub fn filters(&self) -> usize {
        self.query.wanted.filters()
    }

    pub fn name(&self) -> String {
        format!("{}, page {}, {}", self.class, self.page, self.place.name)
    }
}
