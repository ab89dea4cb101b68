//! The fuzz targets of invodex. Their functions are in `checks`, with which the tests of the
//! library replay inputs. The naive model that they compare with is that of the tests.

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

/// Runs the target of this name on `data`. Panics if a property does not hold.
pub fn check(target: &str, data: &[u8]) {
    let found = checks::TARGETS.iter().find(|(name, _)| *name == target);
    let (_, check) = found.expect("a target");
    check(data);
}
