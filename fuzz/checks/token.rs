//! Any text as NextToken, and altered real tokens. A token is accepted if and only if it is byte
//! for byte one that the store returned for the same filters. The page is then the naive model's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::fixture::fixture;

pub(super) fn check(data: &[u8]) {
    let Some((&[policy, like, of, way, at], rest)) = data.split_first_chunk() else { return };
    let fixture = fixture(policy % 2 == 1);
    let issued = |number: u8| &fixture.issued[usize::from(number) * 7 % fixture.issued.len()];
    // The request has the filters of `like`; the token of `of` is altered.
    let (like, of) = (issued(like), issued(of));
    let token = altered(of.token.as_bytes(), way, at, rest);
    let mut pairs = like.pairs.clone();
    pairs.push(("MaxResults".to_owned(), (at % 50 + 1).to_string()));
    pairs.push(("NextToken".to_owned(), token.clone()));
    let is_accepted = fixture.ask(like.operation, &pairs, policy / 2).is_some();
    // An empty token asks for the first page.
    assert_eq!(is_accepted, token.is_empty() || fixture.has_issued(&token, like), "{token:?}");
}

fn altered(token: &[u8], way: u8, at: u8, with: &[u8]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let place = |length: usize| usize::from(at) % (length + 1);
    let xor = |bytes: &mut [u8]| {
        let place = place(bytes.len());
        bytes[place..].iter_mut().zip(with).for_each(|(byte, with)| *byte ^= with);
    };
    match way % 6 {
        // Any text.
        0 => text(with),
        // Changed characters.
        1 => {
            let mut bytes = token.to_vec();
            xor(&mut bytes);
            text(&bytes)
        }
        // Changed bytes under the encoding.
        2 => {
            let mut bytes = URL_SAFE_NO_PAD.decode(token).expect("it is written so");
            xor(&mut bytes);
            URL_SAFE_NO_PAD.encode(bytes)
        }
        // Another ending.
        3 => text(&[&token[..place(token.len())], with].concat()),
        // Inserted text.
        4 => {
            let (start, end) = token.split_at(place(token.len()));
            text(&[start, with, end].concat())
        }
        // Any bytes in the right encoding.
        _ => URL_SAFE_NO_PAD.encode(with),
    }
}
