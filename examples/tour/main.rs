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

#[path = "../../benches/dataset/mod.rs"]
mod dataset;

use std::process::ExitCode;

/// The captured responses of the tests.
const SAMPLES: [(&str, &[u8]); 4] = [
    (
        "describe-invocations.json",
        include_bytes!("../../tests/data/captured/describe-invocations.json"),
    ),
    (
        "recorded-once-failed.json",
        include_bytes!("../../tests/data/captured/recorded-once-failed.json"),
    ),
    (
        "recorded-period-scheduled.json",
        include_bytes!("../../tests/data/captured/recorded-period-scheduled.json"),
    ),
    (
        "describe-invocation-results.json",
        include_bytes!("../../tests/data/captured/describe-invocation-results.json"),
    ),
];

fn main() -> ExitCode {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    let mut good = true;

    println!("Captured responses: real input, each file in a store of its own");
    if files.is_empty() {
        for (name, bytes) in SAMPLES {
            good &= captured::load(name, bytes);
        }
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
