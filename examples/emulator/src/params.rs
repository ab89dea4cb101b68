//! The parameters of one request.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use axum::http::{HeaderMap, header};
use invodex::{DescribeInvocations, Error, SharedStore, decode_query};

use crate::error::{ApiError, quoted};

/// The parameters of every action that belong to the credentials, the signature or the form of the
/// answer.
const ENVELOPE: &str = "AccessKeyId Action BearerToken Format SecurityToken Signature SignatureMethod \
                        SignatureNonce SignatureType SignatureVersion Timestamp Version";

/// Digits of an access key id that is an account of its own.
const ACCOUNT_DIGITS: usize = 16;

/// Decoded pairs, in the order given.
#[derive(Default)]
pub(crate) struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Params<'a> {
    /// Reads the pairs of the query string, then those of the form. Copies only what is escaped.
    pub(crate) fn read(query: &'a str, form: &'a [u8]) -> Result<Self, Error> {
        let mut pairs = Vec::with_capacity(16);
        let texts = [query.as_bytes(), form].into_iter();
        for part in texts.flat_map(|text| text.split(|byte| *byte == b'&')) {
            let is_escaped = part.iter().any(|byte| matches!(byte, b'%' | b'+'));
            match str::from_utf8(part) {
                Ok("") => {}
                Ok(plain) if !is_escaped => {
                    let (name, value) = plain.split_once('=').unwrap_or((plain, ""));
                    pairs.push((name.into(), value.into()));
                }
                _ => {
                    let decoded = decode_query(part)?.into_iter();
                    pairs.extend(decoded.map(|(name, value)| (name.into(), value.into())));
                }
            }
        }
        Ok(Params(pairs))
    }

    pub(crate) fn pairs(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The length of all names and values.
    pub(crate) fn bytes(&self) -> usize {
        self.pairs().map(|(name, value)| name.len() + value.len()).sum()
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
    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        value.parse().ok().filter(|_| digits).map(Some).ok_or_else(|| {
            let allowed = format!("allowed are decimal digits, below 2^{}", 8 * size_of::<T>());
            ApiError::invalid(name, format!("given {}, {allowed}", quoted(value)))
        })
    }

    /// The values of `name.1`, `name.2`, ..., in the order of their numbers.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let numbered = self.pairs().filter_map(|(given, value)| {
            let number = given.strip_prefix(name)?.strip_prefix('.')?;
            Some((number_of(number)?, value))
        });
        let by_number: BTreeMap<u32, &str> = numbered.collect();
        by_number.into_values().filter(|value| !value.is_empty()).collect()
    }

    /// The keys and values of `Tag.N.Key` and `Tag.N.Value`, in the order of N.
    pub(crate) fn tags(&self) -> Vec<(String, String)> {
        let request = self.tagged("Tag.");
        let tags = request.get_tags();
        tags.map(|(key, value)| (key.to_owned(), value.unwrap_or_default().to_owned())).collect()
    }

    /// RegionId and the tags `PREFIX.N.Key` and `PREFIX.N.Value`, as those of a query. `prefix` ends with
    /// `Tag.`.
    pub(crate) fn tagged(&self, prefix: &str) -> DescribeInvocations {
        let before = &prefix[..prefix.len() - "Tag.".len()];
        DescribeInvocations::from_pairs(self.pairs().filter_map(|(name, value)| {
            match name {
                "RegionId" => Some((name, value)),
                _ => Some((name.strip_prefix(before)?, value))
                    .filter(|(name, _)| name.starts_with("Tag.")),
            }
        }))
    }

    /// Checks RegionId, the tags and the parameters `more` as the API does: as those of a query. Tokens
    /// are the caller's.
    pub(crate) fn check(&self, store: &SharedStore, more: &[&str]) -> Result<(), Error> {
        let shared =
            |name: &str| name == "RegionId" || name.starts_with("Tag.") || more.contains(&name);
        let same = self.pairs().filter(|(name, _)| shared(name));
        let same = same.map(|(name, value)| (name, if name == "NextToken" { "" } else { value }));
        let request = DescribeInvocations::from_pairs(same);
        store.read(|store| request.check(store.config()))
    }

    /// The pairs that say what a request asks for, sorted: of each name the last value, if it is not
    /// empty. Without the pairs that say who asks, when, and in which form: they differ when the same
    /// request is sent again.
    pub(crate) fn asked(&self) -> BTreeMap<&str, &str> {
        let mut asked: BTreeMap<&str, &str> = self.pairs().collect();
        asked.retain(|name, value| {
            !value.is_empty() && !ENVELOPE.split(' ').any(|known| known == *name)
        });
        asked
    }

    /// The access key id: the parameter, or else the one in the Authorization header. Empty if
    /// there is neither.
    pub(crate) fn access_key_id<'h>(&'h self, headers: &'h HeaderMap) -> &'h str {
        let authorization = || {
            let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
            let (_, credential) = header.split_once("Credential=")?;
            credential.split([',', '/', ' ']).next()
        };
        self.get("AccessKeyId").or_else(authorization).unwrap_or_default()
    }
}

/// The number in a parameter's name: decimal digits without a sign or a leading zero. A name with
/// any other number is an unknown parameter.
fn number_of(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if digits { text.parse().ok() } else { None }
}

/// The account of an access key id: the id itself if it has exactly 16 digits, else the one account
/// of all other keys, whose name is empty.
pub(crate) fn account_of(access_key_id: &str) -> &str {
    let is_account = access_key_id.len() == ACCOUNT_DIGITS
        && access_key_id.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { access_key_id } else { "" }
}

/// A request whose headers and parameters have been read.
pub(crate) struct Call<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) params: Params<'a>,
}

impl Call<'_> {
    /// The parameter `name`, or else `header`, which newer clients send instead.
    pub(crate) fn param_or_header(&self, name: &str, header: &str) -> Result<&str, ApiError> {
        let header = || self.headers.get(header)?.to_str().ok().filter(|value| !value.is_empty());
        self.params.get(name).or_else(header).ok_or_else(|| ApiError::missing(name))
    }
}
