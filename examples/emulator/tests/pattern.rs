//! Patterns in which `*` stands for any characters: the file that matches them, by itself.

#[path = "../src/pattern.rs"]
mod pattern;

use pattern::fits;

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
