//! Patterns in which `*` stands for any characters.

/// Whether the whole `text` has the form of `pattern`.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (pieces, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in pieces.split('*') {
        let Some(at) = text.find(piece) else { return false };
        text = &text[at + piece.len()..];
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "a\nb"),
            ("a*", "a"),
            ("*a", "ba"),
            ("a*a", "aa"),
            ("*b*", "abc"),
            ("a*b*c", "a-b-bc"),
            ("**", "a"),
            ("a.c", "a.c"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("a", "aa"), ("a*a", "a"), ("a*b*b", "ab"), ("*b", "bc"), ("a.c", "abc")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
