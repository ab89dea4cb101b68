//! Text and JSON as a captured response: see `checks/capture.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| invodex_fuzz::check("capture", data));
