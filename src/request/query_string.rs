//! Decodes a raw query string or form body into pairs, and encodes pairs.

use std::borrow::Borrow;

use crate::error::Error;
use crate::wire::percent_encode;

/// Decodes a query string or form body, `name=value&name=value...`, into pairs in the same order.
///
/// `+` is a space. A part without `=` is a name with an empty value; an empty part is ignored.
/// Cost: O(length).
///
/// # Errors
///
/// `InvalidParameter` for a percent sign that is not followed by two hexadecimal digits, and for
/// bytes that are not UTF-8 once decoded.
///
/// # Examples
///
/// ```
/// let pairs = invodex::decode_query("RegionId=cn-hangzhou&CommandName=a+b%2Fc")?;
/// assert_eq!(pairs[1], ("CommandName".to_owned(), "a b/c".to_owned()));
/// assert_eq!(invodex::decode_query("InvokeId=%zz").unwrap_err().code(), "InvalidParameter");
/// # Ok::<(), invodex::Error>(())
/// ```
pub fn decode_query(query: impl AsRef<[u8]>) -> Result<Vec<(String, String)>, Error> {
    let parts = query.as_ref().split(|&byte| byte == b'&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let equals = part.iter().position(|&byte| byte == b'=').unwrap_or(part.len());
            let value = part.get(equals + 1..).unwrap_or_default();
            Ok((decode(&part[..equals])?, decode(value)?))
        })
        .collect()
}

/// Encodes pairs as a query string or form body, `name=value&name=value...`, in the same order. It is
/// the inverse of [`decode_query`]. Letters, digits, `-`, `_`, `.` and `~` stay, every other byte is
/// percent-encoded. Cost: O(length).
///
/// # Examples
///
/// ```
/// use invodex::{DescribeInvocations, decode_query, encode_query};
///
/// let request = DescribeInvocations::new("cn-hangzhou").command_name("a b/c").max_results(50);
/// let action = ("Action".to_owned(), "DescribeInvocations".to_owned());
/// let query = encode_query([action].iter().chain(&request.to_pairs()));
/// assert_eq!(
///     query,
///     "Action=DescribeInvocations&RegionId=cn-hangzhou&MaxResults=50&CommandName=a%20b%2Fc"
/// );
/// assert_eq!(DescribeInvocations::from_pairs(decode_query(&query)?), request);
/// # Ok::<(), invodex::Error>(())
/// ```
#[must_use]
pub fn encode_query<P, K, V>(pairs: impl IntoIterator<Item = P>) -> String
where
    P: Borrow<(K, V)>,
    K: AsRef<str>,
    V: AsRef<str>,
{
    let mut query = String::new();
    for pair in pairs {
        let (name, value) = pair.borrow();
        if !query.is_empty() {
            query.push('&');
        }
        percent_encode(name.as_ref(), &mut query);
        query.push('=');
        percent_encode(value.as_ref(), &mut query);
    }
    query
}

fn decode(text: &[u8]) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (hex(rest.next()), hex(rest.next())) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => {
                    return Err(fault("a percent sign only before two hexadecimal digits", text));
                }
            },
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| fault("text in UTF-8", text))
}

fn hex(byte: Option<&u8>) -> Option<u8> {
    char::from(*byte?).to_digit(16).map(|digit| digit as u8)
}

fn fault(allowed: &str, given: &[u8]) -> Error {
    Error::encoding(&String::from_utf8_lossy(given), allowed)
}
