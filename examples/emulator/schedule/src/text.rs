//! Parts of a Frequency as text.

/// The longest part of a Frequency that an error repeats, in characters.
const SHOWN: usize = 60;

/// `given` in quotes. A long one is cut.
pub(crate) fn quoted(given: &str) -> String {
    match given.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?} and more", &given[..end]),
        None => format!("{given:?}"),
    }
}

/// A number of decimal digits, without a sign.
pub(crate) fn digits(text: &str) -> Option<u32> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}
