//! A sequence of operations against the naive model: see `checks/operations.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| invodex_fuzz::check("operations", data));
