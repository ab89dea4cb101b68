//! Keeps the records of a case apart from all others by a tag, at an endpoint without accounts.

use invodex::{Config, DescribeInvocations};
use serde_json::Value;

use super::lacks;
use crate::cases::{CaseFile, FILES};
use crate::strategy::{Pairs, uses_tag_key};
use crate::subject::Reply;

/// A tag that every record of a case has, and that every request of it asks for. Answers are shown
/// without it.
pub(super) struct CaseTag {
    pub(super) key: String,
    /// Each case has another.
    pub(super) value: String,
}

impl CaseTag {
    /// A tag without a value yet.
    pub(super) fn new(key: &str) -> Result<Self, String> {
        let request = DescribeInvocations::new("cn-hangzhou").tag_key(key);
        if let Err(error) = request.check(&Config::default()) {
            return Err(format!("{key:?} is no key for --tag: {}", error.detail()));
        }
        let documented = || FILES.iter().any(|(file, _)| CaseFile::load(file).uses_tag_key(key));
        if uses_tag_key(key) || documented() {
            return Err(format!(
                "{key:?} is no key for --tag: given a key that the suite's own records and requests \
                 have, allowed is any other, such as conformance"
            ));
        }
        Ok(CaseTag { key: key.to_owned(), value: String::new() })
    }

    /// Adds the tag to a request, under a number that it does not use.
    pub(super) fn add(&self, pairs: &mut Pairs) -> Reply<()> {
        let mut numbers = (1..=20).map(|n| format!("Tag.{n}."));
        let free = numbers.find(|start| pairs.iter().all(|(name, _)| !name.starts_with(start)));
        let Some(start) = free else { return lacks("a request with 20 tags and that of the case") };
        pairs.push((format!("{start}Key"), self.key.clone()));
        pairs.push((format!("{start}Value"), self.value.clone()));
        Ok(())
    }

    /// Takes the tag out of every list of an answer.
    pub(super) fn take_out(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.values_mut().for_each(|value| self.take_out(value));
            }
            Value::Array(values) => {
                values.retain(|value| value["TagKey"] != *self.key);
                values.iter_mut().for_each(|value| self.take_out(value));
            }
            _ => {}
        }
    }
}
