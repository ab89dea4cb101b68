//! Wire pairs against the naive model: see `checks/pairs.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| invodex_fuzz::check("pairs", data));
