//! Writes a data set as captured responses, one JSON object in each line.
//!
//! ```sh
//! cargo run --release -p invodex-testkit --example dataset -- 100000 > captured.jsonl
//! cargo run --release -p invodex-testkit --example dataset -- 100000 results > results.jsonl
//! ```

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use invodex_testkit::dataset::Dataset;

const USAGE: &str = "usage: dataset COUNT [results]
  COUNT    the number of records, 1 to 20000000
  results  write responses of DescribeInvocationResults in place of DescribeInvocations";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (count, results) = match &arguments[..] {
        [count] => (count, false),
        [count, word] if word == "results" => (count, true),
        _ => return refuse(USAGE),
    };
    let Some(count) = count.parse().ok().filter(|count| (1..=20_000_000).contains(count)) else {
        return refuse(&format!("{count} is no number of records\n{USAGE}"));
    };
    let dataset = Dataset::of(count);
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match results {
        false => dataset.write_captured(&mut out),
        true => dataset.write_captured_results(&mut out),
    };
    match written.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => refuse(&format!("cannot write the data set: {error}")),
    }
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("{reason}");
    ExitCode::from(2)
}
