//! The order of the layers: a layer imports only lower layers, and inside the folder of a layer no
//! files import each other in a circle. `layers/imports.rs` says what counts as an import.

#[path = "layers/imports.rs"]
mod imports;

use std::fs;
use std::path::{Path, PathBuf};

use imports::circles;

/// The layers, the lowest first. Layers on one line do not import each other.
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

/// Items that the root re-exports and that layers import from there.
const AT_ROOT: &[(&str, &str)] = &[("Error", "error")];

/// Folders that still have circles. Empty this list; never add to it.
const EXEMPT: &[&str] = &[];

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

/// The first parts of all paths in `text` that start at the crate's root.
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
        // The root of the crate, and pages of documentation.
        if ["lib", "cookbook", "rules"].contains(&layer) {
            continue;
        }
        let own = rank(layer).unwrap_or_else(|| panic!("{layer} is no layer: give it a place"));
        for name in named(&fs::read_to_string(&file).expect("it can be read")) {
            let name = AT_ROOT.iter().find(|(root, _)| *root == name).map_or(&*name, |(_, at)| at);
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

/// The circles of the crate in `folder`, which has at least so many files, one a line.
fn circles_of((folder, least): (&str, usize)) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    sources(&root, &mut files);
    let files: Vec<_> = files
        .iter()
        .map(|file| {
            let inside = file.strip_prefix(&root).expect("it is in the folder");
            let inside = inside.to_str().expect("it is UTF-8").replace('\\', "/");
            (inside, fs::read_to_string(file).expect("it can be read"))
        })
        .collect();
    assert!(files.len() >= least, "{folder}: only {} files were found", files.len());
    let files = files.iter().map(|(path, text)| (&**path, &**text));
    circles(files)
        .into_iter()
        .map(|(inside, circle)| (format!("{folder}/{inside}"), circle))
        .filter(|(inside, _)| !EXEMPT.contains(&inside.trim_end_matches('/')))
        .map(|(inside, circle)| format!("{inside}: {} -> {}", circle.join(" -> "), circle[0]))
        .collect()
}

#[test]
fn no_files_of_a_folder_import_each_other_in_a_circle() {
    let crates = [
        ("src", 100),
        ("benches/peers/src", 20),
        ("examples/emulator/src", 35),
        ("examples/emulator/http/src", 8),
        ("examples/emulator/schedule/src", 5),
    ];
    let circles = crates.map(circles_of).concat();
    assert!(circles.is_empty(), "{} circles:\n{}", circles.len(), circles.join("\n"));
}

#[test]
fn a_seeded_circle_is_found() {
    type Files<'a> = &'a [(&'a str, &'a str)];
    let root = ("lib.rs", "mod a; mod b; pub use a::{one::One, Two};");
    let parent = ("a.rs", "mod one; mod three; mod two;\npub(crate) use self::two::Two as Two;");
    let cases: [(&str, Files, &[&str]); 10] = [
        (
            "direct",
            &[("a/one.rs", "use super::two::Two;"), ("a/two.rs", "use super::one::One;")],
            &["a: one.rs two.rs"],
        ),
        (
            "of three files",
            &[
                ("a/one.rs", "use std::fmt; use super::two::{self, Two};"),
                ("a/two.rs", "fn two() { crate::a::three::three() }"),
                ("a/three.rs", "use super::{one::{One, Other as _}};"),
            ],
            &["a: one.rs three.rs two.rs"],
        ),
        (
            "through re-exports of the parent file and of the root",
            &[("a/one.rs", "use super::Two;"), ("a/two.rs", "fn f(_: crate::One) {} struct Two;")],
            &["a: one.rs two.rs"],
        ),
        (
            "through a glob",
            &[("a/one.rs", "use super::two::*;"), ("a/two.rs", "use super::one::One;")],
            &["a: one.rs two.rs"],
        ),
        (
            "in a block and in an inline module",
            &[
                ("a/one.rs", "fn f() { use super::two::Two; }"),
                ("a/two.rs", "mod inner { use super::super::one::One; }"),
            ],
            &["a: one.rs two.rs"],
        ),
        (
            "of a file and a folder, and inside that folder",
            &[
                ("a/one.rs", "use super::two::deep::Deep;"),
                ("a/two.rs", "pub mod deep; mod other;"),
                ("a/two/deep.rs", "use crate::a::one::One; use super::other::Other;"),
                ("a/two/other.rs", "use super::deep::Deep;"),
            ],
            &["a: one.rs two.rs", "a/two: deep.rs other.rs"],
        ),
        (
            "of two files of the root",
            &[("b.rs", "use crate::a::Two;"), ("a/one.rs", "use crate::b::B;")],
            &[": a.rs b.rs"],
        ),
        (
            "none: a parent file and its child",
            &[("b.rs", "mod c; fn b() { c::c() } struct B;"), ("b/c.rs", "use super::B;")],
            &[],
        ),
        (
            "none: one way, or only in comments, literals and unit tests",
            &[
                ("a/one.rs", "use super::two::Two; use super::three::Three;"),
                (
                    "a/two.rs",
                    "// use super::one::One;\n/// [`crate::a::one::One`]\nconst TEXT: &str = \
                     \"\\\"super::one::One\"; const R: &[u8] = br#\"\"super::one::One\"#; \
                     const Q: char = '\"'; fn f<'a>(_: &'a str) {}",
                ),
                ("a/three.rs", "#[cfg(test)] mod tests { use super::super::one::One; fn f() {} }"),
            ],
            &[],
        ),
        ("none", &[], &[]),
    ];
    for (name, files, expected) in cases {
        let all = [&[root, parent], files].concat();
        let found = circles(all).into_iter().map(|(folder, mut files)| {
            files.sort();
            format!("{folder}: {}", files.join(" "))
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{name}");
    }
}
