//! The tags of a request.

use crate::error::TagFault;
use crate::limits;
use crate::model::check_tags;

/// The tags of a request, by number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tags {
    /// By number, ascending.
    given: Vec<GivenTag>,
    /// The lowest number above the limit. Such tags are not kept.
    above_limit: Option<u32>,
}

/// One tag as it was given: `Tag.N.Key` and `Tag.N.Value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct GivenTag {
    pub(crate) number: u32,
    pub(crate) key: Option<String>,
    pub(crate) value: Option<String>,
}

impl Tags {
    pub(super) fn given(&self) -> &[GivenTag] {
        &self.given
    }

    /// The lowest number above the limit that a tag has.
    pub(super) fn above_limit(&self) -> Option<u32> {
        self.above_limit
    }

    /// Adds a tag with the lowest free number. Cost: O(tags).
    pub(super) fn push(&mut self, key: String, value: Option<String>) {
        let taken = self.given.iter().zip(1..).take_while(|(tag, number)| tag.number == *number);
        let at = taken.count();
        let number = at as u32 + 1;
        if at == limits::TAGS {
            self.note_above_limit(number);
        } else {
            self.given.insert(at, GivenTag { number, key: Some(key), value });
        }
    }

    /// Reads `N.Key` or `N.Value`. Any other name is an unknown parameter and ignored.
    pub(super) fn read(&mut self, name: &str, value: &str) {
        let Some((number, part)) = name.split_once('.') else { return };
        let is_key = part == "Key";
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || number.starts_with('0') || !(is_key || part == "Value") {
            return;
        }
        let number = number.parse().unwrap_or(u32::MAX);
        if number > limits::TAGS as u32 {
            self.note_above_limit(number);
            return;
        }
        let at = match self.given.binary_search_by_key(&number, |tag| tag.number) {
            Ok(at) => at,
            Err(at) => {
                self.given.insert(at, GivenTag { number, key: None, value: None });
                at
            }
        };
        let part = if is_key { &mut self.given[at].key } else { &mut self.given[at].value };
        *part = Some(value.to_owned());
    }

    fn note_above_limit(&mut self, number: u32) {
        let lowest = self.above_limit.map_or(number, |other| other.min(number));
        self.above_limit = Some(lowest);
    }

    /// The tags, if each has a key and no key is given twice; otherwise the first fault. Cost:
    /// O(length).
    pub(super) fn check(&self) -> Result<&[GivenTag], TagFault<'_>> {
        if let Some(number) = self.above_limit {
            return Err(TagFault::TooMany(number));
        }
        check_tags(
            self.given.iter().map(|tag| (tag.number, tag.key.as_deref(), tag.value.as_deref())),
        )?;
        Ok(&self.given)
    }
}
