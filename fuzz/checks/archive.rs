//! Bytes as an archive: raw; with valid seals on every block, so that the reader gets past the
//! seals; and as archives built from entries. Restoring fails with an error, or returns a store
//! that passes `internal_validate`, answers and accepts writes. Its archive restores to the same
//! bytes, and another store accepts its records.

use arbitrary::Unstructured;
use invodex::{
    Config, DescribeInvocationResults, DescribeInvocations, Error, ErrorKind, InstanceRun,
    Invocation, Store, Timestamp,
};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::documents::document;
use crate::forge::PREAMBLE;
use invodex_testkit::engine::SMALL;

pub(super) fn check(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let config = config(first / 4);
    match first % 4 {
        0 => check_archive(&config, rest),
        // Sealed bytes are twice as frequent.
        1 | 2 => check_archive(&config, &sealed_anew(rest)),
        _ => {
            if let Ok(document) = document(&mut Unstructured::new(rest)) {
                check_archive(&config, &document.bytes());
            }
        }
    }
}

/// Limits that much, little or nothing of an archive exceeds.
fn config(number: u8) -> Config {
    let all = Config { retention_seconds: None, tuning: SMALL, ..Config::default() };
    match number % 6 {
        0 => Config { capacity: 2, ..all },
        1 => Config { history_limit: 1, output_budget: Some(20), ..all },
        2 => Config { retention_seconds: Some(100), ..all },
        3 => Config { capacity: 0, history_limit: 0, ..all },
        _ => all,
    }
}

/// The time of the archives that are built from entries, and of the seeds.
fn now() -> Timestamp {
    Timestamp::saturating_from_secs(1_000_100)
}

/// Splits `bytes` into blocks and seals each. A length beyond the end becomes the rest of the
/// bytes. The bytes in place of a seal are replaced.
fn sealed_anew(bytes: &[u8]) -> Vec<u8> {
    let mut archive = PREAMBLE.to_vec();
    let mut rest = bytes.strip_prefix(PREAMBLE).unwrap_or(bytes);
    let mut number = 0;
    while let Some((head, behind)) = rest.split_first_chunk::<5>() {
        let [kind, length @ ..] = *head;
        let length = (u32::from_le_bytes(length) as usize).min(behind.len());
        let (content, behind) = behind.split_at(length);
        let start = archive.len();
        archive.push(kind);
        archive.extend_from_slice(&(length as u32).to_le_bytes());
        archive.extend_from_slice(content);
        let seal = xxh3_64_with_seed(&archive[start..], number);
        archive.extend_from_slice(&seal.to_le_bytes());
        number += 1;
        rest = behind.get(8..).unwrap_or_default();
    }
    archive
}

fn save(store: &Store) -> Vec<u8> {
    let mut archive = Vec::new();
    store.save(&mut archive).expect("a Vec takes everything");
    archive
}

fn check_archive(config: &Config, bytes: &[u8]) {
    let mut store = match Store::restore(config.clone(), now(), bytes) {
        Ok(restored) => restored.store,
        Err(error) => {
            assert_eq!(
                (error.kind(), error.code(), error.status()),
                (ErrorKind::Archive, "InvalidArchive", 400)
            );
            assert!(!error.detail().is_empty());
            return;
        }
    };
    store.internal_validate().expect("what is restored is sound");
    assert!(store.len() <= config.capacity);
    let saved = save(&store);
    let again = Store::restore(config.clone(), now(), &saved[..]).expect("it was just saved");
    assert!(again.is_whole());
    let again = again.store;
    again.internal_validate().expect("what is restored is sound");
    assert!(save(&again) == saved, "the bytes follow from the records");
    assert!(records(&again) == records(&store), "the lists differ");
    ask(&store).expect("the requests are good");
    // A store accepts every record that a store holds.
    let all = Config { retention_seconds: None, tuning: SMALL, ..Config::default() };
    let mut accepted = Store::new(all, now());
    for record in records(&store).into_iter().rev() {
        assert!(accepted.accept(&record).expect("it was restored").retained);
    }
    assert!(records(&accepted).len() == store.len());

    let mut record = Invocation::new("cn-a", "t-new", "c-1");
    record.instances.push(InstanceRun::new("i-1"));
    // May fail: the acceptance numbers may be used up, or the id may exist.
    let _ = store.accept(&record);
    let oldest = store.iter().next_back().map(|view| view.invoke_id().to_owned());
    if let Some(oldest) = oldest {
        store.stop(&oldest, &[]).expect("it is there");
        store.internal_validate().expect("writes keep a store sound");
        store.delete(&oldest).expect("it is there");
    }
    store.internal_validate().expect("writes keep a store sound");
}

fn records(store: &Store) -> Vec<Invocation> {
    store.iter().map(|view| view.to_invocation()).collect()
}

/// Queries the regions of the newest and the oldest record without filters.
fn ask(store: &Store) -> Result<(), Error> {
    let mut regions: Vec<_> = store.iter().map(|view| view.region_id().to_owned()).collect();
    regions.dedup();
    let mut body = Vec::new();
    for region in regions.first().into_iter().chain(regions.last()) {
        let request = DescribeInvocations::new(region).max_results(50);
        store.describe_invocations(&request)?.write_json("R", &mut body);
        let request = DescribeInvocationResults::new(region).max_results(50);
        store.describe_invocation_results(&request)?.write_json("R", &mut body);
    }
    Ok(())
}
