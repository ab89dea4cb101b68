//! Archives with valid seals around contents that may or may not be valid.

use invodex::{Config, DescribeInvocationResults, ErrorKind, RunUpdate, Timestamp};
use oorandom::Rand32;

use super::SMALL;
use super::answers::{archive, restore};
use super::forge::{Blocks, DATA, HISTORY, RUN, sound};
use super::sample::sample;

fn now() -> Timestamp {
    Timestamp::saturating_from_secs(1_000_100)
}

/// A run can have at most 2^32 - 2 history records over time.
const HISTORY_MOST: u64 = u32::MAX as u64 - 1;

/// The highest history number, under every limit around it.
#[test]
fn a_history_can_be_as_long_as_its_count() {
    let mut document = sound();
    document.run(RUN).history = Some((HISTORY_MOST, 1));
    for history_limit in [0, 1, usize::MAX] {
        let config = Config { history_limit, ..Config::default() };
        let store = restore(&config, now(), &document.bytes()).expect("it is sound");
        let kept = history_limit.min(1) as u64;
        assert_eq!(store.statistics().history_dropped, 1 - kept);
        let mut expected = document.clone();
        expected.run(RUN).history = Some((HISTORY_MOST, kept));
        expected.entries.truncate(HISTORY + kept as usize);
        expected.totals[2] = kept;
        assert!(archive(&store) == expected.bytes(), "at most {history_limit}");
    }
}

/// Once the history numbers are used up, an execution adds no history record. Everything else
/// works: walks find every row, and a saved store can be restored.
#[test]
fn a_history_without_a_number_left_gets_no_more_records() {
    let mut document = sound();
    document.run(RUN).history = Some((HISTORY_MOST - 1, 1));
    let mut store =
        restore(&Config::default(), now(), &document.bytes()).expect("one number is left");
    for (rows, dropped) in [(2, 0), (3, 0), (3, 1), (3, 2)] {
        let mut request = DescribeInvocationResults::new("cn-hangzhou")
            .invoke_id("t-1")
            .include_history(true)
            .max_results(1);
        let mut found = 0;
        while let Some(token) = {
            let page = store.describe_invocation_results(&request).expect("no fault");
            found += page.len();
            page.next_token()
        } {
            request = request.next_token(token);
        }
        assert_eq!((found, store.statistics().history_dropped), (rows, dropped));
        store.internal_validate().expect("it is sound");
        let saved = archive(&store);
        let again = restore(&Config::default(), now(), &saved).expect("it was just saved");
        assert!(archive(&again) == saved);

        store.update_run("t-1", "i-1", &RunUpdate::started()).expect("it can start");
        let end = RunUpdate::finished(0).rescheduled();
        store.update_run("t-1", "i-1", &end).expect("it can end");
    }
}

/// 2^63 - 1 is the last acceptance number.
#[test]
fn acceptance_numbers_can_go_up_to_the_last() {
    let mut document = sound();
    document.last_number = i64::MAX as u64;
    let store = restore(&Config::default(), now(), &document.bytes()).expect("it is sound");
    assert!(archive(&store) == document.bytes());
    document.last_number += 1;
    let error = restore(&Config::default(), now(), &document.bytes()).expect_err("one too many");
    assert!(
        error.detail().contains("the last acceptance number is 9223372036854775808"),
        "{error}"
    );
}

/// A block has at most 1,048,576 bytes of content. A longer one is refused by its length alone.
#[test]
fn a_block_can_be_as_long_as_allowed() {
    let mut blocks = sound().blocks();
    let mut content = blocks.0[1].1.clone();
    let mut number = 0;
    // Instances that no record uses.
    let mut add = |length: usize| {
        number += 1;
        let text = format!("{number:0width$}", width = length - 2);
        content.extend_from_slice(&[3, text.len() as u8]);
        content.extend_from_slice(text.as_bytes());
        (1 << 20) - content.len()
    };
    let mut rest = add(100);
    while rest > 228 {
        rest = add(102);
    }
    let rest = add(rest / 2);
    assert_eq!(add(rest), 0);
    blocks.0[1].1 = content;
    let store = restore(&Config::default(), now(), &blocks.bytes()).expect("it is sound");
    assert!(archive(&store) == sound().bytes());
    blocks.0[1].1.push(0);
    let error = restore(&Config::default(), now(), &blocks.bytes()).expect_err("it is too long");
    let detail = "block 1 (data): says that it is 1048577 bytes long, allowed are 1048576";
    assert!(error.detail().starts_with(detail), "{error}");
}

/// Configurations whose limits much or nothing of an archive exceeds.
fn configs() -> Vec<Config> {
    let all = Config { retention_seconds: None, tuning: SMALL, ..Config::default() };
    vec![
        Config { capacity: 2, ..all.clone() },
        Config { history_limit: 1, output_budget: Some(20), ..all.clone() },
        Config { retention_seconds: Some(3_000), ..all.clone() },
        all,
    ]
}

/// Restores `bytes` under each configuration. A restored store must be valid and equal to the one
/// restored from its own archive. Returns whether the last configuration, which has no limits,
/// accepts `bytes`.
fn tried(bytes: &[u8], now: Timestamp) -> bool {
    let mut taken = false;
    for config in configs() {
        taken = match restore(&config, now, bytes) {
            Ok(store) => {
                let saved = archive(&store);
                let again = restore(&config, now, &saved).expect("it was just saved");
                assert!(archive(&again) == saved);
                true
            }
            Err(error) => {
                assert_eq!((error.kind(), error.status()), (ErrorKind::Archive, 400));
                false
            }
        };
    }
    taken
}

/// Changes every byte of the content, with a valid seal.
#[test]
fn no_change_of_a_sealed_byte_makes_an_unsound_store() {
    let whole = sound().blocks();
    let (mut taken, mut refused) = (0, 0);
    for (block, (_, content)) in whole.0.iter().enumerate() {
        for at in 0..content.len() {
            for change in [1, 2, 4, 8, 16, 32, 64, 128, 3, 0xff, 0x7f] {
                let mut blocks = whole.clone();
                blocks.0[block].1[at] ^= change;
                let counter = if tried(&blocks.bytes(), now()) { &mut taken } else { &mut refused };
                *counter += 1;
            }
        }
    }
    assert!(taken > 500 && refused > 500, "{taken} taken, {refused} refused");
}

/// Changes, repeats, moves and drops random parts of the content, with a valid seal.
#[test]
fn no_sealed_nonsense_makes_an_unsound_store() {
    let (store, _) = sample();
    let mut blocks = Blocks::parse(&archive(&store));
    let data = blocks.0.iter().position(|&(kind, _)| kind == DATA).expect("it holds records");
    let content = blocks.0[data].1.clone();
    let mut random = Rand32::new(7);
    let mut refused = 0;
    for _ in 0..1_500 {
        let mut content = content.clone();
        for _ in 0..random.rand_range(1..4) {
            let length = random.rand_range(1..12) as usize;
            let mut place = || random.rand_range(0..(content.len() - length) as u32) as usize;
            let (from, to) = (place(), place());
            let piece = content[from..from + length].to_vec();
            match random.rand_range(0..5) {
                0 => content[to] = random.rand_u32() as u8,
                1 => content[to] = content[to].wrapping_add(1),
                2 => content[to..to + length].copy_from_slice(&piece),
                3 => drop(content.splice(to..to, piece)),
                _ => drop(content.drain(from..from + length)),
            }
        }
        blocks.0[data].1 = content;
        refused += usize::from(!tried(&blocks.bytes(), store.now()));
    }
    assert!(refused > 1_000, "{refused} refused");
}
