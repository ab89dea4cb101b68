//! The fuzz targets of invodex. Their functions are in `checks`, with which the tests of the
//! library replay inputs. The naive model that they compare with is that of the tests.

#[path = "../../tests/captures/mod.rs"]
mod captures;
#[path = "../checks/mod.rs"]
mod checks;
#[path = "../checks/emulator.rs"]
mod emulator;
#[allow(dead_code)]
#[path = "../../tests/archive/forge.rs"]
mod forge;

/// Runs the target of this name on `data`. Panics if a property does not hold.
pub fn check(target: &str, data: &[u8]) {
    let found = checks::TARGETS.iter().find(|(name, _)| *name == target);
    let (_, check) = found.expect("a target");
    check(data);
}

/// Runs the target `emulator`, which is no target of the library's tests.
pub fn check_emulator(data: &[u8]) {
    emulator::check(data);
}
