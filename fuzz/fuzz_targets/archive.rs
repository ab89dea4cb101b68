//! Bytes as an archive, raw or with valid seals: see `checks/archive.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| invodex_fuzz::check("archive", data));
