//! Any text, and altered tokens, as NextToken: see `checks/token.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| invodex_fuzz::check("token", data));
