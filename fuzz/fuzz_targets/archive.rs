//! Bytes as an archive, sealed anew or as they are: see `checks/archive.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| invodex_fuzz::check("archive", data));
