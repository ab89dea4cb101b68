//! The bound for the memory of a store: the file that holds it, by itself.
#![allow(dead_code, reason = "the files are compiled alone")]

#[path = "../src/budget.rs"]
mod budget;
#[path = "../src/error.rs"]
mod error;

use std::cell::Cell;

use budget::{Budget, PAUSE};

#[test]
fn a_full_store_takes_nothing_and_is_rarely_measured() {
    let (bytes, measured) = (Cell::new(0), Cell::new(0));
    let measure = || {
        measured.set(measured.get() + 1);
        bytes.get()
    };
    let budget = Budget::new(10_000_000);
    let mut taken = 0;
    while budget.take(100, measure).is_ok() {
        bytes.set(bytes.get() + 1_000);
        taken += 1;
    }
    assert!((9_800..=10_000).contains(&taken), "{taken}");
    assert!(measured.get() < 300, "{}", measured.get());
    let before = measured.get();
    for _ in 0..1_000 {
        assert!(budget.take(1, measure).is_err());
    }
    assert!(measured.get() <= before + 2);
    bytes.set(0);
    std::thread::sleep(PAUSE);
    assert!(budget.take(1, measure).is_ok());
    assert!(budget.take(1, measure).is_ok());
    assert!(Budget::new(0).take(usize::MAX, || 1).is_err());
}
