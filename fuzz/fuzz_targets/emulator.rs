//! Bytes on connections of the emulator: see `checks/emulator.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| invodex_fuzz::check_emulator(data));
