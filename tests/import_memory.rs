//! The memory of an import: a body takes about as much as its text, also if it has few keys. This file
//! has a single test, because the allocator would also count what a test running beside it allocates.
#![cfg(feature = "json")]

use std::alloc::System;

use cap::Cap;
use invodex::{ImportOptions, Store};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const BODIES: usize = 4_096;
/// Bytes for each body beside its text: its keys, its place in the lists of bodies.
const EACH: usize = 512;

#[test]
fn many_bodies_with_few_keys_take_little_memory() {
    let body = r#"{"Invocations":{"Invocation":[]}}"#;
    let lines = format!("{body}\n").repeat(BODIES);
    let list = format!("[{}]", vec![body; BODIES].join(","));
    let options = ImportOptions::new("cn-hangzhou");
    for capture in [lines, list] {
        let mut store = Store::default();
        let before = ALLOCATOR.allocated();
        let report = store.import(capture.as_bytes(), &options).unwrap();
        assert_eq!((report.files[0].bodies, report.differences.len()), (BODIES, 0));
        // The most since the test began. The capture before has passed, so it was within the limit.
        let most = ALLOCATOR.max_allocated() - before;
        assert!(most <= BODIES * EACH, "{} bytes for each body", most / BODIES);
    }
}
