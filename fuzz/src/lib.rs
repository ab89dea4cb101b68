//! The fuzz targets of invodex. What each holds is in `checks`, which the tests of the library
//! replay; what they hold it against is the tests' own.

#[path = "../../tests/captures/mod.rs"]
mod captures;
#[path = "../../tests/cases/mod.rs"]
mod cases;
#[path = "../checks/mod.rs"]
mod checks;
#[path = "../../tests/engine/mod.rs"]
mod engine;
#[allow(dead_code)]
#[path = "../../tests/archive/forge.rs"]
mod forge;
#[path = "../../tests/model/mod.rs"]
mod model;

/// Gives `data` to the target of this name, which panics when something does not hold.
pub fn check(target: &str, data: &[u8]) {
    let found = checks::TARGETS.iter().find(|(name, _)| *name == target);
    let (_, check) = found.expect("a target");
    check(data);
}
