//! Altered tokens: each of many thousands of changes is refused, and the original token is
//! accepted.

#[path = "tokens/filters.rs"]
mod other_filters;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, Error, InstanceRun, Invocation,
    OmittedTimed, RepeatMode, RunUpdate, Store, Tag, Timestamp,
};

type Pairs<'a> = Vec<(&'a str, &'a str)>;

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Characters that no token has: the other alphabet, padding, blanks, controls, characters that
/// resemble letters or digits, and characters with a meaning in a query string or in JSON.
const STRANGERS: &str = "+/=. \t\r\n\0\u{1}\u{7f}%&#?\"'\\{}~,;:*$!|^`()<>[]@\
                         \u{a0}\u{3000}\u{200b}\u{feff}éАａ１字𝟏";

/// A token and its request.
struct Given {
    operation: &'static str,
    filters: Pairs<'static>,
    token: String,
    /// The next row, by its InvokeId and its status.
    next: String,
}

fn store(id: u64) -> Store {
    let config = Config {
        id,
        retention_seconds: None,
        omitted_timed: OmittedTimed::Any,
        ..Config::default()
    };
    let mut store = Store::new(config, Timestamp::from_secs(1_700_000_000).expect("in range"));
    for number in 0..4 {
        let mut record = Invocation::new("cn-a", format!("t-{number}"), "c-1");
        record.resource_group_id = "rg-1".into();
        record.command_name = "deploy".into();
        record.repeat_mode = RepeatMode::Period;
        record.tags.push(Tag::new("k", "v"));
        record.tags.push(Tag::new("l", ""));
        record.instances.push(InstanceRun::new("i-1"));
        assert!(store.accept(&record).expect("a record without a fault").retained);
        for _ in 0..3 {
            let id = format!("t-{number}");
            store.update_run(&id, "i-1", &RunUpdate::started()).expect("it can start");
            let end = RunUpdate::finished(0).rescheduled();
            store.update_run(&id, "i-1", &end).expect("it can end");
        }
    }
    store
}

/// The first row of the page, by its InvokeId and its status, and the token.
fn ask(
    store: &Store,
    operation: &str,
    filters: &[(&str, &str)],
    more: &[(&str, &str)],
) -> Result<(String, String), Error> {
    let pairs = filters.iter().chain(more);
    let token = |token: Option<invodex::NextToken>| token.map(|token| token.to_string());
    let (row, token) = if operation == "DescribeInvocations" {
        let page = store.describe_invocations(&DescribeInvocations::from_pairs(pairs.copied()))?;
        let mut rows = page.invocations();
        let row = rows.next().map(|row| format!("{} {}", row.invoke_id(), row.invocation_status()));
        (row, token(page.next_token()))
    } else {
        let request = DescribeInvocationResults::from_pairs(pairs.copied());
        let page = store.describe_invocation_results(&request)?;
        let mut rows = page.invocation_results();
        let row = rows.next().map(|row| format!("{} {}", row.invoke_id(), row.invocation_status()));
        (row, token(page.next_token()))
    };
    Ok((row.unwrap_or_default(), token.unwrap_or_default()))
}

/// Tokens of both operations, with and without tags and a history.
fn given(store: &Store) -> Vec<Given> {
    let plain = vec![("RegionId", "cn-a")];
    let tagged = vec![("RegionId", "cn-a"), ("Tag.1.Key", "k"), ("Tag.1.Value", "v")];
    let full = vec![
        ("RegionId", "cn-a"),
        ("ResourceGroupId", "rg-1"),
        ("CommandId", "c-1"),
        ("CommandName", "deploy"),
        ("CommandType", "RunShellScript"),
        ("RepeatMode", "Period"),
        ("Timed", "true"),
        ("InvokeStatus", "Scheduled"),
        ("Tag.2.Key", "l"),
    ];
    let history = vec![("RegionId", "cn-a"), ("InvokeId", "t-2"), ("IncludeHistory", "true")];
    let on_instance =
        vec![("RegionId", "cn-a"), ("InstanceId", "i-1"), ("InvokeRecordStatus", "Running")];
    let asked = [
        ("DescribeInvocations", plain.clone(), "t-2 Scheduled"),
        ("DescribeInvocations", tagged.clone(), "t-2 Scheduled"),
        ("DescribeInvocations", full, "t-2 Scheduled"),
        ("DescribeInvocationResults", plain, "t-2 Scheduled"),
        ("DescribeInvocationResults", tagged, "t-2 Scheduled"),
        ("DescribeInvocationResults", history, "t-2 Success"),
        ("DescribeInvocationResults", on_instance, "t-2 Scheduled"),
    ];
    let of = |(operation, filters, next): (&'static str, Pairs<'static>, &str)| {
        let first = ask(store, operation, &filters, &[("MaxResults", "1")]);
        let (_, token) = first.expect("a request without a fault");
        assert_eq!((token.len(), decoded(&token).len()), (44, 33), "{operation} {filters:?}");
        Given { operation, filters, token, next: next.to_owned() }
    };
    asked.into_iter().map(of).collect()
}

fn decoded(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token).expect("a token is URL-safe Base64 without padding")
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Given {
    fn asked_with(&self, store: &Store, token: &str) -> Result<(String, String), Error> {
        ask(store, self.operation, &self.filters, &[("MaxResults", "1"), ("NextToken", token)])
    }

    /// Checks that the original token leads to the next row. Without this the refusals prove
    /// nothing.
    fn assert_accepted(&self, store: &Store) {
        let page = self.asked_with(store, &self.token);
        let row = page.map(|(row, _)| row).map_err(|error| error.to_string());
        assert_eq!(row.as_ref(), Ok(&self.next), "{} {:?}", self.operation, self.filters);
    }

    /// Checks that each of `tokens` differs from this one and is refused as documented. Returns
    /// their number.
    fn refused(&self, store: &Store, tokens: impl IntoIterator<Item = String>) -> usize {
        self.assert_accepted(store);
        let mut count = 0;
        for token in tokens {
            assert!(token != self.token && !token.is_empty(), "{token:?} is no change");
            assert_refused(self.asked_with(store, &token), || {
                format!("{} {token:?}", self.operation)
            });
            count += 1;
        }
        self.assert_accepted(store);
        count
    }
}

fn assert_refused<T>(answer: Result<T, Error>, what: impl Fn() -> String) {
    let Err(error) = answer else { panic!("{} is accepted", what()) };
    assert_eq!(
        (error.code(), error.status(), error.message(), error.parameter()),
        (
            "InvalidParameter.NextToken",
            400,
            "The specified parameter NextToken is not valid.",
            Some("NextToken")
        ),
        "{}",
        what()
    );
    assert!(error.to_string().len() < 400, "{error}");
}

/// Runs `altered` over every token and checks how many changes it makes of each.
fn every_token(each: usize, altered: impl Fn(&Given) -> Vec<String>) {
    let store = store(7);
    let given = given(&store);
    let total: usize = given.iter().map(|given| given.refused(&store, altered(given))).sum();
    assert_eq!((given.len(), total), (7, 7 * each));
    println!("{total} altered tokens refused");
}

#[test]
fn every_bit_and_every_value_of_every_byte() {
    let altered = |given: &Given| {
        let bytes = decoded(&given.token);
        let mut all = Vec::new();
        // All single bits, and with them every other change of one byte.
        for at in 0..bytes.len() {
            for change in 1..=255 {
                let mut altered = bytes.clone();
                altered[at] ^= change;
                all.push(encoded(&altered));
            }
        }
        let bits = (0..8 * bytes.len()).map(|bit| {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            encoded(&altered)
        });
        assert!(bits.into_iter().filter(|token| all.contains(token)).count() == 264);
        all
    };
    every_token(33 * 255, altered);
}

#[test]
fn every_two_bits() {
    let altered = |given: &Given| {
        let bytes = decoded(&given.token);
        let flip = |bytes: &mut [u8], bit: usize| bytes[bit / 8] ^= 1 << (bit % 8);
        let mut all = Vec::new();
        for one in 0..8 * bytes.len() {
            for other in 0..one {
                let mut altered = bytes.clone();
                flip(&mut altered, one);
                flip(&mut altered, other);
                all.push(encoded(&altered));
            }
        }
        all
    };
    every_token(264 * 263 / 2, altered);
}

#[test]
fn every_character_in_the_place_of_every_other() {
    let strangers = STRANGERS.chars().count();
    let altered = |given: &Given| {
        let mut all = Vec::new();
        for at in 0..given.token.len() {
            let old = given.token.as_bytes()[at];
            for new in LETTERS.chars().chain(STRANGERS.chars()) {
                if new != char::from(old) {
                    all.push(format!("{}{new}{}", &given.token[..at], &given.token[at + 1..]));
                }
            }
        }
        all
    };
    every_token(44 * (63 + strangers), altered);
}

#[test]
fn every_part_and_every_character_left_out_twice_or_moved() {
    let store = store(7);
    let mut total = 0;
    for given in given(&store) {
        let token = &given.token;
        let mut all: Vec<String> = Vec::new();
        for at in 1..token.len() {
            all.push(token[..at].to_owned());
            all.push(token[at..].to_owned());
            all.push(format!("{}{}", &token[at..], &token[..at]));
        }
        for at in 0..token.len() {
            all.push(format!("{}{}", &token[..at], &token[at + 1..]));
            all.push(format!("{}{}", &token[..=at], &token[at..]));
        }
        // Whole bytes removed from either end.
        let bytes = decoded(token);
        for at in 1..bytes.len() {
            all.push(encoded(&bytes[..at]));
            all.push(encoded(&bytes[at..]));
        }
        all.push(token.repeat(2));
        all.push(token.chars().rev().collect());
        all.push(token.to_ascii_lowercase());
        all.push(token.to_ascii_uppercase());
        all.push(token.chars().map(swapped_case).collect());
        all.push(encoded(token.as_bytes()));
        let changed = all.into_iter().filter(|altered| altered != token);
        total += given.refused(&store, changed);
        // No token at all is the first page.
        let first = given.asked_with(&store, "").map(|(row, _)| row).ok();
        let expected = if given.next == "t-2 Success" { "t-2 Scheduled" } else { "t-3 Scheduled" };
        assert_eq!(first.as_deref(), Some(expected));
    }
    // 43 cuts with three texts each, 44 characters with two, 32 cuts of bytes with two, and six;
    // none of them happens to be the token itself.
    assert_eq!(total, 7 * (43 * 3 + 44 * 2 + 32 * 2 + 6));
    println!("{total} altered tokens refused");
}

fn swapped_case(letter: char) -> char {
    if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    }
}

#[test]
fn every_extension() {
    let strangers = STRANGERS.chars().count();
    let altered = |given: &Given| {
        let (token, bytes) = (&given.token, decoded(&given.token));
        let mut all = Vec::new();
        for byte in 0..=255_u8 {
            all.push(encoded(&[&bytes[..], &[byte]].concat()));
            all.push(encoded(&[&[byte], &bytes[..]].concat()));
            // The same as a character, which is 1 or 2 bytes.
            all.push(format!("{token}{}", char::from(byte)));
            all.push(format!("{}{token}", char::from(byte)));
        }
        for letter in LETTERS.chars() {
            for more in [1, 2, 3, 4, 20, 1_000] {
                let more = letter.to_string().repeat(more);
                all.push(format!("{token}{more}"));
                all.push(format!("{more}{token}"));
            }
        }
        for stranger in STRANGERS.chars() {
            for at in 0..=token.len() {
                all.push(format!("{}{stranger}{}", &token[..at], &token[at..]));
            }
        }
        all
    };
    every_token(256 * 4 + 64 * 6 * 2 + strangers * 45, altered);
}

#[test]
fn padding_and_endings_that_are_not_canonical() {
    let altered = |given: &Given| {
        let (token, bytes) = (&given.token, decoded(&given.token));
        let mut all: Vec<String> =
            (1..=4).map(|pads| format!("{token}{}", "=".repeat(pads))).collect();
        // With a byte less or more there would be padding and unused bits.
        for other in [bytes[..32].to_vec(), [&bytes[..], &[0]].concat()] {
            all.push(URL_SAFE.encode(&other));
            all.push(STANDARD.encode(&other));
            let short = encoded(&other);
            let start = &short[..short.len() - 1];
            all.extend(LETTERS.chars().map(|last| format!("{start}{last}")));
        }
        for pads in ["=", "=="] {
            all.push(format!("{}{pads}", &token[..token.len() - pads.len()]));
        }
        all
    };
    every_token(4 + 2 * (2 + 64) + 2, altered);
}

#[test]
fn the_other_alphabet() {
    let mut tried = 0;
    for id in 0..20 {
        let store = store(id);
        for given in given(&store) {
            let token = STANDARD.encode(decoded(&given.token));
            // Not every token has a character by which the two differ.
            if token != given.token {
                tried += given.refused(&store, [token]);
            }
        }
    }
    assert!(tried > 60, "{tried} of 140 tokens");
    println!("{tried} altered tokens refused");
}

#[test]
fn stores_of_another_id() {
    let store = store(7);
    let given = given(&store);
    let mut tried = 0;
    for bit in 0..64 {
        let other = self::store(7 ^ 1 << bit);
        for given in &given {
            assert_refused(given.asked_with(&other, &given.token), || format!("bit {bit}"));
            tried += 1;
        }
    }
    assert_eq!(tried, 64 * 7);
    let twin = self::store(7);
    given.iter().for_each(|given| given.assert_accepted(&twin));
}
