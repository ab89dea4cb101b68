//! The documented cases, written by hand from the API's documentation, run through the naive model
//! and through the engine in each of its forms.

use invodex_testkit::cases::{FILES, Outcome, run_file};
use invodex_testkit::engine::{Engine, Form};
use invodex_testkit::reference::Reference;
use invodex_testkit::subject::Subject;

/// The files, each with the minimum number of its cases, so that no case is lost unnoticed.
const CASES: &[(&str, usize)] = &[
    ("filters", 93),
    ("statuses", 88),
    ("errors", 118),
    ("paging", 112),
    ("response", 66),
    ("results", 73),
    ("transitions", 93),
    ("outputs", 33),
];

/// Runs every case, and fails with all that are not held.
fn run_all(subject: &mut dyn Subject) {
    assert_eq!(CASES.len(), FILES.len());
    for &(name, at_least) in CASES {
        let results = run_file(subject, name);
        assert!(results.len() >= at_least, "{name}.toml has {} cases", results.len());
        let missed: Vec<_> =
            results.iter().filter(|result| result.outcome != Outcome::Held).collect();
        assert!(missed.is_empty(), "{name}.toml: {missed:#?}");
    }
}

#[test]
fn the_model_agrees_with_every_case() {
    run_all(&mut Reference::new());
}

#[test]
fn written_bodies_agree_with_every_case() {
    run_all(&mut Engine::new(Form::Body));
}

#[test]
fn serialised_views_agree_with_every_case() {
    run_all(&mut Engine::new(Form::Views));
}

#[test]
fn copied_pages_agree_with_every_case() {
    run_all(&mut Engine::new(Form::Owned));
}
