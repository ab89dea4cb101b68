//! Percent-encoding of query strings.

/// Appends `text` as a name or a value of a query string: each byte that RFC 3986 does not call
/// unreserved is escaped. Cost: O(length).
pub(crate) fn percent_encode(text: &str, to: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            let [high, low] = [byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]);
            to.extend(['%', char::from(high), char::from(low)]);
        }
    }
}
