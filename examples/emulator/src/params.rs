//! The parameters of one request.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use invodex::{Error, decode_query};

use crate::error::ApiError;

/// Decoded pairs, in the order given.
#[derive(Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads the pairs of the query string, then those of the form.
    pub(crate) fn read(query: &str, form: &[u8]) -> Result<Self, Error> {
        let mut pairs = decode_query(query)?;
        pairs.append(&mut decode_query(form)?);
        Ok(Params(pairs))
    }

    pub(crate) fn pairs(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The last value of `name`. An empty value counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.pairs().filter(|(given, _)| *given == name);
        named.next_back().map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// The value of `name`, or an empty string.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    pub(crate) fn require(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| ApiError::missing(name))
    }

    /// A value `true` or `false`, in any letter case. Absent is false.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(ApiError::invalid(name, "allowed true, false")),
        }
    }

    /// A value of decimal digits.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse() {
            Ok(number) if digits => Ok(Some(number)),
            _ => Err(ApiError::invalid(name, "allowed are decimal digits")),
        }
    }

    /// The values of `name.1`, `name.2`, ..., in the order of their numbers.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let numbered = self.pairs().filter_map(|(given, value)| {
            let number = given.strip_prefix(name)?.strip_prefix('.')?;
            Some((number.parse::<u32>().ok()?, value))
        });
        let by_number: BTreeMap<u32, &str> = numbered.collect();
        by_number.into_values().filter(|value| !value.is_empty()).collect()
    }

    /// The keys and values of `Tag.N.Key` and `Tag.N.Value`, in the order of N.
    pub(crate) fn tags(&self) -> Vec<(String, String)> {
        let mut tags: BTreeMap<u32, (String, String)> = BTreeMap::new();
        for (name, value) in self.pairs() {
            let number = name.strip_prefix("Tag.").and_then(|rest| rest.split_once('.'));
            let Some((number, part)) = number else { continue };
            let Ok(number) = number.parse() else { continue };
            match part {
                "Key" => tags.entry(number).or_default().0 = value.to_owned(),
                "Value" => tags.entry(number).or_default().1 = value.to_owned(),
                _ => {}
            }
        }
        tags.into_values().collect()
    }

    /// The access key id: the parameter, or else the one in the Authorization header. Empty if
    /// there is neither.
    pub(crate) fn access_key_id<'a>(&'a self, headers: &'a HeaderMap) -> &'a str {
        let authorization = || {
            let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
            let (_, credential) = header.split_once("Credential=")?;
            credential.split([',', '/', ' ']).next()
        };
        self.get("AccessKeyId").or_else(authorization).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params::read(query, b"").unwrap()
    }

    #[test]
    fn the_last_of_a_name_counts_and_an_empty_one_is_none() {
        let given = Params::read("A=1&B=1&B=&C=x", b"A=2").unwrap();
        assert_eq!((given.get("A"), given.get("B"), given.get("C")), (Some("2"), None, Some("x")));
    }

    #[test]
    fn lists_and_tags_stand_in_the_order_of_their_numbers() {
        let given = params("Id.10=c&Id.2=b&Id.1=a&Id.x=y&Id.3=&Tag.2.Value=v&Tag.1.Key=k");
        assert_eq!(given.list("Id"), ["a", "b", "c"]);
        let tags = [("k".to_owned(), String::new()), (String::new(), "v".to_owned())];
        assert_eq!(given.tags(), tags);
    }

    #[test]
    fn the_access_key_id_is_found_in_both_places() {
        let mut headers = HeaderMap::new();
        assert_eq!(params("").access_key_id(&headers), "");
        let signed = "ACS3-HMAC-SHA256 Credential=header,SignedHeaders=host,Signature=0";
        headers.insert(header::AUTHORIZATION, signed.parse().unwrap());
        assert_eq!(params("").access_key_id(&headers), "header");
        assert_eq!(params("AccessKeyId=query").access_key_id(&headers), "query");
    }
}
