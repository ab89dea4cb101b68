//! A tour of the store: captured responses, every kind of query, walks during writes, and the other
//! tasks of a front end: stopping, restoring, events, threads.
//!
//! ```text
//! cargo run --release --example tour [FILE...]
//! ```
//!
//! Without files it loads the captured responses that are committed with the tests. Exits with 1
//! when a file cannot be read, an answer is not what the report says, a count is wrong or a walk
//! breaks a promise.

mod book;
mod captured;
mod keeping;
mod queries;
mod walks;

use invodex_testkit::dataset;

use std::process::ExitCode;

macro_rules! files {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("../../tests/data/", $folder, "/", $name)))),+]
    };
}

/// The captured responses of the tests.
const CAPTURED: [(&str, &[u8]); 12] = files!["captured":
    "describe-invocations.json",
    "describe-invocation-results.json",
    "recorded-once-failed.json",
    "recorded-period-scheduled.json",
    "partial-failed-2021.json",
    "documented-2019-05-parameters.json",
    "documented-2019-06.json",
    "documented-2021.json",
    "documented-2025.json",
    "documented-results-2020-failed.json",
    "documented-results-2025.json",
    "mocked-period-2022.json",
];

/// Files that are something else.
const REFUSED: [(&str, &[u8]); 9] = files!["refused":
    "describe-instances.json",
    "error-image-not-found.json",
    "error-instance-not-found.json",
    "error-of-gateway.json",
    "error-printed-by-cli.json",
    "error-printed-with-headers.json",
    "errors-printed.json",
    "task-event-cut-off.json",
    "task-event.json",
];

/// The two operations' answers to one task, which contradict each other.
const TOGETHER: [(&str, &[u8]); 2] = files!["captured":
    "documented-results-2025.json",
    "documented-2021.json",
];

fn main() -> ExitCode {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    let mut good = true;

    println!("Captured responses: real input, each file in a store of its own");
    if files.is_empty() {
        for (name, bytes) in CAPTURED.into_iter().chain(REFUSED) {
            good &= captured::load(name, bytes);
        }
        good &= captured::load_together(&TOGETHER);
    }
    for file in &files {
        let name = file.to_string_lossy();
        match std::fs::read(file) {
            Ok(bytes) => good &= captured::load(&name, &bytes),
            Err(error) => {
                println!("\n  {name}\n    cannot be read: {error}");
                good = false;
            }
        }
    }

    good &= queries::run();
    good &= walks::run();
    good &= keeping::run(dataset::Options::default());
    println!("\n{}", if good { "All checks hold." } else { "A check does not hold, see above." });
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
