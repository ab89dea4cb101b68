//! Any bytes as a query string: see `checks/query_string.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| invodex_fuzz::check("query_string", data));
