//! The house's one direction: a lower layer never names a higher one.

use std::fs;
use std::path::{Path, PathBuf};

/// From the lowest. Layers on one line do not know each other.
const LAYERS: &[&[&str]] = &[
    &["limits"],
    &["error"],
    &["model"],
    &["config"],
    &["wire"],
    &["request", "table"],
    &["index"],
    &["query"],
    &["response"],
    &["store"],
    &["archive", "import"],
    &["shared"],
];

/// What the root re-exports that layers name by the short path.
const AT_ROOT: &[(&str, &str)] = &[("Error", "error")];

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|layers| layers.contains(&layer))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The layers that `text` names by a path from the crate's root.
fn named(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut names = Vec::new();
    for line in code {
        for rest in line.split("crate::").skip(1) {
            let name: String =
                rest.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect();
            names.push(name);
        }
    }
    names
}

#[test]
fn no_layer_names_a_higher_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut checked = 0;
    for file in files {
        let inside = file.strip_prefix(&root).expect("it is in the folder");
        let first = inside.iter().next().expect("a path has a part").to_string_lossy();
        let layer = first.trim_end_matches(".rs");
        // The root, and pages of documentation.
        if ["lib", "cookbook"].contains(&layer) {
            continue;
        }
        let own = rank(layer).unwrap_or_else(|| panic!("{layer} is no layer: give it a place"));
        for name in named(&fs::read_to_string(&file).expect("it can be read")) {
            let name = AT_ROOT.iter().find(|(root, _)| *root == name).map_or(&*name, |(_, at)| at);
            // Macros and types of the root are not paths to a layer.
            let Some(other) = rank(name) else {
                panic!("{}: crate::{name} is no layer", inside.display());
            };
            let allowed = name == layer || other < own;
            assert!(allowed, "{}: {layer} names {name}", inside.display());
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} paths were found");
}
