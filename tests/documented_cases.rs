//! The documented cases, written by hand from the API's documentation, run through the naive model
//! and through the engine in each of its forms.

use invodex_testkit::cases::{FILES, Outcome, run_file};
use invodex_testkit::engine::{Engine, Form};
use invodex_testkit::reference::Reference;
use invodex_testkit::subject::Subject;

/// Runs every case of a file, and fails with all that are not held. `at_least` is the minimum number
/// of its cases, so that no case is lost unnoticed.
fn run(subject: &mut dyn Subject, name: &str, at_least: usize) {
    let results = run_file(subject, name);
    assert!(results.len() >= at_least, "{name}.toml has {} cases", results.len());
    let missed: Vec<_> = results.iter().filter(|result| result.outcome != Outcome::Held).collect();
    assert!(missed.is_empty(), "{name}.toml: {missed:#?}");
}

/// The module `$form` with a test for each file, so that a case that is not held is told as soon as
/// its file has run.
macro_rules! each_file {
    ($form:ident, $subject:expr) => {
        each_file! {
            $form, $subject,
            filters 93, statuses 88, errors 118, paging 112, response 66, results 73, transitions 93,
            outputs 33
        }
    };
    ($form:ident, $subject:expr, $($name:ident $at_least:literal),+) => {
        mod $form {
            use super::*;

            #[test]
            fn every_file_has_a_test() {
                let names: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
                assert_eq!(names, [$(stringify!($name)),+]);
            }

            $(
                #[test]
                fn $name() {
                    run(&mut $subject, stringify!($name), $at_least);
                }
            )+
        }
    };
}

each_file!(model, Reference::new());
each_file!(written_bodies, Engine::new(Form::Body));
each_file!(serialised_views, Engine::new(Form::Views));
each_file!(copied_pages, Engine::new(Form::Owned));
